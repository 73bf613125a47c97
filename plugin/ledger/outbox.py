"""The outbox: every request that changes QuickBooks is recorded here before it is sent, and its answer after.

An entry without an answer is *unknown*: it is recovered by reading QuickBooks and by repeating the same request with
the same `requestid`, never by a second one.

An adopted invoice has an entry without a request (`ADOPT`), and so has one that a copy has found by its mark (`FOUND`):
QuickBooks' version at that time replaces the answer, so that later changes are detected.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import simplejson
from sqlalchemy import Connection, Select, bindparam, func, insert, literal, select, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import Instant, outbox
from onedesk_quickbooks.plugin.model.money import decimal_from_text

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.ledger.entries import Work

PAY, UNPAY = "pay", "unpay"
"""The steps by which a payment of the host is made in QuickBooks, and voided there."""
ADOPT = "adopt"
"""The operation of an entry about an adopted invoice, which was never sent."""
FOUND = "found"
"""The same of an invoice that was found in QuickBooks by its mark, and linked as it is there."""
_OF_COMPANY = outbox.c.realm_id == bindparam("realm_id")
_OF_INVOICES = outbox.c.od_invoice_id.in_(bindparam("od_invoice_ids", expanding=True))
_UNKNOWN = select(outbox).where(_OF_COMPANY, outbox.c.state == "recorded").order_by(outbox.c.id)
_GIVEN_UP = select(outbox).where(_OF_COMPANY, _OF_INVOICES, outbox.c.state == "given_up").order_by(outbox.c.id)
_STEP = (outbox.c.realm_id, outbox.c.od_invoice_id, outbox.c.step)
_SETTLED = (
    select(*_STEP, func.count())
    .where(outbox.c.realm_id.in_(bindparam("realm_ids", expanding=True)), _OF_INVOICES)
    .group_by(*_STEP)
)
_RECORD = insert(outbox).returning(outbox.c.requestid, outbox.c.id)
_CLOSE = update(outbox).where(outbox.c.id == bindparam("of"))
_OF_WORK = select(outbox).where(outbox.c.work_id == bindparam("work_id")).order_by(outbox.c.id)
_WRITTEN = _OF_COMPANY & (outbox.c.step == bindparam("step")) & (outbox.c.state == "answered")
"""The last results of a step in QuickBooks."""
_MADE = select(outbox.c.od_invoice_id).where(_WRITTEN, _OF_INVOICES, outbox.c.operation == "create")
_APPLIED = select(outbox.c.od_invoice_id, outbox.c.answer).where(_WRITTEN, _OF_INVOICES)
_DEPOSITS = (
    select(outbox.c.od_invoice_id, outbox.c.deposit)
    .where(_WRITTEN, _OF_INVOICES, outbox.c.deposit != "")
    .order_by(outbox.c.id)
)
_ATTACHED = (
    select(outbox.c.od_invoice_id, outbox.c.context)
    .where(_OF_COMPANY, _OF_INVOICES, outbox.c.operation == "upload", outbox.c.state == "answered")
    .order_by(outbox.c.id)
)
_CREDITED = (
    select(outbox.c.od_invoice_id, outbox.c.step, outbox.c.context)
    .where(_OF_COMPANY, _OF_INVOICES, outbox.c.step.in_(("invoice", "apply")), outbox.c.state == "answered")
    .order_by(outbox.c.id)
)


@cache
def _newest(column: str) -> Select[Any]:
    """A column of the last result of a step, for each of these invoices."""
    newest = select(func.max(outbox.c.id)).where(_WRITTEN, _OF_INVOICES).group_by(outbox.c.od_invoice_id)
    return select(outbox.c.od_invoice_id, outbox.c[column]).where(outbox.c.id.in_(newest))


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One request that changes QuickBooks. `step` is "customer NAME", "item NAME", "invoice", "apply", "send", "undo",
    "pay" or "unpay"; `operation` create, update, send, void, delete, adopt or found; `state` recorded, answered,
    refused or given_up. The requests of one batch have the same `batch`, the `requestid` of the call, and a `requestid`
    made of it and the item's bId; for a single request `batch` is "". `answered_at` is None where no answer came, and
    the result was looked up. `failures` counts the failures that QuickBooks has answered, the first at `failed_at`. The
    rest is as in `Request`."""

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
    recorded_at: datetime
    answered_at: datetime | None
    failures: int
    failed_at: datetime | None
    od_customer_id: str
    deposit: str

    @property
    def failing_since(self) -> datetime:
        """When QuickBooks first answered that it failed."""
        return self.failed_at or self.recorded_at

    @property
    def again(self) -> bool:
        """Whether it is an additional e-mail that a person asked for."""
        return self.operation == "send" and bool(self.context.get("again"))

    @property
    def bid(self) -> str:
        """The item's name in its batch."""
        return self.requestid.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Request:
    """A request to QuickBooks before it has an id. `context` is what the effects of the answer need, even after a
    crash; it is not sent. Where an invoice is written, `od_customer_id` is its customer, and `deposit` the decimal
    string that `body` has of it ("" where it has none)."""

    realm_id: str
    work_id: int
    od_invoice_id: str
    step: str
    operation: str
    entity: str
    body: Mapping[str, Any]
    context: Mapping[str, Any] = field(default_factory=dict)
    od_customer_id: str = ""
    deposit: str = ""


