"""Credit notes of the host become credit memos by rule, applied to the invoice that they name."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
import requests

from onedesk_quickbooks.plugin.planning import plan_text
from tests.sync.adopt.conftest import adopt, enter
from tests.sync.conftest import ADMIN, Desk
from tests.sync.payments.conftest import pays
from tests.sync.reconcile.conftest import reconciled

RULES = "version: 1\ninvoices: {{negative: credit_memo{more}}}\ntaxes: {taxes}\n"
COMPANIES: dict[str, tuple[str, str, str, str, str]] = {
    "us": ("us", "USD", "US", "{by_country: {US: {default: California}}, otherwise: none}", "CA"),
    "gb": ("gb", "GBP", "GB", "{by_country: {GB: 20.0% S}, otherwise: hold}", ""),
    "ca": ("ca", "CAD", "CA", "{by_country: {CA: {ON: HST ON, default: hold}}, otherwise: hold}", "ON"),
    "se": ("intl", "SEK", "SE", "{by_country: {SE: VAT 25%}, otherwise: hold}", ""),
}
"""Sandbox, currency, country, taxes, region."""


def credit(invoice: dict[str, Any], amount: str = "-310.00", **fields: Any) -> dict[str, Any]:
    """A credit note over one line; it names the invoice INV-1."""
    line = {"id": "1", "service_type": "Support", "description": "Credit for July", "amount": amount}
    own = {"id": "CN-1", "number": "CN-1", "lines": [line], "subtotal": amount, "total": amount, "credits": "INV-1"}
    return {**copy.deepcopy(invoice), **own, **fields}


def memos(desk: Desk) -> list[dict[str, Any]]:
    """QuickBooks' credit memos that are ours."""
    rows = desk.sandbox.list("CreditMemo")
    return [row for row in rows if "OneDesk invoice" in (row.get("PrivateNote") or "")]


def payments(desk: Desk) -> list[dict[str, Any]]:
    """The payments of nothing that are ours."""
    rows = desk.sandbox.list("Payment")
    return [row for row in rows if "OneDesk invoice" in (row.get("PrivateNote") or "")]


def balance(desk: Desk, number: str = "2041") -> Any:
    [row] = desk.sandbox.list("Invoice", f"DocNumber = '{number}'")
    return Decimal(str(row["Balance"]))


@pytest.fixture
def by_rule(desks: Callable[..., Desk]) -> Callable[..., Desk]:
    """A connected desk of a company that makes credit memos."""

    def make(where: str = "us", more: str = "", **options: Any) -> Desk:
        company, _, _, taxes, _ = COMPANIES[where]
        taxes = "{otherwise: company_default}" if where == "us" else taxes
        desk = desks(company, rules=RULES.format(more=more, taxes=taxes), **options)
        desk.connect()
        return desk

    return make


def test_a_credit_note_is_held_without_a_rule(us: Desk, invoice: Callable[..., dict[str, Any]]) -> None:
    found = us.copy(credit(invoice()))
    assert (found.outcome, found.qbo_id) == ("held", "")
    assert "The total is -310.00 USD" in found.reason and "invoices.negative: credit_memo" in found.reason
    assert not memos(us)


def amounts(memo: dict[str, Any]) -> Any:
    """Total, and what is left of it."""
    return Decimal(str(memo["TotalAmt"])), Decimal(str(memo["RemainingCredit"]))


