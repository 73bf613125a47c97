"""Closed periods as docs/accounting.md shows them; its example is run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import requests

from tests.cli.test_reconcile import PAGE, books, invoice

__all__ = ["books"]


def test_what_docs_accounting_shows_of_a_closed_period(
    books: Any, call: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("\n## Closed periods\n")[2].partition("\n## ")[0]
    (rules,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    ((words, shown),) = re.findall(r"```console\n\$ onedesk-quickbooks (plan [^\n]*)\n(.*?)```", page, re.DOTALL)
    (home / "rules.yaml").write_text(rules, encoding="utf-8")
    day = {"closing_date": "2026-07-31"}
    assert requests.post(f"{books.base_url}/_control/settings", json=day, timeout=10).status_code == 200
    file = tmp_path / "july.json"
    file.write_text(json.dumps([invoice("2044", "95.00", due_date="2026-08-31")]), encoding="utf-8")
    done = call(*(file if word == "july.json" else word for word in words.split()))
    assert (done.code, done.out) == (0, shown)
    assert call("copy", file).code == 0
    (copied,) = [each for each in books.sandbox.list("Invoice") if each["DocNumber"] == "2044"]
    assert copied["TxnDate"] == "2026-08-01"


def test_what_docs_accounting_shows_of_the_future(
    books: Any, call: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("\n## Dated in the future\n")[2].partition("\n## ")[0]
    (rules,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    ((words, shown),) = re.findall(r"```console\n\$ onedesk-quickbooks (plan [^\n]*)\n(.*?)```", page, re.DOTALL)
    (home / "rules.yaml").write_text(rules, encoding="utf-8")
    file = tmp_path / "july.json"
    far = {"issue_date": "2027-07-01", "due_date": "2027-07-31"}
    file.write_text(json.dumps([invoice("2045", "95.00", **far)]), encoding="utf-8")
    done = call(*(file if word == "july.json" else word for word in words.split()))
    assert done.code == 1
    assert done.out.replace(str(datetime.now(timezone.utc).date()), "2026-07-02") == shown
    assert call("copy", file).code == 1
    assert "2045" not in [each["DocNumber"] for each in books.sandbox.list("Invoice")]
