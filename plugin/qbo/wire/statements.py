"""Statements of QuickBooks' query language (qbo-api.md 3.8): AND only, IN lists, at most 1000 rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from onedesk_quickbooks.plugin.model.name_keys import clean_name, words
from onedesk_quickbooks.plugin.model.patterns import Words, patterns, short_forms

MOST_ROWS = 1000
"""QuickBooks refuses to answer more rows at once (code 4001)."""

IN_LIST = 40
"""Values in one IN list: statements stay a few kilobytes long with the longest names."""


def quoted(value: str) -> str:
    """A text value: apostrophes and backslashes are escaped by a backslash."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def select(entity: str, where: str = "", start: int = 1, fields: str = "*") -> str:
    """A statement for one page of rows, from row `start` (from 1). Always ordered by Id: otherwise rows move between
    pages while they are changed, and some would be skipped."""
    if entity == "Preferences":  # one row, and no property is known to sort by
        return "SELECT * FROM Preferences"
    condition = f" WHERE {where}" if where else ""
    return f"SELECT {fields} FROM {entity}{condition} ORDERBY Id STARTPOSITION {start} MAXRESULTS {MOST_ROWS}"  # noqa: S608 - sent to QuickBooks, values are quoted


def is_in(field: str, values: Iterable[str], most: int = IN_LIST) -> Iterator[str]:
    """Conditions that together find all `values`, each once, `most` at a time; none for no values."""
    distinct = [value for value in dict.fromkeys(values) if value]
    for begin in range(0, len(distinct), most):
        chunk = distinct[begin : begin + most]
        if len(chunk) == 1:
            yield f"{field} = {quoted(chunk[0])}"
        else:
            yield f"{field} IN ({', '.join(map(quoted, chunk))})"


def is_named(field: str, names: Iterable[str], significant: Words = words) -> Iterator[str]:
    """Conditions that find one name each, and similar ones: compare the answers by the keys of model/name_keys.py.
    `significant` gives the words of a name that distinguish it."""
    for name, pattern in patterns(names, significant).items():
        spelt = [] if pattern else [*_spellings(name), *short_forms(name, significant)]
        yield f"{field} LIKE {quoted(pattern)}" if pattern else next(is_in(field, spelt, len(spelt)))


def is_below(field: str, names: Iterable[str]) -> Iterator[str]:
    """Conditions that find the children of each name ("Name:…"), and perhaps more where a name has percent signs."""
    for name in dict.fromkeys(names):
        yield f"{field} LIKE {quoted(f'{name}:%')}"


def holds_address(field: str, addresses: Iterable[str]) -> Iterator[str]:
    """Conditions that find one e-mail address each, alone or among others."""
    for address in dict.fromkeys(addresses):
        if address:
            yield f"{field} LIKE {quoted(f'%{address}%')}"


def _spellings(name: str) -> list[str]:
    """The possible spellings of a short name: LIKE would find too much."""
    plain = clean_name(name)
    forms = [name.strip(), plain, unicodedata.normalize("NFD", plain), plain.lower(), plain.upper(), plain.title()]
    retired = ["", *(f"-{count}" for count in range(1, 10))]
    return [*dict.fromkeys(forms), *(f"{plain} (deleted{each})" for each in retired)]


EVEN_INACTIVE = "Active IN (true, false)"
"""Name lists leave inactive rows out unless asked for."""
