"""What customers and bookkeepers do in QuickBooks to settle an invoice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.sync.conftest import Desk

Make = Callable[..., dict[str, Any]]


def left(desk: Desk, invoice_id: str) -> tuple[str, str]:
    """How the host shows it: the status, and what is left to pay."""
    shown = desk.shown(invoice_id)
    return shown.status, str(shown.balance)


def pays(qbo_id: str, amount: str, kind: str = "Invoice") -> dict[str, Any]:
    """A line of a payment."""
    return {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": qbo_id, "TxnType": kind}]}


def credit_memo(desk: Desk, qbo_id: str, amount: str, number: str) -> str:
    """A credit memo for the customer of an invoice; its id."""
    detail = {"ItemRef": {"value": "1"}}
    line = {"Amount": Decimal(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    customer = desk.sandbox.read("Invoice", qbo_id)["CustomerRef"]
    body = {"CustomerRef": customer, "DocNumber": number, "Line": [line]}
    return str(desk.sandbox.create("CreditMemo", body)["Id"])


def credit(desk: Desk, qbo_id: str, memo: str, amount: str, used: str = "", total: str = "0") -> dict[str, Any]:
    """A payment of `total` that applies `amount` to an invoice, `used` (else all of it) from a credit memo."""
    customer = desk.sandbox.read("Invoice", qbo_id)["CustomerRef"]
    lines = [pays(qbo_id, amount), pays(memo, used or amount, "CreditMemo")]
    body = {"CustomerRef": customer, "TotalAmt": Decimal(total), "Line": lines}
    return dict(desk.sandbox.create("Payment", body))
