"""Adopting in the United States with automated sales tax, and in Canada with two taxes and three currencies."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import requests

from onedesk_quickbooks.plugin.sync.errors import CannotAdopt, NotConnected
from tests.sync.adopt.conftest import Make, adopt, again, asked, customer, enter, look, only, record
from tests.sync.conftest import Desk
from tests.sync.reconcile.conftest import reconciled

CA = """version: 1
taxes:
  by_country:
    CA: {by_rate: {"13": HST ON, "5": GST}}
  otherwise: hold
customers: {match: [link, display_name, billing_email]}
"""


def test_automated_sales_tax(automated: Desk, invoice: Make) -> None:
    """QuickBooks calculates the tax of both; the total of OneDesk is that."""
    address = {"Line1": "1 Quay", "City": "Bayshore", "CountrySubDivisionCode": "CA", "PostalCode": "94326"}
    line_tax = {"TxnTaxCodeRef": {"value": "TAX"}}
    qbo_id = enter(automated, code="TAX", ShipAddr=address, TxnTaxDetail=line_tax)
    now = automated.sandbox.read("Invoice", qbo_id)
    tax = Decimal(str(now["TxnTaxDetail"]["TotalTax"]))
    assert tax == Decimal("22.48")
    taxes = [{"name": "Sales tax", "rate": "7.25", "amount": "22.48", "taxable": "310.00"}]
    taxed = invoice(taxes=taxes, total="332.48")
    automated.save(taxed)
    assert adopt(automated).adopted == {"INV-1"}
    assert automated.copy(taxed).outcome == "unchanged"
    assert reconciled(automated).all == []
    changed = {**taxed, "memo": "Thank you all."}
    assert again(automated, changed) == "updated"
    assert reconciled(automated).all == []


def test_another_tax_is_reported(automated: Desk, invoice: Make) -> None:
    enter(automated, code="NON", amount="332.48")
    taxes = [{"name": "Sales tax", "rate": "7.25", "amount": "22.48", "taxable": "310.00"}]
    automated.save(invoice(taxes=taxes, total="332.48"))
    (field,) = only(automated).candidates[0].fields
    assert (field.name, field.onedesk, field.quickbooks) == ("tax", "22.48 USD", "0.00 USD")


@pytest.fixture
def ca(desks: Callable[..., Desk]) -> Desk:
    desk = desks("ca", rules=CA)
    several = {"CurrencyPrefs": {"MultiCurrencyEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=several, timeout=10).ok
    desk.connect()
    return desk


def code(desk: Desk, name: str) -> str:
    return str(desk.sandbox.list("TaxCode", f"Name = '{name}'")[0]["Id"])


def canadian(invoice: Make, currency: str, **fields: Any) -> dict[str, Any]:
    """310.00 and 13 % on it."""
    taxes = [{"name": "HST", "rate": "13", "amount": "40.30", "taxable": "310.00"}]
    lines = [{**line, "tax_rate": "13"} for line in invoice()["lines"]]
    who = {**invoice()["customer"], "address": {"line1": "1 Quay", "city": "Toronto", "region": "ON", "country": "CA"}}
    kept = {"taxes": taxes, "lines": lines, "total": "350.30", "customer": who, "currency": currency}
    return invoice(**{**kept, **fields})


def by_hand(desk: Desk, number: str, currency: str, name: str) -> str:
    foreign: dict[str, Any] = (
        {"CurrencyRef": {"value": currency}, "ExchangeRate": Decimal("1.35")} if currency != "CAD" else {}
    )
    return enter(desk, number, name=name, code=code(desk, "HST ON"), GlobalTaxCalculation="TaxExcluded", **foreign)


def test_canada_in_three_currencies(ca: Desk, invoice: Make) -> None:
    made = {}
    for place, currency in enumerate(("CAD", "USD", "EUR"), 1):
        name = f"Blue Harbor {currency}"
        made[currency] = by_hand(ca, f"20{place}", currency, name)
        who = {**canadian(invoice, currency)["customer"], "id": f"C-{currency}", "name": name}
        ca.save(canadian(invoice, currency, id=f"INV-{currency}", number=f"20{place}", customer=who))
    report = look(ca)
    assert [(each.own.id, each.kind, each.theirs and each.theirs.id) for each in report.matches] == [
        (f"INV-{currency}", "same", qbo_id) for currency, qbo_id in made.items()
    ], report.to_json()
    adopt(ca)
    links = {
        (each.od_customer_id, each.currency) for each in ca.application.ledger.links.every_customer(ca.sandbox.realm_id)
    }
    assert links == {("C-CAD", "CAD"), ("C-USD", "USD"), ("C-EUR", "EUR")}
    for currency in made:
        kept = dict(ca.shown(f"INV-{currency}").json)
        assert ca.copy(kept).outcome == "unchanged", currency
    assert reconciled(ca).all == []
    kept = dict(ca.shown("INV-USD").json)
    assert again(ca, {**kept, "memo": "Thank you all."}) == "updated"
    assert ca.sandbox.read("Invoice", made["USD"])["ExchangeRate"] == Decimal("1.35")
    assert reconciled(ca).all == []


def test_the_same_number_in_another_currency_is_no_match(ca: Desk, invoice: Make) -> None:
    qbo_id = by_hand(ca, "2041", "USD", "Blue Harbor Ltd")
    ca.save(canadian(invoice, "CAD"))
    found = only(ca)
    assert [each.name for each in found.candidates[0].fields] == ["currency"]
    (named,) = look(ca, "INV-1", pairs={"INV-1": qbo_id}).matches
    assert named.kind == "differs"
    assert adopt(ca, "INV-1", pairs={"INV-1": qbo_id}).adopted == set()


def test_paid_in_part_in_a_foreign_currency(ca: Desk, invoice: Make) -> None:
    qbo_id = by_hand(ca, "2041", "USD", "Blue Harbor Ltd")
    ca.sandbox.pay({qbo_id: "100.00"})
    ca.save(canadian(invoice, "USD"))
    record(ca, "INV-1", "100.00", "250.30")
    assert adopt(ca).adopted == {"INV-1"}
    assert ca.application.bring_payments() == []
    assert reconciled(ca).all == []


# Pairs


def test_a_pair_under_another_number_and_another_name(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us, "9-77", name="Harbour, Blue", TxnDate="2026-07-03")
    us.save(invoice())
    assert only(us).kind == "only_in_onedesk"
    report = adopt(us, "INV-1", pairs={"INV-1": qbo_id})
    (found,) = report.matches
    assert (found.kind, [each.name for each in found.candidates[0].fields]) == ("named", ["number", "customer", "date"])
    assert report.adopted == {"INV-1"}
    (link,) = us.application.ledger.links.every_customer(us.sandbox.realm_id)
    assert link.qbo_id == customer(us, "Harbour, Blue")
    assert us.copy(invoice()).outcome == "unchanged"
    assert [each.kind for each in reconciled(us).all] == []
    assert adopt(us, "INV-1", pairs={"INV-1": qbo_id}).linked == 1


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ({"INV-1": "4711"}, "QuickBooks has no invoice with the id 4711, which is named for INV-1"),
        ({"INV-9": "QBO"}, "OneDesk has no invoice with the id INV-9, which a pair names"),
        ({"INV-8": "QBO"}, "invoice INV-8 is Draft: only an Open or a Paid one is adopted"),
    ],
)
def test_a_pair_that_cannot_be_says_why(us: Desk, invoice: Make, pair: dict[str, str], said: str) -> None:
    qbo_id = enter(us)
    us.save(invoice())
    us.host.save(invoice(id="INV-8", status="draft"))
    named = {od_id: qbo_id if there == "QBO" else there for od_id, there in pair.items()}
    with pytest.raises(CannotAdopt, match=said):
        adopt(us, *named, pairs=named)


def test_a_pair_of_what_is_linked_says_to_what(us: Desk, invoice: Make) -> None:
    first, other = enter(us), enter(us, "2042")
    us.save(invoice())
    us.save(invoice(id="INV-2", number="2042"))
    adopt(us)
    with pytest.raises(CannotAdopt, match=f"INV-1 is linked already to the QuickBooks invoice 2041 .id {first}."):
        adopt(us, "INV-1", pairs={"INV-1": other})
    us.save(invoice(id="INV-3", number="2043"))
    said = f"2042 .id {other}. is linked already to the OneDesk invoice 2042.*take it back first: .* INV-2 --undo"
    with pytest.raises(CannotAdopt, match=said):
        adopt(us, "INV-3", pairs={"INV-3": other})


def test_a_copy_with_a_mark_cannot_be_paired_with_another(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us, "77", PrivateNote="OneDesk invoice INV-5")
    us.save(invoice())
    with pytest.raises(CannotAdopt, match="has the mark of the OneDesk invoice INV-5"):
        adopt(us, "INV-1", pairs={"INV-1": qbo_id})


# A plan that cannot be made


def test_without_a_plan_it_is_linked_and_the_next_copy_says_what_is_wrong(ca: Desk, invoice: Make) -> None:
    """The rules have no code for the tax; once they have, the copy writes what OneDesk has."""
    qbo_id = enter(ca, code=code(ca, "HST ON"), GlobalTaxCalculation="TaxExcluded")
    odd = canadian(invoice, "CAD")
    odd["lines"] = [{**line, "tax_rate": "13.0001"} for line in odd["lines"]]
    ca.save(odd)
    assert adopt(ca).adopted == {"INV-1"}
    (link,) = ca.application.ledger.links.every(ca.sandbox.realm_id)
    assert (link.qbo_id, link.content_hash) == (qbo_id, "")
    assert ca.copy(odd).outcome == "held"
    mended = canadian(invoice, "CAD")
    assert again(ca, mended) == "updated"
    assert reconciled(ca).all == []


def test_many_are_matched_by_few_requests(us: Desk, invoice: Make) -> None:
    for place in range(130):
        enter(us, f"N-{place}")
        us.save(invoice(id=f"INV-{place}", number=f"N-{place}"))
    us.calls()
    report = adopt(us)
    assert len(report.adopted) == 130
    assert len(us.calls()) <= 6
    outcomes = us.application.adopt(asked(us), keep=True)
    assert (outcomes.linked, outcomes.matches) == (130, [])


def test_nothing_is_asked_of_quickbooks_where_nothing_is_to_be_matched(us: Desk) -> None:
    us.calls()
    assert look(us).matches == []
    assert us.calls() == []


def test_without_a_company(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks()
    desk.host.save(invoice())
    with pytest.raises(NotConnected):
        look(desk)
