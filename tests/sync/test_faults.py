"""Whatever goes wrong on the way: one customer, one item each, one invoice, one e-mail, every payment once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]
TROUBLE = (
    "answer_lost",
    "cut",
    "http_500",
    "http_502",
    "http_503",
    "http_504",
    "throttled",
    "throttled_xml",
    "token_refused",
    "token_refused_xml",
    "system_failure",
    "malformed_json",
    "xml",
)
PLACES = {"customers and items": ("batch", 1), "the invoice": ("invoice", 0), "the e-mail": ("send", 0)}
"""Which call of a send meets the trouble: its path, and how many such calls go by before."""


@pytest.fixture
def desk(desks: Callable[..., Desk]) -> Desk:
    made = desks(cuts=True)
    made.connect()
    return made


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("trouble", TROUBLE)
def test_once_and_only_once(desk: Desk, invoice: Make, trouble: str, place: str) -> None:
    path, skip = PLACES[place]
    desk.sandbox.trouble.order(fault=trouble, path=path, method="POST", count=1, skip=skip)
    desk.save(invoice())
    desk.host.send("INV-1", ADMIN)
    outcomes = desk.bridge.drain()
    assert [each["hits"] for each in desk.sandbox.trouble.state()] == [1], "the trouble never came"
    assert [outcome.outcome for outcome in outcomes] == ["sent"], [*outcomes, desk.bridge.status()]
    assert len(desk.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'")) == 1
    assert len(desk.sandbox.list("Item", "Name IN ('Support', 'Consulting')")) == 2
    assert len(desk.invoices()) == 1
    assert len(desk.sandbox.outbox()) == 1
    assert desk.bridge.ledger.intents.unknown(desk.sandbox.realm_id) == []
    assert list(desk.shown("INV-1").tags) == ["Copied to QuickBooks"]


@pytest.mark.parametrize("trouble", [each for each in TROUBLE if not each.startswith("token_refused")])
def test_an_update_too(desk: Desk, invoice: Make, trouble: str) -> None:
    first = desk.copy(invoice())
    desk.sandbox.trouble.order(fault=trouble, path="invoice", method="POST", count=1)
    again = desk.copy(invoice(memo="Changed."))
    assert (again.outcome, again.qbo_id) == ("updated", first.qbo_id)
    assert desk.invoices()[0]["CustomerMemo"]["value"] == "Changed."
    assert desk.bridge.ledger.intents.unknown(desk.sandbox.realm_id) == []


@pytest.mark.parametrize("trouble", [*TROUBLE])
def test_payments_come_back_once(desk: Desk, invoice: Make, trouble: str) -> None:
    outcome = desk.copy(invoice())
    desk.sandbox.pay({outcome.qbo_id: "310.00"})
    desk.sandbox.trouble.order(fault=trouble, path="cdc", count=2)
    for _ in range(4):
        try:
            desk.bridge.bring_payments()
        except Exception as problem:
            assert str(problem)
    assert desk.shown("INV-1").status == "paid"
    assert len(desk.shown("INV-1").payments) == 1


def test_another_user_edits_at_the_same_time(desk: Desk, invoice: Make) -> None:
    desk.copy(invoice())
    desk.sandbox.trouble.order(fault="stale", path="invoice", method="POST", count=1)
    again = desk.copy(invoice(memo="Changed."))
    assert again.outcome == "updated"
    assert desk.invoices()[0]["CustomerMemo"]["value"] == "Changed."


def test_closed_books_hold_with_a_clear_sentence(desk: Desk, invoice: Make) -> None:
    desk.sandbox.trouble.order(fault="closed_books", path="invoice", method="POST", count=1)
    held = desk.copy(invoice())
    assert held.outcome == "held" and "6210" in held.reason and "clos" in held.reason
    assert desk.copy(invoice()).outcome == "copied"


def test_a_lapsed_subscription_stops_the_lane(desk: Desk, invoice: Make) -> None:
    desk.sandbox.trouble.order(fault="subscription_lapsed", path="", method="POST", count=0)
    desk.save(invoice())
    desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    desk.bridge.drain()
    status = desk.bridge.status()
    assert "subscription" in (status.stopped_reason + desk.shown("INV-1").notes.get("quickbooks", "")).lower()
    assert status.waiting + status.held == 1
    assert desk.invoices() == []


def test_an_absent_quickbooks_blocks_nobody(desk: Desk, invoice: Make) -> None:
    desk.sandbox.trouble.order(fault="cut", path="", count=0)
    desk.save(invoice())
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert desk.bridge.drain() == []
    assert "no usable answer" in desk.bridge.waiting("INV-1")
    assert desk.bridge.status().waiting == 1
    desk.sandbox.trouble.clear()
    assert desk.outcome("INV-1").outcome == "copied"


def test_a_queue_of_many_goes_through_bad_weather(desk: Desk, invoice: Make) -> None:
    for fault in ("answer_lost", "http_502", "throttled", "malformed_json"):
        desk.sandbox.trouble.order(fault=fault, path="", count=0, probability=0.08, seed=7)
    for n in range(40):
        desk.save(invoice(id=f"INV-{n}", number=f"N{n}"))
        desk.host.act(f"INV-{n}", "quickbooks.copy", ADMIN)
    for _ in range(30):
        desk.bridge.drain()
        desk.clock.sleep(300)  # the lane waits longer and longer, at most this
    assert desk.bridge.status().waiting == 0
    numbers = [row["DocNumber"] for row in desk.invoices()]
    assert sorted(numbers) == sorted(f"N{n}" for n in range(40))
