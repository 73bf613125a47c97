"""A SQLite file in WAL mode, and locks on files beside it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from onedesk_quickbooks.plugin.ledger.database.forks import inside_sqlite
from onedesk_quickbooks.plugin.ledger.database.locks import RUN, HeldLock, LockTaken
from onedesk_quickbooks.plugin.ledger.database.problems import LedgerAway

PATIENCE = 30
"""Seconds that a transaction waits for the file's lock."""


def private(path: Path) -> None:
    """Make a file that only its owner reads, if there is none, and one that others may read so: it names people and
    amounts. Its WAL takes its mode over. A file of another user is left as it is. Raises OSError."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(FileNotFoundError, PermissionError):
            if each.stat().st_mode & 0o077:
                each.chmod(0o600)


def engine(path: Path) -> Engine:
    """The engine of a file that is there, and of the one that takes its place. It begins transactions itself, with the
    write lock where `onedesk_write` is set; one waits for it `onedesk_patience` seconds at most, where that is set."""
    made = create_engine(f"sqlite:///{path}", connect_args={"timeout": PATIENCE, "check_same_thread": False})
    event.listen(made, "connect", _prepare)
    event.listen(made, "begin", _begin)

    @event.listens_for(made, "do_connect")
    def is_there(*_: Any) -> None:
        _identity(path)  # SQLite would make another file

    @event.listens_for(made, "connect")
    def know(_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    @event.listens_for(made, "checkout")
    def is_the_same(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["file"] != _identity(path):  # what is written into the old one is read by nobody
            raise DisconnectionError("another file has taken its place")

    return made


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        raise sqlite3.OperationalError("unable to open database file: it is gone") from None
    except OSError as problem:
        raise sqlite3.OperationalError(f"unable to open database file: {problem.strerror}") from None
    return found.st_dev, found.st_ino


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """A transaction; a fork waits for its end."""
    with inside_sqlite(), engine.begin() as connection:
        yield connection


_HINDERED = ("locked", "busy", "full", "i/o error", "unable to open", "readonly")
_DAMAGED = ("malformed", "not a database", "no such table", "no such column", "could not decode")


def is_outside(cause: str) -> bool:
    """Whether it is the file or its disk that hinders, by what SQLite says; else it is an error of this program."""
    return is_damaged(cause) or any(word in cause.lower() for word in _HINDERED)


def is_damaged(cause: str) -> bool:
    """Whether the file is not the ledger that it was."""
    return any(word in cause.lower() for word in _DAMAGED)


def remedy(cause: str) -> str:
    """What to do about a file that cannot be used, by what SQLite or the system says of it."""
    said = cause.lower()
    if "locked" in said or "busy" in said:
        return "another program keeps it busy: end that one, then try again"
    if "full" in said or "i/o error" in said or "no space" in said:
        return "make room on its disk and see that the disk is well, then try again"
    if "it is gone" in said:
        return "put it back, or restore it from a backup (onedesk-quickbooks restore FILE --yes)"
    if "unable to open" in said or "readonly" in said or "permission" in said or "errno" in said:
        return "check that its folder is one, and that this user may write there (ls -l; chown and chmod mend it)"
    return (
        "it is damaged, or another program's: bring it back from a backup (onedesk-quickbooks restore FILE --yes), or "
        "set `ledger` in settings.yaml to the right one"
    )


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by sqlite3
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # an outbox entry must be on disk before its request
    except sqlite3.Error:
        connection.close()  # SQLAlchemy does not know of it yet
        raise


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    patience = options.get("onedesk_patience", PATIENCE)
    if connection.info.get("patience", PATIENCE) != patience:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(patience * 1000)}")
        connection.info["patience"] = patience
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("onedesk_write") else "BEGIN")


def file_lock(path: Path) -> BaseFileLock:
    """A lock that each user who may enter its folder can take: one that root's command has made keeps the service's
    user out of nothing."""
    return FileLock(path, mode=0o666, thread_local=False)


def _not_opened(path: Path, error: OSError) -> str:
    """Why a lock cannot be taken, and what to do."""
    mended = remedy(str(error))
    if isinstance(error, PermissionError) and path.exists():
        with suppress(OSError, KeyError, NotImplementedError):  # a user without a name; a system without users
            owner = path.owner()
            mended = f"it is {owner}'s file: when no command of the user {owner} runs any more, delete it (rm {path})"
    return f"{path} cannot be opened ({error.strerror}): {mended}."


class _StillHeld:
    def check(self) -> None:
        """A file's lock ends with its process only."""


class FileLocks:
    """`lane.lock` and `refresh.lock` in a folder: a SQLite ledger has one company at work. The system takes a lock
    back from a process that dies."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def hold(self, kind: str, realm_id: str, wait: float) -> Iterator[HeldLock]:
        """See `Locks.hold`. Raises `LedgerAway` where the file cannot be opened: it is another user's, say."""
        path = self._directory / f"{kind}.lock"
        lock = file_lock(path)
        try:
            lock.acquire(timeout=wait)
        except Timeout:
            raise LockTaken(f"{kind}.lock") from None
        except OSError as error:
            raise LedgerAway(_not_opened(path, error)) from error
        try:
            yield _StillHeld()
        finally:
            if kind.startswith(RUN):  # nobody takes the lock of a run again
                path.unlink(missing_ok=True)
            lock.release()

    def taken(self, kind: str, realm_id: str) -> bool:
        """See `Locks.taken`. Makes no file: one that root has made would keep the service's user out."""
        if not (self._directory / f"{kind}.lock").exists():
            return False
        try:
            with self.hold(kind, realm_id, 0):
                return False
        except LockTaken:
            return True
