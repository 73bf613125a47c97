"""Plans a payment that the host has deleted: QuickBooks' payment is voided, unless a person has changed or used it
there. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from onedesk_quickbooks.plugin.model.books import BooksPayment
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import HostPaymentDecisions
from onedesk_quickbooks.plugin.model.host_payment import HostPayment
from onedesk_quickbooks.plugin.model.payment_plan import PaymentBooks, PaymentPlan, Written
from onedesk_quickbooks.plugin.model.plan import Held, Reason
from onedesk_quickbooks.plugin.planning.payments.payment_sentences import DROP, RETRY, figures_there, held, own_figures
from onedesk_quickbooks.plugin.texts import Text, joined


def plan_taken_back(payment: HostPayment, decisions: HostPaymentDecisions, books: PaymentBooks) -> PaymentPlan | Held:
    """Voids QuickBooks' payment; nothing is left to do where it is void or deleted there already."""
    written = books.written
    total = payment.money(payment.amount)
    if written is None or written.now is None or written.now.voided:
        notes = [_gone_already(payment, written)] if written and not written.did else []
        outcome = written.did if written and written.did else "unchanged"
        existing = Ref(written.qbo_id, "") if written else None
        return PaymentPlan(
            payment.key,
            payment.name,
            total,
            outcome,
            payment.content,
            existing=existing,
            notes=tuple(notes),
            decisions=decisions,
        )
    against = list(untouchable(payment, books, written, written.now, Text("was taken back in OneDesk")))
    if against:
        return held(payment, against)
    voids = Ref(written.qbo_id, written.now.reference)
    return PaymentPlan(
        payment.key,
        payment.name,
        total,
        "voided",
        payment.content,
        voids,
        written.now.sync_token,
        decisions=decisions,
    )


def _gone_already(payment: HostPayment, written: Written) -> Reason:
    was = Text("was deleted") if written.now is None else Text("was voided")
    sentence = Text(
        "The payment {name} was taken back in OneDesk; QuickBooks' payment {qbo_id} {was} there already.",
        name=payment.name,
        qbo_id=written.qbo_id,
        was=was,
    )
    return Reason("payment-gone-already", sentence)


def untouchable(
    payment: HostPayment, books: PaymentBooks, written: Written, now: BooksPayment, happened: str
) -> Iterator[Reason]:
    """Why QuickBooks' payment is not voided: later changes of it, or its use, by a person."""
    name, there = payment.name, figures_there(now)
    if _touched(payment, books, written, now):
        also = joined(", ", _also_changed(written.then, now)) if written.content and written.then else ""
        sentence = Text(
            "The payment {name} {happened} ({own}), but QuickBooks' payment {qbo_id} was changed there since it was"
            " recorded ({there}{also}), so that it is not voided unseen. Look at it in QuickBooks and correct it there,"
            " then {drop}.",
            name=name,
            happened=happened,
            own=own_figures(payment),
            qbo_id=now.id,
            there=there,
            also=Text("; changed: {changed}", changed=also) if also else "",
            drop=DROP,
        )
        yield Reason("payment-changed", sentence)
    if now.deposited:
        sentence = Text(
            "The payment {name} {happened} ({own}), but QuickBooks' payment {qbo_id} ({there}) is on a bank deposit, "
            "and QuickBooks does not change such a payment. Take it off the deposit there, then {retry}.",
            name=name,
            happened=happened,
            own=own_figures(payment),
            qbo_id=now.id,
            there=there,
            retry=RETRY,
        )
        yield Reason("payment-deposited", sentence)
    closed = books.company.closed_through
    if closed is not None and now.date <= closed:
        sentence = Text(
            "The payment {name} {happened} ({own}), but QuickBooks' payment {qbo_id} ({there}) is in a closed period:"
            " QuickBooks has its books closed through {closed}. Move the closing date there (Account and settings >"
            " Advanced > Accounting) and {retry}, or correct it there by a journal entry and {drop}.",
            name=name,
            happened=happened,
            own=own_figures(payment),
            qbo_id=now.id,
            there=there,
            closed=closed,
            retry=RETRY,
            drop=DROP,
        )
        yield Reason("payment-closed", sentence)


def _touched(payment: HostPayment, books: PaymentBooks, written: Written, now: BooksPayment) -> bool:
    """Whether QuickBooks' payment was changed, apart from its use in a bank deposit; for one that is known by its
    marker alone, whether it differs from the host's."""
    if written.content and written.then is not None:
        return _kept(now) != _kept(written.then)
    return not same_figures(payment, books, now)


def _kept(there: BooksPayment) -> tuple[object, ...]:
    """What a person may change of it; a bank deposit changes only its SyncToken."""
    return (
        *(there.total, there.currency, there.date, there.unapplied, *_applied(there)),
        *(there.method, there.reference, there.private_note, there.deposit_to, there.voided),
    )


def _applied(there: BooksPayment) -> tuple[object, ...]:
    return there.customer_id, sorted(there.applied)


def _also_changed(then: BooksPayment, now: BooksPayment) -> Iterator[str]:
    """What was changed beside the amount and the day."""
    if now.reference != then.reference:
        none = Text("none")
        yield Text("reference ({now}, was {then})", now=now.reference or none, then=then.reference or none)
    if now.method != then.method:
        yield Text("payment method")
    if now.deposit_to != then.deposit_to:
        yield Text("deposit account")
    if now.private_note != then.private_note:
        yield Text("memo of the payment")
    if _applied(now) != _applied(then):
        yield Text("what it is applied to")


def same_figures(payment: HostPayment, books: PaymentBooks, now: BooksPayment) -> bool:
    """Whether amount and day are equal, and QuickBooks applies it to no other invoice than the host."""
    wanted = {books.billed[each.invoice_id].qbo_id: each.amount for each in payment.parts}
    got = dict(now.applied)
    fits = got.keys() <= wanted.keys() and all(got[each] <= wanted[each] for each in got)
    return fits and now.total == payment.amount and now.date == payment.date
