"""A ledger that another program keeps locked holds up no hook: what it takes waits in a file, and is done later."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from onedesk_quickbooks.plugin.app import inbox
from onedesk_quickbooks.plugin.model.problem import NotNow
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    """Another program holds the write lock of the file."""
    with closing(sqlite3.connect(desk.home / "ledger.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def desk(us: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Its hooks are in a hurry."""
    monkeypatch.setattr(inbox, "PATIENCE", 0.1)
    us.predicts = False
    return us


def test_what_is_asked_meanwhile_is_done_afterwards(desk: Desk, invoice: Make) -> None:
    desk.save(invoice())
    desk.save(invoice(id="INV-2", number="2042"))
    with locked(desk):
        assert desk.host.send("INV-1", ADMIN), "taken"
        assert desk.host.act("INV-2", "quickbooks.copy", ADMIN)
        desk.host.reopen("INV-2", ADMIN)
        assert len(list((desk.home / "spool").glob("*.json"))) == 3
    assert [(each.id, each.outcome) for each in desk.drain()] == [("INV-1", "sent")], "the other is a Draft again"
    assert list((desk.home / "spool").glob("*.json")) == []
    assert len(desk.sandbox.outbox()) == 1


def test_a_restart_brings_it_in(desk: Desk, invoice: Make) -> None:
    desk.save(invoice())
    with locked(desk):
        assert desk.host.send("INV-1", ADMIN)
    desk.restart()
    desk.save(invoice(id="INV-2", number="2042"))
    assert desk.host.send("INV-2", ADMIN), "the company is known, whatever waits in files"
    assert [each.outcome for each in desk.drain()] == ["sent", "sent"]


def test_what_can_be_kept_nowhere_is_not_taken(desk: Desk, invoice: Make) -> None:
    desk.save(invoice())
    (desk.home / "spool").write_text("a file where the folder should be")
    with locked(desk), pytest.raises(NotNow, match="locked"):
        desk.host.send("INV-1", ADMIN)
    assert desk.drain() == []
    assert desk.host.send("INV-1", ADMIN)
    assert [each.outcome for each in desk.drain()] == ["sent"]
