"""The shipped rules: clean, proved by their cases, and true of the companies that the sandbox seeds."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.books import BooksItem
from onedesk_quickbooks.plugin.model.company_settings import Account, BooksClass, Company, Ref, TaxCode
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases import run_paths, survivors
from onedesk_quickbooks.plugin.ruleset.check import Against, check
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.load import EXAMPLES, load
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES

ROOT = Path(__file__).parents[3]
PARTS = ("rates-2027.yaml", "it-services-2027.yaml")
"""Files that others include."""
RULES = sorted(
    path for path in EXAMPLES.glob("*.yaml") if not path.name.endswith(".cases.yaml") and path.name not in PARTS
)
COMPANIES = {
    "ca-provinces": "ca",
    "gb-vat": "gb",
    "no-eu-international": "intl",
    "international-by-rate": "intl",
    "us-automated-tax": "us",
    "consultancy-two-income-accounts": "us",
    "hold-instead-of-copy-only": "gb",
    "numbering-by-quickbooks": "us",
    "hold-over-an-amount": "us",
    "credit-notes": "us",
    "payments-both-ways": "us",
    "exempt-customers": "ca",
    "several-countries": "intl",
    "classes": "us",
    "retainers": "us",
    "new-tax-rate": "intl",
    "projects": "us",
    "it-services": "gb",
}

CLASSES = ("Projects", "Helpdesk", "Field service", "Field:North", "Field:South", "Overhead")
LOCATIONS = ("North", "South", "London", "Manchester")
"""What the companies of the examples have under All lists > Classes, and > Locations."""
RETAINERS = Account("r", "Customer retainers", "Other Current Liability")
"""The account that a company has made for its item of retainers."""
NEW_CODES = {"gb": (TaxCode("21", "21.0% S", Decimal(21)),)}
"""The tax codes that a company has set up before the day of a new rate."""


def seeded(edition: str) -> CompanySnapshot:
    """A company of the sandbox on its first day."""
    data = ROOT / "plugin" / "sandbox" / "data"
    common, own = (json.loads((data / f"{name}.json").read_text(encoding="utf-8")) for name in ("common", edition))
    country = own["company"].get("Country", "NO")
    rates = {row[0]: Decimal(str(row[2])) for row in own["rates"]}

    def rows(key: str) -> list[Any]:
        return [*common.get(key, []), *own.get(key, [])]

    def code(row: list[Any]) -> TaxCode:
        return TaxCode(row[0], row[1], sum((rates[each] for each in row[2]), Decimal(0)) if row[2] else None)

    return CompanySnapshot(
        Company("1", own["company"]["CompanyName"], country, own["currency"]),
        (*(Account(row[0], row[1], row[2]) for row in rows("accounts")), RETAINERS),
        (
            *(BooksItem(row[0], row[1], row[2], Ref(row[3], row[3]) if row[3] else None) for row in rows("items")),
            BooksItem("r", "Retainer", "Service", Ref(RETAINERS.id, RETAINERS.name)),
        ),
        (*(code(row) for row in own["codes"]), *NEW_CODES.get(edition, ())),
        tuple(Ref(row[0], row[1]) for row in common["terms"]),
        classes=tuple(BooksClass(name, name) for name in CLASSES),
        locations=tuple(BooksClass(name, name) for name in LOCATIONS),
    )


def test_every_example_is_tried_with_a_company() -> None:
    assert sorted(COMPANIES) == [path.stem for path in RULES]


@pytest.mark.parametrize("path", [DEFAULT_RULES, *RULES], ids=lambda path: path.stem)
def test_is_clean(path: Path) -> None:
    assert check([path]).findings == ()


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_names_what_the_seeded_company_has(path: Path) -> None:
    found = check([path], Against(seeded(COMPANIES[path.stem]))).findings
    assert {each.code for each in found} <= {"OQ505", "OQ509"}, found


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_its_cases_pass_and_cover_every_class(path: Path) -> None:
    report = run_paths([path.with_name(path.stem + ".cases.yaml")])
    assert report.ok
    assert report.coverage == 100


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_its_cases_notice_every_change(path: Path) -> None:
    report = run_paths([path.with_name(path.stem + ".cases.yaml")])
    assert survivors(report.files[0]) == []


def test_many_currencies_take_the_code_of_each_lines_rate() -> None:
    rules = load(EXAMPLES / "international-by-rate.yaml").rules
    assert rules is not None
    line = {"id": "1", "service_type": "Samtal i Sverige: tid", "amount": "10.00", "tax_rate": "25.0"}
    source = {"id": "7", "number": "7", "status": "open", "currency": "SEK", "issue_date": "2026-07-15"}
    customer = {"id": "c", "name": "Tekniska Verken", "address": {"country": "SE"}}
    invoice = Invoice.from_json({**source, "customer": customer, "lines": [line], "total": "12.50"})
    decided = decide(rules, invoice, Facts("NL"))
    assert decided.lines[0].item is not None
    assert (decided.lines[0].item.name, decided.lines[0].tax.code) == ("Telephony", "VAT 25%")
    assert (decided.when_line_differs, decided.customer.when_currency_differs) == ("amount_only", "separate")
