"""What waits in the queue goes along with the next copy or send: `plan` shows it, and the run tells of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.cli.test_work import Call, invoice, put
from tests.commands import Connect

Open = Callable[..., Any]


@pytest.fixture
def books(open_books: Open, connect: Connect, home: Path) -> Any:
    """A US company, connected, where OneDesk's version is written over what is changed there."""
    books = open_books("us")
    home.mkdir()
    (home / "rules.yaml").write_text("version: 1\ninvoices: {when_changed_in_quickbooks: overwrite}\n")
    connect(books)
    return books


def ask(home: Path, action: str, *invoices: dict[str, Any]) -> None:
    """As people do in the host while nothing runs."""
    host = EmbeddedHost.open(home, plugins=[QuickBooksPlugin(background=False)])
    try:
        for each in invoices:
            host.save(each)
            host.send(each["id"], "ada") if action == "send" else host.act(each["id"], "quickbooks.copy", "ada")
    finally:
        host.close()


def results(lines: list[Any], word: str) -> list[tuple[str, str, bool]]:
    return [(each["id"], each[word], each["waited"]) for each in lines]


def test_an_edit_that_the_rules_write_over_is_planned_with_the_next_copy(
    books: Any, call: Call, tmp_path: Path
) -> None:
    first = call("copy", put(tmp_path / "a.json", invoice("A-1", memo="Ours")), "--json").one
    books.sandbox.edit("Invoice", first["qbo_id"], {"CustomerMemo": {"value": "By hand"}})
    call("payments")
    other = put(tmp_path / "b.json", invoice("B-1"))
    planned = call("plan", other, "--json")
    assert results(planned.lines, "expected") == [("B-1", "copied", False), ("A-1", "updated", True)]
    assert "By hand" in planned.lines[1]["reason"]
    done = call("copy", other, "--json")
    assert results(done.lines, "outcome") == [("B-1", "copied", False), ("A-1", "updated", True)]
    assert books.sandbox.read("Invoice", first["qbo_id"])["CustomerMemo"]["value"] == "Ours"
    assert results(call("copy", other, "--json").lines, "outcome") == [("B-1", "unchanged", False)]


def test_what_went_along_and_is_held_counts(books: Any, call: Call, home: Path, tmp_path: Path) -> None:
    ask(home, "copy", invoice("W-1", total="999.00"))
    file = put(tmp_path / "b.json", invoice("B-1"))
    planned = call("plan", file)
    assert planned.code == 1
    assert (
        planned.out.index("Invoice B-1")
        < planned.out.index("and processed in the same run")
        < planned.out.index("Invoice W-1: held")
    )
    done = call("copy", file)
    assert done.code == 1
    assert "Were already in the queue, and were processed in the same run:" in done.out
    assert "1 copied; " in done.out and "1 held; " in done.out and "999.00" in done.out


@pytest.mark.parametrize(("asked", "waits", "outcome"), [("copy", "send", "sent"), ("send", "copy", "sent")])
def test_an_invoice_that_waits_and_is_named_is_reported_once(
    books: Any, call: Call, home: Path, tmp_path: Path, asked: str, waits: str, outcome: str
) -> None:
    given = invoice("W-1", email="books@harbor.example")
    ask(home, waits, given)
    assert results(call(asked, put(tmp_path / "w.json", given), "--json").lines, "outcome") == [("W-1", outcome, False)]


def test_more_invoices_that_wait_than_are_planned_at_once(books: Any, call: Call, home: Path, tmp_path: Path) -> None:
    """As after an import by which the rules copy each that is opened."""
    many = [invoice(f"W-{n}") for n in range(31)]
    ask(home, "copy", *many)
    planned = call("plan", put(tmp_path / "w.jsonl", *many), "--json")
    assert results(planned.lines, "expected") == [(each["id"], "copied", False) for each in many]


