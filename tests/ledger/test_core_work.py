"""The queue and the outbox: what is to do, what was asked of QuickBooks, and under which request ids."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.ledger import Conflict, Ledger, Request, Work
from onedesk_quickbooks.plugin.ledger.outbox import request_id
from onedesk_quickbooks.plugin.model.outcome import Outcome
from tests.ledger.conftest import REALM, Opener
from tests.support.clock import Clock
from tests.support.invoices import invoice_json

REQUEST = Request(REALM, 1, "INV-1", "invoice", "create", "Invoice", {"TotalAmt": Decimal("12.30")}, {"hash": "x"})


def invoice(number: str = "1", **more: Any) -> dict[str, Any]:
    return invoice_json(f"INV-{number}", **{"total": "300.00", **more})


def only(ledger: Ledger) -> Work:
    [work] = ledger.queue.next(REALM, 10)
    return work


def settled(ledger: Ledger, work: Work, state: str, reason: str = "") -> bool:
    with ledger.together() as connection:
        outcome = Outcome(work.od_invoice_id, work.action, state, reason)
        before = ledger.queue.get(work.id)
        ledger.queue.settle(connection, [(work, state, outcome)])
        after = ledger.queue.get(work.id)
    return before is not None and after is not None and after.state != before.state


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [("copy", "copy", "copy"), ("copy", "send", "send"), ("send", "copy", "send"), ("send", "send", "send")],
)
def test_asking_again_renews_the_row_and_send_wins(ledger: Ledger, first: str, second: str, stands: str) -> None:
    one = ledger.queue.ask(REALM, first, invoice(total="1.00"), "Ada")
    ledger.queue.postpone([one], "QuickBooks is away", ledger.queue.next(REALM, 1)[0].created_at + timedelta(hours=1))
    assert ledger.queue.next(REALM, 10) == []
    two = ledger.queue.ask(REALM, second, invoice(total="2.00"), "Bob")
    work = only(ledger)
    assert one == two == work.id
    assert (work.action, work.invoice["total"], work.asked_by, work.not_before) == (stands, "2.00", "Bob", None)


def test_the_versions_are_those_of_the_last_try(ledger: Ledger) -> None:
    ledger.queue.ask(REALM, "copy", invoice(), "")
    noted = dataclasses.replace(only(ledger), conflict=Conflict(versions=({"field": "number"},)))
    tried = dataclasses.replace(noted, outcome={"versions": [{"field": "total"}]})
    assert (only(ledger).versions, noted.versions, tried.versions) == (
        (),
        ({"field": "number"},),
        ({"field": "total"},),
    )


def test_rows_come_oldest_first_and_no_more_than_asked_for(ledger: Ledger) -> None:
    asked = [ledger.queue.ask(REALM, "copy", invoice(str(number)), "Ada") for number in range(5)]
    ledger.queue.ask("other", "copy", invoice("9"), "Ada")
    assert [work.id for work in ledger.queue.next(REALM, 3)] == asked[:3]
    oldest = ledger.queue_lists.oldest_waiting(REALM)
    assert oldest is not None and oldest.id == asked[0]
    assert ledger.queue_lists.counts(REALM) == {"todo": 5}


@pytest.mark.parametrize("state", ["done", "held", "failed"])
def test_what_was_settled(ledger: Ledger, state: str) -> None:
    ledger.queue.ask(REALM, "send", invoice(), "Ada")
    work = only(ledger)
    assert settled(ledger, work, state, "why")
    after = ledger.queue.get(work.id)
    assert after is not None and after.outcome is not None
    assert (after.state, after.reason, after.attempts, after.outcome["outcome"]) == (state, "why", 1, state)
    assert ledger.queue.next(REALM, 10) == []
    assert ledger.queue_lists.counts(REALM) == ({} if state == "done" else {state: 1})
    assert not settled(ledger, work, "done")


def test_asked_again_meanwhile_it_stays_to_do_as_if_asked_after_what_was_done(ledger: Ledger, clock: Clock) -> None:
    ledger.queue.ask(REALM, "copy", invoice(), "Ada")
    taken = only(ledger)
    ledger.queue.ask(REALM, "send", invoice(total="2.00"), "Ada")
    done_at = clock()
    assert not settled(ledger, taken, "done")
    again = only(ledger)
    assert again.updated_at > done_at
    assert (again.id, again.state, again.action, again.invoice["total"]) == (taken.id, "todo", "send", "2.00")
    assert settled(ledger, again, "done")


def test_what_waits_does_not_spoil_a_row_that_was_taken(ledger: Ledger, clock: Clock) -> None:
    ledger.queue.ask(REALM, "copy", invoice(), "Ada")
    taken = only(ledger)
    ledger.queue.postpone([taken.id], "busy", clock() + timedelta(minutes=5))
    assert ledger.queue.next(REALM, 10) == []
    clock.pass_by(minutes=6)
    late = only(ledger)
    assert (late.reason, late.attempts) == ("busy", 1)
    assert settled(ledger, taken, "done")


def test_after_a_reconnect_all_that_waits_is_due(ledger: Ledger, clock: Clock) -> None:
    asked = [ledger.queue.ask(REALM, "copy", invoice(str(number)), "Ada") for number in range(3)]
    ledger.queue.postpone(asked, "away", clock() + timedelta(days=1))
    ledger.queue.renew(REALM)
    assert [work.id for work in ledger.queue.next(REALM, 10)] == asked


@pytest.mark.parametrize("state", ["held", "failed"])
def test_asking_again_replaces_what_was_held_before(ledger: Ledger, state: str) -> None:
    ledger.queue.ask(REALM, "copy", invoice(), "Ada")
    before = only(ledger)
    settled(ledger, before, state, "Ask Ada")
    again = ledger.queue.ask(REALM, "copy", invoice(), "Ada")
    old, latest = ledger.queue.get(before.id), ledger.queue.latest("INV-1")
    assert old is not None and (old.state, old.reason) == ("replaced", "Ask Ada (asked again)")
    assert latest is not None and latest.id == again != before.id
    assert ledger.queue_lists.counts(REALM) == {"todo": 1}


@pytest.mark.parametrize("state", ["held", "failed"])
def test_a_person_tries_again(ledger: Ledger, state: str) -> None:
    ledger.queue.ask(REALM, "copy", invoice(), "Ada")
    work = only(ledger)
    assert not ledger.queue.retry(work.id)
    settled(ledger, work, state)
    assert ledger.queue.retry(work.id) and only(ledger).id == work.id
    assert not ledger.queue.retry(work.id) and not ledger.queue.retry(12345)


def test_what_is_held_for_a_person(ledger: Ledger) -> None:
    ledger.conflicts.withdraw(REALM, "voided", invoice(), "Voided in QuickBooks", Conflict(paid="5.00", currency="USD"))
    [held] = ledger.queue_lists.in_states(REALM, ("held",))
    assert (held.action, held.reason, held.od_number, held.outcome) == ("voided", "Voided in QuickBooks", "1", None)
    assert (held.conflict.paid, ledger.conflicts.unnotified(REALM)) == ("5.00", []), "the host has done it itself"
    ledger.conflicts.withdraw(REALM, "voided", invoice(), "Still", Conflict())
    [again] = ledger.conflicts.withdrawn(REALM)
    assert (again.id, again.reason, again.conflict) == (held.id, "Still", Conflict())
    assert ledger.queue.retry(held.id) and ledger.conflicts.withdrawn(REALM) == [], "the queue's, where a rule says so"
    ledger.conflicts.withdraw(REALM, "voided", invoice(), "Once more", Conflict(), "todo")
    waiting = ledger.conflicts.to_undo(REALM, "INV-1")
    assert waiting is not None and (waiting.id, waiting.reason) == (held.id, ""), "one entry"
    assert ledger.queue.drop(held.id, "Seen by Ada") and not ledger.queue.drop(held.id, "again")
    dropped = ledger.queue.get(held.id)
    assert dropped is not None and (dropped.state, dropped.reason) == ("dropped", "Seen by Ada")
    assert ledger.queue.latest("INV-1") is None


def test_an_invoice_that_is_forgotten(ledger: Ledger) -> None:
    ledger.queue.ask(REALM, "copy", invoice("1"), "Ada")
    ledger.conflicts.withdraw(REALM, "voided", invoice("1"), "why", Conflict())
    kept = ledger.queue.ask(REALM, "copy", invoice("2"), "Ada")
    ledger.queue.forget("INV-1", "deleted in OneDesk")
    assert [work.id for work in ledger.queue_lists.in_states(REALM, ("todo", "held", "failed"))] == [kept]
    assert {work.reason for work in ledger.queue_lists.in_states(REALM, ("dropped",))} == {"deleted in OneDesk"}


def test_what_is_done_is_not_forgotten(ledger: Ledger) -> None:
    ledger.queue.ask(REALM, "copy", invoice(), "Ada")
    settled(ledger, only(ledger), "done")
    ledger.queue.forget("INV-1", "deleted")
    latest = ledger.queue.latest("INV-1")
    assert latest is not None and latest.state == "done" and not ledger.queue.drop(latest.id, "no")


def test_an_entry_is_on_disk_before_its_answer(ledger: Ledger, open_ledger: Opener) -> None:
    [recorded] = ledger.outbox.record([REQUEST])
    [unknown] = open_ledger().outbox.unknown(REALM)
    assert unknown == recorded and (recorded.state, recorded.answer, recorded.batch) == ("recorded", None, "")
    assert unknown.body == {"TotalAmt": Decimal("12.30")} and str(unknown.body["TotalAmt"]) == "12.30"
    with ledger.together() as connection:
        ledger.outbox.answered(connection, {recorded.id: {"Id": "130", "TotalAmt": Decimal("12.30")}})
    assert ledger.outbox.unknown(REALM) == [] == ledger.outbox.unknown("other")
    [answered] = ledger.outbox.of_work(1)
    assert answered.state == "answered" and answered.answer == {"Id": "130", "TotalAmt": Decimal("12.30")}


@pytest.mark.parametrize("how", ["answered", "refused"])
def test_after_an_answer_the_same_request_has_a_new_id(ledger: Ledger, how: str) -> None:
    [first] = ledger.outbox.record([REQUEST])
    with ledger.together() as connection:
        getattr(ledger.outbox, how)(connection, {first.id: {}})
    [second] = ledger.outbox.record([REQUEST])
    assert first.requestid != second.requestid
    assert {each.state for each in ledger.outbox.of_work(1)} == {how, "recorded"}


def test_what_quickbooks_fails_to_answer_is_counted(ledger: Ledger, clock: Clock) -> None:
    [first] = ledger.outbox.record([REQUEST])
    assert (first.failures, first.failing_since) == (0, first.recorded_at)
    for times in (1, 2):
        clock.pass_by(minutes=1)
        ledger.outbox.failed(ledger.outbox.unknown(REALM))
        [entry] = ledger.outbox.unknown(REALM)
        assert (entry.failures, entry.context) == (times, first.context)
        assert timedelta(minutes=1) < entry.failing_since - first.recorded_at < timedelta(minutes=2)


def test_a_batch_has_one_id_and_each_request_its_own(ledger: Ledger) -> None:
    requests = [dataclasses.replace(REQUEST, od_invoice_id=f"INV-{number}") for number in range(30)]
    recorded = ledger.outbox.record(requests)
    [batch] = {each.batch for each in recorded}
    assert 0 < len(batch) <= 36 and all(0 < len(each.requestid) <= 50 for each in recorded)
    assert [each.bid for each in recorded] == [str(number) for number in range(1, 31)]
    assert len({each.requestid for each in recorded}) == 30
    assert [each.od_invoice_id for each in recorded] == [each.od_invoice_id for each in requests]
    assert ledger.outbox.of_batch(batch) == recorded
    again = ledger.outbox.record(requests)
    assert again[0].batch != batch


def test_the_same_twice_in_one_batch_are_two_requests(ledger: Ledger) -> None:
    one, two = ledger.outbox.record([REQUEST, REQUEST])
    assert one.batch == two.batch and one.requestid != two.requestid


TEXTS = st.text(max_size=300)


@given(TEXTS, TEXTS, TEXTS, st.dictionaries(TEXTS, st.decimals(allow_nan=False, allow_infinity=False)), st.integers(0))
def test_request_ids_are_short_and_stable(
    realm: str, od_id: str, step: str, body: dict[str, Decimal], generation: int
) -> None:
    request = Request(realm, 1, od_id, step, "create", "Invoice", body)
    made = request_id(request, generation)
    assert len(made) <= 36 and made.isascii() and made.replace("-", "").isalnum()
    turned = dict(reversed(list(body.items())))
    assert made == request_id(dataclasses.replace(request, body=turned, work_id=2, context={"a": 1}), generation)
    others = [
        request_id(request, generation + 1),
        request_id(dataclasses.replace(request, realm_id=realm + "1"), generation),
        request_id(dataclasses.replace(request, od_invoice_id=od_id + "1"), generation),
        request_id(dataclasses.replace(request, step=step + "1"), generation),
        request_id(dataclasses.replace(request, operation="update"), generation),
        request_id(dataclasses.replace(request, body={**body, "new": Decimal(1), "newer": 2}), generation),
    ]
    assert len({made, *others}) == 7
