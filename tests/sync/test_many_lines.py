"""The most lines that QuickBooks takes on an invoice with tax: the plan and the run have the same border."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.invoices import invoice_json, line
from tests.sync.conftest import Desk


def many(count: int, discount: str = "") -> dict[str, Any]:
    """So many lines of 1.00 in Ontario, with 13 % tax."""
    net = Decimal(count) - Decimal(discount or 0)
    tax = (net * Decimal("0.13")).quantize(Decimal("0.01"))
    return invoice_json(
        "INV-1",
        *(line("Consulting", "1.00") for _ in range(count)),
        currency="CAD",
        customer={"id": "C-1", "name": "Érable", "address": {"country": "CA", "region": "ON"}},
        taxes=[{"name": "HST", "rate": "13", "amount": str(tax)}],
        discounts=[{"name": "Friend", "amount": discount}] if discount else [],
        total=str(net + tax),
    )


@pytest.mark.parametrize(
    ("count", "discount", "outcome"),
    [(750, "", "copied"), (751, "", "held"), (749, "10.00", "copied"), (750, "10.00", "held")],
)
def test_the_border(desks: Callable[..., Desk], count: int, discount: str, outcome: str) -> None:
    desk = desks("ca", rules="version: 1\ntaxes: {by_country: {CA: HST ON}, otherwise: hold}\n")
    desk.connect()
    came = desk.copy(many(count, discount))
    assert (came.outcome, "QuickBooks takes 750 on one with tax" in came.reason) == (outcome, outcome == "held"), came
    assert len(desk.sandbox.list("Invoice", "DocNumber = '1'")) == (outcome == "copied")
