"""A plan names the entry of the queue in its steps, where there is one; the steps work."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from onedesk_quickbooks.plugin.ledger import Work
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_host_payments import RULES, US_TAX, outcome, paid

Make = Callable[..., dict[str, Any]]


def entries(desk: Desk) -> list[Work]:
    return desk.application.ledger.queue.open_of(desk.sandbox.realm_id, "INV-1")


def planned(desk: Desk, invoice: dict[str, Any]) -> str:
    [(plan, _)] = desk.application.plan_run([{**invoice, "status": "open"}], "copy")
    assert desk.application.plan({**invoice, "status": "open"}, "copy").reason == plan.reason
    return plan.reason


def number(reason: str, verb: str) -> int:
    found = re.search(rf"queue {verb} ([0-9]+)", reason)
    assert found is not None, reason
    return int(found[1])


def test_a_change_in_quickbooks_that_waits_for_a_decision(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    assert "queue settle ENTRY" in planned(us, invoice()), "nothing is in the queue yet"
    us.application.bring_payments()
    [change] = us.application.changes()
    assert number(planned(us, invoice()), "settle") == change.id
    us.application.settle_change(change.id, "onedesk", "Ada")
    assert us.outcome("INV-1").outcome == "updated"


def test_a_copy_that_is_held_for_it(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    assert us.copy(invoice()).outcome == "held"
    entry = number(planned(us, invoice()), "settle")
    assert entry in [each.id for each in entries(us)]
    us.application.settle_change(entry, "onedesk", "Ada")
    assert us.outcome("INV-1").outcome == "updated"


def test_what_was_deleted_there(us: Desk, invoice: Make) -> None:
    us.sandbox.delete("Invoice", us.copy(invoice()).qbo_id)
    us.application.bring_payments()
    [change] = us.application.changes()
    assert number(planned(us, invoice()), "settle") == change.id


def test_one_that_waits_has_its_own_number(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    [(plan, _)] = us.application.plan_run((), "copy")
    [waiting] = entries(us)
    assert number(plan.reason, "settle") == waiting.id
    [held] = us.drain()
    assert held.reason == plan.reason


def test_a_payment_of_the_host(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("us", rules=RULES.format(direction="both", more="", taxes=US_TAX))
    desk.connect()
    desk.copy(invoice())
    for payment_id in ("P1", "P2"):
        came = outcome(desk, paid("310.00", payment_id))
    assert came.outcome == "held"
    [(plan, _)] = desk.application.plan_payments([paid("310.00", "P2")], "recorded")
    assert plan.reason == came.reason
    [(plan, _)] = desk.application.plan_payments([paid("310.00", "P3")], "recorded")
    assert "queue retry ENTRY" in plan.reason, "it has no entry"
