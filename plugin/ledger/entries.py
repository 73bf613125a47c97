"""An entry of the queue: a command for an invoice, or a conflict that a person or a rule resolves."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, select, type_coerce, update
from sqlalchemy import Text as SqlText
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.audit import Audit, AuditRow
from onedesk_quickbooks.plugin.ledger.tables import (
    LONGEST_CURRENCY,
    LONGEST_TOTAL,
    UnreadableValue,
    conflict,
    outbox,
    work,
)
from onedesk_quickbooks.plugin.model.kinds import LEFT, PAYING
from onedesk_quickbooks.plugin.texts import replaced

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.resend_wish import Resend

PAGE = 500
"""How many ids are in one query."""
SETTLED = ("held", "failed", "skipped")
"""The states of what was tried, and may be tried again; skipped waits for nothing."""
SCHEDULED = "scheduled"
"""The state of a send that waits for its day."""
ADOPT = "adopt"
"""The action of a row about an adopted invoice, as it was in the host at that time; it is done from the beginning."""
AGAIN: Mapping[str, Any] = {"state": "todo", "run": "", "proposed": False, "dropped_by": ""}
"""The columns of an entry that is queued again."""
COPIES = ("copy", "send")
SEEN = (*COPIES, ADOPT)
"""The actions by which an invoice becomes known."""
WITHDRAWN = ("voided", "deleted")
"""Actions of entries about withdrawn invoices: the host has voided or deleted them, and QuickBooks still has them."""
BY_PERSON, REOPENED, OPENED = "person", "reopened", "opened"
"""Values of `Work.dropped_by`, beside those of WITHDRAWN."""
UNDO = "undo"
"""The action of an entry about an invoice that a run has made in QuickBooks, and whose undo a person has asked for."""


def numbered(reason: str, entry: int) -> str:
    """The reason with the number of the entry in its remedy, once that is known."""
    for verb in ("settle", "retry", "drop"):
        reason = replaced(reason, f"queue {verb} ENTRY", f"queue {verb} {entry}")
    return reason


@dataclass(frozen=True, slots=True)
class Conflict:
    """The facts of a conflict. `what` happened in QuickBooks: edited, voided, deleted (an invoice), inactive (a
    customer), bounced (an e-mail, described by `about`: {delivered_at why}), "" for nothing.

    An invoice: `fingerprint` and `qbo_total` (a decimal string) identify the version there, which is of the customer
    `qbo_customer_id` ("" in entries of earlier releases), `versions` are the
    differences ({field onedesk quickbooks}), `rule` is what the rules say (hold, keep_quickbooks, overwrite; void or
    delete where we have done that in QuickBooks by rule), `about` is the host's invoice that a person decided about;
    `passed`: nothing was left to decide; `withdrawn`: the host had voided or deleted it when the conflict was noted. A
    customer: `qbo_customer_id`, and the `sync_token` of its version. A withdrawn invoice: `paid` (a decimal string) of
    `currency` pays it in QuickBooks, `only_money` where all of it is money; "" where nothing does. The undo of a run's
    invoice: `rule` is the action (void, delete), `sync_token` and `qbo_total` identify the version that the plan has
    shown, `about` names the run and who undoes it ({run by}). An additional e-mail: `about` says to whom, who asks for
    it, and whether nothing else was asked for ({to by only}).
    """

    what: str = ""
    fingerprint: str = ""
    qbo_total: str = ""
    versions: tuple[Mapping[str, str], ...] = ()
    rule: str = ""
    about: Mapping[str, Any] | None = None
    passed: bool = False
    withdrawn: str = ""
    qbo_customer_id: str = ""
    sync_token: str = ""
    paid: str = ""
    currency: str = ""
    only_money: bool = True


NONE = Conflict()


@dataclass(frozen=True, slots=True)
class Work:
    """One entry, about one invoice, or about a payment of the host, whose key and JSON then replace the invoice's.
    `action` is copy or send, undo, paid or unpaid (a payment), or that of a conflict (conflicts.py); `state` is todo,
    done (carried out, decided, or with nothing left to decide), held, failed, skipped, dropped (by a person), replaced
    (by another entry or a later event), or scheduled (a send that is due from `not_before` on). `outcome` is that of
    the last try; `run` is the run that alone processes it, "" for any; `asked_in` is the run that has asked for it, ""
    for none; `proposed`: nobody has asked for this copy, it is held so that a person decides (`Queue.hold`);
    `dropped_by`, of a dropped one, is BY_PERSON, the change that the host has reported (voided, deleted, reopened), or
    OPENED where the host has opened the invoice again since; `conflict` is empty for other kinds, and for a send that
    is no additional e-mail."""

    id: int
    realm_id: str
    od_invoice_id: str
    od_number: str
    action: str
    asked_by: str
    invoice: Mapping[str, Any]
    state: str
    attempts: int
    outcome: Mapping[str, Any] | None
    reason: str
    not_before: datetime | None
    created_at: datetime
    updated_at: datetime
    run: str = ""
    asked_in: str = ""
    proposed: bool = False
    dropped_by: str = ""
    conflict: Conflict = NONE

    @property
    def again(self) -> Resend | None:
        """The request for an additional e-mail; None for another entry."""
        from onedesk_quickbooks.plugin.model.resend_wish import Resend

        about = self.conflict.about
        return Resend(**about) if self.action == "send" and about else None

    @property
    def versions(self) -> tuple[Mapping[str, str], ...]:
        """The differences that the last try has found, or that were noted; as in `Conflict`."""
        return tuple((self.outcome or {}).get("versions") or self.conflict.versions)

    def asked(self, action: str) -> Work:
        """The entry after another command for its invoice: send wins over copy; for a payment the last change counts.
        An additional e-mail is then no longer all that was asked for."""
        if action in PAYING:
            return dataclasses.replace(self, action=action)
        about = self.again and {**dataclasses.asdict(self.again), "only": False}
        found = dataclasses.replace(self.conflict, about=about) if about else self.conflict
        return dataclasses.replace(self, action="send" if "send" in (action, self.action) else "copy", conflict=found)


@dataclass(frozen=True, slots=True)
class Outline:
    """The fields of an entry that lists show: the same names as in `Work`. `invoice` is read as plain JSON, amounts as
    texts; `what` is that of its conflict, "" for none."""

    id: int
    od_invoice_id: str
    od_number: str
    action: str
    state: str
    attempts: int
    outcome: Mapping[str, Any] | None
    reason: str
    not_before: datetime | None
    created_at: datetime
    updated_at: datetime
    run: str
    what: str
    invoice: Mapping[str, Any]


class Summary(NamedTuple):
    """The fields of an entry that are counted and summed: the same names as in `Outline`. `codes` are those of the
    reasons of its outcome, `total` (a decimal string) and `currency` are the invoice's, "" where unknown."""

    id: int
    od_invoice_id: str
    od_number: str
    action: str
    state: str
    reason: str
    codes: str
    total: str
    currency: str
    created_at: datetime
    run: str
    what: str | None


