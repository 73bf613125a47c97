"""What the HTTP API needs of the host that invoices and payments go into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from onedesk_quickbooks.plugin.model.host import Attachment


class ImportTarget(Protocol):
    """Takes what a program hands over into the host, which calls the hooks. Each raises ValueError and `NotNow`."""

    def invoice(
        self, invoice: Mapping[str, Any], action: str, user: str, files: Sequence[tuple[str, bytes]] = (), /
    ) -> str:
        """An invoice and files of it, (name, content); `action` is opened, changed, send or the id of an action of the
        plugin. Returns why nothing was done, "" where it was."""

    def has(self, invoice_id: str, /) -> bool:
        """Whether there is such an invoice."""

    def files(self, invoice_id: str, /) -> Sequence[Attachment]:
        """The files of an invoice, in order."""

    def put_file(self, invoice_id: str, name: str, content: bytes, /) -> None:
        """A file of an invoice, in the place of one of its name."""

    def drop_file(self, invoice_id: str, name: str, /) -> bool:
        """Take one out; False where there is none of this name."""

    def payment(self, payment: Mapping[str, Any], change: str, /) -> None:
        """A payment that the program has "recorded", or whose recording it has "deleted"."""
