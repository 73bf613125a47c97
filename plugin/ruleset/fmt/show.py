"""The effective rules of a decision, row by row, in evaluation order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from onedesk_quickbooks.plugin.model.money import Money, plain
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.explain.subjects import EXPLAINED
from onedesk_quickbooks.plugin.texts import Text


@dataclass(slots=True)
class Counted:
    """How often a rule decided, and for which amounts, by currency: those of lines, discounts (negative) and charges,
    or the total for a decision on the whole invoice."""

    times: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)

    def add(self, times: int, sums: Mapping[str, Decimal]) -> None:
        """Add decisions and their amounts."""
        self.times += times
        for currency, amount in sums.items():
            self.sums[currency] = self.sums.get(currency, Decimal(0)) + amount

    def money(self) -> tuple[Money, ...]:
        """By currency."""
        return tuple(Money(self.sums[each], each) for each in sorted(self.sums))


Counts = Mapping[tuple[str, str], Counted]
"""By the table of the decision (`Decision.table`) and the rule's id."""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One rule: its conditions, its outcome, its place, and how often it decided for which amounts (None: not counted).
    `fixed`: the decision has no other rule."""

    decision: str
    order: int
    rule: str
    when: str
    outcome: str
    at: Where
    count: int | None = None
    sums: tuple[Money, ...] | None = None
    fixed: bool = False

    def to_json(self) -> dict[str, Any]:
        """The row as one object; amounts are decimal strings."""
        found = asdict(self)
        del found["fixed"]
        place = found.pop("at")
        sums = self.sums and {each.currency: plain(each.amount) for each in self.sums}
        return {**found, **place, "sums": None if self.sums is None else sums or {}}


class UnknownDecision(ValueError):
    """There is no such decision; the message lists all decisions."""


def show(rules: RuleSet, decision: str | None = None, counts: Counts | None = None) -> list[ShownRow]:
    """The rows of one decision, or of all. `counts` are past decisions. Raises UnknownDecision."""
    names = list(rules.chains)
    if decision is not None and decision not in names:
        near = get_close_matches(decision, names, 1, 0.5)
        hint = Text('Did you mean "{near}"? ', near=near[0]) if near else ""
        raise UnknownDecision(
            Text(
                'There is no decision "{decision}". {hint}Known: {join}.',
                decision=decision[:60],
                hint=hint,
                join=", ".join(names),
            )
        )
    found = []
    for chain in rules.chains.values():
        if decision in (None, chain.decision):
            rows = chain.reported
            for order, row in enumerate(rows, 1):
                when = ", ".join(f"{field}: {condition}" for field, condition in row.when.items()) or "otherwise"
                counted = None if counts is None else _count(chain.decision, row.rule, counts)
                count = counted.times if counted else None
                sums = counted.money() if counted else None
                shown = (chain.decision, order, row.rule, when, row.says, row.at)
                found.append(ShownRow(*shown, count, sums, len(rows) == 1))
    return found


def _count(decision: str, rule: str, counts: Counts) -> Counted:
    """The decisions by the rule itself or by a tax rate below it. A rule that makes several decisions is counted in
    each."""
    below, own = (f"{rule}.by_rate.", f"{rule}.without_rate"), EXPLAINED.get(decision, decision)
    found = Counted()
    for (table, name), each in counts.items():
        if table == own and (name == rule or name.startswith(below)):
            found.add(each.times, each.sums)
    return found


def count_rules(decided: Iterable[tuple[str, str, Money | None]]) -> Counts:
    """How often each rule decided, from the tables and rule ids of past decisions, with the amounts if they are
    known."""
    found: dict[tuple[str, str], Counted] = {}
    for table, rule, over in decided:
        found.setdefault((table, rule), Counted()).add(1, {over.currency: over.amount} if over else {})
    return found
