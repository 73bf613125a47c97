"""What stands on the document besides its lines: discounts, charges, taxes; seen in QuickBooks after copying."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ruleset.load import EXAMPLES
from tests.sync.conftest import Desk

Make = Callable[..., dict[str, Any]]
BY_RATE = """version: 1
taxes:
  by_country:
    GB:
      by_rate: {"20": 20.0% S, "5": 5.0% R, "0": 0.0% Z}
  otherwise: hold
"""


def sales(made: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines that sell something."""
    return [line for line in made["Line"] if line["DetailType"] == "SalesItemLineDetail"]


def code_of(desk: Desk, line: dict[str, Any]) -> str:
    code = desk.sandbox.read("TaxCode", line["SalesItemLineDetail"]["TaxCodeRef"]["value"])
    return str(code["Name"])


def test_a_discount_is_a_discount_line_and_shipping_a_line(us: Desk, invoice: Make) -> None:
    extras = {
        "discounts": [{"name": "Loyalty", "amount": "31.00"}],
        "charges": [{"name": "Shipping", "amount": "12.50"}],
    }
    outcome = us.copy(invoice(**extras, total="291.50"))
    assert (outcome.outcome, outcome.reason) == ("copied", "")
    (made,) = us.invoices()
    discounts = [line for line in made["Line"] if line["DetailType"] == "DiscountLineDetail"]
    assert [line["Amount"] for line in discounts] == [Decimal("31.00")]
    assert [line["Amount"] for line in sales(made)] == [Decimal("160.00"), Decimal("150.00"), Decimal("12.50")]
    shipping = sales(made)[-1]["SalesItemLineDetail"]["ItemRef"]
    assert us.sandbox.read("Item", shipping["value"])["Name"] == "Shipping"
    assert made["TotalAmt"] == Decimal("291.50")


@pytest.mark.parametrize(
    ("region", "code", "tax"),
    [("ON", "HST ON", "40.30"), ("QC", "GST/QST QC - 9.975", "46.42"), ("AB", "GST", "15.50")],
)
def test_the_customers_province_chooses_the_tax_code(
    desks: Callable[..., Desk], invoice: Make, region: str, code: str, tax: str
) -> None:
    desk = desks("ca", rules=(EXAMPLES / "ca-provinces.yaml").read_text(encoding="utf-8"))
    desk.connect()
    customer = {"id": "C-1", "name": "Larkspur Bakery", "address": {"region": region, "country": "CA"}}
    total = str(Decimal("310.00") + Decimal(tax))
    outcome = desk.copy(invoice(currency="CAD", customer=customer, taxes=[{"amount": tax}], total=total))
    assert (outcome.outcome, outcome.reason) == ("copied", "")
    (made,) = desk.invoices()
    assert [code_of(desk, line) for line in sales(made)] == [code, code]
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (Decimal(tax), Decimal(total))


