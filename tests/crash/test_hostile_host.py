"""A host that misbehaves at one call of the plugin: nothing is doubled or lost."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from tests.crash.child_process import HOSTILE
from tests.crash.installation import Lab
from tests.crash.results import Result, sample, wrong_lines
from tests.crash.scenarios import SCENARIOS, Scenario, prepared_story, undisturbed

Record = Callable[[list[Result]], None]
GIVEN = ("is gone", "gives another", "gives garbage", "gives NUL")
"""What only a call can do that gives something back."""


def hostile(lab: Lab, scenario: Scenario, number: int, call: str, does: str) -> Result:
    """The host does this at its `number`-th call; whatever was not done by itself is done after a restart."""
    story = prepared_story(lab, scenario)
    seen = story.begin(host_call=number, host_does=does).result()
    assert seen is not None and seen["calls"][number - 1] == call
    found = story.problems(story.recover(retries=True))
    what = f"{does} at {call}"
    return Result("hostile host", scenario.name, number, what, f"the end: {scenario.expected}", tuple(found))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_host_that_misbehaves_once(lab: Lab, record: Record, name: str) -> None:
    scenario = SCENARIOS[name]
    calls = enumerate(undisturbed(lab, scenario)["calls"], 1)
    pairs = [(each, does) for each, does in product(calls, HOSTILE) if each[1] == "read_invoice" or does not in GIVEN]
    if scenario.paid:  # that money came in for an invoice that is gone is for a person
        pairs = [each for each in pairs if each[1] != "is gone"]
    results = []
    for each in sample(name, len(pairs), times=2):
        (number, call), does = pairs[each - 1]
        results.append(hostile(lab, scenario, number, call, does))
    record(results)
    assert results
    assert wrong_lines(results) == []
