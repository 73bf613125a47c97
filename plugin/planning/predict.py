"""What QuickBooks calculates for an invoice: tax for each rate on the sum of its net amounts, half up (qbo-api.md 7).

Discounts without a tax code are shared among the codes in proportion, each share rounded to a cent, with the remainder
on the last code; compounding rates are calculated on unrounded tax.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from onedesk_quickbooks.plugin.model.company_settings import Ref, SalesRate, TaxCode
from onedesk_quickbooks.plugin.model.money import round_half_up
from onedesk_quickbooks.plugin.model.plan import InvoiceDraft, TaxAmount, Totals

ZERO = Decimal(0)
TAX, NON = Ref("TAX", "TAX"), Ref("NON", "NON")
"""The two codes of a line in a US company (qbo-api.md 7)."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The tax of one rate on all its amounts, not rounded."""

    rate: SalesRate
    base: Decimal
    tax: Decimal


def predict(draft: InvoiceDraft, codes: Mapping[str, TaxCode], known: bool) -> Totals:
    """The totals of an invoice with these lines. `codes` are the company's tax codes by id; `known` is False where
    QuickBooks calculates the tax of TAX lines by the address (automated sales tax). An override replaces the tax that
    QuickBooks would calculate at its rate."""
    subtotal = sum((line.amount for line in draft.lines), ZERO)
    discount = draft.discount.amount if draft.discount else ZERO
    bases = taxable(draft)
    if draft.tax_calculation == "us":
        base = bases.get(TAX.id, ZERO)
        if not known and base:
            return Totals(subtotal, discount, (), None)
        bases = {draft.us_tax_code.id: base} if draft.us_tax_code and base else {}
    taxes = tax_amounts(bases, codes) if draft.tax_calculation != "none" else ()
    own = {each.rate.id: each.amount for each in draft.tax_overrides}
    taxes = tuple(TaxAmount(each.rate, each.percent, each.net, own.get(each.rate.id, each.amount)) for each in taxes)
    return Totals(subtotal, discount, taxes, sum((each.amount for each in taxes), ZERO))


def taxable(draft: InvoiceDraft) -> dict[str, Decimal]:
    """The net amount under each tax code of the lines, by the code's id, in the lines' order; discounts before tax are
    subtracted."""
    sums: dict[str, Decimal] = {}
    for line in draft.lines:
        if line.is_text:
            continue
        code = line.tax_code.id if line.tax_code else ""
        sums[code] = sums.get(code, ZERO) + line.amount
    discount = draft.discount
    if discount is None or (draft.tax_calculation == "us" and not draft.tax_after_discount):
        return sums
    if discount.tax_code is not None and draft.tax_calculation != "us":
        parts = {discount.tax_code.id: discount.amount}
    else:
        parts = shares(sums, discount.amount)
    return {code: sums.get(code, ZERO) - parts.get(code, ZERO) for code in (*sums, *parts)}


def shares(sums: Mapping[str, Decimal], discount: Decimal) -> dict[str, Decimal]:
    """A discount's part for each code, in proportion; the last code gets the rounding remainder."""
    whole, left = sum(sums.values(), ZERO), discount
    codes = list(sums)
    parts: dict[str, Decimal] = {}
    for code in codes[:-1]:
        parts[code] = round_half_up(discount * sums[code] / whole) if whole else ZERO
        left -= parts[code]
    return {**parts, codes[-1]: left} if codes else parts


def tax_amounts(bases: Mapping[str, Decimal], codes: Mapping[str, TaxCode]) -> tuple[TaxAmount, ...]:
    """A line of tax for each rate: its amounts under all codes together, rounded once."""
    parts: dict[str, _Part] = {}
    for code_id, base in bases.items():
        code = codes.get(code_id)
        for part in tax_on(code.rates if code else (), base):
            held = parts.get(part.rate.id)
            parts[part.rate.id] = _Part(part.rate, part.base + held.base, part.tax + held.tax) if held else part
    return tuple(
        TaxAmount(
            Ref(each.rate.id, each.rate.name), each.rate.percent, round_half_up(each.base), round_half_up(each.tax)
        )
        for each in parts.values()
    )


def tax_on(rates: Iterable[SalesRate], net: Decimal) -> Sequence[_Part]:
    """The tax of each rate of one code on a net amount; a rate may apply to the net amount and earlier tax, or to one
    earlier tax alone (TaxTypeApplicable)."""
    by_order: dict[int, Decimal] = {}
    parts = []
    for rate in sorted(rates, key=lambda each: each.order):
        earlier = sum((tax for order, tax in by_order.items() if order < rate.order), ZERO)
        base = net
        if rate.applies == "amount_and_tax":
            base = net + earlier
        elif rate.applies == "tax":
            base = by_order.get(rate.on_order, earlier)
        tax = base * rate.percent / 100
        by_order[rate.order] = by_order.get(rate.order, ZERO) + tax
        parts.append(_Part(rate, base, tax))
    return parts
