"""Payments made in QuickBooks come back: by webhooks and by polling, whole and in part, and taken back again."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from onedesk_quickbooks.hooks import PaymentJson, QuickBooksPlugin, Reversal, impl
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.pages import make_app
from onedesk_quickbooks.plugin.qbo.webhooks import sign
from tests.sync.changes.conftest import cheaper
from tests.sync.conftest import ADMIN, Desk
from tests.sync.mortal import Died, Mortal
from tests.sync.payments.conftest import Make, credit, left, pays
from tests.sync.payments.test_unreported import Refusing
from tests.sync.reconcile.conftest import kinds
from tests.sync.test_credit_notes import credit as credit_note


def test_a_payment_in_full(us: Desk, invoice: Make) -> None:
    outcome = us.send(invoice())
    us.sandbox.pay({outcome.qbo_id: "310.00"})
    us.calls()
    news = us.application.bring_payments()
    assert [(each.what, each.number, str(each.amount)) for each in news] == [("recorded", "2041", "310.00 USD")]
    assert left(us, "INV-1") == ("paid", "0.00 USD")
    assert len(us.calls()) <= 2


def test_a_payment_in_part_shows_what_is_left(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "200.00 USD")
    us.sandbox.pay({outcome.qbo_id: "200.00"})
    us.application.bring_payments()
    assert left(us, "INV-1") == ("paid", "0.00 USD")
    assert len(us.shown("INV-1").payments) == 2


def test_one_payment_for_several_invoices(us: Desk, invoice: Make) -> None:
    ids = [us.copy(invoice(id=f"INV-{n}", number=f"204{n}")).qbo_id for n in range(1, 6)]
    us.sandbox.pay(dict.fromkeys(ids, "310.00"))
    us.calls()
    assert len(us.application.bring_payments()) == 5
    assert len(us.calls()) <= 2
    assert {left(us, f"INV-{n}")[0] for n in range(1, 6)} == {"paid"}


def test_bringing_them_again_changes_nothing(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.application.bring_payments()
    assert us.application.bring_payments() == []
    assert len(us.shown("INV-1").payments) == 1


def test_after_a_clock_that_was_ahead_nothing_is_reported_again(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    for amount, days in (("110.00", 30), ("50.00", -30), ("20.00", 0)):
        us.sandbox.pay({qbo_id: amount})
        assert len(us.application.bring_payments()) == 1
        us.clock.pass_by(days=days)
    assert [us.application.bring_payments() for _ in range(3)] == [[], [], []]
    assert left(us, "INV-1") == ("open", "130.00 USD") and len(us.shown("INV-1").payments) == 3


@pytest.mark.parametrize("how", ["void", "delete"])
def test_a_payment_taken_back_in_quickbooks_is_reversed(us: Desk, invoice: Make, how: str) -> None:
    outcome = us.copy(invoice())
    payment = us.sandbox.pay({outcome.qbo_id: "310.00"})
    us.application.bring_payments()
    getattr(us.sandbox, how)("Payment", payment["Id"])
    news = us.application.bring_payments()
    assert [(each.what, str(each.balance)) for each in news] == [("reversed", "310.00 USD")]
    assert left(us, "INV-1") == ("open", "310.00 USD")


def test_a_payment_deleted_after_a_death_between_notifying_the_host_and_writing_it_down(
    us: Desk, invoice: Make
) -> None:
    outcome = us.copy(invoice())
    payment = us.sandbox.pay({outcome.qbo_id: "110.00"})
    [news] = us.application.bring_payments()
    us.application.ledger.payments.notified(news.payment_id, "to_record")  # as the death leaves it
    us.restart()
    us.sandbox.delete("Payment", payment["Id"])
    us.application.bring_payments()
    assert [bool(each.reversed) for each in us.shown("INV-1").payments] == [True]
    assert left(us, "INV-1") == ("open", "310.00 USD")


def test_a_payment_that_came_and_went_before_the_host_was_notified(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    payment = us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.application.bring_payments()
    us.host.close()
    (us.home / "onedesk.sqlite").unlink()  # a host that knows nothing of it
    us.restart()
    us.host.save(invoice())
    us.sandbox.delete("Payment", payment["Id"])
    us.application.bring_payments()
    assert us.shown("INV-1").payments == () and left(us, "INV-1") == ("open", "310.00 USD")


def test_a_payment_that_now_pays_less(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    payment = us.sandbox.pay({outcome.qbo_id: "310.00"})
    us.application.bring_payments()
    line = {"Amount": Decimal("100.00"), "LinkedTxn": [{"TxnId": outcome.qbo_id, "TxnType": "Invoice"}]}
    us.sandbox.edit("Payment", payment["Id"], {"TotalAmt": Decimal("100.00"), "Line": [line]})
    news = us.application.bring_payments()
    assert sorted(each.what for each in news) == ["recorded", "reversed"]
    assert left(us, "INV-1") == ("open", "210.00 USD")


def test_a_payment_whose_date_is_corrected_there(us: Desk, invoice: Make) -> None:
    """Another day may be another year of the books; a look that returns it again changes nothing."""
    outcome = us.copy(invoice())
    payment = us.sandbox.pay({outcome.qbo_id: "310.00"})
    us.application.bring_payments()
    us.sandbox.edit("Payment", payment["Id"], {"TxnDate": "2025-12-31"})
    news = us.application.bring_payments()
    assert sorted(each.what for each in news) == ["recorded", "reversed"]
    assert left(us, "INV-1") == ("paid", "0.00 USD")
    valid = [(each.date, str(each.amount)) for each in us.shown("INV-1").payments if not each.reversed]
    assert valid == [("2025-12-31", "310.00 USD")]
    us.sandbox.edit("Payment", payment["Id"], {"PrivateNote": "Looked up in the bank statement"})
    assert us.application.bring_payments() == []


def test_a_deposit_stays_when_the_invoice_gets_another_date(us: Desk, invoice: Make) -> None:
    """Its day is the invoice's: it is no other money."""
    outcome = us.copy(invoice())
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("50.00")})
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "260.00 USD")
    us.sandbox.edit("Invoice", outcome.qbo_id, {"TxnDate": "2026-07-02"})
    assert us.application.bring_payments() == []


