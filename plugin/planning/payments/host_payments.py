"""Plans a payment that the host has recorded, or deleted. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksPayment
from onedesk_quickbooks.plugin.model.by_name import accounts_named, find_account, find_named, records_named
from onedesk_quickbooks.plugin.model.company_settings import Account, Ref, takes_deposits
from onedesk_quickbooks.plugin.model.decision import HostPaymentDecisions
from onedesk_quickbooks.plugin.model.host_payment import HostPayment, PaidPart
from onedesk_quickbooks.plugin.model.kinds import UNPAID
from onedesk_quickbooks.plugin.model.money import Money, minor_digits, round_half_up
from onedesk_quickbooks.plugin.model.payment_plan import (
    Billed,
    PaymentBooks,
    PaymentDraft,
    PaymentLine,
    PaymentPlan,
    Written,
)
from onedesk_quickbooks.plugin.model.plan import Held, Reason
from onedesk_quickbooks.plugin.planning.accepted_names import TOO_LARGE, ambiguous, bad_text, too_long, unless_several
from onedesk_quickbooks.plugin.planning.markers import marked_payment, payment_marker
from onedesk_quickbooks.plugin.planning.payments.payment_sentences import (
    DROP,
    RETRY,
    called,
    held,
    own_figures,
    settled_by,
)
from onedesk_quickbooks.plugin.planning.payments.payment_taken_back import plan_taken_back, same_figures, untouchable
from onedesk_quickbooks.plugin.texts import Text, joined
from onedesk_quickbooks.plugin.texts.arguments import arguments

WAITS_FOR_INVOICE = "payment-invoice-missing"
"""The code of a payment that is tried again automatically once QuickBooks has the invoice."""
HAD_BEFORE = "payment-before-adoption"
"""The code of a payment that QuickBooks already had when its invoice was adopted."""
_ZERO = Decimal(0)
_LONGEST_REFERENCE = 21


def plan_payment(
    payment: HostPayment, action: str, decisions: HostPaymentDecisions, books: PaymentBooks
) -> PaymentPlan | Held:
    """`action` is "paid", or "unpaid" where the host has deleted the payment; `decisions` are those of the first
    invoice that it pays. All reasons to hold are collected."""
    if action == UNPAID:
        return plan_taken_back(payment, decisions, books)
    return _Paying(payment, decisions, books).plan()


@dataclass(slots=True)
class _Paying:
    """Plans one payment; collects the reasons against it."""

    payment: HostPayment
    decisions: HostPaymentDecisions
    books: PaymentBooks
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    remarks: list[Reason] = field(default_factory=list)

    def plan(self) -> PaymentPlan | Held:
        payment, books, decisions = self.payment, self.books, self.decisions
        if books.from_quickbooks:
            return held(payment, [self._from_quickbooks()], "skipped")
        if decisions.direction == "quickbooks":
            return held(payment, [self._not_by_rule(decisions)], "skipped")
        written = books.written
        existing = written is not None and written.now is not None and not written.now.voided
        if written is not None and not existing:
            return held(payment, [self._undone_there(written)])
        if written is not None and written.now is not None and self._is_done(written, written.now):
            outcome = written.did or "unchanged"
            return self._plan(outcome, existing=Ref(written.qbo_id, written.now.reference))
        no_payment = self._no_payment()
        if no_payment is not None:
            return held(payment, [no_payment])
        before = [each for each in payment.parts if books.billed[each.invoice_id].had_it]
        if before and written is None:
            return self._had_before(before)
        self._figures()
        if written is None or written.now is None:
            draft = self._draft()
            return held(payment, self.reasons) if self.reasons else self._plan("recorded", draft=draft)
        return self._replaced(written, written.now)

    def _replaced(self, written: Written, now: BooksPayment) -> PaymentPlan | Held:
        """In the place of QuickBooks' payment, unless a person has changed that: to just what it would be, or not."""
        payment, figures, existing = self.payment, len(self.reasons), Ref(written.qbo_id, now.reference)
        draft = self._draft()
        against = list(untouchable(payment, self.books, written, now, Text("was changed in OneDesk")))
        if against and not self.reasons and _is_there(draft, now):
            return self._plan("unchanged", existing=existing)
        self.reasons[figures:figures] = against
        if self.reasons:
            return held(payment, self.reasons)
        return self._plan("updated", voids=existing, sync_token=now.sync_token, draft=draft)

    def _plan(
        self,
        outcome: str,
        voids: Ref | None = None,
        sync_token: str = "",
        draft: PaymentDraft | None = None,
        existing: Ref | None = None,
    ) -> PaymentPlan:
        payment = self.payment
        return PaymentPlan(
            payment.key,
            payment.name,
            payment.money(payment.amount),
            outcome,
            payment.content,
            voids,
            sync_token,
            draft,
            existing,
            tuple(self.notes),
            self.decisions,
            tuple(self.remarks),
        )

    def _is_done(self, written: Written, now: BooksPayment) -> bool:
        if written.content:
            return written.content == self.payment.content
        return same_figures(self.payment, self.books, now)

    # Not for QuickBooks

    def _from_quickbooks(self) -> Reason:
        sentence = Text(
            "The payment {name} came from QuickBooks, which has it already; nothing is to be done.",
            name=self.payment.name,
        )
        return Reason("payment-from-quickbooks", sentence)

    def _not_by_rule(self, decisions: HostPaymentDecisions) -> Reason:
        rule = next((each.rule for each in decisions.trail if each.table == "payment_direction"), "payments.direction")
        sentence = Text(
            "The payment {name} of {amount} stays in OneDesk by the rule {rule}; where it is host or both, payments "
            "go to QuickBooks.",
            name=self.payment.name,
            amount=self.payment.money(self.payment.amount),
            rule=rule,
        )
        return Reason("payment-not-by-rule", sentence)

    def _undone_there(self, written: Written) -> Reason:
        was = Text("deleted") if written.now is None else Text("voided")
        sentence = Text(
            "QuickBooks' payment {qbo_id} for the payment {name} ({own}) was {was} there. Take the payment back in"
            " OneDesk, or {drop} if it was not received there; to have it in QuickBooks all the same, record it again"
            " in OneDesk under another id.",
            qbo_id=written.qbo_id,
            name=self.payment.name,
            own=own_figures(self.payment),
            was=was,
            drop=DROP,
        )
        return Reason("payment-undone-there", sentence)

    def _no_payment(self) -> Reason | None:
        """Why QuickBooks gets no payment for it, whatever its figures are."""
        payment = self.payment
        if payment.write_off:
            instead = Text(
                "Take it back in OneDesk, and enter a credit note there in its place, or a journal entry in QuickBooks,"
                " which is reported to OneDesk as a credit."
            )
            if self.decisions.direction == "host":  # nothing that pays the invoice in QuickBooks is reported
                instead = Text("Enter a journal entry for it in QuickBooks, then {drop}.", drop=DROP)
            sentence = Text(
                "{name} of {amount} is a write-off: no money has come in, so it is not a payment in QuickBooks."
                " {instead}",
                name=payment.name,
                amount=payment.money(payment.amount),
                instead=instead,
            )
            return Reason("payment-write-off", sentence)
        amounts = [payment.amount, *(each.amount for each in payment.parts)]
        if min(amounts) <= 0:
            return self._refund(min(amounts))
        if payment.parts:
            return None
        sentence = Text(
            "The payment {name} ({own}) is for no invoice, so that its customer in QuickBooks is not known. Record it"
            " again in OneDesk with the invoice that it pays, once there is one, or receive it in QuickBooks as the"
            " customer's credit and {drop}.",
            name=payment.name,
            own=own_figures(payment),
            drop=DROP,
        )
        return Reason("payment-without-invoice", sentence)

    def _refund(self, amount: Decimal) -> Reason:
        if not amount:
            sentence = Text(
                "The payment {name} has {amount} in it, which pays nothing in QuickBooks; correct it in OneDesk, or"
                " take it back there.",
                name=self.payment.name,
                amount=self.payment.money(amount),
            )
            return Reason("payment-of-nothing", sentence)
        credits = [each for each in self.payment.parts if self.books.billed[each.invoice_id].is_credit]
        if credits:
            sentence = Text(
                "The payment {name} has the amount {amount}, for {numbers}: QuickBooks does not record a refund as a"
                " payment. Pay it out there by an expense, apply that to the credit memo, and {same}.",
                name=self.payment.name,
                amount=self.payment.money(amount),
                numbers=self._numbers(credits),
                same=self._same(),
            )
            return Reason("payment-refund", sentence)
        sentence = Text(
            "The payment {name} has the amount {amount}: QuickBooks does not record a refund as a payment. Record the "
            "refund there (a refund receipt, or an expense for the customer's credit), then {drop}.",
            name=self.payment.name,
            amount=self.payment.money(amount),
            drop=DROP,
        )
        return Reason("payment-refund", sentence)

    def _had_before(self, parts: list[PaidPart]) -> Held:
        """The host had it when these invoices were adopted, with the same balance on both sides."""
        payment = self.payment
        others = [each for each in payment.parts if each not in parts]
        values = {"name": payment.name, "own": own_figures(payment), "numbers": self._numbers(parts)}
        sentence = Text(
            "The payment {name} ({own}) was in OneDesk when the invoice {numbers} was adopted, and the same was left on"
            " both sides: QuickBooks has this money already, and nothing is to be done.",
            **values,
        )
        if others:
            sentence = Text(
                "The payment {name} ({own}) was in OneDesk when the invoice {numbers} was adopted, and the same was "
                "left on both sides: QuickBooks has that part of it already. Correct it in OneDesk so that it pays "
                "{numbers} alone, and record what is for {others} as a separate payment.",
                **values,
                others=self._numbers(others),
            )
        return held(payment, [Reason("payment-before-adoption", sentence)], "held" if others else "skipped")

    def _numbers(self, parts: list[PaidPart]) -> str:
        return ", ".join(self.books.billed[each.invoice_id].number or each.invoice_id for each in parts)

    # Its invoices and amounts

    def _figures(self) -> None:
        payment = self.payment
        amounts = [payment.amount, *(each.amount for each in payment.parts)]
        digits = minor_digits(payment.currency)
        odd = next((each for each in amounts if round_half_up(each, min(digits, 2)) != each), None)
        if odd is not None and round_half_up(odd, digits) != odd:
            sentence = Text(
                "The payment {name} has {amount}, but {currency} has {digits} decimals; correct it in OneDesk.",
                name=payment.name,
                amount=payment.money(odd),
                currency=payment.currency,
                digits=digits,
            )
            self.reasons.append(Reason("too-many-decimals", sentence))
        elif odd is not None:
            sentence = Text(
                "The payment {name} has {amount}, and QuickBooks keeps two decimals; correct it in OneDesk.",
                name=payment.name,
                amount=payment.money(odd),
            )
            self.reasons.append(Reason("more-decimals-than-quickbooks", sentence))
        large = max(amounts)
        if large >= TOO_LARGE:
            sentence = Text(
                "The payment {name} has {amount}, and QuickBooks takes ten digits before the decimal point; correct"
                " it in OneDesk, or split it there.",
                name=payment.name,
                amount=payment.money(large),
            )
            self.reasons.append(Reason("too-large", sentence))
        whole = sum((each.amount for each in payment.parts), _ZERO)
        if whole > payment.amount:
            sentence = Text(
                "The payment {name} has the amount {amount}, but allocates {whole} to its invoices; correct it in "
                "OneDesk.",
                name=payment.name,
                amount=payment.money(payment.amount),
                whole=payment.money(whole),
            )
            self.reasons.append(Reason("payment-does-not-add-up", sentence))
        closed = self.books.company.closed_through
        if closed is not None and payment.date <= closed:
            sentence = Text(
                "The payment {name} is dated {day}, and QuickBooks has its books closed through {closed}, so that"
                " nothing is written. Date it later in OneDesk, or move the closing date in QuickBooks (Account and"
                " settings > Advanced > Accounting) and {retry}.",
                name=payment.name,
                day=payment.date,
                closed=closed,
                retry=RETRY,
            )
            self.reasons.append(Reason("payment-closed", sentence))

    # The draft

    def _draft(self) -> PaymentDraft:
        payment, books, decisions = self.payment, self.books, self.decisions
        billed = [(each, books.billed[each.invoice_id]) for each in payment.parts]
        lines = [line for part, found in billed if (line := self._line(part, found)) is not None]
        self._one_customer([found for _, found in billed])
        self._unapplied([found for _, found in billed])
        self._rest(lines)
        method = self._method(decisions)
        deposit_to = self._account(decisions)
        foreign = books.company.multicurrency and payment.currency != books.company.home_currency
        if foreign and books.rate is None:
            sentence = Text(
                "QuickBooks has no exchange rate of {currency} for {day}; enter one there (Currencies), then {retry}.",
                currency=payment.currency,
                day=payment.date,
                retry=RETRY,
            )
            self.reasons.append(Reason("no-exchange-rate", sentence))
        whose = Text("The reference of the payment {name}", name=payment.id)
        self.reasons += too_long(whose, payment.reference, _LONGEST_REFERENCE, Text("shorten it in OneDesk."))
        self.reasons += bad_text(whose, payment.reference)
        return PaymentDraft(
            customer_id=billed[0][1].customer_id,
            date=payment.date,
            currency=payment.currency if books.company.multicurrency else None,
            exchange_rate=books.rate if foreign else None,
            total=payment.amount,
            lines=tuple(each for each in lines if each.amount),
            method=method,
            deposit_to=deposit_to,
            reference=payment.reference,
            note=payment_marker(payment.id),
        )

    def _line(self, part: PaidPart, found: Billed) -> PaymentLine | None:
        """The part of the payment for one invoice: at most its open balance."""
        payment, number = self.payment, found.qbo_number or found.number or part.invoice_id
        against = self._no_invoice(part, found, number)
        if against is not None:
            self.reasons.append(against)
            return None
        if found.currency and found.currency != payment.currency:
            sentence = Text(
                "The payment {name} is in {currency}, and the QuickBooks invoice {number} in {theirs}: QuickBooks"
                " keeps a customer in one currency. Correct the payment in OneDesk, or record it in QuickBooks and"
                " {drop}.",
                name=payment.name,
                currency=payment.currency,
                number=number,
                theirs=found.currency,
                drop=DROP,
            )
            self.reasons.append(Reason("payment-currency", sentence))
            return None
        own = self._of_ours(found)
        left = part.amount if found.left is None else found.left + own
        twin = next((each for each in self._settling(found) if self._is_twin(each, part, found)), None)
        if twin is not None:
            self.reasons.append(self._twice(number, twin))
        elif left <= 0:
            self.reasons.append(self._paid_already(number, found))
        return PaymentLine(part.invoice_id, Ref(found.qbo_id, number), min(part.amount, max(left, _ZERO)))

    def _no_invoice(self, part: PaidPart, found: Billed, number: str) -> Reason | None:
        payment = self.payment
        if found.is_credit:
            sentence = Text(
                "The payment {name} pays {number}, which is a credit note; correct it in OneDesk.",
                name=payment.name,
                number=number,
            )
            return Reason("payment-of-credit", sentence)
        if found.nowhere and not found.coming:
            sentence = Text(
                "The payment {name} of {amount} pays the invoice {number}, which neither OneDesk nor QuickBooks "
                "has. Take the payment back in OneDesk, or record it for another invoice there; else {drop}.",
                name=payment.name,
                amount=payment.money(part.amount),
                number=number,
                drop=DROP,
            )
            return Reason(WAITS_FOR_INVOICE, sentence)
        if not found.qbo_id and not found.coming:
            sentence = Text(
                "The payment {name} of {amount} pays the invoice {number}, which QuickBooks does not have yet. Copy"
                " the invoice (onedesk-quickbooks copy), or, where it was entered there by hand, link the two"
                " (onedesk-quickbooks adopt {id}): the payment follows automatically.",
                name=payment.name,
                amount=payment.money(part.amount),
                number=number,
                id=arguments(part.invoice_id),
            )
            return Reason("payment-invoice-missing", sentence)
        if not found.coming and (found.now is None or found.now.voided):
            was = Text("was deleted there") if found.now is None else Text("is void there")
            sentence = Text(
                "The payment {name} of {amount} pays the QuickBooks invoice {number}, which {was}. Take the payment "
                "back in OneDesk; or duplicate the invoice there under a new number, copy that, and record the payment "
                "for it instead.",
                name=payment.name,
                amount=payment.money(part.amount),
                number=number,
                was=was,
            )
            return Reason("payment-invoice-gone", sentence)
        return None

    def _of_ours(self, found: Billed) -> Decimal:
        """The part of the invoice that the QuickBooks payment to be replaced pays."""
        written = self.books.written
        return dict(written.now.applied).get(found.qbo_id, _ZERO) if written and written.now else _ZERO

    def _settling(self, found: Billed) -> list[BooksPayment]:
        """The payments of the invoice in QuickBooks, without our own."""
        ours = self.books.written.qbo_id if self.books.written else ""
        return [
            each
            for each in self.books.settling
            if not each.voided and each.id != ours and found.qbo_id in dict(each.applied)
        ]

    def _is_twin(self, there: BooksPayment, part: PaidPart, found: Billed) -> bool:
        """Whether a payment in QuickBooks may be the same one: the same day, and the same amount, in total or for the
        invoice."""
        same = there.total == self.payment.amount or dict(there.applied).get(found.qbo_id) == part.amount
        return same and self._may_be(there)

    def _may_be(self, there: BooksPayment) -> bool:
        """Whether day and reference allow that it is the same one: another reference excludes that, and so does the
        marker of another payment."""
        payment = self.payment
        if there.date != payment.date or marked_payment(there.private_note):
            return False
        return not (there.reference and payment.reference) or there.reference == payment.reference

    def _unapplied(self, billed: list[Billed]) -> None:
        """A payment of the customer in QuickBooks that is not applied yet, and that may be the same one."""
        customers, payment = {each.customer_id for each in billed}, self.payment
        for there in self.books.settling:
            whole = there.unapplied and payment.amount in (there.total, there.unapplied)
            if not whole or there.voided or there.customer_id not in customers or not self._may_be(there):
                continue
            if self.books.written and there.id == self.books.written.qbo_id:
                continue
            sentence = Text(
                "The payment {name} ({own}) may be in QuickBooks already: the payment {there} there has the same "
                "amount and the same day, and {unapplied} of it is for no invoice yet. If it is the same, apply that "
                "in QuickBooks to {numbers}, and {same}; if it is another, give the two different references: this "
                "one in OneDesk, the other one in QuickBooks.",
                name=payment.name,
                own=own_figures(payment),
                there=called(there),
                unapplied=Money(there.unapplied, there.currency),
                numbers=self._numbers(list(payment.parts)),
                same=self._same(),
            )
            self.reasons.append(Reason("payment-twice", sentence))

    def _same(self) -> Text:
        """The remedy where QuickBooks already has it: its payment is reported to the host, unless a rule prevents
        it."""
        if self.decisions.direction == "host":
            return DROP
        return Text("take this one back in OneDesk, as the other one comes there automatically")

    def _twice(self, number: str, twin: BooksPayment) -> Reason:
        sentence = Text(
            "The payment {name} ({own}) may be in QuickBooks already: the payment {there} there has the same amount "
            "and the same day, for the invoice {number}. If it is the same, {same}; if it is another, give the two "
            "different references: this one in OneDesk, the other one in QuickBooks.",
            name=self.payment.name,
            own=own_figures(self.payment),
            there=called(twin),
            number=number,
            same=self._same(),
        )
        return Reason("payment-twice", sentence)

    def _paid_already(self, number: str, found: Billed) -> Reason:
        settling = self._settling(found)
        ours = [bool(marked_payment(each.private_note)) for each in settling]
        by = joined(", ", map(settled_by, settling)) if settling else Text("by something else than a payment")
        if ours and all(ours):
            remedy = Text(
                "If it is the same money, OneDesk has it twice: take this one back there; else correct one of these"
                " payments in OneDesk, then {retry}.",
                retry=RETRY,
            )
        elif any(ours):
            remedy = Text(
                "If it is the same money as a payment from OneDesk, take this one back there; if it is the same as"
                " another one, {same}; else correct one of these payments, then {retry}.",
                same=self._same(),
                retry=RETRY,
            )
        else:
            remedy = Text(
                "If it is the same money, {same}; else correct the payment in QuickBooks or in OneDesk, then {retry}.",
                same=self._same(),
                retry=RETRY,
            )
        sentence = Text(
            "The payment {name} ({own}) pays the QuickBooks invoice {number}, which is paid there already: {by}."
            " {remedy}",
            name=self.payment.name,
            own=own_figures(self.payment),
            number=number,
            by=by,
            remedy=remedy,
        )
        return Reason("payment-paid-already", sentence)

    def _one_customer(self, billed: list[Billed]) -> None:
        if len({each.customer_id for each in billed if each.customer_id}) < 2:
            return
        numbers = ", ".join(each.qbo_number or each.number for each in billed)
        sentence = Text(
            "The payment {name} pays invoices of several customers in QuickBooks ({numbers}), and a payment there has"
            " one. Record one payment for each customer in OneDesk.",
            name=self.payment.name,
            numbers=numbers,
        )
        self.reasons.append(Reason("payment-customers", sentence))

    def _rest(self, lines: list[PaymentLine]) -> None:
        """The part that exceeds the open balance in QuickBooks."""
        payment, decisions = self.payment, self.decisions
        if len(lines) < len(payment.parts) or any(not each.amount for each in lines):
            return  # something else is wrong with it
        rest = payment.amount - sum((each.amount for each in lines), _ZERO)
        if rest <= 0:
            return
        numbers = ", ".join(each.invoice.name for each in lines)
        values = {
            "name": payment.name,
            "amount": payment.money(payment.amount),
            "rest": payment.money(rest),
            "numbers": numbers,
        }
        if decisions.more_than_open == "credit":
            sentence = Text(
                "The payment {name} has the amount {amount}, which is {rest} more than QuickBooks has open on "
                "{numbers}: that stays there as the customer's credit.",
                **values,
            )
            self.notes.append(Reason("payment-rest-is-credit", sentence))
            return
        sentence = Text(
            "The payment {name} has the amount {amount}, which is {rest} more than QuickBooks has open on {numbers}. "
            "Correct the payment in OneDesk, or set payments.more_than_open: credit, which leaves the rest as the "
            "customer's credit.",
            **values,
        )
        self.reasons.append(Reason("payment-more-than-open", sentence))

    def _method(self, decisions: HostPaymentDecisions) -> Ref | None:
        word = self.payment.method
        by_rule = decisions.method(word) if word else ""
        wanted = by_rule or word
        found = find_named(self.books.methods, wanted)
        if found is None and by_rule:
            sentence = Text(
                'QuickBooks has no active payment method "{named}", which payments.methods names for "{word}"; create'
                " it there (All lists > Payment methods), or correct the rule.",
                named=by_rule,
                word=word,
            )
            missing = Reason("payment-method-missing", sentence)
            self.reasons.append(unless_several(records_named(self.books.methods, wanted), wanted, missing))
        elif found is None and word and (several := records_named(self.books.methods, word)):
            self.reasons.append(ambiguous(several, word))
        elif found is None and word:
            sentence = Text(
                'QuickBooks has no payment method "{word}", so that the payment has none there; payments.methods can'
                " name one.",
                word=word,
            )
            self.remarks.append(Reason("payment-without-method", sentence))
        return found

    def _account(self, decisions: HostPaymentDecisions) -> Ref | None:
        wanted = decisions.account(self.payment.method)
        if not wanted:
            return None
        found: Account | None = find_account(self.books.accounts, wanted)
        if found is None:
            sentence = Text(
                'QuickBooks has no active account "{wanted}", which the rules name for payments; create it there'
                " (Chart of accounts), or correct the rule (payments.deposit_account, payments.deposit_accounts).",
                wanted=wanted,
            )
            missing = Reason("deposit-account-missing", sentence)
            self.reasons.append(unless_several(accounts_named(self.books.accounts, wanted), wanted, missing))
            return None
        if not takes_deposits(found):
            sentence = Text(
                'The account "{wanted}", which the rules name for payments, is of the type {type} in QuickBooks;'
                " payments are deposited to a bank account or another current asset. Name one of these"
                " (payments.deposit_account, payments.deposit_accounts).",
                wanted=found.name,
                type=found.type,
            )
            self.reasons.append(Reason("deposit-account-type", sentence))
        return Ref(found.id, found.name)


def _is_there(draft: PaymentDraft, now: BooksPayment) -> bool:
    """Whether a person has made QuickBooks' payment what the draft would be."""
    wanted = sorted((each.invoice.id, each.amount) for each in draft.lines)
    figures = draft.customer_id, draft.date, draft.total, draft.reference, wanted
    there = now.customer_id, now.date, now.total, now.reference, sorted(now.applied)
    method, account = draft.method, draft.deposit_to
    kept = (method is None or method.name == now.method) and (account is None or account.id == now.deposit_to)
    return figures == there and kept
