"""Findings in French: every sentence is a text, and no word of it stays English but what stands in files, or is to."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.findings import Finding, render_findings
from onedesk_quickbooks.plugin.findings.codes import CODES
from onedesk_quickbooks.plugin.findings.formats import render_json
from onedesk_quickbooks.plugin.findings.pages import explain_code, pages
from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.texts import Amount, Text, language, say, shown
from tests.ruleset.check.test_bad import FILES

ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}")


def sentences(found: Iterable[Finding]) -> Iterator[str]:
    """All sentences."""
    for each in found:
        yield from (each.message, each.remedy, *(one.message for one in each.related))


def leaves(text: str) -> Iterator[str]:
    """The plain strings within a text."""
    if isinstance(text, Text):
        for value in text.values.values():
            yield from leaves(value)
    elif not isinstance(text, Amount):
        yield text


def is_character(name: str) -> bool:
    """Whether Unicode calls a character so."""
    try:
        return bool(unicodedata.lookup(name))
    except KeyError:
        return False


def examine(found: Iterable[Finding], source: str) -> None:
    """Each sentence of the findings of a file, whose text is `source`."""
    known = " ".join(re.findall(r"\w+", source))
    for text in sentences(found):
        french = say(text, "fr")
        assert sorted(re.findall(r"\d", french)) == sorted(re.findall(r"\d", text)), "no digit is lost"
        assert not re.search(r"[a-z]{3} [a-z]{3}", text) or french != text, text
        for leaf in leaves(text):
            words = (" ".join(re.findall(r"\w+", each)) for each in leaf.split(", "))
            as_it_is = all(each in known for each in words) or is_character(leaf)
            assert not ENGLISH.search(leaf) or as_it_is, f"{leaf!r} stays English: {french}"


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_finding_of_each_page_is_french(code: str, check_files: Any) -> None:
    page = pages()[code]
    found = check_files(page.bad, page.encoding, page.steps).findings
    assert all(isinstance(text, Text) for each in found for text in (each.message, each.remedy))
    examine(found, f"{json.dumps(page.bad, ensure_ascii=False)} {Path.cwd()}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_finding_of_each_mistake_is_french(path: Path) -> None:
    examine(check([path]).findings, f"{path.read_text('utf-8')} {path}")


def test_they_are_printed_in_french_and_json_is_the_same() -> None:
    found = [each for path in FILES for each in check([path]).findings]
    english = render_json(found, {})
    with language("fr"):
        assert render_json(found, {}) == english
        printed = render_findings(found, color=False, say=shown)
        assert render_findings(found, color=False).startswith(render_findings(found[:1], color=False)[:20])
    assert "\n  remède: " in printed and "erreur OQ201: La clé «\u00a0" in printed
    assert "\n  remedy: " not in printed


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_page_of_each_code_is_french(code: str) -> None:
    page = pages()[code]
    english, french = explain_code(code), explain_code(code, lambda text: say(text, "fr"))
    assert english is not None and french is not None and page.title in english
    assert page.title not in french and page.why not in french and "\nBon\u00a0:\n" in french
    assert sorted(re.findall(r"\d", french)) == sorted(re.findall(r"\d", english))
