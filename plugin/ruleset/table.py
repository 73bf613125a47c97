"""First match over short lists of rules, at a cost that does not grow with their number.

Each field of a table keeps, for every value that rules name, the set of rules that accept it, as the bits of one
integer; a look-up ands one such set for each field, and the lowest bit is the first rule that matches. What was looked
up once is remembered by the values' cell: after that it is one dict look-up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, TypeVar

from onedesk_quickbooks.plugin.ruleset.words import fold

T = TypeVar("T")

MEMO = 100_000
"""Cells remembered by one table; values come from outside, so there is an end to it."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A condition on texts: one of `exact`, or beginning with one of `prefixes`; all folded."""

    exact: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()

    def holds(self, value: str) -> bool:
        """By definition, not by index: for explanations and tests."""
        folded = fold(value)
        return bool(folded) and (folded in self.exact or any(folded.startswith(each) for each in self.prefixes))


@dataclass(frozen=True, slots=True)
class Range:
    """A half-open condition on amounts or dates: `start` counts in, `below` does not; None is no bound."""

    start: Any = None
    below: Any = None

    def holds(self, value: Any) -> bool:
        """Whether the value lies in the range."""
        return (self.start is None or value >= self.start) and (self.below is None or value < self.below)


Condition = Texts | Range
Conditions = Mapping[str, Condition]
"""A rule's conditions by field; a field that is left out holds for everything, also for a missing value."""

MANY = frozenset({"tag", "customer_tag"})
"""Fields with several values at once (a tuple): a condition holds where it holds for one of them."""

RANGES = frozenset({"amount", "date"})


class _TextColumn:
    """Rules by the text of one field."""

    def __init__(self, conditions: Sequence[Texts | None]) -> None:
        self._any = sum(1 << index for index, each in enumerate(conditions) if each is None)
        self._exact: dict[str, int] = {}
        self._prefixes: dict[int, dict[str, int]] = {}
        for index, each in enumerate(conditions):
            for value in each.exact if each else ():
                self._exact[value] = self._exact.get(value, 0) | 1 << index
            for value in each.prefixes if each else ():
                bucket = self._prefixes.setdefault(len(value), {})
                bucket[value] = bucket.get(value, 0) | 1 << index

    def _one(self, value: str) -> int:
        folded = fold(value)
        mask = self._exact.get(folded, 0)
        for length, bucket in self._prefixes.items():
            mask |= bucket.get(folded[:length], 0)
        return mask

    def rules(self, value: Any) -> int:
        """The rules that accept this value ("" for a missing one)."""
        return self._any | self._one(value)

    def rules_of_many(self, values: Any) -> int:
        """The rules that accept one of these values."""
        mask = self._any
        for value in values:
            mask |= self._one(value)
        return mask


class _RangeColumn:
    """Rules by the segment, between two bounds that rules name, into which a value falls."""

    def __init__(self, conditions: Sequence[Range | None]) -> None:
        bounds = {bound for each in conditions if each for bound in (each.start, each.below) if bound is not None}
        self.bounds = sorted(bounds)
        samples = [None, *self.bounds]
        self._segments = [self._accepting(conditions, sample) for sample in samples]

    @staticmethod
    def _accepting(conditions: Sequence[Range | None], sample: Any) -> int:
        """The rules that accept the segment beginning at `sample`; None begins below every bound."""
        mask = 0
        for index, each in enumerate(conditions):
            if each is None or (each.start is None if sample is None else each.holds(sample)):
                mask |= 1 << index
        return mask

    def segment(self, value: Any) -> int:
        """The cell of a value."""
        return bisect_right(self.bounds, value)

    def rules(self, segment: Any) -> int:
        """The rules that accept this segment."""
        return self._segments[segment]


class Table(Generic[T]):
    """An ordered list of rules; `find` gives the outcome of the first that matches."""

    def __init__(self, rules: Sequence[tuple[Conditions, T]]) -> None:
        self.rules = tuple(rules)
        self.fields = tuple(sorted({field for conditions, _ in rules for field in conditions}))
        self._outcomes = [outcome for _, outcome in rules]
        self._conditions = {id(outcome): conditions for conditions, outcome in rules}
        self._columns: list[tuple[Callable[[Any], int], Callable[[Any], int] | None]] = []
        for field in self.fields:
            self._columns.append(self._column(field, [conditions.get(field) for conditions, _ in rules]))
        self._ranged = any(segment for _, segment in self._columns)
        self._every = (1 << len(rules)) - 1
        self._memo: dict[Hashable, T | None] = {}
        self._pick: Callable[[Mapping[str, Any]], Any] = itemgetter(*self.fields) if self.fields else lambda values: ()
        self._single = len(self.fields) == 1

    @staticmethod
    def _column(
        field: str, conditions: list[Condition | None]
    ) -> tuple[Callable[[Any], int], Callable[[Any], int] | None]:
        if field in RANGES:
            ranges = _RangeColumn([each if isinstance(each, Range) else None for each in conditions])
            return ranges.rules, ranges.segment
        texts = _TextColumn([each if isinstance(each, Texts) else None for each in conditions])
        return (texts.rules_of_many if field in MANY else texts.rules), None

    def conditions_of(self, outcome: T) -> Conditions:
        """The conditions of the rule that gave this outcome (the very object that `find` returned)."""
        return self._conditions[id(outcome)]

    def find(self, values: Mapping[str, Any]) -> T | None:
        """The outcome of the first rule that matches; None where none does. `values` holds every field: texts ("" for
        a missing one), tuples of texts for tags, Decimal for amount, date for date."""
        if not self.fields:
            return self._outcomes[0] if self._outcomes else None
        cell = self._pick(values)
        if self._ranged:
            cell = self._segmented(cell)
        try:
            return self._memo[cell]
        except KeyError:
            return self._look(cell)

    def _segmented(self, cell: Any) -> Any:
        given = (cell,) if self._single else cell
        made = tuple(
            segment(value) if segment else value for (_, segment), value in zip(self._columns, given, strict=True)
        )
        return made[0] if self._single else made

    def _look(self, cell: Any) -> T | None:
        mask = self._every
        for (rules, _), value in zip(self._columns, (cell,) if self._single else cell, strict=True):
            mask &= rules(value)
            if not mask:
                break
        found = self._outcomes[(mask & -mask).bit_length() - 1] if mask else None
        if len(self._memo) >= MEMO:
            self._memo.clear()
        self._memo[cell] = found
        return found


def first_match(rules: Sequence[tuple[Conditions, T]], values: Mapping[str, Any]) -> T | None:
    """The same as `Table.find`, by trying one rule after the other: what the table is tested against."""
    for conditions, outcome in rules:
        if all(holds(field, condition, values[field]) for field, condition in conditions.items()):
            return outcome
    return None


def holds(field: str, condition: Condition, value: Any) -> bool:
    """Whether one condition holds for one field's value."""
    if field in MANY:
        return any(condition.holds(each) for each in value)
    return condition.holds(value)
