"""Killed in the middle of work and started again: one of everything, and the host told the truth."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise

import pytest

from tests.crash.installation import Installation, Lab
from tests.crash.results import Result, apart, chosen_of, wrong
from tests.crash.scenarios import SCENARIOS, Scenario, begun, difference, points

Record = Callable[[list[Result]], None]


def killed(lab: Lab, scenario: Scenario, number: int, names: list[str]) -> Result:
    """Dies at this point of the scenario, and is started again. `names` are those of all its points."""
    for _ in range(3):  # what comes with the time of day may move the points of one pass
        story = begun(lab, scenario)
        process = story.begin(at=number)
        seen = process.result()
        if seen is None:
            break
        passed = seen["points"]
    else:
        raise AssertionError(f"point {number} of {scenario.name} was not reached: {difference(names, passed)}")
    found = story.wrong(story.recover())
    if found:
        lab.renew()
    return Result("killed", scenario.name, number, process.at, f"restarted: {scenario.truth}", tuple(found))


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_and_started_again(lab: Lab, record: Record, name: str) -> None:
    scenario = SCENARIOS[name]
    names = points(lab, scenario)
    results = [killed(lab, scenario, number, names) for number in chosen_of(name, apart(names))]
    record(results)
    assert results
    assert wrong(results) == []


def test_there_are_at_least_two_hundred_points(lab: Lab) -> None:
    assert sum(len(apart(points(lab, each))) for each in SCENARIOS.values()) >= 200


Left = Counter[tuple[str, ...]]


def left(at: Installation) -> Left:
    """How many rows each table of the databases has, by the states in them; and how many requests were answered."""
    found: Left = Counter({("requests",): len(at.sandbox.log())})
    for file in sorted(at.home.rglob("*.sqlite")):
        with closing(sqlite3.connect(file)) as connection:
            tables = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%USING%'"
            )
            for (table,) in tables.fetchall():
                known = [row[1] for row in connection.execute(f"PRAGMA table_info('{table}')")]
                columns = [each for each in known if each in ("state", "action", "kind", "did")] or ["'rows'"]
                rows = connection.execute(f"SELECT {', '.join(columns)} FROM '{table}'")
                found.update((file.name, table, *map(str, row)) for row in rows)
    return found


def kill_leaves(lab: Lab, scenario: Scenario, number: int) -> Left:
    """What a kill at this point has added to what was there."""
    story = begun(lab, scenario)
    before = left(lab.at)
    process = story.begin(at=number)
    assert process.result() is None
    added = left(lab.at)
    added.subtract(before)
    assert not story.wrong(story.recover())
    return Counter({key: count for key, count in added.items() if count})


@pytest.mark.parametrize("name", ["send", "payment of the host"])
def test_between_points_at_which_nothing_leaves_the_process_a_kill_leaves_the_same(lab: Lab, name: str) -> None:
    scenario = SCENARIOS[name]
    names = points(lab, scenario)
    last = apart(names)
    between = [(first + 1, end) for first, end in pairwise([0, *last]) if end - first > 2]
    assert len(between) > 3
    seen = []
    for first, end in between[:: max(1, len(between) // 3)]:
        leaves = [kill_leaves(lab, scenario, number) for number in (first, (first + end) // 2, end)]
        assert leaves[0] == leaves[1] == leaves[2], names[first - 1 : end]
        seen.append(leaves[0])
    assert len({frozenset(each.items()) for each in seen}) > 1, "other points leave something else"
