"""What was e-mailed is e-mailed once more because a person asks: once for each time, whatever happens meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from tests.support.agreement import unnumbered
from tests.support.clock import Clock
from tests.sync.conftest import ADMIN, Desk
from tests.sync.faults import DONE, NOT_DONE
from tests.sync.test_person_holds import COMPANIES
from tests.sync.test_undone_by_rule import rules

Make = Callable[..., dict[str, Any]]
HOST = "ada@blueharbor.example"


@pytest.fixture(params=COMPANIES)
def sent(request: pytest.FixtureRequest, desks: Callable[..., Desk], invoice: Make) -> Desk:
    """In two countries: an invoice that QuickBooks has e-mailed."""
    currency, taxes = COMPANIES[request.param]
    desk = desks(request.param, rules=rules({"on_void": "hold"}, taxes))
    desk.connect()
    assert desk.send(invoice(currency=currency)).outcome == "sent"
    desk.clock.sleep(3600)
    return desk


def mails(desk: Desk) -> list[str]:
    return [each["to"] for each in desk.sandbox.outbox()]


def seen(desk: Desk) -> datetime:
    found = desk.application.sent_at("INV-1")
    assert found is not None
    return found


def resend(desk: Desk, to: str = "") -> Outcome:
    """What `resend --dry-run` says is what comes of it."""
    plan = desk.application.plan_resend("INV-1", "berta", to)
    assert desk.application.resend("INV-1", "berta", to)
    came = desk.outcome("INV-1")
    assert (plan.outcome, unnumbered(plan.reason)) == (came.outcome, unnumbered(came.reason))
    return came


def test_each_time_it_is_asked_for_is_one_more(sent: Desk) -> None:
    day = seen(sent).date()
    came = resend(sent)
    assert (came.action, came.outcome) == ("send", "sent")
    assert came.reason == f"QuickBooks e-mailed this invoice on {day}; berta has asked for one more e-mail."
    assert sent.shown("INV-1").notes["quickbooks"].startswith(f"QuickBooks e-mailed invoice 2041 to {HOST}.")
    assert mails(sent) == [HOST, HOST]
    assert resend(sent).outcome == "sent" and len(mails(sent)) == 3
    acts = [row.values for row in sent.application.ledger.audit.of_invoice("INV-1") if row.kind == "act"]
    assert [(each["act"], each["to"]) for each in acts] == [("resend", "")] * 2


def test_another_send_stays_no_email(sent: Desk, invoice: Make) -> None:
    resend(sent)
    found = sent.host.read_invoice("INV-1")
    assert found is not None
    assert sent.send(dict(found)).outcome == "unchanged" and len(mails(sent)) == 2


def test_to_another_address(sent: Desk) -> None:
    """QuickBooks keeps it on the invoice; that is no edit."""
    assert resend(sent, "Board <board@blueharbor.example>").outcome == "sent"
    assert mails(sent) == [HOST, "board@blueharbor.example"]
    assert sent.application.changes() == [] and resend(sent).outcome == "sent"
    assert mails(sent)[2:] == [HOST]


@pytest.mark.parametrize("sent", ["us"], indirect=True)
@pytest.mark.parametrize("to", ["board@", "a@b.example, c@d.example", f"{'a' * 95}@b.example"])
def test_an_address_that_is_none_is_refused(sent: Desk, to: str) -> None:
    with pytest.raises(CannotDecide):
        sent.application.resend("INV-1", "berta", to)
    assert sent.drain() == [] and mails(sent) == [HOST]


@pytest.mark.parametrize("sent", ["us"], indirect=True)
def test_pressed_twice_it_is_one(sent: Desk) -> None:
    """Before anything is done, and again once it is done: the page had shown the first e-mail."""
    then = seen(sent)
    assert sent.application.resend("INV-1", "berta", "", then)
    assert not sent.application.resend("INV-1", "berta", "", then)
    with pytest.raises(CannotDecide, match="Another entry of the invoice INV-1 has to finish first"):
        sent.application.resend("INV-1", "berta", "board@blueharbor.example", then)
    assert sent.outcome("INV-1").outcome == "sent"
    with pytest.raises(CannotDecide, match="e-mailed the invoice INV-1 on"):
        sent.application.resend("INV-1", "berta", "", then)
    assert len(mails(sent)) == 2
    acts = [row for row in sent.application.ledger.audit.of_invoice("INV-1") if row.kind == "act"]
    assert len(acts) == 1, "what is not done is not reported as done"


@pytest.mark.parametrize("sent", ["us"], indirect=True)
def test_ten_at_once_are_one(sent: Desk) -> None:
    then, begin = seen(sent), threading.Barrier(10)

    def press() -> None:
        begin.wait()
        with suppress(CannotDecide):
            sent.application.resend("INV-1", "berta", "", then)

    presses = [threading.Thread(target=press) for _ in range(10)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    sent.drain()
    assert len(mails(sent)) == 2


@pytest.mark.parametrize("sent", ["us"], indirect=True)
@pytest.mark.parametrize("fault", [*DONE, *NOT_DONE])
def test_whatever_becomes_of_the_request(sent: Desk, fault: str) -> None:
    sent.sandbox.faults.inject(**{**DONE, **NOT_DONE}[fault], path="send", method="POST", count=1)
    assert sent.application.resend("INV-1", "berta")
    sent.application.drain(patience=timedelta(0))
    sent.clock.sleep(120)
    sent.drain()
    assert len(mails(sent)) == 2
    assert sent.application.ledger.queue_lists.in_states(sent.sandbox.realm_id, ("todo", "held")) == []


@pytest.mark.parametrize("sent", ["us"], indirect=True)
@pytest.mark.parametrize("action", ["copy", "send"])
def test_asked_for_otherwise_meanwhile(sent: Desk, invoice: Make, action: str) -> None:
    """The invoice goes out once, as it is by then."""
    assert sent.application.resend("INV-1", "berta")
    newer = invoice(currency=sent.shown("INV-1").json["currency"], memo="Newer")
    assert getattr(sent, action)(newer).outcome == "sent"
    assert len(mails(sent)) == 2 and sent.invoices()[0]["CustomerMemo"]["value"] == "Newer"


def test_asked_for_otherwise_when_it_is_done_already(sent: Desk, invoice: Make) -> None:
    """The process died before it could tell; a copy that is asked for then sends nothing."""
    assert sent.application.resend("INV-1", "berta")
    [row] = sent.application.ledger.queue.open_of(sent.sandbox.realm_id, "INV-1")
    sent.drain()
    with sent.application.ledger.together() as connection:
        connection.exec_driver_sql(f"UPDATE work SET state = 'todo' WHERE id = {row.id}")
    newer = invoice(currency=sent.shown("INV-1").json["currency"], memo="Newer")
    assert sent.copy(newer).outcome == "updated"
    assert len(mails(sent)) == 2


def test_held_where_onedesk_has_another_version(sent: Desk, invoice: Make) -> None:
    sent.save(invoice(currency=sent.shown("INV-1").json["currency"], memo="Newer"))
    came = resend(sent)
    assert came.outcome == "held" and came.reason.startswith(
        "The invoice changed in OneDesk after QuickBooks e-mailed it"
    )
    assert mails(sent) == [HOST]
    assert sent.host.send("INV-1", ADMIN) and sent.outcome("INV-1").outcome == "sent"


def test_held_where_quickbooks_has_another_version(sent: Desk) -> None:
    [row] = sent.invoices()
    sent.sandbox.edit("Invoice", row["Id"], {"CustomerMemo": {"value": "Theirs"}})
    came = resend(sent)
    assert came.outcome == "held" and "was changed there since it was copied" in came.reason
    with pytest.raises(CannotDecide, match="Another entry of the invoice INV-1 has to finish first"):
        sent.application.resend("INV-1", "berta")
    assert mails(sent) == [HOST]


def test_held_where_it_is_void_there(sent: Desk) -> None:
    [row] = sent.invoices()
    sent.sandbox.void("Invoice", row["Id"])
    assert "was voided in QuickBooks" in resend(sent).reason
    assert mails(sent) == [HOST]


def test_held_by_a_person(sent: Desk) -> None:
    sent.application.hold("INV-1", "Ask Maria.", "berta")
    assert resend(sent).outcome == "held" and mails(sent) == [HOST]
    assert sent.application.release("INV-1", ADMIN)
    assert sent.outcome("INV-1").outcome == "sent" and len(mails(sent)) == 2


def test_not_without_a_billing_email_but_to_another(sent: Desk, invoice: Make) -> None:
    given = sent.shown("INV-1").json
    sent.host.save({**given, "customer": {**given["customer"], "billing_contact": {}}, "status": "open"})
    assert "has no billing e-mail in OneDesk" in resend(sent).reason
    assert mails(sent) == [HOST]


def test_paid_it_can_be_sent_once_more(sent: Desk) -> None:
    [row] = sent.invoices()
    sent.sandbox.pay({row["Id"]: row["TotalAmt"]})
    sent.application.bring_payments()
    assert sent.shown("INV-1").status == "paid"
    assert resend(sent).outcome == "sent" and len(mails(sent)) == 2


def test_what_was_not_sent_is_not_sent_again(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    with pytest.raises(CannotDecide, match="has not e-mailed the invoice INV-1 yet: send it"):
        us.application.resend("INV-1", "berta")
    with pytest.raises(CannotDecide, match="does not have INV-9"):
        us.application.resend("INV-9", "berta")
    assert us.drain() == [] and us.sandbox.outbox() == []


@pytest.mark.parametrize("sent", ["us"], indirect=True)
def test_dropped_while_it_is_not_answered(sent: Desk) -> None:
    """What comes next does not make it."""
    sent.sandbox.faults.inject(**NOT_DONE["503"], path="send", method="POST", count=0)
    assert sent.application.resend("INV-1", "berta")
    assert sent.application.drain(patience=timedelta(0)) == []
    sent.sandbox.faults.clear()
    [row] = sent.application.ledger.queue.open_of(sent.sandbox.realm_id, "INV-1")
    assert sent.application.drop([row], "by phone", "berta") == 1
    assert sent.host.send("INV-1", ADMIN)
    sent.clock.sleep(120)
    assert sent.outcome("INV-1").outcome == "unchanged"
    assert mails(sent) == [HOST]


@pytest.mark.parametrize("fault", ["answer lost", "500 though done", "connection cut", "503"])
def test_edited_before_it_is_known_whether_it_was_sent(desks: Callable[..., Desk], invoice: Make, fault: str) -> None:
    """Sent, it was of the version before, and the edit is not copied; not sent, it is held for the edit."""
    clock = Clock()
    sent = desks("us", clock=clock.now)
    sent.clock = clock  # another second of QuickBooks for each e-mail
    sent.connect()
    assert sent.send(invoice()).outcome == "sent"
    sent.clock.sleep(3600)
    sent.sandbox.faults.inject(**{**DONE, **NOT_DONE}[fault], path="send", method="POST", count=1)
    assert sent.application.resend("INV-1", "berta")
    assert sent.application.drain(patience=timedelta(0)) == [], "it is not known"
    newer = {**invoice(subtotal="150.00", total="150.00"), "lines": invoice()["lines"][1:]}
    sent.host.save(newer)
    sent.host.plugins.hook.on_invoice_changed(invoice=newer, change="edited")
    sent.clock.sleep(120)
    sent.predicts = False
    came = sent.outcome("INV-1")
    if fault in DONE:
        assert came.outcome == "sent" and str(came.qbo_total) == "310.00 USD"
    else:
        assert came.outcome == "held" and came.reason.startswith("The invoice changed in OneDesk after QuickBooks")
    assert len(mails(sent)) == (2 if fault in DONE else 1) and sent.drain() == []
    [[state]] = sent.host.plugins.hook.invoice_states(invoices=[sent.host.read_invoice("INV-1")])
    assert state.now == ("changed" if fault in DONE else "held")
