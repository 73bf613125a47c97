"""Invoices that are void in the host, or gone, while QuickBooks still has them, and what was paid for them there."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger import Work
from tests.sync.changes.conftest import Make, cheaper
from tests.sync.conftest import ADMIN, Desk
from tests.sync.payments.conftest import credit, credit_memo
from tests.sync.test_host_payments import RULES, US_TAX, notify
from tests.sync.test_host_payments import paid as paid_by_host
from tests.sync.test_undo import run, undo

FIRST = "void it there: this entry closes automatically once the look for payments has seen that."


def entry(desk: Desk) -> Work:
    """The one entry that waits for a person."""
    (found,) = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))
    return found


def paid(desk: Desk) -> list[tuple[str, str]]:
    return [
        (each["number"], f"{each['amount']} {each['currency']}")
        for each in desk.application.status().paid_but_withdrawn
    ]


def withdraw(desk: Desk, how: str) -> None:
    getattr(desk.host, how)("INV-1", ADMIN)


@pytest.mark.parametrize(("how", "action"), [("void", "voided"), ("delete", "deleted")])
@pytest.mark.parametrize(
    ("amount", "of"), [("310.00", "310.00 USD of 310.00 USD"), ("50.00", "50.00 USD of 310.00 USD")]
)
def test_money_that_comes_in_afterwards_is_reported_with_what_to_do_first(
    us: Desk, invoice: Make, how: str, action: str, amount: str, of: str
) -> None:
    outcome = us.copy(invoice())
    withdraw(us, how)
    first = entry(us)
    assert (first.action, paid(us)) == (action, [])
    us.sandbox.pay({outcome.qbo_id: amount})
    us.application.bring_payments()
    now = entry(us)
    assert (now.id, now.action) == (first.id, action), "the same entry, with other words"
    assert f"was {action} in OneDesk, but {of} was paid for it in QuickBooks, where it is 2041 (payment)" in now.reason
    assert FIRST not in now.reason
    assert paid(us) == [("2041", f"{amount} USD")]
    us.restart()
    us.application.bring_payments()
    assert entry(us) == now
    if how == "void":
        assert us.shown("INV-1").notes["quickbooks"] == now.reason
        assert us.shown("INV-1").status == "void"


@pytest.mark.parametrize("how", ["void", "delete"])
def test_what_to_do_changes_back_when_the_payment_is_taken_off(us: Desk, invoice: Make, how: str) -> None:
    outcome = us.copy(invoice())
    withdraw(us, how)
    us.drain()
    before = entry(us).reason
    payment = us.sandbox.pay({outcome.qbo_id: "310.00"})
    us.application.bring_payments()
    assert entry(us).reason != before
    us.sandbox.void("Payment", payment["Id"])
    us.application.bring_payments()
    assert (entry(us).reason, paid(us)) == (before, [])


def test_the_remedy_works(us: Desk, invoice: Make) -> None:
    """Take the payment off the invoice, keep it as a credit, void the invoice: then nothing waits any more."""
    outcome = us.copy(invoice())
    us.host.void("INV-1", ADMIN)
    payment = us.sandbox.pay({outcome.qbo_id: "310.00"})
    us.application.bring_payments()
    us.sandbox.edit("Payment", payment["Id"], {"TotalAmt": Decimal("310.00"), "Line": []})
    us.sandbox.void("Invoice", outcome.qbo_id)
    us.application.bring_payments()
    assert us.application.status().held == 0
    assert "quickbooks" not in us.shown("INV-1").notes, "what was to be done is done"


def test_a_credit_memo_and_a_deposit_are_named(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.host.void("INV-1", ADMIN)
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("40.00")})
    credit(us, outcome.qbo_id, credit_memo(us, outcome.qbo_id, "30.00", "CM-7"), "30.00")
    us.application.bring_payments()
    settled, each = entry(us).reason, us.application.status().paid_but_withdrawn
    assert "70.00 USD of 310.00 USD settles it in QuickBooks" in settled and "was paid" not in settled
    assert "credit memo CM-7: 30.00 USD" in settled and "deposit on the invoice: 40.00 USD" in settled
    assert [one["money"] for one in each] == [False]


def test_more_than_the_copied_total_is_not_a_part_of_it(us: Desk, invoice: Make) -> None:
    """Somebody has raised the invoice in QuickBooks, and the customer has paid all of that."""
    outcome = us.copy(invoice())
    (made,) = us.invoices()
    lines = [
        {
            **made["Line"][0],
            "Amount": Decimal(200),
            "SalesItemLineDetail": {**made["Line"][0]["SalesItemLineDetail"], "UnitPrice": Decimal(100)},
        },
        *made["Line"][1:2],
    ]
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Line": lines})
    us.sandbox.pay({outcome.qbo_id: "350.00"})
    us.application.bring_payments()
    withdraw(us, "delete")
    assert "but 350.00 USD was paid for it in QuickBooks" in entry(us).reason


@pytest.mark.parametrize("how", ["void", "delete"])
def test_an_invoice_that_was_paid_before_it_was_withdrawn(us: Desk, invoice: Make, how: str) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.application.bring_payments()
    withdraw(us, how)
    assert "110.00 USD of 310.00 USD was paid for it in QuickBooks" in entry(us).reason
    assert paid(us) == [("2041", "110.00 USD")]


def test_an_entry_that_a_person_dropped_is_held_again_when_money_comes_in(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.host.void("INV-1", ADMIN)
    assert us.application.ledger.queue.drop(entry(us).id, "it is void there soon")
    us.application.bring_payments()
    assert us.application.status().held == 0
    us.sandbox.pay({outcome.qbo_id: "310.00"})
    us.application.bring_payments()
    assert "310.00 USD of 310.00 USD" in entry(us).reason
    assert us.application.ledger.queue.drop(entry(us).id, "the customer owes it after all")
    us.sandbox.edit("Invoice", outcome.qbo_id, {"CustomerMemo": {"value": "looked at again"}})
    us.application.bring_payments()
    assert us.application.status().held == 0, "a decision stays"


@pytest.mark.parametrize("how", ["void", "delete"])
@pytest.mark.parametrize("there", ["void", "delete"])
def test_what_is_withdrawn_on_both_sides_needs_nobody(us: Desk, invoice: Make, how: str, there: str) -> None:
    outcome = us.copy(invoice())
    withdraw(us, how)
    getattr(us.sandbox, there)("Invoice", outcome.qbo_id)
    us.application.bring_payments()
    assert us.application.status().held == 0
    if how == "void":
        us.host.delete("INV-1", ADMIN)
        us.application.bring_payments()
        assert us.application.status().held == 0


def test_an_edit_of_what_is_void_in_onedesk_asks_for_no_decision(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.host.void("INV-1", ADMIN)
    us.sandbox.edit("Invoice", outcome.qbo_id, {"DocNumber": "9999"})
    us.application.bring_payments()
    assert (entry(us).action, us.application.changes()) == ("voided", [])
    assert "was changed (number: OneDesk 2041, QuickBooks 9999)" in us.shown("INV-1").notes["quickbooks-changed"]


@pytest.mark.parametrize(
    ("word", "how", "did"), [("hold", "void", "voided"), ("void", "void", "voided"), ("hold", "reopen", "reopened")]
)
def test_no_version_can_be_chosen_of_what_is_not_open_in_onedesk(
    desks: Callable[..., Desk], invoice: Make, word: str, how: str, did: str
) -> None:
    """The note of the edit, which waited for a decision, names the entry no more."""
    desk = desks(rules=f"version: 1\ninvoices: {{on_void: {word}}}\n")
    desk.connect()
    desk.sandbox.edit("Invoice", desk.copy(invoice()).qbo_id, {"DocNumber": "9999"})
    desk.application.bring_payments()
    assert "Choose the version to keep" in desk.shown("INV-1").notes["quickbooks-changed"]
    withdraw(desk, how)
    desk.drain()
    assert desk.application.to_choose() == []
    assert desk.shown("INV-1").notes["quickbooks-changed"] == (
        "The QuickBooks invoice 2041 was changed in QuickBooks: number: OneDesk 2041, QuickBooks 9999. The entry of the"
        f" queue was dropped: the invoice was {did} in OneDesk"
    )


def test_a_death_before_the_entry_is_written(us: Desk, invoice: Make) -> None:
    """Between the payment and the look at the host's invoice the process dies: the entry is written after all."""
    outcome = us.copy(invoice())
    us.host.void("INV-1", ADMIN)
    us.sandbox.pay({outcome.qbo_id: "310.00"})
    (news,) = us.application.bring_payments()
    us.application.ledger.queue.drop(entry(us).id, "as the death leaves it")
    us.application.ledger.payments.notified(news.payment_id, "to_record")
    us.restart()
    us.application.bring_payments()
    assert "310.00 USD of 310.00 USD" in entry(us).reason


