"""QuickBooks' payments that were made for payments of the host: the ledger records them, so that the look for payments
does not report them, and detects changes of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal

from sqlalchemy import Connection

from onedesk_quickbooks.plugin.ledger import PAY, InvoiceLink, Ledger, OutboxEntry, PaymentRow, Work
from onedesk_quickbooks.plugin.model.books import BooksPayment
from onedesk_quickbooks.plugin.model.host_payment import HostPayment, payment_key
from onedesk_quickbooks.plugin.model.kinds import PAID, PAYING
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.planning import marked_payment
from onedesk_quickbooks.plugin.qbo import id_of
from onedesk_quickbooks.plugin.sync.followers import pays

_OWN = "own"
"""The end of the id of such a row."""


def own_id(name: str) -> str:
    """The id of a row; `name` is what pays the invoice, and which."""
    return f"{name}:{_OWN}"


def is_own(row: PaymentRow) -> bool:
    """Whether the host has recorded the payment itself."""
    return row.id.endswith(f":{_OWN}")


def was_noted(row: PaymentRow) -> bool:
    """Whether the host's users have read, or have to read, what the payment is in QuickBooks now, and the balance."""
    return is_own(row) and "balance" in (row.reversal or {})


def recorded_rows(entry: OutboxEntry, made: BooksPayment, links: Mapping[str, InvoiceLink]) -> Iterator[PaymentRow]:
    """What a payment that we have just made pays, by QuickBooks' id of the invoice."""
    for qbo_id, amount in made.applied:
        link = links.get(qbo_id)
        if link is None:
            continue
        row_id = own_id(f"{entry.realm_id}:payment:{made.id}:{link.od_invoice_id}")
        currency = made.currency or link.currency
        paid = Payment(
            row_id,
            link.od_invoice_id,
            Money(amount, currency),
            Money(Decimal(0), currency),
            made.date,
            made.method,
            made.reference,
        )
        yield PaymentRow(row_id, entry.realm_id, "payment", made.id, link.od_invoice_id, "known", paid.to_json(), None)


def voided_rows(ledger: Ledger, realm_id: str, qbo_id: str) -> list[PaymentRow]:
    """The same once we have voided it: it pays nothing any more, and nothing is reported. The reported balance may
    include what it paid before."""
    rows = [row for row in ledger.payments.of(realm_id, [("payment", qbo_id)]) if is_own(row)]
    nothing = [{**row.payment, "amount": "0.00"} for row in rows]
    return [
        dataclasses.replace(row, state="known", payment=each, reversal={"before": row.payment["amount"]})
        for row, each in zip(rows, nothing, strict=True)
    ]


def named_by(work: Work, od_invoice_id: str) -> Decimal:
    """How much of an invoice the host's payment pays; nothing once it was taken back."""
    if work.action != PAID:
        return Decimal(0)
    parts = HostPayment.from_json(work.invoice["payment"]).parts
    return sum((each.amount for each in parts if each.invoice_id == od_invoice_id), Decimal(0))


def agreeing(ledger: Ledger, work: Work, qbo_id: str) -> Iterator[PaymentRow]:
    """What QuickBooks' payment pays just as the host's does now, and was noted as changed there before."""
    for row in ledger.payments.of(work.realm_id, [("payment", qbo_id)]):
        if was_noted(row) and decimal_from_text(row.payment["amount"]) == named_by(work, row.od_invoice_id):
            yield row


def still_paid(ledger: Ledger, work: Work, od_invoice_ids: Collection[str]) -> dict[str, Money]:
    """How much QuickBooks' payment for the host's pays of these invoices; those of which it pays nothing are left
    out."""
    if not od_invoice_ids:
        return {}
    made = [("payment", each) for each in _made(ledger, work.realm_id, work.od_invoice_id)]
    amounts = {
        row.od_invoice_id: Money(decimal_from_text(row.payment["amount"]), row.payment["currency"])
        for row in (ledger.payments.of(work.realm_id, made) if made else ())
        if is_own(row) and row.od_invoice_id in od_invoice_ids
    }
    return {od_id: each for od_id, each in amounts.items() if each.amount}


def note_key(row: PaymentRow) -> str:
    """The key of the note about a payment that the host has its own record of: the same for every change of it."""
    source = row.id.removeprefix(f"{row.realm_id}:").partition(f":{row.od_invoice_id}:")[0]
    return f"quickbooks-known-{source}"


def to_come(works: Iterable[Work]) -> dict[str, tuple[HostPayment, ...]]:
    """Payments that the host has recorded and that are to be written to QuickBooks, by the host's id of the invoice;
    `works` are the last entries of payments."""
    found: dict[str, tuple[HostPayment, ...]] = {}
    for work in works:
        if work.action == PAID and work.state in ("todo", "held", "failed"):
            payment = HostPayment.from_json(work.invoice["payment"])
            for each in payment.parts:
                found[each.invoice_id] = (*found.get(each.invoice_id, ()), payment)
    return found


def resume_payments(
    ledger: Ledger, connection: Connection, realm_id: str, od_invoice_ids: Collection[str], code: str, why: str
) -> None:
    """Queue payments of the host for these invoices again that ended for a reason (`code`) that no longer applies. In
    the caller's transaction."""
    waiting = ledger.host_payment_entries.waits_for(realm_id, code) if od_invoice_ids else []
    ledger.queue.resume(connection, [work.id for work in waiting if pays(work, od_invoice_ids)], why)


def work_of(ledger: Ledger, payment: BooksPayment | None) -> Work | None:
    """The last version of the host's payment for this one; None where the ledger has none."""
    key = payment_key(marked_payment(payment.private_note)) if payment else ""
    return ledger.queue.latest(key, PAYING) if key else None


def work_of_gone(ledger: Ledger, realm_id: str, qbo_id: str) -> Work | None:
    """The same for one that was voided or deleted in QuickBooks, and may no longer have our mark; None for one in whose
    place we have recorded another."""
    for work in ledger.host_payment_entries.booked(realm_id):
        made = _made(ledger, realm_id, work.od_invoice_id) if work.reason else []
        if qbo_id in made:
            return work if made[-1] == qbo_id else None
    return None


def held_change(ledger: Ledger, row: PaymentRow) -> Work | None:
    """The held change of the host's payment, which no longer pays the invoice of this row; None where there is none."""
    for work in ledger.host_payment_entries.held(row.realm_id):
        if row.qbo_id in _made(ledger, row.realm_id, work.od_invoice_id):
            return work if row.od_invoice_id in ledger.host_payment_entries.paid_before(work) else None
    return None


def _made(ledger: Ledger, realm_id: str, key: str) -> list[str]:
    """The ids of QuickBooks' payments that were made for the host's payment of this key, the present one last."""
    entries = ledger.outbox.of_payment(realm_id, key)
    return [id_of(each.answer) for each in entries if each.step == PAY and each.answer]


def is_hosts(ledger: Ledger, realm_id: str, payment: BooksPayment) -> bool:
    """Whether a payment with a marker is the host's payment, and not a copy of it that was made in QuickBooks."""
    payment_id = marked_payment(payment.private_note)
    if not payment_id:
        return False
    made = _made(ledger, realm_id, payment_key(payment_id))
    return not made or payment.id in made
