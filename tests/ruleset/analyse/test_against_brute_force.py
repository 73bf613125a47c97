"""What the analysis proves is what trying every class of input shows."""

from __future__ import annotations

import datetime
import itertools
import random
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row
from onedesk_quickbooks.plugin.ruleset.core.columns import MANY, RANGES, Range, Texts
from onedesk_quickbooks.plugin.ruleset.prove import Problem
from onedesk_quickbooks.plugin.ruleset.prove.analysis import CROSSED, Analysis
from onedesk_quickbooks.plugin.ruleset.prove.choices import contains
from onedesk_quickbooks.plugin.ruleset.prove.idle_rules import BUDGET, ask
from onedesk_quickbooks.plugin.ruleset.prove.masks import Point
from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver
from onedesk_quickbooks.plugin.ruleset.prove.words import fresh
from tests.support.rounds import rounds

ROUNDS = rounds(60)


def effects(data: st.DataObject, size: int) -> list[str]:
    return data.draw(st.lists(st.sampled_from("xyz"), min_size=size, max_size=size))


def of(problems: list[Problem], code: str) -> dict[str, Problem]:
    return {each.rule: each for each in problems if each.code == code}


def analysed(chain: Chain, budget: int = BUDGET) -> list[Problem]:
    """The problems of one decision."""
    return ask([Analysis(chain, budget)], budget)


def sample(solver: Solver, point: Point) -> dict[str, Any]:
    """Values that stand for a point: folded texts, tuples of tags, amounts and dates; fields left out have nothing."""
    found: dict[str, Any] = {}
    for field, choices in point.items():
        texts = tuple(fresh(solver, field, each) for each in choices if field not in RANGES)
        found[field] = choices[0].value if field in RANGES else texts if field in MANY else texts[0]
    return found


@ROUNDS
@given(data=st.data())
def test_rules_that_never_win(data: st.DataObject, brute: Any) -> None:
    rules = data.draw(brute.tables())
    found = of(analysed(brute.chain(rules, effects(data, len(rules)), "o")), "OQ401")
    winners = {winner for _, winner in brute.winners(rules)}
    assert set(found) == {f"r{index}" for index in range(len(rules)) if index not in winners}
    for name, problem in found.items():
        own = int(name[1:])
        cover = [int(rule[1:]) for rule in problem.rules]
        mine = [values for values in brute.inputs(rules) if brute.matches(rules[own], values)]

        def covered(by: tuple[int, ...], mine: list[Any] = mine) -> bool:
            return all(any(brute.matches(rules[each], values) for each in by) for values in mine)

        assert all(each < own for each in cover)
        assert covered(tuple(cover))
        smaller = itertools.combinations(range(own), len(cover) - 1) if cover else []
        assert not any(covered(each) for each in smaller)


@ROUNDS
@given(data=st.data())
def test_rules_that_change_nothing(data: st.DataObject, brute: Any) -> None:
    """Whichever of those that may be deleted are deleted, the same is decided; of the others that holds for none."""
    rules = data.draw(brute.tables())
    says = [*effects(data, len(rules)), "x"]
    problems = analysed(brute.chain(rules, says, "x"))
    deletable = {int(rule[1:]) for code in ("OQ401", "OQ403") for rule in of(problems, code)}
    matching = [
        [own for own, each in enumerate([*rules, {}]) if brute.matches(each, values)] for values in brute.inputs(rules)
    ]

    def same(left_out: set[int]) -> bool:
        return all(says[hits[0]] == says[next(each for each in hits if each not in left_out)] for hits in matching)

    subsets = [set(each) for size in range(len(deletable) + 1) for each in itertools.combinations(deletable, size)]
    assert all(map(same, subsets))
    assert not any(all(same(each | {own}) for each in subsets) for own in range(len(rules)) if own not in deletable)


