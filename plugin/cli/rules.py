"""Which rules are in force, for commands that need no ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ruleset import RuleSet


def rules_in_force(options: Options) -> Path:
    """--rules, else what the settings name, else rules.yaml or the folder rules/ of the data directory, else what is
    shipped. Raises CannotRun where the settings cannot be read."""
    from onedesk_quickbooks.plugin.ruleset.location import rules_path

    return options.rules if options.rules is not None else rules_path(options.home, _given(options))


def not_read(options: Options) -> str:
    """A sentence on files of the data directory that look like rules and are not read; "" for none."""
    from onedesk_quickbooks.plugin.ruleset.location import misnamed

    return "" if options.rules is not None else misnamed(options.home, _given(options))


def _given(options: Options) -> str:
    if not (options.home / "settings.yaml").exists():
        return ""
    from onedesk_quickbooks.plugin.sync.errors import SettingsProblem
    from onedesk_quickbooks.plugin.sync.settings import load_settings

    try:
        return load_settings(options.home, options.environ).rules
    except SettingsProblem as problem:
        raise CannotRun(str(problem)) from problem


def load_rules(path: Path) -> RuleSet:
    """The rule set of a file or folder. Raises CannotRun where it has mistakes or cannot be opened."""
    from onedesk_quickbooks.plugin.ruleset import CannotRead, load, render_findings

    try:
        loaded = load(path)
    except CannotRead as error:
        raise CannotRun(str(error)) from error
    if loaded.rules is None:
        errors = [each for each in loaded.findings if each.severity == "error"]
        raise CannotRun(f"the rules in {path} have mistakes:\n\n{render_findings(errors, color=False)}")
    return loaded.rules
