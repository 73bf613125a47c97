"""`resend` as a person and a script call it; docs/accounting.md is run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.test_going_along import ask, results
from tests.cli.test_reconcile import PAGE, books, invoice

__all__ = ["books"]
Call = Callable[..., Any]
CONTACT = {"billing_contact": {"first_name": "Ada", "last_name": "Berg", "email": "ada@harbor.example"}}


def send(call: Call, tmp_path: Path, number: str = "2045") -> None:
    given = invoice(number, "95.00")
    file = tmp_path / "sent.json"
    file.write_text(json.dumps([{**given, "customer": {**given["customer"], **CONTACT}}]), encoding="utf-8")
    assert call("send", file).code == 0


def shown(out: str, page: str) -> bool:
    """Whether it is what the page shows, on another day and by another person."""
    return re.sub(r"on 20\S+; .*? has asked", "on 2026-07-02; berta, command line has asked", out) == page


def test_what_docs_accounting_shows(books: Any, call: Call, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("\n## E-mailed once more\n")[2].partition("\n## ")[0]
    examples = re.findall(r"\$ onedesk-quickbooks ([^\n]*)\n(.*?)```", page, re.DOTALL)
    send(call, tmp_path)
    [plan, asked] = [call(*words.split()) for words, _ in examples]
    assert plan.code == asked.code == 0 and shown(plan.out, examples[0][1]), plan.out
    assert examples[1][1].strip() in asked.out
    assert [mail["to"] for mail in books.sandbox.outbox()] == ["ada@harbor.example", "board@harbor.example"]
    acts = call("audit", "show", "INV-2045", "--json").lines
    assert [each["content"]["to"] for each in acts if each["kind"] == "act"] == ["board@harbor.example"]


def test_for_programs(books: Any, call: Call, tmp_path: Path) -> None:
    send(call, tmp_path)
    plan = call("resend", "2045", "--dry-run", "--json")
    assert (plan.code, plan.one["steps"][-1]) == (0, {"step": "send", "to": "ada@harbor.example", "again": True})
    assert len(books.sandbox.outbox()) == 1
    done = call("resend", "INV-2045", "--json")
    assert (done.code, done.one["outcome"], done.one["action"]) == (0, "sent", "send")
    assert len(books.sandbox.outbox()) == 2


def test_what_is_in_the_queue_is_shown_beforehand(books: Any, call: Call, home: Path, tmp_path: Path) -> None:
    """It is processed too, so that another invoice is e-mailed as well."""
    send(call, tmp_path)
    waiting = invoice("2046", "95.00")
    ask(home, "send", {**waiting, "customer": {**waiting["customer"], **CONTACT}})
    planned, done = call("resend", "2045", "--dry-run", "--json"), call("resend", "2045", "--json")
    assert results(planned.lines, "expected") == results(done.lines, "outcome")
    assert results(done.lines, "outcome") == [("INV-2045", "sent", False), ("INV-2046", "sent", True)]


def test_what_cannot_be(books: Any, call: Call, tmp_path: Path) -> None:
    refused = call("resend", "INV-9")
    assert refused.code == 3 and "does not have INV-9 as an Open or Paid invoice" in refused.err
    send(call, tmp_path)
    assert "is not an e-mail address" in call("resend", "2045", "--to", "board").err
    [row] = [each for each in books.sandbox.list("Invoice") if each["DocNumber"] == "2045"]
    books.sandbox.edit("Invoice", row["Id"], {"CustomerMemo": {"value": "Theirs"}})
    plan = call("resend", "2045", "--dry-run")
    assert plan.code == 1 and "was changed there since it was copied" in plan.out
    held = call("resend", "2045", "--json")
    assert (held.code, held.one["outcome"]) == (1, "held")
    assert "has to finish first" in call("resend", "2045").err
    assert len(books.sandbox.outbox()) == 1


def test_what_is_refused_is_no_run(books: Any, call: Call, tmp_path: Path) -> None:
    """`undo` lists what has asked for something; a refused copy or send is none, either."""
    send(call, tmp_path)
    runs = call("undo", "--json").lines
    assert [each["action"] for each in runs] == ["send"]
    assert call("resend", "2045", "--to", "board").code == 3
    [row] = [each for each in books.sandbox.list("Invoice") if each["DocNumber"] == "2045"]
    books.sandbox.edit("Invoice", row["Id"], {"CustomerMemo": {"value": "Theirs"}})
    assert call("resend", "2045", "--json").one["outcome"] == "held"
    held = call("undo", "--json").lines
    assert len(held) == 2, "a held one waits in the queue"
    assert "has to finish first" in call("resend", "2045").err
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps({**invoice("2046", "95.00"), "status": "draft"}), encoding="utf-8")
    assert call("copy", draft, "--json").one["outcome"] == "held"
    assert call("send", draft, "--json").one["outcome"] == "held"
    assert call("undo", "--json").lines == held


def test_in_french(books: Any, call: Call, tmp_path: Path) -> None:
    send(call, tmp_path)
    assert "encore une fois" in call("resend", "2045", "--dry-run", speaks="fr").out
