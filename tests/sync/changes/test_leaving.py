"""Entries that nothing is left to decide of leave the queue by themselves, and one deletion makes one entry."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from onedesk_quickbooks.plugin.ledger import Work
from tests.sync.changes.conftest import Make, cheaper, edit, note, waiting
from tests.sync.conftest import ADMIN, Desk

TAXED = {"taxes": [{"name": "Sales tax", "amount": "20.00"}], "total": "330.00"}


def held(desk: Desk) -> list[Work]:
    """All entries that wait for a person."""
    return desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))


def gone(desk: Desk, action: str = "changed") -> Work:
    """The one entry that left, of an action."""
    rows = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("done",))
    (found,) = [work for work in rows if work.action == action]
    return found


# An edit that was undone


@pytest.mark.parametrize("newer", [False, True])
def test_what_a_copy_was_held_for_is_undone(us: Desk, invoice: Make, newer: bool) -> None:
    """The look finds it; the copy that waited goes on, with all that is newer in OneDesk."""
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    again = invoice(memo="Newer") if newer else invoice()
    assert us.copy(again).outcome == "held"
    us.application.bring_payments()
    assert [work.action for work in held(us)] == ["copy", "changed"]
    edit(us, outcome.qbo_id, DocNumber="2041")
    us.application.bring_payments()
    assert held(us) == []
    assert "the same again" in gone(us).reason and "automatically" in gone(us).reason
    assert [each.outcome for each in us.drain()] == ["updated" if newer else "unchanged"]
    assert us.shown("INV-1").notes.get("quickbooks", "") == note(us) == ""
    assert list(us.shown("INV-1").tags) == ["Copied to QuickBooks"]


def test_a_send_that_was_held_for_it_is_sent_once(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    assert us.send(invoice()).outcome == "held"
    edit(us, outcome.qbo_id, DocNumber="2041")
    us.application.bring_payments()
    us.application.bring_payments()
    assert [each.outcome for each in us.drain()] == ["sent"]
    us.application.bring_payments()
    assert (held(us), us.drain(), len(us.sandbox.outbox())) == ([], [], 1)


def test_it_stays_while_something_is_left_to_decide(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id, DocNumber="9999", CustomerMemo={"value": "Pay soon."})
    assert us.copy(invoice()).outcome == "held"
    us.application.bring_payments()
    edit(us, outcome.qbo_id, DocNumber="2041")
    us.sandbox.pay({outcome.qbo_id: "310.00"})
    us.application.bring_payments()
    assert [work.action for work in held(us)] == ["copy", "changed"]
    assert us.drain() == []


def test_what_is_held_for_another_reason_too_says_that_alone(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    assert us.copy(invoice(memo="x" * 1001)).outcome == "held"
    edit(us, outcome.qbo_id, DocNumber="2041")
    us.application.bring_payments()
    (again,) = us.drain()
    assert (again.outcome, "was changed there" in again.reason) == ("held", False)
    us.application.bring_payments()
    assert us.drain() == [], "it is not tried again and again"


@pytest.mark.parametrize("look", ["plan", "copy"])
def test_a_plan_or_a_copy_finds_it_undone(us: Desk, invoice: Make, look: str) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.application.bring_payments()
    edit(us, outcome.qbo_id, DocNumber="2041")
    if look == "plan":
        us.application.plan(invoice(status="open"), "copy")
    else:
        assert us.copy(invoice()).outcome == "unchanged"
    assert (held(us), note(us), list(us.shown("INV-1").tags)) == ([], "", ["Copied to QuickBooks"])
    assert "automatically" in gone(us).reason


def test_a_plan_puts_what_has_nothing_left_to_do_back_in_line(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    assert us.copy(invoice()).outcome == "held"
    us.application.plan(us.shown("INV-1").json, "copy")
    assert [work.action for work in held(us)] == ["copy"]
    edit(us, outcome.qbo_id, DocNumber="2041")
    us.application.plan(us.shown("INV-1").json, "copy")
    assert held(us) == []
    assert [each.outcome for each in us.drain()] == ["unchanged"]


def test_a_plan_begins_nothing_that_would_be_written(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    assert us.copy(invoice(memo="Newer")).outcome == "held"
    edit(us, outcome.qbo_id, DocNumber="2041")
    us.application.plan(us.shown("INV-1").json, "copy")
    us.application.plan(invoice(), "copy")
    assert [work.action for work in held(us)] == ["copy"]


def test_the_same_edit_once_more_is_noticed_once_more(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    for number in ("9999", "2041", "9999"):
        edit(us, outcome.qbo_id, DocNumber=number)
        us.application.bring_payments()
        assert len(waiting(us)) == (number == "9999")


@pytest.mark.parametrize("look", ["look", "copy"])
def test_a_version_that_was_kept_is_set_back(us: Desk, invoice: Make, look: str) -> None:
    """Then it is as OneDesk has it, and nobody has to decide."""
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.application.bring_payments()
    us.application.settle_change(waiting(us)[0].id, "quickbooks", "Ada")
    edit(us, outcome.qbo_id, DocNumber="2041")
    if look == "look":
        us.application.bring_payments()
    assert us.copy(invoice()).outcome == "unchanged"
    assert us.copy(invoice(memo="Newer")).outcome == "updated"
    us.application.bring_payments()
    assert (held(us), note(us)) == ([], "")


@pytest.mark.parametrize("word", ["hold", "keep_quickbooks", "overwrite"])
def test_an_edit_that_is_undone_before_anybody_looks_is_none(
    by_rule: Callable[[str], Desk], invoice: Make, word: str
) -> None:
    desk = by_rule(word)
    outcome = desk.copy(invoice())
    customer = desk.sandbox.read("Invoice", outcome.qbo_id)["CustomerRef"]["value"]
    other = desk.sandbox.create("Customer", {"DisplayName": "Harbor Holding"})["Id"]
    for each in (other, customer):
        edit(desk, outcome.qbo_id, CustomerRef={"value": each})
    desk.application.bring_payments()
    assert (held(desk), note(desk), list(desk.shown("INV-1").tags)) == ([], "", ["Copied to QuickBooks"])
    assert desk.copy(invoice()).outcome == "unchanged"


@pytest.mark.parametrize("how", ["keep_quickbooks", "overwrite", "quickbooks", "onedesk"])
def test_what_was_decided_and_is_set_back_is_shown_no_more_and_noticed_again(
    by_rule: Callable[[str], Desk], invoice: Make, how: str
) -> None:
    """Decided by rule, or by a person; the copy that is to write OneDesk's version has not gone yet."""
    person = how in ("quickbooks", "onedesk")
    desk = by_rule("hold" if person else how)
    outcome = desk.copy(invoice())
    for _ in range(2):
        edit(desk, outcome.qbo_id)
        desk.application.bring_payments()
        assert len(waiting(desk)) == person
        if person:
            desk.application.settle_change(waiting(desk)[0].id, how, "Ada")
        assert note(desk) and list(desk.shown("INV-1").tags) == ["Differs from QuickBooks"]
        edit(desk, outcome.qbo_id, DocNumber="2041")
        desk.application.bring_payments()
        assert (held(desk), note(desk), list(desk.shown("INV-1").tags)) == ([], "", ["Copied to QuickBooks"])
    assert "was reverted" in desk.application.ledger.conflicts.latest(desk.sandbox.realm_id, ["INV-1"])["INV-1"].reason
    assert [each.outcome for each in desk.drain()] == (["unchanged"] if how in ("overwrite", "onedesk") else [])
    assert desk.copy(invoice(memo="Newer")).outcome == "updated"


