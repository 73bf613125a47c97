"""A customer's phone and tax number, written and kept current by rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.planning import plan_text
from tests.sync.conftest import Desk

Make = Callable[..., dict[str, Any]]
RULES = "version: 1\ncustomers: {update_phone: yes, update_tax_id: yes}\n"


def customer(desk: Desk, name: str = "Blue Harbor Ltd") -> dict[str, Any]:
    (found,) = desk.sandbox.list("Customer", f"DisplayName = '{name}'")
    return found


def has(desk: Desk) -> tuple[str, str]:
    found = customer(desk)
    return found["PrimaryPhone"]["FreeFormNumber"], found.get("PrimaryTaxIdentifier", "")


@pytest.mark.parametrize(("company", "currency", "chosen"), [("us", "USD", {}), ("gb", "GBP", {"tax_code": "No VAT"})])
def test_written_and_kept_current(
    desks: Callable[..., Desk], invoice: Make, company: str, currency: str, chosen: dict[str, str]
) -> None:
    desk = desks(company, rules=RULES)
    desk.connect(**chosen)
    given = invoice(currency=currency)
    given["customer"]["tax_id"] = "GB 123 4567 89"
    assert desk.copy(given).outcome == "copied"
    assert has(desk) == ("555 0100", "XXXXXXXXX67 89")
    given["customer"] |= {"tax_id": "GB 987 6543 21", "phone": "555 0199"}
    given["memo"] = "Thanks."
    assert "give it the phone number 555 0199, give it the tax number GB 987 6543 21" in plan_text(
        desk.application.plan(given, "copy")
    )
    assert desk.copy(given).outcome == "updated"
    assert has(desk) == ("555 0199", "XXXXXXXXX43 21")
    desk.calls()
    again = invoice(id="INV-2", number="2042", currency=currency, customer={**given["customer"], "phone": "(555) 0199"})
    assert desk.copy(again).outcome == "copied"
    assert [call for call in desk.calls() if "customer" in call.lower()] == [], "the same in another writing"
    bare = {**given["customer"], "phone": "", "tax_id": ""}
    assert desk.copy(invoice(id="INV-3", number="2043", currency=currency, customer=bare)).outcome == "copied"
    assert has(desk) == ("555 0199", "XXXXXXXXX43 21"), "what OneDesk does not have stays"


def test_without_the_rule_they_stay(us: Desk, invoice: Make) -> None:
    given = invoice()
    given["customer"]["tax_id"] = "94-1234567"
    us.copy(given)
    given["customer"] |= {"phone": "555 0199"}
    given["memo"] = "Thanks."
    assert us.copy(given).outcome == "updated"
    assert has(us) == ("555 0100", "")


def test_what_quickbooks_refuses_holds_the_invoice(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES)
    desk.connect()
    given = invoice()
    desk.copy(given)
    given["customer"]["phone"] = "555 0199"
    given["memo"] = "Thanks."
    desk.predicts = False
    desk.sandbox.faults.inject(fault="refused", code="2010", path="customer", method="POST", count=1)
    held = desk.copy(given)
    assert held.outcome == "held"
    assert held.reason.startswith('The numbers of the customer "Blue Harbor Ltd" could not be changed: ')
    assert desk.copy(given).outcome == "updated" and has(desk)[0] == "555 0199"


def test_many_of_one_customer_change_it_once(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES)
    desk.connect()
    desk.copy(invoice())
    other = {**invoice()["customer"], "phone": "555 0199", "tax_id": "94-1234567"}
    before = int(customer(desk)["SyncToken"])
    for number in range(2, 6):
        desk.save(invoice(id=f"INV-{number}", number=f"204{number}", customer=other))
        desk.host.act(f"INV-{number}", "quickbooks.copy", "admin")
    assert {each.outcome for each in desk.drain()} == {"copied"}
    assert has(desk) == ("555 0199", "XXXXX34567") and int(customer(desk)["SyncToken"]) == before + 1
