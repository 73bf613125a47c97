"""Events about payments, in the order in which they were reported to the host, for programs that read them at their own
pace.

Numbers only increase: they are assigned under the ledger's write lock, in the transaction that records the notification
of the host.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, literal, select

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import Instant, payment, payment_ack, payment_event
from onedesk_quickbooks.plugin.ledger.upserts import upsert

_READER = "command line"


class PaymentEvent(NamedTuple):
    """One event: `what` is recorded or reversed, `payment` as reported to the host (schemas/payment.schema.json), and
    `reversal` {reason, balance} of a reversed one, else None."""

    number: int
    what: str
    payment: Mapping[str, Any]
    reversal: Mapping[str, Any] | None
    happened_at: datetime

    def to_json(self) -> dict[str, Any]:
        """The form for other programs (schemas/openapi.json, Event): cursor what at payment reversal."""
        return {
            "cursor": str(self.number),
            "what": self.what,
            "at": self.happened_at.isoformat(),
            "payment": self.payment,
            "reversal": self.reversal,
        }


def add_event(connection: Connection, payment_id: str, what: str, at: datetime) -> None:
    """Add the event that the host was notified of a payment, in its present state; in the caller's transaction."""
    of_it = select(
        payment.c.realm_id, payment.c.id, literal(what), payment.c.payment, payment.c.reversal, literal(at, Instant())
    ).where(payment.c.id == payment_id)
    columns = ["realm_id", "payment_id", "what", "payment", "reversal", "happened_at"]
    connection.execute(insert(payment_event).from_select(columns, of_it))


class PaymentEvents:
    """The tables payment_event and payment_ack."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, number: int, limit: int) -> list[PaymentEvent]:
        """The events after `number`, the oldest first, at most `limit`."""
        query = select(payment_event).where(payment_event.c.number > number).order_by(payment_event.c.number)
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(query.limit(limit))]

    def newest(self) -> int:
        """The number of the last event; 0 for none."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.max(payment_event.c.number))).scalar() or 0)

    def count(self, after: int) -> int:
        """The number of events after this number."""
        query = select(func.count()).select_from(payment_event).where(payment_event.c.number > after)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def acked(self) -> int:
        """The number of the last event that the reader of the command line has taken; 0 for none."""
        query = select(payment_ack.c.cursor).where(payment_ack.c.reader == _READER)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar() or 0)

    def ack(self, number: int) -> int:
        """Record that it has taken the events up to this one, if it has not taken more; returns the resulting
        number."""
        with self._database.write() as connection:
            reached = max(number, self.acked())
            row = {"reader": _READER, "cursor": reached, "acked_at": self._database.now()}
            upsert(connection, payment_ack, [row])
        return reached


def _event(row: Any) -> PaymentEvent:
    reversal = row.reversal and {name: row.reversal[name] for name in ("reason", "balance")}
    return PaymentEvent(row.number, row.what, row.payment, reversal, row.happened_at)