@ROUNDS
@given(data=st.data())
def test_rules_whose_order_decides(data: st.DataObject, brute: Any) -> None:
    rules = data.draw(brute.tables())
    says = effects(data, len(rules))
    found = of(analysed(brute.chain(rules, says, "o")), "OQ402")
    winners = list(brute.winners(rules))
    expected: dict[str, dict[str, bool]] = {}
    for own in range(len(rules)):
        if not any(winner == own for _, winner in winners):
            continue
        for values, winner in sorted(winners, key=lambda each: len(rules) if each[1] is None else each[1]):
            if winner is None or winner >= own or says[winner] == says[own] or contains(rules[own], rules[winner]):
                continue
            if brute.matches(rules[own], values):
                expected.setdefault(f"r{own}", {})[f"r{winner}"] = True
    assert {rule: problem.rules for rule, problem in found.items()} == {
        rule: tuple(each)[:CROSSED] for rule, each in expected.items()
    }


@ROUNDS
@given(data=st.data())
def test_gaps(data: st.DataObject, brute: Any) -> None:
    rules = data.draw(brute.tables())
    found = of(analysed(brute.chain(rules, effects(data, len(rules)), None)), "OQ405")
    assert bool(found) == any(winner is None for _, winner in brute.winners(rules))


@ROUNDS
@given(data=st.data())
def test_points_are_what_they_are_said_to_be(data: st.DataObject, brute: Any) -> None:
    rules = data.draw(brute.tables())
    avoid = data.draw(st.integers(0, (1 << len(rules)) - 1))
    wanted = rules[: data.draw(st.integers(0, 2))]
    solver = Solver(rules)
    point = solver.search(wanted, avoid)
    exists = any(
        all(brute.matches(each, values) for each in wanted)
        and not any(avoid >> index & 1 and brute.matches(each, values) for index, each in enumerate(rules))
        for values in brute.inputs(rules)
    )
    assert (point is not None) == exists
    if point is not None:
        values = {**brute.empty, **sample(solver, point)}
        accepted = sum(1 << index for index, each in enumerate(rules) if brute.matches(each, values))
        assert all(brute.matches(each, values) for each in wanted)
        assert not accepted & avoid
        assert solver.at(point) == accepted


def test_two_ranges_at_once() -> None:
    """Rectangles of amounts and days: what a search finds free is free, and nothing is free where it finds nothing."""
    chance = random.Random(11)
    first = datetime.date(2026, 1, 1)
    days = [first + datetime.timedelta(days=each) for each in range(8)]
    for _ in range(300):
        rules: list[dict[str, Any]] = []
        for _ in range(chance.randint(4, 12)):
            low, early = chance.randrange(6), chance.randrange(6)
            high, late = chance.randint(low + 1, 7), chance.randint(early + 1, 7)
            rules.append({"amount": Range(Decimal(low), Decimal(high)), "date": Range(days[early], days[late])})
        solver = Solver(rules)
        avoid = solver.every & ~1
        inputs = [{"amount": Decimal(amount), "date": day} for amount in range(8) for day in days]
        own = [values for values in inputs if all(rules[0][name].holds(values[name]) for name in values)]
        free = [values for values in own if not any(all(r[n].holds(values[n]) for n in values) for r in rules[1:])]
        point = solver.search([rules[0]], avoid)
        assert (point is not None) == bool(free), rules
        assert point is None or sample(solver, point) in free


def test_rules_that_overlap_in_too_many_ways_are_said_to() -> None:
    """Long lists in many fields: given up in good time, said once, and the easy rules are judged all the same."""
    fields = ("service_type", "customer", "project", "invoice_type")
    chance = random.Random(7)
    rules = [
        {field: Texts(frozenset(f"{field}{each}" for each in chance.sample(range(30), 18))) for field in fields}
        for _ in range(200)
    ]
    easy = {"currency": Texts(frozenset(["eur"]))}
    listed = [easy, {**easy, "project": Texts(frozenset(["x"]))}, *rules]
    rows = [
        Row(f"r{index}", Where("f", index, 1), "exception", when, str(index), "") for index, when in enumerate(listed)
    ]
    found = analysed(Chain("item", (*rows, Row("o", Where("f", 999, 1), "otherwise", {}, "o", "o"))), budget=60_000)
    assert [each.code for each in found].count("OQ404") == 1
    assert "r1" in {each.rule for each in found if each.code == "OQ401"}
