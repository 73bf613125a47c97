"""The possible values under a rule's conditions, and how conditions relate to each other."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.ruleset.core.columns import Condition, Conditions, Range, Texts
from onedesk_quickbooks.plugin.ruleset.core.places import known_region, region_of
from onedesk_quickbooks.plugin.ruleset.core.words import fold


@dataclass(frozen=True, slots=True)
class Choice:
    """The value of a field in a point: `text` itself, or any text with this prefix that no rule names (`prefix`), or a
    value of a range (`value`)."""

    text: str = ""
    prefix: bool = False
    value: Any = None


def alternatives(conditions: Sequence[Condition]) -> list[Choice]:
    """The values, or prefixes, that satisfy all of these conditions on one text, without those that another one
    contains."""
    asked = [each for each in conditions if isinstance(each, Texts)]
    found: list[Choice] | None = None
    for condition in asked:
        own = [Choice(each) for each in sorted(condition.exact)]
        own += [Choice(each, True) for each in sorted(condition.prefixes)]
        found = own if found is None else _met(found, own)
    return [each for each in found or () if all(takes(condition, each) for condition in asked if condition.but)]


def takes(condition: Texts, choice: Choice) -> bool:
    """Whether a condition holds for a choice."""
    return condition.merely(choice.text) if choice.prefix else condition.takes(choice.text)


def _met(left: list[Choice], right: list[Choice]) -> list[Choice]:
    found: dict[Choice, None] = {}
    for one in left:
        for other in right:
            if one == other or (other.prefix and one.text.startswith(other.text)):
                found[one] = None
            elif one.prefix and other.text.startswith(one.text):
                found[other] = None
    return list(found)


def possible_place(country: Choice, region: Choice) -> bool:
    """Whether an address in this country ("" for none) can have this region: Ontario in Canada is CA-ON, never ON, and
    CA-ON belongs to no other country; if the regions of a country are known, no other text is one."""
    if country.prefix or region.prefix:
        return True
    code = country.text.upper()
    if region.text and known_region(code, region.text) is False:
        return False
    return fold(region_of(code, region.text)) == region.text


def meet_ranges(ranges: Sequence[Range]) -> Range | None:
    """The intersection of the ranges; None if it is empty."""
    start = max((each.start for each in ranges if each.start is not None), default=None)
    below = min((each.below for each in ranges if each.below is not None), default=None)
    return None if start is not None and below is not None and start >= below else Range(start, below)


def is_below(value: Any, bound: Any) -> bool:
    """Whether a value is below a bound; None is no bound."""
    return bound is None or bool(value < bound)


def just_before(bound: Any) -> Any:
    """A value below a bound; None if there is none, or no bound."""
    if isinstance(bound, Decimal):
        return bound - 1
    if isinstance(bound, datetime.date) and bound > datetime.date.min:
        return bound - datetime.timedelta(days=1)
    return None


def contains(wide: Conditions, narrow: Conditions) -> bool:
    """Whether `wide` accepts, field by field, everything that `narrow` accepts."""
    return all(field in narrow and contains_one(wide[field], narrow[field]) for field in wide)


def contains_one(wide: Condition, narrow: Condition) -> bool:
    if isinstance(wide, Range) and isinstance(narrow, Range):
        return (wide.start is None or (narrow.start is not None and narrow.start >= wide.start)) and (
            wide.below is None or (narrow.below is not None and narrow.below <= wide.below)
        )
    if isinstance(wide, Texts) and isinstance(narrow, Texts):
        starts = tuple(wide.prefixes)
        return all(wide.takes(each) or not narrow.takes(each) for each in narrow.exact) and all(
            each.startswith(starts) and not _leaves_out(wide, narrow, each) for each in narrow.prefixes
        )
    return wide == narrow


def _leaves_out(wide: Texts, narrow: Texts, prefix: str) -> bool:
    """Whether the wide condition may exclude a text with this prefix that the narrow one accepts."""
    if wide.but is None:
        return False
    left_out = [Choice(each) for each in wide.but.exact if each.startswith(prefix)]
    left_out += [Choice(max(each, prefix), True) for each in wide.but.prefixes if _one_begins(each, prefix)]
    return any(takes(narrow, each) for each in left_out)


def _one_begins(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
