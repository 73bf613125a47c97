"""Closed periods, and invoices of a day to come, as docs/accounting.md shows them; its examples are run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from tests.cli.test_reconcile import PAGE, books, invoice

__all__ = ["books"]


def shown(title: str, home: Path) -> tuple[list[str], str]:
    """The command of a section of docs/accounting.md, and what it prints there; the section's rules are in force."""
    page = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    (rules,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    ((words, text),) = re.findall(r"```console\n\$ onedesk-quickbooks (plan [^\n]*)\n(.*?)```", page, re.DOTALL)
    (home / "rules.yaml").write_text(rules, encoding="utf-8")
    return words.split(), text


def test_what_docs_accounting_shows_of_a_closed_period(
    books: Any, call: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    words, text = shown("Closed periods", home)
    day = {"closing_date": "2026-07-31"}
    assert requests.post(f"{books.base_url}/_control/settings", json=day, timeout=10).status_code == 200
    file = tmp_path / "july.json"
    file.write_text(json.dumps([invoice("2044", "95.00", due_date="2026-08-31")]), encoding="utf-8")
    done = call(*(file if word == "july.json" else word for word in words))
    assert (done.code, done.out) == (0, text)
    assert call("copy", file).code == 0
    (copied,) = [each for each in books.sandbox.list("Invoice") if each["DocNumber"] == "2044"]
    assert copied["TxnDate"] == "2026-08-01"


def test_what_docs_accounting_shows_of_the_future(
    books: Any, call: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    words, text = shown("Dated in the future", home)
    file = tmp_path / "july.json"
    far = {"issue_date": "2062-07-01", "due_date": "2062-07-31"}
    file.write_text(json.dumps([invoice("2045", "95.00", **far)]), encoding="utf-8")
    done = call(*(file if word == "july.json" else word for word in words))
    assert (done.code, re.sub(r"today is [0-9-]+", "today is 2026-07-02", done.out)) == (1, text)
    assert call("copy", file).code == 1
    assert "2045" not in [each["DocNumber"] for each in books.sandbox.list("Invoice")]
