"""What was copied and sent after a backup is found by its mark after the restore, whatever its number."""

from __future__ import annotations

import json
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
    assert "2 invoices in QuickBooks have OneDesk's mark, and no link here" in call("doctor").out
    plans = [run("plan", memo="Newer"), run("plan", id="INV-2", number="2042", memo="Newer")]
    assert [each["expected"] for each in plans] == ["updated", "updated"]
    done = call("invoices", "import", _file(tmp_path, invoice(memo="Newer"), invoice(id="INV-2", number="2042")))
    assert done.code == 0, done.err
    done = call("backfill", "--from", "2026-01-01", "--yes")
    assert done.code == 0, done.out + done.err
    ours = {each["Id"] for each in connected.sandbox.list("Invoice", "PrivateNote LIKE '%OneDesk invoice%'")}
    assert "OneDesk's mark" not in call("doctor").out
    assert len(ours) == 3 and ours > {sent["qbo_id"], copied["qbo_id"]} and len(connected.sandbox.outbox()) == 1


def _file(folder: Path, *invoices: dict[str, Any]) -> Path:
    file = folder / "invoices.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in invoices))
    return file
