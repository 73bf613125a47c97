"""Credit notes: what the rules make of one, and how much of its credit memo goes to the invoice that it credits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import Books, BooksInvoice, Copied, Credited, Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import CREDIT_MEMO, INVOICE, Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import ApplyCredit, EnsureCustomer, Reason, Totals

NAMES = {INVOICE: "invoice", CREDIT_MEMO: "credit memo"}
"""What QuickBooks has, as a sentence calls it."""
APPLIED = "credit-applied"
"""The code of the note on what is applied to the invoice that is credited."""
_ZERO = Decimal(0)
_TAKE_OUT = "or take the name of the invoice (credits) out in OneDesk, so that the credit stays open"


def held_credit(invoice: Invoice, decisions: InvoiceDecisions) -> list[Reason]:
    """A credit note, where the rules leave it to a person."""
    if not invoice.is_credit or decisions.negative == "credit_memo":
        return []
    total = invoice.money(invoice.of_host(invoice.total))
    is_one = f"The total is {total}: a negative total is a credit note" if invoice.negated else "It is a credit note"
    return [
        Reason(
            "negative-total",
            f"{is_one}, not an invoice; make a credit memo for it in QuickBooks, or set invoices.negative:"
            " credit_memo.",
        )
    ]


def other_kind(invoice: Invoice, before: Copied | None) -> list[Reason]:
    """QuickBooks has an invoice where OneDesk has a credit note by now, or the other way round: neither becomes the
    other."""
    if before is None or before.kind == invoice.kind:
        return []
    there = NAMES[before.kind]
    has = "a credit note" if invoice.is_credit else "an invoice"
    return [
        Reason(
            "kind-changed",
            f"QuickBooks has it as the {there} {before.number or before.qbo_id}, and OneDesk has {has} now: QuickBooks"
            f" makes neither of the other. Put OneDesk's invoice back as it was, and make {has} of its own there.",
        )
    ]


def used_more(invoice: Invoice, before: Copied | None, customer: EnsureCustomer, totals: Totals) -> list[Reason]:
    """What an update must not do to a credit memo of which a part is used: QuickBooks refuses less than that, and
    another customer."""
    now = before.now if before else None
    if before is None or now is None or now.voided or now.balance == now.total:
        return []
    used, name = now.total - now.balance, before.number or now.number or now.id
    of_it = f"Of the QuickBooks credit memo {name} {Money(used, now.currency or invoice.currency)} are used there"
    off = "take it off the invoice in QuickBooks first (delete the payment of nothing that applies it)"
    if customer.existing is None or customer.existing.id != now.customer_id:
        sentence = f'{of_it}, so that it keeps its customer and cannot go to "{customer.name}"; {off}.'
        return [Reason("paid-by-another", sentence)]
    most = totals.net if totals.total is None else totals.total
    if used <= most:
        return []
    sentence = f"{of_it}, more than the {invoice.money(most)} that it would come to; {off}."
    return [Reason("credit-used", sentence)]


@dataclass(slots=True)
class Applying:
    """`step` None: nothing is applied."""

    step: ApplyCredit | None = None
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)


def applying(
    invoice: Invoice, books: Books, before: Copied | None, action: str, customer: EnsureCustomer, totals: Totals
) -> Applying:
    """What becomes of the credit. It is applied once after it was made, and what an update adds to it after that: a
    person who takes it off an invoice finds it open still."""
    named = books.credited
    if not invoice.is_credit or named is None or (action == "unchanged" and before is not None and before.applied):
        return Applying()
    against = _against(invoice, named, customer)
    if against:
        return Applying(reasons=against)
    left = named.coming.left if named.coming else named.now.balance if named.now else _ZERO
    target = Ref(named.qbo_id, named.number or named.name)
    whole = _open(before, action, totals)
    if left is not None and left <= 0:
        return Applying(notes=[_stays_open(invoice, target, whole)])
    if whole is not None and whole <= 0:
        return Applying()
    step = ApplyCredit(named.od_ids[0], target, None, None, None)
    if left is not None and whole is not None:
        amount = min(whole, left)
        known = [invoice.money(each) for each in (amount, left - amount, whole - amount)]
        step = ApplyCredit(named.od_ids[0], target, *known)
    return Applying(step, notes=[applied(step)])


def _open(before: Copied | None, action: str, totals: Totals) -> Decimal | None:
    """What will be left of the credit memo before it is applied; None where QuickBooks alone knows its tax."""
    now = before.now if before else None
    if now is not None and action == "unchanged":
        return now.balance
    if totals.total is None:
        return None
    return totals.total - (now.total - now.balance if now else _ZERO)


def applied(step: ApplyCredit) -> Reason:
    """What the run does, or has done."""
    if step.amount is None or step.left is None or step.open is None:
        return Reason("credit-applied", f"The credit memo is applied to the invoice {step.invoice.name}.")
    left = f"{step.left} is left to pay on it"
    open_ = f", and {step.open} of the credit stays open" if step.open.amount else ""
    return Reason("credit-applied", f"{step.amount} of it goes to the invoice {step.invoice.name}: {left}{open_}.")


def applied_as(step: ApplyCredit, amount: Decimal, left: Decimal, open_: Decimal, currency: str) -> Reason:
    """The same where QuickBooks had something else left by then."""
    known = [Money(each, currency) for each in (amount, left, open_)]
    if not amount:
        return Reason(
            "credit-applied",
            f"Nothing is applied to the invoice {step.invoice.name}: {known[2]} of the credit is open.",
        )
    return applied(dataclasses.replace(step, amount=known[0], left=known[1], open=known[2]))


def _stays_open(invoice: Invoice, target: Ref, whole: Decimal | None) -> Reason:
    credit = "the credit" if whole is None else f"the credit of {invoice.money(whole)}"
    return Reason(
        "credit-open",
        f"The invoice {target.name} is paid in QuickBooks, so that {credit} stays open there: for the next invoice of"
        " the customer, or for a refund.",
    )


def _against(invoice: Invoice, named: Credited, customer: EnsureCustomer) -> list[Reason]:
    """Why the credit cannot go to that invoice."""
    name = named.number or named.name
    if len(named.od_ids) > 1:
        ids = ", ".join(named.od_ids)
        return [
            Reason(
                "credits-ambiguous",
                f"It credits the invoice {named.name}, and OneDesk has copied several of that number ({ids}): name it"
                " by its id.",
            )
        ]
    if named.kind != INVOICE:
        sentence = f"It credits {named.name}, which is a credit note itself; name the invoice that it credits."
        return [Reason("credits-no-invoice", sentence)]
    if named.coming is None and named.now is None:
        what = "QuickBooks has no more" if named.od_ids else "QuickBooks does not have from OneDesk"
        copy = "name another one" if named.od_ids else "copy that one first, then this one again"
        return [Reason("credits-missing", f"It credits the invoice {name}, which {what}: {copy}, {_TAKE_OUT}.")]
    if named.coming is None and named.now is not None and named.now.voided:
        sentence = f"It credits the invoice {name}, which is void in QuickBooks: name another one, {_TAKE_OUT}."
        return [Reason("credits-missing", sentence)]
    return _not_its(invoice, named, name, customer)


def _not_its(invoice: Invoice, named: Credited, name: str, customer: EnsureCustomer) -> list[Reason]:
    """The invoice has another customer or currency in QuickBooks: one payment has one of both."""
    own = customer.existing.id if customer.existing else ""
    theirs, currency = _whose(named)
    if currency and currency != invoice.currency:
        sentence = (
            f"It is in {invoice.currency}, and the invoice {name} that it credits in {currency}: QuickBooks applies no"
            f" credit across currencies. Correct one of the two, {_TAKE_OUT}."
        )
        return [Reason("credits-currency", sentence)]
    if theirs != own:
        sentence = (
            f"The invoice {name} that it credits is another customer's in QuickBooks than this credit note"
            f" ({customer.name}): correct one of the two, {_TAKE_OUT}."
        )
        return [Reason("credits-customer", sentence)]
    return []


def _whose(named: Credited) -> tuple[str, str]:
    if named.coming is not None:
        return named.coming.customer_id, named.coming.currency
    now = named.now
    return (now.customer_id, now.currency) if isinstance(now, BooksInvoice) else ("", "")
