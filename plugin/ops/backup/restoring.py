"""Restores a backup, each database in one transaction although processes have it open; the former data is kept."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from onedesk_quickbooks.plugin.ledger.seal import KEY_VARIABLE
from onedesk_quickbooks.plugin.ops.backup.archive import (
    IN_FORCE,
    KEPT,
    RULES,
    SETTINGS,
    Backup,
    databases,
    pack,
    unpack,
)
from onedesk_quickbooks.plugin.ops.backup.backup_problems import BackupProblem
from onedesk_quickbooks.plugin.ops.backup.ledgers import (
    Access,
    FileLedger,
    Kept,
    check_database,
    former_of,
    keep_newer,
    ledger_of,
    replace_database,
)
from onedesk_quickbooks.plugin.ops.backup.workplace import Workplace, workplace
from onedesk_quickbooks.plugin.sync.errors import SettingsProblem
from onedesk_quickbooks.plugin.sync.settings import Settings, load_settings
from onedesk_quickbooks.plugin.texts import Text

WITHOUT_LEDGER = "-without-ledger"
"""In the name of what is kept where the ledger is missing or damaged."""


class RuleFiles(NamedTuple):
    """Files of rules that are not as in the backup: those that it does not have, and that were `removed`; and the files
    and folders that are links, and were left as they are (`linked`), because others may use the target."""

    removed: Sequence[str] = ()
    linked: Sequence[str] = ()


def key_of(directory: Path, settings: Settings) -> Path:
    """The file of the key that encrypts the tokens."""
    return Path(settings.key_file) if settings.key_file else directory / "key"


def restore(
    file: Path,
    directory: Path,
    environ: Mapping[str, str],
    now: Callable[[], datetime],
    replace: bool = False,
    by: str = "",
    prepare: Callable[[Path], Callable[[str], None]] = lambda _: _nothing,
) -> tuple[Backup, Path | None, Access, RuleFiles]:
    """Restore a backup into the data directory, and its ledger where its settings have it. What it does not contain is
    not changed, apart from files of rules; where the same company is connected now, the newer tokens are kept. Also
    returns the file with the former data, each time a new one; a damaged database is kept beside its file; and who has
    access now; and what was done about files of rules. API keys that were revoked since the backup stay revoked. `by`
    is who does it, for the audit trail. `prepare` gets the folder with the databases of the backup just before they
    replace those of the data directory. What it returns gets the name of each but the ledger when no program can write
    any more into the one that it replaces, and may change the new one.

    Raises `BackupProblem`, with nothing changed, for a file that is no complete backup, one of a newer program, while
    the company queue runs, where the ledger of the backup is not that of the data directory, or, unless it may
    `replace` it, where there is an installation. Raises `SettingsProblem` where the settings of the backup are invalid
    here.
    """
    with workplace(directory) as place:
        unpacked = place.new("unpacked")
        backup = unpack(file, unpacked)
        settings = load_settings(unpacked if (unpacked / SETTINGS).exists() else directory, environ)
        ledger, key_file = ledger_of(directory, settings), key_of(directory, settings)
        _refuse_another(file, backup, directory, ledger, environ)
        ledger.check(unpacked / ledger.member)
        if not replace and (ledger.there() or any(directory.glob("*.sqlite"))):
            raise BackupProblem(
                Text(
                    "{directory} ({name}) holds an installation already; replace it with --yes",
                    directory=directory,
                    name=ledger.name,
                )
            )
        with ledger.paused():
            key = key_file if backup.with_key and key_file.exists() else None
            kept = _keep(directory, ledger, key, now(), place)
            former_of(ledger, now)  # migrates it: below, nothing can be written into it
            same_key = bool(environ.get(KEY_VARIABLE)) or not backup.with_key or _same(unpacked / "key", key_file)
            with ledger.staged(unpacked / ledger.member, place.folder / "script") as new:
                settled, access = prepare(unpacked), Access()

                def settle() -> None:
                    """What was taken back since is taken back before anybody can use the new ledger."""
                    nonlocal access
                    access = keep_newer(new, former_of(ledger, now), same_key, backup.made_at, by, now)

                ledger.replace(new, settle)
            rules = _rules_as_in(directory, backup)
            for name in backup.names:
                if name == ledger.member or Path(name).parts[0] in (*IN_FORCE, *rules.linked):
                    continue
                if name.endswith(".sqlite"):
                    replace_database(unpacked / name, directory / name, partial(settled, name))
                else:
                    target = key_file if name == "key" else directory / name
                    _put_back(unpacked / name, target.resolve() if name == SETTINGS else target, place)
            for name in IN_FORCE:
                _put_whole(unpacked / name, directory / name, place)
    return backup, kept, access, rules


def _rules_as_in(directory: Path, backup: Backup) -> RuleFiles:
    """Remove what the backup does not have: it would decide beside the rules of then."""
    linked = [name for name in RULES if (directory / name).is_symlink()]
    found = [
        each for name in RULES if name not in linked for each in ((directory / name), *(directory / name).rglob("*"))
    ]
    names = {each: str(each.relative_to(directory)) for each in found if each.suffix in (".yaml", ".yml")}
    newer = [each for each, name in names.items() if name not in backup.names and (each.is_file() or each.is_symlink())]
    for each in newer:
        each.unlink()
    return RuleFiles([names[each] for each in newer], linked)


def _same(file: Path, other: Path) -> bool:
    return other.exists() and file.read_bytes() == other.read_bytes()


def _refuse_another(file: Path, backup: Backup, directory: Path, ledger: Kept, environ: Mapping[str, str]) -> None:
    if ledger.member not in backup.names or ledger.tenant != backup.tenant:
        held = (
            Text("of the tenant {tenant} in PostgreSQL", tenant=backup.tenant)
            if backup.tenant
            else Text("in a SQLite file")
        )
        raise BackupProblem(
            Text(
                "{file} has a ledger {held}, and by the settings here it is {name}. Nothing was restored: set `ledger`"
                " and `tenant` alike (settings.yaml and the environment).",
                file=file,
                held=held,
                name=ledger.name,
            )
        )
    try:
        present = ledger_of(directory, load_settings(directory, environ))
    except SettingsProblem:  # a restore may be the repair of these
        return
    if present.name != ledger.name and (not isinstance(present, FileLedger) or present.there()):
        raise BackupProblem(
            Text(
                "The ledger of {directory} is {name}, and that of {file} belongs to {name2}. Nothing was restored: set"
                " `ledger` and `tenant` in settings.yaml as the backup has them, or take another --home.",
                directory=directory,
                name=present.name,
                file=file,
                name2=ledger.name,
            )
        )


def _keep(directory: Path, ledger: Kept, key_file: Path | None, now: datetime, place: Workplace) -> Path | None:
    """The present data, as a backup; a damaged database is moved aside, because nothing can be copied onto it. Without
    a ledger it is a file from which the others can be taken."""
    for database in [*databases(directory, ledger), *([ledger.path] if isinstance(ledger, FileLedger) else [])]:
        try:
            if database.exists():
                check_database(database)
        except BackupProblem as problem:
            if isinstance(problem.__cause__, sqlite3.OperationalError):  # it is locked, or its disk fails
                raise
            free = (each for each in _endings(".damaged") if not database.with_name(f"{database.name}{each}").exists())
            _move_aside(database, next(free))
    there = ledger.there()
    if not there and not any(directory.glob("*.sqlite")) and not any((directory / each).exists() for each in KEPT):
        return None
    stamp = f"before-restore-{now:%Y-%m-%dT%H%M%SZ}{'' if there else WITHOUT_LEDGER}"
    file = next(file for each in _endings("") if not (file := directory / f"{stamp}{each}.tar.gz").exists())
    pack(directory, ledger, file, key_file, now, place)
    return file


def _move_aside(database: Path, ending: str) -> None:
    for part in ("", "-wal", "-shm"):
        path = database.with_name(f"{database.name}{part}")
        if path.exists():
            path.replace(path.with_name(f"{path.name}{ending}"))


def _endings(first: str) -> list[str]:
    return [first, *(f"{first}-{number}" for number in range(2, 10_000))]


def _put_whole(source: Path, target: Path, place: Workplace) -> None:
    """Replace a folder, where the backup contains it."""
    if not source.is_dir():
        return
    if target.is_dir():
        target.rename(place.new(f"before-{target.name}") / target.name)
    shutil.copytree(source, new := place.new(f"now-{target.name}") / target.name)
    new.rename(target)


def _nothing(_name: str) -> None:
    """Nothing of a host is to be kept."""


def _put_back(source: Path, target: Path, place: Workplace) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    new = place.beside(target)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream, source.open("rb") as content:
        shutil.copyfileobj(content, stream)
    new.replace(target)
