"""PostgreSQL: a schema for each tenant, a few pools of connections for all tenants of a process, and advisory locks.

Connections have no search path: each transaction sets it to its tenant's schema, for itself only, so that a query
without a tenant fails instead of reading another's rows (docs/adr/0004-a-tenant-is-a-schema.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sqlalchemy import URL, Connection, Engine, RootTransaction, create_engine, event, make_url, text
from sqlalchemy.dialects import registry
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.util import LRUCache

from onedesk_quickbooks.plugin.ledger.database.advisory import AdvisoryLocks, key_of
from onedesk_quickbooks.plugin.ledger.database.ledger_problems import LedgerAway, LedgerProblem, unreadable
from onedesk_quickbooks.plugin.ledger.tables import UnreadableValue
from onedesk_quickbooks.plugin.texts import Text

SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")
"""Prefixes of the URL of a PostgreSQL ledger."""
_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "connect_timeout": 5}
_SESSION = """
SET search_path = '';
SET synchronous_commit = on;  -- an entry of the outbox must be on disk before its request leaves
SET tcp_keepalives_idle = 10;  -- the locks of a machine that is gone are free again after half a minute
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3
"""


_POOLS = 8
_COMPILED: LRUCache[Any, Any] = LRUCache(2000)
registry.register("postgresql.shared", "onedesk_quickbooks.plugin.ledger.database.shared_dialect", "SharedDialect")


@dataclass(frozen=True, slots=True)
class Shared:
    """The pools that all tenants of a process share: `name` is the URL without user and password.

    A server process reads the catalog of a tenant's tables and indexes when it first uses them, which costs more than
    the queries of a time slice, and keeps it. So a tenant has the same pool at each transaction, and hence nearly
    always the same server process."""

    pools: tuple[Engine, ...]
    locks: AdvisoryLocks
    name: str

    @property
    def engine(self) -> Engine:
        """The one for what concerns no tenant."""
        return self.pools[0]

    def engine_of(self, schema: str) -> Engine:
        """The one of a tenant."""
        return self.pools[crc32(schema.encode()) % len(self.pools)]


_SHARED: dict[str, Shared] = {}


def shared(url: str) -> Shared:
    """The pools for this URL, the same in all threads. Opens no connection yet. Raises `LedgerProblem` for an invalid
    URL."""
    return _SHARED.get(url) or _SHARED.setdefault(url, _made(url))


def _made(url: str) -> Shared:
    try:
        parsed = make_url(url).set(drivername="postgresql+shared")
        if "@" in (parsed.host or ""):  # a part of the password
            raise LedgerProblem(Text("`ledger` has more than one @: write that of the user or password as %40"))
        pools = tuple(_engine(parsed) for _ in range(_POOLS))
    except (ArgumentError, ValueError):
        raise LedgerProblem(
            Text("`ledger` is not the URL of a database: it looks like postgresql://user:password@host:5432/database")
        ) from None
    except ImportError:
        raise LedgerProblem(
            Text(
                "a ledger in PostgreSQL needs more packages; run: {command}",
                command="pip install 'onedesk-quickbooks[postgres]'",
            )
        ) from None
    named = URL.create("postgresql", host=parsed.host, port=parsed.port, database=parsed.database)
    return Shared(pools, AdvisoryLocks(pools[0]), named.render_as_string())


def _engine(url: URL) -> Engine:
    made = create_engine(
        url,
        isolation_level="AUTOCOMMIT",  # transactions are begun below
        pool_size=10,
        max_overflow=40,
        pool_timeout=30,
        pool_use_lifo=True,  # the server process that knows a tenant's tables is used again
        connect_args=_KEEPALIVE,
        execution_options={"compiled_cache": _COMPILED},
    )
    event.listen(made, "connect", _prepare)
    event.listen(made, "do_execute_no_params", _at_once)
    return made


def has_password(url: str) -> bool:
    """Whether a URL has a password. Raises `LedgerProblem` for an invalid one."""
    shared(url)
    parsed = make_url(url)
    return bool(parsed.password) or any("password" in name for name in parsed.query)


def for_programs(url: str) -> tuple[str, dict[str, str]]:
    """The address for a program of PostgreSQL without a password, and the environment that holds the password."""
    address, secrets = _secrets(url)
    return address, {**os.environ, "PGCONNECT_TIMEOUT": "10", **secrets}


def _secrets(url: str) -> tuple[str, dict[str, str]]:
    parsed = make_url(url)
    given = {name: value for name, value in parsed.query.items() if "password" in name}
    password = parsed.password or given.get("password")
    address = URL.create(
        "postgresql",
        parsed.username,
        host=parsed.host,
        port=parsed.port,
        database=parsed.database,
        query={name: value for name, value in parsed.query.items() if name not in given},
    )
    return address.render_as_string(), {"PGPASSWORD": str(password)} if password else {}


def schema_of(tenant: str) -> str:
    """The schema of a tenant."""
    return f"onedesk_{tenant}"


def reader(engine: Engine, schema: str) -> Engine:
    """An engine for transactions that see one state of the tenant's schema from beginning to end, and write nothing."""
    begin = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {_search(schema)}"
    return engine.execution_options(onedesk_begin=begin)


