"""Many invoices at once: as few calls as QuickBooks' limits ask for, and what others change meanwhile is noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]


def ask(desk: Desk, invoice: Make, numbers: range) -> None:
    for n in numbers:
        customer = {**invoice()["customer"], "id": f"C-{n % 40}", "name": f"Customer {n % 40}"}
        desk.save(invoice(id=f"INV-{n}", number=f"N{n}", customer=customer))
        desk.host.act(f"INV-{n}", "quickbooks.copy", ADMIN)


def test_three_hundred_invoices_take_few_calls(us: Desk, invoice: Make) -> None:
    ask(us, invoice, range(300))
    us.calls()
    outcomes = us.bridge.drain()
    assert {outcome.outcome for outcome in outcomes} == {"copied"} and len(outcomes) == 300
    calls = us.calls()
    assert len(calls) <= 0.06 * 300, calls
    assert sum(outcome.calls for outcome in outcomes) == len(calls)
    assert len(us.sandbox.list("Customer", "DisplayName LIKE 'Customer %'")) == 40


def test_somebody_else_was_quicker(us: Desk, invoice: Make) -> None:
    """The snapshot does not know of a customer that was made a moment ago, nor that an item went inactive."""
    ask(us, invoice, range(130))
    us.bridge.drain()
    us.sandbox.create("Customer", {"DisplayName": "New Pier Ltd"})
    support = us.sandbox.list("Item", "Name = 'Support'")[0]
    us.sandbox.edit("Item", support["Id"], {"Active": False})
    outcome = us.copy(invoice(id="INV-X", number="NX", customer={"id": "C-X", "name": "New Pier Ltd"}))
    assert outcome.outcome == "copied", outcome.reason
    assert len(us.sandbox.list("Customer", "DisplayName LIKE 'New Pier%'")) == 1


def test_a_warm_copy_takes_one_call(us: Desk, invoice: Make) -> None:
    ask(us, invoice, range(130))
    us.bridge.drain()
    us.calls()
    customer = {**invoice()["customer"], "id": "C-1", "name": "Customer 1"}
    assert us.copy(invoice(id="INV-X", number="NX", customer=customer)).outcome == "copied"
    assert us.calls() == ["POST invoice"]


def test_a_cold_copy_of_a_new_customer_and_new_items_takes_few(us: Desk, invoice: Make) -> None:
    us.copy(invoice(id="INV-0", number="N0"))
    us.calls()
    lines = [{"id": str(n), "service_type": f"New {n}", "amount": "10.00"} for n in range(3)]
    fresh = invoice(
        id="INV-Y",
        number="NY",
        customer={"id": "C-Y", "name": "Pier Ltd"},
        lines=lines,
        subtotal="30.00",
        total="30.00",
    )
    assert us.copy(fresh).outcome == "copied"
    assert len(us.calls()) <= 4
