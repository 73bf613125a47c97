"""Compares an invoice as the host has it now with QuickBooks' version, without a command to copy it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onedesk_quickbooks.plugin.ledger import Connected, InvoiceLink
from onedesk_quickbooks.plugin.model.books import Copied
from onedesk_quickbooks.plugin.sync.outbound.ahead import Foreseen
from onedesk_quickbooks.plugin.sync.outbound.copies import Copies
from onedesk_quickbooks.plugin.sync.outbound.lookup import Lookup, Wanted
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.services import Services


def compared(services: Services, connected: Connected, link: InvoiceLink, invoice: Mapping[str, Any]) -> Copied | None:
    """The copy with the differences; None where the host's invoice cannot be read, or equals the last copy: then
    QuickBooks' version tells all. Raises `QuickBooksProblem`."""
    last = services.ledger.queue.latest(link.od_invoice_id)
    if last is None or (last.state == "done" and {**last.invoice, "status": ""} == {**invoice, "status": ""}):
        return None
    try:
        read = read_invoice(invoice)
        decided = Decided(last, read, *services.decide_once(read, connected))
    except ValueError:
        return None
    lookup = Lookup(services, connected)
    [seen] = lookup.look([Wanted(decided.invoice, decided.decisions, link)])
    [found] = Copies(services, connected).before([decided], [Foreseen(lookup.current(link), seen)])
    return found
