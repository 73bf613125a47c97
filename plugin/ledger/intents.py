"""Intents: every request that changes QuickBooks stands here before its first byte leaves, and its answer after.

An intent without an answer is *unknown*: it is settled by reading QuickBooks and by the same request with the same
`requestid`, never by creating anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
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
    `operation` create, update or send; `state` meant, answered or refused."""

    id: int
    realm_id: str
    work_id: int
    od_invoice_id: str
    step: str
    operation: str
    entity: str
    body: Mapping[str, Any]
    requestid: str
    state: str
    answer: Mapping[str, Any] | None
    meant_at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """What is about to be asked of QuickBooks, before it has an id."""

    realm_id: str
    work_id: int
    od_invoice_id: str
    step: str
    operation: str
    entity: str
    body: Mapping[str, Any]


class Intents:
    """The intent table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mean(self, request: Request) -> Intent:
        """Write the intent down, committed when this returns. An open intent of the same step is given again."""
        mine = (
            (intent.c.realm_id == request.realm_id)
            & (intent.c.od_invoice_id == request.od_invoice_id)
            & (intent.c.step == request.step)
        )
        with self._database.write() as connection:
            waiting = connection.execute(select(intent).where(mine, intent.c.state == "meant")).first()
            if waiting:
                return _intent(waiting)
            settled = connection.execute(select(func.count()).select_from(intent).where(mine)).scalar_one()
            values = {
                **{name: getattr(request, name) for name in Request.__slots__},
                "requestid": request_id(request, settled),
                "state": "meant",
                "meant_at": self._database.now(),
            }
            connection.execute(insert(intent).values(**values))
            row = connection.execute(select(intent).where(intent.c.requestid == values["requestid"])).one()
        return _intent(row)

    def unknown(self, realm_id: str) -> list[Intent]:
        """Intents whose answer never came, oldest first."""
        query = select(intent).where(intent.c.realm_id == realm_id, intent.c.state == "meant").order_by(intent.c.id)
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

    def refused(self, intent_id: int, fault: Mapping[str, Any]) -> None:
        """QuickBooks did not do it and said so."""
        with self._database.write() as connection:
            self._close(connection, intent_id, "refused", fault)

    def _close(self, connection: Connection, intent_id: int, state: str, answer: Mapping[str, Any]) -> None:
        connection.execute(
            update(intent)
            .where(intent.c.id == intent_id)
            .values(state=state, answer=answer, answered_at=self._database.now())
        )


def request_id(request: Request, generation: int) -> str:
    """The `requestid`: derived from company, invoice, step, content and how often that step was settled before.

    35 characters, so it fits a batch too (qbo-api.md 3.9, 3.11).
    """
    content = simplejson.dumps(request.body, use_decimal=True, sort_keys=True)
    parts = (request.realm_id, request.od_invoice_id, request.step, request.operation, content, str(generation))
    return "od-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _intent(row: Row[Any]) -> Intent:
    return Intent(**{name: getattr(row, name) for name in Intent.__slots__})
