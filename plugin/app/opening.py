"""Where the ledger of an installation is, and what runs its company queue: by the settings `ledger` and `tenant`."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.app.owner import FILE, claim, owner_of
from onedesk_quickbooks.plugin.clock import utc_now
from onedesk_quickbooks.plugin.ledger import KeyProblem, Ledger, LedgerProblem
from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.database.moving import move
from onedesk_quickbooks.plugin.ledger.database.postgres import SCHEMES
from onedesk_quickbooks.plugin.ops.status import SPOOL
from onedesk_quickbooks.plugin.ruleset.location import BY_COMMAND
from onedesk_quickbooks.plugin.sync import tenancy
from onedesk_quickbooks.plugin.sync.errors import CannotStart
from onedesk_quickbooks.plugin.sync.installation import Installation
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper
from onedesk_quickbooks.plugin.sync.settings import FILE as SETTINGS
from onedesk_quickbooks.plugin.sync.settings import Settings, load_settings
from onedesk_quickbooks.plugin.texts import Text, text_in

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.distributed.jobs import Caller


def open_installation(
    directory: Path,
    names: Sequence[str],
    environ: Mapping[str, str] = os.environ,
    now: Callable[[], datetime] = utc_now,
    *,
    used: bool = False,
) -> Installation:
    """The ledger and the rules in this data directory, which belongs to the host of these names (`owner.names_of`)
    from now on; `used`: only where a ledger exists (`check_used`). Raises `CannotStart`."""
    settings = load_settings(directory, environ)
    if used:
        check_used(directory, settings)
    try:
        make_directory(directory)
        by_command = BY_COMMAND in environ
        rules = RulesKeeper.of(directory, settings.rules, now, settings.confirms_rules, by_command=by_command)
        ledger = open_ledger(directory, settings, environ, now)
    except (KeyProblem, LedgerProblem, OSError) as problem:
        raise CannotStart(text_in(problem)) from problem
    try:
        server = settings.ledger if ledger.remote else ""
        tenancy.opened(settings.tenant, server, ledger.key_digest, directory)
    except tenancy.Elsewhere as problem:
        ledger.close()
        raise CannotStart(_shared_tenant(directory, settings, problem.directory)) from None
    try:
        claim(directory, names, lambda: _is_used(ledger))
    except BaseException:
        tenancy.closed(settings.tenant)
        ledger.close()
        raise
    return Installation(directory, settings, ledger, rules, now, environ)


def _shared_tenant(directory: Path, settings: Settings, other: Path) -> str:
    return Text(
        "This process works for the tenant {tenant} of the same ledger already, in {other}: the invoices of both would "
        "be in one queue. Set `tenant` in {settings} to another name, then start again.",
        tenant=settings.tenant,
        other=other,
        settings=directory / SETTINGS,
    )


def check_used(directory: Path, settings: Settings) -> None:
    """Raises `CannotStart` for a data directory in which nothing has started yet, or that does not exist: for what only
    looks, or needs a connected company. A ledger on a server is elsewhere. Creates nothing."""
    new = not is_remote(settings.ledger) and not _file(directory, settings).exists() and not owner_of(directory)
    if new and not any((directory / SPOOL).glob("*.json")):
        raise CannotStart(
            Text(
                "There is no ledger in {directory}, so no QuickBooks company is connected there. If the data directory "
                "is another one, mount its volume, or name it: --home, or ONEDESK_QUICKBOOKS_HOME. To begin with this "
                "one, start its host; for the embedded host, run: {command}",
                directory=directory,
                command=f"onedesk-quickbooks --home {shlex.quote(str(directory))} connect",
            )
        )


def _is_used(ledger: Ledger) -> bool:
    """Whether a host has recorded any work here; True where that is unknown."""
    try:
        connected = ledger.companies.connected()
        return connected is not None and any(True for _ in ledger.queue_lists.seen(connected.realm_id))
    except LedgerProblem:
        return True


def make_directory(directory: Path) -> None:
    """Create the data directory. Raises `CannotStart` where that is not possible."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        file = next((each for each in (directory, *directory.parents) if each.is_file()), None)
        why = f"{file} is a file" if file else problem.strerror
        raise CannotStart(
            Text(
                "The data directory {directory} cannot be made: {why}. Name a folder in which this user may write, or"
                " one that can be made (`data_directory` of on_host_started; --home, or ONEDESK_QUICKBOOKS_HOME, of"
                " the commands).",
                directory=directory,
                why=why,
            )
        ) from problem
    _private(directory)


