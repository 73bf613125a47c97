"""Invoices that a person holds: nothing of them is written to QuickBooks until a person releases them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import hold
from onedesk_quickbooks.plugin.ledger.upserts import upsert


class Hold(NamedTuple):
    """Who holds the host's invoice, and why, in their words."""

    od_invoice_id: str
    od_number: str
    by: str
    reason: str
    since: datetime


_EVERY = (
    select(*(hold.c[name] for name in Hold._fields))
    .where(hold.c.realm_id == bindparam("realm_id"))
    .order_by(hold.c.since)
)
_OF_INVOICES = _EVERY.where(hold.c.od_invoice_id.in_(bindparam("ids", expanding=True)))


class Holds:
    """The table of holds: one for an invoice of one company."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, realm_id: str, od_invoice_id: str, od_number: str, by: str, reason: str) -> None:
        """Hold the invoice; the reason of an existing hold is replaced."""
        row = {"realm_id": realm_id, "od_invoice_id": od_invoice_id, "od_number": od_number, "by": by, "reason": reason}
        with self._database.write() as connection:
            upsert(connection, hold, [{**row, "since": self._database.now()}])

    def release(self, realm_id: str, od_invoice_id: str) -> bool:
        """False where there is no hold."""
        mine = (hold.c.realm_id == realm_id) & (hold.c.od_invoice_id == od_invoice_id)
        with self._database.write() as connection:
            return bool(connection.execute(delete(hold).where(mine)).rowcount)

    def of(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, Hold]:
        """The holds of these invoices, by the host's id."""
        if not od_invoice_ids:
            return {}
        with self._database.read() as connection:
            rows = connection.execute(_OF_INVOICES, {"realm_id": realm_id, "ids": od_invoice_ids})
            return {row.od_invoice_id: Hold(*row) for row in rows}

    def every(self, realm_id: str) -> list[Hold]:
        """All holds of a company, the oldest first."""
        with self._database.read() as connection:
            return [Hold(*row) for row in connection.execute(_EVERY, {"realm_id": realm_id})]
