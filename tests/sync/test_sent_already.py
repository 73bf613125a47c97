"""A send that found the invoice e-mailed and unchanged says so in a note; the note leaves with the next edit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from onedesk_quickbooks.plugin.sync.host_notes import SENT
from tests.sync.conftest import Desk

Make = Callable[..., dict[str, Any]]
SAYS = "and nothing has changed since"


def sent_twice(desk: Desk, invoice: Make) -> None:
    desk.send(invoice())
    assert desk.send(invoice()).outcome == "unchanged"
    assert SAYS in note(desk)


def note(desk: Desk) -> str:
    return desk.shown("INV-1").notes.get("quickbooks", "")


def edited(desk: Desk, invoice: dict[str, Any], saved: bool = True) -> None:
    """The host reports an edit; `saved`: it has it."""
    new = {**invoice, "status": "open"}
    if saved:
        desk.host.save(new)
    desk.host.plugins.hook.on_invoice_changed(invoice=new, change="edited")
    desk.drain()


def test_it_leaves_with_an_edit(us: Desk, invoice: Make) -> None:
    sent_twice(us, invoice)
    edited(us, invoice(memo="Newer"))
    assert note(us) == "" and [*us.shown("INV-1").tags] == [SENT]
    us.clock.sleep(60)
    assert us.drain() == [] and not us.application.ledger.unconfirmed.any(us.sandbox.realm_id)


def test_it_stays_where_the_host_rolls_the_edit_back(us: Desk, invoice: Make) -> None:
    sent_twice(us, invoice)
    edited(us, invoice(memo="Newer"), saved=False)
    us.clock.sleep(60)
    us.drain()
    assert SAYS in note(us) and not us.application.ledger.unconfirmed.any(us.sandbox.realm_id)


def test_it_leaves_where_the_host_commits_the_edit_late(us: Desk, invoice: Make) -> None:
    sent_twice(us, invoice)
    edited(us, invoice(memo="Newer"), saved=False)
    assert SAYS in note(us)
    us.clock.sleep(5)
    us.host.save(invoice(memo="Newer"))
    us.drain()
    assert note(us) == ""


def test_the_note_of_a_later_copy_stays(us: Desk, invoice: Make) -> None:
    sent_twice(us, invoice)
    us.predicts = False
    new = invoice(total="311.00")
    us.host.save(new)
    us.host.plugins.hook.on_invoice_changed(invoice={**new, "status": "open"}, change="edited")
    held = us.copy(new)
    us.drain()
    assert held.outcome == "held" and note(us) == f"Held for QuickBooks: {held.reason}"


def test_a_saving_that_changes_nothing_leaves_it(us: Desk, invoice: Make) -> None:
    sent_twice(us, invoice)
    edited(us, invoice())
    us.clock.sleep(60)
    us.drain()
    assert SAYS in note(us)
