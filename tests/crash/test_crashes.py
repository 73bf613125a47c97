"""Killed in the middle of work and started again: one of everything, and the host told the truth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crash.installation import Lab
from tests.crash.results import Result, chosen, wrong
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
    results = [killed(lab, scenario, number, names) for number in chosen(len(names))]
    record(results)
    assert results
    assert wrong(results) == []


def test_there_are_at_least_two_hundred_points(lab: Lab) -> None:
    found = {(name, point) for name, each in SCENARIOS.items() for point in enumerate(points(lab, each))}
    assert len(found) >= 200
