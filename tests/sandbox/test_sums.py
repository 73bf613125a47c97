"""What lines, discount and tax come to, whatever the amounts and codes: to the cent, in both ways of stating tax."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import hypothesis.strategies as st
from hypothesis import given, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

CENT = Decimal("0.01")
CODES = ("2", "3", "4", "5", "8", "9", "13")
"""Tax codes of the Canadian company: none, one or two rates, some of them shared."""


class Sale(NamedTuple):
    """Amounts with their codes, the discount in cents or per cent, its code."""

    lines: list[tuple[Decimal, str]]
    discount: Decimal
    percent: bool
    code: str


amounts = st.decimals(min_value="0.01", max_value="999.99", places=2)
sales = st.builds(
    Sale,
    lines=st.lists(st.tuples(amounts, st.sampled_from(CODES)), min_size=1, max_size=6),
    discount=st.decimals(min_value=0, max_value=100, places=2),
    percent=st.booleans(),
    code=st.sampled_from(["", *CODES]),
)


def booked(client: Client, sale: Sale, mode: str) -> dict[str, Any]:
    """The invoice of a sale, the discount no more than what it is taken off."""
    lines: list[dict[str, Any]] = [
        {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"TaxCodeRef": {"value": code}}}
        for amount, code in sale.lines
    ]
    whole = sum(amount for amount, _ in sale.lines)
    base = sum(amount for amount, code in sale.lines if sale.code in ("", code))
    detail: dict[str, Any] = {"TaxCodeRef": {"value": sale.code}}
    if sale.percent:
        detail |= {"PercentBased": True, "DiscountPercent": sale.discount}
    if (sale.discount * whole / 100 + CENT if sale.percent else sale.discount) <= base:
        lines.append({"Amount": sale.discount, "DetailType": "DiscountLineDetail", "DiscountLineDetail": detail})
    body = {"CustomerRef": {"value": "1"}, "GlobalTaxCalculation": mode, "Line": lines}
    found: dict[str, Any] = client.sandbox.create("Invoice", body)
    return found


def parts(invoice: dict[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    """Sum of the sales lines, discount, tax."""
    by_kind = {"SalesItemLineDetail": Decimal(0), "DiscountLineDetail": Decimal(0), "SubTotalLineDetail": Decimal(0)}
    for line in invoice["Line"]:
        by_kind[line["DetailType"]] += line["Amount"]
    assert by_kind["SalesItemLineDetail"] == by_kind["SubTotalLineDetail"]
    tax = sum((line["Amount"] for line in invoice["TxnTaxDetail"]["TaxLine"]), Decimal(0))
    assert tax == invoice["TxnTaxDetail"]["TotalTax"]
    return by_kind["SalesItemLineDetail"], by_kind["DiscountLineDetail"], tax


def test_tax_on_top(connect: Callable[[str], Client]) -> None:
    client = connect("ca")

    @given(sale=sales)
    @settings(max_examples=100, deadline=None)
    def held(sale: Sale) -> None:
        invoice = booked(client, sale, "TaxExcluded")
        net, discount, tax = parts(invoice)
        assert invoice["TotalAmt"] == net - discount + tax
        for line in invoice["TxnTaxDetail"]["TaxLine"]:
            detail = line["TaxLineDetail"]
            made = (detail["NetAmountTaxable"] * detail["TaxPercent"] / 100).quantize(CENT, ROUND_HALF_UP)
            assert (line["Amount"], "OverrideDeltaAmount" in detail) == (made, False)

    held()


def test_tax_included(connect: Callable[[str], Client]) -> None:
    client = connect("ca")

    @given(sale=sales)
    @settings(max_examples=100, deadline=None)
    def held(sale: Sale) -> None:
        gross = sum(amount for amount, _ in sale.lines)
        invoice = booked(client, sale, "TaxInclusive")
        assert invoice["TotalAmt"] == gross - parts(invoice)[1]
        plain = booked(client, sale._replace(discount=Decimal(0)), "TaxInclusive")
        net, _, tax = parts(plain)
        assert net + tax == gross == plain["TotalAmt"]

    held()
