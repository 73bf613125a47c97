"""Engines of SQLite files in WAL mode whose transactions begin as they are meant: with the write lock or without."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import LRUCache

PATIENCE = 30
"""Seconds that a transaction waits for the file's lock."""

_COMPILED: LRUCache[Any, Any] = LRUCache(2000)


class SharedDialect(SQLiteDialect_pysqlite):
    """All engines have equal ones: what one has compiled serves all, and a process with many companies compiles each
    statement once. SQLAlchemy keys compiled statements by the dialect."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = staticmethod(partial(hash, "sqlite.shared"))  # asked for at each statement


registry.register("sqlite.shared", __name__, SharedDialect.__name__)


def engine(path: Path, synchronous: str) -> Engine:
    """The engine of a file; `synchronous` is SQLite's pragma."""
    made = create_engine(
        URL.create("sqlite+shared", database=str(path)),
        connect_args={"timeout": PATIENCE, "check_same_thread": False},
        execution_options={"compiled_cache": _COMPILED},
    )

    @event.listens_for(made, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by sqlite3
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
        except sqlite3.Error:
            connection.close()  # SQLAlchemy does not know of it yet
            raise

    return made


def close(engine: Engine) -> None:
    """Close every connection of an engine; one that another thread still has, as soon as it gives it back. Otherwise it
    would return into a pool that nobody closes any more."""
    event.listen(engine.pool, "checkin", _given_back)
    engine.dispose()


def _given_back(_connection: Any, record: Any) -> None:
    record.close()


@contextmanager
def begun(engine: Engine) -> Iterator[Connection]:
    """A transaction, with the write lock where the option `onedesk_write` is set; it waits for that `onedesk_patience`
    seconds at most, where that is set."""
    with engine.begin() as connection:
        begin(connection)
        yield connection


def begin(connection: Connection) -> None:
    """Begin as `begun` does, on a connection of such an engine. The driver is called directly, because this is the most
    frequent operation. No event of the engine: with one, SQLAlchemy asks for listeners at every statement."""
    options = connection.get_execution_options()
    driver: Any = connection.connection.driver_connection
    patience = options.get("onedesk_patience", PATIENCE)
    if connection.info.get("patience", PATIENCE) != patience:
        driver.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
        connection.info["patience"] = patience
    statement = "BEGIN IMMEDIATE" if options.get("onedesk_write") else "BEGIN"
    try:
        driver.execute(statement)
    except sqlite3.Error as problem:
        raise DBAPIError.instance(statement, None, problem, sqlite3.Error) from problem
