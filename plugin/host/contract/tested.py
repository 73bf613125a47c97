"""The interface of a host for the contract test, and the plugin that records its calls."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, Protocol

import pluggy

from onedesk_quickbooks.hooks import (
    Action,
    AttachesFiles,
    InvoiceJson,
    ListsInvoices,
    OneDeskHost,
    Setting,
    WebPages,
)

_impl = pluggy.HookimplMarker("onedesk")
ACTION = Action("contract.act", "An action of the contract test")
SETTING = Setting("contract", "A setting of the contract test", "status", value="seen")
PREFIX = "/contract"
BUTTON = Setting("contract.button", "A button of the contract test", "button", url=f"{PREFIX}/button")
TAG, OTHER_TAG, LINK = "Contract tag", "Another contract tag", "https://books.example/1"
PATIENCE = 5.0
"""Seconds for reading from another thread while a hook runs."""
INVOICE: Mapping[str, Any] = {
    "id": "contract-1",
    "number": "C1",
    "status": "draft",
    "currency": "EUR",
    "issue_date": "2026-07-01",
    "customer": {"id": "contract-customer", "name": "Contract & Sons"},
    "lines": [{"id": "1", "service_type": "Support", "amount": "100.00"}],
    "total": "100.00",
}
"""A draft, for a host that takes invoices as JSON."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An invoice as the host shows it: `status` in lower case, `tags` with their links, the texts of notes, the ids of
    payments that are not reversed, and the balance."""

    status: str
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    payments: Sequence[str] = ()
    balance: Decimal | None = None


class HostUnderTest(Protocol):
    """Your host, with the actions of people in it. An action that your host does not support raises
    NotImplementedError: its promise is then not checked."""

    @property
    def host(self) -> OneDeskHost:
        """The host object that plugins get."""

    @property
    def administrator(self) -> str:
        """The id of a user who may administer."""

    @property
    def colleague(self) -> str:
        """The id of a user who may not."""

    @property
    def invoices(self) -> tuple[str, str]:
        """The ids of two drafts that nobody has touched yet, of at least 10 of their currency each."""

    @property
    def missing(self) -> str:
        """An id that does not exist."""

    def perform(self, name: str, invoice_id: str) -> None:
        """An action of a person: "open", "send", "reopen", "edit" (any change), "void" or "delete"."""

    def offers(self, invoice_id: str) -> Sequence[str]:
        """The labels of the actions of plugins for the invoice."""

    def choose(self, invoice_id: str, action_id: str) -> None:
        """A person chooses this action."""

    def financials(self, user: str) -> Sequence[str]:
        """The labels of the settings of plugins for this user under Administration > Financials."""

    def browse(self, user: str, path: str, form: Mapping[str, str] | None = None) -> str:
        """The text of a page of your site, in a browser with this user signed in ("": no user): GET, or POST if there
        is a form."""

    def shown(self, invoice_id: str) -> Shown:
        """The invoice as it is shown now."""

    def stop(self) -> None:
        """Stop the host. A second call does nothing."""


def check_tested(tested: HostUnderTest) -> None:
    """Raise TypeError, which names what is missing or async, unless it is a complete `HostUnderTest` with regular
    methods."""
    has = dir(tested)
    lacks = [name for name in vars(HostUnderTest) if not name.startswith("_") and name not in has]
    if lacks:
        kind = type(tested).__name__
        raise TypeError(f'{kind} lacks {", ".join(lacks)}: docs/hooks.md, "The contract test", says what each is')
    _check_regular(tested, HostUnderTest)
    _check_regular(tested.host, OneDeskHost, AttachesFiles, ListsInvoices)


def _check_regular(found: object, *protocols: type) -> None:
    kind = type(found)
    names = [name for each in protocols for name in vars(each) if not name.startswith("_")]
    if awaited := [name for name in names if iscoroutinefunction(getattr(kind, name, None))]:
        raise TypeError(
            f"{kind.__name__} has {', '.join(awaited)} as `async def`: the callers are other threads, which do not "
            "await the result, so they must be regular methods"
        )


@dataclass(frozen=True, slots=True)
class HookCall:
    """A call of a hook, and the result of `read_invoice` in another thread meanwhile: an exception if it raised, or did
    not return."""

    event: str
    invoice: Any
    read: Any = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request that reached the plugin's page."""

    script: str
    path: str
    query: str
    body: str
    user: Any
    form_token: Any
    return_to: Any


class Listener:
    """The plugin of the contract test, which records the calls of its hooks."""

    def __init__(self) -> None:
        self.host: OneDeskHost | None = None
        self.folder: Path | None = None
        self.calls: list[HookCall] = []
        self.requests: list[PageRequest] = []

    @_impl
    def on_host_started(self, host: OneDeskHost, data_directory: Path) -> None:
        self.host, self.folder = host, Path(data_directory)

    @_impl
    def on_host_stopping(self) -> None:
        self.calls.append(HookCall("stopping", None))

    @_impl
    def on_invoice_opened(self, invoice: InvoiceJson) -> None:
        self._keep("opened", invoice)

    @_impl
    def on_invoice_send(self, invoice: InvoiceJson) -> bool | None:
        self._keep("send", invoice)
        return True

    @_impl
    def on_invoice_changed(self, invoice: InvoiceJson, change: str) -> None:
        self._keep(change, invoice)

    @_impl
    def invoice_actions(self, invoice: InvoiceJson) -> list[Action]:
        return [ACTION] if invoice["status"] == "open" else []

    @_impl
    def on_invoice_action(self, invoice: InvoiceJson, action: str) -> bool | None:
        self._keep(action, invoice)
        return action == ACTION.id or None

    @_impl
    def settings_to_show(self, user: str) -> list[Setting]:
        return [SETTING, BUTTON] if self.host is not None and self.host.may_administer(user) else []

    @_impl
    def web_pages(self) -> WebPages:
        return WebPages(PREFIX, self._page)

    def last(self, event: str) -> Any:
        """The invoice of the last call; AssertionError if that was for another event, or if there was none."""
        assert self.calls, f"the plugin received nothing instead of {event!r}"
        found = self.calls[-1]
        assert found.event == event, f"the plugin received {found.event!r} instead of {event!r}"
        return found.invoice

    def _keep(self, event: str, invoice: InvoiceJson) -> None:
        handed = copy.deepcopy(invoice)  # the host may change the object later
        self.calls.append(HookCall(event, handed, self._read_elsewhere(str(invoice["id"]))))

    def _read_elsewhere(self, invoice_id: str) -> Any:
        """Read as this package's plugin does: in another thread, which no open transaction and no lock may block."""
        found: list[Any] = []

        def read() -> None:
            try:
                found.append(copy.deepcopy(self.host.read_invoice(invoice_id)) if self.host else None)
            except Exception as problem:
                found.append(problem)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        return found[0] if found else TimeoutError(f"read_invoice did not answer within {PATIENCE:g} seconds")

    def _page(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.requests.append(
            PageRequest(
                script=environ.get("SCRIPT_NAME", ""),
                path=environ.get("PATH_INFO", ""),
                query=environ.get("QUERY_STRING", ""),
                body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode(),
                user=environ.get("onedesk.user"),
                form_token=environ.get("onedesk.form_token"),
                return_to=environ.get("onedesk.return_to"),
            )
        )
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"A page of the contract test"]
