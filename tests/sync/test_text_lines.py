"""Lines over nothing without a service type are texts in QuickBooks: copied, updated, compared, voided."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.sync.conftest import Desk
from tests.sync.test_credit_notes import COMPANIES

Make = Callable[..., dict[str, Any]]
SOLD = {"us": ("310.00", []), "gb": ("372.00", [{"amount": "62.00"}]), "ca": ("350.30", [{"amount": "40.30"}])}


@pytest.fixture(params=SOLD)
def desk(desks: Callable[..., Desk], request: pytest.FixtureRequest) -> tuple[Desk, str]:
    company, _, _, taxes, _ = COMPANIES[request.param]
    rules = "" if request.param == "us" else f"version: 1\ntaxes: {taxes}\n"
    made = desks(company, rules=rules)
    made.connect()
    return made, request.param


def with_texts(invoice: Make, where: str) -> dict[str, Any]:
    _, currency, country, _, region = COMPANIES[where]
    total, taxes = SOLD[where]
    first, second = invoice()["lines"]
    lines = [{"id": "0", "description": "Work of June", "amount": "0.00"}, first, second]
    lines.append({"id": "9", "work_item": {"type": "ticket", "number": "7", "name": "Warranty"}, "amount": "0.00"})
    customer = {**invoice()["customer"], "address": {"country": country, "region": region}}
    return invoice(currency=currency, customer=customer, lines=lines, taxes=taxes, total=total)


def shown(made: dict[str, Any]) -> list[tuple[str, str]]:
    """Kind and text of the lines."""
    return [(each["DetailType"], each.get("Description", "")) for each in made["Line"] if "Id" in each]


TEXT, SALE = "DescriptionOnly", "SalesItemLineDetail"


def test_texts_stand_between_the_lines_and_change_no_sum(desk: tuple[Desk, str], invoice: Make) -> None:
    books, where = desk
    given = with_texts(invoice, where)
    outcome = books.copy(given)
    assert (outcome.outcome, outcome.reason) == ("copied", "")
    (made,) = books.invoices()
    first, *sold, last = shown(made)
    assert (first, last) == ((TEXT, "Work of June"), (TEXT, "Warranty"))
    assert [kind for kind, _ in sold] == [SALE, SALE]
    assert made["TotalAmt"] == Decimal(given["total"])
    assert books.copy(given).outcome == "unchanged"
    given["lines"][0]["description"] = "Work of June and July"
    assert books.copy(given).outcome == "updated"
    (made,) = books.invoices()
    assert shown(made)[0] == (TEXT, "Work of June and July")


def test_a_text_that_is_changed_there_is_shown_with_both_versions(desk: tuple[Desk, str], invoice: Make) -> None:
    books, where = desk
    given = with_texts(invoice, where)
    books.copy(given)
    (made,) = books.invoices()
    lines = copy.deepcopy(made["Line"])
    lines[0]["Description"] = "June"
    books.sandbox.edit("Invoice", made["Id"], {"Line": lines})
    found = books.copy({**given, "memo": "Thanks"})
    assert found.outcome == "held"
    assert "line 1 description: OneDesk Work of June, QuickBooks June" in found.reason


def test_a_line_that_becomes_a_text_moves_no_other_line(desk: tuple[Desk, str], invoice: Make) -> None:
    books, where = desk
    given = with_texts(invoice, where)
    books.copy(given)
    given["lines"][0], given["lines"][1] = given["lines"][1], given["lines"][0]
    found = books.copy(given)
    assert (found.outcome, found.reason) == ("updated", "")
    assert [kind for kind, _ in shown(books.invoices()[0])] == [SALE, TEXT, SALE, TEXT]