class Outbox:
    """The outbox table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, requests: Sequence[Request]) -> list[OutboxEntry]:
        """Record what is sent in one call: a single request, or a batch. Committed when this returns.

        The caller has recovered every open entry of these invoices before: none may be waiting for an answer.
        """
        with self._database.write() as connection:
            settled = self._settled(connection, requests)
            names = [request_id(request, settled[_key(request)]) for request in requests]
            batch = _batch_id(names) if len(names) > 1 else ""
            made = [f"{batch}:{position}" for position in range(1, len(names) + 1)] if batch else names
            common = {"batch": batch, "state": "recorded", "recorded_at": self._database.now(), "failures": 0}
            rows = [
                {**{name: getattr(request, name) for name in Request.__slots__}, **common, "requestid": requestid}
                for request, requestid in zip(requests, made, strict=True)
            ]
            ids = {row[0]: row[1] for row in connection.execute(_RECORD, rows)}
        return [
            OutboxEntry(id=ids[row["requestid"]], answer=None, answered_at=None, failed_at=None, **row) for row in rows
        ]

    def adopted(self, connection: Connection, found: Sequence[tuple[Request, Mapping[str, Any]]]) -> None:
        """Record QuickBooks' version of invoices that were not written from here; in the caller's transaction. The
        `body` of each is what would be written now, {} where that cannot be determined."""
        settled, now = self._settled(connection, [request for request, _ in found]), self._database.now()
        common = {"batch": "", "state": "answered", "recorded_at": now, "answered_at": now, "failures": 0}
        rows = [
            {
                **{name: getattr(request, name) for name in Request.__slots__},
                **common,
                "requestid": request_id(request, settled[_key(request)]),
                "answer": answer,
            }
            for request, answer in found
        ]
        if rows:
            connection.execute(insert(outbox), rows)

    def take_back(self, connection: Connection, entry_id: int) -> None:
        """The link of this adoption was removed: QuickBooks' version at that time no longer counts; in the caller's
        transaction."""
        connection.execute(update(outbox).where(outbox.c.id == entry_id).values(state="undone"))

    def taken_back(self, realm_id: str, od_invoice_ids: Sequence[str]) -> list[OutboxEntry]:
        """The adoptions of these invoices whose links were removed, the newest first."""
        mine = (outbox.c.realm_id == realm_id) & outbox.c.od_invoice_id.in_(od_invoice_ids)
        query = select(outbox).where(mine, outbox.c.step == "invoice", outbox.c.state == "undone")
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query.order_by(outbox.c.id.desc()))]

    def done(self, realm_id: str, od_invoice_id: str) -> list[OutboxEntry]:
        """All that QuickBooks did for an invoice of OneDesk's, in order, including files and applied credits."""
        mine = (outbox.c.realm_id == realm_id) & (outbox.c.od_invoice_id == od_invoice_id)
        query = select(outbox).where(mine, outbox.c.state == "answered").order_by(outbox.c.id)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def applied_to(self, realm_id: str, qbo_id: str, since: int) -> list[OutboxEntry]:
        """The requests that have applied credit memos to this QuickBooks invoice, after an entry."""
        query = select(outbox).where(_WRITTEN, outbox.c.id > since).order_by(outbox.c.id)
        with self._database.read() as connection:
            entries = [_entry(row) for row in connection.execute(query, {"realm_id": realm_id, "step": "apply"})]
        return [each for each in entries if each.context.get("to") == qbo_id]

    @staticmethod
    def _settled(connection: Connection, requests: Sequence[Request]) -> Counter[tuple[str, str, str]]:
        """How often each of the requests' steps was settled before."""
        of_these = {
            "realm_ids": list({request.realm_id for request in requests}),
            "od_invoice_ids": list({request.od_invoice_id for request in requests}),
        }
        return Counter({(row[0], row[1], row[2]): row[3] for row in connection.execute(_SETTLED, of_these)})

    def unknown(self, realm_id: str) -> list[OutboxEntry]:
        """Entries without an answer, oldest first."""
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(_UNKNOWN, {"realm_id": realm_id})]

    def given_up(self, realm_id: str, od_invoice_ids: Sequence[str]) -> list[OutboxEntry]:
        """Entries of these invoices that QuickBooks failed to answer until they were given up, oldest first: they may
        have been done all the same."""
        if not od_invoice_ids:
            return []
        mine = {"realm_id": realm_id, "od_invoice_ids": od_invoice_ids}
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(_GIVEN_UP, mine)]

    def given_up_since(self, realm_id: str, since: datetime) -> list[str]:
        """OneDesk's ids of the invoices of which an entry was recorded at or after `since`, and given up."""
        mine = (outbox.c.realm_id == realm_id) & (outbox.c.state == "given_up") & (outbox.c.recorded_at >= since)
        query = select(outbox.c.od_invoice_id).where(mine).distinct()
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def failed(self, entries: Sequence[OutboxEntry]) -> None:
        """Count one more failure that QuickBooks answered for these."""
        of_these = outbox.c.id.in_([each.id for each in entries])
        first = func.coalesce(outbox.c.failed_at, literal(self._database.now(), Instant))
        with self._database.write() as connection:
            failed = update(outbox).where(of_these).values(failures=outbox.c.failures + 1, failed_at=first)
            connection.execute(failed)

    def give_up(self, entries: Sequence[OutboxEntry]) -> None:
        """Give these up, so that they block no other entry."""
        with self._database.write() as connection:
            of_these = outbox.c.id.in_([each.id for each in entries])
            connection.execute(update(outbox).where(of_these).values(state="given_up"))

    def of_batch(self, batch: str) -> list[OutboxEntry]:
        """All requests of one batch."""
        query = select(outbox).where(outbox.c.batch == batch).order_by(outbox.c.id)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def of_work(self, work_id: int) -> list[OutboxEntry]:
        """The requests for one row of the queue, in order."""
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(_OF_WORK, {"work_id": work_id})]

    def resent(self, work: Work) -> bool:
        """Whether QuickBooks has sent the additional e-mail that a person asked for in this row, however often the row
        was renewed."""
        if work.again is None or not work.id:
            return False
        return any(each.state == "answered" and each.again for each in self.of_work(work.id))

    def of_invoice(self, realm_id: str, od_invoice_id: str) -> list[OutboxEntry]:
        """What QuickBooks did with an invoice of OneDesk's, in order."""
        mine = (outbox.c.realm_id == realm_id) & (outbox.c.od_invoice_id == od_invoice_id)
        query = select(outbox).where(mine, outbox.c.step.in_(("invoice", "send", "undo")), outbox.c.state == "answered")
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query.order_by(outbox.c.id))]

    def made(self, realm_id: str, od_invoice_ids: Sequence[str]) -> set[str]:
        """Those of OneDesk's invoices that QuickBooks has by a request of this ledger."""
        if not od_invoice_ids:
            return set()
        with self._database.read() as connection:
            return set(connection.execute(_MADE, _written(realm_id, od_invoice_ids)).scalars())

    def answers(
        self, realm_id: str, od_invoice_ids: Sequence[str], step: str = "invoice"
    ) -> dict[str, Mapping[str, Any]]:
        """QuickBooks' answer to our last write of each invoice; those without one are left out. A send (`step`) writes
        nothing: its answer may include an edit of others."""
        return self._newest(realm_id, od_invoice_ids, "answer", step)

    def bodies(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Our last write of each invoice, whose answer `answers` gives."""
        return self._newest(realm_id, od_invoice_ids, "body")

    def operations(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, str]:
        """What our last write of each invoice was, whose answer `answers` gives."""
        return self._newest(realm_id, od_invoice_ids, "operation")

    def still_adopted(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, str]:
        """The adoption of each invoice that was adopted and not written since."""
        found = self.operations(realm_id, od_invoice_ids)
        return {od_id: each for od_id, each in found.items() if each == ADOPT}

    def sent(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The last request by which QuickBooks e-mailed each invoice."""
        return self._newest(realm_id, od_invoice_ids, "body", "send") if od_invoice_ids else {}

    def attached(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, list[Mapping[str, Any]]]:
        """By OneDesk's invoice, the record of each file that was attached: {attachment qbo_id} and more."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        if od_invoice_ids:
            mine = {"realm_id": realm_id, "od_invoice_ids": od_invoice_ids}
            with self._database.read() as connection:
                for od_id, context in connection.execute(_ATTACHED, mine):
                    found.setdefault(od_id, []).append(context)
        return found

    def contexts(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The context of the last write of each invoice."""
        return self._newest(realm_id, od_invoice_ids, "context")

    def written_for(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, str]:
        """{OneDesk's id of an invoice: id of the customer organization that it was last written for}."""
        return self._newest(realm_id, od_invoice_ids, "od_customer_id")

    def _newest(
        self, realm_id: str, od_invoice_ids: Sequence[str], column: str, step: str = "invoice"
    ) -> dict[str, Any]:
        mine = _written(realm_id, od_invoice_ids, step)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(_newest(column), mine) if row[1]}

    def applied(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, list[Mapping[str, Any]]]:
        """QuickBooks' answers to the requests that have applied each credit memo to its invoice."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        if not od_invoice_ids:
            return found
        with self._database.read() as connection:
            for row in connection.execute(_APPLIED, _written(realm_id, od_invoice_ids, "apply")):
                found.setdefault(row[0], []).append(row[1] or {})
        return found

    def of_payment(self, realm_id: str, key: str) -> list[OutboxEntry]:
        """The requests for a payment of the host that were not refused, in order."""
        mine = (outbox.c.realm_id == realm_id) & (outbox.c.od_invoice_id == key)
        mine &= outbox.c.step.in_((PAY, UNPAY)) & (outbox.c.state != "refused")
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(select(outbox).where(mine).order_by(outbox.c.id))]

    def credited(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, tuple[Mapping[str, Any], bool]]:
        """Those of the host's credit notes that were applied: the context of the last request that did so, and whether
        it was written since, which applies it again."""
        found: dict[str, tuple[Mapping[str, Any], bool]] = {}
        if not od_invoice_ids:
            return found
        mine = {"realm_id": realm_id, "od_invoice_ids": od_invoice_ids}
        with self._database.read() as connection:
            for od_invoice_id, step, context in connection.execute(_CREDITED, mine):
                if step == "apply":
                    found[od_invoice_id] = context or {}, False
                elif od_invoice_id in found and (context or {}).get("applies"):
                    found[od_invoice_id] = found[od_invoice_id][0], True
        return found

    def deposits(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, Decimal]:
        """The deposit that we last wrote on each invoice, or that both sides have since; those without one are left
        out."""
        if not od_invoice_ids:
            return {}
        with self._database.read() as connection:
            rows = connection.execute(_DEPOSITS, _written(realm_id, od_invoice_ids))
            return {row[0]: decimal_from_text(row[1]) for row in rows}

    def agree_deposit(self, connection: Connection, realm_id: str, od_invoice_id: str, deposit: str) -> None:
        """QuickBooks' deposit now equals OneDesk's prepaid amount, without a write of ours: it counts as written by us;
        in the caller's transaction."""
        newest = select(func.max(outbox.c.id)).where(_WRITTEN, _OF_INVOICES)
        wrote = connection.execute(newest, _written(realm_id, [od_invoice_id])).scalar()
        connection.execute(update(outbox).where(outbox.c.id == wrote).values(deposit=deposit))

    def invoices_of_customer(self, realm_id: str, od_customer_id: str, most: int = 10) -> list[str]:
        """OneDesk's ids of the invoices that were last copied for a customer organization, the newest first."""
        mine = select(outbox.c.od_invoice_id).where(_WRITTEN, outbox.c.od_customer_id == od_customer_id)
        newest = mine.group_by(outbox.c.od_invoice_id).order_by(func.max(outbox.c.id).desc()).limit(most)
        with self._database.read() as connection:
            return list(connection.execute(newest, {"realm_id": realm_id, "step": "invoice"}).scalars())

    def answered(
        self, connection: Connection, answers: Mapping[int, Mapping[str, Any]], looked_up: bool = False
    ) -> None:
        """Record the answers of QuickBooks, {entry's id: answer}; in the caller's transaction, so that it includes
        their effects. `looked_up`: no answer came, this is what QuickBooks has."""
        self._close(connection, "answered", answers, looked_up)

    def refused(self, connection: Connection, faults: Mapping[int, Mapping[str, Any]], looked_up: bool = False) -> None:
        """Record the refusals of QuickBooks, {entry's id: fault}; in the caller's transaction."""
        self._close(connection, "refused", faults, looked_up)

    def _close(
        self, connection: Connection, state: str, answers: Mapping[int, Mapping[str, Any]], looked_up: bool
    ) -> None:
        if not answers:
            return
        at = None if looked_up else self._database.now()
        common = {"state": state, "answered_at": at}
        connection.execute(_CLOSE, [{"of": each, "answer": answer, **common} for each, answer in answers.items()])


