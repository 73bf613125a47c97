"""The commands of the host: the company queue, and the list of what is held for a person."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, case, func, insert, literal, or_, select, update

from onedesk_quickbooks.plugin.ledger.audit import Audit, digest
from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.entries import (
    ADOPT,
    AGAIN,
    BY_PERSON,
    COPIES,
    ENTRIES,
    NONE,
    PAGE,
    SCHEDULED,
    SEEN,
    SETTLED,
    UNDO,
    WITHDRAWN,
    Conflict,
    Work,
    change,
    facts_of,
    invoice_columns,
    numbered,
    outcome_columns,
    read_entry,
    record,
    take_over,
)
from onedesk_quickbooks.plugin.ledger.sentences import keep
from onedesk_quickbooks.plugin.ledger.stopped_runs import is_stopped
from onedesk_quickbooks.plugin.ledger.tables import Instant, conflict, outbox, work
from onedesk_quickbooks.plugin.model.kinds import DROPPED, LEFT, PAYING, REPLACED, WRITTEN
from onedesk_quickbooks.plugin.texts import Text

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.outcome import Outcome
    from onedesk_quickbooks.plugin.model.resend_wish import Resend

DONE_BY_QUEUE = ("copy", "send", *WITHDRAWN, UNDO, *PAYING)
"""Actions that the company queue processes."""
LONGEST_WAIT = timedelta(hours=1)
"""The longest time for which a row is postponed."""


_OF_COMPANY = work.c.realm_id == bindparam("realm_id")
_OF_INVOICES = work.c.od_invoice_id.in_(bindparam("od_invoice_ids", expanding=True))
_WAITING = ENTRIES.where(_OF_COMPANY, _OF_INVOICES, work.c.state == "todo")
_UNDOING = select(work.c.id).where(
    _OF_COMPANY, _OF_INVOICES, work.c.action == UNDO, work.c.state.in_(("todo", "held", "failed"))
)
_REPLACE = (
    update(work)
    .where(
        work.c.realm_id == bindparam("company"),
        work.c.od_invoice_id == bindparam("of"),
        work.c.state.in_(bindparam("states", expanding=True)),
        work.c.action.in_(bindparam("actions", expanding=True)),
    )
    .values(state=REPLACED, reason=work.c.reason + " (asked again)")
)
_UNDONE_SENDS = select(work.c.id, work.c.od_invoice_id, work.c.state, work.c.outcome, work.c.updated_at).where(
    _OF_COMPANY, _OF_INVOICES, work.c.action == "send", work.c.state.in_(("held", "failed", REPLACED))
)
_OPEN_SENDS = (
    select(work.c.od_invoice_id, work.c.state, work.c.run, conflict.c.about)
    .join_from(work, conflict, conflict.c.work_id == work.c.id, isouter=True)
    .where(_OF_COMPANY, _OF_INVOICES, work.c.action == "send", work.c.state.in_(("todo", "held", "failed")))
)
_RENEW = update(work).where(work.c.id == bindparam("of"))
_AS_READ = ENTRIES.where(work.c.id.in_(bindparam("ids", expanding=True)))
_STATES = select(work.c.id, work.c.state, work.c.updated_at).where(work.c.id.in_(bindparam("ids", expanding=True)))
_ADD = insert(work)
_RESERVED = select(work.c.od_invoice_id).where(
    _OF_COMPANY, _OF_INVOICES, work.c.state == "todo", work.c.run.not_in(("", bindparam("run")))
)
_HELD = ENTRIES.where(_OF_COMPANY, _OF_INVOICES, work.c.state == "held", work.c.action.in_(COPIES)).order_by(work.c.id)
_WAITED = (
    work.c.not_before.is_(None)
    | (work.c.not_before <= bindparam("now"))
    | (work.c.not_before > bindparam("never"))  # postponed by a wrong clock
)
_READY = _OF_COMPANY & (work.c.state == "todo") & work.c.run.in_(bindparam("runs", expanding=True)) & _WAITED
_DUE = select(work.c.id, work.c.od_invoice_id).where(
    _OF_COMPANY, work.c.state == SCHEDULED, work.c.not_before <= bindparam("now")
)
"""The sends that are due today."""
_NEXT = ENTRIES.where(_READY).order_by(work.c.id).limit(bindparam("most"))
_SETTLE = (
    update(work)
    .where(work.c.id == bindparam("of"), work.c.state == "todo", work.c.updated_at == bindparam("seen"))
    .values(attempts=work.c.attempts + 1)
)
_CODES = literal(" ") + work.c.codes + " "
_FOR_INVOICES = ENTRIES.where(
    _OF_COMPANY,
    ((work.c.state == "held") & work.c.action.in_(COPIES) & _CODES.like("% credits-%"))
    | (work.c.state.in_(("held", "skipped")) & work.c.action.in_(PAYING) & _CODES.like(bindparam("code"))),
).order_by(work.c.id)
_HELD_COPIES = ENTRIES.where(_OF_COMPANY, work.c.state == "held", work.c.action.in_(COPIES)).order_by(work.c.id)
_FOR_NUMBERS = _HELD_COPIES.where(_CODES.like("% number-t%"))
_NEXT_TRY = select(func.min(work.c.not_before)).where(
    _OF_COMPANY,
    work.c.state == "todo",
    work.c.run == "",
    work.c.not_before.between(bindparam("now"), bindparam("never")),
)
_ANY = select(select(work.c.id).where(_READY).exists() | _DUE.exists())


class Queue:
    """The work table: the columns that all entries have. At most one entry per invoice is to do: a new command renews
    it (send wins over copy). What leaves the queue automatically is recorded in the audit trail."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def ask(
        self,
        realm_id: str,
        action: str,
        invoice: Mapping[str, Any],
        asked_by: str,
        run: str = "",
        asked_in: str = "",
    ) -> int:
        """Record that the host wants this invoice copied or sent, or has recorded or deleted this payment (`invoice` is
        the payment then, its key the `id`); returns the row's id. It replaces what is held of earlier commands, what a
        stopped command asked for, and its undo, and takes over unanswered requests of dropped and replaced rows. A
        conflict waits until it is resolved. `run`: the run that alone does it, until it is released; `asked_in`: the
        run that has asked for it."""
        now = self._database.now()
        mine = {"realm_id": realm_id, "od_invoice_ids": [invoice["id"]]}
        with self._database.write() as connection:
            left = {"state": REPLACED, "updated_at": now, "reason": work.c.reason + " (asked for again)"}
            change(connection, self._audit, _UNDOING, left, mine)
            waiting = connection.execute(_WAITING, mine).first()
            settled = {
                "states": (*SETTLED, SCHEDULED) if action == "send" else SETTLED,
                "actions": PAYING if action in PAYING else COPIES,
            }
            connection.execute(_REPLACE, {"company": realm_id, "of": invoice["id"], **settled, "updated_at": now})
            values = {
                **invoice_columns(invoice),
                "asked_by": asked_by,
                "not_before": None,
                "run": run,
                "updated_at": now,
            }
            if waiting:
                stopped = waiting.run not in ("", run) and is_stopped(self._database, realm_id, waiting.run)
                entry = read_entry(waiting)
                new = entry.asked(action)
                if entry.again and (stopped or self._is_resent(connection, entry.id)):
                    new = dataclasses.replace(entry, action=action, conflict=NONE)
                named = {"action": action if stopped else new.action, "asked_in": asked_in or waiting.asked_in}
                connection.execute(_RENEW, {"of": waiting.id, **named, **values})
                if entry.again:
                    facts = update(conflict).where(conflict.c.work_id == entry.id).values(about=new.conflict.about)
                    connection.execute(facts)
                return int(waiting.id)
            named = {"realm_id": realm_id, "od_invoice_id": invoice["id"], "action": action, "asked_in": asked_in}
            added = connection.execute(_ADD, {**named, "state": "todo", "created_at": now, **values})
            made = int(added.inserted_primary_key[0])  # type: ignore[index]  # an autoincrement key is there
            take_over(connection, realm_id, invoice["id"], made)
            return made

    def replacing_sends(self, realm_id: str, works: Sequence[Work]) -> set[str]:
        """The invoices (OneDesk's ids) of those of these copies that take the place of a send that is held or has
        failed: with the id 0 of one that still is, else of one that `ask` has replaced by the copy."""
        copies = {each.od_invoice_id: each for each in works if each.action == "copy"}
        if not copies:
            return set()
        asked = {"realm_id": realm_id, "od_invoice_ids": list(copies)}
        with self._database.read() as connection:
            sends = connection.execute(_UNDONE_SENDS, asked).all()
        return {row.od_invoice_id for row in sends if _is_replaced(row, copies[row.od_invoice_id])}

    def open_sends(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, str]:
        """Those of these invoices whose send waits, is held or has failed, each with the run for which it is reserved,
        "" for none. Additional e-mails are left out."""
        asked = {"realm_id": realm_id, "od_invoice_ids": list(od_invoice_ids)}
        with self._database.read() as connection:
            found = connection.execute(_OPEN_SENDS, asked).all()
        return {row.od_invoice_id: row.run if row.state == "todo" else "" for row in found if not row.about}

    def resend(
        self,
        connection: Connection,
        realm_id: str,
        invoice: Mapping[str, Any],
        wish: Resend,
        run: str = "",
    ) -> int:
        """Record that a person wants one more e-mail of an invoice of which nothing waits; in the caller's transaction.
        Returns the row's id; `run` as in `ask`."""
        now = self._database.now()
        values = {"realm_id": realm_id, "od_invoice_id": invoice["id"], **invoice_columns(invoice)}
        values |= {"asked_by": wish.by, "run": run, "asked_in": run}
        new = insert(work).values(action="send", state="todo", created_at=now, updated_at=now, **values)
        made = int(connection.execute(new).inserted_primary_key[0])  # type: ignore[index]  # as in `ask`
        facts = facts_of(Conflict(about=asdict(wish)))
        connection.execute(insert(conflict).values(work_id=made, realm_id=realm_id, notified_at=now, **facts))
        return made

    def schedule(self, connection: Connection, entry: Work, day: date | None) -> None:
        """Schedule the e-mail of this entry's invoice for a day; None where it is not to be e-mailed, or already was.
        In the caller's transaction."""
        now = self._database.now()
        mine = (work.c.realm_id == entry.realm_id) & (work.c.od_invoice_id == entry.od_invoice_id)
        left = {"state": REPLACED, "updated_at": now, "reason": work.c.reason + " (asked again)"}
        change(connection, self._audit, select(work.c.id).where(mine, work.c.state == SCHEDULED), left)
        if day is None:
            return
        reason = Text("QuickBooks e-mails it on {day}.", day=day)
        keep(connection, reason)
        values: dict[str, Any] = {"realm_id": entry.realm_id, "od_invoice_id": entry.od_invoice_id}
        values |= {**invoice_columns(entry.invoice), "asked_by": entry.asked_by, "reason": reason}
        new = insert(work).values(action="send", state=SCHEDULED, created_at=now, updated_at=now, **values)
        at = datetime.combine(day, time.min, timezone.utc)
        made = connection.execute(new.values(not_before=at)).inserted_primary_key
        record(connection, self._audit, [int(made[0])])  # type: ignore[index]  # as in `ask`

    def mailed_otherwise(self, connection: Connection, od_ids: Collection[str], reason: str, by: str = "") -> bool:
        """These invoices have been e-mailed: by the company `by` (its realm id), or by the host. What the others were
        to e-mail of them is not e-mailed: a send becomes a copy, and what only e-mails is replaced; in the
        caller's transaction. False where there was nothing."""
        mine = work.c.od_invoice_id.in_(od_ids) & (work.c.realm_id != by) & (work.c.action == "send")
        query = ENTRIES.where(mine, work.c.state.in_(("todo", SCHEDULED, *SETTLED)))
        sends = [read_entry(row) for row in connection.execute(query)]
        now = self._database.now()
        for each in sends:
            only_mail = each.state == SCHEDULED or (each.again is not None and each.again.only)
            values: dict[str, Any] = {"state": REPLACED} if only_mail else {"action": "copy"}
            if only_mail or each.state == "todo":
                values["reason"] = reason
            if only_mail and not by:  # the host may show that it waits
                values["reported_at"] = now
            change(
                connection, self._audit, select(work.c.id).where(work.c.id == each.id), {**values, "updated_at": now}
            )
        if sends:
            keep(connection, reason)
        return bool(sends)

    def begin_due(self, realm_id: str) -> None:
        """Queue the sends that are due today; where something of the invoice waits, the send is joined with it."""
        now = self._database.now()
        asked = {"realm_id": realm_id, "now": now}
        with self._database.write() as connection:
            for row in connection.execute(_DUE, asked).all():
                mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == row.od_invoice_id)
                waits = mine & (work.c.state == "todo") & work.c.action.in_(COPIES)
                along = connection.execute(select(work.c.id).where(waits)).first() is not None
                # The host's version of that time counts, as where a person tries it again: it has an outcome.
                values: dict[str, Any] = {"state": "todo", "not_before": None, "reason": "", "outcome": {}}
                left: dict[str, Any] = {"state": REPLACED, "reason": work.c.reason + " (asked again)"}
                still = (work.c.id == row.id) & (work.c.state == SCHEDULED)  # another process may have done so before
                begun = update(work).where(still).values(updated_at=now, **(left if along else values))
                if connection.execute(begun).rowcount:
                    record(connection, self._audit, [row.id])
                    if along:
                        connection.execute(update(work).where(waits).values(action="send", updated_at=now))

    @staticmethod
    def _is_resent(connection: Connection, work_id: int, states: Collection[str] = ("answered",)) -> bool:
        """Whether QuickBooks has sent the additional e-mail that a person asked for in this row."""
        done = (outbox.c.work_id == work_id) & (outbox.c.operation == "send") & outbox.c.state.in_(states)
        return any(
            context.get("again") for context in connection.execute(select(outbox.c.context).where(done)).scalars()
        )

    def adopted(self, connection: Connection, realm_id: str, invoice: Mapping[str, Any], asked_by: str) -> int:
        """The invoice was linked to one that QuickBooks already had; returns the row's id. It replaces what was held,
        has failed or was skipped. In the caller's transaction."""
        now = self._database.now()
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == invoice["id"])
        settled = select(work.c.id).where(mine, work.c.state.in_(SETTLED), work.c.action.in_(COPIES))
        left = {"state": REPLACED, "updated_at": now, "reason": work.c.reason + " (adopted)"}
        change(connection, self._audit, settled, left)
        values = {**invoice_columns(invoice), "asked_by": asked_by, "state": "done"}
        made = insert(work).values(
            realm_id=realm_id, od_invoice_id=invoice["id"], action=ADOPT, created_at=now, updated_at=now, **values
        )
        return int(connection.execute(made).inserted_primary_key[0])  # type: ignore[index]  # there is a key

    def taken_back(self, connection: Connection, realm_id: str, od_invoice_id: str, work_id: int) -> None:
        """The link of this adoption was removed: drop it and what was held because of the link; in the caller's
        transaction."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == od_invoice_id)
        settled = mine & work.c.state.in_((*SETTLED, SCHEDULED)) & work.c.action.not_in(PAYING)
        reason = Text("its link to QuickBooks was taken back")
        keep(connection, reason)
        values = {"state": DROPPED, "dropped_by": BY_PERSON, "reason": reason, "updated_at": self._database.now()}
        change(connection, self._audit, select(work.c.id).where(settled | (work.c.id == work_id)), values)

    def hold(
        self,
        connection: Connection,
        realm_id: str,
        invoice: Mapping[str, Any],
        reason: str,
        code: str = "",
        versions: Sequence[Mapping[str, str]] = (),
    ) -> int:
        """Hold a copy for a decision of a person, about what the host has reported and is read again for; in the
        caller's transaction. `code` is that of the reason, `versions` as in `Conflict`. Returns the row's id, which its
        reason names; 0 where the invoice has an entry that waits, is held or has failed: that one stays."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == invoice["id"])
        waits = select(work.c.id).where(mine, work.c.state.in_(("todo", "held", "failed")))
        if connection.execute(waits.limit(1)).first() is not None:
            return 0
        now = self._database.now()
        values = {
            **invoice_columns(invoice),
            "action": "copy",
            "asked_by": "",
            "state": "held",
            "codes": code,
            "proposed": True,
        }
        added = connection.execute(
            insert(work).values(
                realm_id=realm_id,
                od_invoice_id=invoice["id"],
                reason=reason,
                reported_at=now,
                created_at=now,
                updated_at=now,
                **values,
            )
        )
        made = int(added.inserted_primary_key[0])  # type: ignore[index]  # as in `ask`
        named, facts = numbered(reason, made), facts_of(Conflict(versions=tuple(versions)))
        connection.execute(update(work).where(work.c.id == made).values(reason=named))
        connection.execute(insert(conflict).values(work_id=made, realm_id=realm_id, notified_at=now, **facts))
        keep(connection, named)
        record(connection, self._audit, [made])
        return made

    def renewed(self, realm_id: str, invoice: Mapping[str, Any]) -> None:
        """The host has another version of an invoice that waits: the row gets it; without a waiting row nothing is
        added, and nothing is changed where the row has it already: a host may report its own saving of a tag. An
        additional e-mail that is requested is of the version before."""
        new = digest(invoice)
        with self._database.write() as connection:
            rows = connection.execute(_WAITING, {"realm_id": realm_id, "od_invoice_ids": [invoice["id"]]}).all()
            for row in rows:
                again = read_entry(row).again
                if again and again.only and self._is_resent(connection, row.id, ("recorded", "answered")):
                    continue
                if digest(row.invoice) != new:
                    values = {**invoice_columns(invoice), "updated_at": self._database.now()}
                    connection.execute(_RENEW, {"of": row.id, **values})

    def unasked(
        self,
        realm_id: str,
        action: str,
        invoice: Mapping[str, Any],
        asked_in: str = "plan",
        wish: Resend | None = None,
    ) -> Work:
        """The row that `ask`, or for a `wish` `resend`, would add for a command, with the id 0; nothing is written."""
        now, number = self._database.now(), invoice.get("number") or ""
        new = (0, realm_id, invoice["id"], number, action, "", invoice, "todo", 0, None, "", None, now, now)
        return Work(*new, asked_in=asked_in, conflict=Conflict(about=asdict(wish)) if wish else NONE)

    def next(self, realm_id: str, limit: int, run: str = "", alone: bool = False) -> list[Work]:
        """The oldest rows that may be done now, at most `limit`; of those that are reserved for a run, only those of
        `run`, and nothing else where it works `alone`. A row that would wait longer than the maximum was postponed by a
        wrong clock, and is ready."""
        asked = {**self._now(realm_id), "runs": (run,) if alone else ("", run), "most": limit}
        with self._database.read() as connection:
            due = connection.execute(_DUE, asked).first()
            rows = connection.execute(_NEXT, asked).all()
        if due is not None:
            self.begin_due(realm_id)
            with self._database.read() as connection:
                rows = connection.execute(_NEXT, asked).all()
        return [read_entry(row) for row in rows]

    def ready(self, realm_id: str, run: str = "", alone: bool = False) -> bool:
        """Whether `next` has any."""
        asked = {**self._now(realm_id), "runs": (run,) if alone else ("", run)}
        with self._database.read() as connection:
            return bool(connection.execute(_ANY, asked).scalar())

    def next_try(self, realm_id: str) -> datetime | None:
        """When the first of the postponed rows is to be tried again; None where none waits for its time."""
        with self._database.read() as connection:
            return connection.execute(_NEXT_TRY, self._now(realm_id)).scalar()

    def _now(self, realm_id: str) -> dict[str, Any]:
        now = self._database.now()
        return {"realm_id": realm_id, "now": now, "never": now + LONGEST_WAIT}

    def of_others(self, realm_id: str, od_invoice_ids: Sequence[str], run: str = "") -> set[str]:
        """Those of the invoices that are reserved for a run other than `run`, or that such a run left when it was
        stopped."""
        if not od_invoice_ids:
            return set()
        mine = {"realm_id": realm_id, "od_invoice_ids": od_invoice_ids, "run": run}
        with self._database.read() as connection:
            return set(connection.execute(_RESERVED, mine).scalars())

    def get(self, work_id: int) -> Work | None:
        """One row by its id."""
        with self._database.read() as connection:
            row = connection.execute(ENTRIES.where(work.c.id == work_id)).first()
        return read_entry(row) if row else None

    def latest(self, od_invoice_id: str, actions: tuple[str, ...] = SEEN) -> Work | None:
        """The newest copy, send or adoption of an invoice that has not left the queue undone, or another action of the
        company queue (`actions`)."""
        mine = (work.c.od_invoice_id == od_invoice_id) & work.c.action.in_(actions)
        query = ENTRIES.where(mine, work.c.state.not_in((*LEFT, SCHEDULED)))
        with self._database.read() as connection:
            row = connection.execute(query.order_by(work.c.id.desc()).limit(1)).first()
        return read_entry(row) if row else None

    def has_asked(self, od_invoice_id: str, actions: tuple[str, ...]) -> bool:
        """Whether one of these was ever queued, also where it was dropped or replaced."""
        mine = (work.c.od_invoice_id == od_invoice_id) & work.c.action.in_(actions)
        with self._database.read() as connection:
            return connection.execute(select(work.c.id).where(mine).limit(1)).first() is not None

    def open_of(self, realm_id: str, od_invoice_id: str) -> list[Work]:
        """What waits, is held, failed or skipped of an invoice, the newest first: copies, sends and conflicts."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == od_invoice_id)
        query = ENTRIES.where(mine, work.c.state.in_(("todo", *SETTLED))).order_by(work.c.id.desc())
        with self._database.read() as connection:
            return [read_entry(row) for row in connection.execute(query)]

    def settle(
        self,
        connection: Connection,
        done: Sequence[tuple[Work, str, Outcome]],
        details: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> set[int]:
        """Set these to done, held, failed or skipped, with these outcomes; in the caller's transaction. A row
        that was queued again meanwhile stays to do, as if that had come after what was done; returns those that were
        dropped or replaced meanwhile. `details`, by the row's id, are kept with the outcome."""
        if not done:
            return set()
        now = self._database.now()
        rows = [
            {
                "of": row.id,
                "seen": row.updated_at,
                "updated_at": now,
                "state": state,
                **outcome_columns(row.invoice, {**what.to_json(), **(details or {}).get(row.id, {})}),
                "reason": what.reason,
            }
            for row, state, what in done
        ]
        settled = connection.execute(_SETTLE, rows).rowcount
        keep(connection, *(what.reason for _, _, what in done))
        if settled == len(rows):
            return set()
        these = work.c.id.in_([row["of"] for row in rows])
        connection.execute(update(work).where(these, work.c.state == "todo").values(updated_at=now))
        left = set(connection.execute(select(work.c.id).where(these, work.c.state.in_(LEFT))).scalars())
        for row, (entry, _, what) in zip(rows, done, strict=True):
            if entry.id in left and what.outcome in WRITTEN:  # QuickBooks has it all the same, as it was read
                columns = {name: each for name, each in row.items() if name not in ("of", "seen")}
                written = update(work).where(work.c.id == entry.id)
                connection.execute(written.values(**columns, invoice=entry.invoice, attempts=work.c.attempts + 1))
        return left

    def decided(self, connection: Connection, works: Iterable[Work]) -> None:
        """These were decided in the version that each has here, which is not the one that was handed over; in the
        caller's transaction, after they are settled. What was queued again, or has left the queue, stays as it is."""
        for each in works:
            mine = (work.c.id == each.id) & work.c.state.in_(("done", *SETTLED))
            connection.execute(update(work).where(mine).values(**invoice_columns(each.invoice)))

    def overtaken(self, works: Sequence[Work]) -> set[int]:
        """Those of these rows that another command has changed since they were read: they are no longer to do, or have
        another invoice or action."""
        read = {each.id: each for each in works}
        with self._database.read() as connection:
            rows = connection.execute(_STATES, {"ids": list(read)}).all()
            touched = [row.id for row in rows if (row.state, row.updated_at) != ("todo", read[row.id].updated_at)]
            now = map(read_entry, connection.execute(_AS_READ, {"ids": touched})) if touched else ()
            return {
                each.id
                for each in now
                if each.state != "todo" or each.action != read[each.id].action or each.invoice != read[each.id].invoice
            }

    def postpone(self, work_ids: Sequence[int], reason: str, until: datetime) -> None:
        """Postpone: QuickBooks cannot be reached, or requires a wait."""
        with self._database.write() as connection:
            connection.execute(
                update(work)
                .where(work.c.id.in_(work_ids), work.c.state == "todo")
                .values(reason=reason, not_before=until, attempts=work.c.attempts + 1)
            )
            keep(connection, reason)

    def renew(self, realm_id: str) -> None:
        """Make all that waits ready at once (after a reconnect)."""
        with self._database.write() as connection:
            connection.execute(
                update(work)
                .where(work.c.realm_id == realm_id, work.c.state == "todo")
                .values(not_before=None, reason="")
            )

    def forget(self, od_invoice_id: str, reason: str, change: str = "", edit: str = "") -> bool:
        """The invoice is no longer to be copied: what waits, is held or skipped for it is dropped, with the reason.
        False where there was nothing. `change`: the host reports it as "voided" or "deleted", and the company queue's
        entry for that stays, or as "reopened"; the copies and sends that were asked for are in `Unconfirmed` until the
        host was read, and so is with the reason `edit` what `hold` has added."""
        at_it = (work.c.state == "todo") & (work.c.action == change)
        open_states = work.c.state.in_(("todo", SCHEDULED, *SETTLED)) & ~at_it
        now = self._database.now()
        values: dict[str, Any] = {"state": DROPPED, "reason": reason, "not_before": None, "updated_at": now}
        values["dropped_by"] = change or BY_PERSON
        by_hold = (work.c.state == "held") & work.c.proposed
        values["reported_at"] = (now if edit else case((~by_hold, literal(now, Instant)))) if change else None
        if edit:
            values["reason"] = case((by_hold, edit), else_=reason)
        with self._database.write() as connection:
            dropped = connection.execute(
                update(work).where(work.c.od_invoice_id == od_invoice_id, open_states).values(**values)
            )
            keep(connection, reason, edit)
            return bool(dropped.rowcount)

    def retry(self, work_id: int, reason: str = "") -> bool:
        """Queue a row again that was held, has failed or was skipped, for this reason; False for another state, and for
        what the company queue does not do."""
        mine = (work.c.id == work_id) & work.c.state.in_(SETTLED) & work.c.action.in_(DONE_BY_QUEUE)
        with self._database.write() as connection:
            now = self._database.now()
            values = {**AGAIN, "not_before": None, "reason": reason, "updated_at": now}
            keep(connection, reason)
            return bool(connection.execute(update(work).where(mine).values(**values)).rowcount)

    def held(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, Work]:
        """The held copy or send of each invoice; those without one are left out."""
        if not od_invoice_ids:
            return {}
        mine = {"realm_id": realm_id, "od_invoice_ids": od_invoice_ids}
        with self._database.read() as connection:
            return {found.od_invoice_id: found for found in map(read_entry, connection.execute(_HELD, mine))}

    def resume(self, connection: Connection, work_ids: Sequence[int], reason: str) -> None:
        """The reason for which these were held, failed or skipped no longer applies: they are queued again; in the
        caller's transaction."""
        values = {**AGAIN, "not_before": None, "reason": reason, "updated_at": self._database.now()}
        if work_ids:
            mine = select(work.c.id).where(work.c.id.in_(work_ids), work.c.state.in_(SETTLED))
            keep(connection, reason)
            change(connection, self._audit, mine, values)

    def waiting_for_invoices(self, realm_id: str, code: str) -> list[Work]:
        """The credit notes that are held because of the invoice which they credit, and the payments of the host that
        are held, or skipped, for the reason `code`, oldest first."""
        mine = {"realm_id": realm_id, "code": f"% {code} %"}
        with self._database.read() as connection:
            return list(map(read_entry, connection.execute(_FOR_INVOICES, mine)))

    def held_for(self, realm_id: str, codes: Collection[str]) -> list[Work]:
        """The copies and sends that are held for one of these reasons, oldest first."""
        coded = or_(*(_CODES.like(f"% {code} %") for code in sorted(codes)))
        with self._database.read() as connection:
            found = connection.execute(_HELD_COPIES.where(coded), {"realm_id": realm_id})
            return list(map(read_entry, found))

    def waiting_for_numbers(self, realm_id: str) -> list[Work]:
        """The copies that are held because QuickBooks has their number, oldest first."""
        with self._database.read() as connection:
            return list(map(read_entry, connection.execute(_FOR_NUMBERS, {"realm_id": realm_id})))

    def give_way(self, connection: Connection, realm_id: str, od_invoice_id: str, reason: str) -> None:
        """Another entry replaces what is held or scheduled for the invoice; in the caller's transaction."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == od_invoice_id)
        mine &= work.c.state.in_(("held", SCHEDULED))
        values = {"state": REPLACED, "reason": work.c.reason + f" {reason}", "updated_at": self._database.now()}
        keep(connection, reason)
        change(connection, self._audit, select(work.c.id).where(mine, work.c.action.in_(COPIES)), values)

    def drop(self, work_id: int, reason: str) -> bool:
        """A person has handled it in another way, and gives the reason; False where the row does not wait for a
        person."""
        return bool(self.drop_all([work_id], reason))

    def drop_all(self, work_ids: Sequence[int], reason: str) -> set[int]:
        """The same for several; returns those that were dropped."""
        values = {"state": DROPPED, "dropped_by": BY_PERSON, "reason": reason, "updated_at": self._database.now()}
        dropped: set[int] = set()
        with self._database.write() as connection:
            for start in range(0, len(work_ids), PAGE):
                waits = work.c.state.in_(("todo", "held", "failed", SCHEDULED))
                mine = work.c.id.in_(work_ids[start : start + PAGE]) & waits
                dropped.update(connection.execute(select(work.c.id).where(mine)).scalars())
                connection.execute(update(work).where(mine).values(**values))
        return dropped


def _is_replaced(send: Any, copy: Work) -> bool:
    """Whether the copy takes the place of this send, which `ask` replaces when it adds it. One that was skipped by rule
    waited for nothing."""
    if copy.id == 0:
        return bool(send.state != REPLACED)
    waited = (send.outcome or {}).get("outcome") != "skipped"
    return bool(send.state == REPLACED and send.updated_at == copy.created_at and waited)
