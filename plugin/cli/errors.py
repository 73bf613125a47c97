"""Shared by all commands: the options before the command, and the error that ends it with exit code 3."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import click

from onedesk_quickbooks.plugin.cli.steps import shown
from onedesk_quickbooks.plugin.model.legible import lines
from onedesk_quickbooks.plugin.texts import gettext

HOME_VARIABLE = "ONEDESK_QUICKBOOKS_HOME"
RULES_VARIABLE = "ONEDESK_QUICKBOOKS_RULES"
HOST_VARIABLE = "ONEDESK_QUICKBOOKS_HOST"

FINE, FINDINGS, USAGE, COULD_NOT_RUN = range(4)
"""The exit codes."""


class CannotRun(click.ClickException):
    """The command could not run: one sentence that says what is wrong and what to do. Exit code 3."""

    exit_code = COULD_NOT_RUN

    def __init__(self, message: str) -> None:
        super().__init__(lines(shown(message)))
        self.text = message
        self._line = gettext("Error: {problem}", problem=self.message)  # show() runs after the language context

    def show(self, file: IO[Any] | None = None) -> None:
        """As in click, in the language of the user."""
        click.echo(self._line, file=file or sys.stderr)


@dataclass(frozen=True, slots=True)
class Options:
    """The data directory, the rule file or folder if one is given, and the function that creates the host, unless it is
    the embedded one. `service`: the command keeps running, so that rules with a typo do not keep it from starting."""

    home: Path
    rules: Path | None
    host: str = ""
    service: bool = False

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment for the settings: --rules overrides its variable, and counts as a confirmation of the
        rules, which only a service keeps for its next start."""
        if self.rules is None:
            return os.environ
        from onedesk_quickbooks.plugin.ruleset.location import BY_COMMAND

        given = {RULES_VARIABLE: str(self.rules.absolute())}
        if os.environ.get(RULES_VARIABLE) != str(self.rules):
            given[f"{RULES_VARIABLE}_TAKE_OVER"] = "at_once"
            given |= {} if self.service else {BY_COMMAND: "1"}
        return {**os.environ, **given}
