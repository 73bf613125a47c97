"""An open data directory without a host: all that is needed to read its status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from onedesk_quickbooks.plugin.ledger import Ledger
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper
from onedesk_quickbooks.plugin.sync.settings import Settings


@dataclass
class Installation:
    """`now` gives aware times; `environ` are the environment variables that the settings are read with."""

    directory: Path
    settings: Settings
    ledger: Ledger
    rules: RulesKeeper
    now: Callable[[], datetime]
    environ: Mapping[str, str]

    def close(self) -> None:
        """Let go of the ledger."""
        self.ledger.close()
