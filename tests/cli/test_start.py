"""What `status` and `queue` load: not what asks QuickBooks, plans, or serves pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SLOW = (
    "requests",
    "flask",
    "alembic",
    "smtplib",
    "jsonschema",
    "onedesk_quickbooks.plugin.qbo",
    "onedesk_quickbooks.plugin.planning",
    "onedesk_quickbooks.plugin.model.books",
    "onedesk_quickbooks.plugin.model.plan",
    "onedesk_quickbooks.plugin.ruleset.check.against_company",
    "onedesk_quickbooks.plugin.ruleset.explain",
    "onedesk_quickbooks.plugin.sync.runner",
    "onedesk_quickbooks.plugin.web",
)
_MAIN = f"""
import sys
from onedesk_quickbooks.plugin.cli import main
try:
    main(sys.argv[1:])
finally:
    print("loaded:", *(each for each in {SLOW} if each in sys.modules))
"""


def _run(home: Path, command: str) -> str:
    words = [sys.executable, "-c", _MAIN, "--home", str(home), command]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("command", ["status", "queue"])
def test_what_only_looks_loads_nothing_that_works(tmp_path: Path, command: str) -> None:
    _run(tmp_path, "status")  # the first start makes the ledger: Alembic is needed for that
    assert _run(tmp_path, command).splitlines()[-1] == "loaded:"
