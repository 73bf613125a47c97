"""Webhook events as they were received, each once, until the changes they announce were read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import event
from onedesk_quickbooks.plugin.model.connection import WebhookEvent


class WebhookEvents:
    """The event table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, events: Iterable[WebhookEvent]) -> int:
        """Keep webhook events; ones that came before are not kept again. Returns how many were new."""
        now = self._database.now()
        new = 0
        for one in events:
            values = {name: getattr(one, name) for name in WebhookEvent.__slots__}
            try:
                with self._database.write() as connection:
                    connection.execute(insert(event).values(**values, received_at=now))
                new += 1
            except IntegrityError:
                continue  # delivered before: webhooks come at least once (qbo-api.md 6.3)
        return new

    def first_time(self, connection: Connection, told_id: str, realm_id: str, what: str) -> bool:
        """Whether something with this id was never told before; it is remembered in the caller's transaction."""
        if connection.execute(select(event.c.id).where(event.c.id == told_id)).first() is not None:
            return False
        now = self._database.now()
        values = {"realm_id": realm_id, "entity": "order", "qbo_id": "", "operation": what}
        connection.execute(insert(event).values(id=told_id, happened_at=now, received_at=now, seen_at=now, **values))
        return True

    def unseen(self, realm_id: str) -> int:
        """How many webhook events the lane has not looked at."""
        query = select(func.count()).where(event.c.realm_id == realm_id, event.c.seen_at.is_(None))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def see(self, connection: Connection, realm_id: str, before: datetime) -> None:
        """Changes up to `before` have been read from QuickBooks; in the caller's transaction. An event that was
        received later than now came before the clock was set back."""
        now = self._database.now()
        until = (event.c.received_at <= before) | (event.c.received_at > now)
        mine = (event.c.realm_id == realm_id) & event.c.seen_at.is_(None) & until
        connection.execute(update(event).where(mine).values(seen_at=now))
