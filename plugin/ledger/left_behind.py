"""What the ledger still has of companies that are no longer connected."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, func, select
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import company, invoice_link, payment, payment_look, token, work


class LeftBehind(NamedTuple):
    """What the ledger has of a company: invoices that were copied to it, entries that wait, are held, have failed or
    are scheduled, payments that the host has not accepted, and when payments were last looked for. `disconnected_at` is
    None while it is connected; `access`: its tokens could not be revoked at Intuit yet, and are still valid."""

    realm_id: str
    company: str
    disconnected_at: datetime | None
    invoices: int
    waiting: int
    held: int
    failed: int
    scheduled: int
    untold_payments: int
    last_payment_look_at: datetime | None
    access: bool

    @property
    def anything(self) -> bool:
        """Whether any work is left."""
        queued = self.waiting, self.held, self.failed  # what is scheduled was copied
        return any((self.invoices, *queued, self.untold_payments, self.access))


class FormerCompanies:
    """The companies that were connected before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> LeftBehind | None:
        """The connected company, or, without one, the last one; None before the first."""
        newest_first = (company.c.disconnected_at.is_not(None), company.c.disconnected_at.desc())
        with self._database.read() as connection:
            row = connection.execute(select(company).order_by(*newest_first).limit(1)).first()
            return self._of(connection, row) if row else None

    def all(self) -> list[LeftBehind]:
        """The companies that are not connected and have something left; the last one first."""
        gone = company.c.disconnected_at.is_not(None)
        query = select(company).where(gone).order_by(company.c.disconnected_at.desc())
        with self._database.read() as connection:
            found = [self._of(connection, row) for row in connection.execute(query).all()]
        return [each for each in found if each.anything]

    def _of(self, connection: Connection, row: Row[Any]) -> LeftBehind:
        def count(table: Table, *conditions: ColumnElement[bool]) -> int:
            query = select(func.count()).select_from(table).where(table.c.realm_id == row.realm_id, *conditions)
            return int(connection.execute(query).scalar_one())

        looked = select(payment_look.c.looked_at).where(payment_look.c.realm_id == row.realm_id)
        return LeftBehind(
            realm_id=row.realm_id,
            company=row.facts["name"],
            disconnected_at=row.disconnected_at,
            invoices=count(invoice_link),
            waiting=count(work, work.c.state == "todo"),
            held=count(work, work.c.state == "held"),
            failed=count(work, work.c.state == "failed"),
            scheduled=count(work, work.c.state == "scheduled"),
            untold_payments=count(payment, payment.c.state.in_(("to_record", "to_reverse", "to_note"))),
            last_payment_look_at=connection.execute(looked).scalar(),
            access=bool(count(token, token.c.refresh_expires_at > self._database.now())),
        )
