"""Yen have no decimals and dinars three, wherever an amount is shown; QuickBooks keeps two of both."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.sandbox.books.currency import set_exchange_rate
from tests.commands import Connect
from tests.support.invoices import invoice_json, line

RULES = """version: 1
invoices: {negative: credit_memo, on_void: void}
payments: {direction: both}
taxes: {otherwise: {code: none}}
"""
STORIES = {"JPY": ("1000", "400", "100.00", "50", "0.006"), "KWD": ("12.500", "4.250", "1.25", "0.500", "3.1")}
"""Of an invoice, its credit note, QuickBooks' payment and OneDesk's, and the rate."""
WRONG = {
    "JPY": re.compile(r"(line|tax) +\d+\.\d|% of \d+\.\d|\d\.\d+ JPY|JPY \d[\d,]*\.\d"),
    "KWD": re.compile(r"(line|tax) +\d+\.(\d{1,2}|\d{4,})\b|\d\.(\d{1,2}|\d{4,}) KWD|KWD [\d,]*\.(\d{1,2}|\d{4,})\b"),
}


@pytest.mark.parametrize("currency", STORIES)
def test_a_whole_story(
    open_books: Callable[..., Any], call: Callable[..., Any], home: Path, tmp_path: Path, currency: str
) -> None:
    total, credit, received, own, rate = STORIES[currency]
    books = open_books("intl")
    fact = {
        "SourceCurrencyCode": currency,
        "TargetCurrencyCode": "EUR",
        "AsOfDate": "2026-07-01",
        "Rate": Decimal(rate),
    }
    books.sandbox.change(partial(set_exchange_rate, books.sandbox.books, fact))
    home.mkdir(exist_ok=True)
    (home / "rules.yaml").write_text(RULES, encoding="utf-8")
    said: list[str] = []

    def run(*words: object) -> str:
        done = call(*words)
        assert done.code in (0, 1), (words, done.out, done.err)
        said.append(f"$ {' '.join(map(str, words))}\n{done.out}{done.err}")
        return str(done.out)

    run("connect", "--sandbox", books.base_url, "--yes")
    customer = {"id": "C-1", "name": "Far Co", "billing_contact": {"email": "ada@far.example"}}
    given = [
        invoice("INV-1", "3001", total, customer, currency),
        invoice("INV-2", "3002", f"-{credit}", customer, currency),
    ]
    file = tmp_path / "july.json"
    file.write_text(json.dumps([given[0], {**given[1], "credits": "3001"}]))
    run("plan", file)
    run("copy", file)
    run("send", "INV-1")
    (there,) = [each["Id"] for each in books.sandbox.list("Invoice") if each["DocNumber"] == "3001"]
    books.sandbox.pay({there: received})
    page, table = tmp_path / "july.html", tmp_path / "july.csv"
    compared = ("reconcile", "--from", "2026-07-01", "--ours")
    for more in ((), ("--json",), ("--csv", table, "--html", page)):
        run(*compared, *more)
    run("payments")
    payment = {"id": "P-1", "date": "2026-07-02", "currency": currency, "amount": own, "reference": "77"}
    paid = tmp_path / "paid.json"
    paid.write_text(json.dumps({**payment, "invoices": [{"id": "INV-1", "amount": own}]}))
    for option in ("--plan", "--record"):
        run("payments", option, paid)
    assert "2 agree, 0 differ" in run(*compared)
    for words in ("audit INV-1", "queue", "status", "adopt INV-1 --undo", f"pdf INV-1 -o {tmp_path / 'it.pdf'}"):
        run(*words.split())
    runs = re.findall(r"^ ([0-9a-f]{8})  ", run("undo"), re.MULTILINE)
    for each in runs:
        run("undo", each)
    run("payments", "--take-back", paid)
    pages = [requests.get(f"{books.base_url}/app/{path}", timeout=10).text for path in (f"invoice?txnId={there}", "")]
    texts = [*said, page.read_text("utf-8"), table.read_text("utf-8-sig"), *pages]
    found = [match.group() for text in texts for match in WRONG[currency].finditer(text)]
    assert found == []
    assert f"{total} {currency}" in said[1] and f"recorded {credit} {currency}" in "".join(said)


@pytest.mark.parametrize(
    ("currency", "net", "tax", "total"),
    [("JPY", "1000.00", "250", "1250"), ("JPY", "1000", "250.00", "1250.00"), ("KWD", "10.00", "2.50", "12.50")],
)
def test_taxes_of_a_plan_and_of_what_differs(
    open_books: Callable[..., Any],
    call: Callable[..., Any],
    connect: Connect,
    home: Path,
    tmp_path: Path,
    currency: str,
    net: str,
    tax: str,
    total: str,
) -> None:
    books = open_books("intl")
    fact = {"SourceCurrencyCode": currency, "TargetCurrencyCode": "EUR", "AsOfDate": "2026-07-01", "Rate": Decimal("3")}
    books.sandbox.change(partial(set_exchange_rate, books.sandbox.books, fact))
    home.mkdir(exist_ok=True)
    (home / "rules.yaml").write_text("version: 1\ntaxes: {otherwise: {code: VAT 25%}}\n", encoding="utf-8")
    connect(books)
    made = invoice("INV-1", "3001", net, {"id": "C-1", "name": "Far Co"}, currency)
    file = tmp_path / "july.json"
    taxes = [{"name": "VAT", "rate": "25", "amount": tax}]
    file.write_text(json.dumps({**made, "subtotal": net, "taxes": taxes, "total": total}))
    plan, as_json = call("plan", file).out, call("plan", file, "--json").one
    exact = {name: Money(Decimal(text), currency).digits for name, text in (("net", net), ("tax", tax))}
    assert f"{exact['tax']}  VAT 25%, 25 % of {exact['net']}\n" in plan and WRONG[currency].search(plan) is None
    assert (as_json["totals"]["tax"], as_json["totals"]["taxes"][0]["net"]) == (exact["tax"], exact["net"])
    assert call("copy", file).code == 0
    (row,) = [each for each in books.sandbox.list("Invoice") if each.get("DocNumber") == "3001"]
    line = row["Line"][0]
    books.sandbox.edit("Invoice", row["Id"], {"Line": [{**line, "Amount": 8, "SalesItemLineDetail": _cheap(line)}]})
    differs = call("reconcile", "--ours").out
    assert f"(VAT 25% {Money(Decimal(2), currency).digits})" in differs and WRONG[currency].search(differs) is None


def _cheap(line: dict[str, Any]) -> dict[str, Any]:
    """The same detail, whose amount is another."""
    return {key: each for key, each in line["SalesItemLineDetail"].items() if key not in ("Qty", "UnitPrice")}


def invoice(od_id: str, number: str, total: str, customer: dict[str, Any], currency: str) -> dict[str, Any]:
    return invoice_json(od_id, line("Design", total), number=number, currency=currency, customer=customer)
