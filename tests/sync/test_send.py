"""Sending: QuickBooks e-mails, to the host's address only, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]


def without_email(invoice: dict[str, Any]) -> dict[str, Any]:
    contact = {"first_name": "Ada", "last_name": "Berg"}
    return {**invoice, "customer": {**invoice["customer"], "billing_contact": contact}}


def test_quickbooks_emails_to_the_hosts_billing_contact(us: Desk, invoice: Make) -> None:
    outcome = us.send(invoice())
    assert (outcome.outcome, outcome.reason) == ("sent", "")
    assert [mail["to"] for mail in us.sandbox.outbox()] == ["ada@blueharbor.example"]
    shown = us.shown("INV-1")
    assert list(shown.tags) == ["Sent by QuickBooks"]
    assert shown.notes["quickbooks"] == "QuickBooks e-mailed invoice 2041 to ada@blueharbor.example."
    assert not shown.sent_by_host


def test_without_a_billing_email_it_is_only_copied_even_if_quickbooks_knows_one(us: Desk, invoice: Make) -> None:
    us.sandbox.create(
        "Customer", {"DisplayName": "Blue Harbor Ltd", "PrimaryEmailAddr": {"Address": "old@blueharbor.example"}}
    )
    outcome = us.send(without_email(invoice()))
    assert outcome.outcome == "copied"
    assert "has no billing e-mail in OneDesk" in outcome.reason
    assert us.sandbox.outbox() == []
    assert "not e-mailed" in us.shown("INV-1").notes["quickbooks"]
    assert "BillEmail" not in us.invoices()[0]


def test_the_rule_hold_holds_it_instead(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ndelivery:\n  when_billing_email_missing: hold\n")
    desk.connect()
    outcome = desk.send(without_email(invoice()))
    assert outcome.outcome == "held"
    assert desk.invoices() == [] and desk.sandbox.outbox() == []


@pytest.mark.parametrize("copied_first", [False, True])
def test_a_copy_in_place_of_a_held_send_says_that_it_is_not_emailed(
    desks: Callable[..., Desk], invoice: Make, copied_first: bool
) -> None:
    """Before the command, in its outcome and in the host; a later copy replaces no send any more."""
    desk = desks(rules="version: 1\ndelivery:\n  when_billing_email_missing: hold\n")
    desk.connect()
    found = without_email(invoice())
    if copied_first:
        desk.copy(found)
    assert desk.send(found).outcome == "held"
    replaces = "This copy replaces a send that was not done, so that it is not e-mailed."
    plan = desk.application.plan({**found, "status": "open"}, "copy")
    assert replaces in plan.reason and replaces not in desk.application.plan({**found, "status": "open"}, "send").reason
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    done = desk.outcome("INV-1")
    assert (done.outcome, replaces in done.reason) == ("unchanged" if copied_first else "copied", True)
    assert replaces in desk.shown("INV-1").notes["quickbooks"]
    assert replaces not in desk.application.plan({**found, "status": "open"}, "copy").reason
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert replaces not in desk.outcome("INV-1").reason
    assert desk.sandbox.outbox() == []


def test_a_copy_that_is_held_in_place_of_a_held_send_says_so_too(us: Desk, invoice: Make) -> None:
    """Trying the entry again would only copy."""
    us.send(invoice())
    us.sandbox.edit("Invoice", us.invoices()[0]["Id"], {"DocNumber": "9999"})
    held = us.send(invoice(memo="Newer"))
    assert held.outcome == "held" and "replaces" not in held.reason
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    again = us.outcome("INV-1")
    assert again.outcome == "held" and "This copy replaces a send that was not done" in again.reason


def test_a_copy_in_place_of_a_send_that_was_skipped_says_nothing(desks: Callable[..., Desk], invoice: Make) -> None:
    """It was not to be e-mailed."""
    rules = "version: 1\ninvoices: {exceptions: [{id: mine, when: {customer: Globex}, skip: Billed by hand}]}\n"
    desk = desks(rules=rules)
    desk.connect()
    found = invoice()
    found["customer"]["name"] = "Globex"
    assert desk.send(found).outcome == "skipped"
    found["customer"]["name"] = "ACME"
    desk.host.save(found)
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert (done := desk.outcome("INV-1")).outcome == "copied" and "replaces" not in done.reason


def test_sending_again_what_has_not_changed_sends_no_second_email(us: Desk, invoice: Make) -> None:
    us.send(invoice())
    again = us.send(invoice())
    assert again.outcome == "unchanged"
    assert "nothing has changed since" in again.reason
    assert len(us.sandbox.outbox()) == 1


def test_what_was_copied_is_sent_without_a_second_invoice(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    assert us.host.send("INV-1", ADMIN)
    assert us.outcome("INV-1").outcome == "sent"
    assert len(us.invoices()) == len(us.sandbox.outbox()) == 1


def test_an_edited_invoice_is_sent_again(us: Desk, invoice: Make) -> None:
    us.send(invoice())
    assert us.send(invoice(memo="Corrected.")).outcome == "sent"
    assert len(us.sandbox.outbox()) == 2 and len(us.invoices()) == 1


SENDING = """version: 1
invoices:
  on_open: copy
  exceptions: [{id: retainers, when: {invoice_type: retainer}, on_open: send}]
