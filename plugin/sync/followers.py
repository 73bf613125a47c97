"""What is held until an invoice is in QuickBooks, and is queued again once it is: credit notes that name it, and
payments of the host for it. A plan shows them after the invoice, the run processes them after it."""

from __future__ import annotations

from collections.abc import Collection

from onedesk_quickbooks.plugin.ledger import Ledger, Work
from onedesk_quickbooks.plugin.planning import WAITS_FOR_INVOICE


def following_credits(ledger: Ledger, realm_id: str, names: Collection[str]) -> list[Work]:
    """The held credit notes that credit one of these invoices; `names` are its id and its number in the host."""
    held = ledger.queue.held_credits(realm_id) if names else []
    return [work for work in held if str(work.invoice.get("credits") or "").strip() in names]


def following_payments(
    ledger: Ledger, realm_id: str, od_invoice_ids: Collection[str], code: str = WAITS_FOR_INVOICE
) -> list[Work]:
    """The payments of the host that are held, or skipped, for this reason, and pay one of these invoices."""
    waiting = ledger.host_payment_entries.waits_for(realm_id, code) if od_invoice_ids else []
    there = set(od_invoice_ids)
    return [work for work in waiting if there & {each["id"] for each in work.invoice["payment"]["invoices"]}]
