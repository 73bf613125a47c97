"""Intents: every request that changes QuickBooks stands here before its first byte leaves, and its answer after.

An intent without an answer is *unknown*: it is settled by reading QuickBooks and by the same request with the same
`requestid`, never by creating anew.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import simplejson
from sqlalchemy import Connection, Text, bindparam, func, insert, select, type_coerce, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import intent


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One request that changes QuickBooks. `step` is "customer NAME", "item NAME", "invoice" or "send";
    `operation` create, update or send; `state` meant, answered, refused or given_up. What left in one batch has the
    same `batch`, which was that call's `requestid`, and a `requestid` made of it and the item's bId; for one that left
    alone, `batch` is ""."""

    id: int
    realm_id: str
    work_id: int
    od_invoice_id: str
    step: str
    operation: str
    entity: str
    body: Mapping[str, Any]
    context: Mapping[str, Any]
    requestid: str
    batch: str
    state: str
    answer: Mapping[str, Any] | None
    meant_at: datetime

    @property
    def failures(self) -> int:
        """How often QuickBooks answered that it failed."""
        return int((self.context.get("failed") or {}).get("times", 0))

    @property
    def failing_since(self) -> datetime:
        """When it answered so first."""
        since = (self.context.get("failed") or {}).get("since")
        return datetime.fromisoformat(since) if since else self.meant_at

    @property
    def bid(self) -> str:
        """The item's name in its batch."""
        return self.requestid.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Request:
    """What is about to be asked of QuickBooks, before it has an id. `context` is what the ledger has to know to draw
    the consequences of the answer, even after a crash; it is not sent."""

    realm_id: str
    work_id: int
    od_invoice_id: str
    step: str
    operation: str
    entity: str
    body: Mapping[str, Any]
    context: Mapping[str, Any] = field(default_factory=dict)


