"""Withdrawn invoices: the host has voided or deleted them, and QuickBooks still has them. The company queue undoes them
there by rule, or a person does.

What a person has to do depends on the payments of the invoice: QuickBooks does not void a paid one. So the entry of the
queue, and the note in the host, are updated whenever payments change; once nothing pays it any more, the company queue
does what the rules say.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from onedesk_quickbooks.plugin.ledger import CHANGED, WITHDRAWN, Change, Conflict, InvoiceLink, Ledger, Work
from onedesk_quickbooks.plugin.ledger.entries import REOPENED, numbered
from onedesk_quickbooks.plugin.model.host import InvoiceJson, OneDeskHost
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.model.state import PAST
from onedesk_quickbooks.plugin.planning import CLOSES, DID, mention_key
from onedesk_quickbooks.plugin.sync.host_notes import NOTE, show_left
from onedesk_quickbooks.plugin.sync.settings import Settings
from onedesk_quickbooks.plugin.sync.versions import name_of
from onedesk_quickbooks.plugin.texts import Text, joined

VOIDED, DELETED = WITHDRAWN
FORGOTTEN = {
    REOPENED: Text("the invoice was reopened in OneDesk"),
    VOIDED: Text("the invoice was voided in OneDesk"),
    DELETED: Text("the invoice was deleted in OneDesk"),
}
"""Changes that drop what is queued for the invoice, with the reason of the dropped entries."""
OPENED_AGAIN = Text("the invoice was reopened or voided in OneDesk, and then opened again")
"""The reason of an entry that was dropped, and stays so, although the host has the invoice as Open."""
EDIT_REOPENED = Text("the invoice was reopened in OneDesk; nobody had asked for a copy of the edit")
"""The same of one about an edit of an invoice that is paid in QuickBooks."""
NOT_WITHDRAWN = "not-withdrawn"
"""The code of a hold because the host still has the invoice that it reported as voided or deleted."""
TRANSACTION = timedelta(seconds=30)
"""How long a transaction of the host may take: after that its reading counts as final. A report that is later than now
by more was recorded by a wrong clock."""
_UNCONFIRMED = Text("OneDesk has just reported this, and is read again within a minute; wait until then.")
Undoing = Callable[[InvoiceJson, str, str], str]
"""What the rules do to QuickBooks' invoice when the host's was "voided" or "deleted": void, delete or hold; the last
argument is the company."""


def by_person(invoice: InvoiceJson, change: str, realm_id: str) -> str:
    """Without rules."""
    return "hold"


def both_gone(link: InvoiceLink, did: Text | str, withdrawn: str) -> Text:
    """What was done to an invoice in QuickBooks (`did`), and in OneDesk."""
    return Text(
        "{name} was {did} in QuickBooks; the invoice was {withdrawn} in OneDesk.",
        name=name_of(link),
        did=did,
        withdrawn=PAST.get(withdrawn, withdrawn),
    )


class Withdrawn:
    """The withdrawn invoices of one company. Reads the ledger only; sends no request to QuickBooks."""

    def __init__(self, ledger: Ledger, realm_id: str, undoing: Undoing = by_person) -> None:
        self._ledger = ledger
        self._realm_id = realm_id
        self._undoing = undoing

    def happened(self, change: str, invoice: InvoiceJson) -> None:
        """The host reports its invoice as "voided" or "deleted", perhaps in a transaction that it rolls back: it is
        read again (reported.py)."""
        link = self._ledger.links.invoice(self._realm_id, invoice["id"])
        if link is not None and self._ledger.conflicts.is_gone(link):
            self._both(change, invoice, link)
        elif link is not None:
            known = self._known(invoice)
            if self._undoing(known, change, self._realm_id) == "hold":
                paid = received(self._ledger, link)
                reason = joined(" ", (_UNCONFIRMED, sentence(change, link, paid)))
                self._ledger.conflicts.withdraw(self._realm_id, change, known, reason, _conflict(paid), confirmed=False)
            else:
                self._ledger.conflicts.withdraw(self._realm_id, change, known, "", Conflict(), "todo")
        elif self._may_be_there(invoice["id"]):
            self._ledger.conflicts.withdraw(self._realm_id, change, self._known(invoice), "", Conflict(), "todo")

    def _may_be_there(self, od_id: str) -> bool:
        """Whether QuickBooks has the mark of an invoice that no company has a link to, or may have it, because its
        notes were not read yet: the company queue looks for it there."""
        known = self._ledger.companies.known(self._realm_id)
        if known is None or known.marked == 0 or any(self._ledger.links.everywhere(self._realm_id, [od_id])):
            return False
        return known.marked is None or self._ledger.marked_forms.has(self._realm_id, mention_key(od_id))

    def _both(self, change: str, invoice: InvoiceJson, link: InvoiceLink) -> None:
        """QuickBooks had it void or deleted before: from then on both sides are alike, which the host shows with the
        next look for payments."""
        detected = self._ledger.conflicts.latest(self._realm_id, [link.od_invoice_id])[link.od_invoice_id].conflict
        if change != VOIDED or detected.withdrawn:
            return
        reason = both_gone(link, PAST[detected.what], change)
        found = Conflict(detected.what, detected.fingerprint, detected.qbo_total, withdrawn=change)
        new = Change(link.od_invoice_id, link.od_number, CHANGED, "done", reason, self._known(invoice), found)
        with self._ledger.together() as connection:
            self._ledger.conflicts.put(connection, self._realm_id, [new])

    def cleared(
        self, host: OneDeskHost, settings: Settings, od_id: str, found: InvoiceJson | None, reopened: bool
    ) -> None:
        """The queue no longer has an entry of it: reset what the host shows of that. `found` is the host's invoice;
        `reopened`: its note is of a version that is no longer to be copied."""
        link = self._ledger.links.invoice(self._realm_id, od_id)
        if link is None:
            host.set_tag(od_id, "", "")
        elif found is None:
            return
        else:
            show_left(self._ledger, host, settings, link, str(found.get("status")))
            if not reopened:
                return
        host.add_note(od_id, NOTE, "")

    def confirm(self, host: OneDeskHost, settings: Settings, work: Work, now: datetime) -> bool:
        """Read the host, and correct the entry. False while a transaction of the host may still be open."""
        found = host.read_invoice(work.od_invoice_id)
        link = self._ledger.links.invoice(self._realm_id, work.od_invoice_id)
        if found is None or (work.action == VOIDED and found.get("status") == "void"):
            reason, code = sentence(work.action, link, received(self._ledger, link)) if link else work.reason, ""
            reason = numbered(reason, work.id)
        elif abs(now - work.updated_at) < TRANSACTION:
            return False
        else:
            reason, code = not_withdrawn(work, found), NOT_WITHDRAWN
        if found is not None:
            host.add_note(work.od_invoice_id, NOTE, reason)  # in place of the note on the last copy
        if found is not None and link is not None:
            show_left(self._ledger, host, settings, link, str(found.get("status")))  # a copy that waited was dropped
        self._ledger.unconfirmed.read(work, reason, code)
        return True

    def _known(self, invoice: InvoiceJson) -> InvoiceJson:
        """The payload that was handed over; where a host hands over less than a whole invoice for a deleted one, the
        last queued one."""
        work = None if "lines" in invoice else self._ledger.queue.latest(invoice["id"])
        return work.invoice if work else invoice

    def meanwhile(self, host: OneDeskHost, settings: Settings, work: Work) -> None:
        """A row has left the queue while QuickBooks was asked for it: where the host has voided or deleted the invoice
        by now, correct what was reported of its copy. Raises what the host raises."""
        found = host.read_invoice(work.od_invoice_id)
        change = DELETED if found is None else VOIDED if found.get("status") == "void" else ""
        if change:
            self.happened(change, found or work.invoice)
            if self._ledger.links.invoice(self._realm_id, work.od_invoice_id) is None:
                self.cleared(host, settings, work.od_invoice_id, found, reopened=False)
            for each in self._ledger.unconfirmed.all(self._realm_id):
                if each.od_invoice_id == work.od_invoice_id and each.state == "held":
                    self.confirm(host, settings, each, work.updated_at)

    def open_again(self, od_invoice_id: str) -> None:
        """The host has the invoice as Open or Draft, or asks for it again: it no longer has to be voided."""
        self._ledger.conflicts.restore(self._realm_id, od_invoice_id, shown=True)

    def paid(self, host: OneDeskHost, od_invoice_id: str) -> None:
        """The host was notified of a payment on the invoice, or of its reversal. Raises what the host raises."""
        found = host.read_invoice(od_invoice_id)
        withdrawn = self._ledger.conflicts.withdrawn(self._realm_id, [od_invoice_id])
        change = DELETED if found is None else VOIDED if found.get("status") == "void" else ""
        link = self._ledger.links.invoice(self._realm_id, od_invoice_id) if change else None
        if link is None or self._ledger.conflicts.is_gone(link):
            return
        paid = received(self._ledger, link)
        if (paid or withdrawn) and not self._ledger.conflicts.to_undo(self._realm_id, od_invoice_id):
            work = None if found else self._ledger.queue.latest(od_invoice_id)
            known = found or (work.invoice if work else {"id": od_invoice_id, "number": link.od_number})
            action = withdrawn[0].action if withdrawn else change
            undo = self._undoing(known, action, self._realm_id)
            if not paid and undo != "hold":
                self._ledger.conflicts.withdraw(self._realm_id, action, known, "", Conflict(), "todo")
            else:
                self._write(host, action, known, link, paid, undo)

    def _write(
        self, host: OneDeskHost, change: str, invoice: InvoiceJson, link: InvoiceLink, paid: list[Payment], undo: str
    ) -> None:
        reason = sentence(change, link, paid, undo)
        reason = self._ledger.conflicts.withdraw(self._realm_id, change, invoice, reason, _conflict(paid))
        if change == VOIDED:
            host.add_note(link.od_invoice_id, NOTE, reason)  # in place of the note on the last copy


def not_withdrawn(work: Work, found: InvoiceJson) -> str:
    """The problem of an invoice that the host reported as voided or deleted, and still has."""
    return Text(
        "OneDesk reported invoice {number} as {did}, but has it as {status}, so that nothing is changed in QuickBooks. "
        "Drop this entry; if the invoice is to be {did}, do that in OneDesk once more.",
        number=work.od_number or work.od_invoice_id,
        did=PAST[work.action],
        status=str(found.get("status")),
    )


def received(ledger: Ledger, link: InvoiceLink) -> list[Payment]:
    """The payments of the invoice in QuickBooks, without amounts of zero."""
    return [each for each in ledger.payments.settling(link.realm_id, link.od_invoice_id) if each.amount.amount]


def sentence(change: str, link: InvoiceLink, received: list[Payment], undo: str = "hold") -> str:
    """The problem of an invoice that was voided or deleted in OneDesk, and what to do in QuickBooks. `undo` is what the
    rules do there once nothing pays it any more."""
    name = link.qbo_number or link.qbo_id
    then = Text(
        "then it is {did} once the look for payments has seen it, or at once by {retry}.",
        did=PAST[DID.get(undo, VOIDED)],
        retry="onedesk-quickbooks queue retry ENTRY",
    )
    if undo == "hold":
        then = Text("then void it: {closes}", closes=CLOSES)
    if link.kind == CREDIT_MEMO:
        used = Text(", and {amount} of it are used there", amount=-_sum(received)) if received else ""
        return Text(
            "The credit note was {change} in OneDesk, but QuickBooks still has it as the credit memo {name}{used}; "
            "take what is used of it off the invoices there (delete the zero-amount payment that applies it), {then}",
            change=PAST[change],
            name=name,
            used=used,
            then=then,
        )
    if not received:
        undo = Text("void it there") if change == VOIDED else Text("void or delete it there")
        return Text(
            "The invoice was {change} in OneDesk, but QuickBooks still has it as {name}; {undo}: {closes} If"
            " something was paid for it there since the last look, take that off the "
            "invoice first: QuickBooks does not void an invoice that is paid, not even in part.",
            change=PAST[change],
            name=name,
            undo=undo,
            closes=CLOSES,
        )
    paid, whole = _sum(received), Money(decimal_from_text(link.qbo_total), link.currency)  # edited since, where less
    names = (
        each.name if len(received) == 1 else Text("{name}: {amount}", name=each.name, amount=each.amount)
        for each in received
    )
    by = joined(", ", names)
    happened, off = (
        (Text("was paid for it"), Text("what was paid"))
        if _is_money(received)
        else (Text("settles it"), Text("each of them"))
    )
    return Text(
        "The invoice was {change} in OneDesk, but {paid} {happened} in QuickBooks, where it is "
        "{name} ({by}). QuickBooks does not void an invoice that is paid, not even in part: first take "
        "{off} off the invoice there (refund money, or keep it as the customer's credit), {then} If the customer owes "
        "the amount after all, leave QuickBooks as it is and drop this entry.",
        change=PAST[change],
        paid=paid if paid.amount > whole.amount else Text("{sum} of {whole}", sum=paid, whole=whole),
        happened=happened,
        name=name,
        by=by,
        off=off,
        then=then,
    )


def _is_money(received: list[Payment]) -> bool:
    return all(each.kind == "payment" for each in received)


def _sum(received: list[Payment]) -> Money:
    currency = received[0].amount.currency
    return Money(sum((each.amount.amount for each in received), Decimal(0)), currency)


def _conflict(received: list[Payment]) -> Conflict:
    """The data that the entry keeps beside its reason."""
    if not received:
        return Conflict()
    whole = _sum(received)
    return Conflict(paid=whole.digits, currency=whole.currency, only_money=_is_money(received))
