"""What hooks have reported of invoices: the host is read again, because it may have reported it in a transaction that
it has rolled back since, and shows what has become of the invoice.

No hook calls the host: it may be called within a transaction of the host, or in the thread of its event loop."""

from __future__ import annotations

from datetime import datetime

from onedesk_quickbooks.plugin.ledger import CHANGED, WITHDRAWN, Ledger, LedgerProblem, Work
from onedesk_quickbooks.plugin.ledger.entries import COPIES, OPENED, REOPENED
from onedesk_quickbooks.plugin.model.host import OneDeskHost
from onedesk_quickbooks.plugin.model.kinds import DROPPED, REPLACED
from onedesk_quickbooks.plugin.sync.auto_resolve import NOTES
from onedesk_quickbooks.plugin.sync.dropped import is_by_person, show_dropped_since
from onedesk_quickbooks.plugin.sync.host_notes import NOTE, not_taken
from onedesk_quickbooks.plugin.sync.kept import left_note
from onedesk_quickbooks.plugin.sync.otherwise import AS_COPIED, otherwise, passed, show_otherwise
from onedesk_quickbooks.plugin.sync.settings import Settings
from onedesk_quickbooks.plugin.sync.withdrawn import TRANSACTION, Withdrawn


class Reported:
    """The reports about the invoices of one company."""

    def __init__(self, ledger: Ledger, realm_id: str, host: OneDeskHost, settings: Settings) -> None:
        self._ledger = ledger
        self._realm_id = realm_id
        self._host = host
        self._settings = settings
        self._withdrawn = Withdrawn(ledger, realm_id)

    def look(self, now: datetime) -> bool:
        """Read again in the host what it has reported, and correct the entries; whether some have to be read once more.
        An exception of the host counts for its invoice alone."""
        waiting = False
        for work in self._ledger.unconfirmed.all(self._realm_id):
            try:
                waiting |= not self._is_read(work, now)
            except LedgerProblem:
                raise
            except Exception as problem:
                not_taken(f"what it has reported of invoice {work.od_invoice_id}", problem)
                waiting = True
        return waiting

    def _is_read(self, work: Work, now: datetime) -> bool:
        """False while a transaction of the host may still be open."""
        if is_by_person(work):
            show_dropped_since(self._ledger, self._host, self._settings, work)
            return True
        if work.state == "done":
            return self._noted(work, now)
        if work.action not in (CHANGED, *WITHDRAWN, *COPIES):
            self._ledger.unconfirmed.shown([work.id])
            return True
        if work.action == CHANGED:
            return self._left(work, now)
        if work.state != "held":
            return self._restored(work) if work.action in WITHDRAWN else self._dropped(work, now)
        if work.action in WITHDRAWN:
            return self._withdrawn.confirm(self._host, self._settings, work, now)
        return self._edited(work, now)

    def _noted(self, work: Work, now: datetime) -> bool:
        """The note of a send that found nothing changed leaves once the invoice is edited."""
        od_id, found = work.od_invoice_id, self._host.read_invoice(work.od_invoice_id)
        if found is not None and {**found, "status": ""} == {**work.invoice, "status": ""}:
            return self._ledger.unconfirmed.looked_at(work, now - TRANSACTION, now + TRANSACTION)
        last = self._ledger.queue.latest(od_id)
        if found is not None and last is not None and last.id == work.id:
            self._host.add_note(od_id, NOTE, "")
        self._ledger.unconfirmed.shown([work.id])
        return True

    def _restored(self, work: Work) -> bool:
        """The invoice has no longer to be voided in QuickBooks: the host does not show that any more, unless it shows
        another entry by now."""
        od_id, found = work.od_invoice_id, self._host.read_invoice(work.od_invoice_id)
        if found is not None and not self._ledger.queue.open_of(self._realm_id, od_id):
            self._withdrawn.cleared(self._host, self._settings, od_id, found, reopened=True)
            show_otherwise(self._ledger, self._host, self._settings, self._realm_id, found)
        self._ledger.unconfirmed.confirm(self._realm_id, od_id)
        return True

    def _dropped(self, work: Work, now: datetime) -> bool:
        """A dropped copy or send is queued again where the host still has the invoice, and did not report it as opened
        since."""
        od_id, found = work.od_invoice_id, self._host.read_invoice(work.od_invoice_id)
        others = self._ledger.queue.open_of(self._realm_id, od_id)
        stays = work.state == REPLACED or work.dropped_by == OPENED or (work.dropped_by == REOPENED and work.proposed)
        if stays or found is None or found.get("status") not in ("open", "paid"):
            if not others:
                reopened = found is not None and work.dropped_by in (OPENED, REOPENED)
                self._withdrawn.cleared(self._host, self._settings, od_id, found, reopened)
                show_otherwise(self._ledger, self._host, self._settings, self._realm_id, found)
        elif all(each.action in WITHDRAWN for each in others):
            if abs(now - work.updated_at) < TRANSACTION:
                return False
            self._ledger.unconfirmed.resume(work)
            self._withdrawn.open_again(od_id)
        self._ledger.unconfirmed.confirm(self._realm_id, od_id)
        return True

    def _left(self, work: Work, now: datetime) -> bool:
        """A change in QuickBooks that waited for a decision was dropped with the rest: its note names no entry any
        more, unless the host has the invoice all the same."""
        od_id, found = work.od_invoice_id, self._host.read_invoice(work.od_invoice_id)
        link = self._ledger.links.invoice(self._realm_id, od_id)
        if found is not None and found.get("status") in ("open", "paid") and abs(now - work.updated_at) < TRANSACTION:
            return False
        both = found is not None and found.get("status") == "void" and work.conflict.what != "edited"
        last = self._ledger.conflicts.latest(self._realm_id, [od_id])[od_id].id == work.id
        if found is not None and found.get("status") not in ("open", "paid") and link is not None and last and not both:
            self._host.add_note(od_id, NOTES[CHANGED], left_note(link, work.conflict, work.reason))
        self._ledger.unconfirmed.close(work, DROPPED, work.reason)
        return True

    def _edited(self, work: Work, now: datetime) -> bool:
        """An edit of an invoice that is paid in QuickBooks is shown in the host, where that has it."""
        source = self._host.read_invoice(work.od_invoice_id)
        found = otherwise(self._ledger, self._realm_id, source)
        same = source is not None and {**source, "status": ""} == {**work.invoice, "status": ""}
        if (found is None or not same) and abs(now - work.updated_at) < TRANSACTION:
            return False
        if found is not None:
            found.show(self._ledger, self._host, self._settings, work, source)
            return True
        self._ledger.unconfirmed.close(work, REPLACED, passed(self._ledger, self._realm_id, source) or AS_COPIED)
        if work.created_at != work.updated_at:  # an earlier edit was shown, perhaps by a clock that was ahead
            self._withdrawn.cleared(self._host, self._settings, work.od_invoice_id, source, reopened=True)
        return True
