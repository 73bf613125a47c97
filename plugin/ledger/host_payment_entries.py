"""The entries of the queue about payments that were recorded in the host; a key is that of the payment."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, func, literal, select

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.entries import ENTRIES, Work, read_entry
from onedesk_quickbooks.plugin.ledger.tables import work
from onedesk_quickbooks.plugin.model.kinds import PAYING

_OF_COMPANY = work.c.realm_id == bindparam("realm_id")
_PAYMENTS = ENTRIES.where(_OF_COMPANY, work.c.action.in_(PAYING)).order_by(work.c.id)
_HELD_PAYMENTS = _PAYMENTS.where(work.c.state == "held")
_WAITS_FOR = _PAYMENTS.where(
    work.c.state.in_(("held", "skipped")), (literal(" ") + work.c.codes + " ").like(bindparam("code"))
)


class HostPaymentEntries:
    """Reads of the work table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def first(self, realm_id: str, key: str) -> int | None:
        """The first entry of a payment of the host; None where it has none."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == key) & work.c.action.in_(PAYING)
        with self._database.read() as connection:
            return connection.execute(select(func.min(work.c.id)).where(mine)).scalar()

    def first_id(self, realm_id: str, key: str) -> str | None:
        """The host's id of the payment, as its first entry has it; None where it has none."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == key) & work.c.action.in_(PAYING)
        with self._database.read() as connection:
            found = connection.execute(select(work.c.invoice).where(mine).order_by(work.c.id).limit(1)).scalar()
        return str(found["payment"]["id"]) if found else None

    def held(self, realm_id: str) -> list[Work]:
        """The payments of the host that are held, oldest first."""
        with self._database.read() as connection:
            return list(map(read_entry, connection.execute(_HELD_PAYMENTS, {"realm_id": realm_id})))

    def unbooked(self, realm_id: str) -> list[Work]:
        """The last entry of each payment of the host that is not done, the oldest first."""
        return self._last(realm_id, work.c.state != "done")

    def booked(self, realm_id: str) -> list[Work]:
        """The last entry of each payment of the host that is done, the oldest first."""
        return self._last(realm_id, work.c.state == "done")

    def _last(self, realm_id: str, state: ColumnElement[bool]) -> list[Work]:
        mine = (work.c.realm_id == realm_id) & work.c.action.in_(PAYING)
        newest = select(func.max(work.c.id)).where(mine).group_by(work.c.od_invoice_id)
        query = ENTRIES.where(work.c.id.in_(newest), state).order_by(work.c.id)
        with self._database.read() as connection:
            return list(map(read_entry, connection.execute(query)))

    def paid_before(self, entry: Work) -> set[str]:
        """The invoices that earlier entries of the same payment paid, and this one does not."""
        mine = (work.c.realm_id == entry.realm_id) & (work.c.od_invoice_id == entry.od_invoice_id)
        query = select(work.c.invoice).where(mine, work.c.id < entry.id)
        with self._database.read() as connection:
            named = [each["id"] for row in connection.execute(query).scalars() for each in row["payment"]["invoices"]]
        return set(named) - {each["id"] for each in entry.invoice["payment"]["invoices"]}

    def waits_for(self, realm_id: str, code: str) -> list[Work]:
        """The payments of the host that are held, or skipped, for this reason, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(_WAITS_FOR, {"realm_id": realm_id, "code": f"% {code} %"})
            return list(map(read_entry, rows))