def test_a_lines_own_rate_chooses_the_tax_code(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("gb", rules=BY_RATE)
    desk.connect()
    lines = invoice()["lines"]
    lines[0]["tax_rate"], lines[1]["tax_rate"] = "20", "5.0"
    customer = {"id": "C-1", "name": "Wren & Co", "address": {"country": "GB"}}
    taxes = [{"rate": "20", "amount": "32.00"}, {"rate": "5", "amount": "7.50"}]
    uk = invoice(currency="GBP", customer=customer, lines=lines, taxes=taxes, total="349.50")
    assert desk.copy(uk).outcome == "copied"
    (made,) = desk.invoices()
    assert [code_of(desk, line) for line in sales(made)] == ["20.0% S", "5.0% R"]
    assert made["TotalAmt"] == Decimal("349.50")


def test_a_rate_without_a_code_is_held_with_the_line_and_the_remedy(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("gb", rules=BY_RATE)
    desk.connect()
    lines = invoice()["lines"]
    lines[0]["tax_rate"], lines[1]["tax_rate"] = "20", "17.5"
    customer = {"id": "C-1", "name": "Wren & Co", "address": {"country": "GB"}}
    held = desk.copy(invoice(currency="GBP", customer=customer, lines=lines))
    assert held.outcome == "held" and desk.invoices() == []
    assert 'Line 2 (task 9 "Move the mail server") has the tax rate 17.5 %' in held.reason
    assert 'add "17.5" under by_rate there' in held.reason


DATED = """version: 1
taxes:
  by_country: {GB: 20.0% S}
  exceptions: [{id: lower, from: 2027-01-01, until: 2027-12-31, when: {country: GB}, code: 5.0% R}]
  otherwise: hold
"""


@pytest.mark.parametrize(
    ("day", "code", "tax"),
    [
        ("2026-12-31", "20.0% S", "62.00"),
        ("2027-01-01", "5.0% R", "15.50"),
        ("2027-12-31", "5.0% R", "15.50"),
        ("2028-01-01", "20.0% S", "62.00"),
    ],
)
def test_the_day_of_the_invoice_chooses_the_tax_code(
    desks: Callable[..., Desk], invoice: Make, day: str, code: str, tax: str
) -> None:
    desk = desks("gb", rules=DATED)
    desk.connect()
    customer = {"id": "C-1", "name": "Larkspur Bakery", "address": {"country": "GB"}}
    whole = {"taxes": [{"amount": tax}], "total": str(Decimal("310.00") + Decimal(tax)), "currency": "GBP"}
    outcome = desk.copy(invoice(customer=customer, issue_date=day, due_date=day, **whole))
    assert outcome.outcome == "copied", outcome.reason
    (made,) = desk.invoices()
    assert {code_of(desk, line) for line in sales(made)} == {code}


MEMO = """version: 1
invoices:
  memo: |
    {memo}
    Your order: {purchase_order}
    Project: {project}
"""


def test_the_rules_word_the_text_for_the_customer(desks: Callable[..., Desk], invoice: Make) -> None:
    """A line without anything to say is left out; what somebody writes there in QuickBooks is not undone in silence."""
    desk = desks(rules=MEMO)
    desk.connect()
    desk.copy(invoice(project="Website"))
    (made,) = desk.invoices()
    assert made["CustomerMemo"] == {"value": "Thank you.\nProject: Website"}
    desk.copy(invoice(project="Website", purchase_order="PO 7"))
    (made,) = desk.invoices()
    assert made["CustomerMemo"] == {"value": "Thank you.\nYour order: PO 7\nProject: Website"}
    desk.sandbox.edit("Invoice", made["Id"], {"CustomerMemo": {"value": "Thanks a lot."}})
    outcome = desk.copy(invoice(project="Website", purchase_order="PO 8"))
    assert outcome.outcome == "held"
    (made,) = desk.invoices()
    assert made["CustomerMemo"] == {"value": "Thanks a lot."}


def test_a_due_date_by_days_is_one_by_the_date_of_the_invoice(desks: Callable[..., Desk], invoice: Make) -> None:
    """Also where OneDesk's due date is another; what somebody makes of it in QuickBooks is not undone in silence."""
    desk = desks(rules="version: 1\ninvoices: {due: {end_of_month: yes, days: 15}}\n")
    desk.connect()
    desk.copy(invoice(issue_date="2026-07-14", due_date="2026-07-20"))
    (made,) = desk.invoices()
    assert made["DueDate"] == "2026-08-15"
    assert desk.copy(invoice(issue_date="2026-07-14", due_date="2026-07-21")).outcome == "unchanged"
    desk.sandbox.edit("Invoice", made["Id"], {"DueDate": "2026-09-01"})
    assert desk.copy(invoice(issue_date="2026-07-15", due_date="2026-07-20")).outcome == "held"


LINES = """version: 1
items:
  description: "{work_item} ({work_item_type} {work_item_number})"
  by_service_type: {Consulting: {item: Consulting, description: "Advice: {work_item}"}}
  otherwise: same_name
"""


def test_the_rules_word_the_lines(desks: Callable[..., Desk], invoice: Make) -> None:
    """An edit in QuickBooks is shown; with another wording of the rules the copy is brought up to date."""
    desk = desks(rules=LINES)
    desk.connect()
    desk.copy(invoice())
    (made,) = desk.invoices()
    assert [line["Description"] for line in sales(made)] == [
        "Printer does not print (ticket 55)",
        "Advice: Move the mail server",
    ]
    assert desk.copy(invoice()).outcome == "unchanged"
    (desk.home / "rules.yaml").write_text(LINES.replace("Advice", "Help"), encoding="utf-8")
    desk.restart()
    assert desk.copy(invoice()).outcome == "updated"
    (made,) = desk.invoices()
    lines = [line for line in made["Line"] if line["DetailType"] != "SubTotalLineDetail"]
    lines[0]["Description"] = "By hand"
    desk.sandbox.edit("Invoice", made["Id"], {"Line": lines})
    assert desk.copy(invoice(memo="Newer")).outcome == "held"
