"""Looks up payments of the host, and the invoices that they pay, in QuickBooks: one look for several."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from onedesk_quickbooks.plugin.ledger import ADOPT, PAY, UNPAY, Connected, InvoiceLink, OutboxEntry, Reference, Work
from onedesk_quickbooks.plugin.model.books import BooksInvoice, BooksPayment
from onedesk_quickbooks.plugin.model.company_settings import Account, Ref
from onedesk_quickbooks.plugin.model.decision import HostPaymentDecisions
from onedesk_quickbooks.plugin.model.host_payment import HostPayment
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE, UNPAID
from onedesk_quickbooks.plugin.model.payment_plan import Billed, PaymentBooks, Written
from onedesk_quickbooks.plugin.planning import marks_payment
from onedesk_quickbooks.plugin.qbo import id_of, read_invoice
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from onedesk_quickbooks.plugin.sync.outbound.lookup import REFERENCE_AGE
from onedesk_quickbooks.plugin.sync.services import Services


@dataclass(frozen=True, slots=True)
class PaymentAsked:
    """A payment as the host has handed it over, and what `rules` decide for it. `numbers` are those of its invoices in
    the host, as far as they are known."""

    work: Work
    payment: HostPayment
    rules: RuleSet
    decisions: HostPaymentDecisions
    numbers: Mapping[str, str]

    @property
    def invoices(self) -> list[str]:
        """The host's ids of the invoices that it pays."""
        return [each.invoice_id for each in self.payment.parts]


@dataclass(frozen=True, slots=True)
class PaymentSeen:
    """What was looked up for one payment, before any other plan is considered. `freed` is the amount that an unanswered
    void opens again, by QuickBooks' id of the invoice: a run recovers it before anything else."""

    asked: PaymentAsked
    books: PaymentBooks
    freed: Mapping[str, Decimal] = field(default_factory=dict)

    def meets(self, coming: Coming) -> PaymentBooks:
        """The books for this payment, once what is planned before it is done."""
        numbers = self.asked.numbers
        billed = {
            od_id: _coming(each, od_id, numbers.get(od_id, ""), self.freed, coming)
            for od_id, each in self.books.billed.items()
        }
        settling = coming.settling(self.books.settling, {each.qbo_id for each in billed.values()} - {""})
        return dataclasses.replace(self.books, billed=billed, settling=settling)

    @property
    def touches(self) -> set[str]:
        """What it changes, or depends on, that another payment may change as well: itself, by the ledger's key, and
        invoices, by QuickBooks' ids."""
        written = self.books.written
        applied = dict(written.now.applied) if written and written.now else {}
        invoices = {each.qbo_id for each in self.books.billed.values()}
        return {self.asked.payment.key, *invoices, *applied, *self.freed} - {""}