def test_what_is_left_of_an_invoice_that_is_changed_after_a_payment(us: Desk, invoice: Make) -> None:
    """Paid in part, changed in the host before the payment came back, copied again: both sides have the same left."""
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.host.reopen("INV-1", ADMIN)
    lines = [{"id": "1", "service_type": "Support", "amount": "150.00"}]
    us.host.edit("INV-1", invoice(lines=lines, subtotal="150.00", total="150.00"), ADMIN)
    us.host.open_invoice("INV-1", ADMIN)
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "40.00 USD"), "160.00 less is yet to go to QuickBooks, which has 200.00"
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN) and us.outcome("INV-1").outcome == "updated"
    news = us.application.bring_payments()
    assert [(each.what, each.kind, str(each.amount)) for each in news] == [("recorded", "balance", "0.00 USD")]
    assert left(us, "INV-1") == ("open", "40.00 USD")
    payments = us.shown("INV-1").payments
    assert [(str(each.amount), each.reversed) for each in payments] == [("110.00 USD", ""), ("0.00 USD", "")]
    assert us.application.bring_payments() == []


@pytest.mark.parametrize("paid", [False, True])
def test_what_is_left_after_both_sides_were_changed_alike(us: Desk, invoice: Make, paid: bool) -> None:
    """Paid, then made dearer in QuickBooks, then in the host, which adds the difference once more until it is told."""
    outcome = us.copy(invoice())
    if paid:
        us.sandbox.pay({outcome.qbo_id: "310.00"})
    us.application.bring_payments()
    body = us.sandbox.read("Invoice", outcome.qbo_id)
    lines = [line for line in body["Line"] if line.get("Id")]
    detail = {**lines[0]["SalesItemLineDetail"], "Qty": Decimal(2), "UnitPrice": Decimal(90)}
    lines[0] = {**lines[0], "Amount": Decimal("180.00"), "SalesItemLineDetail": detail}
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Line": lines})
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "20.00 USD" if paid else "310.00 USD")
    dearer = invoice(subtotal="330.00", total="330.00")
    dearer["lines"][0] |= {"unit_price": "90.00", "amount": "180.00"}
    us.host.save({**dearer, "status": "open"})
    assert left(us, "INV-1") == ("open", "40.00 USD" if paid else "330.00 USD"), "until QuickBooks reports it"
    us.predicts = False
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN) and us.outcome("INV-1").outcome == "unchanged"
    news = us.application.bring_payments()
    assert [(each.what, each.kind) for each in news] == ([("recorded", "balance")] if paid else [])
    assert left(us, "INV-1") == ("open", "20.00 USD" if paid else "330.00 USD")
    assert us.application.bring_payments() == []
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN) and us.outcome("INV-1").outcome == "unchanged"
    assert us.application.bring_payments() == []


