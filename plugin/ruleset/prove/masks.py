"""The rules of one list as bits of masks: those that accept a choice, a point, or anything that others accept."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from onedesk_quickbooks.plugin.ruleset.core.columns import (
    MANY,
    RANGES,
    Condition,
    Conditions,
    Range,
    RangeColumn,
    TagColumn,
    Tags,
    TextColumn,
    Texts,
)
from onedesk_quickbooks.plugin.ruleset.prove.choices import Choice


class WorkLimit(Exception):
    """The analysis would take too long; `spent` is the number of steps after which it was stopped."""

    def __init__(self, spent: int) -> None:
        super().__init__(f"given up after {spent} steps")
        self.spent = spent


Point = dict[str, tuple[Choice, ...]]
"""By field; tags may have several, fields that do not matter are missing."""


class Masks:
    """The conditions of one list of rules; the rules are the bits of masks. `budget` is the number of steps for all
    searches together; beyond it WorkLimit is raised."""

    def __init__(self, rules: Sequence[Conditions], budget: int = 1_000_000) -> None:
        self.rules = rules
        self.every = (1 << len(rules)) - 1
        self.left = self.budget = budget
        self._floor = 0
        fields = sorted({field for each in rules for field in each})
        self.texts = {f: TextColumn([each.get(f) for each in rules]) for f in fields if f not in RANGES | MANY}
        self.tags = {f: TagColumn([each.get(f) for each in rules]) for f in fields if f in MANY}
        self.ranges = {f: RangeColumn([each.get(f) for each in rules]) for f in fields if f in RANGES}
        self._bases: dict[tuple[str, ...], int] = {}
        self._written: dict[tuple[str, str], str] | None = None
        self._sorted: dict[str, list[tuple[str, int]]] = {}

    def written(self, field: str, folded: str) -> str:
        """The spelling of a text, or a prefix, in the rule file, if known."""
        if self._written is None:
            self._written = {
                (name, each): as_written
                for rule in self.rules
                for name, condition in rule.items()
                for own in _texts_of(condition)
                for each, as_written in own.written.items()
            }
        return self._written.get((field, folded), folded)

    def parts(self, field: str) -> list[TextColumn]:
        """The columns for the single texts of a field."""
        column = self.tags.get(field) or self.texts.get(field)
        return column.parts if column else []

    def spend(self, steps: int) -> None:
        """Count steps; raises WorkLimit."""
        self.left -= steps
        if self.left < self._floor:
            raise WorkLimit(self.budget - max(self.left, 0))

    @contextmanager
    def at_most(self, share: int) -> Iterator[None]:
        """A context in which WorkLimit is raised after this many steps."""
        floor, self._floor = self._floor, max(self._floor, self.left - share)
        try:
            yield
        finally:
            self._floor = floor

    def base(self, fields: tuple[str, ...]) -> int:
        """The rules without conditions on the other texts."""
        found = self._bases.get(fields)
        if found is None:
            found = self.every
            for field, column in self.texts.items():
                if field not in fields:
                    found &= column.any
            for field, tags in self.tags.items():
                if field not in fields:
                    found &= tags.nothing
            self._bases[fields] = found
        return found

    def mask(self, field: str, choice: Choice) -> int:
        """The rules that accept this choice of a text field."""
        column = self.texts.get(field)
        if column is None:
            return self.every
        return column.any | (column.merely(choice.text) if choice.prefix else column.named(choice.text))

    def mask_of(self, field: str, choices: tuple[Choice, ...]) -> int:
        """The rules that accept these choices: several for tags, one for other texts."""
        if field not in MANY:
            return self.mask(field, choices[0])
        column = self.tags.get(field)
        return column.taking([(each.text, each.prefix) for each in choices]) if column else self.every

    def at(self, point: Point) -> int:
        """All rules that accept a point (fields not in it have no value)."""
        mask = self.base(tuple(sorted(set(point) - RANGES)))
        for field, choices in point.items():
            if field in RANGES:
                continue
            mask &= self.mask_of(field, choices)
        for field, column in self.ranges.items():
            given = point.get(field)
            mask &= column.rules(column.segment(given[0].value)) if given else column.any | column.rules(0)
        return mask

    def overlapping(self, conditions: Conditions) -> int:
        """The rules without a condition that these conditions exclude, field by field."""
        mask = self.every
        for field, condition in conditions.items():
            if isinstance(condition, Range):
                mask &= self._overlapping_range(field, condition)
            elif isinstance(condition, Texts) and field in self.texts:
                mask &= self._overlapping_texts(field, condition)
        return mask

    def _overlapping_range(self, field: str, condition: Range) -> int:
        column = self.ranges.get(field)
        if column is None:
            return self.every
        first = 0 if condition.start is None else column.segment(condition.start)
        last = len(column.bounds) if condition.below is None else bisect_left(column.bounds, condition.below)
        self.spend((last - first) // 16)
        mask = 0
        for segment in range(first, max(first, last) + 1):
            mask |= column.rules(segment)
        return mask

    def _overlapping_texts(self, field: str, condition: Texts) -> int:
        column = self.texts[field]
        mask = column.any
        for value in condition.exact:
            mask |= column.named(value)
        for prefix in condition.prefixes:
            mask |= self.mask(field, Choice(prefix, True))
            for _, found in self._beginning(field, prefix):
                mask |= found
        return mask

    def _beginning(self, field: str, prefix: str) -> Iterator[tuple[str, int]]:
        """The values and prefixes of a column with a prefix, and their rules."""
        if field not in self._sorted:
            column = self.texts[field]
            longer = [each for bucket in column.prefixes.values() for each in bucket.items()]
            self._sorted[field] = sorted([*column.exact.items(), *longer])
        names = self._sorted[field]
        for index in range(bisect_left(names, (prefix, 0)), len(names)):
            if not names[index][0].startswith(prefix):
                return
            yield names[index]


def _texts_of(condition: Condition) -> Iterator[Texts]:
    """The conditions on single texts within a condition."""
    if isinstance(condition, Tags):
        yield from (*condition.needs, *([condition.none] if condition.none else []))
    elif isinstance(condition, Texts):
        yield from (condition, *([condition.but] if condition.but else []))


def members(mask: int) -> Iterator[int]:
    """The indices of a mask's bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
