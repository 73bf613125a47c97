"""What settles an invoice, taken apart: parts.yaml has payments as QuickBooks answers them, and what each comes to."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.qbo import read_invoice
from onedesk_quickbooks.plugin.qbo.wire.readers import read_payment
from onedesk_quickbooks.plugin.sync.inbound.payments.parts import Part, of_invoice, of_memos, of_payment
from onedesk_quickbooks.plugin.yamlfile.build import LOADER

CASES: list[dict[str, Any]] = yaml.load(Path(__file__).with_name("parts.yaml").read_text(encoding="utf-8"), LOADER)
AMOUNTS = st.integers(min_value=1, max_value=99999).map(lambda cents: Decimal(cents) / 100)


def line(kind: str, txn_id: str, number: str, amount: str | Decimal) -> dict[str, Any]:
    """As QuickBooks answers it, with what it adds (qbo-api.md 2.4 Payment)."""
    said = [{"name": "x", "value": {"Name": "txnReferenceNumber", "Value": number}}]
    return {
        "Amount": Decimal(amount),
        "LinkedTxn": [{"TxnId": txn_id, "TxnType": kind}],
        "LineEx": {"any": said if number else []},
    }


def raw(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Id": "81",
        "SyncToken": "0",
        "TxnDate": "2026-07-02",
        "TotalAmt": Decimal(given["total"]),
        "UnappliedAmt": Decimal(given.get("unapplied", "0")),
        "CurrencyRef": {"value": given.get("currency", "USD")},
        "PaymentRefNum": "CHK-9",
        "Line": [line(*shlex.split(each)) for each in given["lines"]],
    }


def shown(part: Part) -> str:
    return f"{part.source} {plain(part.amount)} {part.reference}".strip()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_payment_comes_apart(case: dict[str, Any]) -> None:
    found = of_payment(read_payment(raw(case["given"])))
    assert {qbo_id: [shown(part) for part in some] for qbo_id, some in found.items()} == case["parts"]


MEMOS: dict[str, tuple[dict[str, Any], dict[str, list[str]]]] = {
    "all of it for an invoice": (
        {"total": "0", "lines": ["Invoice 41 1001 30.00", "CreditMemo 77 CM-7 30.00"]},
        {"77": ["credit_used:81 30.00 1001"]},
    ),
    "two of them for two invoices, one in two lines": (
        {
            "total": "10.00",
            "lines": [
                *("Invoice 41 1001 40.00", "Invoice 42 1002 30.00"),
                *("CreditMemo 77 CM-7 10.00", "CreditMemo 78 CM-8 35.00", "CreditMemo 77 CM-7 15.00"),
            ],
        },
        {"77": ["credit_used:81 25.00 1001, 1002"], "78": ["credit_used:81 35.00 1001, 1002"]},
    ),
    "paid out to the customer": (
        {"total": "0", "lines": ["CreditMemo 77 CM-7 30.00", "Expense 90 '' 30.00"]},
        {"77": ["refund:81 30.00 CHK-9"]},
    ),
    "a part for an invoice, the rest paid out": (
        {"total": "0", "lines": ["Invoice 41 1001 20.00", "CreditMemo 77 CM-7 30.00", "Check 91 55 10.00"]},
        {"77": ["credit_used:81 20.00 1001", "refund:81 10.00 CHK-9"]},
    ),
    "money alone": ({"total": "30.00", "lines": ["Invoice 41 1001 30.00"]}, {}),
}


@pytest.mark.parametrize("name", MEMOS)
def test_what_becomes_of_a_credit_memo(name: str) -> None:
    payment, expected = MEMOS[name]
    found = of_memos(read_payment(raw(payment)))
    assert {qbo_id: [shown(part) for part in some] for qbo_id, some in found.items()} == expected


@given(st.lists(AMOUNTS, min_size=1, max_size=5), st.lists(AMOUNTS, max_size=4), AMOUNTS)
def test_the_parts_of_an_invoice_are_what_was_applied_to_it(
    invoices: list[Decimal], credits: list[Decimal], left: Decimal
) -> None:
    """Whatever is applied: no cent is lost or reported twice, and credits are never more than there are."""
    asked, credited = sum(invoices, Decimal(0)), sum(credits, Decimal(0))
    total = max(asked - credited, Decimal(0)) + left
    unapplied = total + credited - asked
    lines = [line("Invoice", str(n), "", amount) for n, amount in enumerate(invoices, 1)]
    lines += [line("CreditMemo", str(n), f"CM-{n}", amount) for n, amount in enumerate(credits, 70)]
    answered = raw({"total": total, "unapplied": unapplied, "lines": []}) | {"Line": lines}
    found = of_payment(read_payment(answered))
    for n, amount in enumerate(invoices, 1):
        assert sum((part.amount for part in found[str(n)]), Decimal(0)) == amount
    every = [part for some in found.values() for part in some]
    assert all(part.amount > 0 for part in every)
    money = sum((part.amount for part in every if part.kind == "payment"), Decimal(0))
    used = sum((part.amount for part in every if part.kind == "credit_memo"), Decimal(0))
    assert (used, money) == (min(asked, credited), asked - min(asked, credited))


def test_what_another_credit_is_called() -> None:
    payment = read_payment(raw({"total": "60", "lines": ["Invoice 41 1001 100", "Deposit 96 '' 40"]}))
    (_, credit) = of_payment(payment)["41"]
    assert (credit.kind, credit.method, credit.qbo_id) == ("other_credit", "Deposit", "81")


def invoice(total: str, balance: str, deposit: str = "0", **more: Any) -> BooksInvoice:
    amounts = {"TotalAmt": Decimal(total), "Balance": Decimal(balance), "Deposit": Decimal(deposit)}
    return read_invoice({"Id": "41", "SyncToken": "0", "CurrencyRef": {"value": "USD"}, "Line": [], **amounts, **more})


@pytest.mark.parametrize(
    ("seen", "prepaid", "wanted"),
    [
        (invoice("100.00", "100.00"), "0", []),
        (invoice("100.00", "60.00", "40.00"), "0", ["deposit:41 40.00"]),
        (invoice("100.00", "60.00", "40.00"), "40.00", []),
        (invoice("100.00", "50.00", "50.00"), "40.00", ["deposit:41 10.00"]),
        (invoice("100.00", "100.00"), "40.00", ["deposit:41 -40.00"]),
        (invoice("100.00", "0.00", "100.00"), "100.00", ["zero_total:41 0"]),
        (invoice("100.00", "0.00", "100.00"), "0", ["deposit:41 100.00"]),
        (invoice("100.00", "0.00", "40.00"), "40.00", []),
        (invoice("0.00", "0.00"), "0", ["zero_total:41 0"]),
        (invoice("0.00", "0.00", PrivateNote="Voided - OneDesk invoice 1"), "0", []),
        (invoice("0.00", "0.00", PrivateNote="Voided"), "40.00", []),
    ],
)
def test_what_an_invoice_itself_has_settled(seen: BooksInvoice, prepaid: str, wanted: list[str]) -> None:
    assert [shown(part) for part in of_invoice(seen, Decimal(prepaid))] == wanted
