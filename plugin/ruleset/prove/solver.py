"""The search for an input that some rules match and others do not. Exact, since few values can matter.

A point gives each field one choice: a value that a rule names, a text that only begins like one of its prefixes, a
segment of a range, or nothing. For a field that the wanted rules do not ask for, "nothing" (or a value that no rule
names) is accepted by the fewest rules, so no other choice needs trying; likewise a text that merely begins with a
prefix. The remaining choices are the wanted rules' own values, those that rules exclude (`not`), and on ranges the
segments between other rules' bounds; and for a field that always has a value (`ALWAYS`, `PRESENT`) each of those that
matter, since "nothing" does not occur. Tags that a rule excludes may occur beside any others, so each set of them is
tried.

Dependent fields are chosen together: a region has the form of its country, a charge's name is also its service type,
and a charge has no work.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from onedesk_quickbooks.plugin.ruleset.core.columns import (
    ALWAYS,
    EVERY,
    MANY,
    PRESENT,
    RANGES,
    Condition,
    Conditions,
    Range,
    RangeColumn,
    Tags,
    TextColumn,
    Texts,
    needs_of,
)
from onedesk_quickbooks.plugin.ruleset.core.places import region_country
from onedesk_quickbooks.plugin.ruleset.keys import fields as known_fields
from onedesk_quickbooks.plugin.ruleset.prove.choices import (
    Choice,
    alternatives,
    is_below,
    just_before,
    meet_ranges,
    possible_place,
    takes,
)
from onedesk_quickbooks.plugin.ruleset.prove.codes import free_codes
from onedesk_quickbooks.plugin.ruleset.prove.masks import Masks, Point, members

_COVERS = 3
"""The number of segments of one range for which the rules that cover the other range are remembered."""

_WORK = frozenset(name for name, each in known_fields().items() if each.work)
"""Fields that charges and discounts lack."""
Option = tuple[Point, int]
"""Some fields of a point, and the rules that accept them."""


class Solver(Masks):
    """Searches the rules of one list."""

    def quick(self, conditions: Conditions) -> tuple[Point, int] | None:
        """One point of a rule with one value for each field, and all rules that accept it; None for other rules. Most
        rules have this form, and usually no earlier rule accepts the point: then no search is needed."""
        if "charge" in conditions or "region" in conditions:
            return None
        point: Point = {f: (Choice(ALWAYS[f][0]),) for f in ALWAYS if f in self.texts and f not in conditions}
        point |= {f: (Choice("", True),) for f in PRESENT if self.leaves_out(f) and f not in conditions}
        mask = self.base(tuple(sorted({*point, *conditions} - RANGES)))
        for field, (choice,) in point.items():
            mask &= self.mask(field, choice)
        for field, condition in conditions.items():
            if isinstance(condition, Range):
                value = condition.start if condition.start is not None else just_before(condition.below)
                if value is None:
                    return None
                point[field] = (Choice(value=value),)
                continue
            if not isinstance(condition, Texts) or len(condition.exact) + len(condition.prefixes) != 1:
                return None
            (text,) = condition.exact or condition.prefixes
            choice = Choice(text, prefix=not condition.exact)
            if not takes(condition, choice):
                return None
            point[field] = (choice,)
            mask &= self.mask_of(field, (choice,))
        if any(each.prefix and not self._fresh(f) for f, (each,) in point.items() if f not in RANGES):
            return None
        for field, column in self.ranges.items():
            given = point.get(field)
            mask &= column.rules(column.segment(given[0].value) if given else 0)
        return point, mask

    def search(self, wanted: Sequence[Conditions], avoid: int) -> Point | None:
        """A point that all of `wanted` accept and none of the rules in `avoid`; None if there is none."""
        named = {field for each in wanted for field in each} | (ALWAYS.keys() & self.texts.keys())
        named |= {field for field in PRESENT if self.leaves_out(field)}
        named |= {field for field, column in self.tags.items() if column.none}
        named |= {"service_type"} if "charge" in named else set()
        named |= {"country"} if "region" in named else set()
        fields = tuple(sorted(named))
        running = avoid & self.base(fields)
        options = self._options(wanted, fields)
        if options is None:
            return None
        options.sort(key=len)
        must = [self.every] * (len(options) + 1)
        for index in range(len(options) - 1, -1, -1):
            least = self.every
            for _, mask in options[index]:
                least &= mask
            must[index] = must[index + 1] & least
        return self._texts_then_ranges(wanted, options, must, 0, running, {})

    def _options(self, wanted: Sequence[Conditions], fields: tuple[str, ...]) -> list[list[Option]] | None:
        """The options of each group of fields on which the wanted rules have conditions; None if a group has none."""
        groups: list[list[Option]] = []
        single = [field for field in fields if field not in RANGES]
        if "charge" in fields:
            groups.append(self._charges(wanted))
            single = [field for field in single if field not in ("charge", "service_type", *_WORK)]
        if "region" in fields:
            groups.append(self._places(wanted))
            single = [field for field in single if field not in ("country", "region")]
        groups.extend(self._field(field, [each[field] for each in wanted if field in each]) for field in single)
        return groups if all(groups) else None

    def leaves_out(self, field: str) -> bool:
        """Whether some rule excludes values of this field, which is one text."""
        return field in self.texts and self.texts[field].but is not None

    def _field(self, field: str, conditions: list[Condition]) -> list[Option]:
        if field in MANY:
            return self._tags(field, conditions)
        asked = conditions or [Texts(frozenset(ALWAYS[field])) if field in ALWAYS else EVERY]
        return [({field: (each,)}, self.mask(field, each)) for each in self._alternatives((field,), asked)]

    def _alternatives(self, fields: tuple[str, ...], conditions: Sequence[Condition]) -> list[Choice]:
        """The choices for one text that satisfy all conditions: those that they name, and those that other rules on
        these fields exclude. There are few codes: if the rules name all, each is a choice."""
        found = alternatives(conditions)
        begun = [each.text for each in found if each.prefix]
        asked = [each for each in conditions if isinstance(each, Texts)]
        if begun:
            others = [self.texts[field].but for field in fields if field in self.texts]
            named = [each for column in others for each in _named(column) if each.text.startswith(tuple(begun))]
            if not self._fresh(fields[0]):
                found = [each for each in found if not each.prefix]
                named = [Choice(text) for text in free_codes(fields[0], ())]
            new = dict.fromkeys(each for each in named if each not in found)
            found += [each for each in new if all(takes(one, each) for one in asked)]
        return found

    def _fresh(self, field: str) -> bool:
        """Whether a text exists that no rule on the field names."""
        column = self.texts.get(field)
        return not column or bool(free_codes(field, column.parts)) if known_fields()[field].codes else True

    def _tags(self, field: str, conditions: list[Condition]) -> list[Option]:
        """One tag for each need; needs may share one. Besides them any of the tags that rules exclude."""
        none = [each.none for each in conditions if isinstance(each, Tags) and each.none]
        column = self.tags.get(field)
        extras = [each for each in _named(column.none if column else None) if not any(takes(no, each) for no in none)]
        self.spend((1 << len(extras)) - 1)
        found: dict[tuple[Choice, ...], int] = {}
        for groups in _groups([need for each in conditions for need in needs_of(each)]):
            possible = [
                [one for one in alternatives(each) if not any(takes(no, one) for no in none)] for each in groups
            ]
            for chosen in itertools.product(*possible):
                for size in range(len(extras) + 1):
                    for more in itertools.combinations(extras, size):
                        choices = tuple(dict.fromkeys((*chosen, *more)))
                        found[choices] = self.mask_of(field, choices)
        return [({field: choices} if choices else {}, mask) for choices, mask in found.items()]

    def _charges(self, wanted: Sequence[Conditions]) -> list[Option]:
        if any(_WORK & each.keys() for each in wanted):
            return []
        asked = [each[field] for each in wanted for field in ("charge", "service_type") if field in each]
        found: list[Option] = []
        for each in self._alternatives(("charge", "service_type"), asked):
            mask = self.mask("charge", each) & self.mask("service_type", each)
            for field in _WORK & self.texts.keys():
                mask &= self.texts[field].nothing
            found.append(({"charge": (each,), "service_type": (each,)}, mask))
        return found

    def _places(self, wanted: Sequence[Conditions]) -> list[Option]:
        found: list[Option] = []
        asked = [each["country"] for each in wanted if "country" in each]
        countries = self._alternatives(("country",), asked)
        for region in alternatives([each["region"] for each in wanted if "region" in each]):
            its_own = Choice(region_country(region.text).lower())
            possible = countries if asked and not its_own.text else [its_own]
            for country in possible:
                if not country.text and not country.prefix:
                    mask = self.mask("region", region) & self.mask("country", country)
                    found.append(({"region": (region,)}, mask))
                elif possible_place(country, region) and all(
                    takes(each, country) for each in asked if isinstance(each, Texts)
                ):
                    mask = self.mask("country", country) & self.mask("region", region)
                    found.append(({"country": (country,), "region": (region,)}, mask))
        return found

    def _texts_then_ranges(
        self,
        wanted: Sequence[Conditions],
        options: list[list[Option]],
        must: list[int],
        index: int,
        running: int,
        point: Point,
    ) -> Point | None:
        ranges = self.ranges or any(field in RANGES for each in wanted for field in each)
        if index == len(options):
            asked = {field for each in wanted for field in each}
            return self._ranges(wanted, _grouped(RANGES & (asked | self.ranges.keys()), point), running, point)
        if running & must[index] and not ranges:
            return None
        for made, mask in options[index]:
            self.spend(1)
            found = self._texts_then_ranges(wanted, options, must, index + 1, running & mask, {**point, **made})
            if found is not None:
                return found
        return None

    def _ranges(
        self, wanted: Sequence[Conditions], fields: list[tuple[str, ...]], running: int, point: Point
    ) -> Point | None:
        if not fields:
            return point if not running else None
        group, rest = fields[0], fields[1:]
        covers: list[int] = []
        for value, mask in self._segments(group, wanted, running):
            self.spend(1)
            left = running & mask
            if any(not cover & ~left for cover in covers):
                continue  # the same rules cover the other range again
            chosen = {**point, **dict.fromkeys(group, (Choice(value=value),))} if value is not None else point
            found = self._ranges(wanted, rest, left, chosen)
            if found is not None:
                return found
            if len(rest) == 1:
                covers = [*covers[-_COVERS:], self._cover(wanted, rest[0], group[0], left)]
        return None

    def _cover(self, wanted: Sequence[Conditions], group: tuple[str, ...], outer: str, running: int) -> int:
        """A few of the rules that together cover all segments of a range; each extends as far as any does, there and in
        the `outer` range, so they are likely to cover its next segments too."""
        field = group[0]
        cover = 0
        for _, mask in self._segments(group, wanted, running):
            here = running & mask
            if not cover & here:
                self.spend(here.bit_count() // 8)
                cover |= 1 << max(members(here), key=lambda index: (self._end(index, field), self._end(index, outer)))
        return cover

    def _end(self, index: int, field: str) -> tuple[bool, Any]:
        """The end of a rule's range as a sort key; a range without an end sorts last."""
        below = getattr(self.rules[index].get(field), "below", None)
        return below is None, below if below is not None else 0

    def _segments(
        self, group: tuple[str, ...], wanted: Sequence[Conditions], running: int
    ) -> Iterator[tuple[Any, int]]:
        """One value for each segment in which the rules of `running` differ, and the rules that accept it. The fields
        of a group have the same value."""
        asked = [each[field] for each in wanted for field in group if field in each]
        span = meet_ranges([each for each in asked if isinstance(each, Range)])
        columns = {field: self.ranges[field] for field in group if field in self.ranges}
        if span is None:
            return
        bounds = [self._bounds(field, column, running, span) for field, column in columns.items()]
        inner = sorted({each for found in bounds for each in found})
        first = span.start
        if first is None and (inner or span.below is not None):
            first = just_before(inner[0] if inner else span.below)
            starts = inner if first is None else [first, *inner]
        else:
            starts = [first, *inner]
        for value in starts:
            mask = self.every
            for column in columns.values() if value is not None else ():
                mask &= column.rules(column.segment(value))
            yield value, mask

    def _bounds(self, field: str, column: RangeColumn, running: int, span: Range) -> list[Any]:
        """The bounds inside a span at which rules of `running` begin or end; or all, if that costs no more."""
        first = 0 if span.start is None else bisect_right(column.bounds, span.start)
        last = len(column.bounds) if span.below is None else bisect_left(column.bounds, span.below)
        if last - first <= 2 * running.bit_count():
            return column.bounds[first:last]
        found = set()
        self.spend(running.bit_count() // 8)
        for index in members(running):
            condition = self.rules[index].get(field)
            if isinstance(condition, Range):
                found |= {condition.start, condition.below} - {None}
        return sorted(
            each for each in found if (span.start is None or each > span.start) and is_below(each, span.below)
        )


def _grouped(ranges: AbstractSet[str], point: Point) -> list[tuple[str, ...]]:
    """The ranges in the order of choice; a charge has the date of its invoice."""
    days = ("date", "invoice_date")
    if "charge" in point and ranges >= set(days):
        return [*((each,) for each in sorted(set(ranges) - set(days))), days]
    return [(each,) for each in sorted(ranges)]


def _named(column: TextColumn | None) -> list[Choice]:
    """The values and prefixes that a column names."""
    if column is None:
        return []
    begun = [text for some in column.prefixes.values() for text in sorted(some)]
    return [*map(Choice, sorted(column.exact)), *(Choice(text, True) for text in begun)]


def _groups(conditions: list[Condition]) -> Iterator[list[list[Condition]]]:
    """Each way to sort conditions into groups."""
    if not conditions:
        yield []
        return
    first, *rest = conditions
    for groups in _groups(rest):
        yield [[first], *groups]
        for at, group in enumerate(groups):
            yield [*groups[:at], [first, *group], *groups[at + 1 :]]
