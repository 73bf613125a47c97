"""A payment term is used where the due date comes from terms, for all invoices or by an exception alone."""

from __future__ import annotations

from typing import Any

import pytest

RETAINER = "id: r, when: {invoice_type: retainer}"
PARTNER = "id: p, when: {customer_tag: partner}"


def found(check_files: Any, text: str) -> list[tuple[str, str]]:
    findings = check_files({"rules.yaml": f"version: 1\ninvoices: {{{text}}}\n"}).findings
    return [(each.code, f"{each.line}:{each.column}") for each in findings]


@pytest.mark.parametrize(
    "text",
    [
        f"due: terms, exceptions: [{{{RETAINER}, terms: Due on receipt}}]",
        f"exceptions: [{{{RETAINER}, due: terms, terms: Due on receipt}}]",
        f"exceptions: [{{{RETAINER}, due: terms}}, {{{PARTNER}, terms: Net 60}}]",
        f"due: invoice, terms: Net 30, exceptions: [{{{RETAINER}, due: terms}}]",
        f"due: {{days: 30}}, terms: Net 30, exceptions: [{{{RETAINER}, due: terms}}]",
        f"due: {{days: 30, end_of_month: yes}}, exceptions: [{{{RETAINER}, due: terms, terms: Due on receipt}}]",
    ],
)
def test_without_terms_for_the_others_those_of_the_customer_hold(check_files: Any, text: str) -> None:
    assert found(check_files, text) == []


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("terms: Net 30", "due: terms, terms: Net 30"),
        (
            f"exceptions: [{{{RETAINER}, terms: Due on receipt}}]",
            f"exceptions: [{{{RETAINER}, due: terms, terms: Due on receipt}}]",
        ),
        (
            f"terms: Net 30, exceptions: [{{{RETAINER}, due: invoice}}]",
            f"terms: Net 30, due: terms, exceptions: [{{{RETAINER}, due: invoice}}]",
        ),
    ],
)
def test_terms_that_nothing_uses_are_reported_and_the_remedy_works(check_files: Any, text: str, mended: str) -> None:
    ((code, _),) = [each for each in found(check_files, text) if each[0] == "OQ310"]
    assert code == "OQ310"
    assert found(check_files, mended) == []


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("due: {days: 30}, terms: Net 30", ("due: {days: 30}", "due: terms, terms: Net 30")),
        (
            f"due: terms, exceptions: [{{{RETAINER}, due: {{days: 30}}, terms: Net 30}}]",
            (f"due: terms, exceptions: [{{{RETAINER}, due: {{days: 30}}}}]",),
        ),
    ],
)
def test_terms_beside_days_are_an_error(check_files: Any, text: str, mended: tuple[str, ...]) -> None:
    assert [code for code, _ in found(check_files, text)] == ["OQ307"]
    assert [found(check_files, each) for each in mended] == [[]] * len(mended)
