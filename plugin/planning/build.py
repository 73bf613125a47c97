"""From decisions and books to a plan: everything that will be done in QuickBooks for one invoice, or why nothing is.

host's figures -> customer, lines, tax codes, number, delivery -> draft -> predicted totals, settled -> the copy that
QuickBooks has already -> Plan or Held; or Skipped, before all of that. All decisions are made here: carrying out a plan
decides nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from onedesk_quickbooks.plugin.model.again import again_by
from onedesk_quickbooks.plugin.model.books import Books, BooksInvoice, Copied
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.host import Attachment
from onedesk_quickbooks.plugin.model.invoice import Address, Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import (
    AnyPlan,
    EnsureCustomer,
    EnsureItem,
    Held,
    InvoiceDraft,
    Plan,
    PutInvoice,
    Reason,
    SendInvoice,
    SendLater,
)
from onedesk_quickbooks.plugin.model.resend_wish import Resend
from onedesk_quickbooks.plugin.planning.attached import to_attach, unfit_files
from onedesk_quickbooks.plugin.planning.audit import audit
from onedesk_quickbooks.plugin.planning.content_hash import content_hash
from onedesk_quickbooks.plugin.planning.credits import Applying, applying, held_credit, other_kind, used_more
from onedesk_quickbooks.plugin.planning.customers.kept_customer import customer_of, other_customer
from onedesk_quickbooks.plugin.planning.dates import closed_period, in_future, moved_day
from onedesk_quickbooks.plugin.planning.delivery import (
    bounced,
    delivery_of,
    mailed_before,
    mailed_there,
    not_again,
    once_more,
    send_day,
    send_replaced,
    sent_later,
)
from onedesk_quickbooks.plugin.planning.existing_copy import (
    ExistingCopy,
    existing_copy,
    kept_deposit,
    kept_total,
    paid_anyway,
    paid_in_full,
    unsent,
)
from onedesk_quickbooks.plugin.planning.first import billed_meanwhile, billed_twice, undone_first, written_first
from onedesk_quickbooks.plugin.planning.inclusive import without_tax
from onedesk_quickbooks.plugin.planning.invoice_texts import InvoiceTexts
from onedesk_quickbooks.plugin.planning.lines.item_moves import moved
from onedesk_quickbooks.plugin.planning.lines.plan_lines import LinePlanner
from onedesk_quickbooks.plugin.planning.markers import altered_mark, not_this_one
from onedesk_quickbooks.plugin.planning.named import named_of
from onedesk_quickbooks.plugin.planning.numbers import number_for
from onedesk_quickbooks.plugin.planning.payments.paid import against_payments, deposits, paid_there, recorded_already
from onedesk_quickbooks.plugin.planning.settled_by import with_rules
from onedesk_quickbooks.plugin.planning.totals.compare_totals import TOTALS, Settled, Settlement, Verdict, verdict
from onedesk_quickbooks.plugin.planning.totals.payable import Asks, noted, payable
from onedesk_quickbooks.plugin.planning.totals.set_tax import restate
from onedesk_quickbooks.plugin.planning.whole import (
    as_booked,
    days,
    due_before_issue,
    held_by_rules,
    includes_tax,
    missing_rate,
    missing_term,
    not_open,
    skipped,
    term_of,
    too_large,
    too_many_lines,
)
from onedesk_quickbooks.plugin.ruleset.core.places import region_of
from onedesk_quickbooks.plugin.texts import Text


def make_plan(
    invoice: Invoice,
    decisions: InvoiceDecisions,
    books: Books,
    default_income_account: Ref | None,
    default_tax_code: Ref | None,
    action: str,
    before: Copied | None,
    again: Resend | None = None,
    files: Sequence[Attachment] = (),
    today: date | None = None,
) -> AnyPlan:
    """Plan a copy or a send (`action`), or one more e-mail (`again`), with the host's `files`. `today`: an e-mail for a
    later day is not sent before. Pure: the same arguments give the same plan.

    All reasons to hold are collected, so that a person can correct them together.
    """
    now = before.now if before else None
    existing = Ref(before.qbo_id, before.number) if before and now and not now.voided else None
    accounts = default_income_account, default_tax_code
    planning = _Planning(invoice, decisions, books, *accounts, action, before, again, files, today)
    return skipped(invoice, decisions, action, existing) or planning.plan()


def make_draft(
    invoice: Invoice,
    decisions: InvoiceDecisions,
    books: Books,
    default_income_account: Ref | None,
    default_tax_code: Ref | None,
    before: Copied,
) -> Intended | None:
    """What QuickBooks would hold if the invoice were written now; None where that cannot be determined."""
    return _Planning(invoice, decisions, books, default_income_account, default_tax_code, "copy", before).intended()


@dataclass(frozen=True, slots=True)
class Intended:
    """A draft with its customer and items, existing or new, and the tax on it."""

    draft: InvoiceDraft
    content_hash: str
    customer: EnsureCustomer
    items: tuple[EnsureItem, ...]
    tax: Decimal | None


class _Planning:
    """Plans one invoice."""

    def __init__(
        self,
        invoice: Invoice,
        decisions: InvoiceDecisions,
        books: Books,
        default_income_account: Ref | None,
        default_tax_code: Ref | None,
        action: str,
        before: Copied | None,
        again: Resend | None = None,
        files: Sequence[Attachment] = (),
        today: date | None = None,
    ) -> None:
        self._action = action
        self._again = again
        day = send_day(invoice, decisions)
        self._later = day if day and today and today < day and again is None else None
        self._sends_later: SendLater | None = None
        self._attach = to_attach(files, decisions, before)
        now = before.now if before else None
        existing = (before.dated if before else None) or (now.issue_date if now else None)
        unsound_days = days(invoice, decisions)
        booked = as_booked(invoice, decisions, books.company, existing)
        early, ahead = in_future(invoice, decisions, today, before)
        self._of_day = [*moved_day(invoice, booked, decisions, books), *ahead]
        self._invoice = invoice = booked
        self._decisions = decisions
        self._books = books
        self._before = before
        customer = customer_of(invoice, decisions.customer, books, before)
        self._customer, self._review = customer.step, customer.review
        written = before.items if before else ()
        self._lines = LinePlanner(invoice, decisions, books, default_income_account, default_tax_code, written)
        self._lines.build()
        self._number = number_for(invoice, decisions, books, before, customer.step)
        self._delivery = delivery_of(invoice, decisions, action, again)
        self._named = named_of(invoice, decisions, books)
        holds = invoice.is_credit and decisions.prepaid == "deposit"
        credit = dataclasses.replace(decisions, prepaid="hold") if holds else decisions
        self._payable = payable(invoice, credit, books.company, before)
        self._texts = InvoiceTexts(invoice, decisions)
        unsound = list(audit(invoice, decisions.when_line_differs))
        self._sound = not unsound
        self._applying = Applying()
        altered = None if before else books.altered
        self._reasons = [
            *([altered_mark(invoice, altered)] if altered else []),
            *not_open(invoice, decisions, before, books.to_come, perhaps=altered is not None),
            *held_by_rules(decisions),
            *(other_kind(invoice, before) or held_credit(invoice, decisions)),
            *unsound,
            *customer.reasons,
            *self._lines.every_reason(),
            *self._number.reasons,
            *self._texts.reasons,
            *self._delivery.reasons,
            *self._named.reasons,
            *unfit_files(files, decisions, before),
            *self._payable.reasons,
            *unsound_days,
            *early,
            *([] if invoice.is_credit else missing_term(decisions, books)),
            *missing_rate(invoice, books),
            *includes_tax(invoice, books),
        ]

    def plan(self) -> Plan | Held:
        """The plan, or every reason against."""
        customer = self._customer
        if customer is None or self._lines.every_reason():  # without a complete draft nothing can be calculated
            return self._held()
        settled = self._settled(customer)
        digest = self._digest(settled)
        existing = existing_copy(self._invoice, self._before, digest, self._decisions.when_changed, customer)
        if existing.action == "update":
            restate(self._invoice, self._before, self._decisions.when_total_differs, settled)
        if self._sound and (existing.action != "unchanged" or not self._agrees(existing)):
            self._reasons += settled.reasons
        self._reasons += [*self._lines.every_reason(), *existing.reasons]
        if existing.action == "create":
            self._reasons += billed_meanwhile(self._invoice, self._action, self._books.elsewhere)
        self._reasons += [] if existing.reasons else self._not_again(existing, settled)
        self._reasons += not_this_one(self._invoice, self._before, customer, settled.totals)
        if existing.action != "unchanged":
            deposit = settled.draft.deposit
            against = self._against(customer, settled)
            self._reasons += against or other_customer(self._invoice, self._before, customer, self._books)
            self._reasons += settled.unwritten if self._sound else []
            self._reasons += [*closed_period(self._invoice, self._books, self._before), *self._too_many(settled)]
            self._reasons += [] if against else recorded_already(self._invoice, self._before, deposit)
            entered, reasons = deposits(self._invoice, self._before, deposit)
            existing.notes += entered
            self._reasons += reasons
        elif existing.keep and self._delivery.send and not self._mailed(existing):
            self._reasons += [unsent(note, self._asks_otherwise(settled)) for note in existing.notes]
        self._applying = applying(self._invoice, self._books, self._before, existing.action, customer, settled.totals)
        self._reasons += self._applying.reasons
        stays = existing.action == "unchanged" and not existing.keep and not existing.reasons
        found = self._unchanged_total(settled, existing) if stays else Verdict()
        self._reasons += [found.held] if found.held else []
        if self._reasons:
            return self._held()
        if existing.theirs:  # lines that settle OneDesk's figures are not written
            settled.notes.clear()
        elif existing.action == "unchanged" and self._agrees(existing):
            settled.notes[:] = [each for each in settled.notes if each.code != "total-differs"]
        settled.notes += [found.note] if found.note else []
        return self._planned(customer, settled, existing, digest)

    def _not_again(self, existing: ExistingCopy, settled: Settled) -> list[Reason]:
        if self._again is None:
            return []
        return not_again(self._before, existing.action, self._again, self._paid(existing, settled))

    def _against(self, customer: EnsureCustomer, settled: Settled) -> list[Reason]:
        """Reasons against an update of an invoice that is paid, or a credit memo that is used, in QuickBooks; none
        where it is of the other kind there, which is held and not updated."""
        if other_kind(self._invoice, self._before):
            return []
        if self._invoice.is_credit:
            return used_more(self._invoice, self._before, customer, settled.totals)
        return against_payments(self._invoice, self._before, customer, settled.totals, settled.draft.deposit)

    def intended(self) -> Intended | None:
        """The draft, independent of QuickBooks' version."""
        if self._customer is None or self._lines.every_reason():
            return None
        settled = self._settled(self._customer)
        items = self._lines.items.steps
        return Intended(settled.draft, self._digest(settled), self._customer, items, settled.totals.tax)

    def _digest(self, settled: Settled) -> str:
        return content_hash(settled.draft, f"{self._invoice.customer.id}/{self._decisions.customer.display_name}")

    def _too_many(self, settled: Settled) -> list[Reason]:
        return [*too_many_lines(settled, self._decisions.group_by), *too_large(settled)]

    def _agrees(self, existing: ExistingCopy) -> bool:
        """Whether QuickBooks' invoice, which is not changed, has the host's total, or was accepted as it was made
        there."""
        now = self._before.now if self._before else None
        return existing.theirs or (now is not None and now.total == self._invoice.total)

    def _unchanged_total(self, settled: Settled, existing: ExistingCopy) -> Verdict:
        """The total of QuickBooks' invoice that is not changed is known. One that was kept with another total is only
        copied, and a paid one needs no decision."""
        now = self._before.now if self._before else None
        if self._before is None or now is None or self._unforeseen():
            return Verdict()
        host = self._invoice.money(self._invoice.total)
        how, set_tax = self._decisions.when_total_differs, self._before.set_tax
        found = verdict(host, settled.totals, settled.compare, now, how, set_tax)
        if found.held and found.held.code not in TOTALS:
            return found
        differs = bool(found.held) or (existing.kept and self._net_differs(settled, now))
        if existing.kept and not (differs and self._delivery.send):
            deposit = settled.draft.deposit
            if self._delivery.send and deposit is not None and deposit != now.deposit:
                return Verdict(held=kept_deposit(self._invoice, self._before, now, deposit))
            return Verdict()
        if not differs:
            return found
        if paid_in_full(now) and not self._invoice.is_credit:
            existing.paid = True
            return Verdict(note=paid_anyway(self._invoice, now))
        return Verdict(held=kept_total(self._invoice, self._before, now)) if existing.kept else found

    def _unforeseen(self) -> bool:
        """Whether the total of an open request is unknown."""
        before = self._before
        return before is not None and not before.qbo_id and before.first is not None and before.first.total is None

    def _asks_otherwise(self, settled: Settled) -> bool:
        """Whether QuickBooks' version, which is kept, asks for another amount than OneDesk's."""
        now = self._before.now if self._before else None
        if now is None:
            return False
        host, deposit = self._invoice.money(self._invoice.total), settled.draft.deposit
        found = verdict(host, settled.totals, settled.compare, now, self._decisions.when_total_differs)
        return bool(found.held) or self._net_differs(settled, now) or deposit not in (None, now.deposit)

    @staticmethod
    def _net_differs(settled: Settled, now: BooksInvoice) -> bool:
        """Where any tax of QuickBooks is accepted, its total without tax is compared."""
        return settled.totals.total is None and settled.compare is None and now.total - now.tax != settled.totals.net

    def _held(self) -> Held:
        invoice = self._invoice
        first = (*written_first(invoice, self._before, held=True), *undone_first(self._before, self._reasons))
        held = (Reason(each.code, again_by(self._action, each.sentence)) for each in self._reasons)
        reasons = with_rules((*held, *first, *self._instead_of_send()), self._decisions)
        total = invoice.money(invoice.total)
        return Held(invoice.id, invoice.number, reasons, self._decisions, total, review=self._review, kind=invoice.kind)

    def _settled(self, customer: EnsureCustomer) -> Settled:
        draft = self._draft(customer)
        codes = {code.id: code.on(self._invoice.issue_date) for code in self._books.tax_codes}
        if self._invoice.amounts_include_tax:
            draft = without_tax(draft, codes)
        known = not self._books.company.automated_sales_tax or self._exempt(customer)
        more = self._before is not None and self._before.first is not None
        settlement = Settlement(self._invoice, self._decisions, codes, known, self._lines.rounding, more)
        return settlement.settle(draft)

    def _exempt(self, customer: EnsureCustomer) -> bool:
        """Whether QuickBooks charges this customer no sales tax."""
        if customer.draft is not None:
            return customer.draft.taxable is False
        found = self._books.customers.by_id.get(customer.existing.id) if customer.existing else None
        return found is not None and not found.taxable

    def _planned(self, customer: EnsureCustomer, settled: Settled, existing: ExistingCopy, digest: str) -> Plan:
        invoice, before = self._invoice, self._before
        now = before.now if before else None
        send, sent_already = self._send(existing, settled)
        stays = existing.action == "unchanged" and not self._unforeseen()
        draft = _as_it_is(settled.draft, before) if before and existing.action == "update" else settled.draft
        asks = Asks.of(settled.draft, settled.totals, now, stays)
        first = written_first(invoice, before, held=False)
        created = before is not None and before.did == "copied"
        notes = (
            *(first if existing.action == "update" else ()),
            *undone_first(before, existing.notes),
            *existing.notes,
            *(self._moved(before, draft) if before and existing.action == "update" else ()),
            *self._lines.notes,
            *settled.notes,
            *self._number.notes,
            *(billed_twice(self._books.elsewhere) if existing.action == "create" or created else ()),
            *(self._of_day if existing.action != "unchanged" else ()),
            *noted(invoice, self._decisions, asks, before),
            *due_before_issue(invoice, settled.draft.due_date),
            *self._applying.notes,
            *self._delivery.notes,
            *sent_already,
            *self._instead_of_send(),
        )
        return Plan(
            invoice_id=invoice.id,
            invoice_number=invoice.number,
            total=invoice.money(invoice.total),
            customer=customer,
            items=self._items(existing.action),
            put=PutInvoice(
                existing.action,
                before.qbo_id if before else None,
                draft,
                digest,
                now.sync_token if now else "",
                existing.accept,
                existing.same,
                existing.keep,
                invoice.kind,
            ),
            send=send,
            notes=notes,
            decisions=self._decisions,
            totals=settled.totals,
            outcome=_outcome(existing, send, before, bool(self._attach or self._applying.step)),
            compare=settled.compare,
            remarks=self._remarks(settled) if existing.action != "unchanged" else tuple(first),
            stays=Money(now.total, now.currency or invoice.currency) if now and stays else None,
            kept=existing.theirs,
            differs=existing.paid or (existing.theirs and not (before and (before.sent_on or self._mailed(existing)))),
            apply=self._applying.step,
            attach=self._attach,
            later=self._sends_later,
            mailed=self._mailed(existing) and not (before and (before.sent_on or bounced(before, ""))),
        )

    def _instead_of_send(self) -> tuple[Reason, ...]:
        wanted = self._books.send_replaced and self._invoice.status != "paid"
        return (send_replaced(),) if wanted else ()

    def _remarks(self, settled: Settled) -> tuple[Reason, ...]:
        """Remarks on rules that cannot be used here, the only case in which the run may end differently."""
        remarks = (*settled.remarks, *self._named.remarks)
        if settled.compare is None or self._decisions.when_total_differs == "note":
            return remarks
        sentence = Text(
            "QuickBooks calculates the sales tax only after the invoice is written. If its total is then not "
            "{compare}, the invoice is held before any e-mail, and the command ends with exit code 1.",
            compare=settled.compare,
        )
        return (*remarks, Reason("total-compared-after", sentence))

    def _moved(self, before: Copied, draft: InvoiceDraft) -> list[Reason]:
        return moved(self._invoice, before, draft, self._lines.items.steps, self._books, self._lines.sales)

    def _items(self, action: str) -> tuple[EnsureItem, ...]:
        """The items to create for the lines; none where the invoice is not changed."""
        steps = tuple(self._lines.items.steps)
        return steps if action != "unchanged" else tuple(each for each in steps if each.existing is not None)

    def _send(self, existing: ExistingCopy, settled: Settled) -> tuple[SendInvoice | None, tuple[Reason, ...]]:
        """The e-mail, unless QuickBooks has already sent this version, or nothing is left to pay."""
        wanted, before = self._delivery.send, self._before
        if wanted is None or existing.paid:
            return None, tuple(bounced(before, "")) if existing.action == "unchanged" else ()
        send, notes = self._unsent(wanted, existing)
        against = None if self._again else self._paid(existing, settled)
        leaves = self._sends_later is not None or (send is not None and not send.done)
        if against is None or not leaves:
            return send, notes
        self._sends_later = None
        return None, (against,)

    def _paid(self, existing: ExistingCopy, settled: Settled) -> Reason | None:
        if self._invoice.status == "paid":
            return Reason("paid-unsent", Text("It is Paid already, so that QuickBooks does not e-mail it."))
        if self._before is None:
            return None
        return paid_there(self._invoice, self._before, existing.action, settled.totals, settled.draft.deposit)

    def _unsent(self, wanted: SendInvoice, existing: ExistingCopy) -> tuple[SendInvoice | None, tuple[Reason, ...]]:
        """The e-mail that is `wanted`, unless QuickBooks has already sent this version."""
        before = self._before
        if before and not self._again and self._mailed(existing):
            undelivered = tuple(bounced(before, wanted.to))
            there = mailed_there(self._invoice, before)
            return self._on_its_day(wanted, undelivered) if undelivered else (None, (there,))
        if existing.action == "unchanged" and before and before.sent_on:
            if self._again:
                if before.resent:
                    return dataclasses.replace(wanted, done=True, again=True), ()
                return dataclasses.replace(wanted, again=True), (once_more(before, self._again),)
            if before.did == "sent":
                return dataclasses.replace(wanted, done=True), ()
            if again := bounced(before, wanted.to):
                return self._on_its_day(wanted, tuple(again))
            sentence = Text(
                "QuickBooks e-mailed this invoice on {sent_on} and nothing has changed since.", sent_on=before.sent_on
            )
            return None, (Reason("sent-already", sentence),)
        if before and before.mailed_once:
            return None, (mailed_before(),)
        return self._on_its_day(dataclasses.replace(wanted, again=self._again is not None), ())

    def _mailed(self, existing: ExistingCopy) -> bool:
        """Whether QuickBooks e-mailed what it will then have, without a request that we know of: by hand there, or
        before the ledger was begun or restored."""
        before = self._before
        now = before.now if before else None
        if before is None or now is None or not before.mailed_on:
            return False
        if (before.edited or before.taken) and not (existing.same or now.mailed_as_is):
            return False
        return existing.action == "unchanged" or before.found

    def _on_its_day(
        self, wanted: SendInvoice, notes: tuple[Reason, ...]
    ) -> tuple[SendInvoice | None, tuple[Reason, ...]]:
        """An e-mail that is sent now, or on a later day."""
        if self._later is None:
            return wanted, notes
        self._sends_later = SendLater(wanted.to, self._later)
        return None, (*notes, sent_later(self._later))

    def _deposit(self) -> Decimal | None:
        """The prepaid amount; zero removes a deposit that we wrote. One that was entered in QuickBooks stays."""
        ours = self._before.deposit if self._before else Decimal(0)
        return Decimal(0) if self._payable.deposit is None and ours else self._payable.deposit

    def _draft(self, customer: EnsureCustomer) -> InvoiceDraft:
        company, invoice, lines = self._books.company, self._invoice, self._lines
        term = None if invoice.is_credit else term_of(self._decisions, self._books)
        own = _filled(invoice.customer.address)  # a partner is billed at the address in QuickBooks
        address = None if self._decisions.customer.partner else own
        draft = InvoiceDraft(
            number=self._number.value,
            customer_name=customer.name,
            issue_date=invoice.issue_date,
            due_date=None if term or invoice.is_credit else invoice.due_date,
            term=term,
            currency=invoice.currency if company.multicurrency else None,
            exchange_rate=self._books.exchange_rates.get(invoice.currency) if company.multicurrency else None,
            tax_calculation=lines.taxes.calculation(),
            us_tax_code=lines.taxes.us_code(),
            lines=tuple(lines.lines),
            discount=lines.discount,
            tax_after_discount=company.is_us and lines.discount is not None and not lines.discount_after_tax,
            memo=self._texts.memo,
            private_note=self._texts.note,
            email=self._delivery.email,
            email_cc=self._delivery.email_cc,
            auto_number=self._number.auto,
            bill_address=address,
            ship_address=self._shipped_to(_filled(invoice.ship_to) or own),
            deposit=self._deposit(),
            email_bcc=self._delivery.email_bcc,
            location=self._named.location,
            class_ref=lines.classes.of_invoice,
            custom_fields=self._named.custom_fields,
            card_payment=self._named.card_payment,
            bank_payment=self._named.bank_payment,
        )
        return dataclasses.replace(draft, cleared=self._cleared(draft))

    def _cleared(self, draft: InvoiceDraft) -> tuple[str, ...]:
        """What the last copy wrote, and this one no longer names."""
        named = {f"field {each.field.id}" for each in draft.custom_fields}
        named |= {"blind copy"} if draft.email_bcc else set()
        named |= {"location"} if draft.location else set()
        named |= {"class"} if draft.class_ref else set()
        named |= {"card payment", "bank payment"}  # there is no value for none
        return tuple(each for each in self._before.stated if each not in named) if self._before else ()

    def _shipped_to(self, address: Address | None) -> Address | None:
        """The address by which QuickBooks determines the tax, with the state's code: it does not recognise `Calif.`."""
        if address is None or not self._books.company.automated_sales_tax or address.country not in ("", "US"):
            return address
        found = region_of("US", address.region)
        return dataclasses.replace(address, region=found[3:]) if found.startswith("US-") else address


def _outcome(existing: ExistingCopy, send: SendInvoice | None, before: Copied | None, more: bool) -> str:
    """`more`: something is written apart from the invoice: a file, or an applied credit memo."""
    if send is not None:
        return "sent"
    if existing.action == "unchanged":
        return (before.did if before else "") or ("updated" if more else "unchanged")
    return {"create": "copied", "update": "updated"}[existing.action]


def _as_it_is(draft: InvoiceDraft, before: Copied) -> InvoiceDraft:
    """An update keeps QuickBooks' exchange rate: the one that the invoice was booked at, or that was set. Where
    OneDesk's version replaces an edit, it also replaces the rate."""
    now = before.now
    if now is None or before.rewrite or before.edited or now.currency != draft.currency:
        return draft
    if draft.exchange_rate is None or now.exchange_rate is None:
        return draft
    return dataclasses.replace(draft, exchange_rate=now.exchange_rate)


def _filled(address: Address | None) -> Address | None:
    """None for an empty address."""
    return address if address and any(getattr(address, part) for part in Address.__slots__) else None
