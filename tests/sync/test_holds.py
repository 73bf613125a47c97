"""What does not fit is held with one clear sentence that names the place and the remedy; others go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sync.conftest import Desk

Make = Callable[..., dict[str, Any]]


def line(**fields: Any) -> dict[str, Any]:
    work_item = {"type": "ticket", "number": "55", "name": "Printer"}
    one = {"id": "1", "work_item": work_item, "service_type": "Support", "amount": "310.00"}
    return {key: value for key, value in {**one, **fields}.items() if value is not None}


CASES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "no service type": (
        {"lines": [line(service_type=None)]},
        ('Line 1 (ticket 55 "Printer") has no service type', "set one on the ticket in OneDesk"),
    ),
    "quantity times price": (
        {"lines": [line(quantity="2", unit_price="80")]},
        ("says 310.00, but 2 at 80 is 160.00", "correct the line in OneDesk"),
    ),
    "subtotal": (
        {"subtotal": "300.00", "total": "300.00"},
        ("The lines come to 310.00, but the subtotal says 300.00",),
    ),
    "total": ({"total": "311.00"}, ("is 310.00, but the total says 311.00", "correct the invoice in OneDesk")),
    "colon in the customer's name": (
        {"customer": {"id": "C-1", "name": "Blue: Harbor"}},
        ('The customer name "Blue: Harbor" contains a colon', "rename the customer organization"),
    ),
    "tab in the customer's name": (
        {"customer": {"id": "C-1", "name": "Blue\tHarbor"}},
        ("contains a tab", "rename the customer organization"),
    ),
    "a long service type": (
        {"lines": [line(service_type="S" * 101)]},
        ("is 101 characters long, QuickBooks takes 100", "items.by_service_type"),
    ),
    "colon in the service type": ({"lines": [line(service_type="A:B")]}, ('The service type "A:B" of line 1',)),
    "another currency": ({"currency": "EUR"}, ("keeps only USD", "multicurrency")),
    "a long number": ({"number": "N" * 22}, ("is 22 characters long, QuickBooks takes 21", "shorten it")),
    "negative": (
        {"lines": [line(amount="-5.00")], "subtotal": "-5.00", "total": "-5.00"},
        ("a negative total is a credit note", "credit memo"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_held_with_a_sentence(us: Desk, invoice: Make, name: str) -> None:
    fields, words = CASES[name]
    held = us.copy(invoice(**fields))
    assert held.outcome == "held"
    for word in words:
        assert word in held.reason
    assert us.invoices() == []
    assert us.shown("INV-1").tags == {"Held for QuickBooks": ""}
    assert us.shown("INV-1").notes["quickbooks"] == f"Held for QuickBooks: {held.reason}"


def test_an_unknown_tax_code(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("gb", rules="version: 1\ntaxes:\n  otherwise: {code: 20.0% Standard}\n")
    desk.connect()
    held = desk.copy(invoice(currency="GBP"))
    assert held.outcome == "held"
    assert 'QuickBooks has no tax code "20.0% Standard"' in held.reason
    assert "correct the rule (it has" in held.reason


def test_no_income_account_chosen(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks()
    back = desk.consent()
    desk.application.finish_connect(back["state"], back["code"], back["realmId"])
    held = desk.copy(invoice())
    assert held.outcome == "held"
    assert "choose a default income account under Administration > Financials" in held.reason


def test_others_go_on(us: Desk, invoice: Make) -> None:
    us.save(invoice(total="311.00"))
    us.save(invoice(id="INV-2", number="2042"))
    us.save(invoice(id="INV-3", number="2043"))
    for each in ("INV-1", "INV-2", "INV-3"):
        us.host.act(each, "quickbooks.copy", "admin")
    outcomes = {each.id: each.outcome for each in us.application.drain()}
    assert outcomes == {"INV-1": "held", "INV-2": "copied", "INV-3": "copied"}


def test_what_was_held_is_copied_once_it_is_mended(us: Desk, invoice: Make) -> None:
    us.copy(invoice(total="311.00"))
    assert us.copy(invoice()).outcome == "copied"
    assert us.shown("INV-1").notes.get("quickbooks", "") == ""
    assert us.application.status().held == 0


def test_a_name_that_a_vendor_has(us: Desk, invoice: Make) -> None:
    us.sandbox.create("Vendor", {"DisplayName": "Blue Harbor Ltd"})
    held = us.copy(invoice())
    assert held.outcome == "held"
    assert held.reason.startswith('QuickBooks has the vendor "Blue Harbor Ltd", and no customer may have the name')
    assert us.sandbox.list("Customer", "DisplayName LIKE 'Blue Harbor%'") == us.invoices() == []
