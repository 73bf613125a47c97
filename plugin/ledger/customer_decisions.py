"""Decisions of people about QuickBooks customers that may be a customer of the host; the last one can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import customer_decision

CONFIRMED, REJECTED = "confirmed", "rejected"


class CustomerDecision(NamedTuple):
    """`od_customer_id` is the id under which the host's customer is linked, `name` QuickBooks' name of the other one at
    that time. `decision` is confirmed (it is linked in `currency`; `before` is the QuickBooks customer that it was
    linked to, "" for none) or rejected. `undone_at` is None while the decision is in force."""

    id: int
    realm_id: str
    od_customer_id: str
    qbo_id: str
    name: str
    currency: str
    decision: str
    before: str
    decided_by: str
    decided_at: datetime
    undone_by: str
    undone_at: datetime | None


_HOLDING = select(*(customer_decision.c[name] for name in CustomerDecision._fields)).where(
    customer_decision.c.realm_id == bindparam("realm_id"), customer_decision.c.undone_at.is_(None)
)
_NEWEST = _HOLDING.order_by(customer_decision.c.id.desc()).limit(bindparam("most"))
_OF_CUSTOMERS = _HOLDING.where(customer_decision.c.od_customer_id.in_(bindparam("ids", expanding=True))).order_by(
    customer_decision.c.id
)


class CustomerDecisions:
    """The customer_decision table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, connection: Connection, realm_id: str, od_customer_id: str, user: str, **said: str) -> None:
        """Record a person's decision; in the caller's transaction. `said` are columns of the row."""
        values = {"currency": "", "before": "", **said}
        at = self._database.now()
        who = {"realm_id": realm_id, "od_customer_id": od_customer_id, "decided_by": user[:200]}
        connection.execute(insert(customer_decision).values(**who, **values, decided_at=at, undone_by=""))

    def rejected(self, realm_id: str, od_customer_ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """{customer of the host: the QuickBooks customers that are rejected by a person's last decision}."""
        last = {(each.od_customer_id, each.qbo_id): each for each in self._holding(realm_id, od_customer_ids)}
        found: dict[str, set[str]] = {}
        for each in last.values():
            if each.decision == REJECTED:
                found.setdefault(each.od_customer_id, set()).add(each.qbo_id)
        return {od_id: frozenset(ids) for od_id, ids in found.items()}

    def last(self, realm_id: str, od_customer_id: str) -> CustomerDecision | None:
        """The last decision in force about a customer."""
        found = self._holding(realm_id, (od_customer_id,))
        return found[-1] if found else None

    def newest(self, realm_id: str, limit: int) -> list[CustomerDecision]:
        """The last decisions in force, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(_NEWEST, {"realm_id": realm_id, "most": limit})
            return [CustomerDecision(*row) for row in rows]

    def undo(self, connection: Connection, decision_id: int, user: str) -> bool:
        """Undo the decision; False where it was undone already. In the caller's transaction."""
        mine = (customer_decision.c.id == decision_id) & customer_decision.c.undone_at.is_(None)
        values: dict[str, Any] = {"undone_at": self._database.now(), "undone_by": user[:200]}
        return bool(connection.execute(update(customer_decision).where(mine).values(values)).rowcount)

    def _holding(self, realm_id: str, od_customer_ids: Iterable[str]) -> list[CustomerDecision]:
        mine = {"realm_id": realm_id, "ids": list(set(od_customer_ids))}
        with self._database.read() as connection:
            return [CustomerDecision(*row) for row in connection.execute(_OF_CUSTOMERS, mine)]
