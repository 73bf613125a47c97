"""A command that waited in a file and cannot be recorded keeps no other waiting, and is named until a person acts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.commands import Call
from tests.support.sandboxes import Books


def test_it_is_in_queue_status_and_doctor(
    connected: Books, call: Call, home: Path, tmp_path: Path, invoice: Callable[..., dict[str, Any]]
) -> None:
    spool = home / "spool"
    spool.mkdir()
    command = {"realm_id": connected.sandbox.realm_id, "action": "copy", "user": "ada", "run": "", "id": "b"}
    (spool / "00000000000000001-a.json").write_text('{"realm_id": "1", "act')
    (spool / "00000000000000002-b.json").write_text(json.dumps({**command, "invoice": {"number": "2041"}}))
    good = {**command, "id": "c", "invoice": invoice(id="INV-2", number="2042")}
    (spool / "00000000000000003-c.json").write_text(json.dumps(good))
    file = tmp_path / "one.json"
    file.write_text(json.dumps(invoice(id="INV-3", number="2043")))
    outcomes = call("copy", file, "--json", predicted=False).lines
    assert sorted(each["id"] for each in outcomes) == ["INV-3"]
    status = call("status")
    assert status.code == 1 and "2 commands of OneDesk could not be recorded" in status.out
    shown = call("queue", "--json")
    refused = [each for each in shown.lines if each["state"] == "refused"]
    assert shown.code == 1 and [(each["action"], each["number"]) for each in refused] == [("?", ""), ("copy", "2041")]
    assert all(each["entry"] is None and "delete the file" in each["reason"] for each in refused)
    assert "could not be recorded" in " ".join(call("queue").out.split())
    assert [each["check"] for each in call("doctor", "--json").lines].count("orders") == 2
    assert [each.name for each in spool.glob("*.json")] == []
    for each in spool.glob("*.failed"):
        each.unlink()
    assert "could not be recorded" not in call("status").out
    assert [each for each in call("queue", "--json").lines if each["state"] == "refused"] == []


def test_what_still_waits_in_a_file_is_listed_too(connected: Books, call: Call, home: Path) -> None:
    """As while another program has locked the ledger: `status` and `queue` only read it."""
    (spool := home / "spool").mkdir()
    command = {"realm_id": connected.sandbox.realm_id, "action": "send", "invoice": {"id": "I-7", "number": "2047"}}
    (spool / "00000000000000001-a.json").write_text(json.dumps(command))
    assert call("status").code == 0
    assert "1 command of OneDesk, recorded automatically when the ledger can be used" in call("status").out
    [filed] = call("status", "--json").one["filed_orders"]
    assert (filed["action"], filed["id"], filed["number"]) == ("send", "I-7", "2047")
    shown = call("queue", "--json")
    assert shown.code == 0
    [row] = shown.lines
    assert (row["entry"], row["state"], row["number"]) == (None, "filed", "2047")
    assert "waits in a file" in row["reason"] and "filed" in call("queue").out
