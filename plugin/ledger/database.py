"""Opening the ledger's database: SQLite in WAL mode, migrated to today's schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError

HEAD = "0001"
"""The newest migration; a test holds it against migrations/versions."""


class LedgerProblem(Exception):
    """The ledger's database cannot be used; the text says why and what to do."""


class Database:
    """One database with short transactions: `read()` for a consistent look, `write()` takes the write lock first."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writer = engine.execution_options(onedesk_write=True)
        self.now = now

    @classmethod
    def open(cls, path: Path, now: Callable[[], datetime]) -> Database:
        """Open or create the SQLite file and bring its schema up to date. Raises `LedgerProblem`."""
        engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30, "check_same_thread": False})
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        database = cls(engine, now)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            database._migrate()
        except (DatabaseError, OSError) as problem:
            engine.dispose()
            cause = getattr(problem, "orig", None) or problem
            raise LedgerProblem(f"{path} cannot be used as the ledger: {cause}") from None
        except LedgerProblem:
            engine.dispose()
            raise
        return database

    def _migrate(self) -> None:
        with self.read() as connection:
            version = _version(connection)
        if version == HEAD:
            return
        if version is not None and version > HEAD:
            raise LedgerProblem(f"the ledger is of a newer version ({version}) than this program ({HEAD}); update it")
        from alembic import command  # Alembic is slow to import and needed once per upgrade
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", "onedesk_quickbooks.plugin.ledger:migrations")
        with self.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start; it commits when the block ends well."""
        with self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by sqlite3
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # an intent must be on disk before its request leaves
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("onedesk_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
