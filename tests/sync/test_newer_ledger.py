"""A newer version of the program brings the ledger up to date while this one has it open."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger import LedgerProblem
from onedesk_quickbooks.plugin.ledger.database import HEAD
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_overtaken import Meanwhile

Make = Callable[..., dict[str, Any]]
SENTENCE = r"by a newer version of this program \(9999; this one has .*start this program again, in the newer version"


def changed(desk: Desk, version: str, *statements: str) -> None:
    with closing(sqlite3.connect(desk.home / "ledger.sqlite")) as file:
        for each in (*statements, f"UPDATE alembic_version SET version_num = '{version}'"):
            file.execute(each)
        file.commit()


RENAMED = ("ALTER TABLE outbox RENAME COLUMN body TO content", "ALTER TABLE outbox RENAME COLUMN content TO body")
DEMANDING = (
    "CREATE TRIGGER demanding BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'NOT NULL'); END",
    "DROP TRIGGER demanding",
)


@pytest.mark.parametrize(("there", "back"), [RENAMED, DEMANDING])
@pytest.mark.parametrize("again", [False, True])
def test_a_send_is_told_and_nothing_is_lost(
    desks: Callable[..., Desk], invoice: Make, caplog: pytest.LogCaptureFixture, there: str, back: str, again: bool
) -> None:
    """`again`: of an invoice that was copied before; the host goes on, and its command waits in a file."""
    meanwhile = Meanwhile("look_up", lambda desk: changed(desk, "9999", there))
    desk = desks(tamper=meanwhile)
    desk.connect()
    desk.predicts = False
    if again:
        assert desk.copy(invoice()).outcome == "copied"
    desk.save(invoice(memo="Newer"))
    assert desk.host.send("INV-1", ADMIN)
    before = desk.invoices()
    meanwhile.desk = desk
    with pytest.raises(LedgerProblem, match=SENTENCE):
        desk.drain()
    assert meanwhile.seen and (desk.invoices(), desk.sandbox.outbox()) == (before, [])
    assert not [each for each in caplog.records if each.name.startswith("onedesk_quickbooks") and each.exc_info]
    changed(desk, HEAD, back)
    desk.restart()
    assert desk.outcome("INV-1").outcome == "sent"
    assert [each["CustomerMemo"]["value"] for each in desk.invoices()] == ["Newer"] and len(desk.sandbox.outbox()) == 1


def test_what_the_host_reports_meanwhile_waits_in_a_file(us: Desk, invoice: Make) -> None:
    us.save(invoice())
    changed(us, "9999", "ALTER TABLE work RENAME COLUMN od_number TO number")
    assert us.host.send("INV-1", ADMIN)
    assert len(us.application.filed_commands()) == 1
    changed(us, HEAD, "ALTER TABLE work RENAME COLUMN number TO od_number")
    us.restart()
    assert us.outcome("INV-1").outcome == "sent"


def test_an_error_of_a_ledger_of_this_version_stays_one(us: Desk) -> None:
    changed(us, HEAD, "ALTER TABLE work RENAME COLUMN od_number TO number")
    with pytest.raises(LedgerProblem, match="it is damaged, or another program's"):
        us.application.ledger.queue_lists.counts(us.sandbox.realm_id)
        us.application.ledger.queue.latest("INV-1")
    changed(us, HEAD, "ALTER TABLE work RENAME COLUMN number TO od_number")
