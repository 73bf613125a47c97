"""A person takes an entry out of the queue while the host does not accept what is shown: it shows it later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.ledger import Work
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.sync.host_notes import COPIED, HELD, WAITING
from onedesk_quickbooks.plugin.sync.withdrawn import FORGOTTEN
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_host_cannot import works
from tests.sync.test_nothing_waits import tag, wait

Make = Callable[..., dict[str, Any]]


class Refusing(EmbeddedHost):
    """A host that raises `fails` for what it is to show."""

    fails: Exception | None = None

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        if self.fails:
            raise self.fails
        super().set_tag(invoice_id, tag, link)

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        if self.fails:
            raise self.fails
        super().add_note(invoice_id, key, text)


@pytest.fixture
def desk(us: Desk) -> Desk:
    us.predicts = False
    us.restart(Refusing)
    return us


def fail(desk: Desk, problem: Exception | None) -> None:
    assert isinstance(desk.host, Refusing)
    desk.host.fails = problem


def waiting(desk: Desk) -> list[Work]:
    return desk.application.ledger.queue.open_of(desk.sandbox.realm_id, "INV-1")


def drop(desk: Desk) -> None:
    assert desk.application.drop(waiting(desk), "billed otherwise", "ada") == 1


def forget(desk: Desk) -> None:
    desk.application.forget("INV-1", "billed otherwise", "ada")


TAKEN_OUT = {"drop": drop, "forget": forget}


@pytest.mark.parametrize("problem", [NotNow("the disk is full"), KeyError("Harbor Lights")])
@pytest.mark.parametrize("taken_out", TAKEN_OUT)
@pytest.mark.parametrize("copied", [False, True])
def test_the_host_shows_later_that_nothing_waits(
    desk: Desk, invoice: Make, copied: bool, taken_out: str, problem: Exception
) -> None:
    desk.copy(invoice()) if copied else desk.save(invoice())
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    wait(desk)
    assert tag(desk) == WAITING
    fail(desk, problem)
    TAKEN_OUT[taken_out](desk)
    works(desk, 2)
    fail(desk, None)
    assert tag(desk) == WAITING
    desk.restart(Refusing)
    works(desk, 1)
    assert [*desk.shown("INV-1").tags] == ([COPIED] if copied else [])
    assert waiting(desk) == [] and len(desk.invoices()) == copied
    assert not desk.application.ledger.unconfirmed.any(desk.sandbox.realm_id)


@pytest.mark.parametrize("reason", FORGOTTEN.values())
def test_a_person_may_say_what_a_hook_says(desk: Desk, invoice: Make, reason: str) -> None:
    """It is not queued again because the host has the invoice as Open."""
    desk.save(invoice())
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    wait(desk)
    fail(desk, NotNow("the disk is full"))
    assert desk.application.drop(waiting(desk), reason, "ada") == 1
    fail(desk, None)
    desk.sandbox.faults.clear()
    desk.clock.sleep(60)
    works(desk, 2)
    assert waiting(desk) == [] and desk.invoices() == [] and not desk.shown("INV-1").tags


def test_the_note_of_a_held_one_leaves_later_too(desk: Desk, invoice: Make) -> None:
    assert desk.copy(invoice(total="311.00")).outcome == "held"
    fail(desk, NotNow("the disk is full"))
    drop(desk)
    fail(desk, None)
    assert tag(desk) == HELD
    works(desk, 1)
    assert not desk.shown("INV-1").tags and not desk.shown("INV-1").notes.get("quickbooks")


def test_what_a_later_copy_has_shown_stays(desk: Desk, invoice: Make) -> None:
    desk.save(invoice())
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    wait(desk)
    fail(desk, NotNow("the disk is full"))
    drop(desk)
    fail(desk, None)
    desk.sandbox.faults.clear()
    held = desk.copy(invoice(total="311.00"))
    works(desk, 1)
    assert held.outcome == "held" and tag(desk) == HELD
    assert desk.shown("INV-1").notes["quickbooks"] == f"Held for QuickBooks: {held.reason}"


def test_the_note_on_a_change_in_quickbooks_says_later_that_it_was_dropped(desk: Desk, invoice: Make) -> None:
    copied = desk.copy(invoice())
    desk.sandbox.edit("Invoice", copied.qbo_id, {"DocNumber": "9999"})
    desk.application.bring_payments()
    [change] = desk.application.changes()
    fail(desk, NotNow("the disk is full"))
    assert desk.application.drop([change], "known", "ada") == 1
    fail(desk, None)
    works(desk, 1)
    assert desk.shown("INV-1").notes["quickbooks-changed"].endswith("The entry of the queue was dropped: known")
