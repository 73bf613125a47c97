"""What may stand under hold and skip: a sentence, and under those of invoices none in any case."""

from __future__ import annotations

from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.ruleset.check import check

VALUES = [
    ("Ask Maria", []),
    ("No invoice of ACME goes out", []),
    ("no", ["OQ206"]),
    ("Yes", ["OQ206"]),
    ("Hold", ["OQ206"]),
    ("true", ["OQ317"]),
    ("'  '", ["OQ205"]),
    ("~", ["OQ317"]),
    ("Automatic", ["OQ317"]),
    ('"Ask Maria about {customer}"', ["OQ318"]),
    ('"Ask Maria {at once, please}"', []),
]


def found(path: Path, section: str, value: str, rest: str = "", key: str = "hold") -> list[str]:
    rule = f"{{id: big, when: {{amount: {{from: 10000}}}}, {key}: {value}}}"
    path.write_text(f"version: 1\n{section}:\n  exceptions:\n    - {rule}\n{rest}", encoding="utf-8")
    return [each.code for each in check([path]).findings]


@pytest.mark.parametrize("key", ["hold", "skip"])
@pytest.mark.parametrize(("value", "codes"), [*VALUES, ("None", ["OQ403"])])
def test_it_is_a_sentence_or_none(tmp_path: Path, value: str, codes: list[str], key: str) -> None:
    assert found(tmp_path / "rules.yaml", "invoices", value, key=key) == codes


@pytest.mark.parametrize("key", ["hold", "skip"])
def test_none_lifts_what_is_under_invoices(tmp_path: Path, key: str) -> None:
    assert found(tmp_path / "rules.yaml", "invoices", "None", f"  {key}: Ask Maria\n", key) == []


@pytest.mark.parametrize(("value", "codes"), [*VALUES, ("None", ["OQ317"])])
@pytest.mark.parametrize("section", ["items", "taxes"])
def test_of_a_line_it_is_a_sentence(tmp_path: Path, section: str, value: str, codes: list[str]) -> None:
    assert (
        found(
            tmp_path / "rules.yaml",
            section,
            value,
            "  otherwise: same_name\n" if section == "items" else "  otherwise: company_default\n",
        )
        == codes
    )


def test_a_rule_behind_one_that_takes_everything_can_never_win(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rules = [
        "{id: acme, when: {customer: ACME}, hold: Ask Maria}",
        "{id: dead, when: {customer: ACME, country: US}, hold: Ask John}",
    ]
    listed = "".join(f"    - {each}\n" for each in rules)
    path.write_text(f"version: 1\ninvoices:\n  exceptions:\n{listed}", encoding="utf-8")
    assert [each.code for each in check([path]).findings] == ["OQ401"]
