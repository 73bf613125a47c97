"""Killed in the middle of work and started again: one of everything, and the host shows the truth."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise

import pytest

from tests.crash.installation import Installation, Lab
from tests.crash.results import Result, distinct_points, sample_of, wrong_lines
from tests.crash.scenarios import SCENARIOS, Scenario, points, prepared_story

Record = Callable[[list[Result]], None]
FEWEST = 5
"""Points of a scenario at which a kill leaves something else."""


def killed(lab: Lab, scenario: Scenario, number: int) -> Result:
    """Dies at this point of the scenario, and is started again."""
    story = prepared_story(lab, scenario)
    process = story.begin(point=number)
    assert process.result() is None, f"point {number} of {scenario.name} was not reached"
    found = story.problems(story.recover())
    return Result("killed", scenario.name, number, process.reached, f"restarted: {scenario.expected}", tuple(found))


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_and_started_again(lab: Lab, record: Record, name: str) -> None:
    scenario = SCENARIOS[name]
    numbers = distinct_points(points(lab, scenario))
    assert len(numbers) >= FEWEST
    results = [killed(lab, scenario, number) for number in sample_of(name, numbers)]
    record(results)
    assert wrong_lines(results) == []


Left = Counter[tuple[str, ...]]


def left(installation: Installation) -> Left:
    """How many rows each table of the databases has, by the states in them; and how many requests that may write were
    answered."""
    found: Left = Counter({("requests",): sum(each["method"] == "POST" for each in installation.sandbox.log())})
    for file in sorted(installation.home.rglob("*.sqlite")):
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
    story = prepared_story(lab, scenario)
    before = left(lab.installation)
    process = story.begin(point=number)
    assert process.result() is None
    added = left(lab.installation)
    added.subtract(before)
    return Counter({key: count for key, count in added.items() if count})


@pytest.mark.parametrize("name", ["send", "payment of the host"])
def test_between_points_at_which_nothing_leaves_the_process_a_kill_leaves_the_same(lab: Lab, name: str) -> None:
    scenario = SCENARIOS[name]
    names = points(lab, scenario)
    last = distinct_points(names)
    between = [(first + 1, end) for first, end in pairwise([0, *last]) if end - first > 2]
    assert len(between) > 3
    seen = []
    for first, end in between[:: max(1, len(between) // 3)]:
        leaves = [kill_leaves(lab, scenario, number) for number in (first, (first + end) // 2, end)]
        assert leaves[0] == leaves[1] == leaves[2], names[first - 1 : end]
        seen.append(leaves[0])
    assert len({frozenset(each.items()) for each in seen}) > 1, "other points leave something else"
