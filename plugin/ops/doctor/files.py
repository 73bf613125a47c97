"""The doctor's look at the data directory: settings, key, databases, disk, rules. Writes nothing, and asks nobody but
the server that the ledger is on."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from onedesk_quickbooks.plugin.ledger import LedgerProblem
from onedesk_quickbooks.plugin.ledger.database import HEAD, MOVED, postgres
from onedesk_quickbooks.plugin.ledger.seal import KEY_VARIABLE
from onedesk_quickbooks.plugin.ops.doctor.checks import Check
from onedesk_quickbooks.plugin.ops.preconditions import LITTLE_ROOM, free_room, no_room
from onedesk_quickbooks.plugin.ruleset.location import misnamed, rules_path
from onedesk_quickbooks.plugin.sync.errors import CannotStart, SettingsProblem
from onedesk_quickbooks.plugin.sync.last_rules import gone, not_taken
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper
from onedesk_quickbooks.plugin.sync.settings import FILE, Settings, load_settings

_OWN = "Run this as the user whom the data directory belongs to, or give it to this user (chown)."
_LOCKED = "End what holds it: a database browser, a copy of this program that hangs, a backup of the disk."
_RESTORE = "Stop everything, keep the file, and put the last backup back: onedesk-quickbooks restore FILE"


def examine(directory: Path, environ: Mapping[str, str]) -> Iterator[Check]:
    """Everything that can be seen without opening the plugin."""
    if not directory.is_dir():
        yield Check("data directory", "problem", f"{directory} is not there.", "Name it with --home, or connect first.")
        return
    try:
        settings = load_settings(directory, environ)
    except SettingsProblem as problem:
        yield Check("settings", "problem", str(problem), "Correct the setting.")
        return
    yield from _settings(directory, settings)
    yield from _private(directory)
    yield _key(Path(settings.key_file) if settings.key_file else directory / "key", environ)
    yield from _databases(directory, settings)
    yield _disk(directory)
    yield _rules(directory, settings)
    yield _alerts(settings)


def _settings(directory: Path, settings: Settings) -> Iterator[Check]:
    missing = [name for name in ("client_id", "client_secret") if not getattr(settings, name)]
    if missing:
        remedy = "Take both from developer.intuit.com > Keys & credentials."
        yield Check("settings", "problem", f"{' and '.join(missing)} not set.", remedy)
    else:
        yield Check("settings", "ok", f"They can be read; the environment is {settings.environment}.")
    file = directory / FILE
    if file.exists() and (mode := stat.S_IMODE(file.stat().st_mode)) & 0o077:
        found = f"{file} holds secrets and may be read by others (mode {mode:04o})."
        yield Check("settings file", "warning", found, f"Run: chmod 600 {file}")


def _private(directory: Path) -> Iterator[Check]:
    if (mode := stat.S_IMODE(directory.stat().st_mode)) & 0o077:
        found = f"{directory}, which holds invoices and customers, may be read by others (mode {mode:04o})."
        yield Check("data directory", "warning", found, f"Run: chmod 700 {directory}")


def _key(file: Path, environ: Mapping[str, str]) -> Check:
    if environ.get(KEY_VARIABLE):
        return Check("key", "ok", f"It comes from the environment variable {KEY_VARIABLE}.")
    if not file.exists():
        return Check("key", "note", f"{file} is not there yet; it is made at the first start.")
    mode = stat.S_IMODE(file.stat().st_mode)
    if not os.access(file, os.R_OK):
        return Check("key", "problem", f"{file} cannot be read by this user.", _OWN)
    if mode & 0o077:
        return Check("key", "problem", f"{file} may be read by others (mode {mode:04o}).", f"Run: chmod 600 {file}")
    return Check("key", "ok", f"{file} may be read by its owner alone.")


def _databases(directory: Path, settings: Settings) -> Iterator[Check]:
    remote = settings.ledger.startswith(postgres.SCHEMES)
    found = sorted(directory.glob("*.sqlite"))
    if not found:
        yield Check("database", "note", "There is no database yet; it is made at the first start.")
    for file in found:
        yield _database(file, remote)
    if remote:
        yield _server(settings)


def _server(settings: Settings) -> Check:
    """The ledger in PostgreSQL; where it is missing nothing is made."""
    name = f"database, tenant {settings.tenant}"
    try:
        shared = postgres.shared(settings.ledger)
        version = postgres.version_of(shared.engine, postgres.schema_of(settings.tenant))
    except LedgerProblem as problem:
        return Check(name, "problem", str(problem), "Correct `ledger` in settings.yaml.")
    except DBAPIError as problem:
        remedy = "Start PostgreSQL, or correct `ledger` in settings.yaml. What is asked meanwhile waits."
        return Check(name, "problem", f"{shared.name} cannot be reached: {postgres.first_line(problem)}.", remedy)
    if version is None:
        return Check(name, "note", f"{shared.name} has no ledger of it yet; it is made at the first start.")
    if version > HEAD:
        return _newer(name, version)
    return Check(name, "ok", f"{shared.name} answers; its ledger is of version {version}.")


def _newer(name: str, version: str) -> Check:
    found = f"It is of version {version}, this program knows {HEAD}."
    return Check(name, "problem", found, "Update the program; another one has written here.")


def _database(file: Path, moved: bool) -> Check:
    """`moved`: the ledger is to be in PostgreSQL."""
    name = f"database {file.name}"
    if not all(os.access(each, os.R_OK | os.W_OK) for each in (file.parent, file)):
        return Check(name, "problem", f"This user may not write {file}, or not into its folder.", _OWN)
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            version = _version(connection)
        _try_lock(file)
    except sqlite3.Error as error:
        if "locked" in str(error):
            return Check(name, "problem", "Another program keeps it locked, so nothing can be recorded.", _LOCKED)
        return Check(name, "problem", f"It cannot be read: {error}.", _RESTORE)
    if state != "ok":
        return Check(name, "problem", f"It is damaged: {state}", _RESTORE)
    if version == MOVED and moved:
        return Check(name, "ok", "It was moved to PostgreSQL, and takes no more writes.")
    if version == MOVED:
        return Check(name, "problem", "It was moved to PostgreSQL.", "Set `ledger` in settings.yaml to where it is.")
    if version and version > HEAD:
        return _newer(name, version)
    old = f"; it is brought from version {version} to {HEAD} at the next start" if version and version < HEAD else ""
    return Check(name, "ok", f"It is whole{f', version {version}' if version and not old else ''}{old}.")


def _try_lock(file: Path) -> None:
    """Begin to write, and leave it at that. Raises sqlite3.Error where another program lets nobody write."""
    with closing(sqlite3.connect(file, timeout=2, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection) -> str:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def _disk(directory: Path) -> Check:
    free = free_room(directory)
    if full := no_room(directory, free):
        return Check("disk", "problem", full, "Make room.")
    told = f"{free // 1_000_000} MB are free at {directory}."
    if free < LITTLE_ROOM:
        return Check("disk", "warning", told, "Make room: without it nothing can be recorded, and so nothing is sent.")
    return Check("disk", "ok", told)


def _rules(directory: Path, settings: Settings) -> Check:
    if (lost := gone(directory, settings.rules)) is not None:
        return Check("rules", "problem", str(lost))
    try:
        keeper = RulesKeeper(lambda: rules_path(directory, settings.rules))
    except CannotStart as problem:
        return Check("rules", "problem", str(problem), "Correct them; try them with: onedesk-quickbooks check")
    if (kept := not_taken(directory, settings.rules, settings.confirms_rules)) is not None:
        told = f"{keeper.path} holds other rules than those in force, which are {kept.path}."
        return Check("rules", "warning", told, "See what it would move, and take it: onedesk-quickbooks rules take")
    if unread := misnamed(directory, settings.rules):
        return Check("rules", "warning", unread, "See: onedesk-quickbooks check")
    return Check("rules", "ok", f"{keeper.path} can be used.")


def _alerts(settings: Settings) -> Check:
    told = [name for name in ("alert_to", "alert_webhook") if getattr(settings, name)]
    if told:
        return Check("alerts", "ok", f"Alerts are sent by {' and '.join(told)}.")
    remedy = "Set smtp_url and alert_to, or alert_webhook, unless your host shows on_quickbooks_alert."
    return Check("alerts", "note", "No e-mail or webhook reports when the lane stops or work is held.", remedy)