def test_a_credit_note_is_applied_to_the_invoice_that_it_names(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule()
    desk.copy(invoice())
    found = desk.copy(credit(invoice(), "-100.00"))
    assert found.outcome == "copied"
    assert found.reason == "100.00 USD of it is applied to the invoice 2041: 210.00 USD is left to pay on it."
    [memo] = memos(desk)
    assert (*amounts(memo), memo["DocNumber"]) == (100, 0, "CN-1")
    [line] = [each for each in memo["Line"] if each["DetailType"] == "SalesItemLineDetail"]
    assert line["Amount"] == 100
    [applied] = payments(desk)
    assert applied["TotalAmt"] == 0
    assert [(each["Amount"], each["LinkedTxn"][0]["TxnType"]) for each in applied["Line"]] == [
        (100, "Invoice"),
        (100, "CreditMemo"),
    ]
    assert balance(desk) == 210
    again = desk.copy(credit(invoice(), "-100.00"))
    assert (again.outcome, again.reason) == ("unchanged", "")
    assert len(payments(desk)) == 1
    assert "/creditmemo?txnId=" in next(iter(desk.shown("CN-1").tags.values()))
    news = [(each.invoice_id, each.name, str(each.amount), each.what) for each in desk.application.bring_payments()]
    assert news == [
        ("INV-1", "credit memo CN-1", "100.00 USD", "recorded"),
        ("CN-1", "use of the credit for invoice 2041", "-100.00 USD", "recorded"),
    ]
    assert desk.shown("INV-1").balance.amount == 210
    assert (desk.shown("CN-1").status, str(desk.shown("CN-1").balance)) == ("paid", "0.00 USD")
    assert desk.application.bring_payments() == []


def in_country(made: dict[str, Any], where: str) -> dict[str, Any]:
    """The invoice for a customer in one of COMPANIES, with the tax of there."""
    _, currency, country, _, region = COMPANIES[where]
    customer = made["customer"] | {"address": {"country": country, "region": region}}
    percent = {"us": "0", "gb": "20", "ca": "13", "se": "25"}[where]
    net = Decimal(made["total"])
    amount = net * Decimal(percent) / 100
    row = {"name": "Tax", "rate": percent, "taxable": str(net), "amount": f"{amount:.2f}"}
    lines = [{**each, "tax_rate": percent} for each in made["lines"]]
    taxed = {"taxes": [row], "lines": lines, "total": f"{net + amount:.2f}"} if amount else {}
    return {**made, "currency": currency, "customer": customer, **taxed}


@pytest.mark.parametrize("where", ["gb", "ca", "se"])
def test_with_the_tax_of_the_country(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]], where: str
) -> None:
    desk = by_rule(where)
    bill, note = in_country(invoice(), where), in_country(credit(invoice(), "-110.00"), where)
    made = desk.copy(bill)
    assert made.outcome == "copied", made.reason
    found = desk.copy(note)
    assert found.outcome == "copied", found.reason
    [memo] = memos(desk)
    assert (str(found.total), str(found.qbo_total)) == (str(found.qbo_total), str(found.total))
    assert amounts(memo) == (-Decimal(note["total"]), 0)
    assert balance(desk) == Decimal(bill["total"]) + Decimal(note["total"])


