"""What the contract test needs of a host, and the plugin that listens to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import pluggy

from onedesk_quickbooks.hooks import Action, InvoiceJson, OneDeskHost, Setting

_impl = pluggy.HookimplMarker("onedesk")
ACTION = Action("contract.act", "An action of the contract test")
SETTING = Setting("contract", "A setting of the contract test", "status", value="seen")
TAG, OTHER_TAG, LINK = "Contract tag", "Another contract tag", "https://books.example/1"
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
"""What every check starts from."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How the host shows an invoice: `status` in lower case, `tags` with their links, the notes' texts, the ids of
    payments that stand, and what is left to pay."""

    status: str
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    payments: Sequence[str] = ()
    balance: Decimal | None = None


class HostUnderTest(Protocol):
    """Your host, and how to do in it what people do. A deed that your host does not know raises NotImplementedError:
    its promise is then not asked for."""

    @property
    def host(self) -> OneDeskHost:
        """What plugins get."""

    @property
    def administrator(self) -> str:
        """The id of a user who may administer."""

    @property
    def colleague(self) -> str:
        """The id of a user who may not."""

    def keep(self, invoice: InvoiceJson) -> None:
        """Have this draft."""

    def deed(self, name: str, invoice_id: str) -> None:
        """What a person does: "open", "send", "reopen", "edit" (anything), "void" or "delete"."""

    def offers(self, invoice_id: str) -> Sequence[str]:
        """The labels of what plugins offer for the invoice."""

    def choose(self, invoice_id: str, action_id: str) -> None:
        """A person chose this action."""

    def financials(self, user: str) -> Sequence[str]:
        """The labels of what plugins show this user under Administration > Financials."""

    def shown(self, invoice_id: str) -> Shown:
        """How the invoice is shown now."""

    def stop(self) -> None:
        """The host goes down."""


class Listener:
    """The plugin of the contract test: it keeps what it was told."""

    def __init__(self) -> None:
        self.host: OneDeskHost | None = None
        self.folder: Path | None = None
        self.told: list[tuple[str, Any]] = []

    @_impl
    def on_host_started(self, host: OneDeskHost, data_directory: Path) -> None:
        self.host, self.folder = host, Path(data_directory)

    @_impl
    def on_host_stopping(self) -> None:
        self.told.append(("stopping", None))

    @_impl
    def on_invoice_opened(self, invoice: InvoiceJson) -> None:
        self.told.append(("opened", invoice))

    @_impl
    def on_invoice_send(self, invoice: InvoiceJson) -> bool | None:
        self.told.append(("send", invoice))
        return True

    @_impl
    def on_invoice_changed(self, invoice: InvoiceJson, change: str) -> None:
        self.told.append((change, invoice))

    @_impl
    def invoice_actions(self, invoice: InvoiceJson) -> list[Action]:
        return [ACTION] if invoice["status"] == "open" else []

    @_impl
    def on_invoice_action(self, invoice: InvoiceJson, action: str) -> bool | None:
        self.told.append((action, invoice))
        return action == ACTION.id or None

    @_impl
    def settings_to_show(self, user: str) -> list[Setting]:
        return [SETTING] if self.host is not None and self.host.may_administer(user) else []

    def last(self, event: str) -> Any:
        """The invoice of the event told last; AssertionError when that was another event, or none."""
        assert self.told, f"the plugin was told nothing instead of {event!r}"
        name, invoice = self.told[-1]
        assert name == event, f"the plugin was told {name!r} instead of {event!r}"
        return invoice
