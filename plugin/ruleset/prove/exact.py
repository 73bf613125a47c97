"""All input classes whose outcome differs between two rule sets, each with an example input."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.core.chains import (
    NOT_SET,
    SAME_NAME,
    Chain,
    Row,
    is_final,
    tax_effect,
    tax_words,
)
from onedesk_quickbooks.plugin.ruleset.core.columns import EVERY
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.rules import TaxOutcome
from onedesk_quickbooks.plugin.ruleset.prove.cut import meet, without
from onedesk_quickbooks.plugin.ruleset.prove.masks import Point, members
from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver
from onedesk_quickbooks.plugin.ruleset.prove.words import shown
from onedesk_quickbooks.plugin.texts import Text, joined

BUDGET = 5_000_000


@dataclass(frozen=True, slots=True)
class Side:
    """The result of one of the two rule sets: the rule's id ("" if there is none), its outcome and its place."""

    rule: str
    says: str
    at: Where | None

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule or None, "outcome": self.says, "at": str(self.at) if self.at else None}


@dataclass(frozen=True, slots=True)
class Change:
    """A class of inputs that has all those with this outcome by `old` and that one by `new`. `where` has its conditions
    by field, `witness` one input in it. It has others too only where one condition for each field cannot leave out what
    rules before these two decide."""

    decision: str
    where: Mapping[str, str]
    witness: Mapping[str, str]
    old: Side
    new: Side

    def to_json(self) -> dict[str, Any]:
        return {
            "decision": self.decision,
            "where": {field: str(value) for field, value in self.where.items()},
            "witness": dict(self.witness),
            "old": self.old.to_json(),
            "new": self.new.to_json(),
        }

    def __str__(self) -> str:
        return str(self.__text__())

    def __text__(self) -> Text:
        nothing = Text("nothing")
        conditions = [Text("{field} {value}", field=field, value=value) for field, value in self.where.items()]
        found = Text(
            "{decision}: {by}: {old} -> {new}",
            decision=self.decision,
            by=joined(", ", conditions) if conditions else Text("everything else"),
            old=self.old.says or nothing,
            new=self.new.says or nothing,
        )
        example = ", ".join(f'{field} "{value}"' for field, value in self.witness.items())
        return found + (Text(" (for example {example})", example=example) if example else "")


def exact(old: RuleSet, new: RuleSet) -> list[Change]:
    """Every class with another outcome; empty if the two rule sets are equivalent. Raises WorkLimit if rules overlap in
    too many ways."""
    return list(changes(old, new))


def changes(old: RuleSet, new: RuleSet) -> Iterator[Change]:
    """The same as an iterator, while they are found."""
    apart = old.names_apart or new.names_apart
    pairs = zip(old.proved.values(), new.proved.values(), strict=True)
    for before, after in pairs:
        beside = [rows for each in (old, new) if (rows := each.beside(before.decision, apart))]
        yield from _chain(before, after, beside)
        if before.decision == keys.making("held").id:
            yield from _held_instead(old, new, after)


def _held_instead(old: RuleSet, new: RuleSet, held: Chain) -> Iterator[Change]:
    """What `new` holds of the invoices that only `old` skips: until then no rule decided whether they are held."""
    skipping = keys.making("skipped").id
    before = old.chains[skipping]
    if _meaning(before) == _meaning(new.chains[skipping]):
        return
    beside = new.beside(held.decision, apart=False)
    compared = _Compared([before.rows, held.rows, *([beside] if beside else [])])
    for index, skips in enumerate(before.rows):
        for other, holds in enumerate(held.rows, len(before.rows)):
            if not (is_final(skips) and is_final(holds)):
                continue
            compared.solver.spend(1)
            point = compared.point([index, other])
            if point is not None:
                for change in _changes(held.decision, compared, (index, other), point):
                    yield replace(change, old=Side("", "", None))


def _meaning(chain: Chain) -> list[Any]:
    return [(dict(row.when), row.effect) for row in chain.rows]


def _chain(old: Chain, new: Chain, beside: Sequence[Sequence[Row]]) -> Iterator[Change]:
    if _meaning(old) == _meaning(new):
        return
    compared = _Compared([old.rows, new.rows, *beside])
    for index in range(len(old.rows)):
        for other in compared.others(index):
            point = compared.point([index, other])
            if point is not None:
                yield from _changes(old.decision, compared, (index, other), point)


