"""Void in OneDesk, then open again; names with a colon: what a file says, `plan` and `copy` say alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.agreement import unnumbered
from tests.support.invoices import invoice_json, line

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]


@pytest.fixture
def books(open_books: Open, connect: Connect) -> Any:
    """A US company, connected."""
    books = open_books("us")
    connect(books)
    return books


def file(tmp_path: Path, *changes: dict[str, Any]) -> Path:
    base = invoice_json(
        "V-1", line("Design", "50", "2"), issue_date="2026-11-02", customer={"id": "c1", "name": "Harbor Labs"}
    )
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(json.dumps({**base, **each}) for each in changes or ({},)))
    return path


def both(call: Call, path: Path) -> tuple[str, str]:
    """Outcome and reason, which `plan` says beforehand."""
    planned, copied = call("plan", path, "--json").one, call("copy", path, "--json").one
    assert (planned["expected"], unnumbered(planned["reason"])) == (copied["outcome"], unnumbered(copied["reason"]))
    return copied["outcome"], copied["reason"]


@pytest.mark.parametrize(("memo", "outcome"), [("", "unchanged"), ("Newer", "updated")])
def test_open_again_in_a_file(books: Any, call: Call, tmp_path: Path, memo: str, outcome: str) -> None:
    assert both(call, file(tmp_path))[0] == "copied"
    held = both(call, file(tmp_path, {"status": "void"}))
    assert held[0] == "held" and "still has it as V-1; void it there: this entry closes automatically" in held[1]
    assert [each["action"] for each in call("queue", "--json").lines] == ["voided"]
    assert both(call, file(tmp_path, {"memo": memo} if memo else {})) == (outcome, "")
    assert call("queue", "--json").out == ""
    assert both(call, file(tmp_path, {"status": "void"})) == held
    assert [each["action"] for each in call("queue", "--json").lines] == ["voided"]


def test_open_again_when_quickbooks_has_it_void(books: Any, call: Call, tmp_path: Path) -> None:
    call("copy", file(tmp_path))
    qbo_id = call("copy", file(tmp_path), "--json").one["qbo_id"]
    call("copy", file(tmp_path, {"status": "void"}))
    books.sandbox.void("Invoice", qbo_id)
    call("payments")
    assert call("queue", "--json").out == ""
    outcome, reason = both(call, file(tmp_path))
    assert outcome == "held" and "The QuickBooks invoice V-1 of this invoice was voided in QuickBooks" in reason
    (entry,) = call("queue", "--json").lines
    shown = call("queue", "show", str(entry["entry"])).out
    assert re.search(r"QuickBooks 0\.00 [A-Z]{3}$", shown, re.MULTILINE), shown
    assert call("queue", "settle", str(entry["entry"]), "--keep", "quickbooks").code == 0
    outcome, reason = both(call, file(tmp_path))
    assert outcome == "held" and "a person accepted the void on" in reason
    assert call("queue", "--json").out == "", "nothing is left to decide"
    again = file(tmp_path, {"id": "V-2", "number": "V-2"})
    assert both(call, again) == ("copied", ""), "the remedy works"


def test_void_on_both_sides_leaves_nothing_to_decide(books: Any, call: Call, tmp_path: Path) -> None:
    """The first remedy of an invoice that is void in QuickBooks alone: void it in OneDesk too, here by the file."""
    call("copy", file(tmp_path))
    books.sandbox.void("Invoice", call("copy", file(tmp_path), "--json").one["qbo_id"])
    assert "void it in OneDesk too" in both(call, file(tmp_path))[1]
    assert both(call, file(tmp_path, {"status": "void"}))[0] == "held"
    call("payments")
    assert call("queue", "--json").out == ""


def test_a_path_and_its_last_part_in_one_file(books: Any, call: Call, tmp_path: Path) -> None:
    names = ("Freeman Sporting Goods:55 Twin Lane", "55 Twin Lane")
    path = file(
        tmp_path,
        *({"id": f"T-{place}", "number": f"T-{place}", "customer": {"id": f"t{place}", "name": name}}
          for place, name in enumerate(names)),
    )  # fmt: skip
    planned, copied = call("plan", path, "--json").lines, call("copy", path, "--json").lines
    assert [each["reason"] for each in planned] == [each["reason"] for each in copied]
    assert 'but "55 Twin Lane" (id 9); if it is the same, confirm it' in copied[0]["reason"]
    alone = call("plan", file(tmp_path, {"customer": {"id": "t0", "name": "A:No such one"}}), "--json").one
    assert "contains a colon" in alone["reason"]
