"""A SQLite file in WAL mode, and locks on files beside it.

SQLite's locks within a process are copied as they are: a child of a fork that happens while a thread opens a connection
waits forever when it opens one itself (https://www.sqlite.org/howtocorrupt.html, section 2.6). So a fork waits until no
other thread is inside SQLite.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DatabaseError, DisconnectionError, IntegrityError, InterfaceError

from onedesk_quickbooks.plugin import sqlite_engine
from onedesk_quickbooks.plugin.ledger.database.ledger_problems import LedgerAway, LedgerMoved, unreadable
from onedesk_quickbooks.plugin.ledger.database.locks import RUN, HeldLock, LockTaken
from onedesk_quickbooks.plugin.ledger.tables import UnreadableValue
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:  # loaded where a lock is taken
    from filelock import BaseFileLock

FORK_PATIENCE = 5
"""Seconds that a fork waits; then it continues in any case."""


class _Gate:
    """Counts the threads inside SQLite; a fork blocks new ones."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._own = threading.local()

    @contextmanager
    def inside(self) -> Iterator[None]:
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._inside += change
            self._own.depth = self._depth + change
            self._changed.notify_all()

    @property
    def _depth(self) -> int:
        found: int = getattr(self._own, "depth", 0)
        return found

    def before(self) -> None:
        self._changed.acquire()
        self._changed.wait_for(lambda: self._inside == self._depth, FORK_PATIENCE)

    def in_parent(self) -> None:
        self._changed.release()

    def in_child(self) -> None:
        """In the child, the thread that forked is the only one."""
        self._changed = threading.Condition()
        self._inside = self._depth


_GATE = _Gate()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(before=_GATE.before, after_in_parent=_GATE.in_parent, after_in_child=_GATE.in_child)


def make_private(path: Path) -> None:
    """Create a file that only its owner can read, if there is none: it holds names and amounts. Raises OSError."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def private(path: Path) -> None:
    """Make an existing ledger and its WAL readable by its owner alone. Those of another user are left as they are.
    Raises OSError."""
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(FileNotFoundError, PermissionError):
            if each.stat().st_mode & 0o077:
                each.chmod(0o600)


def engine(path: Path) -> Engine:
    """The engine of an existing file, and of one that replaces it."""
    made = sqlite_engine.engine(path, "FULL")  # an outbox entry must be on disk before its request is sent

    @event.listens_for(made, "do_connect")
    def is_there(*_: Any) -> None:
        _identity(path)  # SQLite would create another file

    @event.listens_for(made, "connect")
    def know(_connection: Any, record: Any) -> None:
        record.info["file"] = _identity(path)

    @event.listens_for(made, "checkout")
    def is_the_same(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["file"] != _identity(path):  # nobody reads what is written into the old one
            raise DisconnectionError(Text("another file has taken its place"))

    return made


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        raise sqlite3.OperationalError(Text("unable to open database file: it is gone")) from None
    except OSError as problem:
        raise sqlite3.OperationalError(
            Text("unable to open database file: {strerror}", strerror=problem.strerror)
        ) from None
    return found.st_dev, found.st_ino


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """A transaction; a fork waits until it ends."""
    with _GATE.inside(), engine.begin() as connection:
        sqlite_engine.begin(connection)
        yield connection


@contextmanager
def transaction(engine: Engine, name: str, refuse_newer: Callable[[], None]) -> Iterator[Connection]:
    """The same; errors name the database as `name`. Raises `LedgerAway`, and what `refuse_newer` raises."""
    with translated_errors(name, refuse_newer), begun(engine) as connection:
        yield connection


@contextmanager
def translated_errors(name: str, refuse_newer: Callable[[], None]) -> Iterator[None]:
    """Raises `LedgerAway` where the file `name` or its disk is the cause, or the file is damaged, by SQLite's message,
    and `LedgerMoved` where a trigger of the move refuses it (moving.py); all else is an error of this program, unless
    `refuse_newer` raises another one."""
    try:
        yield
    except UnreadableValue as problem:
        raise unreadable(name, problem) from problem
    except IntegrityError as problem:
        if WAS_MOVED not in str(problem.orig):
            refuse_newer()
            raise
        raise was_moved() from problem
    except (DatabaseError, InterfaceError) as problem:
        cause = str(problem.orig)
        damaged = any(word in cause.lower() for word in _DAMAGED)
        if damaged or not is_of_file(cause):
            refuse_newer()
        if not is_of_file(cause):
            raise
        kept = Text("Nothing") if damaged else Text("Nothing that was recorded is lost, and nothing")
        raise LedgerAway(
            Text(
                "The ledger {name} cannot be used now ({cause}): {cause2}. {kept} is sent that could not be recorded.",
                name=name,
                cause=cause,
                cause2=remedy(cause),
                kept=kept,
            )
        ) from problem


def was_moved() -> LedgerMoved:
    """The problem of a program that still has the file open."""
    return LedgerMoved(
        Text("The ledger was moved to PostgreSQL while this program had it open: start the program again.")
    )


WAS_MOVED = "the ledger was moved to PostgreSQL"
_HINDERED = ("locked", "busy", "full", "i/o error", "unable to open", "readonly")
_DAMAGED = ("malformed", "not a database", "no such table", "no such column", "could not decode")


def is_of_file(cause: str) -> bool:
    """Whether the file or its disk is the cause, by SQLite's message; all else is an error of this program."""
    return any(word in cause.lower() for word in (*_HINDERED, *_DAMAGED))


