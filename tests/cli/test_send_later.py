"""An e-mail that is to leave on a later day, as `plan` and `queue` show it; docs/accounting.md is run."""

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


def december(folder: Path) -> Path:
    """A file with an invoice that is e-mailed later."""
    given = invoice("2049", "95.00", send_after="2099-12-01")
    file = folder / "december.json"
    file.write_text(json.dumps([{**given, "customer": {**given["customer"], **CONTACT}}]), encoding="utf-8")
    return file


def test_what_docs_accounting_shows(books: Any, call: Call, home: Path, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("\n## Sent later\n")[2].partition("\n## ")[0]
    (rules,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (home / "rules.yaml").write_text(rules, encoding="utf-8")
    file = december(tmp_path)
    (plan, planned), (queue, listed) = re.findall(r"\$ onedesk-quickbooks ([^\n]*)\n(.*?)```", page, re.DOTALL)
    done = call(*(file if word == file.name else word for word in plan.split()))
    assert (done.code, done.out) == (0, planned)
    assert call("send", file, "--json").one["outcome"] == "copied"
    shown = call(*queue.split())
    since = re.sub(r"20\d\d-\d\d-\d\d \d\d:\d\d", "2026-07-02 09:30", shown.out)
    assert (shown.code, since) == (0, listed)
    assert books.sandbox.outbox() == []
    [entry] = call("queue", "--json").lines
    assert (entry["state"], entry["action"]) == ("scheduled", "send")
    assert call("queue", "drop", entry["entry"], "--reason", "sent by post").code == 0
    assert call("queue", "--state", "scheduled").out == "Nothing is scheduled.\n"


def test_disconnecting_names_it(books: Any, call: Call, open_books: Callable[..., Any], tmp_path: Path) -> None:
    assert call("send", december(tmp_path), "--json").one["outcome"] == "copied"
    refused = call("connect", "--sandbox", open_books("gb").base_url, "--yes")
    assert refused.code == 3 and "What is in its queue (1 scheduled) waits" in refused.err
    assert "Its queue is kept (1 scheduled)" in call("disconnect").out
    assert "queue: 1 scheduled" in call("status").out
    (left,) = call("status", "--json").one["left_behind"]
    assert (left["waiting"], left["scheduled"]) == (0, 1)
