"""Conditions, and an index over many of them: the rules that accept a value, as the bits of one integer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.keys import fields
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.texts import joined


@dataclass(frozen=True, slots=True)
class Texts:
    """A condition on a text: one of `exact`, or a text with one of `prefixes` ("" is a prefix of every text), and none
    of `but`; all folded. A missing text does not satisfy it. `written` maps folded texts to their spelling in the rule
    file, if known; `says` replaces a long list in the form for people."""

    exact: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    written: Mapping[str, str] = field(default_factory=dict, compare=False)
    says: str = field(default="", compare=False)
    but: Texts | None = None

    def holds(self, value: str) -> bool:
        """Whether the condition holds, by definition and not by index: for explanations and tests."""
        return self.takes(fold(value))

    def takes(self, folded: str) -> bool:
        """Whether the condition holds for a folded text."""
        taken = bool(folded) and (folded in self.exact or any(folded.startswith(each) for each in self.prefixes))
        return taken and not (self.but and self.but.takes(folded))

    def merely(self, beginning: str) -> bool:
        """Whether it holds for a text with this prefix that no rule names."""
        begun = any(beginning.startswith(each) for each in self.prefixes)
        return begun and not (self.but and self.but.merely(beginning))

    def __str__(self) -> str:
        return str(self.__text__())

    def __text__(self) -> Said:
        """In the form for people: "CA or US", "Training*", "not Acme", "Acme*, but not Acme Inc"."""
        if self.says:
            return joined("", (self.says,))
        taken = joined(Said(" or "), self._listed())
        if self.but is None:
            return taken if taken else Said("nothing")
        without = _none_of(self.but)
        return without if "" in self.prefixes else Said("{taken}, but {without}", taken=taken, without=without)

    def _listed(self) -> list[str]:
        exact = [self.written.get(each, each) for each in sorted(self.exact)]
        prefixes = [self.written.get(each, each) + "*" for each in sorted(self.prefixes)]
        return list(dict.fromkeys([*exact, *prefixes]))


def _none_of(texts: Texts) -> Said:
    nor = Said(" nor ")
    return Said("not {texts}", texts=joined(nor, texts._listed()))


EVERY = Texts(prefixes=frozenset(("",)))
"""Matches every text."""


@dataclass(frozen=True, slots=True)
class Tags:
    """A condition on several texts at once: each of `needs` holds for one of them, and `none` for none of them. With
    `needs`, at least one text is required."""

    needs: tuple[Texts, ...] = ()
    none: Texts | None = None

    def holds(self, values: Iterable[str]) -> bool:
        """Whether the condition holds, by definition and not by index."""
        folded = [fold(each) for each in values]
        lacks = any(not any(map(each.takes, folded)) for each in self.needs)
        return not lacks and not (self.none and any(map(self.none.takes, folded)))

    def __str__(self) -> str:
        return str(self.__text__())

    def __text__(self) -> Said:
        """In the form for people: "a and b, but not c"."""
        taken = joined(Said(" and "), (each.__text__() for each in self.needs))
        if self.none is None:
            return taken
        without = _none_of(self.none)
        return Said("{taken}, but {without}", taken=taken, without=without) if self.needs else without


@dataclass(frozen=True, slots=True)
class Range:
    """A half-open condition on amounts or dates: `start` is included, `below` is not; None is no bound. `says` is the
    written form of the days of a whole rule, `file` the name of the file to which the days belong."""

    start: Any = None
    below: Any = None
    says: str = field(default="", compare=False)
    file: str = field(default="", compare=False)

    def holds(self, value: Any) -> bool:
        """Whether the value is in the range."""
        return (self.start is None or value >= self.start) and (self.below is None or value < self.below)

    def __str__(self) -> str:
        return str(self.__text__())

    def __text__(self) -> Said:
        """In the form for people: "from 100, below 500"."""
        if self.says:
            return joined("", (self.says,))
        begins = (Said("from {bound}", bound=self.start),) if self.start is not None else ()
        ends = (Said("below {bound}", bound=self.below),) if self.below is not None else ()
        return joined(", ", (*begins, *ends)) if begins or ends else Said("anything")


Condition = Texts | Tags | Range
Conditions = Mapping[str, Condition]
"""A rule's conditions by field; a missing field accepts everything, including a missing value."""

MANY = frozenset(name for name, each in fields().items() if each.many)
"""Fields with several values at once (a tuple): a condition holds if it holds for one of them."""

