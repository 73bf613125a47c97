"""Credit notes of OneDesk, and credit memos that a bookkeeper has entered in QuickBooks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sync.errors import CannotAdopt
from tests.sync.adopt.conftest import Make, adopt, asked, customer, enter, item, look, only, record
from tests.sync.conftest import Desk
from tests.sync.reconcile.conftest import reconciled
from tests.sync.test_credit_notes import COMPANIES, RULES, amounts, in_country, payments

MATCH = "customers: {match: [link, display_name]}\n"


def credit(invoice: Make, amount: str = "-100.00", where: str = "us", **fields: Any) -> dict[str, Any]:
    """A credit note of OneDesk over one line."""
    line = {"id": "1", "service_type": "Work", "description": "Credit for July", "amount": amount}
    own = {"id": "CN-1", "number": "CN-1", "lines": [line], "subtotal": amount, "total": amount, "credits": ""}
    made = {**copy.deepcopy(invoice()), **own, **fields}
    return made if where == "us" else in_country(made, where)


def entered(desk: Desk, number: str = "CN-1", amount: str = "100.00", code: str = "", **fields: Any) -> str:
    """A credit memo in QuickBooks; its id."""
    detail: dict[str, Any] = {"ItemRef": {"value": item(desk, "Work")}, "Qty": 1, "UnitPrice": Decimal(amount)}
    if code:
        detail["TaxCodeRef"] = {"value": desk.sandbox.list("TaxCode", f"Name = '{code}'")[0]["Id"]}
        fields = {"GlobalTaxCalculation": "TaxExcluded", **fields}
    line = {"Amount": Decimal(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    kept = {"CustomerRef": {"value": customer(desk)}, "TxnDate": "2026-07-01", "Line": [line], "DocNumber": number}
    return str(desk.sandbox.create("CreditMemo", {**kept, **fields})["Id"])


def used(desk: Desk, memo_id: str, invoice_id: str, amount: str) -> str:
    """A bookkeeper applies the credit memo to an invoice by a payment of nothing; its id."""
    lines = [
        {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": qbo_id, "TxnType": kind}]}
        for qbo_id, kind in ((invoice_id, "Invoice"), (memo_id, "CreditMemo"))
    ]
    made = {"CustomerRef": {"value": customer(desk)}, "TotalAmt": 0, "TxnDate": "2026-07-02", "Line": lines}
    return str(desk.sandbox.create("Payment", made)["Id"])


def save(desk: Desk, *invoices: dict[str, Any]) -> None:
    for each in invoices:
        desk.save(each)


@pytest.fixture
def by_rule(desks: Callable[..., Desk]) -> Callable[..., Desk]:
    """A connected desk of a company that makes credit memos."""

    def make(where: str = "us", negative: str = "credit_memo") -> Desk:
        company, _, _, taxes, _ = COMPANIES[where]
        taxes = "{otherwise: company_default}" if where == "us" else taxes
        rules = RULES.format(more="", taxes=taxes).replace("negative: credit_memo", f"negative: {negative}")
        desk = desks(company, rules=rules + MATCH)
        desk.connect()
        return desk

    return make


@pytest.mark.parametrize(("where", "code"), [("us", ""), ("gb", "20.0% S"), ("ca", "HST ON")])
def test_a_credit_memo_that_was_entered_is_linked(
    by_rule: Callable[..., Desk], invoice: Make, where: str, code: str
) -> None:
    desk, made = by_rule(where), credit(invoice, where=where)
    memo_id = entered(desk, code=code)
    desk.save(made)
    (found,) = look(desk).matches
    assert (found.kind, found.own.kind, found.theirs and found.theirs.id) == ("same", "credit_memo", memo_id)
    assert adopt(desk).adopted == {"CN-1"}
    assert "/creditmemo?txnId=" in next(iter(desk.shown("CN-1").tags.values()))
    desk.calls()
    assert desk.copy(made).outcome == "unchanged"
    assert len(desk.sandbox.list("CreditMemo", "DocNumber = 'CN-1'")) == 1
    assert payments(desk) == []
    assert reconciled(desk).all == []
    assert desk.application.bring_payments() == []


def test_it_is_held_where_the_rules_hold_credit_notes(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule(negative="hold")
    entered(desk)
    desk.save(credit(invoice))
    found = only(desk)
    assert found.kind == "left_alone"
    assert "invoices.negative: credit_memo" in found.why


def test_invoices_and_credit_memos_are_no_match_for_each_other(by_rule: Callable[..., Desk], invoice: Make) -> None:
    """The same number, customer, day and amount on both."""
    desk = by_rule()
    enter(desk, "CN-1", "100.00")
    desk.save(credit(invoice))
    found = only(desk)
    assert found.kind == "only_in_onedesk"
    assert found.why == "QuickBooks has no such credit memo without a link."
    assert "credit_memo" in str(look(desk).to_json()["invoices"][0]["kind"])


def test_what_was_used_before_is_known_and_used_no_more(by_rule: Callable[..., Desk], invoice: Make) -> None:
    """The bookkeeper has applied all of it; OneDesk has both so."""
    desk = by_rule()
    qbo_id, memo_id = enter(desk), entered(desk)
    used(desk, memo_id, qbo_id, "100.00")
    made = credit(invoice, credits="INV-1")
    save(desk, invoice(), made)
    kinds = {each.own.id: each for each in look(desk).matches}
    assert {each.kind for each in kinds.values()} == {"differs"}
    (field,) = kinds["CN-1"].candidates[0].fields
    assert (field.name, field.onedesk, field.quickbooks) == ("open balance", "100.00 USD", "0.00 USD")
    assert "Record in OneDesk that 100.00 USD of the credit is used, so that 0.00 USD of it is left" in field.remedy
    record(desk, "INV-1", "100.00", "210.00")
    record(desk, "CN-1", "-100.00", "0.00")
    assert adopt(desk).adopted == {"INV-1", "CN-1"}
    assert desk.application.bring_payments() == []
    assert desk.shown("CN-1").balance.amount == 0
    assert desk.shown("INV-1").balance.amount == 210
    assert reconciled(desk).all == []
    assert payments(desk) == []


def test_what_is_open_is_applied_by_the_next_copy(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    enter(desk)
    entered(desk)
    made = credit(invoice, credits="INV-1")
    save(desk, invoice(), made)
    assert adopt(desk).adopted == {"INV-1", "CN-1"}
    assert payments(desk) == [], "adopt writes nothing"
    found = desk.copy(made)
    assert (found.outcome, found.reason) == (
        "updated",
        "100.00 USD of it is applied to the invoice 2041: 210.00 USD is left to pay on it.",
    )
    assert len(payments(desk)) == 1
    assert amounts(desk.sandbox.list("CreditMemo", "DocNumber = 'CN-1'")[0]) == (100, 0)
    again = desk.copy(made)
    assert (again.outcome, len(payments(desk))) == ("unchanged", 1)


def test_a_use_that_is_taken_back_is_noted(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    qbo_id, memo_id = enter(desk), entered(desk)
    payment_id = used(desk, memo_id, qbo_id, "100.00")
    save(desk, invoice(), credit(invoice))
    record(desk, "INV-1", "100.00", "210.00")
    record(desk, "CN-1", "-100.00", "0.00")
    assert adopt(desk).adopted == {"INV-1", "CN-1"}
    desk.sandbox.delete("Payment", payment_id)
    news = {(each.invoice_id, each.what) for each in desk.application.bring_payments()}
    assert news == {("INV-1", "noted"), ("CN-1", "noted")}


def test_a_person_names_a_credit_memo_of_another_number(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    qbo_id, memo_id = enter(desk, "77", "100.00"), entered(desk, "CM-9")
    desk.save(credit(invoice))
    found = only(desk)
    assert (found.kind, found.remedy.split()[-1]) == ("perhaps", f"CN-1={memo_id}")
    with pytest.raises(CannotAdopt, match="no credit memo with the id"):
        desk.application.adopt(asked(desk, "CN-1", pairs={"CN-1": qbo_id}), "ada")
    assert adopt(desk, "CN-1", pairs={"CN-1": memo_id}).adopted == {"CN-1"}


def test_credit_memos_are_asked_for_where_there_are_credit_notes(by_rule: Callable[..., Desk], invoice: Make) -> None:
    desk = by_rule()
    desk.save(invoice())
    desk.calls()
    look(desk)
    assert not [each for each in desk.calls() if "CreditMemo" in each]
