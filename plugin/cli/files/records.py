"""A file of invoices as records that know their place; what cannot be read is a value with its place, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """One invoice as the file has it, its shape not checked yet. `where` is file:line of its beginning."""

    where: str
    invoice: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadRecord:
    """What could not be read as an invoice: where (file:line), why and what to do; `id` where it was legible."""

    where: str
    why: str
    id: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.why}"
