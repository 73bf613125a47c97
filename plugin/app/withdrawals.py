"""What to say about an invoice that is void or deleted in the host, before anything is done about it."""

from __future__ import annotations

from onedesk_quickbooks.plugin.ledger import WITHDRAWN, Ledger
from onedesk_quickbooks.plugin.planning import mention_key
from onedesk_quickbooks.plugin.sync.withdrawn import received, sentence

WITHDRAWALS = dict(zip(("void", "deleted"), WITHDRAWN, strict=True))
"""The change of an invoice, by the status that a host or a file gives it."""


def is_to_undo(ledger: Ledger, realm_id: str, od_invoice_id: str, undoing: str, already: bool) -> bool:
    """Whether the company queue does, or decides, what is to be done in QuickBooks with an invoice that is void or
    deleted in the host `already`, or will once it is; `undoing` is what the rules say. It decides, whatever they say,
    what becomes of one that QuickBooks has with its mark and that has no link."""
    if already:
        return ledger.conflicts.to_undo(realm_id, od_invoice_id) is not None
    link = ledger.links.invoice(realm_id, od_invoice_id)
    if link is None:
        return ledger.marked_forms.has(realm_id, mention_key(od_invoice_id))
    return undoing != "hold" and not ledger.conflicts.is_gone(link)


def withdrawal_sentence(ledger: Ledger, realm_id: str, od_invoice_id: str, change: str, already: bool) -> str:
    """The sentence of the queue for an invoice that is "voided" or "deleted" in the host `already`, or will be; ""
    where QuickBooks never had it or no longer has it, or where a person has dropped the entry."""
    if already:
        return next((work.reason for work in ledger.conflicts.withdrawn(realm_id, [od_invoice_id])), "")
    link = ledger.links.invoice(realm_id, od_invoice_id)
    if link is None or ledger.conflicts.is_gone(link):
        return ""
    return sentence(change, link, received(ledger, link))
