"""Cursors, webhook events and call counts: what the lane needs to know about itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import call, cursor, event


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook told: something of this kind changed. The id makes a second delivery recognisable."""

    id: str
    realm_id: str
    entity: str
    qbo_id: str
    operation: str
    happened_at: datetime


class Watch:
    """Small tables around the lane."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cursor(self, realm_id: str, name: str) -> datetime | None:
        """Up to when changes were read."""
        mine = (cursor.c.realm_id == realm_id) & (cursor.c.name == name)
        with self._database.read() as connection:
            return connection.execute(select(cursor.c.instant).where(mine)).scalar()

    def set_cursor(self, connection: Connection, realm_id: str, name: str, instant: datetime) -> None:
        """Move a cursor in the caller's transaction: together with what was read up to there."""
        mine = (cursor.c.realm_id == realm_id) & (cursor.c.name == name)
        if not connection.execute(update(cursor).where(mine).values(instant=instant)).rowcount:
            connection.execute(insert(cursor).values(realm_id=realm_id, name=name, instant=instant))

    def drop_cursor(self, connection: Connection, realm_id: str, name: str) -> None:
        """Take a cursor away, in the caller's transaction."""
        connection.execute(delete(cursor).where((cursor.c.realm_id == realm_id) & (cursor.c.name == name)))

    def marks(self, realm_id: str, prefix: str) -> dict[str, datetime]:
        """Cursors whose name begins with `prefix`, by the rest of the name."""
        mine = (cursor.c.realm_id == realm_id) & cursor.c.name.startswith(prefix, autoescape=True)
        with self._database.read() as connection:
            found = connection.execute(select(cursor.c.name, cursor.c.instant).where(mine))
            return {name.removeprefix(prefix): instant for name, instant in found}

    def mark(self, realm_id: str, name: str, instant: datetime | None) -> None:
        """Set a cursor, or with None take it away, in a transaction of its own."""
        with self._database.write() as connection:
            if instant is not None:
                self.set_cursor(connection, realm_id, name, instant)
                return
            self.drop_cursor(connection, realm_id, name)

    def receive(self, events: Iterable[Event]) -> int:
        """Keep webhook events; ones that came before are not kept again. Returns how many were new."""
        now = self._database.now()
        new = 0
        for one in events:
            values = {name: getattr(one, name) for name in Event.__slots__}
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

    def unseen_events(self, realm_id: str) -> int:
        """How many webhook events the lane has not looked at."""
        query = select(func.count()).where(event.c.realm_id == realm_id, event.c.seen_at.is_(None))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def see_events(self, connection: Connection, realm_id: str, before: datetime) -> None:
        """Changes up to `before` have been read from QuickBooks; in the caller's transaction. An event that was
        received later than now came before the clock was set back."""
        now = self._database.now()
        until = (event.c.received_at <= before) | (event.c.received_at > now)
        mine = (event.c.realm_id == realm_id) & event.c.seen_at.is_(None) & until
        connection.execute(update(event).where(mine).values(seen_at=now))

    def count_calls(self, realm_id: str, counts: Mapping[str, int]) -> None:
        """So many more requests of each kind (read, write, oauth) today: Intuit meters reads (qbo-api.md 5)."""
        day = self._database.now().date().isoformat()
        with self._database.write() as connection:
            for kind, count in counts.items():
                mine = (call.c.realm_id == realm_id) & (call.c.day == day) & (call.c.kind == kind)
                added = update(call).where(mine).values(count=call.c.count + count)
                if not connection.execute(added).rowcount:
                    connection.execute(insert(call).values(realm_id=realm_id, day=day, kind=kind, count=count))

    def calls(self, realm_id: str, since_day: str) -> dict[str, int]:
        """Requests per kind since a day (YYYY-MM-DD)."""
        query = (
            select(call.c.kind, func.sum(call.c.count))
            .where(call.c.realm_id == realm_id, call.c.day >= since_day)
            .group_by(call.c.kind)
        )
        with self._database.read() as connection:
            return {kind: int(count) for kind, count in connection.execute(query)}

    def calls_by_day(self, realm_id: str, since_day: str = "") -> list[tuple[str, str, int]]:
        """Requests as (day, kind, count), the newest day first, since a day (YYYY-MM-DD) where one is given."""
        query = (
            select(call.c.day, call.c.kind, call.c.count)
            .where(call.c.realm_id == realm_id, call.c.day >= since_day)
            .order_by(call.c.day.desc(), call.c.kind)
        )
        with self._database.read() as connection:
            return [(day, kind, int(count)) for day, kind, count in connection.execute(query)]
