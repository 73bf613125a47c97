"""What is given on the command line is taken as text, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands import Call


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "a\udcffb"),
        ("explain", "a\udcffb"),
        ("copy", "a\udcffb"),
        ("undo", "a\udcffb"),
        ("queue", "hold", "INV-1", "--reason", "a\udcffb"),
        ("queue", "release", "a\udcffb"),
        ("customers", "confirm", "a\udcffb", "3"),
        ("webhooks", "resume", "a\udcffb"),
    ],
)
def test_an_argument_that_is_no_text_is_refused(home: Any, call: Call, words: tuple[str, ...]) -> None:
    done = call(*words)
    assert done.code == 2 and "Error: 'a\\udcffb' is not valid UTF-8" in done.err


@pytest.mark.parametrize(("reason", "why"), [(" \n", "it says nothing"), ("a\x1b[2Jb", "a control character")])
@pytest.mark.parametrize("words", [("hold", "INV-1"), ("drop", "1"), ("drop", "--state", "held")])
def test_a_reason_says_something(home: Any, call: Call, words: tuple[str, ...], reason: str, why: str) -> None:
    done = call("queue", *words, "--reason", reason)
    assert done.code == 2 and why in done.err