def test_what_waits_is_planned_before_what_is_named(books: Any, call: Call, home: Path, tmp_path: Path) -> None:
    """The customer and the number that it makes are there for those behind it."""
    ask(home, "copy", {**invoice("W-1"), "number": "77"})
    file = put(tmp_path / "b.jsonl", {**invoice("B-1"), "number": "77"}, invoice("B-2"))
    done = call("copy", file, "--json")
    assert results(done.lines, "outcome") == [("B-1", "held", False), ("B-2", "copied", False), ("W-1", "copied", True)]
    assert "77" in done.lines[0]["reason"]


def test_what_a_file_withdraws_does_not_go_along(books: Any, call: Call, home: Path, tmp_path: Path) -> None:
    for number, status in (("W-1", "void"), ("W-2", "deleted")):
        ask(home, "copy", invoice(number))
        file = put(tmp_path / "w.json", invoice(number, status=status))
        assert results(call("copy", file, "--json").lines, "outcome") == [(number, "held", False)]
    assert call("queue", "--json").out == ""


def test_many_new_invoices_are_planned_with_few_requests(books: Any, call: Call, tmp_path: Path) -> None:
    """Those of one chunk are looked up together."""
    many = [
        {**invoice(f"N-{n}", service=f"Service {n}"), "customer": {"id": f"c{n}", "name": f"Customer {n} Corp"}}
        for n in range(45)
    ]
    books.sandbox.clear_log()
    planned = call("plan", put(tmp_path / "many.jsonl", *many), "--json")
    assert planned.code == 0 and [each["id"] for each in planned.lines] == [each["id"] for each in many]
    assert len(books.sandbox.log()) < 20


@pytest.mark.parametrize("paid", ["", "40.00"])
def test_what_a_file_has_deleted_is_in_the_queue(books: Any, call: Call, tmp_path: Path, paid: str) -> None:
    first = call("copy", put(tmp_path / "a.json", invoice("D-1")), "--json").one
    if paid:
        books.sandbox.pay({first["qbo_id"]: paid})
        call("payments")
    file = put(tmp_path / "a.json", invoice("D-1", status="deleted"))
    held = call("copy", file, "--json").one
    said = "was paid for it in QuickBooks" if paid else "was deleted in OneDesk, but QuickBooks still has it as D-1"
    assert held["outcome"] == "held" and said in held["reason"]
    (entry,) = call("queue", "--json").lines
    assert (entry["action"], entry["reason"]) == ("deleted", held["reason"])
    assert call("copy", file, "--json").one == held
    retried = call("queue", "retry", str(entry["entry"]))
    assert (
        retried.code == 3
        and f"automatically: onedesk-quickbooks queue drop {entry['entry']} --reason TEXT" in retried.err
    )
    assert call("queue", "drop", str(entry["entry"]), "--reason", "done there").code == 0
    assert call("copy", file, "--json").one["reason"].startswith("It is Deleted: ")
    assert call("copy", put(tmp_path / "a.json", invoice("D-1")), "--json").one["outcome"] == "unchanged"


def test_json_lines_are_as_the_schema_says(books: Any, call: Call, home: Path, tmp_path: Path) -> None:
    import jsonschema

    ask(home, "copy", invoice("W-1", total="999.00"))
    schema = json.loads((Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
    lines = call("plan", put(tmp_path / "b.json", invoice("B-1")), "--json").lines
    assert len(lines) == 2
    for each in lines:
        jsonschema.validate(each, schema)


@pytest.mark.parametrize("status", ["draft", "paid"])
def test_what_a_file_has_otherwise_does_not_go_along(
    books: Any, call: Call, home: Path, tmp_path: Path, status: str
) -> None:
    """The file is newer than the wish that waits."""
    ask(home, "send", invoice("W-1", email="books@harbor.example"))
    file = put(tmp_path / "w.json", invoice("W-1", email="books@harbor.example", status=status, memo="Newer"))
    done = call("copy", file, "--json")
    assert [each["waited"] for each in done.lines] == [False]
    assert (call("queue", "--json").out, books.sandbox.outbox()) == ("", [])
    assert books.sandbox.list("Invoice", "DocNumber = 'W-1'") == []
