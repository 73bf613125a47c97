"""What the border says of a record that has not the shape of an invoice: the place, and what to write."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from onedesk_quickbooks.plugin.sync.payload import read_invoice

Make = Callable[..., dict[str, Any]]
LINE = {"id": "1", "amount": "310.00"}

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({"status": None}, '"status" is missing; add it; one of draft, open, paid, void, deleted'),
    "missing amount": ({"lines": [{"id": "1"}]}, 'lines[0]: "amount" is missing; add it; for example 1234.56'),
    "comma": ({"total": "310,00"}, "total: '310,00' has the wrong format; for example 1234.56, -7, 0.00"),
    "number": ({"total": 310}, "total: 310 must be text in quotes; for example 1234.56, -7, 0.00"),
    "decimals": ({"total": Decimal("310.0")}, "total: 310.0 must be text in quotes; for example 1234.56, -7, 0.00"),
    "object": ({"lines": {"a": Decimal("1.0")}}, 'lines: {"a": 1.0} is not of type'),
    "unknown field": ({"lines": [{**LINE, "hours": "2"}]}, 'lines[0]: unknown field "hours"; there are id, '),
    "status": ({"status": "sent"}, "status: 'sent' is not one of"),
}


@pytest.mark.parametrize("name", CASES)
def test_one_clear_sentence(invoice: Make, name: str) -> None:
    fields, sentence = CASES[name]
    source = {key: value for key, value in invoice(**fields).items() if value is not None}
    with pytest.raises(InvalidInvoice) as caught:
        read_invoice(source)
    assert str(caught.value).startswith(sentence)