def writer(engine: Engine, schema: str) -> Engine:
    """An engine for transactions that wait for the tenant's write lock, and see what was committed before: their
    isolation is READ COMMITTED, where each statement sees the newest state."""
    begin = f"BEGIN; {_search(schema)}; SELECT pg_advisory_xact_lock({key_of(f'write {schema}')})"
    return engine.execution_options(onedesk_begin=begin, onedesk_write=True)


def _search(schema: str) -> str:
    return f'SET LOCAL search_path = "{schema}"'


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """A transaction of this engine. A pooled connection that has ended is replaced once: that shows at the beginning of
    a transaction, before any statement, so that no connection has to be tested."""
    try:
        connection, transaction = _start(engine.connect())
    except DBAPIError as problem:
        if not problem.connection_invalidated:
            raise
        connection, transaction = _start(engine.connect())  # the pool has discarded the former connections
    with connection, transaction:
        yield connection


@contextmanager
def transaction(engine: Engine, name: str, refuse_newer: Callable[[], None]) -> Iterator[Connection]:
    """The same; errors name the database as `name`. Raises `LedgerAway`, and what `refuse_newer` raises."""
    with translated_errors(name, refuse_newer), begun(engine) as connection:
        yield connection


@contextmanager
def translated_errors(name: str, refuse_newer: Callable[[], None]) -> Iterator[None]:
    """Raises `LedgerAway` where the server of the database `name` is unreachable: that is no error of the program.
    `refuse_newer` may raise another one for all else."""
    try:
        yield
    except UnreadableValue as problem:
        raise unreadable(name, problem) from problem
    except (OperationalError, InterfaceError) as problem:
        raise LedgerAway(
            Text(
                "The ledger's database {name} cannot be reached ({problem}). Nothing is lost: requests wait, and are "
                "processed when it is back. If it stays away, check that PostgreSQL runs, and `ledger` in"
                " settings.yaml.",
                name=name,
                problem=first_line(problem),
            )
        ) from problem
    except DatabaseError:
        refuse_newer()
        raise


def _start(connection: Connection) -> tuple[Connection, RootTransaction]:
    try:
        transaction = connection.begin()
        _begin(connection)
    except BaseException:
        connection.close()
        raise
    return connection, transaction


def version_of(engine: Engine, schema: str) -> str | None:
    """The version of a tenant's ledger, by one query; None where that is not sufficient."""
    table = f'"{schema}".alembic_version'
    with begun(engine) as connection:
        if connection.execute(text("SELECT to_regclass(:name)"), {"name": table}).scalar() is None:
            return None
        found = connection.exec_driver_sql(f"SELECT version_num FROM {table}").scalars().all()  # noqa: S608
    return str(found[0]) if len(found) == 1 else None


def create_schema(engine: Engine, schema: str) -> None:
    """Create a tenant's schema if it is missing; two processes may do so at the same time."""
    with begun(engine) as connection:
        there = connection.execute(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": schema}).scalar()
        if not there:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key_of(f"create {schema}")})
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')


def first_line(problem: Exception) -> str:
    """The first line of a message of the server or its driver."""
    cause = problem.orig if isinstance(problem, DBAPIError) and problem.orig else problem
    return (str(cause).strip().splitlines() or [Text("no reason given")])[0]


def _prepare(connection: Any, _record: Any) -> None:
    connection.execute(_SESSION)


def _begin(connection: Connection) -> None:
    """Begin in one round trip, with the tenant's schema and the write lock. The driver is called directly, because this
    is the most frequent operation; SQLAlchemy makes the second try, and reports the error. No event of the engine:
    with one, SQLAlchemy looks for listeners at every statement."""
    begin = connection.get_execution_options().get("onedesk_begin", "BEGIN")
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(begin, prepare=False)
    except Exception:
        with suppress(Exception):  # it has ended
            driver.rollback()
        connection.exec_driver_sql(begin, execution_options=_AT_ONCE)


_AT_ONCE = {"no_parameters": True}


def _at_once(cursor: Any, statement: str, _context: Any) -> bool:
    """Several statements in one text cannot be prepared by a server."""
    cursor.execute(statement, prepare=False)
    return True
