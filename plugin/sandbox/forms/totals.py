"""The amounts of a sales form: its lines, its tax, its total (qbo-api.md 2.1 and 7)."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.forms.lines import LineReader, Sums
from onedesk_quickbooks.plugin.sandbox.forms.tax import (
    TaxPart,
    add_parts,
    automatic_code,
    included,
    overridden,
    override,
    place_of,
    rates_of,
    supplied_amounts,
    tax_lines,
    tax_on,
    us_code_rates,
)
from onedesk_quickbooks.plugin.sandbox.wire.faults import business, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref, ref_id

_MOST_LINES = 10000
_MOST_TAXED_LINES = 750


def total(books: Books, draft: Body, old: Body | None, customer: Body) -> None:
    """Read the lines, calculate tax and total. Raises Refused (2020, 2500, 6000, 6070, 6090, 6100, 6160, 6170)."""
    taxed, us = bool(books.preferences["TaxPrefs"].get("UsingSalesTax")), books.edition == "us"
    mode = "TaxExcluded" if us else draft.get("GlobalTaxCalculation") or "TaxExcluded"
    detail = draft.get("TxnTaxDetail") or {}
    if mode == "NotApplicable" and _states_tax(detail):
        raise refusal(
            "6170", "Invalid TxnTaxDetail : not allowed with GlobalTaxCalculation NotApplicable", "TxnTaxDetail"
        )
    sums = LineReader(books, mode, taxed, old).read(draft.get("Line") or [])
    draft["Line"] = sums.lines
    draft["ApplyTaxAfterDiscount"] = us and bool(draft.get("ApplyTaxAfterDiscount"))
    if us:
        draft.pop("GlobalTaxCalculation", None)
        tax = _us_tax(books, draft, sums, detail, customer) if taxed else {"TotalTax": ZERO}
    else:
        draft["GlobalTaxCalculation"] = mode
        tax = _world_tax(books, sums, detail, mode) if taxed else {"TotalTax": ZERO}
    draft["TxnTaxDetail"] = tax
    _limits(sums, tax)
    gross = mode == "TaxInclusive" and taxed
    before = sum(sums.per_code.values(), overridden(tax)) if gross else sums.subtotal + tax["TotalTax"]
    draft["TotalAmt"] = money(before - sums.discount)
    if draft["TotalAmt"] < 0:
        raise business("Transaction amount must be 0 or greater.")


def _states_tax(detail: Body) -> bool:
    """Whether a request states tax; a TotalTax of 0 counts as none, since it is returned if there is none."""
    return bool(detail.get("TaxLine") or ref_id(detail, "TxnTaxCodeRef") or detail.get("TotalTax"))


def _limits(sums: Sums, tax: Body) -> None:
    """Raise Refused for more than 10,000 lines in a form, or 750 with tax (qbo-api.md section 2, general rules). The
    subtotal does not count, since no user entered it."""
    most = _MOST_TAXED_LINES if tax.get("TaxLine") else _MOST_LINES
    if sum(line["DetailType"] != "SubTotalLineDetail" for line in sums.lines) > most:
        raise business(f"A transaction can have at most {most:,} lines.")


def _us_tax(books: Books, draft: Body, sums: Sums, detail: Body, customer: Body) -> Body:
    """One code for the whole form, on the lines marked TAX; by the state if tax is automatic."""
    taxable = sums.per_code.get("TAX", ZERO)
    if draft["ApplyTaxAfterDiscount"]:
        taxable -= _spread(sums).get("TAX", ZERO)
    code_id = ref_id(detail, "TxnTaxCodeRef")
    automatic = bool(books.preferences["TaxPrefs"].get("PartnerTaxEnabled"))
    if automatic:
        # The engine's code replaces the one sent; an exempt customer has none.
        code_id = automatic_code(books, _destination(books, draft)) if customer.get("Taxable", True) else ""
    rates = us_code_rates(books, code_id) if code_id else []
    lines = tax_lines(tax_on(rates, taxable), supplied_amounts(books, detail)) if taxable else []
    tax = sum((line["Amount"] for line in lines), ZERO)
    if automatic and detail.get("TotalTax") is not None and lines:
        tax = _prorate(lines, number(detail["TotalTax"]))
    answer: Body = {"TotalTax": money(tax)}
    if code_id and (lines or not automatic):
        answer["TxnTaxCodeRef"] = ref(code_id)
    if lines:
        answer["TaxLine"] = lines
    return answer


def _destination(books: Books, draft: Body) -> Body:
    """The destination: the ship-to address if it has a country or state, else the company's own (qbo-api.md 7)."""
    address = draft.get("ShipAddr") or {}
    found: Body = address if place_of(address) != ("", "") else books.company.get("CompanyAddr") or {}
    return found


def _prorate(lines: list[Body], wanted: Decimal) -> Decimal:
    """Split a stated total tax among the lines, in proportion to their own; return the total."""
    tax, left = sum((line["Amount"] for line in lines), ZERO), wanted
    for line in lines[:-1]:
        override(line, money(wanted * line["Amount"] / tax) if tax else ZERO)
        left -= line["Amount"]
    override(lines[-1], money(left))
    return wanted


def _world_tax(books: Books, sums: Sums, detail: Body, mode: str) -> Body:
    """Outside the US: every line by its own code; the discount is subtracted first, from its code if it has one."""
    if mode == "NotApplicable":
        return {"TotalTax": ZERO}
    shares = {sums.discount_code: sums.discount} if sums.discount_code else _spread(sums)
    parts: dict[str, TaxPart] = {}
    for code_id in dict.fromkeys([*sums.per_code, *shares]):
        rates = rates_of(books, code_id)
        left = sums.per_code.get(code_id, ZERO) - shares.get(code_id, ZERO)
        add_parts(parts, included(rates, left) if mode == "TaxInclusive" else tax_on(rates, left))
    lines = tax_lines(parts, supplied_amounts(books, detail))
    return {"TotalTax": money(sum((line["Amount"] for line in lines), ZERO)), "TaxLine": lines}


def _spread(sums: Sums) -> dict[str, Decimal]:
    """The discount's part for each tax code, in proportion; the last gets the rounding difference."""
    whole, left = sum(sums.per_code.values(), ZERO), sums.discount
    shares: dict[str, Decimal] = {}
    codes = list(sums.per_code)
    for code_id in codes[:-1]:
        shares[code_id] = money(sums.discount * sums.per_code[code_id] / whole) if whole else ZERO
        left -= shares[code_id]
    if codes:
        shares[codes[-1]] = left
    return shares
