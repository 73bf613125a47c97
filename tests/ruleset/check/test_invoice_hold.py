"""What may stand under hold of invoices: a sentence, or none in any case."""

from __future__ import annotations

from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.ruleset.check import check


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ("Ask Maria", []),
        ("No invoice of ACME goes out", []),
        ("None", []),
        ("no", ["OQ206"]),
        ("Yes", ["OQ206"]),
        ("Hold", ["OQ206"]),
        ("true", ["OQ206"]),
        ("'  '", ["OQ205"]),
        ("~", ["OQ205"]),
    ],
)
def test_it_is_a_sentence_or_none(tmp_path: Path, told: str, codes: list[str]) -> None:
    path = tmp_path / "rules.yaml"
    rule = f"{{id: big, when: {{amount: {{from: 10000}}}}, hold: {told}}}"
    path.write_text(f"version: 1\ninvoices:\n  exceptions:\n    - {rule}\n", encoding="utf-8")
    assert [each.code for each in check([path]).findings] == codes


def test_a_rule_behind_one_that_takes_everything_can_never_win(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rules = [
        "{id: acme, when: {customer: ACME}, hold: Ask Maria}",
        "{id: dead, when: {customer: ACME, country: US}, hold: Ask John}",
    ]
    listed = "".join(f"    - {each}\n" for each in rules)
    path.write_text(f"version: 1\ninvoices:\n  exceptions:\n{listed}", encoding="utf-8")
    assert [each.code for each in check([path]).findings] == ["OQ401"]
