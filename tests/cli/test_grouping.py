"""Grouped lines of a file: `plan` and `copy` say them alike; docs/accounting.md is run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_reconcile import PAGE

Call = Callable[..., Any]
Open = Callable[..., Any]
SECTION = PAGE.read_text(encoding="utf-8").partition("## Grouped lines")[2].partition("\n## ")[0]
(RULES,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
(ROWS,) = re.findall(r"```csv\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture
def books(open_books: Open, call: Call, tmp_path: Path) -> Any:
    """A US company, connected, with the rules of the page."""
    books = open_books("us")
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    home = next(tmp_path.rglob("ledger.sqlite")).parent
    (home / "rules.yaml").write_text(RULES, encoding="utf-8")
    return books


def test_what_docs_accounting_shows_is_printed(books: Any, call: Call, tmp_path: Path) -> None:
    july = tmp_path / "july.csv"
    july.write_text(ROWS, encoding="utf-8")
    ((words, text),) = re.findall(r"```console\n\$ onedesk-quickbooks ([^\n]*)\n(.*?)```", SECTION, re.DOTALL)
    done = call(words.split()[0], july)
    assert (done.code, done.out.rstrip()) == (0, text.rstrip())
    planned, copied = call("plan", july, "--json").lines, call("copy", july, "--json").lines
    assert [each["expected"] for each in planned] == [each["outcome"] for each in copied] == ["copied"]
    [made] = [each for each in books.sandbox.list("Invoice") if each.get("DocNumber") == "2071"]
    assert [each.get("Description") for each in made["Line"]] == [
        *("55 Printer: Ada, Bob, 2 h", "56 Mail server: Ada, 1 h", "Software", None)
    ]
