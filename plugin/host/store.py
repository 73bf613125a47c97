"""The embedded host's own SQLite file. Every method is one transaction and may be called from any thread."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DatabaseError
from sqlalchemy.sql import ColumnElement

from onedesk_quickbooks.hooks import Attachment, InvoiceJson, Money, Payment
from onedesk_quickbooks.plugin import sqlite_engine
from onedesk_quickbooks.plugin.host.records import HostAway, HostInvoice, HostProblem, RecordedPayment, asked_for
from onedesk_quickbooks.plugin.host.tables import (
    attachments,
    customers,
    invoices,
    make_tables,
    notes,
    payments,
    service_types,
    tags,
)
from onedesk_quickbooks.plugin.texts import Text

FILE = "onedesk.sqlite"
"""The name of the file, in the data directory and in its backups."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An invoice's row."""

    id: str
    status: str
    json: dict[str, Any]
    balance: Decimal | None
    sent_by_host: bool
    balance_of: Decimal | None = None
    totals: tuple[Decimal, ...] = ()
    since: str = ""

    def left(self, invoice: InvoiceJson) -> Decimal | None:
        """The balance if QuickBooks had `invoice`: the reported one, plus the change of the total since QuickBooks took
        the invoice. None if none was reported in this currency. Totals are compared, since the reported balance may
        include prepayments."""
        if self.balance is None or self.json["currency"] != invoice["currency"]:
            return None
        return self.balance + _total(invoice) - (_total(self.json) if self.balance_of is None else self.balance_of)


_OUTSIDE = ("locked", "busy", "full", "I/O error", "unable to open", "readonly", "malformed", "not a database")
"""SQLite's messages for problems of the file or its disk; anything else is an error of this program."""


_PAGE = 1000


