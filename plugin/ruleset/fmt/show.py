"""The effective rules of a decision, row by row, in the order in which they are asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Where
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.explain.subjects import TOLD

Counts = Mapping[tuple[str, str], int]
"""How often a rule decided, by the table of the decision (`Decision.table`) and the rule's id."""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One rule: what it asks for, what it decides, where it stands, and how often it decided (None: not counted)."""

    decision: str
    order: int
    rule: str
    when: str
    outcome: str
    at: Where
    count: int | None = None

    def to_json(self) -> dict[str, Any]:
        """All of it as one object."""
        found = asdict(self)
        place = found.pop("at")
        return {**found, **place}


class UnknownDecision(ValueError):
    """There is no such decision; the message lists them."""


def show(rules: RuleSet, decision: str | None = None, counts: Counts | None = None) -> list[ShownRow]:
    """The rows of one decision, or of all. `counts` are decisions of the past. Raises UnknownDecision."""
    names = list(rules.chains)
    if decision is not None and decision not in names:
        near = get_close_matches(decision, names, 1, 0.5)
        hint = f'Did you mean "{near[0]}"? ' if near else ""
        raise UnknownDecision(f'There is no decision "{decision[:60]}". {hint}Known: {", ".join(names)}.')
    found = []
    for chain in rules.chains.values():
        if decision in (None, chain.decision):
            rows = [row for row in chain.rows if row.named or row.kind == "otherwise"]
            for order, row in enumerate(rows, 1):
                when = ", ".join(f"{field}: {condition}" for field, condition in row.when.items()) or "otherwise"
                count = None if counts is None else _count(chain.decision, row.rule, counts)
                found.append(ShownRow(chain.decision, order, row.rule, when, row.says, row.at, count))
    return found


def _count(decision: str, rule: str, counts: Counts) -> int:
    """Decisions by the rule itself or by one of the tax rates below it. One rule may make several decisions: each is
    counted where it is shown."""
    below, own = (f"{rule}.by_rate.", f"{rule}.without_rate"), TOLD.get(decision, decision)
    return sum(
        count for (table, name), count in counts.items() if table == own and (name == rule or name.startswith(below))
    )


def count_rules(decided: Iterable[tuple[str, str]]) -> Counts:
    """How often each rule decided, from the tables and rule ids of past decisions."""
    return Counter(decided)
