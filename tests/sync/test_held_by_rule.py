"""A rule holds the whole invoice: what stands in QuickBooks stays, and a changed rule lets it through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sync.conftest import Desk

Make = Callable[..., dict[str, Any]]

RULES = """\
version: 1
invoices:
  exceptions:
    - {id: big, when: {amount: {from: 300}}, hold: Ask Maria}
"""
REASON = "The invoice is held by the rule invoices.exceptions.big (rules.yaml:4): Ask Maria."


def test_the_invoice_waits_with_the_sentence_until_the_rule_changes(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES)
    desk.connect()
    held = desk.copy(invoice())
    assert (held.outcome, held.reason) == ("held", REASON)
    assert desk.invoices() == []
    assert desk.shown("INV-1").notes["quickbooks"] == f"Held for QuickBooks: {REASON}"
    (desk.home / "rules.yaml").write_text(RULES.replace("300", "30000"), encoding="utf-8")
    desk.restart()
    assert desk.copy(invoice()).outcome == "copied"


def test_a_copy_stays_as_it_is_while_its_change_is_held(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=RULES.replace("300", "30000"))
    desk.connect()
    assert desk.copy(invoice()).outcome == "copied"
    (before,) = desk.invoices()
    (desk.home / "rules.yaml").write_text(RULES, encoding="utf-8")
    desk.restart()
    changed = desk.copy(invoice(due_date="2026-12-24"))
    assert (changed.outcome, changed.reason) == ("held", REASON)
    assert desk.invoices() == [before]
