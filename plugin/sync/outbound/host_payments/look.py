"""What QuickBooks has of a payment of the host, and of the invoices that it pays."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from onedesk_quickbooks.plugin.ledger import ADOPT, PAY, UNPAY, Connected, InvoiceLink, OutboxEntry, Reference, Work
from onedesk_quickbooks.plugin.model.books import BooksInvoice, BooksPayment, Ref
from onedesk_quickbooks.plugin.model.decision import HostPaymentDecisions
from onedesk_quickbooks.plugin.model.host_payment import UNPAID, HostPayment, PaidPart
from onedesk_quickbooks.plugin.model.invoice import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.payment_plan import Billed, PaymentBooks, Written
from onedesk_quickbooks.plugin.planning import marked_payment
from onedesk_quickbooks.plugin.qbo import id_of, read_invoice
from onedesk_quickbooks.plugin.ruleset import RuleSet
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from onedesk_quickbooks.plugin.sync.outbound.lookup import REFERENCE_AGE
from onedesk_quickbooks.plugin.sync.services import Services


@dataclass(frozen=True, slots=True)
class PaymentAsked:
    """A payment as the host has handed it over, and what `rules` decide of it. `numbers` are those of its invoices in
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


class PaymentLook:
    """Looks at one company; changes nothing."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id
        self._quickbooks = services.quickbooks(connected.realm_id)
        self._methods: tuple[Ref, ...] | None = None

    def look(self, asked: PaymentAsked, coming: Coming) -> PaymentBooks:
        """Raises `QuickBooksProblem`."""
        payment, services = asked.payment, self._services
        if services.ledger.payments.get(payment.id) is not None:
            return PaymentBooks(self._connected.company, from_quickbooks=True)
        links = services.ledger.links.invoices(self._realm_id, [each.invoice_id for each in payment.parts])
        ids = [link.qbo_id for link in links.values() if link.kind == INVOICE]
        looked = self._quickbooks.look_up(invoice_ids=ids)
        there = {each.id: each for each in looked.invoices}
        reference = services.reference(self._connected, REFERENCE_AGE)
        company = reference.company
        if looked.preferences is not None:
            company = company.with_preferences(looked.preferences)
        entries = services.ledger.outbox.of_payment(self._realm_id, payment.key)
        freed = self._freed(entries)
        billed = {
            each.invoice_id: _freed(_billed(each, links.get(each.invoice_id), there, asked.numbers, coming), freed)
            for each in payment.parts
        }
        had = self._adopted_since(payment, links)
        billed = {od_id: dataclasses.replace(each, had_it=od_id in had) for od_id, each in billed.items()}
        settling = self._settling(looked.invoices, payment.date)
        foreign = company.multicurrency and payment.currency != company.home_currency
        return PaymentBooks(
            company=company,
            accounts=reference.accounts,
            methods=self._active_methods() if payment.method else (),
            billed=billed,
            settling=settling,
            written=self._written(asked, entries, settling),
            rate=self._quickbooks.exchange_rate(payment.currency, payment.date) if foreign else None,
        )

    def _adopted_since(self, payment: HostPayment, links: Mapping[str, InvoiceLink]) -> set[str]:
        """The invoices that were adopted after the host has recorded the payment, and that were settled in part by
        then: as the same was left on both sides, QuickBooks had its money."""
        ledger = self._services.ledger
        first = ledger.queue.first_of_payment(self._realm_id, payment.key) if links else None
        found: set[str] = set()
        for od_id in links if first else ():
            entries = ledger.outbox.of_invoice(self._realm_id, od_id)
            made = next((each for each in reversed(entries) if each.operation in ("create", ADOPT)), None)
            if first and made and made.operation == ADOPT and made.work_id > first and made.answer:
                then = read_invoice(made.answer)
                found.update({od_id} if then.balance != then.total else ())
        return found

    def _freed(self, entries: Sequence[OutboxEntry]) -> Mapping[str, Decimal]:
        """What is open again of each invoice once a void that was recorded and not answered is done: a run does so
        before anything else."""
        _, undone = _newest(entries)
        if undone is None or undone.state != "recorded":
            return {}
        found: dict[str, Decimal] = {}
        for each in self._quickbooks.payments([id_of(undone.body)]):
            found |= dict(each.applied)
        return found

    def with_accounts(self, books: PaymentBooks) -> PaymentBooks:
        """The same with the accounts that QuickBooks has now: somebody may have made the one that the rules name."""
        fresh: Reference = self._services.reference(self._connected, timedelta(0))
        return dataclasses.replace(books, accounts=fresh.accounts)

    def _active_methods(self) -> tuple[Ref, ...]:
        if self._methods is None:
            self._methods = self._quickbooks.active_methods()
        return self._methods

    def _settling(self, invoices: Iterable[BooksInvoice], day: date) -> tuple[BooksPayment, ...]:
        """The payments on the invoices, and those of their customer on that day."""
        seen = list(invoices)
        ids = sorted({payment_id for each in seen for payment_id in each.payment_ids})
        found = {each.id: each for each in (self._quickbooks.payments(ids) if ids else ())}
        for customer_id in sorted({each.customer_id for each in seen}):
            found |= {each.id: each for each in self._quickbooks.payments_of(customer_id, day)}
        return tuple(found.values())

    def _written(
        self, asked: PaymentAsked, entries: Sequence[OutboxEntry], settling: Sequence[BooksPayment]
    ) -> Written | None:
        """The payment in QuickBooks that stands for the host's: the last that we have made and not voided since; else
        one that has its mark, which another ledger has made, or a request that was not answered."""
        made, undone = _newest(entries)
        if made is not None and undone is None:
            found = self._by_ledger(asked.work, made)
            late = any(each.step == UNPAY and each.state == "given_up" and each.id > made.id for each in entries)
            if not (late and found.now is not None and found.now.voided):
                return found
        ours = {id_of(each.body) for each in entries if each.step == UNPAY}
        there = [each for each in settling if marked_payment(each.private_note) == asked.payment.id and not each.voided]
        marked = next((each for each in there if each.id not in ours), None)
        if marked is not None:
            left = next((each for each in entries if each.step == PAY and each.state != "answered"), None)
            content = str(left.context.get("content", "")) if left is not None else ""
            return Written(marked.id, marked, content, marked)
        if undone is not None and undone.work_id == asked.work.id and asked.work.action == UNPAID:
            return Written(id_of(undone.body), None, did="voided")
        return None

    def _by_ledger(self, work: Work, made: OutboxEntry) -> Written:
        answer = made.answer or {}
        now = next(iter(self._quickbooks.payments([id_of(answer)])), None)
        did = "recorded" if made.work_id == work.id else ""
        then = next(iter(self._quickbooks.read_payments([answer])), None)
        return Written(id_of(answer), now, str(made.context.get("content", "")), then, did)


def _newest(entries: Sequence[OutboxEntry]) -> tuple[OutboxEntry | None, OutboxEntry | None]:
    """The last request that has made the payment, and the one that has voided it since, or is to do so before anything
    else."""
    made: OutboxEntry | None = None
    undone: OutboxEntry | None = None
    for entry in entries:
        if entry.step == PAY and entry.state == "answered":
            made, undone = entry, None
        elif entry.step == UNPAY and entry.state in ("answered", "recorded"):
            undone = entry
    return made, undone


def _freed(billed: Billed, freed: Mapping[str, Decimal]) -> Billed:
    more = freed.get(billed.qbo_id)
    return dataclasses.replace(billed, left=billed.left + more) if more and billed.left is not None else billed


def _billed(
    part: PaidPart,
    link: InvoiceLink | None,
    there: Mapping[str, BooksInvoice],
    numbers: Mapping[str, str],
    coming: Coming,
) -> Billed:
    """One invoice, as this payment meets it."""
    number = numbers.get(part.invoice_id, "")
    now = there.get(link.qbo_id) if link else None
    made = coming.opened(part.invoice_id)
    paid = coming.paid(part.invoice_id)
    if made is not None:
        left = None if made.left is None else made.left - paid
        qbo_id, qbo_number = (link.qbo_id, link.qbo_number) if link else ("", "")
        return Billed(number, qbo_id, qbo_number, now, left, made.customer_id, made.currency, coming=True)
    if link is None:
        return Billed(number)
    return Billed(
        number or link.od_number,
        link.qbo_id,
        link.qbo_number,
        now,
        now.balance - paid if now else None,
        now.customer_id if now else "",
        now.currency if now else "",
        is_credit=link.kind == CREDIT_MEMO,
    )
