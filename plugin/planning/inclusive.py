"""Converts amounts that include tax, as the host has them, to the net amounts for QuickBooks (GlobalTaxCalculation
TaxExcluded: QuickBooks' treatment of gross lines is not documented, qbo-api.md 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from onedesk_quickbooks.plugin.model.company_settings import TaxCode
from onedesk_quickbooks.plugin.model.money import plain, round_half_up
from onedesk_quickbooks.plugin.model.plan import DiscountDraft, InvoiceDraft, LineDraft
from onedesk_quickbooks.plugin.planning.predict import ZERO, shares, tax_on


def without_tax(draft: InvoiceDraft, codes: Mapping[str, TaxCode]) -> InvoiceDraft:
    """Every line by its own tax code, rounded half up to a cent. Whether the sum is the host's total is checked
    afterwards, as with every invoice."""
    lines = tuple(_line(line, _gross(codes, _code(line))) for line in draft.lines)
    discount = _discount(draft, codes) if draft.discount else None
    return replace(draft, lines=lines, discount=discount)


def _code(line: LineDraft) -> str:
    return line.tax_code.id if line.tax_code else ""


def _gross(codes: Mapping[str, TaxCode], code_id: str) -> Decimal:
    """One unit of money with its tax."""
    code = codes.get(code_id)
    return 1 + sum((part.tax for part in tax_on(code.rates if code else (), Decimal(1))), ZERO)


def _line(line: LineDraft, gross: Decimal) -> LineDraft:
    net = round_half_up(line.amount / gross)
    if net == line.amount:
        return line
    text = f"{line.description}\n{plain(line.amount)} with tax".strip()
    quantity, price = line.quantity, line.unit_price
    price = round_half_up(price / gross, 7) if price is not None else None
    if quantity is None or price is None or round_half_up(quantity * price) != net:
        quantity = price = None
    return replace(line, amount=net, quantity=quantity, unit_price=price, description=text)


def _discount(draft: InvoiceDraft, codes: Mapping[str, TaxCode]) -> DiscountDraft | None:
    """A discount follows the lines: its part for each code is reduced by that code's tax."""
    if draft.discount is None:
        return None
    sums: dict[str, Decimal] = {}
    for line in draft.lines:
        if line.is_text:
            continue
        sums[_code(line)] = sums.get(_code(line), ZERO) + line.amount
    parts = shares(sums, draft.discount.amount)
    net = sum((round_half_up(amount / _gross(codes, code)) for code, amount in parts.items()), ZERO)
    return replace(draft.discount, amount=net, percent=None)
