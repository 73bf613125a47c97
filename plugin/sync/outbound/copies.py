"""Copies that QuickBooks has already, prepared for planning: what we keep of each, and QuickBooks' present version."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.ledger import Connected, InvoiceLink, OutboxEntry, Work, undone_by_person, undone_by_rule
from onedesk_quickbooks.plugin.model.books import BooksInvoice, Copied, SetTax, Settling
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.model.money import decimal_from_text
from onedesk_quickbooks.plugin.model.payment import ON_DOCUMENT, Payment
from onedesk_quickbooks.plugin.planning import DEPOSIT_FIELD, DID, Intended, make_draft
from onedesk_quickbooks.plugin.qbo import (
    FORMS,
    UNDOING,
    body_of,
    covered,
    covered_as,
    emailed_at,
    intended,
    is_ours,
    left_alone,
    parts,
    read_invoice,
    same_tax_base,
    says_the_same,
    stated_tax,
    tax_was_set,
)
from onedesk_quickbooks.plugin.sync.outbound.ahead import Ahead, Foreseen, written_first
from onedesk_quickbooks.plugin.sync.outbound.lookup import Seen
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.versions import (
    as_written,
    but_for_deposit,
    edited,
    is_about,
    kept_on,
    mark_of,
    only_paid,
    taken,
    versions,
)
from onedesk_quickbooks.plugin.sync.withdrawn import DELETED, NOT_WITHDRAWN

_TO_COME: Mapping[str, Any] = {}
"""The answer to an e-mail that is requested, and not answered yet."""
_DID = {"create": "copied", "update": "updated", "send": "sent"}


class Copies:
    """Collects what is known of earlier copies; asks QuickBooks only for those that were changed there."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._first: dict[str, Foreseen] = {}
        self._mails: dict[str, Mapping[str, Any]] = {}
        self._applied: set[str] = set()
        self._applied_to: dict[str, Ref] = {}
        self._attached: dict[str, list[Mapping[str, Any]]] = {}

    def before(
        self, decided: Sequence[Decided], foreseen: Sequence[Foreseen], ahead: Ahead | None = None
    ) -> list[Copied | None]:
        """For each invoice the copy that QuickBooks has, None if there is none. Raises
        `QuickBooksProblem`."""
        memos = [each.link.od_invoice_id for each in foreseen if each.link is not None and each.link.kind != INVOICE]
        credited = self._services.ledger.outbox.credited(self._realm_id, memos)
        self._applied = {od_id for od_id, (_, written) in credited.items() if not written}
        self._applied_to = {
            od_id: Ref(str(to["to"]), str(to["credits"])) for od_id, (to, _) in credited.items() if "to" in to
        }
        self._applied -= {
            each.entry.od_invoice_id
            for each in foreseen
            if each.entry is not None and each.entry.context.get("applies")
        }
        self._applied |= {od_id for od_id in memos if ahead is not None and ahead.applied(od_id)}
        od_ids = [each.link.od_invoice_id for each in foreseen if each.link is not None]
        wanting = {each.work.od_invoice_id for each in decided if each.files}
        self._attached = self._services.ledger.outbox.attached(self._realm_id, sorted(wanting.intersection(od_ids)))
        for od_id, contexts in ahead.attached.items() if ahead is not None else ():
            self._attached[od_id] = [*self._attached.get(od_id, ()), *contexts]
        mailed = [each.link.od_invoice_id for each in foreseen if each.link is not None and each.link.sent_at]
        self._mails = self._services.ledger.outbox.answers(self._realm_id, mailed, "send") if mailed else {}
        sends = [each for each in foreseen if each.entry is not None and each.entry.operation == "send"]
        self._mails |= {each.entry.od_invoice_id: _TO_COME for each in sends if each.entry is not None}
        writes = [each for each in foreseen if each.entry is not None and each.entry.operation != "send"]
        self._first = {each.link.od_invoice_id: each for each in writes if each.link is not None}
        conflicts = self._services.ledger.conflicts.latest(self._realm_id, od_ids) if od_ids else {}
        wrote = self._services.ledger.outbox.written_for(self._realm_id, od_ids) if od_ids else {}
        wrote |= {od_id: each.entry.od_customer_id for od_id, each in self._first.items() if each.entry is not None}
        found = [
            self._ahead(each, look, self._one(each, look.link, look.seen, conflicts, wrote))
            for each, look in zip(decided, foreseen, strict=True)
        ]
        return [
            dataclasses.replace(copied, mailed_once=True)
            if copied
            and (copied.did or _mailed_since(each.work, look.link))
            and self._mailed_once(each.work, look.entry)
            else copied
            for each, look, copied in zip(decided, foreseen, found, strict=True)
        ]

    def withdrawn(
        self, decided: Decided, link: InvoiceLink | None, now: BooksInvoice | None, done: OutboxEntry | None
    ) -> Copied | None:
        """The copy of an invoice that the host has voided or deleted; None where QuickBooks never had it. `done`: a
        request of an interrupted run, which is recovered first."""
        if link is None:
            return None
        detected = self._services.ledger.conflicts.latest(self._realm_id, [link.od_invoice_id]).get(link.od_invoice_id)
        before = undone_on(detected, link)
        did = [each for each in (done, *self._undone(decided.work, link, bool(before))) if each is not None]
        alive = now is not None and not now.voided
        return Copied(
            qbo_id=link.qbo_id,
            content_hash=link.content_hash,
            now=now,
            number=link.qbo_number,
            edited=now is not None and alive and edited(link, now) and not self._as_written(link, now),
            taken=detected is not None and alive and taken(link, now, detected),
            sent_on=_day(link.sent_at or (emailed_at(now) if now else None)),
            did=DID[did[0].operation] if did else "",
            settled=self._settled(link, now) if now is not None and alive and now.balance != now.total else (),
            undone_on=before,
            undone_run=undone_run(detected) if before else "",
            kind=link.kind,
        )

    def _undone(self, work: Work, link: InvoiceLink, detected: bool) -> list[OutboxEntry]:
        """The void or deletion that QuickBooks has carried out for this row; where that is not `detected` yet, also for
        an earlier row of the invoice, which a new command of the host has replaced before it could be reported."""
        outbox = self._services.ledger.outbox
        rows = outbox.of_work(work.id) if work.id else []
        last = [] if detected else outbox.of_invoice(self._realm_id, link.od_invoice_id)[-1:]
        return [each for each in (*rows, *last) if each.operation in UNDOING and each.state == "answered"]

    def _ahead(self, decided: Decided, look: Foreseen, found: Copied | None) -> Copied | None:
        """The same with what was recorded for it before and is recovered first: still open in a plan, or done since
        this time slice was asked for. Not said of an invoice that was edited since: whether QuickBooks did it before
        the edit cannot be seen there, and the edit is reported with both versions."""
        work, entry = decided.work, look.entry
        if found is not None and look.undone:
            return dataclasses.replace(found, undone_on=self._services.now().date().isoformat())
        if found is None or look.link is None:
            return found
        done = self._since(work, look.link)
        if entry is None:
            first = written_first(done[-1], done) if done and not found.edited else None
            return dataclasses.replace(found, first=first) if first else found
        return dataclasses.replace(
            found,
            first=None if found.edited else written_first(entry, done),
            did=_DID[entry.operation] if work.id in (0, entry.work_id) else "",
            resent=found.resent or (work.again is not None and entry.again and work.id == entry.work_id),
        )

    def _since(self, work: Work, link: InvoiceLink) -> list[OutboxEntry]:
        """What QuickBooks has done to the invoice for this row, since it was queued."""
        if not work.id or max(link.copied_at, link.sent_at or link.copied_at) < work.updated_at:
            return []
        done = self._services.ledger.outbox.of_invoice(self._realm_id, link.od_invoice_id)
        return [each for each in done if each.work_id == work.id]

    def _one(
        self,
        decided: Decided,
        link: InvoiceLink | None,
        seen: Seen,
        conflicts: Mapping[str, Work],
        wrote: Mapping[str, str],
    ) -> Copied | None:
        if link is None:
            adopted = seen.adopted
            if adopted is None:
                return None
            mailed = _day(emailed_at(adopted))
            return Copied(adopted.id, "", adopted, adopted.number, found=True, kind=adopted.kind, mailed_on=mailed)
        now = seen.invoice
        deposit = self._deposit(link) if now is not None and now.deposit else Decimal(0)
        changed = now is not None and not now.voided and edited(link, now) and not self._no_edit(link, now)
        latest = conflicts.get(link.od_invoice_id)
        decided_for = latest if latest is not None and taken(link, now, latest) else None
        theirs = now is not None and not now.voided and (changed or decided_for is not None)
        mailed_on = self._mailed_on(link, now, seen.then, theirs)
        sent_on = self._sent_on(link, now) if now is not None and (changed or decided_for) else _sent_on(link)
        if not sent_on and link.state == "sent" and now is not None and now.mailed_as_is:
            sent_on = mailed_on
        found = Copied(
            qbo_id=link.qbo_id,
            content_hash="" if link.rewrite else link.content_hash,
            now=now,
            number=link.qbo_number,
            edited=changed,
            taken=decided_for is not None,
            kept_on=kept_on(decided_for) if decided_for else "",
            kept_current=decided_for is not None and is_about(decided_for, decided.invoice),
            rewrite=link.rewrite,
            deposit=deposit,
            differed=decimal_from_text(link.total) != decimal_from_text(link.qbo_total),
            sent_on=sent_on,
            did=self._did(decided.work, link),
            settled=self._settled(link, now) if now is not None and now.balance != now.total else (),
            od_customer_id=wrote.get(link.od_invoice_id, ""),
            customer_id=self._customer(link) if changed or decided_for or link.rewrite else "",
            items=seen.items,
            dated=seen.then.issue_date if seen.then else None,
            undone_on=undone_on(latest, link),
            stated=parts(covered(link.fingerprint)),
            undone_run=undone_run(latest) if undone_on(latest, link) else "",
            kind=link.kind,
            applied=link.od_invoice_id in self._applied,
            applied_to=self._applied_to.get(link.od_invoice_id),
            resent=decided.work.again is not None and self._services.ledger.outbox.resent(decided.work),
            attached=frozenset(
                str(each["attachment"])
                for each in self._attached.get(link.od_invoice_id, ())
                if each["qbo_id"] == link.qbo_id
            ),
            deleted=self._deleted(decided.invoice, link),
            mailed_on=mailed_on,
        )
        found = self._renamed(decided, link, seen, found)
        automated = seen.books.company.automated_sales_tax and not link.rewrite
        if theirs:
            found = self._compared(decided, link, seen, found)
            return self._corrected(decided, link, seen, found) if changed and automated else found
        if link.rewrite and now is not None and not now.voided:
            return dataclasses.replace(found, left=self._compared(decided, link, seen, found).left)
        found = self._sales_tax(decided, link, seen, found) if automated else found
        return self._agreed(decided, link, seen, found)

    def _deleted(self, invoice: Invoice, link: InvoiceLink) -> str:
        """See `Copied`."""
        if invoice.number == link.od_number:
            return ""
        detected = self._services.ledger.conflicts.latest(self._realm_id, [invoice.id], DELETED).get(invoice.id)
        if (
            detected is None
            or detected.created_at < link.copied_at
            or NOT_WITHDRAWN in (detected.outcome or {}).get("codes", ())
        ):
            return ""
        return link.od_number

    def _renamed(self, decided: Decided, link: InvoiceLink, seen: Seen, found: Copied) -> Copied:
        """The same where only names differ: of a payment term, a class, an account, a tax code or an item that was
        renamed in QuickBooks, and whose new name the rules use. Ids are written, so nothing changes."""
        now, made = found.now, self._draft(decided, seen, found)
        if now is None or now.voided or link.rewrite or made is None or made.content_hash == link.content_hash:
            return found
        wrote = self._wrote(link) if self._context(link).get("content_hash") == link.content_hash else None
        if (
            wrote is None
            or found.od_customer_id != decided.invoice.customer.id
            or not says_the_same(wrote, written_body(made))
        ):
            return found
        return dataclasses.replace(found, content_hash=made.content_hash)

    def _sales_tax(self, decided: Decided, link: InvoiceLink, seen: Seen, found: Copied) -> Copied:
        """The same with the tax that a person set where QuickBooks calculates it, and whether the basis of the
        calculation is unchanged; asked only where the answer matters: for such a tax, or for a payment."""
        now, answer, wrote = found.now, self._answer(link), self._wrote(link)
        if now is None or now.voided or answer is None or wrote is None:
            return found
        calculated = None if stated_tax(wrote) is not None else read_invoice(answer).tax
        set_tax = SetTax(now.tax, calculated) if now.tax != calculated and tax_was_set(answer, now) else None
        if set_tax is None and now.balance == now.total:
            return found
        made = self._draft(decided, seen, found)
        same = made is not None and made.tax is None and same_tax_base(wrote, answer, now, written_body(made))
        same = same and not self._context(link).get("adopted")  # its tax was calculated on a basis that is not ours
        found = dataclasses.replace(found, set_tax=set_tax, same_base=same)
        if set_tax is None or same or made is None or made.content_hash == found.content_hash:
            return found
        return self._compared(decided, link, seen, found)

    def _corrected(self, decided: Decided, link: InvoiceLink, seen: Seen, found: Copied) -> Copied:
        """The same where only the tax was changed there, and the total then agrees with OneDesk's: an update states the
        tax."""
        now, then = found.now, seen.then
        if now is None or then is None or now.total != decided.invoice.total:
            return found
        if not is_ours(now.fingerprint, then, now, link.state == "sent", True):
            return found
        stated = self._sales_tax(decided, link, seen, found)
        return stated if stated.same_base else found

    def _agreed(self, decided: Decided, link: InvoiceLink, seen: Seen, found: Copied) -> Copied:
        """The same where a version of QuickBooks was accepted because its total agreed with OneDesk's. If only the tax
        was set, `_sales_tax` handles it."""
        now, then = found.now, seen.then
        if now is None or now.voided or then is None or not edited(link, then):
            return found
        if now.fingerprint == then.fingerprint and now.total == then.total:
            return found  # QuickBooks has again what we wrote
        taxes = found.set_tax is not None
        same_total = taxes or decimal_from_text(link.qbo_total) == then.total
        if same_total and is_ours(link.fingerprint, then, now, link.state == "sent", taxes):
            return found
        if self._context(link).get("content_hash") != link.content_hash:
            return found  # it equals OneDesk's version
        found = dataclasses.replace(found, same_base=found.same_base and found.set_tax is None, agreed=True)
        made = self._draft(decided, seen, found)
        newer = made is not None and made.content_hash != found.content_hash
        return self._compared(decided, link, seen, found) if newer else found

    def _settled(self, link: InvoiceLink, now: BooksInvoice) -> tuple[Settling, ...]:
        """What was reported to the host of payments and credits, and of those that the rules do not report as many as
        there is room for, the newest first; a deposit is on the invoice itself."""
        kept, of_it = self._services.ledger.payments, (self._realm_id, link.od_invoice_id)
        found = [Settling(each.name, each.amount.amount) for each in kept.settling(*of_it) if _is_apart(each)]
        rest = now.total - now.balance - now.deposit - sum((each.amount for each in found), Decimal(0))
        for each in reversed([each for each in kept.ignored(*of_it) if _is_apart(each)]):
            if each.amount.amount <= rest:
                found.append(Settling(each.name, each.amount.amount))
                rest -= each.amount.amount
        return tuple(found)

    def _answer(self, link: InvoiceLink) -> Mapping[str, Any] | None:
        first = self._first.get(link.od_invoice_id)
        if first is not None and first.answer is not None:
            return first.answer
        found = self._services.ledger.outbox.answers(self._realm_id, [link.od_invoice_id])
        return found.get(link.od_invoice_id)

    def _wrote(self, link: InvoiceLink) -> Mapping[str, Any] | None:
        """What we wrote last, or will have written by then."""
        first = self._first.get(link.od_invoice_id)
        if first is not None and first.entry is not None:
            return first.entry.body
        found = self._services.ledger.outbox.bodies(self._realm_id, [link.od_invoice_id])
        return found.get(link.od_invoice_id)

    def _context(self, link: InvoiceLink) -> Mapping[str, Any]:
        """The context that was kept with the last write. A version that was accepted since has only its hash in the
        link."""
        first = self._first.get(link.od_invoice_id)
        if first is not None and first.entry is not None:
            return first.entry.context
        found = self._services.ledger.outbox.contexts(self._realm_id, [link.od_invoice_id])
        return found.get(link.od_invoice_id, {})

    def _customer(self, link: InvoiceLink) -> str:
        """The customer that we wrote; the invoice may have another one by now."""
        answer = self._answer(link)
        return read_invoice(answer).customer_id if answer else ""

    def _no_edit(self, link: InvoiceLink, seen: BooksInvoice) -> bool:
        """Whether QuickBooks has again what we wrote, in place of a version that was kept; or whether only a deposit is
        new."""
        wrote = self._answer(link)
        return as_written(wrote, seen) or only_paid(link, wrote, self._deposit(link), seen)

    def _as_written(self, link: InvoiceLink, seen: BooksInvoice) -> bool:
        """The same for an invoice that will be voided: removing a deposit of ours is no edit either."""
        wrote = self._answer(link)
        return as_written(wrote, seen) or but_for_deposit(link, wrote, self._deposit(link), seen)

    def _compared(self, decided: Decided, link: InvoiceLink, seen: Seen, found: Copied) -> Copied:
        """The same with the differences between OneDesk's and QuickBooks' present versions."""
        now = self._services.quickbooks(self._realm_id).read(FORMS[found.kind], found.qbo_id)
        if now is None:
            return found
        then, newest = self._answer(link), False
        wrote = self._wrote(link)
        made = self._draft(decided, seen, found)
        if then is not None and made is not None and not self._is_last_write(link, made, found):
            (then, wrote), newest = _as_written_now(made, then), True
        left = left_alone(then, now, wrote) if then is not None and wrote is not None else ()
        # Where OneDesk's version cannot be determined, its last copy is shown.
        differing = versions(link, then, now, wrote, decided.invoice if made is not None else None)
        if made is not None and made.draft.deposit is None:  # it is not written, so it is not OneDesk's version
            differing = [each for each in differing if each[0] != DEPOSIT_FIELD]
        stay = tuple((each.field, each.now) for each in left)
        return dataclasses.replace(found, versions=tuple(differing), same=newest and not differing, left=stay)

    def _is_last_write(self, link: InvoiceLink, made: Intended, found: Copied) -> bool:
        """Whether OneDesk's version is what we wrote last. That QuickBooks had already was not written."""
        if link.rewrite or made.content_hash != found.content_hash:
            return False
        return bool(self._context(link).get("content_hash") == link.content_hash)

    def _draft(self, decided: Decided, seen: Seen, before: Copied) -> Intended | None:
        accounts = self._connected.default_income_account, self._connected.default_tax_code
        try:
            return make_draft(decided.invoice, decided.decisions, seen.books, *accounts, before)
        except Exception:  # planning meets the same problem, and reports it
            return None

    def _sent_on(self, link: InvoiceLink, now: BooksInvoice) -> str:
        """The same for a version that was made in QuickBooks: "" unless this very version was e-mailed."""
        answer = self._mails.get(link.od_invoice_id) if link.state == "sent" else None
        return (
            _sent_on(link)
            if answer and mark_of(covered_as(read_invoice(answer), now.fingerprint)) == mark_of(now)
            else ""
        )

    def _mailed_on(self, link: InvoiceLink, now: BooksInvoice | None, then: BooksInvoice | None, changed: bool) -> str:
        """The day on which QuickBooks e-mailed the invoice, where that was not at our request; "" for none. `then` is
        its answer to our last write; `changed`: it now has a version that was made there."""
        if now is None or now.voided:
            return ""
        mail = self._mails.get(link.od_invoice_id)
        if link.state == "sent" and not changed:
            return _day(link.sent_at) if mail is None else ""
        if mail == _TO_COME or (then is None and link.sent_at is not None):
            return ""
        before = None if then is None or self._found_mailed(link, then) else then
        known = {each.delivered_at for each in (before, read_invoice(mail) if mail else None) if each is not None}
        return "" if now.delivered_at in known else _day(emailed_at(now))

    def _found_mailed(self, link: InvoiceLink, then: BooksInvoice) -> bool:
        """Whether the e-mail that the answer to our last write names is later than that write: it had no answer at
        first, and was found after the e-mail."""
        if not then.delivered_at or then.mailed_as_is:
            return then.mailed_as_is
        first, outbox = self._first.get(link.od_invoice_id), self._services.ledger.outbox
        if first is not None and first.entry is not None:
            return first.entry.operation == "create"
        return outbox.operations(self._realm_id, [link.od_invoice_id]).get(link.od_invoice_id) == "create"

    def _deposit(self, link: InvoiceLink) -> Decimal:
        first = self._first.get(link.od_invoice_id)
        if first is not None and first.entry is not None and first.entry.deposit:
            return decimal_from_text(first.entry.deposit)
        written = self._services.ledger.outbox.deposits(self._realm_id, [link.od_invoice_id])
        return written.get(link.od_invoice_id, Decimal(0))

    def _mailed_once(self, work: Work, entry: OutboxEntry | None) -> bool:
        """Whether an e-mail of this row is sent, or will be before anything else (`entry`), and nobody has asked for
        one since: the host may have changed the invoice in between."""
        sends = [each for each in self._services.ledger.outbox.of_work(work.id) if each.operation == "send"]
        done = [each for each in sends if each.state == "answered" or (entry is not None and each.id == entry.id)]
        if not done:
            return False
        return not self._services.ledger.audit.requested(work.od_invoice_id, ("send",), done[-1].recorded_at)

    def _did(self, work: Work, link: InvoiceLink) -> str:
        """What this row has already done, before a crash prevented its report."""
        did = [_DID[each.operation] for each in self._since(work, link)]
        return did[-1] if did else ""


