"""Credits, deposits and invoices of nothing: each comes back under its own name; QuickBooks says what is left."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from onedesk_quickbooks.plugin.ledger.tables import outbox
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem
from onedesk_quickbooks.plugin.sync.inbound.payments import PaymentNews
from tests.sync.conftest import ADMIN, Desk
from tests.sync.payments.conftest import Make, credit, credit_memo, left, pays


def news(desk: Desk) -> list[tuple[str, str, str, str]]:
    return [(each.what, each.name, str(each.amount), str(each.balance)) for each in desk.application.bring_payments()]


def standing(desk: Desk, invoice_id: str = "INV-1") -> list[tuple[str, str, str]]:
    payments = desk.shown(invoice_id).payments
    return [(each.kind, each.reference, str(each.amount)) for each in payments if not each.reversed]


def free(invoice: Make, **more: Any) -> dict[str, Any]:
    line = {"id": "1", "service_type": "Support", "amount": "0.00"}
    return invoice(lines=[line], subtotal="0.00", total="0.00", **more)


def test_an_invoice_of_nothing_is_paid(us: Desk, invoice: Make) -> None:
    us.copy(free(invoice))
    assert news(us) == [("recorded", "nothing to pay", "0.00 USD", "0.00 USD")]
    assert left(us, "INV-1") == ("paid", "0.00 USD")
    us.restart()
    assert news(us) == [] and standing(us) == [("zero_total", "", "0.00 USD")]


def test_an_invoice_of_nothing_that_asks_for_something_later_is_open_again(us: Desk, invoice: Make) -> None:
    outcome = us.copy(free(invoice))
    us.application.bring_payments()
    detail = {"ItemRef": us.sandbox.read("Invoice", outcome.qbo_id)["Line"][0]["SalesItemLineDetail"]["ItemRef"]}
    line = {"Amount": Decimal("50.00"), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Line": [line]})
    assert [each[0] for each in news(us)] == ["reversed"]
    assert left(us, "INV-1") == ("open", "50.00 USD")
    assert standing(us) == []


def test_a_credit_memo_is_no_money(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    memo = credit_memo(us, outcome.qbo_id, "30.00", "CM-7")
    credit(us, outcome.qbo_id, memo, "30.00")
    assert news(us) == [("recorded", "credit memo CM-7", "30.00 USD", "280.00 USD")]
    assert left(us, "INV-1") == ("open", "280.00 USD")
    (payment,) = us.shown("INV-1").payments
    assert (payment.how, payment.link.endswith(f"/app/creditmemo?txnId={memo}")) == ("Credit memo", True)


def test_money_and_a_credit_in_one_payment_are_two_things(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    memo = credit_memo(us, outcome.qbo_id, "30.00", "CM-7")
    paid = credit(us, outcome.qbo_id, memo, "310.00", used="30.00", total="280.00")
    assert news(us) == [
        ("recorded", "credit memo CM-7", "30.00 USD", "0.00 USD"),
        ("recorded", "payment", "280.00 USD", "0.00 USD"),
    ]
    assert left(us, "INV-1") == ("paid", "0.00 USD")
    assert news(us) == []
    us.sandbox.delete("Payment", paid["Id"])
    assert [each[:3] for each in news(us)] == [
        ("reversed", "credit memo CM-7", "30.00 USD"),
        ("reversed", "payment", "280.00 USD"),
    ]
    assert left(us, "INV-1") == ("open", "310.00 USD")


def test_a_payment_whose_credit_is_taken_off_keeps_its_money(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    memo = credit_memo(us, outcome.qbo_id, "30.00", "CM-7")
    paid = credit(us, outcome.qbo_id, memo, "130.00", used="30.00", total="100.00")
    us.application.bring_payments()
    us.sandbox.edit("Payment", paid["Id"], {"TotalAmt": Decimal("100.00"), "Line": [pays(outcome.qbo_id, "100.00")]})
    assert [each[:3] for each in news(us)] == [("reversed", "credit memo CM-7", "30.00 USD")]
    assert standing(us) == [("payment", "", "100.00 USD")]
    assert left(us, "INV-1") == ("open", "210.00 USD")


def test_what_was_reported_as_one_payment_before_credits_were_known_is_reported_right(us: Desk, invoice: Make) -> None:
    """A ledger of an earlier version has 310.00 recorded as money."""
    outcome = us.copy(invoice())
    memo = credit_memo(us, outcome.qbo_id, "30.00", "CM-7")
    paid = credit(us, outcome.qbo_id, memo, "310.00", used="30.00", total="280.00")
    us.application.bring_payments()
    payments, realm_id = us.application.ledger.payments, us.sandbox.realm_id
    rows = {row.payment["kind"]: row for row in payments.of(realm_id, [("payment", paid["Id"])])}
    with us.application.ledger.together() as connection:
        old = {key: value for key, value in rows["payment"].payment.items() if key != "kind"}
        old["amount"] = "310.00"
        payments.put(connection, [dataclasses.replace(rows["payment"], payment=old)])
    us.sandbox.edit("Payment", paid["Id"], {"PrivateNote": "looked at again"})
    assert [each[:3] for each in news(us)] == [
        ("reversed", "payment", "310.00 USD"),
        ("recorded", "payment", "280.00 USD"),
    ]


def test_a_deposit_on_the_invoice_is_followed_up_and_down(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())

    def deposit(amount: str) -> list[tuple[str, str, str, str]]:
        us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal(amount)})
        return news(us)

    assert deposit("40.00") == [("recorded", "deposit on the invoice", "40.00 USD", "270.00 USD")]
    assert us.shown("INV-1").payments[0].date == "2026-07-01", "it is booked on the invoice's day"
    assert deposit("100.00") == [
        ("reversed", "deposit on the invoice", "40.00 USD", "210.00 USD"),
        ("recorded", "deposit on the invoice", "100.00 USD", "210.00 USD"),
    ]
    assert [each[:3] for each in deposit("10.00")] == [
        ("reversed", "deposit on the invoice", "100.00 USD"),
        ("recorded", "deposit on the invoice", "10.00 USD"),
    ]
    us.restart()
    assert news(us) == [] and left(us, "INV-1") == ("open", "300.00 USD")
    assert [each[0] for each in deposit("0")] == ["reversed"]
    assert (standing(us), left(us, "INV-1")) == ([], ("open", "310.00 USD"))
    assert [each[:3] for each in deposit("310.00")] == [("recorded", "deposit on the invoice", "310.00 USD")]
    assert left(us, "INV-1") == ("paid", "0.00 USD")


@pytest.mark.parametrize("how", ["void", "delete"])
def test_a_deposit_goes_with_its_invoice(us: Desk, invoice: Make, how: str) -> None:
    outcome = us.copy(invoice())
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("40.00")})
    us.application.bring_payments()
    getattr(us.sandbox, how)("Invoice", outcome.qbo_id)
    assert [each[:3] for each in news(us)] == [("reversed", "deposit on the invoice", "40.00 USD")]
    assert standing(us) == []


def test_a_deposit_beside_a_payment(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("40.00")})
    us.sandbox.pay({outcome.qbo_id: "270.00"})
    assert {each[1:3] for each in news(us)} == {
        ("payment", "270.00 USD"),
        ("deposit on the invoice", "40.00 USD"),
    }
    assert left(us, "INV-1") == ("paid", "0.00 USD")


def wrote_deposit(desk: Desk, qbo_id: str, amount: str) -> None:
    """As a copy that takes the host's prepaid amount along: in QuickBooks, and in the request that the ledger has."""
    desk.sandbox.edit("Invoice", qbo_id, {"Deposit": Decimal(amount)})
    with desk.application.ledger.together() as connection:
        connection.execute(update(outbox).where(outbox.c.step == "invoice").values(deposit=amount))


