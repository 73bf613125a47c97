"""What is dated in a closed period: held, or booked on the first open day by rule, in several countries."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import requests

from onedesk_quickbooks.plugin.sandbox.books.currency import set_exchange_rate
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]
RULES = "version: 1\ninvoices: {closed: first_open_day}\n"
COUNTRIES = {
    "us": ("USD", RULES),
    "ca": ("CAD", RULES + "taxes: {otherwise: {code: Exempt}}\n"),
    "au": ("AUD", RULES + "taxes: {otherwise: {code: GST free}}\n"),
}


def close(desk: Desk, day: str) -> None:
    """The bookkeeper closes QuickBooks' books through this day."""
    answer = requests.post(f"{desk.base_url}/_control/settings", json={"closing_date": day}, timeout=10)
    assert answer.status_code == 200, answer.text


def dated(desk: Desk) -> list[str]:
    return [each["TxnDate"] for each in desk.invoices()]


@pytest.fixture(params=COUNTRIES)
def moving(request: pytest.FixtureRequest, desks: Callable[..., Desk], invoice: Make) -> tuple[Desk, Make]:
    """The rule, and a maker of invoices in the company's currency."""
    currency, rules = COUNTRIES[request.param]
    desk = desks(request.param, rules=rules)
    desk.connect()
    return desk, lambda **fields: invoice(**{"currency": currency, "due_date": "2026-08-31", **fields})


def test_it_is_booked_on_the_first_open_day_and_said(moving: tuple[Desk, Make]) -> None:
    desk, make = moving
    close(desk, "2026-07-05")
    copied = desk.copy(make())
    assert (copied.outcome, dated(desk)) == ("copied", ["2026-07-06"])
    said = "The invoice is dated 2026-07-01, and QuickBooks has its books closed through 2026-07-05: it is booked on"
    assert f"{said} 2026-07-06" in desk.shown("INV-1").notes["quickbooks"]
    assert "It is due on 2026-08-31, as in OneDesk." in copied.reason and "Its income and tax" not in copied.reason
    assert desk.invoices()[0]["DueDate"] == "2026-08-31"
    again = desk.copy(make())
    assert (again.outcome, again.reason) == ("unchanged", "")


def test_nothing_is_due_before_the_day_on_which_it_is_booked(moving: tuple[Desk, Make]) -> None:
    desk, make = moving
    close(desk, "2026-07-31")
    copied = desk.copy(make(due_date="2026-07-15"))
    assert (copied.outcome, dated(desk), desk.invoices()[0]["DueDate"]) == ("copied", ["2026-08-01"], "2026-08-01")
    assert "OneDesk has it due on 2026-07-15, before that day: in QuickBooks it is due on 2026-08-01." in copied.reason
    assert "Its income and tax count in 2026-08, not in 2026-07: another month." in copied.reason
    assert "before its issue date" not in copied.reason
    again = desk.copy(make(due_date="2026-07-15"))
    assert (again.outcome, again.reason) == ("unchanged", "")
    later = desk.copy(make(due_date="2026-07-15", memo="One"))
    assert (later.outcome, desk.invoices()[0]["DueDate"]) == ("updated", "2026-08-01")


