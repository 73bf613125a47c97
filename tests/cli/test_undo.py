"""`undo` and `backfill` as a person and a script call them; docs/accounting.md is run."""

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


@pytest.fixture
def books(open_books: Open, connect: Connect) -> Any:
    """A US company, connected."""
    books = open_books("us")
    connect(books)
    return books


@pytest.fixture
def july(books: Any, tmp_path: Path) -> Path:
    """A file of three invoices."""
    file = tmp_path / "july.json"
    prices = {"2061": "310.00", "2062": "160.00", "2063": "75.00"}
    file.write_text(json.dumps([invoice(number, price) for number, price in prices.items()]), encoding="utf-8")
    return file


def shown(heading: str) -> tuple[list[str], str]:
    """The command that a section shows, and its output."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    ((words, text),) = re.findall(r"```console\n\$ onedesk-quickbooks ([^\n]*)\n(.*?)```", section, re.DOTALL)
    return words.split(), text


def alike(text: str) -> str:
    """Without names of runs, of who runs them, and times."""
    text = re.sub(r"Run [0-9a-f]{8}", "Run RUN", text)
    return re.sub(r"by .*?command line, [0-9-]+ [0-9:]+ UTC", "by WHO, TIME", text)


def ids(books: Any) -> dict[str, str]:
    return {each["DocNumber"]: each["Id"] for each in books.sandbox.list("Invoice") if each["TxnDate"] == "2026-07-01"}


def last_run(call: Call) -> str:
    return str(call("undo", "--json").lines[0]["run"])


def test_what_docs_accounting_shows_of_undo_is_printed(books: Any, call: Call, july: Path) -> None:
    assert call("copy", july).code == 0
    books.sandbox.pay({ids(books)["2062"]: "60.00"})
    words, text = shown("Undo a run")
    done = call("undo", last_run(call))
    assert words[0] == "undo" and (done.code, alike(done.out).rstrip()) == (1, alike(text).rstrip())
    done = call("undo", last_run(call), "--yes")
    assert done.code == 1 and done.out.rstrip().endswith("2 deleted.") and list(ids(books)) == ["2062"]


def test_json_of_a_plan_and_of_what_came_of_it(books: Any, call: Call, july: Path) -> None:
    assert call("copy", july).code == 0
    run, before = last_run(call), ids(books)
    plan = call("undo", run, "--json")
    assert plan.code == 0 and plan.one["done"] is False and plan.one["sums"] == {"USD": "545.00"}
    assert plan.one["invoices"][0] == {
        "id": "INV-2061",
        "number": "2061",
        "undo": "delete",
        "qbo_id": before["2061"],
        "qbo_number": "2061",
        "total": "310.00",
        "currency": "USD",
        "reason": "",
        "outcome": None,
    }
    assert [(each["kind"], each["name"]) for each in plan.one["records"]] == [("customer", "Harbor Labs")]
    done = call("undo", run, "--void", "--json")
    assert [each["undo"] for each in done.one["invoices"]] == ["void"] * 3
    done = call("undo", run, "--void", "--yes", "--json")
    assert done.code == 0 and [each["outcome"] for each in done.one["invoices"]] == ["voided"] * 3
    again = call("undo", run, "--void", "--yes", "--json")
    assert again.code == 0 and again.one["counts"]["gone"] == 3


def test_a_plan_that_is_another_one_by_now_is_shown_and_not_done(books: Any, call: Call, july: Path) -> None:
    assert call("copy", july).code == 0
    run = last_run(call)
    assert call("undo", run).code == 0
    books.sandbox.pay({ids(books)["2062"]: "160.00"})
    done = call("undo", run, "--yes")
    assert done.code == 3 and "so nothing was done" in done.err and "2062, stays:" in done.out
    assert sorted(ids(books)) == ["2061", "2062", "2063"]
    assert call("undo", run, "--yes").code == 1 and sorted(ids(books)) == ["2062"]


def test_a_plan_of_which_less_is_left_is_done(books: Any, call: Call, july: Path) -> None:
    """As after an undo that was killed: the same command continues."""
    assert call("copy", july).code == 0
    run = last_run(call)
    assert call("undo", run).code == 0
    books.sandbox.delete("Invoice", ids(books)["2062"])
    done = call("undo", run, "--yes")
    assert done.code == 0 and "2 deleted" in done.out and ids(books) == {}, done


def test_bad_input_is_one_sentence(books: Any, call: Call) -> None:
    done = call("undo", "nope")
    assert (done.code, done.out) == (3, "") and "There is no run nope." in done.err
    assert call("undo", "--yes").code == 2 and call("backfill").code == 2
    assert call("backfill", "--resume", "--from", "2026-07-01").code == 2
    done = call("backfill", "--from", "2026-08-01", "--to", "2026-07-01")
    assert done.code == 2 and "--from 2026-08-01 is after --to 2026-07-01" in done.err
    done = call("backfill", "--resume")
    assert done.code == 3 and "There is no stopped backfill: start one with --from DAY." in done.err
    assert call("undo").out == "No copy, send or backfill was run yet.\n"


def test_what_waits_of_the_run_is_named_with_what_to_do(books: Any, call: Call, july: Path, home: Path) -> None:
    """QuickBooks refuses the connection in the middle of the run: nothing is undone before that is settled."""
    assert call("copy", july).code == 0
    run = last_run(call)
    more = july.with_name("more.json")
    more.write_text(json.dumps([invoice("2064", "20.00")]), encoding="utf-8")
    books.sandbox.faults.inject(fault="http_503", path="batch", count=0)
    call("copy", more, predicted=False)
    books.sandbox.faults.clear()
    waits = last_run(call)
    done = call("undo", waits)
    assert waits != run and done.code == 1 and "2064, waits: The run has not ended with it. First " in done.out
    assert "Nothing can be undone while an invoice of the run waits." in done.out
    done = call("undo", waits, "--yes")
    assert done.code == 3 and "Nothing was done: the run still has 1 invoice waiting. 2064: The run" in done.err
    assert call("undo", run, "--yes").code == 0


@pytest.fixture
def backfilled(books: Any, call: Call, tmp_path: Path) -> Path:
    """The host has four invoices of July: one was copied, one is a Draft."""
    file = tmp_path / "july.json"
    prices = {"2071": "160.00", "2072": "75.00", "2073": "95.00"}
    rows = [invoice(number, price) for number, price in prices.items()]
    rows += [invoice("2074", "10.00", status="draft"), invoice("2069", "9.00", issue_date="2026-06-30")]
    file.write_text(json.dumps(rows), encoding="utf-8")
    assert call("invoices", "import", file).code == 0
    assert call("copy", "INV-2073").code == 0
    return file


def test_what_docs_accounting_shows_of_backfill_is_printed(backfilled: Path, books: Any, call: Call) -> None:
    words, text = shown("Backfill")
    done = call(*words)
    assert (done.code, done.out) == (0, text)
    done = call(*words, "--yes", "--json")
    assert [each["outcome"] for each in done.lines[1:]] == ["copied", "copied"] and done.code == 0
    assert [each["id"] for each in done.lines[1:]] == ["INV-2071", "INV-2072"]
    report = call(*words, "--json").one
    assert (report["open"], report["linked"], report["left_out"]) == (0, 3, {"draft": 1})
    again = call(*words, "--yes")
    assert again.code == 0 and "0 invoices to copy" in again.out
    assert sorted(ids(books)) == ["2071", "2072", "2073"]


def test_the_run_of_a_backfill_is_undone_and_done_again(backfilled: Path, books: Any, call: Call) -> None:
    words = ("backfill", "--from", "2026-07-01", "--yes")
    run = re.findall(r"undo ([0-9a-f]{8})", call(*words).out)[0]
    done = call("undo", run, "--yes")
    assert done.code == 0 and "2 deleted." in done.out and sorted(ids(books)) == ["2073"]
    assert "2 invoices to copy" in call(*words).out and sorted(ids(books)) == ["2071", "2072", "2073"]


def test_a_dry_run_shows_each_plan_and_copies_none(backfilled: Path, books: Any, call: Call) -> None:
    done = call("backfill", "--from", "2026-06-01", "--dry-run", "--json")
    assert [each["id"] for each in done.lines[1:]] == ["INV-2069", "INV-2071", "INV-2072"]
    assert {each["expected"] for each in done.lines[1:]} == {"copied"} and sorted(ids(books)) == ["2073"]
    done = call("backfill", "--from", "2026-07-01", "--dry-run")
    assert "Invoice 2071: OneDesk 160.00 USD" in done.out


def test_a_backfill_asks_quickbooks_as_often_as_a_copy(
    open_books: Open, call: Call, tmp_path: Path, home: Path
) -> None:
    """And as the estimate says; the second time nothing is asked."""
    rows = [invoice(f"K-{number}", "10.00", f"Customer {number % 7}") for number in range(1000, 1065)]
    file = tmp_path / "many.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    calls = []
    for words in (("copy", file), ("backfill", "--from", "2026-07-01", "--yes")):
        books = open_books("us")
        assert call("connect", "--sandbox", books.base_url, "--yes", "--replace").code == 0
        assert call("invoices", "import", file).code == 0
        books.sandbox.clear_log()
        done = call(*words, "--json", predicted=False)
        lines = [each for each in done.lines if "outcome" in each]
        assert [each["id"] for each in lines] == [each["id"] for each in rows] and done.code == 0
        calls.append(len(books.sandbox.log()))
    plan = done.lines[0]
    assert calls[0] == calls[1] and plan["requests_from"] <= calls[1] <= plan["requests_to"]
    books.sandbox.clear_log()
    again = call("backfill", "--from", "2026-07-01", "--yes", "--json")
    assert again.one["linked"] == 65 and books.sandbox.log() == []


def test_audit_shows_an_undone_invoice(books: Any, call: Call, july: Path) -> None:
    assert call("copy", july).code == 0
    run = last_run(call)
    assert call("undo", run, "--yes").code == 0
    done = call("audit", "INV-2061")
    assert done.code == 0 and "delete invoice 48: deleted" in done.out
    assert f"has undone the run {run}." in done.out
