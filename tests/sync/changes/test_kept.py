"""QuickBooks' version stays, by rule or because a person decided so: what plan and copy say, what is e-mailed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.planning import plan_json, plan_text
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from tests.sync.changes.conftest import Make, cheaper, edit, waiting
from tests.sync.conftest import Desk

BOTH = "Its total is 250.00 USD there and 310.00 USD in OneDesk."
DIFFERS, SENT = "Differs from QuickBooks", "Sent by QuickBooks"


def tag(desk: Desk) -> str:
    (found,) = desk.shown("INV-1").tags
    return found


def keep(desk: Desk) -> None:
    """A person keeps QuickBooks' version of what was noticed."""
    desk.application.bring_payments()
    desk.application.settle_change(waiting(desk)[0].id, "quickbooks", "Ada")


def on(desk: Desk) -> str:
    return f"decided on {desk.clock.now().date()}"


# By rule


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize("newer", [False, True])
def test_by_rule_the_plan_says_the_total_that_stays(
    by_rule: Callable[[str], Desk], invoice: Make, newer: bool, looked: bool
) -> None:
    desk = by_rule("keep_quickbooks")
    outcome = desk.copy(invoice())
    cheaper(desk, outcome.qbo_id)
    if looked:
        desk.application.bring_payments()
    again = invoice(memo="Newer") if newer else invoice()
    plan = desk.application.plan({**again, "status": "open"}, "copy")
    made = plan_json(plan)
    assert (made["expected"], made["total"], made["qbo_total"]) == ("unchanged", "310.00", "250.00")
    assert BOTH in made["reason"]
    assert "total    250.00 USD in QuickBooks, 310.00 USD in OneDesk" in plan_text(plan)
    assert "nothing changed" not in plan_text(plan)
    done = desk.copy(again)
    assert done.qbo_total is not None
    assert (done.outcome, plain(done.qbo_total.amount), done.reason) == ("unchanged", "250.00", made["reason"])
    assert tag(desk) == DIFFERS
    assert desk.copy(again).outcome == "unchanged" and tag(desk) == DIFFERS


def test_by_rule_an_edit_that_is_found_only_now_is_not_emailed(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("keep_quickbooks")
    edit(desk, desk.copy(invoice()).qbo_id)
    sent = desk.send(invoice())
    assert (sent.outcome, "It is not e-mailed" in sent.reason, desk.sandbox.outbox()) == ("held", True, [])
    assert tag(desk) == DIFFERS
    assert desk.send(invoice()).outcome == "sent", "by now it was reported"


def test_by_rule_the_entry_that_is_held_is_the_way_to_send_it(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("keep_quickbooks")
    edit(desk, desk.copy(invoice()).qbo_id)
    desk.send(invoice())
    (held,) = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))
    assert desk.application.retry(held.id)
    assert [each.outcome for each in desk.drain()] == ["sent"]
    desk.application.bring_payments()
    assert waiting(desk) == [] and len(desk.sandbox.outbox()) == 1


