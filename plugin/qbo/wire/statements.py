"""Statements of QuickBooks' query language (qbo-api.md 3.8): AND only, IN lists, at most 1000 rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from onedesk_quickbooks.plugin.model.names import clean_name, name_key, words

Words = Callable[[str], list[str]]

MOST_ROWS = 1000
"""More than this QuickBooks refuses to answer at once (code 4001)."""

IN_LIST = 40
"""Values in one IN list: statements stay a few kilobytes long with the longest names."""


_ACCENTED, _VOWELS = "acdeilnosuyz", "aeiouy"
_LATIN = 0x24F
_UNIT = re.compile(r"\d+|[a-z]|[^\W\d_\u0000-\u058f]")
"""What a pattern keeps: a number, a plain letter, a letter of a script that knows no capitals."""
_LONGEST_PATTERN = 24
"""Letters and numbers of a pattern: enough to tell a name, and soon compared."""


def quoted(value: str) -> str:
    """A text value: apostrophes and backslashes are escaped by a backslash."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def select(entity: str, where: str = "", start: int = 1, fields: str = "*") -> str:
    """A statement for one page of rows, beginning with row `start` (from 1). Always by Id: without an order rows move
    between pages while they are changed, and some would be skipped."""
    if entity == "Preferences":  # one row, and no property of it is known to sort
        return "SELECT * FROM Preferences"
    condition = f" WHERE {where}" if where else ""
    return f"SELECT {fields} FROM {entity}{condition} ORDERBY Id STARTPOSITION {start} MAXRESULTS {MOST_ROWS}"  # noqa: S608 - sent to QuickBooks, values are quoted


def is_in(field: str, values: Iterable[str], most: int = IN_LIST) -> Iterator[str]:
    """Conditions that together ask for all `values`, each once, `most` at a time; none for no values."""
    distinct = [value for value in dict.fromkeys(values) if value]
    for begin in range(0, len(distinct), most):
        chunk = distinct[begin : begin + most]
        if len(chunk) == 1:
            yield f"{field} = {quoted(chunk[0])}"
        else:
            yield f"{field} IN ({', '.join(map(quoted, chunk))})"


def is_named(field: str, names: Iterable[str], significant: Words = words) -> Iterator[str]:
    """Conditions that find one name each, and those that are alike: compare what is answered by the keys of
    model/names.py. `significant` gives the words of a name that tell it from others."""
    for name, pattern in _patterns(names, significant).items():
        yield f"{field} LIKE {quoted(pattern)}" if pattern else next(is_in(field, _spellings(name)))


def finds_alike(names: Iterable[str], significant: Words = words) -> list[str]:
    """Those of the names with which `is_named` finds what is merely alike, too: others are too short for that."""
    return [name for name, pattern in _patterns(names, significant).items() if pattern]


def holds_address(field: str, addresses: Iterable[str]) -> Iterator[str]:
    """Conditions that find one e-mail address each, alone or among others."""
    for address in dict.fromkeys(addresses):
        if address:
            yield f"{field} LIKE {quoted(f'%{address}%')}"


def _patterns(names: Iterable[str], significant: Words) -> dict[str, str]:
    telling = {name: significant(name) for name in names if name}
    return {name: _pattern(name, found) for name, found in telling.items()}


def _pattern(name: str, found: Sequence[str]) -> str:
    """What LIKE compares with: the letters that stay whatever accents, blanks and punctuation a name has, a wildcard
    between them; "" where too few are left to tell a name. The percent sign is the wildcard, and nothing is known to
    escape it (qbo-api.md 3.8). A longer name may lose more of its letters: those that have accents somewhere."""
    written, accented = name.casefold(), _accented(name)  # what a key spells otherwise than the name is no unit
    units = [unit for word in found for unit in _UNIT.findall(word) if unit in written]
    for changeable, least in ((_ACCENTED, 6), (_VOWELS, 4), ("", 3)):
        kept = [each for each in units if accented.isdisjoint(each) and each not in changeable]
        told = sum(1 + (ord(each[0]) > _LATIN) for each in kept)
        if told >= least:
            short = told == 3 and name_key(name).startswith(kept[0])  # anywhere it would find too much
            return f"{'' if short else '%'}{'%'.join(kept[:_LONGEST_PATTERN])}%"
    return ""


def _accented(name: str) -> set[str]:
    """The letters that are left of this name's letters with accents and the like."""
    others = [each for each in unicodedata.normalize("NFC", name) if not each.isascii()]
    return {letter for each in others for left in words(each) if left != each for letter in left}


def _spellings(name: str) -> list[str]:
    """A short name as it may be written: LIKE would find too much."""
    plain = clean_name(name)
    forms = [name.strip(), plain, unicodedata.normalize("NFD", plain), plain.lower(), plain.upper(), plain.title()]
    retired = ["", *(f"-{count}" for count in range(1, 10))]
    return [*dict.fromkeys(forms), *(f"{plain} (deleted{each})" for each in retired)]


EVEN_INACTIVE = "Active IN (true, false)"
"""Name lists leave inactive rows out unless asked."""
