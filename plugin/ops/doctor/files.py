"""Checks the data directory: settings, key, databases, disk, rules. Writes nothing, and connects only to the server of
the ledger."""

from __future__ import annotations

import os
import shutil
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
from onedesk_quickbooks.plugin.ops.preconditions import LITTLE_ROOM, no_room
from onedesk_quickbooks.plugin.ruleset.location import misnamed, rules_path
from onedesk_quickbooks.plugin.sync.errors import CannotStart, SettingsProblem
from onedesk_quickbooks.plugin.sync.last_rules import LastRules, RulesCopy, gone, loaded, not_taken
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper, until_corrected
from onedesk_quickbooks.plugin.sync.settings import FILE, Settings, load_settings
from onedesk_quickbooks.plugin.texts import Text, joined, text_in

_OWN = Text("Run this as the user who owns the data directory, or give it to this user (chown).")
_LOCKED = Text("Close what locks it: a database browser, a copy of this program that hangs, a backup of the disk.")
_RESTORE = Text("Stop everything, keep the file, and restore the last backup: onedesk-quickbooks restore FILE")


def examine(directory: Path, environ: Mapping[str, str]) -> Iterator[Check]:
    """All checks that are possible without opening the plugin."""
    if not directory.is_dir():
        found, remedy = Text("{file} is not there.", file=directory), Text("Name it with --home, or connect first.")
        yield Check(Text("data directory"), "problem", found, remedy)
        return
    try:
        settings = load_settings(directory, environ)
    except SettingsProblem as problem:
        yield Check(Text("settings"), "problem", text_in(problem), Text("Correct the setting."))
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
        remedy = Text("Take both from developer.intuit.com > Keys & credentials.")
        found = Text("{names} not set.", names=joined(Text(" and "), missing))
        yield Check(Text("settings"), "problem", found, remedy)
    else:
        found = Text("They can be read; the environment is {environment}.", environment=settings.environment)
        yield Check(Text("settings"), "ok", found)
    file = directory / FILE
    if file.exists() and (mode := stat.S_IMODE(file.stat().st_mode)) & 0o077:
        found = Text("{file} holds secrets and may be read by others (mode {mode}).", file=file, mode=f"{mode:04o}")
        yield Check(Text("settings file"), "warning", found, _run(f"chmod 600 {file}"))


def _run(command: str) -> Text:
    return Text("Run: {command}", command=command)


def _private(directory: Path) -> Iterator[Check]:
    if (mode := stat.S_IMODE(directory.stat().st_mode)) & 0o077:
        found = Text(
            "{file}, which holds invoices and customers, may be read by others (mode {mode}).",
            file=directory,
            mode=f"{mode:04o}",
        )
        yield Check(Text("data directory"), "warning", found, _run(f"chmod 700 {directory}"))


def _key(file: Path, environ: Mapping[str, str]) -> Check:
    if environ.get(KEY_VARIABLE):
        return Check(Text("key"), "ok", Text("It comes from the environment variable {name}.", name=KEY_VARIABLE))
    if not file.exists():
        return Check(Text("key"), "note", Text("{file} is not there yet; it is made at the first start.", file=file))
    mode = stat.S_IMODE(file.stat().st_mode)
    if not os.access(file, os.R_OK):
        return Check(Text("key"), "problem", Text("{file} cannot be read by this user.", file=file), _OWN)
    if mode & 0o077:
        found = Text("{file} may be read by others (mode {mode}).", file=file, mode=f"{mode:04o}")
        return Check(Text("key"), "problem", found, _run(f"chmod 600 {file}"))
    return Check(Text("key"), "ok", Text("{file} may be read only by its owner.", file=file))


def _databases(directory: Path, settings: Settings) -> Iterator[Check]:
    remote = settings.ledger.startswith(postgres.SCHEMES)
    found = sorted(directory.glob("*.sqlite"))
    if not (found or remote):
        yield Check(Text("database"), "note", Text("There is no database yet; it is made at the first start."))
    for file in found:
        yield _database(file, remote)
    if remote:
        yield _server(settings)


def _server(settings: Settings) -> Check:
    """The ledger in PostgreSQL; a missing one is not created."""
    name = Text("database, tenant {tenant}", tenant=settings.tenant)
    try:
        shared = postgres.shared(settings.ledger)
        version = postgres.version_of(shared.engine, postgres.schema_of(settings.tenant))
    except LedgerProblem as problem:
        return Check(name, "problem", text_in(problem), Text("Correct `ledger` in settings.yaml."))
    except DBAPIError as problem:
        remedy = Text("Start PostgreSQL, or correct `ledger` in settings.yaml. Requests wait until then.")
        found = Text("{server} cannot be reached: {why}.", server=shared.name, why=postgres.first_line(problem))
        return Check(name, "problem", found, remedy)
    if version is None:
        found = Text("{server} has no ledger of it yet; it is made at the first start.", server=shared.name)
        return Check(name, "note", found)
    if version > HEAD:
        return _newer(name, version)
    found = Text("{server} answers; its ledger has version {version}.", server=shared.name, version=version)
    return Check(name, "ok", found)


