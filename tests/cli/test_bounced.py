"""An e-mail that did not arrive, as `queue` shows it; docs/accounting.md is run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.test_reconcile import PAGE, books, invoice
from tests.cli.test_resend import CONTACT, send

__all__ = ["books"]
Call = Callable[..., Any]


def test_what_docs_accounting_shows(books: Any, call: Call, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("\n## E-mails that did not arrive\n")[2].partition("\n## ")[0]
    (text,) = re.findall(r"\$ onedesk-quickbooks queue\n(.*?)```", page, re.DOTALL)
    send(call, tmp_path, "2047")
    [row] = [each for each in books.sandbox.list("Invoice") if each["DocNumber"] == "2047"]
    books.sandbox.bounce("Invoice", row["Id"])
    assert call("payments").code == 0
    listed = call("queue")
    day = re.sub(
        r"20\d\d-\d\d-\d\d( \d\d:\d\d)?", lambda found: "2026-07-02" + ((found[1] and " 09:30") or ""), listed.out
    )
    assert (listed.code, day) == (1, text)
    [entry] = call("queue", "--json").lines
    assert call("queue", "retry", entry["entry"]).code == 0
    assert call("send", "INV-2047", "--json").one["outcome"] == "sent"
    assert call("queue", "--json").lines == []
    assert [mail["to"] for mail in books.sandbox.outbox()] == ["ada@harbor.example"] * 2


def test_what_is_settled_while_all_is_tried_again_is_counted_apart(books: Any, call: Call, tmp_path: Path) -> None:
    """The undelivered e-mail is sent again, which replaces the held copy of the same invoice."""
    send(call, tmp_path, "2047")
    [row] = [each for each in books.sandbox.list("Invoice") if each["DocNumber"] == "2047"]
    books.sandbox.bounce("Invoice", row["Id"])
    assert call("payments").code == 0
    given = invoice("2047", "95.00")
    given["customer"] |= CONTACT
    (tmp_path / "other.json").write_text(json.dumps([{**given, "currency": "EUR"}]), encoding="utf-8")
    assert call("copy", tmp_path / "other.json", "--json").one["outcome"] == "held"
    assert [each["state"] for each in call("queue", "--json").lines] == ["held", "held"]
    assert call("queue", "retry", "--all-held").out == "1 entry queued again.\n1 entry was settled meanwhile.\n"
    assert [each["action"] for each in call("queue", "--json").lines] == ["bounced", "send"]
