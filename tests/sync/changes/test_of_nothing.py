"""Invoices of nothing: all amounts of one are 0 because OneDesk has them so, and not because it was voided."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.sync.changes.conftest import Make, edit, note, versions, waiting
from tests.sync.conftest import INVOICE, Desk, lose_ledger
from tests.sync.payments.conftest import left


def of_nothing(quantity: str = "0", **fields: Any) -> dict[str, Any]:
    """The invoice with a price on every line, and no quantity."""
    lines = [
        {**line, "quantity": quantity, "amount": "0.00", **({"unit_price": "0.00"} if quantity != "0" else {})}
        for line in INVOICE["lines"]
    ]
    return {**copy.deepcopy(INVOICE), "lines": lines, "subtotal": "0.00", "total": "0.00", **fields}


@pytest.mark.parametrize("quantity", ["0", "1"])
@pytest.mark.parametrize("private_note", ["", "Voided the one of May", "Two\nlines"])
def test_one_that_nobody_has_touched_is_as_it_was_copied(us: Desk, quantity: str, private_note: str) -> None:
    nothing = of_nothing(quantity, private_note=private_note)
    assert us.copy(nothing).outcome == "copied"
    again = us.copy(nothing)
    assert (again.outcome, again.reason) == ("unchanged", "")
    assert us.copy({**nothing, "memo": "Newer"}).outcome == "updated"
    us.application.bring_payments()
    assert (waiting(us), note(us)) == ([], "")
    assert left(us, "INV-1") == ("paid", "0.00 USD")


@pytest.mark.parametrize("private_note", ["", "Two\nlines"])
def test_one_that_is_voided_is_seen_to_be(us: Desk, private_note: str) -> None:
    nothing = of_nothing(private_note=private_note)
    us.sandbox.void("Invoice", us.copy(nothing).qbo_id)
    held = us.copy(nothing)
    assert (held.outcome, "was voided in QuickBooks" in held.reason) == ("held", True)
    us.application.bring_payments()
    assert [work.conflict.what for work in waiting(us)] == ["voided"]


def test_one_that_is_edited_is_shown_as_edited(us: Desk) -> None:
    edit(us, us.copy(of_nothing()).qbo_id)
    held = us.copy(of_nothing())
    assert (held.outcome, "number: OneDesk 2041, QuickBooks 9999" in held.reason) == ("held", True)
    us.application.bring_payments()
    (work,) = waiting(us)
    assert versions(work) == {"number": ("2041", "9999")}
    us.application.settle_change(work.id, "onedesk")
    assert [each.outcome for each in us.application.drain()] == ["updated"]


def test_one_that_was_emptied_in_onedesk_after_the_copy(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    assert us.copy(of_nothing()).outcome == "updated"
    assert us.copy(of_nothing()).outcome == "unchanged"
    us.application.bring_payments()
    assert waiting(us) == []


def test_one_that_the_ledger_lost_is_found_by_its_mark(us: Desk) -> None:
    first = us.copy(of_nothing())
    us.host.close()
    lose_ledger(us.home)
    us.restart()
    us.connect()
    again = us.copy(of_nothing())
    assert (again.outcome, again.qbo_id) == ("updated", first.qbo_id)


NOTE = """version: 1
invoices:
  due: {days: 30}
  closed: first_open_day
  private_note: |
    Voided samples, due {due_date}, dated {issue_date}
    {private_note}
"""


def test_a_note_that_the_rules_word_is_ours_as_well(desks: Callable[..., Desk]) -> None:
    """Neither it nor a note that begins as that of a voided invoice makes one of nothing void, in a new ledger too."""
    us = desks(rules=NOTE)
    us.connect()
    first = us.copy(of_nothing())
    (made,) = us.invoices()
    assert made["PrivateNote"] == "Voided samples, due 2026-07-31, dated 2026-07-01\nOneDesk invoice INV-1"
    assert us.copy(of_nothing(due_date="2026-08-01")).outcome == "unchanged"
    us.application.bring_payments()
    assert waiting(us) == []
    us.host.close()
    lose_ledger(us.home)
    us.restart()
    us.connect()
    again = us.copy(of_nothing())
    assert (again.outcome, again.qbo_id) == ("unchanged", first.qbo_id)
    us.sandbox.void("Invoice", first.qbo_id)
    us.application.bring_payments()
    assert [work.conflict.what for work in waiting(us)] == ["voided"]


def test_a_note_of_the_rules_that_somebody_edits_is_shown(desks: Callable[..., Desk], invoice: Make) -> None:
    us = desks(rules='version: 1\ninvoices: {private_note: "{private_note} (order {purchase_order})"}\n')
    us.connect()
    qbo_id = us.copy(invoice(purchase_order="PO 7", private_note="Ask Ada")).qbo_id
    us.sandbox.edit("Invoice", qbo_id, {"PrivateNote": "Call first\nOneDesk invoice INV-1"})
    us.application.bring_payments()
    (work,) = waiting(us)
    assert versions(work) == {
        "private note": ("Ask Ada (order PO 7)\nOneDesk invoice INV-1", "Call first\nOneDesk invoice INV-1")
    }
