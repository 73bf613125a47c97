"""How texts are compared: countries, currencies, regions, and characters that only look alike."""

from __future__ import annotations

from typing import Any

import pycountry
import pytest

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset import decide
from onedesk_quickbooks.plugin.ruleset.checking.lookalikes import skeleton
from onedesk_quickbooks.plugin.ruleset.places import region_codes, region_of, regions_meant
from onedesk_quickbooks.plugin.ruleset.reading.oddities import oddities
from onedesk_quickbooks.plugin.ruleset.words import COUNTRIES, CURRENCIES, fold


def test_countries_and_currencies_are_those_of_the_standard() -> None:
    assert {each.alpha_2 for each in pycountry.countries} == COUNTRIES
    assert {each.alpha_3 for each in pycountry.currencies} == CURRENCIES


@pytest.mark.parametrize("country", ["CA", "US", "AU"])
def test_regions_are_those_of_the_standard(country: str) -> None:
    listed = [each for each in pycountry.subdivisions if each.country_code == country]
    codes = {each.code.removeprefix(f"{country}-") for each in listed}
    mail = {"AA", "AE", "AP"} if country == "US" else set()  # of the armed forces
    assert set(region_codes(country)) == codes | mail
    for each in listed:
        if each.code.removeprefix(f"{country}-") in region_codes(country) and country != "US":
            assert region_of(country, each.name) == each.code


@pytest.mark.parametrize(
    ("country", "region", "meant"),
    [
        ("CA", "ON", "CA-ON"),
        ("CA", "ontario", "CA-ON"),
        ("CA", "CA-on", "CA-ON"),
        ("CA", "Québec", "CA-QC"),
        ("CA", "Quebec", "CA-QC"),
        ("US", "WA", "US-WA"),
        ("AU", "WA", "AU-WA"),
        ("NO", "Viken", "viken"),
        ("CA", "", ""),
        ("", "ON", "on"),
    ],
)
def test_regions_by_code_and_name(country: str, region: str, meant: str) -> None:
    assert region_of(country, region) == meant


def test_a_region_without_a_country_is_that_of_every_country() -> None:
    assert regions_meant("WA", frozenset()) == {"US-WA", "AU-WA", "wa"}
    assert regions_meant("WA", frozenset({"AU"})) == {"AU-WA"}


@pytest.mark.parametrize(
    ("one", "other"),
    [("Café", "CAFE\u0301"), ("a  b", "A b"), ("a\u00a0b", "a b"), ("Straße", "STRASSE"), ("ǅ", "ǆ")],
)
def test_fold_makes_alike_what_is_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert fold(fold(one)) == fold(one)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Follow-up", "follow up", True),
        ("Consulting", "C\u043ensulting", True),
        ("Cafe\u0301", "Café", True),
        ("C", "C++", False),
        ("1.10", "110", False),
        ("Level 1", "Level 2", False),
    ],
)
def test_what_the_eye_passes_over(one: str, other: str, alike: bool) -> None:
    assert (skeleton(one) == skeleton(other)) is alike


@pytest.mark.parametrize(
    "text",
    [
        "Skellefteå",
        "Лицензия",
        "Καφές",
        "日本語 サービス",
        "می‌خواهم",
        "👩‍💻 support",
        "naïve",
        "Σ-team",
        "100 % Baumwolle",
    ],
)
def test_names_in_any_script_are_names(text: str) -> None:
    assert list(oddities(text)) == []


@pytest.mark.parametrize(
    ("written", "values", "wins"),
    [
        ("{service_type: 'Training*'}", {"service_type": "TRAINING, one day"}, True),
        ("{service_type: 'Training *'}", {"service_type": "Trainings"}, False),
        ("{region: Ontario}", {"country": "CA", "region": "ON"}, True),
        ("{region: WA}", {"country": "AU", "region": "Western Australia"}, True),
        ("{region: WA, country: US}", {"country": "AU", "region": "WA"}, False),
        ("{country: no}", {"country": "NO"}, True),
        ("{amount: {from: 100, below: 500}}", {"amount": "100"}, True),
        ("{amount: {from: 100, below: 500}}", {"amount": "499.99"}, True),
        ("{amount: {from: 100, below: 500}}", {"amount": "500.00"}, False),
        ("{date: {from: 2026-07-15}}", {"date": "2026-07-15"}, True),
        ("{date: {below: 2026-07-15}}", {"date": "2026-07-15"}, False),
        ("{customer_tag: [vip, Reseller]}", {"tags": ["x", "reseller"]}, True),
        ("{customer_tag: vip}", {"tags": []}, False),
    ],
)
def test_conditions_hold_where_the_text_says(
    check_files: Any, written: str, values: dict[str, Any], wins: bool
) -> None:

    text = f"version: 1\nitems:\n  exceptions: [{{id: a, when: {written}, item: Special}}]\n  otherwise: same_name\n"
    (loaded,) = check_files({"rules.yaml": text}).loaded
    line = {"id": "1", "service_type": values.get("service_type", "Work"), "amount": values.get("amount", "1.00")}
    address = {"country": values.get("country", "US"), "region": values.get("region", "")}
    customer = {"id": "c", "name": "Acme", "address": address, "tags": values.get("tags", [])}
    source = {"id": "7", "number": "7", "status": "open", "currency": "USD", "total": line["amount"]}
    day = values.get("date", "2026-01-01")
    invoice = Invoice.from_json({**source, "issue_date": day, "customer": customer, "lines": [line]})
    item = decide(loaded.rules, invoice, Facts("US")).lines[0].item
    assert item is not None
    assert (item.name == "Special") is wins
