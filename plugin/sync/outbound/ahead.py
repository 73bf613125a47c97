"""Requests that were recorded and not answered: the run settles them before anything new, so a plan foresees them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from onedesk_quickbooks.plugin.ledger import InvoiceLink, OutboxEntry
from onedesk_quickbooks.plugin.model.books import BooksInvoice, WrittenFirst
from onedesk_quickbooks.plugin.model.money import decimal_from_text
from onedesk_quickbooks.plugin.qbo import as_expected, number_in, read_invoice, receiver_of, token_of
from onedesk_quickbooks.plugin.sync.outbound.lookup import Seen
from onedesk_quickbooks.plugin.sync.outbound.outbox import link_of
from onedesk_quickbooks.plugin.sync.outbound.recover import Recovery, still_wanted
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided
from onedesk_quickbooks.plugin.sync.outbound.written_items import items_of
from onedesk_quickbooks.plugin.sync.services import Services


@dataclasses.dataclass(frozen=True, slots=True)
class Foreseen:
    """Link and look of one invoice as they will be once its open request (`entry`, None for none) is settled."""

    link: InvoiceLink | None
    seen: Seen
    entry: OutboxEntry | None = None


class Ahead:
    """The open requests of one company's invoices. In a run there are none: it has settled them."""

    def __init__(self, services: Services, realm_id: str) -> None:
        self._services = services
        self._recovery = Recovery(services, realm_id)
        found = services.ledger.outbox.unknown(realm_id)
        self._open = {each.od_invoice_id: each for each in found if each.entity == "Invoice"}

    def foresee(
        self, decided: Sequence[Decided], links: Sequence[InvoiceLink | None], seen: Sequence[Seen]
    ) -> list[Foreseen]:
        """For each invoice what will be known of it. Raises `QuickBooksProblem`."""
        found = []
        for each, link, look in zip(decided, links, seen, strict=True):
            entry = self._open.get(each.work.od_invoice_id)
            found.append(self._one(entry, each, link, look) if entry else Foreseen(link, look))
        return found

    def _one(self, entry: OutboxEntry, decided: Decided, link: InvoiceLink | None, seen: Seen) -> Foreseen:
        wanted = still_wanted(entry, decided.invoice, decided.work.action)
        if not wanted and self._recovery.look(entry) is None:
            return Foreseen(link, seen)
        if entry.operation == "send":
            sent = dataclasses.replace(link, state="sent", sent_at=self._services.now()) if link else None
            return Foreseen(sent, seen, entry)
        current, answer = seen.invoice or seen.adopted, self._recovery.look(entry)
        if answer is None and entry.operation == "update" and not _fits(entry, current):
            return Foreseen(link, seen)  # QuickBooks refuses it: somebody has changed the invoice there
        now = read_invoice(answer) if answer is not None else _expected(entry, current)
        after = link_of(entry, now, self._services.now(), link.sent_at if link else None)
        items = items_of(entry.context, now)
        return Foreseen(after, dataclasses.replace(seen, invoice=now, adopted=None, items=items, then=now), entry)


def _fits(entry: OutboxEntry, current: BooksInvoice | None) -> bool:
    return current is not None and current.sync_token == token_of(entry.body)


def _expected(entry: OutboxEntry, current: BooksInvoice | None) -> BooksInvoice:
    context = entry.context
    total = decimal_from_text(context.get("qbo_total") or context["total"])
    return as_expected(entry.body, total, context["currency"], current if entry.operation == "update" else None)


def written_first(entry: OutboxEntry) -> WrittenFirst:
    """What an entry writes or e-mails, as a plan before it and a run after it say it."""
    if entry.operation == "send":
        return WrittenFirst("", None, receiver_of(entry.body))
    total = entry.context.get("qbo_total")
    return WrittenFirst(number_in(entry.body), decimal_from_text(total) if total else None)
