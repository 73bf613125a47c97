"""What was copied and sent after a backup is found by its mark after the restore, whatever its number."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.sandboxes import Books

Call = Callable[..., Any]
Invoice = Callable[..., dict[str, Any]]
PLAIN, BY_QUICKBOOKS = "version: 1\n", "version: 1\ninvoices: {number: quickbooks}\n"


@pytest.mark.parametrize("rules", [PLAIN, BY_QUICKBOOKS])
def test_nothing_is_copied_or_mailed_again(
    connected: Books, call: Call, home: Path, invoice: Invoice, tmp_path: Path, rules: str
) -> None:
    def run(command: str, **fields: Any) -> dict[str, Any]:
        file = tmp_path / "invoice.json"
        file.write_text(json.dumps(invoice(**fields)))
        [row] = call(command, file, "--json").lines
        return dict(row)

    (home / "rules.yaml").write_text(rules)
    run("copy", id="INV-0", number="2040")
    saved = tmp_path / "saved.tar.gz"
    assert call("backup", saved).code == 0
    sent, copied = run("send"), run("copy", id="INV-2", number="2042")
    assert (sent["outcome"], copied["outcome"]) == ("sent", "copied")
    if rules == PLAIN:
        connected.sandbox.edit("Invoice", copied["qbo_id"], {"DocNumber": "9901"})
    restored = call("restore", saved, "--yes")
    assert restored.code == 0 and "has no link to them: 2041 and 2042. Until each" in restored.out, restored.out
    assert "and an edit there does not reach QuickBooks. The step" in restored.out, "a void there does"
    like = connected.sandbox.read("Invoice", copied["qbo_id"])
    other = {
        "CustomerRef": like["CustomerRef"],
        "Line": [line for line in like["Line"] if "SalesItemLineDetail" in line],
    }
    notes = ("See OneDesk invoice INV-2", "OneDesk invoice INV-2 (Bob)", "OneDesk invoice INV-2.")
    others = [connected.sandbox.create("Invoice", {**other, "PrivateNote": note})["Id"] for note in notes]
    assert call("reconcile", "--ours").code == 1, "what only mentions an invoice is known by now"
    assert "2 invoices in QuickBooks have OneDesk's mark, and no link here" in call("doctor").out
    for qbo_id in others:
        connected.sandbox.delete("Invoice", qbo_id)
    plans = [run("plan", memo="Newer"), run("plan", id="INV-2", number="2042", memo="Newer")]
    assert [each["expected"] for each in plans] == ["updated", "updated"]
    done = call("invoices", "import", _file(tmp_path, invoice(memo="Newer"), invoice(id="INV-2", number="2042")))
    assert done.code == 0, done.err
    done = call("backfill", "--from", "2026-01-01", "--yes")
    assert done.code == 0, done.out + done.err
    ours = {each["Id"] for each in connected.sandbox.list("Invoice", "PrivateNote LIKE '%OneDesk invoice%'")}
    assert "OneDesk's mark" not in call("doctor").out
    assert len(ours) == 3 and ours > {sent["qbo_id"], copied["qbo_id"]} and len(connected.sandbox.outbox()) == 1


@pytest.mark.parametrize("on_void", ["void", "hold"])
@pytest.mark.parametrize("total", ["160.00", "150.00"])
def test_what_a_file_has_void_is_found_too(
    connected: Books, call: Call, home: Path, invoice: Invoice, tmp_path: Path, on_void: str, total: str
) -> None:
    def run(command: str, **fields: Any) -> dict[str, Any]:
        [row] = call(command, _file(tmp_path, invoice(**fields)), "--json").lines
        return dict(row)

    (home / "rules.yaml").write_text(f"version: 1\ninvoices: {{number: quickbooks, on_void: {on_void}}}\n")
    saved = tmp_path / "saved.tar.gz"
    assert call("backup", saved).code == 0
    there = run("copy", id="INV-2", number="2042")["qbo_id"]
    assert call("restore", saved, "--yes").code == 0
    assert run("copy", id="INV-3", number="2043")["outcome"] == "copied"
    line = {"id": "1", "service_type": "Support", "amount": total}
    void = {"id": "INV-2", "number": "2042", "status": "void", "lines": [line], "subtotal": total, "total": total}
    planned, done = run("plan", **void), run("copy", **void)
    assert planned["reason"] == re.sub(r"(queue retry) \d+", r"\1 ENTRY", done["reason"])
    does = on_void == "void" and total == "160.00"
    assert done["outcome"] == ("voided" if does else "held"), done
    assert (connected.sandbox.read("Invoice", there)["TotalAmt"] == 0) == does
    assert ("and its content differs" in done["reason"]) == (total == "150.00")
    if does:
        return
    connected.sandbox.void("Invoice", there)
    again = re.search(r"queue retry (\d+)", done["reason"])
    assert bool(again) == (total == "150.00")
    assert call("queue", "retry", again[1]).code == 0 if again else call("payments").code == 0
    assert call("copy", _file(tmp_path, invoice(id="INV-3", number="2043"))).code == 0, "it works on the queue as well"
    assert call("queue", "--json").lines == [], "the step works"


def _file(folder: Path, *invoices: dict[str, Any]) -> Path:
    file = folder / "invoices.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in invoices))
    return file