"""
EXEMPT = "taxes: {otherwise: {code: Exempt}}\n"


@pytest.mark.parametrize(("country", "more", "currency"), [("us", "", "USD"), ("ca", EXEMPT, "CAD")])
def test_sent_at_once_where_the_rules_say_so(
    desks: Callable[..., Desk], invoice: Make, country: str, more: str, currency: str
) -> None:
    desk = desks(country, rules=SENDING + more)
    desk.connect()
    desk.save(invoice(id="INV-2", number="2042", currency=currency))
    desk.save(invoice(type="retainer", currency=currency))
    assert {each.id: each.outcome for each in desk.drain()} == {"INV-1": "sent", "INV-2": "copied"}
    assert [mail["to"] for mail in desk.sandbox.outbox()] == ["ada@blueharbor.example"]
    assert list(desk.shown("INV-1").tags) == ["Sent by QuickBooks"]
    desk.host.reopen("INV-1", ADMIN)
    desk.host.open_invoice("INV-1", ADMIN)  # nothing is new in it
    assert desk.outcome("INV-1").outcome == "unchanged" and len(desk.sandbox.outbox()) == 1
    desk.save(invoice(type="retainer", currency=currency, memo="Corrected."))
    assert desk.outcome("INV-1").outcome == "sent" and len(desk.sandbox.outbox()) == 2


def test_what_a_rule_sends_is_held_or_copied_like_any_other(desks: Callable[..., Desk], invoice: Make) -> None:
    held = "  exceptions: [{id: big, when: {amount: {from: 300}}, hold: Ask Maria}]\n"
    desk = desks(rules=f"version: 1\ninvoices:\n  on_open: send\n{held}")
    desk.connect()
    desk.save(invoice())
    assert desk.outcome("INV-1").outcome == "held" and desk.invoices() == [] and desk.sandbox.outbox() == []
    small = invoice(
        id="INV-2",
        number="2042",
        subtotal="299.00",
        total="299.00",
        lines=[{"id": "L-1", "service_type": "Design", "amount": "299.00"}],
    )
    desk.save(without_email(small))
    assert desk.outcome("INV-2").outcome == "copied" and desk.sandbox.outbox() == []


def test_before_connecting_the_host_sends_by_itself(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks()
    desk.save(invoice())
    assert desk.host.send("INV-1", ADMIN) is False
    assert desk.shown("INV-1").sent_by_host


def test_a_total_that_quickbooks_calculates_otherwise_is_held_with_nothing_written(
    desks: Callable[..., Desk], invoice: Make
) -> None:
    desk = desks("gb", rules="version: 1\ntaxes:\n  otherwise: {code: 20.0% S}\n")
    desk.connect()
    gb = invoice(currency="GBP", total="310.00")
    held = desk.send(gb)
    assert held.outcome == "held"
    assert "QuickBooks would calculate 372.00 GBP (310.00 + tax 62.00 (20.0% S, 20 % of 310.00))" in held.reason
    assert "OneDesk has 310.00 GBP (tax 0)" in held.reason and "nothing is written to QuickBooks" in held.reason
    assert desk.sandbox.outbox() == desk.invoices() == []
    assert "372.00 GBP" in desk.shown("INV-1").notes["quickbooks"]


def test_a_prepaid_invoice_is_held_with_nothing_written(us: Desk, invoice: Make) -> None:
    held = us.send(invoice(prepaid="100.00", payable="210.00"))
    assert held.outcome == "held"
    assert "OneDesk asks for 210.00 USD" in held.reason
    assert "set totals.prepaid: deposit" in held.reason
    assert us.invoices() == [] and us.sandbox.outbox() == []


def test_what_bounced_is_sent_once_more(us: Desk, invoice: Callable[..., dict[str, Any]]) -> None:
    sent = us.send(invoice())
    us.sandbox.bounce("Invoice", sent.qbo_id)
    copied = us.copy(invoice())
    assert copied.outcome == "unchanged" and "did not arrive (Bounced Email); correct" in copied.reason
    us.clock.sleep(5)
    again = us.send(invoice())
    assert again.outcome == "sent" and "it is sent once more, to ada@blueharbor.example" in again.reason
    assert len(us.sandbox.outbox()) == 2
    assert "nothing has changed since" in us.send(invoice()).reason and len(us.sandbox.outbox()) == 2


def test_what_is_paid_in_quickbooks_is_not_emailed_before_a_person_asks_for_it(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    with pytest.raises(CannotDecide, match="has not e-mailed the invoice INV-1 yet"):
        us.application.resend("INV-1", "berta")
    us.sandbox.pay({qbo_id: "310.00"})
    found = us.send(invoice())
    assert (found.outcome, found.reason) == (
        "unchanged",
        "It is settled in QuickBooks: nothing of 310.00 USD is open there, so that it is not e-mailed."
        " What settles it comes to OneDesk with the next look for payments (onedesk-quickbooks payments). If the"
        " customer needs the e-mail all the same, run after this: onedesk-quickbooks resend INV-1",
    )
    assert us.sandbox.outbox() == []
    us.application.bring_payments()
    assert us.shown("INV-1").status == "paid" and us.application.resend("INV-1", "berta")
    assert us.outcome("INV-1").outcome == "sent" and len(us.sandbox.outbox()) == 1


def test_a_resend_of_what_is_not_paid_after_all_is_held(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    payment_id = us.sandbox.pay({qbo_id: "310.00"})["Id"]
    assert us.send(invoice()).outcome == "unchanged"
    us.sandbox.delete("Payment", payment_id)
    assert us.application.resend("INV-1", "berta")
    found = us.outcome("INV-1")
    assert found.outcome == "held" and "then send it instead" in found.reason and us.sandbox.outbox() == []
    assert us.send(invoice()).outcome == "sent"


@pytest.mark.parametrize("path", ["batch", "send"])
def test_what_quickbooks_refuses_of_a_send_is_to_be_sent_again(us: Desk, invoice: Make, path: str) -> None:
    us.sandbox.faults.inject(fault="refused", code="2050", path=path, method="POST", count=0)
    found = us.send(invoice())
    assert found.outcome == "held" and "Correct the invoice in OneDesk and send it again." in found.reason
    us.sandbox.faults.clear()
    assert us.send(invoice()).outcome == "sent" and len(us.sandbox.outbox()) == 1


def test_what_quickbooks_refuses_of_a_copy_is_to_be_copied_again(us: Desk, invoice: Make) -> None:
    us.sandbox.faults.inject(fault="refused", code="2050", path="batch", method="POST", count=0)
    assert "Correct the invoice in OneDesk and copy it again." in us.copy(invoice()).reason
