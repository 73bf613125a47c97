"""A first rule set: it checks clean, and holds where it would have to guess."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.model.books import Account, BooksItem, Company, TaxCode
from onedesk_quickbooks.plugin.ruleset import RuleSet, load
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.fmt import begin

SERVICES = Account("1", "Services: all", "Income")
ITEMS = (
    BooksItem("1", "Consulting", "Service"),
    BooksItem("2", "Work:Training", "Service"),
    BooksItem("3", "Old:Training", "Service", active=False),
    BooksItem("4", "A:Travel", "Service"),
    BooksItem("5", "B:Travel", "Service"),
    BooksItem("6", "Work", "Category"),
)
CODES = (
    TaxCode("1", "20.0% S", Decimal("20.0")),
    TaxCode("2", "0.0% Z", Decimal(0)),
    TaxCode("3", "Exempt", Decimal(0)),
    TaxCode("4", "Purchases", None),
)


DISCOUNTS = Account("7", "Discounts given", "Income", subtype="DiscountsRefundsGiven")


def made(tmp_path: Path, snapshot: CompanySnapshot, services: list[str]) -> RuleSet:
    path = tmp_path / "rules.yaml"
    path.write_text(begin(snapshot, services, ["US", "CA", "XX"]), encoding="utf-8")
    loaded = load(path)
    assert loaded.findings == ()
    assert loaded.rules is not None
    return loaded.rules


@pytest.mark.parametrize("country", ["US", "GB", "CA", "AU", "NO", "FR"])
@pytest.mark.parametrize("taxed", [True, False])
@pytest.mark.parametrize("full", [True, False])
def test_it_checks_clean(tmp_path: Path, country: str, taxed: bool, full: bool) -> None:
    company = Company("1", "Trotters # & sons", country, "USD", multicurrency=full, uses_sales_tax=taxed)
    snapshot = CompanySnapshot(company, (SERVICES,), ITEMS, CODES) if full else CompanySnapshot(company)
    rules = made(tmp_path, snapshot, ["consulting", "Training", "Travel", "Repair: fast", " ", "Training"])
    assert rules.items.otherwise.hold
    assert rules.taxes.otherwise.kind == ("hold" if taxed else "none")


def test_only_what_is_certain_is_named(tmp_path: Path) -> None:
    company = Company("1", "Trotters", "GB", "GBP")
    rules = made(tmp_path, CompanySnapshot(company, (SERVICES,), ITEMS, CODES), ["consulting", "Training", "Travel"])
    assert {key: each.names["item"] for key, each in rules.items.by_service_type.items()} == {
        "consulting": "Consulting",
        "training": "Work:Training",
    }
    assert rules.items.default_income_account is not None
    assert {rate: each.code for rate, each in rules.taxes.by_country["GB"].default.rates.items()} == {"20": "20.0% S"}
    assert rules.taxes.by_country["US"].default.kind == "hold"


def test_two_income_accounts_are_no_choice(tmp_path: Path) -> None:
    company = Company("1", "Trotters", "US", "USD")
    accounts = (SERVICES, Account("2", "Sales", "Income"), Account("3", "Bank", "Bank"))
    rules = made(tmp_path, CompanySnapshot(company, accounts), [])
    assert rules.items.default_income_account is None
    assert rules.taxes.by_country["US"].default.kind == "automatic"


@pytest.mark.parametrize(
    ("accounts", "named"),
    [
        ((SERVICES,), None),
        ((SERVICES, DISCOUNTS), "Discounts given"),
        ((DISCOUNTS, Account("8", "Rebates", "Income", subtype="DiscountsRefundsGiven")), None),
    ],
)
def test_the_account_of_discounts_is_named_where_there_is_one(
    tmp_path: Path, accounts: tuple[Account, ...], named: str | None
) -> None:
    account = (
        made(tmp_path, CompanySnapshot(Company("1", "Acme", "US", "USD"), accounts), [])
        .settings["discounts.account"]
        .otherwise
    )
    assert (account.value if account else None) == named
