"""What commands have left in the queue that were stopped; the process of each holds a lock while it runs."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, select, update

from onedesk_quickbooks.plugin.ledger.database import Database, LedgerProblem
from onedesk_quickbooks.plugin.ledger.database.locks import RUN
from onedesk_quickbooks.plugin.ledger.tables import outbox, work

_OF_COMPANY = work.c.realm_id == bindparam("realm_id")
_OPEN = select(outbox.c.od_invoice_id).where(outbox.c.realm_id == bindparam("realm_id"), outbox.c.state == "recorded")
_RUNS = (
    select(
        work.c.run,
        func.count(),
        func.min(work.c.created_at),
        func.max(work.c.action),
        func.sum(case((work.c.od_invoice_id.in_(_OPEN), 1), else_=0)),
    )
    .where(_OF_COMPANY, work.c.state == "todo", work.c.run != "")
    .group_by(work.c.run)
    .order_by(func.min(work.c.id))
)


class StoppedRun(NamedTuple):
    """What a stopped command has left: `waiting` entries, the oldest from `since`; `action` is send if there is one.
    For `unanswered` of them a request was sent to QuickBooks, and it is unknown whether it was done."""

    run: str
    waiting: int
    since: datetime
    action: str
    unanswered: int


def is_stopped(database: Database, realm_id: str, run: str) -> bool:
    """Whether the process of this run has ended."""
    try:
        return not database.locks.taken(f"{RUN}{run}", realm_id)
    except LedgerProblem:  # another user's
        return False


class StoppedRuns:
    """The rows of the work table that are reserved for a run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_stopped(self, realm_id: str, run: str) -> bool:
        """Whether the process of this run has ended."""
        return is_stopped(self._database, realm_id, run)

    def each(self, realm_id: str) -> list[StoppedRun]:
        """What commands that were stopped have left waiting, the oldest first."""
        return [each for each in self._runs(realm_id) if self.is_stopped(realm_id, each.run)]

    def command_works(self, realm_id: str) -> bool:
        """Whether a running command has reserved some of what waits."""
        return any(not self.is_stopped(realm_id, each.run) for each in self._runs(realm_id))

    def _runs(self, realm_id: str) -> list[StoppedRun]:
        """What waits under the name of a run, stopped or not."""
        with self._database.read() as connection:
            return [StoppedRun(*row) for row in connection.execute(_RUNS, {"realm_id": realm_id})]

    def release(self, realm_id: str, run: str) -> int:
        """Make what waits of a run available to any process; returns the number of rows."""
        mine = (work.c.realm_id == realm_id) & (work.c.state == "todo") & (work.c.run == run)
        with self._database.write() as connection:
            return connection.execute(update(work).where(mine).values(run="", not_before=None)).rowcount
