"""A ledger that another program keeps locked holds up no hook: what it takes waits in a file, and is done later."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from onedesk_quickbooks.plugin.app import inbox
from onedesk_quickbooks.plugin.model.host_payment import payment_key
from onedesk_quickbooks.plugin.model.problem import NotNow
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_host_payments import paid

Make = Callable[..., dict[str, Any]]


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    """Another program holds the write lock of the file."""
    with closing(sqlite3.connect(desk.home / "ledger.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.fixture
def desk(us: Desk) -> Desk:
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


def test_requests_of_processes_with_other_clocks_stay_in_their_order(desk: Desk, invoice: Make) -> None:
    ledger, now = desk.application.ledger, desk.clock.now
    late = inbox.CommandInbox(ledger, desk.home, lambda: now() - timedelta(minutes=5))
    inboxes = [inbox.CommandInbox(ledger, desk.home, now), late, inbox.CommandInbox(ledger, desk.home, now)]
    for number, each in enumerate(inboxes):
        each.take(inbox.Command(desk.sandbox.realm_id, "copy", {"id": str(number)}), away=True)
    waiting = [json.loads(path.read_text())["invoice"]["id"] for path in inboxes[0].waiting()]
    assert waiting == ["0", "1", "2"]


def test_an_invoice_whose_request_waits_in_a_file_waits(desk: Desk, invoice: Make) -> None:
    given = [invoice(), invoice(id="INV-2", number="2042"), invoice(id="INV-3", number="2043")]
    desk.copy(given[0])
    for each in given[1:]:
        desk.save(each)

    def states() -> dict[str, tuple[str, str]]:
        [found] = desk.host.plugins.hook.invoice_states(invoices=given)
        return {each.invoice_id: (each.now, next((fact.text for fact in each.facts), "")) for each in found}

    before = states()
    assert [now for now, _ in before.values()] == ["", "", ""]
    with locked(desk):
        desk.host.send("INV-1", ADMIN)
        desk.host.act("INV-2", "quickbooks.copy", ADMIN)
        desk.host.act("INV-3", "quickbooks.copy", ADMIN)
        desk.host.reopen("INV-3", ADMIN)
        found = states()
        assert {od_id: now for od_id, (now, _) in found.items()} == {
            "INV-1": "waiting",
            "INV-2": "waiting",
            "INV-3": "",
        }
        assert found["INV-1"][1] == found["INV-2"][1]
        assert found["INV-2"][1].startswith("It was requested while the database could not be used.")
        state, story = desk.application.invoice_state("INV-2"), desk.application.story("INV-2")
        assert state is not None and story is not None
        assert (state["state"], state["why"], state["entry"]) == ("waiting", found["INV-2"][1], None)
        assert [each.text for each in story.facts] == [found["INV-2"][1]]
        [[sent]] = desk.host.plugins.hook.invoice_states(invoices=given[:1])
        assert [each.kind for each in sent.facts] == ["why", "copied"], "what is there stays"
        assert desk.application.payment_state("P1") is None
        desk.host.plugins.hook.on_host_payment(payment=paid(), change="recorded")
        payment = desk.application.payment_state("P1")
        assert payment is not None and (payment["state"], payment["why"]) == ("waiting", state["why"])
    outcomes = {each.id: each.outcome for each in desk.drain()}
    assert outcomes == {"INV-1": "sent", "INV-2": "copied", payment_key("P1"): "skipped"}, "payments stay there by rule"
    assert [now for now, _ in states().values()] == ["", "", ""]


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