@pytest.mark.parametrize("looked", [True, False])
@pytest.mark.parametrize("number", ["2041", "3001"])
def test_what_is_left_after_an_update_of_a_total_that_quickbooks_had_already(
    us: Desk, invoice: Make, number: str, looked: bool
) -> None:
    """A person keeps OneDesk's version, which has the total of QuickBooks' by then: its balance stays as it was."""
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "50.00"})
    cheaper(us, outcome.qbo_id)
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "200.00 USD")
    found = invoice(number=number, subtotal="250.00", total="250.00")
    found["lines"][0] |= {"unit_price": "50.00", "amount": "100.00"}
    us.host.save({**found, "status": "open"})
    assert left(us, "INV-1") == ("open", "140.00 USD"), "until QuickBooks reports it"
    us.predicts = False
    if looked:
        us.application.bring_payments()
    (work,) = us.application.changes()
    us.application.settle_change(work.id, "onedesk", "Ada")
    assert us.outcome("INV-1").outcome == "updated"
    assert [(each.what, each.kind) for each in us.application.bring_payments()] == [("recorded", "balance")]
    assert left(us, "INV-1") == ("open", "200.00 USD")
    assert us.application.bring_payments() == [] and kinds(us) == []


def test_another_balance_is_reported_once_after_an_update(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "50.00"})
    us.application.bring_payments()
    found = invoice(subtotal="250.00", total="250.00")
    found["lines"][0] |= {"unit_price": "50.00", "amount": "100.00"}
    assert us.copy(found).outcome == "updated"
    assert [(each.what, each.kind) for each in us.application.bring_payments()] == [("recorded", "balance")]
    assert left(us, "INV-1") == ("open", "200.00 USD")


@pytest.mark.parametrize("waits", [False, True])
def test_the_balance_is_reported_after_an_edit_also_where_a_payment_waits(us: Desk, invoice: Make, waits: bool) -> None:
    """A host that has not accepted the payment perhaps has it all the same, and ignores it then."""
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "50.00"})
    us.application.bring_payments()
    cheaper(us, outcome.qbo_id)
    us.application.bring_payments()
    if waits:
        us.sandbox.pay({outcome.qbo_id: "30.00"})
        us.restart(Refusing)
        assert isinstance(us.host, Refusing)
        us.host.problem = RuntimeError("not now")
        us.application.bring_payments()
        us.host.refuses = False
    found = invoice(subtotal="250.00", total="250.00")
    found["lines"][0] |= {"unit_price": "50.00", "amount": "100.00"}
    us.host.save({**found, "status": "open"})
    us.predicts = False
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN) and us.outcome("INV-1").outcome == "unchanged"
    news = us.application.bring_payments()
    assert [each.kind for each in news] == (["payment", "balance"] if waits else ["balance"])
    assert left(us, "INV-1") == ("open", "170.00 USD" if waits else "200.00 USD")
    assert us.application.bring_payments() == [] and kinds(us) == []