def test_by_rule_an_edit_that_a_copy_has_reported_is_emailed(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("keep_quickbooks")
    outcome = desk.copy(invoice())
    edit(desk, outcome.qbo_id, CustomerMemo={"value": "By hand"})
    came = desk.copy(invoice())
    assert came.outcome == "unchanged" and "By hand" in came.reason
    assert desk.send(invoice()).outcome == "sent"
    assert desk.copy(invoice(memo="Newer")).outcome == "unchanged", "the rule keeps it still"
    assert desk.sandbox.read("Invoice", outcome.qbo_id)["CustomerMemo"]["value"] == "By hand"


def test_by_rule_another_total_is_held_each_time(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("keep_quickbooks")
    cheaper(desk, desk.copy(invoice()).qbo_id)
    for _ in range(3):
        held = desk.send(invoice())
        assert held.outcome == "held" and BOTH in held.reason and desk.sandbox.outbox() == []


# As a person decided


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize("newer", [False, True])
def test_a_copy_after_the_decision_says_so_each_time(us: Desk, invoice: Make, newer: bool, looked: bool) -> None:
    outcome = us.copy(invoice())
    cheaper(us, outcome.qbo_id)
    again = invoice(memo="Newer") if newer else invoice()
    if looked:
        us.application.bring_payments()
    assert us.copy(again).outcome == "held"
    held = us.application.ledger.queue.latest("INV-1")
    assert held is not None
    us.application.settle_change(held.id, "quickbooks", "Ada")
    for copied in (us.drain()[0], us.copy(again), us.copy(again)):
        assert (copied.outcome, copied.qbo_total and plain(copied.qbo_total.amount)) == ("unchanged", "250.00")
        assert on(us) in copied.reason and BOTH in copied.reason
        assert "line 1 amount: OneDesk 160.00 USD, QuickBooks 100.00 USD" in copied.reason
        assert tag(us) == DIFFERS
        us.application.bring_payments()
        assert us.application.status().held == 0


def test_where_the_totals_are_the_same_they_are_not_spoken_of(us: Desk, invoice: Make) -> None:
    edit(us, us.copy(invoice()).qbo_id)
    keep(us)
    copied = us.copy(invoice())
    assert (copied.outcome, on(us) in copied.reason, "It is over" in copied.reason) == ("unchanged", True, False)
    assert tag(us) == DIFFERS


def test_a_change_in_onedesk_afterwards_is_a_new_conflict(us: Desk, invoice: Make) -> None:
    cheaper(us, us.copy(invoice()).qbo_id)
    keep(us)
    assert us.copy(invoice()).outcome == "unchanged"
    newer = us.copy(invoice(memo="Newer"))
    assert (newer.outcome, "Choose the version to keep" in newer.reason) == ("held", True)
    assert us.copy(invoice()).outcome == "unchanged", "it is as it was when the person decided"


@pytest.mark.parametrize("command", ["copy", "send"])
@pytest.mark.parametrize(("choice", "memo"), [("onedesk", "Newer"), ("quickbooks", "Thank you.")])
def test_a_change_in_onedesk_afterwards_can_be_decided(
    us: Desk, invoice: Make, command: str, choice: str, memo: str
) -> None:
    """By the command and the page that the reason names."""
    edit(us, us.copy(invoice()).qbo_id)
    keep(us)
    held = getattr(us, command)(invoice(memo="Newer"))
    (chosen,) = us.application.to_choose()
    assert (held.outcome, f"queue settle {chosen.id} --keep" in held.reason) == ("held", True)
    assert {"field": "number", "onedesk": "2041", "quickbooks": "9999"} in chosen.conflict.versions
    us.application.settle_change(chosen.id, choice, "Ada")
    assert us.application.to_choose() == []
    done = {"onedesk": "updated", "quickbooks": "unchanged"}[choice] if command == "copy" else "sent"
    assert [each.outcome for each in us.application.drain()] == [done]
    (there,) = us.invoices()
    assert (there["DocNumber"], there["CustomerMemo"]["value"]) == (
        ("2041", memo) if choice == "onedesk" else ("9999", memo)
    )


def test_a_change_in_quickbooks_afterwards_is_a_new_conflict(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    cheaper(us, outcome.qbo_id)
    keep(us)
    assert us.copy(invoice()).outcome == "unchanged"
    edit(us, outcome.qbo_id, CustomerMemo={"value": "Pay soon."})
    assert us.copy(invoice()).outcome == "held"
    us.application.bring_payments()
    assert len(waiting(us)) == 1


def test_a_person_goes_before_the_rule(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    """The version that a person keeps is not written over by rule, with what OneDesk had at that time."""
    desk = by_rule("hold")
    edit(desk, desk.copy(invoice()).qbo_id)
    desk.copy(invoice(memo="Newer"))
    keep(desk)
    desk.drain()
    (desk.home / "rules.yaml").write_text("version: 1\ninvoices:\n  when_changed_in_quickbooks: overwrite\n")
    desk.restart()
    assert desk.copy(invoice(memo="Newer")).outcome == "unchanged"
    assert desk.copy(invoice(memo="Newest")).outcome == "updated"


# E-mails


def test_a_send_of_the_same_total_sends_quickbooks_version(us: Desk, invoice: Make) -> None:
    edit(us, us.copy(invoice()).qbo_id)
    us.copy(invoice(memo="Newer"))
    keep(us)
    us.drain()
    sent = us.send(invoice(memo="Newer"))
    assert (sent.outcome, on(us) in sent.reason) == ("sent", True)
    assert [mail["doc_number"] for mail in us.sandbox.outbox()] == ["9999"]
    assert tag(us) == SENT
    again = us.send(invoice(memo="Newer"))
    assert (again.outcome, "nothing has changed since" in again.reason) == ("unchanged", True)
    assert us.copy(invoice(memo="Newer")).outcome == "unchanged"
    assert (tag(us), len(us.sandbox.outbox())) == (SENT, 1), "just this was e-mailed"


def test_a_send_of_another_total_is_held_with_the_next_step(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    cheaper(us, outcome.qbo_id)
    keep(us)
    held = us.send(invoice())
    assert (held.outcome, BOTH in held.reason) == ("held", True)
    assert re.search(r"queue settle [0-9]+ --keep onedesk", held.reason)
    work = us.application.ledger.queue.latest("INV-1")
    assert work is not None
    with pytest.raises(CannotDecide, match="kept already"):
        us.application.settle_change(work.id, "quickbooks")
    us.application.settle_change(work.id, "onedesk")
    assert [each.outcome for each in us.drain()] == ["sent"]
    assert us.sandbox.read("Invoice", outcome.qbo_id)["TotalAmt"] == 310


def test_what_was_emailed_before_the_edit_may_be_sent_again(us: Desk, invoice: Make) -> None:
    outcome = us.send(invoice())
    edit(us, outcome.qbo_id)
    keep(us)
    assert us.copy(invoice()).outcome == "unchanged" and tag(us) == DIFFERS
    assert us.send(invoice()).outcome == "sent"
    assert [mail["doc_number"] for mail in us.sandbox.outbox()] == ["2041", "9999"]


def test_an_email_to_another_address_leaves_the_decision_as_it_is(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id, DueDate="2026-08-15", BillEmail={"Address": "books@blueharbor.example"})
    keep(us)
    assert us.send(invoice()).outcome == "sent"
    assert on(us) in us.copy(invoice()).reason
    assert us.copy(invoice(memo="Newer")).outcome == "held"
    assert us.sandbox.read("Invoice", outcome.qbo_id)["DueDate"] == "2026-08-15"


def test_by_rule_the_first_send_that_finds_another_total_names_a_remedy_that_works(
    by_rule: Callable[[str], Desk], invoice: Make
) -> None:
    desk = by_rule("keep_quickbooks")
    cheaper(desk, desk.copy(invoice()).qbo_id)
    held = desk.send(invoice())
    assert "send it again, or have OneDesk's version written there: onedesk-quickbooks queue settle" in held.reason
    entry = desk.application.ledger.queue.latest("INV-1")
    assert entry is not None
    desk.application.settle_change(entry.id, "onedesk", "Ada")
    assert [each.outcome for each in desk.drain()] == ["sent"]
    assert desk.invoices()[0]["TotalAmt"] == 310


def test_a_send_that_is_held_stays_a_send_when_the_rules_write_over(
    by_rule: Callable[[str], Desk], invoice: Make
) -> None:
    desk = by_rule("overwrite")
    outcome = desk.copy(invoice())
    payment = desk.sandbox.pay({outcome.qbo_id: "50.00"})
    desk.application.bring_payments()
    line = {"id": "1", "service_type": "Support", "amount": "40.00"}
    given = invoice(lines=[line], subtotal="40.00", total="40.00")
    assert desk.send(given).outcome == "held"
    edit(desk, outcome.qbo_id, CustomerMemo={"value": "By hand"})
    desk.application.bring_payments()
    assert [each.outcome for each in desk.drain()] == ["held"]
    desk.sandbox.void("Payment", payment["Id"])
    desk.application.bring_payments()
    assert [each.outcome for each in desk.drain()] == ["sent"] and len(desk.sandbox.outbox()) == 1


def test_what_the_rules_write_over_no_more_is_not_said_to_be_written(
    by_rule: Callable[[str], Desk], invoice: Make
) -> None:
    desk = by_rule("overwrite")
    edit(desk, desk.copy(invoice()).qbo_id, CustomerMemo={"value": "By hand"})
    desk.application.bring_payments()
    assert "is written again" in desk.shown("INV-1").notes["quickbooks-changed"]
    (desk.home / "rules.yaml").write_text("version: 1\ninvoices: {when_changed_in_quickbooks: hold}\n")
    (held,) = desk.drain()
    assert held.outcome == "held" and list(desk.shown("INV-1").notes) == ["quickbooks"]