class _Compared:
    """The rows of several chains, in sequence, as the bits of one solver: first the two that are compared, then those
    that may pre-empt them."""

    def __init__(self, chains: Sequence[Sequence[Row]]) -> None:
        self.rows = [row for rows in chains for row in rows]
        self.solver = Solver([row.when for row in self.rows], BUDGET)
        ends = list(itertools.accumulate(map(len, chains)))
        self._spans = list(zip([0, *ends], ends, strict=False))
        self._alike: dict[Hashable, int] = {}
        for index in range(*self._spans[1]):
            effect = self.rows[index].effect
            self._alike[effect] = self._alike.get(effect, 0) | 1 << index

    def others(self, index: int) -> Iterator[int]:
        """The rows of the second chain that may win where a row of the first does, with another outcome."""
        row = self.rows[index]
        mask = self.solver.overlapping(row.when) & self._span(1) & ~self._alike.get(row.effect, 0)
        for other in members(mask):
            self.solver.spend(1)
            yield other

    def before(self, winners: Sequence[int]) -> int:
        """The rows that win before these, one of each of the first chains."""
        avoid = 0
        for number, index in enumerate(winners):
            avoid |= (1 << index) - (1 << self._spans[number][0])
        return avoid

    def where(self, winners: Sequence[int]) -> dict[str, Text]:
        """The class in which these rows win, in the form for people."""
        rows = [self.rows[each] for each in winners]
        named = {field for row in rows if row.kind != "implied" for field in row.when}
        asked = [
            {field: each for field, each in row.when.items() if row.kind != "implied" or field not in named}
            for row in rows
        ]
        found = meet(asked)
        if found:
            overlapping = self.solver.overlapping(rows[0].when) & self.solver.overlapping(rows[1].when)
            mask = overlapping & (self.before(winners) | self._pre_empting(overlapping))
            earlier = [self.rows[each] for each in members(mask)]
            found = without(found, [row.when for row in earlier if row.kind != "implied"])
        order = dict.fromkeys(field for row in rows for field in row.when)
        return {
            field: joined(Text(" and "), (each.__text__() for each in found[field]))
            for field in (*order, *(each for each in found if each not in order))
        }

    def _pre_empting(self, overlapping: int) -> int:
        """The rows of the chains beside that pre-empt the decision for all that they accept of a class."""
        found = 0
        for number in range(2, len(self._spans)):
            for index in members(overlapping & self._span(number)):
                if not is_final(self.rows[index]):
                    break
                found |= 1 << index
        return found

    def point(self, winners: list[int]) -> Point | None:
        """An input for which these rows, one of each of the first chains, win, and in the chains beside them a row that
        does not pre-empt the decision."""
        avoid = self.before(winners)
        wanted = [self.rows[each].when for each in winners]
        if self.solver.leaves_out("service_type") and _hold_or_same_name([self.rows[each] for each in winners[:2]]):
            wanted.append({"service_type": EVERY})  # a line without one has no name to take, and both hold it
        point = self.solver.search(wanted, avoid)
        if point is None or len(winners) == len(self._spans):
            return point
        accepted = self.solver.at(point)
        firsts = [next(members(accepted & self._span(number))) for number in range(len(winners), len(self._spans))]
        if not any(is_final(self.rows[each]) for each in firsts):
            return point
        return self._beside(winners)

    def _beside(self, winners: list[int]) -> Point | None:
        """The same if the decision is pre-empted for the first input that was found."""
        mask = self._span(len(winners))
        for each in winners:
            mask &= self.solver.overlapping(self.rows[each].when)
        for index in members(mask):
            self.solver.spend(1)
            found = None if is_final(self.rows[index]) else self.point([*winners, index])
            if found is not None:
                return found
        return None

    def _span(self, number: int) -> int:
        first, end = self._spans[number]
        return (1 << end) - (1 << first)


def _hold_or_same_name(rows: Sequence[Row]) -> bool:
    """Whether one `otherwise` is a hold, and the other the item of the line's own name."""
    held = any(row.item and row.item.hold for row in rows)
    return held and SAME_NAME in [row.effect for row in rows] and all(row.kind == "otherwise" for row in rows)


def _side(row: Row, alike: bool) -> Side:
    """The result of one rule; nothing for a missing setting. `alike`: the other side has the same text."""
    if alike and row.item is None and isinstance(row.effect, tuple) and row.effect[0] == "account":
        return Side(row.rule, Text("{says} for a new item", says=row.says), row.at)
    left_out = row.effect == NOT_SET and row.setting is None
    return Side("", "", None) if left_out else Side(row.rule, row.says, row.at)


def _changes(decision: str, compared: _Compared, winners: tuple[int, int], point: Point) -> Iterator[Change]:
    where, witness = compared.where(winners), shown(compared.solver, point)
    old, new = (compared.rows[each] for each in winners)
    if old.tax and new.tax and "by_rate" in (old.tax.kind, new.tax.kind):
        for rate, left, right in _rates(old.tax, new.tax):
            yield Change(
                decision,
                {**where, "tax_rate": rate},
                {**witness, "tax_rate": rate},
                Side(left.rule, tax_words(left), left.at),
                Side(right.rule, tax_words(right), right.at),
            )
        return
    alike = old.says == new.says  # of two equal accounts, one is for new items only, the other required by a rule
    yield Change(decision, where, witness, _side(old, alike), _side(new, alike))


def _rates(old: TaxOutcome, new: TaxOutcome) -> Iterator[tuple[str, TaxOutcome, TaxOutcome]]:
    """The rates for which two outcomes differ: those that one of them names, none, and any other."""
    for rate in [*dict.fromkeys([*old.rates, *new.rates]), "none", Text("any other")]:
        left, right = _at_rate(old, rate), _at_rate(new, rate)
        if tax_effect(left) != tax_effect(right):
            yield rate, left, right


def _at_rate(outcome: TaxOutcome, rate: str) -> TaxOutcome:
    if outcome.kind != "by_rate":
        return outcome
    found = outcome.without_rate if rate == "none" else outcome.rates.get(rate)
    return found or TaxOutcome(outcome.rule, outcome.at, "hold")
