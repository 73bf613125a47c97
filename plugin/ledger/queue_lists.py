"""What lists, pages and counts show of the queue, and its history; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge

from sqlalchemy import Text as SqlText
from sqlalchemy import bindparam, func, select, type_coerce

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.entries import (
    COPIES,
    ENTRIES,
    OUTLINES,
    PAGE,
    SCHEDULED,
    SEEN,
    SETTLED,
    SUMMARIES,
    Outline,
    Summary,
    Work,
    read_entry,
    read_outline,
)
from onedesk_quickbooks.plugin.ledger.tables import work

_OF_COMPANY = work.c.realm_id == bindparam("realm_id")
_OF_INVOICES = work.c.od_invoice_id.in_(bindparam("od_invoice_ids", expanding=True))
_IN_STATES = (
    ENTRIES.where(_OF_COMPANY, work.c.state.in_(bindparam("states", expanding=True)), work.c.id > bindparam("after"))
    .order_by(work.c.id)
    .limit(bindparam("most"))
)
_DONE = (
    select(func.max(work.c.id))
    .where(_OF_COMPANY, _OF_INVOICES, work.c.action.in_(COPIES), work.c.state == "done")
    .group_by(work.c.od_invoice_id)
)
_SHOWN = OUTLINES.where(
    _OF_COMPANY, _OF_INVOICES, work.c.state.in_(("todo", SCHEDULED, *SETTLED)) | work.c.id.in_(_DONE)
).order_by(work.c.id.desc())
_TODO = ENTRIES.where(_OF_COMPANY, work.c.state == "todo").order_by(work.c.id).limit(1)
_OLDEST = _TODO.where(work.c.run == "")
_OLDEST_BUT = _TODO.where(work.c.run.not_in(bindparam("without", expanding=True)))
_COUNTS = (
    select(work.c.state, func.count())
    .where(_OF_COMPANY, work.c.state.in_(("todo", SCHEDULED, *SETTLED)))
    .group_by(work.c.state)
)


class QueueLists:
    """Reads of the work table. At most so many rows as the caller asks for are in memory at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, realm_id: str, limit: int) -> list[tuple[str, str]]:
        """Ids and numbers of the invoices that were queued last, the newest first."""
        mine = (work.c.realm_id == realm_id) & work.c.action.in_(SEEN)
        query = select(work.c.od_invoice_id, work.c.od_number).where(mine).order_by(work.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return list(dict.fromkeys((row[0], row[1]) for row in connection.execute(query)))

    def ids_of(self, od_number: str) -> list[str]:
        """OneDesk's ids of the invoices that were queued under this number. Reads the whole queue."""
        query = select(work.c.od_invoice_id).where(work.c.od_number == od_number).distinct()
        with self._database.read() as connection:
            return sorted(connection.execute(query).scalars())

    def seen(
        self, realm_id: str, since: datetime | None = None, until: datetime | None = None, most: int | None = None
    ) -> Iterator[Work]:
        """Every invoice that was queued, or adopted, from `since` to before `until`, the last `most` of them, in its
        last version; in the order of the queue. Rows are never deleted: this is the history that rules are replayed
        over. No transaction is open between two of them."""
        mine = (work.c.realm_id == realm_id) & work.c.action.in_(SEEN)
        if since is not None:
            mine &= work.c.created_at >= since
        if until is not None:
            mine &= work.c.created_at < until
        newest = select(func.max(work.c.id)).where(mine).group_by(work.c.od_invoice_id)
        if most is not None:
            newest = newest.order_by(func.max(work.c.id).desc()).limit(most)
        with self._database.read() as connection:
            ids = sorted(connection.execute(newest).scalars())
        for start in range(0, len(ids), PAGE):
            page = ENTRIES.where(work.c.id.in_(ids[start : start + PAGE])).order_by(work.c.id)
            with self._database.read() as connection:
                rows = connection.execute(page).all()
            yield from map(read_entry, rows)

    def last_done(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, Work]:
        """The last copy, send or adoption of each of these invoices that is done, by the host's id."""
        mine = (work.c.realm_id == realm_id) & work.c.action.in_(SEEN) & (work.c.state == "done")
        newest = select(func.max(work.c.id)).where(mine, work.c.od_invoice_id.in_(od_invoice_ids))
        query = ENTRIES.where(work.c.id.in_(newest.group_by(work.c.od_invoice_id)))
        with self._database.read() as connection:
            return {each.od_invoice_id: each for each in map(read_entry, connection.execute(query))}

    def counts(self, realm_id: str) -> dict[str, int]:
        """The number of rows in each of the states todo, held, failed, skipped and scheduled."""
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(_COUNTS, {"realm_id": realm_id})}

    def oldest_waiting(self, realm_id: str, without: Sequence[str] | None = None) -> Work | None:
        """The row that has waited longest, without those reserved for a run, or only those of the runs `without`."""
        query = _OLDEST if without is None else _OLDEST_BUT
        with self._database.read() as connection:
            row = connection.execute(query, {"realm_id": realm_id, "without": without or ()}).first()
        return read_entry(row) if row else None

    def in_states(self, realm_id: str, states: tuple[str, ...], limit: int = 200, after: int = 0) -> list[Work]:
        """Rows in these states, oldest first, after the id `after`. For a single state the cost depends only on the
        result."""
        mine = {"realm_id": realm_id, "states": states, "after": after, "most": limit}
        with self._database.read() as connection:
            return [read_entry(row) for row in connection.execute(_IN_STATES, mine)]

    def outlines(
        self, realm_id: str, states: tuple[str, ...], limit: int, before: datetime | None = None, field: str = ""
    ) -> list[Outline]:
        """Rows in these states, oldest first, as lists show them; only those queued before an instant, and those whose
        outcome has a field, at any depth, where one is given."""
        mine = (work.c.realm_id == realm_id) & work.c.state.in_(states)
        if field:
            mine &= type_coerce(work.c.outcome, SqlText).contains(f'"{field}": ', autoescape=True)
        if before is not None:
            mine &= work.c.created_at < before
        with self._database.read() as connection:
            return list(map(read_outline, connection.execute(OUTLINES.where(mine).order_by(work.c.id).limit(limit))))

    def summaries(
        self, realm_id: str, states: tuple[str, ...], limit: int, before: datetime | None = None
    ) -> list[Summary]:
        """Rows in these states, oldest first, as they are counted; only those queued before an instant where one is
        given."""
        mine = (work.c.realm_id == realm_id) & work.c.state.in_(states)
        if before is not None:
            mine &= work.c.created_at < before
        with self._database.read() as connection:
            rows = connection.execute(SUMMARIES.where(mine).order_by(work.c.id).limit(limit))
            return [Summary(*row) for row in rows]

    def outlines_of(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, list[Outline]]:
        """The rows that lists show of each invoice: what waits, is held, failed or skipped, and its last copy or send
        that is done; the newest first."""
        found: dict[str, list[Outline]] = {}
        mine = {"realm_id": realm_id, "od_invoice_ids": od_invoice_ids}
        with self._database.read() as connection:
            for row in connection.execute(_SHOWN, mine):
                found.setdefault(row.od_invoice_id, []).append(read_outline(row))
        return found

    def count_waiting(self, realm_id: str, before: datetime, most: int) -> int:
        """The number of waiting rows that were queued before an instant; counts up to `most`."""
        mine = (work.c.realm_id == realm_id) & (work.c.state == "todo") & (work.c.created_at < before)
        found = select(work.c.id).where(mine).order_by(work.c.id).limit(most).subquery()
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(found)).scalar_one())

    def several(self, realm_id: str, work_ids: Sequence[int]) -> list[Work]:
        """Those of the rows that belong to this company, oldest first."""
        found: list[Work] = []
        with self._database.read() as connection:
            for start in range(0, len(work_ids), PAGE):
                mine = (work.c.realm_id == realm_id) & work.c.id.in_(work_ids[start : start + PAGE])
                found += map(read_entry, connection.execute(ENTRIES.where(mine).order_by(work.c.id)))
        return found

    def each(self, realm_id: str, states: tuple[str, ...]) -> Iterator[Work]:
        """All rows in these states, oldest first; rows that are added meanwhile may be missing."""
        return merge(*(self._each(realm_id, state) for state in states), key=lambda row: row.id)

    def _each(self, realm_id: str, state: str) -> Iterator[Work]:
        page = self.in_states(realm_id, (state,), PAGE)
        while page:
            yield from page
            page = self.in_states(realm_id, (state,), PAGE, page[-1].id)
