"""What one rule does: its decisions and conditions, the earlier rules that pre-empt it, and whether it can win."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.keys import fields
from onedesk_quickbooks.plugin.ruleset.prove.idle_rules import analyses
from onedesk_quickbooks.plugin.ruleset.prove.masks import WorkLimit
from onedesk_quickbooks.plugin.ruleset.prove.words import input_words
from onedesk_quickbooks.plugin.texts import Text

_NOTHING = Text("It can never win: no input satisfies all its conditions at once.")

STEPS = 30_000
"""Work for one decision of a rule: a tenth of a second."""


@dataclass(frozen=True, slots=True)
class RuleDescription:
    """A rule in one decision, as number `order` of `count`. `takers` are the first earlier rules that win inputs which
    it would match. `example` is an input that it wins; if there is none, `never` gives the reason; both are "" if
    neither could be proved."""

    decision: str
    row: Row
    order: int
    count: int
    takers: tuple[Row, ...] = ()
    example: str = ""
    never: str = ""

    @property
    def when(self) -> tuple[tuple[str, str], ...]:
        """Each condition: the field as in a sentence, and its required value."""
        asked = self.row.when
        return tuple(
            (each.says, Text("{wanted}", wanted=asked[name])) for name, each in fields().items() if name in asked
        )


def places(rules: RuleSet) -> Iterable[Where]:
    """The places of the rules that can be described."""
    return (row.at for chain in rules.proved.values() if len(chain.rows) > 1 for row in chain.rows if _reports(row))


def describe(rules: RuleSet, at: Where, most: int = 3) -> list[RuleDescription]:
    """The decisions of the rule at a place, each with up to `most` takers, by the same analysis as in `check`."""
    return [
        _about(rules, chain, index, most)
        for chain in rules.proved.values()
        for index, row in enumerate(chain.rows)
        if row.at == at and _reports(row) and len(chain.rows) > 1
    ]


def is_entry(descriptions: Sequence[RuleDescription]) -> bool:
    """Whether it is an exception, an entry of a map or `otherwise`, and not a setting."""
    return any(each.row.kind == "exception" or "." not in each.decision for each in descriptions)


def _reports(row: Row) -> bool:
    return row.named and row.kind != "implied"


def _about(rules: RuleSet, chain: Chain, index: int, most: int) -> RuleDescription:
    row = chain.rows[index]
    asked = chain.reported  # `show` counts the same rows
    facts = chain.decision, row, asked.index(row) + 1, len(asked)
    (analysis,) = analyses(rules, [chain], STEPS)
    try:
        point, takers = analysis.reach(index, most)
        before = tuple(chain.rows[each] for each in takers)
        if point is not None:
            return RuleDescription(*facts, before, input_words(analysis.solver, point))
        analysis.report_dead(index, (), "")
        return RuleDescription(*facts, before, never=next((each.message for each in analysis.found), _NOTHING))
    except WorkLimit:
        return RuleDescription(*facts)
