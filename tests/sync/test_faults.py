"""Whatever goes wrong on the way: one customer, one item each, one invoice, one e-mail, every payment once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.sync.conftest import ADMIN, Desk
from tests.sync.faults import AT_ONCE
from tests.sync.test_many import copied

Make = Callable[..., dict[str, Any]]
PLACES = {"customers and items": ("batch", 1), "the invoice": ("invoice", 0), "the e-mail": ("send", 0)}
"""Which call of a send meets the fault: its path, and how many such calls go by before."""


@pytest.fixture
def desk(desks: Callable[..., Desk]) -> Desk:
    made = desks(cuts=True)
    made.connect()
    return made


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("fault", AT_ONCE)
def test_once_and_only_once(desk: Desk, invoice: Make, fault: str, place: str) -> None:
    path, skip = PLACES[place]
    desk.sandbox.faults.inject(**AT_ONCE[fault], path=path, method="POST", skip=skip)
    desk.save(invoice())
    desk.host.send("INV-1", ADMIN)
    outcomes = desk.application.drain()
    assert [each["hits"] for each in desk.sandbox.faults.state()] == [1], "the fault was not injected"
    assert [outcome.outcome for outcome in outcomes] == ["sent"], [*outcomes, desk.application.status()]
    assert len(desk.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'")) == 1
    assert len(desk.sandbox.list("Item", "Name IN ('Support', 'Consulting')")) == 2
    assert len(desk.invoices()) == 1
    assert len(desk.sandbox.outbox()) == 1
    assert desk.application.ledger.outbox.unknown(desk.sandbox.realm_id) == []
    assert list(desk.shown("INV-1").tags) == ["Sent by QuickBooks"]


@pytest.mark.parametrize("fault", AT_ONCE)
def test_an_update_too(desk: Desk, invoice: Make, fault: str) -> None:
    first = desk.copy(invoice())
    desk.sandbox.faults.inject(**AT_ONCE[fault], path="invoice", method="POST")
    again = desk.copy(invoice(memo="Changed."))
    assert (again.outcome, again.qbo_id) == ("updated", first.qbo_id)
    assert desk.invoices()[0]["CustomerMemo"]["value"] == "Changed."
    assert desk.application.ledger.outbox.unknown(desk.sandbox.realm_id) == []


@pytest.mark.parametrize("fault", AT_ONCE)
def test_payments_come_back_once(desk: Desk, invoice: Make, fault: str) -> None:
    outcome = desk.copy(invoice())
    desk.sandbox.pay({outcome.qbo_id: "310.00"})
    desk.sandbox.faults.inject(**AT_ONCE[fault], path="cdc", count=2)
    for _ in range(4):
        try:
            desk.application.bring_payments()
        except Exception as problem:
            assert str(problem)
    assert desk.shown("INV-1").status == "paid"
    assert len(desk.shown("INV-1").payments) == 1


def requestids(desk: Desk, path: str) -> list[str]:
    """Of the requests on this path that changed something, in order."""
    log = desk.sandbox.log()
    return [each["requestid"] for each in log if each["path"].endswith(path) and each["requestid"]]


class Witness(HTTPAdapter):
    """Looks into the ledger whenever something is about to leave that changes QuickBooks."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.left: list[tuple[str, list[str]]] = []
        self._desk = desk

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        asked = dict(parse_qsl(urlsplit(str(request.url)).query))
        if "requestid" in asked:
            meant = self._desk.application.ledger.outbox.unknown(self._desk.sandbox.realm_id)
            ids = [each.requestid for each in meant if asked["requestid"] in (each.requestid, each.batch)]
            self.left.append((asked["requestid"], ids))
        return super().send(request, *args, **kwargs)


def test_nothing_leaves_before_it_is_written_down(desk: Desk, invoice: Make) -> None:
    witness = Witness(desk)
    desk.application.session.mount("http://", witness)
    desk.send(invoice())
    desk.copy(invoice(memo="Changed."))
    assert [len(meant) for _, meant in witness.left] == [3, 1, 1, 1], "customer and items, invoice, e-mail, update"
    for requestid, meant in witness.left:
        assert len(requestid) <= 36
        assert all(len(each) <= 50 and len(each.removeprefix(f"{requestid}:")) <= 36 for each in meant)


def test_an_email_that_left_is_known_by_reading_and_not_asked_for_again(desk: Desk, invoice: Make) -> None:
    desk.copy(invoice())
    desk.sandbox.clear_log()
    desk.sandbox.faults.inject(fault="answer_lost", path="send", method="POST")
    assert desk.host.send("INV-1", ADMIN)
    assert desk.outcome("INV-1").outcome == "sent"
    assert len(requestids(desk, "/send")) == 1
    assert len(desk.sandbox.outbox()) == 1
    qbo_id = desk.invoices()[0]["Id"]
    reads = [each["path"].rpartition("/invoice/")[2] for each in desk.sandbox.log() if each["method"] == "GET"]
    assert qbo_id in reads, "EmailStatus and DeliveryInfo were looked at"


