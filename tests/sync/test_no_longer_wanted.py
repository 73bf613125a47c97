"""A request that was not answered, of an invoice that the host wants no more: it is not made, unless it was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_written_first import FAULTS, ask, total, unanswered

Make = Callable[..., dict[str, Any]]
NOT_DONE, DONE = FAULTS


def void(desk: Desk) -> None:
    desk.host.void("INV-1", ADMIN)


def draft(desk: Desk) -> None:
    invoice = desk.host.read_invoice("INV-1")
    assert invoice is not None
    desk.host.save({**invoice, "status": "draft"})


def drop(desk: Desk) -> None:
    [row] = desk.application.ledger.queue.open_of(desk.sandbox.realm_id, "INV-1")
    assert desk.application.ledger.queue.drop(row.id, "billed by hand")


ENDS = {each.__name__: each for each in (void, draft, drop)}


def numbers(desk: Desk) -> list[str]:
    return [each["DocNumber"] for each in desk.invoices()]


def mailed(desk: Desk) -> list[str]:
    return [each["DocNumber"] for each in desk.invoices() if each["EmailStatus"] == "EmailSent"]


def unanswered_send(desk: Desk, given: dict[str, Any], fault: str) -> None:
    desk.copy(given)
    desk.sandbox.faults.inject(**FAULTS[fault], path="send", method="POST", count=0)
    ask(desk, given, "send")
    assert desk.application.drain(patience=timedelta(0)) == []
    desk.sandbox.faults.clear()
    assert len(desk.application.ledger.outbox.unknown(desk.sandbox.realm_id)) == 1
    desk.clock.sleep(120)


@pytest.fixture
def ready(us: Desk, invoice: Make) -> Desk:
    us.copy(invoice(id="INV-0", number="2040", memo="Before"))
    return us


@pytest.mark.parametrize("end", ENDS)
def test_what_was_not_done_is_not_made(ready: Desk, invoice: Make, end: str) -> None:
    unanswered(ready, invoice(), NOT_DONE)
    ENDS[end](ready)
    ready.drain()
    ready.clock.sleep(120)
    ready.drain()
    assert numbers(ready) == ["2040"]
    assert ready.application.ledger.outbox.unknown(ready.sandbox.realm_id) == []


def test_wanted_anew_while_quickbooks_may_be_making_it_the_same_request_makes_it(ready: Desk, invoice: Make) -> None:
    unanswered(ready, invoice(), NOT_DONE)
    [entry] = ready.application.ledger.outbox.unknown(ready.sandbox.realm_id)
    drop(ready)
    ready.drain()
    ask(ready, invoice())
    ready.drain()
    [made] = ready.application.ledger.outbox.of_invoice(ready.sandbox.realm_id, "INV-1")
    assert made.requestid == entry.requestid and sorted(numbers(ready)) == ["2040", "2041"]


@pytest.mark.parametrize("end", ENDS)
def test_what_was_done_is_linked_and_shown(ready: Desk, invoice: Make, end: str) -> None:
    unanswered(ready, invoice(), DONE)
    ENDS[end](ready)
    ready.drain()
    assert sorted(numbers(ready)) == ["2040", "2041"]
    assert ready.shown("INV-1").tags
    standing = ready.application.ledger.conflicts.withdrawn(ready.sandbox.realm_id, ["INV-1"])
    assert [each.action for each in standing] == (["voided"] if end == "void" else [])


def test_what_was_done_late_is_found_by_the_next_look_for_payments(ready: Desk, invoice: Make) -> None:
    unanswered(ready, invoice(), NOT_DONE)
    [entry] = ready.application.ledger.outbox.unknown(ready.sandbox.realm_id)
    void(ready)
    ready.drain()
    ready.sandbox.create("Invoice", dict(entry.body))
    ready.application.bring_payments()
    [standing] = ready.application.ledger.conflicts.withdrawn(ready.sandbox.realm_id, ["INV-1"])
    assert standing.action == "voided" and "void it there" in standing.reason


@pytest.mark.parametrize("end", ENDS)
def test_no_email_goes_out_for_it(ready: Desk, invoice: Make, end: str) -> None:
    unanswered_send(ready, invoice(), NOT_DONE)
    ENDS[end](ready)
    ready.drain()
    assert mailed(ready) == []


def test_another_version_is_written_before_it_is_emailed(ready: Desk, invoice: Make) -> None:
    unanswered_send(ready, invoice(), NOT_DONE)
    less = invoice(lines=invoice()["lines"][:1], subtotal="160.00", total="160.00")
    came = ready.send(less)
    assert came.outcome == "sent" and mailed(ready) == ["2041"]
    assert sorted(total(ready)) == ["160.00", "310.00"]


def test_the_same_version_is_emailed_once(ready: Desk, invoice: Make) -> None:
    unanswered_send(ready, invoice(), DONE)
    assert ready.send(invoice()).outcome == "sent"
    assert mailed(ready) == ["2041"]
