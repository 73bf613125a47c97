"""Credit notes of a file: `plan` and `copy` say them alike; docs/accounting.md is run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_reconcile import PAGE

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]
SECTION = PAGE.read_text(encoding="utf-8").partition("## Credit notes")[2].partition("\n## ")[0]
(RULES,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
ROWS = """\
number,type,credits,currency,issue_date,customer,country,service_type,amount,total
2041,,,USD,2026-07-01,Harbor Labs,US,Design,310.00,310.00
CN-1,,2041,USD,2026-07-08,Harbor Labs,US,Design,-110.00,-110.00
CN-2,credit,INV-9,USD,2026-07-09,Harbor Labs,US,Design,50.00,50.00
"""


@pytest.fixture
def books(open_books: Open, connect: Connect, tmp_path: Path) -> Any:
    """A US company, connected, with the rules of the page."""
    books = open_books("us")
    connect(books)
    home = next(tmp_path.rglob("ledger.sqlite")).parent
    (home / "rules.yaml").write_text(RULES, encoding="utf-8")
    return books


@pytest.fixture
def july(tmp_path: Path) -> Path:
    file = tmp_path / "july.csv"
    file.write_text(ROWS, encoding="utf-8")
    return file


def test_what_docs_accounting_shows_is_printed(books: Any, call: Call, july: Path) -> None:
    ((words, text),) = re.findall(r"```console\n\$ onedesk-quickbooks ([^\n]*)\n(.*?)```", SECTION, re.DOTALL)
    done = call(words.split()[0], july)
    assert (done.code, done.out.rstrip()) == (1, text.rstrip())
    planned, copied = call("plan", july, "--json").lines, call("copy", july, "--json").lines
    assert [each["outcome"] for each in copied] == ["copied", "copied", "held"]
    assert [each["expected"] for each in planned] == [each["outcome"] for each in copied]
    assert [each["reason"] for each in planned] == [each["reason"] for each in copied]
    [memo] = [each for each in books.sandbox.list("CreditMemo") if each.get("DocNumber") == "CN-1"]
    assert (memo["TotalAmt"], memo["RemainingCredit"]) == (110, 0)
    assert call("payments").code == 0
    report = call("reconcile", "--ours", "--json").one
    assert (report["agree"], report["differ"]) == (2, 1), "the one that is held"
    assert {each["what"]: each["quickbooks"] for each in report["sums"]}["totals"] == "200.00"
    assert [each["kind"] for each in call("audit", "CN-1", "--json").lines].count("request") == 2


def test_undo_says_that_the_payment_of_nothing_stays(books: Any, call: Call, july: Path) -> None:
    assert call("copy", july).code == 1, "one is held"
    run = re.findall(r"(?m)^ ([0-9a-f]{8}) ", call("undo").out)[0]
    [applied] = [each for each in books.sandbox.list("Payment") if "CN-1" in (each.get("PrivateNote") or "")]
    lines = call("undo", run).out.splitlines()
    customer = books.sandbox.list("Customer", "DisplayName = 'Harbor Labs'")[0]["Id"]
    inactive = f"Other records that the run has created stay: customer Harbor Labs (id {customer})."
    assert f"{inactive} Make them inactive in QuickBooks if they are not needed." in lines
    said = f"the payment of 0.00 that uses a credit memo (id {applied['Id']})"
    assert f"These records of the run stay, too: {said}. Delete them in QuickBooks if they are wrong." in lines


def test_a_plan_shows_the_credit_note_that_follows_the_invoice(books: Any, call: Call, tmp_path: Path) -> None:
    """It was held because QuickBooks did not have the invoice; the run that copies the invoice applies it."""
    head, invoice, credit_note, _ = ROWS.splitlines()
    first, then = tmp_path / "first.csv", tmp_path / "then.csv"
    first.write_text(f"{head}\n{credit_note}\n", encoding="utf-8")
    then.write_text(f"{head}\n{invoice}\n", encoding="utf-8")
    held = call("copy", first, "--json").one
    assert (held["outcome"], "follows automatically" in held["reason"]) == ("held", True)
    planned, shown = call("plan", then, "--json"), call("plan", then).out
    assert [(each["number"], each["expected"], each["waited"]) for each in planned.lines] == [
        ("2041", "copied", False),
        ("CN-1", "copied", True),
    ]
    assert "Already in the queue, and processed in the same run:\nCredit note CN-1:" in shown
    copied = call("copy", then, "--json").lines
    assert [(each["id"], each["outcome"], each["reason"]) for each in copied] == [
        (each["id"], each["expected"], each["reason"]) for each in planned.lines
    ]
    assert call("plan", then, "--json").one["expected"] == "unchanged"


def test_a_credit_note_that_stays_held_is_shown_once(books: Any, call: Call, tmp_path: Path) -> None:
    """Its invoice, of another customer, is copied in the same run: it is processed again, and nothing is new."""
    heading, invoice, note, _ = ROWS.splitlines()
    file = tmp_path / "of another.csv"
    file.write_text("\n".join((heading, note.replace("Harbor Labs", "Field Labs"), invoice, "")), encoding="utf-8")
    done = call("copy", file, "--json")
    assert [(each["id"], each["outcome"], each["waited"]) for each in done.lines] == [
        ("CN-1", "held", False),
        ("2041", "copied", False),
    ]
    assert done.code == 1
