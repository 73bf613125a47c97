"""Every request of the work meets every fault, and some a kill besides: the same end, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product

import pytest

from tests.crash.installation import Lab, Process
from tests.crash.proxy import Proxy
from tests.crash.results import Result, distinct_points, sample, sample_of, wrong_lines
from tests.crash.scenarios import (
    DONE_AT_ONCE,
    SCENARIOS,
    WITH_REQUESTS,
    Scenario,
    Seen,
    Story,
    points,
    prepared_story,
    requests,
)
from tests.sync.faults import ALL, LATE, LATE_SECONDS

Record = Callable[[list[Result]], None]
ANSWER_TWICE = "answer twice"
KINDS = (*ALL, ANSWER_TWICE)
LOST, DELAYED = "answer lost", "request delayed"


@contextmanager
def injected(lab: Lab, story: Story, number: int, kind: str, point: int = 0) -> Iterator[Process]:
    """The story under way, whose `number`-th request meets the fault; killed besides at a point, where `at` says
    one. Afterwards the fault has come, once, and is over."""
    sandbox = lab.installation.sandbox
    sandbox.clear_log()
    if kind == ANSWER_TWICE:
        with Proxy(lab.installation.base_url) as proxy:
            proxy.double(number)
            yield story.begin(environ=(("ONEDESK_QUICKBOOKS_BASE_URL", proxy.url),))
            assert proxy.doubled == 1, f"{kind} never came to request {number}"
        return
    sandbox.faults.inject(**ALL[kind], count=1, skip=number - 1)
    try:
        yield story.begin(point=point, give_up_on=number if kind in LATE else 0)
        assert [each["hits"] for each in sandbox.faults.state()] == [1], f"{kind} never came to request {number}"
    finally:
        sandbox.faults.clear()


def went_on(seen: Seen, scenario: Scenario) -> bool:
    """Whether the process came to the end by itself."""
    if scenario.action in DONE_AT_ONCE:
        return len(seen["complaints"]) < 5
    return len(seen["outcomes"]) == scenario.invoices


def with_fault(lab: Lab, scenario: Scenario, number: int, name: str, kind: str) -> Result:
    """The request meets the fault; whatever was not done by itself is done after a restart."""
    story = prepared_story(lab, scenario)
    with injected(lab, story, number, kind) as process:
        seen = process.result()
    assert seen is not None
    if kind in LATE:
        lab.installation.until_arrived(LATE_SECONDS)
    found = story.problems(story.recover())
    how = "went on" if went_on(seen, scenario) else "restarted"
    return Result("fault", scenario.name, number, f"{kind} at {name}", f"{how}: {scenario.expected}", tuple(found))


@pytest.mark.parametrize("name", WITH_REQUESTS)
def test_a_fault_at_every_request(lab: Lab, record: Record, name: str) -> None:
    scenario = SCENARIOS[name]
    pairs = list(product(enumerate(requests(points(lab, scenario)), 1), KINDS))
    results = []
    for each in sample(name, len(pairs), times=2):
        (number, request), kind = pairs[each - 1]
        results.append(with_fault(lab, scenario, number, request, kind))
    record(results)
    assert results
    assert wrong_lines(results) == []


def killed_besides(lab: Lab, scenario: Scenario, number: int, kind: str, point: int) -> Result:
    """The request meets the fault, and the process dies before all is settled."""
    story = prepared_story(lab, scenario)
    with injected(lab, story, number, kind, point) as process:
        assert process.result() is None, f"point {point} was not reached"
    seen = story.recover()
    if kind in LATE:
        lab.installation.until_arrived(LATE_SECONDS)
    found = story.problems(seen)
    what = f"{kind} at request {number}, then {process.reached}"
    return Result("fault, then killed", scenario.name, point, what, f"restarted: {scenario.expected}", tuple(found))


def settling(lab: Lab, scenario: Scenario, number: int, kind: str, plain: int) -> list[int]:
    """The points from the fault until its consequences are settled: those that are there with it alone (`plain`
    without it), and two; of a delay, which takes its time, the first and the last."""
    story = prepared_story(lab, scenario)
    with injected(lab, story, number, kind) as process:
        seen = process.result()
    assert seen is not None
    names: list[str] = seen["points"]
    first = next(place for place, name in enumerate(names, 1) if name.startswith("without an answer"))
    last = min(first + max(len(names) - plain, 0) + 2, len(names))
    between = [each for each in distinct_points(names) if first <= each < last]
    return [*between, last] if kind == LOST else [first, last]


@pytest.mark.parametrize("name", WITH_REQUESTS)
def test_a_fault_and_a_kill_before_it_is_settled(lab: Lab, record: Record, name: str) -> None:
    scenario = SCENARIOS[name]
    plain = points(lab, scenario)
    pairs = list(product(range(1, len(requests(plain)) + 1), (LOST, DELAYED)))
    results = []
    for each in sample(name, len(pairs)):
        number, kind = pairs[each - 1]
        span = settling(lab, scenario, number, kind, len(plain))
        results += [killed_besides(lab, scenario, number, kind, each) for each in sample_of(name, span)]
    record(results)
    assert results
    assert wrong_lines(results) == []


@pytest.mark.parametrize("name", [each for each in SCENARIOS if each not in WITH_REQUESTS])
def test_of_the_others_quickbooks_hears_nothing(lab: Lab, name: str) -> None:
    assert requests(points(lab, SCENARIOS[name])) == []
