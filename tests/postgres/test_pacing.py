"""Processes that work for a company in turn keep QuickBooks' limits together (qbo-api.md 5), against a sandbox that
holds them to it: it answers 429 to whoever asks too often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.postgres.crew import numbered
from tests.support.clock import Clock
from tests.sync.conftest import Desk

pytestmark = pytest.mark.postgres
TURN = timedelta(seconds=20)
MINUTE = timedelta(seconds=60)


@pytest.fixture
def clock() -> Clock:
    """The time of QuickBooks and of all that ask it; whoever waits turns it on."""
    return Clock()


@pytest.fixture
def desk(desks: Callable[..., Desk], url: str, clock: Clock) -> Desk:
    """Connected, in a QuickBooks with limits."""
    made = desks(settings={"ledger": url, "tenant": "acme", "poll_seconds": "0"}, limits=True, clock=clock.now)
    made.connect()
    clock.sleep(60)
    return made


@pytest.fixture
def workers(desk: Desk, clock: Clock) -> Iterator[list[Application]]:
    """Three, on the same data directory, each with what it remembers of its own calls."""
    hosts, made = [], []
    for _ in range(3):
        plugin = QuickBooksPlugin(background=False, now=clock.now, sleep=clock.sleep)
        hosts.append(EmbeddedHost.open(desk.home, plugins=[plugin]))
        made.append(plugin.application)
    yield made
    for host in hosts:
        host.close()


def test_workers_that_take_turns_never_ask_more_often_than_one_may(
    desk: Desk, workers: list[Application], clock: Clock, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk.sandbox.clear_log()
    for number in range(60):
        made = numbered(invoice, "acme", number)
        made["customer"] |= {"id": f"C-{number}", "name": f"Customer {number}"}
        made["lines"][0]["service_type"] = f"Support {number}"  # both new: a batch of their own makes them
        desk.save(made)
        assert desk.host.act(made["id"], "quickbooks.copy", "admin")
        workers[number % 3].time_slice(TURN)
    log = desk.sandbox.log()
    assert Counter(each["status"] for each in log) == {200: len(log)}, "429 would be among them"
    times = [datetime.fromisoformat(each["at"]) for each in log if each["path"].endswith("/batch")]
    assert len(times) >= 60
    busiest = max(sum(first <= each < first + MINUTE for each in times) for first in times)
    assert 30 <= busiest <= 40, "as often as they may, and no more"
    assert desk.application.waiting_counts() == {}


def test_a_pause_of_one_worker_holds_for_all(
    desk: Desk, workers: list[Application], clock: Clock, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk.sandbox.faults.inject(fault="throttled", count=1)
    desk.save(invoice())
    assert desk.host.act("INV-1", "quickbooks.copy", "admin")
    begun = clock.now()
    again = workers[0].time_slice(TURN)
    assert again is not None and again - begun >= MINUTE
    desk.sandbox.clear_log()
    assert [worker.time_slice(TURN) for worker in workers[1:]] == [again, again]
    assert [worker.due() for worker in workers] == ["", "", ""]
    assert desk.sandbox.log() == []
    clock.sleep(75)
    assert workers[1].due() == desk.sandbox.realm_id
    workers[2].time_slice(TURN)
    assert desk.shown("INV-1").tags
