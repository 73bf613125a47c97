"""A row of the audit trail as lines of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ledger import AuditEntry

_INDENT = " " * 32


def lines_of(entry: AuditEntry) -> Iterator[str]:
    """When, what, who, and the rest of it below."""
    from onedesk_quickbooks.plugin.ops.trail import told

    first, *rest = told(entry)
    yield f"{entry.at[:10]} {entry.at[11:19]} UTC {entry.kind:8} {entry.actor}: {first}"
    yield from (f"{_INDENT} {each}" for each in rest)
