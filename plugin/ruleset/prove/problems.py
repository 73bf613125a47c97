"""Rules that can never win, that win nothing different, or whose order alone decides; and gaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Where
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.prove.choices import contains
from onedesk_quickbooks.plugin.ruleset.prove.cover import smallest_cover
from onedesk_quickbooks.plugin.ruleset.prove.masks import Point, WorkLimit, members
from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver
from onedesk_quickbooks.plugin.ruleset.prove.words import input_words

BUDGET = 300_000
"""Steps for all questions about all decisions; a step takes a few microseconds."""
LEAST = 10_000
"""Steps that each decision has, whatever those before it took."""
CROSSINGS = 1_000
"""Pairs whose order decides that are told of one decision; whoever has more of them wants another order anyway."""
SHARE = 20_000
"""Of them for one rule's first question, so that one that is hard leaves the others their answers."""


_Live = tuple[int, Point, int]
"""A rule that can win: its index, a point where it does, and all rules that accept the point."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One result of the analysis. `code` is OQ401 (never wins), OQ402 (order decides), OQ403 (nothing different),
    OQ404 (not finished) or OQ405 (a gap); `rules` the ids of the rules that cover it or stand in its way, `related`
    their places."""

    code: str
    decision: str
    rule: str
    at: Where
    message: str
    remedy: str
    rules: tuple[str, ...] = ()
    related: tuple[tuple[Where, str], ...] = ()


def analyse(rules: RuleSet, budget: int = BUDGET) -> tuple[Problem, ...]:
    """What can be proved of every decision of a rule set, in the order of the file; `budget` is for all together, so
    that the time has a bound."""
    analyses = [_Analysis(chain, budget) for chain in rules.proved.values() if len(chain.rows) > 1]
    for each in analyses:
        each.beside = [other for other in analyses if other is not each]
    found: list[Problem] = []
    left = budget
    for each in analyses:
        if {row.kind for row in each.rows} <= {"implied", "otherwise"}:
            continue
        each.solver.left = each.solver.budget = min(budget, max(left, LEAST))
        found += each.run()
        left -= each.spent
    return tuple(sorted(found, key=lambda each: (each.at.file, each.at.line, each.at.column, each.code)))


def analyse_chain(chain: Chain, budget: int = BUDGET) -> list[Problem]:
    """The same of one decision."""
    return _Analysis(chain, budget).run()


