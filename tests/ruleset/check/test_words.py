"""How texts are compared: countries, currencies, regions, and characters that only look alike."""

from __future__ import annotations

from typing import Any

import pycountry
import pytest

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.check.lookalikes import skeleton
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.places import (
    country_meant,
    known_region,
    region_codes,
    region_of,
    regions_meant,
)
from onedesk_quickbooks.plugin.ruleset.core.words import COUNTRIES, CURRENCIES, fold
from onedesk_quickbooks.plugin.yamlfile.oddities import oddities


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


WRITTEN = {
    "CA-AB": "AB, Alberta, Alta., ca-ab",
    "CA-BC": "BC, B.C., b. c., British Columbia, Colombie-Britannique, C.-B.",
    "CA-MB": "MB, Man., Manitoba",
    "CA-NB": "NB, N.B., New Brunswick, Nouveau-Brunswick, N.-B.",
    "CA-NL": "NL, NF, Nfld., Newfoundland, Labrador, Newfoundland and Labrador, Newfoundland & Labrador, T.-N.-L.",
    "CA-NS": "NS, N.S., Nova Scotia, Nouvelle-Écosse, Nouvelle Ecosse, N.-É.",
    "CA-NT": "NT, NWT, N.W.T., Northwest Territories, T.N.-O.",
    "CA-NU": "NU, Nunavut, Nvt.",
    "CA-ON": "ON, on, Ont., Ontario, CA-on, Province of Ontario, Ontario (ON), ON - Ontario, Ontario; Canada, O.N.",
    "CA-PE": "PE, PEI, P.E.I., Prince Edward Island, Île-du-Prince-Édouard, Ile du Prince Edouard, Î.-P.-É.",
    "CA-QC": "QC, Que., Qué., Que, PQ, P.Q., Quebec, Québec, QUÉBEC, Que\u0301bec, Quebec Province",
    "CA-SK": "SK, Sask., Saskatchewan",
    "CA-YT": "YT, Yukon, Yukon Territory, Y.T.",
    "US-CA": "CA, Calif., California, State of California",
    "US-DC": "DC, D.C., Washington DC, Washington D.C., District of Columbia",
    "US-MA": "MA, Mass., Massachusetts, Commonwealth of Massachusetts",
    "US-NC": "NC, N.C., N. Carolina",
    "US-NY": "NY, N.Y., New York, New York State",
    "US-PR": "PR, P.R., Puerto Rico",
    "US-TX": "TX, Tex., TEXAS, Texas; USA",
    "US-WA": "WA, Wash., Washington, Washington State",
    "US-WV": "WV, W.Va., W. Va., West Virginia",
    "US-AE": "AE, Armed Forces Europe",
    "AU-ACT": "ACT, A.C.T., Australian Capital Territory",
    "AU-NSW": "NSW, N.S.W., nsw, New South Wales",
    "AU-QLD": "QLD, Qld., Queensland",
    "AU-SA": "SA, S.A., South Australia",
    "AU-TAS": "TAS, Tas., Tasmania",
    "AU-VIC": "VIC, Vic., Victoria",
    "AU-WA": "WA, W.A., Western Australia",
}


@pytest.mark.parametrize("code", WRITTEN)
def test_regions_as_people_write_them(code: str) -> None:
    country = code[:2]
    for text in WRITTEN[code].split(", "):
        assert region_of(country, text.replace(";", ",")) == code, text
        assert known_region(country, text.replace(";", ","))


@pytest.mark.parametrize(
    ("country", "region", "meant"),
    [
        ("CA", "Toronto", "toronto"),
        ("CA", "Quebec City", "quebec city"),
        ("CA", "Toronto, ON", "toronto, on"),
        ("CA", "ON / QC", "on / qc"),
        ("CA", "Calif.", "calif."),
        ("CA", "-", "-"),
        ("US", "NYC", "nyc"),
        ("US", "ON", "on"),
        ("AU", "Ont.", "ont."),
    ],
)
def test_what_is_no_region_of_the_country(country: str, region: str, meant: str) -> None:
    assert region_of(country, region) == meant
    assert known_region(country, region) is False


@pytest.mark.parametrize(
    ("country", "region", "meant"),
    [("NO", "Viken", "viken"), ("CA", " ", ""), ("", "ON", "on"), ("DE", "N.R.W.", "n.r.w.")],
)
def test_regions_that_are_not_known_here(country: str, region: str, meant: str) -> None:
    assert region_of(country, region) == meant


@pytest.mark.parametrize("country", ["CA", "US", "AU"])
def test_codes_of_regions_are_themselves(country: str) -> None:
    for code in region_codes(country):
        assert region_of(country, code) == region_of(country, f"{country}-{code}") == f"{country}-{code}"


@pytest.mark.parametrize(
    ("code", "meant"),
    [("UK", ("GB", "the United Kingdom")), ("EL", ("GR", "Greece")), ("XX", ("", "")), ("GB", None), ("", None)],
)
def test_codes_that_are_no_country(code: str, meant: tuple[str, str] | None) -> None:
    assert country_meant(code) == meant


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
