"""The parts of the ledger's sentences, so that they can be shown in another language.

The tables hold the English text. Each sentence is also stored once under its digest, with its message and values; texts
of earlier releases, and of people, are not stored, and are shown unchanged.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import sentence
from onedesk_quickbooks.plugin.ledger.upserts import insert_new
from onedesk_quickbooks.plugin.texts import ENGLISH, Text, as_json, current, from_json, joined, parts_of

_PAGE = 500
_MOST = 12
"""How many sentences of a reason are looked up together."""
_ENDS = (Text("(asked again)"), Text("(asked for again)"), Text("(adopted)"), Text("(it was changed again)"))
_LEFT = {str(each): each for each in _ENDS}
"""The endings of the reason of an entry that another one has replaced."""


def keep(connection: Connection, *texts: str) -> None:
    """Store the parts of these sentences, in the caller's transaction; a plain string has none."""
    rows = {
        _digest(each): {"digest": _digest(each), "said": as_json(each)}
        for text in texts
        if isinstance(text, Text)
        for each in parts_of(text)
        if isinstance(each, Text)
    }
    insert_new(connection, sentence, [rows[each] for each in sorted(rows)])


class Sentences:
    """The sentences that are kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recalled(self, texts: Iterable[str], language: str = "") -> Mapping[str, str]:
        """Each of these with its parts, by its English text; a plain string where they are unknown. Nothing is looked
        up where the language (by default the current one) is English."""
        wanted = {str(each): each for each in texts}
        if (language or current()) == ENGLISH:
            return wanted
        plain = [each for each, text in wanted.items() if each and not isinstance(text, Text)]
        kept = self._kept({_digest(each) for each in plain})
        others = [each for each in plain if _digest(each) not in kept]
        kept |= self._kept({_digest(some) for each in others for _, _, some in _runs(_split(each))})
        return {**wanted, **{each: kept.get(_digest(each)) or _composed(each, kept) for each in plain}}

    def _kept(self, digests: Iterable[str]) -> dict[str, str]:
        listed, found = sorted(digests), {}
        with self._database.read() as connection:
            for start in range(0, len(listed), _PAGE):
                some = select(sentence).where(sentence.c.digest.in_(listed[start : start + _PAGE]))
                found.update({row.digest: from_json(row.said) for row in connection.execute(some)})
        return found


def _composed(text: str, kept: Mapping[str, str]) -> str:
    """A text of several sentences, composed of the longest known ones."""
    pieces = _split(text)
    known = {(start, end): found for start, end, some in _runs(pieces) if (found := kept.get(_digest(some)))}
    made: list[str] = []
    place = 0
    while place < len(pieces):
        end = max((end for start, end in known if start == place), default=0)
        made.append(known[place, end] if end else _LEFT.get(pieces[place], pieces[place]))
        place = end or place + 1
    return joined(" ", made) if any(isinstance(each, Text) for each in made) else text


def _split(text: str) -> list[str]:
    end = next((each for each in _LEFT if text.endswith(f" {each}")), "")
    return [*re.split(r"(?<=[.!?]) ", text.removesuffix(f" {end}") if end else text), *([end] if end else [])]


def _runs(pieces: Sequence[str]) -> list[tuple[int, int, str]]:
    """Every sequence of neighbours, with its place."""
    count = len(pieces)
    return [
        (start, end, " ".join(pieces[start:end]))
        for start in range(count)
        for end in range(start + 1, min(count, start + _MOST) + 1)
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