@pytest.mark.parametrize("keep", ["", "onedesk"])
def test_what_is_left_of_a_credit_note_that_both_sides_have_changed_alike(
    desks: Callable[..., Desk], invoice: Make, keep: str
) -> None:
    """Below zero, as the host has it: by a copy, or by a person who keeps OneDesk's version."""
    desk = desks(rules="version: 1\ninvoices: {negative: credit_memo}\n")
    desk.connect()
    billed, memo = desk.copy(invoice()).qbo_id, desk.copy(credit_note(invoice(), "-310.00", credits="")).qbo_id
    credit(desk, billed, memo, "100.00")
    desk.application.bring_payments()
    [line] = [each for each in desk.sandbox.read("CreditMemo", memo)["Line"] if each.get("Id")]
    desk.sandbox.edit("CreditMemo", memo, {"Line": [{**line, "Amount": Decimal(400)}]})
    desk.application.bring_payments()
    assert left(desk, "CN-1") == ("open", "-300.00 USD")
    desk.host.save({**credit_note(invoice(), "-400.00", credits=""), "status": "open"})
    assert left(desk, "CN-1") == ("open", "-390.00 USD"), "until QuickBooks reports it"
    desk.clock.sleep(3600)
    assert desk.application.bring_payments() == [], "no look finds it changed any more"
    desk.predicts = False
    if keep:
        (work,) = desk.application.changes()
        desk.application.settle_change(work.id, keep, "Ada")
    else:
        assert desk.host.act("CN-1", "quickbooks.copy", ADMIN)
    done = desk.outcome("CN-1")
    assert done.outcome == ("updated" if keep else "unchanged"), done.reason
    [row] = desk.application.ledger.payments.waiting(desk.sandbox.realm_id)
    assert row.payment["balance"] == "-300.00"
    assert [(each.what, each.kind) for each in desk.application.bring_payments()] == [("recorded", "balance")]
    assert left(desk, "CN-1") == ("open", "-300.00 USD") and kinds(desk) == []


def test_another_number_on_both_sides_is_no_other_balance(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.application.bring_payments()
    us.sandbox.edit("Invoice", outcome.qbo_id, {"DocNumber": "3001"})
    us.host.save({**invoice(number="3001"), "status": "open"})
    us.predicts = False
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN) and us.outcome("INV-1").outcome == "unchanged"
    assert us.application.bring_payments() == []


def test_what_is_left_is_reported_each_time_and_the_payment_is_until_it_is_gone(us: Desk, invoice: Make) -> None:
    def lowered(to: str) -> None:
        lines = [{"id": "1", "service_type": "Support", "amount": to}]
        us.host.reopen("INV-1", ADMIN)
        us.host.edit("INV-1", invoice(lines=lines, subtotal=to, total=to), ADMIN)
        us.host.open_invoice("INV-1", ADMIN)
        assert us.host.act("INV-1", "quickbooks.copy", ADMIN) and us.outcome("INV-1").outcome == "updated"

    outcome = us.copy(invoice())
    payment = us.sandbox.pay({outcome.qbo_id: "50.00"})
    us.application.bring_payments()
    for total, shown in (
        ("80.00", ("open", "30.00 USD")),
        ("90.00", ("open", "40.00 USD")),
        ("50.00", ("paid", "0.00 USD")),
    ):
        lowered(total)
        assert [each.what for each in us.application.bring_payments()] == ["recorded"]
        assert left(us, "INV-1") == shown
    us.sandbox.delete("Payment", payment["Id"])
    assert [(each.what, each.kind) for each in us.application.bring_payments()] == [("reversed", "payment")]
    assert left(us, "INV-1") == ("open", "50.00 USD")
    assert us.application.bring_payments() == []


