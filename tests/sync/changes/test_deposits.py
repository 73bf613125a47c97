"""A deposit that is entered in QuickBooks is money that was received: it is reported so, and no copy takes it off."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.sync.changes.conftest import Make, edit, rule, waiting
from tests.sync.conftest import Desk


def enter(desk: Desk, qbo_id: str, amount: str, **more: object) -> None:
    edit(desk, qbo_id, Deposit=Decimal(amount), **more)


def deposit(desk: Desk) -> Decimal:
    return Decimal(str(desk.invoices()[0].get("Deposit") or 0))


def reported(desk: Desk) -> list[tuple[str, str, str]]:
    news = desk.application.bring_payments()
    return [(each.what, each.name, str(each.amount)) for each in news]


@pytest.mark.parametrize("word", ["hold", "keep_quickbooks", "overwrite"])
@pytest.mark.parametrize("looked", [False, True])
def test_it_is_no_edit(by_rule: Callable[[str], Desk], invoice: Make, word: str, looked: bool) -> None:
    desk = by_rule(word)
    outcome = desk.copy(invoice())
    for amount in ("40.00", "55.00", "10.00"):
        enter(desk, outcome.qbo_id, amount)
        if looked:
            assert ("recorded", "deposit on the invoice", f"{amount} USD") in reported(desk)
        same = desk.copy(invoice())
        assert (same.outcome, same.reason) == ("unchanged", "")
        newer = desk.copy(invoice(memo=f"Newer than {amount}"))
        assert (newer.outcome, newer.reason, deposit(desk)) == ("updated", "", Decimal(amount))
        same = desk.copy(invoice(memo=f"Newer than {amount}"))
        assert (same.outcome, same.reason) == ("unchanged", "")
        desk.copy(invoice())
    reported(desk)
    assert waiting(desk) == []


def test_written_over_is_all_but_the_deposit(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("overwrite")
    outcome = desk.copy(invoice())
    enter(desk, outcome.qbo_id, "40.00", CustomerMemo={"value": "By hand"})
    again = desk.copy(invoice())
    assert again.outcome == "updated" and "written over: message to the customer" in again.reason
    assert "deposit: OneDesk" not in again.reason
    assert "The deposit of 40.00 USD that was entered on the QuickBooks invoice 2041 stays there" in again.reason
    assert deposit(desk) == 40 and desk.invoices()[0]["CustomerMemo"]["value"] != "By hand"
    assert (desk.copy(invoice()).outcome, waiting(desk)) == ("unchanged", [])


def test_a_person_keeps_onedesk_and_the_deposit_stays(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    enter(us, outcome.qbo_id, "40.00", CustomerMemo={"value": "By hand"})
    us.application.bring_payments()
    us.application.settle_change(waiting(us)[0].id, "onedesk", "Ada")
    (written,) = us.drain()
    assert written.outcome == "updated" and "The deposit of 40.00 USD" in written.reason
    assert deposit(us) == 40


def test_a_prepaid_amount_that_is_another_is_held(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=rule("overwrite") + "totals: {prepaid: deposit}\n")
    desk.connect()
    outcome = desk.copy(invoice())
    enter(desk, outcome.qbo_id, "40.00")
    held = desk.copy(invoice(prepaid="20.00", payable="290.00"))
    assert held.outcome == "held" and deposit(desk) == 40
    assert "OneDesk has 20.00 USD as prepaid, and a deposit of 40.00 USD was entered" in held.reason
    enter(desk, outcome.qbo_id, "20.00")
    assert desk.copy(invoice(prepaid="20.00", payable="290.00")).outcome == "updated", "the remedy works"
    assert ("recorded", "deposit on the invoice", "20.00 USD") not in reported(desk)
    assert deposit(desk) == 20 and waiting(desk) == []


def test_a_deposit_that_was_copied_and_is_changed_there_is_an_edit(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=rule("hold") + "totals: {prepaid: deposit}\n")
    desk.connect()
    outcome = desk.copy(invoice(prepaid="20.00", payable="290.00"))
    enter(desk, outcome.qbo_id, "40.00")
    desk.application.bring_payments()
    (work,) = waiting(desk)
    assert "deposit: OneDesk 20.00 USD, QuickBooks 40.00 USD" in work.reason
    desk.application.settle_change(work.id, "onedesk", "Ada")
    assert [each.outcome for each in desk.drain()] == ["updated"]
    assert deposit(desk) == 20


@pytest.fixture
def prepaid(desks: Callable[..., Desk]) -> Callable[[str], Desk]:
    """A desk whose prepaid amounts are written as deposits."""

    def make(word: str) -> Desk:
        desk = desks(rules=rule(word) + "totals: {prepaid: deposit}\n")
        desk.connect()
        return desk

    return make


OURS = {"prepaid": "20.00", "payable": "290.00"}


@pytest.mark.parametrize("looked", [False, True])
def test_one_that_was_copied_and_is_taken_off_there_is_an_edit(
    prepaid: Callable[[str], Desk], invoice: Make, looked: bool
) -> None:
    desk = prepaid("hold")
    outcome = desk.copy(invoice(**OURS))
    enter(desk, outcome.qbo_id, "0.00")
    if looked:
        desk.application.bring_payments()
        assert len(waiting(desk)) == 1
    for held in (desk.copy(invoice(**OURS)), desk.send(invoice(**OURS)), desk.send(invoice(memo="Newer", **OURS))):
        assert held.outcome == "held" and "deposit: OneDesk 20.00 USD, QuickBooks" in held.reason
    assert deposit(desk) == 0 and desk.sandbox.outbox() == []


def test_by_rule_one_that_is_taken_off_stays_off_and_is_not_emailed(
    prepaid: Callable[[str], Desk], invoice: Make
) -> None:
    desk = prepaid("keep_quickbooks")
    outcome = desk.copy(invoice(**OURS))
    enter(desk, outcome.qbo_id, "0.00")
    for _ in range(3):
        held = desk.send(invoice(**OURS))
        assert held.outcome == "held" and re.search(r"queue settle [0-9]+ --keep onedesk", held.reason)
    assert "deposit of 0.00 USD there, and 20.00 USD is prepaid in OneDesk" in held.reason
    assert desk.sandbox.outbox() == []
    entry = desk.application.ledger.queue.latest("INV-1")
    assert entry is not None
    desk.application.settle_change(entry.id, "onedesk", "Ada")
    assert [each.outcome for each in desk.drain()] == ["sent"], "the remedy works"
    assert deposit(desk) == 20


def test_by_rule_one_that_is_taken_off_is_written_again(prepaid: Callable[[str], Desk], invoice: Make) -> None:
    desk = prepaid("overwrite")
    outcome = desk.copy(invoice(**OURS))
    enter(desk, outcome.qbo_id, "0.00")
    desk.application.bring_payments()
    (again,) = desk.drain()
    assert again.outcome == "updated" and "written over: deposit" in again.reason and deposit(desk) == 20


def test_money_that_was_entered_is_never_written_over_by_rule(prepaid: Callable[[str], Desk], invoice: Make) -> None:
    desk = prepaid("overwrite")
    outcome = desk.copy(invoice(**OURS))
    enter(desk, outcome.qbo_id, "50.00")
    held = desk.copy(invoice(**OURS))
    assert held.outcome == "held" and "20.00 USD as prepaid, and a deposit of 50.00 USD was entered" in held.reason
    assert deposit(desk) == 50
    assert desk.copy(invoice(prepaid="50.00", payable="260.00")).outcome == "unchanged", "the remedy works"


LESS = {"prepaid": "15.00", "payable": "295.00"}


@pytest.mark.parametrize("looked", [False, True])
def test_one_that_both_sides_have_by_now_is_no_payment(
    prepaid: Callable[[str], Desk], invoice: Make, looked: bool
) -> None:
    """It is corrected there, then in OneDesk; that payments were looked for between changes nothing."""
    desk = prepaid("hold")
    outcome = desk.copy(invoice(**OURS))
    enter(desk, outcome.qbo_id, "15.00")
    if looked:
        assert reported(desk) == [("recorded", "deposit on the invoice", "-5.00 USD")]
    assert desk.copy(invoice(**LESS)).outcome == "unchanged"
    assert str(desk.shown("INV-1").balance) == "295.00 USD"
    assert reported(desk) == ([("reversed", "deposit on the invoice", "-5.00 USD")] if looked else [])
    assert reported(desk) == []
    shown = desk.shown("INV-1")
    assert str(shown.balance) == "295.00 USD"
    assert [each.reversed for each in shown.payments] == [
        "the deposit on the QuickBooks invoice is 15.00 USD, which OneDesk has as prepaid, so that it is not a payment"
    ] * looked
    assert desk.copy(invoice(**OURS)).outcome == "updated", "nothing was entered that OneDesk does not have"
    assert deposit(desk) == 20
    assert reported(desk) == [("recorded", "change of the invoice", "0.00 USD")] * looked
    assert str(desk.shown("INV-1").balance) == "290.00 USD"


def test_one_that_onedesk_takes_over_was_not_taken_off(prepaid: Callable[[str], Desk], invoice: Make) -> None:
    desk = prepaid("hold")
    outcome = desk.copy(invoice())
    enter(desk, outcome.qbo_id, "20.00")
    assert reported(desk) == [("recorded", "deposit on the invoice", "20.00 USD")]
    assert desk.copy(invoice(**OURS)).outcome == "updated"
    assert reported(desk) == [("reversed", "deposit on the invoice", "20.00 USD")]
    (payment,) = desk.shown("INV-1").payments
    assert "the deposit on the QuickBooks invoice is 20.00 USD, which OneDesk has as prepaid" in payment.reversed
    assert str(desk.shown("INV-1").balance) == "290.00 USD" and deposit(desk) == 20


def test_what_a_copy_makes_of_what_is_left_is_reported(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "310.00"})
    reported(us)
    assert us.shown("INV-1").status == "paid"
    lines = [{**invoice()["lines"][0], "quantity": "3", "amount": "240.00"}, invoice()["lines"][1]]
    assert us.copy(invoice(lines=lines, subtotal="390.00", total="390.00")).outcome == "updated"
    assert [each[:1] for each in reported(us)] == [("recorded",)]
    assert (us.shown("INV-1").status, str(us.shown("INV-1").balance)) == ("open", "80.00 USD")


def pay(desk: Desk, qbo_id: str, amount: str) -> None:
    """A customer's payment, entered in QuickBooks."""
    desk.sandbox.pay({qbo_id: amount})


