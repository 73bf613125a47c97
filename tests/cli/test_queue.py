"""`queue`: held work is listed, shown, tried again and dropped with a reason."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.clock import utc_now
from onedesk_quickbooks.plugin.host import EmbeddedHost
from tests.cli.test_work import invoice, put
from tests.support.invoices import invoice_json

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]


def test_held_work_is_listed_tried_again_and_dropped(
    open_books: Open, call: Call, connect: Connect, tmp_path: Path
) -> None:
    assert call("queue").code == 3
    connect(open_books("us"))
    done = call("queue")
    assert (done.code, done.out) == (0, "The queue is empty.\n")
    invoice: dict[str, Any] = invoice_json(
        "q1",
        {"amount": "80.00"},
        number="Q-1",
        issue_date="2026-11-02",
        customer={"id": "c1", "name": "Harbor Labs"},
        total="80.00",
    )
    file = tmp_path / "one.json"
    file.write_text(json.dumps(invoice))
    why = call("copy", file, "--json").one["reason"]
    held = call("queue", "--json")
    assert held.code == 1
    assert (held.one["number"], held.one["state"], held.one["reason"]) == ("Q-1", "held", why)
    assert call("status").code == 1
    entry = held.one["entry"]
    assert call("queue", "show", entry, "--json").one["invoice"]["id"] == "q1"
    assert "Q-1" in call("queue").out
    assert call("queue", "retry", entry).out == "1 entry queued again.\n"
    assert call("queue", "retry", entry).code == 3
    assert call("queue", "--json").one["state"] == "todo"
    assert call("queue", "drop", entry).code == 2
    assert call("queue", "drop", entry, "--reason", "entered by hand").code == 0
    assert call("queue", "drop", entry, "--reason", "again").code == 3
    assert call("queue").code == 0
    assert call("queue", "show", "999").code == 2


def test_an_entry_that_another_request_has_replaced(
    open_books: Open, call: Call, connect: Connect, tmp_path: Path
) -> None:
    """No person has taken it out: `dropped` is only what one has."""
    connect(open_books("us"))
    file = put(tmp_path / "a.json", {**invoice("Q-2"), "total": "999.00"})
    assert call("copy", file, "--json").one["outcome"] == "held"
    first = call("queue", "--json").one["entry"]
    call("copy", file)
    second = call("queue", "--json").one["entry"]
    assert second != first
    assert call("queue", "show", first, "--json").one["state"] == "replaced"
    shown = call("queue", "show", first)
    assert "replaced since " in shown.out and "(asked again)" in shown.out
    assert "remplacée depuis le " in call("queue", "show", first, speaks="fr").out
    for step in (("retry", first), ("drop", first, "--reason", "Seen.")):
        assert call("queue", *step).code == 3
    assert call("queue", "--json").one["entry"] == second
    assert call("queue", "drop", second, "--reason", "Seen.").code == 0
    assert call("queue", "show", second, "--json").one["state"] == "dropped"


def test_an_invoice_is_held_listed_and_released(open_books: Open, call: Call, connect: Connect, tmp_path: Path) -> None:
    books = open_books("us")
    connect(books)
    file = put(tmp_path / "a.json", invoice("H-1"))
    assert call("queue", "holds").out == "Nobody holds an invoice.\n"
    refused = call("queue", "hold", "H-1", "--reason", "Ask Maria")
    assert refused.code == 3 and "has an invoice H-1: check its id" in refused.err
    call("invoices", "import", file)
    done = call("queue", "hold", "H-1", "--reason", "Ask Maria")
    assert (done.code, done.err) == (0, ""), done.err
    assert "To release it: onedesk-quickbooks queue release" in done.out
    assert call("queue", "holds", "--json").one["reason"] == "Ask Maria"
    assert "Ask Maria" in call("queue", "holds").out
    held = call("copy", file, "--json").one
    assert held["outcome"] == "held" and "Ask Maria. Nothing of it is written" in held["reason"]
    command = held["reason"].rpartition("released: onedesk-quickbooks ")[2].split(" (")[0].split()
    assert call(*command).code == 0
    assert call(*command).code == 3
    assert call("copy", file, "--json").one["outcome"] == "copied"


def test_an_id_that_begins_with_a_hyphen(open_books: Open, call: Call, connect: Connect, tmp_path: Path) -> None:
    connect(open_books("us"))
    call("invoices", "import", put(tmp_path / "a.json", invoice("-1")))
    done = call("queue", "hold", "--reason", "Ask Maria", "--", "-1")
    assert done.out.startswith("Invoice -1 is held. To release it: onedesk-quickbooks queue release -- -1"), done
    held = call("copy", "--json", "--", "-1").one
    assert held["reason"].endswith("onedesk-quickbooks queue release -- -1")
    assert call("queue", "release", "--", "-1").code == 0
    assert call("copy", "--json", "--", "-1").one["outcome"] == "copied"
    for words in (("audit", "--", "-1"), ("audit", "show", "--", "-1")):
        shown = call(*words)
        assert shown.code == 0 and "Ask Maria" in shown.out, shown
    assert call("audit", "--", "verify").code != 0, "an id, and no command"


def test_a_payment_that_the_host_did_not_take_is_in_the_list(
    open_books: Open, call: Call, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = open_books("us")
    connect(books)
    copied = call("copy", put(tmp_path / "a.json", invoice("P-1")), "--json").one
    books.sandbox.pay({copied["qbo_id"]: "40.00"})

    def refuse(host: Any, payment: Any) -> None:
        raise RuntimeError("not here")

    with monkeypatch.context() as patched:
        patched.setattr(EmbeddedHost, "record_payment", refuse)
        done = call("payments")
        assert (done.code, done.out) == (1, ""), "something new was paid"
        assert "OneDesk, or another of its plugins, has not accepted 1 payment: onedesk-quickbooks queue" in done.err
        assert call("payments", "--json").code == 1
    assert call("status").code == 0
    with closing(sqlite3.connect(tmp_path / "home" / "ledger.sqlite")) as ledger, ledger:
        then = (utc_now() - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        ledger.execute("update payment set updated_at = ?", (then,))
    assert call("status").code == 1, "for ten minutes"
    (listed,) = call("queue", "--json").lines
    assert (listed["entry"], listed["action"], listed["state"]) == (None, "payment", "untold")
    assert "40.00 USD is to be recorded; OneDesk has not accepted it yet" in listed["reason"]
    assert "untold" in call("queue").out and "Not recorded" in call("status").out
    assert "1 not recorded in OneDesk yet." in call("doctor").out
    assert call("disconnect").code == 0
    (listed,) = call("queue", "--json").lines
    assert listed["reason"] == (
        "40.00 USD is to be recorded in OneDesk, and no QuickBooks company is connected, so that it is not reported. "
        "Connect Sandbox Company_US_1 again: Administration > Financials, or onedesk-quickbooks connect"
    )
    connect(books)
    assert call("payments").code == 0
    assert "not recorded" not in call("doctor").out
    assert call("queue", "--json").out == ""
