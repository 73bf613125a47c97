"""Reads that share a transaction."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from onedesk_quickbooks.plugin.ledger import Ledger
from tests.ledger.conftest import REALM


def of_one_state_until_something_is_written(ledger: Ledger) -> None:
    """For SQLite and for PostgreSQL."""

    def noted() -> list[str]:
        return [each.error for each in ledger.queue_errors.all(REALM)]

    with ledger.reading(), ledger.reading():
        assert noted() == []
        other = threading.Thread(target=ledger.queue_errors.failed, args=(REALM, "queue", "of another thread"))
        other.start()
        other.join()
        assert noted() == [], "of one state"
        with pytest.raises(DatabaseError), ledger._database.read() as connection:
            connection.execute(text("SELECT nothing FROM nowhere"))
        assert noted() == ["of another thread"], "an error ends the transaction alone"
        ledger.queue_errors.failed(REALM, "queue", "of this thread")
        assert noted() == ["of this thread"], "what is written is seen"
    ledger.queue_errors.succeeded(REALM, "queue")
    assert noted() == []


def test_reads_share_a_state(ledger: Ledger) -> None:
    of_one_state_until_something_is_written(ledger)
