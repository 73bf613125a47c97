"""Does the host's invoice add up? What does not is held for a person: no amount is guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from onedesk_quickbooks.plugin.model.invoice import Extra, Invoice, Line
from onedesk_quickbooks.plugin.model.money import minor_digits, plain, round_half_up
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.ruleset.core.subjects import capital, line_name


def priced(line: Line) -> Decimal | None:
    """What quantity, price and `price_per` come to, unrounded; None where the line has no price."""
    if line.quantity is None or line.unit_price is None:
        return None
    return line.quantity * line.unit_price / line.price_per


def line_differs(line: Line, currency: str) -> bool:
    """Whether the line's amount is another than its quantity at its price, rounded half up."""
    product = priced(line)
    return product is not None and round_half_up(product, minor_digits(currency)) != line.amount


def audit(invoice: Invoice, when_line_differs: str) -> Iterator[Reason]:
    """Every reason why the host's own figures forbid to go on. `when_line_differs` is hold or amount_only."""
    if when_line_differs == "hold":
        yield from _lines(invoice)
    yield from _precision(invoice)
    yield from _sums(invoice)


def _lines(invoice: Invoice) -> Iterator[Reason]:
    for position, line in enumerate(invoice.lines, 1):
        if not line_differs(line, invoice.currency):
            continue
        per = "" if line.price_per == 1 else f" per {plain(line.price_per)}"
        product = round_half_up(priced(line) or Decimal(0), minor_digits(invoice.currency))
        yield Reason(
            "line-does-not-add-up",
            f"{capital(line_name(position, line))} says {_said(invoice, line.amount)}, but"
            f" {_said(invoice, line.quantity or Decimal(0))} at {plain(line.unit_price or Decimal(0))}{per} is"
            f" {_said(invoice, product)}; correct the line in OneDesk, or set totals.when_line_differs: amount_only if"
            " its amount holds an allowance.",
        )


def _precision(invoice: Invoice) -> Iterator[Reason]:
    digits = minor_digits(invoice.currency)
    named: list[tuple[str, Decimal]] = [
        (line_name(position, line), line.amount) for position, line in enumerate(invoice.lines, 1)
    ]
    named += [(f'discount "{extra.name}"', extra.amount) for extra in invoice.discounts]
    named += [(f'charge "{extra.name}"', extra.amount) for extra in invoice.charges]
    named += [(f'tax "{tax.name}"', tax.amount) for tax in invoice.taxes]
    named += [("the total", invoice.total), ("the prepaid amount", invoice.prepaid), ("the rounding", invoice.rounding)]
    for name, amount in named:
        if round_half_up(amount, digits) != amount:
            yield Reason(
                "too-many-decimals",
                f"{capital(name)} is {_said(invoice, amount)}, but {invoice.currency} has {digits} decimals; round"
                " it in OneDesk.",
            )
        elif round_half_up(amount) != amount:
            yield Reason(
                "more-decimals-than-quickbooks",
                f"{capital(name)} is {_said(invoice, amount)} {invoice.currency}, but QuickBooks has two decimals in"
                " every currency; enter it with two in OneDesk, or book the invoice by hand.",
            )


def _sums(invoice: Invoice) -> Iterator[Reason]:
    lines = sum((line.amount for line in invoice.lines), Decimal(0))
    subtotal = lines if invoice.subtotal is None else invoice.subtotal
    if lines != subtotal:
        yield Reason(
            "subtotal-does-not-add-up",
            f"The lines come to {_said(invoice, lines)}, but the subtotal says {_said(invoice, subtotal)}; correct it"
            " in OneDesk.",
        )
    discounts, charges = _total(invoice.discounts), _total(invoice.charges)
    taxes = sum((tax.amount for tax in invoice.taxes if not invoice.amounts_include_tax), Decimal(0))
    total = subtotal - discounts + charges + taxes
    if total != invoice.total:
        yield Reason(
            "total-does-not-add-up",
            f"Subtotal {_said(invoice, subtotal)} - discounts {_said(invoice, discounts)} + charges"
            f" {_said(invoice, charges)} + taxes {_said(invoice, taxes)} is {_said(invoice, total)}, but the total says"
            f" {_said(invoice, invoice.total)};"
            " correct the invoice in OneDesk.",
        )
    payable = invoice.total - invoice.prepaid + invoice.rounding
    if invoice.payable is not None and payable != invoice.payable:
        yield Reason(
            "payable-does-not-add-up",
            f"Total {_said(invoice, invoice.total)} - prepaid {_said(invoice, invoice.prepaid)} + rounding"
            f" {_said(invoice, invoice.rounding)} is {_said(invoice, payable)}, but the invoice says"
            f" {_said(invoice, invoice.payable)} is payable; correct it in OneDesk.",
        )


def _said(invoice: Invoice, amount: Decimal) -> str:
    """As the host has it."""
    return plain(invoice.of_host(amount))


def _total(extras: Iterable[Extra]) -> Decimal:
    return sum((extra.amount for extra in extras), Decimal(0))
