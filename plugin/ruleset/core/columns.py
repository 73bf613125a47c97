"""Conditions, and an index over many of them: which rules accept a value, as the bits of one integer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.keys import fields


@dataclass(frozen=True, slots=True)
class Texts:
    """A condition on texts: one of `exact`, or beginning with one of `prefixes`; all folded. `written` gives a folded
    text as the rule file has it, where that is known; `says` is what people read of a long list."""

    exact: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    written: Mapping[str, str] = field(default_factory=dict, compare=False)
    says: str = field(default="", compare=False)

    def holds(self, value: str) -> bool:
        """By definition, not by index: for explanations and tests."""
        folded = fold(value)
        return bool(folded) and (folded in self.exact or any(folded.startswith(each) for each in self.prefixes))

    def __str__(self) -> str:
        """As a person reads it: "CA or US", "Training*"."""
        exact = [self.written.get(each, each) for each in sorted(self.exact)]
        prefixes = [self.written.get(each, each) + "*" for each in sorted(self.prefixes)]
        return self.says or " or ".join(dict.fromkeys([*exact, *prefixes])) or "nothing"


@dataclass(frozen=True, slots=True)
class Range:
    """A half-open condition on amounts or dates: `start` counts in, `below` does not; None is no bound."""

    start: Any = None
    below: Any = None

    def holds(self, value: Any) -> bool:
        """Whether the value lies in the range."""
        return (self.start is None or value >= self.start) and (self.below is None or value < self.below)

    def __str__(self) -> str:
        """As a person reads it: "from 100, below 500"."""
        parts = (("from", self.start), ("below", self.below))
        return ", ".join(f"{word} {bound}" for word, bound in parts if bound is not None) or "anything"


Condition = Texts | Range
Conditions = Mapping[str, Condition]
"""A rule's conditions by field; a field that is left out holds for everything, also for a missing value."""

MANY = frozenset(name for name, each in fields().items() if each.many)
"""Fields with several values at once (a tuple): a condition holds where it holds for one of them."""

RANGES = frozenset(name for name, each in fields().items() if each.kind in ("amount", "date"))

ALWAYS = {name: each.always for name, each in fields().items() if each.always}
"""Fields that always have one of these values, never none: rules for each of them together take everything."""


def holds(field: str, condition: Condition, value: Any) -> bool:
    """Whether one condition holds for one field's value."""
    if field in MANY:
        return any(condition.holds(each) for each in value)
    return condition.holds(value)


def bits(indices: Iterable[int], size: int) -> int:
    """The integer with these bits set, made in one go: adding them one by one costs the square of their number."""
    room = bytearray((size + 7) // 8)
    for index in indices:
        room[index >> 3] |= 1 << (index & 7)
    return int.from_bytes(room, "little")


class TextColumn:
    """Rules by the text of one field."""

    def __init__(self, conditions: Sequence[Condition | None]) -> None:
        size = len(conditions)
        exact: dict[str, list[int]] = {}
        prefixes: dict[int, dict[str, list[int]]] = {}
        for index, each in enumerate(conditions):
            if isinstance(each, Texts):
                for value in each.exact:
                    exact.setdefault(value, []).append(index)
                for value in each.prefixes:
                    prefixes.setdefault(len(value), {}).setdefault(value, []).append(index)
        self.any = bits((index for index, each in enumerate(conditions) if each is None), size)
        """The rules that do not ask for the field."""
        self.exact = {value: bits(found, size) if len(found) > 1 else 1 << found[0] for value, found in exact.items()}
        self.prefixes = {
            length: {value: bits(found, size) for value, found in bucket.items()} for length, bucket in prefixes.items()
        }

    def named(self, folded: str) -> int:
        """The rules that ask for the field and accept this folded value."""
        mask = self.exact.get(folded, 0)
        for length, bucket in self.prefixes.items():
            mask |= bucket.get(folded[:length], 0)
        return mask

    def rules(self, value: Any) -> int:
        """The rules that accept this value ("" for a missing one)."""
        return self.any | self.named(fold(value))

    def rules_of_many(self, values: Any) -> int:
        """The rules that accept one of these values."""
        mask = self.any
        for value in values:
            mask |= self.named(fold(value))
        return mask


class RangeColumn:
    """Rules by the segment, between two bounds that rules name, into which a value falls. Segment 0 lies below every
    bound, segment n begins with bound n - 1."""

    def __init__(self, conditions: Sequence[Condition | None]) -> None:
        ranges = [each if isinstance(each, Range) else None for each in conditions]
        self.bounds = sorted(
            {bound for each in ranges if each for bound in (each.start, each.below) if bound is not None}
        )
        self.any = bits((index for index, each in enumerate(ranges) if each is None), len(ranges))
        """The rules that do not ask for the field."""
        at = {bound: segment for segment, bound in enumerate(self.bounds, 1)}
        turns: list[list[int]] = [[] for _ in range(len(self.bounds) + 1)]
        for index, each in enumerate(ranges):
            first = 0 if each is None or each.start is None else at[each.start]
            last = len(turns) if each is None or each.below is None else at[each.below]
            if first < last:
                turns[first].append(index)
                if last < len(turns):
                    turns[last].append(index)
        self._segments = []
        mask = 0
        for found in turns:
            for index in found:
                mask ^= 1 << index
            self._segments.append(mask)

    def segment(self, value: Any) -> int:
        """The cell of a value."""
        return bisect_right(self.bounds, value)

    def rules(self, segment: Any) -> int:
        """The rules that accept this segment."""
        found: int = self._segments[segment]
        return found
