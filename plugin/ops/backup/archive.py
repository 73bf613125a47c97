"""The backup file: a manifest, the ledger, the host's database, settings and rules.

Each database is copied in its state of one instant. The key that encrypts the tokens is left out unless asked for: with
it, the file alone gives access to the books.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import simplejson

from onedesk_quickbooks.plugin.findings.contained import must_be_inside, read_inside
from onedesk_quickbooks.plugin.findings.finding import CannotRead
from onedesk_quickbooks.plugin.findings.regular import open_regular, read_regular
from onedesk_quickbooks.plugin.ledger.database import HEAD
from onedesk_quickbooks.plugin.ops.backup.backup_problems import BackupProblem
from onedesk_quickbooks.plugin.ops.backup.ledgers import DUMP, FILE, Kept, check_database, copy_database
from onedesk_quickbooks.plugin.ops.backup.workplace import Workplace, workplace
from onedesk_quickbooks.plugin.sync.last_rules import CONFIRMED, FOLDER
from onedesk_quickbooks.plugin.texts import Text

FORMAT = 1
SETTINGS = "settings.yaml"
_MANIFEST = "backup.json"
RULES = ("rules.yaml", "rules.yml", "rules")
IN_FORCE = (FOLDER, CONFIRMED)
"""The copies of the rules in force: where a person confirms each change, the files do not show which these are."""
_SMALL = (SETTINGS, "host.json")
KEPT = (*_SMALL, *RULES, *IN_FORCE)
"""What a backup has of a data directory, apart from databases."""
_KNOWN = frozenset({_MANIFEST, *_SMALL, DUMP, "key", "rules.yaml", "rules.yml"})


@dataclass(frozen=True, slots=True)
class Backup:
    """The content of a backup: its names, when it was made, whether with the key, and of which tenant its ledger is (""
    for a SQLite file). All names except the ledger's and the key's are relative to the data directory."""

    names: tuple[str, ...]
    made_at: str
    with_key: bool
    tenant: str = ""


def back_up(directory: Path, ledger: Kept, file: Path, key_file: Path | None, now: datetime) -> Backup:
    """Write a backup of the data directory and its ledger to `file` (mode 0600: settings hold secrets); an older one is
    replaced only when the new one is complete and was opened again. `key_file`: include that key. Raises
    `BackupProblem` or OSError."""
    if not ledger.there():
        raise BackupProblem(
            Text("{name} is not there, so there is nothing to back up; is --home right?", name=ledger.name)
        )
    if not file.absolute().parent.is_dir():
        raise BackupProblem(
            Text(
                "{parent} is not a folder, so nothing can be written there; make it first",
                parent=file.absolute().parent,
            )
        )
    with workplace(directory) as place:
        return pack(directory, ledger, file, key_file, now, place)


def pack(directory: Path, ledger: Kept, file: Path, key_file: Path | None, now: datetime, place: Workplace) -> Backup:
    """The same within a workplace. A ledger that is not there is left out: what is written then is no backup that
    `unpack` takes, and keeps the other files."""
    gathered = place.new("data")
    _gather(directory, ledger, gathered)
    if key_file is not None:
        _copy(key_file, gathered / "key")
    names = tuple(sorted(str(each.relative_to(gathered)) for each in gathered.rglob("*") if each.is_file()))
    backup = Backup(names, now.isoformat(timespec="seconds"), key_file is not None, ledger.tenant)
    manifest = {"format": FORMAT, "made_at": backup.made_at, "with_key": backup.with_key, "ledger": HEAD}
    (gathered / _MANIFEST).write_text(simplejson.dumps({**manifest, "tenant": backup.tenant}), encoding="utf-8")
    new = place.beside(file)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            for name in (_MANIFEST, *names):
                archive.add(gathered / name, arcname=name)
        stream.flush()
        os.fsync(stream.fileno())
    shutil.rmtree(gathered)
    if ledger.member in names:
        _read_again(new, names, ledger, file, place)
    new.replace(file)
    return backup


def _read_again(new: Path, names: tuple[str, ...], ledger: Kept, file: Path, place: Workplace) -> None:
    again = place.new("again")
    found = unpack(new, again)
    if sorted(found.names) != list(names):
        raise BackupProblem(Text("{file} could not be read again as it was written; nothing was backed up", file=file))
    ledger.check(again / ledger.member)
    shutil.rmtree(again)


def databases(directory: Path, ledger: Kept) -> list[Path]:
    """Those of the data directory, without the ledger and a former file of the ledger."""
    found = sorted(directory.glob("*.sqlite"))
    return [each for each in found if each.name != FILE and str(each.absolute()) != ledger.name]


def _gather(directory: Path, ledger: Kept, into: Path) -> None:
    if ledger.there():
        ledger.copy_to(into / ledger.member)
    for source in databases(directory, ledger):
        copy_database(source, into / source.name)
    for name in _SMALL:
        if (directory / name).exists():
            _copy(directory / name, into / name)
    for name in RULES:
        source = directory / name
        if source.is_dir():
            _copy_rules(source, into / name, source)
        elif source.exists():
            _copy(source, into / name)
    for name in IN_FORCE:
        if (directory / name).is_dir():
            _copy_rules(directory / name, into / name, directory / name)


def _copy_rules(source: Path, to: Path, folder: Path) -> None:
    """The content of the folder of the rules; a link that leads out of it is refused, not followed."""
    to.mkdir()
    for each in sorted(source.iterdir()):
        if not each.exists():
            continue  # a link to nothing, as editors create them
        try:
            must_be_inside(each, folder)
            if not each.is_dir():
                _copy(each, to / each.name, folder)
            elif not each.is_symlink():  # the target of such a link is packed at its own place
                _copy_rules(each, to / each.name, folder)
        except CannotRead as problem:
            raise BackupProblem(Text("{problem}; nothing was backed up", problem=problem)) from problem


def _copy(source: Path, to: Path, folder: Path | None = None) -> None:
    """Copy a file that holds secrets into the `folder`: it is never readable by others, not even for an instant."""
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(read_regular(source) if folder is None else read_inside(source, folder, -1, settings=True))


def unpack(file: Path, into: Path) -> Backup:
    """Extract a whole backup into an empty folder; all but a dump is checked. Raises `BackupProblem`."""
    try:
        with (
            open_regular(file) as stream,
            gzip.GzipFile(fileobj=stream) as packed,
            tarfile.open(fileobj=packed, mode="r:") as archive,
        ):
            members = []
            for member in archive:
                _write_member(archive, member, into)
                members.append(member)
            while packed.read(io.DEFAULT_BUFFER_SIZE):
                pass  # the checksum of the whole is at the end
        manifest = simplejson.loads((into / _MANIFEST).read_text(encoding="utf-8"))
        form, made_at, with_key, version = (manifest[key] for key in ("format", "made_at", "with_key", "ledger"))
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, FileNotFoundError) and not file.exists():
            raise BackupProblem(Text("{file} is not there", file=file)) from error
        raise BackupProblem(
            Text("{file} is not a complete backup of this program: {error}", file=file, error=error)
        ) from error
    if form > FORMAT or version > HEAD:
        raise BackupProblem(Text("{file} was made by a newer version of this program; update it first", file=file))
    for database in into.glob("*.sqlite"):
        try:
            check_database(database)
        except BackupProblem as problem:
            raise BackupProblem(Text("{file} cannot be restored: {problem}", file=file, problem=problem)) from problem
    names = tuple(member.name for member in members if member.name != _MANIFEST)
    if len({FILE, DUMP} & set(names)) != 1:
        raise BackupProblem(
            Text(
                "{file} contains no {file2}, and no {dump} of PostgreSQL, so it cannot be restored; to take files out "
                "of it: tar xzf FILE -C FOLDER",
                file=file,
                file2=FILE,
                dump=DUMP,
            )
        )
    return Backup(names, made_at, with_key, manifest.get("tenant", ""))


def _write_member(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    path = PurePosixPath(member.name)
    known = path.name == member.name and (path.suffix == ".sqlite" or path.name in _KNOWN)
    known = known or (path.parts[0] in ("rules", *IN_FORCE) and ".." not in path.parts)
    content = archive.extractfile(member) if member.isfile() else None
    if not known or content is None:
        raise ValueError(f"{member.name!r} does not belong in a backup")
    target = into / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        shutil.copyfileobj(content, stream, io.DEFAULT_BUFFER_SIZE)