def test_amounts_with_tax_in_them(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    desk = by_rule("gb")
    customer = invoice()["customer"] | {"address": {"country": "GB"}}
    note = credit(invoice(currency="GBP", customer=customer), "-120.00", amounts_include_tax=True, credits="")
    note["taxes"] = [{"name": "VAT", "rate": "20", "taxable": "-100.00", "amount": "-20.00"}]
    note["lines"][0]["tax_rate"] = "20"
    found = desk.copy(note)
    assert found.outcome == "copied", found.reason
    [memo] = memos(desk)
    assert (*amounts(memo), memo["TxnTaxDetail"]["TotalTax"]) == (120, 120, 20)


def test_a_credit_of_another_currency(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    """A company that keeps euros credits an invoice in crowns."""
    desk = by_rule("se", currency="EUR")
    customer = invoice()["customer"] | {"address": {"country": "SE"}}
    fields = {"currency": "SEK", "customer": customer}
    tax = {"name": "VAT", "rate": "25", "taxable": "310.00", "amount": "77.50"}
    bill = desk.copy(invoice(**fields, taxes=[tax], total="387.50"))
    assert bill.outcome == "copied", bill.reason
    minus = {**tax, "taxable": "-100.00", "amount": "-25.00"}
    found = desk.copy(credit(invoice(**fields), "-100.00", taxes=[minus], total="-125.00"))
    assert found.reason == "125.00 SEK of it is applied to the invoice 2041: 262.50 SEK is left to pay on it."
    assert balance(desk) == Decimal("262.50")
    [applied] = payments(desk)
    assert applied["CurrencyRef"]["value"] == "SEK"
    other = desk.copy(
        credit(
            invoice(**{**fields, "currency": "EUR"}),
            "-100.00",
            taxes=[minus],
            total="-125.00",
            id="CN-2",
            number="CN-2",
        )
    )
    assert other.outcome == "held"


def test_a_credit_greater_than_the_invoice(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule()
    desk.copy(invoice())
    found = desk.copy(credit(invoice(), "-400.00"))
    assert "310.00 USD of it is applied to the invoice 2041: 0.00 USD is left" in found.reason
    assert "90.00 USD of the credit stays open" in found.reason
    assert (balance(desk), amounts(memos(desk)[0])) == (0, (400, 90))


def test_the_credit_of_a_paid_invoice_stays_open(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule()
    made = desk.copy(invoice())
    customer = desk.sandbox.read("Invoice", made.qbo_id)["CustomerRef"]
    line = pays(made.qbo_id, "310.00")
    desk.sandbox.create("Payment", {"CustomerRef": customer, "TotalAmt": Decimal("310.00"), "Line": [line]})
    found = desk.copy(credit(invoice(), "-100.00"))
    assert found.outcome == "copied" and "The invoice 2041 is paid in QuickBooks" in found.reason
    assert (payments(desk), amounts(memos(desk)[0])) == ([], (100, 100))


@pytest.mark.parametrize("place", [0, 1, 3])
def test_two_credits_for_one_invoice_in_one_run(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]], place: int
) -> None:
    """With the invoice itself before, between or after them: all are planned together, and the plan is what happens."""
    desk = by_rule()
    notes = [credit(invoice(), f"-{each}.00", id=f"CN-{each}", number=f"CN-{each}") for each in (200, 150, 50)]
    queued = [*notes]
    queued.insert(place, invoice())
    for each in queued:
        desk.save(each)
        assert desk.host.act(each["id"], "quickbooks.copy", ADMIN)
    outcomes = desk.drain()
    found = {each.id: each for each in outcomes}
    assert [each.id for each in outcomes] == [each["id"] for each in queued]
    assert {each.outcome for each in found.values()} == {"copied"}
    assert found["CN-200"].reason.startswith("200.00 USD of it is applied to the invoice 2041: 110.00 USD is left")
    assert found["CN-150"].reason.startswith("110.00 USD of it is applied to the invoice 2041: 0.00 USD is left")
    assert "is paid in QuickBooks" in found["CN-50"].reason
    assert (balance(desk), len(payments(desk))) == (0, 2)
    assert sorted(amounts(each) for each in memos(desk)) == [(50, 50), (150, 40), (200, 0)]


@pytest.mark.parametrize("name", ["INV-1", "2041"])
@pytest.mark.parametrize("how", ["copy", "send", "adopt"])
def test_one_that_comes_before_its_invoice_follows_it(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]], name: str, how: str
) -> None:
    """Nobody has to try it again."""
    desk = by_rule()
    early = credit(invoice(), "-100.00", credits=name)
    held = desk.copy(early)
    said = f"It credits the invoice {name}, which QuickBooks does not have from OneDesk: copy or adopt that one"
    assert held.outcome == "held" and said in held.reason
    other = desk.copy(invoice(id="INV-2", number="2042"))
    assert (other.outcome, len(memos(desk))) == ("copied", 0), "another invoice changes nothing"
    if how == "adopt":
        enter(desk)
        desk.save(invoice())
        assert adopt(desk, "INV-1").adopted == {"INV-1"}
        outcomes = desk.drain()
    else:
        desk.save(invoice())
        assert desk.host.act("INV-1", "quickbooks.copy", ADMIN) if how == "copy" else desk.host.send("INV-1", ADMIN)
        outcomes = desk.drain()
    assert [each.outcome for each in outcomes if each.id == early["id"]] == ["copied"]
    assert (balance(desk), [amounts(each) for each in memos(desk)]) == (210, [(100, 0)])
    assert desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("todo", "held", "failed")) == []
    desk.application.bring_payments()
    assert reconciled(desk).all == []


