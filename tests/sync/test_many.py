"""Many invoices at once: as few calls as QuickBooks' limits ask for, and what others change meanwhile is noticed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.runner import OFTEN
from tests.sync.conftest import ADMIN, Desk
from tests.sync.reconcile.conftest import foreign

Make = Callable[..., dict[str, Any]]


BARE = {
    "Line": [{"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}]
}


NOTES = 2
"""Requests for the notes of all invoices and credit memos, once."""


def customer(n: int) -> dict[str, Any]:
    contact = {"email": f"c{n}@customer.example"}
    return {"id": f"C-{n}", "name": f"Customer {n}", "billing_contact": contact, "address": {"country": "US"}}


def ask(desk: Desk, invoice: Make, numbers: range) -> None:
    for n in numbers:
        desk.save(invoice(id=f"INV-{n}", number=f"N{n}", customer=customer(n % 40)))
        desk.host.act(f"INV-{n}", "quickbooks.copy", ADMIN)


def copied(desk: Desk, invoice: Make, numbers: range) -> None:
    """By a process that has much to do: it has read all customers, items and numbers."""
    for _ in range(OFTEN):
        desk.application.time_slice(timedelta(hours=1))
    ask(desk, invoice, numbers)
    desk.calls()
    while desk.application.time_slice(timedelta(hours=1)):
        pass
    assert "GET query" in desk.calls() and len(desk.invoices()) == len(numbers)


def test_many_invoices_take_few_calls_and_then_their_numbers_alone_are_asked_for(us: Desk, invoice: Make) -> None:
    ask(us, invoice, range(310))
    us.calls()
    outcomes = us.application.drain()
    assert {outcome.outcome for outcome in outcomes} == {"copied"} and len(outcomes) == 310
    calls = us.calls()
    assert len(calls) - NOTES <= 0.06 * 310, calls
    assert sum(outcome.calls for outcome in outcomes) == len(calls)
    assert len(us.sandbox.list("Customer", "DisplayName LIKE 'Customer %'")) == 40
    us.sandbox.create("Invoice", {**BARE, "DocNumber": "NX", "CustomerRef": {"value": "1"}})
    us.clock.sleep(61)
    us.calls()
    held = us.copy(invoice(id="INV-X", number="NX", customer=customer(1)))
    assert held.outcome == "held" and "The number NX is taken in QuickBooks by Invoice of" in held.reason
    assert us.calls() == ["GET cdc", "GET query", "GET query", "POST batch"]


def test_somebody_else_was_quicker(us: Desk, invoice: Make) -> None:
    """The snapshot does not know of a customer that was made a moment ago, nor that an item went inactive."""
    copied(us, invoice, range(10))
    us.sandbox.create("Customer", {"DisplayName": "New Pier Ltd"})
    support = us.sandbox.list("Item", "Name = 'Support'")[0]
    us.sandbox.edit("Item", support["Id"], {"Active": False})
    new = {"id": "C-X", "name": "New Pier Ltd"}
    held = us.copy(invoice(id="INV-X", number="NX", customer=new))
    assert held.outcome == "held" and '"Support (deleted)" (inactive); make it active again' in held.reason
    us.sandbox.edit("Item", support["Id"], {"Active": True, "Name": "Support"})
    outcome = us.copy(invoice(id="INV-X", number="NX", customer=new))
    assert outcome.outcome == "copied", outcome.reason
    assert len(us.sandbox.list("Customer", "DisplayName LIKE 'New Pier%'")) == 1


def test_more_was_changed_than_quickbooks_reports(us: Desk, invoice: Make) -> None:
    """Change data capture ends at 1000: what is remembered is read again, nothing is taken for missing."""
    copied(us, invoice, range(10))
    for n in range(1001):
        us.sandbox.create("Customer", {"DisplayName": f"Somebody {n}"})
    us.clock.sleep(61)
    us.calls()
    assert us.copy(invoice(id="INV-X", number="NX", customer=customer(1))).outcome == "copied"
    posted = [call for call in us.calls() if call.startswith("POST")]
    assert posted == ["POST batch", "POST invoice"], "the batch is part of reading everything"


def test_payments_come_back_between_the_chunks_of_a_long_day(us: Desk, invoice: Make) -> None:
    ask(us, invoice, range(70))
    us.calls()
    while us.application.time_slice(timedelta(hours=1)):
        pass
    calls = us.calls()
    batches = [n for n, call in enumerate(calls) if call == "POST batch"]
    assert batches[0] < calls.index("GET cdc") < batches[-1], calls
    assert calls.count("GET cdc") == 1 and len(us.invoices()) == 70


def test_a_look_at_more_than_quickbooks_reports_reads_only_what_concerns_us(us: Desk, invoice: Make) -> None:
    ask(us, invoice, range(3))
    us.application.drain()
    paid, edited, still = us.invoices()
    us.application.bring_payments()
    for n in range(1000):
        us.sandbox.create("Invoice", {**BARE, "DocNumber": f"X{n}", "CustomerRef": {"value": "1"}})
    us.sandbox.pay({paid["Id"]: paid["TotalAmt"]})
    us.sandbox.edit("Invoice", edited["Id"], {"DocNumber": "Renamed"})
    us.sandbox.edit("Invoice", still["Id"], {"EmailStatus": "NeedToSend"})
    us.calls()
    [news] = us.application.bring_payments()
    assert (news.what, news.number) == ("recorded", paid["DocNumber"])
    [change] = us.application.changes()
    assert "Renamed" in change.reason and change.od_number == edited["DocNumber"]
    calls = us.calls()
    assert len(calls) <= 8, calls


def test_a_number_that_is_free_again_is_given(us: Desk, invoice: Make) -> None:
    copied(us, invoice, range(10))
    [gone] = us.sandbox.list("Invoice", "DocNumber = 'N7'")
    us.sandbox.delete("Invoice", gone["Id"])
    assert us.copy(invoice(id="INV-X", number="N7", customer=customer(1))).outcome == "copied"
    assert us.copy(invoice(id="INV-Y", number="N8", customer=customer(1))).outcome == "held"


@pytest.mark.parametrize(
    ("seconds", "warns", "expected"), [(61, False, "held"), (0, True, "held"), (0, False, "copied")]
)
def test_a_number_that_somebody_has_just_given(
    us: Desk, invoice: Make, seconds: int, warns: bool, expected: str
) -> None:
    """As docs/reliability.md promises: within the minute of the list only QuickBooks itself can refuse it, and the
    reconciliation names the two."""
    prefs = {"SalesFormsPrefs": {"CustomTxnNumbers": True}, "warn_duplicate_numbers": warns}
    assert requests.post(f"{us.base_url}/_control/settings", json=prefs, timeout=10).ok
    copied(us, invoice, range(10))
    theirs = us.sandbox.create(
        "Invoice", {**BARE, "DocNumber": "NX", "TxnDate": "2026-07-01", "CustomerRef": {"value": "1"}}
    )
    us.clock.sleep(seconds)
    us.predicts = expected == "held"
    outcome = us.copy(invoice(id="INV-X", number="NX", customer=customer(1)))
    assert outcome.outcome == expected
    if expected == "held":
        assert "The number NX is taken in QuickBooks by Invoice of" in outcome.reason
    else:
        found = sorted(each.cause for each in foreign(us).all if each.kind == "duplicate_number")
        ids = (theirs["Id"], outcome.qbo_id)
        assert len(found) == 2 and all(f"invoice {each} of" in cause for each, cause in zip(ids, found, strict=True))


def test_a_warm_copy_takes_one_call(us: Desk, invoice: Make) -> None:
    copied(us, invoice, range(10))
    us.calls()
    assert us.copy(invoice(id="INV-X", number="NX", customer=customer(1))).outcome == "copied"
    assert us.calls() == ["POST invoice"]


def test_a_cold_copy_of_a_new_customer_and_new_items_takes_few(us: Desk, invoice: Make) -> None:
    us.copy(invoice(id="INV-0", number="N0"))
    us.calls()
    lines = [{"id": str(n), "service_type": f"New {n}", "amount": "10.00"} for n in range(3)]
    fresh = invoice(
        id="INV-Y",
        number="NY",
        customer={"id": "C-Y", "name": "Pier Ltd"},
        lines=lines,
        subtotal="30.00",
        total="30.00",
    )
    assert us.copy(fresh).outcome == "copied"
    assert len(us.calls()) <= 4


def test_a_service_reads_everything_only_where_it_has_much_to_do(us: Desk, invoice: Make) -> None:
    """A company with a few invoices now and then is asked for what these need, in one request."""
    us.application.bring_payments()
    queries = {0: NOTES, 3: 2}
    for n in range(4):
        ask(us, invoice, range(5 * n, 5 * n + 5))
        us.calls()
        us.application.time_slice(timedelta(hours=1))
        assert [call for call in us.calls() if call.startswith("GET query")] == (["GET query"] * queries.get(n, 0))
    assert len(us.invoices()) == 20


def test_requests_are_counted_while_a_long_queue_is_worked_off(
    us: Desk, invoice: Callable[..., dict[str, Any]]
) -> None:
    """Another process shows them; not each chunk writes them."""
    us.clock.stop()  # a chunk takes fifteen seconds, however slow the machine is
    for place in range(95):
        us.save(invoice(id=f"INV-{place}", number=f"C-{place}"))
        us.host.act(f"INV-{place}", "quickbooks.copy", ADMIN)
    us.predicts = False
    ledger, realm_id, known = us.application.ledger, us.sandbox.realm_id, list[int]()

    def progress(outcome: Outcome) -> None:
        us.clock.sleep(0.5)
        known.append(sum(ledger.call_counts.since(realm_id, "2000-01-01").values()))

    us.application.drain(progress)
    assert len(set(known)) == 2 and known == sorted(known)
    assert known[30] == known[0] < known[60] == known[-1]
    assert sum(ledger.call_counts.since(realm_id, "2000-01-01").values()) > known[-1]
