"""First match over short lists of rules, at a cost that does not grow with their number.

Each field of a table keeps, for every value that rules name, the set of rules that accept it, as the bits of one
integer; a look-up ands one such set for each field, and the lowest bit is the first rule that matches. What was looked
up once is remembered by the values' cell: after that it is one dict look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, TypeVar

from onedesk_quickbooks.plugin.ruleset.columns import (
    MANY,
    RANGES,
    Condition,
    Conditions,
    Range,
    RangeColumn,
    TextColumn,
    Texts,
    holds,
)

__all__ = ["MANY", "RANGES", "Condition", "Conditions", "Range", "Table", "Texts", "first_match", "holds"]

T = TypeVar("T")
Column = tuple[Callable[[Any], int], Callable[[Any], int] | None]
"""The rules that accept a value's cell, and, where the cell is not the value itself, the cell of a value."""

MEMO = 100_000
"""Cells remembered by one table; values come from outside, so there is an end to it."""


class Table(Generic[T]):
    """An ordered list of rules; `find` gives the outcome of the first that matches."""

    def __init__(self, rules: Sequence[tuple[Conditions, T]]) -> None:
        self.rules = tuple(rules)
        self.fields = tuple(sorted({field for conditions, _ in rules for field in conditions}))
        self._outcomes = [outcome for _, outcome in rules]
        self._conditions = {id(outcome): conditions for conditions, outcome in rules}
        self._every = (1 << len(rules)) - 1
        self._memo: dict[Hashable, T | None] = {}
        self._pick: Callable[[Mapping[str, Any]], Any] = itemgetter(*self.fields) if self.fields else lambda values: ()
        self._single = len(self.fields) == 1
        self._ranged = not RANGES.isdisjoint(self.fields)

    @cached_property
    def _columns(self) -> list[Column]:
        """Built by the first look-up: a rule set that is only checked needs none."""
        return [self._column(field, [conditions.get(field) for conditions, _ in self.rules]) for field in self.fields]

    @staticmethod
    def _column(field: str, conditions: list[Condition | None]) -> Column:
        if field in RANGES:
            ranges = RangeColumn(conditions)
            return ranges.rules, ranges.segment
        texts = TextColumn(conditions)
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

    def accepting(self, values: Mapping[str, Any]) -> dict[str, int]:
        """For each field of the table the rules, as bits in the list's order, whose condition on it holds."""
        cells = [segment(values[field]) if segment else values[field] for field, (_, segment) in self._by_field()]
        return {field: rules(cell) for (field, (rules, _)), cell in zip(self._by_field(), cells, strict=True)}

    def _by_field(self) -> list[tuple[str, Column]]:
        return list(zip(self.fields, self._columns, strict=True))

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
