"""How similar two customers' names are, and the words by which QuickBooks is asked for similar names. Pure.

It only decides whether a person has to look: a customer is matched by `names.name_key` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from onedesk_quickbooks.plugin.model.name_keys import (
    STEM,
    company_words,
    marks,
    name_key,
    similar_key,
    words,
)

SAME, ALIKE = 100, 95
"""The score of equal names, and of names that are equal apart from accents, punctuation, "and" and the legal form."""
DOUBTFUL = 80
"""From this score on a person has to say whether it is the same customer."""

_USUAL = frozenset(
    """accounts associates association assoc business capital center centre cie clinic club consultants consulting
    contracting contractors customer de der des di do du el en enterprises et fils for foundation fra group grp
    hotel i industries international intl la las le les los management mgmt of og office partners payable practice
    products restaurant sales school services service solutions studio supplies supply systems technologies tech the
    trading und van von y""".split()
)
"""Common words that hardly distinguish names."""
_WEIGHT = 40
"""The weight of such a word; another one has 100."""
_STEMS = 2
"""How many words of a name are asked for."""


@lru_cache(maxsize=4096)
def name_score(one: str, other: str) -> int:
    """The similarity of two names, from 0 to 100; from `DOUBTFUL` on they may be the same customer's."""
    if name_key(one) == name_key(other):
        return SAME
    if similar_key(one) == similar_key(other):
        return ALIKE
    mine, theirs = company_words(one), company_words(other)
    if marks(mine) != marks(theirs) or _letters_differ(mine[-1], theirs[-1]):
        return 0
    return min(max(_by_words(mine, theirs), _as_one(mine, theirs)), ALIKE - 1)


@lru_cache(maxsize=4096)
def stems(name: str) -> tuple[str, ...]:
    """The beginnings of the words by which similar names are looked for: of the longest distinguishing ones, as they
    are written and without accents."""
    written, plain = name_key(name).split(), company_words(name)
    distinguishing = [each for each in plain if len(each) >= STEM and each not in _USUAL and each.isalpha()]
    distinguishing.sort(key=lambda each: -len(each))
    found: list[str] = []
    for word in distinguishing[:_STEMS]:
        as_written = (each for each in written if words(each) == [word])
        found += [word[:STEM], next(as_written, word)[:STEM]]
    return tuple(dict.fromkeys(found))


def stem_keys(name: str) -> list[str]:
    """The same as keys of a look-up, as in `names.beginnings`."""
    distinct = marks(company_words(name))
    return [f"~{stem} {distinct}" for stem in stems(name)]


def _letters_differ(one: str, other: str) -> bool:
    """Whether they differ in a letter, as "Block C" and "Block D"."""
    return len(one) == len(other) == 1 and one != other


def _by_words(mine: Sequence[str], theirs: Sequence[str]) -> int:
    """Word by word, in any order: twice the common weight, in hundredths of all."""
    pairs = sorted(
        ((_word_score(one, other), row, column) for row, one in enumerate(mine) for column, other in enumerate(theirs)),
        key=lambda each: (-each[0], each[1], each[2]),
    )
    rows, columns, shared = set(range(len(mine))), set(range(len(theirs))), 0
    for score, row, column in pairs:
        if score and row in rows and column in columns:
            rows.remove(row)
            columns.remove(column)
            shared += score * (_weight(mine[row]) + _weight(theirs[column]))
    return shared // (sum(map(_weight, mine)) + sum(map(_weight, theirs)))


def _weight(word: str) -> int:
    return _WEIGHT if word in _USUAL or len(word) == 1 else 100


def _word_score(one: str, other: str) -> int:
    if one == other:
        return 100
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return 70 if long.startswith(short) else 0
    if _abbreviates(short, long):
        return 90
    if not (one.isalpha() and other.isalpha()):
        return 0
    return _spelled(short, long)


def _abbreviates(short: str, long: str) -> bool:
    """Whether it is an abbreviation: "mfg" of "manufacturing", "intl" of "international", "tech" of "technologies",
    "st" of "saint"; not "Jean" of "Jeanne"."""
    if short[0] != long[0]:
        return False
    more = len(long) - len(short)
    if long.startswith(short):
        return len(short) >= 3 and more >= 4
    letters = iter(long)
    return more >= 2 and all(each in letters for each in short) and short[-1] == long[-1]


def _spelled(short: str, long: str) -> int:
    """The similarity of two words' letters; 0 for short words, in which one letter makes another name, and where the
    first letter differs: that one is rarely wrong."""
    if len(short) < 5 or short[0] != long[0]:
        return 0
    score = _alike(short, long)
    return score if score >= 80 and len(long) >= 6 else 0


def _alike(one: str, other: str) -> int:
    """The percentage of letters of both in common blocks (`SequenceMatcher.ratio`, without a float)."""
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    both = len(one) + len(other)
    return (400 * sum(each.size for each in blocks) + both) // (2 * both)


def _as_one(mine: Sequence[str], theirs: Sequence[str]) -> int:
    """The similarity of names with other word breaks: "Snow Flake Events", "Snowflake Event"."""
    if len(mine) == len(theirs):
        return 0
    one, other = "".join(mine), "".join(theirs)
    if min(len(one), len(other)) < 8:
        return 0
    score = _alike(one, other)
    return score if score >= 92 else 0
