"""An edit in QuickBooks that was kept, and that OneDesk has as well by now: nothing says that they differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from onedesk_quickbooks.plugin.sync.host_notes import COPIED, DIFFERS, SENT, WAITING
from tests.sync.changes.conftest import Make, cheaper, note, waiting
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_nothing_waits import drop, tag, wait


def as_there(invoice: Make) -> dict[str, Any]:
    """OneDesk's invoice with the same edit."""
    found = invoice(subtotal="250.00", total="250.00")
    found["lines"][0] |= {"unit_price": "50.00", "amount": "100.00"}
    return found


def kept(desk: Desk, invoice: Make) -> Desk:
    cheaper(desk, desk.copy(invoice()).qbo_id)
    desk.application.bring_payments()
    assert tag(desk) == DIFFERS and "QuickBooks' version stays" in note(desk) and not waiting(desk)
    return desk


def dropped(desk: Desk) -> None:
    """A copy that waits for QuickBooks is taken out of the queue."""
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    wait(desk)
    assert tag(desk) == WAITING
    drop(desk)
    desk.sandbox.faults.clear()
    desk.clock.sleep(120)


def test_after_a_copy_nothing_differs(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = kept(by_rule("keep_quickbooks"), invoice)
    came = desk.copy(as_there(invoice))
    assert came.outcome == "unchanged" and "just as OneDesk has it now" in came.reason
    assert tag(desk) == COPIED and note(desk) == "", "the note has the values of before"
    dropped(desk)
    assert tag(desk) == COPIED
    assert desk.send(as_there(invoice)).outcome == "sent" and tag(desk) == SENT


def test_a_later_edit_in_onedesk_differs_again(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = kept(by_rule("keep_quickbooks"), invoice)
    desk.copy(as_there(invoice))
    assert desk.copy(invoice(memo="Newer")).outcome == "unchanged"
    assert tag(desk) == DIFFERS
    dropped(desk)
    assert tag(desk) == DIFFERS


def test_a_later_edit_in_quickbooks_differs_again(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = kept(by_rule("keep_quickbooks"), invoice)
    qbo_id = desk.copy(as_there(invoice)).qbo_id
    desk.clock.sleep(60)
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    desk.application.bring_payments()
    assert tag(desk) == DIFFERS and "9999" in note(desk)
    dropped(desk)
    assert tag(desk) == DIFFERS
