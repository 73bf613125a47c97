"""What passes between the host and the plugin: real invoices in, payments and outcomes out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson
from jsonschema import Draft202012Validator, FormatChecker

from onedesk_quickbooks.plugin.model.decision import Decision
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.outcome import OUTCOMES, Outcome
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.explain.explanation import Explained

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests" / "data" / "invoices").glob("*.json"))
LEAST: dict[str, Any] = {
    "id": "I",
    "status": "open",
    "currency": "EUR",
    "issue_date": "2026-11-02",
    "customer": {"id": "C", "name": "Acme"},
    "lines": [{"id": "L", "amount": "1.50"}],
    "total": "1.50",
}
PAYMENT = Payment(
    id="9341:payment:81:INV-7:1",
    invoice_id="INV-7",
    amount=Money(Decimal("12345678901234.10"), "EUR"),
    balance=Money(Decimal("0.00"), "EUR"),
    date=date(2026, 11, 24),
    method="Cheque",
    reference="4711",
    link="https://qbo.example/app/recvpayment?txnId=81",
)


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker())


def amounts(value: Any) -> list[Any]:
    """Every number that stands anywhere in a value."""
    if isinstance(value, Mapping):
        return [each for one in value.values() for each in amounts(one)]
    if isinstance(value, (list, tuple)):
        return [each for one in value for each in amounts(one)]
    return [value] if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else []


def same(invoice: Invoice, amount: Decimal, given: str) -> bool:
    """Whether an amount is the one that the host gave, all its digits included."""
    return format(invoice.of_host(amount), "f") == given


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_real_invoice_is_read_exactly(path: Path) -> None:
    source = json.loads(path.read_text(encoding="utf-8"))
    assert [error.message for error in validator("invoice").iter_errors(source)] == []
    invoice = Invoice.from_json(source)
    found = amounts(dataclasses.asdict(invoice))
    assert found and all(type(each) is Decimal for each in found)
    assert invoice.issue_date.isoformat() == source["issue_date"]
    assert same(invoice, invoice.total, source["total"])
    assert invoice.money(invoice.total).currency == source["currency"]
    assert all(
        same(invoice, line.amount, given["amount"]) for line, given in zip(invoice.lines, source["lines"], strict=True)
    )
    for line, given in zip(invoice.lines, source["lines"], strict=True):
        quantity = line.quantity if line.quantity is None else invoice.of_host(line.quantity)
        assert [quantity, line.unit_price, line.tax_rate] == [
            None if given.get(name) is None else Decimal(given[name]) for name in ("quantity", "unit_price", "tax_rate")
        ]
    for name in ("discounts", "charges", "taxes"):
        assert [format(invoice.of_host(each.amount), "f") for each in getattr(invoice, name)] == [
            each["amount"] for each in source.get(name, [])
        ]
    assert invoice.customer.address.country == source["customer"].get("address", {}).get("country", "")


def test_there_are_real_invoices() -> None:
    assert len(FILES) >= 12


def test_what_is_left_out() -> None:
    assert [error.message for error in validator("invoice").iter_errors(LEAST)] == []
    invoice = Invoice.from_json(LEAST)
    line = invoice.lines[0]
    assert (invoice.number, invoice.subtotal, invoice.due_date, invoice.payable) == ("", None, None, None)
    assert (invoice.prepaid, invoice.rounding, invoice.discounts, invoice.tags) == (Decimal(0), Decimal(0), (), ())
    assert (line.quantity, line.unit_price, line.price_per, line.taxable) == (None, None, Decimal(1), None)
    assert invoice.customer.billing_contact.email == "" and line.work_item is None


def test_zero_is_not_left_out() -> None:
    line = {"id": "L", "amount": "0", "quantity": "0", "unit_price": "0.00", "tax_rate": "0", "taxable": False}
    read = Invoice.from_json({**LEAST, "lines": [line], "subtotal": "0", "payable": "0.00"})
    assert (read.subtotal, read.payable) == (Decimal(0), Decimal(0))
    assert (read.lines[0].quantity, read.lines[0].tax_rate, read.lines[0].taxable) == (Decimal(0), Decimal(0), False)


def test_the_billing_contact_is_stripped() -> None:
    contact = {"email": " ada@acme.example\n", "first_name": " Ada ", "last_name": "Byron "}
    read = Invoice.from_json({**LEAST, "customer": {"id": "C", "name": "Acme", "billing_contact": contact}})
    assert dataclasses.astuple(read.customer.billing_contact) == ("Ada", "Byron", "ada@acme.example")


@pytest.mark.parametrize(("key", "value"), [("total", "1e3"), ("issue_date", "2026-02-30"), ("due_date", "2026-13-01")])
def test_an_impossible_number_or_date(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"amount|day|month"):
        Invoice.from_json({**LEAST, key: value})


def test_a_payment_is_as_the_schema_says_and_comes_back() -> None:
    made = PAYMENT.to_json()
    assert [error.message for error in validator("payment").iter_errors(made)] == []
    assert made["amount"] == "12345678901234.10" and made["balance"] == "0.00"
    assert Payment.from_json(json.loads(json.dumps(made))) == PAYMENT
    least = {key: made[key] for key in ("id", "invoice_id", "currency", "amount", "balance", "date")}
    assert [error.message for error in validator("payment").iter_errors(least)] == []
    assert Payment.from_json(least) == dataclasses.replace(PAYMENT, method="", reference="", link="")


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_as_json(outcome: str) -> None:
    made = Outcome(
        "INV-7",
        "send",
        outcome,
        total=Money(Decimal("1000"), "JPY"),
        qbo_total=Money(Decimal("1000.4"), "JPY"),
        rule_ids=("items.otherwise",),
        calls=3,
    ).to_json()
    assert json.loads(simplejson.dumps(made, use_decimal=True)) == made
    assert (made["outcome"], made["total"], made["qbo_total"], made["currency"]) == (outcome, "1000", "1000.4", "JPY")
    assert made["rule_ids"] == ["items.otherwise"] and made["calls"] == 3


def test_an_outcome_without_a_total() -> None:
    made = Outcome("INV-7", "copy", "held", "Ask Ada").to_json()
    assert (made["total"], made["qbo_total"], made["currency"], made["reason"]) == (None, None, None, "Ask Ada")


def test_a_decision_names_its_place() -> None:
    where = Where("rules.yaml", 4, 7)
    decision = Decision("item", "line 1", "Consulting", "items.otherwise", where, {"country": "US"})
    made = Explained(decision).to_json()
    assert str(where) == "rules.yaml:4:7"
    assert (made["file"], made["line"], made["column"], made["matched"]) == ("rules.yaml", 4, 7, {"country": "US"})


@pytest.mark.parametrize(("written", "read"), [(" 17 ", "17"), ("  ", ""), ("A 17", "A 17")])
def test_a_number_has_no_spaces_around_it_and_is_never_blank(written: str, read: str) -> None:
    assert Invoice.from_json({**LEAST, "number": written}).number == read
