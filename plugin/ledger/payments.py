"""Payments of invoices in QuickBooks, to be reported to the host or recorded there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, tuple_, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.payment_events import add_event, is_reported
from onedesk_quickbooks.plugin.ledger.sentences import keep
from onedesk_quickbooks.plugin.ledger.tables import payment

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.payment import Payment

_WAITING = ("to_record", "to_reverse", "to_note")
_UNNOTIFIED = (
    select(payment)
    .where(payment.c.realm_id == bindparam("realm_id"), or_(*(payment.c.state == each for each in _WAITING)))
    .order_by(payment.c.updated_at, payment.c.id)
)
REPORTED = ("recorded", "reversed")
"""States of payments that were reported to the host, with the balance of then."""


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment, or a part of one. `state` is to_record, recorded, to_reverse, reversed or ignored (by rule). A payment
    from before the adoption of the invoice, which the host has recorded itself, is known; or to_note, where the host's
    users have to read that it was changed since (`reversal` has the former amount, also once they were notified, and
    where the host has changed its own payment). Its amount is zero once it is deleted. `source` is payment,
    invoice (on the invoice itself) or balance (the balance alone is reported), and `qbo_id` the id of that payment or
    invoice. `details` {reference, method} of one to_record are those that were changed in QuickBooks before the host
    has accepted it. `taken`: the host has accepted it, with its balance, although it still waits for another plugin."""

    id: str
    realm_id: str
    source: str
    qbo_id: str
    od_invoice_id: str
    state: str
    payment: Mapping[str, Any]
    reversal: Mapping[str, Any] | None
    taken: bool = False
    details: Mapping[str, str] | None = None

    @property
    def left(self) -> str:
        """The balance that is reported to the host, with the payment or with its reversal."""
        return str({**self.payment, **(self.reversal or {})}["balance"])


COUNTED = ("to_record", "recorded")
"""States of what pays an invoice now, and was or will be reported to the host."""
KNOWN = ("known", "to_note")
"""States of what paid an invoice before its adoption."""


