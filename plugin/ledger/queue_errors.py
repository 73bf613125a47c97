"""Repeated errors of the plugin in a company's queue, or in its look for payments; removed by the next success."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import queue_error
from onedesk_quickbooks.plugin.ledger.upserts import upsert


@dataclass(frozen=True, slots=True)
class QueueError:
    """An error of one company: `what` failed (queue, payments, settings, host) `count` times in a row, first at
    `since`; `error` is the last one's class and place in the program."""

    what: str
    count: int
    since: datetime
    last_at: datetime
    error: str


_OF_COMPANY = (
    select(*(queue_error.c[name] for name in QueueError.__slots__))
    .where(queue_error.c.realm_id == bindparam("realm_id"))
    .order_by(queue_error.c.what)
)


class QueueErrors:
    """The queue_error table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, realm_id: str) -> list[QueueError]:
        """The present failures of a company."""
        with self._database.read() as connection:
            return [QueueError(*row) for row in connection.execute(_OF_COMPANY, {"realm_id": realm_id})]

    def failed(self, realm_id: str, what: str, error: str) -> None:
        """Count one more failure."""
        now = self._database.now()
        before = next((each for each in self.all(realm_id) if each.what == what), None)
        count, since = (before.count + 1, before.since) if before else (1, now)
        row = {"realm_id": realm_id, "what": what, "count": count, "since": since, "last_at": now, "error": error}
        with self._database.write() as connection:
            upsert(connection, queue_error, [row])

    def succeeded(self, realm_id: str, what: str) -> None:
        """Remove the failures."""
        if any(each.what == what for each in self.all(realm_id)):
            with self._database.write() as connection:
                found = (queue_error.c.realm_id == realm_id) & (queue_error.c.what == what)
                connection.execute(delete(queue_error).where(found))
