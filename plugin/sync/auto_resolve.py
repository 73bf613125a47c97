"""Removes entries automatically: those about a change in QuickBooks that no longer needs a decision.

A noted change that was reverted is done, with a reason. A copy or send that was held because of data in QuickBooks
is queued again once that has changed: the company queue plans it again, and completes it or holds it for what remains.
It is tried once for each version there, so that a look that finds the same version again starts nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import BOUNCED, CHANGED, CUSTOMER, InvoiceLink, Work
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.money import decimal_from_text
from onedesk_quickbooks.plugin.planning import PAID, cleared, names_payments
from onedesk_quickbooks.plugin.sync.host_notes import not_taken, see, show_state
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.versions import state_of
from onedesk_quickbooks.plugin.texts import Text, joined

NOTES = {CHANGED: "quickbooks-changed", CUSTOMER: "quickbooks-customer", BOUNCED: "quickbooks-bounced"}
"""Keys of the notes in the host about a change in QuickBooks."""
SAME = Text("Both sides are the same again; the entry was closed automatically.")
SETTLED = Text("A later copy has settled it; the entry was closed automatically.")
SENT_SINCE = Text("It was e-mailed again; the entry was closed automatically.")
_LOOKED_AT = Text("The payments or credits on it changed in QuickBooks; it is planned again automatically.")
_AGAIN = Text("The reason for the hold is gone in QuickBooks; it is tried again automatically.")


def passed(work: Work, why: str = SAME) -> str:
    """The reason of a noted change that no longer needs a decision."""
    return joined(" ", (work.reason, why))


class AutoResolve:
    """Resolves entries of one company automatically. Sends no request to QuickBooks."""

    def __init__(self, services: Services, realm_id: str) -> None:
        self._services = services
        self._realm_id = realm_id
        self._again: list[Work] = []

    # The look for changes

    def look(self, seen: Sequence[tuple[InvoiceLink, BooksInvoice | None]], differing: Collection[str]) -> set[str]:
        """The ids (OneDesk's) of changed invoices that are queued again; `differing` are the ids of those that differ
        from their copy."""
        held = self._services.ledger.queue.held(self._realm_id, [link.od_invoice_id for link, _ in seen])
        wrote = self._services.ledger.outbox.deposits(self._realm_id, list(held))
        self._again += self._unsettled(seen)
        for link, now in seen:
            work, deposit = held.get(link.od_invoice_id), wrote.get(link.od_invoice_id, Decimal(0))
            edited = link.od_invoice_id in differing
            if work is not None and now is not None and _gone(work, link, now, edited, deposit):
                self._again.append(work)
        return {work.od_invoice_id for work in self._again}

    def _unsettled(self, seen: Sequence[tuple[InvoiceLink, BooksInvoice | None]]) -> list[Work]:
        """Entries to void or delete an invoice by rule, once nothing pays it any more."""
        free = [link.od_invoice_id for link, now in seen if now and not now.voided and now.balance == now.total]
        held = self._services.ledger.conflicts.withdrawn(self._realm_id, free) if free else []
        return [work for work in held if PAID in _codes(work)]

    def record(self, connection: Connection) -> None:
        """Write the results; in the caller's transaction."""
        self._services.ledger.queue.resume(connection, [work.id for work in self._again], _AGAIN)

    def settles_otherwise(self, connection: Connection, od_invoice_ids: Sequence[str]) -> None:
        """A payment was recorded or reversed for these: what is held because of payments is planned again, so that its
        reason names the present ones. In the caller's transaction."""
        held = self._services.ledger.queue.held(self._realm_id, od_invoice_ids)
        again = [work.id for work in held.values() if names_payments(_codes(work))]
        self._services.ledger.queue.resume(connection, again, _LOOKED_AT)

    def give_way(self, connection: Connection, od_invoice_id: str) -> None:
        """The invoice was voided or deleted in QuickBooks: its held entry is replaced by the conflict that was just
        noted."""
        lost = self._services.ledger.conflicts.newest(connection, self._realm_id, od_invoice_id)
        self._services.ledger.queue.give_way(connection, self._realm_id, od_invoice_id, see(lost))

    def choose_no_more(self, connection: Connection, od_invoice_id: str, reason: str) -> None:
        """The rules keep it void or deleted in QuickBooks: an entry that nobody has requested (otherwise.py) asks for
        no version of it any more."""
        held = self._services.ledger.queue.held(self._realm_id, [od_invoice_id]).get(od_invoice_id)
        if held is not None and held.proposed:
            self._services.ledger.queue.give_way(connection, self._realm_id, od_invoice_id, reason)

    # The company queue

    def waiting(self, links: Iterable[InvoiceLink | None]) -> dict[str, Work]:
        """The noted changes that wait for a person, by OneDesk's id. Read them before the look at QuickBooks: what is
        noted after that look is newer than its result."""
        od_ids = [link.od_invoice_id for link in links if link is not None]
        found = self._services.ledger.conflicts.latest(self._realm_id, od_ids) if od_ids else {}
        return {od_id: work for od_id, work in found.items() if work.state == "held"}

    def same_again(self, works: Iterable[Work]) -> None:
        """The look of a plan or of a copy shows that both sides agree again."""
        for work in works:
            if not self._leave(work, SAME):
                continue
            newest = self._services.ledger.queue.latest(work.od_invoice_id)
            link = self._services.ledger.links.invoice(self._realm_id, work.od_invoice_id)
            if link is not None and (newest is None or newest.state == "done"):
                show_state(self._services.host, self._services.settings, link, differs=False)

    def settled(self, od_invoice_ids: Sequence[str], sent: Sequence[str]) -> list[tuple[Work, str]]:
        """A copy or a send of these has ended: what it resolves, and why. That is earlier conflicts, and for those that
        were e-mailed (`sent`) an earlier e-mail that was not delivered."""
        conflicts = self._services.ledger.conflicts
        noted = conflicts.latest(self._realm_id, od_invoice_ids) if od_invoice_ids else {}
        bounced = conflicts.latest(self._realm_id, sent, BOUNCED) if sent else {}
        found = [*((work, SETTLED) for work in noted.values()), *((work, SENT_SINCE) for work in bounced.values())]
        return [(work, why) for work, why in found if work.state == "held"]

    def leave(self, resolved: Iterable[tuple[Work, str]]) -> None:
        """Remove these entries."""
        for work, why in resolved:
            self._leave(work, why)

    def lost(self, od_invoice_id: str) -> Work | None:
        """The conflict about the deletion of an invoice that a copy finds deleted; None where the copy's own entry is
        to stay. A conflict about an earlier edit is removed."""
        work = self._services.ledger.conflicts.latest(self._realm_id, [od_invoice_id]).get(od_invoice_id)
        if work is None or work.state != "held":
            return None
        if work.conflict.what != "edited":
            return work
        self._leave(work, Text("The invoice was voided or deleted since; the entry was closed automatically."))
        return None

    def nothing_to_do(self, od_invoice_id: str, action: str) -> None:
        """A plan for this action has found that QuickBooks already equals the host's invoice."""
        work = self._services.ledger.queue.held(self._realm_id, [od_invoice_id]).get(od_invoice_id)
        if work is not None and action in (work.action, "send") and _codes(work):
            with self._services.ledger.together() as connection:
                self._services.ledger.queue.resume(connection, [work.id], _AGAIN)

    def _leave(self, work: Work, why: str) -> bool:
        """False where the entry does not wait any more, or the host was not notified: then the next look removes it."""
        now = self._services.ledger.queue.get(work.id)
        if now is None or now.state != "held":
            return False
        try:
            self._services.host.add_note(work.od_invoice_id, NOTES[work.action], "")
        except Exception as problem:
            not_taken(f"that the change of invoice {work.od_invoice_id} has passed", problem)
            return False
        with self._services.ledger.together() as connection:
            return self._services.ledger.conflicts.settle(connection, work.id, passed(work, why), passed=True)


def _codes(work: Work) -> list[str]:
    return list((work.outcome or {}).get("codes") or ())


def _gone(work: Work, link: InvoiceLink, now: BooksInvoice, edited: bool, deposit: Decimal) -> bool:
    """Whether the reason for which the row was held is gone, and was not when it was last tried; `deposit` is the one
    that we wrote."""
    outcome = work.outcome or {}
    if not outcome.get("total") or outcome.get("version") == state_of(now):
        return False
    differed = decimal_from_text(link.total) != decimal_from_text(link.qbo_total)
    return cleared(_codes(work), decimal_from_text(outcome["total"]), now, edited, differed, deposit)