def _mailed_since(work: Work, link: InvoiceLink | None) -> bool:
    """Whether the invoice was e-mailed since this row was added, which was then queued again."""
    return bool(work.id and link and link.sent_at and link.sent_at >= work.created_at)


def _as_written_now(made: Intended, then: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """OneDesk's version as QuickBooks would answer it, and the body that would be written."""
    return intended(made.draft, *_records(made), made.tax, then), written_body(made)


def written_body(made: Intended) -> Mapping[str, Any]:
    """The body that would be written, with names in place of ids that do not exist yet."""
    return body_of(made.draft, *_records(made))


def _records(made: Intended) -> tuple[Ref, dict[str, Ref]]:
    """Customer and items, with names in place of ids that do not exist yet."""
    items = {each.name.casefold(): each.existing or Ref("", each.name) for each in made.items}
    return made.customer.existing or Ref("", made.customer.name), items


def undone_on(detected: Work | None, link: InvoiceLink) -> str:
    """The day on which we voided or deleted the invoice, by rule or by an undo; "" where we did not."""
    return detected.created_at.date().isoformat() if detected is not None and undone_by_rule(detected, link) else ""


def undone_run(detected: Work | None) -> str:
    """The run that this undid, "" where it was a rule."""
    about = detected.conflict.about if detected is not None and undone_by_person(detected) else None
    return str(about["run"]) if about else ""


def _is_apart(payment: Payment) -> bool:
    """Whether it is stored in QuickBooks apart from the invoice."""
    return payment.kind not in ON_DOCUMENT


def _sent_on(link: InvoiceLink) -> str:
    if link.state != "sent":
        return ""
    return link.sent_at.date().isoformat() if link.sent_at else "an earlier day"


def _day(moment: datetime | None) -> str:
    """Its day in UTC, like that of our own e-mails; "" for None."""
    return moment.astimezone(timezone.utc).date().isoformat() if moment else ""