@pytest.mark.parametrize("status", ["NotSet", "NeedToSend"])
def test_an_email_that_did_not_leave_is_asked_for_under_the_same_requestid(
    desk: Desk, invoice: Make, status: str
) -> None:
    copied = desk.copy(invoice())
    desk.sandbox.clear_log()
    desk.sandbox.faults.inject(fault="cut", path="send", method="POST")
    assert desk.host.send("INV-1", ADMIN)
    assert desk.application.drain(patience=timedelta(0)) == []
    if status != "NotSet":
        desk.sandbox.edit("Invoice", copied.qbo_id, {"EmailStatus": status})
    assert desk.invoices()[0]["EmailStatus"] == status
    desk.clock.sleep(10)
    assert desk.outcome("INV-1").outcome == "sent"
    first, second = requestids(desk, "/send")
    assert first == second
    assert len(desk.sandbox.outbox()) == 1


def test_an_email_of_before_is_none_of_this_time(desk: Desk, invoice: Make) -> None:
    desk.send(invoice())
    desk.sandbox.advance(timedelta(minutes=1))
    desk.sandbox.faults.inject(fault="cut", path="send", method="POST")
    assert desk.send(invoice(memo="Corrected.")).outcome == "sent"
    assert len(desk.sandbox.outbox()) == 2


def test_the_rest_of_a_batch_that_is_there_in_part_keeps_its_requestid(desk: Desk, invoice: Make) -> None:
    """What is there may be somebody else's, and the batch may still be under way: nothing is created again."""
    desk.sandbox.clear_log()
    desk.sandbox.faults.inject(fault="cut", path="batch", method="POST", skip=2)
    desk.save(invoice())
    desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert desk.application.drain(patience=timedelta(0)) == []
    income = desk.sandbox.list("Item", "Name = 'Hours'")[0]["IncomeAccountRef"]
    desk.sandbox.create("Item", {"Name": "Support", "Type": "Service", "IncomeAccountRef": income})
    desk.clock.sleep(10)
    assert desk.outcome("INV-1").outcome == "copied"
    first, second = requestids(desk, "/batch")
    assert first == second
    assert len(desk.sandbox.list("Item", "Name IN ('Support', 'Consulting')")) == 2


def test_what_a_batch_answered_with_a_failure_of_its_own_is_planned_again(desk: Desk, invoice: Make) -> None:
    desk.sandbox.faults.inject(fault="refused", code="10000", item=2, path="batch", method="POST", skip=2)
    outcome = desk.copy(invoice())
    assert outcome.outcome == "copied"
    assert len(desk.sandbox.list("Item", "Name IN ('Support', 'Consulting')")) == 2
    assert desk.application.ledger.outbox.unknown(desk.sandbox.realm_id) == []


def test_a_failure_within_a_batch_that_is_asked_for_again_is_settled_before_anything_new(
    desk: Desk, invoice: Make
) -> None:
    desk.sandbox.faults.inject(fault="cut", path="batch", method="POST", skip=2)
    desk.sandbox.faults.inject(fault="refused", code="10000", item=2, path="batch", method="POST", skip=2)
    outcome = desk.copy(invoice())
    assert [each["hits"] for each in desk.sandbox.faults.state()] == [1, 1]
    assert outcome.outcome == "copied"
    assert len(desk.sandbox.list("Item", "Name IN ('Support', 'Consulting')")) == 2
    assert desk.application.ledger.outbox.unknown(desk.sandbox.realm_id) == []
    first, second, again = [*requestids(desk, "/batch"), *requestids(desk, "/item")]
    assert first == second != again


def copied_without_an_answer(desk: Desk, invoice: dict[str, Any]) -> str:
    """QuickBooks' id of an invoice that was made there, which nobody knows yet."""
    desk.sandbox.faults.inject(fault="answer_lost", path="invoice", method="POST")
    desk.save(invoice)
    desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert desk.application.drain(patience=timedelta(0)) == []
    desk.clock.sleep(10)
    return str(desk.invoices()[0]["Id"])


def test_an_edit_before_the_copy_is_known_is_noticed_and_not_written_over(desk: Desk, invoice: Make) -> None:
    qbo_id = copied_without_an_answer(desk, invoice())
    desk.sandbox.edit("Invoice", qbo_id, {"CustomerMemo": {"value": "Pay soon."}})
    held = desk.outcome("INV-1")
    assert held.outcome == "held" and "Pay soon." in held.reason and "Thank you." in held.reason
    assert desk.copy(invoice(memo="Changed.")).outcome == "held"
    (row,) = desk.invoices()
    assert row["CustomerMemo"]["value"] == "Pay soon."


