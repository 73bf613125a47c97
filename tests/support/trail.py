"""Compares the audit trail with the rest of the ledger: each action is in it once, and nothing else. One request may
have two answers, with the same object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from onedesk_quickbooks.plugin.ledger import ADOPT, FOUND, Ledger
from onedesk_quickbooks.plugin.ledger.tables import outbox, payment_event, work
from onedesk_quickbooks.plugin.model.kinds import LEFT

_DONE = ("answered", "found", "refused")


def unlike(ledger: Ledger) -> list[str]:
    """The differences between the trail and the ledger; for a ledger that had a trail from its beginning."""
    broken = ledger.audit.verify().broken
    rows = list(ledger.audit.each())
    contents = [(each.kind, each.od_invoice_id, each.values) for each in rows]
    requests = Counter(content["requestid"] for kind, _, content in contents if kind == "request")
    answers = [content for kind, _, content in contents if kind == "answer"]
    ends = {(content["requestid"], content.get("id")) for content in answers if content["status"] in _DONE}
    ended = Counter(requestid for requestid, _ in ends)  # another process may get the same answer again
    payments = Counter(
        (content["payment"]["id"], content["what"])
        for kind, _, content in contents
        if kind == "payment" and content["what"] != "noted"  # not an event for other programs
    )
    adopted = Counter(content["qbo_id"] for kind, _, content in contents if kind == "act" and content["act"] == "adopt")
    outcomes = {content["entry"] for kind, _, content in contents if kind == "outcome"}
    entries_in_trail = {(content["entry"], content["reason"]) for kind, _, content in contents if kind == "entry"}
    taken = {(od_id, content["action"]) for kind, od_id, content in contents if kind == "taken"}
    with ledger.together() as connection:
        entries = list(
            connection.execute(
                select(outbox.c.requestid, outbox.c.state).where(outbox.c.operation.not_in((ADOPT, FOUND)))
            )
        )
        known = connection.execute(select(outbox.c.answer).where(outbox.c.operation == ADOPT)).scalars()
        adoptions = Counter(each["Id"] for each in known)
        reported = connection.execute(select(payment_event.c.payment_id, payment_event.c.what))
        events = Counter((row[0], row[1]) for row in reported)
        tried = connection.execute(select(work).where(work.c.outcome.is_not(None)))
        works = [row for row in tried if row.outcome]  # the outcome of a scheduled entry is empty at first
        others = ("copy", "send", "paid", "unpaid", ADOPT)
        noted = list(connection.execute(select(work).where(work.c.action.not_in(others))))
    wanted = [
        (f"the chain: {broken}", broken is None),
        *_same("requests", Counter(entry.requestid for entry in entries), requests),
        *_same("answers", Counter(entry.requestid for entry in entries if entry.state in _DONE), ended),
        *_same("payments that were reported", events, payments),
        *_same("adopted invoices", adoptions, adopted),
        *((f"an outcome of entry {row.id}", row.id in outcomes) for row in works),
        *((f"what was noted as entry {row.id}", row.id in outcomes or _noted(row, entries_in_trail)) for row in noted),
        *((f"what was asked for {row.od_invoice_id}", _asked(row, taken)) for row in works),
    ]
    return [what for what, holds in wanted if not holds]


def _noted(row: Any, in_trail: Iterable[tuple[int, str]]) -> bool:
    """Whether a conflict is in the trail; that of an entry which a person dropped, or a request replaced, has its
    reason in the row of that."""
    return any(entry == row.id and (reason == row.reason or row.state in LEFT) for entry, reason in in_trail)


def _asked(row: Any, taken: Iterable[tuple[str, str]]) -> bool:
    """By its own action, or by that with which the invoice came into the ledger."""
    actions = ("copy", "send", "paid", "unpaid", ADOPT, row.action)
    return any(od_id == row.od_invoice_id and action in actions for od_id, action in taken)


def _same(what: str, there: Counter[Any], trail: Counter[Any]) -> Iterable[tuple[str, bool]]:
    yield f"{what} without a row: {[*(there - trail)][:3]}", not there - trail
    yield f"rows without {what}: {[*(trail - there)][:3]}", not trail - there
