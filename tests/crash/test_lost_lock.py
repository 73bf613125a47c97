"""A process that stands still until another has taken its company queue: when it wakes up, it sends nothing more.

A lock on a SQLite ledger ends with its process only (test_two_processes.py). One in PostgreSQL ends with a connection,
which a machine that stands still, or a network that is gone, loses before the process knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import psycopg
import pytest

from tests.crash.child_process import STOP
from tests.crash.installation import Lab
from tests.crash.results import SAMPLE, Result, sample_of, wrong_lines
from tests.crash.scenarios import SCENARIOS, Scenario, points, prepared_story
from tests.postgres.conftest import Server

pytestmark = pytest.mark.postgres
Record = Callable[[list[Result]], None]

A_WHILE = 1.0
"""Seconds that the second process has for all of its work; it needs less, unless a transaction of the first is in its
way."""
_BETWEEN = ("before BEGIN", "before GET", "after GET", "before POST", "after POST")
"""Where a process is within no transaction."""

_CUT = """
SELECT count(pg_terminate_backend(holder.pid)) FROM pg_stat_activity AS holder
WHERE holder.datname = current_database() AND holder.state = 'idle'
AND EXISTS (SELECT FROM pg_locks WHERE pg_locks.pid = holder.pid AND locktype = 'advisory')
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[Lab]:
    """Installations whose ledger is in PostgreSQL, each in a database of its own."""

    @contextmanager
    def settings(like: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
        with server.database_for_now(like.get("ledger", "")) as url:
            yield {"ledger": url, "tenant": "acme"}

    made = Lab(tmp_path_factory.mktemp("lock"), settings)
    yield made
    made.close()


def lost(lab: Lab, scenario: Scenario, number: int) -> Result:
    """The first is stopped at this point, and the connection that holds the lock of its queue is cut. The second
    takes the lock and does the work; then the first wakes up."""
    story = prepared_story(lab, scenario)
    first = story.begin(point=number, signal_number=STOP, begin_points=True)
    assert first.until_stopped(), f"point {number} of {scenario.name} was not reached"
    with psycopg.connect(lab.installation.settings["ledger"], autocommit=True) as connection:
        cut = connection.execute(_CUT).fetchone()
    second = story.begin(ask=number % 2 == 0)
    try:
        second.ended_within(A_WHILE)
    finally:
        first.go_on()
    woken, seen = first.result(), second.result()
    assert woken is not None and seen is not None
    found = story.problems(story.recover())
    gave_up = any("Lock" in each or "LedgerAway" in each for each in woken["complaints"])
    how = "the first gave up" if gave_up else "no harm done" if cut != (0,) else "no lock yet"
    return Result("two, lock lost", scenario.name, number, first.reached, f"{how}: {scenario.expected}", tuple(found))


def tried(scenario: str, names: list[str]) -> list[int]:
    """The points at which no transaction is under way. A sample has one of them: of every other scenario one right
    before something is recorded more, for there the process has just made sure of its lock."""
    between = [number for number, each in enumerate(names, 1) if each.startswith(_BETWEEN)]
    recording = [number for number in between if names[number : number + 1] == ["before INSERT INTO outbox"]]
    return sample_of(scenario, recording if SAMPLE and recording and len(names) % 2 else between, times=99)


@pytest.mark.parametrize("name", list(SCENARIOS)[:: 3 if SAMPLE else 1])
def test_a_lock_that_is_lost(lab: Lab, record: Record, name: str) -> None:
    scenario = SCENARIOS[name]
    results = [lost(lab, scenario, number) for number in tried(name, points(lab, scenario, begin_points=True))]
    record(results)
    assert results
    assert wrong_lines(results) == []
