"""The number of requests to QuickBooks, by day and kind: Intuit meters reads (qbo-api.md 5)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import call
from onedesk_quickbooks.plugin.ledger.upserts import count_on


class CallCounts:
    """The call table: (realm_id, day as YYYY-MM-DD, kind: read, write, oauth) -> count."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, realm_id: str, counts: Mapping[str, int]) -> None:
        """Add requests of each kind (read, write, oauth) to today's count."""
        day = self._database.now().date().isoformat()
        of_day = {"realm_id": realm_id, "day": day}
        with self._database.write() as connection:
            rows = [{**of_day, "kind": kind, "count": count} for kind, count in counts.items()]
            count_on(connection, call, "count", rows)

    def since(self, realm_id: str, since_day: str) -> dict[str, int]:
        """Requests per kind since a day (YYYY-MM-DD)."""
        query = (
            select(call.c.kind, func.sum(call.c.count))
            .where(call.c.realm_id == realm_id, call.c.day >= since_day)
            .group_by(call.c.kind)
        )
        with self._database.read() as connection:
            return {kind: int(count) for kind, count in connection.execute(query)}

    def by_day(self, realm_id: str, since_day: str = "") -> list[tuple[str, str, int]]:
        """Requests as (day, kind, count), the newest day first, since a day (YYYY-MM-DD) where one is given."""
        query = (
            select(call.c.day, call.c.kind, call.c.count)
            .where(call.c.realm_id == realm_id, call.c.day >= since_day)
            .order_by(call.c.day.desc(), call.c.kind)
        )
        with self._database.read() as connection:
            return [(day, kind, int(count)) for day, kind, count in connection.execute(query)]
