"""A path where nothing has started: an unmounted mount point, or a wrong --home. What only looks, or needs a connected
company, creates nothing there: the running host would take it for its data directory."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_work import invoice, put

Call = Callable[..., Any]
COMMANDS = [
    ("status",),
    ("status", "--calls"),
    ("queue",),
    ("queue", "retry", "1"),
    ("queue", "resume", "copy-1"),
    ("queue", "holds"),
    ("payments",),
    ("payments", "--since", "0"),
    ("payments", "--ack", "1"),
    ("plan", "A-1"),
    ("copy", "A-1"),
    ("send", "A-1"),
    ("reconcile",),
    ("disconnect",),
    ("keys", "list"),
    ("keys", "revoke", "shop"),
    ("webhooks", "list"),
    ("webhooks", "remove", "https://harbor.example/hook"),
    ("audit", "verify"),
    ("rules", "take"),
    ("rules", "back"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("there", [False, True])
def test_nothing_is_created(call: Call, home: Path, words: tuple[str, ...], there: bool) -> None:
    if there:
        home.mkdir()
    done = call(*words)
    assert done.code == 3, done
    said = " ".join((done.out + done.err).split())
    assert f"There is no ledger in {home}, so no QuickBooks company is connected there." in said
    assert home.exists() == there and not (there and list(home.iterdir()))


def test_the_remedy_begins_there(open_books: Callable[..., Any], call: Call, home: Path) -> None:
    home.mkdir()
    said = call("status").err
    command = shlex.split(said.rpartition("run: onedesk-quickbooks ")[2])
    assert command == ["--home", str(home), "connect"]
    assert call(*command[2:], "--sandbox", open_books("us").base_url, "--yes").code == 0
    assert call("status").code == 0


def test_what_begins_an_installation_makes_the_folder(call: Call, home: Path, tmp_path: Path) -> None:
    file = put(tmp_path / "one.json", invoice("A-1"))
    assert call("invoices", "import", file).code == 0
    assert (home / "ledger.sqlite").exists()
    assert call("status", "--json").one["connected"] is False


def test_the_doctor_creates_nothing_either(call: Call, home: Path) -> None:
    home.mkdir()
    done = call("doctor", "--json")
    assert done.code == 1 and not list(home.iterdir())
    assert f"There is no ledger in {home}" in done.lines[-1]["found"]
