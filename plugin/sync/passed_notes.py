"""Taking back what the host shows of entries that wait for nobody any more. What the host refuses is asked of it
again with each look for payments, until it has taken it."""

from __future__ import annotations

from onedesk_quickbooks.plugin.ledger import CHANGED, UNDO, Work
from onedesk_quickbooks.plugin.model.host_payment import PAYING
from onedesk_quickbooks.plugin.sync.host_notes import NOTE, NOTES, not_taken, payment_note, tell_standing
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.withdrawn import Withdrawn

_COPIES = ("copy", "send")


def take_back(services: Services, work: Work) -> None:
    """The host shows what is in QuickBooks, and no more that this entry waits or is held."""
    try:
        _take_back(services, work)
    except Exception as problem:
        not_taken(f"that entry {work.id} of invoice {work.od_invoice_id} waits for nobody any more", problem)
    else:
        services.ledger.queue.shown(work.id, still=False)


def take_back_again(services: Services, realm_id: str) -> None:
    """The same of all that the host has refused, or was not told of. One whose invoice the host has void or deleted
    by now is told as that."""
    for work in services.ledger.queue.shown_still(realm_id):
        withdrawn = False
        try:
            if work.action in _COPIES:
                withdrawn = Withdrawn(services.ledger, realm_id, services.undoing).meanwhile(services.host, work)
        except Exception as problem:
            not_taken(f"that invoice {work.od_invoice_id} is void in OneDesk", problem)
            continue
        if withdrawn:
            services.ledger.queue.shown(work.id, still=False)
        else:
            take_back(services, work)


def _take_back(services: Services, work: Work) -> None:
    host, od_id = services.host, work.od_invoice_id
    if work.action in PAYING:
        payment = work.invoice["payment"]
        for each in payment["invoices"]:
            if host.read_invoice(each["id"]) is not None:
                host.add_note(each["id"], payment_note(payment), "")
        return
    if work.action == UNDO or host.read_invoice(od_id) is None:  # of what is not undone nothing was shown
        return
    link = services.ledger.links.invoice(work.realm_id, od_id)
    if work.action == CHANGED and work.conflict.passed and link is not None:
        newest = services.ledger.queue.latest(od_id)
        if newest is None or newest.state == "done":
            tell_standing(host, services.settings, link, differs=False)
    elif work.action in _COPIES and link is None:
        host.set_tag(od_id, "", "")
    elif work.action in _COPIES and link is not None:
        tell_standing(host, services.settings, link, differs=False)
    host.add_note(od_id, NOTES.get(work.action, NOTE), "")
