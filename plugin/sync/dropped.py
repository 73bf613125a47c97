"""What a person has taken out of the queue: the host shows the state in QuickBooks in place of a queued or held one."""

from __future__ import annotations

from onedesk_quickbooks.plugin.ledger import CHANGED, UNDO, WITHDRAWN, InvoiceLink, Ledger, Work
from onedesk_quickbooks.plugin.ledger.entries import BY_PERSON
from onedesk_quickbooks.plugin.model.host import OneDeskHost
from onedesk_quickbooks.plugin.model.kinds import DROPPED, PAYING
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.auto_resolve import NOTES
from onedesk_quickbooks.plugin.sync.host_notes import NOTE, show_left, show_payment
from onedesk_quickbooks.plugin.sync.kept import left_note
from onedesk_quickbooks.plugin.sync.settings import Settings

_OF_INVOICE = ("copy", "send", *WITHDRAWN, UNDO)


def is_by_person(work: Work) -> bool:
    """Whether a person has dropped the entry, and not a hook."""
    return work.state == DROPPED and work.dropped_by == BY_PERSON


def show_dropped(ledger: Ledger, host: OneDeskHost, settings: Settings, work: Work, reason: str) -> None:
    """Show it, once the entry was dropped for this reason. Raises what the host raises."""
    od_id, link = work.od_invoice_id, ledger.links.invoice(work.realm_id, work.od_invoice_id)
    if work.action in NOTES:
        said = left_note(link, work.conflict, reason) if work.action == CHANGED and link else ""
        host.add_note(od_id, NOTES[work.action], said)
    elif work.action in PAYING:
        before = ledger.host_payment_entries.paid_before(work)
        show_payment(host, work, Outcome(od_id, work.action, "skipped"), before)
    elif work.action in _OF_INVOICE:
        _show_left(ledger, host, settings, work, link)


def show_dropped_since(ledger: Ledger, host: OneDeskHost, settings: Settings, work: Work) -> None:
    """The same later, because the host did not accept it at the time; nothing is shown in place of what a later entry
    shows."""
    alike = next((some for some in (_OF_INVOICE, PAYING) if work.action in some), (work.action,))
    waits = any(each.action in alike for each in ledger.queue.open_of(work.realm_id, work.od_invoice_id))
    later = ledger.queue.latest(work.od_invoice_id, alike)
    if not waits and (later is None or later.updated_at <= work.updated_at):
        show_dropped(ledger, host, settings, work, work.reason)
    ledger.unconfirmed.shown([work.id])


def _show_left(ledger: Ledger, host: OneDeskHost, settings: Settings, work: Work, link: InvoiceLink | None) -> None:
    od_id = work.od_invoice_id
    found = host.read_invoice(od_id)
    if work.action in WITHDRAWN and found is None:
        return
    if link is None:
        host.set_tag(od_id, "", "")
    else:
        status = str(found.get("status")) if found is not None else ""
        show_left(ledger, host, settings, link, status)
    if work.action != UNDO:  # the note is that of the copy
        host.add_note(od_id, NOTE, "")
