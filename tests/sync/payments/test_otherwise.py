"""Edited in the host after the copy, then paid in QuickBooks at the total of before: somebody reads it, and decides."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from onedesk_quickbooks.plugin.host import bring
from onedesk_quickbooks.plugin.ledger import Work
from onedesk_quickbooks.plugin.ledger.tables import work
from tests.sync.changes.conftest import by_rule, cheaper
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_host_payments import RULES, US_TAX, outcome, paid

__all__ = ["by_rule"]

Make = Callable[..., dict[str, Any]]


def dearer(invoice: Make) -> dict[str, Any]:
    """The same invoice over 720.00."""
    found = invoice(subtotal="720.00", total="720.00")
    found["lines"][0] |= {"unit_price": "285.00", "amount": "570.00"}
    return found


def held(desk: Desk) -> list[Work]:
    return desk.application.ledger.queue.open_of(desk.application.realm_id(), "INV-1")


def edited_again(desk: Desk, to: dict[str, Any]) -> None:
    """The host has another version of a copied invoice, and reports it."""
    desk.host.save({**to, "status": desk.shown("INV-1").status})
    desk.host.plugins.hook.on_invoice_changed(invoice=desk.host.read_invoice("INV-1"), change="edited")
    desk.drain()


def check_all_say_the_same(desk: Desk) -> None:
    """Note, tag and entry say the same."""
    shown, (entry,) = desk.shown("INV-1"), held(desk)
    note = shown.notes["quickbooks"]
    assert "The invoice total is now 720.00 USD in OneDesk, but 310.00 USD in QuickBooks" in note
    assert (entry.action, entry.state, entry.reason) == ("copy", "held", note)
    assert list(shown.tags) == ["Differs from QuickBooks"] and desk.application.status().held == 1


@pytest.mark.parametrize("edited_first", [True, False])
def test_both_totals_are_reported_and_a_copy_makes_them_one(us: Desk, invoice: Make, edited_first: bool) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    for step in ("edit", "pay") if edited_first else ("pay", "edit"):
        if step == "edit":
            us.host.save({**dearer(invoice), "status": us.shown("INV-1").status})
            us.host.plugins.hook.on_invoice_changed(invoice=us.host.read_invoice("INV-1"), change="edited")
            us.drain()
        else:
            us.sandbox.pay({qbo_id: "310.00"})
            us.application.bring_payments()
    check_all_say_the_same(us)
    us.application.bring_payments()
    us.restart()
    us.application.bring_payments()
    check_all_say_the_same(us)
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert us.outcome("INV-1").outcome == "updated"
    assert (held(us), list(us.shown("INV-1").tags)) == ([], ["Copied to QuickBooks"])
    us.application.bring_payments()
    shown = us.shown("INV-1")
    assert (shown.status, str(shown.balance), shown.notes.get("quickbooks", "")) == ("open", "410.00 USD", "")


def paid_and_edited(us: Desk, invoice: Make) -> dict[str, Any]:
    """What the host has then, which the edit does not change yet."""
    us.sandbox.pay({us.copy(invoice()).qbo_id: "100.00"})
    us.application.bring_payments()
    before = us.host.read_invoice("INV-1")
    us.host.plugins.hook.on_invoice_changed(invoice=dearer(invoice), change="edited")
    assert before is not None
    return dict(before)


def test_an_edit_that_the_host_rolls_back_leaves_nothing(us: Desk, invoice: Make) -> None:
    paid_and_edited(us, invoice)
    assert us.drain() == [] and [each.state for each in held(us)] == ["held"]
    assert list(us.shown("INV-1").tags) == ["Copied to QuickBooks"]
    us.clock.sleep(31)
    assert us.drain() == [] and held(us) == []
    us.clock.sleep(31)
    us.application.bring_payments()
    assert (us.drain(), held(us), list(us.shown("INV-1").tags)) == ([], [], ["Copied to QuickBooks"])
    assert "quickbooks" not in us.shown("INV-1").notes


def test_an_edit_that_the_host_commits_late_is_shown_then(us: Desk, invoice: Make) -> None:
    before = paid_and_edited(us, invoice)
    us.drain()
    us.host.save({**dearer(invoice), "status": before["status"]})
    us.clock.sleep(31)
    assert us.drain() == []
    check_all_say_the_same(us)


def test_nobody_asked_for_a_copy_where_the_host_rolls_back_edit_and_void(us: Desk, invoice: Make) -> None:
    before = paid_and_edited(us, invoice)
    us.host.plugins.hook.on_invoice_changed(invoice={**before, "status": "void"}, change="voided")
    for _ in range(3):
        us.clock.sleep(31)
        assert us.drain() == []
    assert [str(each["TotalAmt"]) for each in us.invoices()] == ["310.00"]


def test_the_entry_can_be_tried_again(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.host.save(dearer(invoice))
    us.sandbox.pay({qbo_id: "100.00"})
    us.application.bring_payments()
    (entry,) = held(us)
    assert us.application.ledger.queue.retry(entry.id)
    assert us.outcome("INV-1").outcome == "updated"
    assert held(us) == []


@pytest.mark.parametrize("total", ["-310.00", "-100.00"])
@pytest.mark.parametrize("negative", ["hold", "credit_memo"])
def test_a_paid_invoice_that_becomes_a_credit_note_is_to_be_restored(
    desks: Callable[..., Desk], invoice: Make, negative: str, total: str
) -> None:
    """Note, entry and the outcome of a copy name this one step, which works; also if the amount is as before."""
    desk = desks("us", rules=f"version: 1\ninvoices: {{negative: {negative}}}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.pay({qbo_id: "310.00"})
    desk.application.bring_payments()
    found = invoice(status="paid", subtotal=total, total=total)
    found["lines"] = [{**found["lines"][0], "quantity": "1", "unit_price": total, "amount": total}]
    desk.host.save(found)
    desk.host.plugins.hook.on_invoice_changed(invoice=desk.host.read_invoice("INV-1"), change="edited")
    desk.drain()
    (entry,) = held(desk)
    step = "QuickBooks cannot convert one into the other. Restore the invoice in OneDesk as it was"
    assert f"{total} USD in OneDesk now and 310.00 USD in QuickBooks" in entry.reason and step in entry.reason
    assert desk.shown("INV-1").notes["quickbooks"] == entry.reason
    assert list(desk.shown("INV-1").tags) == ["Differs from QuickBooks"]
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    again = desk.outcome("INV-1")
    assert again.outcome == "held" and step in again.reason and "make a credit memo" not in again.reason
    bring(desk.host, invoice(status="paid"), ADMIN)
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert desk.outcome("INV-1").outcome == "unchanged"
    assert (held(desk), list(desk.shown("INV-1").tags)) == ([], ["Copied to QuickBooks"])


@pytest.mark.parametrize("keep", ["onedesk", "quickbooks"])
def test_of_a_version_that_is_kept_by_rule_a_person_chooses(
    desks: Callable[..., Desk], invoice: Make, keep: str
) -> None:
    """A copy would keep it: the step that note and entry name is the one that works."""
    desk = desks("us", rules="version: 1\ninvoices: {when_changed_in_quickbooks: keep_quickbooks}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    desk.application.bring_payments()
    desk.host.save(dearer(invoice))
    desk.sandbox.pay({qbo_id: "100.00"})
    desk.application.bring_payments()
    (entry,) = held(desk)
    assert "now 720.00 USD in OneDesk, but 310.00 USD in QuickBooks, whose version was kept" in entry.reason
    assert f"onedesk-quickbooks queue settle {entry.id} --keep onedesk|quickbooks" in entry.reason
    assert desk.shown("INV-1").notes["quickbooks"] == entry.reason
    (choice,) = desk.application.to_choose()
    found = {each["field"]: (each["onedesk"], each["quickbooks"]) for each in choice.conflict.versions}
    assert (choice.id, found) == (
        entry.id,
        {"number": ("2041", "9999"), "total": ("720.00 USD", "310.00 USD")},
    )
    desk.application.settle_change(entry.id, keep, "Ada")
    done = desk.outcome("INV-1")
    assert done.outcome == ("updated" if keep == "onedesk" else "unchanged")
    assert [str(each["TotalAmt"]) for each in desk.invoices()] == ["720.00" if keep == "onedesk" else "310.00"]
    desk.sandbox.pay({qbo_id: "210.00"})
    desk.application.bring_payments()
    assert held(desk) == []
    assert list(desk.shown("INV-1").tags) == (
        ["Copied to QuickBooks"] if keep == "onedesk" else ["Differs from QuickBooks"]
    )
    edited_again(desk, {**dearer(invoice), "memo": "Newer", "total": "750.00"})
    (entry,) = held(desk)
    step = "queue settle" if keep == "quickbooks" else "run: onedesk-quickbooks copy INV-1."
    assert step in entry.reason, "what OneDesk has written since is copied again"


@pytest.mark.parametrize("memo", ["Thank you.", "Newer"])
def test_what_was_edited_in_the_host_since_is_not_shown_with_its_old_values(
    desks: Callable[..., Desk], invoice: Make, memo: str
) -> None:
    """The entry lists only what is still so; a change of another field may be one of what was kept."""
    desk = desks("us", rules="version: 1\ninvoices: {when_changed_in_quickbooks: keep_quickbooks}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    cheaper(desk, qbo_id)
    desk.sandbox.pay({qbo_id: "100.00"})
    desk.application.bring_payments()
    edited_again(desk, {**dearer(invoice), "memo": memo})
    (choice,) = desk.application.to_choose()
    found = {each["field"]: (each["onedesk"], each["quickbooks"]) for each in choice.conflict.versions}
    number = {"number": ("2041", "9999")} if memo == "Thank you." else {}
    assert found == {**number, "total": ("720.00 USD", "250.00 USD")}


@pytest.mark.parametrize("action", ["void", "delete"])
def test_nobody_chooses_a_version_of_what_is_gone(desks: Callable[..., Desk], invoice: Make, action: str) -> None:
    """The rules keep it void or deleted: no entry asks for a step that has no version to work on."""
    desk = desks("us", rules="version: 1\ninvoices: {when_changed_in_quickbooks: keep_quickbooks}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    payment = desk.sandbox.pay({qbo_id: "100.00"})
    desk.application.bring_payments()
    edited_again(desk, dearer(invoice))
    assert len(held(desk)) == 1
    desk.sandbox.void("Payment", payment["Id"])
    getattr(desk.sandbox, action)("Invoice", qbo_id)
    desk.application.bring_payments()
    assert (desk.drain(), held(desk), desk.application.status().held) == ([], [], 0)
    notes = desk.shown("INV-1").notes
    assert "It stays so" in notes["quickbooks-changed"] and "quickbooks" not in notes


@pytest.mark.parametrize("away", ["dropped", "overwritten", "to be written"])
def test_a_version_that_nobody_has_kept_is_copied_over(desks: Callable[..., Desk], invoice: Make, away: str) -> None:
    """A copy is held for the change, or writes over it by rule: that is the step."""
    rule = "overwrite" if away == "overwritten" else "hold"
    desk = desks("us", rules=f"version: 1\ninvoices: {{when_changed_in_quickbooks: {rule}}}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    desk.application.bring_payments()
    if away == "to be written":
        [change] = desk.application.changes()
        desk.application.settle_change(change.id, "onedesk")
    for change in held(desk):
        assert desk.application.drop([change], "later", ADMIN) == 1
    desk.sandbox.pay({qbo_id: "100.00"})
    desk.application.bring_payments()
    edited_again(desk, dearer(invoice))
    (entry,) = held(desk)
    assert "run: onedesk-quickbooks copy INV-1." in entry.reason and desk.application.to_choose() == []


def test_a_kept_version_cannot_become_a_credit_note(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("us", rules="version: 1\ninvoices: {when_changed_in_quickbooks: keep_quickbooks}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    desk.sandbox.pay({qbo_id: "310.00"})
    desk.application.bring_payments()
    found = invoice(subtotal="-310.00", total="-310.00")
    found["lines"] = [{**found["lines"][0], "quantity": "1", "unit_price": "-310.00", "amount": "-310.00"}]
    edited_again(desk, found)
    (entry,) = held(desk)
    assert "Restore the invoice in OneDesk as it was" in entry.reason and desk.application.to_choose() == []


def test_what_a_person_has_decided_about_is_not_asked_again(us: Desk, invoice: Make) -> None:
    """The totals were shown when the person kept QuickBooks' version; a later version of OneDesk is another question,
    which a copy asks."""
    qbo_id = us.copy(invoice()).qbo_id
    us.host.save(dearer(invoice))
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    us.application.bring_payments()
    (change,) = us.application.changes()
    us.application.settle_change(change.id, "quickbooks", "Ada")
    us.drain()
    us.sandbox.pay({qbo_id: "310.00"})
    us.application.bring_payments()
    assert held(us) == []
    us.host.save({**dearer(invoice), "memo": "Newer", "status": us.shown("INV-1").status})
    us.host.plugins.hook.on_invoice_changed(invoice=us.host.read_invoice("INV-1"), change="edited")
    us.drain()
    (entry,) = held(us)
    assert f"queue settle {entry.id} --keep onedesk|quickbooks" in entry.reason


def test_one_that_cannot_be_shown_is_shown_when_the_host_is_read_again(
    us: Desk, invoice: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.host.save(dearer(invoice))
    us.sandbox.pay({qbo_id: "100.00"})

    def refuse(*_: object) -> None:
        raise RuntimeError("no")

    with monkeypatch.context() as patched:
        patched.setattr(us.host, "add_note", refuse)
        us.application.bring_payments()
    (entry,) = held(us)
    assert entry.state == "held" and list(us.shown("INV-1").tags) == ["Differs from QuickBooks"]
    us.drain()
    check_all_say_the_same(us)


def over(invoice: Make, total: str) -> dict[str, Any]:
    """The same invoice over this total."""
    found = invoice(subtotal=total, total=total)
    found["lines"] = [{**found["lines"][0], "quantity": "1", "unit_price": total, "amount": total}]
    return found


@pytest.mark.parametrize(("total", "stays"), [("200.00", True), ("0.00", False)])
@pytest.mark.parametrize("kept", [False, True])
def test_more_is_paid_than_the_new_total(
    desks: Callable[..., Desk], invoice: Make, kept: bool, total: str, stays: bool
) -> None:
    """What the entry says works: take the excess off in QuickBooks, then copy, or choose OneDesk's version."""
    rule = "keep_quickbooks" if kept else "hold"
    desk = desks("us", rules=f"version: 1\ninvoices: {{when_changed_in_quickbooks: {rule}}}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    if kept:
        desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
        desk.application.bring_payments()
    paid_in = [desk.sandbox.pay({qbo_id: amount}) for amount in ("150.00", "160.00")]
    desk.application.bring_payments()
    edited_again(desk, over(invoice, total))
    (entry,) = held(desk)
    assert f"payments or credits of 310.00 USD are already applied to it, more than {total} USD." in entry.reason
    assert desk.shown("INV-1").notes["quickbooks"] == entry.reason
    if kept:
        assert (
            f"queue settle {entry.id} --keep onedesk|quickbooks. OneDesk's is written once the excess" in entry.reason
        )
        desk.application.settle_change(entry.id, "onedesk", "Ada")
        assert desk.outcome("INV-1").outcome == "held"
    for payment in paid_in[: 1 if stays else 2]:
        desk.sandbox.void("Payment", payment["Id"])
    desk.application.bring_payments()
    if not kept:
        assert "take the excess off the invoice in QuickBooks, then run: onedesk-quickbooks copy INV-1." in entry.reason
        assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert desk.outcome("INV-1").outcome == "updated"
    assert [Decimal(each["TotalAmt"]) for each in desk.invoices()] == [Decimal(total)] and held(desk) == []


@pytest.mark.parametrize("kept", [False, True])
def test_an_invoice_without_an_amount_is_paid_by_nothing(desks: Callable[..., Desk], invoice: Make, kept: bool) -> None:
    """QuickBooks shows a total of zero as paid; the entry names no payment, and its step works."""
    rule = "keep_quickbooks" if kept else "hold"
    desk = desks("us", rules=f"version: 1\ninvoices: {{when_changed_in_quickbooks: {rule}}}\n")
    desk.connect()
    qbo_id = desk.copy(over(invoice, "0.00")).qbo_id
    if kept:
        desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    desk.application.bring_payments()
    assert desk.shown("INV-1").status == "paid"
    edited_again(desk, over(invoice, "200.00"))
    (entry,) = held(desk)
    assert "payments" not in entry.reason and "now 200.00 USD in OneDesk, but 0.00 USD in QuickBooks" in entry.reason
    if kept:
        desk.application.settle_change(entry.id, "onedesk", "Ada")
    else:
        assert "run: onedesk-quickbooks copy INV-1." in entry.reason
        assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert desk.outcome("INV-1").outcome == "updated"
    assert [str(each["TotalAmt"]) for each in desk.invoices()] == ["200.00"] and held(desk) == []


def test_corrected_in_the_host_it_is_one_again(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.host.save(dearer(invoice))
    us.sandbox.pay({qbo_id: "310.00"})
    us.application.bring_payments()
    bring(us.host, invoice(status="paid"), ADMIN)
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert us.outcome("INV-1").outcome == "unchanged"
    assert (held(us), us.shown("INV-1").notes.get("quickbooks", "")) == ([], "")


def test_an_edit_that_was_not_paid_and_one_that_asks_for_the_same_say_nothing(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    us.host.save(dearer(invoice))
    us.host.plugins.hook.on_invoice_changed(invoice=us.host.read_invoice("INV-1"), change="edited")
    assert held(us) == []
    us.host.save(invoice(memo="Newer"))
    us.sandbox.pay({qbo_id: "310.00"})
    us.application.bring_payments()
    assert (held(us), us.shown("INV-1").status) == ([], "paid")


@pytest.mark.parametrize("amount", ["310.00", "300.00"])
def test_a_payment_of_the_host_reports_both_totals_as_well(
    desks: Callable[..., Desk], invoice: Make, amount: str
) -> None:
    desk = desks("us", rules=RULES.format(direction="both", more="", taxes=US_TAX))
    desk.connect()
    desk.copy(invoice())
    desk.host.save(dearer(invoice))
    desk.host.plugins.hook.on_invoice_changed(invoice=desk.host.read_invoice("INV-1"), change="edited")
    desk.drain()
    assert held(desk) == []
    assert outcome(desk, paid(amount)).outcome == "recorded"
    check_all_say_the_same(desk)
    desk.application.bring_payments()
    check_all_say_the_same(desk)
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert desk.outcome("INV-1").outcome == "updated"
    assert (held(desk), list(desk.shown("INV-1").tags)) == ([], ["Copied to QuickBooks"])


def test_an_edit_and_a_send_that_are_rolled_back_leave_no_tag_that_the_sides_differ(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.predicts = False
    hook, edited = us.host.plugins.hook, {**dearer(invoice), "status": "open"}
    hook.on_invoice_changed(invoice=edited, change="edited")
    hook.on_invoice_send(invoice=edited, user=ADMIN)
    us.drain()
    us.clock.sleep(60)
    found = us.outcome("INV-1")
    assert found.outcome == "held" and "another version of the invoice" in found.reason
    assert list(us.shown("INV-1").tags) == ["Held for QuickBooks"]
    us.host.save(edited)
    hook.on_invoice_send(invoice=edited, user=ADMIN)
    assert us.outcome("INV-1").outcome == "sent"


@pytest.mark.parametrize("reported", [True, False])
def test_the_figures_follow_another_edit(us: Desk, invoice: Make, reported: bool) -> None:
    """By its hook, or by the next look: entry, note and sum are of the present version, which can be tried."""
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.pay({qbo_id: "100.00"})
    us.application.bring_payments()
    edited_again(us, dearer(invoice))
    (entry,) = held(us)
    newer = {**dearer(invoice), "total": "730.00", "charges": [{"name": "Express", "amount": "10.00"}]}
    if reported:
        edited_again(us, newer)
    else:
        us.host.save({**newer, "status": "open"})
        us.sandbox.pay({qbo_id: "50.00"})
        us.application.bring_payments()
    (now,) = held(us)
    assert now.id == entry.id and "now 730.00 USD in OneDesk, but 310.00 USD in QuickBooks" in now.reason
    assert us.shown("INV-1").notes["quickbooks"] == now.reason and now.invoice["total"] == "730.00"
    assert us.application.ledger.queue.retry(now.id)
    assert us.outcome("INV-1").outcome == "updated"


@pytest.mark.parametrize("reported", [True, False])
def test_edited_as_it_was_copied_it_leaves_the_queue(us: Desk, invoice: Make, reported: bool) -> None:
    """By its hook, or by the next payment."""
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.pay({qbo_id: "100.00"})
    us.application.bring_payments()
    edited_again(us, dearer(invoice))
    us.clock.sleep(1)
    if reported:
        edited_again(us, invoice())
    else:
        us.host.save({**invoice(), "status": "open"})
        us.sandbox.pay({qbo_id: "50.00"})
        us.application.bring_payments()
    assert [each.state for each in held(us)] == ["held"], "the host may roll it back"
    us.clock.sleep(31)
    assert us.drain() == []
    assert (held(us), list(us.shown("INV-1").tags)) == ([], ["Copied to QuickBooks"])
    assert "quickbooks" not in us.shown("INV-1").notes and us.application.status().held == 0


def test_another_edit_that_the_host_rolls_back_leaves_the_figures_of_before(us: Desk, invoice: Make) -> None:
    us.sandbox.pay({us.copy(invoice()).qbo_id: "100.00"})
    us.application.bring_payments()
    edited_again(us, dearer(invoice))
    newer = {**dearer(invoice), "status": "open", "total": "730.00"}
    us.host.plugins.hook.on_invoice_changed(invoice=newer, change="edited")
    us.drain()
    us.clock.sleep(31)
    us.drain()
    check_all_say_the_same(us)
    (entry,) = held(us)
    assert entry.invoice["total"] == "720.00"


def test_another_edit_that_the_host_commits_late_is_shown_then(us: Desk, invoice: Make) -> None:
    us.sandbox.pay({us.copy(invoice()).qbo_id: "100.00"})
    us.application.bring_payments()
    edited_again(us, {**dearer(invoice), "total": "730.00"})
    newer = {**dearer(invoice), "status": "open"}
    us.host.plugins.hook.on_invoice_changed(invoice=newer, change="edited")
    us.drain()
    us.host.save(newer)
    us.clock.sleep(31)
    us.drain()
    check_all_say_the_same(us)


def test_a_copy_that_somebody_has_asked_for_keeps_its_reason_also_without_an_outcome(us: Desk, invoice: Make) -> None:
    """What is held for a decision about an edit is known by what it is, not by what it lacks."""
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.pay({qbo_id: "100.00"})
    us.application.bring_payments()
    ledger = us.application.ledger
    asked = ledger.queue.ask(us.application.realm_id(), "copy", dearer(invoice), "ada")
    with ledger.together() as connection:
        connection.execute(update(work).where(work.c.id == asked).values(state="held", reason="Ask Ada."))
    us.host.save({**dearer(invoice), "status": us.shown("INV-1").status})
    us.host.plugins.hook.on_invoice_changed(invoice=us.host.read_invoice("INV-1"), change="edited")
    us.drain()
    us.sandbox.pay({qbo_id: "10.00"})
    us.application.bring_payments()
    (entry,) = held(us)
    assert (entry.id, entry.proposed, entry.reason) == (asked, False, "Ask Ada.")
    assert "now 720.00 USD" not in us.shown("INV-1").notes.get("quickbooks", "")


def test_nobody_has_asked_for_it_until_it_is_tried_again(us: Desk, invoice: Make) -> None:
    us.sandbox.pay({us.copy(invoice()).qbo_id: "100.00"})
    us.application.bring_payments()
    edited_again(us, dearer(invoice))
    (entry,) = held(us)
    assert entry.proposed
    assert us.application.retry(entry.id)
    (again,) = held(us)
    assert (again.id, again.state, again.proposed) == (entry.id, "todo", False)


def priced(desk: Desk, qbo_id: str, price: str) -> None:
    """The price of the first line, twice of which is billed, is changed in QuickBooks."""
    first, *rest = (line for line in desk.sandbox.read("Invoice", qbo_id)["Line"] if line.get("Id"))
    detail = {**first["SalesItemLineDetail"], "Qty": Decimal(2), "UnitPrice": Decimal(price)}
    changed = {**first, "Amount": 2 * Decimal(price), "SalesItemLineDetail": detail}
    desk.sandbox.edit("Invoice", qbo_id, {"Line": [changed, *rest]})


def looked(desk: Desk) -> None:
    """A look for payments, and what the host has is read once more."""
    desk.application.bring_payments()
    desk.clock.sleep(31)
    assert desk.drain() == []


def why_it_left(desk: Desk, entry: Work) -> str:
    found = desk.application.ledger.queue.get(entry.id)
    assert found is not None and found.state == "replaced"
    return found.reason


@pytest.fixture
def edited(us: Desk, invoice: Make) -> tuple[Desk, str, str, Work]:
    """Paid in part, then edited in OneDesk: with the ids of QuickBooks' invoice and payment, and the entry."""
    qbo_id = us.copy(invoice()).qbo_id
    payment = us.sandbox.pay({qbo_id: "100.00"})["Id"]
    us.application.bring_payments()
    edited_again(us, dearer(invoice))
    us.clock.sleep(60)
    return us, qbo_id, payment, held(us)[0]


@pytest.mark.parametrize("deleted", [False, True])
def test_what_is_no_longer_paid_leaves_the_queue(edited: tuple[Desk, str, str, Work], deleted: bool) -> None:
    """And comes back with the next payment."""
    desk, qbo_id, payment, entry = edited
    desk.sandbox.delete("Payment", payment) if deleted else desk.sandbox.void("Payment", payment)
    looked(desk)
    assert (held(desk), list(desk.shown("INV-1").tags)) == ([], ["Copied to QuickBooks"])
    assert desk.shown("INV-1").notes.get("quickbooks", "") == ""
    assert why_it_left(desk, entry) == "no payment or credit is applied to the invoice in QuickBooks any more"
    looked(desk)
    desk.sandbox.pay({qbo_id: "50.00"})
    looked(desk)
    check_all_say_the_same(desk)


def test_a_look_before_each_run_does_not_keep_it(edited: tuple[Desk, str, str, Work]) -> None:
    """As where a timer starts the look for payments, and then the queue."""
    desk, _, payment, entry = edited
    desk.sandbox.void("Payment", payment)
    for _ in range(2):
        desk.application.bring_payments()
        desk.drain()
        desk.clock.sleep(60)
    assert (held(desk), list(desk.shown("INV-1").tags)) == ([], ["Copied to QuickBooks"])
    assert why_it_left(desk, entry) == "no payment or credit is applied to the invoice in QuickBooks any more"


def test_shown_by_a_clock_that_was_ahead_it_is_shown_no_more(us: Desk, invoice: Make) -> None:
    us.predicts = False
    us.clock.sleep(3 * 86400)
    payment = us.sandbox.pay({us.copy(invoice()).qbo_id: "100.00"})
    us.application.bring_payments()
    edited_again(us, dearer(invoice))
    check_all_say_the_same(us)
    us.clock.sleep(-3 * 86400)
    us.sandbox.void("Payment", payment["Id"])
    looked(us)
    assert (held(us), list(us.shown("INV-1").tags)) == ([], ["Copied to QuickBooks"])
    assert us.shown("INV-1").notes.get("quickbooks", "") == ""


def test_edited_alike_in_quickbooks_it_leaves_the_queue(edited: tuple[Desk, str, str, Work]) -> None:
    desk, qbo_id, _, entry = edited
    priced(desk, qbo_id, "285.00")
    looked(desk)
    assert (held(desk), list(desk.shown("INV-1").tags)) == ([], ["Copied to QuickBooks"])
    assert desk.shown("INV-1").notes.get("quickbooks", "") == ""
    assert why_it_left(desk, entry) == "QuickBooks has the total of OneDesk by now"
    desk.sandbox.pay({qbo_id: "50.00"})
    looked(desk)
    assert held(desk) == [] and str(desk.shown("INV-1").balance) == "570.00 USD"
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN) and desk.outcome("INV-1").outcome == "unchanged"


def test_an_edit_of_the_total_in_quickbooks_has_the_only_entry(edited: tuple[Desk, str, str, Work]) -> None:
    """It has the present figures; where it is reverted, the first one is right again."""
    desk, qbo_id, _, entry = edited
    priced(desk, qbo_id, "100.00")
    looked(desk)
    (found,) = held(desk)
    assert found.action == "changed" and "total: OneDesk 720.00 USD, QuickBooks 350.00 USD" in found.reason
    assert why_it_left(desk, entry) == f"It waits as entry {found.id} of the queue."
    shown = desk.shown("INV-1")
    assert shown.notes.get("quickbooks", "") == "" and list(shown.tags) == ["Differs from QuickBooks"]
    priced(desk, qbo_id, "80.00")
    looked(desk)
    check_all_say_the_same(desk)


def test_the_figures_follow_a_version_of_quickbooks_that_the_rules_keep(
    by_rule: Callable[[str], Desk], invoice: Make
) -> None:
    desk = by_rule("keep_quickbooks")
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.pay({qbo_id: "100.00"})
    desk.application.bring_payments()
    edited_again(desk, dearer(invoice))
    priced(desk, qbo_id, "100.00")
    looked(desk)
    (entry,) = held(desk)
    assert "now 720.00 USD in OneDesk, but 350.00 USD in QuickBooks, whose version was kept" in entry.reason
    assert desk.shown("INV-1").notes["quickbooks"] == entry.reason
