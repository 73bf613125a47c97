"""The ledger's data on linked invoices: what each side has changed since the last copy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from onedesk_quickbooks.plugin.ledger import Connected, InvoiceLink, Ledger, Work, undone_by_person, undone_by_rule
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import DROPPED
from onedesk_quickbooks.plugin.model.money import decimal_from_text
from onedesk_quickbooks.plugin.model.name_keys import name_key
from onedesk_quickbooks.plugin.planning import PARTNER, Version, linked_as
from onedesk_quickbooks.plugin.planning.reconcile import Kept
from onedesk_quickbooks.plugin.sync.outbound.reading import asks
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.versions import as_written, edited, is_of, kept_on, only_paid, taken, versions
from onedesk_quickbooks.plugin.texts import Text

Raw = Mapping[str, Any]
Found = TypeVar("Found")
SOME = 500
"""How many ids are in one query of the ledger."""


def some(ask: Callable[[str, Sequence[str]], dict[str, Found]], realm_id: str, ids: Sequence[str]) -> dict[str, Found]:
    """The ledger's answers for these ids, read in parts."""
    found: dict[str, Found] = {}
    for start in range(0, len(ids), SOME):
        found |= ask(realm_id, ids[start : start + SOME])
    return found


class Between:
    """The data of one company. `asked` is the last copy or send of each of the host's invoices, `prepaid` the deposits
    that we wrote."""

    def __init__(
        self, ledger: Ledger, connected: Connected, asked: Mapping[str, Work], prepaid: Mapping[str, Decimal]
    ) -> None:
        self._ledger = ledger
        self._realm_id = connected.realm_id
        self._asked = asked
        self._said = ledger.sentences.recalled(work.reason for work in asked.values() if work.state != "done")
        self._prepaid = prepaid
        customers = ledger.links.every_customer(self._realm_id)
        self._customers = {(each.od_customer_id, each.currency): each.qbo_id for each in customers}
        self._partners = {each.qbo_id for each in customers if each.od_customer_id.startswith(PARTNER)}
        waiting = (*ledger.conflicts.waiting(self._realm_id), *ledger.conflicts.withdrawn(self._realm_id))
        self._waiting = {work.od_invoice_id: work.id for work in waiting}
        self._copied: dict[str, Work] = {}

    def kept(
        self,
        links: Sequence[InvoiceLink],
        own: Mapping[str, Invoice | None],
        books: Mapping[str, BooksInvoice],
        raw: Mapping[str, Raw],
    ) -> dict[str, Kept]:
        """The data of each link, by the host's id. `own` are OneDesk's invoices by id, `books` and `raw`
        QuickBooks'."""
        changed = [link for link in links if (now := books.get(link.qbo_id)) and not now.voided and edited(link, now)]
        ids = [link.od_invoice_id for link in changed]
        wrote = some(self._ledger.outbox.answers, self._realm_id, ids)
        bodies = some(self._ledger.outbox.bodies, self._realm_id, ids)
        adopted = some(self._ledger.outbox.still_adopted, self._realm_id, [link.od_invoice_id for link in links])
        latest = some(self._ledger.conflicts.latest, self._realm_id, [link.od_invoice_id for link in links])
        asked = [od_id for link in links if (od_id := link.od_invoice_id) in self._asked]
        unfinished = [od_id for od_id in asked if self._asked[od_id].state != "done"]
        self._copied = some(self._ledger.queue_lists.last_done, self._realm_id, unfinished)
        edits: dict[str, tuple[Version, ...]] = {}
        for link in changed:
            od_id, now = link.od_invoice_id, books[link.qbo_id]
            then = wrote.get(od_id)
            if not (as_written(then, now) or only_paid(link, then, self._prepaid.get(od_id, Decimal(0)), now)):
                edits[od_id] = tuple(versions(link, then, raw[link.qbo_id], bodies.get(od_id), own.get(od_id)))
        found = {
            link.od_invoice_id: self._one(
                link, own.get(link.od_invoice_id), books.get(link.qbo_id), edits, latest.get(link.od_invoice_id)
            )
            for link in links
        }
        return {od_id: dataclasses.replace(each, adopted=od_id in adopted) for od_id, each in found.items()}

    def _one(
        self,
        link: InvoiceLink,
        own: Invoice | None,
        now: BooksInvoice | None,
        edits: Mapping[str, tuple[Version, ...]],
        latest: Work | None,
    ) -> Kept:
        od_id = link.od_invoice_id
        decided = latest if latest is not None and taken(link, now, latest) else None
        found = edits.get(od_id, ())
        if decided is not None and od_id not in edits and _still(decided, own):
            found = tuple((each["field"], each["onedesk"], each["quickbooks"]) for each in decided.conflict.versions)
        renewed, changed = self._renewed(link, own, now)
        work = self._asked.get(od_id)
        return Kept(
            qbo_id=link.qbo_id,
            qbo_number=link.qbo_number,
            edited=od_id in edits,
            accepted=_accepted(decided) if decided else "",
            versions=tuple(each for each in found if not self._same(each[0], own, now)),
            changed=changed,
            renewed=renewed,
            state=work.state if work else "",
            entry=work.id if work else 0,
            reason=self._said.get(work.reason, work.reason) if work else "",
            waiting=self._waiting.get(od_id, 0),
            undone=_undone(latest, link),
            dropped=_dropped(latest, link, now),
        )

    def queued(self, od_invoice_id: str) -> Kept:
        """The data of an invoice that is not linked."""
        work = self._asked.get(od_invoice_id)
        if work is None:
            return Kept()
        return Kept(state=work.state, entry=work.id, reason=self._said.get(work.reason, work.reason))

    def _renewed(
        self, link: InvoiceLink, own: Invoice | None, now: BooksInvoice | None
    ) -> tuple[bool, tuple[Version, ...]]:
        """Whether OneDesk's version differs from the last copy, and which of its changes QuickBooks does not have."""
        work = self._asked.get(link.od_invoice_id)
        if own is None or now is None or work is None:
            return False, ()
        if work.state != "done":  # QuickBooks does not have the last queued version
            copied = self._copied.get(link.od_invoice_id)
            before = _read(copied.invoice) if copied else None
            if before is not None and asks(own) == asks(before):
                return False, ()
            found = self._apart(link, own, now, before is not None and before.customer.id != own.customer.id)
            return bool(found) or decimal_from_text(link.total) != own.total, found
        then = _read(work.invoice)
        if then is None or asks(own) == asks(then):
            return False, ()
        changed = {
            "number": own.number != then.number,
            "date": own.issue_date != then.issue_date,
            "customer": own.customer.id != then.customer.id,
        }
        return True, tuple(each for each in self._apart(link, own, now, changed["customer"]) if changed[each[0]])

    def _apart(self, link: InvoiceLink, own: Invoice, now: BooksInvoice, moved: bool = False) -> tuple[Version, ...]:
        """Number, date and customer where the two differ. A number that QuickBooks assigned is no difference; a
        customer without a link counts where the invoice was moved to it."""
        found = []
        numbered = link.od_number == link.qbo_number or own.number != link.od_number
        if numbered and own.number != now.number:
            found.append(("number", own.number, now.number))
        if own.issue_date != now.issue_date:
            found.append(
                ("date", own.issue_date.isoformat(), now.issue_date.isoformat() if now.issue_date else Text("none"))
            )
        customer_id = self._customers.get((own.customer.id, own.currency))
        below = self._customers.get((linked_as(own), own.currency))
        if now.customer_id == below or now.customer_id in self._partners:
            return tuple(found)
        if customer_id != now.customer_id and (customer_id or moved) and not self._same("customer", own, now):
            found.append(("customer", own.customer.name, now.customer_name))
        return tuple(found)

    def _same(self, field: str, own: Invoice | None, now: BooksInvoice | None) -> bool:
        """Whether OneDesk by now equals QuickBooks; a customer without a link by its name."""
        if own is None or now is None:
            return False
        linked = self._customers.get((own.customer.id, own.currency))
        named = name_key(own.customer.name) == name_key(now.customer_name)
        same = {
            "number": own.number == now.number,
            "date": own.issue_date == now.issue_date,
            "customer": linked == now.customer_id if linked else named,
        }
        return same.get(field, False)