class Store:
    """Reads and writes, without the rules of the host."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(onedesk_write=True)

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open or create the file. Raises `HostProblem` if it is no database or cannot be written."""
        engine = sqlite_engine.engine(path, "NORMAL")
        store = cls(engine)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            with suppress(PermissionError):
                path.chmod(0o600)  # it contains names and amounts
            with sqlite_engine.begun(store._writer) as connection:
                if make_tables(connection):
                    for invoice_id in connection.execute(select(invoices.c.id)).scalars().all():
                        restate(connection, invoice_id)
        except (DatabaseError, OSError) as problem:
            engine.dispose()
            cause = getattr(problem, "orig", None) or problem
            raise HostProblem(
                Text(
                    "{path} cannot be used as the host's database: {cause}; see that this user may write there and that"
                    " the disk has room, or name another folder",
                    path=path,
                    cause=cause,
                )
            ) from None
        return store

    def copy(self, path: Path, ids: Iterable[str]) -> None:
        """Make another file of these invoices and their payments."""
        store = Store.open(path)
        try:
            with self.read() as here, store.write() as there:
                for each in ids:
                    for table, column in ((invoices, invoices.c.id), (payments, payments.c.invoice_id)):
                        for row in here.execute(select(table).where(column == each)).mappings():
                            there.execute(insert(table).values(**row))
        finally:
            store.close()

    def close(self) -> None:
        """Close every connection."""
        sqlite_engine.close(self._engine)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction. Raises `HostAway` if the file cannot be used now."""
        with self._usable(), sqlite_engine.begun(self._engine) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its start. Raises `HostAway` if the file cannot be used now;
        then nothing was changed."""
        with self._usable(), sqlite_engine.begun(self._writer) as connection:
            yield connection

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as problem:
            if not any(word in str(problem.orig) for word in _OUTSIDE):
                raise
            raise HostAway(
                Text(
                    "The host's database {path} cannot be used now ({cause}), so nothing was changed: make room on "
                    "its disk, or end what holds the file, and try again. What was saved before is kept; repeating "
                    "creates no duplicates.",
                    path=self._engine.url.database,
                    cause=problem.orig,
                )
            ) from problem

    def invoice(self, invoice_id: str) -> HostInvoice | None:
        """One invoice with all its data; None also for a deleted one."""
        mine = {"id": invoice_id}
        with self.read() as connection:
            row = connection.execute(_ROW, mine).one_or_none()
            if row is None or row.status == "deleted":
                return None
            tagged, noted, paid = (connection.execute(each, mine).all() for each in (_TAGS, _NOTES, _PAID))
        return _invoice(row, tagged, noted, paid)

    def invoices(self, search: str = "", offset: int = 0, limit: int | None = None) -> list[HostInvoice]:
        """Invoices in the order of their creation; `search` is a part of a number, id or customer's name."""
        with self.read() as connection:
            return _full(connection, _matching(search), offset, limit)

    def count(self, search: str = "") -> int:
        """How many invoices `invoices(search)` has."""
        with self.read() as connection:
            return connection.execute(select(func.count()).select_from(invoices).where(_matching(search))).scalar_one()

    def page(self, search: str, state: str, limit: int, before: int = 0, after: int = 0) -> list[HostInvoice]:
        """The newest invoices of a state ("" for all), at most `limit`: those before a position, or the nearest ones
        after one. The cost depends on the result, not on the number of invoices."""
        where = _matching(search)
        if state:
            where &= invoices.c.state == state
        if before:
            where &= invoices.c.position < before
        if after:
            where &= invoices.c.position > after
        with self.read() as connection:
            found = select(invoices.c.position).where(where)
            place = invoices.c.position + 0 if search else invoices.c.position  # + 0 makes a search use the index
            order = place if after else place.desc()
            chosen = connection.execute(found.order_by(order).limit(limit)).scalars().all()
            return _full(connection, invoices.c.position.in_(chosen))[::-1]

    def state_counts(self, search: str = "") -> dict[str, int]:
        """How many invoices there are of each state."""
        counted = select(invoices.c.state, func.count()).where(_matching(search)).group_by(invoices.c.state)
        with self.read() as connection:
            return {row[0]: row[1] for row in connection.execute(counted)}

    def invoices_dated(self, first: date | None, last: date | None) -> Iterator[str]:
        """The ids of the invoices dated within these days, by date and number; read in batches."""
        day = func.json_extract(invoices.c.json, "$.issue_date")
        within = invoices.c.status != "deleted"
        within &= day >= first.isoformat() if first else True
        within &= day <= last.isoformat() if last else True
        keys = (day, func.length(invoices.c.number), invoices.c.number, invoices.c.id)  # 999 comes before 1000
        query, behind = select(invoices.c.id, *keys[:3]).where(within).order_by(*keys).limit(_PAGE), None
        while True:
            with self.read() as connection:
                asked = query if behind is None else query.where(tuple_(*keys) > tuple_(*behind))
                found = connection.execute(asked).all()
            yield from (row[0] for row in found)
            if len(found) < _PAGE:
                return
            last_row = found[-1]
            behind = (*last_row[1:], last_row[0])

    def customer(self, customer_id: str) -> dict[str, Any] | None:
        """A customer organization in the form of the invoice schema."""
        with self.read() as connection:
            text = connection.execute(select(customers.c.json).where(customers.c.id == customer_id)).scalar()
        return None if text is None else dict(json.loads(text))

    def customers(self, search: str, offset: int, limit: int | None) -> list[dict[str, Any]]:
        """Customer organizations whose name contains a text, by name."""
        found = select(customers.c.json).where(customers.c.name.contains(search, autoescape=True))
        by_name = found.order_by(customers.c.name, customers.c.id).offset(offset).limit(limit)
        with self.read() as connection:
            return [json.loads(text) for text in connection.execute(by_name).scalars()]

    def customer_named(self, name: str) -> dict[str, Any] | None:
        """The customer organization of this name; the first if there are several."""
        found = select(customers.c.json).where(customers.c.name == name).order_by(customers.c.id).limit(1)
        with self.read() as connection:
            text = connection.execute(found).scalar()
        return None if text is None else dict(json.loads(text))

    def currencies(self) -> list[str]:
        """The currencies of the invoices."""
        currency = func.json_extract(invoices.c.json, "$.currency")
        with self.read() as connection:
            return list(
                connection.execute(select(currency).where(_matching("")).distinct().order_by(currency)).scalars()
            )

    def service_types(self) -> list[str]:
        """The names of all service types."""
        with self.read() as connection:
            return list(connection.execute(select(service_types.c.name).order_by(service_types.c.name)).scalars())


