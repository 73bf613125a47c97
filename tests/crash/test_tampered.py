"""A proxy between the plugin and QuickBooks changes one answer: nothing is doubled, lost or linked to another one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import product

import pytest

from tests.crash.installation import Lab
from tests.crash.proxy import Exchange, Proxy, unchanged
from tests.crash.results import Result, sample, wrong_lines
from tests.crash.scenarios import SCENARIOS, WITH_REQUESTS, Scenario, points, prepared_story, requests
from tests.crash.wrong_answers import WRONG_ANSWERS, pieces

Record = Callable[[list[Result]], None]


class AnswerChanger:
    """Changes the `number`-th answer of the API, and no other."""

    def __init__(self, number: int, kind: str) -> None:
        self.changed = False
        self._left = number
        self._kind = kind
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> Iterable[bytes]:
        with self._lock:
            self._left -= bool(exchange.path)
            mine = bool(exchange.path) and self._left == 0
        changed = pieces(self._kind, exchange) if mine else None
        if changed is None:
            return unchanged(exchange)
        self.changed = True
        return changed


def tampered(lab: Lab, scenario: Scenario, number: int, name: str, kind: str) -> Result | None:
    """The answer to this request is changed; whatever was not done by itself is done after a restart. None where there
    is nothing in it that this kind of change concerns."""
    story = prepared_story(lab, scenario)
    changer = AnswerChanger(number, kind)
    with Proxy(lab.installation.base_url, changer) as proxy:
        environ = (("ONEDESK_QUICKBOOKS_BASE_URL", proxy.url),)
        seen = story.begin(environ=environ, give_up_on=number if kind == "drips" else 0).result()
    assert seen is not None
    if not changer.changed:
        return None
    found = story.problems(story.recover(retries=True))
    return Result("tampered", scenario.name, number, f"{kind} at {name}", f"the end: {scenario.expected}", tuple(found))


@pytest.mark.parametrize("name", WITH_REQUESTS)
def test_one_answer_is_changed(lab: Lab, record: Record, name: str) -> None:
    scenario = SCENARIOS[name]
    pairs = list(product(enumerate(requests(points(lab, scenario)), 1), WRONG_ANSWERS))
    results = []
    for each in sample(name, len(pairs), times=6):
        (number, request), kind = pairs[each - 1]
        found = tampered(lab, scenario, number, request, kind)
        results += [found] if found else []
    record(results)
    assert wrong_lines(results) == []
