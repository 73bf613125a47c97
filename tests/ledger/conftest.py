"""Ledgers in a folder of their own, and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.ledger import Ledger
from tests.support.clock import Clock

REALM = "9341"


Opener = Callable[[], Ledger]


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 24, 12, tzinfo=timezone.utc), tick=timedelta(microseconds=1))


@pytest.fixture
def open_ledger(tmp_path: Path, clock: Clock) -> Iterator[Opener]:
    """Opens the folder's ledger: again and again, as a restarted program would."""
    opened: list[Ledger] = []

    def opener() -> Ledger:
        opened.append(Ledger.open(tmp_path / "ledger.sqlite3", tmp_path / "key", {}, clock))
        return opened[-1]

    yield opener
    for each in opened:
        each.close()


@pytest.fixture
def ledger(open_ledger: Opener) -> Ledger:
    return open_ledger()
