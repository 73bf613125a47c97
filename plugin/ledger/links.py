"""Which QuickBooks invoice and customer belong to which of the host's, and which payments came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import customer_link, invoice_link, payment
from onedesk_quickbooks.plugin.ledger.upserts import upsert


@dataclass(frozen=True, slots=True)
class InvoiceLink:
    """A host's invoice and its one QuickBooks invoice. Totals are decimal strings; `state` is copied or sent."""

    realm_id: str
    od_invoice_id: str
    od_number: str
    qbo_id: str
    qbo_number: str
    content_hash: str
    fingerprint: str
    currency: str
    total: str
    qbo_total: str
    state: str
    rules_hash: str
    trail: Any
    copied_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerLink:
    """A customer of the host and the QuickBooks customer that its invoices in `currency` go to."""

    od_customer_id: str
    currency: str
    qbo_id: str


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment, or a part of one, on its way to the host, or recorded there. `state` is to_record, recorded,
    to_reverse, reversed or ignored (by rule); `qbo_payment_id` is "invoice-ID" of what is on the invoice itself."""

    id: str
    realm_id: str
    qbo_payment_id: str
    od_invoice_id: str
    state: str
    payment: Mapping[str, Any]
    reversal: Mapping[str, Any] | None


STANDING = ("to_record", "recorded")
"""States of what settles an invoice now."""
ON_INVOICE = "invoice-"
"""What stands before the invoice's id where something else than a payment settles it (`qbo_payment_id`)."""


