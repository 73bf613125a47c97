"""Killed in the middle of work and started again: one of everything, and the host told the truth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crash.installation import Lab
from tests.crash.results import Result, chosen, wrong
from tests.crash.scenarios import SCENARIOS, Scenario, Story, points

Record = Callable[[list[Result]], None]


def killed(lab: Lab, scenario: Scenario, number: int) -> Result:
    """Dies at this point of the scenario, and is started again."""
    story = Story(lab.at, scenario, lab.tag())
    story.prepare()
    process = story.begin(at=number)
    assert process.result() is None, f"point {number} of {scenario.name} was not reached"
    found = story.wrong(story.recover())
    if found:
        lab.renew()
    return Result("killed", scenario.name, number, process.at, f"restarted: {scenario.truth}", tuple(found))


@pytest.mark.parametrize("name", SCENARIOS)
def test_killed_and_started_again(lab: Lab, record: Record, name: str) -> None:
    scenario = SCENARIOS[name]
    results = [killed(lab, scenario, number) for number in chosen(len(points(lab, scenario)))]
    record(results)
    assert results
    assert wrong(results) == []


def test_there_are_at_least_two_hundred_points(lab: Lab) -> None:
    found = {(name, point) for name, each in SCENARIOS.items() for point in enumerate(points(lab, each))}
    assert len(found) >= 200