class Outbox:
    """The intent table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, requests: Sequence[Request]) -> list[OutboxEntry]:
        """Write down what leaves in one call: a single request, or a batch. Committed when this returns.

        The caller has settled every open intent of the company before: none may be waiting for an answer.
        """
        with self._database.write() as connection:
            settled = self._settled(connection, requests)
            names = [request_id(request, settled[_key(request)]) for request in requests]
            batch = _batch_id(names) if len(names) > 1 else ""
            made = [f"{batch}:{position}" for position in range(1, len(names) + 1)] if batch else names
            common = {"batch": batch, "state": "meant", "meant_at": self._database.now()}
            rows = [
                {**{name: getattr(request, name) for name in Request.__slots__}, **common, "requestid": requestid}
                for request, requestid in zip(requests, made, strict=True)
            ]
            connection.execute(insert(intent), rows)
            mine = intent.c.realm_id.in_({request.realm_id for request in requests}) & intent.c.requestid.in_(made)
            query = select(intent.c.requestid, intent.c.id).where(mine)
            ids = {row[0]: row[1] for row in connection.execute(query)}
        return [OutboxEntry(id=ids[row["requestid"]], answer=None, **row) for row in rows]

    @staticmethod
    def _settled(connection: Connection, requests: Sequence[Request]) -> Counter[tuple[str, str, str]]:
        """How often each of the requests' steps was settled before."""
        columns = (intent.c.realm_id, intent.c.od_invoice_id, intent.c.step)
        of_these = intent.c.od_invoice_id.in_({request.od_invoice_id for request in requests})
        realms = intent.c.realm_id.in_({request.realm_id for request in requests})
        query = select(*columns, func.count()).where(realms, of_these).group_by(*columns)
        return Counter({(row[0], row[1], row[2]): row[3] for row in connection.execute(query)})

    def unknown(self, realm_id: str) -> list[OutboxEntry]:
        """Intents whose answer never came, oldest first."""
        query = select(intent).where(intent.c.realm_id == realm_id, intent.c.state == "meant").order_by(intent.c.id)
        with self._database.read() as connection:
            return [_intent(row) for row in connection.execute(query)]

    def given_up(self, realm_id: str, od_invoice_ids: Sequence[str]) -> list[OutboxEntry]:
        """Intents of these invoices that QuickBooks failed to answer until they were given up, oldest first: it may yet
        have done them."""
        mine = (intent.c.realm_id == realm_id) & intent.c.od_invoice_id.in_(od_invoice_ids)
        query = select(intent).where(mine, intent.c.state == "given_up").order_by(intent.c.id)
        if not od_invoice_ids:
            return []
        with self._database.read() as connection:
            return [_intent(row) for row in connection.execute(query)]

    def failed(self, entries: Sequence[OutboxEntry]) -> None:
        """QuickBooks answered these with a failure once more."""
        now = self._database.now().isoformat()
        rows = [
            {
                "of": each.id,
                "context": {**each.context, "failed": {"times": each.failures + 1, "since": _since(each, now)}},
            }
            for each in entries
        ]
        with self._database.write() as connection:
            connection.execute(update(intent).where(intent.c.id == bindparam("of")), rows)

    def give_up(self, entries: Sequence[OutboxEntry]) -> None:
        """These keep nobody else waiting any more."""
        with self._database.write() as connection:
            of_these = intent.c.id.in_([each.id for each in entries])
            connection.execute(update(intent).where(of_these).values(state="given_up"))

    def of_batch(self, batch: str) -> list[OutboxEntry]:
        """All that left in one batch."""
        query = select(intent).where(intent.c.batch == batch).order_by(intent.c.id)
        with self._database.read() as connection:
            return [_intent(row) for row in connection.execute(query)]

    def of_work(self, work_id: int) -> list[OutboxEntry]:
        """What was asked of QuickBooks for one row of the queue, in order."""
        query = select(intent).where(intent.c.work_id == work_id).order_by(intent.c.id)
        with self._database.read() as connection:
            return [_intent(row) for row in connection.execute(query)]

    def answers(
        self, realm_id: str, od_invoice_ids: Sequence[str], step: str = "invoice"
    ) -> dict[str, Mapping[str, Any]]:
        """QuickBooks' last answer to what we wrote of each invoice; those without any are left out. A send (`step`)
        writes nothing: its answer may show somebody's edit."""
        mine = (
            (intent.c.realm_id == realm_id)
            & intent.c.od_invoice_id.in_(od_invoice_ids)
            & (intent.c.step == step)
            & (intent.c.state == "answered")
        )
        newest = select(func.max(intent.c.id)).where(mine).group_by(intent.c.od_invoice_id)
        query = select(intent.c.od_invoice_id, intent.c.answer).where(intent.c.id.in_(newest))
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query) if row[1]}

    def written_for(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, str]:
        """{OneDesk's id of an invoice: id of the customer organization that it was written for last}."""
        mine = (
            (intent.c.realm_id == realm_id)
            & intent.c.od_invoice_id.in_(od_invoice_ids)
            & (intent.c.step == "invoice")
            & (intent.c.state == "answered")
        )
        newest = select(func.max(intent.c.id)).where(mine).group_by(intent.c.od_invoice_id)
        query = select(intent.c.od_invoice_id, intent.c.context).where(intent.c.id.in_(newest))
        with self._database.read() as connection:
            return {row[0]: str((row[1] or {}).get("od_customer_id") or "") for row in connection.execute(query)}

    def bodies(self, realm_id: str, od_invoice_ids: Sequence[str], field: str) -> list[tuple[str, Mapping[str, Any]]]:
        """(OneDesk's id, body) of every create and update of these invoices that QuickBooks did and that names a field,
        the oldest first."""
        mine = (
            (intent.c.realm_id == realm_id)
            & intent.c.od_invoice_id.in_(od_invoice_ids)
            & (intent.c.step == "invoice")
            & (intent.c.state == "answered")
            & type_coerce(intent.c.body, Text).contains(f'"{field}":', autoescape=True)
        )
        query = select(intent.c.od_invoice_id, intent.c.body).where(mine).order_by(intent.c.id)
        with self._database.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def invoices_of_customer(self, realm_id: str, od_customer_id: str, most: int = 10) -> list[str]:
        """OneDesk's ids of the invoices that were last copied for a customer organization, the newest first.

        Reads through the intents: for the rare customer that QuickBooks has no more.
        """
        mine = (intent.c.realm_id == realm_id) & (intent.c.step == "invoice") & (intent.c.state == "answered")
        written = simplejson.dumps(od_customer_id, ensure_ascii=False)
        named = type_coerce(intent.c.context, Text).contains(written, autoescape=True)
        query = select(intent.c.od_invoice_id, intent.c.context).where(mine, named).order_by(intent.c.id.desc())
        found: dict[str, None] = {}
        with self._database.read() as connection:
            for od_invoice_id, context in connection.execute(query.limit(most * 10)):
                if context.get("od_customer_id") == od_customer_id and len(found) < most:
                    found[od_invoice_id] = None
        return list(found)

    def answered(self, connection: Connection, answers: Mapping[int, Mapping[str, Any]]) -> None:
        """QuickBooks did these, {intent's id: answer}; in the caller's transaction, so that what follows from it
        stands or falls with it."""
        self._close(connection, "answered", answers)

    def refused(self, connection: Connection, faults: Mapping[int, Mapping[str, Any]]) -> None:
        """QuickBooks did not do these and said so, {intent's id: fault}; in the caller's transaction."""
        self._close(connection, "refused", faults)

    def _close(self, connection: Connection, state: str, answers: Mapping[int, Mapping[str, Any]]) -> None:
        if not answers:
            return
        at = self._database.now()
        connection.execute(
            update(intent).where(intent.c.id == bindparam("of")).values(state=state, answered_at=at),
            [{"of": intent_id, "answer": answer} for intent_id, answer in answers.items()],
        )


def _since(entry: OutboxEntry, now: str) -> str:
    return entry.failing_since.isoformat() if entry.failures else now


def _key(request: Request) -> tuple[str, str, str]:
    return (request.realm_id, request.od_invoice_id, request.step)


def request_id(request: Request, generation: int) -> str:
    """The `requestid`: derived from company, invoice, step, content and how often that step was settled before.

    35 characters: a batch may have 36 (qbo-api.md 3.9, 3.11).
    """
    content = simplejson.dumps(request.body, use_decimal=True, sort_keys=True)
    parts = (request.realm_id, request.od_invoice_id, request.step, request.operation, content, str(generation))
    return "od-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _batch_id(names: Sequence[str]) -> str:
    return "od-" + hashlib.sha256("\x1f".join(names).encode()).hexdigest()[:32]


def _intent(row: Row[Any]) -> OutboxEntry:
    return OutboxEntry(**{name: getattr(row, name) for name in OutboxEntry.__slots__})