@pytest.mark.parametrize("there", ["", "edit", "void", "delete"])
def test_open_again_in_onedesk(us: Desk, invoice: Make, there: str) -> None:
    """The entry leaves by itself, and the invoice is held against what QuickBooks has by then."""
    outcome = us.copy(invoice())
    us.host.void("INV-1", ADMIN)
    fields = {"edit": [{"DocNumber": "9999"}]}.get(there, [])
    if there:
        getattr(us.sandbox, there)("Invoice", outcome.qbo_id, *fields)
        us.application.bring_payments()
    us.save(invoice())
    assert us.application.status().held == 0
    again = us.copy(invoice())
    said = {"": "", "edit": "number: OneDesk 2041, QuickBooks 9999", "void": "was voided", "delete": "was deleted"}
    assert (again.outcome, said[there] in again.reason) == ("held" if there else "unchanged", True)
    assert "a person" not in again.reason
    assert us.shown("INV-1").notes.get("quickbooks", "").removeprefix("Held for QuickBooks: ") == again.reason


@pytest.mark.parametrize("paid", ["", "10.00"])
def test_the_host_no_longer_shows_what_is_to_be_voided(us: Desk, invoice: Make, paid: str) -> None:
    """The invoice is open again, and nobody asks for a copy."""
    outcome = us.copy(invoice())
    us.host.void("INV-1", ADMIN)
    us.drain()
    if paid:
        us.sandbox.pay({outcome.qbo_id: paid})
        us.application.bring_payments()
    assert "was voided in OneDesk" in us.shown("INV-1").notes["quickbooks"]
    us.save(invoice())
    assert us.drain() == []
    assert us.shown("INV-1").notes == {} and list(us.shown("INV-1").tags) == ["Copied to QuickBooks"]
    assert not us.application.ledger.unconfirmed.any(us.sandbox.realm_id)


