"""Every state of an invoice in OneDesk, and every state that a file then gives it: `plan` and `send` say the same."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_work import invoice, put
from tests.support.agreement import unnumbered

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]
Case = tuple[str, str, str]  # copied or new, the state in OneDesk, the state in the file

STATES = ("draft", "open", "paid", "void", "deleted")
CASES: tuple[Case, ...] = tuple(product(("c", "n"), STATES, STATES))
RULES = "version: 1\ninvoices: {on_void: void, on_delete: delete}\n"


def key(case: Case) -> str:
    return "-".join(case)


def write(path: Path, cases: tuple[Case, ...], state: Callable[[Case], str], **changes: str) -> Path:
    return put(path, *(invoice(key(each), "ap@harbor.example", status=state(each), **changes) for each in cases))


def said(lines: list[dict[str, Any]], word: str) -> list[tuple[str, str, str, bool]]:
    return [(each["id"], each[word], unnumbered(each["reason"]), each["waited"]) for each in lines]


@pytest.fixture
def books(open_books: Open, connect: Connect, call: Call, home: Path, tmp_path: Path) -> Any:
    """Invoices of each case as OneDesk has them, some after a copy; the books."""
    books = open_books("us")
    home.mkdir()
    (home / "rules.yaml").write_text(RULES)
    connect(books)
    copied = tuple(each for each in CASES if each[0] == "c")
    assert call("copy", write(tmp_path / "copied.jsonl", copied, lambda case: "open")).code == 0
    call("invoices", "import", write(tmp_path / "open.jsonl", CASES, lambda case: "open"))
    assert call("invoices", "import", write(tmp_path / "kept.jsonl", CASES, lambda case: case[1])).code == 0
    return books


@pytest.mark.parametrize("memo", ["", "Newer"])
def test_plan_says_what_send_does(books: Any, call: Call, tmp_path: Path, memo: str) -> None:
    """More invoices than are planned at once, of which many wait in the queue."""
    file = write(tmp_path / "file.jsonl", CASES, lambda case: case[2], memo=memo)
    planned, sent = call("plan", "--send", file, "--json"), call("send", file, "--json")
    assert sorted(said(planned.lines, "expected")) == sorted(said(sent.lines, "outcome"))
    assert [each["id"] for each in planned.lines if not each["waited"]] == [key(each) for each in CASES]
    assert planned.code == sent.code


def test_what_onedesk_has_void_is_undone_whatever_a_file_has(books: Any, call: Call, tmp_path: Path) -> None:
    """A file that has it as Draft or Paid is not accepted, and takes nothing out of the queue."""
    file = write(tmp_path / "file.jsonl", CASES, lambda case: case[2])
    outcomes = {(each["id"], each["outcome"]) for each in call("send", file, "--json").lines}
    for kept, did in (("void", "voided"), ("deleted", "deleted")):
        for given in ("draft", "paid"):
            assert {(f"c-{kept}-{given}", "held"), (f"c-{kept}-{given}", did)} <= outcomes
        assert (f"c-paid-{kept}", did) in outcomes, "Paid in OneDesk, and withdrawn by the file"
    left = {each["DocNumber"] for each in books.sandbox.list("Invoice") if each["TotalAmt"]}
    assert not {f"c-{kept}-{given}" for kept in ("void", "deleted") for given in ("draft", "paid")} & left
