"""First match in short lists of rules, in constant time regardless of their number.

Each field of a table keeps, for every value in the rules, the set of rules that accept it, as the bits of one integer.
A look-up combines one such set for each field with `&`; the lowest bit is the first rule that matches. Results are
cached by the cell of the values, so later look-ups are one dict access.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, TypeVar

from onedesk_quickbooks.plugin.ruleset.core.columns import (
    MANY,
    RANGES,
    Condition,
    Conditions,
    RangeColumn,
    TagColumn,
    TextColumn,
)

T = TypeVar("T")

MEMO = 100_000
"""Cells cached by one table; bounded, since the values come from outside."""


class Table(Generic[T]):
    """An ordered list of rules; `find` gives the outcome of the first that matches."""

    def __init__(self, rules: Sequence[tuple[Conditions, T]]) -> None:
        self.rules = tuple(rules)
        self.fields = tuple(sorted({field for conditions, _ in rules for field in conditions}))
        self._outcomes = [outcome for _, outcome in rules]
        self._every = (1 << len(rules)) - 1
        self._memo: dict[Hashable, T | None] = {}
        plain = [field for field in self.fields if field not in RANGES]
        self._pick: Callable[[Mapping[str, Any]], Any] = itemgetter(*plain) if plain else lambda values: ()
        self._ranged = tuple(field for field in self.fields if field in RANGES)
        self._one = self._ranged[0] if len(self._ranged) == 1 else ""

    @cached_property
    def _columns(self) -> dict[str, TextColumn | TagColumn | RangeColumn]:
        """Built on the first look-up: a rule set that is only checked does not need them."""
        return {
            field: self._column(field, [conditions.get(field) for conditions, _ in self.rules]) for field in self.fields
        }

    @cached_property
    def _bounds(self) -> dict[str, list[Any]]:
        """The bounds of the segments of each range."""
        return {field: each.bounds for field, each in self._columns.items() if isinstance(each, RangeColumn)}

    @staticmethod
    def _column(field: str, conditions: list[Condition | None]) -> TextColumn | TagColumn | RangeColumn:
        if field in RANGES:
            return RangeColumn(conditions)
        return TagColumn(conditions) if field in MANY else TextColumn(conditions)

    def find(self, values: Mapping[str, Any]) -> T | None:
        """The outcome of the first rule that matches; None if none does. `values` has every field: texts ("" for a
        missing one), tuples of texts for tags, Decimal for amount, date for date."""
        if not self.fields:
            return self._outcomes[0] if self._outcomes else None
        cell = self._pick(values)
        if self._one:
            cell = cell, bisect_right(self._bounds[self._one], values[self._one])
        elif self._ranged:
            cell = (cell, *[bisect_right(self._bounds[field], values[field]) for field in self._ranged])
        try:
            return self._memo[cell]
        except KeyError:
            return self._look(cell, values)

    def _accepting(self, field: str, value: Any) -> int:
        column = self._columns[field]
        if isinstance(column, RangeColumn):
            return column.rules(column.segment(value))
        return column.rules_of_many(value) if isinstance(column, TagColumn) else column.rules(value)

    def _look(self, cell: Hashable, values: Mapping[str, Any]) -> T | None:
        mask = self._every
        for field in self.fields:
            mask &= self._accepting(field, values[field])
            if not mask:
                break
        found = self._outcomes[(mask & -mask).bit_length() - 1] if mask else None
        if len(self._memo) >= MEMO:
            self._memo.clear()
        self._memo[cell] = found
        return found
