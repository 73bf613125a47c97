"""The alerts that were sent, by channel; the channels that are paused; and since when alerts are looked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import alert_pause, alert_watch, sent_alert
from onedesk_quickbooks.plugin.ledger.upserts import upsert

_SENT = select(sent_alert.c.alert, sent_alert.c.channel).where(sent_alert.c.realm_id == bindparam("realm_id"))
_WATCH = select(alert_watch.c.looked_at, alert_watch.c.since).where(alert_watch.c.realm_id == bindparam("realm_id"))


class Alerts:
    """The tables sent_alert, alert_pause and alert_watch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sent(self, realm_id: str) -> set[tuple[str, str]]:
        """(alert's key, channel) of all that were sent."""
        with self._database.read() as connection:
            return {(row[0], row[1]) for row in connection.execute(_SENT, {"realm_id": realm_id})}

    def add_sent(self, realm_id: str, alert: str, channel: str, at: datetime) -> None:
        """Record that an alert was sent by a channel."""
        with self._database.write() as connection:
            row = {"realm_id": realm_id, "alert": alert, "channel": channel, "sent_at": at}
            upsert(connection, sent_alert, [row])

    def forget(self, realm_id: str, alert: str, channel: str) -> None:
        """Remove an alert that has passed: it is reported again when it comes back."""
        mine = (sent_alert.c.realm_id == realm_id) & (sent_alert.c.alert == alert) & (sent_alert.c.channel == channel)
        with self._database.write() as connection:
            connection.execute(delete(sent_alert).where(mine))

    def paused(self, realm_id: str) -> dict[str, datetime]:
        """{channel: until when it is paused}, also where that has passed."""
        query = select(alert_pause.c.channel, alert_pause.c.until).where(alert_pause.c.realm_id == realm_id)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def pause(self, realm_id: str, channel: str, until: datetime) -> None:
        """Pause a channel that failed."""
        with self._database.write() as connection:
            upsert(connection, alert_pause, [{"realm_id": realm_id, "channel": channel, "until": until}])

    def watch(self, realm_id: str) -> tuple[datetime, datetime] | None:
        """When alerts were last looked for, and since when without a gap; None where they never were."""
        with self._database.read() as connection:
            row = connection.execute(_WATCH, {"realm_id": realm_id}).first()
        return (row[0], row[1]) if row else None

    def watched(self, connection: Connection, realm_id: str, looked_at: datetime, since: datetime) -> None:
        """Record a look for alerts; in the caller's transaction."""
        upsert(connection, alert_watch, [{"realm_id": realm_id, "looked_at": looked_at, "since": since}])
