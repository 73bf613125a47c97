"""Files of an invoice, as a person attaches and plans them; docs/accounting.md is run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.test_reconcile import PAGE, books, invoice
from tests.cli.test_resend import CONTACT

__all__ = ["books"]
Call = Callable[..., Any]


def test_what_docs_accounting_shows(books: Any, call: Call, home: Path, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("\n## Files of an invoice\n")[2].partition("\n## ")[0]
    (rules,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (home / "rules.yaml").write_text(rules, encoding="utf-8")
    given = invoice("2048", "95.00")
    file = tmp_path / "july.json"
    file.write_text(json.dumps([{**given, "customer": {**given["customer"], **CONTACT}}]), encoding="utf-8")
    assert call("invoices", "import", file).code == 0
    (tmp_path / "hours.pdf").write_bytes(b"%PDF-1.4 hours of July")
    for words, shown in re.findall(r"\$ onedesk-quickbooks ([^\n]*)\n(.*?)```", page, re.DOTALL):
        done = call(*(tmp_path / word if word == "hours.pdf" else word for word in words.split()))
        assert (done.code, done.out) == (0, shown)
    plan = call("plan", "--send", "INV-2048", "--json").one
    assert {"step": "attach", "name": "hours.pdf", "size": 22, "sent_along": True} in plan["steps"]
    assert call("send", "INV-2048", "--json").one["outcome"] == "sent"
    assert [each["FileName"] for each in books.sandbox.list("Attachable")] == ["hours.pdf"]
    planned = [
        each["content"] for each in call("audit", "show", "INV-2048", "--json").lines if each["kind"] == "planned"
    ]
    assert [each["attach"] for each in planned] == [["hours.pdf"]]


def test_an_invoice_that_is_not_there(books: Any, call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    refused = call("invoices", "attach", "INV-9", tmp_path / "a.pdf")
    assert refused.code == 3 and "INV-9" in refused.err
    assert call("invoices", "attach", "INV-9", tmp_path / "b.pdf").code == 2


def test_a_file_that_is_not_what_its_name_says(books: Any, call: Call, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps([invoice("2048", "95.00")]), encoding="utf-8")
    assert call("invoices", "import", tmp_path / "one.json").code == 0
    (tmp_path / "good.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "bad.pdf").write_bytes(b"<html>Sign in</html>")
    refused = call("invoices", "attach", "INV-2048", tmp_path / "good.pdf", tmp_path / "bad.pdf")
    assert refused.code == 3 and "bad.pdf does not begin as a file of its type, so nothing was" in refused.err
    assert call("plan", "INV-2048", "--json").one["steps"]
    (tmp_path / "bad.pdf").rename(tmp_path / "bad.txt")
    assert call("invoices", "attach", "INV-2048", tmp_path / "good.pdf", tmp_path / "bad.txt").code == 0
