"""Which rules are in force, for commands that need no ledger."""

from __future__ import annotations

from pathlib import Path

from onedesk_quickbooks.plugin.cli.errors import Options


def rules_in_force(options: Options) -> Path:
    """--rules, else rules.yaml or the folder rules/ of the data directory, else what is shipped."""
    from onedesk_quickbooks.plugin.ruleset import DEFAULT_RULES

    if options.rules is not None:
        return options.rules
    found = (options.home / name for name in ("rules.yaml", "rules.yml", "rules"))
    return next((path for path in found if path.exists()), DEFAULT_RULES)
