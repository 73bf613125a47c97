"""Processes that work for a company in turn keep its limits together (qbo-api.md 5)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from onedesk_quickbooks.plugin.qbo import Pacer
from tests.support.clock import Clock

START = datetime(2026, 7, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(("kind", "most"), [("batch", 40), ("query", 500)])
@pytest.mark.parametrize("calls_in_a_turn", [1, 7, 60])
def test_no_minute_of_several_processes_holds_more_than_the_limit(kind: str, most: int, calls_in_a_turn: int) -> None:
    clock = Clock(START)
    pacers = [Pacer(clock.now, clock.sleep, even=True) for _ in range(3)]
    made: list[datetime] = []
    for turn in range(3 * most // calls_in_a_turn):
        pacer = pacers[turn % 3]
        if made:
            pacer.after(clock.now())
        for _ in range(calls_in_a_turn):
            pacer.before(kind)
            made.append(clock.now())
    for first in made:
        assert sum(first <= each < first + timedelta(seconds=60) for each in made) <= most
        assert sum(first <= each < first + timedelta(seconds=1) for each in made) <= 10


def test_at_its_limit_it_is_as_quick_as_it_may_be() -> None:
    clock = Clock(START)
    begun = clock.now()
    pacer = Pacer(clock.now, clock.sleep, even=True)
    for _ in range(400):
        pacer.before("batch")
    assert timedelta(minutes=9.9) < clock.now() - begun < timedelta(minutes=10.5)
