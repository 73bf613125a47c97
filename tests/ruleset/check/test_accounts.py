"""Income accounts: one item cannot be on two, and what a company's item is on counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.model.books import BooksItem
from onedesk_quickbooks.plugin.model.company_settings import Account, Company, Ref
from onedesk_quickbooks.plugin.ruleset.check import Against, check
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot

SERVICES, DESIGN, TRAVEL = Ref("1", "Services"), Ref("2", "Design income"), Ref("3", "Travel Income")
SNAPSHOT = CompanySnapshot(
    Company("1", "Acme", "US", "USD"),
    tuple(Account(each.id, each.name, "Income", f"400{each.id}") for each in (SERVICES, DESIGN, TRAVEL)),
    (
        BooksItem("11", "Design", "Service", DESIGN),
        BooksItem("12", "Consulting", "Service", SERVICES),
        BooksItem("13", "Work:Travel", "Service", TRAVEL),
        BooksItem("14", "Pump", "Service"),
    ),
)


def found(tmp_path: Path, items: str, company: CompanySnapshot | None = None) -> list[tuple[str, str]]:
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\nitems: {items}\n", encoding="utf-8")
    findings = check([path], Against(company)).findings
    return [(each.code, each.message) for each in findings if each.code in ("OQ406", "OQ507")]


TWO = [
    # Two service types, two charges, or both, with one item.
    "{by_service_type: {Travel: {item: Travel, income_account: A}, Hotel: {item: Travel, income_account: B}},"
    " otherwise: hold}",
    "{by_charge: {Taxi: {item: travel, income_account: A}}, by_service_type: {Hotel: {item: Travel,"
    " income_account: B}}, otherwise: hold}",
    # An exception and otherwise.
    "{exceptions: [{id: a, when: {country: CA}, item: Work, income_account: A}],"
    " otherwise: {item: Work, income_account: B}}",
    # An exception that names the account alone.
    "{exceptions: [{id: a, when: {tag: x}, income_account: A}], otherwise: same_name}",
    "{exceptions: [{id: a, when: {tag: x}, income_account: A}], otherwise: {item: Work, income_account: B}}",
    "{exceptions: [{id: a, when: {service_type: 'Hotel*', tag: x}, income_account: A}], otherwise: same_name}",
    "{by_service_type: {Hotel: Travel}, exceptions: [{id: a, when: {tag: x}, income_account: A}], otherwise: hold}",
    # With the account of new items.
    "{default_income_account: A, by_service_type: {Hotel: Travel, Taxi: {item: Travel, income_account: B}},"
    " otherwise: hold}",
    "{by_service_type: {Hotel: Travel, Taxi: {item: Travel, income_account: B}}, otherwise: hold}",
]
ONE = [
    "{by_service_type: {Travel: {item: Travel, income_account: A}, Hotel: {item: Travel, income_account: a}},"
    " otherwise: hold}",
    "{by_service_type: {Travel: {item: Travel, income_account: A}, Hotel: {item: Hotel, income_account: B}},"
    " otherwise: same_name}",
    "{by_charge: {Freight: {item: Freight, income_account: A}}, otherwise: same_name}",
    # The account of an exception for all lines that have its item.
    "{exceptions: [{id: a, when: {service_type: 'Hotel*'}, income_account: A}], otherwise: same_name}",
    # The account of otherwise goes with the item of otherwise alone; no item is created on another one.
    "{exceptions: [{id: a, when: {tag: x}, item: Work}], otherwise: {item: Rest, income_account: A}}",
    "{exceptions: [{id: a, when: {tag: x}, item: Work}], by_charge: {Taxi: {item: Work, income_account: B}},"
    " otherwise: {item: Rest, income_account: A}, when_missing: hold}",
    # Nothing is created, so the account of new items is put on none.
    "{by_service_type: {Hotel: Travel, Taxi: {item: Travel, income_account: B}}, otherwise: hold, when_missing: hold}",
    # No line reaches the second rule.
    "{exceptions: [{id: a, when: {service_type: Hotel}, item: Travel, income_account: A}],"
    " by_service_type: {Hotel: {item: Travel, income_account: B}}, otherwise: hold}",
]


@pytest.mark.parametrize("items", TWO)
def test_one_item_with_two_accounts_is_found(tmp_path: Path, items: str) -> None:
    assert [code for code, _ in found(tmp_path, items)] == ["OQ406"]


@pytest.mark.parametrize("items", ONE)
def test_one_account_for_each_item_is_fine(tmp_path: Path, items: str) -> None:
    assert found(tmp_path, items) == []


def test_the_finding_names_item_accounts_and_rules(tmp_path: Path) -> None:
    ((_, message),) = found(tmp_path, TWO[0])
    assert message == (
        'The item "Travel" can get two income accounts: B by items.by_service_type.Hotel (the service type "Hotel"), '
        'A by items.by_service_type.Travel (the service type "Travel"). QuickBooks books a line on the account of its '
        "item, so one item cannot be on both."
    )


def test_many_items_are_one_finding(tmp_path: Path) -> None:
    entries = ", ".join(f"Kind {number}: Item {number}" for number in range(9))
    exception = "{id: a, when: {tag: x}, income_account: A}"
    ((_, message),) = found(tmp_path, f"{{by_service_type: {{{entries}}}, exceptions: [{exception}], otherwise: hold}}")
    assert message.startswith('The item "Item 0", the item "Item 1", the item "Item 2" and 6 more can get two')


ELSEWHERE = [
    (
        "{by_service_type: {Design: {item: Design, income_account: Services}}, otherwise: same_name}",
        "Design is on Design income, the rules name Services",
    ),
    ("{otherwise: {item: work:travel, income_account: 4001}}", "Work:Travel is on Travel Income, the rules name 4001"),
    (
        "{exceptions: [{id: a, when: {service_type: Consulting}, income_account: 4003}], otherwise: same_name}",
        "Consulting is on Services, the rules name 4003",
    ),
    (
        "{exceptions: [{id: a, when: {service_type: [D*, C*]}, income_account: Travel Income}], otherwise: same_name}",
        "Design is on Design income, Consulting is on Services, the rules name Travel Income",
    ),
]
THERE = [
    "{by_service_type: {Design: {item: Design, income_account: 4002}}, otherwise: same_name}",
    "{default_income_account: Services, by_service_type: {Design: Design}, otherwise: same_name}",
    "{by_service_type: {Pump: {item: Pump, income_account: Services}}, otherwise: same_name}",
    "{by_service_type: {Tap: {item: Tap, income_account: Services}}, otherwise: same_name}",
    "{by_service_type: {Design: {item: Design, income_account: Unknown}}, otherwise: same_name}",
]


@pytest.mark.parametrize(("items", "said"), ELSEWHERE)
def test_an_item_on_another_account_is_found(tmp_path: Path, items: str, said: str) -> None:
    ((_, message),) = [each for each in found(tmp_path, items, SNAPSHOT) if each[0] == "OQ507"]
    assert said in message and "income account of its item" in message


@pytest.mark.parametrize("items", THERE)
def test_an_item_on_the_account_that_is_named_is_fine(tmp_path: Path, items: str) -> None:
    assert found(tmp_path, items, SNAPSHOT) == []


@pytest.mark.parametrize("company", [None, SNAPSHOT])
def test_rules_that_overlap_too_much_are_said_to_be_left_open(tmp_path: Path, company: CompanySnapshot | None) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\nitems: {TWO[0].replace('Travel', 'Design')}\n", encoding="utf-8")
    found = check([path], Against(company, steps=1)).findings
    assert any(each.code == "OQ404" and "income accounts overlap" in each.message for each in found)
