"""The invoices of all tests, in the form that a host passes (schemas/invoice.schema.json)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def line(service_type: str, price: str, quantity: str = "", **fields: Any) -> dict[str, Any]:
    """A line of `quantity` at `price`, or with an amount only; keyword arguments replace fields."""
    if not quantity:
        return {"service_type": service_type, "amount": price, **fields}
    amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
    return {"service_type": service_type, "quantity": quantity, "unit_price": price, "amount": str(amount), **fields}


def invoice_json(invoice_id: str, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An open invoice in USD, by default for two hours' design at 80.00; lines have ids from 1, and the total is their
    sum. Keyword arguments replace fields."""
    found = lines or (line("Design", "80.00", "2"),)
    numbered = [{"id": str(position), **each} for position, each in enumerate(found, 1)]
    return {
        "id": invoice_id,
        "number": invoice_id.removeprefix("INV-"),
        "status": "open",
        "currency": "USD",
        "issue_date": "2026-07-01",
        "customer": {"id": "C-1", "name": "Larkspur", "billing_contact": {"email": "bea@larkspur.example"}},
        "lines": numbered,
        "total": str(sum((Decimal(each["amount"]) for each in numbered), Decimal(0))),
        **fields,
    }
