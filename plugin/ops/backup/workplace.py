"""The folder for copies while a backup is made or restored: they hold names and amounts, and must not stay.

A killed process leaves its folder, and the file that it was writing beside a target elsewhere; the next backup or
restore of the data directory removes both before it begins.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from onedesk_quickbooks.plugin.ledger import LedgerAway, LockTaken
from onedesk_quickbooks.plugin.ledger.database.sqlite import FileLocks
from onedesk_quickbooks.plugin.ops.backup.backup_problems import BackupProblem
from onedesk_quickbooks.plugin.texts import Text

_PREFIX = ".backup-"
_BESIDE = "beside"
WAIT = 2.0
"""Seconds to wait for another process to end."""


class Workplace:
    """A private folder in the data directory, for one backup or restore."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, name: str) -> Path:
        """An empty folder in it."""
        made = self.folder / name
        made.mkdir(mode=0o700)
        return made

    def beside(self, target: Path) -> Path:
        """A name beside a file elsewhere, for the file that replaces it at once when it is complete."""
        target = target.absolute()
        found = target.with_name(f".{target.name}{self.folder.name}")
        with (self.folder / _BESIDE).open("ab") as kept:
            kept.write(os.fsencode(found) + b"\0")
        return found


@contextmanager
def workplace(directory: Path) -> Iterator[Workplace]:
    """One at a time in a data directory; it is removed at the end. Raises `BackupProblem` while another process has
    one."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(FileLocks(directory).hold("backup", "", WAIT))
        except LockTaken:
            raise BackupProblem(
                Text(
                    "Another backup or restore of {directory} is running; try again when it has ended.",
                    directory=directory,
                )
            ) from None
        except LedgerAway as problem:
            raise BackupProblem(str(problem)) from problem
        for left in directory.glob(f"{_PREFIX}*"):
            _remove(left)
        folder = Path(tempfile.mkdtemp(dir=directory, prefix=_PREFIX))
        try:
            yield Workplace(folder)
        finally:
            _remove(folder)


def _remove(folder: Path) -> None:
    if folder.is_symlink() or not folder.is_dir():
        return
    try:
        _remove_all(folder)
    except PermissionError:
        raise BackupProblem(
            Text(
                "{folder} was left by a killed backup or restore of another user, and contains copies of the ledger: "
                "remove it as that user or as root (rm -r {folder}).",
                folder=folder,
            )
        ) from None


def _remove_all(folder: Path) -> None:
    beside = folder / _BESIDE
    for name in beside.read_bytes().split(b"\0") if beside.exists() else ():
        path = Path(os.fsdecode(name))
        if path.name.endswith(folder.name):
            path.unlink(missing_ok=True)
    shutil.rmtree(folder)
