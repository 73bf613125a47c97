"""Cursors: the instants up to which something of a company was done, read or looked at, each under its own name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import cursor

PAYMENTS = "payments"
"""Up to when payments were read, by QuickBooks' clock; from the connection on."""
NEXT_POLL = "next-poll"
"""When payments are asked for next; tells other processes."""
LAST_LOOK = "payments-looked"
"""When payments were last looked for with success, by our clock."""
BY_QUERIES = "payments-by-queries"
"""Since when change data capture is refused, so that queries take its place."""


class Cursors:
    """The cursor table: (realm_id, name) -> aware instant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, realm_id: str, name: str) -> datetime | None:
        """The instant under a name, or None."""
        mine = (cursor.c.realm_id == realm_id) & (cursor.c.name == name)
        with self._database.read() as connection:
            return connection.execute(select(cursor.c.instant).where(mine)).scalar()

    def move(self, connection: Connection, realm_id: str, name: str, instant: datetime) -> None:
        """Move a cursor in the caller's transaction: together with what was read up to there."""
        mine = (cursor.c.realm_id == realm_id) & (cursor.c.name == name)
        if not connection.execute(update(cursor).where(mine).values(instant=instant)).rowcount:
            connection.execute(insert(cursor).values(realm_id=realm_id, name=name, instant=instant))

    def drop(self, connection: Connection, realm_id: str, name: str) -> None:
        """Take a cursor away, in the caller's transaction."""
        connection.execute(delete(cursor).where((cursor.c.realm_id == realm_id) & (cursor.c.name == name)))

    def named(self, realm_id: str, prefix: str) -> dict[str, datetime]:
        """Cursors whose name begins with `prefix`, by the rest of the name."""
        mine = (cursor.c.realm_id == realm_id) & cursor.c.name.startswith(prefix, autoescape=True)
        with self._database.read() as connection:
            found = connection.execute(select(cursor.c.name, cursor.c.instant).where(mine))
            return {name.removeprefix(prefix): instant for name, instant in found}

    def set(self, realm_id: str, name: str, instant: datetime | None) -> None:
        """Set a cursor, or with None take it away, in a transaction of its own."""
        with self._database.write() as connection:
            if instant is not None:
                self.move(connection, realm_id, name, instant)
                return
            self.drop(connection, realm_id, name)