class _Analysis:
    def __init__(self, chain: Chain, budget: int) -> None:
        self.chain = chain
        self.rows = chain.rows
        self.solver = Solver([row.when for row in chain.rows], budget)
        self.beside: list[_Analysis] = []
        self.found: list[Problem] = []
        self.places: dict[str, list[int]] = {}
        self.alike: dict[Any, int] = {}
        self.listed = sum(row.kind == "exception" for row in chain.rows)
        self.implied = sum(1 << index for index, row in enumerate(chain.rows) if row.kind == "implied")
        for index, row in enumerate(chain.rows):
            self.alike[row.effect] = self.alike.get(row.effect, 0) | 1 << index
            self.places.setdefault(row.rule, []).append(index)

    def run(self) -> list[Problem]:
        """Each question about each rule; the cheap ones first, so that a limit leaves out as little as possible."""
        live: list[_Live] = []
        self._asked(self._never, live)
        for question in (self._gap, self._nothing_different, self._order_decides):
            self._asked(question, live)
        return self.found

    @property
    def spent(self) -> int:
        """Steps so far."""
        return self.solver.budget - max(self.solver.left, 0)

    def _asked(self, question: Callable[[list[_Live]], None], live: list[_Live]) -> None:
        try:
            question(live)
        except WorkLimit as limit:
            self._given_up(limit)

    def _given_up(self, limit: WorkLimit) -> None:
        """Says once that not everything is proved."""
        row = self.rows[0]
        if any(each.code == "OQ404" for each in self.found):
            return
        self.found.append(
            self._problem(
                "OQ404",
                row,
                f"The rules of {self.chain.decision} overlap in so many ways that not all of them could be proved "
                f"({limit.spent} steps).",
                "Nothing is wrong with that; split long lists of values or ranges to have them all proved.",
            )
        )

    def _never(self, live: list[_Live]) -> None:
        """Sorts the rules into those that can win, with a point where they do, and those that never can."""
        for index, row in enumerate(self.rows):
            self.solver.spend(1)
            earlier = (1 << index) - 1
            quick = self.solver.quick(row.when)
            if quick is not None and not quick[1] & earlier:
                live.append((index, *quick))
                continue
            try:
                with self.solver.at_most(SHARE):
                    point = self.solver.search([row.when], earlier)
            except WorkLimit as limit:
                self._given_up(limit)
                if self.solver.left <= 0:
                    raise
                continue
            if point is not None:
                live.append((index, point, self.solver.at(point)))
            elif row.named and row.kind != "otherwise":
                self.found.append(self._dead(index, row))

    def _dead(self, index: int, row: Row) -> Problem:
        cover = smallest_cover(self.solver, row.when, (1 << index) - 1)
        rules = [self.rows[each] for each in cover]
        if not rules:
            return self._problem(
                "OQ401",
                row,
                f"The rule {row.rule} can never win: no input satisfies all its conditions at once.",
                "Look at which conditions exclude each other (country and region, charge and service type).",
            )
        point = self.solver.search([row.when], 0) or {}
        names = _listed([each.rule for each in rules])
        together = " together take" if len(rules) > 1 else " takes"
        first = next((self.rows[each] for each in members(self.solver.at(point))), rules[0])
        said = f"The rule {row.rule} can never win: {names}{together} all that it is for"
        return self._problem(
            "OQ401",
            row,
            f"{said}. For example, {input_words(self.solver, point)} goes to {first.rule} ({first.says}).",
            "Move it before them, make them narrower, or delete it.",
            rules,
        )

    def _gap(self, live: list[_Live]) -> None:
        """An input that no rule takes, where nothing is said of what happens otherwise."""
        if any(not row.when for row in self.rows):
            return
        point = self.solver.search([], self.solver.every)
        if point is not None:
            self.found.append(
                self._problem(
                    "OQ405",
                    self.rows[-1],
                    f"No rule of {self.chain.decision} takes {input_words(self.solver, point)}.",
                    "Add otherwise: with what is to happen then, hold if a person should look at it.",
                )
            )

    def _nothing_different(self, live: list[_Live]) -> None:
        for index, point, accepted in live:
            row = self.rows[index]
            if row.kind == "otherwise" or not row.named or row.rule.endswith(".default"):
                continue  # what holds otherwise, for a table or a country's regions, has to be written
            self.solver.spend(1)
            after = accepted & ~((2 << index) - 1)
            following = (after & -after).bit_length() - 1
            if not after or self.rows[following].effect != row.effect:
                continue
            if self._needless(row.rule) and self._needless_beside(row.rule):
                self.found.append(self._redundant(index, row, point))

    def _needless(self, rule: str) -> bool:
        """Whether without all rows of the rule, also those that it implies, the same is decided."""
        own = [(index, self.rows[index]) for index in self.places[rule]]
        return not any(self._blank_differs(index, row) or self._differs_somewhere(index) for index, row in own)

    def _needless_beside(self, rule: str) -> bool:
        """Whether the same is so of all other decisions in which the rule has a part; said of the first of them."""
        for other in self.beside:
            if rule in other.places:
                if any(each.code == "OQ403" and each.rule == rule for each in other.found):
                    return False
                other.solver.left = before = self.solver.left
                needless = other._needless(rule)
                self.solver.spend(before - other.solver.left)
                if not needless:
                    return False
        return True

    def _redundant(self, index: int, row: Row, point: Point) -> Problem:
        after = self.solver.at(point) & ~((2 << index) - 1)
        following = self.rows[(after & -after).bit_length() - 1]
        return self._problem(
            "OQ403",
            row,
            f"The rule {row.rule} changes nothing: without it, the rules that follow give the same ({row.says}), "
            f"{following.rule} for example.",
            "Delete it, unless it stands there as a reminder.",
            [following],
        )

    def _blank_differs(self, index: int, row: Row) -> bool:
        """Whether the rule takes lines without a service type, which what follows the exceptions would hold."""
        if not self.chain.blank_holds or row.kind != "exception" or {"service_type", "charge"} & row.when.keys():
            return False
        others = ((1 << self.listed) - 1) & ~(1 << index)
        return self.solver.search([row.when], others) is not None

    def _differs_somewhere(self, index: int) -> bool:
        """Whether for some input that the row at `index` wins the next one that is no row of the same rule would do
        something else: all rows of a rule go when the rule goes."""
        row = self.rows[index]
        gone = sum(1 << each for each in self.places[row.rule] if each >= index)
        others = self.solver.overlapping(row.when) & ~((2 << index) - 1) & ~self.alike[row.effect] & ~gone
        for later in members(others):
            self.solver.spend(1)
            if self.solver.search([row.when, self.rows[later].when], ((1 << later) - 1) & ~gone) is not None:
                return True
        return bool(self.rows[-1].when) and self.solver.search([row.when], self.solver.every & ~gone) is not None

    def _order_decides(self, live: list[_Live]) -> None:
        """Exceptions of which neither contains the other, with different outcomes where both match."""
        kept = max(0, self.solver.left - self.solver.budget // 4)
        self.solver.left -= kept  # a note is worth so much and no more
        try:
            self._crossings(live)
        finally:
            self.solver.left += kept

    def _crossings(self, live: list[_Live]) -> None:
        told = 0
        for index, *_ in live:
            row = self.rows[index]
            if row.kind == "implied":
                continue
            if row.kind != "exception" or told == CROSSINGS:
                return
            before = ((1 << index) - 1) & ~self.implied
            crossing = self.solver.overlapping(row.when) & before & ~self.alike[row.effect]
            for earlier in members(crossing):
                self.solver.spend(1)
                other = self.rows[earlier]
                if contains(row.when, other.when):
                    continue
                point = self.solver.search([row.when, other.when], (1 << earlier) - 1)
                if point is not None:
                    self.found.append(self._crossed(row, other, point))
                    told += 1
                    break

    def _crossed(self, row: Row, other: Row, point: Point) -> Problem:
        return self._problem(
            "OQ402",
            row,
            f"{other.rule} and {row.rule} both match {input_words(self.solver, point)}; the first one wins "
            f"({other.says}, not {row.says}), only because it stands first.",
            "If that is meant, leave it. Otherwise change their order, or add a rule for the two together before them.",
            [other],
        )

    def _problem(self, code: str, row: Row, message: str, remedy: str, rules: Sequence[Row] = ()) -> Problem:
        return Problem(
            code,
            self.chain.decision,
            row.rule,
            row.at,
            message,
            remedy,
            tuple(each.rule for each in rules),
            tuple((each.at, f"{each.rule} ({each.says})") for each in rules),
        )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