def stored(connection: Connection, invoice_id: str) -> Stored | None:
    """An invoice's row, also of a deleted one."""
    row = connection.execute(_ROW, {"id": invoice_id}).one_or_none()
    return None if row is None else _stored(row)


def _stored(row: Any) -> Stored:
    kept = {**json.loads(row.json), "status": row.status}
    balance, balance_of = (None if text is None else Decimal(text) for text in (row.balance, row.balance_of))
    totals = tuple(map(Decimal, json.loads(row.totals or "[]")))
    return Stored(row.id, row.status, kept, balance, row.sent_by_host, balance_of, totals, row.since)


def put(connection: Connection, invoice: InvoiceJson, at: str) -> None:
    """Store an invoice in a new row, or replace the one of the same id. The balance from QuickBooks is kept, unless the
    currency has changed."""
    before = stored(connection, invoice["id"])
    if before and before.json["currency"] != invoice["currency"]:
        before = None
    has_balance = before is not None and before.balance is not None
    balance_of = _total(before.json) if before and before.balance_of is None else before and before.balance_of
    totals = dict.fromkeys((*(before.totals or (_total(before.json),) if before else ()), _total(invoice)))
    values = {
        "sent_by_host": False,  # only of a new row
        "id": invoice["id"],
        "number": invoice.get("number") or "",
        "customer_id": invoice["customer"]["id"],
        "customer_name": invoice["customer"]["name"],
        "status": invoice["status"],
        "json": json.dumps(invoice, ensure_ascii=False),
        "balance": str(before.balance) if before and has_balance else None,
        "balance_of": str(balance_of) if has_balance else None,
        "totals": json.dumps([str(total) for total in totals]),
        "changed_at": at,
    }
    connection.execute(_PUT, values)
    restate(connection, invoice["id"])
    put_customer(connection, invoice["customer"])
    put_service_types(connection, (line.get("service_type") for line in invoice["lines"]))


def _total(invoice: InvoiceJson) -> Decimal:
    return Decimal(invoice["total"]) + Decimal(invoice.get("rounding") or 0)


def settled(connection: Connection, invoice: Stored) -> Decimal:
    """The sum of the payments and credits in the invoice's currency that are not reversed."""
    kept = (payments.c.invoice_id == invoice.id) & (payments.c.reversed == "")
    mine = kept & (payments.c.currency == invoice.json["currency"])
    return sum(map(Decimal, connection.execute(select(payments.c.amount).where(mine)).scalars()), Decimal(0))


def balance_of(invoice: Stored, since: Decimal, settled: Decimal, balance: Decimal) -> Decimal:
    """The invoice's total when QuickBooks took the version to which `balance` belongs. Balance and settled amount add
    up to QuickBooks' total: if it is the present one, QuickBooks has the present version; if it is unchanged (with
    `since` as the settled amount before), the same as before; else it has the version with this total, or the present
    one if only QuickBooks knows its tax."""
    there = balance + settled
    if there == _total(invoice.json):
        return there
    if invoice.balance is not None and invoice.balance_of is not None and there == invoice.balance + since:
        return invoice.balance_of
    return there if there in invoice.totals else _total(invoice.json)


