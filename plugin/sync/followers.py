"""What is held until an invoice is in QuickBooks, and is queued again once it is: credit notes that name it, and
payments of the host for it; and copies that are held until QuickBooks' invoice of their number is deleted, or has
another number. A plan shows them after that invoice, the run processes them after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import InvoiceLink, Ledger, Work
from onedesk_quickbooks.plugin.model.kinds import PAYING
from onedesk_quickbooks.plugin.model.name_keys import number_key
from onedesk_quickbooks.plugin.planning import WAITS_FOR_INVOICE
from onedesk_quickbooks.plugin.texts import Text

_IS_THERE = Text("QuickBooks has the invoice now")
_WRITTEN = Text("The invoice that it credits changed in QuickBooks; it is tried again automatically.")
_FREE = Text("QuickBooks' other invoice has this number no longer; it is tried again automatically.")


def followers(ledger: Ledger, realm_id: str, names: Collection[str], od_ids: Collection[str]) -> list[Work]:
    """The credit notes that name one of these invoices (ids and numbers of the host), and the payments of the host for
    one of them (ids), the oldest first."""
    found = ledger.queue.waiting_for_invoices(realm_id, WAITS_FOR_INVOICE) if names or od_ids else []
    return [work for work in found if _follows(work, names, od_ids)]


def pays(work: Work, od_invoice_ids: Collection[str]) -> bool:
    """Whether a payment of the host is for one of these invoices."""
    return any(each["id"] in od_invoice_ids for each in work.invoice["payment"]["invoices"])


def _follows(work: Work, names: Collection[str], od_ids: Collection[str]) -> bool:
    if work.action in PAYING:
        return pays(work, od_ids)
    return str(work.invoice.get("credits") or "").strip() in names


def resume_followers(ledger: Ledger, connection: Connection, realm_id: str, links: Collection[InvoiceLink]) -> None:
    """Queue them again after these invoices were written, or linked. In the caller's transaction."""
    names = {name for link in links for name in (link.od_invoice_id, link.od_number) if name}
    again = followers(ledger, realm_id, names, {link.od_invoice_id for link in links})
    for why, paying in ((_IS_THERE, True), (_WRITTEN, False)):
        ledger.queue.resume(connection, [work.id for work in again if (work.action in PAYING) == paying], why)


def waiting_for(ledger: Ledger, realm_id: str, numbers: Iterable[str]) -> list[Work]:
    """The copies that are held because QuickBooks had an invoice of one of these numbers, the oldest first."""
    free = {number_key(each) for each in numbers if each}
    held = ledger.queue.waiting_for_numbers(realm_id) if free else []
    return [work for work in held if number_key(work.od_number) in free]


def resume_numbers(ledger: Ledger, connection: Connection, realm_id: str, numbers: Iterable[str]) -> None:
    """Queue them again. In the caller's transaction."""
    ledger.queue.resume(connection, [work.id for work in waiting_for(ledger, realm_id, numbers)], _FREE)
