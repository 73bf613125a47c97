"""Invoices that a hook has reported as voided or deleted, while the host may roll that back: the host is read again.

Such an entry has its last change as the time before which it is not tried; no other entry has."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from onedesk_quickbooks.plugin.ledger.audit import Audit
from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.entries import ENTRIES, WITHDRAWN, Work, read_entry, record
from onedesk_quickbooks.plugin.ledger.sentences import keep
from onedesk_quickbooks.plugin.ledger.tables import work

_UNCONFIRMED = (work.c.state == "held") & work.c.action.in_(WITHDRAWN) & (work.c.not_before == work.c.updated_at)


class Unconfirmed:
    """The entries of a company about withdrawn invoices that a person decides, before the host was read again."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def all(self, realm_id: str) -> list[Work]:
        """Oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(ENTRIES.where(work.c.realm_id == realm_id, _UNCONFIRMED).order_by(work.c.id))
            return [read_entry(row) for row in rows]

    def any(self, realm_id: str) -> bool:
        """Whether there is one."""
        with self._database.read() as connection:
            return (
                connection.execute(select(work.c.id).where(work.c.realm_id == realm_id, _UNCONFIRMED)).first()
                is not None
            )

    def read(self, entry: Work, reason: str, code: str = "") -> None:
        """The host was read: that is the reason of the entry now, unless it was changed meanwhile."""
        values: dict[str, Any] = {"reason": reason, "codes": code, "not_before": None}
        seen = (work.c.id == entry.id) & (work.c.updated_at == entry.updated_at)
        with self._database.write() as connection:
            values["updated_at"] = self._database.now()
            if connection.execute(update(work).where(seen, _UNCONFIRMED).values(**values)).rowcount:
                keep(connection, reason)
                record(connection, self._audit, [entry.id])
