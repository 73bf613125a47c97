"""Rules that can never win or change nothing, rules whose order decides, and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.prove.analysis import Analysis
from onedesk_quickbooks.plugin.ruleset.prove.parts import Parts
from onedesk_quickbooks.plugin.ruleset.prove.problem import Problem

BUDGET = 300_000
"""Steps for the whole analysis of all decisions; a step takes a few microseconds."""


def analyse(rules: RuleSet, budget: int = BUDGET) -> tuple[Problem, ...]:
    """What can be proved of every decision of a rule set, in the order of the file; all share `budget`, which bounds
    the time."""
    found = ask(analyses(rules, [each for each in rules.proved.values() if len(each.rows) > 1], budget), budget)
    return tuple(sorted(found, key=lambda each: (each.at.file, each.at.line, each.at.column, each.code)))


def analyses(rules: RuleSet, chains: Iterable[Chain], budget: int) -> list[Analysis]:
    """An analysis, not yet run, for each of these decisions of a rule set."""
    asked = (*keys.outputs(), keys.making("held").id)  # the setting may be kept for when nothing is skipped any more
    beside = {each: rules.beside(each, rules.names_apart) for each in asked}
    return [Analysis(each, budget, beside.get(each.decision, ())) for each in chains]


def ask(every: Sequence[Analysis], budget: int) -> list[Problem]:
    """Run each analysis on each decision; the cheap ones first, so that a limit leaves out as little as possible."""
    asked = [each for each in every if not {row.kind for row in each.chain.rows} <= {"implied", "otherwise"}]
    parts, left = Parts(every), budget
    for question in (
        Analysis.never,
        parts.dead,
        Analysis.gap,
        Analysis.between,
        parts.needless,
        parts.parts,
        Analysis.crossed,
    ):
        kept = budget // 4 if question is Analysis.never else 0  # reporting the dead rules takes steps too
        for each in asked:
            left -= each.ask(question, left - kept)
    between = {
        (each.at, each.rules): each for each in reversed([p for a in asked for p in a.found]) if each.code == "OQ407"
    }
    return [p for a in asked for p in a.found if p.code != "OQ407"] + list(between.values())
