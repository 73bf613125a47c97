"""A region that no country has is an error with the nearest one, as an unknown country is."""

from __future__ import annotations

import re
from typing import Any

import pytest

WHEN = "items:\n  exceptions: [{{id: a, when: {{{}}}, item: X}}]\n  otherwise: same_name\n"
BY_COUNTRY = "taxes: {{by_country: {{{}: {{default: A, {}: B}}}}, otherwise: hold}}\n"


def found(check_files: Any, text: str) -> list[tuple[str, str, str, str]]:
    findings = check_files({"rules.yaml": f"version: 1\n{text}"}).findings
    return [(each.code, each.severity, each.message, each.remedy) for each in findings]


@pytest.mark.parametrize(
    ("when", "region", "meant"),
    [
        ("country: CA, region: {}", "Quebek", "QC"),
        ("region: {}", "Quebek", "QC"),
        ("country: [CA, US], region: {}", "Kalifornia", "CA"),
        ("country: US, region: [TX, {}]", "New Yorck", "NY"),
        ("country: AU, region: {}", "Tasmanien", "TAS"),
    ],
)
def test_the_nearest_region_is_named_and_mends_it(check_files: Any, when: str, region: str, meant: str) -> None:
    ((code, severity, _, remedy),) = found(check_files, WHEN.format(when.format(region)))
    assert (code, severity) == ("OQ312", "error")
    near = re.match(r"Did you mean (\w+)", remedy)
    assert near and near[1] == meant
    assert found(check_files, WHEN.format(when.format(meant))) == []


def test_so_it_is_in_a_map(check_files: Any) -> None:
    ((code, severity, message, remedy),) = found(check_files, BY_COUNTRY.format("CA", "Quebek"))
    assert (code, severity, message) == ("OQ312", "error", 'CA has no region "Quebek".')
    assert remedy == "Did you mean QC (Quebec)?"


def test_a_region_of_another_country_wants_the_country_beside_it(check_files: Any) -> None:
    ((code, _, message, remedy),) = found(check_files, WHEN.format("region: Bayern"))
    assert (code, message) == ("OQ312", 'AU, CA and US have no region "Bayern".')
    assert "write country: with its code as well" in remedy
    assert found(check_files, WHEN.format("country: DE, region: Bayern")) == []


def test_where_nothing_is_near_the_codes_are_listed(check_files: Any) -> None:
    ((_, _, _, remedy),) = found(check_files, WHEN.format("country: AU, region: PQ"))
    assert remedy == "Write one of ACT, NSW, NT, QLD, SA, TAS, VIC, WA."


@pytest.mark.parametrize("written", ["XX", "OM", "Tor", "Oslo", "Bonn", "Toronto"])
def test_what_is_near_to_none_is_not_compared(check_files: Any, written: str) -> None:
    ((code, _, _, remedy),) = found(check_files, WHEN.format(f"region: {written}"))
    assert code == "OQ312"
    assert remedy.startswith("Write its code or name")


def test_a_country_beside_it_whose_regions_are_not_known_lets_no_slip_pass(check_files: Any) -> None:
    assert found(check_files, WHEN.format("country: [CA, DE], region: ON")) == []
    ((code, _, message, remedy),) = found(check_files, WHEN.format("country: [CA, DE], region: Quebek"))
    assert (code, message) == ("OQ312", 'CA has no region "Quebek".')
    assert remedy == "Did you mean QC (Quebec)? For a region of DE write an exception with country: DE alone."
    ((_, _, _, remedy),) = found(check_files, WHEN.format("country: [AT, CA, DE], region: Bayern"))
    assert remedy.endswith("SK, YT. For a region of AT or DE write an exception with country: AT alone.")


@pytest.mark.parametrize("written", ["QC", "Québec", "quebec", "CA-QC", "Province of Quebec"])
def test_codes_and_names_are_known(check_files: Any, written: str) -> None:
    assert found(check_files, WHEN.format(f"country: CA, region: {written}")) == []
    assert found(check_files, WHEN.format(f"region: {written}")) == []


@pytest.mark.parametrize("written", ["PQ", "Que.", "CA-PQ", "[ON, P.Q.]"])
def test_another_short_form_is_no_code(check_files: Any, written: str) -> None:
    for beside in ("", "country: CA, ", "country: [CA, DE], "):
        ((code, _, message, remedy),) = found(check_files, WHEN.format(f"{beside}region: {written}"))
        assert code == "OQ312"
        assert message.endswith("is neither the code nor the name of a region.")
        assert remedy == "Did you mean QC (Quebec)?"
