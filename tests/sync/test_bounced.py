"""An e-mail that QuickBooks could not deliver: noted once, shown to the host, gone when it is sent again or paid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger import Work
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_resend import mails, resend, sent

__all__ = ["sent"]
Make = Callable[..., dict[str, Any]]
NOTE = "quickbooks-bounced"


def bounce(desk: Desk, why: str = "Bounced Email") -> None:
    """It comes back, and the next look for payments sees it."""
    [row] = desk.invoices()
    desk.sandbox.bounce("Invoice", row["Id"], why)
    look(desk)


def look(desk: Desk) -> None:
    desk.clock.sleep(600)
    desk.application.bring_payments()


def held(desk: Desk) -> list[Work]:
    return desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))


def test_it_is_noted_once_with_who_it_was_for_and_why(sent: Desk) -> None:
    link = sent.application.ledger.links.invoice(sent.sandbox.realm_id, "INV-1")
    assert link is not None and link.sent_at is not None
    day = link.sent_at.date()
    look(sent)
    assert held(sent) == []
    bounce(sent)
    look(sent)
    [entry] = held(sent)
    assert (entry.action, entry.conflict.what) == ("bounced", "bounced")
    assert entry.reason == (
        f"QuickBooks says that its e-mail of {day} with invoice 2041 to ada@blueharbor.example did not arrive (Bounced"
        " Email). Correct the billing contact's e-mail address under Billing Preferences, then send the invoice again."
    )
    assert sent.shown("INV-1").notes[NOTE] == entry.reason
    [state] = sent.application.invoice_states([sent.shown("INV-1").json])
    assert (state.now, state.facts[0].text) == ("held", entry.reason)
    [cause] = sent.application.attention().causes
    assert (cause.title, cause.place, cause.offers) == (
        "QuickBooks could not deliver to the billing e-mail",
        "",
        ("retry", "drop"),
    )
    assert sent.application.changes() == [], "it is no edit"


def test_sent_again_to_another_address_it_is_gone(sent: Desk) -> None:
    bounce(sent)
    given = sent.shown("INV-1").json
    customer = {**given["customer"], "billing_contact": {"email": "berg@blueharbor.example"}}
    assert sent.send({**given, "customer": customer}).outcome == "sent"
    assert held(sent) == [] and NOTE not in sent.shown("INV-1").notes
    look(sent)
    assert held(sent) == [] and mails(sent)[1:] == ["berg@blueharbor.example"]


def test_tried_again_it_is_sent_as_the_host_has_it_now(sent: Desk) -> None:
    bounce(sent)
    [entry] = held(sent)
    assert sent.application.retry(entry.id, ADMIN)
    assert [each.outcome for each in sent.drain()] == ["sent"] and len(mails(sent)) == 2
    assert held(sent) == [] and not sent.application.retry(entry.id, ADMIN)
    sent.clock.sleep(60)
    bounce(sent, "Undeliverable")
    [again] = held(sent)
    assert again.id != entry.id and "(Undeliverable)" in again.reason, "the next one is news"


def test_a_person_may_have_it_emailed_once_more(sent: Desk) -> None:
    bounce(sent)
    assert resend(sent, "berg@blueharbor.example").outcome == "sent"
    assert held(sent) == [] and mails(sent)[1:] == ["berg@blueharbor.example"]


def test_what_a_person_has_settled_does_not_come_again(sent: Desk) -> None:
    bounce(sent)
    [entry] = held(sent)
    assert sent.application.drop([entry], "told by phone", ADMIN) == 1
    assert NOTE not in sent.shown("INV-1").notes
    [row] = sent.invoices()
    sent.sandbox.edit("Invoice", row["Id"], {"PrivateNote": row["PrivateNote"]})
    look(sent)
    assert held(sent) == []


def test_paid_it_waits_for_nobody(sent: Desk) -> None:
    bounce(sent)
    [row] = sent.invoices()
    sent.sandbox.pay({row["Id"]: row["TotalAmt"]})
    look(sent)
    assert held(sent) == [] and sent.shown("INV-1").status == "paid"
    assert NOTE not in sent.shown("INV-1").notes
    sent.sandbox.bounce("Invoice", row["Id"], "Undeliverable")
    look(sent)
    assert held(sent) == [], "who has paid has it"


@pytest.mark.parametrize("gone", ["void", "delete"])
def test_void_it_waits_for_nobody(sent: Desk, gone: str) -> None:
    bounce(sent)
    [row] = sent.invoices()
    getattr(sent.sandbox, gone)("Invoice", row["Id"])
    look(sent)
    assert "bounced" not in [each.action for each in held(sent)]


def test_an_email_that_somebody_sent_from_quickbooks_is_not_ours(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.send("Invoice", outcome.qbo_id, "x@blueharbor.example")
    us.sandbox.bounce("Invoice", outcome.qbo_id)
    look(us)
    assert "bounced" not in [each.action for each in held(us)]