def _private(directory: Path) -> None:
    """Make the data directory and its settings readable by its owner alone. A directory of another user, on a disk
    without file modes, on a read-only disk, or shared by all users (as /tmp) is left as it is: the doctor reports
    it."""
    for path, mode in ((directory, 0o700), (directory / SETTINGS, 0o600)):
        with suppress(OSError):
            now = path.stat().st_mode
            if now & 0o077 and not now & stat.S_ISVTX and path.resolve() != Path(path.resolve().anchor):
                path.chmod(mode)


def is_remote(place: str) -> bool:
    """Whether the setting `ledger` names a server."""
    return place.startswith(SCHEMES)


def key_path(directory: Path, settings: Settings) -> Path:
    """Where the key file is, unless the key is in the environment."""
    return Path(settings.key_file) if settings.key_file else directory / "key"


def open_ledger(directory: Path, settings: Settings, environ: Mapping[str, str], now: Callable[[], datetime]) -> Ledger:
    """Open the ledger of this data directory; an unreachable server is tried again when the ledger is used. Raises
    `LedgerProblem` or `KeyProblem`. A missing file is created where no host has started yet and no commands wait for
    it; otherwise it was lost, with all links to QuickBooks, or is in the folder that belongs here."""
    key = key_path(directory, settings)
    if is_remote(settings.ledger):
        return Ledger.open_url(settings.ledger, settings.tenant, key, environ, now, patient=True)
    path = _file(directory, settings)
    if not path.exists() and owner_of(directory):
        raise LedgerProblem(_lost(path, directory))
    if not path.exists() and (waiting := sum(1 for _ in (directory / SPOOL).glob("*.json"))):
        raise LedgerProblem(_without_ledger(directory / SPOOL, waiting, path))
    return Ledger.open(path, key, environ, now)


def _lost(path: Path, directory: Path) -> str:
    return Text(
        "The ledger {path} is not there, although {owner} says that a host has started here. It recorded which "
        "invoices are in QuickBooks and what was paid for them. If it is elsewhere, name it by the setting ledger; "
        "otherwise restore it: onedesk-quickbooks restore FILE --yes. If it is lost for good, delete {owner}: the next "
        "start makes an empty ledger. Then connect, and copy the invoices once more: each is linked to its copy in "
        "QuickBooks by its mark, and none is duplicated.",
        path=path,
        owner=directory / FILE,
    )


def _without_ledger(spool: Path, waiting: int, path: Path) -> str:
    return Text(
        "{spool} has commands of OneDesk that wait for the ledger ({waiting}), and {path} is not there. Mount the"
        " volume of the data directory, or put the ledger back, and move these files into its folder spool: the next"
        " start records them. If they are not needed, delete them.",
        spool=spool,
        waiting=waiting,
        path=path,
    )


def _file(directory: Path, settings: Settings) -> Path:
    return directory / (settings.ledger or "ledger.sqlite")


def move_ledger(path: Path, url: str, tenant: str) -> Mapping[str, int]:
    """Move a SQLite ledger to PostgreSQL, or complete a move that was interrupted; returns the number of rows by table,
    {} where it was moved there before. Raises `LedgerProblem`, or `LockTaken` while a company queue works on it."""
    if not path.exists():
        raise LedgerProblem(
            Text("{path} is not there, so there is nothing to move; name the SQLite ledger by --from", path=path)
        )

    with closing(Database.open(path, utc_now, moved=True)) as source, source.locks.hold("lane", "", 1.0):
        return move(source, Database.open_url(url, tenant, utc_now))


def caller(services: Installation) -> Caller | None:
    """What calls the workers for this installation; None where a thread of this process runs the company queue."""
    if not services.ledger.remote:
        return None
    from onedesk_quickbooks.plugin.distributed.jobs import Caller  # only a ledger in PostgreSQL needs Procrastinate

    return Caller(services.settings.ledger, services.settings.tenant)
