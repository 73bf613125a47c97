"""Locks on files that another user's command has made."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.ledger import LedgerAway
from onedesk_quickbooks.plugin.ledger.database.sqlite import FileLocks
from onedesk_quickbooks.plugin.ops.backup.backup_problems import BackupProblem
from onedesk_quickbooks.plugin.ops.backup.workplace import workplace

SERVICE = 65534
"""The user's number that a service has on many systems."""


@contextmanager
def as_service() -> Iterator[None]:
    os.seteuid(SERVICE)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def home() -> Iterator[Path]:
    """A data directory of the service's user; root works in it first."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root can be another user")
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, SERVICE, SERVICE)
        yield Path(folder)


def test_locks_that_root_has_made_can_be_taken_by_the_service(home: Path) -> None:
    for kind in ("lane", "running", "refresh"):
        with FileLocks(home).hold(kind, "", 0):
            assert stat.S_IMODE((home / f"{kind}.lock").stat().st_mode) == 0o666
    with workplace(home):
        pass
    with as_service():
        for kind in ("lane", "running", "refresh"):
            with FileLocks(home).hold(kind, "", 0):
                assert FileLocks(home).taken(kind, "")
        with workplace(home) as place:
            assert place.folder.exists()


def test_one_that_cannot_be_taken_names_its_owner_and_a_remedy_that_works(home: Path) -> None:
    (home / "backup.lock").touch(0o600)
    with as_service():
        with pytest.raises(BackupProblem) as refused, workplace(home):
            pass
        said, lock = str(refused.value), home / "backup.lock"
        assert said == (
            f"{lock} cannot be opened (Permission denied): it is root's file: when no command of the user root runs any"
            f" more, delete it (rm {lock})."
        )
        lock.unlink()
        with workplace(home):
            pass
    (home / "lane.lock").touch(0o600)
    with as_service(), pytest.raises(LedgerAway, match="it is root's file"), FileLocks(home).hold("lane", "", 0):
        pass


def test_what_a_killed_backup_of_root_has_left_is_named(home: Path) -> None:
    (home / ".backup-killed").mkdir(0o700)
    with (
        as_service(),
        pytest.raises(BackupProblem, match=r"\.backup-killed was left by a killed backup or restore of another user"),
        workplace(home),
    ):
        pass
    with workplace(home):
        assert not (home / ".backup-killed").exists()
