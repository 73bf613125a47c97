"""The host as the plugin calls it: checks that it returns the requested invoice, and writes its notes in one language.

The language is that of the installation (`language` in settings.yaml). Exceptions of the host end no thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from inspect import isawaitable, iscoroutine
from typing import Any, TypeVar, cast
from unicodedata import normalize

from onedesk_quickbooks.plugin.ledger import Ledger
from onedesk_quickbooks.plugin.model.host import InvoiceJson, ListsInvoices, OneDeskHost
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.model.text import fitting
from onedesk_quickbooks.plugin.sync.errors import (
    CannotList,
    GaveAnotherInvoice,
    GaveNoId,
    GaveNoInvoice,
    HostAwaits,
    HostEnded,
    NotGiven,
)
from onedesk_quickbooks.plugin.texts import ENGLISH, Text, say

_T = TypeVar("_T")
_log = logging.getLogger("onedesk_quickbooks.sync")


def ends_no_thread(call: Callable[..., _T]) -> Callable[..., _T]:
    """The same call, but `HostEnded` replaces an exception that is no `Exception` (`SystemExit`, a cancelled wait): it
    would silently end a thread of the plugin. In the main thread it is passed on, for Ctrl-C and for a server that
    ends. Raises `HostAwaits` for a result to be awaited."""

    def called(*given: Any, **named: Any) -> _T:
        try:
            return _done(call, call(*given, **named))
        except NotNow as problem:
            said = fitting(str(problem))
            if said == str(problem):
                raise
            raise NotNow(said) from problem  # the ledger cannot store it, for example the name of a file
        except Exception:
            raise
        except BaseException as problem:
            if threading.current_thread() is threading.main_thread():
                raise
            raise HostEnded(f"the host raised {type(problem).__name__}, which ends threads") from problem

    return called


def _done(call: Callable[..., _T], found: _T) -> _T:
    """The result; a hook has a list of them. An `async def` method behind a decorator is not seen at the start: what it
    returns would count as done, and a user as an administrator."""
    for each in found if isinstance(found, list) else [found]:
        if isawaitable(each):
            if iscoroutine(each):
                each.close()
            name = getattr(call, "__name__", None) or getattr(call, "name", repr(call))
            kind = type(each).__name__
            raise HostAwaits(f"{name} of the host returned a {kind}, which is not awaited: make it a regular method")
    return found


def client_of(host: OneDeskHost, ledger: Ledger, language: str) -> OneDeskHost:
    """The wrapped host; tags and all else are unchanged, because programs read them. Its `read_invoice` raises
    `GaveAnotherInvoice` where the host returns one with another id than the requested one, and `GaveNoInvoice` where it
    returns no mapping."""
    return cast(OneDeskHost, _Client(host, ledger, language))


def as_named(host: OneDeskHost, word: str) -> InvoiceJson | None:
    """The invoice that a person names by its id, as the host has it: its `id` may be written differently. None where
    there is none, also where the host fails. Raises `NotNow`."""
    try:
        return given_by(host, word)
    except NotGiven:
        return None


def given_by(host: OneDeskHost, word: str) -> InvoiceJson | None:
    """The same; None also where the host fails on a word that is not a valid id. Raises `NotNow`, and `NotGiven` where
    it fails for another reason."""
    asked = host._host if isinstance(host, _Client) else host
    try:
        found = ends_no_thread(asked.read_invoice)(word)
    except NotNow:
        raise
    except Exception as problem:
        kind = type(problem).__name__
        _log.warning("asked for the invoice %r, the host raised %s: %s", word, kind, problem)
        if isinstance(problem, (ValueError, LookupError)):
            return None
        raise NotGiven(
            Text("The host did not give invoice {id} ({kind}; the log says more).", id=word, kind=kind)
        ) from problem
    if found is None or (isinstance(found, Mapping) and isinstance(found.get("id"), str)):
        return found
    _log.warning("asked for the invoice %r, the host returned none: %.100r", word, found)
    return None


def ids_dated(host: ListsInvoices, first: date | None, last: date | None) -> Iterator[str]:
    """The ids of the host's invoices of these days, one by one, see `ListsInvoices.invoices_dated`. Raises `CannotList`
    and `NotNow`."""
    try:
        for each in ends_no_thread(host.invoices_dated)(first, last):
            if not isinstance(each, str):
                raise GaveNoId(f"the host listed {each!r:.50}, a {type(each).__name__}, and not the id of an invoice")
            yield each
    except NotNow:
        raise
    except Exception as problem:
        _log.exception("the host did not list its invoices")
        raise CannotList(
            Text(
                "The host did not list its invoices ({kind}; the log says more): fix that in the host, then try again.",
                kind=type(problem).__name__,
            )
        ) from problem


def file_of(host: OneDeskHost, od_invoice_id: str, attachment_id: str) -> bytes | None:
    """The content of a file (`AttachesFiles.read_attachment`); None where the host does not have it. Raises what the
    host raises, and `TypeError` for what is no content."""
    read = getattr(host, "read_attachment", None)
    found = read(od_invoice_id, attachment_id) if read else None
    if found is None or isinstance(found, (bytes, bytearray, memoryview)):
        return None if found is None else bytes(found)  # a driver of a database may give a memoryview
    raise TypeError(f"the host gave a {type(found).__name__} as the content of the file {attachment_id!r}")


def spoken_to(host: OneDeskHost, language: str) -> OneDeskHost:
    """The same host, with its notes in this language."""
    return client_of(host._host, host._ledger, language) if isinstance(host, _Client) else host


class _Client:
    """Sentences that the ledger has stored are looked up there before they are shown."""

    def __init__(self, host: OneDeskHost, ledger: Ledger, language: str) -> None:
        self._host = host
        self._ledger = ledger
        self._language = language

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._host, name)
        return ends_no_thread(found) if callable(found) else found

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        """See `OneDeskHost.read_invoice`. The caller's validation refuses a mapping that is no invoice."""
        found: Any = ends_no_thread(self._host.read_invoice)(invoice_id)
        if found is None:
            return None
        if not isinstance(found, Mapping):
            kind = type(found).__name__
            raise GaveNoInvoice(f"the host gave a {kind} when it was asked for the invoice {invoice_id!r}")
        invoice: InvoiceJson = dict(found)
        given = invoice.get("id")
        if isinstance(given, str) and normalize("NFC", given) != normalize("NFC", invoice_id):
            raise GaveAnotherInvoice(f"the host gave the invoice {given!r} when it was asked for {invoice_id!r}")
        if isinstance(given, str) and given != invoice_id:
            return {**invoice, "id": invoice_id}  # the same id in another normal form: the ledger has this one
        return invoice

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        """See `OneDeskHost.add_note`."""
        if self._language != ENGLISH:
            made = self._ledger.sentences.recalled([text], self._language)[text]
            text = say(made, self._language) if made else ""
        ends_no_thread(self._host.add_note)(invoice_id, key, text)