def test_a_payment_leaves_the_word_on_what_was_kept(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("keep_quickbooks")
    outcome = desk.copy(invoice())
    edit(desk, outcome.qbo_id)
    desk.application.bring_payments()
    before = note(desk)
    desk.sandbox.pay({outcome.qbo_id: "10.00"})
    desk.application.bring_payments()
    assert before and (note(desk), list(desk.shown("INV-1").tags)) == (before, ["Differs from QuickBooks"])


# What was paid, or mended


@pytest.mark.parametrize("action", ["copy", "send"])
def test_totals_that_differed_and_were_corrected_in_quickbooks(automated: Desk, invoice: Make, action: str) -> None:
    desk = automated
    first = (desk.send if action == "send" else desk.copy)(invoice(**TAXED))
    assert first.outcome == "held" and first.qbo_id, first
    (row,) = held(desk)
    desk.application.bring_payments()
    assert held(desk) == [row] and desk.drain() == []
    edit(desk, first.qbo_id, TxnTaxDetail={"TotalTax": Decimal("20.00")})
    assert desk.sandbox.read("Invoice", first.qbo_id)["TotalAmt"] == Decimal("330.00")
    desk.application.bring_payments()
    assert held(desk) == [], "the totals agree: there is nothing to decide"
    (done,) = desk.drain()
    assert done.outcome == ("sent" if action == "send" else "unchanged")
    desk.application.bring_payments()
    assert (held(desk), desk.drain()) == ([], [])


def test_totals_that_differ_are_paid_in_full(automated: Desk, invoice: Make) -> None:
    desk = automated
    first = desk.send(invoice(**TAXED))
    assert first.outcome == "held" and first.qbo_total is not None
    whole = first.qbo_total.amount
    desk.sandbox.pay({first.qbo_id: "100.00"})
    desk.application.bring_payments()
    assert len(held(desk)) == 1 and desk.drain() == [], "not all is paid"
    desk.sandbox.pay({first.qbo_id: whole - 100})
    desk.application.bring_payments()
    assert held(desk) == []
    (done,) = desk.drain()
    assert (done.outcome, "paid in full" in done.reason) == ("unchanged", True)
    assert f"{whole} USD" in done.reason and "330.00 USD" in done.reason
    assert desk.sandbox.outbox() == []
    assert list(desk.shown("INV-1").tags) == ["Differs from QuickBooks"]


def test_a_payment_that_kept_an_invoice_is_unlinked(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    payment = us.sandbox.pay({outcome.qbo_id: "310.00"})
    less = invoice(lines=invoice()["lines"][:1], subtotal="160.00", total="160.00")
    assert "more than the 160.00 USD" in us.copy(less).reason
    us.application.bring_payments()
    assert [each.outcome for each in us.drain()] == ["held"], "with the payment under its name"
    assert len(held(us)) == 1 and us.drain() == []
    us.sandbox.void("Payment", payment["Id"])
    us.application.bring_payments()
    assert [each.outcome for each in us.drain()] == ["updated"]
    assert held(us) == []


def test_a_new_rule_decides_what_waited(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("hold")
    outcome = desk.copy(invoice())
    edit(desk, outcome.qbo_id)
    desk.application.bring_payments()
    (desk.home / "rules.yaml").write_text("version: 1\ninvoices:\n  when_changed_in_quickbooks: overwrite\n")
    desk.restart()
    assert desk.copy(invoice()).outcome == "updated"
    assert (held(desk), note(desk)) == ([], "")


# One deletion, one entry


@pytest.mark.parametrize("action", ["copy", "send"])
@pytest.mark.parametrize(("method", "what"), [("delete", "deleted"), ("void", "voided")])
@pytest.mark.parametrize("first", ["the look", "the copy"])
def test_one_deletion_makes_one_entry(us: Desk, invoice: Make, method: str, what: str, first: str, action: str) -> None:
    outcome = us.copy(invoice())
    getattr(us.sandbox, method)("Invoice", outcome.qbo_id)
    ask = us.send if action == "send" else us.copy
    if first == "the copy":
        assert ask(invoice()).outcome == "held"
        assert len(held(us)) == 1
    us.application.bring_payments()
    if first == "the look":
        assert ask(invoice(memo="Newer")).outcome == "held"
    for _ in range(2):
        (entry,) = held(us)
        assert (entry.action, f"was {what} in QuickBooks" in entry.reason) == ("changed", True)
        us.application.bring_payments()
    rows = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("done", "replaced"))
    (asked,) = [work for work in rows if f"entry {entry.id}" in work.reason]
    assert asked.action == action
    newest = us.application.ledger.queue.latest("INV-1")
    assert newest is not None and (newest.id == asked.id or first == "the copy"), "who asked hears that it is held"
    us.application.settle_change(entry.id, "quickbooks", "Ada")
    us.application.bring_payments()
    assert held(us) == []


def test_an_edit_and_then_a_deletion_make_one_entry(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    cheaper(us, outcome.qbo_id)
    us.application.bring_payments()
    us.sandbox.delete("Invoice", outcome.qbo_id)
    assert us.copy(invoice()).outcome == "held"
    assert [work.action for work in held(us)] == ["copy"]
    us.application.bring_payments()
    assert [(work.action, work.conflict.what) for work in held(us)] == [("changed", "deleted")]


def test_a_deletion_that_stays_by_rule_holds_what_is_copied(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("keep_quickbooks")
    outcome = desk.copy(invoice())
    desk.sandbox.delete("Invoice", outcome.qbo_id)
    desk.application.bring_payments()
    assert held(desk) == []
    assert desk.copy(invoice()).outcome == "held"
    desk.application.bring_payments()
    assert [work.action for work in held(desk)] == ["copy"]
    desk.host.void("INV-1", ADMIN)
    assert held(desk) == []


def test_a_payment_beside_our_own_deposit_is_unlinked(desks: Callable[..., Desk], invoice: Make) -> None:
    """The deposit that is left is ours, and holds nothing: plan and run go on with it."""
    desk = desks(rules="version: 1\ntotals: {prepaid: deposit}\n")
    desk.connect()
    ours = {"prepaid": "20.00", "payable": "290.00"}
    outcome = desk.copy(invoice(**ours))
    payment = desk.sandbox.pay({outcome.qbo_id: "200.00"})
    desk.application.bring_payments()
    less = invoice(lines=invoice()["lines"][:1], subtotal="160.00", total="160.00", prepaid="20.00", payable="140.00")
    assert "more than the 160.00 USD" in desk.copy(less).reason
    desk.sandbox.void("Payment", payment["Id"])
    desk.application.bring_payments()
    [went] = desk.drain()
    assert went.outcome == "updated" and held(desk) == []
