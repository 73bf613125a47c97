"""A running service takes changed rules only if `check` finds no error in them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.sync.errors import CannotStart
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper

CLEAN = "version: 1\ntaxes: {otherwise: hold}\n"
DEAD = """\
version: 1
items:
  exceptions:
    - {id: all-training, when: {service_type: "Training*"}, item: Training}
    - {id: training-ca, when: {service_type: "Training*", country: CA}, item: Training (CA)}
  otherwise: same_name
taxes: {otherwise: none}
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file, each time at a later second."""
    seconds = iter(range(1, 100))

    def put(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        second = next(seconds)
        os.utime(path, (second, second))
        return path

    return put


def test_a_rule_that_can_never_win_keeps_the_file_out(write: Write) -> None:
    keeper = RulesKeeper(write("rules.yaml", CLEAN))
    write("rules.yaml", DEAD)
    assert keeper.current().taxes.otherwise.kind == "hold"
    assert "OQ401" in keeper.complaint
    assert "stay in force" in keeper.complaint
    write("rules.yaml", CLEAN.replace("hold", "none"))
    assert keeper.current().taxes.otherwise.kind == "none"
    assert keeper.complaint == ""


def test_a_warning_or_note_does_not(write: Write) -> None:
    keeper = RulesKeeper(write("rules.yaml", CLEAN))
    write("rules.yaml", "version: 1\ninvoices: {terms: Net 30}\ntaxes: {otherwise: none}\n")
    assert keeper.current().taxes.otherwise.kind == "none"


def test_nothing_starts_with_a_rule_that_can_never_win(write: Write) -> None:
    with pytest.raises(CannotStart, match="training-ca can never win"):
        RulesKeeper(write("rules.yaml", DEAD))


def test_an_included_file_that_comes_later_is_seen(write: Write, tmp_path: Path) -> None:
    keeper = RulesKeeper(write("rules.yaml", CLEAN))
    write("rules.yaml", "version: 1\ninclude: [taxes.yaml]\n")
    assert keeper.current().taxes.otherwise.kind == "hold"
    assert "taxes.yaml" in keeper.complaint
    write("taxes.yaml", "version: 1\ntaxes: {otherwise: automatic}\n")
    assert keeper.current().taxes.otherwise.kind == "automatic"
    assert keeper.complaint == ""
    (tmp_path / "taxes.yaml").unlink()
    assert keeper.current().taxes.otherwise.kind == "automatic"
    assert "OQ126" in keeper.complaint


def test_rules_that_are_gone_stay_in_force_until_they_are_back(write: Write, tmp_path: Path) -> None:
    keeper = RulesKeeper(write("rules.yaml", CLEAN))
    (tmp_path / "rules.yaml").unlink()
    assert keeper.current().taxes.otherwise.kind == "hold"
    assert "cannot be read" in keeper.complaint
    write("rules.yaml", CLEAN.replace("hold", "none"))
    assert keeper.current().taxes.otherwise.kind == "none"
    assert keeper.complaint == ""
