"""What becomes of a change in QuickBooks: by rule, or as a person decides."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from tests.sync.changes.conftest import Make, edit, note, waiting
from tests.sync.conftest import ADMIN, Desk


def test_keep_quickbooks_takes_the_version_there_and_never_overwrites_it(
    by_rule: Callable[[str], Desk], invoice: Make
) -> None:
    desk = by_rule("keep_quickbooks")
    outcome = desk.copy(invoice())
    edit(desk, outcome.qbo_id)
    desk.application.bring_payments()
    assert waiting(desk) == []
    assert "QuickBooks' version stays" in note(desk)
    assert desk.copy(invoice()).outcome == "unchanged"
    newer = desk.copy(invoice(memo="Newer in OneDesk"))
    assert (newer.outcome, "stays as it is" in newer.reason) == ("unchanged", True)
    assert desk.invoices()[0]["DocNumber"] == "9999"


def test_overwrite_has_the_queue_write_onedesks_version_again(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("overwrite")
    outcome = desk.copy(invoice())
    edit(desk, outcome.qbo_id)
    desk.application.bring_payments()
    assert "OneDesk's is written again (invoices.when_changed" in note(desk)
    (again,) = desk.application.drain()
    assert (again.id, again.outcome) == ("INV-1", "updated")
    assert "number: OneDesk 2041, QuickBooks 9999" in again.reason
    assert desk.invoices()[0]["DocNumber"] == "2041"
    desk.application.bring_payments()
    assert (waiting(desk), note(desk), desk.application.drain()) == ([], "", [])


def test_a_void_that_a_person_accepts_is_not_kept_by_the_rule(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    """`overwrite` cannot restore it, so a person decides; then nothing is left to decide."""
    desk = by_rule("overwrite")
    desk.sandbox.void("Invoice", desk.copy(invoice()).qbo_id)
    desk.application.bring_payments()
    (entry,) = waiting(desk)
    desk.application.settle_change(entry.id, "quickbooks", "Ada")
    again = desk.copy(invoice())
    assert again.outcome == "held" and "a person accepted the void on" in again.reason
    assert "keep_quickbooks" not in again.reason and waiting(desk) == []


def test_a_draft_is_overwritten_when_it_is_copied_next(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("overwrite")
    outcome = desk.copy(invoice())
    desk.host.reopen("INV-1", ADMIN)
    edit(desk, outcome.qbo_id)
    desk.application.bring_payments()
    assert desk.application.drain() == []
    assert "when the invoice is copied next" in note(desk)
    assert desk.copy(invoice()).outcome == "updated"


@pytest.mark.parametrize("looked", [True, False])
def test_hold_is_never_overwritten_by_a_newer_copy(us: Desk, invoice: Make, looked: bool) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    if looked:
        us.application.bring_payments()
    held = us.copy(invoice(memo="Newer in OneDesk"))
    assert held.outcome == "held"
    entry = us.application.ledger.queue.latest("INV-1")
    assert entry is not None
    assert (
        "number: OneDesk 2041, QuickBooks 9999; message to the customer: OneDesk Newer in OneDesk, QuickBooks Thank"
        f" you. Choose the version to keep: onedesk-quickbooks queue settle {entry.id} --keep onedesk|quickbooks, or"
    ) in held.reason
    assert entry.reason == held.reason
    assert us.invoices()[0]["DocNumber"] == "9999"
    us.application.settle_change(entry.id, "onedesk")
    assert [each.outcome for each in us.application.drain()] == ["updated"]


def test_an_invoice_of_an_exception_goes_by_its_own_word(desks: Callable[..., Desk], invoice: Make) -> None:
    named = "{id: web, when: {project: Web}, when_changed_in_quickbooks: keep_quickbooks}"
    desk = desks(rules=f"version: 1\ninvoices:\n  exceptions: [{named}]\n")
    desk.connect()
    for each in (desk.copy(invoice()), desk.copy(invoice(id="INV-2", number="2042", project="Web"))):
        edit(desk, each.qbo_id, PrivateNote=f"seen\nOneDesk invoice {each.id}")
    desk.application.bring_payments()
    assert [work.od_invoice_id for work in waiting(desk)] == ["INV-1"]


def test_a_person_keeps_quickbooks_version(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id, DueDate="2026-08-15")
    us.application.bring_payments()
    result = us.application.settle_change(waiting(us)[0].id, "quickbooks", "Ada")
    assert (
        result == note(us) == "The QuickBooks invoice 2041 was changed in QuickBooks; that version stays, Ada decided."
    )
    assert us.application.drain() == []
    us.application.bring_payments()
    assert waiting(us) == []
    assert us.send(invoice()).outcome == "sent"
    newer = us.copy(invoice(memo="Newer in OneDesk"))
    assert (newer.outcome, "due date: OneDesk 2026-07-31, QuickBooks 2026-08-15" in newer.reason) == ("held", True)
    assert us.invoices()[0]["DueDate"] == "2026-08-15"


def test_the_last_of_two_decisions_counts(us: Desk, invoice: Make) -> None:
    """OneDesk's version is to be written again, but before it is, there is another edit, and that one stays."""
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id, DocNumber="9998")
    us.application.bring_payments()
    us.application.settle_change(waiting(us)[0].id, "onedesk")
    edit(us, outcome.qbo_id, DocNumber="9999")
    us.application.bring_payments()
    us.application.settle_change(waiting(us)[0].id, "quickbooks")
    assert [each.outcome for each in us.application.drain()] == ["unchanged"]
    assert us.invoices()[0]["DocNumber"] == "9999"


