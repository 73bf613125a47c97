"""Payments of the host by the command line; docs/accounting.md is run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_going_along import ask, results
from tests.cli.test_reconcile import PAGE, books, invoice

__all__ = ["books"]
SECTION = PAGE.read_text(encoding="utf-8").partition("\n## Payments of OneDesk\n")[2].partition("\n## ")[0]
((RULES, PAID),) = zip(
    re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL),
    re.findall(r"```json\n(.*?)```", SECTION, re.DOTALL),
    strict=True,
)


@pytest.fixture
def file(books: Any, call: Callable[..., Any], home: Path, tmp_path: Path) -> Path:
    """Two invoices were copied; a payment of the host for both."""
    (home / "rules.yaml").write_text(RULES, encoding="utf-8")
    july = tmp_path / "july.json"
    july.write_text(json.dumps([invoice("2041", "310.00"), invoice("2042", "160.00")]), encoding="utf-8")
    assert call("copy", july).code == 0
    made = tmp_path / "paid.json"
    made.write_text(PAID, encoding="utf-8")
    return made


def ours(books: Any) -> list[Any]:
    rows = books.sandbox.list("Payment")
    return [row["TotalAmt"] for row in rows if "OneDesk payment P-1" in (row.get("PrivateNote") or "")]


def test_what_docs_accounting_shows_of_payments(books: Any, call: Callable[..., Any], file: Path) -> None:
    ((words, shown),) = re.findall(r"```console\n\$ onedesk-quickbooks (payments [^\n]*)\n(.*?)```", SECTION, re.DOTALL)
    done = call(*(file if word == "paid.json" else word for word in words.split()))
    assert (done.code, done.out) == (0, shown)
    assert ours(books) == []


def test_what_docs_accounting_shows_of_one_that_is_held(
    books: Any, call: Callable[..., Any], home: Path, file: Path
) -> None:
    ((words, shown),) = re.findall(
        r"```console\n\$ onedesk-quickbooks (reconcile [^\n]*)\n(.*?)```", SECTION, re.DOTALL
    )
    (home / "rules.yaml").write_text(RULES.replace("more_than_open: credit", "more_than_open: hold"), encoding="utf-8")
    more = [{"id": "INV-2041", "amount": "410.00"}, {"id": "INV-2042", "amount": "90.00"}]
    file.write_text(json.dumps({**json.loads(PAID), "amount": "500.00", "invoices": more}), encoding="utf-8")
    assert call("payments", "--record", file).code == 1
    done = call(*words.split())
    assert (done.code, done.out) == (1, shown)
    assert ours(books) == []


def test_recorded_once_and_taken_back(books: Any, call: Callable[..., Any], file: Path) -> None:
    done = call("payments", "--record", file)
    assert done.code == 0 and "recorded" in done.out and "400.00 USD" in done.out
    again = call("payments", "--record", file, "--json")
    assert [json.loads(line)["outcome"] for line in again.out.splitlines()] == ["unchanged"]
    assert ours(books) == [400]
    assert "Nothing new was paid in QuickBooks." in call("payments").out
    back = call("payments", "--take-back", file, "--json")
    assert [json.loads(line)["outcome"] for line in back.out.splitlines()] == ["voided"]
    assert ours(books) == [0]
    assert call("payments", "--take-back", file, "--record", file).code == 2


def test_what_is_held_and_what_is_no_payment(books: Any, call: Callable[..., Any], file: Path, tmp_path: Path) -> None:
    payment = json.loads(PAID)
    file.write_text(json.dumps({**payment, "amount": "-5.00", "invoices": [{"id": "INV-2041", "amount": "-5.00"}]}))
    for words in (("--plan", file), ("--record", file)):
        done = call("payments", *words)
        assert done.code == 1 and "QuickBooks does not record a refund as a payment" in " ".join(done.out.split())
    for given, why in (({"kind": "write_off"}, "is a write-off"), ({"invoices": []}, "is for no invoice")):
        file.write_text(json.dumps({**payment, "id": why, **given}))
        for words in (("--plan", file), ("--record", file)):
            done = call("payments", *words)
            assert done.code == 1 and why in " ".join(done.out.split())
    file.write_text(json.dumps({**payment, "amount": "much"}))
    for words in (("--plan", file), ("--record", file)):
        done = call("payments", *words)
        assert done.code == 3 and "paid.json:1: amount: 'much'" in done.err
    other = tmp_path / "paid.csv"
    other.write_text("id\n", encoding="utf-8")
    assert "the column date is missing" in call("payments", "--record", other).err
    assert ours(books) == []


def test_another_currency_pays_nothing_of_an_invoice_and_is_reported(
    books: Any, call: Callable[..., Any], file: Path
) -> None:
    euros = {**json.loads(PAID), "currency": "EUR"}
    file.write_text(json.dumps(euros), encoding="utf-8")
    assert call("payments", "--record", file).code == 1
    report = json.loads(call("reconcile", "--json", "--ours").out)
    assert {row["what"]: row["difference"] for row in report["sums"]}["open balances"] == "0.00"
    found = [each for invoice in report["invoices"] for each in invoice["differences"]]
    assert [(each["kind"], each["onedesk"], each["amount"]) for each in found] == [
        ("payment", "payment 1042: 310.00 EUR", "0.00"),
        ("payment", "payment 1042: 90.00 EUR", "0.00"),
    ]
    assert all("QuickBooks keeps a customer in one currency" in each["cause"] for each in found)
    file.write_text(PAID, encoding="utf-8")
    assert call("payments", "--record", file).code == 0
    report = json.loads(call("reconcile", "--json", "--ours").out)
    assert report["differ"] == 0 and {row["what"]: row["onedesk"] for row in report["settled"]} == {
        "payments": "400.00"
    }
    assert ours(books) == [400]


def test_a_csv_file_as_the_page_shows_it(books: Any, call: Callable[..., Any], file: Path, tmp_path: Path) -> None:
    ((text),) = re.findall(r"```csv\n(.*?)```", SECTION, re.DOTALL)
    rows = tmp_path / "paid.csv"
    rows.write_text(text, encoding="utf-8")
    planned = call("payments", "--plan", rows)
    assert planned.out == call("payments", "--plan", file).out and planned.code == 0
    rows.write_text(text + "P-2,2026-07-11,USD,5.00,,,INV-2042,\n", encoding="utf-8")
    for _ in range(2):
        assert call("payments", "--record", rows).code == 0
    made = [row for row in books.sandbox.list("Payment") if "OneDesk payment P-" in (row.get("PrivateNote") or "")]
    assert sorted((row["TotalAmt"], len(row["Line"])) for row in made) == [(5, 1), (400, 2)]
    back = call("payments", "--take-back", rows, "--json")
    assert [json.loads(line)["outcome"] for line in back.out.splitlines()] == ["voided", "voided"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("P-9,2026-07-11,USD,5.00,,,INV-77,\n", "paid.csv:4: the host has no invoice 'INV-77'"),
        ("P-9,2026-07-11,USD,much,,,INV-2041,\n", "paid.csv:4: amount"),
        ("P-9,11/07/2026,USD,5.00,,,INV-2041,\n", "paid.csv:4: date: '11/07/2026' is not a date"),
        ("P-9,2026-07-11,USD,5.00,,,INV-2041,,x\n", "paid.csv:4: the row has 9 cells for 8 columns"),
        (",2026-07-11,USD,5.00,,,INV-2041,\n", "paid.csv:4: the row has no id"),
        ("P-9,,,,,,,\nP-1,,,,,,INV-2041,1.00\n", "paid.csv:5: the rows of payment P-1 must follow each other"),
        ("P-1,,USD,500.00,,,INV-2042,1.00\n", "paid.csv:2: amount is 500.00 here and otherwise"),
        ("P-9,2026-07-11,USD,5.00,,,,5.00\n", "paid.csv:4: invoice_amount without invoice"),
    ],
)
def test_a_bad_row_records_nothing(
    books: Any, call: Callable[..., Any], file: Path, tmp_path: Path, more: str, why: str
) -> None:
    ((text),) = re.findall(r"```csv\n(.*?)```", SECTION, re.DOTALL)
    rows = tmp_path / "paid.csv"
    rows.write_text(text + more, encoding="utf-8")
    for words in (("--plan", rows), ("--record", rows)):
        done = call("payments", *words)
        assert done.code == 3 and why in " ".join(done.err.split()), done.err
    assert ours(books) == [] and call("queue", "--json").out == ""


def test_what_people_see_of_one_that_is_held(books: Any, call: Callable[..., Any], file: Path) -> None:
    file.write_text(json.dumps({**json.loads(PAID), "currency": "EUR"}), encoding="utf-8")
    call("payments", "--record", file)
    listed = json.loads(call("queue", "--json").out)
    assert (listed["action"], listed["state"], listed["number"]) == ("paid", "held", "1042")
    shown = call("queue", "show", listed["entry"]).out
    assert "paid, payment 1042" in shown and "payment, deposit_account: Checking (payments.deposit_account" in shown
    assert "of 400.00 EUR" not in shown and "OneDesk 400.00 EUR, QuickBooks none yet" in shown
    trail = call("audit", "1042").out
    assert "paid: payment 1042 of 400.00 EUR" in trail and "paid: held" in trail
    file.write_text(PAID, encoding="utf-8")
    assert call("payments", "--record", file).code == 0
    trail = call("audit", "1042").out
    assert "payment of 400.00 USD: recorded" in trail and "310.00 to INV-2041 (QuickBooks 48)" in trail
    assert call("queue").code == 0 and "none was changed" in call("audit", "verify").out


def waits_as_send(home: Path, number: str) -> None:
    """An invoice over 75.00 that was sent, and that no run has processed yet."""
    waiting = invoice(number, "75.00")
    contact = {"billing_contact": {"email": "ada@harbor.example"}}
    ask(home, "send", {**waiting, "customer": {**waiting["customer"], **contact}})


def test_what_is_in_the_queue_is_shown_too(
    books: Any, call: Callable[..., Any], home: Path, file: Path, tmp_path: Path
) -> None:
    """It is processed with the payment, which pays a part of it: the plan has it, and the output."""
    waits_as_send(home, "2043")
    paid = {**json.loads(PAID), "amount": "40.00", "invoices": [{"id": "INV-2043", "amount": "40.00"}]}
    file.write_text(json.dumps(paid), encoding="utf-8")
    planned = call("payments", "--plan", file, "--json")
    done = call("payments", "--record", file, "--json")
    assert results(planned.lines, "expected") == results(done.lines, "outcome")
    assert results(done.lines, "outcome") == [
        ("onedesk-payment:P-1", "recorded", False),
        ("INV-2043", "sent", True),
    ]
    assert (planned.code, done.code, len(books.sandbox.outbox())) == (0, 0, 1)
    ask(home, "copy", invoice("2044", "999.00", total="1.00"))
    taken = call("payments", "--take-back", file)
    assert taken.code == 1 and "Were already in the queue" in taken.out and "2044" in taken.out


def test_a_waiting_invoice_that_the_payment_pays_in_full_is_not_e_mailed_and_the_plan_says_so(
    books: Any, call: Callable[..., Any], home: Path, file: Path
) -> None:
    """OneDesk has it Paid by then. The plan changes nothing there."""
    for number in ("2043", "2044"):
        waits_as_send(home, number)
    parts = [{"id": "INV-2043", "amount": "75.00"}, {"id": "INV-2044", "amount": "25.00"}]
    file.write_text(json.dumps({**json.loads(PAID), "amount": "100.00", "invoices": parts}), encoding="utf-8")
    planned = call("payments", "--plan", file, "--json")
    done = call("payments", "--record", file, "--json")
    assert results(planned.lines, "expected") == results(done.lines, "outcome")
    assert results(done.lines, "outcome") == [
        ("onedesk-payment:P-1", "recorded", False),
        ("INV-2043", "copied", True),
        ("INV-2044", "sent", True),
    ]
    assert len(books.sandbox.outbox()) == 1
