"""What leaves the queue: `dropped` is only what a person has taken out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger import Change, Conflict, Ledger, Request, Work
from onedesk_quickbooks.plugin.model.kinds import LEFT
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.resend_wish import Resend
from onedesk_quickbooks.plugin.texts import Text
from tests.ledger.conftest import REALM
from tests.ledger.test_core_books import COMPANY, TOKENS

INVOICE = {"id": "INV-1", "number": "1", "total": "2.00", "currency": "USD"}
LATER = "QuickBooks e-mails it on 2099-01-01."
Act = Callable[[Ledger, Work], Any]


def asked(ledger: Ledger, action: str = "copy", state: str = "held") -> Work:
    """An entry that was tried."""
    made = ledger.queue.ask(REALM, action, INVOICE, "Ada")
    entry = at(ledger, made)
    if state != "todo":
        with ledger.together() as connection:
            outcome = Outcome("INV-1", action, state, Text("Ask Ada."))
            ledger.queue.settle(connection, [(entry, state, outcome)])
    return at(ledger, made)


def at(ledger: Ledger, entry: int) -> Work:
    found = ledger.queue.get(entry)
    assert found is not None
    return found


def scheduled(ledger: Ledger, day: date = date(2099, 1, 1)) -> Work:
    """An e-mail of a later day."""
    with ledger.together() as connection:
        ledger.queue.schedule(connection, asked(ledger, "send", "done"), day)
    (found,) = ledger.queue_lists.in_states(REALM, ("scheduled",))
    return found


def joined(ledger: Ledger) -> None:
    asked(ledger, state="todo")
    ledger.queue.begin_due(REALM)


def detected(ledger: Ledger) -> Work:
    """A change in QuickBooks."""
    changed(ledger, "a")
    return ledger.conflicts.latest(REALM, ["INV-1"])["INV-1"]


def changed(ledger: Ledger, fingerprint: str) -> None:
    with ledger.together() as connection:
        new = Change("INV-1", "1", "changed", "held", "Changed.", INVOICE, Conflict("edited", fingerprint))
        ledger.conflicts.put(connection, REALM, [new])


def withdrawn(ledger: Ledger) -> Work:
    ledger.conflicts.withdraw(REALM, "voided", INVOICE, "Void it.", Conflict())
    (found,) = ledger.conflicts.withdrawn(REALM)
    return found


def undoing(ledger: Ledger) -> Work:
    return at(ledger, ledger.conflicts.undo(REALM, INVOICE, Conflict(rule="void"), "Ada", "", "run"))


def proposed(ledger: Ledger) -> Work:
    with ledger.together() as connection:
        return at(ledger, ledger.queue.hold(connection, REALM, INVOICE, "Edited."))


def resent(ledger: Ledger) -> Work:
    with ledger.together() as connection:
        return at(ledger, ledger.queue.resend(connection, REALM, INVOICE, Resend("a@b.example", "Ada", True)))


def together(act: Callable[[Any, Ledger], Any]) -> Act:
    def acts(ledger: Ledger, _: Work) -> None:
        with ledger.together() as connection:
            act(connection, ledger)

    return acts


REPLACED: dict[str, tuple[Callable[[Ledger], Work], Act, str]] = {
    "asked again": (asked, lambda ledger, _: asked(ledger, state="todo"), "Ask Ada. (asked again)"),
    "sent before its day": (scheduled, lambda ledger, _: asked(ledger, "send"), f"{LATER} (asked again)"),
    "of another day": (
        scheduled,
        lambda ledger, work: together(lambda on, to: to.queue.schedule(on, work, date(2099, 2, 1)))(ledger, work),
        f"{LATER} (asked again)",
    ),
    "on its day with another": (
        lambda ledger: scheduled(ledger, date(2020, 1, 1)),
        lambda ledger, _: joined(ledger),
        "QuickBooks e-mails it on 2020-01-01. (asked again)",
    ),
    "adopted": (asked, together(lambda on, to: to.queue.adopted(on, REALM, INVOICE, "Ada")), "Ask Ada. (adopted)"),
    "e-mailed otherwise": (
        resent,
        together(lambda on, to: to.queue.mailed_otherwise(on, ["INV-1"], "by the host")),
        "by the host",
    ),
    "another entry": (
        asked,
        together(lambda on, to: to.queue.give_way(on, REALM, "INV-1", "See 9.")),
        "Ask Ada. See 9.",
    ),
    "changed again": (detected, lambda ledger, _: changed(ledger, "b"), "Changed. (it was changed again)"),
    "open again": (
        withdrawn,
        lambda ledger, _: ledger.conflicts.restore(REALM, "INV-1"),
        "Void it. It was requested again in OneDesk, so this entry was removed from the queue automatically.",
    ),
    "copied again": (undoing, lambda ledger, _: asked(ledger, state="todo"), " (asked for again)"),
    "edited back": (
        proposed,
        lambda ledger, work: ledger.unconfirmed.close(work, "replaced", "As it was."),
        "As it was.",
    ),
}
DROPPED: dict[str, tuple[Callable[[Ledger], Work], Act, str]] = {
    "by a person": (asked, lambda ledger, work: ledger.queue.drop(work.id, "Seen."), "Seen."),
    "in the host": (asked, lambda ledger, _: ledger.queue.forget("INV-1", "voided", "voided"), "voided"),
    "taken back": (
        asked,
        together(lambda on, to: to.queue.taken_back(on, REALM, "INV-1", 0)),
        "its link to QuickBooks was taken back",
    ),
}


@pytest.mark.parametrize("name", REPLACED)
def test_what_no_person_has_taken_out_is_replaced(ledger: Ledger, name: str) -> None:
    make, act, reason = REPLACED[name]
    entry = make(ledger)
    act(ledger, entry)
    assert (at(ledger, entry.id).state, at(ledger, entry.id).reason) == ("replaced", reason)


@pytest.mark.parametrize("name", DROPPED)
def test_what_a_person_has_taken_out_is_dropped(ledger: Ledger, name: str) -> None:
    make, act, reason = DROPPED[name]
    entry = make(ledger)
    act(ledger, entry)
    assert (at(ledger, entry.id).state, at(ledger, entry.id).reason) == ("dropped", reason)


def test_a_change_of_which_nothing_is_left_to_decide_is_done(ledger: Ledger) -> None:
    entry = detected(ledger)
    with ledger.together() as connection:
        assert ledger.conflicts.settle(connection, entry.id, "The same again.", passed=True)
    assert (at(ledger, entry.id).state, at(ledger, entry.id).conflict.passed) == ("done", True)


@pytest.mark.parametrize("name", [*REPLACED, *DROPPED])
def test_it_is_not_tried_again_dropped_or_forgotten_any_more(ledger: Ledger, name: str) -> None:
    make, act, _ = {**REPLACED, **DROPPED}[name]
    entry = make(ledger)
    act(ledger, entry)
    left = at(ledger, entry.id)
    assert not ledger.queue.retry(entry.id) and not ledger.queue.drop(entry.id, "Once more.")
    ledger.queue.forget("INV-1", "deleted in OneDesk")
    assert at(ledger, entry.id) == left
    assert entry.id not in {each.id for each in ledger.queue.open_of(REALM, "INV-1")}
    newest = ledger.queue.latest("INV-1", ("copy", "send", "undo", "voided", "changed"))
    assert newest is None or newest.id != entry.id


@pytest.mark.parametrize("dropped", [True, False])
def test_its_unanswered_request_is_that_of_the_next_entry(ledger: Ledger, dropped: bool) -> None:
    entry = asked(ledger)
    (request,) = ledger.outbox.record([Request(REALM, entry.id, "INV-1", "invoice", "create", "Invoice", {}, {})])
    if dropped:
        ledger.queue.drop(entry.id, "Seen.")
    again = ledger.queue.ask(REALM, "copy", INVOICE, "Ada")
    assert [(each.id, each.work_id) for each in ledger.outbox.unknown(REALM)] == [(request.id, again)]


@pytest.mark.parametrize("outcome", ["copied", "held"])
def test_what_ends_after_its_entry_was_replaced(ledger: Ledger, outcome: str) -> None:
    """QuickBooks has it all the same: the entry says so."""
    entry = resent(ledger)
    with ledger.together() as connection:
        ledger.queue.mailed_otherwise(connection, ["INV-1"], "by the host")
        ended = Outcome("INV-1", "send", outcome, "why")
        assert ledger.queue.settle(connection, [(entry, "done", ended)]) == {entry.id}
    found = at(ledger, entry.id)
    assert (found.state, found.reason) == (("done", "why") if outcome == "copied" else ("replaced", "by the host"))


def test_a_payment_of_an_invoice_whose_entry_was_replaced_and_dropped_is_of_no_company(ledger: Ledger) -> None:
    ledger.companies.connect(COMPANY, "sandbox", "", "Ada", TOKENS)
    asked(ledger)
    again = ledger.queue.ask(REALM, "copy", INVOICE, "Ada")
    assert ledger.companies.knowing(["INV-1"], without=LEFT) == [REALM]
    ledger.queue.drop(again, "Seen.")
    assert ledger.companies.knowing(["INV-1"], without=LEFT) == []
