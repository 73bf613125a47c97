"""The basis of an automated sales tax, and the tax that a request has stated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.qbo.wire.fingerprints import written

Raw = Mapping[str, Any]


def same_tax_base(wrote: Raw, answer: Raw, now: BooksInvoice, body: Raw) -> bool:
    """Whether a `body` has the same basis for the tax of an invoice as the one that was written last (`wrote`), and
    QuickBooks' invoice still has the one that it answered then (`answer`)."""
    return _base(written(wrote)) == _base(written(body)) and _base(written(answer)) == _base(now.written)


def tax_was_set(answer: Raw, now: BooksInvoice) -> bool:
    """Whether the tax was set by hand to another value than QuickBooks answered; False where other lines explain it."""
    return _base(written(answer)) == _base(now.written) or bool(json.loads(now.written)["tax"][3])


def stated_tax(body: Raw) -> Decimal | None:
    """The total tax that a body states; None where QuickBooks calculates it."""
    found = (body.get("TxnTaxDetail") or {}).get("TotalTax")
    return None if found is None else Decimal(str(found))


def _base(held: str) -> tuple[Any, ...]:
    """The basis, from the written data of an invoice (`BooksInvoice.written`): customer, day, destination, amounts,
    items and tax codes of the lines, discounts and whether they come before tax."""
    found = json.loads(held)
    lines = [[line[0], *line[2:7]] for line in found["lines"]]
    percents = [detail[1] for detail in found["details"]]
    goes_to = found["ship"] or found["bill"]
    return (found["customer"], found["dates"][0], found["currency"], goes_to, lines, percents, found["tax"][1])
