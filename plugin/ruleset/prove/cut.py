"""The part of a class of inputs that is left without what other rules take of it, as far as one condition for each
field can express it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from onedesk_quickbooks.plugin.ruleset.core.columns import (
    ALWAYS,
    EVERY,
    MANY,
    PRESENT,
    RANGES,
    Condition,
    Conditions,
    Range,
    Texts,
)
from onedesk_quickbooks.plugin.ruleset.prove.choices import alternatives, contains_one, meet_ranges, takes

Class = Mapping[str, Sequence[Condition]]
"""The conditions by field, all of which hold: one, or several on tags."""


def meet(rules: Iterable[Conditions]) -> dict[str, Sequence[Condition]]:
    """What all of these rules accept."""
    found: dict[str, Sequence[Condition]] = {}
    for when in rules:
        for field, condition in when.items():
            found[field] = _met(field, found[field], condition) if field in found else (condition,)
    return found


def without(given: Class, others: Sequence[Conditions]) -> dict[str, Sequence[Condition]]:
    """The class without what the others accept. Another one counts if it accepts the whole class but for one field;
    what is left may be too much, never too little."""
    found = dict(given)
    left = list(others)
    while left:
        kept = [each for each in left if not _taken(found, each)]
        if len(kept) == len(left):
            return found
        left = kept
    return found


def _taken(found: dict[str, Sequence[Condition]], other: Conditions) -> bool:
    """Whether the class was cut by this rule."""
    partly = [field for field in other if not any(contains_one(other[field], each) for each in found.get(field, ()))]
    if len(partly) != 1 or partly[0] in MANY:
        return False
    (field,) = partly
    asked = found.get(field) or _anything(field)
    left = _minus(asked[0], other[field]) if len(asked) == 1 else None
    if left is None or left == asked[0]:
        return False
    found[field] = (left,)
    return True


def _anything(field: str) -> Sequence[Condition]:
    """A condition that every input satisfies; none where the field may be missing."""
    if field in RANGES:
        return (Range(),)
    return (Texts(frozenset(ALWAYS[field])),) if field in ALWAYS else (EVERY,) if field in PRESENT else ()


def _met(field: str, found: Sequence[Condition], condition: Condition) -> Sequence[Condition]:
    one = found[0]
    if condition in found:
        return found
    if isinstance(one, Range) and isinstance(condition, Range):
        both = meet_ranges([one, condition])
        return (next((each for each in (one, condition) if each == both), both or condition),)
    if field not in MANY and isinstance(one, Texts) and isinstance(condition, Texts):
        return (_common(one, condition) or condition,)
    return (*found, condition)


def _minus(one: Condition, other: Condition) -> Condition | None:
    """What the first accepts and the second does not; None where that is nothing, or not one condition."""
    if isinstance(one, Range) and isinstance(other, Range):
        if other.start is None and other.below is not None:
            return meet_ranges([one, Range(other.below, None)])
        if other.below is None or (one.below is not None and other.below >= one.below):
            return meet_ranges([one, Range(None, other.start)])
        if one.start is not None and other.start is not None and other.start <= one.start:
            return meet_ranges([one, Range(other.below, None)])
        return None
    if not isinstance(one, Texts) or not isinstance(other, Texts) or one.says:
        return None  # a long list has a form of its own for people
    outside = _texts([one], replace(other, but=None, says=""))
    inside = _common(one, other.but) if other.but else None
    return (outside or inside) if not (outside and inside) else None


def _common(one: Texts, other: Texts) -> Texts | None:
    return _texts([one, other], None)


def _texts(asked: Sequence[Texts], but: Texts | None) -> Texts | None:
    """One condition for all of these, and none of `but`; None for nothing."""
    excluded = [each for each in (*(each.but for each in asked), but) if each is not None]
    positive = alternatives([replace(each, but=None) for each in asked])
    left = [each for each in positive if not any(takes(no, each) for no in excluded)]
    begun = tuple(each.text for each in left if each.prefix)
    no_exact = {each for no in excluded for each in no.exact if each.startswith(begun)} if begun else set()
    no_begun = {each for no in excluded for each in no.prefixes if each.startswith(begun)} if begun else set()
    written = {folded: as_written for each in (*asked, *excluded) for folded, as_written in each.written.items()}
    unlike = Texts(frozenset(no_exact), frozenset(no_begun), written) if no_exact or no_begun else None
    exact, prefixes = (frozenset(each.text for each in left if each.prefix is begins) for begins in (False, True))
    found = Texts(exact, prefixes, written, but=unlike) if left else None
    return next((each for each in asked if each == found), found)
