"""`adopt` as a person and a script call it: text, JSON, CSV; docs/accounting.md is run."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_reconcile import PAGE, books, invoice
from tests.sync.conftest import lose_ledger

__all__ = ["books"]
Call = Callable[..., Any]


def enter(
    books: Any, number: str, amount: str, customer: str = "Harbor Labs", entity: str = "Invoice", **fields: Any
) -> str:
    """An invoice, or a credit memo, that a bookkeeper has entered in QuickBooks; its id."""
    found = books.sandbox.list("Customer", f"DisplayName = '{customer}'")
    made = found[0] if found else books.sandbox.create("Customer", {"DisplayName": customer})
    detail = {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": Decimal(amount)}
    line = {"Amount": Decimal(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    body = {"CustomerRef": {"value": made["Id"]}, "TxnDate": "2026-07-01", "Line": [line], **fields}
    return str(books.sandbox.create(entity, {**body, **({"DocNumber": number} if number else {})})["Id"])


@pytest.fixture
def july(books: Any, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """Four invoices in a file; three of them, in three ways, stand in QuickBooks. Their ids there by number."""
    file = tmp_path / "july.json"
    file.write_text(
        json.dumps([invoice(number, price) for number, price in zip(NUMBERS, PRICES, strict=True)]), encoding="utf-8"
    )
    return file, {
        "2051": enter(books, "2051", "310.00"),
        "2052": enter(books, "2052", "160.00", TxnDate="2026-07-03"),
        "2053": enter(books, "1007", "75.00"),
    }


NUMBERS, PRICES = ("2051", "2052", "2053", "2054"), ("310.00", "160.00", "75.00", "90.00")


def test_what_docs_accounting_shows_is_printed(july: tuple[Path, dict[str, str]], call: Call) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = re.findall(r"```console\n\$ onedesk-quickbooks (adopt [^\n]*)\n(.*?)```", text, re.DOTALL)
    assert len(shown) == 4
    for (words, out), code in zip(shown[:3], (1, 1, 0), strict=True):
        done = call(*(july[0] if word == "july.json" else word for word in words.split()))
        assert (done.code, done.out) == (code, out)


def test_a_wrong_pair_is_taken_back_and_the_right_one_is_made(
    july: tuple[Path, dict[str, str]], call: Call, books: Any
) -> None:
    file, ids = july
    before = [(each["Id"], each["SyncToken"]) for each in books.sandbox.list("Invoice")]
    right = enter(books, "2058", "75.00", TxnDate="2026-07-04")
    assert call("adopt", file, "--pair", f"INV-2053={ids['2053']}", "--yes").code == 1
    asked = call("adopt", "2053", "--undo", "--json")
    assert (asked.code, asked.one["kept"], asked.one["counts"]["link"]) == (0, False, 1)
    done = call("adopt", "2053", "--undo", "--yes", "--json").one
    (one,) = done["invoices"]
    assert (one["id"], one["undo"], one["qbo_number"]) == ("INV-2053", "taken_back", "1007")
    assert (one["total"], one["currency"], done["kept"]) == ("75.00", "USD", True)
    again = call("adopt", "INV-2053", "--undo", "--yes")
    assert again.code == 0 and "1 taken back before." in again.out
    assert call("adopt", file, "--pair", f"INV-2053={right}", "--yes", "--json").one["adopted"] == 1
    trail = call("audit", "INV-2053").out
    assert "act" in trail and "its link removed" in trail and "none was changed" in call("audit", "verify").out
    after = [(each["Id"], each["SyncToken"]) for each in books.sandbox.list("Invoice") if each["Id"] != right]
    assert after == before


def test_links_of_a_file_are_taken_back_and_what_stays_says_why(
    july: tuple[Path, dict[str, str]], call: Call, books: Any
) -> None:
    file, ids = july
    assert call("adopt", file, "--yes").code == 1
    books.sandbox.pay({ids["2051"]: "100.00"})
    assert call("payments").code == 0
    done = call("adopt", file, "--undo", "--yes")
    assert done.code == 1
    said = " ".join(done.out.split())
    assert "2051, stays: Through this link, the payment" in said and "4 links: 4 stay." in said
    assert "INV-2054, stays: INV-2054 is linked to no invoice of QuickBooks" in said


@pytest.mark.parametrize("words", [("--undo",), ("A", "--undo", "--pair", "A=1"), ("A", "--undo", "--csv", "x.csv")])
def test_what_goes_not_with_undo(books: Any, call: Call, words: tuple[str, ...]) -> None:
    done = call("adopt", *words)
    assert done.code == 2 and "--undo takes invoices by id, number or FILE" in done.err


def test_what_docs_accounting_shows_of_a_credit_note(books: Any, call: Call, tmp_path: Path, home: Path) -> None:
    (home / "rules.yaml").write_text("version: 1\ninvoices: {negative: credit_memo}\n")
    file = tmp_path / "credit.json"
    file.write_text(json.dumps(invoice("2055", "-40.00", id="CN-2055")))
    enter(books, "2055", "40.00", entity="CreditMemo")
    enter(books, "2055", "40.00")
    text = PAGE.read_text(encoding="utf-8")
    (out,) = re.findall(r"```console\n\$ onedesk-quickbooks adopt credit\.json --yes\n(.*?)```", text, re.DOTALL)
    done = call("adopt", file, "--yes")
    assert (done.code, done.out) == (0, out)
    assert call("adopt", file, "--json").one["linked_before"] == 1


def test_a_report_keeps_nothing(july: tuple[Path, dict[str, str]], call: Call, books: Any) -> None:
    before = [(each["Id"], each["SyncToken"]) for each in books.sandbox.list("Invoice")]
    report = call("adopt", july[0], "--json").one
    assert (report["kept"], report["adopted"]) == (False, 0)
    assert {each["id"]: each["match"] for each in report["invoices"]} == {
        "INV-2051": "same",
        "INV-2052": "differs",
        "INV-2053": "perhaps",
        "INV-2054": "only_in_onedesk",
    }
    assert call("adopt", "--json").one["invoices"] == [], "the host has none of them yet"
    assert [(each["Id"], each["SyncToken"]) for each in books.sandbox.list("Invoice")] == before


def test_once_the_pairs_are_named_the_rest_is_copied(july: tuple[Path, dict[str, str]], call: Call, books: Any) -> None:
    file, ids = july
    named = [f"--pair=INV-{number}={ids[number]}" for number in ("2052", "2053")]
    done = call("adopt", file, *named, "--yes", "--json")
    assert (done.code, done.one["adopted"]) == (1, 3)
    done = call("copy", file, "--json")
    assert done.code == 0
    assert {each["id"]: each["outcome"] for each in done.lines} == {
        "INV-2051": "unchanged",
        "INV-2052": "unchanged",
        "INV-2053": "unchanged",
        "INV-2054": "copied",
    }
    ours = [each for each in books.sandbox.list("Invoice") if each["CustomerRef"]["name"] == "Harbor Labs"]
    assert len(ours) == 4, "none is doubled"
    done = call("adopt", file, "--yes")
    last = "OneDesk has no invoice without a link. 4 invoices linked before."
    assert (done.code, done.out.splitlines()[-1]) == (0, last)


def test_csv_has_a_row_for_each_and_no_formula(
    books: Any, call: Call, tmp_path: Path, july: tuple[Path, dict[str, str]]
) -> None:
    file, table = tmp_path / "odd.json", tmp_path / "adopt.csv"
    file.write_text(json.dumps([invoice("2060", "5.00", "=HYPERLINK(1)"), invoice("2051", "310.00")]))
    done = call("adopt", file, "--csv", table)
    assert done.err.endswith(f"Written: {table}\n")
    with table.open(encoding="utf-8-sig", newline="") as rows:
        found = list(csv.DictReader(rows))
    assert [(row["id"], row["match"], row["quickbooks_id"], row["adopted"]) for row in found] == [
        ("INV-2060", "only_in_onedesk", "", "no"),
        ("INV-2051", "same", july[1]["2051"], "no"),
    ]
    assert found[0]["onedesk_customer"] == "'=HYPERLINK(1)"
    assert found[1]["quickbooks_total"] == "310.00"


def test_a_paid_invoice_of_a_file(books: Any, call: Call, tmp_path: Path) -> None:
    qbo_id = enter(books, "2051", "310.00")
    books.sandbox.pay({qbo_id: "310.00"})
    file = tmp_path / "paid.json"
    file.write_text(json.dumps(invoice("2051", "310.00", status="paid")))
    assert call("adopt", file, "--yes").code == 0
    assert call("payments").out == "Nothing new was paid in QuickBooks.\n"
    done = call("reconcile", "--ours")
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 invoice: 1 agrees, 0 differ.")


def test_rules_that_copy_what_is_opened_copy_nothing_of_it(books: Any, call: Call, tmp_path: Path, home: Path) -> None:
    """An invoice of a file is put into the host without a word to the plugin: it would be asked for otherwise."""
    (home / "rules.yaml").write_text("version: 1\ninvoices: {on_open: copy}\n")
    enter(books, "2051", "310.00")
    file = tmp_path / "one.json"
    file.write_text(json.dumps(invoice("2051", "310.00")))
    assert call("adopt", file, "--yes").code == 0
    assert call("queue", "--json").out == ""


def test_a_file_that_has_it_otherwise_than_the_host(books: Any, call: Call, tmp_path: Path) -> None:
    enter(books, "2051", "310.00")
    file = tmp_path / "one.json"
    file.write_text(json.dumps(invoice("2051", "311.00")))
    assert call("invoices", "import", file).code == 0
    file.write_text(json.dumps(invoice("2051", "310.00")))
    done = call("adopt", file, "--yes", "--json")
    (one,) = done.one["invoices"]
    assert (done.code, one["match"], "invoices import FILE" in one["reason"]) == (1, "left_alone", True)


def test_a_bad_record_is_reported_and_the_others_go_on(books: Any, call: Call, tmp_path: Path) -> None:
    enter(books, "2051", "310.00")
    file = tmp_path / "two.json"
    file.write_text(json.dumps([{**invoice("2050", "1.00"), "total": "much"}, invoice("2051", "310.00")]))
    done = call("adopt", file, "--yes", "--json")
    assert (done.code, done.one["adopted"]) == (1, 1)
    assert {each["id"]: each["match"] for each in done.one["invoices"]} == {
        "INV-2051": "same",
        "INV-2050": "left_alone",
    }


def test_days_are_those_of_onedesk(books: Any, call: Call, tmp_path: Path) -> None:
    enter(books, "2051", "310.00")
    file = tmp_path / "two.json"
    file.write_text(json.dumps([invoice("2051", "310.00"), invoice("2052", "1.00", issue_date="2026-08-01")]))
    report = call("adopt", file, "--from", "2026-07-01", "--to", "2026-07-31", "--json").one
    assert [each["id"] for each in report["invoices"]] == ["INV-2051"]
    assert (report["from"], report["to"]) == ("2026-07-01", "2026-07-31")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--from", "2026-08-01", "--to", "2026-07-01"], 2, "--from 2026-08-01 is after --to 2026-07-01"),
        (["--pair", "INV-1"], 2, "--pair INV-1: it is OneDesk's id, =, QuickBooks' id: --pair INV-7=148"),
        (["--pair", "A=1", "--pair", "B=1"], 2, "--pair B=1: 1 is named twice"),
        (["--pair", "A=1", "--pair", "A=2"], 2, "--pair A=2: A is named twice"),
        ([""], 2, "an argument is empty; give the file or the id of an invoice in its place"),
        (["nowhere.json"], 2, "'nowhere.json' is neither a file nor the id of an invoice that the host has"),
        (["--pair", "INV-7=148"], 3, "OneDesk has no invoice with the id INV-7, which a pair names"),
        (["--csv", "nowhere/at/all.csv"], 3, "nowhere/at/all.csv: No such file or directory"),
    ],
)
def test_what_cannot_be_done_says_why(books: Any, call: Call, words: list[str], code: int, said: str) -> None:
    done = call("adopt", *words)
    assert (done.code, said in done.err) == (code, True), done.err


def test_without_a_company_it_says_what_to_do(call: Call) -> None:
    call("keys", "add", "desk")  # the ledger is made
    done = call("adopt")
    assert (done.code, "onedesk-quickbooks connect" in done.err) == (3, True)


def test_the_trail_and_the_queue_show_it(july: tuple[Path, dict[str, str]], call: Call) -> None:
    assert call("adopt", july[0], "--yes").code == 1
    entries = [json.loads(line) for line in call("audit", "INV-2051", "--json").out.splitlines()]
    assert [each["kind"] for each in entries] == ["taken", "act"]
    assert entries[1]["actor"].endswith("command line")
    entry = entries[1]["content"]["entry"]
    assert "adopt" in call("audit", "2051").out
    shown = call("queue", "show", str(entry), "--json").one
    assert (shown["action"], shown["state"], shown["conflict"]) == ("adopt", "done", None)
    assert call("explain", "--as-copied", "INV-2051").code == 0


@pytest.mark.parametrize("kept", [True, False])
def test_what_has_the_mark_under_another_number_is_linked_by_a_pair(
    books: Any, call: Call, connect: Callable[[Any], None], tmp_path: Path, home: Path, kept: bool
) -> None:
    """The data directory was lost."""
    file = tmp_path / "one.json"
    if not kept:
        (home / "rules.yaml").write_text("version: 1\ninvoices: {number: quickbooks}\n", encoding="utf-8")
    file.write_text(json.dumps([invoice("2051", "310.00")]), encoding="utf-8")
    first = call("copy", file, "--json").one
    if kept:  # a person gives it another one
        books.sandbox.edit("Invoice", first["qbo_id"], {"DocNumber": "X-7"})
    lose_ledger(home)
    connect(books)
    [row] = call("reconcile", "--ours", "--json").one["invoices"]
    [found] = row["differences"]
    aside = call("adopt", file, "--json").one["invoices"][0]
    command = "onedesk-quickbooks copy INV-2051"
    assert command in found["remedy"] and command in aside["reason"]
    pair = f"INV-2051={first['qbo_id']}"
    assert call("adopt", file, "--pair", pair, "--yes").code == 0, "a person may name it nevertheless"
    again = call("copy", file, "--json").one
    assert (again["outcome"], again["qbo_id"]) == ("unchanged", first["qbo_id"])
    assert len(books.sandbox.list("Invoice", "PrivateNote LIKE '%OneDesk invoice INV-2051%'")) == 1


def test_what_has_the_mark_is_said_to_be_of_another_installation(
    books: Any, call: Call, connect: Callable[[Any], None], tmp_path: Path, home: Path
) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps([invoice("2051", "310.00")]), encoding="utf-8")
    qbo_id = call("copy", file, "--json").one["qbo_id"]
    lose_ledger(home)
    connect(books)
    file.write_text(json.dumps([invoice("2077", "310.00", id="INV-2051", issue_date="2026-07-09")]), encoding="utf-8")
    plan, held = call("plan", file, "--json").one, call("copy", file, "--json").one
    command = f"onedesk-quickbooks adopt --not INV-2051={qbo_id} --yes"
    assert held["outcome"] == "held" and command in held["reason"] and command in str(plan)
    said = f"QuickBooks invoice 2051 (id {qbo_id}) is another installation's: a copy creates INV-2051 in QuickBooks."
    shown = call("adopt", "--not", f"INV-2051={qbo_id}")
    assert (shown.code, shown.out) == (0, f"{said}\nNothing was recorded; --yes does it.\n")
    assert call("copy", file, "--json").one["outcome"] == "held"
    done = call(*shlex.split(command)[1:], "--json")
    assert done.one["kept"] and done.one["invoices"] == [{"id": "INV-2051", "qbo_id": qbo_id, "qbo_number": "2051"}]
    assert call("plan", file, "--json").one["expected"] == "copied"
    assert call("copy", file, "--json").one["outcome"] == "copied"
    for wrong in (["INV-2051", "--not", "INV-2051=9"], ["--not", "INV-2051"], ["--not", "A=1", "--undo"]):
        assert call("adopt", *wrong).code in (1, 2)
