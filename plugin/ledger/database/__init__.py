"""The ledger's database: a SQLite file or a tenant's schema in PostgreSQL, migrated to the present schema."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

from onedesk_quickbooks.plugin import sqlite_engine
from onedesk_quickbooks.plugin.ledger.database import postgres, sqlite
from onedesk_quickbooks.plugin.ledger.database.ledger_problems import LedgerAway, LedgerMoved, LedgerProblem, LockLost
from onedesk_quickbooks.plugin.ledger.database.locks import HeldLock, Locks, LockTaken
from onedesk_quickbooks.plugin.ledger.database.schema import HEAD, VERSIONS, make, upgrade
from onedesk_quickbooks.plugin.sqlite_engine import PATIENCE
from onedesk_quickbooks.plugin.texts import Text

__all__ = [
    "HEAD",
    "Database",
    "HeldLock",
    "LedgerAway",
    "LedgerMoved",
    "LedgerProblem",
    "LockLost",
    "LockTaken",
    "Locks",
]


class Database:
    """One database with short transactions: `read()` for a consistent view, `write()` takes the write lock first.

    The write lock is SQLite's own; in PostgreSQL it is an advisory lock of the tenant. In both, what is read within
    `write()` is valid until it commits. A nested call in the same thread joins the transaction.
    """

    def __init__(
        self, engine: Engine, now: Callable[[], datetime], locks: Locks, name: str, schema: str | None = None
    ) -> None:
        """`name` is for messages; `schema` is the tenant's in PostgreSQL, None for SQLite."""
        self._engine = engine
        self._name = name
        self._ready = False
        self._may_be_moved = False
        self._preparing = threading.RLock()
        self._writer = postgres.writer(engine, schema) if schema else engine.execution_options(onedesk_write=True)
        self._reader = postgres.reader(engine, schema) if schema else engine
        self._schema = schema
        self._open = threading.local()
        self.now = now
        self.locks = locks

    @classmethod
    def open(cls, path: Path, now: Callable[[], datetime], *, moved: bool = False) -> Database:
        """Open or create the SQLite file and migrate its schema. Raises `LedgerProblem`; with `moved` not for one that
        was moved to PostgreSQL: its rows can be read."""
        engine = sqlite.engine(path)
        database = cls(engine, now, sqlite.FileLocks(path.parent), str(path))
        database._may_be_moved = moved
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            sqlite.make_private(path)
            with _made_by_one(database.locks, path):
                database._prepare()
            sqlite.private(path)  # only now that it is a ledger: the settings may name any file
        except (DatabaseError, OSError) as problem:
            engine.dispose()
            cause = getattr(problem, "orig", None) or problem
            raise LedgerProblem(
                Text(
                    "{path} cannot be used as the ledger: {cause}; {cause2}",
                    path=path,
                    cause=cause,
                    cause2=sqlite.remedy(str(cause)),
                )
            ) from None
        except LedgerProblem:
            engine.dispose()
            raise
        except LockTaken:
            engine.dispose()
            raise LedgerProblem(
                Text("another process is still creating {path}; check why it has not finished", path=path)
            ) from None
        return database

    @classmethod
    def open_url(cls, url: str, tenant: str, now: Callable[[], datetime], *, patient: bool = False) -> Database:
        """Open or create a tenant's schema in PostgreSQL and migrate it. Raises `LedgerProblem`.

        With `patient` an unreachable server is no problem yet: every use raises `LedgerAway` until it is reachable, and
        the first use then does what was left out here.
        """
        shared = postgres.shared(url)
        schema = postgres.schema_of(tenant)
        database = cls(shared.engine_of(schema), now, shared.locks, shared.name, schema)
        try:
            database._prepare()
        except LedgerAway:
            if not patient:
                raise
        return database

    @property
    def remote(self) -> bool:
        """Whether the database is on a server, which may be unreachable."""
        return self._schema is not None

    def _prepare(self) -> None:
        """Create and migrate the schema, once."""
        with self._preparing:
            if self._ready:
                return
            if self._schema is None:
                self._migrate()
            else:
                self._prepare_schema(self._schema)
            self._ready = True

    def _prepare_schema(self, schema: str) -> None:
        with self._translated_errors():
            try:
                if postgres.version_of(self._engine, schema) != HEAD:
                    postgres.create_schema(self._engine, schema)
                    self._migrate()
            except (OperationalError, InterfaceError):
                raise
            except DatabaseError as problem:
                raise LedgerProblem(
                    Text(
                        "{name} cannot be used as the ledger: {problem}; check `ledger` in settings.yaml, and that"
                        " PostgreSQL lets this user create a schema",
                        name=self._name,
                        problem=postgres.first_line(problem),
                    )
                ) from None

    def _migrate(self) -> None:
        with self._begun(self._reader) as connection:
            version = self._version(connection)
        if version == HEAD or (version == MOVED and self._may_be_moved):
            return
        self._refuse_unknown(version)
        with self._begun(self._writer) as connection:
            if self._version(connection) is None:  # another process may have created it meanwhile
                make(connection)
            else:
                upgrade(connection)

    def _refuse_unknown(self, version: str | None) -> None:
        if version is None or version in VERSIONS:
            return
        if version == MOVED:
            raise LedgerProblem(
                Text(
                    "{name}: the ledger was moved to PostgreSQL; set `ledger` in settings.yaml to where it is, and"
                    " start again",
                    name=self._name,
                )
            )
        if version.isdecimal() and len(version) == len(HEAD) and version > HEAD:
            raise LedgerProblem(
                Text(
                    "{name}: the ledger is of a newer version ({version}) than this program ({head}); update it (pip"
                    " install --upgrade onedesk-quickbooks)",
                    name=self._name,
                    version=version,
                    head=HEAD,
                )
            )
        raise LedgerProblem(
            Text(
                '{name}: its version "{version}" is not a version of this program ({join}), so it is another program\'s'
                " database, or damaged; set `ledger` in settings.yaml to the right one, or restore it from a backup",
                name=self._name,
                version=version,
                join=", ".join(VERSIONS),
            )
        )

    def _version(self, connection: Connection) -> str | None:
        """None for an empty database. Raises `LedgerProblem` for one that has tables, but none of ours or no version: a
        foreign database is not changed."""
        tables = set(inspect(connection).get_table_names(schema=self._schema))
        if not tables:
            return None
        found = []
        if "alembic_version" in tables:
            found = list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
        if len(found) != 1:
            raise LedgerProblem(
                Text(
                    "{name} holds tables ({join} ...) and not the one version of a ledger: it is another program's"
                    " database, or damaged; set `ledger` in settings.yaml to the right one, or restore it from a"
                    " backup",
                    name=self._name,
                    join=", ".join(sorted(tables)[:3]),
                )
            )
        return str(found[0])

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads. Raises `LedgerAway` where the database cannot be used now."""
        within = self._within()
        if within is not None:
            return nullcontext(within)
        if not self._ready:
            self._prepare()
        scope: _ReadScope | None = getattr(self._open, "scope", None)
        return self._transaction(self._reader) if scope is None else self._shared(scope)

    @contextmanager
    def _shared(self, scope: _ReadScope) -> Iterator[Connection]:
        try:
            yield scope.enter(self._transaction, self._reader)
        except BaseException as problem:
            scope.fail(problem)
            with self._translated_errors():
                raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All reads of this thread within the block share one transaction, and see one state, until the thread writes.
        For reads in immediate succession; the block must not wait for the network."""
        if self._within() is not None or getattr(self._open, "scope", None) is not None:
            yield
            return
        scope = self._open.scope = _ReadScope()
        try:
            yield
        finally:
            self._open.scope = None
            scope.end()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; it commits when the block ends without an error, or
        with the enclosing transaction of this thread. Raises `LedgerAway` where a server cannot be reached: then it is
        unknown whether it has committed. For a locked file or a full disk it raises `LedgerAway` as well: then it has
        not committed."""
        within = self._within()
        if within is not None:
            yield within
            return
        if not self._ready:
            self._prepare()
        scope = getattr(self._open, "scope", None)
        if scope is not None:
            scope.end()  # later reads see what it has written
        with self._transaction(self._writer) as connection:
            self._open.connection = connection
            try:
                yield connection
            finally:
                self._open.connection = None

    def refuse_moved(self) -> None:
        """Raises `LedgerMoved` for a SQLite file that was moved to PostgreSQL since it was opened: it can be read, and
        no longer written."""
        if self._schema is not None:
            return
        with self.read() as connection:
            if self._version(connection) == MOVED:
                raise sqlite.was_moved()

    @contextmanager
    def hasty(self, seconds: float) -> Iterator[None]:
        """Transactions that this thread begins in the block wait at most this long for the lock of a SQLite file; then
        `LedgerAway`."""
        before = getattr(self._open, "patience", None)
        self._open.patience = seconds
        try:
            yield
        finally:
            self._open.patience = before

    def _begun(self, engine: Engine) -> AbstractContextManager[Connection]:
        return sqlite.begun(engine) if self._schema is None else postgres.begun(engine)

    def _transaction(self, engine: Engine) -> AbstractContextManager[Connection]:
        """The same; raises `LedgerAway` where the database cannot be used now."""
        if self._schema is not None:
            return postgres.transaction(engine, self._name, self._refuse_newer)
        patience = getattr(self._open, "patience", None)
        if patience is not None:
            engine = engine.execution_options(onedesk_patience=patience)
        return sqlite.transaction(engine, self._name, self._refuse_newer)

    def _translated_errors(self) -> AbstractContextManager[None]:
        translated = sqlite.translated_errors if self._schema is None else postgres.translated_errors
        return translated(self._name, self._refuse_newer)

    def _refuse_newer(self) -> None:
        """Raises `LedgerProblem` where a newer version of this program has migrated the ledger since it was opened; for
        a statement that has failed."""
        try:
            with self._begun(self._reader) as connection:
                version = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
        except DatabaseError:
            return
        if version.isdecimal() and len(version) == len(HEAD) and version > HEAD:
            raise LedgerProblem(
                Text(
                    "The ledger {name} was brought up to date by a newer version of this program ({version}; this one"
                    " has {head}) while this one had it open: start this program again, in the newer version. Nothing"
                    " that was recorded is lost.",
                    name=self._name,
                    version=version,
                    head=HEAD,
                )
            )

    def _within(self) -> Connection | None:
        found: Connection | None = getattr(self._open, "connection", None)
        return found

    def close(self) -> None:
        """Close every connection; those to a server are shared by the tenants of a process, and stay open."""
        if not self.remote:
            sqlite_engine.close(self._engine)


class _ReadScope:
    """The transaction that several reads of a thread share; the first read begins it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._connection: Connection | None = None

    def enter(self, begun: Callable[[Engine], AbstractContextManager[Connection]], engine: Engine) -> Connection:
        """Its connection."""
        if self._connection is None:
            self._connection = self._stack.enter_context(begun(engine))
        return self._connection

    def fail(self, problem: BaseException) -> None:
        """After an error the transaction can neither read nor commit: the next read begins another."""
        self._connection = None
        self._stack.__exit__(type(problem), problem, problem.__traceback__)

    def end(self) -> None:
        """Release the connection, if there is one."""
        self._connection = None
        self._stack.close()


def _made_by_one(locks: Locks, path: Path) -> AbstractContextManager[object]:
    """Of processes that start at the same time, one creates the file: while it changes to WAL mode SQLite refuses the
    others."""
    made = path.exists() and path.stat().st_size > 0
    return nullcontext() if made else locks.hold("opening", "", PATIENCE)


MOVED = "moved"
"""The version of a SQLite ledger that was moved to PostgreSQL."""
