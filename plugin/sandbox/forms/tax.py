"""Sales tax: one TaxLine per TaxRate, on the sum of its taxable amounts (qbo-api.md 7)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.store import folded
from onedesk_quickbooks.plugin.sandbox.wire.faults import bad_reference, business, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref, ref_id

_NO_CODE = {"ca": "GST/HST", "gb": "VAT", "au": "GST", "intl": "GST"}
_US = ("", "US", "USA", "UNITED STATES", "UNITED STATES OF AMERICA")
_STATES = {
    "ARIZONA": "AZ",
    "CALIFORNIA": "CA",
    "COLORADO": "CO",
    "FLORIDA": "FL",
    "GEORGIA": "GA",
    "ILLINOIS": "IL",
    "MASSACHUSETTS": "MA",
    "MICHIGAN": "MI",
    "NORTH CAROLINA": "NC",
    "NEW JERSEY": "NJ",
    "NEVADA": "NV",
    "NEW YORK": "NY",
    "OHIO": "OH",
    "PENNSYLVANIA": "PA",
    "VIRGINIA": "VA",
    "TEXAS": "TX",
    "WASHINGTON": "WA",
}
"""States by their full names."""
_STATE_LINE = re.compile(r"\b([A-Z]{2})\s+[0-9]{5}(-[0-9]{4})?$")
_LINES = ("Line5", "Line4", "Line3", "Line2", "Line1")
_PURCHASE_ONLY = (
    "We're sorry, QuickBooks encountered an error while calculating tax. Try reselecting the tax rate or reentering "
    "the product/service item and saving the form again."
)


class Rate(NamedTuple):
    """A rate of a tax code: its id, its percentage, its base, and its order."""

    id: str
    percent: Decimal
    applies: str
    order: int
    on_order: int


class TaxPart(NamedTuple):
    """The result of one rate: its percentage, its base, the tax, not rounded yet."""

    percent: Decimal
    base: Decimal
    tax: Decimal


def rates_of(books: Books, code_id: str) -> list[Rate]:
    """The sales rates of a tax code, in their order. Raises Refused 2500, 6000 (a code for purchases only)."""
    code = books.refer("TaxCode", code_id)
    details = (code.get("SalesTaxRateList") or {}).get("TaxRateDetail") or []
    if not details:
        raise business(_PURCHASE_ONLY)
    found = []
    for each in details:
        rate_id = ref_id(each, "TaxRateRef")
        rate = books.refer("TaxRate", rate_id)
        found.append(
            Rate(
                rate_id,
                number(rate.get("RateValue")),
                str(each.get("TaxTypeApplicable", "TaxOnAmount")),
                int(each.get("TaxOrder", 0)),
                int(each.get("TaxOnTaxOrder", 0)),
            )
        )
    return sorted(found, key=lambda rate: rate.order)


def tax_on(rates: list[Rate], net: Decimal) -> dict[str, TaxPart]:
    """Rate id to its part of a net amount, compounding if the code says so."""
    parts: dict[str, TaxPart] = {}
    by_order: dict[int, Decimal] = {}
    for rate in rates:
        earlier = sum((tax for order, tax in by_order.items() if order < rate.order), ZERO)
        base = net
        if rate.applies == "TaxOnAmountPlusTax":
            base = net + earlier
        elif rate.applies == "TaxOnTax":
            base = by_order.get(rate.on_order, earlier)
        tax = base * rate.percent / 100
        by_order[rate.order] = by_order.get(rate.order, ZERO) + tax
        parts[rate.id] = TaxPart(rate.percent, base, tax)
    return parts


def factor(rates: list[Rate]) -> Decimal:
    """The gross amount for one unit net."""
    return 1 + sum((part.tax for part in tax_on(rates, Decimal(1)).values()), ZERO)


def without_tax(rates: list[Rate], gross: Decimal) -> Decimal:
    """The net of a gross amount: less the tax of each rate, rounded half up."""
    parts = tax_on(rates, gross / factor(rates))
    return gross - sum((money(part.tax) for part in parts.values()), ZERO)


def included(rates: list[Rate], gross: Decimal) -> dict[str, TaxPart]:
    """Rate id to its part of a gross amount: base and tax in cents, which add up to the gross amount."""
    parts, net = tax_on(rates, gross / factor(rates)), without_tax(rates, gross)
    bases = {rate.id: net if rate.applies == "TaxOnAmount" else money(parts[rate.id].base) for rate in rates}
    return {key: TaxPart(part.percent, bases[key], money(part.tax)) for key, part in parts.items()}


def tax_lines(sums: dict[str, TaxPart], supplied: dict[str, Decimal]) -> list[Body]:
    """One TaxLine per rate; a supplied amount is kept, with the difference as OverrideDeltaAmount."""
    lines = []
    for rate_id, part in sums.items():
        computed = money(part.tax)
        detail: Body = {
            "TaxRateRef": ref(rate_id),
            "PercentBased": True,
            "TaxPercent": part.percent,
            "NetAmountTaxable": money(part.base),
        }
        line: Body = {"Amount": computed, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}
        override(line, money(supplied.get(rate_id, computed)))
        lines.append(line)
    return lines


def override(line: Body, amount: Decimal) -> None:
    """Set a stated amount in a calculated TaxLine, with the difference, so that rate and amount can be compared."""
    detail = line["TaxLineDetail"]
    gap = amount - number(line["Amount"]) + number(detail.pop("OverrideDeltaAmount", None))
    line["Amount"] = amount
    if gap:
        detail["OverrideDeltaAmount"] = money(gap)


def overridden(tax: Body) -> Decimal:
    """The total difference between stated and calculated amounts."""
    details = [line["TaxLineDetail"] for line in tax.get("TaxLine", [])]
    return sum((number(each.get("OverrideDeltaAmount")) for each in details), ZERO)


def supplied_amounts(books: Books, detail: Body) -> dict[str, Decimal]:
    """Rate id to the tax amount that a request states itself. Raises Refused 2020, 2500 (no such rate)."""
    found: dict[str, Decimal] = {}
    for line in detail.get("TaxLine") or []:
        rate_id = ref_id(line.get("TaxLineDetail") or {}, "TaxRateRef")
        if not rate_id:
            raise missing("TaxRateRef")
        books.refer("TaxRate", rate_id)
        if line.get("Amount") is not None:
            found[rate_id] = found.get(rate_id, ZERO) + number(line["Amount"])
    return found


def add_parts(sums: dict[str, TaxPart], parts: dict[str, TaxPart]) -> None:
    """Add the parts of one tax code to the sums per rate."""
    for rate_id, part in parts.items():
        held = sums.get(rate_id)
        sums[rate_id] = TaxPart(part.percent, part.base + held.base, part.tax + held.tax) if held else part


def need_code(books: Books) -> Exception:
    """6000: a line of a company outside the US has no tax code."""
    return business(f"Make sure all your transactions have a {_NO_CODE[books.edition]} rate before you save.")


def us_line_code(code: str) -> None:
    """Raise Refused 6100 unless the code is one of the two pseudo codes for US lines."""
    if code not in ("TAX", "NON"):
        raise refusal(
            "6100",
            f"Valid line TaxCodes for US should be TAX or NON. Supplied value: {code}",
        )


def automatic_code(books: Books, address: Body) -> str:
    """The code of automated sales tax, simulated: that of the destination's state.

    None for a state that is not in the table, and for other countries: CA is a state of Germany as well.
    """
    country, state = place_of(address)
    if country not in _US:
        return ""
    sql = "SELECT id FROM entity WHERE kind = 'TaxCode' AND name = ?"
    rows = books.store.rows(sql, (folded(f"Automated {state}"),))
    return str(rows[0][0]) if rows else ""


def place_of(address: Body) -> tuple[str, str]:
    """Country and US state of an address, in capitals: from its parts, or from a line such as `Houston, TX 77001`."""
    country, state = (str(address.get(key, "")).strip().upper() for key in ("Country", "CountrySubDivisionCode"))
    if not state and country in _US:
        found = (_STATE_LINE.search(str(address.get(key, "")).strip()) for key in (*_LINES, "City"))
        state = next((each.group(1) for each in found if each), "")
    return country, _STATES.get(state, state)


def us_code_rates(books: Books, code_id: str) -> list[Rate]:
    """The rates of a US transaction's tax code. Raises Refused 2500, 6160 (a pseudo code)."""
    if code_id in ("TAX", "NON", "CustomSalesTax"):
        raise refusal("6160", f"Invalid TaxCodeRef : {code_id}", "TxnTaxCodeRef")
    if not code_id.isdigit():
        raise bad_reference(f"TaxCode element id {code_id} not found", "TxnTaxCodeRef")
    return rates_of(books, code_id)
