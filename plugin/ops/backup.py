"""One file that holds an installation, made and put back while it works.

The databases are copied by SQLite's own online backup, so that each is as it was at one instant; they are put back the
same way, in one transaction each, under whoever has them open. The key that seals the tokens is left out unless asked
for: with it, the file alone opens the books.
"""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import simplejson
from filelock import FileLock, Timeout

from onedesk_quickbooks.plugin.findings.contained import must_be_inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead
from onedesk_quickbooks.plugin.findings.regular import read_regular
from onedesk_quickbooks.plugin.ledger.database import HEAD
from onedesk_quickbooks.plugin.sync.errors import SyncProblem

FORMAT = 1
BEFORE = "before-restore.tar.gz"
_MANIFEST = "backup.json"
_RULES = ("rules.yaml", "rules.yml", "rules")
_LEDGER = "ledger.sqlite"
_WAIT = 2.0
"""Seconds to wait for the lane to end its turn before a restore is refused."""


class BackupProblem(SyncProblem):
    """A backup cannot be made, read or put back; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: names relative to the data directory, when it was made, and whether with the key."""

    names: tuple[str, ...]
    made_at: str
    with_key: bool


def back_up(directory: Path, file: Path, key_file: Path | None, now: datetime) -> Backup:
    """Write a backup of the data directory to `file` (mode 0600: settings hold secrets), in the place of an older one
    only when it is whole. `key_file`: put that key in as well. Raises `BackupProblem` or OSError."""
    if not (directory / _LEDGER).exists():
        raise BackupProblem(f"{directory} holds no {_LEDGER}, so there is nothing to back up; is --home right?")
    with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".backup-") as folder:
        gathered = Path(folder) / "data"
        gathered.mkdir()
        _gather(directory, gathered)
        if key_file is not None:
            _copy(key_file, gathered / "key")
        names = tuple(sorted(str(each.relative_to(gathered)) for each in gathered.rglob("*") if each.is_file()))
        backup = Backup(names, now.isoformat(timespec="seconds"), key_file is not None)
        told = {"format": FORMAT, "made_at": backup.made_at, "with_key": backup.with_key, "ledger": HEAD}
        (gathered / _MANIFEST).write_text(simplejson.dumps(told), encoding="utf-8")
        new = Path(folder) / "new"
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream, tarfile.open(fileobj=stream, mode="w:gz") as archive:
            for name in (_MANIFEST, *names):
                archive.add(gathered / name, arcname=name)
        new.replace(file)
    return backup


def _gather(directory: Path, into: Path) -> None:
    for source in sorted(directory.glob("*.sqlite")):
        _copy_database(source, into / source.name)
    for name in _SMALL:
        if (directory / name).exists():
            _copy(directory / name, into / name)
    for name in _RULES:
        source = directory / name
        if source.is_dir():
            _copy_rules(source, into / name, source)
        elif source.exists():
            _copy(source, into / name)


def _copy_rules(source: Path, to: Path, folder: Path) -> None:
    """What stands in the folder of the rules; a link that leads out of it is refused, not followed."""
    to.mkdir()
    for each in sorted(source.iterdir()):
        if not each.exists():
            continue  # a link to nothing, as editors make them
        try:
            must_be_inside(each, folder)
        except CannotRead as problem:
            raise BackupProblem(f"{problem}; nothing was backed up") from problem
        if not each.is_dir():
            _copy(each, to / each.name)
        elif not each.is_symlink():  # what such a link leads to is packed where it stands
            _copy_rules(each, to / each.name, folder)


def _copy(source: Path, to: Path) -> None:
    """A file that holds secrets: never readable by others, not even for an instant."""
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(read_regular(source))


