"""Conflicts: changes in QuickBooks that we have not made: entries of the queue, reported to the host, resolved by rule
or person.

A detected change is an entry of the queue with the action "changed", "customer" or "bounced", and a row of the conflict
table with its kind and both versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, literal, select, update

from onedesk_quickbooks.plugin.ledger.audit import Audit
from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.entries import (
    COPIES,
    ENTRIES,
    UNDO,
    WITHDRAWN,
    Conflict,
    Work,
    change,
    facts_of,
    invoice_columns,
    numbered,
    read_entry,
    record,
    take_over,
)
from onedesk_quickbooks.plugin.ledger.links import InvoiceLink
from onedesk_quickbooks.plugin.ledger.sentences import keep
from onedesk_quickbooks.plugin.ledger.tables import Instant, conflict, work
from onedesk_quickbooks.plugin.model.kinds import REPLACED, SAME_AGAIN

CHANGED, CUSTOMER, BOUNCED = "changed", "customer", "bounced"
"""Actions of detected changes: of an invoice, of its customer, and an e-mail that was not delivered."""
_SOME = 500
"""How many ids are in one query."""
_AGAIN = " It was requested again in OneDesk, so this entry was removed from the queue automatically."


@dataclass(frozen=True, slots=True)
class Change:
    """One change to note. `action` is CHANGED, CUSTOMER or BOUNCED, `state` held (a person decides) or done (a rule
    has); `accept` are the link's columns from then on (`Links.accept`), where the rules keep what QuickBooks has."""

    od_invoice_id: str
    od_number: str
    action: str
    state: str
    reason: str
    invoice: Mapping[str, Any]
    conflict: Conflict
    accept: Mapping[str, str] = field(default_factory=dict)


def undone_by_rule(detected: Work, link: InvoiceLink) -> bool:
    """Whether the change that was last detected of an invoice is that we voided or deleted it, by rule or by an undo,
    since it was last copied."""
    return _is_undone(detected) and detected.created_at >= link.copied_at


def _is_undone(detected: Work) -> bool:
    return detected.conflict.rule in ("void", "delete")


def _is_lost(detected: Work, link: InvoiceLink) -> bool:
    there = detected.conflict.passed or detected.conflict.what not in ("voided", "deleted")
    return not there and detected.created_at >= link.copied_at


def undone_by_person(detected: Work) -> bool:
    """For an invoice that we voided or deleted: whether that was an undo by a person; then the host still has it."""
    return _is_undone(detected) and not detected.conflict.withdrawn


_NEWEST = (
    select(func.max(work.c.id))
    .where(
        work.c.realm_id == bindparam("realm_id"),
        work.c.od_invoice_id.in_(bindparam("ids", expanding=True)),
        work.c.action == bindparam("action"),
    )
    .group_by(work.c.od_invoice_id)
)
_LATEST = ENTRIES.where(work.c.id.in_(_NEWEST))
_HELD = ENTRIES.where(work.c.realm_id == bindparam("realm_id"), work.c.state == "held").order_by(work.c.id)
_WAITING = _HELD.where(work.c.action == bindparam("action"))
_WITHDRAWN = _HELD.where(work.c.action.in_(WITHDRAWN))
_WITHDRAWN_OF = _WITHDRAWN.where(work.c.od_invoice_id.in_(bindparam("ids", expanding=True)))
_OF_INVOICE = (
    (work.c.realm_id == bindparam("realm_id"))
    & (work.c.od_invoice_id == bindparam("od_invoice_id"))
    & work.c.action.in_(WITHDRAWN)
)
_TO_UNDO = ENTRIES.where(_OF_INVOICE, work.c.state == "todo")
_TO_RESTORE = select(work.c.id).where(_OF_INVOICE, work.c.state.in_(("held", "failed", "todo")))


