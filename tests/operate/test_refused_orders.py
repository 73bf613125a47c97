"""An order that waited in a file and cannot be recorded keeps no other waiting, and is named until a person acts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.commands import Call
from tests.support.sandboxes import Books


def test_it_stands_in_queue_status_and_doctor(
    connected: Books, call: Call, home: Path, tmp_path: Path, invoice: Callable[..., dict[str, Any]]
) -> None:
    spool = home / "spool"
    spool.mkdir()
    order = {"realm_id": connected.sandbox.realm_id, "action": "copy", "user": "ada", "run": "", "id": "b"}
    (spool / "00000000000000001-a.json").write_text('{"realm_id": "1", "act')
    (spool / "00000000000000002-b.json").write_text(json.dumps({**order, "invoice": {"number": "2041"}}))
    good = {**order, "id": "c", "invoice": invoice(id="INV-2", number="2042")}
    (spool / "00000000000000003-c.json").write_text(json.dumps(good))
    file = tmp_path / "one.json"
    file.write_text(json.dumps(invoice(id="INV-3", number="2043")))
    outcomes = call("copy", file, "--json", predicted=False).lines
    assert sorted(each["id"] for each in outcomes) == ["INV-3"]
    status = call("status")
    assert status.code == 1 and "2 orders of OneDesk could not be recorded" in status.out
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
