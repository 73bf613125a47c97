"""What settles invoices, taken apart: of a payment the money and each credit, of an invoice its deposit. Pure.

QuickBooks applies a credit memo through a payment, of nothing or with money beside it (qbo-api.md 2.4 Payment): the one
is money that came in, the other is not, and people look for them in different places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksCredit, BooksInvoice, BooksPayment

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that settles an invoice, or a part of it. `source` names it among all ("payment:81",
    "credit_memo:81-77", "deposit:145"), `kind` is one of model.payment.KINDS, `qbo_id` the object to look at."""

    source: str
    kind: str
    qbo_id: str
    amount: Decimal
    reference: str = ""
    method: str = ""


Parts = Mapping[str, tuple[Part, ...]]
"""By QuickBooks' id of the invoice."""


def of_payment(payment: BooksPayment) -> Parts:
    """What a payment does for each invoice. QuickBooks does not say which of several invoices a credit went to: credits
    go to the oldest first, as when it applies them by itself."""
    if payment.voided:
        return {}
    credits = _Credits(payment)
    invoices = sorted((each for each in payment.applied if each[1] > 0), key=lambda each: (len(each[0]), each[0]))
    found = {}
    for qbo_id, amount in invoices:
        used = credits.take(amount)
        money = amount - sum((part.amount for part in used), _ZERO)
        paid = Part(f"payment:{payment.id}", "payment", payment.id, money, payment.reference, payment.method)
        found[qbo_id] = (*([paid] if money else []), *used)
    return found


def of_memos(payment: BooksPayment) -> Parts:
    """What a payment makes of each credit memo that it uses: for invoices, or paid out to the customer. By QuickBooks'
    id of the credit memo."""
    if payment.voided:
        return {}
    needed = sum((amount for _, amount in payment.applied), _ZERO) + payment.unapplied - payment.total
    whole: dict[str, Decimal] = {}
    for credit in payment.credits:
        if credit.kind == "credit_memo":
            whole[credit.id] = whole.get(credit.id, _ZERO) + credit.amount
    found: dict[str, tuple[Part, ...]] = {}
    for qbo_id, amount in whole.items():
        used = max(min(amount, needed), _ZERO)
        needed -= used
        told = [
            Part(f"credit_used:{payment.id}", "credit_used", payment.id, used, ", ".join(payment.numbers)),
            Part(f"refund:{payment.id}", "refund", payment.id, amount - used, payment.reference),
        ]
        found[qbo_id] = tuple(each for each in told if each.amount)
    return found


@dataclass
class _Credits:
    """The credits that a payment uses for invoices, as far as money does not explain what they got: the payment's
    other lines may also be what was paid out to the customer."""

    payment: BooksPayment
    left: list[tuple[BooksCredit, Decimal]] = field(init=False)

    def __post_init__(self) -> None:
        payment = self.payment
        needed = sum((amount for _, amount in payment.applied), _ZERO) + payment.unapplied - payment.total
        self.left = []
        listed: dict[tuple[str, str], BooksCredit] = {}
        for each in sorted(payment.credits, key=lambda each: each.kind != "credit_memo"):
            before = listed.get((each.what, each.id))
            amount = each.amount + (before.amount if before else _ZERO)
            listed[each.what, each.id] = replace(each, amount=amount)
        for credit in listed.values():
            amount = min(credit.amount, needed)
            if amount > 0:
                self.left.append((credit, amount))
                needed -= amount
        if needed > 0:  # something that QuickBooks does not list
            self.left.append((BooksCredit("other_credit", "", "", "", needed), needed))

    def take(self, most: Decimal) -> list[Part]:
        """Credits for one invoice, up to its amount."""
        taken: list[Part] = []
        while self.left and most > 0:
            credit, there = self.left.pop(0)
            amount = min(there, most)
            if there > amount:
                self.left.insert(0, (credit, there - amount))
            most -= amount
            taken.append(self._part(credit, amount))
        return taken

    def _part(self, credit: BooksCredit, amount: Decimal) -> Part:
        source = f"{credit.kind}:{self.payment.id}-{credit.id}"
        seen = credit.id if credit.kind == "credit_memo" else self.payment.id
        how = credit.what if credit.kind == "other_credit" else ""
        return Part(source, credit.kind, seen, amount, credit.number, how)


def of_invoice(invoice: BooksInvoice, prepaid: Decimal) -> tuple[Part, ...]:
    """What the invoice itself has settled: a deposit that was entered there, or nothing to pay at all. `prepaid` is the
    deposit that we wrote, which the host knows of: what is there less than that is a deposit below zero."""
    if invoice.voided:
        return ()
    entered = invoice.deposit - prepaid
    if entered:
        return (Part(f"deposit:{invoice.id}", "deposit", invoice.id, entered),)
    if not invoice.balance and invoice.total == invoice.deposit:
        return (Part(f"zero_total:{invoice.id}", "zero_total", invoice.id, _ZERO),)
    return ()
