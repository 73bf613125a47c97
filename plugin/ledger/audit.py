"""The audit trail: what was asked, decided, planned, requested, answered and reported, and what people did; rows are
only added.

A row is written in the same transaction as the change that it describes, so that a crash leaves both or neither. Its
hash is the SHA-256 of the hash of the row before it and its own text: changing, removing or moving a row breaks the
chain there. The head holds the number of rows, so that a missing end is detected as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

import simplejson
from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, select, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import audit, audit_head
from onedesk_quickbooks.plugin.texts import Text

KINDS = ("taken", "decided", "planned", "request", "answer", "outcome", "payment", "entry", "act")
"""The kinds of rows: what the host handed over; what the rules decide; what will be written; a request to QuickBooks;
its result; what the host is notified of for a copy or send, and for a payment; an entry of the queue that was noted or
left it automatically; what a person did."""
PLUGIN = "plugin"
"""The actor of what the plugin does automatically."""
HOST = "host"
"""The actor of what the host asks for without naming a user."""
_PAGE = 500
_START = ""
"""Replaces the previous hash for the first row."""
_ADD = insert(audit)
_MOVE = (
    update(audit_head)
    .where(audit_head.c.number == bindparam("rows"), audit_head.c.hash == bindparam("before"))
    .values(number=bindparam("number"), hash=bindparam("hash"))
)
_HEAD = select(audit_head.c.number, audit_head.c.hash)
_canonical = simplejson.JSONEncoder(use_decimal=True, sort_keys=True, separators=(",", ":"), default=str).encode


def canonical(value: Any) -> str:
    """JSON in ASCII, keys sorted, without spaces; Decimals keep their digits."""
    return str(_canonical(value))


def digest(value: Any) -> str:
    """The SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A row to record. `kind` is one of KINDS; `realm_id` and `od_invoice_id` are "" where it concerns no company, or
    no invoice; `content` holds no secret."""

    kind: str
    realm_id: str
    od_invoice_id: str
    content: Mapping[str, Any]
    actor: str = PLUGIN


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A recorded row; `at` is UTC as text, `content` the JSON text that was hashed."""

    id: int
    at: str
    kind: str
    realm_id: str
    od_invoice_id: str
    actor: str
    content: str
    hash: str

    @property
    def values(self) -> Mapping[str, Any]:
        """The content, parsed."""
        found: Mapping[str, Any] = simplejson.loads(self.content, use_decimal=True)
        return found

    @property
    def line(self) -> str:
        """The row as one line of JSON: its id, the text that is hashed, its hash."""
        return f'{{"id":{self.id},{self.text[1:-1]},"hash":"{self.hash}"}}'

    @property
    def text(self) -> str:
        """What is hashed of the row."""
        return _text(self.at, self.kind, self.realm_id, self.od_invoice_id, self.actor, self.content)


class Broken(NamedTuple):
    """The first row that differs from what was recorded; `at` is "" for a missing row."""

    id: int
    at: str
    why: str


class Verified(NamedTuple):
    """The result of a check of the chain: the number of valid rows, and the hash of the last one; `broken` is the first
    invalid one."""

    rows: int
    hash: str
    broken: Broken | None = None


