"""The project of an invoice becomes a sub-customer of its customer, and a partner is billed in the customer's place:
found, created, linked, and held where in doubt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.sync.adopt.conftest import adopt, customer, enter
from tests.sync.conftest import ADMIN, Desk
from tests.sync.reconcile.conftest import kinds
from tests.sync.test_credit_notes import COMPANIES
from tests.sync.test_text_lines import SOLD
from tests.sync.test_undo import run, undo

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def by_project(desks: Callable[..., Desk]) -> Callable[..., Desk]:
    def make(where: str = "us", more: str = "", **options: Any) -> Desk:
        company, _, _, taxes, _ = COMPANIES[where]
        taxes = "{otherwise: company_default}" if where == "us" else taxes
        rules = f"version: 1\ncustomers: {{project: sub_customer{more}}}\ntaxes: {taxes}\n"
        desk = desks(company, rules=rules, **options)
        desk.connect()
        return desk

    return make


def of_project(invoice: Make, where: str = "us", number: str = "2041", **fields: Any) -> dict[str, Any]:
    _, currency, country, _, region = COMPANIES[where]
    total, taxes = SOLD[where]
    customer = {**invoice()["customer"], "address": {"country": country, "region": region}}
    made = invoice(currency=currency, customer=customer, taxes=taxes, total=total, project="Website")
    return {**made, "id": f"INV-{number}", "number": number, **fields}


def customers(desk: Desk) -> dict[str, dict[str, Any]]:
    """QuickBooks' customers by their full names."""
    return {each["FullyQualifiedName"]: each for each in desk.sandbox.list("Customer")}


def billed(desk: Desk) -> dict[str, str]:
    """The customer of each of our invoices, by its number."""
    names = {each["Id"]: name for name, each in customers(desk).items()}
    return {each["DocNumber"]: names[each["CustomerRef"]["value"]] for each in desk.invoices()}


@pytest.mark.parametrize("where", SOLD)
def test_customer_and_sub_customer_are_made_once(by_project: Callable[..., Desk], invoice: Make, where: str) -> None:
    desk = by_project(where)
    first = of_project(invoice, where)
    assert desk.copy(first).outcome == "copied"
    parent, made = customers(desk)["Blue Harbor Ltd"], customers(desk)["Blue Harbor Ltd:Website"]
    assert (made["ParentRef"]["value"], made["Job"], made["BillWithParent"]) == (parent["Id"], True, True)
    before = len(customers(desk))
    assert desk.copy(of_project(invoice, where, "2042")).outcome == "copied"
    assert desk.copy(of_project(invoice, where, "2043", project="Support")).outcome == "copied"
    assert desk.copy(of_project(invoice, where, "2044", project="")).outcome == "copied"
    assert len(customers(desk)) == before + 1
    assert billed(desk) == {
        "2041": "Blue Harbor Ltd:Website",
        "2042": "Blue Harbor Ltd:Website",
        "2043": "Blue Harbor Ltd:Support",
        "2044": "Blue Harbor Ltd",
    }
    assert desk.copy(first).outcome == "unchanged"
    assert desk.copy({**first, "memo": "Thanks"}).outcome == "updated"
    assert billed(desk)["2041"] == "Blue Harbor Ltd:Website"


def test_several_invoices_of_one_run_share_what_is_made(by_project: Callable[..., Desk], invoice: Make) -> None:
    desk = by_project()
    given = [
        of_project(invoice, number=str(2041 + place), project=["Website", "website", "Support"][place % 3])
        for place in range(6)
    ]
    for each in given:
        desk.save(each)
        assert desk.host.act(each["id"], "quickbooks.copy", ADMIN)
    assert {each.outcome for each in desk.drain()} == {"copied"}
    assert sorted(name for name in customers(desk) if name.startswith("Blue Harbor")) == [
        *("Blue Harbor Ltd", "Blue Harbor Ltd:Support", "Blue Harbor Ltd:Website")
    ]


def test_a_customer_that_is_there_is_the_parent_and_keeps_its_link(
    by_project: Callable[..., Desk], invoice: Make
) -> None:
    desk = by_project()
    assert desk.copy(of_project(invoice, project="")).outcome == "copied"
    assert desk.copy(of_project(invoice, number="2042")).outcome == "copied"
    ids = {name: each["Id"] for name, each in customers(desk).items()}
    links = {
        each.od_customer_id: each.qbo_id for each in desk.application.ledger.links.every_customer(desk.sandbox.realm_id)
    }
    assert links == {"C-7": ids["Blue Harbor Ltd"], "C-7 / Website": ids["Blue Harbor Ltd:Website"]}
    desk.sandbox.edit("Customer", ids["Blue Harbor Ltd:Website"], {"DisplayName": "Relaunch"})
    assert desk.copy(of_project(invoice, number="2043")).outcome == "copied"
    assert billed(desk)["2043"] == "Blue Harbor Ltd:Relaunch"


def test_a_project_of_the_same_name_of_another_customer_is_held_until_a_rule_distinguishes_them(
    by_project: Callable[..., Desk], invoice: Make
) -> None:
    desk = by_project()
    assert desk.copy(of_project(invoice)).outcome == "copied"
    other = {**invoice()["customer"], "id": "C-8", "name": "Green Mill"}
    second = of_project(invoice, number="2042", customer=other)
    found = desk.copy(second)
    assert found.outcome == "held"
    assert 'QuickBooks has the customer "Website"' in found.reason and "customers.project_name" in found.reason
    assert "Green Mill" not in customers(desk)
    apart = by_project(more=', project_name: "{project} ({customer})"')
    assert [apart.copy(each).outcome for each in (of_project(invoice), second)] == ["copied", "copied"]
    assert billed(apart) == {
        "2041": "Blue Harbor Ltd:Website (Blue Harbor Ltd)",
        "2042": "Green Mill:Website (Green Mill)",
    }