def _undone(latest: Work | None, link: InvoiceLink) -> str:
    """The run whose undo removed the invoice from QuickBooks; "" for none."""
    by_person = latest is not None and undone_by_rule(latest, link) and undone_by_person(latest)
    return str((latest.conflict.about or {}).get("run", "")) if latest is not None and by_person else ""


def _dropped(latest: Work | None, link: InvoiceLink, now: BooksInvoice | None) -> int:
    """The entry of this change in QuickBooks, which no look for payments notes again; 0 for none."""
    if latest is None or now is None or latest.state != DROPPED or latest.created_at < link.copied_at:
        return 0
    return latest.id if is_of(latest.conflict, now) and not latest.conflict.passed else 0


def _read(source: Mapping[str, Any]) -> Invoice | None:
    try:
        return read_invoice(source)
    except ValueError:
        return None


def _still(decided: Work, own: Invoice | None) -> bool:
    """Whether OneDesk still has the version that was decided about: otherwise the differences of that time do not
    apply."""
    then = _read(decided.conflict.about or decided.invoice)
    return own is not None and then is not None and asks(then) == asks(own)


def _accepted(decided: Work) -> str:
    day = kept_on(decided)
    return Text("on {day}", day=day) if day else Text("by rule ({key})", key="invoices.when_changed_in_quickbooks")
