"""`backfill` of companies in several countries: stopped, gone on with under other rules, and taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_reconcile import invoice

Call = Callable[..., Any]
Connect = Callable[[Any], None]
COMPANIES = {
    "gb": ("gb", None, "GBP", "GB", "20", "20.0% S"),
    "no": ("intl", "NOK", "NOK", "NO", "25", "VAT 25%"),
    "se": ("intl", "SEK", "SEK", "SE", "12", "VAT 12%"),
}
"""Sandbox, its home currency, that of the invoices, country, rate and code of the tax."""


def rules(code: str, rate: str, more: str = "") -> str:
    return f'version: 1\n{more}taxes: {{otherwise: {{by_rate: {{"{rate}": {code}}}, without_rate: hold}}}}\n'


@pytest.mark.parametrize("where", COMPANIES)
def test_it_goes_on_by_the_rules_of_that_day(
    open_books: Callable[..., Any], call: Call, connect: Connect, home: Path, tmp_path: Path, where: str
) -> None:
    company, kept_in, currency, country, rate, code = COMPANIES[where]
    books = open_books(company, **({"currency": kept_in} if kept_in else {}))
    connect(books)
    (home / "rules.yaml").write_text(rules(code, rate), encoding="utf-8")
    given = []
    for number, day in (("3", "2026-07-03"), ("1", "2026-07-01"), ("2", "2026-07-02")):
        tax = Decimal("10.00") * Decimal(rate)
        made = {**invoice(number, "1000.00", issue_date=day), "currency": currency, "total": str(1000 + tax)}
        made["customer"] = {"id": "C-1", "name": "Björk", "address": {"country": country}}
        made["lines"][0]["tax_rate"] = rate
        given.append({**made, "taxes": [{"rate": rate, "amount": str(tax)}]})
    file = tmp_path / "july.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    assert call("invoices", "import", file).code == 0
    period = "--from", "2026-07-01", "--to"
    first = call("backfill", *period, "2026-07-01", "--yes", "--json").lines
    assert [(each["id"], each["outcome"]) for each in first[1:]] == [("INV-1", "copied")]
    (home / "rules.yaml").write_text(rules(code, rate, "invoices: {memo: By other rules}\n"), encoding="utf-8")
    rest = call("backfill", *period, "2026-07-31", "--yes", "--json").lines
    assert [(each["id"], each["outcome"]) for each in rest[1:]] == [("INV-2", "copied"), ("INV-3", "copied")]
    memos = {each["DocNumber"]: each.get("CustomerMemo", {}).get("value") for each in books.sandbox.list("Invoice")}
    assert memos == {"1": None, "2": "By other rules", "3": "By other rules"}
    assert call("reconcile").code == 0
    runs = [each["run"] for each in call("undo", "--json").lines]
    assert [call("undo", each, "--yes").code for each in runs] == [0, 0]
    assert books.sandbox.list("Invoice") == []
    again = call("backfill", *period, "2026-07-31", "--yes", "--json").lines
    assert [each["outcome"] for each in again[1:]] == ["copied"] * 3, "a person's word brings them back"


def test_what_is_in_the_queue_is_shown_and_e_mailed_as_shown(
    open_books: Callable[..., Any], call: Call, connect: Connect, home: Path, tmp_path: Path
) -> None:
    """Of the period and outside of it; what the backfill itself takes is not e-mailed."""
    books = open_books("us")
    connect(books)
    sends = "version: 1\ninvoices: {on_open: send}\n"
    given = [invoice("1", "10.00", issue_date="2025-07-01"), invoice("2", "20.00"), invoice("3", "30.00")]
    email = {"billing_contact": {"email": "a@harbor.example"}}
    given = [{**each, "customer": {**each["customer"], **email}} for each in given]
    file = tmp_path / "invoices.json"
    for rules_now, some in ((sends, given[:2]), ("version: 1\n", given[2:])):
        (home / "rules.yaml").write_text(rules_now, encoding="utf-8")
        file.write_text(json.dumps(some), encoding="utf-8")
        assert call("invoices", "import", file).code == 0
    period = "backfill", "--from", "2026-01-01"
    assert "What is in the queue is processed too" in call(*period).out
    planned = call(*period, "--dry-run", "--json").lines[1:]
    mailed = {each["id"]: any(step["step"] == "send" for step in each["steps"]) for each in planned}
    shown = [(each, "sent" if mails else "copied") for each, mails in mailed.items()]
    assert shown == [("INV-2", "sent"), ("INV-3", "copied"), ("INV-1", "sent")]
    assert "Already in the queue, and processed in the same run:" in call(*period, "--dry-run").out
    done = call(*period, "--yes", "--json").lines[1:]
    assert [(each["id"], each["outcome"]) for each in done] == shown
    assert len(books.sandbox.outbox()) == 2
    assert "is processed too" not in call(*period).out
