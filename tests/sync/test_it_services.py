"""The firm of docs/tutorial.md: what its rules make of its invoices in QuickBooks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ruleset.load import EXAMPLES
from tests.sync.conftest import Desk
from tests.sync.test_credit_notes import memos
from tests.sync.test_documents import sales
from tests.sync.test_projects import billed

Make = Callable[..., dict[str, Any]]

HOURS = [
    ("55", "Printer", "Helpdesk", "1.00"),
    ("56", "Router", "Field North", "2.00"),
    ("55", "Printer", "Helpdesk", "0.50"),
]
NAMES = {"Class": ("Projects", "Helpdesk", "Field service"), "Department": ("London", "Manchester")}


@pytest.fixture
def firm(desks: Callable[..., Desk]) -> Desk:
    """Its rules, and what a person sets up in QuickBooks first."""
    desk = desks("gb", settings={"rules": str(EXAMPLES / "it-services.yaml")})
    for kind, names in NAMES.items():
        for name in names:
            desk.sandbox.create(kind, {"Name": name})
    desk.connect()
    return desk


def worked(invoice: Make, *tags: str, number: str = "2041", **fields: Any) -> dict[str, Any]:
    """Three hours and a half at 100.00, with VAT of 20 %."""
    lines = [
        {
            "id": str(place),
            "work_item": {"type": "ticket", "number": ticket, "name": name},
            "service_type": "Helpdesk" if team == "Helpdesk" else "On site",
            "team": team,
            "user": "Ada",
            "quantity": hours,
            "unit_price": "100.00",
            "amount": str(Decimal(hours) * 100),
            "tax_rate": "20",
        }
        for place, (ticket, name, team, hours) in enumerate(HOURS, 1)
    ]
    own = {"currency": "GBP", "lines": lines, "subtotal": "350.00", "taxes": [{"amount": "70.00"}], "total": "420.00"}
    customer = {**invoice()["customer"], "address": {"country": "GB"}, "tags": list(tags)}
    return {**invoice(customer=customer, project="Website"), **own, "id": f"INV-{number}", "number": number, **fields}


def names(desk: Desk, kind: str) -> dict[str, str]:
    return {each["Id"]: each["Name"] for each in desk.sandbox.list(kind)}


def test_the_work_of_a_project(firm: Desk, invoice: Make) -> None:
    found = firm.copy(worked(invoice, "north"))
    assert (found.outcome, found.reason) == ("copied", "")
    (made,) = firm.invoices()
    assert billed(firm) == {"2041": "Blue Harbor Ltd:Website (Blue Harbor Ltd)"}
    assert names(firm, "Department")[made["DepartmentRef"]["value"]] == "Manchester"
    assert names(firm, "Term")[made["SalesTermRef"]["value"]] == "Net 30"
    assert made["TotalAmt"] == 420
    items, classes = names(firm, "Item"), names(firm, "Class")
    assert [
        (
            each["Description"],
            items[each["SalesItemLineDetail"]["ItemRef"]["value"]],
            classes[each["SalesItemLineDetail"]["ClassRef"]["value"]],
        )
        for each in sales(made)
    ] == [
        ("55 Printer: Helpdesk (Ada)", "Support", "Helpdesk"),
        ("56 Router: On site (Ada)", "Field service", "Field service"),
    ]


def test_the_council_sees_each_hour(firm: Desk, invoice: Make) -> None:
    assert firm.copy(worked(invoice, "public")).outcome == "copied"
    (made,) = firm.invoices()
    assert len(sales(made)) == 3


def test_partners_are_billed_and_written_to(firm: Desk, invoice: Make) -> None:
    assert firm.send(worked(invoice, "mersey")).outcome == "sent"
    (mail,) = firm.sandbox.outbox()
    assert mail["to"] == "accounts@mersey-partners.example"
    other = worked(invoice, number="2042", partner="Wharf Partners", project="Archive")
    assert firm.send(other).outcome == "held"
    assert firm.copy(other).outcome == "copied"
    assert billed(firm) == {
        "2041": "Mersey Partners Ltd:Website (Blue Harbor Ltd)",
        "2042": "Wharf Partners:Archive (Blue Harbor Ltd)",
    }


@pytest.mark.parametrize(("tag", "copied"), [("", ["copied"]), ("on-hold", [])])
def test_a_retainer_goes_by_itself(firm: Desk, invoice: Make, tag: str, copied: list[str]) -> None:
    firm.save(worked(invoice, *filter(None, [tag]), type="retainer"))
    assert [each.outcome for each in firm.drain()] == copied


def test_the_group_is_skipped_and_a_new_rate_waits_for_its_day(firm: Desk, invoice: Make) -> None:
    group = worked(invoice)
    group["customer"]["name"] = "Thames Holding North"
    assert firm.copy(group).outcome == "skipped"
    held = firm.copy(worked(invoice, number="2042", issue_date="2027-01-04", due_date="2027-02-04"))
    assert held.outcome == "held" and "taxes.by_country.GB from 2027-01-01" in held.reason
    assert firm.invoices() == []


def test_a_credit_note_becomes_a_credit_memo(firm: Desk, invoice: Make) -> None:
    line = {"id": "1", "service_type": "Helpdesk", "amount": "-100.00", "tax_rate": "20"}
    own: dict[str, Any] = {"lines": [line], "subtotal": "-100.00", "taxes": [{"amount": "-20.00"}], "total": "-120.00"}
    assert firm.copy(worked(invoice, **own)).outcome == "copied"
    assert [each["TotalAmt"] for each in memos(firm)] == [120]