def test_the_prepaid_amount_that_we_wrote_is_no_news(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    wrote_deposit(us, outcome.qbo_id, "60.00")
    assert news(us) == []
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("75.00")})
    assert news(us) == [("recorded", "deposit on the invoice", "15.00 USD", "235.00 USD")]
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("0")})
    assert ("recorded", "deposit on the invoice", "-60.00 USD", "310.00 USD") in news(us)
    assert left(us, "INV-1") == ("open", "310.00 USD")


def test_an_invoice_that_was_prepaid_as_a_whole_is_paid(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    wrote_deposit(us, outcome.qbo_id, "310.00")
    assert news(us) == [("recorded", "nothing to pay", "0.00 USD", "0.00 USD")]
    assert left(us, "INV-1") == ("paid", "0.00 USD")


def test_rules_that_leave_payments_leave_deposits_too(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\npayments:\n  apply: []\n")
    desk.connect()
    outcome = desk.copy(invoice())
    desk.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("40.00")})
    assert [each[:2] for each in news(desk)] == [("ignored", "deposit on the invoice")]
    assert news(desk) == []
    assert desk.shown("INV-1").payments == ()


def test_an_invoice_whose_tax_is_quickbooks_alone_is_paid_by_quickbooks_total(
    desks: Callable[..., Desk], invoice: Make
) -> None:
    """OneDesk has 310.00 and no tax, QuickBooks more: what is left goes by QuickBooks."""
    desk = desks("gb", rules="version: 1\ntaxes: {otherwise: {code: 20.0% S}}\ntotals: {when_different: note}\n")
    desk.connect()
    outcome = desk.copy(invoice(currency="GBP"))
    assert (outcome.outcome, str(outcome.qbo_total)) == ("copied", "372.00 GBP")
    desk.sandbox.pay({outcome.qbo_id: "310.00"})
    desk.application.bring_payments()
    assert left(desk, "INV-1") == ("open", "62.00 GBP")
    desk.sandbox.pay({outcome.qbo_id: "62.00"})
    desk.application.bring_payments()
    assert left(desk, "INV-1") == ("paid", "0.00 GBP")