@pytest.mark.parametrize("there", ["void", "delete", "undo"])
def test_what_is_void_on_both_sides_differs_no_more(us: Desk, invoice: Make, there: str) -> None:
    """The step that each text names: void it in OneDesk too."""
    (outcome,) = run(us, invoice())
    if there == "undo":
        undo(us, "void")
    else:
        getattr(us.sandbox, there)("Invoice", outcome.qbo_id)
    us.application.bring_payments()
    assert list(us.shown("INV-1").tags) == DIFFERS
    us.host.void("INV-1", ADMIN)
    for _ in range(2):
        us.application.bring_payments()
        assert list(us.shown("INV-1").tags) == ([] if there == "delete" else ["Voided in QuickBooks"])
        did = "deleted" if there == "delete" else "voided"
        note = f"The QuickBooks invoice 2041 was {did} in QuickBooks; the invoice was voided in OneDesk."
        assert (shown(us), us.application.status().held) == ({"quickbooks-changed": note}, 0)


@pytest.mark.parametrize("there", ["void", "delete", "undo", "rule", "kept"])
def test_a_copy_of_what_is_void_on_both_sides_asks_for_nothing_that_is_done(
    desks: Callable[..., Desk], invoice: Make, there: str
) -> None:
    more = {"rule": "on_void: void", "kept": "when_changed_in_quickbooks: keep_quickbooks"}.get(there, "on_void: hold")
    desk = desks("us", rules=f"version: 1\ninvoices: {{{more}}}\n")
    desk.connect()
    (outcome,) = run(desk, invoice())
    if there == "undo":
        undo(desk, "void")
    elif there != "rule":
        getattr(desk.sandbox, "delete" if there == "delete" else "void")("Invoice", outcome.qbo_id)
    desk.application.bring_payments()
    desk.host.void("INV-1", ADMIN)
    desk.drain()
    found = desk.host.read_invoice("INV-1")
    assert desk.host.plugins.hook.on_invoice_action(invoice=found, action="quickbooks.copy", user=ADMIN)
    again = desk.outcome("INV-1")
    assert again.outcome == "held" and "void it in OneDesk" not in again.reason and "accept" not in again.reason
    did = "deleted" if there == "delete" else "voided"
    assert again.reason.endswith(f"was {did} in QuickBooks as well; nothing is left to do there.")
    assert again.reason.count("bill it") == 1


