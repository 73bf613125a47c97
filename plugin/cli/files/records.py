"""The records of a file of invoices with their places; records that cannot be read are values too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.texts import Text

LONGEST = 2_000_000
"""Characters of one record: the limit of the HTTP API, and more than any invoice has."""
TOO_LONG = Text(
    "is longer than {longest} characters, the most that an invoice may have; look there for a quote or a bracket that"
    " is not closed",
    longest=f"{LONGEST:,}",
)
UNREAD = Text("the rest of the file was not read")


@dataclass(frozen=True, slots=True)
class Record:
    """One invoice of a file, not validated yet. `where` is file:line of its beginning."""

    where: str
    invoice: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be read as an invoice: where (file:line), why and what to do; `id` if it could be
    read."""

    where: str
    why: str
    id: str = ""

    def __str__(self) -> str:
        return str(self.text)

    @property
    def text(self) -> Text:
        """The problem as one text."""
        return Text("{where}: {why}", where=self.where, why=self.why)
