"""What is the same is linked, and from then on it is as if it had been copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.problem import NotNow
from tests.sync.adopt.conftest import Make, adopt, again, customer, enter, look, only, record
from tests.sync.changes.conftest import cheaper, edit
from tests.sync.conftest import ADMIN, Desk
from tests.sync.reconcile.conftest import kinds, reconciled
from tests.sync.test_hostile_answers import Tampering, tampering

__all__ = ["tampering"]


def sync_tokens(desk: Desk) -> list[tuple[str, str]]:
    return sorted((each["Id"], each["SyncToken"]) for each in desk.sandbox.list("Invoice"))


def test_the_report_keeps_nothing(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.save(invoice())
    us.calls()
    found = only(us)
    assert (found.kind, found.theirs and found.theirs.id, found.by) == ("same", qbo_id, "name")
    assert us.calls() == ["GET query"]
    assert us.shown("INV-1").tags == {}
    assert us.application.ledger.links.every(us.sandbox.realm_id) == []


def test_what_is_the_same_is_linked_and_a_copy_leaves_it_as_it_is(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.save(invoice())
    before = sync_tokens(us)
    report = adopt(us)
    assert (sorted(report.adopted), report.fine, dict(report.failed)) == (["INV-1"], True, {})
    assert sync_tokens(us) == before, "nothing is written to QuickBooks"
    tags = us.shown("INV-1").tags
    assert list(tags) == ["Copied to QuickBooks"]
    assert tags["Copied to QuickBooks"].endswith(f"txnId={qbo_id}")
    (link,) = us.application.ledger.links.every_customer(us.sandbox.realm_id)
    assert (link.od_customer_id, link.currency, link.qbo_id) == ("C-7", "USD", customer(us))
    copied = us.copy(invoice())
    assert (copied.outcome, copied.qbo_id, copied.reason) == ("unchanged", qbo_id, "")
    assert sync_tokens(us) == before
    assert reconciled(us).all == []
    us.application.bring_payments()
    assert us.application.changes() == []


def test_what_quickbooks_has_e_mailed_is_sent(us: Desk, invoice: Make) -> None:
    us.sandbox.send("Invoice", enter(us, BillEmail={"Address": "ada@blueharbor.example"}))
    us.save(invoice())
    adopt(us)
    assert "Sent by QuickBooks" in us.shown("INV-1").tags
    assert us.host.send("INV-1", ADMIN)
    came = us.outcome("INV-1")
    assert (came.outcome, len(us.sandbox.outbox())) == ("unchanged", 1), came.reason
    assert "onedesk-quickbooks resend INV-1" in came.reason


def test_twice_is_once(us: Desk, invoice: Make) -> None:
    enter(us)
    us.save(invoice())
    adopt(us)
    ledger = us.application.ledger
    before = ledger.links.every(us.sandbox.realm_id), list(ledger.audit.each())
    report = adopt(us)
    assert (report.matches, report.linked, report.fine) == ([], 1, True)
    assert (ledger.links.every(us.sandbox.realm_id), list(ledger.audit.each())) == before


def test_a_change_in_onedesk_is_an_update_that_plan_shows(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.save(invoice())
    adopt(us)
    changed = invoice(memo="Thank you all.")
    assert again(us, changed) == "updated"
    now = us.sandbox.read("Invoice", qbo_id)
    assert (now["CustomerMemo"]["value"], now["TotalAmt"]) == ("Thank you all.", 310)
    assert "OneDesk invoice INV-1" in now["PrivateNote"]
    assert len([each for each in us.sandbox.list("Invoice") if each["DocNumber"] == "2041"]) == 1
    assert reconciled(us).all == []


def test_a_change_that_was_not_copied_is_a_difference(us: Desk, invoice: Make) -> None:
    enter(us)
    us.save(invoice())
    adopt(us)
    us.host.reopen("INV-1", ADMIN)
    us.host.edit("INV-1", invoice(issue_date="2026-07-03", status="draft"), ADMIN)
    us.host.open_invoice("INV-1", ADMIN)
    (difference,) = reconciled(us).all
    assert (difference.kind, difference.onedesk, difference.quickbooks) == ("date", "2026-07-03", "2026-07-01")


def test_an_edit_in_quickbooks_is_reported_with_both_versions(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.save(invoice())
    adopt(us)
    edit(us, qbo_id, TxnDate="2026-07-02")
    us.application.bring_payments()
    (work,) = us.application.changes()
    assert "date (OneDesk 2026-07-01, QuickBooks 2026-07-02)" in work.reason or "2026-07-02" in work.reason
    us.application.settle_change(work.id, "quickbooks")
    assert us.copy(invoice()).outcome == "unchanged"


def test_an_edit_on_both_sides_waits_for_a_person(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.save(invoice())
    adopt(us)
    edit(us, qbo_id, TxnDate="2026-07-02")
    changed = invoice(memo="Thank you all.")
    assert again(us, changed) == "held"
    (held,) = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
    assert "was changed there since it was copied" in held.reason
    assert "2026-07-02" in held.reason
    us.application.settle_change(held.id, "onedesk")
    us.predicts = False
    assert [each.outcome for each in us.drain()] == ["updated"]
    now = us.sandbox.read("Invoice", qbo_id)
    assert (now["TxnDate"], now["CustomerMemo"]["value"]) == ("2026-07-01", "Thank you all.")


def test_an_edit_that_changes_the_total_is_reported(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.save(invoice())
    adopt(us)
    cheaper(us, qbo_id)
    us.application.bring_payments()
    (work,) = us.application.changes()
    assert "310.00 USD" in work.reason
    assert "100.00 USD" in work.reason


def test_a_void_in_quickbooks_is_reported(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.save(invoice())
    adopt(us)
    us.sandbox.void("Invoice", qbo_id)
    us.application.bring_payments()
    (work,) = us.application.changes()
    assert "was voided in QuickBooks" in work.reason


def test_a_payment_that_comes_after_the_adoption_is_brought_back(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.save(invoice())
    adopt(us)
    us.sandbox.pay({qbo_id: "310.00"})
    (news,) = us.application.bring_payments()
    assert (news.what, str(news.amount)) == ("recorded", "310.00 USD")
    assert us.shown("INV-1").status == "paid"


# What is left alone


def test_an_invoice_in_the_queue_is_left_alone(us: Desk, invoice: Make) -> None:
    enter(us)
    us.save(invoice())
    us.host.act("INV-1", "quickbooks.copy", ADMIN)
    report = adopt(us)
    (found,) = report.matches
    assert (found.kind, sorted(report.adopted), report.fine) == ("left_alone", [], False)
    assert found.why.startswith("It waits in the queue as entry ")
    assert us.outcome("INV-1").outcome == "held"


def test_one_that_is_held_for_it_is_adopted_by_the_remedy_of_the_reason(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    held = us.copy(invoice())
    assert held.outcome == "held"
    remedy = f"link the two: onedesk-quickbooks adopt INV-1 --pair INV-1={qbo_id} --yes"
    assert remedy in held.reason
    report = adopt(us, "INV-1", pairs={"INV-1": qbo_id})
    assert report.adopted == {"INV-1"}
    assert us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held", "failed")) == []
    assert us.shown("INV-1").notes == {}
    assert us.copy(invoice()).outcome == "unchanged"


def test_a_copy_of_ours_that_lost_its_link_is_left_to_copy(us: Desk, invoice: Make) -> None:
    enter(us, PrivateNote="OneDesk invoice INV-1")
    us.save(invoice())
    found = only(us)
    assert (found.kind, "onedesk-quickbooks copy INV-1 links the two" in found.why) == ("left_alone", True)
    us.predicts = False
    us.copy(invoice())
    assert kinds(us) == []


def test_drafts_and_void_ones_are_left_out(us: Desk, invoice: Make) -> None:
    enter(us)
    us.host.save(invoice(status="draft"))
    us.host.save(invoice(id="INV-2", status="void"))
    report = look(us)
    assert (report.matches, report.drafts) == ([], 1)


class Refusing:
    """A host that does not take the tag of one invoice."""

    def __init__(self, host: Any, problem: Exception) -> None:
        self._host, self._problem = host, problem

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def set_tag(self, invoice_id: str, tag: str, link: str) -> None:
        if invoice_id == "INV-1":
            raise self._problem
        self._host.set_tag(invoice_id, tag, link)


@pytest.mark.parametrize("problem", [NotNow("the host is busy"), RuntimeError("no")])
def test_what_the_host_does_not_take_is_not_linked_and_the_others_are(
    us: Desk, invoice: Make, problem: Exception
) -> None:
    enter(us)
    enter(us, "2042")
    us.save(invoice())
    us.save(invoice(id="INV-2", number="2042"))
    services = us.application._services
    mended = services.host
    services.host = Refusing(services.host, problem)
    report = adopt(us)
    assert (sorted(report.adopted), list(report.failed), report.fine) == (["INV-2"], ["INV-1"], False)
    assert "so it is not linked: adopt again" in report.failed["INV-1"]
    services.host = mended
    assert adopt(us).adopted == {"INV-1"}


# Payments of before


def test_paid_in_part_before(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.sandbox.pay({qbo_id: "100.00"})
    us.save(invoice())
    found = only(us)
    (field,) = found.candidates[0].fields
    assert (found.kind, field.name, field.onedesk, field.quickbooks) == (
        "differs",
        "open balance",
        "310.00 USD",
        "210.00 USD",
    )
    assert found.remedy == (
        "Record in OneDesk what was paid in QuickBooks (100.00 USD), so that 210.00 USD is left, then adopt again."
    )
    record(us, "INV-1", "100.00", "210.00")
    assert adopt(us).adopted == {"INV-1"}
    assert us.application.bring_payments() == [], "it is known, and never reported a second time"
    shown = us.shown("INV-1")
    assert (str(shown.balance), len(shown.payments)) == ("210.00 USD", 1)
    assert reconciled(us).all == []
    us.sandbox.pay({qbo_id: "210.00"})
    (news,) = us.application.bring_payments()
    assert (news.what, str(news.amount)) == ("recorded", "210.00 USD")
    shown = us.shown("INV-1")
    assert (shown.status, len(shown.payments)) == ("paid", 2)
    assert reconciled(us).all == []


def test_paid_in_full_before(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.sandbox.pay({qbo_id: "310.00"})
    us.save(invoice())
    record(us, "INV-1", "310.00", "0")
    assert adopt(us).adopted == {"INV-1"}
    assert us.application.bring_payments() == []
    assert reconciled(us).all == []


def test_paid_without_a_record_of_what_paid_it(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    us.sandbox.pay({qbo_id: "310.00"})
    us.host.save(invoice(status="paid"))
    assert adopt(us).adopted == {"INV-1"}
    assert us.application.bring_payments() == []
    report = reconciled(us)
    assert report.all == []
    assert [str(row.difference) for row in report.sums.settled] == ["0.00 USD"]


def test_paid_by_hand_and_then_sent(us: Desk, invoice: Make) -> None:
    """By the remedy of the reason; what was paid on both sides counts once."""
    us.save(invoice())
    record(us, "INV-1", "310.00", "0")
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    held = us.outcome("INV-1")
    assert held.outcome == "held"
    assert "with what was paid, and link the two (onedesk-quickbooks adopt INV-1 --yes)" in held.reason
    us.sandbox.pay({enter(us): "310.00"})
    assert adopt(us, "INV-1").adopted == {"INV-1"}
    assert us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held", "failed")) == []
    assert us.application.bring_payments() == []
    assert [str(each.amount) for each in us.shown("INV-1").payments] == ["310.00 USD"]
    assert (reconciled(us).all, us.shown("INV-1").notes) == ([], {})


@pytest.fixture
def part_paid(us: Desk, invoice: Make) -> tuple[Desk, str, str]:
    """100.00 of 310.00 were paid before the adoption: the ids of the invoice and the payment."""
    qbo_id = enter(us)
    paid = us.sandbox.pay({qbo_id: "100.00"})["Id"]
    us.save(invoice())
    record(us, "INV-1", "100.00", "210.00")
    adopt(us)
    return us, qbo_id, paid


def note(desk: Desk, payment_id: str) -> str:
    return desk.shown("INV-1").notes.get(f"quickbooks-known-payment:{payment_id}", "")


def test_a_payment_of_before_that_is_changed_is_reported_in_a_note(part_paid: tuple[Desk, str, str]) -> None:
    desk, qbo_id, paid = part_paid
    change_payment(desk, paid, qbo_id, "80.00")
    (news,) = desk.application.bring_payments()
    assert (news.what, str(news.amount), str(news.balance)) == ("noted", "80.00 USD", "230.00 USD")
    assert note(desk, paid) == (
        "The payment settled this invoice in QuickBooks before the two were linked; it was 100.00 USD and is 80.00 "
        "USD now (the payment was changed in QuickBooks). OneDesk has its own record of it, which the plugin leaves "
        "alone: correct that to 80.00 USD by hand, so that 230.00 USD is left, as in QuickBooks."
    )
    assert len(desk.shown("INV-1").payments) == 1, "never a second payment"
    (difference,) = reconciled(desk).all
    assert (difference.kind, difference.onedesk, difference.quickbooks) == (
        "payment",
        "payment: 100.00 USD",
        "payment: 80.00 USD",
    )
    assert difference.remedy == "Correct that record in OneDesk by hand, so that 230.00 USD is left."
    assert desk.application.bring_payments() == []
    change_payment(desk, paid, qbo_id, "100.00")
    (news,) = desk.application.bring_payments()
    assert "it was 80.00 USD and is 100.00 USD now" in note(desk, paid)
    assert reconciled(desk).all == []


def test_a_payment_of_before_that_is_deleted_is_reported_in_a_note(part_paid: tuple[Desk, str, str]) -> None:
    desk, _, paid = part_paid
    desk.sandbox.delete("Payment", paid)
    (news,) = desk.application.bring_payments()
    assert news.what == "noted"
    assert "it was 100.00 USD and settles nothing of it now (the payment was deleted in QuickBooks)" in note(desk, paid)
    assert "take that back by hand, so that 310.00 USD is left" in note(desk, paid)
    assert desk.application.bring_payments() == []
    (difference,) = reconciled(desk).all
    assert difference.kind == "payment"


def test_a_payment_of_before_that_is_voided_is_reported_in_a_note(part_paid: tuple[Desk, str, str]) -> None:
    desk, _, paid = part_paid
    desk.sandbox.void("Payment", paid)
    desk.application.bring_payments()
    assert "(the payment was voided in QuickBooks)" in note(desk, paid)


def test_a_host_that_does_not_take_the_note_is_notified_again(part_paid: tuple[Desk, str, str]) -> None:
    desk, qbo_id, paid = part_paid
    services = desk.application._services
    mended = services.host

    class Busy(Refusing):
        def add_note(self, invoice_id: str, key: str, text: str) -> None:
            raise self._problem

    services.host = Busy(services.host, NotNow("busy"))
    change_payment(desk, paid, qbo_id, "80.00")
    assert desk.application.bring_payments() == []
    assert [each["what"] for each in desk.application.untold_payments()] == ["noted"]
    change_payment(desk, paid, qbo_id, "70.00")
    services.host = mended
    desk.application.bring_payments()
    assert "it was 100.00 USD and is 70.00 USD now" in note(desk, paid)


def test_an_update_knows_what_settled_it_before(part_paid: tuple[Desk, str, str], invoice: Make) -> None:
    desk, qbo_id, _ = part_paid
    desk.predicts = False
    dearer = invoice(total="150.00", subtotal="150.00", lines=[{**invoice()["lines"][1]}])
    desk.host.save({**dearer, "status": "open"})
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    outcome = desk.outcome("INV-1")
    assert (outcome.outcome, desk.sandbox.read("Invoice", qbo_id)["Balance"]) == ("updated", 50)


def change_payment(desk: Desk, payment_id: str, qbo_id: str, amount: str) -> None:
    """A bookkeeper corrects the amount of a payment."""
    from decimal import Decimal

    line = {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": qbo_id, "TxnType": "Invoice"}]}
    desk.sandbox.edit("Payment", payment_id, {"TotalAmt": Decimal(amount), "Line": [line]})


@pytest.mark.parametrize("prepaid", ["deposit", "note"])
def test_prepaid_and_a_deposit_that_was_entered(desks: Callable[..., Desk], invoice: Make, prepaid: str) -> None:
    """It is OneDesk's where the rules write it; else it stays somebody's, and an update leaves it alone."""
    desk = desks(rules=f"version: 1\ntotals: {{prepaid: {prepaid}}}\n")
    desk.connect()
    qbo_id = enter(desk, Deposit=100)
    own = invoice(prepaid="100.00", payable="210.00")
    desk.save(own)
    assert adopt(desk).adopted == {"INV-1"}
    assert desk.application.bring_payments() == []
    assert desk.copy(own).outcome == "unchanged"
    assert again(desk, {**own, "memo": "Thank you all."}) == "updated"
    now = desk.sandbox.read("Invoice", qbo_id)
    assert (now["Deposit"], now["Balance"]) == (100, 210)
    assert desk.application.bring_payments() == []
    rows = desk.application.ledger.payments.of_invoice(desk.sandbox.realm_id, "INV-1")
    assert [each.state for each in rows] == ([] if prepaid == "deposit" else ["known"])


def test_prepaid_and_no_payable_amount_is_stated(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ntotals: {prepaid: deposit}\n")
    desk.connect()
    enter(desk, Deposit=100)
    desk.save(invoice(prepaid="100.00"))
    assert adopt(desk).adopted == {"INV-1"}


def test_two_customers_of_one_name_share_no_link(us: Desk, invoice: Make) -> None:
    enter(us)
    enter(us, "2042")
    us.save(invoice())
    us.save(invoice(id="INV-2", number="2042", customer={**invoice()["customer"], "id": "C-8"}))
    assert adopt(us).adopted == {"INV-1", "INV-2"}
    links = us.application.ledger.links.every_customer(us.sandbox.realm_id)
    assert [each.od_customer_id for each in links] == ["C-7"]
    for each in ("INV-1", "INV-2"):
        assert us.copy(dict(us.shown(each).json)).outcome == "unchanged"


# The trail


def test_the_trail_says_who_adopted_and_by_what(us: Desk, invoice: Make) -> None:
    qbo_id = enter(us)
    paid = us.sandbox.pay({qbo_id: "100.00"})["Id"]
    us.save(invoice())
    record(us, "INV-1", "100.00", "210.00")
    adopt(us)
    rows = list(us.application.ledger.audit.of_invoice("INV-1"))
    assert [(each.kind, each.actor) for each in rows] == [
        ("taken", "ada, command line"),
        ("act", "ada, command line"),
    ]
    content = rows[1].values
    assert (content["act"], content["qbo_id"], content["by"], content["total"]) == (
        "adopt",
        qbo_id,
        "name",
        "310.00 USD",
    )
    assert content["settled_by"] == f"payment {paid}: 100.00"
    assert rows[0].values["invoice"]["number"] == "2041"


def otherwise(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer to a query, with other ids of the invoices."""
    for each in answer.get("QueryResponse", {}).get("Invoice", ()):
        each["Id"] = f"9{each['Id']}"
    return answer


def test_an_id_that_a_query_answers_and_quickbooks_does_not_have_is_not_linked(
    desks: Callable[..., Desk], invoice: Make, tampering: Tampering
) -> None:
    desk = desks(tamper=tampering)
    desk.connect()
    qbo_id = enter(desk)
    desk.save(invoice())
    tampering.writes, tampering.left = False, None
    tampering.change = otherwise
    report = adopt(desk)
    assert (sorted(report.adopted), report.fine) == ([], False)
    assert "its response by id differs" in report.failed["INV-1"]
    assert desk.shown("INV-1").tags == {}
    tampering.change = None
    assert sorted(adopt(desk).adopted) == ["INV-1"]
    assert desk.shown("INV-1").tags["Copied to QuickBooks"].endswith(f"txnId={qbo_id}")