class Payments:
    """The payment table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, realm_id: str, sources: Sequence[tuple[str, str]]) -> list[PaymentRow]:
        """All rows from these (source, its QuickBooks id), in any state."""
        return self._payments(
            (payment.c.realm_id == realm_id) & tuple_(payment.c.source, payment.c.qbo_id).in_(sources)
        )

    def every(self, realm_id: str) -> list[PaymentRow]:
        """All payments of a company, the oldest first."""
        return self._payments(payment.c.realm_id == realm_id)

    def waiting(self, realm_id: str) -> list[PaymentRow]:
        """Payments that the host still has to be notified of."""
        return self._payments((payment.c.realm_id == realm_id) & payment.c.state.in_(_WAITING))

    def counted(self, realm_id: str, od_invoice_ids: Sequence[str] | None = None) -> list[tuple[str, str]]:
        """(OneDesk's id of the invoice, QuickBooks' id of the payment) of all that are recorded in the host, to be
        recorded there, or known there; only of these invoices where some are named."""
        mine = (payment.c.realm_id == realm_id) & payment.c.state.in_((*COUNTED, *KNOWN))
        mine &= payment.c.source == "payment"
        if od_invoice_ids is not None:
            mine &= payment.c.od_invoice_id.in_(od_invoice_ids)
        query = select(payment.c.od_invoice_id, payment.c.qbo_id).where(mine).distinct()
        with self._database.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def of_invoice(self, realm_id: str, od_invoice_id: str) -> list[PaymentRow]:
        """All payments on one of the host's invoices, in any state."""
        return self._payments((payment.c.realm_id == realm_id) & (payment.c.od_invoice_id == od_invoice_id))

    def settling(self, realm_id: str, od_invoice_id: str) -> list[Payment]:
        """What pays one of the host's invoices in QuickBooks, as far as it was looked at: recorded in the host, to be
        recorded there, or known there."""
        known = [each for each in self._in(realm_id, od_invoice_id, KNOWN) if each.amount.amount]
        return [*known, *self._in(realm_id, od_invoice_id, COUNTED)]

    def ignored(self, realm_id: str, od_invoice_id: str) -> list[Payment]:
        """What pays it and is not reported to the host by rule, the oldest first. Later changes of it in QuickBooks are
        not recorded."""
        return self._in(realm_id, od_invoice_id, ("ignored",))

    def _in(self, realm_id: str, od_invoice_id: str, states: Sequence[str]) -> list[Payment]:
        rows = self.of_invoice(realm_id, od_invoice_id)
        from onedesk_quickbooks.plugin.model.payment import Payment

        return [Payment.from_json(row.payment) for row in rows if row.state in states]

    def last_notified(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, PaymentRow]:
        """For each of the host's invoices the payment that was last reported to the host, recorded or reversed, whether
        other plugins have accepted it or not. One that was reported while the clock was ahead gets the present time, so
        that it does not stay the last one."""
        reported = payment.c.state.in_(REPORTED) | (payment.c.state.in_(_WAITING) & payment.c.taken)
        mine = (payment.c.realm_id == realm_id) & payment.c.od_invoice_id.in_(od_invoice_ids) & reported
        query = select(payment).where(mine).order_by(payment.c.updated_at, payment.c.created_at, payment.c.id)
        with self._database.read() as connection:
            rows = list(connection.execute(query))
        now = self._database.now()
        if ahead := [row.id for row in rows if row.updated_at > now]:
            with self._database.write() as connection:
                connection.execute(
                    update(payment).where(payment.c.id.in_(ahead)).values(created_at=now, updated_at=now)
                )
        return {row.od_invoice_id: _payment(row) for row in rows}

    def forget_known(self, connection: Connection, realm_id: str, od_invoice_id: str) -> None:
        """Remove payments from before the adoption of the invoice, and those left out by rule; in the caller's
        transaction. Those that were reported to the host stay."""
        mine = (payment.c.realm_id == realm_id) & (payment.c.od_invoice_id == od_invoice_id)
        connection.execute(delete(payment).where(mine, payment.c.state.in_((*KNOWN, "ignored"))))

    def by_last_change(self, realm_id: str) -> list[tuple[PaymentRow, datetime, datetime]]:
        """All payments of a company with the times of their creation and last change, in the order of the latter."""
        query = select(payment).where(payment.c.realm_id == realm_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(payment.c.updated_at, payment.c.created_at, payment.c.id))
            return [(_payment(row), row.created_at, row.updated_at) for row in rows]

    def unnotified(self, realm_id: str) -> list[tuple[PaymentRow, datetime]]:
        """What the host has not accepted yet, with the time since which it was due; the oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(_UNNOTIFIED, {"realm_id": realm_id})
            return [(_payment(row), row.updated_at) for row in rows]

    def get(self, payment_id: str) -> PaymentRow | None:
        """One row by its id."""
        rows = self._payments(payment.c.id == payment_id)
        return rows[0] if rows else None

    def _payments(self, condition: Any) -> list[PaymentRow]:
        query = select(payment).where(condition).order_by(payment.c.created_at, payment.c.id)
        with self._database.read() as connection:
            return [_payment(row) for row in connection.execute(query)]

    def put(self, connection: Connection, rows: Iterable[PaymentRow]) -> None:
        """Keep payments, new or changed, in the caller's transaction."""
        now = self._database.now()
        for row in rows:
            values = {name: getattr(row, name) for name in PaymentRow.__slots__}
            known = connection.execute(
                update(payment).where(payment.c.id == row.id).values(**values, updated_at=now)
            ).rowcount
            if not known:
                connection.execute(insert(payment).values(**values, created_at=now, updated_at=now))
            keep(connection, (row.reversal or {}).get("reason", ""))

    def taken(self, row: PaymentRow) -> None:
        """Record that the host has accepted it, and another plugin has not."""
        if row.taken:
            return
        same = (payment.c.id == row.id) & (payment.c.state == row.state)
        with self._database.write() as connection:  # it is due since the same time
            connection.execute(update(payment).where(same).values(taken=True))

    def notified(self, payment_id: str, state: str, taken: bool = False) -> bool:
        """Record that the host was notified (recorded or reversed), and add the event for other programs, once. False
        where that was done before. One that the host had `taken` already keeps its place in `last_notified`, and has
        its event where it was changed since."""
        now = self._database.now()
        news = (payment.c.id == payment_id) & (payment.c.state != state)
        values: dict[str, Any] = {"state": state, "taken": False, **({} if taken else {"updated_at": now})}
        if state == "recorded":
            values |= {"reversal": None, "details": None}
        with self._database.write() as connection:
            changed = connection.execute(update(payment).where(news).values(**values)).rowcount
            if taken and state == "recorded" and is_reported(connection, payment_id):
                return False
            if changed and state in REPORTED:
                add_event(connection, payment_id, state, now)
        return bool(changed)


def _payment(row: Row[Any]) -> PaymentRow:
    return PaymentRow(**{name: getattr(row, name) for name in PaymentRow.__slots__})