def test_an_inactive_sub_customer_is_held_with_the_way_to_link_it(
    by_project: Callable[..., Desk], invoice: Make
) -> None:
    desk = by_project()
    assert desk.copy(of_project(invoice)).outcome == "copied"
    made = customers(desk)["Blue Harbor Ltd:Website"]["Id"]
    desk.sandbox.edit("Customer", made, {"Active": False})
    found = desk.copy(of_project(invoice, number="2042"))
    assert found.outcome == "held" and "was made inactive" in found.reason
    assert "customers link 'C-7 / Website' ID" in found.reason
    desk.sandbox.edit("Customer", made, {"Active": True, "DisplayName": "Website"})
    assert desk.copy(of_project(invoice, number="2042")).outcome == "copied"


def test_merged_sub_customers_are_followed(by_project: Callable[..., Desk], invoice: Make) -> None:
    desk = by_project()
    assert desk.copy(of_project(invoice)).outcome == "copied"
    above = customers(desk)["Blue Harbor Ltd"]["Id"]
    below = {"ParentRef": {"value": above}, "Job": True}
    kept = desk.sandbox.create("Customer", {"DisplayName": "Site", **below})["Id"]
    desk.sandbox.merge("Customer", customers(desk)["Blue Harbor Ltd:Website"]["Id"], kept)
    assert desk.copy(of_project(invoice, number="2042")).outcome == "copied"
    assert billed(desk) == {"2041": "Blue Harbor Ltd:Site", "2042": "Blue Harbor Ltd:Site"}


def test_the_project_of_an_exempt_customer_bears_no_sales_tax(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ncustomers: {project: sub_customer}\n")
    changed = {"TaxPrefs": {"UsingSalesTax": True, "PartnerTaxEnabled": True}}
    assert requests.post(f"{desk.base_url}/_control/settings", json=changed, timeout=10).ok
    desk.connect()
    customer(desk, Taxable=False)
    given = [of_project(invoice, number=number) for number in ("2041", "2042")]
    outcomes = run(desk, *given)
    assert [(each.outcome, each.reason) for each in outcomes] == [("copied", ""), ("copied", "")]
    assert [each["TxnTaxDetail"]["TotalTax"] for each in desk.invoices()] == [0, 0]
    assert customers(desk)["Blue Harbor Ltd:Website"]["Taxable"] is False


def test_a_run_is_undone_and_reconciled(by_project: Callable[..., Desk], invoice: Make) -> None:
    desk = by_project()
    given = of_project(invoice)
    assert [each.outcome for each in run(desk, given)] == ["copied"]
    assert kinds(desk) == []
    assert [each.outcome for each in undo(desk)] == ["deleted"]
    assert desk.copy(given).outcome == "copied"
    assert billed(desk) == {"2041": "Blue Harbor Ltd:Website"}


def test_an_invoice_that_is_on_the_sub_customer_is_adopted(by_project: Callable[..., Desk], invoice: Make) -> None:
    desk = by_project()
    assert desk.copy(of_project(invoice)).outcome == "copied"
    enter(desk, "2050", name="Website")
    desk.host.save(of_project(invoice, number="2050", issue_date="2026-07-01"))
    report = adopt(desk, "INV-2050")
    assert [each.kind for each in report.matches] == ["same"]
    links = desk.application.ledger.links.every_customer(desk.sandbox.realm_id)
    assert sorted(each.od_customer_id for each in links) == ["C-7", "C-7 / Website"]
    assert kinds(desk) == []
    assert desk.copy(of_project(invoice, number="2051")).outcome == "copied"
    assert billed(desk)["2051"] == "Blue Harbor Ltd:Website"


@pytest.mark.parametrize("where", SOLD)
def test_a_partner_is_billed_for_all_its_customers(desks: Callable[..., Desk], invoice: Make, where: str) -> None:
    company, _, _, taxes, _ = COMPANIES[where]
    taxes = "{otherwise: company_default}" if where == "us" else taxes
    bill_to = 'bill_to: "{partner}", exceptions: [{id: mill, when: {customer: Green Mill}, bill_to: North Partners}]'
    desk = desks(company, rules=f"version: 1\ncustomers: {{{bill_to}}}\ntaxes: {taxes}\n")
    desk.connect()
    first = of_project(invoice, where, partner="North Partners")
    other = {**first["customer"], "id": "C-8", "name": "Green Mill"}
    assert desk.copy(of_project(invoice, where, "2040")).outcome == "copied"
    assert desk.copy(first).outcome == "copied"
    assert desk.copy(of_project(invoice, where, "2042", customer=other)).outcome == "copied"
    assert desk.copy(of_project(invoice, where, "2043")).outcome == "copied"
    assert billed(desk) == {
        "2040": "Blue Harbor Ltd",
        "2041": "North Partners",
        "2042": "North Partners",
        "2043": "Blue Harbor Ltd",
    }
    made = customers(desk)["North Partners"]
    assert "PrimaryEmailAddr" not in made and "Green Mill" not in customers(desk)
    assert kinds(desk) == []
    desk.sandbox.edit("Customer", made["Id"], {"DisplayName": "North & Co"})
    assert desk.copy(of_project(invoice, where, "2044", partner="North Partners")).outcome == "copied"
    assert billed(desk)["2044"] == "North & Co"
    assert desk.copy(first).outcome == "unchanged"
    sent = desk.send(of_project(invoice, where, "2045", partner="North Partners"))
    assert sent.outcome == "copied" and "name its address under delivery.to" in sent.reason