class Audit:
    """The audit table and its head."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._head = (0, _START)  # as far as is known here; the table decides

    def add(self, connection: Connection, rows: Sequence[AuditRow]) -> None:
        """Record these in their order, in the caller's transaction. It holds the write lock: no other row comes in
        between."""
        if not rows:
            return
        at = self._database.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        named = [(at, row.kind, row.realm_id, row.od_invoice_id, row.actor[:200]) for row in rows]
        made = [(*names, canonical(row.content)) for names, row in zip(named, rows, strict=True)]
        entries = _behind(*self._head, made)
        if not _moved(connection, self._head, entries[-1]):  # another process has added rows, or the table is empty
            self._head = _head(connection) or _begun(connection)
            entries = _behind(*self._head, made)
            _moved(connection, self._head, entries[-1])
        connection.execute(_ADD, list(map(_columns, entries)))
        self._head = entries[-1].id, entries[-1].hash

    def act(self, actor: str, did: str, *, realm_id: str = "", od_invoice_id: str = "", **facts: Any) -> None:
        """Record what a person did, in the transaction of this thread that does it. `actor` "" is a person whom the
        host did not name."""
        with self._database.write() as connection:
            self.add(connection, [AuditRow("act", realm_id, od_invoice_id, {"act": did, **facts}, actor or HOST)])

    def of_invoice(self, od_invoice_id: str) -> Iterator[AuditEntry]:
        """The rows about one of the host's invoices, the oldest first."""
        return self._pages(audit.c.od_invoice_id == od_invoice_id)

    def requested(self, od_invoice_id: str, actions: Collection[str], since: datetime, realm_id: str = "") -> bool:
        """Whether one of these actions was requested for the invoice after `since`: of the company `realm_id`, or of
        any for ""."""
        at = since.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        rows = (row for row in self.of_invoice(od_invoice_id) if row.kind == "taken" and row.at > at)
        return any(row.values.get("action") in actions for row in rows if realm_id in ("", row.realm_id))

    def each(self, since: datetime | None = None, before: datetime | None = None) -> Iterator[AuditEntry]:
        """All rows that were recorded from `since` to before `before`, the oldest first."""
        wanted: ColumnElement[bool] = audit.c.id > 0
        if since is not None:
            wanted &= audit.c.at >= since.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if before is not None:
            wanted &= audit.c.at < before.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return self._pages(wanted)

    def verify(self, anchors: Mapping[int, str] | None = None) -> Verified:
        """Check the chain, up to the head. `anchors` are hashes that were noted earlier, by the row's id."""
        with self._database.reading(), self._database.read() as connection:
            number, hashed = _head(connection) or (0, _START)
            last = int(connection.execute(select(func.max(audit.c.id))).scalar() or 0)
        noted = anchors or {}
        rows, before = 0, _START
        for entry in self._pages(audit.c.id <= max(number, last)):
            broken = self._broken(entry, rows, before)
            if broken is None and noted.get(entry.id, entry.hash) != entry.hash:
                broken = Broken(entry.id, entry.at, Text("its hash differs from the recorded one"))
            if broken is not None:
                return Verified(rows, before, broken)
            rows, before = entry.id, entry.hash
        return Verified(rows, before, _end(rows, before, number, hashed) or _unreached(rows, noted))

    def _broken(self, entry: AuditEntry, rows: int, before: str) -> Broken | None:
        """What is wrong with the row after so many, the last of which has the hash `before`."""
        if entry.id != rows + 1:
            return _missing(rows + 1, entry.id - 1)
        if _chained(before, entry) == entry.hash:
            return None
        place = self._place(entry)
        if place is not None:
            return Broken(entry.id, entry.at, Text("the order was changed: it was recorded behind row {n}", n=place))
        why = Text("it was changed since it was recorded")
        if rows:
            why = Text("it was changed since it was recorded, or a row between it and row {n} is gone", n=rows)
        return Broken(entry.id, entry.at, why)

    def _place(self, moved: AuditEntry) -> int | None:
        """The id of the row after which a moved one was recorded; 0 for the first."""
        if _chained(_START, moved) == moved.hash:
            return 0
        every = self._pages(audit.c.id > 0, audit.c.id, audit.c.hash)
        return next((each.id for each in every if _chained(each.hash, moved) == moved.hash), None)

    def _pages(self, wanted: ColumnElement[bool], *columns: ColumnElement[Any]) -> Iterator[Any]:
        """Rows page by page: none is kept, and no transaction stays open."""
        query = select(*(columns or (audit,))).where(wanted).order_by(audit.c.id).limit(_PAGE)
        last = 0
        while True:
            with self._database.read() as connection:
                rows = connection.execute(query.where(audit.c.id > last)).all()
            yield from rows if columns else map(_entry, rows)
            if len(rows) < _PAGE:
                return
            last = rows[-1].id


def _end(rows: int, before: str, number: int, hashed: str) -> Broken | None:
    """Whether the last row is the one in the head."""
    if rows < number:
        return _missing(rows + 1, number)
    if rows > number:
        return Broken(number + 1, "", Text("the head says that row {n} is the last one", n=number))
    return Broken(rows, "", Text("the head has another hash for it")) if before != hashed else None


def _unreached(rows: int, noted: Mapping[int, str]) -> Broken | None:
    """A noted row that is after the last one."""
    behind = sorted(number for number in noted if number > rows)
    return _missing(rows + 1, behind[0]) if behind else None


def _missing(first: int, last: int) -> Broken:
    missing = Text("it is missing") if first == last else Text("it is missing, with all up to row {n}", n=last)
    return Broken(first, "", missing)


def _head(connection: Connection) -> tuple[int, str] | None:
    found = connection.execute(_HEAD).first()
    return (found[0], found[1]) if found else None


def _begun(connection: Connection) -> tuple[int, str]:
    """The head of a trail without rows."""
    connection.execute(insert(audit_head).values(id=1, number=0, hash=_START))
    return 0, _START


def _moved(connection: Connection, head: tuple[int, str], last: AuditEntry) -> bool:
    """Move the head from its former place to the last row; False where it is not at that place."""
    named = {"rows": head[0], "before": head[1], "number": last.id, "hash": last.hash}
    return bool(connection.execute(_MOVE, named).rowcount)


def _behind(number: int, before: str, made: Sequence[tuple[str, ...]]) -> list[AuditEntry]:
    """The rows after so many, the last of which has this hash; `made` are their columns from `at` to `content`."""
    entries = []
    for place, fields in enumerate(made, number + 1):
        at, kind, realm_id, od_invoice_id, actor, content = fields
        before = _hashed(before, _text(*fields))
        entries.append(AuditEntry(place, at, kind, realm_id, od_invoice_id, actor, content, before))
    return entries


def _text(at: str, kind: str, realm_id: str, od_invoice_id: str, actor: str, content: str) -> str:
    """The hashed text of a row: JSON in ASCII without spaces, its fields in this order."""
    return (
        f'{{"at":{quoted(at)},"kind":{quoted(kind)},"company":{quoted(realm_id)},'
        f'"invoice":{quoted(od_invoice_id)},"actor":{quoted(actor)},"content":{content}}}'
    )


def _hashed(before: str, text: str) -> str:
    return hashlib.sha256((before + text).encode()).hexdigest()


def _chained(before: str, entry: AuditEntry) -> str:
    return _hashed(before, entry.text)


def _columns(entry: AuditEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in AuditEntry.__slots__}


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(**{name: getattr(row, name) for name in AuditEntry.__slots__})
