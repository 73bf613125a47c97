"""An invoice that a person holds: nothing of it is written to QuickBooks until it is released."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_no_longer_wanted import DONE, NOT_DONE, mailed, numbers
from tests.sync.test_undone_by_rule import rules
from tests.sync.test_written_first import unanswered

Make = Callable[..., dict[str, Any]]
COMPANIES = {"us": ("USD", "{otherwise: company_default}"), "ca": ("CAD", "{otherwise: {code: Exempt}}")}
"""Currency, and the rules for taxes."""


def hold(desk: Desk, invoice_id: str = "INV-1", reason: str = "Ask Maria about the rate.") -> None:
    desk.application.hold(invoice_id, reason, "berta")


def held(desk: Desk) -> list[str]:
    return [each.reason for each in desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))]


@pytest.mark.parametrize("company", COMPANIES)
@pytest.mark.parametrize("action", ["copy", "send"])
def test_nothing_is_written_until_it_is_released(
    desks: Callable[..., Desk], invoice: Make, company: str, action: str
) -> None:
    """Other invoices go on."""
    currency, taxes = COMPANIES[company]
    desk = desks(company, rules=rules({"on_void": "hold"}, taxes))
    desk.connect()
    desk.save(invoice(currency=currency))
    hold(desk)
    came = getattr(desk, action)(invoice(currency=currency))
    assert (came.action, came.outcome) == (action, "held")
    assert came.reason == (
        f"berta has held it since {desk.clock.now().date()}: Ask Maria about the rate. Nothing of it is written to"
        " QuickBooks until it is released: onedesk-quickbooks queue release INV-1"
    )
    assert desk.copy(invoice(id="INV-2", number="2042", currency=currency)).outcome == "copied"
    assert desk.application.retry(desk.application.ledger.queue.open_of(desk.sandbox.realm_id, "INV-1")[0].id)
    assert [each.outcome for each in desk.drain()] == ["held"], "trying again is no release"
    assert [*desk.shown("INV-1").tags] == ["Held for QuickBooks"] and "berta has held it" in desk.shown("INV-1").notes[
        "quickbooks"
    ]
    assert numbers(desk) == ["2042"]
    assert desk.application.release("INV-1", ADMIN)
    assert desk.outcome("INV-1").outcome == {"copy": "copied", "send": "sent"}[action]
    assert not desk.application.release("INV-1", ADMIN), "it is held no more"
    acts = [row.values["act"] for row in desk.application.ledger.audit.of_invoice("INV-1") if row.kind == "act"]
    assert acts == ["hold", "retry", "release", "retry"]


def test_another_person_does_not_replace_the_reason(us: Desk, invoice: Make) -> None:
    """One release would end both."""
    us.save(invoice())
    hold(us)
    with pytest.raises(CannotDecide) as refused:
        us.application.hold("INV-1", "Wrong address", ADMIN)
    assert str(refused.value) == (
        f"berta has held invoice 2041 since {us.clock.now().date()}: Ask Maria about the rate. Nothing was changed. To"
        " hold it for another reason, release it first: onedesk-quickbooks queue release INV-1"
    )
    hold(us, reason="Ask Maria about the rate, and the date.")
    assert [(each.by, each.reason) for each in us.application.holds()] == [
        ("berta", "Ask Maria about the rate, and the date.")
    ]
    assert us.application.release("INV-1", ADMIN)
    us.application.hold("INV-1", "Wrong address", ADMIN)
    assert [each.by for each in us.application.holds()] == [ADMIN]


def test_a_copy_is_left_as_it_is_and_its_payment_comes_back(us: Desk, invoice: Make) -> None:
    copied = us.copy(invoice())
    hold(us)
    came = us.send(invoice(memo="Corrected"))
    assert came.outcome == "held" and mailed(us) == []
    us.sandbox.pay({copied.qbo_id: "10.00"})
    [news] = us.application.bring_payments()
    assert news.what == "recorded" and us.shown("INV-1").balance.amount == 300
    assert us.application.release("INV-1", ADMIN)
    assert us.outcome("INV-1").outcome == "sent" and mailed(us) == ["2041"]


def test_it_is_held_while_it_waits_and_no_second_hold_is_needed(us: Desk, invoice: Make) -> None:
    us.save(invoice())
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    hold(us)
    hold(us, reason="Billed twice?")
    [found] = us.application.holds()
    assert (found.od_invoice_id, found.od_number, found.by, found.reason) == ("INV-1", "2041", "berta", "Billed twice?")
    [came] = us.drain()
    assert came.outcome == "held" and "Billed twice?" in came.reason
    assert us.application.release("INV-1", ADMIN) and us.application.holds() == []
    assert us.outcome("INV-1").outcome == "copied"


def test_a_void_by_rule_waits_too(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=rules({"on_void": "void"}))
    desk.connect()
    copied = desk.copy(invoice())
    hold(desk)
    desk.host.void("INV-1", ADMIN)
    [came] = desk.drain()
    assert (came.action, came.outcome) == ("voided", "held")
    [row] = desk.sandbox.list("Invoice", f"Id = '{copied.qbo_id}'")
    assert row["TotalAmt"] == 310
    assert desk.application.release("INV-1", ADMIN)
    assert [each.outcome for each in desk.drain()] == ["voided"]


@pytest.mark.parametrize("fault", [NOT_DONE, DONE])
def test_a_request_without_an_answer_is_not_made_again_while_it_is_held(us: Desk, invoice: Make, fault: str) -> None:
    """What QuickBooks has done all the same is found; nothing is doubled when it is released."""
    us.copy(invoice(id="INV-0", number="2040", memo="Before"))
    unanswered(us, invoice(), fault)
    hold(us)
    us.clock.sleep(120)
    us.drain()
    assert numbers(us) == (["2040"] if fault == NOT_DONE else ["2040", "2041"])
    assert us.application.ledger.outbox.unknown(us.sandbox.realm_id) == []
    us.application.release("INV-1", ADMIN)
    us.drain()
    assert numbers(us) == ["2040", "2041"] and held(us) == []


def test_an_undo_that_a_person_asks_for_goes_on(us: Desk, invoice: Make) -> None:
    with us.application.as_command("r-1", "copy", "ada"):
        us.copy(invoice())
    us.application.end_run("r-1")
    hold(us)
    report = us.application.look_at_run("r-1", "delete", "ada")
    with us.application.one_undo(), us.application.as_command("u-1", "undo", "ada", undoes="r-1", deed="delete"):
        us.application.undo(report, "ada", lambda outcome: None, lambda row: None)
    assert us.invoices() == []


@pytest.mark.parametrize(
    ("invoice_id", "reason", "said"),
    [
        ("INV-7", "Ask Maria", "Neither OneDesk nor the queue has an invoice INV-7: check its id."),
        ("INV-1", " ", "Enter the reason for the hold"),
        ("INV-1", "a\x00b", "a control character"),
    ],
)
def test_what_cannot_be_held_says_why(us: Desk, invoice: Make, invoice_id: str, reason: str, said: str) -> None:
    us.save(invoice())
    with pytest.raises(CannotDecide, match=said):
        hold(us, invoice_id, reason)
    assert us.application.holds() == []
