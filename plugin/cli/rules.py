"""Which rules are in force, for commands that need no ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.cli.errors import CannotRun, Options

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ruleset import RuleSet


def rules_in_force(options: Options) -> Path:
    """--rules, else rules.yaml or the folder rules/ of the data directory, else what is shipped."""
    from onedesk_quickbooks.plugin.ruleset import DEFAULT_RULES

    if options.rules is not None:
        return options.rules
    found = (options.home / name for name in ("rules.yaml", "rules.yml", "rules"))
    return next((path for path in found if path.exists()), DEFAULT_RULES)


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
