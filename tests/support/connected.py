"""Installations that are connected once in a process, and copied: connecting takes longer than most of a test."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from onedesk_quickbooks.plugin.sandbox import Sandbox

FRESH = 60
"""Seconds after which another one is made: before a poll is due."""


class Connected:
    """A sandbox, and the files of an installation that is connected to it: `connect` makes them in `folder`."""

    def __init__(self, folder: Path, connect: Callable[[Path], Sandbox]) -> None:
        self._folder = folder
        self._made = time.monotonic()
        self._sandbox = connect(folder)

    @property
    def fresh(self) -> bool:
        """Whether it is as one that is made now."""
        return time.monotonic() - self._made < FRESH

    def close(self) -> None:
        """The sandbox is not left to the collector of garbage, which warns of an open database."""
        self._sandbox.close()

    def sandbox(self) -> Sandbox:
        """A copy of the sandbox."""
        return self._sandbox.copy()

    def put(self, home: Path, base_url: str) -> None:
        """The files into the folder of an installation that has not started, its sandbox at `base_url`. Settings and
        rules that are there stay, and no others are in force."""
        settings = home / "settings.yaml"
        there = settings.read_text(encoding="utf-8") if settings.exists() else ""
        left_out = shutil.ignore_patterns("*.lock", *(["rules*"] if home.exists() else []))
        shutil.copytree(self._folder, home, ignore=left_out, dirs_exist_ok=True)
        with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger, ledger:
            [[former]] = ledger.execute("SELECT base_url FROM company")
            ledger.execute("UPDATE company SET base_url = ?", (base_url,))
        copied = settings.read_text(encoding="utf-8").replace(former, base_url)
        settings.write_text(there or copied, encoding="utf-8")


def kept(some: dict[object, Connected], key: object, make: Callable[[], Connected]) -> Connected:
    """The one of this key, made again where it is no longer fresh: what has copied the former one needs only its
    files."""
    if key not in some or not some[key].fresh:
        if key in some:
            some.pop(key).close()
        some[key] = make()
    return some[key]


def writes(sandbox: Sandbox) -> int:
    """How many rows of its books were written."""
    return sandbox._store._db.total_changes
