"""When payments of a company are looked for in QuickBooks, and the start of the next window."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import payment_look
from onedesk_quickbooks.plugin.ledger.upserts import upsert


class PaymentLook(NamedTuple):
    """For one company: up to when payments were read, by QuickBooks' clock, since the connection; the last successful
    look, by our clock; since when change data capture is refused, so that queries replace it; the next look, for other
    processes. Each is None where it does not apply, or is unknown."""

    read_until: datetime | None = None
    looked_at: datetime | None = None
    queries_since: datetime | None = None
    next_at: datetime | None = None


_OF_COMPANY = select(*(payment_look.c[name] for name in PaymentLook._fields)).where(
    payment_look.c.realm_id == bindparam("realm_id")
)


class PaymentLooks:
    """The payment_look table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, realm_id: str) -> PaymentLook:
        """The record of a company."""
        with self._database.read() as connection:
            row = connection.execute(_OF_COMPANY, {"realm_id": realm_id}).first()
        return PaymentLook(*row) if row else PaymentLook()

    def begin(self, realm_id: str, read_until: datetime) -> None:
        """A company was connected: payments are read from then on, unless they were read before."""
        if self.get(realm_id).read_until is None:
            with self._database.write() as connection:
                self._keep(connection, realm_id, read_until=read_until)

    def looked(
        self,
        connection: Connection,
        realm_id: str,
        read_until: datetime,
        looked_at: datetime,
        queries_since: datetime | None,
    ) -> None:
        """Record a look; in the caller's transaction, together with its results."""
        found = {"read_until": read_until, "looked_at": looked_at, "queries_since": queries_since}
        self._keep(connection, realm_id, **found)

    def look_at(self, realm_id: str, next_at: datetime | None) -> None:
        """Set the time of the next look."""
        with self._database.write() as connection:
            self._keep(connection, realm_id, next_at=next_at)

    def set_right(self, connection: Connection, realm_id: str, every: timedelta) -> None:
        """A look that was made, or planned, with a clock that was ahead counts from now on, so that it is noticed when
        none follows; in the caller's transaction."""
        now, mine = self._database.now(), payment_look.c.realm_id == realm_id
        for time, latest in ((payment_look.c.looked_at, now), (payment_look.c.next_at, now + every)):
            connection.execute(update(payment_look).where(mine, time > latest).values({time: now}))

    @staticmethod
    def _keep(connection: Connection, realm_id: str, **values: Any) -> None:
        upsert(connection, payment_look, [{"realm_id": realm_id, **values}])
