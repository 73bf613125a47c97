"""Webhook events as they were received, each once, until the announced changes were read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import webhook_event
from onedesk_quickbooks.plugin.model.connection import WebhookEvent

MOST_AT_ONCE = 500
"""Events in one transaction."""
REMEMBERED = timedelta(days=7)
"""How long a processed event is remembered, to detect that it is delivered again."""
LONGEST = timedelta(days=30)
"""How long an event that was not processed is kept, for example of a company that is not connected: change data capture
covers no more."""
_UNSEEN = select(func.count()).where(
    webhook_event.c.realm_id == bindparam("realm_id"), webhook_event.c.seen_at.is_(None)
)


class WebhookEvents:
    """The webhook_event table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, events: Iterable[WebhookEvent]) -> int:
        """Store webhook events; known ones are not stored again: webhooks are delivered at least once (qbo-api.md 6.3).
        Returns how many were new."""
        now = self._database.now()
        once = list({each.id: each for each in events}.values())
        new = 0
        for begin in range(0, len(once), MOST_AT_ONCE):
            chunk = once[begin : begin + MOST_AT_ONCE]
            with self._database.write() as connection:
                if not begin:
                    connection.execute(delete(webhook_event).where(_is_old(now)))
                ids = webhook_event.c.id.in_([each.id for each in chunk])
                known = set(connection.scalars(select(webhook_event.c.id).where(ids)))
                rows = [{**_columns(each), "received_at": now} for each in chunk if each.id not in known]
                if rows:
                    connection.execute(insert(webhook_event), rows)
            new += len(rows)
        return new

    def unseen(self, realm_id: str) -> int:
        """The number of webhook events that the company queue has not processed."""
        with self._database.read() as connection:
            return int(connection.execute(_UNSEEN, {"realm_id": realm_id}).scalar_one())

    def see(self, connection: Connection, realm_id: str, before: datetime) -> None:
        """Record that changes up to `before` have been read from QuickBooks; in the caller's transaction. An event with
        a later time than now came before the clock was set back."""
        now = self._database.now()
        until = (webhook_event.c.received_at <= before) | (webhook_event.c.received_at > now)
        mine = (webhook_event.c.realm_id == realm_id) & webhook_event.c.seen_at.is_(None) & until
        connection.execute(update(webhook_event).where(mine).values(seen_at=now))


def _columns(event: WebhookEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in WebhookEvent.__slots__}


def _is_old(now: datetime) -> ColumnElement[bool]:
    return (webhook_event.c.seen_at < now - REMEMBERED) | (webhook_event.c.received_at < now - LONGEST)
