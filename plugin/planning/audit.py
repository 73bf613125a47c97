"""Checks whether the host's invoice adds up. If not, it is held for a person: no amount is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from onedesk_quickbooks.plugin.model.invoice import Extra, Invoice
from onedesk_quickbooks.plugin.model.money import minor_digits, number, round_half_up
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.ruleset.core.subjects import capital, line_name
from onedesk_quickbooks.plugin.texts import Text


def audit(invoice: Invoice, when_line_differs: str) -> Iterator[Reason]:
    """Every reason against the host's own figures. `when_line_differs` is hold or amount_only."""
    if when_line_differs == "hold":
        yield from _lines(invoice)
    yield from _precision(invoice)
    yield from _sums(invoice)


def _lines(invoice: Invoice) -> Iterator[Reason]:
    for position, line in enumerate(invoice.lines, 1):
        if not line.differs(invoice.currency) or line.priced == line.amount:  # the precision is named below
            continue
        per = "" if line.price_per == 1 else Text(" per {price_per}", price_per=number(line.price_per))
        product = round_half_up(line.priced or Decimal(0), minor_digits(invoice.currency))
        yield Reason(
            "line-does-not-add-up",
            Text(
                "{line} says {amount}, but {quantity} at {unit_price}{per} is {product}; correct the line in "
                "OneDesk, or set totals.when_line_differs: amount_only if its amount holds an allowance.",
                line=capital(line_name(position, line)),
                amount=_said(invoice, line.amount),
                quantity=_said(invoice, line.quantity or Decimal(0)),
                unit_price=number(line.unit_price or Decimal(0)),
                per=per,
                product=_said(invoice, product),
            ),
        )


def _precision(invoice: Invoice) -> Iterator[Reason]:
    digits = minor_digits(invoice.currency)
    places = min(digits, 2)
    named: list[tuple[str, Decimal]] = [
        (line_name(position, line), line.amount)
        for position, line in enumerate(invoice.lines, 1)
        if round_half_up(line.amount, places) != line.amount
    ]
    named += [
        (Text("the cost of {whose}", whose=line_name(position, line)), line.cost)
        for position, line in enumerate(invoice.lines, 1)
        if line.cost is not None
    ]
    named += [(Text('discount "{name}"', name=extra.name), extra.amount) for extra in invoice.discounts]
    named += [(Text('charge "{name}"', name=extra.name), extra.amount) for extra in invoice.charges]
    named += [(Text('tax "{name}"', name=tax.name), tax.amount) for tax in invoice.taxes]
    named += [
        (Text("the total"), invoice.total),
        (Text("the prepaid amount"), invoice.prepaid),
        (Text("the rounding"), invoice.rounding),
    ]
    for name, amount in named:
        if round_half_up(amount, digits) != amount:
            yield Reason(
                "too-many-decimals",
                Text(
                    "{name} is {amount}, but {currency} has {digits} decimals; round it in OneDesk.",
                    name=capital(name),
                    amount=_said(invoice, amount),
                    currency=invoice.currency,
                    digits=digits,
                ),
            )
        elif round_half_up(amount) != amount:
            yield Reason(
                "more-decimals-than-quickbooks",
                Text(
                    "{name} is {amount} {currency}, but QuickBooks has two decimals in every currency; enter it with "
                    "two in OneDesk, or book the invoice by hand.",
                    name=capital(name),
                    amount=_said(invoice, amount),
                    currency=invoice.currency,
                ),
            )


def _sums(invoice: Invoice) -> Iterator[Reason]:
    lines = sum((line.amount for line in invoice.lines), Decimal(0))
    subtotal = lines if invoice.subtotal is None else invoice.subtotal
    if lines != subtotal:
        yield Reason(
            "subtotal-does-not-add-up",
            Text(
                "The lines come to {lines}, but the subtotal says {subtotal}; correct it in OneDesk.",
                lines=_said(invoice, lines),
                subtotal=_said(invoice, subtotal),
            ),
        )
    discounts, charges = _total(invoice.discounts), _total(invoice.charges)
    taxes = sum((tax.amount for tax in invoice.taxes if not invoice.amounts_include_tax), Decimal(0))
    total = subtotal - discounts + charges + taxes
    if total != invoice.total:
        yield Reason(
            "total-does-not-add-up",
            Text(
                "Subtotal {subtotal} - discounts {discounts} + charges {charges} + taxes {taxes} is {sum}, but the "
                "total says {total}; correct the invoice in OneDesk.",
                subtotal=_said(invoice, subtotal),
                discounts=_said(invoice, discounts),
                charges=_said(invoice, charges),
                taxes=_said(invoice, taxes),
                sum=_said(invoice, total),
                total=_said(invoice, invoice.total),
            ),
        )
    payable = invoice.total - invoice.prepaid + invoice.rounding
    if invoice.payable is not None and payable != invoice.payable:
        yield Reason(
            "payable-does-not-add-up",
            Text(
                "Total {total} - prepaid {prepaid} + rounding {rounding} is {sum}, but the invoice says {payable} is "
                "payable; correct it in OneDesk.",
                total=_said(invoice, invoice.total),
                prepaid=_said(invoice, invoice.prepaid),
                rounding=_said(invoice, invoice.rounding),
                sum=_said(invoice, payable),
                payable=_said(invoice, invoice.payable),
            ),
        )


def _said(invoice: Invoice, amount: Decimal) -> str:
    """A figure as the host has it."""
    return number(invoice.of_host(amount))


def _total(extras: Iterable[Extra]) -> Decimal:
    return sum((extra.amount for extra in extras), Decimal(0))
