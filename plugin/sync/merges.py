"""Customers, or items, that were merged in QuickBooks: the references are updated, and such a change is no edit.

QuickBooks reports which record remains only in a webhook, which may be lost (qbo-api.md 6). The invoices that we wrote
for the removed one show it as well: all of them now name the other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
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


class Merges:
    """Follows merges in one company. Every method raises `QuickBooksProblem` where it has to ask."""

    def __init__(self, services: Services, realm_id: str) -> None:
        self._services = services
        self._realm_id = realm_id
        self._quickbooks = services.quickbooks(realm_id)

    def accept(self, edited: Sequence[Pair], then: Mapping[str, Mapping[str, Any]]) -> dict[str, InvoiceLink]:
        """From invoices that differ from the version that their link has, the links, by OneDesk's id, of those that
        differ only by a merged customer or item. Their links, and the customer's, are updated. `then` are QuickBooks'
        answers to our last writes, by OneDesk's id."""
        ids = [link.od_invoice_id for link, _ in edited]
        kept = self._services.ledger.conflicts.latest(self._realm_id, ids) if ids else {}
        found: list[tuple[Pair, dict[str, str], dict[str, str]]] = []
        for link, seen in edited:
            answer, noted = then.get(link.od_invoice_id), kept.get(link.od_invoice_id)
            customers, items = _renamed(link, seen, read_invoice(answer) if answer else None, noted)
            if (customers or items) and decimal_from_text(link.qbo_total) == seen.total:
                found.append(((link, seen), customers, items))
        if not found:
            return {}
        gone = self._quickbooks.gone("Customer", {old for _, customers, _ in found for old in customers})
        gone_items = self._quickbooks.gone("Item", {old for _, _, items in found for old in items})
        merged = [
            pair
            for pair, customers, items in found
            if set(customers) <= gone and set(items) <= gone_items and self._took_over(customers)
        ]
        ledger = self._services.ledger
        with ledger.together() as connection:
            for link, seen in merged:
                of_it, now = (self._realm_id, link.od_invoice_id), seen.fingerprint
                columns = {"fingerprint": now, "content_hash": link.content_hash}
                ledger.links.accept(connection, *of_it, columns, rewrite=link.rewrite)
                ledger.conflicts.remark(connection, *of_it, link.fingerprint, now, seen.customer_id)
        return {link.od_invoice_id: replace(link, fingerprint=seen.fingerprint) for link, seen in merged}

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


def _renamed(
    link: InvoiceLink, seen: BooksInvoice, wrote: BooksInvoice | None, noted: Work | None
) -> tuple[dict[str, str], dict[str, str]]:
    """The customers and the items, {id then: id now}, by which alone an invoice differs from what we `wrote`, or from
    the version that its link has: an edit that was kept, which `noted` is about. Both empty where it differs in more.
    """
    if wrote is not None:
        customers, items = renamed_refs(wrote.written, seen.written)
        if fingerprint_with(wrote.written, customers, items, covered(seen.fingerprint)) == seen.fingerprint:
            return customers, items
    then = [noted.conflict.qbo_customer_id] if noted and noted.conflict.fingerprint == link.fingerprint else []
    then += [wrote.customer_id] if wrote else []
    for customer in filter(None, dict.fromkeys((*then, seen.customer_id))):
        for lines_of in ("", wrote.written if wrote else ""):
            before = with_refs(seen, customer, lines_of)
            if same_fingerprint(link.fingerprint, before):
                return renamed_refs(before.written, seen.written)
    return {}, {}
