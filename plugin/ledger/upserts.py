"""Keeping many rows in one statement: a new row, or over the one of the same primary key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """`rows` all have the same columns, the primary key's among them; no rows, no statement."""
    if not rows:
        return
    server = connection.dialect.name == "postgresql"
    statement = postgresql.insert(table) if server else sqlite.insert(table)
    keys = [column.name for column in table.primary_key]
    kept = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=kept), list(rows))
