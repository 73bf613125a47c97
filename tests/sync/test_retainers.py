"""Retainers: invoiced ahead on an item that stands on a liability account, and drawn down by a line or a deposit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.retainers import ACCOUNT, make_account, make_item, move_item
from tests.sync.conftest import Desk
from tests.sync.test_credit_notes import COMPANIES

Make = Callable[..., dict[str, Any]]
RULES = f"""version: 1
items:
  exceptions:
    - {{id: retainers, when: {{service_type: Retainer}}, item: Retainer, income_account: {ACCOUNT}}}
  otherwise: same_name
"""
TAXES = {"us": Decimal(0), "gb": Decimal("0.2")}


@pytest.fixture(params=TAXES)
def desk(desks: Callable[..., Desk], request: pytest.FixtureRequest) -> tuple[Desk, str]:
    company, _, _, taxes, _ = COMPANIES[request.param]
    made = desks(company, rules=RULES if request.param == "us" else f"{RULES}taxes: {taxes}\n")
    made.connect()
    make_account(made.sandbox)
    return made, request.param


def account(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = desk.sandbox.list("Account", f"Name = '{ACCOUNT}'")[0]
    return found


def given(invoice: Make, where: str, od_id: str, lines: list[tuple[str, str]]) -> dict[str, Any]:
    _, currency, country, _, region = COMPANIES[where]
    net = sum(Decimal(amount) for _, amount in lines)
    tax = net * TAXES[where]
    return invoice(
        id=od_id,
        number=od_id,
        currency=currency,
        customer={**invoice()["customer"], "address": {"country": country, "region": region}},
        lines=[{"id": str(at), "service_type": kind, "amount": amount} for at, (kind, amount) in enumerate(lines)],
        subtotal=f"{net:.2f}",
        taxes=[{"amount": f"{tax:.2f}"}] if tax else [],
        total=f"{net + tax:.2f}",
    )


def test_a_retainer_is_a_liability_until_it_is_drawn_down(desk: tuple[Desk, str], invoice: Make) -> None:
    books, where = desk
    move_item(books.sandbox, make_item(books.sandbox), account(books)["Id"])
    ahead = books.copy(given(invoice, where, "R-1", [("Retainer", "1000.00")]))
    assert (ahead.reason, ahead.outcome) == ("", "copied")
    assert account(books)["CurrentBalance"] == Decimal("-1000.00"), "owed to the customer: a credit"
    later = given(invoice, where, "R-2", [("Design", "400.00"), ("Retainer", "-250.00")])
    assert books.copy(later).outcome == "copied"
    made = {each["DocNumber"]: each for each in books.invoices()}
    assert made["R-2"]["TotalAmt"] == Decimal(later["total"])
    assert account(books)["CurrentBalance"] == Decimal("-750.00"), "what is left of the retainer"
    assert books.copy(later).outcome == "unchanged"


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (False, "type Other Current Liability; QuickBooks lets only its own users create an item on such an account"),
        (True, f'names the income account "{ACCOUNT}" for line 1, but its item "Retainer" uses'),
    ],
)
def test_it_is_held_until_the_item_is_there(desk: tuple[Desk, str], invoice: Make, there: bool, said: str) -> None:
    """Nothing is written, and following the remedy has it copied."""
    books, where = desk
    item = make_item(books.sandbox) if there else ""
    items = len(books.sandbox.list("Item"))
    held = books.copy(given(invoice, where, "R-1", [("Retainer", "1000.00")]))
    assert (held.outcome, books.invoices(), len(books.sandbox.list("Item"))) == ("held", [], items)
    assert said in held.reason
    move_item(books.sandbox, item or make_item(books.sandbox), account(books)["Id"])
    assert books.copy(given(invoice, where, "R-1", [("Retainer", "1000.00")])).outcome == "copied"


def test_what_was_paid_ahead_is_a_deposit_by_rule(desk: tuple[Desk, str], invoice: Make) -> None:
    books, where = desk
    rules = books.home / "rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8") + "totals: {prepaid: deposit}\n", encoding="utf-8")
    books.sandbox.books.preferences["SalesFormsPrefs"]["AllowDeposit"] = True
    later = given(invoice, where, "R-3", [("Design", "400.00")])
    later |= {"prepaid": "250.00", "payable": f"{Decimal(later['total']) - 250:.2f}"}
    assert books.copy(later).outcome == "copied"
    (made,) = books.invoices()
    assert (made["Deposit"], made["Balance"]) == (Decimal("250.00"), Decimal(later["payable"]))
