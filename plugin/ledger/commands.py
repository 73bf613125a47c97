"""Commands that the inbox has brought into the ledger, so that each takes effect once."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import command


class Commands:
    """The command table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def first_time(self, connection: Connection, command_id: str, realm_id: str, action: str) -> bool:
        """Whether a command with this id is new; its id is recorded in the caller's transaction."""
        if connection.execute(select(command.c.id).where(command.c.id == command_id)).first() is not None:
            return False
        taken = {"id": command_id, "realm_id": realm_id, "action": action, "taken_at": self._database.now()}
        connection.execute(insert(command).values(**taken))
        return True
