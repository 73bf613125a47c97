"""Noted changes of QuickBooks' invoices: once each, shown until taken, and what follows for links."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.ledger import Change, Conflict, InvoiceLink, Ledger, Request
from tests.support.clock import Clock

if TYPE_CHECKING:
    from tests.ledger.conftest import Opener

REALM = "9341"
AT = datetime(2026, 11, 24, 9, tzinfo=timezone.utc)
CHANGE = Change("INV-1", "1", "changed", "held", "changed there", {"id": "INV-1"}, Conflict("edited", "b"))
LINK = InvoiceLink(REALM, "INV-1", "1", "48", "1", "c" * 64, "a", "USD", "5.00", "5.00", "copied", "", {}, AT, None)


def put(ledger: Ledger, *changes: Change) -> None:
    with ledger.together() as connection:
        ledger.conflicts.put(connection, REALM, changes)


def wrote(
    ledger: Ledger, od_invoice_id: str, step: str = "invoice", customer: str = "C-7", deposit: str = "", **answer: Any
) -> None:
    """What was asked of QuickBooks, and answered."""
    wrote = {"od_customer_id": customer, "deposit": deposit} if step == "invoice" else {}
    body, context = {"of": od_invoice_id}, {"content_hash": "d" * 64}
    request = Request(REALM, 1, od_invoice_id, step, "create", "Invoice", body, context, **wrote)
    (entry,) = ledger.outbox.record([request])
    with ledger.together() as connection:
        ledger.outbox.answered(connection, {entry.id: {"Id": "48", **answer}})


def test_it_is_in_the_queue_and_is_reported_until_it_was_taken(ledger: Ledger, open_ledger: Opener) -> None:
    put(ledger, CHANGE)
    again = open_ledger()
    (work,) = again.conflicts.unnotified(REALM)
    assert (work.action, work.state, work.outcome, work.conflict) == ("changed", "held", None, CHANGE.conflict)
    assert ledger.queue_lists.in_states(REALM, ("held",)) == ledger.conflicts.waiting(REALM) == [work]
    assert ledger.queue_lists.counts(REALM) == {"held": 1} and ledger.queue.latest("INV-1") is None
    assert ledger.queue.next(REALM, 10) == [] and not ledger.queue.retry(work.id)
    again.conflicts.notified(work.id)
    assert ledger.conflicts.unnotified(REALM) == []


def test_a_newer_change_replaces_the_one_before(ledger: Ledger) -> None:
    other = dataclasses.replace(CHANGE, od_invoice_id="INV-2")
    newer = dataclasses.replace(CHANGE, conflict=Conflict("voided", versions=({"field": "total"},)))
    customer = dataclasses.replace(CHANGE, action="customer")
    put(ledger, CHANGE, other, customer)
    put(ledger, newer)
    assert [(work.od_invoice_id, work.conflict) for work in ledger.conflicts.waiting(REALM)] == [
        ("INV-2", CHANGE.conflict),
        ("INV-1", newer.conflict),
    ]
    assert len(ledger.conflicts.waiting(REALM, "customer")) == 1
    latest = ledger.conflicts.latest(REALM, ["INV-1", "INV-3"])
    assert {key: work.conflict for key, work in latest.items()} == {"INV-1": newer.conflict}
    (replaced,) = ledger.queue_lists.in_states(REALM, ("replaced",))
    assert replaced.reason == "changed there (it was changed again)"


def test_a_decision_is_made_once(ledger: Ledger) -> None:
    put(ledger, CHANGE)
    (work,) = ledger.conflicts.waiting(REALM)
    with ledger.together() as connection:
        assert ledger.conflicts.settle(connection, work.id, "Ada decided", about={"id": "INV-1"})
        assert not ledger.conflicts.settle(connection, work.id, "Bo decided", passed=True)
    settled = ledger.conflicts.latest(REALM, ["INV-1"])["INV-1"]
    assert (settled.state, settled.reason) == ("done", "Ada decided")
    assert settled.conflict == dataclasses.replace(CHANGE.conflict, about={"id": "INV-1"})


def test_our_own_write_moves_a_version_that_was_kept(ledger: Ledger) -> None:
    put(ledger, CHANGE, dataclasses.replace(CHANGE, od_invoice_id="INV-2"))
    with ledger.together() as connection:
        ledger.conflicts.remark(connection, REALM, "INV-1", "another", "c")
        ledger.conflicts.remark(connection, REALM, "INV-2", "b", "c")
        ledger.conflicts.remark(connection, REALM, "INV-3", "b", "c")
    latest = ledger.conflicts.latest(REALM, ["INV-1", "INV-2"])
    assert {key: work.conflict.fingerprint for key, work in latest.items()} == {"INV-1": "b", "INV-2": "c"}


def test_what_was_written_last_is_known_and_a_send_writes_nothing(ledger: Ledger) -> None:
    wrote(ledger, "INV-1", SyncToken="0")
    wrote(ledger, "INV-1", SyncToken="1")
    wrote(ledger, "INV-1", step="send", SyncToken="7")
    wrote(ledger, "INV-2", SyncToken="2")
    found = ledger.outbox.answers(REALM, ["INV-1", "INV-2", "INV-3"])
    assert {key: answer["SyncToken"] for key, answer in found.items()} == {"INV-1": "1", "INV-2": "2"}


def test_the_last_invoices_of_a_customer_the_newest_first(ledger: Ledger) -> None:
    for number, customer in enumerate(("C-7", "C-70", "C_7", 'C-"7%', "C-7", "C-7"), 1):
        wrote(ledger, f"INV-{number}", customer=customer)
    wrote(ledger, "INV-1", SyncToken="1")
    assert ledger.outbox.invoices_of_customer(REALM, "C-7") == ["INV-1", "INV-6", "INV-5"]
    assert ledger.outbox.invoices_of_customer(REALM, "C-7", 1) == ["INV-1"]
    assert ledger.outbox.invoices_of_customer(REALM, 'C-"7%') == ["INV-4"]
    assert ledger.outbox.invoices_of_customer(REALM, "C_7") == ["INV-3"]


def test_the_deposit_that_was_written_last(ledger: Ledger) -> None:
    for od_id, deposit in (("INV-1", "60.00"), ("INV-1", "0.00"), ("INV-1", ""), ("INV-2", "7.50"), ("INV-3", "")):
        wrote(ledger, od_id, deposit=deposit)
    found = ledger.outbox.deposits(REALM, ["INV-1", "INV-2", "INV-3"])
    assert found == {"INV-1": Decimal("0.00"), "INV-2": Decimal("7.50")}
    assert ledger.outbox.deposits(REALM, []) == {} == ledger.outbox.deposits("other", ["INV-1"])
    assert ledger.outbox.written_for(REALM, ["INV-1", "INV-4"]) == {"INV-1": "C-7"}


def test_a_wish_to_write_again_is_void_once_a_version_is_taken(ledger: Ledger) -> None:
    wrote(ledger, "INV-1")
    with ledger.together() as connection:
        ledger.links.put_invoices(connection, [LINK])
        ledger.links.accept(connection, REALM, "INV-1", {"fingerprint": "b"}, rewrite=True)
    kept = dataclasses.replace(LINK, fingerprint="b", content_hash="d" * 64, rewrite=True)
    assert ledger.links.invoice(REALM, "INV-1") == kept
    with ledger.together() as connection:
        ledger.links.accept(connection, REALM, "INV-1", {"fingerprint": "e"})
    assert ledger.links.invoice(REALM, "INV-1") == dataclasses.replace(kept, fingerprint="e", rewrite=False)


def test_links_are_brought_up_to_date(ledger: Ledger) -> None:
    with ledger.together() as connection:
        ledger.links.put_invoices(connection, [LINK])
        ledger.links.put_customers(
            connection, REALM, {("C-7", "USD"): "58", ("C-8", "USD"): "58", ("C-9", "USD"): "60"}
        )
        ledger.links.accept(connection, REALM, "INV-1", {"fingerprint": "b", "qbo_total": "6.00"})
        ledger.links.follow(connection, REALM, "58", "61")
    assert ledger.links.invoice(REALM, "INV-1") == dataclasses.replace(LINK, fingerprint="b", qbo_total="6.00")
    assert ledger.links.linked_customers(REALM, ["58", "60", "61"]) == {"60": {"C-9"}, "61": {"C-7", "C-8"}}


def test_what_is_gone_is_so_until_it_is_copied_again(ledger: Ledger, clock: Clock) -> None:
    link = dataclasses.replace(LINK, copied_at=clock())
    assert not ledger.conflicts.is_gone(link)
    put(ledger, CHANGE)
    assert not ledger.conflicts.is_gone(link)
    put(ledger, dataclasses.replace(CHANGE, conflict=Conflict("voided")))
    assert ledger.conflicts.is_gone(link)
    assert not ledger.conflicts.is_gone(dataclasses.replace(link, copied_at=clock()))