def apart(seen: Sequence[PaymentSeen]) -> tuple[list[PaymentSeen], list[PaymentSeen]]:
    """Those that can be sent together, and those that depend on the results of these, or of others before them."""
    now: list[PaymentSeen] = []
    later: list[PaymentSeen] = []
    touched: set[str] = set()
    for each in seen:
        (now if touched.isdisjoint(each.touches) else later).append(each)
        touched |= each.touches
    return now, later


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger has of a payment: the links of its invoices, and the earlier requests for it."""

    links: Mapping[str, InvoiceLink]
    entries: Sequence[OutboxEntry]

    @property
    def invoice_ids(self) -> list[str]:
        return [link.qbo_id for link in self.links.values() if link.kind == INVOICE]

    @property
    def payment_ids(self) -> list[str]:
        """The ids of the payments that were made for it in QuickBooks, including voided ones."""
        made, undone = newest(self.entries)
        return [*([id_of(made.answer or {})] if made else []), *([id_of(undone.body)] if undone else [])]


class PaymentLook:
    """Looks payments of one company up; changes nothing."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._quickbooks = services.quickbooks(connected.realm_id)
        self._methods: tuple[Ref, ...] | None = None
        self._rates: dict[tuple[str, date], Decimal | None] = {}
        self._fresh: tuple[Account, ...] | None = None

    def look(self, asked: Sequence[PaymentAsked]) -> list[PaymentSeen]:
        """One for each, in their order. Raises `QuickBooksProblem`."""
        known = [self._known(each) for each in asked]
        of_ledger = [each for each in known if each is not None]
        invoices, preferences = self._quickbooks.billed(id for each in of_ledger for id in each.invoice_ids)
        there = {each.id: each for each in invoices}
        days: dict[date, set[str]] = {}
        ids = {qbo_id for each in of_ledger for qbo_id in each.payment_ids}
        for one, its in zip(asked, known, strict=True):
            for qbo_id in its.invoice_ids if its else ():
                if qbo_id in there:
                    days.setdefault(one.payment.date, set()).add(there[qbo_id].customer_id)
                    ids.update(there[qbo_id].payment_ids)
        on_days = {day: sorted(days[day]) for day in sorted(days)}
        payments = {each.id: each for each in self._quickbooks.payments_about(sorted(ids), on_days)}
        reference = self._services.reference(self._connected, REFERENCE_AGE)
        company = reference.company if preferences is None else reference.company.with_preferences(preferences)
        shared = PaymentBooks(company, reference.accounts)
        return [
            self._seen(one, its, there, payments, shared)
            if its is not None
            else PaymentSeen(one, PaymentBooks(self._connected.company, from_quickbooks=True))
            for one, its in zip(asked, known, strict=True)
        ]

    def _known(self, asked: PaymentAsked) -> _Known | None:
        """None for one that came from QuickBooks."""
        ledger, payment = self._services.ledger, asked.payment
        if ledger.payments.get(payment.id) is not None:
            return None
        links = ledger.links.invoices(self._realm_id, [each.invoice_id for each in payment.parts])
        return _Known(links, ledger.outbox.of_payment(self._realm_id, payment.key))

    def _seen(
        self,
        asked: PaymentAsked,
        known: _Known,
        there: Mapping[str, BooksInvoice],
        payments: Mapping[str, BooksPayment],
        shared: PaymentBooks,
    ) -> PaymentSeen:
        payment, links = asked.payment, known.links
        settling = _settling([there[qbo_id] for qbo_id in known.invoice_ids if qbo_id in there], payment.date, payments)
        freed = _freed(known.entries, payments)
        had = self._adopted_since(payment, links)
        billed = {
            each: self._in_host(
                each,
                dataclasses.replace(
                    _billed(links.get(each), there, asked.numbers.get(each, ""), freed), had_it=each in had
                ),
            )
            for each in asked.invoices
        }
        foreign = shared.company.multicurrency and payment.currency != shared.company.home_currency
        books = dataclasses.replace(
            shared,
            methods=self._active_methods() if payment.method else (),
            billed=billed,
            settling=settling,
            written=self._written(asked, known.entries, settling, payments.get),
            rate=self._rate(payment) if foreign else None,
        )
        return PaymentSeen(asked, books, freed)

    def _in_host(self, od_id: str, billed: Billed) -> Billed:
        """The same for one that QuickBooks does not have: whether the host has it."""
        if billed.now is not None and not billed.now.voided:
            return billed
        return dataclasses.replace(billed, nowhere=self._services.host.read_invoice(od_id) is None)

    def _rate(self, payment: HostPayment) -> Decimal | None:
        key = (payment.currency, payment.date)
        if key not in self._rates:
            self._rates[key] = self._quickbooks.exchange_rate(*key)
        return self._rates[key]

    def _adopted_since(self, payment: HostPayment, links: Mapping[str, InvoiceLink]) -> set[str]:
        """The invoices that were adopted after the host has recorded the payment, and that were partly paid by then: as
        both sides had the same balance, QuickBooks had its money."""
        ledger = self._services.ledger
        first = ledger.host_payment_entries.first(self._realm_id, payment.key) if links else None
        found: set[str] = set()
        for od_id in links if first else ():
            entries = ledger.outbox.of_invoice(self._realm_id, od_id)
            made = next((each for each in reversed(entries) if each.operation in ("create", ADOPT)), None)
            if made and payment.id in made.context.get("payments_to_come", ()):
                continue
            if first and made and made.operation == ADOPT and made.work_id > first and made.answer:
                then = read_invoice(made.answer)
                found.update({od_id} if then.balance != then.total else ())
        return found

    def with_accounts(self, books: PaymentBooks) -> PaymentBooks:
        """The same with QuickBooks' present accounts: the one that the rules name may be new. Read again once."""
        if self._fresh is None:
            fresh: Reference = self._services.reference(self._connected, timedelta(0))
            self._fresh = fresh.accounts
        return dataclasses.replace(books, accounts=self._fresh)

    def _active_methods(self) -> tuple[Ref, ...]:
        if self._methods is None:
            self._methods = self._quickbooks.active_methods()
        return self._methods

    def _written(
        self,
        asked: PaymentAsked,
        entries: Sequence[OutboxEntry],
        settling: Sequence[BooksPayment],
        existing: Callable[[str], BooksPayment | None],
    ) -> Written | None:
        """The payment in QuickBooks for the host's payment: the last one that we have made and not voided since; else
        one with its marker, which another ledger, or an unanswered request, has made."""
        made, undone = newest(entries)
        if made is not None and undone is None:
            found = self._by_ledger(asked.work, made, existing(id_of(made.answer or {})))
            late = any(each.step == UNPAY and each.state == "given_up" and each.id > made.id for each in entries)
            if not (late and found.now is not None and found.now.voided):
                return found
        ours = {id_of(each.body) for each in entries if each.step == UNPAY}
        there = [each for each in settling if marks_payment(each.private_note, asked.payment.id) and not each.voided]
        marked = next((each for each in there if each.id not in ours), None)
        if marked is not None:
            left = next((each for each in entries if each.step == PAY and each.state != "answered"), None)
            content = str(left.context.get("content", "")) if left is not None else ""
            return Written(marked.id, marked, content, marked)
        if undone is not None and undone.work_id == asked.work.id and asked.work.action == UNPAID:
            return Written(id_of(undone.body), None, did="voided")
        return None

    def _by_ledger(self, work: Work, made: OutboxEntry, now: BooksPayment | None) -> Written:
        answer = made.answer or {}
        did = "recorded" if made.work_id == work.id else ""
        then = next(iter(self._quickbooks.read_payments([answer])), None)
        return Written(id_of(answer), now, str(made.context.get("content", "")), then, did)