def test_a_death_between_notifying_the_host_and_writing_it_down_doubles_nothing(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("40.00")})
    brought: list[PaymentNews] = us.application.bring_payments()
    us.application.ledger.payments.notified(brought[0].payment_id, "to_record")  # as the death leaves it
    us.restart()
    us.application.bring_payments()
    assert standing(us) == [("deposit", "", "40.00 USD")]


def test_a_look_that_fails_before_it_is_written_down_is_made_again(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("40.00")})
    memo = credit_memo(us, outcome.qbo_id, "30.00", "CM-7")
    credit(us, outcome.qbo_id, memo, "30.00")
    for path in ("cdc", "query"):
        us.sandbox.faults.inject(fault="http_503", path=path, count=99)
    with pytest.raises(QuickBooksProblem, match="503"):
        us.application.bring_payments()
    us.sandbox.faults.clear()
    assert len(news(us)) == 2 and len(standing(us)) == 2
    assert left(us, "INV-1") == ("open", "240.00 USD")


def test_an_invoice_in_draft_is_reported_as_well(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.host.reopen("INV-1", ADMIN)
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("40.00")})
    us.application.bring_payments()
    assert left(us, "INV-1") == ("draft", "270.00 USD")


def test_a_plan_shows_credits_and_deposits_under_their_own_names(us: Desk, invoice: Make) -> None:
    """What is left is QuickBooks' balance; what nobody has looked at yet has no name."""
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "100.00"})
    us.application.bring_payments()
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("40.00")})
    credit(us, outcome.qbo_id, credit_memo(us, outcome.qbo_id, "30.00", "CM-7"), "30.00")
    other = {"id": "C-8", "name": "Red Pier Ltd"}
    first = us.copy(invoice(customer=other)).reason
    assert "has 170.00 USD of 310.00 USD settled in QuickBooks (payment: 100.00 USD, deposit on the invoice" in first
    assert "30.00 USD not looked at yet: onedesk-quickbooks payments; 140.00 USD is left)" in first
    us.application.bring_payments()
    again = us.copy(invoice(customer=other)).reason
    assert "credit memo CM-7: 30.00 USD, deposit on the invoice: 40.00 USD; 140.00 USD is left)" in again


def test_a_reason_in_the_queue_names_what_settles_the_invoice_by_now(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "100.00"})
    other = invoice(customer={"id": "C-8", "name": "Red Pier Ltd"})
    assert "100.00 USD not looked at yet: onedesk-quickbooks payments" in us.copy(other).reason
    us.application.bring_payments()
    (again,) = us.drain()
    assert again.outcome == "held" and "not looked at yet" not in again.reason
    assert "100.00 USD of 310.00 USD settled in QuickBooks (payment: 100.00 USD; 210.00 USD is left)" in again.reason
    us.application.bring_payments()
    assert us.drain() == [], "nothing is new, so nothing is tried"
    credit(us, outcome.qbo_id, credit_memo(us, outcome.qbo_id, "30.00", "CM-7"), "30.00")
    us.application.bring_payments()
    (again,) = us.drain()
    assert "130.00 USD of 310.00 USD settled" in again.reason and "credit memo CM-7: 30.00 USD" in again.reason
