"""The items that the lines of a copied invoice were written with, whatever QuickBooks calls them now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.ledger import InvoiceLink, Ledger
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.qbo import read_invoice
from onedesk_quickbooks.plugin.sync.versions import edited


@dataclass(frozen=True, slots=True)
class Written:
    """QuickBooks' answer to our last write of an invoice, and the items of its lines."""

    answer: BooksInvoice
    items: tuple[Ref, ...]


def written_items(ledger: Ledger, realm_id: str, links: Sequence[InvoiceLink]) -> dict[str, Written]:
    """The last written invoices, by QuickBooks' id."""
    od_ids = [each.od_invoice_id for each in links]
    contexts = ledger.outbox.contexts(realm_id, od_ids) if od_ids else {}
    answers = ledger.outbox.answers(realm_id, od_ids) if od_ids else {}
    found = {}
    for each in links:
        if each.od_invoice_id in answers:
            answer = read_invoice(answers[each.od_invoice_id])
            found[each.qbo_id] = Written(answer, items_of(contexts.get(each.od_invoice_id, {}), answer))
    return found


def items_of(context: Mapping[str, Any], wrote: BooksInvoice) -> tuple[Ref, ...]:
    """Ids as in the written invoice, and the names that were kept with it (`context`). Earlier releases kept none: then
    those of QuickBooks' answer."""
    lines = [line.item for line in wrote.lines]
    names = context.get("items") or [item.name for item in lines]
    return tuple(Ref(item.id, name) for item, name in zip(lines, names, strict=False))


def item_ids(written: Sequence[Ref], now: BooksInvoice | None) -> tuple[str, ...]:
    """The ids that an update needs. QuickBooks' own items, for shipping, have ids that cannot be queried."""
    found = [*written, *(line.item for line in (now.lines if now else ()))]
    return tuple(dict.fromkeys(each.id for each in found if each.id.isdecimal()))


def survivors(link: InvoiceLink, written: Sequence[Ref], now: BooksInvoice, known: Collection[str]) -> tuple[Ref, ...]:
    """The same after two items were merged in QuickBooks: the removed one (not `known`) is replaced by the other, which
    the invoice has in its place."""
    if edited(link, now) or len(now.lines) != len(written):
        return tuple(written)
    return tuple(
        each if each.id in known else Ref(line.item.id, each.name)
        for each, line in zip(written, now.lines, strict=True)
    )