def test_a_person_has_onedesks_version_written_again(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.application.bring_payments()
    us.application.settle_change(waiting(us)[0].id, "onedesk")
    assert [each.outcome for each in us.application.drain()] == ["updated"]
    assert us.invoices()[0]["DocNumber"] == "2041"
    us.application.bring_payments()
    assert (waiting(us), note(us)) == ([], "")


@pytest.mark.parametrize(("keep", "number"), [("quickbooks", "9999"), ("onedesk", "2041")])
def test_a_send_that_was_held_goes_on_after_the_decision(us: Desk, invoice: Make, keep: str, number: str) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    assert us.send(invoice()).outcome == "held"
    held = us.application.ledger.queue.latest("INV-1")
    assert held is not None
    us.application.settle_change(held.id, keep)
    assert [each.outcome for each in us.application.drain()] == ["sent"]
    assert us.invoices()[0]["DocNumber"] == number
    assert len(us.sandbox.outbox()) == 1
    us.application.bring_payments()
    assert waiting(us) == []


def test_no_decision_about_a_version_that_nobody_has_seen(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.application.bring_payments()
    (work,) = waiting(us)
    edit(us, outcome.qbo_id, DocNumber="7777")
    with pytest.raises(CannotDecide, match="changed once more since"):
        us.application.settle_change(work.id, "onedesk")
    edit(us, outcome.qbo_id, DocNumber="2041")
    with pytest.raises(CannotDecide, match="nothing to decide"):
        us.application.settle_change(work.id, "quickbooks")
    us.sandbox.delete("Invoice", outcome.qbo_id)
    with pytest.raises(CannotDecide, match="voided or deleted since"):
        us.application.settle_change(work.id, "quickbooks")
    with pytest.raises(CannotDecide, match="no entry 999"):
        us.application.settle_change(999, "quickbooks")


@pytest.mark.parametrize("looked", [True, False])
def test_of_two_people_who_decide_at_once_only_one_does(us: Desk, invoice: Make, looked: bool) -> None:
    """Both have read QuickBooks before either of them decides."""
    edit(us, us.copy(invoice()).qbo_id)
    if looked:
        us.application.bring_payments()
    else:
        us.copy(invoice(memo="Newer"))
    (entry,) = us.application.to_choose()
    slow = {"fault": "delay", "path": "invoice/", "method": "GET", "count": 2, "seconds": 1}
    assert requests.post(f"{us.base_url}/_control/faults", json=slow, timeout=10).ok
    told: dict[str, str] = {}

    def decide(choice: str) -> None:
        try:
            us.application.settle_change(entry.id, choice, choice)
        except CannotDecide as problem:
            told[choice] = str(problem)

    with ThreadPoolExecutor() as people:
        list(people.map(decide, ("quickbooks", "onedesk")))
    (lost,) = told
    assert told[lost].startswith("Invoice 2041 does not wait for this decision any more: somebody else has decided")
    assert f"{lost} decided" not in note(us)
    us.application.drain()
    assert us.invoices()[0]["DocNumber"] == {"onedesk": "9999", "quickbooks": "2041"}[lost]


def test_what_is_no_change_cannot_be_decided(us: Desk, invoice: Make) -> None:
    us.copy(invoice(total="311.00"))
    held = us.application.ledger.queue.latest("INV-1")
    assert held is not None and held.state == "held"
    with pytest.raises(CannotDecide, match=f"queue retry {held.id}"):
        us.application.settle_change(held.id, "onedesk")


def test_what_onedesk_does_not_state_is_named_where_it_stays(us: Desk, invoice: Make) -> None:
    given = invoice()
    del given["due_date"]
    outcome = us.copy(given)
    edit(us, outcome.qbo_id, DueDate="2027-01-15", CustomerMemo={"value": "By hand"})
    us.application.bring_payments()
    us.application.settle_change(waiting(us)[0].id, "onedesk", "Ada")
    (written,) = us.drain()
    assert written.outcome == "updated" and "does not state (due date: 2027-01-15)" in written.reason
    now = us.invoices()[0]
    assert (now["DueDate"], now["CustomerMemo"]["value"]) == ("2027-01-15", given["memo"])
    assert (us.copy(given).outcome, waiting(us)) == ("unchanged", [])


def test_by_rule_as_well(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("overwrite")
    given = invoice()
    del given["due_date"]
    outcome = desk.copy(given)
    edit(desk, outcome.qbo_id, DueDate="2027-01-15", CustomerMemo={"value": "By hand"})
    written = desk.copy(given)
    assert "was written over: " in written.reason and "does not state (due date: 2027-01-15)" in written.reason


def test_a_number_that_was_given_to_another_one_in_quickbooks(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    """The sentence is the same once that edit is kept, and its step works."""
    desk = by_rule("keep_quickbooks")
    qbo_id = desk.copy(invoice()).qbo_id
    edit(desk, qbo_id, DocNumber="2042")
    for _ in range(2):
        held = desk.copy(invoice(id="INV-2", number="2042"))
        assert held.outcome == "held"
        assert (
            "the copy of the OneDesk invoice INV-1, which has the number 2041 in OneDesk. If it was ren" in held.reason
        )
        desk.application.bring_payments()
    edit(desk, qbo_id, DocNumber="2041")
    assert desk.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