def unapplied(desk: Desk) -> Decimal:
    return sum((Decimal(str(each["UnappliedAmt"])) for each in desk.sandbox.list("Payment")), Decimal(0))


@pytest.mark.parametrize("word", ["hold", "keep_quickbooks", "overwrite"])
def test_a_greater_one_takes_no_payment_off(prepaid: Callable[[str], Desk], invoice: Make, word: str) -> None:
    desk = prepaid(word)
    outcome = desk.copy(invoice(**OURS))
    pay(desk, outcome.qbo_id, "200.00")
    for held in (desk.copy(invoice(prepaid="111.00", payable="199.00")), desk.send(invoice(prepaid="111.00"))):
        assert held.outcome == "held" and "it would be 311.00 USD, more than the 310.00 USD" in held.reason
    assert deposit(desk) == 20 and not unapplied(desk) and not desk.sandbox.outbox()
    assert desk.copy(invoice(prepaid="110.00", payable="200.00")).outcome == "updated"
    assert deposit(desk) == 110 and not unapplied(desk) and not desk.invoices()[0]["Balance"]


def test_a_lower_total_with_a_lower_one_is_written(prepaid: Callable[[str], Desk], invoice: Make) -> None:
    desk = prepaid("hold")
    desk.copy(invoice(prepaid="200.00", payable="110.00"))
    lines = invoice()["lines"][:1]
    less = invoice(lines=lines, subtotal="160.00", total="160.00", prepaid="160.00", payable="0.00")
    assert desk.copy(less).outcome == "updated"
    assert deposit(desk) == 160 and not desk.invoices()[0]["Balance"]