@pytest.mark.parametrize("dies_at", range(1, 11))
def test_what_is_left_when_a_payment_came_and_went_before_the_host_was_notified(
    us: Desk, invoice: Make, dies_at: int
) -> None:
    """One payment takes the place of another, which is deleted in turn; at some point between the process dies: perhaps
    when the host has heard that nothing is left, and not yet of the second payment."""
    outcome = us.copy(invoice())
    first = us.sandbox.pay({outcome.qbo_id: "310.00"})
    us.application.bring_payments()
    us.sandbox.delete("Payment", first["Id"])
    second = us.sandbox.pay({outcome.qbo_id: "310.00"})
    with Mortal(us.application.session, dies_at), suppress(Died):
        us.application.bring_payments()
    us.restart()
    us.sandbox.delete("Payment", second["Id"])
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "310.00 USD")
    assert all(each.reversed for each in us.shown("INV-1").payments)


def test_what_waits_to_be_reported_has_what_is_left_now(us: Desk, invoice: Make) -> None:
    """One reversal was not reported before the process died; the host shows in the end QuickBooks' balance."""
    outcome = us.copy(invoice())
    first, second = (us.sandbox.pay({outcome.qbo_id: amount}) for amount in ("110.00", "200.00"))
    us.application.bring_payments()
    us.sandbox.delete("Payment", second["Id"])
    reversed_ = next(each for each in us.application.bring_payments() if each.what == "reversed")
    us.application.ledger.payments.notified(reversed_.payment_id, "to_reverse")  # as the death leaves it
    us.sandbox.delete("Payment", first["Id"])
    us.application.bring_payments()
    assert left(us, "INV-1") == ("open", "310.00 USD")
    waiting = us.application.ledger.payments.get(reversed_.payment_id)
    assert waiting is not None and waiting.reversal is not None
    assert (waiting.state, waiting.reversal["balance"]) == ("reversed", "310.00")


def test_another_reference_and_method_is_noted(us: Desk, invoice: Make) -> None:
    """It is the same money of the same day: nothing is recorded again."""

    def notes() -> list[str]:
        return [text for key, text in us.shown("INV-1").notes.items() if "-payment-" in key and text]

    qbo_id = us.copy(invoice()).qbo_id
    check, cash = us.sandbox.list("PaymentMethod")[:2]
    payment = us.sandbox.pay({qbo_id: "110.00"})
    us.sandbox.edit("Payment", payment["Id"], {"PaymentRefNum": "17", "PaymentMethodRef": {"value": check["Id"]}})
    us.application.bring_payments()
    assert notes() == []
    us.sandbox.edit("Payment", payment["Id"], {"PaymentRefNum": "71", "PaymentMethodRef": {"value": cash["Id"]}})
    for number in range(2):
        news = [(each.what, each.reference, str(each.amount)) for each in us.application.bring_payments()]
        assert news == [("changed", "71", "110.00 USD")][number:]
        assert notes() == [
            "The payment 17 was changed in QuickBooks after it was recorded in OneDesk: reference: OneDesk 17,"
            f" QuickBooks 71; method: OneDesk {check['Name']}, QuickBooks {cash['Name']}. Amount and date are the same."
        ]
    us.sandbox.edit("Payment", payment["Id"], {"PaymentRefNum": "", "PaymentMethodRef": {"value": check["Id"]}})
    us.application.bring_payments()
    assert "OneDesk: reference: OneDesk 17, QuickBooks none. Amount" in notes()[0]
    us.sandbox.edit("Payment", payment["Id"], {"PaymentRefNum": "17"})
    assert ([each.what for each in us.application.bring_payments()], notes()) == (["changed"], [])
    us.sandbox.edit("Payment", payment["Id"], {"PaymentRefNum": "71"})
    us.application.bring_payments()
    assert len(notes()) == 1
    us.sandbox.void("Payment", payment["Id"])
    us.application.bring_payments()
    assert notes() == []


