"""Retainers: invoiced ahead on an item that stands on a liability account, and drawn down by a line or a deposit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.sync.conftest import Desk
from tests.sync.test_credit_notes import COMPANIES

Make = Callable[..., dict[str, Any]]
ACCOUNT = "Customer retainers"
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
    liability = {"Name": ACCOUNT, "AccountType": "Other Current Liability", "AccountSubType": "OtherCurrentLiabilities"}
    made.sandbox.create("Account", liability)
    return made, request.param


def account(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = desk.sandbox.list("Account", f"Name = '{ACCOUNT}'")[0]
    return found


def retainer_item(desk: Desk, on: str = ACCOUNT) -> None:
    """As the company's people make it: the API would not."""
    service = next(each["Id"] for each in desk.sandbox.list("Account") if each["AccountType"] == "Income")
    reference = {"IncomeAccountRef": {"value": service}}
    made = desk.sandbox.create("Item", {"Name": "Retainer", "Type": "Service", **reference})
    if on == ACCOUNT:
        desk.sandbox.edit("Item", made["Id"], {"IncomeAccountRef": {"value": account(desk)["Id"]}})


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
    retainer_item(books)
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
    ("on", "said"),
    [
        (None, "type Other Current Liability; QuickBooks lets only its own users create an item on such an account"),
        ("Income", f'names the income account "{ACCOUNT}" for line 1, but its item "Retainer" stands on'),
    ],
)
def test_it_is_held_until_the_item_stands_there(
    desk: tuple[Desk, str], invoice: Make, on: str | None, said: str
) -> None:
    """Nothing is written, and following the remedy has it copied."""
    books, where = desk
    if on:
        retainer_item(books, on)
    items = len(books.sandbox.list("Item"))
    held = books.copy(given(invoice, where, "R-1", [("Retainer", "1000.00")]))
    assert (held.outcome, books.invoices(), len(books.sandbox.list("Item"))) == ("held", [], items)
    assert said in held.reason
    if on:
        made = books.sandbox.list("Item", "Name = 'Retainer'")[0]
        books.sandbox.edit("Item", made["Id"], {"IncomeAccountRef": {"value": account(books)["Id"]}})
    else:
        retainer_item(books)
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
