"""The patterns by which QuickBooks is asked for a name and for similar ones. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from onedesk_quickbooks.plugin.model.name_keys import SHORT, name_key, plain_letters, words

Words = Callable[[str], Sequence[str]]

_ACCENTED, _VOWELS = "acdeilnosuyz", "aeiouy"
_LATIN = 0x24F
_UNIT = re.compile(r"\d+|[a-z]|[^\W\d_\u0000-\u058f]")
"""The units of a pattern: a number, a plain letter, a letter of a script without capitals."""
_LONGEST_PATTERN = 24
"""The letters and numbers of a pattern: enough to identify a name, and quick to compare."""
_WITHIN = ("", " ", "-", ".", "/", "&", "+", "'", "_", " & ", " and ", " - ", " + ", " / ")
"""Characters between the letters of a short name."""


def finds_alike(names: Iterable[str], significant: Words = words) -> list[str]:
    """Those of the names for which QuickBooks also finds similar ones."""
    found = patterns(names, significant).items()
    return [name for name, pattern in found if pattern or short_forms(name, significant)]


def short_forms(name: str, significant: Words = words) -> list[str]:
    """The spellings of a name of one or two letters and digits: LIKE would find too much for it. None for others."""
    plain = "".join(significant(name))
    if len(plain) > SHORT or not plain.isalnum():
        return []
    forms = [*(joint.join(plain) for joint in _WITHIN), f"{plain}.", ".".join((*plain, ""))]
    return list(dict.fromkeys(spelt for each in forms for spelt in (each, each.upper(), each.title())))


def patterns(names: Iterable[str], significant: Words) -> dict[str, str]:
    """The LIKE pattern of each name; "" for one that is too short."""
    return {name: _pattern(name, tuple(significant(name))) for name in names if name}


@lru_cache(maxsize=4096)
def _pattern(name: str, found: Sequence[str]) -> str:
    """The LIKE pattern: the letters that do not depend on accents, blanks and punctuation, with a wildcard between
    them; "" where too few are left to identify a name. The percent sign is the wildcard, and cannot be escaped as far
    as is known (qbo-api.md 3.8). A longer name may lose more letters: those that have accents somewhere."""
    written, accented = name.casefold(), _accented(name)  # characters that the key changes are no units
    units = [unit for word in found for unit in _UNIT.findall(word) if unit in written]
    for changeable, least in ((_ACCENTED, 6), (_VOWELS, 4), ("", 3)):
        kept = [each for each in units if accented.isdisjoint(each) and each not in changeable]
        size = sum(1 + (ord(each[0]) > _LATIN) for each in kept)
        if size >= least:
            short = size == 3 and written.lstrip().startswith(kept[0])  # elsewhere in the name it would find too much
            return f"{'' if short else '%'}{'%'.join(kept[:_LONGEST_PATTERN])}%"
    return ""


def _accented(name: str) -> set[str]:
    """The letters of this name that are left without those with accents and the like."""
    others = [each for each in unicodedata.normalize("NFC", name) if not each.isascii()]
    left = {each: plain_letters(name_key(each)) for each in others}
    return {letter for each in others if left[each] != each for letter in left[each]}