PREPAID = {"prepaid": "40.00", "payable": "270.00"}


def prepaid_as(desk: Desk, word: str) -> None:
    (desk.home / "rules.yaml").write_text(f"{rule('hold')}totals: {{prepaid: {word}}}\n", encoding="utf-8")


@pytest.fixture
def recorded(desks: Callable[..., Desk], invoice: Make) -> Desk:
    """Copied while the rules note what is prepaid; the payment is recorded in QuickBooks, as the note says."""
    desk = desks(rules=rule("hold") + "totals: {prepaid: note}\n")
    desk.connect()
    noted = desk.copy(invoice(**PREPAID))
    assert "record the difference in QuickBooks as a payment or a credit" in noted.reason
    desk.sandbox.pay({noted.qbo_id: "40.00"})
    desk.application.bring_payments()
    return desk


def balance(desk: Desk) -> Decimal:
    return Decimal(str(desk.invoices()[0]["Balance"]))


def test_what_was_prepaid_and_recorded_is_no_deposit_as_well(recorded: Desk, invoice: Make) -> None:
    prepaid_as(recorded, "deposit")
    held = recorded.copy(invoice(**PREPAID))
    assert held.outcome == "held" and "40.00 USD of 310.00 USD settled in QuickBooks" in held.reason
    assert (deposit(recorded), balance(recorded)) == (Decimal(0), Decimal(270))


def test_it_goes_on_as_a_note(recorded: Desk, invoice: Make) -> None:
    prepaid_as(recorded, "deposit")
    recorded.copy(invoice(**PREPAID))
    prepaid_as(recorded, "note")
    assert recorded.copy(invoice(**PREPAID)).outcome == "unchanged"
    assert (deposit(recorded), balance(recorded)) == (Decimal(0), Decimal(270))


def test_other_money_is_entered_as_the_deposit(recorded: Desk, invoice: Make) -> None:
    prepaid_as(recorded, "deposit")
    assert recorded.copy(invoice(**PREPAID)).outcome == "held"
    enter(recorded, recorded.invoices()[0]["Id"], "40.00")
    assert recorded.copy(invoice(**PREPAID)).outcome in ("updated", "unchanged")
    assert (deposit(recorded), balance(recorded)) == (Decimal(40), Decimal(230))


def test_what_is_settled_counts_where_a_prepaid_amount_holds(recorded: Desk, invoice: Make) -> None:
    prepaid_as(recorded, "hold")
    assert recorded.copy(invoice(**PREPAID)).outcome == "unchanged"
    more = recorded.copy(invoice(prepaid="50.00", payable="260.00"))
    assert more.outcome == "held" and "OneDesk asks for 260.00 USD (prepaid 50.00)" in more.reason
    assert "QuickBooks would ask for 270.00 USD, with 40.00 USD settled there" in more.reason
