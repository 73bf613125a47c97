"""Grouped lines, texts and projects of a file: `plan` and `copy` say them alike; docs/accounting.md is run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_reconcile import PAGE
from tests.support.retainers import make_account, make_item, move_item

Call = Callable[..., Any]
Open = Callable[..., Any]


def blocks(section: str, kind: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found: list[str] = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return found


RULES = {
    section: blocks(section, "yaml")[0] for section in ("Grouped lines", "Projects", "Retainers", "Billable expenses")
}
RULES["Text lines"] = RULES["Grouped lines"]


@pytest.fixture
def books(open_books: Open, call: Call, tmp_path: Path) -> Any:
    """A US company, connected, that sells retainers."""
    books = open_books("us")
    assert call("connect", "--sandbox", books.base_url, "--yes").code == 0
    move_item(books.sandbox, make_item(books.sandbox), make_account(books.sandbox))
    return books


LINES = {
    "Grouped lines": ["55 Printer: Ada, Bob, 2 h", "56 Mail server: Ada, 1 h", "Software", None],
    "Text lines": ["Work of June", "Printer", "The drum is under warranty", None],
    "Projects": [None, None],
    "Retainers": [None, None],
    "Billable expenses": ["Hotel, two nights", "Markup: Hotel, two nights", "Design", None],
}


@pytest.mark.parametrize("section", LINES)
def test_what_docs_accounting_shows_is_printed(books: Any, call: Call, tmp_path: Path, section: str) -> None:
    file = tmp_path / "file.csv"
    ((rows,), (shown,)) = blocks(section, "csv"), blocks(section, "console")
    file.write_text(rows, encoding="utf-8")
    home = next(tmp_path.rglob("ledger.sqlite")).parent
    (home / "rules.yaml").write_text(RULES[section], encoding="utf-8")
    command, _, text = shown.partition("\n")
    done = call(command.split()[2], file)
    assert (done.code, done.out.rstrip()) == (0, text.rstrip())
    planned, copied = call("plan", file, "--json").lines, call("copy", file, "--json").lines
    assert [each["expected"] for each in planned] == [each["outcome"] for each in copied]
    assert {each["outcome"] for each in copied} == {"copied"}
    made = next(each for each in books.sandbox.list("Invoice") if each.get("DocNumber") == planned[0]["number"])
    assert [each.get("Description") for each in made["Line"]] == LINES[section]