SUMMARIES = select(*((conflict if name == "what" else work).c[name] for name in Summary._fields)).join_from(
    work, conflict, conflict.c.work_id == work.c.id, isouter=True
)
"""Selects every entry in summary, with the columns of `Summary` in their order."""


def invoice_columns(invoice: Mapping[str, Any]) -> dict[str, Any]:
    """An entry's columns for its invoice, or for a payment in its place."""
    total, currency = _sum_of(invoice)
    return {"invoice": invoice, "od_number": invoice.get("number") or "", "total": total, "currency": currency}


def outcome_columns(invoice: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    """An entry's columns for the last try; where the host names no total, the planned one is used."""
    total, currency = _sum_of({**outcome, **{name: each for name, each in invoice.items() if each}})
    return {"outcome": outcome, "codes": " ".join(outcome.get("codes") or ()), "total": total, "currency": currency}


def _sum_of(invoice: Mapping[str, Any]) -> tuple[str, str]:
    """A total that does not fit the columns is no amount, and counts as unknown: a void or deleted invoice of the host
    is not validated."""
    total = invoice.get("total")
    digits, currency = "" if total is None else str(total), str(invoice.get("currency") or "")
    return digits if len(digits) <= LONGEST_TOTAL else "", currency if len(currency) <= LONGEST_CURRENCY else ""


_TEXTS = ("outcome", "invoice")
_read = json.JSONDecoder(parse_float=Decimal).decode
_OUTLINED = [
    type_coerce(work.c[name], SqlText).label(name) if name in _TEXTS else (conflict if name == "what" else work).c[name]
    for name in Outline.__slots__
]
OUTLINES = select(*_OUTLINED).join_from(work, conflict, conflict.c.work_id == work.c.id, isouter=True)
"""Selects every entry in outline, with the columns of `Outline` in their order."""


def read_outline(row: Any) -> Outline:
    """A row of `OUTLINES`."""
    found = dict(zip(Outline.__slots__, row, strict=True))
    try:
        for name in _TEXTS:
            found[name] = _read(found[name]) if found[name] is not None else None
    except (RecursionError, TypeError, ValueError):
        raise UnreadableValue("no JSON") from None
    return Outline(**{**found, "what": found["what"] or ""})


_COMMON = [work.c[name] for name in Work.__slots__ if name != "conflict"]
_FACTS = [conflict.c[name] for name in Conflict.__slots__]
ENTRIES: Select[Any] = select(*_COMMON, conflict.c.work_id, *_FACTS).join_from(
    work, conflict, conflict.c.work_id == work.c.id, isouter=True
)
"""Selects every entry, with its conflict."""
_RECORDED = ENTRIES.where(work.c.id.in_(bindparam("ids", expanding=True))).order_by(work.c.id)
_LEFT = select(work.c.id).where(
    work.c.realm_id == bindparam("company"), work.c.od_invoice_id == bindparam("invoice"), work.c.state.in_(LEFT)
)
_TAKE_OVER = update(outbox).where(outbox.c.state.in_(("recorded", "given_up")), outbox.c.work_id.in_(_LEFT))


def read_entry(row: Row[Any]) -> Work:
    """A row of `ENTRIES`."""
    common = {name: getattr(row, name) for name in Work.__slots__ if name != "conflict"}
    if row.work_id is None:
        return Work(**common)
    facts = {name: getattr(row, name) for name in Conflict.__slots__}
    return Work(**common, conflict=Conflict(**{**facts, "versions": tuple(row.versions)}))


def take_over(connection: Connection, realm_id: str, od_invoice_id: str, made: int) -> None:
    """Assign the unanswered requests of the invoice's rows that have left the queue to the new row; in the caller's
    transaction."""
    connection.execute(_TAKE_OVER, {"company": realm_id, "invoice": od_invoice_id, "work_id": made})


def facts_of(found: Conflict) -> dict[str, Any]:
    """The columns of a conflict."""
    return {name: getattr(found, name) for name in Conflict.__slots__}


def change(
    connection: Connection,
    audit: Audit,
    mine: Select[Any],
    values: Mapping[str, Any],
    asked: Mapping[str, Any] | None = None,
) -> int:
    """Change these entries automatically, not for a person, and record that in the audit trail; returns how many there
    were. `mine` selects their ids, with the parameters `asked`."""
    ids: list[int] = list(connection.execute(mine, asked or {}).scalars())
    if ids:
        connection.execute(update(work).where(work.c.id.in_(ids)).values(**values))
        record(connection, audit, ids)
    return len(ids)


def record(connection: Connection, audit: Audit, ids: Iterable[int]) -> None:
    """Record the present state of these entries in the audit trail."""
    rows = connection.execute(_RECORDED, {"ids": list(ids)})
    audit.add(connection, [_audited(read_entry(row)) for row in rows])


def _audited(entry: Work) -> AuditRow:
    content: dict[str, Any] = {
        "entry": entry.id,
        "action": entry.action,
        "state": entry.state,
        "reason": entry.reason,
        "what": entry.conflict.what,
        "rule": entry.conflict.rule,
        "qbo_total": entry.conflict.qbo_total,
        "versions": entry.conflict.versions,
    }
    return AuditRow("entry", entry.realm_id, entry.od_invoice_id, content)
