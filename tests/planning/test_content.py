"""What counts as a change of an invoice that was copied before, and what does not."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.plan import Plan
from onedesk_quickbooks.plugin.planning import marker
from tests.planning.conftest import Given, Make, copied

LINE = {
    "id": "L1",
    "work_item": {"type": "ticket", "number": "77", "name": "Set up printer"},
    "service_type": "Consulting",
    "quantity": "2",
    "unit_price": "150.00",
    "amount": "300.00",
    "date": "2026-10-30",
}


def line(**other: Any) -> dict[str, Any]:
    """An invoice patch: its one line, otherwise."""
    return {"invoice": {"lines": [{**LINE, **other}]}}


CHANGES = {
    "number": {"invoice": {"number": "1043"}},
    "issue date": {"invoice": {"issue_date": "2026-11-03"}},
    "due date": {"invoice": {"due_date": "2026-12-03"}},
    "memo": {"invoice": {"memo": "Thank you"}},
    "private note": {"invoice": {"private_note": "Ask Ada"}},
    "purchase order": {"invoice": {"purchase_order": "PO 5"}},
    "billing e-mail": {"invoice": {"customer": {"billing_contact": {"email": "bob@acme.example"}}}},
    "address": {"invoice": {"customer": {"address": {"city": "Reno"}}}},
    "ship-to address": {"invoice": {"ship_to": {"city": "Reno", "region": "NV", "country": "US"}}},
    "another customer organization": {"invoice": {"customer": {"id": "C-8"}}},
    "description": line(description="Second floor"),
    "service type": line(service_type="Repair"),
    "quantity and price": line(quantity="3", unit_price="100.00"),
    "date of a line": line(date="2026-10-31"),
    "amount": {"invoice": {**line(quantity="3", amount="450.00")["invoice"], "subtotal": "450.00", "total": "450.00"}},
    "a line more": {"invoice": {"lines": [LINE, {"id": "L2", "service_type": "Consulting", "amount": "0.00"}]}},
    "taxable": line(taxable="true"),
    "discount": {"invoice": {"discounts": [{"name": "Friend", "amount": "1.00"}], "total": "299.00"}},
    "charge": {"invoice": {"charges": [{"name": "Freight", "amount": "1.00"}], "total": "301.00"}},
}
SAME = {
    "amounts written otherwise": line(quantity="2.000", unit_price="150", amount="300.0"),
    "id of a line": line(id="other"),
    "tags": {"invoice": {"tags": ["vip"], "customer": {"tags": ["vip"]}}},
    "project": {"invoice": {"project": "Website"}},
    "paid": {"invoice": {"status": "paid"}},
    "phone of a known customer": {"invoice": {"customer": {"phone": "1"}}},
    "customer's name in QuickBooks": {"books": {"customers": [{"id": "5", "name": "Acme", "currency": "USD"}]}},
    "customer's id in QuickBooks": {"books": {"customers": [{"id": "6", "name": "ACME", "currency": "USD"}]}},
    "customer not there yet": {"books": {"customers": []}},
    "item not there yet": {"books": {"items": []}},
    "item's id in QuickBooks": {
        "books": {"items": [{"id": "12", "name": "Consulting", "income_account": {"id": "79", "name": "Services"}}]}
    },
}


def plan_of(given: Given) -> Plan:
    plan = given.plan()
    assert isinstance(plan, Plan), plan.reason
    return plan


@pytest.mark.parametrize("name", [*CHANGES, *SAME])
def test_only_what_quickbooks_shows_is_a_change(make: Make, name: str) -> None:
    first = plan_of(make({}))
    before = copied({"qbo_id": "130", "content_hash": first.put.content_hash})
    given = make({"given": CHANGES[name] if name in CHANGES else SAME[name]})
    put = plan_of(dataclasses.replace(given, before=before)).put
    assert put.action == ("update" if name in CHANGES else "unchanged") and put.qbo_id == "130"


def test_the_rate_of_the_day_is_no_change(make: Make) -> None:
    def hash_at(rate: str) -> str:
        books = {"customers": [{"id": "5", "name": "Acme", "currency": "USD"}], "rates": {"USD": rate}}
        plan = plan_of(make({"base": "gb", "given": {"invoice": {"currency": "USD"}, "books": books}}))
        assert str(plan.put.draft.exchange_rate) == rate
        return plan.put.content_hash

    assert hash_at("0.79") == hash_at("0.81")


def test_a_tax_code_by_other_rules_is_a_change(make: Make) -> None:
    def hash_of(code: str) -> str:
        rules = {"taxes": {"otherwise": {"code": code}}, "totals": {"when_different": "note"}}
        return plan_of(make({"base": "gb", "rules": rules})).put.content_hash

    assert hash_of("20.0% S") != hash_of("5.0% R")


def test_a_class_is_a_change_and_none_leaves_older_hashes_as_they_were(make: Make) -> None:
    ruled = {"items": {"otherwise": {"item": "Consulting", "class": "North"}}}
    given = {"books": {"classes": [{"id": "31", "name": "North"}]}, "invoice": {"customer": {"address": "absent"}}}
    plain, classed = plan_of(make({"given": given})), plan_of(make({"given": given, "rules": ruled}))
    assert plain.put.content_hash == "65623778d9aa16dac931d3d2cc56499fc77406d755501194fae30049304a490f"
    assert classed.put.content_hash != plain.put.content_hash


def test_without_a_copy_before_it_is_created(make: Make) -> None:
    put = plan_of(make({})).put
    assert (put.action, put.qbo_id, len(put.content_hash)) == ("create", None, 64)


def test_the_marker_names_the_invoice_at_the_end_of_the_private_note(make: Make) -> None:
    draft = plan_of(make({"given": {"invoice": {"private_note": "First\nSecond"}}})).put.draft
    assert draft.private_note.splitlines()[-1] == marker("INV-1") == "OneDesk invoice INV-1"
