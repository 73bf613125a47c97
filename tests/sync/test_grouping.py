"""Lines of one ticket become one line in QuickBooks: copied, updated, compared with what stands there, undone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.sync.conftest import Desk
from tests.sync.test_credit_notes import memos
from tests.sync.test_documents import sales
from tests.sync.test_undo import run, undo

Make = Callable[..., dict[str, Any]]
RULES = """version: 1
invoices: {{negative: credit_memo}}
lines: {{group_by: ticket, description: "{{work_item_number}} {{work_item}} ({{user}})"}}
taxes: {taxes}
"""
COMPANIES: dict[str, tuple[str, str, dict[str, str], str]] = {
    "us": ("{otherwise: company_default}", "USD", {"country": "US", "region": "TX"}, "0.00"),
    "ca": (
        "{by_country: {CA: {QC: GST/QST QC - 9.975, default: hold}}, otherwise: hold}",
        "CAD",
        {"country": "CA", "region": "QC"},
        "37.44",
    ),
    "gb": ("{by_country: {GB: 20.0% S}, otherwise: hold}", "GBP", {"country": "GB"}, "50.00"),
}
"""Taxes, currency, address, the tax on 250.00."""
LINES = [("55", "Printer", "Ada", "1.5"), ("56", "Mail", "Ada", "0.25"), ("55", "Printer", "Bob", "0.5")]


def worked(invoice: Make, where: str, **fields: Any) -> dict[str, Any]:
    """Three lines of two tickets, and one of none."""
    _, currency, address, tax = COMPANIES[where]
    lines: list[dict[str, Any]] = [
        {
            "id": str(place),
            "work_item": {"type": "ticket", "number": number, "name": name},
            "service_type": "Support",
            "user": user,
            "quantity": hours,
            "unit_price": "100.00",
            "amount": str(Decimal(hours) * 100 + Decimal("0.00")),
        }
        for place, (number, name, user, hours) in enumerate(LINES, 1)
    ]
    lines.append({"id": "4", "service_type": "Support", "description": "By phone", "amount": "25.00"})
    own = {
        "currency": currency,
        "customer": {**invoice()["customer"], "address": address},
        "lines": lines,
        "subtotal": "250.00",
        "total": str(Decimal("250.00") + (Decimal(tax) if where != "us" else 0)),
        "taxes": [] if where == "us" else [{"amount": tax}],
    }
    return {**invoice(), **own, **fields}


@pytest.fixture
def grouping(desks: Callable[..., Desk]) -> Callable[[str], Desk]:
    def make(where: str) -> Desk:
        desk = desks(where, rules=RULES.format(taxes=COMPANIES[where][0]))
        desk.connect()
        return desk

    return make


def shown(made: dict[str, Any]) -> list[tuple[str, Decimal, Any]]:
    """Text, amount and quantity of the lines."""
    return [
        (each["Description"], Decimal(str(each["Amount"])), each["SalesItemLineDetail"].get("Qty"))
        for each in sales(made)
    ]


GROUPED = [
    ("55 Printer (Ada, Bob)", Decimal("200.00"), Decimal("2.0")),
    ("56 Mail (Ada)", Decimal("25.00"), Decimal("0.25")),
    ("By phone", Decimal("25.00"), None),
]


@pytest.mark.parametrize("where", COMPANIES)
def test_lines_of_one_ticket_are_one_line_and_come_to_the_same(
    grouping: Callable[[str], Desk], invoice: Make, where: str
) -> None:
    desk, given = grouping(where), worked(invoice, where)
    assert desk.copy(given).outcome == "copied"
    (made,) = desk.invoices()
    assert shown(made) == GROUPED
    alone = copy.deepcopy(given)
    for line in alone["lines"]:
        line.pop("work_item", None)
    assert desk.copy({**alone, "id": "INV-2", "number": "2042"}).outcome == "copied"
    (other,) = [each for each in desk.invoices() if each["DocNumber"] == "2042"]
    assert len(sales(other)) == 4
    assert made["TotalAmt"] == other["TotalAmt"]
    assert made["TxnTaxDetail"]["TotalTax"] == other["TxnTaxDetail"]["TotalTax"]


def test_an_update_a_second_copy_and_an_edit_there_go_by_the_grouped_lines(
    grouping: Callable[[str], Desk], invoice: Make
) -> None:
    desk, given = grouping("ca"), worked(invoice, "ca")
    desk.copy(given)
    assert desk.copy(given).outcome == "unchanged"
    given["lines"][2]["user"] = "Cleo"
    assert desk.copy(given).outcome == "updated"
    (made,) = desk.invoices()
    assert shown(made)[0][0] == "55 Printer (Ada, Cleo)"
    lines = copy.deepcopy(made["Line"])
    lines[0]["Description"] = "Printer, at a discount"
    desk.sandbox.edit("Invoice", made["Id"], {"Line": lines})
    given["memo"] = "Thanks"
    found = desk.copy(given)
    assert found.outcome == "held"
    assert "line 1 description: OneDesk 55 Printer (Ada, Cleo), QuickBooks Printer, at a discount" in found.reason


def test_a_credit_note_is_grouped_as_well(grouping: Callable[[str], Desk], invoice: Make) -> None:
    desk, given = grouping("gb"), worked(invoice, "gb")
    for line in given["lines"]:
        line["amount"] = f"-{line['amount']}"
        if "quantity" in line:
            line["quantity"] = f"-{line['quantity']}"
    given |= {"taxes": [{"amount": "-50.00"}], "subtotal": "-250.00", "total": "-300.00"}
    assert desk.copy(given).outcome == "copied"
    (made,) = memos(desk)
    assert (shown(made), made["TotalAmt"]) == (GROUPED, Decimal("300.00"))


def test_a_run_that_grouped_is_undone(grouping: Callable[[str], Desk], invoice: Make) -> None:
    desk, given = grouping("us"), worked(invoice, "us")
    assert [each.outcome for each in run(desk, given)] == ["copied"]
    assert [each.outcome for each in undo(desk)] == ["deleted"]
    assert desk.invoices() == []
    assert desk.copy(given).outcome == "copied"


def test_eight_hundred_lines_fit_where_they_are_of_few_tickets(grouping: Callable[[str], Desk], invoice: Make) -> None:
    desk, given = grouping("gb"), worked(invoice, "gb")
    line = given["lines"][0] | {"quantity": "1", "unit_price": "1.00", "amount": "1.00"}
    lines = [
        {**line, "id": str(place), "work_item": {**line["work_item"], "number": str(place % 3)}} for place in range(800)
    ]
    given |= {"lines": lines, "subtotal": "800.00", "taxes": [{"amount": "160.00"}], "total": "960.00"}
    assert desk.copy(given).outcome == "copied"
    (made,) = desk.invoices()
    assert [amount for _, amount, _ in shown(made)] == [Decimal(267), Decimal(267), Decimal(266)]
    assert made["TotalAmt"] == Decimal("960.00")
