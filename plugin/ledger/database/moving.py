"""Moves a SQLite ledger to PostgreSQL: every row, in one transaction of both, and closes the old ledger permanently."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, Table, func, insert, select, text

from onedesk_quickbooks.plugin.ledger.database import MOVED, Database, LedgerProblem
from onedesk_quickbooks.plugin.ledger.database.sqlite import WAS_MOVED
from onedesk_quickbooks.plugin.ledger.tables import audit, metadata
from onedesk_quickbooks.plugin.texts import Text

_ROWS = 1000


def move(source: Database, target: Database) -> Mapping[str, int]:
    """Copy all rows and compare them; returns their number by table. Raises `LedgerProblem` where the target has other
    content, or a row differs; then nothing was changed. A target with exactly these rows was left by a move that was
    killed between its two commits: that move is completed. Where the ledger was moved there before, nothing is left to
    do, also if work has gone on there: {}.

    The source is locked meanwhile. In the end it refuses every write, so that a process which still has it open fails
    visibly instead of writing rows that are not read; its rows stay.
    """
    with source.write() as old, target.write() as new:
        held = _first_that_is_not_empty(new)
        if held and _was_moved(old) and _goes_on(old, new):
            return {}
        if not held and _was_moved(old) and _first_that_is_not_empty(old):
            raise LedgerProblem(
                Text(
                    "the SQLite ledger was moved before, and not to there: set `ledger` in settings.yaml to where it is"
                )
            )
        if not held:
            for table in metadata.sorted_tables:
                _copy(old, new, table)
            _go_on_counting(new)
        counts = {}
        for table in metadata.sorted_tables:
            counts[table.name], rows = _rows(old, table)
            if _rows(new, table) != (counts[table.name], rows):
                raise LedgerProblem(_differs(table.name, held))
        _close(old)
    return counts


def _differs(table: str, held: str) -> str:
    if held:
        return Text(
            "the ledger to move to is not empty (table {held}), and holds something else than the one to move (table"
            " {table}): take another database or another `tenant`",
            held=held,
            table=table,
        )
    return Text("table {table} has other rows after the move than before; nothing was moved", table=table)


def _first_that_is_not_empty(connection: Connection) -> str:
    for table in metadata.sorted_tables:
        if connection.execute(select(func.count()).select_from(table)).scalar_one():
            return table.name
    return ""


def _goes_on(old: Connection, new: Connection) -> bool:
    """Whether the new ledger continues the old one: its audit trail, to which rows are only added, has the same row
    where that of the old one ends."""
    head = old.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).first()
    found = head and new.execute(select(audit.c.hash).where(audit.c.id == head.id)).scalar()
    return head is not None and found == head.hash


def _was_moved(connection: Connection) -> bool:
    return bool(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == MOVED)


def _all(table: Table) -> Select[Any]:
    return select(table).execution_options(yield_per=_ROWS)


def _copy(old: Connection, new: Connection, table: Table) -> None:
    for rows in old.execute(_all(table)).mappings().partitions(_ROWS):
        new.execute(insert(table), [dict(row) for row in rows])


def _rows(connection: Connection, table: Table) -> tuple[int, int]:
    """The number of rows, and a sum over their content, independent of their order."""
    count = summed = 0
    for row in connection.execute(_all(table)):
        count += 1
        summed += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest(), "big")
    return count, summed


def _go_on_counting(connection: Connection) -> None:
    """Set the sequences, so that new rows are numbered after the copied ones."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            last = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(sequence, last, False)))


def _close(connection: Connection) -> None:
    if _was_moved(connection):
        return
    for table in metadata.sorted_tables:
        for does in ("INSERT", "UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f'CREATE TRIGGER "moved_{table.name}_{does}" BEFORE {does} ON "{table.name}" '
                f"BEGIN SELECT RAISE(ABORT, '{WAS_MOVED}: start this program again'); END"
            )
    connection.execute(text("UPDATE alembic_version SET version_num = :moved"), {"moved": MOVED})
