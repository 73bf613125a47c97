"""Writes many rows in one statement: inserts, or updates or keeps the row with the same primary key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """`rows` all have the same columns, with those of the primary key; without rows nothing is executed."""
    if rows:
        connection.execute(_over(connection.dialect.name, table, tuple(rows[0])), list(rows))


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same, but existing rows are kept."""
    if rows:
        connection.execute(_beside(connection.dialect.name, table), list(rows))


def count_on(connection: Connection, table: Table, column: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same, but the number in this column is added to the existing one."""
    if rows:
        connection.execute(_counted(connection.dialect.name, table, column), list(rows))


@cache
def _over(dialect: str, table: Table, names: tuple[str, ...]) -> Any:
    new, keys = _insert(dialect, table), _keys(table)
    return new.on_conflict_do_update(
        index_elements=keys, set_={name: new.excluded[name] for name in names if name not in keys}
    )


@cache
def _beside(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _counted(dialect: str, table: Table, column: str) -> Any:
    new = _insert(dialect, table)
    both = {column: table.c[column] + new.excluded[column]}
    return new.on_conflict_do_update(index_elements=_keys(table), set_=both)


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _insert(dialect: str, table: Table) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # slow to import, and only needed for a server

        return postgresql.insert(table)
    return sqlite.insert(table)
