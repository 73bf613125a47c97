"""Customers, or items, that were merged in QuickBooks: the references are updated, and such a change is no edit.

QuickBooks reports which record remains only in a webhook, which may be lost (qbo-api.md 6). The invoices that we wrote
for the removed one show it as well: all of them now name the other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from onedesk_quickbooks.plugin.ledger import InvoiceLink, Work
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.money import decimal_from_text
from onedesk_quickbooks.plugin.planning import host_customer
from onedesk_quickbooks.plugin.qbo import (
    covered,
    fingerprint_with,
    read_invoice,
    renamed_refs,
    same_fingerprint,
    with_refs,
)
from onedesk_quickbooks.plugin.sync.services import Services

_log = logging.getLogger("onedesk_quickbooks.sync")

Pair = tuple[InvoiceLink, BooksInvoice]


@dataclass(frozen=True, slots=True)
class _Renamed:
    """An invoice that differs from the version with the fingerprint `before` only by these names, {id then: id now}."""

    link: InvoiceLink
    seen: BooksInvoice
    before: str
    customers: Mapping[str, str]
    items: Mapping[str, str]


class Merges:
    """Follows merges in one company. Every method raises `QuickBooksProblem` where it has to ask."""

    def __init__(self, services: Services, realm_id: str) -> None:
        self._services = services
        self._realm_id = realm_id
        self._quickbooks = services.quickbooks(realm_id)

    def accept(self, edited: Sequence[Pair], then: Mapping[str, Mapping[str, Any]]) -> dict[str, InvoiceLink]:
        """From invoices that differ from the version that their link has, the links, by OneDesk's id, of those that
        differ only by a merged customer or item from it, or from a change detected before. Their links, or that change,
        and the customer's links are updated. `then` are QuickBooks' answers to our last writes, by OneDesk's
        id."""
        found = list(self._alike(edited, then))
        if not found:
            return {}
        gone = self._quickbooks.gone("Customer", {old for each in found for old in each.customers})
        gone_items = self._quickbooks.gone("Item", {old for each in found for old in each.items})
        merged = [
            each
            for each in found
            if set(each.customers) <= gone and set(each.items) <= gone_items and self._took_over(each.customers)
        ]
        ledger, realm_id = self._services.ledger, self._realm_id
        links: dict[str, InvoiceLink] = {}
        with ledger.together() as connection:
            for each in merged:
                link, od_id, now = each.link, each.link.od_invoice_id, each.seen.fingerprint
                if each.before == link.fingerprint:
                    columns = {"fingerprint": now, "content_hash": link.content_hash}
                    ledger.links.accept(connection, realm_id, od_id, columns, rewrite=link.rewrite)
                    link = replace(link, fingerprint=now)
                ledger.conflicts.remark(connection, realm_id, od_id, each.before, now, each.seen.customer_id)
                links[od_id] = link
        return links

    def _alike(self, edited: Sequence[Pair], then: Mapping[str, Mapping[str, Any]]) -> Iterator[_Renamed]:
        """Those that differ from a known version only by names that may have been merged."""
        ids = [link.od_invoice_id for link, _ in edited]
        latest = self._services.ledger.conflicts.latest(self._realm_id, ids) if ids else {}
        for link, seen in edited:
            answer, detected = then.get(link.od_invoice_id), latest.get(link.od_invoice_id)
            wrote = read_invoice(answer) if answer else None
            versions = [(link.fingerprint, link.qbo_total)]
            if detected and _stands(detected, link):
                versions.append((detected.conflict.fingerprint, detected.conflict.qbo_total))
            for before, total in versions:
                customers, items = _renamed(before, seen, wrote, detected)
                if (customers or items) and decimal_from_text(total) == seen.total:
                    yield _Renamed(link, seen, before, customers, items)
                    break

    def _took_over(self, customers: Mapping[str, str]) -> bool:
        """Whether nothing that was written for the one names another one than this; then the links are updated."""
        for gone, into in customers.items():
            linked = self._services.ledger.links.linked_customers(self._realm_id, (gone, into))  # or updated already
            if not self._named(gone, {each for some in linked.values() for each in some}) <= {into}:
                return False
        self.follow(customers)
        return True

    def survivors(self, gone: Iterable[str]) -> dict[str, str]:
        """{id of a linked customer that is deleted or inactive: the one that replaced it}; without those that were not
        merged."""
        linked = self._services.ledger.links.linked_customers(self._realm_id, gone)
        found = {qbo_id: self._named(qbo_id, od_ids) - {""} for qbo_id, od_ids in linked.items()}
        return {qbo_id: into.pop() for qbo_id, into in found.items() if len(into) == 1 and qbo_id not in into}

    def _named(self, gone: str, od_customer_ids: Iterable[str]) -> set[str]:
        """The customers that those invoices name now which we wrote for the removed one."""
        outbox, links = self._services.ledger.outbox, self._services.ledger.links
        of_host = {host_customer(each): None for each in od_customer_ids}
        od_ids = [each for one in of_host for each in outbox.invoices_of_customer(self._realm_id, one)]
        wrote = outbox.answers(self._realm_id, od_ids)
        mine = [each for each in od_ids if each in wrote and read_invoice(wrote[each]).customer_id == gone]
        qbo_ids = [link.qbo_id for link in links.invoices(self._realm_id, mine).values()]
        return {each.customer_id for each in self._quickbooks.look_up(invoice_ids=qbo_ids).invoices}

    def follow(self, survivors: Mapping[str, str]) -> None:
        """Update links from removed customers to those that replaced them."""
        if not survivors:
            return
        with self._services.ledger.together() as connection:
            for gone, into in survivors.items():
                self._services.ledger.links.follow(connection, self._realm_id, gone, into)
        for gone, into in survivors.items():
            text = "customer %s was merged into %s in QuickBooks; invoices go to that one now"
            _log.info(text, gone, into, extra={"realm": self._realm_id})


def _stands(detected: Work, link: InvoiceLink) -> bool:
    """Whether an edit that was detected waits for a person, or was left as it is."""
    return detected.conflict.what == "edited" and not detected.conflict.passed and detected.created_at >= link.copied_at


def _renamed(
    stored: str, seen: BooksInvoice, wrote: BooksInvoice | None, detected: Work | None
) -> tuple[dict[str, str], dict[str, str]]:
    """The customers and the items, {id then: id now}, by which alone an invoice differs from what we `wrote`, or from
    the version whose fingerprint is `stored`: an edit, perhaps, which `detected` is about. Both empty where it differs
    in more."""
    if wrote is not None:
        customers, items = renamed_refs(wrote.written, seen.written)
        if fingerprint_with(wrote.written, customers, items, covered(seen.fingerprint)) == seen.fingerprint:
            return customers, items
    then = [detected.conflict.qbo_customer_id] if detected and detected.conflict.fingerprint == stored else []
    then += [wrote.customer_id] if wrote else []
    for customer in filter(None, dict.fromkeys((*then, seen.customer_id))):
        for lines_of in ("", wrote.written if wrote else ""):
            before = with_refs(seen, customer, lines_of)
            if same_fingerprint(stored, before):
                return renamed_refs(before.written, seen.written)
    return {}, {}
