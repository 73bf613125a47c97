"""Odd invoices and rules in any order of actions: the plan has said what comes of each run (`make fuzz` tells more)."""

from __future__ import annotations

import pytest

from tests.fuzz.orders import run_story


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_story(seed: int) -> None:
    wrong, lines = run_story(seed)
    assert not wrong, "\n".join([*lines, wrong])
