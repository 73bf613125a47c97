"""A SQLite ledger's move to PostgreSQL: every row, in one transaction of both, and the old ledger closed for good."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table, func, insert, select, text

from onedesk_quickbooks.plugin.ledger.database import MOVED, Database, LedgerProblem
from onedesk_quickbooks.plugin.ledger.tables import metadata

_ROWS = 1000


def move(source: Database, target: Database) -> Mapping[str, int]:
    """Copy all rows and compare their counts; returns them by table. Raises `LedgerProblem` where the target holds
    anything, or a count differs: nothing was changed then.

    The source is locked meanwhile. In the end it refuses every write, so that a process which still has it open
    fails loudly instead of writing where nobody reads; its rows stay.
    """
    with source.write() as old, target.write() as new:
        _refuse_unless_empty(new)
        counts = {table.name: _copy(old, new, table) for table in metadata.sorted_tables}
        _compare(new, counts)
        _go_on_counting(new)
        _close(old)
    return counts


def _refuse_unless_empty(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        if _count(connection, table):
            raise LedgerProblem(
                f"the ledger to move to is not empty (table {table.name}): take another database or another `tenant`"
            )


def _copy(old: Connection, new: Connection, table: Table) -> int:
    copied = 0
    for rows in old.execute(select(table)).mappings().partitions(_ROWS):
        new.execute(insert(table), [dict(row) for row in rows])
        copied += len(rows)
    return copied


def _compare(connection: Connection, counts: Mapping[str, int]) -> None:
    for table in metadata.sorted_tables:
        found = _count(connection, table)
        if found != counts[table.name]:
            raise LedgerProblem(
                f"table {table.name} has {found} rows instead of {counts[table.name]} after the move; nothing was moved"
            )


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _go_on_counting(connection: Connection) -> None:
    """New rows are numbered behind those that came with their numbers."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            last = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(sequence, last, False)))


def _close(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        for does in ("INSERT", "UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f'CREATE TRIGGER "moved_{table.name}_{does}" BEFORE {does} ON "{table.name}" '
                "BEGIN SELECT RAISE(ABORT, 'the ledger was moved to PostgreSQL: start this program again'); END"
            )
    connection.execute(text("UPDATE alembic_version SET version_num = :moved"), {"moved": MOVED})
