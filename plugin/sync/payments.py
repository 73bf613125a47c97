"""The way back: payments made in QuickBooks, found by change data capture, recorded in (or taken back from) the host.

One look (qbo-api.md 3.10) brings the payments, invoices and customers that changed since the last one; windows overlap,
and what was seen before changes nothing. A payment that was voided, deleted, or no longer pays the invoice as it did is
reversed in the host, and recorded anew where it still pays another amount.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from onedesk_quickbooks.plugin.ledger import Connected, InvoiceLink, PaymentRow
from onedesk_quickbooks.plugin.model.books import BooksInvoice, BooksPayment
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text, plain
from onedesk_quickbooks.plugin.model.payment import Payment, Reversal
from onedesk_quickbooks.plugin.qbo import Changes, payment_page, read_invoice
from onedesk_quickbooks.plugin.ruleset import decide_payment
from onedesk_quickbooks.plugin.sync.changes.noticing import Noticer
from onedesk_quickbooks.plugin.sync.changes.sifting import Sieve
from onedesk_quickbooks.plugin.sync.connecting import CURSOR
from onedesk_quickbooks.plugin.sync.lane.executing import Executor
from onedesk_quickbooks.plugin.sync.office import Office
from onedesk_quickbooks.plugin.sync.telling import not_taken

OVERLAP = timedelta(minutes=5)
"""Windows overlap: whether changedSince counts in is not known, and a write may show late (qbo-api.md 3.8, 3.10)."""
LOOK_BACK = timedelta(days=29)
"""Change data capture reaches back 30 days."""


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """What became of one payment on one invoice; `what` is recorded, reversed or ignored (by rule)."""

    payment_id: str
    invoice_id: str
    number: str
    amount: Money
    balance: Money
    what: str


class PaymentKeeper:
    """Brings the payments of one company back to the host."""

    def __init__(self, office: Office, connected: Connected) -> None:
        self._office = office
        self._connected = connected
        self._realm_id = connected.realm_id
        self._quickbooks = office.quickbooks(connected.realm_id)
        self._sieve = Sieve(office.ledger, connected.realm_id)

    def bring(self) -> list[PaymentNews]:
        """Look, remember, tell the host. Raises `QuickBooksProblem` when QuickBooks cannot be asked."""
        Executor(self._office, self._realm_id).settle()  # else our own writes would look like somebody's
        asked_at = self._office.now()
        since = self._since()
        changes = self._changes(since, asked_at)
        payments = self._quickbooks.read_payments(changes.entities.get("Payment", ()))
        gone = list(changes.deleted.get("Payment", ()))
        changed = {invoice.id: invoice for invoice in map(read_invoice, changes.entities.get("Invoice", ()))}
        rows = self._rows(payments, gone, changed)
        noticer = Noticer(self._office, self._connected)
        noticer.look(changes)
        with self._office.ledger.together() as connection:
            self._office.ledger.links.put_payments(connection, rows)
            self._office.ledger.watch.set_cursor(connection, self._realm_id, CURSOR, changes.time)
            self._office.ledger.watch.see_events(connection, self._realm_id, asked_at)
            noticer.record(connection)
        noticer.tell_waiting()
        self._office.ledger.companies.succeeded(self._realm_id)
        ignored = [self._news(row, "ignored") for row in rows if row.state == "ignored"]
        return [*self.tell_waiting(), *ignored]

    def _since(self) -> datetime:
        """From where to look on, by QuickBooks' clock since the company was connected."""
        cursor = self._office.ledger.watch.cursor(self._realm_id, CURSOR)
        return (cursor or self._connected.connected_at) - OVERLAP

    def _changes(self, since: datetime, now: datetime) -> Changes:
        if not timedelta(0) <= now - since <= LOOK_BACK:
            now = self._quickbooks.clock()  # a long silence, or a clock that is wrong
            since = min(since, now)
        if now - since <= LOOK_BACK:
            return self._quickbooks.changes(("Payment", "Invoice", "Customer"), since, self._sieve)
        return self._sweep(since, now)

    def _sweep(self, since: datetime, now: datetime) -> Changes:
        """After more than 30 days of silence change data capture has forgotten: ask for what changed, and whether
        what stands recorded is still there."""
        entities = {name: self._quickbooks.changed(name, since, self._sieve) for name in ("Payment", "Invoice")}
        standing = {row.qbo_payment_id for row in self._office.ledger.links.payments_standing(self._realm_id)}
        still = {payment.id for payment in self._quickbooks.payments(sorted(standing))} if standing else set()
        return Changes(entities, {"Payment": sorted(standing - still)}, now)

    # What is new

    def _rows(
        self, payments: Sequence[BooksPayment], gone: Sequence[str], changed: Mapping[str, BooksInvoice]
    ) -> list[PaymentRow]:
        links = self._links(payments)
        standing = [row for payment in payments for row in self._standing(payment.id)]
        standing += [row for qbo_id in gone for row in self._standing(qbo_id)]
        balances = self._balances(links.values(), standing, changed)
        rows: list[PaymentRow] = []
        for payment in payments:
            rows += self._payment(payment, links, balances)
        for qbo_id in gone:
            rows += [
                self._reverse(row, balances, "the payment was deleted in QuickBooks") for row in self._standing(qbo_id)
            ]
        return [*rows, *self._told_anew(changed, {row.od_invoice_id for row in rows})]

    def _told_anew(self, changed: Mapping[str, BooksInvoice], told: Container[str]) -> list[PaymentRow]:
        """Of invoices that were changed and of which something else is left than the host was told: the last payment
        is taken back and recorded again, for that is how a host hears of it. Those in `told` it hears of anyway."""
        links = self._office.ledger.links.by_qbo_ids(self._realm_id, list(changed))
        last = self._office.ledger.links.last_told(self._realm_id, [link.od_invoice_id for link in links.values()])
        rows: list[PaymentRow] = []
        for qbo_id, link in links.items():
            od_id, left = link.od_invoice_id, Money(changed[qbo_id].balance, changed[qbo_id].currency)
            if od_id in told or od_id not in last or _left(last[od_id]) == left.amount:
                continue
            of_it = self._office.ledger.links.payments_of_invoice(self._realm_id, od_id)
            if any(row.state in ("to_record", "to_reverse") for row in of_it):
                continue  # it is told first
            for row in [row for row in of_it if row.state == "recorded"][-1:]:
                payment_id = self._next_id(row.qbo_payment_id, od_id)
                again = dataclasses.replace(Payment.from_json(row.payment), id=payment_id, balance=left).to_json()
                rows.append(self._reverse(row, {od_id: left}, f"the invoice was changed; {left} is left"))
                rows.append(dataclasses.replace(row, id=payment_id, payment=again, state="to_record"))
        return rows

    def _next_id(self, qbo_payment_id: str, od_invoice_id: str) -> str:
        """The id under which a payment on an invoice is recorded now: each time another."""
        rows = self._office.ledger.links.payments(self._realm_id, qbo_payment_id)
        before = [row for row in rows if row.od_invoice_id == od_invoice_id and row.state != "ignored"]
        return f"{self._realm_id}:payment:{qbo_payment_id}:{od_invoice_id}:{len(before) + 1}"

    def _links(self, payments: Iterable[BooksPayment]) -> dict[str, InvoiceLink]:
        ids = list(dict.fromkeys(qbo_id for payment in payments for qbo_id, _ in payment.applied))
        return self._office.ledger.links.by_qbo_ids(self._realm_id, ids) if ids else {}

    def _standing(self, qbo_payment_id: str) -> list[PaymentRow]:
        rows = self._office.ledger.links.payments(self._realm_id, qbo_payment_id)
        return [row for row in rows if row.state in ("to_record", "recorded")]

    def _balances(
        self, links: Iterable[InvoiceLink], rows: Iterable[PaymentRow], changed: Mapping[str, BooksInvoice]
    ) -> dict[str, Money]:
        """What is left on each of the host's invoices, as QuickBooks says now; asked for where it was not told."""
        wanted = {link.qbo_id: link.od_invoice_id for link in links}
        for row in rows:
            link = self._office.ledger.links.invoice(self._realm_id, row.od_invoice_id)
            if link is not None:
                wanted[link.qbo_id] = link.od_invoice_id
        known = dict(changed)
        missing = [qbo_id for qbo_id in wanted if qbo_id not in known]
        if missing:
            known |= {each.id: each for each in self._quickbooks.look_up(invoice_ids=missing).invoices}
        return {
            od_id: Money(known[qbo_id].balance, known[qbo_id].currency)
            for qbo_id, od_id in wanted.items()
            if qbo_id in known
        }

    def _payment(
        self, payment: BooksPayment, links: Mapping[str, InvoiceLink], balances: Mapping[str, Money]
    ) -> list[PaymentRow]:
        """Rows to record and to reverse for one payment, against what stands recorded of it."""
        pays: dict[str, Decimal] = {}
        for qbo_id, amount in () if payment.voided else payment.applied:
            if qbo_id in links:
                od_id = links[qbo_id].od_invoice_id
                pays[od_id] = pays.get(od_id, Decimal(0)) + amount
        rows: list[PaymentRow] = []
        for row in self._standing(payment.id):
            if pays.get(row.od_invoice_id) == decimal_from_text(row.payment["amount"]):
                del pays[row.od_invoice_id]  # recorded just so
                continue
            why = "the payment was voided in QuickBooks" if payment.voided else "the payment was changed in QuickBooks"
            rows.append(self._reverse(row, balances, why))
        by_od = {link.od_invoice_id: link for link in links.values()}
        rows += [self._record(payment, by_od[od_id], amount, balances) for od_id, amount in pays.items() if amount > 0]
        return [row for row in rows if not self._known(row)]

    def _known(self, row: PaymentRow) -> bool:
        """Whether an ignored payment was seen before: overlapping windows show it again."""
        return row.state == "ignored" and self._office.ledger.links.payment(row.id) is not None

    def _record(
        self, payment: BooksPayment, link: InvoiceLink, amount: Decimal, balances: Mapping[str, Money]
    ) -> PaymentRow:
        money = Money(amount, payment.currency)
        settings = self._office.settings
        made = Payment(
            id=self._next_id(payment.id, link.od_invoice_id),
            invoice_id=link.od_invoice_id,
            amount=money,
            balance=balances.get(link.od_invoice_id, Money(Decimal(0), payment.currency)),
            date=payment.date,
            method=payment.method,
            reference=payment.reference,
            link=payment_page(settings.environment, settings.base_url, payment.id),
        )
        sent = "sent" if link.sent_at else "copied"
        decided = decide_payment(self._office.rules.current(), sent, self._invoice(link))
        if decided.apply and decided.overpayment == "note" and payment.unapplied > 0:
            self._note_overpayment(link, payment)
        state = "to_record" if decided.apply else "ignored"
        return PaymentRow(made.id, self._realm_id, payment.id, link.od_invoice_id, state, made.to_json(), None)

    def _invoice(self, link: InvoiceLink) -> Invoice | None:
        """The invoice as it was last asked for; None where neither ledger nor host have it any more."""
        work = self._office.ledger.queue.latest(link.od_invoice_id)
        found = work.invoice if work else self._office.host.read_invoice(link.od_invoice_id)
        return Invoice.from_json(found) if found else None

    def _note_overpayment(self, link: InvoiceLink, payment: BooksPayment) -> None:
        over = Money(payment.unapplied, payment.currency)
        text = (
            f"A payment of {Money(payment.total, payment.currency)} in QuickBooks has {over} left over; decide there."
        )
        self._office.host.add_note(link.od_invoice_id, f"quickbooks-overpayment-{payment.id}", text)

    @staticmethod
    def _reverse(row: PaymentRow, balances: Mapping[str, Money], why: str) -> PaymentRow:
        currency = row.payment["currency"]
        left = balances.get(row.od_invoice_id)
        if left is None:  # the invoice is gone in QuickBooks too: what was paid is open again
            left = Money(decimal_from_text(row.payment["amount"]), currency)
        reversal = {"reason": why, "balance": plain(left.amount)}
        # One that the host was perhaps told of, only not known to have been: to the others it means nothing.
        return dataclasses.replace(row, state="to_reverse", reversal=reversal)

    # The host

    def tell_waiting(self) -> list[PaymentNews]:
        """Tell the host of every payment that it has not been told of; what it does not take waits."""
        news = []
        for row in self._office.ledger.links.payments_waiting(self._realm_id):
            try:
                news.append(self._tell(row))
            except Exception as problem:
                not_taken(f"the payment {row.id}", problem)
        return news

    def _tell(self, row: PaymentRow) -> PaymentNews:
        if row.state == "to_record":
            self._office.tell_payment(payment=row.payment)
            self._office.ledger.links.payment_told(row.id, "recorded")
            return self._news(row, "recorded")
        reversal = row.reversal or {}
        balance = Money(decimal_from_text(reversal["balance"]), row.payment["currency"])
        self._office.host.reverse_payment(Reversal(row.id, row.od_invoice_id, balance, reversal["reason"]))
        self._office.ledger.links.payment_told(row.id, "reversed")
        return dataclasses.replace(self._news(row, "reversed"), balance=balance)

    def _news(self, row: PaymentRow, what: str) -> PaymentNews:
        link = self._office.ledger.links.invoice(self._realm_id, row.od_invoice_id)
        payment = Payment.from_json(row.payment)
        number = link.od_number if link else ""
        return PaymentNews(row.id, row.od_invoice_id, number, payment.amount, payment.balance, what)


def _left(told: PaymentRow) -> Decimal:
    """What the host was told to be left, with the payment or with its reversal."""
    return decimal_from_text((told.reversal or told.payment)["balance"])
