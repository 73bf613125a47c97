"""Events about payments, in the order in which they were reported to the host, for programs that read them at their own
pace.

Numbers only increase: they are assigned under the ledger's write lock, in the transaction that records the notification
of the host. After a restore they continue above every number that the replaced ledger can have given out, because
readers elsewhere have those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, literal, select

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import Instant, payment, payment_ack, payment_event
from onedesk_quickbooks.plugin.ledger.upserts import upsert

_READER = "command line"
_RESTORE = "restore"
"""The row of payment_ack whose cursor is the last number that was possible before the last restore."""
_FIRST = datetime(2020, 1, 1, tzinfo=timezone.utc)


DETAILS_CHANGED = "changed"
"""What an event says about a payment of which only the reference, or the method, was changed in QuickBooks."""
RECORDED = "recorded"
_OF_PAYMENTS = (
    select(payment_event.c.payment_id, payment_event.c.payment, payment_event.c.number)
    .where(payment_event.c.payment_id.in_(bindparam("ids", expanding=True)))
    .order_by(payment_event.c.number)
)
_TAKEN = select(payment.c.id.label("payment_id"), payment.c.payment, literal(0).label("number")).where(
    payment.c.id.in_(bindparam("ids", expanding=True)), payment.c.taken
)


class PaymentEvent(NamedTuple):
    """One event: `what` is recorded, reversed, or changed (only the reference or the method, in QuickBooks). `payment`
    is as reported to the host (schemas/payment.schema.json), or as it is after the change, and `reversal` {reason,
    balance} of a reversed one, else None."""

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
    number = newest_event(connection) + 1
    of_it = select(
        literal(number),
        payment.c.realm_id,
        payment.c.id,
        literal(what),
        payment.c.payment,
        payment.c.reversal,
        literal(at, Instant()),
    ).where(payment.c.id == payment_id)
    columns = ["number", "realm_id", "payment_id", "what", "payment", "reversal", "happened_at"]
    connection.execute(insert(payment_event).from_select(columns, of_it))


def is_reported(connection: Connection, payment_id: str) -> bool:
    """Whether an event says that it is recorded."""
    mine = (payment_event.c.payment_id == payment_id) & (payment_event.c.what == RECORDED)
    return connection.execute(select(payment_event.c.number).where(mine).limit(1)).first() is not None


def newest_event(connection: Connection) -> int:
    """The number of the last event, or the one above which they continue after a restore; 0 for none."""
    restored = select(payment_ack.c.cursor).where(payment_ack.c.reader == _RESTORE).scalar_subquery()
    row = connection.execute(select(func.max(payment_event.c.number), restored)).one()
    return max(int(each or 0) for each in row)


def continue_above(connection: Connection, number: int, now: datetime) -> None:
    """After a restore: continue above `number`, the last one of the replaced ledger (0 where it cannot be read), and
    above the seconds since 2020, which no ledger reaches with an event a second; in the caller's transaction."""
    reached = max(number, newest_event(connection), int((now - _FIRST).total_seconds()))
    upsert(connection, payment_ack, [{"reader": _RESTORE, "cursor": reached, "acked_at": now}])


class PaymentEvents:
    """The tables payment_event and payment_ack."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, number: int, limit: int) -> list[PaymentEvent]:
        """The events after `number`, the oldest first, at most `limit`."""
        query = select(payment_event).where(payment_event.c.number > number).order_by(payment_event.c.number)
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(query.limit(limit))]

    def change(
        self, connection: Connection, realm_id: str, payments: Sequence[Mapping[str, Any]]
    ) -> list[tuple[str, Mapping[str, Any]]]:
        """Add an event for each of these payments, which the host has, whose reference or method is another one than in
        its last event; in the caller's transaction. One that another plugin still refuses is then reported as recorded
        first. Returns what was added, and of which payment."""
        ids, now = [each["id"] for each in payments], self._database.now()
        rows = (
            [*connection.execute(_TAKEN, {"ids": ids}), *connection.execute(_OF_PAYMENTS, {"ids": ids})] if ids else []
        )
        last, reported = {row.payment_id: row.payment for row in rows}, {row.payment_id for row in rows if row.number}
        added: list[tuple[str, Mapping[str, Any]]] = []
        for each in payments:
            if each["id"] not in last or _details(last[each["id"]]) == _details(each):
                continue
            if each["id"] not in reported:
                add_event(connection, each["id"], RECORDED, now)
                added.append((RECORDED, last[each["id"]]))
            row = {"number": newest_event(connection) + 1, "realm_id": realm_id, "payment_id": each["id"]}
            row |= {"what": DETAILS_CHANGED, "payment": each, "reversal": None, "happened_at": now}
            connection.execute(insert(payment_event).values(**row))
            added.append((DETAILS_CHANGED, each))
        return added

    def newest(self) -> int:
        """See `newest_event`."""
        with self._database.read() as connection:
            return newest_event(connection)

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


def _details(paid: Mapping[str, Any]) -> tuple[str, str]:
    return paid.get("reference", ""), paid.get("method", "")


def _event(row: Any) -> PaymentEvent:
    reversal = row.reversal and {name: row.reversal[name] for name in ("reason", "balance")}
    return PaymentEvent(row.number, row.what, row.payment, reversal, row.happened_at)
