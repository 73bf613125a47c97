"""Entries about what a hook has reported of an invoice (voided, deleted, reopened, edited), while the host may roll
that back: the host is read again. What a person has dropped is among them until the host shows it.

Such an entry has not been changed since `reported_at`. One that is done is about a note in the host that is no longer
true once the invoice is edited."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal, or_, select, update

from onedesk_quickbooks.plugin.ledger.audit import Audit
from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.entries import (
    AGAIN,
    COPIES,
    ENTRIES,
    OPENED,
    REOPENED,
    WITHDRAWN,
    Work,
    change,
    invoice_columns,
    read_entry,
    record,
)
from onedesk_quickbooks.plugin.ledger.sentences import keep
from onedesk_quickbooks.plugin.ledger.tables import conflict, work
from onedesk_quickbooks.plugin.model.kinds import DROPPED, LEFT, REPLACED, SENT_ALREADY

_NOTED = (
    (work.c.state == "done")
    & work.c.action.in_(COPIES)
    & (literal(" ") + work.c.codes + " ").like(f"% {SENT_ALREADY} %")
)
_KINDS = (work.c.state == DROPPED) | (work.c.state.in_(("held", REPLACED)) & work.c.action.in_((*WITHDRAWN, *COPIES)))
_UNCONFIRMED = work.c.reported_at.is_not(None) & (((work.c.reported_at == work.c.updated_at) & _KINDS) | _NOTED)
"""The first condition is for the index."""
_OF_COMPANY = work.c.realm_id == bindparam("realm_id")
_ALL = ENTRIES.where(_OF_COMPANY, _UNCONFIRMED).order_by(work.c.id.desc())
_OF_EDITS = ENTRIES.where(_OF_COMPANY, work.c.state == "held", work.c.action.in_(COPIES), work.c.proposed).order_by(
    work.c.id
)
_OF_READ_EDITS = _OF_EDITS.where(or_(work.c.reported_at.is_(None), work.c.reported_at != work.c.updated_at))
_ANY = select(work.c.id).where(_OF_COMPANY, _UNCONFIRMED).limit(1)


class Unconfirmed:
    """The entries of a company that a person decides about withdrawn and edited invoices, and those that have left
    the queue because of such a hook (dropped copies and sends, and changes in QuickBooks; replaced ones about withdrawn
    invoices that are asked for again), before the host was read again; and what a person has dropped, until the host
    shows that."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def all(self, realm_id: str) -> list[Work]:
        """The newest first."""
        with self._database.read() as connection:
            return [read_entry(row) for row in connection.execute(_ALL, {"realm_id": realm_id})]

    def of_edits(self, realm_id: str, confirmed: bool = False) -> list[Work]:
        """The entries that `Queue.hold` has added, the oldest first; only those whose version the host was read for
        where `confirmed`."""
        query = _OF_READ_EDITS if confirmed else _OF_EDITS
        with self._database.read() as connection:
            return [read_entry(row) for row in connection.execute(query, {"realm_id": realm_id})]

    def any(self, realm_id: str) -> bool:
        """Whether there is one."""
        with self._database.read() as connection:
            return connection.execute(_ANY, {"realm_id": realm_id}).first() is not None

    def report(self, connection: Connection, entry: Work, invoice: Mapping[str, Any], reason: str) -> None:
        """The host has reported another version of the invoice of an entry that `Queue.hold` has added: the entry has
        it, with this reason, until the host is read again. In the caller's transaction."""
        now = self._database.now()
        values = {**invoice_columns(invoice), "reason": reason, "reported_at": now, "updated_at": now}
        mine = select(work.c.id).where(work.c.id == entry.id, work.c.state == "held", work.c.proposed)
        if change(connection, self._audit, mine, values):
            keep(connection, reason)

    def read(
        self,
        entry: Work,
        reason: str,
        code: str = "",
        versions: Sequence[Mapping[str, str]] = (),
        invoice: Mapping[str, Any] | None = None,
    ) -> None:
        """The host was read: that is the reason of the entry now, unless it was changed meanwhile; the others as in
        `Queue.hold`; `invoice` is the version that was read, None where the entry keeps its own."""
        values: dict[str, Any] = {"reason": reason, "codes": code, "reported_at": None}
        values |= invoice_columns(invoice) if invoice is not None else {}
        seen = (work.c.id == entry.id) & (work.c.updated_at == entry.updated_at)
        with self._database.write() as connection:
            values["updated_at"] = self._database.now()
            if connection.execute(update(work).where(seen, _UNCONFIRMED).values(**values)).rowcount:
                shown = update(conflict).where(conflict.c.work_id == entry.id).values(versions=tuple(versions))
                connection.execute(shown)
                keep(connection, reason)
                record(connection, self._audit, [entry.id])

    def confirm(self, realm_id: str, od_invoice_id: str) -> None:
        """What has left the queue for the invoice stays so."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == od_invoice_id) & work.c.state.in_(LEFT)
        with self._database.write() as connection:
            connection.execute(update(work).where(mine, _UNCONFIRMED).values(reported_at=None))

    def edited(self, realm_id: str, od_invoice_id: str) -> None:
        """The host has reported an edit of the invoice: a note that nothing has changed is to be looked at."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == od_invoice_id) & _NOTED
        with self._database.write() as connection:
            connection.execute(update(work).where(mine).values(reported_at=self._database.now()))

    def looked_at(self, entry: Work, before: datetime, after: datetime) -> bool:
        """The host has the version of this note, so that the note stays. False for an edit that was reported between
        these times: then it may be read too early."""
        times = or_(work.c.reported_at < before, work.c.reported_at > after)
        with self._database.write() as connection:
            mine = (work.c.id == entry.id) & times
            return bool(connection.execute(update(work).where(mine).values(reported_at=None)).rowcount)

    def to_show(self, work_ids: Collection[int]) -> None:
        """A person has dropped these: the host is to show it."""
        if work_ids:
            mine = work.c.id.in_(work_ids) & (work.c.state == DROPPED)
            with self._database.write() as connection:
                connection.execute(update(work).where(mine).values(reported_at=work.c.updated_at))

    def shown(self, work_ids: Collection[int]) -> None:
        """The host shows that these were dropped, or that a note is no longer true."""
        if work_ids:
            mine = work.c.id.in_(work_ids) & work.c.state.in_((DROPPED, "done"))
            with self._database.write() as connection:
                connection.execute(update(work).where(mine).values(reported_at=None))

    def opened(self, realm_id: str, od_invoice_id: str, reason: str) -> None:
        """What was dropped for the invoice because of what the host has reported stays dropped, for this reason; the
        host is still to be read, for what it shows of it."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == od_invoice_id) & (work.c.state == DROPPED)
        mine &= work.c.action.in_(COPIES) & work.c.dropped_by.in_((*WITHDRAWN, REOPENED))
        with self._database.write() as connection:
            if connection.execute(
                update(work).where(mine, _UNCONFIRMED).values(reason=reason, dropped_by=OPENED)
            ).rowcount:
                keep(connection, reason)

    def resume(self, entry: Work) -> None:
        """Queue a dropped copy or send again: the host still has the invoice."""
        seen = (work.c.id == entry.id) & (work.c.updated_at == entry.updated_at)
        values = {**AGAIN, "reason": "", "reported_at": None, "updated_at": self._database.now()}
        with self._database.write() as connection:
            change(connection, self._audit, select(work.c.id).where(seen, _UNCONFIRMED), values)

    def close(self, entry: Work, state: str, reason: str) -> None:
        """The host was read: the entry has left the queue (`state` in LEFT), for this reason."""
        seen = (work.c.id == entry.id) & (work.c.updated_at == entry.updated_at)
        values = {"state": state, "reason": reason, "reported_at": None, "updated_at": self._database.now()}
        with self._database.write() as connection:
            keep(connection, reason)
            change(connection, self._audit, select(work.c.id).where(seen, _UNCONFIRMED), values)