@pytest.mark.parametrize(
    ("customer", "outcome", "sentence"),
    [
        ("Blue Harbor Ltd", "copied", "310.00 USD of it is applied to the invoice 2041: 0.00 USD is left"),
        ("Solberg Media", "held", "The invoice 2041 that it credits is another customer's in QuickBooks"),
    ],
)
def test_its_invoice_has_the_name_that_onedesk_has(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]], customer: str, outcome: str, sentence: str
) -> None:
    """Also where QuickBooks gives the numbers: a plan does not know them."""
    desk = by_rule(more=", number: quickbooks")
    own = invoice()["customer"]
    known = own if customer == own["name"] else {**own, "id": "C-8", "name": customer}
    assert desk.copy(credit(invoice(), customer=known)).outcome == "held"
    desk.save(invoice())
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    found = {each.id: each for each in desk.drain()}
    assert found["INV-1"].outcome == "copied" and found["INV-1"].qbo_number != "2041"
    assert found["CN-1"].outcome == outcome and found["CN-1"].reason.startswith(sentence)


def test_a_plan_calls_a_held_credit_note_so(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule()
    desk.host.save(early := credit(invoice(), "-100.00"))
    assert plan_text(desk.application.plan(early, "copy")).startswith(f"Credit note {early['number']}: held")


def test_an_edited_credit_note(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    desk = by_rule()
    desk.copy(invoice())
    desk.copy(credit(invoice(), "-100.00"))
    more = desk.copy(credit(invoice(), "-150.00"))
    assert (more.outcome, balance(desk), amounts(memos(desk)[0])) == ("updated", 160, (150, 0))
    assert more.reason == "50.00 USD of it is applied to the invoice 2041: 160.00 USD is left to pay on it."
    less = desk.copy(credit(invoice(), "-80.00"))
    assert less.outcome == "held" and "The QuickBooks credit memo CN-1 has 150.00 USD applied" in less.reason


def test_a_voided_credit_note(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    desk = by_rule(more=", on_void: void")
    desk.copy(credit(invoice(), "-100.00", credits=""))
    desk.host.void("CN-1", ADMIN)
    [found] = desk.drain()
    assert (found.outcome, amounts(memos(desk)[0])) == ("voided", (0, 0))
    desk.application.bring_payments()
    assert desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held", "failed")) == []


def test_a_credit_note_that_is_voided_after_it_was_applied(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule(more=", on_void: void")
    desk.copy(invoice())
    desk.copy(credit(invoice(), "-100.00"))
    desk.host.void("CN-1", ADMIN)
    [found] = desk.drain()
    assert (
        found.outcome == "held"
        and "The credit note was voided in OneDesk, but the QuickBooks credit memo CN-1 has 100.00 USD applied"
        in found.reason
    )
    [applied] = payments(desk)
    desk.sandbox.delete("Payment", applied["Id"])
    assert desk.application.retry(
        desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))[0].id, ADMIN
    )
    [found] = desk.drain()
    assert (found.outcome, balance(desk), amounts(memos(desk)[0])) == ("voided", 310, (0, 0))


def test_a_credit_note_is_sent(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    desk = by_rule()
    desk.copy(invoice())
    found = desk.send(credit(invoice(), "-100.00"))
    assert found.outcome == "sent", found.reason
    assert (memos(desk)[0]["EmailStatus"], balance(desk)) == ("EmailSent", 210)
    note = desk.shown("CN-1").notes["quickbooks"]
    assert note.startswith("QuickBooks e-mailed credit memo CN-1 to ada@blueharbor.example.")
    assert desk.send(credit(invoice(), "-100.00")).reason.endswith("nothing has changed since.")


def test_an_invoice_that_becomes_a_credit_note(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule()
    desk.copy(invoice())
    found = desk.copy(credit(invoice(), "-310.00", id="INV-1", number="2041", credits=""))
    assert found.outcome == "held" and "QuickBooks has it as the invoice 2041" in found.reason
    assert (memos(desk), balance(desk)) == ([], 310)


def test_a_credit_that_is_taken_off_stays_off(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    """A person has taken it off the invoice in QuickBooks: the same credit note does not apply it again."""
    desk = by_rule()
    desk.copy(invoice())
    desk.copy(credit(invoice(), "-100.00"))
    desk.application.bring_payments()
    desk.sandbox.delete("Payment", payments(desk)[0]["Id"])
    assert [each.what for each in desk.application.bring_payments()] == ["reversed", "reversed"]
    assert (desk.shown("CN-1").status, str(desk.shown("CN-1").balance)) == ("open", "-100.00 USD")
    assert desk.copy(credit(invoice(), "-100.00")).outcome == "unchanged"
    assert (balance(desk), amounts(memos(desk)[0])) == (310, (100, 100))


def test_credits_that_quickbooks_applies_by_itself(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    """Its preferences say so: an open credit pays the customer's next invoice, and is not applied twice."""
    desk = by_rule()
    preferences = desk.sandbox.list("Preferences")[0]
    changed = {**preferences["SalesFormsPrefs"], "AutoApplyCredit": True}
    desk.sandbox.edit("Preferences", preferences["Id"], {"SalesFormsPrefs": changed})
    desk.copy(credit(invoice(), "-100.00", credits=""))
    desk.copy(invoice())
    assert (balance(desk), amounts(memos(desk)[0])) == (210, (100, 0))
    assert desk.copy(credit(invoice(), "-100.00")).outcome == "unchanged"
    more = desk.copy(credit(invoice(), "-50.00", id="CN-2", number="CN-2"))
    assert more.reason == "50.00 USD of it is applied to the invoice 2041: 160.00 USD is left to pay on it."
    assert balance(desk) == 160


def test_an_edit_in_quickbooks(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    desk = by_rule()
    made = desk.copy(credit(invoice(), "-100.00", credits=""))
    desk.sandbox.edit("CreditMemo", made.qbo_id, {"CustomerMemo": {"value": "Sorry"}})
    desk.application.bring_payments()
    [work] = desk.application.ledger.conflicts.waiting(desk.sandbox.realm_id)
    assert work.reason.startswith("The QuickBooks credit memo CN-1 was changed in QuickBooks")
    found = desk.copy(credit(invoice(), "-120.00", credits=""))
    assert found.outcome == "held" and "The QuickBooks credit memo CN-1 of this invoice was changed" in found.reason
    desk.application.settle_change(work.id, "onedesk", ADMIN)
    assert [each.outcome for each in desk.drain()][-1:] == ["updated"]
    assert amounts(memos(desk)[0]) == (120, 120)


def test_a_credit_memo_that_is_deleted_in_quickbooks(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule()
    made = desk.copy(credit(invoice(), "-100.00", credits=""))
    desk.sandbox.delete("CreditMemo", made.qbo_id)
    desk.application.bring_payments()
    [work] = desk.application.ledger.conflicts.waiting(desk.sandbox.realm_id)
    assert "credit memo CN-1 (total 100.00 USD) was deleted in QuickBooks" in work.reason
    assert desk.copy(credit(invoice(), "-100.00", credits="")).outcome == "held"


def test_a_discount_on_a_credit_note(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    desk = by_rule("gb")
    customer = invoice()["customer"] | {"address": {"country": "GB"}}
    note = credit(invoice(currency="GBP", customer=customer), "-100.00", credits="", subtotal="-100.00")
    note["lines"][0]["tax_rate"] = "20"
    note["discounts"] = [{"name": "Loyalty", "amount": "-10.00", "tax_rate": "20"}]
    note["taxes"] = [{"name": "VAT", "rate": "20", "taxable": "-90.00", "amount": "-18.00"}]
    note["total"] = "-108.00"
    found = desk.copy(note)
    assert found.outcome == "copied", found.reason
    assert amounts(memos(desk)[0]) == (108, 108)


def test_automated_sales_tax(desks: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    """Nobody knows the total before QuickBooks has it: what is applied is what is left then."""
    desk = desks(rules="version: 1\ninvoices: {negative: credit_memo}\nitems: {otherwise: same_name}\n")
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    address = {"line1": "1 Quay", "city": "Bayshore", "region": "CA", "postal_code": "94326", "country": "US"}
    customer = {**invoice()["customer"], "address": address}

    def rocks(amount: str) -> dict[str, Any]:
        line = {"id": "1", "service_type": "Rocks", "amount": amount, "taxable": True}
        return {"customer": customer, "lines": [line], "subtotal": amount, "total": amount}

    for each in (invoice(**rocks("100.00")), credit(invoice(), **rocks("-40.00"))):
        desk.save(each)
        assert desk.host.act(each["id"], "quickbooks.copy", ADMIN)
    bill, found = desk.drain()
    assert (bill.outcome, found.outcome) == ("copied", "copied"), (bill.reason, found.reason)
    assert "The credit memo is applied to the invoice 2041." in found.reason
    assert "is due" in bill.reason and found.reason.endswith(" USD in QuickBooks and 40.00 USD in OneDesk.")
    whole, left = amounts(memos(desk)[0])
    assert (left, balance(desk)) == (0, bill.qbo_total.amount - whole if bill.qbo_total else None)
    assert whole >= 40


def test_a_credit_note_that_is_deleted(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    desk = by_rule(more=", on_delete: delete")
    desk.copy(credit(invoice(), "-100.00", credits=""))
    desk.host.delete("CN-1", ADMIN)
    [found] = desk.drain()
    assert (found.outcome, memos(desk)) == ("deleted", [])
    desk.application.bring_payments()
    assert desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held", "failed")) == []


def test_a_number_that_an_invoice_has(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    """Invoices and credit memos share their numbers in QuickBooks."""
    desk = by_rule()
    desk.copy(invoice())
    found = desk.copy(credit(invoice(), "-100.00", number="2041", credits=""))
    assert found.outcome == "held" and "The number 2041 is the number of the OneDesk invoice INV-1" in found.reason
    desk.copy(credit(invoice(), "-100.00", credits=""))
    other = desk.copy(invoice(id="INV-2", number="CN-1"))
    assert other.outcome == "held" and "The number CN-1 is the number of the OneDesk invoice CN-1" in other.reason


def test_a_ledger_that_was_lost(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    """The credit memo is found by its number and mark, and not made twice."""
    desk = by_rule()
    made = desk.copy(credit(invoice(), "-100.00", credits=""))
    with closing(sqlite3.connect(desk.home / "ledger.sqlite")) as sql, sql:
        sql.execute("DELETE FROM invoice_link")
    again = desk.copy(credit(invoice(), "-100.00", credits=""))
    assert (again.outcome, again.qbo_id, len(memos(desk))) == ("updated", made.qbo_id, 1), again.reason


def test_a_void_that_is_left_to_a_person(by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]) -> None:
    desk = by_rule()
    desk.copy(invoice())
    desk.copy(credit(invoice(), "-100.00"))
    desk.application.bring_payments()
    desk.host.void("CN-1", ADMIN)
    [work] = desk.application.ledger.conflicts.withdrawn(desk.sandbox.realm_id)
    assert "as the credit memo CN-1, and 100.00 USD of it are used there" in work.reason
    desk.sandbox.delete("Payment", payments(desk)[0]["Id"])
    desk.sandbox.void("CreditMemo", memos(desk)[0]["Id"])
    desk.application.bring_payments()
    assert desk.application.ledger.conflicts.withdrawn(desk.sandbox.realm_id) == []


def test_it_is_not_applied_where_quickbooks_refuses(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    """The credit memo is there; a person is notified, and it is applied once the reason is gone."""
    desk = by_rule()
    desk.copy(invoice())
    fault = {"fault": "refused", "code": "6000", "path": "payment", "method": "POST"}
    assert requests.post(f"{desk.base_url}/_control/faults", json=fault, timeout=10).ok
    desk.predicts = False
    found = desk.copy(credit(invoice(), "-100.00"))
    assert found.outcome == "held" and found.reason.startswith("Copied, not applied: "), found.reason
    assert (balance(desk), len(memos(desk))) == (310, 1)
    desk.predicts = True
    [work] = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))
    assert desk.application.retry(work.id, ADMIN)
    [again] = desk.drain()
    assert again.reason == "100.00 USD of it is applied to the invoice 2041: 210.00 USD is left to pay on it."
    assert (balance(desk), len(memos(desk)), len(payments(desk))) == (210, 1, 1)


@pytest.mark.parametrize("did", ["voided", "deleted"])
def test_reconcile_calls_a_credit_memo_so(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]], did: str
) -> None:
    desk = by_rule()
    desk.copy(credit(invoice(), credits=""))
    memo_id = memos(desk)[0]["Id"]
    desk.sandbox.void("CreditMemo", memo_id) if did == "voided" else desk.sandbox.delete("CreditMemo", memo_id)
    [found] = reconciled(desk).all
    assert (found.kind, found.cause) == (f"{did}_in_quickbooks", f"QuickBooks credit memo CN-1 was {did} there.")
    assert "Void the credit note in OneDesk too." in found.remedy
    assert "To credit it again, duplicate it in OneDesk" in found.remedy


def test_reconcile_reports_a_credit_note_that_is_void(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule()
    desk.copy(invoice())
    desk.copy(credit(invoice(), "-100.00"))
    desk.host.void("CN-1", ADMIN)
    [found] = [each for each in reconciled(desk).all if each.id == "CN-1"]
    assert (found.kind, found.cause) == (
        "voided_in_onedesk",
        "OneDesk has the credit note void, and QuickBooks still has it as CN-1.",
    )
    assert found.remedy.startswith("Take what is used of the credit memo off the invoice in QuickBooks.")


def test_the_invoice_that_it_credits_gets_another_number_in_the_same_run(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    """Plan and run name it by the new one, and find it by the new one."""
    desk = by_rule()
    desk.copy(invoice())
    other = {**invoice()["customer"], "id": "C-2", "name": "Solberg Media"}
    assert "The invoice 2041 that it credits" in desk.copy(credit(invoice(), "-100.00", customer=other)).reason
    wants = credit(invoice(), "-50.00", id="CN-2", number="CN-2", credits="2049")
    assert desk.copy(wants).outcome == "held"
    desk.save(invoice(number="2049"))
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    planned = {plan.invoice_id: plan.reason for plan, _ in desk.application.plan_run((), "copy")}
    done = {each.id: each.reason for each in desk.drain()}
    assert planned == done
    assert "The invoice 2049 that it credits is another customer's" in done["CN-1"]
    assert "50.00 USD of it is applied to the invoice 2049" in done["CN-2"]


@pytest.mark.parametrize("change", ["void", "delete"])
def test_an_invoice_that_onedesk_has_withdrawn_is_not_credited(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]], change: str
) -> None:
    """Also while QuickBooks still has it."""
    desk = by_rule()
    desk.copy(invoice())
    getattr(desk.host, change)("INV-1", ADMIN)
    desk.drain()
    assert balance(desk) == 310
    found = desk.copy(credit(invoice(), "-100.00"))
    was = "void" if change == "void" else "deleted"
    assert found.outcome == "held" and f"the invoice 2041, which is {was} in OneDesk" in found.reason, found.reason
    assert (balance(desk), payments(desk), memos(desk)) == (310, [], [])


def test_what_is_left_of_a_credit_note_is_reported_after_it_has_grown(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    """Its invoice is paid, so that nothing more is applied: only its own balance has changed."""
    desk = by_rule()
    made = desk.copy(invoice())
    desk.copy(credit(invoice(), "-100.00"))
    customer = desk.sandbox.read("Invoice", made.qbo_id)["CustomerRef"]
    line = pays(made.qbo_id, "210.00")
    desk.sandbox.create("Payment", {"CustomerRef": customer, "TotalAmt": Decimal("210.00"), "Line": [line]})
    desk.application.bring_payments()
    desk.copy(credit(invoice(), "-150.00"))
    [news] = desk.application.bring_payments()
    assert (news.invoice_id, news.kind, str(news.balance)) == ("CN-1", "balance", "-50.00 USD")
    shown = desk.shown("CN-1")
    assert (shown.status, str(shown.balance)) == ("open", "-50.00 USD")
    assert desk.application.bring_payments() == [] and not reconciled(desk).all


def test_one_that_is_smaller_than_what_was_used_follows_when_that_is_taken_off(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule()
    desk.copy(invoice())
    desk.copy(credit(invoice(), "-100.00"))
    desk.application.bring_payments()
    assert "has 100.00 USD applied, more than" in desk.copy(credit(invoice(), "-80.00")).reason
    [applied] = payments(desk)
    desk.sandbox.delete("Payment", applied["Id"])
    desk.application.bring_payments()
    [found] = desk.drain()
    assert (found.id, found.outcome, amounts(memos(desk)[0])) == ("CN-1", "updated", (80, 0))


def test_one_that_credits_another_invoice_than_before(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    """It is held while QuickBooks has it on the former one, and follows to the new one when it is taken off there."""
    desk = by_rule()
    desk.copy(invoice())
    desk.copy(invoice() | {"id": "INV-2", "number": "2042"})
    desk.copy(credit(invoice(), "-100.00"))
    desk.application.bring_payments()
    held = desk.copy(credit(invoice(), "-100.00", credits="INV-2"))
    assert held.outcome == "held" and held.reason.startswith(
        "It credits the invoice 2042 now, and 100.00 USD of its credit memo CN-1 is used in QuickBooks, where it was"
        " applied to the invoice 2041: take it off there first"
    )
    assert desk.copy(credit(invoice(), "-150.00", credits="INV-2")).outcome == "held"
    assert desk.copy(credit(invoice(), "-100.00")).outcome == "unchanged", "named as before again"
    assert desk.copy(credit(invoice(), "-100.00", credits="INV-2")).outcome == "held"
    [applied] = payments(desk)
    desk.sandbox.delete("Payment", applied["Id"])
    desk.application.bring_payments()
    [found] = desk.drain()
    assert found.reason == "100.00 USD of it is applied to the invoice 2042: 210.00 USD is left to pay on it."
    assert (balance(desk), balance(desk, "2042"), amounts(memos(desk)[0])) == (310, 210, (100, 0))
    assert desk.copy(credit(invoice(), "-100.00", credits="INV-2")).outcome == "unchanged"


def test_a_credit_that_a_person_has_moved_as_onedesk_does(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule()
    desk.copy(invoice())
    other = desk.copy(invoice(id="INV-2", number="2042"))
    made = desk.copy(credit(invoice(), "-100.00"))
    [applies] = payments(desk)
    [line] = [each for each in applies["Line"] if each["LinkedTxn"][0]["TxnType"] == "Invoice"]
    credit_line = {"Amount": line["Amount"], "LinkedTxn": [{"TxnId": made.qbo_id, "TxnType": "CreditMemo"}]}
    desk.sandbox.delete("Payment", applies["Id"])
    lines = [pays(other.qbo_id, "100.00"), credit_line]
    desk.sandbox.create("Payment", {"CustomerRef": applies["CustomerRef"], "TotalAmt": Decimal(0), "Line": lines})
    desk.application.bring_payments()
    assert desk.copy(credit(invoice(), "-100.00", credits="2042")).outcome == "unchanged"
    assert (balance(desk), balance(desk, "2042"), amounts(memos(desk)[0])) == (310, 210, (100, 0))


def test_a_used_credit_note_that_is_written_again_has_nothing_open(
    by_rule: Callable[..., Desk], invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = by_rule()
    desk.copy(invoice())
    desk.copy(credit(invoice()))
    found = desk.copy(credit(invoice(), memo="Newer"))
    assert (found.outcome, found.reason) == ("updated", "")
