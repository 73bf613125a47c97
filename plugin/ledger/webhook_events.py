"""Webhook events as they were received, each once, until the changes they announce were read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import webhook_event
from onedesk_quickbooks.plugin.model.connection import WebhookEvent


class WebhookEvents:
    """The webhook_event table."""

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
                    connection.execute(insert(webhook_event).values(**values, received_at=now))
                new += 1
            except IntegrityError:
                continue  # delivered before: webhooks come at least once (qbo-api.md 6.3)
        return new

    def unseen(self, realm_id: str) -> int:
        """How many webhook events the lane has not looked at."""
        query = select(func.count()).where(webhook_event.c.realm_id == realm_id, webhook_event.c.seen_at.is_(None))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def see(self, connection: Connection, realm_id: str, before: datetime) -> None:
        """Changes up to `before` have been read from QuickBooks; in the caller's transaction. An event that was
        received later than now came before the clock was set back."""
        now = self._database.now()
        until = (webhook_event.c.received_at <= before) | (webhook_event.c.received_at > now)
        mine = (webhook_event.c.realm_id == realm_id) & webhook_event.c.seen_at.is_(None) & until
        connection.execute(update(webhook_event).where(mine).values(seen_at=now))
