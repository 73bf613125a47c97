"""A * in the key of a map never stands for itself in silence: it is an error, and its remedy works."""

from __future__ import annotations

import re
from typing import Any

import pytest


def found(check_files: Any, text: str) -> list[tuple[str, str]]:
    return [(each.code, each.remedy) for each in check_files({"rules.yaml": f"version: 1\n{text}"}).findings]


@pytest.mark.parametrize("key", ["by_service_type", "by_charge"])
@pytest.mark.parametrize("name", ["Train*", "Train* ", "Train*ing", 'Say "x": *'])
def test_the_exception_of_the_remedy_takes_its_place(check_files: Any, key: str, name: str) -> None:
    quoted = "'" + name + "'"
    ((code, remedy),) = found(check_files, f"items: {{{key}: {{{quoted}: Training}}, otherwise: hold}}")
    assert code == "OQ304"
    exception = re.search(r"\{id: .*\}", remedy)
    assert exception
    assert found(check_files, f"items: {{exceptions: [{exception[0]}], otherwise: hold}}") == []


@pytest.mark.parametrize(
    "text",
    [
        "items: {by_service_type: {'*-DEV': Training}, otherwise: hold}",
        "items: {by_service_type: {'*': {item: Training, class: North}}, otherwise: hold}",
        "customers: {by_name: {'Acme*': Acme Inc.}}",
        "payments: {direction: both, methods: {'Ca*': Visa}}",
        "payments: {direction: both, exceptions: [{id: a, when: {country: CA}, deposit_accounts: {'Ca*': Checking}}]}",
        "taxes: {by_country: {CA: {default: GST, 'Que*': QST}}, otherwise: hold}",
        "taxes: {by_country: {DE: {default: 19.0%, 'Bay*': 19.0% BY}}, otherwise: hold}",
    ],
)
def test_where_no_exception_says_it_keys_are_written_one_by_one(check_files: Any, text: str) -> None:
    ((code, remedy),) = found(check_files, text)
    assert code == "OQ304"
    assert remedy.startswith("Write one key for each ")


@pytest.mark.parametrize(
    "text",
    [
        "taxes: {by_country: {'C*': GST}, otherwise: hold}",
        "taxes: {by_category: {'A*': GST}, otherwise: hold}",
        "taxes: {by_country: {GB: {by_rate: {'2*': GST}}}, otherwise: hold}",
    ],
)
def test_no_other_map_takes_one(check_files: Any, text: str) -> None:
    assert found(check_files, text)
    findings = check_files({"rules.yaml": f"version: 1\n{text}"}).findings
    assert "error" in {each.severity for each in findings}