def total_paid(connection: Connection, invoice: Stored) -> Decimal:
    """The total that the payments pay in full, where they are more than is due: a higher one needs no other payment."""
    return _total(invoice.json) + settled(connection, invoice) - asked_for(invoice.json)


def put_customer(connection: Connection, customer: Mapping[str, Any]) -> None:
    """Store a customer organization."""
    values = {"name": customer["name"], "json": json.dumps(customer, ensure_ascii=False)}
    connection.execute(_PUT_CUSTOMER, {"id": customer["id"], **values})


def put_service_types(connection: Connection, names: Iterable[str | None]) -> None:
    """Store the names of new service types."""
    wanted = [{"name": name} for name in dict.fromkeys(names) if name]
    if wanted:
        connection.execute(_PUT_SERVICE_TYPE, wanted)


def change(connection: Connection, invoice_id: str, at: str, **values: Any) -> None:
    """Set columns of an invoice's row."""
    connection.execute(_CHANGE, {"of": invoice_id, "changed_at": at, **values})
    restate(connection, invoice_id)


_ROW = select(invoices).where(invoices.c.id == bindparam("id"))
_ROW_PAID = _ROW.add_columns(exists().where(payments.c.invoice_id == invoices.c.id).label("paid"))
_TAGS = select(tags).where(tags.c.invoice_id == bindparam("id")).order_by(tags.c.tag)
_NOTES = select(notes).where(notes.c.invoice_id == bindparam("id")).order_by(notes.c.key)
_PAID = select(payments).where(payments.c.invoice_id == bindparam("id")).order_by(text("rowid"))
_UNTAG = delete(tags).where(tags.c.invoice_id == bindparam("id"))
_TAG = insert(tags)
_CHANGE = update(invoices).where(invoices.c.id == bindparam("of"))
_NEW = upsert(invoices)
_COPIED = ("number", "customer_id", "customer_name", "status", "json", "balance", "balance_of", "totals", "changed_at")
_PUT = _NEW.on_conflict_do_update(index_elements=["id"], set_={name: _NEW.excluded[name] for name in _COPIED})
_NEW_CUSTOMER = upsert(customers)
_PUT_CUSTOMER = _NEW_CUSTOMER.on_conflict_do_update(
    index_elements=["id"], set_={name: _NEW_CUSTOMER.excluded[name] for name in ("name", "json")}
)
_PUT_SERVICE_TYPE = upsert(service_types).on_conflict_do_nothing()
_NOTED = upsert(notes)
_NOTE = _NOTED.on_conflict_do_update(index_elements=["invoice_id", "key"], set_={"text": _NOTED.excluded.text})
_UNNOTE = delete(notes).where(notes.c.invoice_id == bindparam("id"), notes.c.key == bindparam("name"))
"""Statements of every copy, built once."""


def restate(
    connection: Connection,
    invoice_id: str,
    since: str | None = None,
    before: str | None = None,
    tagged: Sequence[Any] | None = None,
) -> bool:
    """Compute the state of the row from all data of the invoice; `since` is what has happened since a plugin set the
    tag, None to keep it. If `before` is given, only if `since` was that. `tagged` are the rows of its tags, where they
    are known. Returns whether there is such a row."""
    mine = {"id": invoice_id}
    row = connection.execute(_ROW_PAID, mine).one_or_none()
    if row is None or (before is not None and row.since != before):
        return False
    tagged = connection.execute(_TAGS, mine).all() if tagged is None else tagged
    paid = connection.execute(_PAID, mine).all() if row.paid else ()
    found, since = _invoice(row, tagged, (), paid), row.since if since is None else since
    state = "deleted" if found.status == "deleted" else found.state_with(since)
    if (row.since, row.state) != (since, state):
        connection.execute(_CHANGE, {"of": invoice_id, "since": since, "state": state})
    return True


