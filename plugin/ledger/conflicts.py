"""What somebody changed in QuickBooks behind our back: noted in the queue, told to the host, decided by rule or person.

A noted change is a row of the work table with the action "changed" or "customer"; its `outcome` says what and both
versions. A cursor "untold:ROW" stands until the host has been told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.links import InvoiceLink
from onedesk_quickbooks.plugin.ledger.queue import Work, read_work
from onedesk_quickbooks.plugin.ledger.tables import cursor, work

CHANGED, CUSTOMER = "changed", "customer"
"""Actions of noted changes: of an invoice, and of the customer of one."""
WITHDRAWN = ("voided", "deleted")
"""Actions of entries about invoices that the host has void, or has no more, and that QuickBooks still has."""
_UNTOLD = "untold:"
_AGAIN = " It is asked for again in OneDesk, so that this entry left the queue by itself."


@dataclass(frozen=True, slots=True)
class Change:
    """One change to note. `action` is CHANGED or CUSTOMER, `state` held (a person decides) or done (a rule has);
    `detail` is kept as the row's outcome."""

    od_invoice_id: str
    od_number: str
    action: str
    state: str
    reason: str
    invoice: Mapping[str, Any]
    detail: Mapping[str, Any]


class Conflicts:
    """Noted changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Noting

    def latest(self, realm_id: str, od_invoice_ids: Sequence[str], action: str = CHANGED) -> dict[str, Work]:
        """The newest noted change of each invoice, whatever became of it."""
        mine = (work.c.realm_id == realm_id) & work.c.od_invoice_id.in_(od_invoice_ids) & (work.c.action == action)
        newest = select(func.max(work.c.id)).where(mine).group_by(work.c.od_invoice_id)
        with self._database.read() as connection:
            rows = connection.execute(select(work).where(work.c.id.in_(newest)))
            return {found.od_invoice_id: found for found in map(read_work, rows)}

    def is_gone(self, link: InvoiceLink) -> bool:
        """Whether QuickBooks' invoice was seen voided or deleted there since it was copied last."""
        latest = self.latest(link.realm_id, [link.od_invoice_id]).get(link.od_invoice_id)
        if latest is None or latest.created_at < link.copied_at:
            return False
        return (latest.outcome or {}).get("what") in ("voided", "deleted")

    def standing(self, realm_id: str, action: str = CHANGED) -> list[Work]:
        """The changes that wait for a person, oldest first."""
        held = (work.c.realm_id == realm_id) & (work.c.state == "held") & (work.c.action == action)
        with self._database.read() as connection:
            return [read_work(row) for row in connection.execute(select(work).where(held).order_by(work.c.id))]

    def put(self, connection: Connection, realm_id: str, changes: Iterable[Change]) -> None:
        """Note changes, in the caller's transaction; what waits for a person of an earlier change of the same invoice
        is dropped. The host has to be told (`untold`)."""
        now = self._database.now()
        for change in changes:
            mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == change.od_invoice_id)
            earlier = mine & (work.c.action == change.action) & (work.c.state == "held")
            dropped = {"state": "dropped", "updated_at": now, "reason": work.c.reason + " (it was changed again)"}
            connection.execute(update(work).where(earlier).values(**dropped))
            values = {name: getattr(change, name) for name in Change.__slots__ if name != "detail"}
            added = connection.execute(
                insert(work).values(realm_id=realm_id, outcome=change.detail, created_at=now, updated_at=now, **values)
            )
            name = f"{_UNTOLD}{added.inserted_primary_key[0]}"  # type: ignore[index]  # an autoincrement key is there
            connection.execute(insert(cursor).values(realm_id=realm_id, name=name, instant=now))

    def newest(self, connection: Connection, realm_id: str, od_invoice_id: str) -> int:
        """The id of the change that was noted last, also of one that the caller's transaction has just put; 0 for
        none."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == od_invoice_id) & (work.c.action == CHANGED)
        return int(connection.execute(select(func.max(work.c.id)).where(mine)).scalar() or 0)

    def settle(
        self,
        connection: Connection,
        work_id: int,
        state: str,
        reason: str,
        detail: Mapping[str, Any] | None = None,
    ) -> bool:
        """A change that waited for a person is done or dropped, and its detail replaced where one is given; in the
        caller's transaction. False where it did not wait any more."""
        mine = (work.c.id == work_id) & (work.c.state == "held")
        values: dict[str, Any] = {"state": state, "reason": reason, "updated_at": self._database.now()}
        if detail is not None:
            values["outcome"] = detail
        return bool(connection.execute(update(work).where(mine).values(**values)).rowcount)

    def remark(self, connection: Connection, realm_id: str, od_invoice_id: str, then: str, now: str) -> None:
        """Our own write moved a version that was kept from one fingerprint to another: it is kept still; in the
        caller's transaction."""
        found = self.latest(realm_id, [od_invoice_id]).get(od_invoice_id)
        mark = str((found.outcome or {}).get("fingerprint") or "") if found else ""
        if found is not None and mark.rpartition("/")[0] == then:
            detail = {**(found.outcome or {}), "fingerprint": f"{now}/{mark.rpartition('/')[2]}"}
            connection.execute(update(work).where(work.c.id == found.id).values(outcome=detail))

    # Void in the host, or gone

    def withdrawn(self, realm_id: str, od_invoice_ids: Sequence[str] | None = None) -> list[Work]:
        """What waits for a person of invoices that the host has void, or has no more; of these alone where some are
        named. Oldest first."""
        held = (work.c.realm_id == realm_id) & (work.c.state == "held") & work.c.action.in_(WITHDRAWN)
        if od_invoice_ids is not None:
            held &= work.c.od_invoice_id.in_(od_invoice_ids)
        with self._database.read() as connection:
            return [read_work(row) for row in connection.execute(select(work).where(held).order_by(work.c.id))]

    def withdraw(
        self,
        realm_id: str,
        action: str,
        invoice: Mapping[str, Any],
        reason: str,
        detail: Mapping[str, Any],
    ) -> None:
        """Such an invoice waits for a person, for this reason; where it waits already, the reason is replaced."""
        now, values = self._database.now(), {"reason": reason, "outcome": detail}
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == invoice["id"])
        waits = mine & (work.c.state == "held") & work.c.action.in_(WITHDRAWN)
        with self._database.write() as connection:
            if connection.execute(update(work).where(waits).values(updated_at=now, **values)).rowcount:
                return
            named = {"od_invoice_id": invoice["id"], "od_number": invoice.get("number") or "", "invoice": invoice}
            new = {**named, **values, "realm_id": realm_id, "action": action, "state": "held"}
            connection.execute(insert(work).values(**new, created_at=now, updated_at=now))

    def restore(self, realm_id: str, od_invoice_id: str) -> None:
        """Such an invoice is asked for again in the host: it waits for nobody any more."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == od_invoice_id)
        waits = mine & (work.c.state == "held") & work.c.action.in_(WITHDRAWN)
        values = {"state": "dropped", "updated_at": self._database.now(), "reason": work.c.reason + _AGAIN}
        with self._database.write() as connection:
            connection.execute(update(work).where(waits).values(**values))

    # Telling

    def untold(self, realm_id: str) -> list[Work]:
        """Noted changes that the host has not been told of, oldest first."""
        mine = (cursor.c.realm_id == realm_id) & cursor.c.name.startswith(_UNTOLD, autoescape=True)
        with self._database.read() as connection:
            names = connection.execute(select(cursor.c.name).where(mine)).scalars()
            ids = [int(name.removeprefix(_UNTOLD)) for name in names]
            return [read_work(row) for row in connection.execute(select(work).where(work.c.id.in_(ids)).order_by("id"))]

    def told(self, realm_id: str, work_id: int) -> None:
        """The host has been told."""
        mine = (cursor.c.realm_id == realm_id) & (cursor.c.name == f"{_UNTOLD}{work_id}")
        with self._database.write() as connection:
            connection.execute(delete(cursor).where(mine))
