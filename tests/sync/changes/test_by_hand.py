"""What a bookkeeper enters in QuickBooks: an exchange rate, accounts, addresses. Seen, and never undone in silence."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.money import plain
from tests.sync.changes.conftest import Make, edit, rule, versions, waiting
from tests.sync.conftest import Desk

RULES = """
customers: {when_currency_differs: separate}
items: {otherwise: same_name}
taxes: {otherwise: {code: Exempt}}
"""
FOREIGN = [("USD", "0.70"), ("SEK", "0.0951")]


@pytest.fixture
def abroad(desks: Callable[..., Desk]) -> Callable[[str], Desk]:
    """A company that keeps its books in EUR, with a rule for what is changed there."""

    def make(word: str) -> Desk:
        desk = desks("intl", currency="EUR", rules=rule(word) + RULES)
        desk.connect()
        return desk

    return make


def rate(desk: Desk) -> Decimal:
    return Decimal(str(desk.invoices()[0]["ExchangeRate"]))


@pytest.mark.parametrize("currency", ["USD", "SEK"])
@pytest.mark.parametrize("word", ["hold", "keep_quickbooks", "overwrite"])
def test_an_exchange_rate_that_was_set_by_hand(
    abroad: Callable[[str], Desk], invoice: Make, word: str, currency: str
) -> None:
    by_hand = Decimal(dict(FOREIGN)[currency])
    desk = abroad(word)
    outcome = desk.copy(invoice(currency=currency))
    assert outcome.outcome == "copied", outcome.reason
    first = rate(desk)
    edit(desk, outcome.qbo_id, ExchangeRate=by_hand)
    again = desk.copy(invoice(currency=currency, memo="Newer"))
    expected = {"hold": ("held", by_hand), "keep_quickbooks": ("unchanged", by_hand), "overwrite": ("updated", first)}
    assert (again.outcome, rate(desk)) == expected[word]
    had = f"none (QuickBooks had {first.normalize():f} at the last copy)"
    assert f"exchange rate: OneDesk {had}, QuickBooks {by_hand.normalize():f}" in again.reason


def test_the_rate_of_an_invoice_outlives_the_rate_of_the_day(abroad: Callable[[str], Desk], invoice: Make) -> None:
    desk = abroad("hold")
    assert desk.copy(invoice(currency="USD")).outcome == "copied"
    first = rate(desk)
    today = {"SourceCurrencyCode": "USD", "TargetCurrencyCode": "EUR", "Rate": 2, "AsOfDate": "2026-07-01"}
    desk.application._services.quickbooks(desk.sandbox.realm_id).transport.request("POST", "exchangerate", json=today)
    assert desk.copy(invoice(currency="USD", memo="Newer")).outcome == "updated"
    assert rate(desk) == first != 2
    assert desk.copy(invoice(id="INV-2", number="2042", currency="USD")).outcome == "copied"
    assert desk.invoices()[-1]["ExchangeRate"] == 2


@pytest.mark.parametrize("keep", ["quickbooks", "onedesk"])
def test_a_person_decides_about_the_rate(abroad: Callable[[str], Desk], invoice: Make, keep: str) -> None:
    desk = abroad("hold")
    outcome = desk.copy(invoice(currency="USD"))
    first = rate(desk)
    edit(desk, outcome.qbo_id, ExchangeRate=Decimal("0.70"))
    desk.application.bring_payments()
    (work,) = waiting(desk)
    had = f"none (QuickBooks had {plain(first)} at the last copy)"
    assert versions(work) == {"exchange rate": (had, "0.7")}
    desk.application.settle_change(work.id, keep, "Ada")
    desk.application.drain()
    assert rate(desk) == (Decimal("0.70") if keep == "quickbooks" else first)
    desk.application.bring_payments()
    assert waiting(desk) == []


EDITS: list[tuple[dict[str, Any], str, str]] = [
    ({"BillEmail": {"Address": "books@blueharbor.example"}}, "billing e-mail", "books@blueharbor.example"),
    ({"BillEmailCc": {"Address": "books@blueharbor.example"}}, "copy to", "books@blueharbor.example"),
    ({"BillAddr": {"Line1": "7 Mole"}}, "billing address", "7 Mole"),
    ({"ShipAddr": {"Line1": "7 Mole"}}, "shipping address", "7 Mole"),
]


@pytest.mark.parametrize(("change", "field", "value"), EDITS, ids=[field for _, field, _ in EDITS])
def test_what_was_entered_there_is_seen_and_stays(
    us: Desk, invoice: Make, change: dict[str, Any], field: str, value: str
) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id, **change)
    us.application.bring_payments()
    (work,) = waiting(us)
    assert {name: there for name, (_, there) in versions(work).items()} == {field: value}
    held = us.copy(invoice(memo="Newer"))
    assert held.outcome == "held" and value in held.reason
    (key,) = change
    now = us.sandbox.read("Invoice", outcome.qbo_id)
    assert value.split()[0] in str(now[key])


def test_the_account_and_the_day_of_lines(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice(discounts=[{"name": "Loyalty", "amount": "15.00"}], total="295.00"))
    assert outcome.outcome == "copied", outcome.reason
    lines = [line for line in us.sandbox.read("Invoice", outcome.qbo_id)["Line"] if "SubTotalLineDetail" not in line]
    income = us.sandbox.list("Account", "AccountType = 'Income'")[-1]
    lines[-1]["DiscountLineDetail"]["DiscountAccountRef"] = {"value": income["Id"]}
    lines[0]["SalesItemLineDetail"]["ServiceDate"] = "2026-06-21"
    edit(us, outcome.qbo_id, Line=lines)
    us.application.bring_payments()
    (work,) = waiting(us)
    assert versions(work)["line 1 service date"] == ("2026-06-20", "2026-06-21")
    assert versions(work)["line 3 discount account"][1] == income["FullyQualifiedName"]
    assert len(versions(work)) == 2


def test_an_email_to_another_address_is_our_own_write(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id, BillEmail={"Address": "books@blueharbor.example"})
    us.application.bring_payments()
    us.application.settle_change(waiting(us)[0].id, "quickbooks", "Ada")
    assert us.send(invoice()).outcome == "sent"
    us.application.bring_payments()
    assert waiting(us) == []
    edit(us, outcome.qbo_id, BillEmail={"Address": "other@blueharbor.example"})
    us.application.bring_payments()
    assert versions(waiting(us)[0])["billing e-mail"][1] == "other@blueharbor.example"


ADJUSTED = """
items: {otherwise: same_name}
taxes: {by_country: {GB: {by_rate: {"20": 20.0% S}}}, otherwise: hold}
totals: {when_different: adjust_tax}
"""


def test_a_tax_that_was_written_and_is_worked_out_again_there(desks: Callable[..., Desk], invoice: Make) -> None:
    """Each row of what differs has two sides that differ."""
    desk = desks("gb", rules=rule("hold") + ADJUSTED)
    desk.connect()
    lines = [{"id": each, "service_type": "Support", "amount": "33.33", "tax_rate": "20"} for each in "123"]
    customer = {"id": "C-7", "name": "Lark", "address": {"country": "GB"}}
    given = invoice(
        currency="GBP",
        customer=customer,
        lines=lines,
        subtotal="99.99",
        taxes=[{"rate": "20", "amount": "20.01"}],
        total="120.00",
    )
    outcome = desk.copy(given)
    assert outcome.outcome == "copied", outcome.reason
    there = desk.sandbox.read("Invoice", outcome.qbo_id)["Line"]
    edit(desk, outcome.qbo_id, Line=[{**there[0], "Description": "By hand"}, *there[1:3]])
    held = desk.copy(given)
    assert held.outcome == "held"
    assert "tax by rate: OneDesk 20.01 GBP at 20 %, QuickBooks none" in held.reason
    desk.application.bring_payments()
    desk.drain()
    found = versions(waiting(desk)[0])
    assert found["tax"] == ("20.01 GBP", "20.00 GBP")
    assert [field for field, (own, theirs) in found.items() if own == theirs] == []


def test_what_quickbooks_chose_and_somebody_took_off_has_two_sides(us: Desk, invoice: Make) -> None:
    given = invoice(due_date=None)
    del given["due_date"]
    outcome = us.copy(given)
    had = us.sandbox.read("Invoice", outcome.qbo_id).get("DueDate")
    assert had
    edit(us, outcome.qbo_id, DueDate=None, CustomerMemo={"value": "By hand"})
    us.application.bring_payments()
    for own, theirs in versions(waiting(us)[0]).values():
        assert own.removeprefix("none ") != theirs and own != theirs
