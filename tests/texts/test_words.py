"""Words that no sentence for people has: each has a plainer one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.texts.catalogue import ROOT, said

_BANNED = re.compile(
    r"\b(anew|(is|are) told|an URL|of (its|their) own|(stands?|standing) (?!for\b)|goes\b(?! to\b))"
    r"|(?<!here )\b(is|are) no (?!(longer|more|one)\b)",
    re.IGNORECASE,
)
_OF_SCHEMAS = frozenset({"title", "description", "summary"})
_COMMENT = re.compile(r"# .*$|(?<=name: ).*$", re.MULTILINE)
_HEADING = re.compile(r"^#+ .*$", re.MULTILINE)


def _described(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (text for key, text in node.items() if key in _OF_SCHEMAS and isinstance(text, str))
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _described(each)


def _sentences() -> Iterator[tuple[str, str]]:
    """Each with where it is."""
    for text, files in said().items():
        yield files[0], text
    for file in sorted((ROOT / "schemas").glob("*.json")):
        yield from ((file.name, text) for text in _described(json.loads(file.read_text("utf-8"))))
    for pattern, folder, words in (("**/*.yaml", "rules", _COMMENT), ("*.md", "docs", _HEADING)):
        for file in sorted((ROOT / folder).glob(pattern)):
            yield from ((file.name, found[0]) for found in words.finditer(file.read_text("utf-8")))


@pytest.mark.parametrize("word", ["It stands there", "a class of its own", "which is no path", "They are told"])
def test_it_is_found(word: str) -> None:
    assert _BANNED.search(word)
    assert not _BANNED.search(
        "There is no path, it is no longer there; the invoice goes to Ontario, * stands for anything"
    )


def test_people_read_plain_words() -> None:
    assert [(place, text) for place, text in _sentences() if _BANNED.search(text)] == []