def newest(entries: Sequence[OutboxEntry]) -> tuple[OutboxEntry | None, OutboxEntry | None]:
    """The last request that has made the payment, and the one that has voided it since, or will do so before anything
    else."""
    made: OutboxEntry | None = None
    undone: OutboxEntry | None = None
    for entry in entries:
        if entry.step == PAY and entry.state == "answered":
            made, undone = entry, None
        elif entry.step == UNPAY and entry.state in ("answered", "recorded"):
            undone = entry
    return made, undone


def _freed(entries: Sequence[OutboxEntry], there: Mapping[str, BooksPayment]) -> Mapping[str, Decimal]:
    """The amount of each invoice that is open again once a recorded and unanswered void is done."""
    _, undone = newest(entries)
    found = there.get(id_of(undone.body)) if undone is not None and undone.state == "recorded" else None
    return dict(found.applied) if found else {}


def _settling(
    invoices: Iterable[BooksInvoice], day: date, payments: Mapping[str, BooksPayment]
) -> tuple[BooksPayment, ...]:
    """The payments of the invoices, and those of their customers on that day."""
    seen = list(invoices)
    ids = {payment_id for each in seen for payment_id in each.payment_ids}
    customers = {each.customer_id for each in seen}
    on_them = [each for each in payments.values() if each.id in ids]
    others = [
        each for each in payments.values() if each.id not in ids and each.customer_id in customers and each.date == day
    ]
    return (*on_them, *others)


def _billed(
    link: InvoiceLink | None, there: Mapping[str, BooksInvoice], number: str, freed: Mapping[str, Decimal]
) -> Billed:
    """One invoice that is paid, as QuickBooks has it."""
    if link is None:
        return Billed(number)
    now = there.get(link.qbo_id)
    return Billed(
        number or link.od_number,
        link.qbo_id,
        link.qbo_number,
        now,
        now.balance + freed.get(link.qbo_id, Decimal(0)) if now else None,
        now.customer_id if now else "",
        now.currency if now else "",
        is_credit=link.kind == CREDIT_MEMO,
    )


def _coming(billed: Billed, od_id: str, number: str, freed: Mapping[str, Decimal], coming: Coming) -> Billed:
    """The same once what is planned before is done: `number` is the host's."""
    more = coming.freed(billed.qbo_id) - coming.paid(od_id)
    made = coming.opened(od_id)
    if made is None:
        return dataclasses.replace(billed, left=billed.left + more) if billed.left is not None and more else billed
    left = None if made.left is None else made.left + more + freed.get(billed.qbo_id, Decimal(0))
    return dataclasses.replace(
        billed,
        number=number,
        left=left,
        customer_id=made.customer_id,
        currency=made.currency,
        coming=True,
        is_credit=False,
    )
