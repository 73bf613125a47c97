"""The host as the HTTP API needs it, to store invoices and payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from onedesk_quickbooks.plugin.model.host import Attachment


class ImportTarget(Protocol):
    """Stores records of another program in the host, which calls the hooks. Each method raises ValueError and
    `NotNow`."""

    def invoice(
        self, invoice: Mapping[str, Any], action: str, user: str, files: Sequence[tuple[str, bytes]] = (), /
    ) -> str:
        """Store an invoice and its files, (name, content); `action` is opened, changed, send or the id of an action of
        the plugin. Returns why nothing was done, "" if it was."""

    def has(self, invoice_id: str, /) -> bool:
        """Whether there is such an invoice."""

    def files(self, invoice_id: str, /) -> Sequence[Attachment]:
        """The files of an invoice, in order."""

    def put_file(self, invoice_id: str, name: str, content: bytes, /) -> None:
        """Store a file of an invoice, replacing one of the same name."""

    def drop_file(self, invoice_id: str, name: str, /) -> bool:
        """Delete a file; False if there is none of this name."""

    def payment(self, payment: Mapping[str, Any], change: str, /) -> None:
        """Store a payment that the program has "recorded", or delete one whose recording it has "deleted"."""
