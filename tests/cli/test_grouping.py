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
Connect = Callable[[Any], None]
Open = Callable[..., Any]


def blocks(section: str, kind: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found: list[str] = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return found


def rules_of(section: str) -> str:
    """Those of the section, else what holds by itself."""
    return next(iter(blocks(section, "yaml")), "version: 1\n")


@pytest.fixture
def books(open_books: Open, connect: Connect, tmp_path: Path) -> Any:
    """A US company, connected, that sells retainers and a bundle."""
    seed = tmp_path / "seed.json"
    seed.write_text('{"Item": [{"Name": "Starter kit", "Type": "Group"}]}', encoding="utf-8")
    books = open_books("us", seed=seed)
    connect(books)
    move_item(books.sandbox, make_item(books.sandbox), make_account(books.sandbox))
    return books


LINES = {
    "Grouped lines": ["55 Printer: Ada, Bob, 2 h", "56 Mail server: Ada, 1 h", "Software", None],
    "Text lines": ["Work of June", "Printer", "The drum is under warranty", None],
    "Projects": [None, None],
    "Retainers": [None, None],
    "Billable expenses": ["Hotel, two nights", "Markup: Hotel, two nights", "Design", None],
    "Prices, bundles and long invoices": ["Flyers", "Flyers that came back", None],
    "Due dates and days of work": [None, None, None],
    "Who gets the e-mail": [None, None],
}
HELD = {"2095": "a bundle"}
"""By their numbers, those of the page that are held."""


@pytest.mark.parametrize("section", LINES)
def test_what_docs_accounting_shows_is_printed(books: Any, call: Call, tmp_path: Path, section: str) -> None:
    file = tmp_path / "file.csv"
    ((rows,), (shown,)) = blocks(section, "csv"), blocks(section, "console")
    file.write_text(rows, encoding="utf-8")
    home = next(tmp_path.rglob("ledger.sqlite")).parent
    (home / "rules.yaml").write_text(rules_of(section), encoding="utf-8")
    command, _, text = shown.partition("\n")
    done = call(*command.split()[2:-1], file)
    held = [number for number in HELD if number in rows]
    assert (done.code, done.out.rstrip()) == (bool(held), text.rstrip())
    planned, copied = call("plan", file, "--json").lines, call("copy", file, "--json").lines
    assert [each.get("expected", each["outcome"]) for each in planned] == [each["outcome"] for each in copied]
    assert {each["id"]: each["outcome"] for each in copied} == {
        each["id"]: "held" if each["id"] in held else "copied" for each in planned
    }
    made = next(each for each in books.sandbox.list("Invoice") if each.get("DocNumber") == planned[0]["number"])
    assert [each.get("Description") for each in made["Line"]] == LINES[section]
    if section == "Due dates and days of work":
        days = [each.get("SalesItemLineDetail", {}).get("ServiceDate") for each in made["Line"][:2]]
        assert (made["DueDate"], days) == ("2026-08-15", ["2026-07-06", "2026-07-20"])
    if section == "Who gets the e-mail":
        assert call("send", file).code == 0
        [email] = books.sandbox.outbox()
        assert email["to"] == "ada@harbor.example, payables@harbor.example"
        assert (email["cc"], email["bcc"]) == ("mia@studio.example", "archive@studio.example")
