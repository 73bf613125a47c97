"""The section totals: a tolerance that nothing uses, and a line for the difference that has no item."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ruleset.check import check


def found(tmp_path: Path, text: str) -> list[tuple[str, int, int]]:
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\n" + text, encoding="utf-8")
    return [(each.code, each.line, each.column) for each in check([path]).findings]


LINE = "{when_different: rounding_line"
ITEM = "rounding: {item: Cents}"
RULES: list[tuple[str, list[tuple[str, int, int]]]] = [
    ("totals: {tolerance: 0.05}", [("OQ310", 2, 10)]),
    ("totals: {when_different: note, tolerance: 1}", [("OQ310", 2, 32)]),
    ("totals:\n  exceptions: [{id: a, when: {tag: b}, tolerance: 1}]", [("OQ310", 3, 40)]),
    ("totals: {when_different: adjust_tax, tolerance: 1}", []),
    ("totals:\n  tolerance: 1\n  exceptions: [{id: a, when: {tag: b}, when_different: adjust_tax}]", []),
    (f"totals: {LINE}}}", [("OQ202", 2, 26)]),
    (f"totals: {LINE}, rounding: note}}", [("OQ202", 2, 26)]),
    (f"totals: {LINE}, {ITEM}, tolerance: 0.10}}", []),
    # An exception that settles with a line, and one that takes the line away.
    ("totals:\n  exceptions: [{id: a, when: {tag: b}, when_different: rounding_line}]", [("OQ202", 3, 56)]),
    (f"totals:\n  exceptions: [{{id: a, when: {{tag: b}}, when_different: rounding_line, {ITEM}}}]", []),
    (f"totals: {LINE}, {ITEM}, exceptions: [{{id: a, when: {{tag: b}}, rounding: hold}}]}}", [("OQ202", 2, 26)]),
    (
        f"totals: {LINE}, {ITEM}, exceptions: [{{id: a, when: {{tag: b}}, rounding: hold, when_different: note}}]}}",
        [],
    ),
    # The exception for the line is asked after one that names no item, for the invoices that match both.
    (
        "totals:\n  exceptions:\n    - {id: a, when: {country: CA}, rounding: note}\n"
        f"    - {{id: b, when: {{tag: b}}, when_different: rounding_line, {ITEM}}}",
        [("OQ202", 5, 47)],
    ),
    # No invoice matches both.
    (
        "totals:\n  exceptions:\n    - {id: a, when: {country: CA}, rounding: note}\n"
        f"    - {{id: b, when: {{country: US}}, when_different: rounding_line, {ITEM}}}",
        [],
    ),
]


@pytest.mark.parametrize(("text", "expected"), RULES)
def test_what_settles_a_difference_has_what_it_needs(
    tmp_path: Path, text: str, expected: list[tuple[str, int, int]]
) -> None:
    assert found(tmp_path, text) == expected


REMEDIES = [
    (f"totals: {LINE}}}", f"totals: {LINE}, rounding: {{item: Rounding}}}}"),
    ("totals: {tolerance: 0.02}", "totals: {when_different: adjust_tax, tolerance: 0.02}"),
    ("totals: {tolerance: 0.02, prepaid: note}", "totals: {prepaid: note}"),
    ("delivery: {when_payable_differs: send}", "totals: {prepaid: note, rounding: note}"),
    (
        "delivery: {when_billing_email_missing: hold, when_payable_differs: hold}",
        "delivery: {when_billing_email_missing: hold}\ntotals: {prepaid: hold, rounding: hold}",
    ),
    (
        "delivery: {exceptions: [{id: a, when: {tag: b}, when_payable_differs: send}]}",
        "totals: {exceptions: [{id: a, when: {tag: b}, prepaid: note, rounding: note}]}",
    ),
    ("customers: {update_address: true}", "customers: {update_address: yes}"),
    ("customers: {update_address: off}", "customers: {update_address: no}"),
]


@pytest.mark.parametrize(("before", "after"), REMEDIES)
def test_the_remedy_works_when_it_is_followed(tmp_path: Path, before: str, after: str) -> None:
    assert len(found(tmp_path, before)) == 1
    assert found(tmp_path, after) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "delivery: {when_payable_differs: send}",
            "write prepaid: note and rounding: note under totals, and delete this section, which holds nothing else.",
        ),
        (
            "delivery: {when_payable_differs: hold, several_addresses: to}",
            "write prepaid: hold and rounding: hold under totals, and delete this key.",
        ),
        (
            "delivery: {exceptions: [{id: a, when: {tag: b}, when_payable_differs: send}]}",
            "write prepaid: note and rounding: note in an exception under totals with this when, "
            "and delete this exception.",
        ),
        ("customers: {update_address: True}", 'Did you mean "yes"?'),
        ("customers: {update_address: maybe}", "Write one of yes, no."),
        ("totals: {rounding: Rounding}", "A name is written {item: Rounding} here."),
    ],
)
def test_the_remedy_says_what_to_write(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\n" + text, encoding="utf-8")
    (finding,) = check([path]).findings
    assert finding.severity == "error"
    assert said in finding.remedy


def test_a_payment_term_in_an_exception_alone_is_no_gap(check_files: Any) -> None:
    text = "version: 1\ninvoices: {due: terms, exceptions: [{id: a, when: {tag: b}, terms: Net 30}]}\n"
    assert check_files({"rules.yaml": text}).findings == ()
