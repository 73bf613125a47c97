"""Both sides have changed since the copy: OneDesk as it is now is compared with QuickBooks as it is now."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.sync.changes.conftest import Make, cheaper, edit, note, versions, waiting
from tests.sync.conftest import INVOICE, Desk
from tests.sync.reconcile.conftest import kinds


def changed(price: str, amount: str, total: str, **fields: Any) -> dict[str, Any]:
    """The invoice with another price on its first line."""
    found = copy.deepcopy(INVOICE)
    found["lines"][0] |= {"unit_price": price, "amount": amount}
    return {**found, "subtotal": total, "total": total, **fields}


def test_the_sentence_has_two_versions_of_now(us: Desk, invoice: Make) -> None:
    cheaper(us, us.copy(invoice()).qbo_id)
    held = us.copy(changed("120.00", "240.00", "390.00"))
    said = (
        "line 1 price: OneDesk 120, QuickBooks 50; line 1 amount: OneDesk 240.00 USD, QuickBooks 100.00 USD;"
        " total: OneDesk 390.00 USD, QuickBooks 250.00 USD."
    )
    assert (held.outcome, said in held.reason) == ("held", True)
    us.application.bring_payments()
    (work,) = waiting(us)
    assert said.removesuffix(".") in work.reason
    assert versions(work) == {
        "line 1 price": ("120", "50"),
        "line 1 amount": ("240.00 USD", "100.00 USD"),
        "total": ("390.00 USD", "250.00 USD"),
    }
    held_copy = us.application.ledger.queue.latest("INV-1")
    assert held_copy is not None and versions(held_copy) == versions(work)


@pytest.mark.parametrize("look", [False, True])
def test_both_sides_the_same_need_no_decision(us: Desk, invoice: Make, look: bool) -> None:
    outcome = us.copy(invoice())
    cheaper(us, outcome.qbo_id)
    same = changed("50.00", "100.00", "250.00")
    if look:
        us.application.bring_payments()
        assert len(waiting(us)) == 1
    again = us.copy(same)
    assert (again.outcome, "is just as OneDesk has it now" in again.reason) == ("unchanged", True)
    us.application.bring_payments()
    assert (waiting(us), note(us), us.application.status().held) == ([], "", 0)
    again = us.copy(same)
    assert (again.outcome, again.reason) == ("unchanged", "")
    assert us.copy({**same, "memo": "Newer"}).outcome == "updated"


@pytest.mark.parametrize("kept", ["by rule", "by a person"])
def test_what_is_alike_after_a_version_was_kept_stays_alike(by_rule: Callable[[str], Desk], kept: str) -> None:
    """OneDesk is corrected to the number that QuickBooks has: each copy says the same, and the host shows it."""
    desk = by_rule("keep_quickbooks" if kept == "by rule" else "hold")
    edit(desk, desk.copy(copy.deepcopy(INVOICE)).qbo_id, DocNumber="3001")
    desk.application.bring_payments()
    for work in waiting(desk):
        desk.application.settle_change(work.id, "quickbooks", "Ada")
    for _ in range(3):
        again = desk.copy({**INVOICE, "number": "3001"})
        assert (again.outcome, "is just as OneDesk has it now" in again.reason) == ("unchanged", True)
        assert list(desk.shown("INV-1").tags) == ["Copied to QuickBooks"] and kinds(desk) == []


def test_fields_of_the_head(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id, CustomerMemo={"value": "There"}, DueDate="2026-08-15")
    held = us.copy(invoice(memo="Here", due_date="2026-08-15"))
    assert "message to the customer: OneDesk Here, QuickBooks There. Choose" in held.reason


def test_a_line_more_and_a_line_less(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    cheaper(us, outcome.qbo_id)
    lines = [*INVOICE["lines"], {"id": "3", "service_type": "Support", "amount": "5.00"}]
    held = us.copy(invoice(lines=lines, subtotal="315.00", total="315.00"))
    assert "line 3: OneDesk Support, 5.00 USD, QuickBooks none" in held.reason
    held = us.copy(invoice(lines=lines[:1], subtotal="160.00", total="160.00"))
    assert "line 2: OneDesk none, QuickBooks" in held.reason


def test_the_new_customer_chosen_on_both_sides(us: Desk, invoice: Make) -> None:
    """The remedy of an invoice that has another customer in OneDesk."""
    other = {**INVOICE["customer"], "id": "C-8", "name": "Cool Cars"}
    outcome = us.copy(invoice())
    assert "choose the new one on the invoice in QuickBooks" in us.copy(invoice(customer=other)).reason
    edit(us, outcome.qbo_id, CustomerRef={"value": "3"})
    again = us.copy(invoice(customer=other))
    assert (again.outcome, "is just as OneDesk has it now" in again.reason) == ("unchanged", True)
    us.application.bring_payments()
    assert us.application.status().held == 0
    assert us.copy(invoice(customer=other, memo="Newer")).outcome == "updated"


def test_the_look_that_finds_both_the_same_notes_nothing(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.host.reopen("INV-1", "admin")
    cheaper(us, outcome.qbo_id)
    us.host.edit("INV-1", changed("50.00", "100.00", "250.00"), "admin")
    us.application.bring_payments()
    assert (waiting(us), note(us)) == ([], "")
    assert us.copy(changed("50.00", "100.00", "250.00")).outcome == "unchanged"


def test_what_cannot_be_planned_is_shown_as_it_was_copied(us: Desk, invoice: Make) -> None:
    cheaper(us, us.copy(invoice()).qbo_id)
    us.sandbox.edit("Item", us.sandbox.list("Item", "Name = 'Support'")[0]["Id"], {"Active": False})
    assert "(inactive)" in us.copy(changed("120.00", "240.00", "390.00")).reason
    us.application.bring_payments()
    (work,) = waiting(us)
    assert versions(work) == {
        "line 1 price": ("80", "50"),
        "line 1 amount": ("160.00 USD", "100.00 USD"),
        "total": ("310.00 USD", "250.00 USD"),
    }
