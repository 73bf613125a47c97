"""The analysis of one decision: which rules can win, which inputs no rule matches, and where the order of two rules
decides."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row, is_final
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions
from onedesk_quickbooks.plugin.ruleset.prove.between import between
from onedesk_quickbooks.plugin.ruleset.prove.choices import contains
from onedesk_quickbooks.plugin.ruleset.prove.cover import smallest_cover
from onedesk_quickbooks.plugin.ruleset.prove.masks import Point, WorkLimit, members
from onedesk_quickbooks.plugin.ruleset.prove.problem import Problem, listed, problem
from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver
from onedesk_quickbooks.plugin.ruleset.prove.words import input_words
from onedesk_quickbooks.plugin.texts import Text, joined

CROSSINGS = 1_000
"""The maximum number of reported pairs whose order decides, for one decision."""
CROSSED = 4
"""The maximum number of rules before one rule, reported because their order decides."""
SHARE = 20_000
"""Steps for the first analysis of one rule, so that a hard one leaves steps for the others."""
LEAST = 10_000
"""The minimum number of steps for each decision, whatever the earlier ones took."""

Live = tuple[int, Point, int]
"""A rule that can win: its index, a point where it does, and all rules that accept the point."""


def _holder(row: Row, field: str) -> str:
    """The place of the days of a rule: the rule itself, or the top of its file."""
    return getattr(row.when[field], "file", "") or row.rule


def _asks_for(row: Row, others: Conditions, field: str) -> bool:
    """Whether an entry of a map has the same conditions as these, apart from days."""
    return row.kind == "key" and row.when.keys() - {field} == others.keys()


class Analysis:
    """One decision. `beside` are the rules of another decision that may pre-empt this one (`RuleSet.beside`): a line
    that is held gets neither account nor class. `gone` has, as bits, the rules that were reported as deletable."""

    def __init__(self, chain: Chain, budget: int, beside: Sequence[Row] = ()) -> None:
        self.chain = chain
        self.size = len(chain.rows)
        self._ends = sum(1 << at for at, row in enumerate(beside, self.size) if is_final(row))
        self.rows = (*chain.rows, *beside)
        self.solver = Solver([row.when for row in self.rows], budget)
        self.found: list[Problem] = []
        self.live: list[Live] = []
        self.dead = 0
        self.gone = 0
        self.places: dict[str, list[int]] = {}
        self._own = (1 << self.size) - 1
        self._beside = (1 << len(self.rows)) - 1 & ~self._own
        self._alike: dict[Any, int] = {}
        self._listed = sum(1 << at for at, row in enumerate(chain.rows) if row.kind == "exception")
        self._implied = sum(1 << at for at, row in enumerate(chain.rows) if row.kind == "implied")
        self._spent = 0
        for index, row in enumerate(chain.rows):
            self._alike[row.effect] = self._alike.get(row.effect, 0) | 1 << index
            self.places.setdefault(row.rule, []).append(index)

    @property
    def part(self) -> str:
        """The key that makes the decision: income_account, terms."""
        return self.chain.decision.rsplit(".", 1)[-1]

    def ask(self, question: Callable[[Analysis], None], left: int) -> int:
        """Run an analysis with `left` steps; return the number of steps taken."""
        self.solver.left = given = max(left, min(LEAST, self.solver.budget) - self._spent, 0)
        try:
            question(self)
        except WorkLimit as limit:
            self._given_up(limit)
        taken = given - max(self.solver.left, 0)
        self._spent += taken
        return taken

    def _given_up(self, limit: WorkLimit) -> None:
        """Add, once, the problem that the analysis is incomplete."""
        if not any(each.code == "OQ404" for each in self.found):
            self.add(
                "OQ404",
                self.rows[0],
                Text(
                    "The rules of {decision} overlap in so many ways that not all of them could be proved ({spent}"
                    " steps).",
                    decision=self.chain.decision,
                    spent=limit.spent,
                ),
                Text("Nothing is wrong with that; split long lists of values or ranges to have them all proved."),
            )

    def add(
        self, code: str, row: Row, message: str, remedy: str, rules: Sequence[Row] = (), parts: Sequence[str] = ()
    ) -> None:
        """Add a problem."""
        self.found.append(problem(code, self.chain.decision, row, message, remedy, rules, parts))

    def search(self, wanted: Sequence[Conditions], avoid: int) -> Point | None:
        """A point that all of `wanted` accept and none of the rules in `avoid`, for which no rule of `beside` pre-empts
        this decision; None if there is none."""
        point = self.solver.search(wanted, avoid)
        if point is None or not self._ended(self.solver.at(point)):
            return point
        mask = self._beside & ~self._ends
        for each in wanted:
            mask &= self.solver.overlapping(each)
        for index in members(mask):
            self.solver.spend(1)
            before = self._beside & ((1 << index) - 1)
            found = self.solver.search([*wanted, self.rows[index].when], avoid | before)
            if found is not None:
                return found
        return None

    def _ended(self, accepted: int) -> int:
        """The rule of `beside` that pre-empts the decision for a point which these rules accept, as a bit; 0 for
        none."""
        beside = accepted & self._beside
        return beside & -beside & self._ends

    def never(self) -> None:
        """Split the rules into those that can win, each with a point where it does, and those that never can."""
        for index, row in enumerate(self.rows[: self.size]):
            self.solver.spend(1)
            earlier = (1 << index) - 1
            quick = self.solver.quick(row.when)
            if quick is not None and not quick[1] & earlier and not self._ended(quick[1]):
                self.live.append((index, quick[0], quick[1] & self._own))
                continue
            try:
                with self.solver.at_most(SHARE):
                    point = self.search([row.when], earlier)
            except WorkLimit as limit:
                self._given_up(limit)
                if self.solver.left <= 0:
                    raise
                continue
            if point is not None:
                self.live.append((index, point, self.solver.at(point) & self._own))
            else:
                self.dead |= 1 << index

    def report_dead(self, index: int, parts: Sequence[str], deletes: str) -> None:
        """Report that the rule at `index` can never win: because of which rules, with an example. `deletes` is the part
        of the remedy on its deletion. Order is irrelevant for the rules of `beside`."""
        row = self.rows[index]
        earlier = (1 << index) - 1

        def takers(point: Point) -> int:
            accepted = self.solver.at(point)
            return accepted & earlier | self._ended(accepted)

        what = (
            Text("The {parts} of the rule {rule}", parts=listed(parts), rule=row.rule)
            if parts
            else Text("The rule {rule}", rule=row.rule)
        )
        cover = smallest_cover(self.solver, row.when, takers)
        rules = [self.rows[each] for each in cover]
        if not rules:
            place = {field: each for field, each in row.when.items() if field in ("country", "region")}
            if len(place) > 1 and self.solver.search([place], 0) is None:
                return  # OQ312 reports that the country has no such region
            fields = self._excluding(row.when)
            together = Text("they exclude each other") if len(fields) > 1 else Text("no value is left of it")
            self.add(
                "OQ401",
                row,
                Text("{what} can never win: no input satisfies all its conditions at once.", what=what),
                Text("Look at {fields}: {together}.", fields=listed(fields), together=together),
                parts=parts,
            )
            return
        point = self.solver.search([row.when], 0) or {}
        names = listed([each.rule for each in rules])
        first = next((self.rows[each] for each in members(takers(point))), rules[0])
        several = Text(
            "{what} can never win: {names} together match everything that it matches.", what=what, names=names
        )
        one = Text("{what} can never win: {names} matches everything that it matches.", what=what, names=names)
        example = Text(
            "For example, {rule} decides {solver} ({says}).",
            solver=input_words(self.solver, point),
            rule=first.rule,
            says=first.says,
        )
        remedy = Text("Make them narrower{deletes}.", deletes=deletes)
        if row.kind == "exception" and any(each < index for each in cover):
            remedy = Text("Move it before them, or make them narrower{deletes}.", deletes=deletes)
        said = joined(" ", (several if len(rules) > 1 else one, example))
        self.add("OQ401", row, said, remedy, rules, parts)

    def _excluding(self, when: Conditions) -> list[str]:
        """The fewest conditions that no input satisfies together."""
        for size in range(1, len(when)):
            for fields in itertools.combinations(when, size):
                if self.solver.search([{field: when[field] for field in fields}], 0) is None:
                    return list(fields)
        return list(when)

    def reach(self, index: int, most: int) -> tuple[Point | None, list[int]]:
        """An input for which the rule at `index` wins, None if there is none; and up to `most` of the first earlier
        rules that win inputs which it would match. Raises WorkLimit."""
        when, earlier = self.rows[index].when, (1 << index) - 1
        takers: list[int] = []
        for other in members(self.solver.overlapping(when) & earlier):
            self.solver.spend(1)
            if len(takers) == most:
                break
            if self.search([when, self.rows[other].when], (1 << other) - 1) is not None:
                takers.append(other)
        return self.search([when], earlier), takers

    def gap(self) -> None:
        """Report an input that no rule matches, if there is no `otherwise`."""
        if any(not row.when for row in self.chain.rows):
            return
        point = self.solver.search([], self._own)
        if point is not None:
            self.add(
                "OQ405",
                self.chain.rows[-1],
                Text(
                    "No rule of {decision} takes {solver}.",
                    decision=self.chain.decision,
                    solver=input_words(self.solver, point),
                ),
                Text("Add otherwise: with what is to happen then, hold if a person should look at it."),
            )

    def between(self) -> None:
        """Report amounts and days between two rules, of which the second should begin where the first ends."""
        written = [row for row in self.chain.rows if row.kind in ("exception", "key")]
        for first, second, field, missed in between(written):
            others = {name: each for name, each in second.when.items() if name != field}
            taken = self._listed
            if second.kind == "key":
                taken |= sum(1 << at for at, row in enumerate(self.chain.rows) if _asks_for(row, others, field))
            if self.search([{**others, field: missed}], taken) is None:
                continue
            if getattr(second.when[field], "says", "") and getattr(first.when[field], "says", ""):
                last = missed.below - datetime.timedelta(days=1)
                self.add(
                    "OQ407",
                    second,
                    Text(
                        "From {start} until {last} neither {rule} nor {rule2} applies: the rules after them decide on "
                        "those days.",
                        start=missed.start,
                        last=last,
                        rule=first.rule,
                        rule2=second.rule,
                    ),
                    Text(
                        "Write from: {start} in {second}, or until: {last} in {first}.",
                        start=missed.start,
                        second=_holder(second, field),
                        last=last,
                        first=_holder(first, field),
                    ),
                    [first],
                )
            else:
                self.add(
                    "OQ407",
                    second,
                    Text(
                        "The {field} {missed} is between {rule} and {rule2}: neither matches it, because the value "
                        "under below is not included.",
                        field=field,
                        missed=missed,
                        rule=first.rule,
                        rule2=second.rule,
                    ),
                    Text("Write from: {start} in {rule}.", start=missed.start, rule=second.rule),
                    [first],
                )

    def may_change_nothing(self) -> list[tuple[int, Point]]:
        """The rules that can win where the next match does the same: only they may be redundant."""
        found = []
        for index, point, accepted in self.live:
            row = self.rows[index]
            if row.kind == "otherwise" or not row.named or row.rule.endswith(".default"):
                continue  # the `otherwise` of a table or of a country's regions is required
            self.solver.spend(1)
            after = accepted & ~((2 << index) - 1)
            if after and self.rows[(after & -after).bit_length() - 1].effect == row.effect:
                found.append((index, point))
        return found

    def needless(self, rule: str) -> bool:
        """Whether the decision is the same without all rows of the rule, including those that it implies, whichever of
        the rules that were reported as deletable are left out too."""
        own = self.places.get(rule, ())
        return not any(self._blank_differs(index) or self._differs(index) for index in own)

    def leave_out(self, rule: str) -> None:
        """Record that the rule was reported as deletable."""
        self.gone |= self._rows_of(rule)

    def _rows_of(self, rule: str) -> int:
        return sum(1 << each for each in self.places.get(rule, ()))

    def _blank_differs(self, index: int) -> bool:
        """Whether the rule takes lines without a service type, which the rows after the exceptions would hold."""
        row = self.rows[index]
        if not self.chain.blank_holds or row.kind != "exception" or {"service_type", "charge"} & row.when.keys():
            return False
        others = self._listed & ~self._rows_of(row.rule) & ~self.gone
        return self.search([row.when], others) is not None

    def _differs(self, index: int) -> bool:
        """Whether some input reaches the row at `index`, and without its rule a row with another outcome, also if rules
        that were reported as deletable are left out before or after it. Two rows of one rule are kept or left out
        together."""
        row = self.rows[index]
        before, own = (1 << index) - 1, self._rows_of(row.rule)
        gone = self.gone | own
        kept = own & before
        later = self._own & ~((2 << index) - 1) & ~self._alike[row.effect] & ~own
        for other in members(self.solver.overlapping(row.when) & later):
            self.solver.spend(1)
            avoid = ((1 << other) - 1) & (~gone | self._rows_of(self.rows[other].rule)) | kept
            if self.search([row.when, self.rows[other].when], avoid) is not None:
                return True
        return bool(self.chain.rows[-1].when) and self.search([row.when], self._own & ~gone | kept) is not None

    def following(self, index: int, point: Point) -> Row:
        """The rule that decides the point without the row at `index`."""
        after = self.solver.at(point) & self._own & ~((2 << index) - 1)
        return self.rows[(after & -after).bit_length() - 1]

    def crossed(self) -> None:
        """Report pairs of exceptions of which neither contains the other, with different outcomes if both match."""
        kept = max(0, self.solver.left - self.solver.budget // 4)
        self.solver.left -= kept  # limits the cost of a note
        try:
            self._crossings()
        finally:
            self.solver.left += kept

    def _crossings(self) -> None:
        reported = 0
        for index, *_ in self.live:
            row = self.rows[index]
            if row.kind == "implied":
                continue
            if row.kind != "exception" or reported == CROSSINGS:
                return
            before = ((1 << index) - 1) & ~self._implied
            crossing = self.solver.overlapping(row.when) & before & ~self._alike[row.effect]
            found: list[tuple[Row, Point]] = []
            try:
                for earlier in members(crossing):
                    self.solver.spend(1)
                    other = self.rows[earlier]
                    if contains(row.when, other.when):
                        continue
                    point = self.search([row.when, other.when], (1 << earlier) - 1)
                    if point is not None:
                        found.append((other, point))
                    if len(found) == CROSSED:
                        break
            finally:
                if found:
                    self._report_crossed(row, [other for other, _ in found], found[0][1])
                    reported += 1

    def _report_crossed(self, row: Row, others: Sequence[Row], point: Point) -> None:
        first, *more = others
        also = Text(" The same holds beside {rules}.", rules=listed([each.rule for each in more])) if more else ""
        self.add(
            "OQ402",
            row,
            Text(
                "{rule} and {rule2} both match {solver}; the first one wins ({says}, not {says2}), only because it "
                "comes first.{also}",
                rule=first.rule,
                rule2=row.rule,
                solver=input_words(self.solver, point),
                says=first.says,
                says2=row.says,
                also=also,
            ),
            Text(
                "If that is meant, leave it. Otherwise change their order, or add a rule for the two together before"
                " them."
            ),
            others,
        )