def test_a_payment_before_the_copy_is_known_is_no_edit(desk: Desk, invoice: Make) -> None:
    qbo_id = copied_without_an_answer(desk, invoice())
    desk.sandbox.pay({qbo_id: "10.00"})
    desk.sandbox.edit("Invoice", qbo_id, {"TrackingNum": "1Z-2"})
    assert desk.invoices()[0]["SyncToken"] != "0"
    assert desk.outcome("INV-1").outcome == "copied"
    desk.application.bring_payments()
    assert len(desk.shown("INV-1").payments) == 1


def test_another_user_edits_at_the_same_time(desk: Desk, invoice: Make) -> None:
    desk.copy(invoice())
    desk.sandbox.faults.inject(fault="stale", path="invoice", method="POST", count=1)
    again = desk.copy(invoice(memo="Changed."))
    assert again.outcome == "updated"
    assert desk.invoices()[0]["CustomerMemo"]["value"] == "Changed."


def test_closed_books_hold_with_a_clear_sentence(desk: Desk, invoice: Make) -> None:
    desk.sandbox.faults.inject(fault="closed_books", path="invoice", method="POST", count=1)
    held = desk.copy(invoice())
    assert held.outcome == "held" and "6210" in held.reason and "clos" in held.reason
    assert desk.copy(invoice()).outcome == "copied"


def close(desk: Desk, day: str) -> None:
    """The books of the company are closed through a day, as its owner does it in QuickBooks."""
    closed = requests.post(f"{desk.base_url}/_control/settings", json={"closing_date": day}, timeout=10)
    assert closed.status_code == 200


def test_a_closing_date_is_known_at_once(desk: Desk, invoice: Make) -> None:
    assert desk.copy(invoice()).outcome == "copied"
    close(desk, "2030-12-31")
    later = {**invoice(id="INV-3", number="3", customer={"id": "od-9", "name": "Quay Marine"}), "status": "open"}
    planned, done = desk.application.plan(later, "copy"), desk.copy(later)
    assert planned.outcome == done.outcome == "held" and "2030-12-31" in planned.reason == done.reason
    assert "Quay Marine" not in {row["DisplayName"] for row in desk.sandbox.list("Customer")}
    close(desk, "")
    assert desk.copy(later).outcome == "copied"


def test_books_closed_since_the_snapshot_are_looked_at_again(desk: Desk, invoice: Make) -> None:
    """A queue with much to do learns of it by the first refusal; nothing more is written, and the plan says why."""
    copied(desk, invoice, range(10))
    before = len(desk.invoices())
    close(desk, "2030-12-31")
    desk.predicts = False  # the company queue's snapshot is less than a minute old
    for number in range(200, 203):
        held = desk.copy(invoice(id=f"INV-{number}", number=f"{number}"))
        assert held.outcome == "held" and "2030-12-31" in held.reason
    assert len(desk.invoices()) == before


def test_a_lapsed_subscription_stops_the_queue(desk: Desk, invoice: Make) -> None:
    lapsed = requests.post(f"{desk.base_url}/_control/settings", json={"suspended": True}, timeout=10)
    assert lapsed.status_code == 200
    for number in range(1, 41):
        desk.save(invoice(id=f"INV-{number}", number=f"{number}"))
        desk.host.act(f"INV-{number}", "quickbooks.copy", ADMIN)
    desk.application.drain()
    status = desk.application.status()
    assert "subscription has ended" in status.stopped_reason
    assert "subscription has ended" in desk.shown("INV-1").notes["quickbooks"]
    assert (status.held, status.waiting) == (30, 10), "what was refused is held, what comes after it waits"
    assert desk.invoices() == []


def test_an_absent_quickbooks_blocks_nobody(desk: Desk, invoice: Make) -> None:
    desk.sandbox.faults.inject(fault="cut", path="", count=0)
    desk.save(invoice())
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert desk.application.drain() == []
    assert "no usable answer" in desk.application.waiting("INV-1")
    assert desk.application.status().waiting == 1
    desk.sandbox.faults.clear()
    assert desk.outcome("INV-1").outcome == "copied"


def test_a_queue_of_many_goes_through_bad_weather(desk: Desk, invoice: Make) -> None:
    for fault in ("answer_lost", "http_502", "throttled", "malformed_json"):
        desk.sandbox.faults.inject(fault=fault, path="", count=0, probability=0.08, seed=1)
    for n in range(40):
        desk.save(invoice(id=f"INV-{n}", number=f"N{n}"))
        desk.host.act(f"INV-{n}", "quickbooks.copy", ADMIN)
    for _ in range(30):
        desk.application.drain()
        desk.clock.sleep(300)  # the company queue waits longer and longer, at most this
    assert desk.application.status().waiting == 0
    numbers = [row["DocNumber"] for row in desk.invoices()]
    assert sorted(numbers) == sorted(f"N{n}" for n in range(40))
