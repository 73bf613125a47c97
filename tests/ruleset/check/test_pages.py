"""Every code has a page, and its examples are what they say."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.findings.codes import CODES
from onedesk_quickbooks.plugin.findings.pages import explain_code, pages, pages_markdown


def test_every_code_has_a_page() -> None:
    assert list(pages()) == sorted(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_bad_example_has_exactly_this_code(code: str, check_files: Any) -> None:
    page = pages()[code]
    found = check_files(page.bad, page.encoding, page.steps).findings
    assert {each.code for each in found} == {code}
    assert all(each.remedy and each.message.endswith((".", ":", "?")) for each in found)


@pytest.mark.parametrize("code", sorted(CODES))
def test_good_example_is_clean(code: str, check_files: Any) -> None:
    page = pages()[code]
    assert check_files(page.good, steps=page.steps).findings == ()


@pytest.mark.parametrize("code", sorted(CODES))
def test_the_pure_loader_finds_the_same(code: str, check_files: Any) -> None:
    page = pages()[code]
    pure = check_files(page.bad, page.encoding, page.steps, yaml.SafeLoader)
    assert pure.findings == check_files(page.bad, page.encoding, page.steps, yaml.CSafeLoader).findings


def test_page_as_text() -> None:
    text = explain_code("oq121")
    assert text is not None
    assert text.startswith("OQ121 (error): A space, colon or dash that YAML does not know")
    assert "otherwise:<U+00A0>same_name" in text
    assert "Good:\n    version: 1\n    items:\n      otherwise: same_name" in text


def test_unknown_code_has_no_page() -> None:
    assert explain_code("OQ999") is None


def test_all_pages_are_one_document() -> None:
    page = pages_markdown()
    assert [line.split(":")[0] for line in page.splitlines() if line.startswith("## ")] == [
        f"## {code}" for code in pages()
    ]
