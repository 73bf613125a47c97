"""Rules that take part in several decisions: whether a whole rule, or a part of it, never wins or changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from onedesk_quickbooks.plugin.ruleset.core.chains import Row
from onedesk_quickbooks.plugin.ruleset.prove.analysis import Analysis
from onedesk_quickbooks.plugin.ruleset.prove.masks import Point
from onedesk_quickbooks.plugin.ruleset.prove.problem import listed
from onedesk_quickbooks.plugin.texts import Text


class Parts:
    """The rules of all decisions together. All rules and parts that are reported as deletable may be deleted together,
    in any selection, without a change."""

    def __init__(self, analyses: Sequence[Analysis]) -> None:
        self._analyses = analyses
        self._reported: set[str] = set()
        self._needless: dict[str, list[tuple[Analysis, int, Point]]] = {}

    def dead(self, asked: Analysis) -> None:
        """Report the rules that can never win in this decision. Run for all decisions first."""
        for index, row in enumerate(asked.chain.rows):
            if not asked.dead >> index & 1 or not row.named or row.kind == "otherwise" or row.rule in self._reported:
                continue
            deciding = self._deciding(row.rule)
            if all(each.dead >> at & 1 for each, at in deciding):
                self._reported.add(row.rule)
                whole = all(each.dead >> at & 1 for each in self._analyses for at in each.places.get(row.rule, ()))
                if whole:
                    self._leave_out(row.rule)
                asked.report_dead(index, (), Text(", or delete it") if whole else "")
            else:
                alone = self._is_part(asked, row)
                if alone:
                    asked.leave_out(row.rule)
                asked.report_dead(
                    index, (asked.part,), Text(", or delete {part} there", part=asked.part) if alone else ""
                )

    def needless(self, asked: Analysis) -> None:
        """Report the rules that change nothing, and record those of which only a part may change nothing."""
        for index, point in asked.may_change_nothing():
            rule = asked.rows[index].rule
            if rule in self._reported or not asked.needless(rule):
                continue
            if all(self._needless_beside(each, asked, rule) for each in self._analyses if each is not asked):
                self._reported.add(rule)
                self._leave_out(rule)
                self._report(asked, index, point, ())
            elif self._is_part(asked, asked.rows[index]):
                self._needless.setdefault(rule, []).append((asked, index, point))

    def parts(self, asked: Analysis) -> None:
        """Report the rules of which a part changes nothing; run for all decisions after `needless`."""
        for rule, found in self._needless.items():
            if found[0][0] is not asked or rule in self._reported:
                continue
            still = []
            for each, index, point in found:
                if self._needless_beside(each, asked, rule):
                    each.leave_out(rule)
                    still.append((each, index, point))
            if still:
                analysis, index, point = still[0]
                self._report(analysis, index, point, [each.part for each, *_ in still])

    def _deciding(self, rule: str) -> list[tuple[Analysis, int]]:
        """The decisions in which the rule has an outcome, each with its row."""
        return [(each, at) for each in self._analyses for at in each.places.get(rule, ()) if each.rows[at].named]

    def _leave_out(self, rule: str) -> None:
        for each in self._analyses:
            each.leave_out(rule)

    def _needless_beside(self, other: Analysis, asked: Analysis, rule: str) -> bool:
        """Whether the rule changes nothing in another decision, at the cost of the decision that is analysed."""
        if rule not in other.places:
            return True
        other.solver.left = before = asked.solver.left
        needless = other.needless(rule)
        if other is not asked:
            asked.solver.spend(before - other.solver.left)
        return needless

    def _is_part(self, asked: Analysis, row: Row) -> bool:
        """Whether the key of this decision may be deleted from the rule with no effect on other decisions. The account
        of a rule that also names an item may not: the item would lose it."""
        if row.kind != "exception":
            return False
        others = [each for each in self._analyses if each is not asked]
        if any(other.rows[at].kind == "implied" for other in others for at in other.places.get(row.rule, ())):
            return False
        return asked.chain.decision != "income_account" or not (row.item and {"item"} & row.item.names.keys())

    def _report(self, asked: Analysis, index: int, point: Point, parts: Sequence[str]) -> None:
        row, following = asked.rows[index], asked.following(index, point)
        values = {"rule": row.rule, "says": row.says, "following": following.rule, "parts": listed(parts or ("",))}
        message = Text(
            "The rule {rule} changes nothing: without it, the rules that follow give the same ({says}), {following} for"
            " example.",
            **values,
        )
        remedy = Text("Delete it, unless you keep it as a reminder.")
        if len(parts) == 1:
            message = Text(
                "The {parts} of the rule {rule} changes nothing: without it, the rules that follow give the same"
                " ({says}), {following} for example.",
                **values,
            )
        elif parts:
            message = Text(
                "The {parts} of the rule {rule} change nothing: without it, the rules that follow give the same"
                " ({says}), {following} for example.",
                **values,
            )
        if parts:
            remedy = Text("Delete {parts} there; the rest of the rule has to stay.", **values)
        asked.add(
            "OQ403",
            row,
            message,
            remedy,
            [following],
            parts,
        )
