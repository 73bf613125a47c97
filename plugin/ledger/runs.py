"""Commands that run, and what each has asked for and made: a backfill continues from here, and `undo` begins here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.entries import ENTRIES, Work, read_entry
from onedesk_quickbooks.plugin.ledger.tables import outbox, run, work

_PAGE = 300
_TIMED = 300
_DONE = ("create", "update", "send", "void", "delete")


class Run(NamedTuple):
    """A run: a copy, send, backfill or undo. `ended_at` is None while it runs, and for a stopped one. `facts` are {from
    to} of a backfill, {undoes deed} of an undo, {of} of a run that continues an earlier one; `shown` is the plan of its
    undo that a person has last seen, {} for none."""

    name: str
    realm_id: str
    action: str
    asked_by: str
    begun_at: datetime
    ended_at: datetime | None
    facts: Mapping[str, Any]
    shown: Mapping[str, Any]

    @property
    def group(self) -> str:
        """The name that its entries have: its own, or that of the run that it continues."""
        return str(self.facts.get("of") or self.name)


class Wrote(NamedTuple):
    """One request that QuickBooks has done, or that is not answered (`open`)."""

    work_id: int
    od_invoice_id: str
    step: str
    operation: str
    entity: str
    open: bool
    answer: Mapping[str, Any]


class Runs:
    """The run table, and the entries and requests of each run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, name: str, realm_id: str, action: str, asked_by: str, facts: Mapping[str, Any]) -> None:
        """A run begins, or begins again under its name."""
        values = {"name": name, "realm_id": realm_id, "action": action, "asked_by": asked_by, "facts": facts}
        with self._database.write() as connection:
            if not connection.execute(update(run).where(run.c.name == name).values(ended_at=None)).rowcount:
                connection.execute(insert(run).values(begun_at=self._database.now(), shown={}, **values))

    def end(self, name: str) -> None:
        """It has queued all that it was given; so has the run that it continues."""
        found = self.get(name)
        names = [name] if found is None else [name, found.group]
        with self._database.write() as connection:
            ended = update(run).where(run.c.name.in_(names), run.c.ended_at.is_(None))
            connection.execute(ended.values(ended_at=self._database.now()))

    def leave_out(self, name: str) -> None:
        """Forget a run that has asked for nothing: there is nothing to undo or to continue."""
        with self._database.write() as connection:
            asked = select(work.c.id).where(work.c.realm_id == run.c.realm_id, work.c.asked_in == name).exists()
            connection.execute(delete(run).where(run.c.name == name, ~asked))

    def get(self, name: str) -> Run | None:
        """The run of this name, of any company."""
        with self._database.read() as connection:
            row = connection.execute(select(run).where(run.c.name == name)).first()
        return _run(row) if row else None

    def latest(self, realm_id: str, limit: int, action: str = "") -> list[Run]:
        """The runs that began last, the newest first; without those that continued another."""
        mine = run.c.realm_id == realm_id
        if action:
            mine &= run.c.action == action
        query = select(run).where(mine).order_by(run.c.begun_at.desc(), run.c.name)
        found: list[Run] = []
        with self._database.read() as connection:
            for row in connection.execute(query):
                one = _run(row)
                if one.group == one.name:
                    found.append(one)
                if len(found) == limit:
                    break
        return found

    def keep_shown(self, name: str, realm_id: str, shown: Mapping[str, Any]) -> None:
        """Record that a person has seen this plan of its undo; also for a run of an earlier release."""
        with self._database.write() as connection:
            kept = connection.execute(update(run).where(run.c.name == name).values(shown=shown)).rowcount
            if not kept:
                now = self._database.now()
                values = {"name": name, "realm_id": realm_id, "action": "copy", "asked_by": "", "facts": {}}
                connection.execute(insert(run).values(begun_at=now, ended_at=now, shown=shown, **values))

    def company_of(self, name: str) -> str:
        """The company of the run; "" where there is none of this name."""
        known = self.get(name)
        with self._database.read() as connection:
            query = select(work.c.realm_id).where(work.c.asked_in == name).limit(1)
            return known.realm_id if known else str(connection.execute(query).scalar() or "")

    def entries(self, realm_id: str, name: str) -> Iterator[list[Work]]:
        """Its entries, in parts, the oldest first."""
        mine = (work.c.realm_id == realm_id) & (work.c.asked_in == name)
        last = 0
        while True:
            query = ENTRIES.where(mine, work.c.id > last).order_by(work.c.id).limit(_PAGE)
            with self._database.read() as connection:
                found = [read_entry(row) for row in connection.execute(query)]
            if found:
                yield found
            if len(found) < _PAGE:
                return
            last = found[-1].id

    def wrote(self, work_ids: Sequence[int]) -> list[Wrote]:
        """What QuickBooks has done for these entries, and what it has not answered, in order."""
        columns = ("work_id", "od_invoice_id", "step", "operation", "entity", "state", "answer")
        found = outbox.c.state.in_(("answered", "recorded")) & outbox.c.operation.in_(_DONE)
        query = select(*(outbox.c[name] for name in columns)).where(found, outbox.c.work_id.in_(work_ids))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(outbox.c.id)).all()
        return [Wrote(row[0], row[1], row[2], row[3], row[4], row[5] == "recorded", row[6] or {}) for row in rows]

    def waiting(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, Work]:
        """The waiting entries of these invoices; invoices without one are left out."""
        mine = (work.c.realm_id == realm_id) & work.c.od_invoice_id.in_(od_invoice_ids) & (work.c.state == "todo")
        with self._database.read() as connection:
            return {each.od_invoice_id: each for each in map(read_entry, connection.execute(ENTRIES.where(mine)))}

    def of_group(self, realm_id: str, name: str) -> list[str]:
        """The names of a run and of those that continued it, which have not ended; in any state."""
        mine = (run.c.realm_id == realm_id) & run.c.ended_at.is_(None)
        with self._database.read() as connection:
            found = [_run(row) for row in connection.execute(select(run).where(mine))]
        return [name, *(each.name for each in found if each.group == name and each.name != name)]

    def last_writer(self, realm_id: str, od_invoice_id: str) -> Work | None:
        """The entry that has last written the invoice, or has had it e-mailed."""
        mine = (outbox.c.realm_id == realm_id) & (outbox.c.od_invoice_id == od_invoice_id)
        done = mine & outbox.c.step.in_(("invoice", "send")) & (outbox.c.state == "answered")
        query = select(outbox.c.work_id).where(done, outbox.c.operation.in_(("create", "update", "send")))
        with self._database.read() as connection:
            last = connection.execute(query.order_by(outbox.c.id.desc()).limit(1)).scalar()
            row = connection.execute(ENTRIES.where(work.c.id == last)).first() if last else None
        return read_entry(row) if row else None

    def take_over(self, realm_id: str, group: str, stopped: Sequence[str], name: str) -> int:
        """Assign what these stopped runs have left to the run `name`, which continues them; returns the number of
        entries."""
        mine = (work.c.realm_id == realm_id) & (work.c.asked_in == group) & (work.c.state == "todo")
        taken = update(work).where(mine, work.c.run.in_(stopped)).values(run=name, not_before=None)
        with self._database.write() as connection:
            return connection.execute(taken).rowcount

    def answer_time(self, realm_id: str) -> timedelta | None:
        """How long QuickBooks took for each of the last batches; None where there was none."""
        mine = (outbox.c.realm_id == realm_id) & (outbox.c.batch != "") & outbox.c.answered_at.is_not(None)
        query = select(outbox.c.recorded_at, outbox.c.answered_at).where(mine).order_by(outbox.c.id.desc())
        with self._database.read() as connection:
            times = [row[1] - row[0] for row in connection.execute(query.limit(_TIMED))]
        return sum(times, timedelta(0)) / len(times) if times else None

    def made(self, realm_id: str, names: Sequence[str]) -> Counter[str]:
        """The number of invoices and credit memos that QuickBooks has by each run."""
        of_these = (work.c.realm_id == realm_id) & work.c.asked_in.in_(names)
        done = (outbox.c.step == "invoice") & (outbox.c.operation == "create") & (outbox.c.state == "answered")
        query = select(work.c.asked_in, func.count()).join_from(work, outbox, outbox.c.work_id == work.c.id)
        with self._database.read() as connection:
            rows = connection.execute(query.where(of_these, done).group_by(work.c.asked_in))
            return Counter({row[0]: row[1] for row in rows})


def _run(row: Row[Any]) -> Run:
    return Run(**{name: getattr(row, name) for name in Run._fields})
