"""Invoices and credit memos in QuickBooks that have the mark of one of the host's invoices, and no link.

Another ledger has written them: one that was lost, or the one that a restored backup has replaced. They are read from
QuickBooks once, before the first invoice without a link is written (`sync.outbound.marked_forms`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.ledger.tables import company, invoice_link, marked_form
from onedesk_quickbooks.plugin.ledger.upserts import insert_new, upsert


class MarkedForm(NamedTuple):
    """`mark` is what follows "OneDesk invoice" in its private note, in one case and spacing: a line for each place
    where the note has that. It begins with the host's id. `anothers`: a person has said that it is the invoice of
    another installation."""

    qbo_id: str
    kind: str
    mark: str
    anothers: bool = False


_COLUMNS = tuple(marked_form.c[name] for name in MarkedForm._fields)
_OF_COMPANY = marked_form.c.realm_id == bindparam("of")
_LINKED = select(invoice_link.c.qbo_id).where(invoice_link.c.realm_id == bindparam("of"))
_NOT_LINKED = _OF_COMPANY & ~_LINKED.where(invoice_link.c.qbo_id == marked_form.c.qbo_id).exists()
_UNLINKED = select(*_COLUMNS).where(_NOT_LINKED)
_LEFT = _UNLINKED.where(marked_form.c.anothers.is_(False))
_ANOTHERS = select(marked_form.c.qbo_id).where(_OF_COMPANY, marked_form.c.anothers)
_STALE = delete(marked_form).where(_OF_COMPANY, marked_form.c.anothers.is_(False))
_COUNTED = select(func.count()).select_from(marked_form).where(_OF_COMPANY).scalar_subquery()
_KNOWN = select(company.c.marked).where(company.c.realm_id == bindparam("of"))
_READ = update(company).where(company.c.realm_id == bindparam("of")).values(marked=_COUNTED)
_RECOUNTED = _READ.where(company.c.marked.is_not(None))
_UNREAD = update(company).values(marked=None)


class MarkedForms:
    """The table marked_form, and company.marked."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, realm_id: str) -> bool:
        """Whether they were read from QuickBooks."""
        with self._database.read() as connection:
            return connection.execute(_KNOWN, {"of": realm_id}).scalar() is not None

    def keep(self, realm_id: str, found: Iterable[MarkedForm]) -> None:
        """Keep those of all marked forms of a company that have no link, in place of the earlier ones. What a person
        has said of one stays. All are taken from `found` before the transaction begins."""
        mine, forms = {"of": realm_id}, list(found)  # they come from QuickBooks, which can take minutes and can fail
        with self._database.write() as connection:
            linked = set(connection.execute(_LINKED, mine).scalars())
            connection.execute(_STALE, mine)
            rows = [{"realm_id": realm_id, **each._asdict()} for each in forms if each.qbo_id not in linked]
            insert_new(connection, marked_form, rows)
            connection.execute(_READ, mine)

    def learn(self, realm_id: str, found: Collection[MarkedForm]) -> None:
        """Add these, which a comparison of both sides has found, where all were read before."""
        rows = [{"realm_id": realm_id, **each._asdict()} for each in found]
        if rows:
            with self._database.write() as connection:
                insert_new(connection, marked_form, rows)
                connection.execute(_RECOUNTED, {"of": realm_id})

    def beginning(self, realm_id: str, texts: Collection[str]) -> list[MarkedForm]:
        """Those without a link and with a line of the mark that begins with one of these texts: the one that was made
        first is the first. No index helps there; a company without such forms is not asked."""
        if not texts:
            return []
        mark = marked_form.c.mark
        begins = (
            or_(mark.startswith(each, autoescape=True), mark.contains(f"\n{each}", autoescape=True)) for each in texts
        )
        with self._database.read() as connection:
            rows = connection.execute(_UNLINKED.where(or_(*begins)), {"of": realm_id})
            return sorted((MarkedForm(*row) for row in rows), key=_made)

    def has(self, realm_id: str, text: str) -> bool:
        """Whether one is among them that is not another installation's; `text` as in `beginning`."""
        return any(not each.anothers for each in self.beginning(realm_id, [text] if text else []))

    def unlinked(self, realm_id: str) -> list[MarkedForm]:
        """Those without a link that are not another installation's."""
        with self._database.read() as connection:
            return [MarkedForm(*row) for row in connection.execute(_LEFT, {"of": realm_id})]

    def anothers(self, realm_id: str) -> frozenset[str]:
        """QuickBooks' ids of those that are another installation's."""
        with self._database.read() as connection:
            return frozenset(connection.execute(_ANOTHERS, {"of": realm_id}).scalars())

    def say(self, connection: Connection, realm_id: str, said: Collection[MarkedForm]) -> None:
        """Record what a person says of these: whether they are another installation's; in the caller's transaction."""
        upsert(connection, marked_form, [{"realm_id": realm_id, **each._asdict()} for each in said])
        connection.execute(_RECOUNTED, {"of": realm_id})

    @staticmethod
    def outdate(connection: Connection, realm_id: str = "") -> None:
        """Have them read again, of one company or of all; in the caller's transaction."""
        connection.execute(_UNREAD.where(company.c.realm_id == realm_id) if realm_id else _UNREAD)


def _made(form: MarkedForm) -> tuple[int, str]:
    return len(form.qbo_id), form.qbo_id
