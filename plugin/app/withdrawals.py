"""What is to be told of an invoice that is void or deleted in the host, asked before anything is done about it."""

from __future__ import annotations

from onedesk_quickbooks.plugin.ledger import Ledger
from onedesk_quickbooks.plugin.sync.withdrawn import received, sentence


def told_of_withdrawal(ledger: Ledger, realm_id: str, od_invoice_id: str, change: str, already: bool) -> str:
    """What the queue says of an invoice that is "voided" or "deleted" in the host `already`, or will say once it is; ""
    where QuickBooks never had it or has it no more, or where a person has dropped the entry."""
    if already:
        return next((work.reason for work in ledger.conflicts.withdrawn(realm_id, [od_invoice_id])), "")
    link = ledger.links.invoice(realm_id, od_invoice_id)
    if link is None or ledger.conflicts.is_gone(link):
        return ""
    return sentence(change, link, received(ledger, link))
