"""Invoices that a company has which was connected before: a copy here bills them twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onedesk_quickbooks.plugin.ledger import InvoiceLink, Ledger, Work
from onedesk_quickbooks.plugin.ledger.entries import COPIES
from onedesk_quickbooks.plugin.model.books import Elsewhere


def copied_elsewhere(ledger: Ledger, realm_id: str, ids: Sequence[str]) -> dict[str, Elsewhere]:
    """Those of the host's invoices that another company than this one (`realm_id`) has, without what we have voided or
    deleted there."""
    return linked_elsewhere(ledger, ledger.links.everywhere(realm_id, ids)[1])


def asked_before(ledger: Ledger, work: Work, link: InvoiceLink) -> bool:
    """Whether nobody has requested this row's copy or send since the other company got the invoice (`link`)."""
    if not work.id:
        return False  # it is being requested
    return not ledger.audit.requested(work.od_invoice_id, COPIES, link.copied_at, work.realm_id)


def linked_elsewhere(ledger: Ledger, links: Mapping[str, InvoiceLink]) -> dict[str, Elsewhere]:
    """The same of links with other companies, by the host's id."""
    found = dict[str, Elsewhere]()
    for there in dict.fromkeys(link.realm_id for link in links.values()):
        known = ledger.companies.known(there)
        name = f"{known.company.name} ({there})" if known else there
        mine = [link for link in links.values() if link.realm_id == there]
        gone = ledger.conflicts.undone(there, mine)
        found |= {
            link.od_invoice_id: Elsewhere(name, link.copied_at.date())
            for link in mine
            if link.od_invoice_id not in gone
        }
    return found