class Links:
    """Invoice and customer links, and payments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def invoice(self, realm_id: str, od_invoice_id: str) -> InvoiceLink | None:
        """The link of a host's invoice."""
        return self._one((invoice_link.c.realm_id == realm_id) & (invoice_link.c.od_invoice_id == od_invoice_id))

    def invoices(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, InvoiceLink]:
        """The links of several of the host's invoices, by the host's id."""
        mine = (invoice_link.c.realm_id == realm_id) & invoice_link.c.od_invoice_id.in_(od_invoice_ids)
        return {link.od_invoice_id: link for link in self._many(mine)}

    def every(self, realm_id: str) -> list[InvoiceLink]:
        """The links of a company, also of invoices that the host no longer has."""
        return self._many(invoice_link.c.realm_id == realm_id)

    def by_qbo_ids(self, realm_id: str, qbo_ids: Sequence[str]) -> dict[str, InvoiceLink]:
        """The links of several QuickBooks invoices, by QuickBooks' id; those that are not ours are left out."""
        mine = (invoice_link.c.realm_id == realm_id) & invoice_link.c.qbo_id.in_(qbo_ids)
        return {link.qbo_id: link for link in self._many(mine)}

    def _many(self, condition: Any) -> list[InvoiceLink]:
        with self._database.read() as connection:
            return [_link(row) for row in connection.execute(select(invoice_link).where(condition))]

    def _one(self, condition: Any) -> InvoiceLink | None:
        with self._database.read() as connection:
            row = connection.execute(select(invoice_link).where(condition)).first()
        return _link(row) if row else None

    def put_invoices(self, connection: Connection, links: Sequence[InvoiceLink]) -> None:
        """Keep links, new or changed, in the caller's transaction."""
        rows = [{name: getattr(link, name) for name in InvoiceLink.__slots__} for link in links]
        upsert(connection, invoice_link, rows)

    def customers(self, realm_id: str, od_customer_ids: Iterable[str]) -> dict[tuple[str, str], str]:
        """The linked ones of these customers: {(OneDesk customer id, currency): QuickBooks customer id}."""
        mine = (customer_link.c.realm_id == realm_id) & customer_link.c.od_customer_id.in_(set(od_customer_ids))
        query = select(customer_link.c.od_customer_id, customer_link.c.currency, customer_link.c.qbo_id).where(mine)
        with self._database.read() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(query)}

    def every_customer(self, realm_id: str, od_customer_id: str = "") -> list[CustomerLink]:
        """The customer links of a company, or of one customer of the host."""
        mine = customer_link.c.realm_id == realm_id
        if od_customer_id:
            mine &= customer_link.c.od_customer_id == od_customer_id
        columns = (customer_link.c.od_customer_id, customer_link.c.currency, customer_link.c.qbo_id)
        query = select(*columns).where(mine).order_by(*columns[:2])
        with self._database.read() as connection:
            return [CustomerLink(*row) for row in connection.execute(query)]

    def forget_customer(self, realm_id: str, link: CustomerLink) -> None:
        """The next invoice of this customer in this currency is matched as the rules say."""
        mine = (
            (customer_link.c.realm_id == realm_id)
            & (customer_link.c.od_customer_id == link.od_customer_id)
            & (customer_link.c.currency == link.currency)
        )
        with self._database.write() as connection:
            connection.execute(delete(customer_link).where(mine))

    def put_customers(self, connection: Connection, realm_id: str, customers: Mapping[tuple[str, str], str]) -> None:
        """Remember {(OneDesk customer id, currency): QuickBooks customer id}, so that a renaming on either side leads
        to no second one; in the caller's transaction."""
        rows = [
            {"realm_id": realm_id, "od_customer_id": od_customer_id, "currency": currency, "qbo_id": qbo_id}
            for (od_customer_id, currency), qbo_id in customers.items()
        ]
        upsert(connection, customer_link, rows)

    def payments_of(self, realm_id: str, qbo_payment_ids: Sequence[str]) -> list[PaymentRow]:
        """All rows of these QuickBooks payments, whatever their state."""
        return self._payments((payment.c.realm_id == realm_id) & payment.c.qbo_payment_id.in_(qbo_payment_ids))

    def payments_waiting(self, realm_id: str) -> list[PaymentRow]:
        """Payments that the host still has to be told of."""
        waiting = payment.c.state.in_(("to_record", "to_reverse"))
        return self._payments((payment.c.realm_id == realm_id) & waiting)

    def standing_payments(self, realm_id: str, od_invoice_ids: Sequence[str] | None = None) -> list[tuple[str, str]]:
        """(OneDesk's id of the invoice, QuickBooks' id of the payment) of all that are recorded in the host, or on
        their way there; of these invoices alone where some are named."""
        mine = (payment.c.realm_id == realm_id) & payment.c.state.in_(STANDING)
        mine &= payment.c.qbo_payment_id.not_like(f"{ON_INVOICE}%")
        if od_invoice_ids is not None:
            mine &= payment.c.od_invoice_id.in_(od_invoice_ids)
        query = select(payment.c.od_invoice_id, payment.c.qbo_payment_id).where(mine).distinct()
        with self._database.read() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def payments_of_invoice(self, realm_id: str, od_invoice_id: str) -> list[PaymentRow]:
        """All payments on one of the host's invoices, whatever their state."""
        return self._payments((payment.c.realm_id == realm_id) & (payment.c.od_invoice_id == od_invoice_id))

    def last_told(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, PaymentRow]:
        """Of each of the host's invoices, the payment that the host was told of last, recorded or taken back."""
        told = payment.c.state.in_(("recorded", "reversed"))
        mine = (payment.c.realm_id == realm_id) & payment.c.od_invoice_id.in_(od_invoice_ids) & told
        query = select(payment).where(mine).order_by(payment.c.updated_at, payment.c.created_at, payment.c.id)
        with self._database.read() as connection:
            return {row.od_invoice_id: _payment(row) for row in connection.execute(query)}

    def payment(self, payment_id: str) -> PaymentRow | None:
        """One row by its id."""
        rows = self._payments(payment.c.id == payment_id)
        return rows[0] if rows else None

    def _payments(self, condition: Any) -> list[PaymentRow]:
        query = select(payment).where(condition).order_by(payment.c.created_at, payment.c.id)
        with self._database.read() as connection:
            return [_payment(row) for row in connection.execute(query)]

    def put_payments(self, connection: Connection, rows: Iterable[PaymentRow]) -> None:
        """Keep payments, new or changed, in the caller's transaction."""
        now = self._database.now()
        for row in rows:
            values = {name: getattr(row, name) for name in PaymentRow.__slots__}
            known = connection.execute(
                update(payment).where(payment.c.id == row.id).values(**values, updated_at=now)
            ).rowcount
            if not known:
                connection.execute(insert(payment).values(**values, created_at=now, updated_at=now))

    def payment_told(self, payment_id: str, state: str) -> None:
        """The host has been told."""
        with self._database.write() as connection:
            connection.execute(
                update(payment).where(payment.c.id == payment_id).values(state=state, updated_at=self._database.now())
            )


def _link(row: Row[Any]) -> InvoiceLink:
    return InvoiceLink(**{name: getattr(row, name) for name in InvoiceLink.__slots__})


def _payment(row: Row[Any]) -> PaymentRow:
    return PaymentRow(**{name: getattr(row, name) for name in PaymentRow.__slots__})
