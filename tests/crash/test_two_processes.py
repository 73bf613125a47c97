"""Two processes on one ledger, however their work falls together: the same end, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from tests.crash.child_process import STOP
from tests.crash.installation import Lab, Process
from tests.crash.results import EVERY, SAMPLE, Result, lock_points, sample_of, wrong_lines
from tests.crash.scenarios import SCENARIOS, Scenario, Story, points, prepared_story

Record = Callable[[list[Result]], None]
A_MOMENT = 0.15
"""Seconds in which the second process comes as far as it can while the first is stopped."""


def compared(lab: Lab, story: Story, kind: str, point: int, what: str, second: Process) -> Result:
    """Both have ended: what came of it."""
    seen = second.result()
    assert seen is not None
    found = story.problems(story.recover())
    waited = "the second had to wait: " if any("CompanyBusy" in each for each in seen["complaints"]) else ""
    return Result(kind, story.scenario.name, point, what, f"{waited}{story.scenario.expected}", tuple(found))


def stopped(lab: Lab, scenario: Scenario, number: int) -> Result:
    """The first is stopped at this point, the second begins and comes as far as it can, then the first goes on. Every
    other time the second is asked for the same as well; some do not wait for long."""
    story = prepared_story(lab, scenario)
    first = story.begin(point=number, signal_number=STOP)
    assert first.until_stopped(), f"point {number} of {scenario.name} was not reached"
    second = story.begin(ask=number % 2 == 0, patience=0 if number % 16 < 2 else 20)
    try:
        second.ended_within(2.0 if number % 16 < 2 else A_MOMENT)
    finally:
        first.go_on()
    assert first.result() is not None
    return compared(lab, story, "two, one stopped", number, first.reached, second)


def died(lab: Lab, scenario: Scenario, number: int) -> Result:
    """The first is stopped at this point, and dies while the second waits or works."""
    story = prepared_story(lab, scenario)
    first = story.begin(point=number, signal_number=STOP)
    assert first.until_stopped(), f"point {number} of {scenario.name} was not reached"
    second = story.begin(ask=number % 2 == 1)
    second.ended_within(A_MOMENT)
    first.kill()
    return compared(lab, story, "two, one killed", number, first.reached, second)


def at_once(lab: Lab, scenario: Scenario, number: int) -> Result:
    """Both begin at the same time."""
    story = prepared_story(lab, scenario)
    first, second = story.begin(), story.begin(ask=number % 2 == 0)
    assert first.result() is not None
    return compared(lab, story, "two at once", number, "started together", second)


CASES = list(product(SCENARIOS, (stopped, died)))


@pytest.mark.parametrize(("name", "how"), CASES[::3] if SAMPLE else CASES)
def test_two_processes(lab: Lab, record: Record, name: str, how: Callable[[Lab, Scenario, int], Result]) -> None:
    scenario = SCENARIOS[name]
    results = [how(lab, scenario, number) for number in sample_of(name, lock_points(points(lab, scenario)), times=2)]
    record(results)
    assert results
    assert wrong_lines(results) == []


@pytest.mark.parametrize("name", list(SCENARIOS)[:: 3 if SAMPLE else 1])
def test_two_processes_that_begin_together(lab: Lab, record: Record, name: str) -> None:
    results = [at_once(lab, SCENARIOS[name], number) for number in range(1, 11 if EVERY == 1 else 2)]
    record(results)
    assert wrong_lines(results) == []