def _newer(name: str, version: str) -> Check:
    found = Text("Its version is {version}; this program supports {head}.", version=version, head=HEAD)
    return Check(name, "problem", found, Text("Update the program; another one has written here."))


def _database(file: Path, moved: bool) -> Check:
    """`moved`: the ledger is to be in PostgreSQL."""
    name = Text("database {file}", file=file.name)
    if not all(os.access(each, os.R_OK | os.W_OK) for each in (file.parent, file)):
        return Check(name, "problem", Text("This user may not write {file}, or not into its folder.", file=file), _OWN)
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            version = _version(connection)
        _try_lock(file)
    except sqlite3.Error as error:
        if "locked" in str(error):
            return Check(name, "problem", Text("Another program keeps it locked, so nothing can be recorded."), _LOCKED)
        return Check(name, "problem", Text("It cannot be read: {why}.", why=str(error)), _RESTORE)
    if state != "ok":
        return Check(name, "problem", Text("It is damaged: {why}", why=str(state)), _RESTORE)
    if version == MOVED and moved:
        return Check(name, "ok", Text("It was moved to PostgreSQL, and cannot be written any more."))
    if version == MOVED:
        remedy = Text("Set `ledger` in settings.yaml to where it is.")
        return Check(name, "problem", Text("It was moved to PostgreSQL."), remedy)
    if version and version > HEAD:
        return _newer(name, version)
    found = Text("It is whole, version {version}.", version=version) if version else Text("It is whole.")
    if version and version < HEAD:
        found = Text(
            "It is whole; it is brought from version {version} to {head} at the next start.", version=version, head=HEAD
        )
    return Check(name, "ok", found)


def _try_lock(file: Path) -> None:
    """Begin to write, without writing. Raises sqlite3.Error where another program blocks writes."""
    with closing(sqlite3.connect(file, timeout=2, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection) -> str:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def _disk(directory: Path) -> Check:
    free = shutil.disk_usage(directory).free
    if full := no_room(directory, free):
        return Check(Text("disk"), "problem", full, Text("Make room."))
    text = Text("{n} MB are free at {directory}.", n=free // 1_000_000, directory=directory)
    if free < LITTLE_ROOM:
        remedy = Text("Make room: without it nothing can be recorded, and so nothing is sent.")
        return Check(Text("disk"), "warning", text, remedy)
    return Check(Text("disk"), "ok", text)


def _rules(directory: Path, settings: Settings) -> Check:
    if (lost := gone(directory, settings.rules)) is not None:
        return Check(Text("rules"), "problem", lost.text)
    last = RulesCopy(directory, settings.rules, settings.confirms_rules).last()
    try:
        keeper = RulesKeeper(lambda: rules_path(directory, settings.rules))
    except CannotStart as problem:
        wrong = until_corrected(text_in(problem), last) if last and loaded(last) else text_in(problem)
        return Check(Text("rules"), "problem", wrong, Text("Correct them; try them with: onedesk-quickbooks check"))
    if (kept := not_taken(directory, settings.rules, settings.confirms_rules)) is not None:
        text = Text("{file} holds other rules than those in force, which are {kept}.", file=keeper.path, kept=kept.path)
        remedy = Text("See what it would change, and put it into force: onedesk-quickbooks rules take")
        return Check(Text("rules"), "warning", text, remedy)
    if unread := misnamed(directory, settings.rules, keeper.files):
        return Check(Text("rules"), "warning", unread, Text("See: onedesk-quickbooks check"))
    return Check(Text("rules"), "ok", _in_force(keeper, last))


def _in_force(keeper: RulesKeeper, last: LastRules | None) -> Text:
    """Whether the rules on disk are in force already; `last` is the copy of those in force."""
    if last is None:
        return Text("{file} can be used.", file=keeper.path)
    values = {"file": keeper.path, "hash": last.hash[:12], "since": f"{last.since:%Y-%m-%d %H:%M}"}
    if last.hash == keeper.in_force.hash:
        return Text("{file} is in force ({hash}, since {since} UTC).", **values)
    return Text(
        "{file} is in force from the next invoice on; until then the previous rules are ({hash}, since {since} UTC).",
        **values,
    )


def _alerts(settings: Settings) -> Check:
    channels = [name for name in ("alert_to", "alert_webhook") if getattr(settings, name)]
    if channels:
        return Check(Text("alerts"), "ok", Text("Alerts are sent by {names}.", names=joined(Text(" and "), channels)))
    remedy = Text("Set smtp_url and alert_to, or alert_webhook, unless your host shows on_quickbooks_alert.")
    found = Text("No e-mail or webhook is sent when the queue stops or work is held.")
    return Check(Text("alerts"), "note", found, remedy)
