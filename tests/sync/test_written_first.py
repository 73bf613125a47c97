"""A request that was recorded and not answered goes first: `plan` predicts what it writes, and what comes after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.outcome import Outcome
from tests.support.agreement import unnumbered
from tests.sync.conftest import ADMIN, Desk
from tests.sync.faults import DONE, NOT_DONE

Make = Callable[..., dict[str, Any]]
FAULTS = {name: {**DONE, **NOT_DONE}[name] for name in ("503", "502 though done")}
OVER = "was changed there and was written over: message to the customer: OneDesk Newer, QuickBooks Theirs"


def ask(desk: Desk, given: dict[str, Any], action: str = "copy") -> None:
    desk.save(given)
    assert desk.host.act(given["id"], "quickbooks.copy", ADMIN) if action == "copy" else desk.host.send("INV-1", ADMIN)


def unanswered(desk: Desk, given: dict[str, Any], fault: str, path: str = "invoice") -> None:
    """It is asked for, and QuickBooks does not answer."""
    desk.sandbox.faults.inject(**FAULTS[fault], path=path, method="POST", count=0)
    ask(desk, given)
    assert desk.application.drain(patience=timedelta(0)) == []
    desk.sandbox.faults.clear()
    assert len(desk.application.ledger.outbox.unknown(desk.sandbox.realm_id)) == 1
    desk.clock.sleep(120)


def went(desk: Desk, given: dict[str, Any]) -> Outcome:
    """Asked for again, by this version; the run comes to what `plan` says."""
    plan = desk.application.plan(given, "copy")
    ask(desk, given)
    [(waiting, _)] = desk.application.plan_run((), "copy")
    [came] = desk.application.drain()
    for said in (plan, waiting):
        assert (said.outcome, unnumbered(said.reason)) == (came.outcome, unnumbered(came.reason))
    return came


def total(desk: Desk) -> list[str]:
    return [str(each["TotalAmt"]) for each in desk.invoices()]


@pytest.fixture
def ready(us: Desk, invoice: Make) -> Desk:
    """Whose customer and items are there, so that the invoice is all that is written."""
    us.copy(invoice(id="INV-0", number="2040", memo="Before"))
    return us


@pytest.mark.parametrize("fault", FAULTS)
def test_it_makes_just_what_is_asked_for(ready: Desk, invoice: Make, fault: str) -> None:
    unanswered(ready, invoice(), fault)
    came = went(ready, invoice())
    assert (came.outcome, came.reason, total(ready)) == ("copied", "", ["310.00", "310.00"])


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_newer_is_written_after_it(ready: Desk, invoice: Make, fault: str) -> None:
    unanswered(ready, invoice(), fault)
    less = invoice(lines=invoice()["lines"][:1], subtotal="160.00", total="160.00")
    came = went(ready, less)
    assert (
        came.outcome == "updated"
        and "has the invoice then as 2041 with the total 310.00 USD; what is newer" in came.reason
    )
    assert sorted(total(ready)) == ["160.00", "310.00"]
    assert ready.copy(less).outcome == "unchanged"


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_held_says_what_quickbooks_has(ready: Desk, invoice: Make, fault: str) -> None:
    unanswered(ready, invoice(), fault)
    came = went(ready, invoice(total="310.01"))
    assert came.outcome == "held" and came.reason.endswith(
        "QuickBooks has the invoice then as 2041 with the total 310.00 USD; look at it there as well."
    )
    assert "nothing is written" not in came.reason and total(ready) == ["310.00", "310.00"]


@pytest.mark.parametrize("fault", FAULTS)
def test_so_it_is_with_an_update(ready: Desk, invoice: Make, fault: str) -> None:
    ready.copy(invoice())
    less = invoice(lines=invoice()["lines"][:1], subtotal="160.00", total="160.00")
    unanswered(ready, less, fault)
    came = went(ready, invoice(memo="Newest"))
    assert came.outcome == "updated" and "as 2041 with the total 160.00 USD; what is newer" in came.reason
    unanswered(ready, less, fault)
    assert went(ready, less).outcome == "updated"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("named", [True, False])
def test_the_customer_that_it_is_written_for_has_a_name(ready: Desk, invoice: Make, fault: str, named: bool) -> None:
    """Another customer in OneDesk since; `named`: one that QuickBooks has."""
    if named:
        ready.copy(invoice(id="INV-9", number="2049", customer={"id": "C-8", "name": "Grey Harbor Ltd"}))
    unanswered(ready, invoice(), fault)
    came = went(ready, invoice(customer={"id": "C-8", "name": "Grey Harbor Ltd"}))
    assert came.outcome == "held" and 'of this invoice is for "Blue Harbor Ltd" (id ' in came.reason


@pytest.mark.parametrize("fault", FAULTS)
def test_it_stays_with_its_customer_though_the_next_ones_go_elsewhere(ready: Desk, invoice: Make, fault: str) -> None:
    unanswered(ready, invoice(), fault)
    ready.application.customer_links().link("C-7", "Cool Cars")
    assert went(ready, invoice(memo="Newer")).outcome == "updated"
    assert {str(each["CustomerRef"]["name"]) for each in ready.invoices()} == {"Blue Harbor Ltd"}


@pytest.fixture
def overwriting(desks: Callable[..., Desk], invoice: Make) -> Desk:
    """Its rules write over what was changed in QuickBooks; somebody has changed the message there."""
    desk = desks(rules="version: 1\ninvoices: {when_changed_in_quickbooks: overwrite}\n")
    desk.connect()
    copied = desk.copy(invoice())
    desk.sandbox.edit("Invoice", copied.qbo_id, {"CustomerMemo": {"value": "Theirs"}})
    return desk


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("total", ["310.00", "310.01"])
def test_what_it_has_written_over_is_said(overwriting: Desk, invoice: Make, fault: str, total: str) -> None:
    """Nobody sees it in QuickBooks any more: neither what was asked for says it, nor what is held since."""
    unanswered(overwriting, invoice(memo="Newer"), fault)
    came = went(overwriting, invoice(memo="Newer", total=total))
    assert came.outcome == ("updated" if total == "310.00" else "held")
    assert OVER in came.reason
    assert came.reason.count("written over") == 1
    assert overwriting.copy(invoice(memo="Newer")).reason == ""


@pytest.mark.parametrize("fault", FAULTS)
def test_so_it_is_where_the_e_mail_was_not_answered(overwriting: Desk, invoice: Make, fault: str) -> None:
    desk, given = overwriting, invoice(memo="Newer")
    desk.sandbox.faults.inject(**FAULTS[fault], path="send", method="POST", count=0)
    ask(desk, given, "send")
    assert desk.application.drain(patience=timedelta(0)) == []
    desk.sandbox.faults.clear()
    desk.clock.sleep(120)
    [(plan, _)] = desk.application.plan_run((), "send")
    [came] = desk.application.drain()
    assert (plan.outcome, unnumbered(plan.reason)) == (came.outcome, unnumbered(came.reason))
    assert came.outcome == "sent" and OVER in came.reason
    assert "written over" in desk.shown("INV-1").notes["quickbooks"]


def test_so_it_is_where_nobody_asks_any_more(overwriting: Desk, invoice: Make) -> None:
    unanswered(overwriting, invoice(memo="Newer"), "502 though done")
    overwriting.host.reopen("INV-1", ADMIN)
    assert overwriting.drain() == []
    assert OVER in overwriting.shown("INV-1").notes["quickbooks"]


@pytest.mark.parametrize(("fault", "again", "totals"), [
    ("502 though done", False, ["310.00"]),
    ("502 though done", True, ["310.00", "160.00"]),
    ("503", False, ["160.00"]),
])  # fmt: skip
def test_one_that_is_changed_while_its_e_mail_is_unanswered_is_e_mailed_once_for_each_request(
    us: Desk, invoice: Make, fault: str, again: bool, totals: list[str]
) -> None:
    us.sandbox.faults.inject(**FAULTS[fault], path="send", method="POST", count=0)
    ask(us, invoice(), "send")
    assert us.application.drain(patience=timedelta(0)) == []
    us.sandbox.faults.clear()
    us.clock.sleep(120)
    us.host.save(invoice(lines=invoice()["lines"][:1], subtotal="160.00", total="160.00"))
    us.host.plugins.hook.on_invoice_changed(invoice=us.host.read_invoice("INV-1"), change="edited")
    if again:
        assert us.host.send("INV-1", ADMIN)
    [(plan, _)] = us.application.plan_run((), "send")
    [came] = us.drain()
    assert (plan.outcome, unnumbered(plan.reason)) == (came.outcome, unnumbered(came.reason))
    once = totals == ["310.00"]
    assert came.outcome == ("updated" if once else "sent")
    assert ("was of the version before, so that this one is not e-mailed" in came.reason) is once
    assert [str(each["total"]) for each in us.sandbox.outbox()] == totals
    assert total(us) == ["160.00"] and us.drain() == []
    assert us.send(dict(us.host.read_invoice("INV-1") or {})).outcome == ("sent" if once else "unchanged")
