"""What a file has void or deleted, and what the rules make of it in QuickBooks: `plan` and `copy` say it alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_reconcile import PAGE, invoice

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]
July = Callable[..., Path]
SECTION = PAGE.read_text(encoding="utf-8").partition("## Voids and deletions")[2].partition("\n## ")[0]
(RULES,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture
def books(open_books: Open, connect: Connect, tmp_path: Path) -> Any:
    """A US company, connected, with the rules of the page."""
    books = open_books("us")
    connect(books)
    home = next(tmp_path.rglob("ledger.sqlite")).parent
    (home / "rules.yaml").write_text(RULES, encoding="utf-8")
    return books


@pytest.fixture
def july(tmp_path: Path) -> July:
    """Writes the three invoices of July, each with its status; the file."""

    def write(*states: str) -> Path:
        file, prices = tmp_path / "july.json", ("310.00", "160.00", "75.00")
        rows = [
            invoice(f"204{place}", price, status=status)
            for place, (price, status) in enumerate(zip(prices, states, strict=True), 1)
        ]
        file.write_text(json.dumps(rows), encoding="utf-8")
        return file

    return write


def test_what_docs_accounting_shows_is_printed(books: Any, call: Call, july: July) -> None:
    assert call("copy", july("open", "open", "open")).code == 0
    ids = {each["DocNumber"]: each["Id"] for each in books.sandbox.list("Invoice") if each["TxnDate"] == "2026-07-01"}
    books.sandbox.pay({ids["2041"]: "100.00"})
    file = july("void", "void", "deleted")
    shown = re.findall(r"```console\n\$ onedesk-quickbooks ([^\n]*)\n(.*?)```", SECTION, re.DOTALL)
    ((words, text),) = shown
    done = call(words.split()[0], file)
    assert (done.code, done.out.rstrip()) == (1, text.rstrip())
    assert [each["outcome"] for each in call("copy", file, "--json").lines] == ["held", "voided", "deleted"]
    rows = {each["DocNumber"]: each for each in books.sandbox.list("Invoice", "TxnDate = '2026-07-01'")}
    assert {number: str(each["TotalAmt"]) for number, each in rows.items()} == {"2041": "310.00", "2042": "0"}
    again = call("copy", file, "--json").lines
    assert [each["outcome"] for each in again] == ["held"] * 3, "done once"
    assert "It is Void: only an Open invoice is copied" in again[1]["reason"]
    assert call("reconcile", "--ours", "--json").one["differ"] == 1, "the one that is paid there"


@pytest.mark.parametrize(("status", "did", "action"), [("void", "voided", "void"), ("deleted", "deleted", "delete")])
def test_json_of_both(books: Any, call: Call, july: July, status: str, did: str, action: str) -> None:
    call("copy", july("open", "open", "open"))
    file = july("open", "open", status)
    planned, copied = call("plan", file, "--json").lines, call("copy", file, "--json").lines
    assert [each["expected"] for each in planned] == [each["outcome"] for each in copied]
    assert [each["reason"] for each in planned] == [each["reason"] for each in copied]
    assert (copied[2]["action"], copied[2]["outcome"], copied[2]["waited"]) == (did, did, False)
    assert planned[2]["steps"] == [{"step": f"{action} invoice", "qbo_id": copied[2]["qbo_id"]}]
    shown = call("audit", "INV-2043", "--json").lines
    kinds = [each["kind"] for each in shown]
    assert kinds[-6:] == ["decided", "planned", "request", "entry", "answer", "outcome"]


def test_held_is_tried_again_where_a_rule_undoes_it(books: Any, call: Call, july: July) -> None:
    call("copy", july("open", "open", "open"))
    (qbo_id,) = [each["Id"] for each in books.sandbox.list("Invoice", "DocNumber = '2043'")]
    payment = books.sandbox.pay({qbo_id: "75.00"})
    file = july("open", "open", "void")
    assert call("copy", file, "--json").lines[2]["outcome"] == "held"
    (entry,) = call("queue", "--json").lines
    assert (entry["action"], entry["state"]) == ("voided", "held") and "payment" in call("status").out
    books.sandbox.void("Payment", payment["Id"])
    assert call("queue", "retry", str(entry["entry"])).code == 0
    assert [each["outcome"] for each in call("copy", "INV-2041", "--json").lines] == ["unchanged", "voided"]
