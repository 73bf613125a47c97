"""Killed in the middle of work and started again: one of everything, and the host told the truth."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import pytest

from tests.crash.scenarios import SCENARIOS, Crash, each_point, points
from tests.sync.conftest import Desk

EVERY = int(os.environ.get("CRASH_EVERY", "9"))
"""`make crash` takes every point (1); here one in so many."""


@pytest.fixture
def crash(desks: Callable[..., Desk]) -> Crash:
    desk = desks()
    desk.connect()
    desk.host.close()
    return Crash(desk.home, desk.sandbox)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_and_started_again(crash: Crash, scenario: str) -> None:
    results = each_point(crash, scenario, lambda number: number % EVERY == 1 % EVERY)
    for number, name, wrong in results:
        sys.stdout.write(f"{scenario:8} {number:3} {name:30} {'; '.join(wrong) or 'as it must be'}\n")
    assert len(results) >= 3
    assert {f"{number} {name}": wrong for number, name, wrong in results if wrong} == {}


def test_there_are_at_least_two_hundred_points(crash: Crash) -> None:
    assert sum(len(points(crash, scenario)) for scenario in SCENARIOS) >= 200
