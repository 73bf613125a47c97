"""A vendor, an employee or a rejected namesake has the name of a new customer: by rule it gets a suffix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]
RULES = "version: 1\ncustomers: {when_name_taken: suffix}\n"
CASES: list[Any] = [("us", "USD", "Vendor", {"DisplayName": "Blue Harbor Ltd"}, {})]
CASES += [("gb", "GBP", "Employee", {"GivenName": "Blue Harbor", "FamilyName": "Ltd"}, {"tax_code": "No VAT"})]


def named(desk: Desk, od_id: str) -> str:
    """What the QuickBooks customer of an invoice is called."""
    link = desk.application.ledger.links.invoice(desk.sandbox.realm_id, od_id)
    assert link is not None
    return str(desk.sandbox.read("Invoice", link.qbo_id)["CustomerRef"]["name"])


@pytest.mark.parametrize(("company", "currency", "kind", "fields", "chosen"), CASES)
def test_a_suffix_by_rule(
    desks: Callable[..., Desk],
    invoice: Make,
    company: str,
    currency: str,
    kind: str,
    fields: dict[str, str],
    chosen: dict[str, str],
) -> None:
    desk = desks(company, rules=RULES)
    desk.connect(**chosen)
    desk.sandbox.create(kind, fields)
    assert desk.copy(invoice(currency=currency)).outcome == "copied"
    assert desk.copy(invoice(id="INV-2", number="2042", currency=currency)).outcome == "copied"
    assert named(desk, "INV-1") == named(desk, "INV-2") == "Blue Harbor Ltd (customer)"
    desk.application.customer_links(ADMIN).unlink("C-7")
    assert desk.copy(invoice(id="INV-3", number="2043", currency=currency)).outcome == "copied"
    assert named(desk, "INV-3") == "Blue Harbor Ltd (customer)", "found by its name"
    assert [row["DisplayName"] for row in desk.sandbox.list("Customer")].count("Blue Harbor Ltd (customer)") == 1


def test_many_at_once_make_one_customer_with_the_suffix(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES)
    desk.connect()
    desk.sandbox.create("Vendor", {"DisplayName": "Blue Harbor Ltd"})
    for number in range(35):
        desk.save(invoice(id=f"INV-{number}", number=f"30{number:02}"))
        desk.host.act(f"INV-{number}", "quickbooks.copy", ADMIN)
    assert {each.outcome for each in desk.drain()} == {"copied"}
    assert {named(desk, f"INV-{number}") for number in range(35)} == {"Blue Harbor Ltd (customer)"}


def test_a_vendor_that_is_made_meanwhile(desks: Callable[..., Desk], invoice: Make) -> None:
    """QuickBooks refuses the name (6240): it is looked up once more, and the rule holds."""
    desk = desks(rules=RULES)
    desk.connect()
    desk.predicts = False
    desk.copy(invoice(id="INV-0", number="2040", customer={"id": "C-0", "name": "Warm", "address": {}}))
    desk.sandbox.create("Vendor", {"DisplayName": "Blue Harbor Ltd"})
    assert desk.copy(invoice()).outcome == "copied"
    assert named(desk, "INV-1") == "Blue Harbor Ltd (customer)"


def test_a_namesake_that_was_rejected(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES)
    desk.connect()
    amy = {"name": "Amy's Bird Sanctuary", "address": {}}
    assert desk.copy(invoice(customer={"id": "C-1", **amy})).outcome == "copied"
    assert desk.copy(invoice(id="INV-2", number="2042", customer={"id": "C-2", **amy})).outcome == "held"
    assert desk.application.reject_customer("C-2", "1", ADMIN).again == 1
    assert [each.outcome for each in desk.drain()] == ["copied"]
    assert named(desk, "INV-2") == "Amy's Bird Sanctuary (customer)"