def put_since(connection: Connection, invoice_id: str, since: str, before: str | None = None) -> bool:
    """Set what has happened since a plugin set the tag; if `before` is given, only if it was that. Returns whether it
    was set."""
    return restate(connection, invoice_id, since, before)


def put_tag(connection: Connection, invoice_id: str, tag: str, link: str) -> None:
    """Set a tag and its link, replacing the previous one; an empty one removes it."""
    connection.execute(_UNTAG, {"id": invoice_id})
    row = {"invoice_id": invoice_id, "tag": tag, "link": link}
    if tag:
        connection.execute(_TAG, row)
    restate(connection, invoice_id, "", tagged=[SimpleNamespace(**row)] if tag else [])


def put_note(connection: Connection, invoice_id: str, key: str, text: str) -> None:
    """Set the text of a note; an empty one removes it."""
    if not text:
        connection.execute(_UNNOTE, {"id": invoice_id, "name": key})
        return
    connection.execute(_NOTE, {"invoice_id": invoice_id, "key": key, "text": text})


def recorded(connection: Connection, invoice_id: str) -> list[str]:
    """The ids of the payments of an invoice, in the order of recording."""
    return [row.id for row in connection.execute(_PAID, {"id": invoice_id})]


def add_payment(connection: Connection, payment: Payment) -> bool:
    """Store a payment; False if one of this id exists, reversed or not."""
    if connection.execute(select(payments.c.id).where(payments.c.id == payment.id)).scalar() is not None:
        return False
    connection.execute(
        insert(payments).values(
            id=payment.id,
            invoice_id=payment.invoice_id,
            amount=str(payment.amount.amount),
            currency=payment.amount.currency,
            date=payment.date.isoformat(),
            method=payment.method,
            reference=payment.reference,
            link=payment.link,
            reversed="",
            kind=payment.kind,
        )
    )
    return True


def invoices_paid_by(connection: Connection, name: str) -> list[str]:
    """The invoices with a payment recorded as NAME:INVOICE:COUNT that is not reversed."""
    columns = (payments.c.id, payments.c.invoice_id)
    query = select(*columns).where(payments.c.id.startswith(f"{name}:", autoescape=True), payments.c.reversed == "")
    rows = connection.execute(query.order_by(payments.c.id))
    return [row.invoice_id for row in rows if row.id.rpartition(":")[0] == f"{name}:{row.invoice_id}"]


def attach(connection: Connection, invoice_id: str, attachment_id: str, name: str, content: bytes) -> None:
    """Store a file of an invoice; an existing one is unchanged."""
    mine = (attachments.c.invoice_id == invoice_id) & (attachments.c.id == attachment_id)
    if connection.execute(select(attachments.c.id).where(mine)).scalar() is None:
        row = {"invoice_id": invoice_id, "id": attachment_id, "name": name, "content": content}
        connection.execute(insert(attachments).values(**row))


def drop_files(connection: Connection, invoice_id: str, name: str, but: str = "") -> int:
    """Delete the files of this name, except the one with the id `but`; returns how many there were."""
    mine = (attachments.c.invoice_id == invoice_id) & (attachments.c.name == name) & (attachments.c.id != but)
    return connection.execute(delete(attachments).where(mine)).rowcount


def files_of(connection: Connection, invoice_id: str) -> list[Attachment]:
    """The files of an invoice, in the order of their creation."""
    columns = (attachments.c.id, attachments.c.name, func.length(attachments.c.content))
    query = select(*columns).where(attachments.c.invoice_id == invoice_id).order_by(attachments.c.position)
    return [Attachment(*row) for row in connection.execute(query)]


def file_content(connection: Connection, invoice_id: str, attachment_id: str) -> bytes | None:
    """The content of a file; None if it does not exist."""
    mine = (attachments.c.invoice_id == invoice_id) & (attachments.c.id == attachment_id)
    found: bytes | None = connection.execute(select(attachments.c.content).where(mine)).scalar()
    return found


