"""`payments --since` and `--ack`: what was reported to the host, for a program that reads files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.test_import import an_invoice

Call = Callable[..., Any]
Connect = Callable[[Any], None]


def test_a_program_reads_acks_and_goes_on(
    open_books: Callable[..., Any], call: Call, connect: Connect, tmp_path: Path
) -> None:
    books = open_books("us")
    call("keys", "add", "desk")  # the ledger is made
    assert call("payments", "--since", "acked").out == "Nothing new.\n", "no company is needed"
    connect(books)
    call("settings", "default_income_account", "Services")
    file = tmp_path / "one.json"
    file.write_text(json.dumps(an_invoice("1")))
    qbo_id = call("copy", file, "--json").one["qbo_id"]
    first = books.sandbox.pay({qbo_id: "30.00"})
    call("payments")
    books.sandbox.delete("Payment", first["Id"])
    books.sandbox.pay({qbo_id: "80.00"})
    call("payments")
    events = call("payments", "--since", "0", "--json").lines
    assert sorted((each["what"], each["payment"]["amount"]) for each in events) == [
        ("recorded", "30.00"),
        ("recorded", "80.00"),
        ("reversed", "30.00"),
    ]
    cursors = [each["cursor"] for each in events]
    assert call("payments", "--since", "acked", "--json").lines == events
    assert call("payments", "--ack", cursors[0], "--json").one == {"acked": cursors[0]}
    assert call("payments", "--since", "acked", "--json").lines == events[1:]
    acked = f"Events up to {cursors[-1]} are acknowledged; continue with --since acked.\n"
    assert call("payments", "--ack", cursors[-1]).out == acked
    assert call("payments", "--ack", cursors[0], "--json").one == {"acked": cursors[-1]}
    assert call("payments", "--since", "acked").out == "Nothing new.\n"
    shown = call("payments", "--since", cursors[0]).out.splitlines()
    assert len(shown) == 3 and shown[-1] == f"2 events; continue with --since {cursors[-1]}."


def test_what_is_no_cursor_is_refused(call: Call) -> None:
    call("keys", "add", "desk")  # the ledger is made
    assert call("payments", "--since", "1", "--ack", "1").code == 2
    for text in ("-1", "x", "", "1" * 16):
        assert call("payments", "--since", text).code == 2
    for option in ("--since", "--ack"):
        refused = call("payments", option, "7")
        assert (refused.code, "there is no event 7; the last one is 0. Correct" in refused.err) == (3, True)