def _copy_database(source: Path, to: Path) -> None:
    """SQLite's online backup, in one step: `to` is then as `source` is at one instant, whoever has either open."""
    try:
        with closing(sqlite3.connect(source, timeout=30)) as held, closing(sqlite3.connect(to, timeout=30)) as copy:
            held.backup(copy)
            (state,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupProblem(f"{source.name} cannot be copied: {error}") from error
    if state != "ok":
        raise BackupProblem(f"{source.name} is damaged ({state}); run: onedesk-quickbooks doctor")


def restore(file: Path, directory: Path, key_file: Path, now: datetime) -> Backup:
    """Put a backup back into the data directory. What it does not hold stays as it is; where the same company is
    connected now, the newer tokens are kept: older ones may have been replaced at Intuit. What was there before is
    kept as before-restore.tar.gz, a damaged database beside itself.

    Raises `BackupProblem`, with nothing changed, for a file that is no whole backup, one of a newer program, or while
    the lane works.
    """
    with tempfile.TemporaryDirectory(prefix="onedesk-quickbooks-") as folder:
        unpacked = Path(folder)
        backup = _unpack(file, unpacked)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _no_turn(directory):
            _keep(directory, key_file if backup.with_key and key_file.exists() else None, now)
            tokens = [] if backup.with_key else _tokens(directory / _LEDGER)
            for name in backup.names:
                _put_back(unpacked / name, key_file if name == "key" else directory / name)
            _keep_newer(directory / _LEDGER, tokens)
    return backup


def _keep(directory: Path, key_file: Path | None, now: datetime) -> None:
    """What is there now, as a backup; a database that is damaged is moved aside, for nothing can be copied onto it."""
    for database in directory.glob("*.sqlite"):
        try:
            _check(database)
        except BackupProblem:
            for part in directory.glob(f"{database.name}*"):
                part.replace(part.with_name(f"{part.name}.damaged"))
    if (directory / _LEDGER).exists():
        back_up(directory, directory / BEFORE, key_file, now)


@contextmanager
def _no_turn(directory: Path) -> Iterator[None]:
    lock = FileLock(directory / "lane.lock", thread_local=False)
    try:
        lock.acquire(timeout=_WAIT)
    except Timeout:
        raise BackupProblem(
            "The lane is at work on this data directory, so nothing was put back; stop `serve`, or wait until "
            "onedesk-quickbooks status shows nothing waiting, and try again."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _unpack(file: Path, into: Path) -> Backup:
    """Everything of the archive into a folder of its own, checked."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            members = archive.getmembers()
            for member in members:
                _write_member(archive, member, into)
        told = simplejson.loads((into / _MANIFEST).read_text(encoding="utf-8"))
        form, made_at, with_key, version = (told[key] for key in ("format", "made_at", "with_key", "ledger"))
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, FileNotFoundError) and not file.exists():
            raise BackupProblem(f"{file} is not there") from error
        raise BackupProblem(f"{file} is no whole backup of this program: {error}") from error
    if form > FORMAT or version > HEAD:
        raise BackupProblem(f"{file} was made by a newer version of this program; update it first")
    for database in into.glob("*.sqlite"):
        try:
            _check(database)
        except BackupProblem as problem:
            raise BackupProblem(f"{file} cannot be put back: {problem}") from problem
    names = tuple(member.name for member in members if member.name != _MANIFEST)
    if _LEDGER not in names:
        raise BackupProblem(f"{file} holds no {_LEDGER}")
    return Backup(names, made_at, with_key)


def _write_member(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    path = PurePosixPath(member.name)
    known = path.name == member.name and (path.suffix == ".sqlite" or path.name in _KNOWN)
    known = known or (path.parts[:1] == ("rules",) and ".." not in path.parts)
    content = archive.extractfile(member) if member.isfile() else None
    if not known or content is None:
        raise ValueError(f"{member.name!r} does not belong into one")
    target = into / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        shutil.copyfileobj(content, stream, io.DEFAULT_BUFFER_SIZE)


_SMALL = ("settings.yaml", "host.json")
_KNOWN = frozenset({_MANIFEST, *_SMALL, "key", "rules.yaml", "rules.yml"})


def _check(database: Path) -> None:
    try:
        with closing(sqlite3.connect(database, timeout=30)) as connection:
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupProblem(f"{database.name} cannot be read: {error}") from error
    if state != "ok":
        raise BackupProblem(f"{database.name} is damaged: {state}")


def _put_back(source: Path, target: Path) -> None:
    if target.suffix == ".sqlite":
        _copy_database(source, target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}.new")
    _copy(source, new)
    new.replace(target)


_COLUMNS = "realm_id, sealed, expires_at, refresh_expires_at, updated_at"


def _tokens(ledger: Path) -> list[tuple[object, ...]]:
    """The sealed tokens as they stand now; none where there is no ledger yet."""
    if not ledger.exists():
        return []
    with closing(sqlite3.connect(ledger, timeout=30)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'token'").fetchone():
            return []
        return connection.execute(f"SELECT {_COLUMNS} FROM token").fetchall()  # noqa: S608  # a constant


def _keep_newer(ledger: Path, tokens: list[tuple[object, ...]]) -> None:
    with closing(sqlite3.connect(ledger, timeout=30)) as connection, connection:
        for row in tokens:
            connection.execute(
                f"UPDATE token SET ({_COLUMNS}) = (?, ?, ?, ?, ?) WHERE realm_id = ? AND updated_at < ?",  # noqa: S608
                (*row, row[0], row[4]),
            )
