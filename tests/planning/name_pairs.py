"""How well names of one customer are distinguished from names of two: 500 pairs, made for this, measured three ways.

`python -m tests.planning.name_pairs` prints the table of docs/accounting.md; with --wrong also the pairs that the score
gets wrong.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from onedesk_quickbooks.plugin.model.name_keys import beginnings, name_key, similar_key
from onedesk_quickbooks.plugin.model.similarity import DOUBTFUL, name_score, stem_keys

PAIRS = Path(__file__).parents[1] / "data" / "customers" / "pairs.csv"


@dataclass(frozen=True)
class Pair:
    """Two names; `same`: they are one customer's."""

    same: bool
    kind: str
    onedesk: str
    quickbooks: str


@dataclass(frozen=True)
class Measured:
    """What one way of comparing finds."""

    found: int
    right: int
    same: int

    @property
    def precision(self) -> float:
        """How many of the pairs that it finds are one customer."""
        return self.right / self.found

    @property
    def recall(self) -> float:
        """How many of the pairs that are one customer it finds."""
        return self.right / self.same


def exactly(one: str, other: str) -> bool:
    """The same but for what nobody sees."""
    return name_key(one) == name_key(other)


def by_key(one: str, other: str) -> bool:
    """The same but for accents, punctuation and the legal form."""
    return similar_key(one) == similar_key(other)


def is_near(one: str, other: str) -> bool:
    """Whether the second name is looked for and found doubtful where a customer has the first."""
    alike = similar_key(one) == similar_key(other)
    asked = alike or not set(stem_keys(one)).isdisjoint(beginnings(other))
    return asked and name_score(one, other) >= DOUBTFUL


WAYS: dict[str, Callable[[str, str], bool]] = {
    "the same name": exactly,
    "only different accents, punctuation, legal form": by_key,
    "a score of 80 or more": is_near,
}


def pairs() -> list[Pair]:
    """All pairs of the file."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return [Pair(row["same"] == "yes", row["kind"], row["onedesk"], row["quickbooks"]) for row in rows]


def measured(way: Callable[[str, str], bool]) -> Measured:
    """One way over all pairs."""
    found = [each for each in pairs() if way(each.onedesk, each.quickbooks)]
    return Measured(len(found), sum(each.same for each in found), sum(each.same for each in pairs()))


def table() -> list[str]:
    """The rows of the table in the docs."""
    rows = []
    for name, way in WAYS.items():
        of = measured(way)
        rows.append(f"| {name} | {of.found} | {of.precision:.0%} | {of.recall:.0%} |".replace("%", " %"))
    return rows


if __name__ == "__main__":
    sys.stdout.write("\n".join(table()) + "\n")
    if "--wrong" in sys.argv:
        for each in pairs():
            if is_near(each.onedesk, each.quickbooks) != each.same:
                columns = ("one customer" if each.same else "two", each.kind, each.onedesk, each.quickbooks)
                sys.stdout.write(" | ".join(columns) + "\n")
