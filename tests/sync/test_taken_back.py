"""What the host shows of an entry that waits for nobody any more: taken back once, or asked of the host again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.hooks import InvoiceJson, QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.ledger import Work
from tests.sync.changes.conftest import cheaper, edit
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]


class Refusing(EmbeddedHost):
    """A host that takes no note and no tag while it refuses; `refused` counts them. Somebody voids the invoice `voids`
    as the next tag is taken, and the host cannot be read from then on."""

    refuses = unread = False
    refused = 0
    voids = ""

    def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
        if self.unread:
            self.refused += 1
            raise RuntimeError("the invoices are locked")
        return super().read_invoice(invoice_id)

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        self._refuse()
        super().set_tag(invoice_id, tag, link)
        if self.voids:
            voids, self.voids = self.voids, ""
            self.void(voids, ADMIN)
            self.unread = True

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        self._refuse()
        super().add_note(invoice_id, key, text)

    def _refuse(self) -> None:
        if self.refuses:
            self.refused += 1
            raise RuntimeError("the notes are locked")


@pytest.fixture
def host(us: Desk) -> Refusing:
    """In the place of the desk's own."""
    us.host.close()
    us.plugin = QuickBooksPlugin(background=False, now=us.clock.now, sleep=us.clock.sleep)
    host = Refusing.open(us.home, plugins=[us.plugin])
    assert isinstance(host, Refusing)
    us.host = host
    return host


def look(desk: Desk) -> None:
    desk.clock.sleep(600)
    desk.application.bring_payments()


def held_copy(desk: Desk, invoice: Make) -> None:
    desk.sandbox.trouble.order(fault="closed_books", path="invoice", method="POST", count=1)
    assert desk.copy(invoice()).outcome == "held"


def held_update(desk: Desk, invoice: Make) -> None:
    desk.copy(invoice())
    desk.sandbox.trouble.order(fault="closed_books", path="invoice", method="POST", count=1)
    assert desk.copy(invoice(memo="Thank you again.")).outcome == "held"


def edited(desk: Desk, invoice: Make) -> None:
    cheaper(desk, desk.copy(invoice()).qbo_id)
    look(desk)


def bounced(desk: Desk, invoice: Make) -> None:
    desk.sandbox.bounce("Invoice", desk.send(invoice()).qbo_id, "Bounced Email")
    look(desk)


def void(desk: Desk, invoice: Make) -> None:
    desk.copy(invoice())
    desk.host.void("INV-1", ADMIN)


CASES: dict[Callable[[Desk, Make], None], tuple[str, bool]] = {
    held_copy: ("quickbooks", False),
    held_update: ("quickbooks", True),
    edited: ("quickbooks-changed", True),
    bounced: ("quickbooks-bounced", True),
    void: ("quickbooks", True),
}


def the_entry(desk: Desk) -> Work:
    [entry] = desk.application.ledger.queue.standing(desk.sandbox.realm_id, ("held",))
    return entry


@pytest.mark.parametrize("story", CASES, ids=lambda each: each.__name__)
def test_what_a_person_drops_is_taken_back_once_the_host_takes_it(
    us: Desk, host: Refusing, invoice: Make, story: Callable[[Desk, Make], None]
) -> None:
    key, linked = CASES[story]
    story(us, invoice)
    assert us.shown("INV-1").notes[key]
    host.refuses = True
    assert us.application.drop([the_entry(us)], "settled by telephone", ADMIN) == 1
    look(us)
    assert host.refused == 2 and us.shown("INV-1").notes[key], "it was asked again"
    host.refuses = False
    look(us)
    assert key not in us.shown("INV-1").notes and bool(us.shown("INV-1").tags) == linked
    host.refuses = True
    look(us)
    assert host.refused == 2, "and then no more"


def test_a_newer_entry_keeps_its_note(us: Desk, host: Refusing, invoice: Make) -> None:
    held_copy(us, invoice)
    host.refuses = True
    us.application.drop([the_entry(us)], "settled by telephone", ADMIN)
    host.refuses = False
    held_copy(us, invoice)
    shown = us.shown("INV-1")
    look(us)
    assert us.shown("INV-1") == shown and shown.notes["quickbooks"]


def test_a_change_that_has_passed_is_taken_back_once_the_host_takes_it(us: Desk, host: Refusing, invoice: Make) -> None:
    done = us.copy(invoice())
    copied = us.shown("INV-1")
    edit(us, done.qbo_id)
    look(us)
    assert us.shown("INV-1").notes["quickbooks-changed"]
    edit(us, done.qbo_id, DocNumber="2041")
    host.refuses = True
    look(us)
    entry = us.application.ledger.conflicts.latest(us.sandbox.realm_id, ["INV-1"])["INV-1"]
    assert entry.state == "dropped" and us.shown("INV-1").notes["quickbooks-changed"] and host.refused
    host.refuses = False
    look(us)
    assert us.shown("INV-1") == copied


def test_a_void_during_a_copy_is_shown_once_the_host_can_be_read(us: Desk, host: Refusing, invoice: Make) -> None:
    host.voids = "INV-1"
    us.copy(invoice())
    [entry] = us.application.ledger.conflicts.withdrawn(us.sandbox.realm_id)
    assert host.refused and us.shown("INV-1").notes.get("quickbooks") != entry.reason, "the copy was told last"
    host.unread = False
    look(us)
    assert "void it there" in entry.reason and us.shown("INV-1").notes["quickbooks"] == entry.reason
    us.host.add_note("INV-1", "quickbooks", "seen by Ada")
    look(us)
    assert us.shown("INV-1").notes["quickbooks"] == "seen by Ada"