def _written(realm_id: str, od_invoice_ids: Sequence[str], step: str = "invoice") -> dict[str, Any]:
    """The parameters of a query for what was written of these invoices."""
    return {"realm_id": realm_id, "od_invoice_ids": od_invoice_ids, "step": step}


def _key(request: Request) -> tuple[str, str, str]:
    return (request.realm_id, request.od_invoice_id, request.step)


def request_id(request: Request, generation: int) -> str:
    """The `requestid`: derived from company, invoice, step, content and how often that step was settled before; and for
    an e-mail from when QuickBooks sent the last one, since a new or restored ledger need not know how many there were.

    35 characters: a batch may have 36 (qbo-api.md 3.9, 3.11).
    """
    content = simplejson.dumps(request.body, use_decimal=True, sort_keys=True)
    parts = [request.realm_id, request.od_invoice_id, request.step, request.operation, content, str(generation)]
    if request.step == "send" and request.context.get("delivered_at"):
        parts.append(request.context["delivered_at"])
    return "od-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _batch_id(names: Sequence[str]) -> str:
    return "od-" + hashlib.sha256("\x1f".join(names).encode()).hexdigest()[:32]


def _entry(row: Row[Any]) -> OutboxEntry:
    return OutboxEntry(**{name: getattr(row, name) for name in OutboxEntry.__slots__})