def reverse(connection: Connection, payment_id: str, invoice_id: str, reason: str) -> bool:
    """Mark a payment as reversed; False if it does not exist, or is reversed already."""
    kept = (payments.c.id == payment_id) & (payments.c.invoice_id == invoice_id) & (payments.c.reversed == "")
    return connection.execute(update(payments).where(kept).values(reversed=reason)).rowcount == 1


def rows_of_customer(connection: Connection, customer_id: str) -> list[str]:
    """The ids of a customer's invoices."""
    kept = (invoices.c.customer_id == customer_id) & (invoices.c.status != "deleted")
    found = select(invoices.c.id).where(kept).order_by(invoices.c.position)
    return list(connection.execute(found).scalars())


def _matching(search: str) -> ColumnElement[bool]:
    kept = invoices.c.state != "deleted"
    if not search:
        return kept
    places = (
        invoices.c.number,
        invoices.c.customer_name,
        invoices.c.id,
    )  # LIKE is case-insensitive
    wanted = places[0].contains(search, autoescape=True)
    for place in places[1:]:
        wanted = wanted | place.contains(search, autoescape=True)
    return kept & wanted


def _full(
    connection: Connection, where: ColumnElement[bool], offset: int = 0, limit: int | None = None
) -> list[HostInvoice]:
    """Invoices with tags, notes and payments, in four queries regardless of their number."""
    found = select(invoices).where(where).order_by(invoices.c.position).offset(offset).limit(limit)
    rows = connection.execute(found).all()
    chosen = found.with_only_columns(invoices.c.id)

    def hung(table: Table, *order: Any) -> dict[str, list[Any]]:
        grouped: dict[str, list[Any]] = {}
        those = select(table).where(table.c.invoice_id.in_(chosen)).order_by(*(order or (table.c[0], table.c[1])))
        for row in connection.execute(those):
            grouped.setdefault(row.invoice_id, []).append(row)
        return grouped

    tagged, noted, paid = hung(tags), hung(notes), hung(payments, text("rowid"))  # in the order of recording
    return [_invoice(row, tagged.get(row.id, ()), noted.get(row.id, ()), paid.get(row.id, ())) for row in rows]


def _invoice(row: Any, tagged: Sequence[Any], noted: Sequence[Any], paid: Sequence[Any]) -> HostInvoice:
    invoice = {**json.loads(row.json), "status": row.status}
    recorded = tuple(_payment(payment) for payment in sorted(paid, key=lambda payment: payment.date))
    return HostInvoice(
        id=row.id,
        json=invoice,
        status=row.status,
        balance=Money(_balance(row, invoice, recorded), invoice["currency"]),
        since=row.since,
        position=row.position,
        sent_by_host=row.sent_by_host,
        tags={tag.tag: tag.link for tag in tagged},
        notes={note.key: note.text for note in noted},
        payments=recorded,
    )


def _balance(row: Any, invoice: InvoiceJson, recorded: Sequence[RecordedPayment]) -> Decimal:
    """The balance: zero for an invoice that is void or paid (possibly imported as paid, without payments), else that
    from QuickBooks plus the change of the total, else the amount due less the payments in this currency. Never
    negative, even if more was paid than is due by now."""
    if row.status in ("void", "paid"):
        return Decimal(0)
    least = min(Decimal(0), asked_for(invoice))
    balance = _stored(row).left(invoice)
    if balance is not None:
        return max(least, balance)
    existing = [p.amount for p in recorded if not p.reversed]
    return max(
        least, asked_for(invoice) - sum((m.amount for m in existing if m.currency == invoice["currency"]), Decimal(0))
    )


def _payment(row: Any) -> RecordedPayment:
    return RecordedPayment(
        id=row.id,
        amount=Money(Decimal(row.amount), row.currency),
        date=row.date,
        method=row.method,
        reference=row.reference,
        link=row.link,
        reversed=row.reversed,
        kind=row.kind,
    )
