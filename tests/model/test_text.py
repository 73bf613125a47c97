"""Text from outside."""

from __future__ import annotations

from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.text import DEEPEST, UnfitText, fit, fitting


def nested(depth: int) -> Any:
    return "end" if not depth else [nested(depth - 1)]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a\x00", "character 2 is U+0000, a control character"),
        ({"lines": [{}, {"memo": "\x1b[31m"}]}, "lines[1].memo: character 1 is U+001B, a control character"),
        ({"name": "x\ud800"}, "name: character 2 is U+D800, half of a surrogate pair"),
        (["\x85"], "[0]: character 1 is U+0085, a control character"),
        ({"a": {"b": ["\x7f"]}}, "a.b[0]: character 1 is U+007F, a control character"),
    ],
)
def test_what_cannot_be_taken(value: Any, message: str) -> None:
    with pytest.raises(UnfitText) as caught:
        fit(value)
    assert str(caught.value) == message


def test_depth() -> None:
    assert fit(nested(DEEPEST)) == fitting(nested(DEEPEST)) == nested(DEEPEST)
    for check in (fit, fitting):
        with pytest.raises(UnfitText, match="levels of lists and objects"):
            check(nested(DEEPEST + 2))


def test_what_is_taken_stays_the_same_object() -> None:
    value = {"memo": "two\nlines\tand a tab", "name": "Zoë 🚢", "tags": ["a"], "lines": [{"amount": 3}], "none": None}
    assert fit(value) is value
    assert fit({"name": "Zoe\u0308", "tags": ("e\u0301",)}) == {"name": "Zoë", "tags": ["é"]}


def test_answers_are_made_fit() -> None:
    assert fitting({"a": ["x\x00y", {"b": "\udfff"}], "n": 1}) == {"a": ["x\ufffdy", {"b": "\ufffd"}], "n": 1}
