"""Statements of QuickBooks' query language (qbo-api.md 3.8): AND only, IN lists, at most 1000 rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MOST_ROWS = 1000
"""More than this QuickBooks refuses to answer at once (code 4001)."""

IN_LIST = 40
"""Values in one IN list: statements stay a few kilobytes long with the longest names."""


def quoted(value: str) -> str:
    """A text value: apostrophes and backslashes are escaped by a backslash."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def select(entity: str, where: str = "", start: int = 1, fields: str = "*") -> str:
    """A statement for one page of rows, beginning with row `start` (from 1). Always by Id: without an order rows move
    between pages while they are changed, and some would be skipped."""
    condition = f" WHERE {where}" if where else ""
    return f"SELECT {fields} FROM {entity}{condition} ORDERBY Id STARTPOSITION {start} MAXRESULTS {MOST_ROWS}"  # noqa: S608 - sent to QuickBooks, values are quoted


def is_in(field: str, values: Iterable[str]) -> Iterator[str]:
    """Conditions that together ask for all `values`, each once, a chunk at a time; none for no values."""
    distinct = [value for value in dict.fromkeys(values) if value]
    for begin in range(0, len(distinct), IN_LIST):
        chunk = distinct[begin : begin + IN_LIST]
        if len(chunk) == 1:
            yield f"{field} = {quoted(chunk[0])}"
        else:
            yield f"{field} IN ({', '.join(map(quoted, chunk))})"


def is_like(field: str, values: Iterable[str]) -> Iterator[str]:
    """Conditions that ask for one value each, whatever its capitals. The percent sign is a wildcard there that
    nothing is known to escape: such a value is asked for exactly."""
    for value in dict.fromkeys(values):
        if value:
            yield f"{field} {'=' if '%' in value else 'LIKE'} {quoted(value)}"


EVEN_INACTIVE = "Active IN (true, false)"
"""Name lists leave inactive rows out unless asked."""
