"""Requests whose answer never came: how their object is found, and whether it is what was meant."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.qbo import (
    as_created,
    by_id,
    id_of,
    is_unpaid_answer,
    marked,
    read_invoice,
    receiver_of,
    send_body,
    token_of,
    was_sent,
    was_updated,
    where_created,
)
from onedesk_quickbooks.plugin.qbo.wire.recovered import same_content

LINE: dict[str, Any] = {
    "DetailType": "SalesItemLineDetail",
    "Amount": Decimal("150.00"),
    "Description": "Homepage",
    "SalesItemLineDetail": {"ItemRef": {"value": "4"}, "TaxCodeRef": {"value": "5"}},
}
OLD: dict[str, Any] = {
    "DocNumber": "INV-7",
    "CustomerRef": {"value": "3"},
    "TxnDate": "2026-07-15",
    "Line": [LINE],
    "CustomerMemo": {"value": "Thank you"},
    "PrivateNote": "OneDesk invoice 7",
}
"""As earlier releases sent it."""
BODY: dict[str, Any] = {
    **OLD,
    "SalesTermRef": {"value": "3"},
    "ExchangeRate": Decimal("1.1"),
    "Deposit": Decimal("20"),
    "BillEmail": {"Address": "a@quay.example, b@quay.example"},
    "BillAddr": {"Line1": "1 Quay", "City": "Oslo", "PostalCode": "0150"},
    "ShipAddr": {"Line1": "", "City": ""},
}
FOUND: dict[str, Any] = {
    **BODY,
    "Id": "266",
    "SyncToken": "0",
    "DueDate": "2026-08-14",
    "SalesTermRef": {"value": "3", "name": "Net 30"},
    "ExchangeRate": Decimal("1.10"),
    "Deposit": Decimal("20.00"),
    "BillEmail": {"Address": "a@quay.example,b@quay.example"},
    "BillAddr": {"Id": "95", "Line1": "1 Quay", "Line2": "0150 Oslo"},
    "ShipAddr": {"Line1": "9 Dock"},
    "Line": [
        {**LINE, "Id": "1", "Amount": Decimal("150.0")},
        {"DetailType": "SubTotalLineDetail", "Amount": Decimal(150)},
    ],
    "TotalAmt": Decimal("150.00"),
    "Balance": Decimal("150.00"),
}


@pytest.mark.parametrize("body", [OLD, BODY])
def test_what_quickbooks_makes_of_a_body_is_the_same(body: dict[str, Any]) -> None:
    assert same_content(FOUND, body)


@pytest.mark.parametrize(
    "edit",
    [
        {"DocNumber": "INV-8"},
        {"TxnDate": "2026-07-16"},
        {"PrivateNote": ""},
        {"CustomerMemo": {"value": "Pay soon"}},
        {"Line": [{**LINE, "Amount": Decimal("149.00")}]},
        {"Line": [{**LINE, "SalesItemLineDetail": {"ItemRef": {"value": "9"}}}]},
        {"Line": [{**LINE, "SalesItemLineDetail": {"ItemRef": {"value": "4"}, "ServiceDate": "2026-07-01"}}]},
    ],
)
def test_an_edit_is_recognised_from_any_body(edit: dict[str, Any]) -> None:
    assert not same_content({**FOUND, **edit}, OLD)
    assert not same_content({**FOUND, **edit}, BODY)


@pytest.mark.parametrize(
    "edit",
    [
        {"SalesTermRef": None},
        {"ExchangeRate": Decimal("0.70")},
        {"Deposit": None},
        {"BillEmail": {"Address": "a@quay.example"}},
        {"BillAddr": {"Line1": "2 Quay", "Line2": "0150 Oslo"}},
    ],
)
def test_an_edit_of_what_a_body_states_is_recognised(edit: dict[str, Any]) -> None:
    assert not same_content({**FOUND, **edit}, BODY)
    assert same_content({**FOUND, **edit}, OLD)


def test_an_edit_before_the_answer_was_known_is_noticed_later() -> None:
    assert as_created(FOUND, BODY, Decimal("150.00")) is FOUND
    paid = {**FOUND, "SyncToken": "2", "Balance": Decimal(0)}
    assert as_created(paid, BODY, Decimal("150.00")) is paid
    edited = {**paid, "ExchangeRate": Decimal("0.70"), "BillEmail": {"Address": "x@quay.example"}}
    kept = read_invoice(as_created(edited, BODY, Decimal("150.00")))
    assert (kept.exchange_rate, kept.email) == (Decimal("1.1"), "a@quay.example, b@quay.example")
    assert kept.fingerprint != read_invoice(edited).fingerprint and kept.id == "266"


@pytest.mark.parametrize(
    ("entity", "token", "change", "done"),
    [
        ("Invoice", "5", {}, True),
        ("Invoice", "4", {}, False),
        ("Invoice", "6", {}, False),
        ("Invoice", "5", {"PrivateNote": "another"}, False),
        ("Item", "5", {}, True),
        ("Item", "6", {}, True),
        ("Item", "4", {}, False),
    ],
)
def test_an_update_was_done_or_not(entity: str, token: str, change: dict[str, Any], done: bool) -> None:
    assert was_updated(entity, {**FOUND, **change, "SyncToken": token}, {**BODY, "SyncToken": "4"}) is done


def test_how_an_object_is_found() -> None:
    assert where_created("Invoice", BODY) == {"DocNumber": "INV-7"}
    unnumbered = {key: value for key, value in BODY.items() if key != "DocNumber"}
    assert where_created("Invoice", unnumbered) == {"CustomerRef": "3", "TxnDate": "2026-07-15"}
    assert where_created("Customer", {"DisplayName": "Fjord"}) == {"DisplayName": "Fjord"}
    assert where_created("Item", {"Name": "Design"}) == {"FullyQualifiedName": "Design"}
    other = {**FOUND, "PrivateNote": "OneDesk invoice 77"}
    assert marked([{}, other, {**FOUND, "PrivateNote": "hello\nOneDesk invoice 7"}], "OneDesk invoice 7") is not None
    assert marked([{}, other], "OneDesk invoice 7") is None


def test_ids_and_tokens() -> None:
    assert (id_of(FOUND), token_of(FOUND), token_of({})) == ("266", "0", "")
    assert by_id([FOUND]) == {"266": FOUND}
    assert (id_of(send_body("266", "a@quay.example")), receiver_of(send_body("266", "a@quay.example"))) == (
        "266",
        "a@quay.example",
    )
    assert is_unpaid_answer(FOUND, "0") and not is_unpaid_answer(FOUND, "1") and not is_unpaid_answer(None, "0")
    assert not is_unpaid_answer({**FOUND, "Balance": Decimal(0)}, "0")


@pytest.mark.parametrize(
    ("status", "at", "before", "sent"),
    [
        ("EmailSent", "2026-07-15T12:00:00-07:00", "", True),
        ("EmailSent", "2026-07-15T12:00:00-07:00", "2026-07-15T12:00:00-07:00", False),
        ("NeedToSend", "", "", False),
    ],
)
def test_an_email_was_sent_or_not(status: str, at: str, before: str, sent: bool) -> None:
    raw = {**FOUND, "EmailStatus": status, "DeliveryInfo": {"DeliveryTime": at}}
    assert was_sent(read_invoice(raw), before) is sent