def remedy(cause: str) -> str:
    """What to do about a file that cannot be used, by the message of SQLite or the system."""
    said = cause.lower()
    if "locked" in said or "busy" in said:
        return Text("another program keeps it busy: end that one, then try again")
    if "full" in said or "i/o error" in said or "no space" in said:
        return Text("make room on its disk and see that the disk is well, then try again")
    if "it is gone" in said:
        return Text("put it back, or restore it from a backup (onedesk-quickbooks restore FILE --yes)")
    if "no such file" in said:
        return Text("its folder is missing: mount its volume or put it back, then try again")
    if "unable to open" in said or "readonly" in said or "permission" in said or "errno" in said:
        return Text(
            "check that its parent is a folder, and that this user can write to it (ls -l; chown and chmod fix it)"
        )
    return Text(
        "it is damaged, or another program's: restore it from a backup (onedesk-quickbooks restore FILE --yes), or"
        " set `ledger` in settings.yaml to the right one"
    )


def file_lock(path: Path) -> BaseFileLock:
    """A lock that every user with access to its folder can take: one that a command of root has created does not lock
    out the service's user."""
    from filelock import FileLock

    return FileLock(path, mode=0o666, thread_local=False)


def _not_opened(path: Path, error: OSError) -> str:
    """Why a lock cannot be taken, and what to do."""
    mended = remedy(str(error))
    if isinstance(error, PermissionError) and path.exists():
        with suppress(OSError, KeyError, NotImplementedError):  # a user without a name; a system without users
            owner = path.owner()
            mended = Text(
                "it is {owner}'s file: when no command of the user {owner} runs any more, delete it (rm {path})",
                owner=owner,
                path=path,
            )
    return Text("{path} cannot be opened ({strerror}): {mended}.", path=path, strerror=error.strerror, mended=mended)


class _StillHeld:
    def check(self) -> None:
        """A file's lock ends only with its process."""


class FileLocks:
    """`lane.lock` and `refresh.lock` in a folder: a SQLite ledger works for one company. The operating system releases
    the lock of a process that dies."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def hold(self, kind: str, realm_id: str, wait: float) -> Iterator[HeldLock]:
        """See `Locks.hold`. Raises `LedgerAway` where the file cannot be opened, for example because it is another
        user's."""
        from filelock import Timeout

        path = self._directory / f"{kind}.lock"
        lock = file_lock(path)
        try:
            self._directory.stat()  # FileLock would create it
            lock.acquire(timeout=wait)
        except Timeout:
            raise LockTaken(f"{kind}.lock") from None
        except OSError as error:
            raise LedgerAway(_not_opened(path, error)) from error
        try:
            yield _StillHeld()
        finally:
            if kind.startswith(RUN):  # the lock of a run is not taken again
                path.unlink(missing_ok=True)
            lock.release()

    def taken(self, kind: str, realm_id: str) -> bool:
        """See `Locks.taken`. Creates no file: one that root has created would lock out the service's user."""
        if not (self._directory / f"{kind}.lock").exists():
            return False
        try:
            with self.hold(kind, realm_id, 0):
                return False
        except LockTaken:
            return True
