"""A remedy that proposes a word works: in its place the finding is gone, and no error comes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.findings.finding import Finding
from onedesk_quickbooks.plugin.findings.pages import pages

BAD = Path(__file__).parents[1] / "bad"
FILES = {path.stem: {"rules.yaml": path.read_text(encoding="utf-8")} for path in sorted(BAD.glob("*.yaml"))}
PAGES = {code: page.bad for code, page in pages().items() if page.encoding == "utf-8"}
MORE = {
    f"more-{number}": {"rules.yaml": f"version: 1\n{text}\n"}
    for number, text in enumerate(
        [
            "items: {exceptions: [{id: a, when: {state: ON}, item: X}], otherwise: hold}",
            "items: {exceptions: [{id: a, when: {region: Quebek}, item: X}], otherwise: hold}",
            "items: {exceptions: [{id: a, when: {country: Canada}, item: X}], otherwise: hold}",
            "items: {exceptions: [{id: a, when: {amount: {to: 5}}, item: X}], otherwise: hold}",
            "items: {exceptions: [{id: a, when: {country: UK}, item: X}], otherwise: hold}",
            "items: {exceptions: [{id: a, when: {has_tax_id: true}, item: X}], otherwise: hold}",
            "taxes: {by_country: {Norway: X}, otherwise: hold}",
            "taxes: {by_country: {CA: {default: A, Ontaria: B}}, otherwise: hold}",
            "taxes: {default: hold}",
            "invoices: {due: term, terms: Net 30}",
        ]
    )
}


def proposed(finding: Finding) -> str:
    """The word that the remedy says was meant."""
    found = re.match(r'Did you mean ("?)(.+?)\1(?: \(.*?\))?\?', finding.remedy)
    return found[2] if found else ""


def mended(text: str, finding: Finding, word: str) -> str:
    lines = text.split("\n")
    line = lines[finding.line - 1]
    lines[finding.line - 1] = line[: finding.column - 1] + word + line[finding.end_column - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize("name", [*FILES, *PAGES, *MORE])
def test_the_word_that_is_proposed_mends_it(name: str, check_files: Any) -> None:
    files = {**FILES, **PAGES, **MORE}[name]
    before = check_files(files).findings
    for finding in before:
        word = proposed(finding)
        if word and Path(finding.file).name == "rules.yaml":
            after = check_files({**files, "rules.yaml": mended(files["rules.yaml"], finding, word)}).findings
            assert (finding.code, finding.message) not in {(each.code, each.message) for each in after}
            assert {each.message for each in after if each.severity == "error"} <= {each.message for each in before}