@pytest.mark.parametrize("action", ["void", "delete"])
@pytest.mark.parametrize("looked", [True, False])
def test_what_is_gone_in_quickbooks_can_be_accepted(us: Desk, invoice: Make, action: str, looked: bool) -> None:
    outcome = us.copy(invoice())
    getattr(us.sandbox, action)("Invoice", outcome.qbo_id)
    if looked:
        us.application.bring_payments()
    else:
        assert "or accept the" in us.copy(invoice()).reason
    us.application.settle_change(entry(us).id, "quickbooks", "Ada")
    assert us.application.status().held == 0
    for changed in ({}, {"memo": "Newer"}):
        again = us.copy(invoice(**changed))
        assert (again.outcome, "a person accepted the" in again.reason) == ("held", True)
        us.application.bring_payments()
        assert us.application.status().held == 0
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied"


def shown(desk: Desk) -> dict[str, str]:
    """The notes of the host that say something."""
    return {key: text for key, text in desk.shown("INV-1").notes.items() if text}


@pytest.mark.parametrize("action", ["void", "delete"])
@pytest.mark.parametrize("looked", [True, False])
def test_no_note_names_an_entry_that_is_gone(us: Desk, invoice: Make, action: str, looked: bool) -> None:
    outcome = us.copy(invoice())
    getattr(us.sandbox, action)("Invoice", outcome.qbo_id)
    us.copy(invoice())
    assert f"queue settle {entry(us).id} --keep quickbooks" in shown(us)["quickbooks"]
    if looked:
        us.application.bring_payments()
        assert f"queue settle {entry(us).id} --keep quickbooks" in shown(us)["quickbooks-changed"]
        assert "quickbooks" not in shown(us)
    text = us.application.settle_change(entry(us).id, "quickbooks", "Ada")
    assert shown(us) == {"quickbooks-changed": text}


DIFFERS, COPIED = ["Differs from QuickBooks"], ["Copied to QuickBooks"]


def test_a_dropped_change_in_quickbooks_stays_shown_until_it_is_reverted(us: Desk, invoice: Make) -> None:
    """With a note that names the differences and no entry of the queue, and nothing waits for a person."""
    qbo_id = us.copy(invoice()).qbo_id
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    us.application.bring_payments()
    assert f"queue settle {entry(us).id}" in shown(us)["quickbooks-changed"]
    us.application.drop([entry(us)], "I know", "Ada")
    note = (
        "The QuickBooks invoice 2041 was changed in QuickBooks: number: OneDesk 2041, QuickBooks 9999. The entry of the"
        " queue was dropped: I know"
    )
    for _ in range(2):
        assert (shown(us), list(us.shown("INV-1").tags)) == ({"quickbooks-changed": note}, DIFFERS)
        assert us.application.status().held == 0
        us.application.bring_payments()
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "2041"})
    us.application.bring_payments()
    assert (shown(us), list(us.shown("INV-1").tags)) == ({}, COPIED)
    us.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9999"})
    us.application.bring_payments()
    assert "9999" in entry(us).reason, "it is noted once more"


