"""What is copied for a minute is closed when another one takes its place."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from tests.support.connected import Connected, kept


class Old(Connected):
    """Made longer ago."""

    fresh = False


def test_a_former_one_is_closed(tmp_path: Path) -> None:
    """Python 3.13 warns of a database that is not, in whatever test the garbage is collected."""
    sandboxes: list[Sandbox] = []

    def connect(folder: Path) -> Sandbox:
        sandboxes.append(Sandbox(SandboxOptions()))
        return sandboxes[-1]

    some: dict[object, Connected] = {}
    kept(some, "us", lambda: Old(tmp_path, connect))
    for _ in range(2):
        kept(some, "us", lambda: Connected(tmp_path, connect))
    first, second = sandboxes
    second.list("Invoice")
    with pytest.raises(sqlite3.ProgrammingError):
        first.list("Invoice")
    second.close()
