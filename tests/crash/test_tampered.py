"""A proxy between the plugin and QuickBooks changes one answer: nothing is doubled, lost or linked to another one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import product

import pytest

from tests.crash.installation import Lab
from tests.crash.lies import LIES, pieces
from tests.crash.relay import Exchange, Relay, unchanged
from tests.crash.results import Result, chosen, wrong
from tests.crash.scenarios import ASKING, SCENARIOS, Scenario, begun, points, requests

Record = Callable[[list[Result]], None]


class Liar:
    """Changes the `number`-th answer of the API, and no other."""

    def __init__(self, number: int, lie: str) -> None:
        self.struck = False
        self._left = number
        self._lie = lie
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> Iterable[bytes]:
        with self._lock:
            self._left -= bool(exchange.path)
            mine = bool(exchange.path) and self._left == 0
        changed = pieces(self._lie, exchange) if mine else None
        if changed is None:
            return unchanged(exchange)
        self.struck = True
        return changed


def tampered(lab: Lab, scenario: Scenario, number: int, name: str, lie: str) -> Result | None:
    """The answer to this request is changed; whatever was not done by itself is done after a restart. None where there
    is nothing in it that the lie changes."""
    story = begun(lab, scenario)
    liar = Liar(number, lie)
    with Relay(lab.at.base_url, liar) as relay:
        environ = (("ONEDESK_QUICKBOOKS_BASE_URL", relay.url),)
        seen = story.begin(environ=environ, late=number if lie == "drips" else 0).result()
    assert seen is not None
    found = story.wrong(story.recover(retries=True))
    if found:
        lab.renew()
    if not (liar.struck or found):
        return None
    return Result("tampered", scenario.name, number, f"{lie} at {name}", f"the end: {scenario.truth}", tuple(found))


@pytest.mark.parametrize("name", ASKING)
def test_one_answer_is_changed(lab: Lab, record: Record, name: str) -> None:
    scenario = SCENARIOS[name]
    pairs = list(product(enumerate(requests(points(lab, scenario)), 1), LIES))
    results = []
    for each in chosen(name, len(pairs), times=6):
        (number, request), lie = pairs[each - 1]
        found = tampered(lab, scenario, number, request, lie)
        results += [found] if found else []
    record(results)
    assert wrong(results) == []