def test_an_overpayment_is_noted(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    payment = us.sandbox.pay({outcome.qbo_id: "310.00"}, total="350.00")
    us.application.bring_payments()
    assert any("40.00 USD of this payment is unapplied" in text for text in us.shown("INV-1").notes.values())
    us.sandbox.void("Payment", payment["Id"])
    us.application.bring_payments()
    assert (us.shown("INV-1").notes, us.shown("INV-1").status) == ({}, "open"), "there is nothing left to apply"


@pytest.mark.parametrize("overpayment", ["note", "ignore"])
def test_the_note_on_an_overpayment_follows_what_becomes_of_it(
    desks: Callable[..., Desk], invoice: Make, overpayment: str
) -> None:
    desk = desks("us", rules=f"version: 1\npayments: {{overpayment: {overpayment}}}\n")
    desk.connect()
    first, second = (desk.copy(invoice(id=f"INV-{n}", number=f"204{n}")).qbo_id for n in (1, 2))

    def after(fields: dict[str, Any]) -> list[str]:
        desk.sandbox.edit("Payment", payment["Id"], fields)
        desk.application.bring_payments()
        return [key for text in desk.shown("INV-1").notes.values() for key in re.findall(r"(\S+) USD of this", text)]

    payment = desk.sandbox.pay({first: "310.00"}, total="350.00")
    desk.application.bring_payments()
    shown = desk.shown("INV-1").notes
    part = {"Line": [pays(first, "310.00"), pays(second, "15.00")]}
    assert after(part) == (["25.00"] if overpayment == "note" else [])
    assert after({"TotalAmt": Decimal("330.00"), **part}) == (["5.00"] if overpayment == "note" else [])
    assert after({"TotalAmt": Decimal("325.00"), **part}) == []
    assert bool(shown) == (overpayment == "note") and left(desk, "INV-1") == ("paid", "0.00 USD")


def test_payments_on_other_invoices_are_none_of_ours(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    other = us.sandbox.list("Invoice", "Balance > '1'")
    stranger = next(row for row in other if "OneDesk invoice" not in (row.get("PrivateNote") or ""))
    us.sandbox.pay({stranger["Id"]: "1.00"})
    assert us.application.bring_payments() == []


def test_the_rules_may_leave_payments_of_copied_invoices(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\npayments:\n  apply: [sent]\n")
    desk.connect()
    copied = desk.copy(invoice())
    sent = desk.send(invoice(id="INV-2", number="2042"))
    desk.sandbox.pay({copied.qbo_id: "310.00", sent.qbo_id: "310.00"})
    assert {each.invoice_id: each.what for each in desk.application.bring_payments()} == {
        "INV-1": "ignored",
        "INV-2": "recorded",
    }
    assert left(desk, "INV-1")[0] == "open"


def test_an_exception_leaves_the_payments_of_some_invoices(desks: Callable[..., Desk], invoice: Make) -> None:
    rules = "version: 1\npayments:\n  exceptions: [{id: web, when: {project: Web}, apply: []}]\n"
    desk = desks(rules=rules)
    desk.connect()
    first = desk.copy(invoice())
    second = desk.copy(invoice(id="INV-2", number="2042", project="Web"))
    desk.sandbox.pay({first.qbo_id: "310.00", second.qbo_id: "310.00"})
    found = {each.invoice_id: each.what for each in desk.application.bring_payments()}
    assert found == {"INV-1": "recorded", "INV-2": "ignored"}
    assert left(desk, "INV-2") == ("open", "310.00 USD")


class Listening:
    """A neighbour of the plugin in the same host."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    @impl
    def on_payment_received(self, payment: PaymentJson) -> None:
        self.heard.append(("received", payment["amount"]))

    @impl
    def on_payment_reversed(self, reversal: Reversal) -> None:
        self.heard.append(("reversed", str(reversal.balance)))


def test_every_plugin_hears_of_a_payment_and_of_its_reversal(us: Desk, invoice: Make) -> None:
    neighbour = Listening()
    us.host.plugins.register(neighbour)
    outcome = us.copy(invoice())
    paid = us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.application.bring_payments()
    us.sandbox.void("Payment", paid["Id"])
    us.application.bring_payments()
    assert neighbour.heard == [("received", "110.00"), ("reversed", "310.00 USD")]
    assert left(us, "INV-1") == ("open", "310.00 USD")


@pytest.mark.parametrize("shape", ["cloudevents", "legacy"])
def test_a_signed_webhook_brings_it_without_any_polling(desks: Callable[..., Desk], invoice: Make, shape: str) -> None:
    desk = desks(settings={"poll_seconds": "0"})
    desk.connect()
    outcome = desk.copy(invoice())
    posted = paid_with_webhooks(desk, outcome.qbo_id, shape)
    desk.host.close()
    serving = EmbeddedHost.open(desk.home, plugins=[QuickBooksPlugin()])
    try:
        outside = Client(make_app(serving, passwordless=True))
        for body, signature in posted:
            forged = notify(outside, body + b" ", signature)
            assert forged.status_code == 401
        assert sum(notify(outside, *each).get_json()["events"] for each in posted) >= len(posted)
        until = time.monotonic() + 20
        while status_of(serving) != "paid" and time.monotonic() < until:
            time.sleep(0.02)
        assert status_of(serving) == "paid"
        assert sum(notify(outside, *each).get_json()["events"] for each in posted) == 0
    finally:
        serving.close()
        desk.restart()


def test_a_burst_of_events_is_answered_in_time(us: Desk) -> None:
    """Intuit waits three seconds. Beside it: the same once more, too many, and what is no event, all signed."""
    outside, token = Client(make_app(us.host)), us.application.settings.verifier_token
    event = {"type": "qbo.payment.created.v1", "intuitaccountid": us.sandbox.realm_id, "time": "2026-11-24T10:00:00Z"}
    events = [{**event, "id": f"burst-{number}", "intuitentityid": str(number)} for number in range(2000)]
    for body, status, kept in (
        (json.dumps(events).encode(), 200, 2000),
        (json.dumps(events).encode(), 200, 0),
        (json.dumps(events * 6).encode(), 400, None),
        (b"[" + b"[]," * 1_300_000 + b"[]]", 400, None),
    ):
        began = time.monotonic()
        answer = notify(outside, body, sign(body, token))
        assert time.monotonic() - began < 3
        assert (answer.status_code, answer.get_json().get("events")) == (status, kept)


def paid_with_webhooks(desk: Desk, qbo_id: str, shape: str) -> list[tuple[bytes, str]]:
    """Body and signature of each webhook that QuickBooks sends about a payment of 310.00."""
    posted: list[tuple[bytes, str]] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        posted.append((body, {key.lower(): value for key, value in headers.items()}["intuit-signature"]))
        return 200

    desk.sandbox.webhooks.format = shape
    desk.sandbox.webhooks.url = "http://desk.example/quickbooks/webhooks"
    desk.sandbox.pay({qbo_id: "310.00"})
    desk.sandbox.deliver_webhooks(post)
    assert posted and all((b"specversion" in body) == (shape == "cloudevents") for body, _ in posted)
    return posted


def notify(outside: Client, body: bytes, signature: str) -> TestResponse:
    headers = {"intuit-signature": signature}
    return outside.post("/quickbooks/webhooks", data=body, headers=headers, content_type="application/json")


def status_of(host: EmbeddedHost) -> str:
    found = host.invoice("INV-1")
    return found.status if found else ""


def test_what_rules_leave_unreported_is_named_where_it_holds_an_invoice(
    desks: Callable[..., Desk], invoice: Make
) -> None:
    """Plan and run name a payment that was looked at; what was taken off since is not counted."""
    desk = desks(rules="version: 1\npayments:\n  apply: []\n")
    desk.connect()
    outcome = desk.copy(invoice())
    first = desk.sandbox.pay({outcome.qbo_id: "90.00"})
    desk.sandbox.pay({outcome.qbo_id: "200.00"})
    less = invoice(lines=invoice()["lines"][:1], subtotal="160.00", total="160.00")
    assert "290.00 USD not looked at yet" in desk.copy(less).reason
    desk.application.bring_payments()
    [looked] = desk.drain()
    assert ": 200.00 USD" in looked.reason and ": 90.00 USD" in looked.reason
    assert looked.outcome == "held" and "not looked at yet" not in looked.reason
    desk.sandbox.void("Payment", first["Id"])
    again = desk.copy(less)
    assert "(payment" in again.reason and ": 200.00 USD; 110.00 USD is left)" in again.reason
