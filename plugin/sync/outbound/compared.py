"""An invoice as the host has it now beside the one that QuickBooks has now, without a wish to copy it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onedesk_quickbooks.plugin.ledger import Connected, InvoiceLink, Work
from onedesk_quickbooks.plugin.model.books import Copied
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.sync.outbound.copies import Copies
from onedesk_quickbooks.plugin.sync.outbound.lookup import Lookup, Wanted
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.services import Services


def decided_now(services: Services, connected: Connected, invoice: Invoice, action: str) -> Decided:
    """What the rules decide of an invoice that stands in no queue."""
    at, realm_id = services.now(), connected.realm_id
    work = Work(0, realm_id, invoice.id, invoice.number, action, "", {}, "todo", 0, None, "", None, at, at)
    return Decided(work, invoice, *services.decide_once(invoice, connected))


def compared(services: Services, connected: Connected, link: InvoiceLink, invoice: Mapping[str, Any]) -> Copied | None:
    """The copy with what differs; None where the host's invoice cannot be read, or is just what was copied last: then
    QuickBooks' answer tells. Raises `QuickBooksProblem`."""
    last = services.ledger.queue.latest(link.od_invoice_id)
    if last is None or (last.state == "done" and {**last.invoice, "status": ""} == {**invoice, "status": ""}):
        return None
    try:
        decided = decided_now(services, connected, read_invoice(invoice), "copy")
    except ValueError:
        return None
    seen = Lookup(services, connected).look([Wanted(decided.invoice, decided.decisions, link)])
    [found] = Copies(services, connected).before([decided], [link], seen)
    return found
