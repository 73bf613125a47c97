"""Intents: every request that changes QuickBooks stands here before its first byte leaves, and its answer after.

An intent without an answer is *unknown*: it is settled by reading QuickBooks and by the same request with the same
`requestid`, never by creating anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import simplejson
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import intent


@dataclass(frozen=True, slots=True)
class Intent:
    """One request that changes QuickBooks. `step` is "customer NAME", "item NAME", "invoice" or "send";
    `operation` create, update or send; `state` meant, answered or refused. What left in one batch has the same
    `batch`, which was that call's `requestid`, and a `requestid` made of it and the item's bId; for one that left
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


class Intents:
    """The intent table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mean(self, requests: Sequence[Request]) -> list[Intent]:
        """Write down what leaves in one call: a single request, or a batch. Committed when this returns.

        The caller has settled every open intent of the company before: none may be waiting for an answer.
        """
        with self._database.write() as connection:
            names = [request_id(request, self._settled(connection, request)) for request in requests]
            batch = _batch_id(names) if len(names) > 1 else ""
            made = [f"{batch}:{position}" for position in range(1, len(names) + 1)] if batch else names
            for request, requestid in zip(requests, made, strict=True):
                values = {name: getattr(request, name) for name in Request.__slots__}
                now = self._database.now()
                connection.execute(
                    insert(intent).values(**values, requestid=requestid, batch=batch, state="meant", meant_at=now)
                )
            query = select(intent).where(intent.c.requestid.in_(made)).order_by(intent.c.id)
            return [_intent(row) for row in connection.execute(query)]

    def _settled(self, connection: Connection, request: Request) -> int:
        mine = (
            (intent.c.realm_id == request.realm_id)
            & (intent.c.od_invoice_id == request.od_invoice_id)
            & (intent.c.step == request.step)
        )
        return int(connection.execute(select(func.count()).select_from(intent).where(mine)).scalar_one())

    def unknown(self, realm_id: str) -> list[Intent]:
        """Intents whose answer never came, oldest first."""
        query = select(intent).where(intent.c.realm_id == realm_id, intent.c.state == "meant").order_by(intent.c.id)
        with self._database.read() as connection:
            return [_intent(row) for row in connection.execute(query)]

    def of_batch(self, batch: str) -> list[Intent]:
        """All that left in one batch."""
        query = select(intent).where(intent.c.batch == batch).order_by(intent.c.id)
        with self._database.read() as connection:
            return [_intent(row) for row in connection.execute(query)]

    def of_work(self, work_id: int) -> list[Intent]:
        """What was asked of QuickBooks for one row of the queue, in order."""
        query = select(intent).where(intent.c.work_id == work_id).order_by(intent.c.id)
        with self._database.read() as connection:
            return [_intent(row) for row in connection.execute(query)]

    def answered(self, connection: Connection, intent_id: int, answer: Mapping[str, Any]) -> None:
        """QuickBooks did it; in the caller's transaction, so that what follows from it stands or falls with it."""
        self._close(connection, intent_id, "answered", answer)

    def refused(self, connection: Connection, intent_id: int, fault: Mapping[str, Any]) -> None:
        """QuickBooks did not do it and said so; in the caller's transaction."""
        self._close(connection, intent_id, "refused", fault)

    def _close(self, connection: Connection, intent_id: int, state: str, answer: Mapping[str, Any]) -> None:
        connection.execute(
            update(intent)
            .where(intent.c.id == intent_id)
            .values(state=state, answer=answer, answered_at=self._database.now())
        )


def request_id(request: Request, generation: int) -> str:
    """The `requestid`: derived from company, invoice, step, content and how often that step was settled before.

    35 characters: a batch may have 36 (qbo-api.md 3.9, 3.11).
    """
    content = simplejson.dumps(request.body, use_decimal=True, sort_keys=True)
    parts = (request.realm_id, request.od_invoice_id, request.step, request.operation, content, str(generation))
    return "od-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _batch_id(names: Sequence[str]) -> str:
    return "od-" + hashlib.sha256("\x1f".join(names).encode()).hexdigest()[:32]


def _intent(row: Row[Any]) -> Intent:
    return Intent(**{name: getattr(row, name) for name in Intent.__slots__})
