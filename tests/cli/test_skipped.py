"""What the rules skip, on the command line: it is reported, it is no failure, and `queue --state skipped` lists it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_work import invoice, put

Call = Callable[..., Any]
Connect = Callable[[Any], None]
Open = Callable[..., Any]

RULES = """\
version: 1
invoices:
  exceptions:
    - {id: parent, when: {customer: Parent Ltd}, skip: It is billed by hand}
"""
REASON = "The invoice is skipped by the rule invoices.exceptions.parent (rules.yaml:4): It is billed by hand."


@pytest.fixture
def given(open_books: Open, connect: Connect, tmp_path: Path) -> Path:
    """Two invoices, of which one is skipped, in a data directory that is connected."""
    connect(open_books("us"))
    rules(tmp_path, RULES)
    skipped = invoice("S-1", customer={"id": "c2", "name": "Parent Ltd"})
    return put(tmp_path / "two.jsonl", skipped, invoice("S-2"))


def rules(tmp_path: Path, text: str) -> None:
    home = next(tmp_path.rglob("ledger.sqlite")).parent
    (home / "rules.yaml").write_text(text, encoding="utf-8")


def test_it_is_reported_and_is_no_failure(given: Path, call: Call) -> None:
    planned = call("plan", given, "--json")
    assert planned.code == 0
    assert [each["outcome"] for each in planned.lines] == ["skipped", "planned"]
    assert f"Invoice S-1: skipped\n  - {REASON}\n" in call("plan", given).out
    copied = call("copy", given)
    assert copied.code == 0 and "1 skipped, 1 copied; " in copied.out
    sent = call("send", given, "--json")
    assert sent.code == 0
    assert (sent.lines[0]["outcome"], sent.lines[0]["calls"]) == ("skipped", 0)
    assert sent.lines[0]["reason"] == f"{REASON} QuickBooks does not e-mail it."
    assert call("status", "--json").one["skipped"] == 1
    assert "1 by rule; see: onedesk-quickbooks queue --state skipped" in call("status").out
    assert "skip: It is billed by hand" in call("explain", given).out
    shown = call("rules", "show", "invoices.skip", "--counts", "--json").lines
    assert [(each["rule"], each["count"]) for each in shown] == [
        ("invoices.exceptions.parent", 1),
        ("invoices.skip", 0),
    ]


def test_queue_lists_it_by_its_state_and_retries_it(given: Path, call: Call, tmp_path: Path) -> None:
    call("copy", given)
    queue = call("queue")
    assert (queue.code, queue.out) == (0, "The queue is empty.\n")
    assert call("queue", "--state", "held").out == "Nothing is held.\n"
    listed = call("queue", "--state", "skipped", "--json")
    assert listed.code == 0
    assert (listed.one["number"], listed.one["state"], listed.one["reason"]) == ("S-1", "skipped", REASON)
    assert "S-1" in call("queue", "--state", "skipped").out
    entry = listed.one["entry"]
    assert call("queue", "show", entry, "--json").one["outcome"]["outcome"] == "skipped"
    assert call("queue", "retry", "--all-held").out == "0 entries queued again.\n"
    assert call("queue", "retry", "--all-skipped").out == "1 entry queued again.\n"
    assert [each["id"] for each in call("queue", "--state", "waiting", "--json").lines] == ["S-1"]
    assert call("queue", "--state", "stopped").out == "Nothing is stopped.\n"
    rules(tmp_path, "version: 1\n")
    along = call("copy", put(tmp_path / "no.jsonl", invoice("S-3")))
    assert along.code == 0 and "1 copied" in along.out
    assert call("queue", "--state", "skipped").out == "Nothing is skipped.\n"
    assert call("status", "--json").one["skipped"] == 0
    assert call("queue", "retry", entry).code == 3
    assert call("queue", "retry", entry, "--all-skipped").code == 2


def test_diff_shows_which_invoices_would_be_skipped_in_money(given: Path, call: Call, tmp_path: Path) -> None:
    new, old = tmp_path / "new.yaml", tmp_path / "old.yaml"
    new.write_text(RULES, encoding="utf-8")
    old.write_text("version: 1\ninvoices: {hold: Ask Maria}\n", encoding="utf-8")
    done = call("diff", old, new, "--invoices", given)
    assert done.code == 1
    assert "outcome: 1 invoice, 100.00 USD: held -> copied\n" in done.out
    assert "outcome: 1 invoice, 100.00 USD: held -> skipped\n" in done.out
    assert "invoices.skip: 1 invoice, 100.00 USD: none -> It is billed by hand\n" in done.out
    assert "invoices.hold: 1 invoice, 100.00 USD: Ask Maria -> none\n" in done.out