def test_a_credit_note_is_due_on_no_day(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ninvoices: {closed: first_open_day, negative: credit_memo}\n")
    desk.connect()
    close(desk, "2026-09-30")
    lines = [{"id": "1", "service_type": "Design", "amount": "-75.00"}]
    made = desk.copy(invoice(total="-75.00", subtotal="-75.00", due_date="2026-07-15", lines=lines))
    assert made.outcome == "copied" and " due" not in made.reason
    assert "Its income and tax count in 2026-10, not in 2026-07: another month and quarter." in made.reason


def test_a_correction_keeps_the_day_until_that_is_closed_as_well(moving: tuple[Desk, Make]) -> None:
    desk, make = moving
    close(desk, "2026-07-05")
    desk.copy(make())
    close(desk, "2026-07-03")
    assert desk.copy(make(memo="One")).outcome == "updated" and dated(desk) == ["2026-07-06"]
    close(desk, "2026-07-31")
    assert desk.copy(make(memo="One")).outcome == "unchanged"
    held = desk.copy(make(memo="Two"))
    assert held.outcome == "held" and "of this invoice is dated 2026-07-06, and QuickBooks has its books" in held.reason
    assert dated(desk) == ["2026-07-06"] and desk.invoices()[0]["CustomerMemo"]["value"] == "One"


def test_the_default_holds_and_names_the_rule(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks()
    desk.connect()
    close(desk, "2026-07-01")
    held = desk.copy(invoice())
    assert held.outcome == "held" and "set invoices.closed: first_open_day" in held.reason
    assert desk.invoices() == []
    (desk.home / "rules.yaml").write_text(RULES)
    assert desk.copy(invoice()).outcome == "copied" and dated(desk) == ["2026-07-02"]


def test_the_exchange_rate_is_that_of_the_day_of_booking(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("intl", rules=RULES + "taxes: {otherwise: {code: none}}\n")
    desk.connect()
    for day, rate in (("2026-07-01", 1.5), ("2026-07-06", 1.25)):
        fact = {"SourceCurrencyCode": "GBP", "TargetCurrencyCode": "EUR", "AsOfDate": day, "Rate": rate}
        desk.sandbox.change(partial(set_exchange_rate, desk.sandbox.books, fact))
    close(desk, "2026-07-05")
    found = desk.copy(invoice(currency="GBP"))
    assert found.outcome == "copied" and "it is booked on 2026-07-06" in found.reason
    assert [Decimal(str(each["ExchangeRate"])) for each in desk.invoices()] == [Decimal("1.25")]


def test_what_somebody_dates_otherwise_in_quickbooks_is_an_edit(moving: tuple[Desk, Make]) -> None:
    desk, make = moving
    close(desk, "2026-07-05")
    copied = desk.copy(make())
    desk.sandbox.edit("Invoice", copied.qbo_id, {"TxnDate": "2026-07-20"})
    held = desk.copy(make())
    assert held.outcome == "held" and "changed there since it was copied" in held.reason
    entry = desk.application.ledger.queue.open_of(desk.sandbox.realm_id, "INV-1")[0]
    assert desk.application.settle_change(entry.id, "quickbooks", ADMIN)
    desk.drain()
    assert desk.copy(make()).outcome == "unchanged" and dated(desk) == ["2026-07-20"]


@pytest.mark.parametrize("country", COUNTRIES)
def test_what_is_dated_in_the_future_is_booked_on_its_day_and_said(
    desks: Callable[..., Desk], invoice: Make, country: str
) -> None:
    currency, rules = COUNTRIES[country]
    desk = desks(country, rules=rules.replace("closed: first_open_day", "future: copy"))
    desk.connect()
    copied = desk.copy(invoice(currency=currency, issue_date="2062-07-01", due_date="2062-07-31"))
    assert (copied.outcome, dated(desk)) == ("copied", ["2062-07-01"])
    assert "The invoice is dated 2062-07-01, and today is" in desk.shown("INV-1").notes["quickbooks"]


@pytest.mark.parametrize("country", COUNTRIES)
def test_or_held_by_rule_until_the_date_is_mended(desks: Callable[..., Desk], invoice: Make, country: str) -> None:
    currency, rules = COUNTRIES[country]
    desk = desks(country, rules=rules.replace("closed: first_open_day", "future: hold"))
    desk.connect()
    held = desk.copy(invoice(currency=currency, issue_date="2062-07-01", due_date="2062-07-31"))
    assert (held.outcome, dated(desk)) == ("held", [])
    assert "invoices.future: hold" in desk.shown("INV-1").notes["quickbooks"]
    assert desk.copy(invoice(currency=currency)).outcome == "copied"
    assert dated(desk) == ["2026-07-01"]
