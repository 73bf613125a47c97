"""Refusals of what is paid, stale SyncTokens, and edits between our look and our write."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.sync.changes.conftest import Make, edit, versions, waiting
from tests.sync.conftest import Desk


def test_a_paid_invoice_whose_change_quickbooks_refuses_says_so(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.sandbox.faults.inject(fault="refused", path="invoice", method="POST", code="620", count=1)
    held = us.copy(invoice(memo="Newer"))
    assert held.outcome == "held"
    assert "QuickBooks refuses to change the invoice, which has 110.00 USD of 310.00 USD settled" in held.reason
    assert "620" in held.reason
    assert us.invoices()[0]["CustomerMemo"]["value"] == "Thank you."


def test_a_paid_invoice_keeps_its_customer(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "310.00"})
    held = us.copy(invoice(customer={"id": "C-8", "name": "Red Pier Ltd"}))
    assert held.outcome == "held"
    assert "Invoice 2041 has 310.00 USD of 310.00 USD settled in QuickBooks" in held.reason
    assert "so it keeps its customer there" in held.reason
    assert us.sandbox.list("Customer")[-1]["DisplayName"] != "Red Pier Ltd"
    assert us.invoices()[0]["CustomerRef"]["name"] == "Blue Harbor Ltd"


@pytest.mark.parametrize("code", ["6540", "6480"])
def test_a_deposited_invoice_whose_change_quickbooks_refuses_says_so(us: Desk, invoice: Make, code: str) -> None:
    outcome = us.copy(invoice())
    payment = us.sandbox.pay({outcome.qbo_id: "310.00"})
    line = {"Amount": Decimal("310.00"), "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment"}]}
    us.sandbox.create("Deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [line]})
    us.sandbox.faults.inject(fault="refused", path="invoice", method="POST", code=code, count=1)
    held = us.copy(invoice(memo="Newer"))
    assert held.outcome == "held"
    assert "which has 310.00 USD of 310.00 USD settled" in held.reason and code in held.reason
    assert us.invoices()[0]["CustomerMemo"]["value"] == "Thank you."


class Between(HTTPAdapter):
    """The network, in which somebody works in QuickBooks right before a request that writes an invoice leaves."""

    def __init__(self, *actions: Callable[[], object]) -> None:
        super().__init__()
        self.actions = list(actions)

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if request.method == "POST" and "/invoice?" in str(request.url) and self.actions:
            self.actions.pop(0)()
        return super().send(request, *args, **more)


def between(desk: Desk, *actions: Callable[[], object]) -> None:
    desk.predicts = False  # no plan knows what somebody is going to do
    desk.application.session.mount(desk.base_url, Between(*actions))


def test_a_stale_token_is_read_again_and_merged_once(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    between(us, lambda: us.sandbox.edit("Invoice", outcome.qbo_id, {"TrackingNum": "1Z-2"}))
    us.calls()
    again = us.copy(invoice(memo="Newer"))
    assert again.outcome == "updated"
    (kept,) = us.invoices()
    assert kept["CustomerMemo"]["value"] == "Newer"
    assert kept["TrackingNum"] == "1Z-2"
    assert us.calls().count("POST invoice") == 2


def test_it_is_merged_once_and_no_more(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())

    def ship(parcel: str) -> Callable[[], object]:
        return lambda: us.sandbox.edit("Invoice", outcome.qbo_id, {"TrackingNum": parcel})

    between(us, ship("1Z-2"), ship("1Z-3"))
    held = us.copy(invoice(memo="Newer"))
    assert held.outcome == "held" and "5010" in held.reason
    assert us.invoices()[0]["CustomerMemo"]["value"] == "Thank you."


@pytest.mark.parametrize("word", ["hold", "keep_quickbooks", "overwrite"])
def test_an_edit_between_our_look_and_our_write(by_rule: Callable[[str], Desk], invoice: Make, word: str) -> None:
    desk = by_rule(word)
    outcome = desk.copy(invoice())
    between(desk, lambda: edit(desk, outcome.qbo_id))
    again = desk.copy(invoice(memo="Newer"))
    expected = {"hold": ("held", "9999"), "keep_quickbooks": ("unchanged", "9999"), "overwrite": ("updated", "2041")}
    assert (again.outcome, desk.invoices()[0]["DocNumber"]) == expected[word]
    assert "QuickBooks 9999" in again.reason


def test_an_edit_just_before_the_email_is_noticed(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    action = [lambda: edit(us, outcome.qbo_id)]

    class JustBefore(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
            if "/send" in str(request.url) and action:
                action.pop()()
            return super().send(request, *args, **more)

    us.application.session.mount(us.base_url, JustBefore())
    assert us.send(invoice()).outcome == "sent"
    us.application.bring_payments()
    assert versions(waiting(us)[0]) == {"number": ("2041", "9999")}