PRESENT = frozenset(name for name, each in fields().items() if each.present)
"""Text fields that each invoice has."""

RANGES = frozenset(name for name, each in fields().items() if each.kind in ("amount", "date"))

ALWAYS = {name: each.always for name, each in fields().items() if each.always}
"""Fields that always have one of these values: rules for each of them together match everything."""


def holds(field: str, condition: Condition, value: Any) -> bool:
    """Whether one condition holds for one field's value."""
    if field in MANY and isinstance(condition, Texts):
        return any(condition.holds(each) for each in value)
    return condition.holds(value)


def bits(indices: Iterable[int], size: int) -> int:
    """The integer with these bits set, built in one operation: setting them one by one takes quadratic time."""
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
        self.any = self.nothing = bits((index for index, each in enumerate(conditions) if each is None), size)
        """The rules that do not ask for the field; `nothing` are those that accept none, which are the same."""
        self.exact = {value: bits(found, size) if len(found) > 1 else 1 << found[0] for value, found in exact.items()}
        self.prefixes = {
            length: {value: bits(found, size) for value, found in bucket.items()} for length, bucket in prefixes.items()
        }
        but = [each.but if isinstance(each, Texts) else None for each in conditions]
        self.but = TextColumn(but) if any(but) else None
        """The values that single rules leave out."""

    @property
    def parts(self) -> list[TextColumn]:
        """The columns of the condition and of its exclusions."""
        return [self, self.but] if self.but else [self]

    def named(self, folded: str) -> int:
        """The rules with a condition on the field that accept this folded value."""
        mask = self.exact.get(folded, 0)
        for length, bucket in self.prefixes.items():
            mask |= bucket.get(folded[:length], 0) if folded else 0
        return mask & ~self.but.named(folded) if self.but else mask

    def merely(self, beginning: str) -> int:
        """The rules with a condition on the field that accept a text with this prefix that no rule names."""
        mask = 0
        for length, bucket in self.prefixes.items():
            if length <= len(beginning):
                mask |= bucket.get(beginning[:length], 0)
        return mask & ~self.but.merely(beginning) if self.but else mask

    def rules(self, value: Any) -> int:
        """The rules that accept this value ("" for a missing one)."""
        return self.any | self.named(fold(value))


class TagColumn:
    """Rules by the several texts of one field."""

    def __init__(self, conditions: Sequence[Condition | None]) -> None:
        needs = [needs_of(each) for each in conditions]
        depth = max(map(len, needs), default=0)
        self.every = (1 << len(conditions)) - 1
        self.needs = [TextColumn([each[at] if at < len(each) else None for each in needs]) for at in range(depth)]
        none = [each.none if isinstance(each, Tags) else None for each in conditions]
        self.none = TextColumn(none) if any(none) else None
        self.any = bits((index for index, each in enumerate(conditions) if each is None), len(conditions))
        """The rules that do not ask for the field."""
        self.nothing = self.taking(())
        """The rules that accept no text at all."""

    @property
    def parts(self) -> list[TextColumn]:
        """The columns of single texts."""
        return [*self.needs, *([self.none] if self.none else [])]

    def rules_of_many(self, values: Iterable[str]) -> int:
        """The rules that accept these values together."""
        folded = [fold(each) for each in values]
        return self.taking([(each, False) for each in folded if each])

    def taking(self, texts: Sequence[tuple[str, bool]]) -> int:
        """The rules that accept these folded texts together; True marks a prefix of an otherwise unnamed text."""
        mask = self.every
        for column in self.needs:
            mask &= column.any | _accepting(column, texts)
        return mask & ~_accepting(self.none, texts) if self.none else mask


def needs_of(condition: Condition | None) -> tuple[Texts, ...]:
    """The conditions on single texts within a condition on several."""
    return condition.needs if isinstance(condition, Tags) else (condition,) if isinstance(condition, Texts) else ()


def _accepting(column: TextColumn, texts: Iterable[tuple[str, bool]]) -> int:
    mask = 0
    for text, begins in texts:
        mask |= column.merely(text) if begins else column.named(text)
    return mask


class RangeColumn:
    """Rules by the segment, between two bounds of rules, that contains a value. Segment 0 is below every bound, segment
    n begins with bound n - 1."""

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
        """The segment of a value."""
        return bisect_right(self.bounds, value)

    def rules(self, segment: Any) -> int:
        """The rules that accept this segment."""
        found: int = self._segments[segment]
        return found
