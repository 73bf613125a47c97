"""A command that a text names can be typed, whatever the values in it."""

from __future__ import annotations

import shlex

import click
import pytest

from onedesk_quickbooks.plugin.texts.arguments import arguments
from tests.texts.catalogue import ROOT

OPTIONS_AND_FILES = {"cli/steps.py", "app/opening.py", "cli/commands/operate_backup.py", "cli/commands/rules.py"}
"""Where `shlex.quote` gives the value of an option, or a file that the program names."""
PAIRS = {"planning/markers.py", "planning/adopt/match.py"}
"""Where it gives the value of `--pair` and `--not`."""


@pytest.mark.parametrize(
    ("values", "options", "shown"),
    [
        (("A-1",), "", "A-1"),
        (("a b",), "--yes", "'a b' --yes"),
        (("-1",), "", "-- -1"),
        (("-1", "7"), "", "-- -1 7"),
        (("C", "-7"), "", "-- C -7"),
        (("--yes",), "--yes", "--yes -- --yes"),
        (("-a b",), "", "-- '-a b'"),
    ],
)
def test_values_are_arguments(values: tuple[str, ...], options: str, shown: str) -> None:
    assert arguments(*values, options=options) == shown

    @click.command()
    @click.argument("found", nargs=-1)
    @click.option("--yes", is_flag=True)
    def command(found: tuple[str, ...], yes: bool) -> None:
        assert (found, yes) == (values, bool(options))

    command(shlex.split(shown), standalone_mode=False)


def test_no_other_module_quotes_arguments() -> None:
    found = {
        path.relative_to(ROOT / "plugin").as_posix()
        for path in (ROOT / "plugin").rglob("*.py")
        if "shlex.quote(" in path.read_text(encoding="utf-8")
    }
    assert not found - OPTIONS_AND_FILES - PAIRS - {"texts/arguments.py"}
