"""The items that the lines of a copied invoice were written with, whatever QuickBooks calls them now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from onedesk_quickbooks.plugin.ledger import InvoiceLink, Ledger
from onedesk_quickbooks.plugin.model.books import BooksInvoice, Ref
from onedesk_quickbooks.plugin.qbo import read_invoice
from onedesk_quickbooks.plugin.sync.versions import edited


def written_items(ledger: Ledger, realm_id: str, links: Sequence[InvoiceLink]) -> dict[str, tuple[Ref, ...]]:
    """For each invoice, by QuickBooks' id of it, the items of its lines, as they were written last."""
    od_ids = [each.od_invoice_id for each in links]
    contexts = ledger.outbox.contexts(realm_id, od_ids) if od_ids else {}
    answers = ledger.outbox.answers(realm_id, od_ids) if od_ids else {}
    return {
        each.qbo_id: items_of(contexts.get(each.od_invoice_id, {}), answers[each.od_invoice_id])
        for each in links
        if each.od_invoice_id in answers
    }


def items_of(context: Mapping[str, Any], raw: Mapping[str, Any]) -> tuple[Ref, ...]:
    """Ids as `raw` has them, a body or QuickBooks' answer to it, and the names that were kept beside it (`context`).
    Earlier releases kept none: then those of the answer."""
    lines = [line.item for line in read_invoice(raw).lines]
    names = context.get("items") or [item.name for item in lines]
    return tuple(Ref(item.id, name) for item, name in zip(lines, names, strict=False))


def item_ids(written: Sequence[Ref], now: BooksInvoice | None) -> tuple[str, ...]:
    """What is to be known to plan an update. QuickBooks' own items, for shipping, have ids that cannot be asked for."""
    found = [*written, *(line.item for line in (now.lines if now else ()))]
    return tuple(dict.fromkeys(each.id for each in found if each.id.isdecimal()))


def survivors(link: InvoiceLink, written: Sequence[Ref], now: BooksInvoice, known: Collection[str]) -> tuple[Ref, ...]:
    """The same where QuickBooks' user has made one item of two since: the one that is gone (not `known`) is the other
    now, which the invoice has in its place."""
    if edited(link, now) or len(now.lines) != len(written):
        return tuple(written)
    return tuple(
        each if each.id in known else Ref(line.item.id, each.name)
        for each, line in zip(written, now.lines, strict=True)
    )
