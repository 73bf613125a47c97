"""What `status` and `queue` load: not what asks QuickBooks, decides, plans, or serves pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_queue import Call, Open
from tests.cli.test_work import invoice, put
from tests.commands import Connect

OURS = "onedesk_quickbooks.plugin"
SLOW = (
    "alembic",
    "flask",
    "jsonschema",
    "pluggy",
    "requests",
    "rich.console",
    "smtplib",
    "onedesk_quickbooks.hooks",
    f"{OURS}.app.parts",
    f"{OURS}.host",
    f"{OURS}.model.books",
    f"{OURS}.model.decision",
    f"{OURS}.model.host",
    f"{OURS}.model.invoice",
    f"{OURS}.model.plan",
    f"{OURS}.planning",
    f"{OURS}.qbo",
    f"{OURS}.ruleset.check",
    f"{OURS}.ruleset.keys",
    f"{OURS}.ruleset.load",
    f"{OURS}.sync.services",
    f"{OURS}.web",
    f"{OURS}.yamlfile.syntax",
)
_MAIN = f"""
import sys
from onedesk_quickbooks.plugin.cli import main
try:
    main(sys.argv[1:])
finally:
    print("loaded:", *(each for each in {SLOW} if each in sys.modules))
"""


def _loaded(home: Path, command: str) -> str:
    words = [sys.executable, "-c", _MAIN, "--home", str(home), command]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()[-1]


@pytest.mark.parametrize("command", ["status", "queue"])
def test_what_only_looks_loads_nothing_that_works(call: Call, home: Path, command: str) -> None:
    call("keys", "add", "desk")  # the first start makes the ledger and reads the rules
    assert _loaded(home, command) == "loaded:"


@pytest.mark.parametrize("command", ["status", "queue"])
def test_nor_does_it_where_a_company_is_connected(
    open_books: Open, call: Call, connect: Connect, home: Path, tmp_path: Path, command: str
) -> None:
    connect(open_books("us"))
    assert call("copy", put(tmp_path / "a.jsonl", invoice("1"), invoice("2", total="99.00"))).code == 1
    assert _loaded(home, command) == "loaded:"
