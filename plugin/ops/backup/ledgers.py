"""The ledger for a backup: a SQLite file, or a tenant's schema in PostgreSQL, copied and restored as a whole."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple, Protocol

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.exc import DBAPIError

from onedesk_quickbooks.plugin.ledger.audit import Audit
from onedesk_quickbooks.plugin.ledger.companies import company_of
from onedesk_quickbooks.plugin.ledger.database import Database, LedgerProblem, LockTaken, postgres
from onedesk_quickbooks.plugin.ledger.database.advisory import key_of
from onedesk_quickbooks.plugin.ledger.database.sqlite import FileLocks
from onedesk_quickbooks.plugin.ledger.entries import SCHEDULED, UNDO
from onedesk_quickbooks.plugin.ledger.marked_forms import MarkedForm, MarkedForms
from onedesk_quickbooks.plugin.ledger.payment_events import continue_above, newest_event
from onedesk_quickbooks.plugin.ledger.queue import DONE_BY_QUEUE
from onedesk_quickbooks.plugin.ledger.sentences import Sentences, keep
from onedesk_quickbooks.plugin.ledger.tables import (
    api_key,
    company,
    invoice_link,
    marked_form,
    outgoing_webhook,
    token,
    work,
)
from onedesk_quickbooks.plugin.ledger.upserts import insert_new
from onedesk_quickbooks.plugin.ops.backup.backup_problems import BackupProblem
from onedesk_quickbooks.plugin.ops.backup.workplace import WAIT
from onedesk_quickbooks.plugin.planning import mention_key
from onedesk_quickbooks.plugin.sync.settings import Settings
from onedesk_quickbooks.plugin.texts import Text

FILE, DUMP = "ledger.sqlite", "ledger.dump"
"""The names of the ledger in a backup, by its kind."""


class Kept(Protocol):
    """A ledger, for a backup."""

    @property
    def name(self) -> str:
        """Its name for people; without a password."""

    @property
    def member(self) -> str:
        """Its name in a backup."""

    @property
    def tenant(self) -> str:
        """The tenant of a dump; "" for a file."""

    def there(self) -> bool:
        """Whether there is anything to copy."""

    def copy_to(self, copy: Path) -> None:
        """Copy its state of one instant. Raises `BackupProblem`."""

    def check(self, copy: Path) -> None:
        """Open a copy and read all of it. Raises `BackupProblem`."""

    def staged(self, copy: Path, script: Path) -> AbstractContextManager[Kept]:
        """A context that has a copy as a ledger that no program uses; `script` is the name of a file for the executed
        statements. Raises `BackupProblem`."""

    def replace(self, staged: Kept, settle: Callable[[], None]) -> None:
        """Put that one in its place, in one transaction. `settle` is called when no program can write into the present
        one any more, and may change `staged`. Raises `BackupProblem`."""

    def open(self, now: Callable[[], datetime]) -> Database:
        """Raises `LedgerProblem`."""

    def paused(self) -> Any:
        """A context in which no company queue works on it. Raises `BackupProblem`."""


def ledger_of(directory: Path, settings: Settings) -> Kept:
    """The ledger of a data directory, by its settings."""
    if settings.ledger.startswith(postgres.SCHEMES):
        return ServerLedger(settings.ledger, settings.tenant)
    return FileLedger((directory / (settings.ledger or FILE)).absolute())


NOT_THERE = Text("it comes from a restored backup, and was not in the ledger that the backup has replaced")
"""Why a webhook is stopped after a restore."""
_LOCKED = 30.0
"""Seconds to wait for a locked database."""
_TAKEN = (5, 6)
"""SQLITE_BUSY and SQLITE_LOCKED, which Python has names for since 3.11."""
_TRY = 0.5
"""Seconds of one try: while SQLite waits, signals are not handled."""
_BUSY = Text(
    "The company queue is running, so nothing was restored; stop `serve` and workers, or wait until {command} shows "
    "nothing waiting, and try again.",
    command="onedesk-quickbooks status",
)


@dataclass(frozen=True)
class FileLedger:
    """A SQLite file."""

    path: Path
    member: str = FILE
    tenant: str = ""

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def there(self) -> bool:
        """See `Kept.there`."""
        return self.path.exists()

    def copy_to(self, copy: Path) -> None:
        """See `Kept.copy_to`."""
        copy_database(self.path, copy)

    def check(self, copy: Path) -> None:
        """See `Kept.check`."""
        check_database(copy)

    def staged(self, copy: Path, script: Path) -> AbstractContextManager[Kept]:
        """See `Kept.staged`."""
        return nullcontext(FileLedger(copy))

    def replace(self, staged: Kept, settle: Callable[[], None]) -> None:
        """See `Kept.replace`."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_database(Path(staged.name), self.path, settle)

    def open(self, now: Callable[[], datetime]) -> Database:
        """See `Kept.open`."""
        return Database.open(self.path, now)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """See `Kept.paused`."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with FileLocks(self.path.parent).hold("lane", "", WAIT):
                yield
        except LockTaken:
            raise BackupProblem(_BUSY) from None


def copy_database(source: Path, to: Path, clock: Callable[[], float] = time.monotonic) -> None:
    """SQLite's online backup, in one step: `to` then has the state of `source` at one instant, whatever processes have
    either open."""
    _copied(source, to, _patient(source, clock))


def replace_database(source: Path, to: Path, settle: Callable[[], None]) -> None:
    """The same. `settle` is called when no program can write into `to` any more, and may change `source`, which is then
    copied from the beginning: `to` stays locked from the first page to the last, and has its former content for who
    reads it meanwhile."""
    tried, settled = _patient(source), False

    def once(status: int, remaining: int, total: int) -> None:
        nonlocal settled
        tried(status, remaining, total)
        if status == sqlite3.SQLITE_OK and not settled:
            settled = True
            settle()

    if to.exists() and to.stat().st_size:
        _copied(source, to, once, 1)
    else:
        settle()
        _copied(source, to, tried)


def _copied(source: Path, to: Path, tried: Callable[[int, int, int], None], pages: int = -1) -> None:
    try:
        os.close(os.open(to, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(source, timeout=_TRY)) as held, closing(sqlite3.connect(to, timeout=_TRY)) as copy:
            held.backup(copy, pages=pages, progress=tried)
    except sqlite3.DatabaseError as error:
        raise BackupProblem(Text("{name} cannot be copied: {error}", name=source.name, error=error)) from error
    check_database(to)


def _patient(source: Path, clock: Callable[[], float] = time.monotonic) -> Callable[[int, int, int], None]:
    """The callback of SQLite after each try, so that signals are handled; a database that stays locked is given up."""
    until = clock() + _LOCKED

    def tried(status: int, remaining: int, total: int) -> None:
        if status in _TAKEN and clock() > until:
            raise BackupProblem(
                Text("{name} stays locked: another program has it, or the file to copy it to", name=source.name)
            )

    return tried


def check_database(database: Path) -> None:
    """Read all of it. Raises `BackupProblem`."""
    until = time.monotonic() + _LOCKED
    try:
        with closing(sqlite3.connect(database, timeout=_TRY)) as connection:
            while True:
                try:
                    (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                    break
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > until:
                        raise
    except sqlite3.DatabaseError as error:
        raise BackupProblem(
            Text("{name} cannot be read: {error}; see onedesk-quickbooks doctor", name=database.name, error=error)
        ) from error
    if state != "ok":
        raise BackupProblem(
            Text("{name} is damaged ({state}); see onedesk-quickbooks doctor", name=database.name, state=state)
        )


@dataclass(frozen=True)
class ServerLedger:
    """A tenant's schema in PostgreSQL, by PostgreSQL's own programs. They get the password in their environment:
    arguments are visible to everybody on the machine."""

    url: str
    tenant: str
    member: str = DUMP

    @property
    def name(self) -> str:
        """Its address and tenant."""
        return f"{postgres.shared(self.url).name}, tenant {self.tenant}"

    @property
    def _schema(self) -> str:
        return postgres.schema_of(self.tenant)

    def there(self) -> bool:
        """See `Kept.there`."""
        with self._reached():
            return postgres.version_of(postgres.shared(self.url).engine, self._schema) is not None

    def copy_to(self, copy: Path) -> None:
        """See `Kept.copy_to`. The dump is read through a pipe, so that `pg_dump` does not outlive this process."""
        address, environment = postgres.for_programs(self.url)
        words = ["--format=custom", "--no-owner", "--no-privileges", f"--schema={self._schema}", f"--dbname={address}"]
        with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            self._run("pg_dump", words, environment, file)

    def check(self, copy: Path) -> None:
        """See `Kept.check`."""
        self._run("pg_restore", ["--file=/dev/null", str(copy)])

    @contextmanager
    def staged(self, copy: Path, script: Path) -> Iterator[Kept]:
        """See `Kept.staged`. It is a schema that no tenant can have. The script is a file, so that `psql` completes it
        even if this process is killed: the end of a pipe would end the transaction."""
        staged = ServerLedger(self.url, f"{self.tenant}-restored")
        mine, other, aside = (f'"{name}"' for name in (self._schema, staged._schema, f"{self._schema}-aside"))
        address, environment = postgres.for_programs(self.url)
        os.close(os.open(script, os.O_CREAT | os.O_WRONLY, 0o600))
        self._run("pg_restore", ["--no-owner", "--no-privileges", f"--file={script}", str(copy)])
        before = (
            self._lock,
            f"DROP SCHEMA IF EXISTS {other} CASCADE",  # a restore was killed
            f"CREATE SCHEMA IF NOT EXISTS {mine}",
            f"ALTER SCHEMA {mine} RENAME TO {aside}",  # the script has the name of the schema
        )
        after = (f"ALTER SCHEMA {mine} RENAME TO {other}", f"ALTER SCHEMA {aside} RENAME TO {mine}")
        words = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]
        words += [f"--command={each}" for each in before]
        words += [f"--file={script}", *(f"--command={each}" for each in after), f"--dbname={address}"]
        try:
            self._run("psql", words, environment)
            yield staged
        finally:
            with self._reached(), postgres.begun(postgres.shared(self.url).engine) as connection:
                connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {other} CASCADE")

    def replace(self, staged: Kept, settle: Callable[[], None]) -> None:
        """See `Kept.replace`."""
        mine, other = (f'"{postgres.schema_of(each.tenant)}"' for each in (self, staged))
        with self._reached(), postgres.begun(postgres.shared(self.url).engine) as connection:
            connection.exec_driver_sql(self._lock)
            settle()
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {mine} CASCADE")
            connection.exec_driver_sql(f"ALTER SCHEMA {other} RENAME TO {mine}")

    @property
    def _lock(self) -> str:
        return f"SELECT pg_advisory_xact_lock({key_of(f'write {self._schema}')})"

    def open(self, now: Callable[[], datetime]) -> Database:
        """See `Kept.open`."""
        return Database.open_url(self.url, self.tenant, now)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """See `Kept.paused`."""
        shared = postgres.shared(self.url)
        with ExitStack() as held:
            try:
                for realm_id in self._connected():
                    held.enter_context(shared.locks.hold("lane", realm_id, WAIT))
            except LockTaken:
                raise BackupProblem(_BUSY) from None
            yield

    def _connected(self) -> list[str]:
        if not self.there():
            return []
        shared, query = postgres.shared(self.url), select(company.c.realm_id).where(company.c.disconnected_at.is_(None))
        with self._reached(), postgres.begun(postgres.reader(shared.engine, self._schema)) as connection:
            return list(connection.execute(query).scalars())

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as problem:
            raise BackupProblem(
                Text("{name} cannot be used: {problem}", name=self.name, problem=postgres.first_line(problem))
            ) from None

    def _run(
        self,
        program: str,
        words: Sequence[str],
        environment: Mapping[str, str] = os.environ,
        out: BinaryIO | None = None,
    ) -> None:
        streams: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE if out else subprocess.DEVNULL,
        }
        try:
            with TemporaryFile() as errors:
                command, env = [program, *words], {**environment}
                with subprocess.Popen(command, **streams, stderr=errors, env=env) as process:  # noqa: S603  # our words
                    if out is not None and process.stdout is not None:
                        copyfileobj(process.stdout, out)
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip()
        except FileNotFoundError:
            raise BackupProblem(
                Text(
                    "{program} is not on this machine's PATH; a ledger in PostgreSQL is backed up and restored by the"
                    " programs that come with it: install them (Debian: apt-get install postgresql-client)",
                    program=program,
                )
            ) from None
        if process.returncode != 0:
            why = said.splitlines()[0] if said else Text("it ended with {returncode}", returncode=process.returncode)
            raise BackupProblem(f"{self.name}: {why}")


class Request(NamedTuple):
    """What the host has requested or reported, by the action of its entry in the queue."""

    realm_id: str
    action: str
    od_invoice_id: str
    od_number: str


class Former(NamedTuple):
    """What a restore needs of the ledger that it replaces: the encrypted tokens, when the connection to a company ended
    (realm id -> time), the number of the last payment event, the API keys (hash -> row), the webhooks (URL -> row)
    with their problems as sentences, the requests of the host that are not done, and the links of its invoices."""

    tokens: Sequence[Mapping[str, Any]]
    ended: Mapping[str, datetime]
    newest: int
    keys: Mapping[str, Row[Any]]
    webhooks: Mapping[str, Row[Any]]
    problems: Sequence[str]
    requests: Sequence[Request]
    links: Sequence[Row[Any]]


class Access(NamedTuple):
    """What has access after a restore, for the person who did it. `revoked` are API keys of the backup that were
    revoked since and stay so, `stopped` webhooks that the replaced ledger did not have, or had stopped, and that get
    nothing until a person resumes them, `renewed` those that keep their newer secret, `older` those whose newer secret
    is lost with the key that encrypted it. `lost_keys` and `lost_webhooks` were made since the backup, so that it does
    not have them; nor `lost_requests`, which were not done yet; nor the links of `lost_links`, numbers of invoices that
    QuickBooks has. `keys` and `webhooks` are valid now, and it is unknown
    whether they were valid before. `ended` are companies of the backup that were disconnected since and stay so."""

    revoked: Sequence[str] = ()
    stopped: Sequence[str] = ()
    renewed: Sequence[str] = ()
    older: Sequence[str] = ()
    lost_keys: Sequence[str] = ()
    lost_webhooks: Sequence[str] = ()
    lost_requests: Sequence[Request] = ()
    lost_links: Sequence[str] = ()
    keys: Sequence[str] = ()
    webhooks: Sequence[str] = ()
    ended: Sequence[str] = ()


_LINKS = select(
    *(invoice_link.c[name] for name in ("realm_id", "qbo_id", "kind", "od_invoice_id", "od_number"))
).order_by(invoice_link.c.copied_at, invoice_link.c.od_invoice_id)


def former_of(ledger: Kept, now: Callable[[], datetime]) -> Former | None:
    """Of the ledger as it is now; None where there is no readable one. One of an older version is migrated."""
    with suppress(LedgerProblem):
        if ledger.there():
            with closing(ledger.open(now)) as database:
                with database.read() as connection:
                    tokens = [dict(row) for row in connection.execute(select(token)).mappings()]
                    left = select(company.c.realm_id, company.c.disconnected_at)
                    left = left.where(company.c.disconnected_at.is_not(None))
                    ended = {row.realm_id: row.disconnected_at for row in connection.execute(left)}
                    newest = newest_event(connection)
                    keys, webhooks, requests = _keys(connection), _webhooks(connection), _requests(connection)
                    links = connection.execute(_LINKS).all()
                problems = {each.problem for each in webhooks.values()}
                said = Sentences(database).recalled(problems, "fr")  # with their parts, which English has not
                return Former(tokens, ended, newest, keys, webhooks, list(said.values()), requests, links)
    return None


def keep_newer(
    ledger: Kept, former: Former | None, same_key: bool, made_at: str, by: str, now: Callable[[], datetime]
) -> Access:
    """Continue from the replaced ledger, and record the restore of a backup that was `made_at` then in the audit trail.
    The newer tokens are kept, since older ones may have been replaced at Intuit, and newer secrets of webhooks, unless
    the backup brings another key, which does not decrypt them; numbers of events are not used again; access is not
    given back, and a connection that was ended stays ended. Raises `LedgerProblem` where the restored ledger cannot be
    used."""
    with closing(ledger.open(now)) as database, database.write() as connection:
        for row in former.tokens if former and same_key else ():
            older = (token.c.realm_id == row["realm_id"]) & (token.c.updated_at < row["updated_at"])
            connection.execute(update(token).where(older).values(**row))
        continue_above(connection, former.newest if former else 0, now())
        MarkedForms.outdate(connection)  # QuickBooks has what was copied since
        ended = _ended(connection, former) if former else []
        lost = _lost_links(connection, former.links if former else ())
        access = _access(connection, former, same_key, now())._replace(ended=ended, lost_links=lost)
        Audit(database).act(by, "restore", made_at=made_at)
    return access


def _ended(connection: Connection, former: Former) -> list[str]:
    """Disconnect the companies that were disconnected since; returns their names. Tokens that are still to be revoked
    stay."""
    kept, names = {row["realm_id"] for row in former.tokens}, []
    for realm_id, at in former.ended.items():
        if realm_id not in kept:
            connection.execute(delete(token).where(token.c.realm_id == realm_id))
        connected = (company.c.realm_id == realm_id) & company.c.disconnected_at.is_(None)
        names += [
            company_of(facts).name for facts in connection.execute(select(company.c.facts).where(connected)).scalars()
        ]
        connection.execute(update(company).where(connected).values(disconnected_at=at, stopped_reason=None))
    return names


def _access(connection: Connection, former: Former | None, same_key: bool, now: datetime) -> Access:
    """Take back what the replaced ledger had taken back."""
    keys, webhooks = _keys(connection), _webhooks(connection)
    valid = [each for each in keys.values() if each.revoked_at is None]
    if former is None:
        return Access(keys=[each.name for each in valid], webhooks=list(webhooks))
    revoked = [each for each in valid if each.hash in former.keys and former.keys[each.hash].revoked_at]
    for each in revoked:
        mine = api_key.c.hash == each.hash
        connection.execute(update(api_key).where(mine).values(revoked_at=former.keys[each.hash].revoked_at))
    renewed = [
        url for url, each in webhooks.items() if url in former.webhooks and former.webhooks[url].sealed != each.sealed
    ]
    for url in renewed if same_key else ():
        mine = outgoing_webhook.c.url == url
        connection.execute(update(outgoing_webhook).where(mine).values(sealed=former.webhooks[url].sealed))
    return Access(
        revoked=[each.name for each in revoked],
        stopped=_stopped(connection, webhooks, former, now),
        renewed=renewed if same_key else (),
        older=() if same_key else renewed,
        lost_keys=[each.name for each in former.keys.values() if each.revoked_at is None and each.hash not in keys],
        lost_webhooks=[url for url in former.webhooks if url not in webhooks],
        lost_requests=_without(former.requests, _requests(connection)),
        keys=[each.name for each in valid if each.hash not in former.keys],
    )


def _lost_links(connection: Connection, links: Sequence[Row[Any]]) -> list[str]:
    """The numbers of the invoices that were linked since the backup. QuickBooks has them; they are marked forms now."""
    kept = {(row.realm_id, row.qbo_id) for row in connection.execute(_LINKS)}
    lost = [row for row in links if (row.realm_id, row.qbo_id) not in kept]
    for row in lost:
        form = MarkedForm(row.qbo_id, row.kind, mention_key(row.od_invoice_id))
        insert_new(connection, marked_form, [{"realm_id": row.realm_id, **form._asdict()}])
    return [row.od_number or row.od_invoice_id for row in lost]


def _stopped(connection: Connection, webhooks: Iterable[str], former: Former, now: datetime) -> list[str]:
    """Stop those that the replaced ledger does not have, or has stopped; returns them."""
    stopped = []
    for url in webhooks:
        was = former.webhooks.get(url)
        if was is None or was.stopped_at:
            since, problem = (was.stopped_at, was.problem) if was else (now, NOT_THERE)
            mine = outgoing_webhook.c.url == url
            connection.execute(update(outgoing_webhook).where(mine).values(stopped_at=since, problem=problem))
            stopped.append(url)
    keep(connection, NOT_THERE, *former.problems)
    return stopped


def _keys(connection: Connection) -> dict[str, Row[Any]]:
    return {row.hash: row for row in connection.execute(select(api_key).order_by(api_key.c.id))}


def _webhooks(connection: Connection) -> dict[str, Row[Any]]:
    return {row.url: row for row in connection.execute(select(outgoing_webhook).order_by(outgoing_webhook.c.id))}


def _requests(connection: Connection) -> list[Request]:
    """What waits or is held, the oldest first. An undo is no request of the host."""
    columns = (work.c.realm_id, work.c.action, work.c.od_invoice_id, work.c.od_number)
    open_ones = work.c.state.in_(("todo", "held", "failed", SCHEDULED)) & work.c.action.in_(set(DONE_BY_QUEUE) - {UNDO})
    return [Request(*row) for row in connection.execute(select(*columns).where(open_ones).order_by(work.c.id))]


def _without(requests: Iterable[Request], others: Iterable[Request]) -> list[Request]:
    """Those whose invoice the others do not have with the same action, each once."""
    there = {each[:3] for each in others}
    return list({each[:3]: each for each in requests if each[:3] not in there}.values())
