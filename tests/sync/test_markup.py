"""Billable expenses: by rule the markup is a line of its own, and total and tax are what they are without it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.sync.conftest import Desk
from tests.sync.test_credit_notes import COMPANIES, memos

Make = Callable[..., dict[str, Any]]
TAX = {"us": "0.00", "gb": "66.67", "ca": "43.33"}
"""Of 333.33; by country."""


@pytest.fixture(params=TAX)
def desk(desks: Callable[..., Desk], request: pytest.FixtureRequest) -> tuple[Desk, str]:
    company, _, _, taxes, _ = COMPANIES[request.param]
    made = desks(company, rules="" if request.param == "us" else f"version: 1\ntaxes: {taxes}\n")
    made.connect()
    return made, request.param


def ruled(desk: Desk, where: str) -> None:
    """The rule is written."""
    taxes = "" if where == "us" else f"taxes: {COMPANIES[where][3]}\n"
    text = f"version: 1\ninvoices: {{negative: credit_memo}}\nlines: {{markup_item: Markup}}\n{taxes}"
    (desk.home / "rules.yaml").write_text(text, encoding="utf-8")


def expense(invoice: Make, where: str, sign: int = 1, **fields: Any) -> dict[str, Any]:
    _, currency, country, _, region = COMPANIES[where]
    net, tax = sign * Decimal("333.33"), sign * Decimal(TAX[where])
    line = {"id": "1", "service_type": "Travel", "description": "Hotel", "cost": f"{sign * 300}.01", "amount": str(net)}
    return invoice(
        currency=currency,
        customer={**invoice()["customer"], "address": {"country": country, "region": region}},
        lines=[line],
        subtotal=str(net),
        taxes=[{"amount": str(tax)}] if tax else [],
        total=str(net + tax),
        **fields,
    )


def sold(form: dict[str, Any]) -> list[tuple[str, Decimal]]:
    """Product/service and amount of the lines."""
    lines = (each for each in form["Line"] if each["DetailType"] == "SalesItemLineDetail")
    return [(each["SalesItemLineDetail"]["ItemRef"]["name"], each["Amount"]) for each in lines]


SPLIT = [("Travel", Decimal("300.01")), ("Markup", Decimal("33.32"))]


def test_the_rule_splits_a_line_and_changes_no_sum(desk: tuple[Desk, str], invoice: Make) -> None:
    books, where = desk
    given = expense(invoice, where)
    assert books.copy(given).outcome == "copied"
    (before,) = books.invoices()
    assert sold(before) == [("Travel", Decimal("333.33"))]
    ruled(books, where)
    assert books.copy(given).outcome == "updated"
    (after,) = books.invoices()
    assert sold(after) == SPLIT
    assert after["TotalAmt"] == before["TotalAmt"] == Decimal(given["total"])
    codes = {each["SalesItemLineDetail"].get("TaxCodeRef", {}).get("value") for each in after["Line"] if "Id" in each}
    assert len(codes) == 1, "the markup is taxed as its expense is"
    assert books.copy(given).outcome == "unchanged"


def test_of_a_credit_note_as_well(desk: tuple[Desk, str], invoice: Make) -> None:
    books, where = desk
    ruled(books, where)
    assert books.copy(expense(invoice, where)).outcome == "copied"
    assert books.copy(expense(invoice, where, -1, id="CN-1", number="CN-1", credits="INV-1")).outcome == "copied"
    (memo,) = memos(books)
    assert sold(memo) == SPLIT


def test_what_is_changed_in_quickbooks_is_shown_by_its_line(desk: tuple[Desk, str], invoice: Make) -> None:
    books, where = desk
    ruled(books, where)
    given = expense(invoice, where)
    assert books.copy(given).outcome == "copied"
    (made,) = books.invoices()
    lines = [dict(each) for each in made["Line"] if "Id" in each]
    lines[1] = {**lines[1], "Description": "Handling"}
    books.sandbox.edit("Invoice", made["Id"], {"Line": lines})
    held = books.copy({**given, "memo": "Thanks"})
    assert held.outcome == "held"
    assert "line 2 description: OneDesk Markup: Hotel, QuickBooks Handling" in held.reason
