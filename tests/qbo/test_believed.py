"""What the answer to a void must agree in with the invoice that it voids."""

from __future__ import annotations

from typing import Any

import pytest

from onedesk_quickbooks.plugin.qbo import disagreement

VOID: dict[str, Any] = {
    "Id": "48",
    "SyncToken": "1",
    "DocNumber": "2041",
    "TxnDate": "2026-07-01",
    "CustomerRef": {"value": "5"},
    "TotalAmt": 0,
    "Balance": 0,
    "Line": [],
}


def against(**fields: Any) -> str:
    """What is against this answer to the void of the customer's invoice 2041."""
    asked = {"Id": "48", "SyncToken": "0"}
    return disagreement("Invoice", "void", asked, {**VOID, **fields}, number="2041", customer_id="5")


def test_the_invoice_as_it_was_with_amounts_of_zero() -> None:
    assert against() == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [("Id", "49"), ("DocNumber", "2042"), ("CustomerRef", {"value": "6"}), ("TotalAmt", 310), ("SyncToken", "first")],
)
def test_an_answer_about_another_one_is_none(field: str, value: Any) -> None:
    assert against(**{field: value})


def test_what_is_not_known_is_not_compared() -> None:
    assert disagreement("Invoice", "void", {"Id": "48", "SyncToken": "0"}, {**VOID, "DocNumber": "7"}) == ""


def test_an_answer_without_an_id() -> None:
    assert against(Id="") == "its Invoice has no id"
