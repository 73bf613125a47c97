"""Keeping many rows in one statement: a new row, or over the one of the same primary key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """`rows` all have the same columns, the primary key's among them; no rows, no statement."""
    if not rows:
        return
    statement: Any = sqlite.insert(table)
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # slow to import, and needed for a server alone

        statement = postgresql.insert(table)
    keys = [column.name for column in table.primary_key]
    kept = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=kept), list(rows))