@pytest.mark.parametrize("looked", [True, False])
@pytest.mark.parametrize("amount", ["40.00", "250.00"])
def test_an_edit_that_left_with_a_draft_waits_again_when_it_is_paid(
    us: Desk, invoice: Make, amount: str, looked: bool
) -> None:
    """The customer pays the version of QuickBooks, while OneDesk has another total."""
    qbo_id = us.copy(invoice()).qbo_id
    cheaper(us, qbo_id)
    us.application.bring_payments()
    first = entry(us).id
    us.host.reopen("INV-1", ADMIN)
    if looked:
        us.application.bring_payments()
        us.drain()
        assert us.application.status().held == 0
    us.sandbox.pay({qbo_id: amount})
    for _ in range(2):
        us.application.bring_payments()
        us.drain()
        assert entry(us).id > first and f"queue settle {entry(us).id}" in shown(us)["quickbooks-changed"]
        assert list(us.shown("INV-1").tags) == DIFFERS
    us.application.settle_change(entry(us).id, "quickbooks", "Ada")
    us.application.bring_payments()
    assert us.application.status().held == 0


@pytest.mark.parametrize("partly", [True, False])
@pytest.mark.parametrize("looked", [True, False])
def test_a_draft_that_is_paid_as_quickbooks_has_it_is_not_written_over(
    desks: Callable[..., Desk], invoice: Make, looked: bool, partly: bool
) -> None:
    """Nobody opens an invoice again that is paid: the next copy, which writes over the edit, would never come."""
    desk = desks(rules="version: 1\ninvoices: {when_changed_in_quickbooks: overwrite}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    desk.host.reopen("INV-1", ADMIN)
    cheaper(desk, qbo_id)
    if looked:
        desk.application.bring_payments()
        assert not desk.application.changes(), "the next copy writes over it"
    total = desk.sandbox.read("Invoice", qbo_id)["TotalAmt"]
    desk.sandbox.pay({qbo_id: "10.00" if partly else str(total)})
    found = set()
    for _ in range(3):
        desk.application.bring_payments()
        desk.drain()
        (work,) = desk.application.changes()
        found.add(work.id)
        assert f"queue settle {work.id}" in shown(desk)["quickbooks-changed"]
        assert "(invoices.when_changed_in_quickbooks: overwrite)" not in work.reason
    assert len(found) == 1
    assert desk.sandbox.read("Invoice", qbo_id)["TotalAmt"] == total
    desk.application.settle_change(work.id, "quickbooks", "Ada")
    desk.application.bring_payments()
    assert not desk.application.changes()


def test_an_edit_that_a_queued_copy_writes_over_is_reported_once(desks: Callable[..., Desk], invoice: Make) -> None:
    """Also where something pays it before that copy."""
    desk = desks(rules="version: 1\ninvoices: {when_changed_in_quickbooks: overwrite}\n")
    desk.connect()
    qbo_id = desk.copy(invoice()).qbo_id
    cheaper(desk, qbo_id)
    desk.application.bring_payments()
    conflicts, realm_id = desk.application.ledger.conflicts, desk.sandbox.realm_id
    first = conflicts.latest(realm_id, ["INV-1"])["INV-1"].id
    desk.sandbox.pay({qbo_id: "10.00"})
    desk.application.bring_payments()
    assert conflicts.latest(realm_id, ["INV-1"])["INV-1"].id == first
    [done] = desk.drain()
    assert (done.outcome, desk.sandbox.read("Invoice", qbo_id)["TotalAmt"]) == ("updated", 310)


@pytest.mark.parametrize("action", ["void", "delete"])
def test_a_dropped_void_in_quickbooks_stays_shown(us: Desk, invoice: Make, action: str) -> None:
    getattr(us.sandbox, action)("Invoice", us.copy(invoice()).qbo_id)
    us.application.bring_payments()
    us.application.drop([entry(us)], "I know", "Ada")
    did = "voided" if action == "void" else "deleted"
    note = f"The QuickBooks invoice 2041 was {did} in QuickBooks. The entry of the queue was dropped: I know"
    assert (shown(us), list(us.shown("INV-1").tags)) == ({"quickbooks-changed": note}, DIFFERS)


@pytest.mark.parametrize("kept", [True, False])
def test_a_dropped_copy_leaves_the_tag_of_a_change_in_quickbooks(us: Desk, invoice: Make, kept: bool) -> None:
    us.sandbox.edit("Invoice", us.copy(invoice()).qbo_id, {"DocNumber": "9999"})
    us.application.bring_payments()
    if kept:
        us.application.settle_change(entry(us).id, "quickbooks", ADMIN)
    assert us.copy(invoice(memo="Newer")).outcome == "held"
    held = [each for each in us.application.ledger.queue.open_of(us.sandbox.realm_id, "INV-1") if each.action == "copy"]
    us.application.drop(held, "Not now", "Ada")
    assert list(us.shown("INV-1").tags) == DIFFERS and "quickbooks-changed" in shown(us)
    us.host.reopen("INV-1", ADMIN)
    assert list(us.shown("INV-1").tags) == DIFFERS


def test_a_dropped_payment_of_the_host_has_no_note_any_more(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("us", rules=RULES.format(direction="both", more="", taxes=US_TAX))
    desk.connect()
    desk.copy(invoice())
    notify(desk, paid_by_host("500.00"))
    desk.drain()
    assert any("more than QuickBooks has open" in each for each in shown(desk).values())
    desk.application.drop([entry(desk)], "The bank has sent it twice", "Ada")
    assert shown(desk) == {}


# Reported within a transaction of the host


def reported(desk: Desk, change: str) -> None:
    """The hook alone: the host still has the invoice for others."""
    read = desk.host.read_invoice("INV-1")
    assert read is not None
    desk.host.plugins.hook.on_invoice_changed(invoice={**read, "status": "void"}, change=change)


@pytest.mark.parametrize("change", ["voided", "deleted"])
@pytest.mark.parametrize("dropped", [False, True])
def test_what_the_host_rolls_back_is_not_to_be_voided(us: Desk, invoice: Make, change: str, dropped: bool) -> None:
    us.copy(invoice())
    us.predicts = False
    reported(us, change)
    assert entry(us).reason.startswith("OneDesk has just reported this, and is read again")
    us.drain()
    assert entry(us).reason.startswith("OneDesk has just reported this, and is read again")
    us.clock.sleep(40)
    us.drain()
    found = entry(us)
    assert f"reported invoice 2041 as {change}, but has it as open, so that nothing is changed" in found.reason
    assert "void it there" not in found.reason and found.outcome is None
    assert us.shown("INV-1").notes["quickbooks"] == found.reason
    if dropped:
        us.application.drop([found], "It was a mistake", "Ada")
        assert (shown(us), list(us.shown("INV-1").tags)) == ({}, ["Copied to QuickBooks"])
    us.host.void("INV-1", ADMIN)
    us.drain()
    assert FIRST in entry(us).reason and entry(us).reason.startswith("The invoice was voided in OneDesk")


@pytest.mark.parametrize("change", ["voided", "deleted", "reopened"])
def test_a_send_is_queued_again_where_the_host_rolls_back_what_dropped_it(
    us: Desk, invoice: Make, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    us.save(invoice())
    us.host.send("INV-1", ADMIN)
    us.predicts = False

    def locked(*_: Any, **__: Any) -> None:
        raise OSError("database is locked")

    us.host.set_tag = us.host.add_note = locked  # type: ignore[method-assign]
    reported(us, change)
    assert "locked" not in caplog.text
    del us.host.set_tag, us.host.add_note
    assert us.drain() == []
    us.clock.sleep(40)
    assert [(each.action, each.outcome) for each in us.drain()] == [("send", "sent")]


def test_a_tag_that_the_host_did_not_take_is_shown_later(us: Desk, invoice: Make) -> None:
    us.copy(invoice(total="999.00"))

    def locked(*_: Any, **__: Any) -> None:
        raise OSError("database is locked")

    us.host.set_tag = locked  # type: ignore[method-assign]
    us.host.void("INV-1", ADMIN)
    us.drain()
    del us.host.set_tag
    assert us.shown("INV-1").tags == {"Held for QuickBooks": ""}
    us.drain()
    assert (us.shown("INV-1").tags, us.shown("INV-1").notes) == ({}, {})


def test_opened_again_within_the_half_minute_nothing_is_sent_that_nobody_asked_for(us: Desk, invoice: Make) -> None:
    us.save(invoice())
    us.host.send("INV-1", ADMIN)
    us.host.reopen("INV-1", ADMIN)
    us.save(invoice())
    us.clock.sleep(40)
    assert us.drain() == []


def test_what_the_host_commits_late_is_confirmed(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.predicts = False
    reported(us, "voided")
    us.clock.sleep(2)
    us.drain()
    read = us.host.read_invoice

    def void(invoice_id: str) -> Any:
        return {**(read(invoice_id) or {}), "status": "void"}

    def away(invoice_id: str) -> Any:
        raise OSError("its database is locked")

    for given in (away, void):
        us.host.read_invoice = given  # type: ignore[method-assign]
        us.clock.sleep(60)
        us.drain()
        assert entry(us).reason.startswith("The invoice was voided") == (given is void)
    assert entry(us).reason.endswith("not even in part.") and FIRST[:30] in entry(us).reason
    assert us.shown("INV-1").notes["quickbooks"] == entry(us).reason


# Withdrawn while it waits, is held, or is under way


def test_what_was_held_and_is_void_has_no_tag_and_no_note_any_more(us: Desk, invoice: Make) -> None:
    us.copy(invoice(total="999.00"))
    assert us.shown("INV-1").tags == {"Held for QuickBooks": ""}
    withdraw(us, "void")
    us.drain()
    shown = us.shown("INV-1")
    assert (shown.tags, dict(shown.notes)) == ({}, {})
    assert us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("todo", "held")) == []


@pytest.mark.parametrize("how", ["void", "delete"])
@pytest.mark.parametrize("action", ["copy", "send"])
def test_withdrawn_while_quickbooks_is_asked(us: Desk, invoice: Make, action: str, how: str) -> None:
    """The copy is written then, and somebody has to void it there."""
    us.predicts = False
    _during(us, lambda: withdraw(us, how))
    us.save(invoice())
    us.host.send("INV-1", ADMIN) if action == "send" else us.host.act("INV-1", "quickbooks.copy", ADMIN)
    us.drain()
    assert len(us.invoices()) == 1
    found = entry(us)
    assert found.action == {"void": "voided", "delete": "deleted"}[how]
    assert "QuickBooks still has it as 2041" in found.reason
    if how == "void":
        assert us.shown("INV-1").notes == {"quickbooks": found.reason}


def test_withdrawn_while_it_is_looked_up_again(us: Desk, invoice: Make) -> None:
    """What the entry says stays the note, whatever the copy says of a void invoice."""
    us.copy(invoice())
    us.predicts = False
    us.save(invoice(memo="Newer"))
    us.host.act("INV-1", "quickbooks.copy", ADMIN)
    read = us.host.read_invoice

    def late(invoice_id: str) -> Any:
        us.host.read_invoice = read  # type: ignore[method-assign]
        withdraw(us, "void")
        return read(invoice_id)

    us.host.read_invoice = late  # type: ignore[method-assign]
    us.drain()
    found = entry(us)
    assert us.shown("INV-1").notes["quickbooks"] == found.reason
    assert "still has it as 2041" in found.reason


def _during(desk: Desk, action: Callable[[], None]) -> None:
    """Do it once while the sandbox answers the request that writes an invoice."""
    wsgi, left = desk.sandbox.wsgi, [action]

    def answer(environ: Any, start: Any) -> Any:
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].endswith("/invoice") and left:
            left.pop()()
        return wsgi(environ, start)

    desk.sandbox.wsgi = answer  # type: ignore[assignment]


def test_what_was_held_and_is_deleted_has_no_tag_and_no_note_any_more(us: Desk, invoice: Make) -> None:
    us.copy(invoice(total="999.00"))
    tags: list[str] = []
    us.host.set_tag = lambda invoice_id, tag, link: tags.append(tag)  # type: ignore[method-assign]
    withdraw(us, "delete")
    assert tags == []
    us.drain()
    assert tags == [""]


@pytest.mark.parametrize("word", ["hold", "keep_quickbooks", "overwrite"])
def test_a_paid_invoice_that_is_void_there_is_not_paid(desks: Callable[..., Desk], invoice: Make, word: str) -> None:
    desk = desks(rules=f"version: 1\ninvoices: {{when_changed_in_quickbooks: {word}}}\n")
    desk.connect()
    outcome = desk.copy(invoice())
    desk.sandbox.pay({outcome.qbo_id: "310.00"})
    desk.application.bring_payments()
    assert desk.shown("INV-1").status == "paid"
    desk.sandbox.void("Invoice", outcome.qbo_id)
    (news,) = desk.application.bring_payments()
    assert (news.what, str(news.balance), desk.shown("INV-1").status) == ("reversed", "310.00 USD", "open")


@pytest.mark.parametrize("amount", ["310.00", "40.00"])
def test_what_is_void_there_stays_unpaid_at_the_next_look(us: Desk, invoice: Make, amount: str) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: amount})
    us.application.bring_payments()
    us.sandbox.void("Invoice", outcome.qbo_id)
    us.application.bring_payments()
    for _ in range(2):
        assert us.application.bring_payments() == []
        assert (us.shown("INV-1").status, str(us.shown("INV-1").balance)) == ("open", "310.00 USD")


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("how", ["held", "waiting"])
def test_back_in_draft_nothing_is_said_to_wait_or_to_be_held(us: Desk, invoice: Make, how: str, copied: bool) -> None:
    if copied:
        us.copy(invoice())
    us.predicts = False
    if how == "held":
        us.copy(invoice(total="999.00"))
    else:
        us.sandbox.faults.inject(fault="http_503", count=0)
        us.save(invoice(memo="Newer"))
        us.host.send("INV-1", ADMIN)
        us.drain()
        us.sandbox.faults.clear()
    assert list(us.shown("INV-1").tags) in (
        ["Held for QuickBooks"],
        ["Waiting for QuickBooks"],
        ["Differs from QuickBooks"],
    )
    us.host.reopen("INV-1", ADMIN)
    us.drain()
    assert list(us.shown("INV-1").tags) == (["Copied to QuickBooks"] if copied else [])
    assert us.shown("INV-1").notes == {}


def test_another_invoice_under_the_id_of_a_deleted_one_is_not_written_over_it(us: Desk, invoice: Make) -> None:
    """Hosts whose database uses the last id again."""
    first = us.copy(invoice())
    us.host.delete("INV-1", ADMIN)
    held = us.copy(invoice(number="2042", memo="Another"))
    assert held.outcome == "held"
    assert held.reason.startswith(
        "OneDesk has deleted its invoice 2041, which QuickBooks still has as 2041, and has the invoice 2042 under the"
        " same id (INV-1) now: nothing is written over it."
    )
    assert us.sandbox.read("Invoice", first.qbo_id)["DocNumber"] == "2041"
    assert us.copy(invoice(memo="Another")).outcome == "updated", "it is the same, by its number"
    assert us.copy(invoice(number="2042", memo="Another")).outcome == "updated", "a number may be changed"
