"""E-mails of ours that were not delivered, as QuickBooks reports: a person corrects the address and sends again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import BOUNCED, Change, Conflict, InvoiceLink, Work
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.qbo import receiver_of
from onedesk_quickbooks.plugin.sync.auto_resolve import passed
from onedesk_quickbooks.plugin.sync.merges import Pair
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text

GONE = Text("QuickBooks has e-mailed it again, or it is paid or void; the entry was closed automatically.")


class BounceWatch:
    """Checks the changed invoices of one company. `settled` are the entries that no longer need a person."""

    def __init__(self, services: Services, realm_id: str) -> None:
        self._services = services
        self._realm_id = realm_id
        self._changes: list[Change] = []
        self.settled: list[Work] = []

    def look(self, seen: Sequence[tuple[InvoiceLink, BooksInvoice | None]]) -> None:
        """Check changed invoices, as they are now; None for a deleted one."""
        conflicts, ledger = self._services.ledger.conflicts, self._services.ledger
        there: list[Pair] = [(link, now) for link, now in seen if now is not None and _lost(link, now)]
        lost = [link.od_invoice_id for link, _ in there]
        known = conflicts.latest(self._realm_id, lost, BOUNCED) if lost else {}
        bodies = ledger.outbox.sent(self._realm_id, lost)
        for link, now in there:
            od_id, about = link.od_invoice_id, {"delivered_at": now.delivered_at, "why": now.bounced}
            before = known.get(od_id)
            if before is not None and before.conflict.about == about:
                continue  # look-ups overlap, and a person may have settled it
            work = ledger.queue.latest(od_id)
            body = bodies.get(od_id)
            reason = _sentence(link, now, (receiver_of(body) if body else "") or now.email)
            invoice = work.invoice if work else {"id": od_id, "number": link.od_number}
            conflict = Conflict("bounced", about=about)
            self._changes.append(Change(od_id, link.od_number, BOUNCED, "held", reason, invoice, conflict))
        arrived = {link.od_invoice_id for link, _ in seen}.difference(lost)
        waiting = conflicts.waiting(self._realm_id, BOUNCED) if arrived else []
        self.settled = [work for work in waiting if work.od_invoice_id in arrived]

    def record(self, connection: Connection) -> None:
        """Write the results; in the caller's transaction."""
        self._services.ledger.conflicts.put(connection, self._realm_id, self._changes)
        for work in self.settled:
            self._services.ledger.conflicts.settle(connection, work.id, passed(work, GONE), passed=True)


def _lost(link: InvoiceLink, now: BooksInvoice) -> bool:
    """Whether an e-mail of ours was not delivered, and what it asks for is still open."""
    asks = not now.voided and not (now.total > 0 and now.balance == 0)
    return link.state == "sent" and bool(now.bounced) and asks


def _sentence(link: InvoiceLink, now: BooksInvoice, to: str) -> Text:
    day = link.sent_at.date().isoformat() if link.sent_at else ""
    return Text(
        "QuickBooks says that its e-mail of {day} with invoice {number} to {to} did not arrive ({why}). Correct the "
        "billing contact's e-mail address under Billing Preferences, then send the invoice again.",
        day=day,
        number=link.qbo_number or link.qbo_id,
        to=to,
        why=now.bounced,
    )