class Conflicts:
    """The conflict table, and its entries in the work table. Every change of them is recorded in the audit trail."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    # Noting

    def latest(self, realm_id: str, od_invoice_ids: Sequence[str], action: str = CHANGED) -> dict[str, Work]:
        """The newest detected change of each invoice, in any state."""
        mine = {"realm_id": realm_id, "ids": od_invoice_ids, "action": action}
        with self._database.read() as connection:
            rows = connection.execute(_LATEST, mine)
            return {found.od_invoice_id: found for found in map(read_entry, rows)}

    def is_gone(self, link: InvoiceLink) -> bool:
        """Whether QuickBooks' invoice was found void or deleted since it was last copied."""
        latest = self.latest(link.realm_id, [link.od_invoice_id]).get(link.od_invoice_id)
        if latest is None or latest.created_at < link.copied_at:
            return False
        return latest.conflict.what in ("voided", "deleted")

    def undone(self, realm_id: str, links: Iterable[InvoiceLink | None]) -> dict[str, Work]:
        """The linked invoices that we have voided or deleted in QuickBooks by rule since they were last copied, by
        OneDesk's id, with the detected change."""
        return {od_id: work for od_id, work in self.all_lost(realm_id, links).items() if _is_undone(work)}

    def all_lost(self, realm_id: str, links: Iterable[InvoiceLink | None]) -> dict[str, Work]:
        """The linked invoices that were voided or deleted in QuickBooks since they were last copied, by whomever, by
        OneDesk's id, with the detected change."""
        found = {link.od_invoice_id: link for link in links if link is not None}
        detected, ids = dict[str, Work](), list(found)
        for start in range(0, len(ids), _SOME):
            detected |= self.latest(realm_id, ids[start : start + _SOME])
        return {od_id: work for od_id, work in detected.items() if _is_lost(work, found[od_id])}

    def lost(self, link: InvoiceLink) -> str:
        """What happened to QuickBooks' invoice since it was last copied, by whomever: voided, deleted, or "" if it is
        there."""
        found = self.all_lost(link.realm_id, [link]).get(link.od_invoice_id)
        return found.conflict.what if found else ""

    def differing(self, link: InvoiceLink) -> str:
        """How QuickBooks' invoice came to differ since it was last copied, also where that is accepted or its entry was
        dropped: edited, voided, deleted, or "" if it is as it was copied, or as OneDesk has it by the last copy."""
        found = self.latest(link.realm_id, [link.od_invoice_id]).get(link.od_invoice_id)
        if found is None or found.created_at < link.copied_at or found.conflict.passed:
            return ""
        return "" if found.conflict.what == "edited" and self._is_same(link, found) else found.conflict.what

    def _is_same(self, link: InvoiceLink, edit: Work) -> bool:
        """Whether the last copy has found the edit as OneDesk has the invoice."""
        mine = (work.c.realm_id == link.realm_id) & (work.c.od_invoice_id == link.od_invoice_id)
        mine &= work.c.action.in_(COPIES) & (work.c.state == "done") & (work.c.updated_at >= edit.updated_at)
        query = select(work.c.codes).where(mine).order_by(work.c.updated_at.desc(), work.c.id.desc()).limit(1)
        with self._database.read() as connection:
            return SAME_AGAIN in str(connection.execute(query).scalar() or "").split()

    def waiting(self, realm_id: str, action: str = CHANGED) -> list[Work]:
        """The changes that wait for a person, oldest first."""
        mine = {"realm_id": realm_id, "action": action}
        with self._database.read() as connection:
            return [read_entry(row) for row in connection.execute(_WAITING, mine)]

    def put(self, connection: Connection, realm_id: str, changes: Iterable[Change], notified: bool = False) -> None:
        """Note changes, in the caller's transaction; an earlier change of the same invoice that waits for a person is
        replaced. The host has to be notified, unless that is done (`notified`) in another way."""
        now = self._database.now()
        for new in changes:
            mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == new.od_invoice_id)
            earlier = select(work.c.id).where(mine, work.c.action == new.action, work.c.state == "held")
            left = {"state": REPLACED, "updated_at": now, "reason": work.c.reason + " (it was changed again)"}
            change(connection, self._audit, earlier, left)
            values = {name: getattr(new, name) for name in Change.__slots__ if name not in ("conflict", "accept")}
            named = {**invoice_columns(new.invoice), **values, "realm_id": realm_id}
            self._add(connection, named, new.conflict, now, notified_at=now if notified else None)

    def newest(self, connection: Connection, realm_id: str, od_invoice_id: str) -> int:
        """The id of the change that was detected last, also of one that the caller's transaction has just added; 0 for
        none."""
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == od_invoice_id) & (work.c.action == CHANGED)
        return int(connection.execute(select(func.max(work.c.id)).where(mine)).scalar() or 0)

    def settle(
        self,
        connection: Connection,
        work_id: int,
        reason: str,
        *,
        passed: bool = False,
        about: Mapping[str, Any] | None = None,
        versions: Sequence[Mapping[str, str]] | None = None,
    ) -> bool:
        """A change that waited for a person is decided, or needs no decision any more; in the caller's transaction.
        `passed`, `about` and `versions` (None: those that were detected) as in `Conflict`. False where it no longer
        waited."""
        mine = select(work.c.id).where(work.c.id == work_id, work.c.state == "held")
        values = {"state": "done", "reason": reason, "updated_at": self._database.now()}
        waited = bool(change(connection, self._audit, mine, values))
        keep(connection, reason)
        if waited and (passed or about):
            facts = {"passed": passed, "about": about, **({} if versions is None else {"versions": tuple(versions)})}
            connection.execute(update(conflict).where(conflict.c.work_id == work_id).values(**facts))
        return waited

    def set_back(self, connection: Connection, work_id: int, reason: str) -> None:
        """A change that was resolved was reverted in QuickBooks: if it is made again, it is detected again; in the
        caller's transaction."""
        values = {"reason": reason, "updated_at": self._database.now()}
        keep(connection, reason)
        change(connection, self._audit, select(work.c.id).where(work.c.id == work_id), values)
        connection.execute(update(conflict).where(conflict.c.work_id == work_id).values(passed=True))

    def remark(
        self, connection: Connection, realm_id: str, od_invoice_id: str, then: str, now: str, customer: str = ""
    ) -> None:
        """Our own write, or a merge of its customer into another one (`customer`), moved a version that was kept from
        one fingerprint to another: it is still kept; in the caller's transaction."""
        found = self.latest(realm_id, [od_invoice_id]).get(od_invoice_id)
        if found is not None and found.conflict.fingerprint == then:
            moved = {"fingerprint": now, **({"qbo_customer_id": customer} if customer else {})}
            connection.execute(update(conflict).where(conflict.c.work_id == found.id).values(**moved))

    # Withdrawn in the host

    def withdrawn(self, realm_id: str, od_invoice_ids: Sequence[str] | None = None) -> list[Work]:
        """The entries about withdrawn invoices that wait for a person; only of these invoices where some are named.
        Oldest first."""
        query = _WITHDRAWN if od_invoice_ids is None else _WITHDRAWN_OF
        mine = {"realm_id": realm_id, "ids": od_invoice_ids}
        with self._database.read() as connection:
            return [read_entry(row) for row in connection.execute(query, mine)]

    def to_undo(self, realm_id: str, od_invoice_id: str) -> Work | None:
        """What the company queue has to do by rule with such an invoice."""
        mine = {"realm_id": realm_id, "od_invoice_id": od_invoice_id}
        with self._database.read() as connection:
            row = connection.execute(_TO_UNDO, mine).first()
        return read_entry(row) if row else None

    def withdraw(
        self,
        realm_id: str,
        action: str,
        invoice: Mapping[str, Any],
        reason: str,
        found: Conflict,
        state: str = "held",
        *,
        confirmed: bool = True,
    ) -> str:
        """Let such an invoice wait for a person, for this reason, or (`state` todo) for the company queue. `confirmed`:
        the host was read, and agrees; otherwise the entry is one of `Unconfirmed`. Where it
        already waits for a person, reason, facts and state are replaced; an entry that is being processed is not
        changed. The host needs no notification: it has withdrawn the invoice. Returns the reason with the number of the
        entry."""
        now = self._database.now()
        with self._database.write() as connection:
            if self.to_undo(realm_id, invoice["id"]):
                return reason
            waiting = self.withdrawn(realm_id, [invoice["id"]])
            reported_at = None if confirmed or state == "todo" else now
            values = {"state": state, "updated_at": now, "reported_at": reported_at}
            said = {each.id: numbered(reason, each.id) for each in waiting}
            keep(connection, *said.values())
            for entry, text in said.items():
                connection.execute(update(work).where(work.c.id == entry).values(**values, reason=text))
                self.update_settling(connection, entry, found)
            record(connection, self._audit, [each.id for each in waiting if each.reason != said[each.id]])
            if waiting:
                return said[waiting[-1].id]
            named = {"od_invoice_id": invoice["id"], **invoice_columns(invoice)}
            new = {**named, "realm_id": realm_id, "action": action, "state": state, "reason": reason}
            new["reported_at"] = reported_at
            made = self._add(connection, new, found, now, notified_at=now)
            if state == "todo":
                take_over(connection, realm_id, invoice["id"], made)
            return numbered(reason, made)

    # Undo of runs

    def undo(
        self, realm_id: str, invoice: Mapping[str, Any], found: Conflict, asked_by: str, run: str, asked_in: str
    ) -> int:
        """Queue the undo of what a run has made of the invoice, as `found` says; returns the entry's id, 0 where the
        invoice needs another action first. `run` and `asked_in` as in `Queue.ask`; an entry of a stopped undo is
        continued."""
        now = self._database.now()
        mine = (work.c.realm_id == realm_id) & (work.c.od_invoice_id == invoice["id"])
        with self._database.write() as connection:
            waiting = connection.execute(ENTRIES.where(mine, work.c.state == "todo")).first()
            values: dict[str, Any] = {
                "asked_by": asked_by,
                "run": run,
                "asked_in": asked_in,
                "not_before": None,
                **invoice_columns(invoice),
            }
            if waiting and waiting.action != UNDO:
                return 0
            if waiting:
                values |= {"updated_at": now, "reason": ""}
                connection.execute(update(work).where(work.c.id == waiting.id).values(**values))
                self.update_settling(connection, waiting.id, found)
                record(connection, self._audit, [waiting.id])
                return int(waiting.id)
            undoing = mine & (work.c.action == UNDO)
            earlier = select(work.c.id).where(undoing, work.c.state.in_(("held", "failed")))
            left = {"state": REPLACED, "updated_at": now, "reason": work.c.reason + " (asked for again)"}
            change(connection, self._audit, earlier, left)
            new = {
                **values,
                "od_invoice_id": invoice["id"],
                "realm_id": realm_id,
                "action": UNDO,
                "state": "todo",
                "reason": "",
            }
            made = self._add(connection, new, found, now, notified_at=now)
            take_over(connection, realm_id, invoice["id"], made)
            return made

    def update_settling(self, connection: Connection, work_id: int, found: Conflict) -> None:
        """Update what pays such an invoice in QuickBooks now; in the caller's transaction."""
        mine = conflict.c.work_id == work_id
        connection.execute(update(conflict).where(mine).values(**facts_of(found)))

    def restore(self, realm_id: str, od_invoice_id: str, why: str = _AGAIN, shown: bool = False) -> None:
        """Such an invoice is asked for again in the host, or was undone in another way (`why`): its entry is
        replaced. `shown`: what the host shows of a void one is still to be removed."""
        mine, now = {"realm_id": realm_id, "od_invoice_id": od_invoice_id}, self._database.now()
        values: dict[str, Any] = {"state": REPLACED, "updated_at": now, "reason": work.c.reason + why}
        if shown:
            read = work.c.state.in_(("held", "todo")) & (work.c.action == "voided") & work.c.reported_at.is_(None)
            values["reported_at"] = case((read, literal(now, Instant)))
        with self._database.write() as connection:
            change(connection, self._audit, _TO_RESTORE, values, mine)

    # Notifications

    def unnotified(self, realm_id: str) -> list[Work]:
        """Detected changes that the host has not been notified of, oldest first."""
        mine = (conflict.c.realm_id == realm_id) & conflict.c.notified_at.is_(None)
        with self._database.read() as connection:
            return [read_entry(row) for row in connection.execute(ENTRIES.where(mine).order_by(work.c.id))]

    def notified(self, work_id: int) -> None:
        """Record that the host has been notified."""
        mine = conflict.c.work_id == work_id
        with self._database.write() as connection:
            connection.execute(update(conflict).where(mine).values(notified_at=self._database.now()))

    def _add(
        self,
        connection: Connection,
        entry: Mapping[str, Any],
        found: Conflict,
        now: datetime,
        notified_at: datetime | None,
    ) -> int:
        """`entry` has the columns of the work table except its times; returns the id of its row."""
        added = connection.execute(insert(work).values(**entry, created_at=now, updated_at=now))
        work_id = int(added.inserted_primary_key[0])  # type: ignore[index]  # an autoincrement key is there
        reason = numbered(entry["reason"], work_id)
        keep(connection, reason)
        if reason != entry["reason"]:
            connection.execute(update(work).where(work.c.id == work_id).values(reason=reason))
        known = {"work_id": work_id, "realm_id": entry["realm_id"], "notified_at": notified_at}
        connection.execute(insert(conflict).values(**known, **facts_of(found)))
        record(connection, self._audit, [work_id])
        return work_id
