"""The host as the plugin calls it: it gives the invoice that was asked for, and its notes are in one language.

The language is that of the installation (`language` in settings.yaml).
"""

from __future__ import annotations

from typing import Any, cast
from unicodedata import normalize

from onedesk_quickbooks.plugin.ledger import Ledger
from onedesk_quickbooks.plugin.model.host import InvoiceJson, OneDeskHost
from onedesk_quickbooks.plugin.sync.errors import GaveAnotherInvoice
from onedesk_quickbooks.plugin.texts import ENGLISH, say


def client_of(host: OneDeskHost, ledger: Ledger, language: str) -> OneDeskHost:
    """The host; its tags and all else stay as they are, for programs read them. Its `read_invoice` raises
    `GaveAnotherInvoice` where the host gives one of another id than it was asked for."""
    return cast(OneDeskHost, _Client(host, ledger, language))


def spoken_to(host: OneDeskHost, language: str) -> OneDeskHost:
    """The same host, whose notes are in this language from now on."""
    return client_of(host._host, host._ledger, language) if isinstance(host, _Client) else host


class _Client:
    """What the ledger has kept of a sentence is looked up there before it is said."""

    def __init__(self, host: OneDeskHost, ledger: Ledger, language: str) -> None:
        self._host = host
        self._ledger = ledger
        self._language = language

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        """See `OneDeskHost.read_invoice`. What is no invoice at all is refused where it is read."""
        found = self._host.read_invoice(invoice_id)
        given = found.get("id") if isinstance(found, dict) else None
        if isinstance(given, str) and normalize("NFC", given) != normalize("NFC", invoice_id):
            raise GaveAnotherInvoice(f"the host gave the invoice {given!r} when it was asked for {invoice_id!r}")
        return found

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        """See `OneDeskHost.add_note`."""
        if self._language != ENGLISH:
            made = self._ledger.sentences.recalled([text], self._language)[text]
            text = say(made, self._language) if made else ""
        self._host.add_note(invoice_id, key, text)
