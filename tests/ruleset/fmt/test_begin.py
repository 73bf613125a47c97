"""A first rule set: it checks clean, and holds where it would have to guess."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.model.books import BooksItem
from onedesk_quickbooks.plugin.model.company_settings import Account, Company, TaxCode
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.fmt import begin, show
from onedesk_quickbooks.plugin.ruleset.load import load

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
    assert rules.chains["item"].rows[-1].says == "hold"
    assert rules.chains["tax_code"].rows[-1].says == ("hold" if taxed else "none")


def test_only_what_is_certain_is_named(tmp_path: Path) -> None:
    company = Company("1", "Trotters", "GB", "GBP")
    rules = made(tmp_path, CompanySnapshot(company, (SERVICES,), ITEMS, CODES), ["consulting", "Training", "Travel"])
    assert [(row.when, row.outcome) for row in show(rules, "item") if row.when != "otherwise"] == [
        ("service_type: consulting", "Consulting"),
        ("service_type: Training", "Work:Training"),
    ]
    assert rules.default_income_account is not None
    taxes = {row.when: row.outcome for row in show(rules, "tax_code")}
    assert (taxes["country: GB"], taxes["country: US"]) == ("by rate (20 %: 20.0% S)", "hold")


def test_two_income_accounts_are_no_choice(tmp_path: Path) -> None:
    company = Company("1", "Trotters", "US", "USD")
    accounts = (SERVICES, Account("2", "Sales", "Income"), Account("3", "Bank", "Bank"))
    rules = made(tmp_path, CompanySnapshot(company, accounts), [])
    assert rules.default_income_account is None
    assert {row.when: row.outcome for row in show(rules, "tax_code")}["country: US"] == "automatic"


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
    rules = made(tmp_path, CompanySnapshot(Company("1", "Acme", "US", "USD"), accounts), [])
    account = rules.chains["discounts.account"].rows[-1].setting
    assert (account.value if account else None) == named
