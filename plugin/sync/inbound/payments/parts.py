"""What pays invoices, in parts: of a payment the money and each credit, of an invoice its deposit. Pure.

QuickBooks applies a credit memo through a payment, which has a total of zero or also money (qbo-api.md 2.4 Payment):
the money came in, the credit did not, and people look for them in different places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksCredit, BooksInvoice, BooksPayment

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """One item that pays an invoice, or a part of it. `source` names it among all ("payment:81", "credit_memo:81-77",
    "deposit:145"), `kind` is one of model.payment.KINDS, `qbo_id` the object to look at."""

    source: str
    kind: str
    qbo_id: str
    amount: Decimal
    reference: str = ""
    method: str = ""


Parts = Mapping[str, tuple[Part, ...]]
"""By QuickBooks' id of the invoice."""


def of_payment(payment: BooksPayment) -> Parts:
    """What a payment does for each invoice. QuickBooks does not report which of several invoices a credit was applied
    to: credits are assigned to the oldest invoices first, as in QuickBooks' automatic application."""
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
    """How a payment uses each credit memo: for invoices, or paid out to the customer. By QuickBooks' id of the credit
    memo."""
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
        parts = [
            Part(f"credit_used:{payment.id}", "credit_used", payment.id, used, ", ".join(payment.numbers)),
            Part(f"refund:{payment.id}", "refund", payment.id, amount - used, payment.reference),
        ]
        found[qbo_id] = tuple(each for each in parts if each.amount)
    return found


@dataclass
class _Credits:
    """The credits that a payment uses for invoices, as far as money does not account for the amounts: the payment's
    other lines may also be money that was paid out to the customer."""

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
        if needed > 0:  # an amount that QuickBooks does not list
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
    """What pays the invoice in its own data: a deposit that was entered there, or a total of zero. `prepaid` is the
    deposit that we wrote, which the host knows: a smaller one gives a negative deposit."""
    if invoice.voided:
        return ()
    entered = invoice.deposit - prepaid
    if entered:
        return (Part(f"deposit:{invoice.id}", "deposit", invoice.id, entered),)
    if not invoice.balance and invoice.total == invoice.deposit:
        return (Part(f"zero_total:{invoice.id}", "zero_total", invoice.id, _ZERO),)
    return ()
