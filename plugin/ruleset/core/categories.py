"""The tax category (UNCL5305) of a line, charge or discount: its own, or the one of the invoice's taxes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from onedesk_quickbooks.plugin.model.invoice import Extra, Invoice

Found = tuple[str, tuple[str, ...]]
"""A category in capitals ("" for none); or "" and the categories between which nothing decides."""

NONE: Found = ("", ())

UNTAXED = frozenset({"Z", "E", "AE", "K", "G", "O"})
"""Categories on which no tax is charged."""


class Categories:
    """The categories of one invoice; `lines` are those of its lines, in their order."""

    def __init__(self, invoice: Invoice) -> None:
        self._taxes = [(tax.rate, _code(tax.category)) for tax in invoice.taxes]
        self._every = list(dict.fromkeys(category for _, category in self._taxes))
        self.lines = [self.of(line.tax_category, line.tax_rate, line.taxable) for line in invoice.lines]
        of_sales = {own for own, line in zip(self.lines, invoice.lines, strict=True) if not line.is_text}
        self._shared = next(iter(of_sales)) if len(of_sales) == 1 else NONE

    def of(self, own: str, rate: Decimal | None, taxable: bool | None) -> Found:
        """The category of a line: its own; else that of the tax with its rate; else, without a rate, that of all taxes.
        A line that is not taxable does not get the standard category from another line."""
        if own.strip():
            return _code(own), ()
        if rate is None:
            found = self._every if len(self._every) == 1 else []
        else:
            found = list(dict.fromkeys(category for each, category in self._taxes if each == rate))
        if taxable is False:
            found = [each for each in found if each != "S"]
        return _only(found)

    def of_charge(self, charge: Extra) -> Found:
        """The category of a charge. A charge without tax data does not become taxable because a line is."""
        silent = charge.taxable is None and charge.tax_rate is None
        found = self.of(charge.tax_category, charge.tax_rate, charge.taxable)
        return NONE if silent and not charge.tax_category.strip() and found[0] == "S" else found

    def of_discount(self, discount: Extra, taxable: bool | None) -> Found:
        """The category of a discount: its own, or that of its own rate; else that of the lines, if they all have the
        same."""
        if discount.tax_category.strip() or discount.tax_rate is not None:
            return self.of(discount.tax_category, discount.tax_rate, taxable)
        return self._shared


def _code(category: str) -> str:
    return category.strip().upper()


def _only(found: Iterable[str]) -> Found:
    several = tuple(found)
    return (several[0], ()) if len(several) == 1 else ("", several)
