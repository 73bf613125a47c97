"""A copy that is held for its number follows once QuickBooks' other invoice has another number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger import Work
from tests.sync.conftest import ADMIN, Desk
from tests.sync.payments.conftest import Make
from tests.sync.test_reinstalled import again


def entries(desk: Desk) -> list[Work]:
    return desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("todo", "held", "failed"))


def ask(desk: Desk, invoice: dict[str, Any]) -> None:
    desk.save(invoice)
    assert desk.host.act(invoice["id"], "quickbooks.copy", ADMIN)


@pytest.mark.parametrize("held", ["before", "same run, first", "same run, last"])
def test_one_that_is_renumbered_in_onedesk_frees_its_number(us: Desk, invoice: Make, held: str) -> None:
    us.copy(invoice())
    second = invoice(id="INV-2")
    if held == "before":
        assert us.copy(second).outcome == "held"
    elif held == "same run, first":
        ask(us, second)
    ask(us, invoice(number="2050"))
    if held == "same run, last":
        ask(us, second)
    planned = {plan.invoice_id: plan.outcome for plan, _ in us.application.plan_run((), "copy")}
    assert planned == {"INV-1": "updated", "INV-2": "copied"}
    assert {each.id: (each.outcome, each.qbo_number) for each in us.drain()} == {
        "INV-1": ("updated", "2050"),
        "INV-2": ("copied", "2041"),
    }
    assert (us.shown("INV-2").notes, list(us.shown("INV-2").tags)) == ({}, ["Copied to QuickBooks"])
    assert entries(us) == []


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("place", ["first", "last"])
def test_one_that_was_renumbered_in_quickbooks_frees_its_number_there(
    desks: Callable[..., Desk], invoice: Make, linked: bool, place: str
) -> None:
    """The ledger does not know that number: it was lost, or the invoice was renumbered since. `plan` is compared."""
    desk = desks(rules="version: 1\ninvoices: {when_changed_in_quickbooks: overwrite}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "2099"})
    if not linked:
        again(desk)
    ours, other = invoice(memo="Newer"), invoice(id="INV-2", number="2099")
    for each in (other, ours) if place == "first" else (ours, other):
        ask(desk, each)
    assert {each.id: (each.outcome, each.qbo_number) for each in desk.drain()} == {
        "INV-1": ("updated", "2041"),
        "INV-2": ("copied", "2099"),
    }


def test_one_whose_number_stays_taken_is_planned_and_tried_once_more(us: Desk, invoice: Make) -> None:
    """Two wait for the number: the second is held by the first."""
    us.copy(invoice())
    for each in ("INV-2", "INV-3"):
        assert us.copy(invoice(id=each)).outcome == "held"
    ask(us, invoice(number="2050"))
    assert {each.id: each.outcome for each in us.drain()} == {"INV-1": "updated", "INV-2": "copied", "INV-3": "held"}
    (left,) = entries(us)
    assert left.od_invoice_id == "INV-3" and "is the number of the OneDesk invoice INV-2 as well" in left.reason


def test_a_number_that_another_one_gets_is_taken(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    ask(us, invoice(number="2050"))
    ask(us, invoice(id="INV-2", number="2050"))
    assert {each.id: each.outcome for each in us.drain()} == {"INV-1": "updated", "INV-2": "held"}


def test_one_that_is_renumbered_in_quickbooks_frees_its_number(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    assert us.copy(invoice(id="INV-2")).outcome == "held"
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "2050"})
    us.application.bring_payments()
    assert [(each.id, each.outcome) for each in us.drain()] == [("INV-2", "copied")]
