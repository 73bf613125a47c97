"""Which QuickBooks invoice and customer belong to which of the host's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, select, update
from sqlalchemy.engine import Row

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import company, customer_link, invoice_link, outbox
from onedesk_quickbooks.plugin.ledger.upserts import upsert
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE


@dataclass(frozen=True, slots=True)
class InvoiceLink:
    """A host's invoice and its one QuickBooks invoice. Totals are decimal strings; `state` is copied or sent.
    `rewrite`: OneDesk's version will be written, whatever QuickBooks has. `kind` is its type there, INVOICE or
    CREDIT_MEMO: an id of QuickBooks belongs to one of both."""

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
    trail: Mapping[str, Any]
    copied_at: datetime
    sent_at: datetime | None
    rewrite: bool = False
    kind: str = INVOICE


class CustomerLink(NamedTuple):
    """A customer of the host and the QuickBooks customer that its invoices in `currency` go to."""

    od_customer_id: str
    currency: str
    qbo_id: str


_OF_INVOICES = select(invoice_link).where(
    invoice_link.c.realm_id == bindparam("realm_id"),
    invoice_link.c.od_invoice_id.in_(bindparam("ids", expanding=True)),
)
_OF_CUSTOMERS = select(customer_link.c.od_customer_id, customer_link.c.currency, customer_link.c.qbo_id).where(
    customer_link.c.realm_id == bindparam("realm_id"),
    customer_link.c.od_customer_id.in_(bindparam("ids", expanding=True)),
)
_TO_CUSTOMERS = select(customer_link.c.qbo_id, customer_link.c.od_customer_id).where(
    customer_link.c.realm_id == bindparam("realm_id"), customer_link.c.qbo_id.in_(bindparam("ids", expanding=True))
)
_OF_COMPANY = select(invoice_link).where(invoice_link.c.realm_id == bindparam("realm_id"))
_TO_INVOICES = _OF_COMPANY.where(
    invoice_link.c.qbo_id.in_(bindparam("ids", expanding=True)), invoice_link.c.kind == bindparam("kind")
)
_COPIED_SINCE = _OF_COMPANY.where(invoice_link.c.copied_at >= bindparam("since"))
_EVERYWHERE = (
    select(invoice_link)
    .join(company, company.c.realm_id == invoice_link.c.realm_id)
    .where(invoice_link.c.od_invoice_id.in_(bindparam("ids", expanding=True)))
    .order_by(invoice_link.c.copied_at)
)
_CREDIT_MEMO = (
    select(invoice_link.c.qbo_id)
    .where(invoice_link.c.realm_id == bindparam("realm_id"), invoice_link.c.kind == CREDIT_MEMO)
    .limit(1)
)


class Links:
    """Invoice and customer links."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def invoice(self, realm_id: str, od_invoice_id: str) -> InvoiceLink | None:
        """The link of a host's invoice."""
        return self.invoices(realm_id, [od_invoice_id]).get(od_invoice_id)

    def invoices(self, realm_id: str, od_invoice_ids: Sequence[str]) -> dict[str, InvoiceLink]:
        """The links of several of the host's invoices, by the host's id."""
        if not od_invoice_ids:
            return {}
        with self._database.read() as connection:
            rows = connection.execute(_OF_INVOICES, {"realm_id": realm_id, "ids": od_invoice_ids})
            return {row.od_invoice_id: _link(row) for row in rows}

    def everywhere(
        self, realm_id: str, od_invoice_ids: Sequence[str]
    ) -> tuple[dict[str, InvoiceLink], dict[str, InvoiceLink]]:
        """The same, and the links of these invoices with other companies: the last of each."""
        found = self._many(_EVERYWHERE, {"ids": od_invoice_ids}) if od_invoice_ids else []
        own = {link.od_invoice_id: link for link in found if link.realm_id == realm_id}
        return own, {link.od_invoice_id: link for link in found if link.realm_id != realm_id}

    def every(self, realm_id: str) -> list[InvoiceLink]:
        """The links of a company, also of invoices that the host no longer has."""
        return self._many(_OF_COMPANY, {"realm_id": realm_id})

    def by_qbo_ids(self, realm_id: str, qbo_ids: Sequence[str], kind: str = INVOICE) -> dict[str, InvoiceLink]:
        """The links of several QuickBooks invoices, or credit memos, by QuickBooks' id; those that are not ours are
        left out."""
        mine = {"realm_id": realm_id, "ids": qbo_ids, "kind": kind}
        return {link.qbo_id: link for link in self._many(_TO_INVOICES, mine)}

    def named(self, realm_id: str, names: Iterable[str]) -> dict[str, list[InvoiceLink]]:
        """The links of the host's invoices that have one of these ids, or else these numbers, by that name."""
        wanted = set(names)
        either = invoice_link.c.od_invoice_id.in_(wanted) | invoice_link.c.od_number.in_(wanted)
        found: dict[str, list[InvoiceLink]] = {}
        links = self._many(_OF_COMPANY.where(either), {"realm_id": realm_id}) if wanted else []
        for name in wanted:
            by_id = [link for link in links if link.od_invoice_id == name]
            found[name] = by_id or [link for link in links if link.od_number == name]
        return found

    def has_credit_memos(self, realm_id: str) -> bool:
        """Whether one of the host's invoices is a credit memo there."""
        with self._database.read() as connection:
            return connection.execute(_CREDIT_MEMO, {"realm_id": realm_id}).first() is not None

    def copied_since(self, realm_id: str, since: datetime) -> list[InvoiceLink]:
        """The links of what was copied, or linked, at `since` or later."""
        return self._many(_COPIED_SINCE, {"realm_id": realm_id, "since": since})

    def _many(self, query: Select[Any], asked: Mapping[str, Any]) -> list[InvoiceLink]:
        with self._database.read() as connection:
            return [_link(row) for row in connection.execute(query, asked)]

    def put_invoices(self, connection: Connection, links: Sequence[InvoiceLink]) -> None:
        """Keep links, new or changed, in the caller's transaction."""
        rows = [{name: getattr(link, name) for name in InvoiceLink.__slots__} for link in links]
        upsert(connection, invoice_link, rows)

    def customers(self, realm_id: str, od_customer_ids: Iterable[str]) -> dict[tuple[str, str], str]:
        """The linked ones of these customers: {(OneDesk customer id, currency): QuickBooks customer id}."""
        mine = {"realm_id": realm_id, "ids": list(set(od_customer_ids))}
        with self._database.read() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(_OF_CUSTOMERS, mine)}

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
        """Remove the link of this customer in this currency: its next invoice is matched by the rules."""
        mine = (
            (customer_link.c.realm_id == realm_id)
            & (customer_link.c.od_customer_id == link.od_customer_id)
            & (customer_link.c.currency == link.currency)
        )
        with self._database.write() as connection:
            connection.execute(delete(customer_link).where(mine))

    def put_customers(self, connection: Connection, realm_id: str, customers: Mapping[tuple[str, str], str]) -> None:
        """Store {(OneDesk customer id, currency): QuickBooks customer id}, so that a new name on either side creates no
        second customer; in the caller's transaction."""
        rows = [
            {"realm_id": realm_id, "od_customer_id": od_customer_id, "currency": currency, "qbo_id": qbo_id}
            for (od_customer_id, currency), qbo_id in customers.items()
        ]
        upsert(connection, customer_link, rows)

    def forget_invoice(self, connection: Connection, realm_id: str, od_invoice_id: str) -> None:
        """Remove the link of the host's invoice; in the caller's transaction."""
        mine = (invoice_link.c.realm_id == realm_id) & (invoice_link.c.od_invoice_id == od_invoice_id)
        connection.execute(delete(invoice_link).where(mine))

    def accept(
        self,
        connection: Connection,
        realm_id: str,
        od_invoice_id: str,
        seen: Mapping[str, str],
        *,
        rewrite: bool = False,
    ) -> None:
        """Accept QuickBooks' version as the one that the next copy expects to find; in the caller's transaction. `seen`
        are columns of the link: fingerprint, and qbo_number, qbo_total, content_hash where they change. Without a
        content_hash the link gets that of our last write again. `rewrite`: OneDesk's version will be written over it;
        without it, an earlier request to do so is removed."""
        mine = (invoice_link.c.realm_id == realm_id) & (invoice_link.c.od_invoice_id == od_invoice_id)
        wrote = {} if "content_hash" in seen else self._content(connection, realm_id, od_invoice_id)
        connection.execute(update(invoice_link).where(mine).values(**seen, **wrote, rewrite=rewrite))

    def copied_before(self, connection: Connection, realm_id: str, od_invoice_ids: Sequence[str]) -> None:
        """These were copied before now: a later time is that of a clock that was ahead, and what is noted now would
        count as older than the copy. In the caller's transaction."""
        now = self._database.now()
        mine = (invoice_link.c.realm_id == realm_id) & invoice_link.c.od_invoice_id.in_(od_invoice_ids)
        connection.execute(update(invoice_link).where(mine, invoice_link.c.copied_at > now).values(copied_at=now))

    def mailed(self, connection: Connection, realm_id: str, od_invoice_id: str, at: datetime) -> None:
        """QuickBooks e-mailed this version at that time, without a request of ours; in the caller's transaction."""
        mine = (invoice_link.c.realm_id == realm_id) & (invoice_link.c.od_invoice_id == od_invoice_id)
        connection.execute(update(invoice_link).where(mine).values(state="sent", sent_at=at))

    @staticmethod
    def _content(connection: Connection, realm_id: str, od_invoice_id: str) -> dict[str, str]:
        mine = (outbox.c.realm_id == realm_id) & (outbox.c.od_invoice_id == od_invoice_id)
        written = mine & (outbox.c.step == "invoice") & (outbox.c.state == "answered")
        query = select(outbox.c.context).where(written).order_by(outbox.c.id.desc()).limit(1)
        context = connection.execute(query).scalar()
        return {"content_hash": context["content_hash"]} if context and context.get("content_hash") else {}

    def linked_customers(self, realm_id: str, qbo_ids: Iterable[str]) -> dict[str, set[str]]:
        """{QuickBooks customer id: ids of the customer organizations that are linked to it}."""
        mine = {"realm_id": realm_id, "ids": list(set(qbo_ids))}
        linked: dict[str, set[str]] = {}
        with self._database.read() as connection:
            for row in connection.execute(_TO_CUSTOMERS, mine):
                linked.setdefault(row[0], set()).add(row[1])
        return linked

    def follow(self, connection: Connection, realm_id: str, gone: str, into: str) -> None:
        """Two customers were merged in QuickBooks: links to one are changed to the other."""
        mine = (customer_link.c.realm_id == realm_id) & (customer_link.c.qbo_id == gone)
        connection.execute(update(customer_link).where(mine).values(qbo_id=into))


def _link(row: Row[Any]) -> InvoiceLink:
    return InvoiceLink(**{name: getattr(row, name) for name in InvoiceLink.__slots__})
