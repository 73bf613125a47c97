"""Credit notes: how the rules treat one, and how much of its credit memo is applied to the invoice that it credits."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import Books, BooksInvoice, Copied, Credited
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import ApplyCredit, EnsureCustomer, Reason, Totals
from onedesk_quickbooks.plugin.texts import Text

NAMES: Mapping[str, str] = {INVOICE: Text("invoice"), CREDIT_MEMO: Text("credit memo")}
"""QuickBooks' forms, as named in a sentence."""
APPLIED = "credit-applied"
"""The code of the note on the amount that is applied to the credited invoice."""
_ELSEWHERE = "credit-elsewhere"
_ZERO = Decimal(0)
_TAKE_OUT = Text("or take the name of the invoice (credits) out in OneDesk, so that the credit stays open")


def held_credit(invoice: Invoice, decisions: InvoiceDecisions) -> list[Reason]:
    """A credit note that the rules leave to a person."""
    if not invoice.is_credit or decisions.negative == "credit_memo":
        return []
    total = invoice.money(invoice.of_host(invoice.total))
    is_one = (
        Text("The total is {total}: a negative total is a credit note", total=total)
        if invoice.negated
        else Text("It is a credit note")
    )
    return [
        Reason(
            "negative-total",
            Text(
                "{is_one}, not an invoice; make a credit memo for it in QuickBooks, or set invoices.negative: "
                "credit_memo.",
                is_one=is_one,
            ),
        )
    ]


def other_kind(invoice: Invoice, before: Copied | None) -> list[Reason]:
    """QuickBooks has an invoice where OneDesk now has a credit note, or the reverse: neither can become the other."""
    if before is None or before.kind == invoice.kind:
        return []
    return [Reason("kind-changed", kind_changed(invoice, before.kind, before.number or before.qbo_id))]


def kind_changed(invoice: Invoice, kind: str, name: str) -> str:
    """The problem of an invoice that is of another `kind` in QuickBooks, where it is called `name`, and the remedy."""
    return Text(
        "QuickBooks has it as the {there} {before_number}, and OneDesk has {has} now: QuickBooks cannot convert one "
        "into the other. Restore the invoice in OneDesk as it was, and create {has} separately there.",
        there=NAMES[kind],
        before_number=name,
        has=Text("a credit note") if invoice.is_credit else Text("an invoice"),
    )


def used_more(invoice: Invoice, before: Copied | None, customer: EnsureCustomer, totals: Totals) -> list[Reason]:
    """Reasons against an update of a partly used credit memo: QuickBooks refuses a smaller amount than the used one,
    and another customer."""
    now = before.now if before else None
    if before is None or now is None or now.voided or now.balance == now.total:
        return []
    used, name = now.total - now.balance, before.number or now.number or now.id
    of_it = Text(
        "The QuickBooks credit memo {name} has {used} applied",
        name=name,
        used=Money(used, now.currency or invoice.currency),
    )
    off = Text("take it off the invoice in QuickBooks first (delete the zero-amount payment that applies it)")
    if customer.existing is None or customer.existing.id != now.customer_id:
        sentence = Text(
            '{of_it}, so that it keeps its customer and cannot go to "{customer_name}"; {off}.',
            of_it=of_it,
            customer_name=customer.name,
            off=off,
        )
        return [Reason("paid-by-another", sentence)]
    most = totals.net if totals.total is None else totals.total
    if used <= most:
        return []
    sentence = Text(
        "{of_it}, more than the {most} that it would come to; {off}.", of_it=of_it, most=invoice.money(most), off=off
    )
    return [Reason("credit-used", sentence)]


@dataclass(slots=True)
class Applying:
    """`step` is None where nothing is applied."""

    step: ApplyCredit | None = None
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)


def applying(
    invoice: Invoice, books: Books, before: Copied | None, action: str, customer: EnsureCustomer, totals: Totals
) -> Applying:
    """How the credit is applied: once after it was created, and then what an update adds to it. If a person removes it
    from an invoice, it stays open."""
    named = books.credited
    if not invoice.is_credit or named is None:
        return Applying()
    moved = _moved(invoice, named, before)
    if action == "unchanged" and before is not None and before.applied and moved is None:
        return Applying()
    against = moved or _against(invoice, named, customer)
    if against:
        return Applying(reasons=against)
    left = named.coming.left if named.coming else named.now.balance if named.now else _ZERO
    target = Ref(named.qbo_id, named.number or named.name)
    whole = _open(before, action, totals)
    if whole is not None and whole <= 0:
        return Applying()
    if left is not None and left <= 0:
        return Applying(notes=[_stays_open(invoice, target, whole)])
    step = ApplyCredit(named.od_ids[0], target, None, None, None)
    if left is not None and whole is not None:
        amount = min(whole, left)
        known = [invoice.money(each) for each in (amount, left - amount, whole - amount)]
        step = ApplyCredit(named.od_ids[0], target, *known)
    return Applying(step, notes=[applied(step)])


def _moved(invoice: Invoice, named: Credited, before: Copied | None) -> list[Reason] | None:
    """The credit note names another invoice than the one that its credit memo was applied to: reasons while that is
    still used; None for the same one."""
    then, now = (before.applied_to, before.now) if before is not None else (None, None)
    if then is None or now is None or not named.qbo_id or named.qbo_id == then.id:
        return None
    if named.now and not set(now.payment_ids).isdisjoint(named.now.payment_ids):  # a person has moved it there
        return None
    used = now.total - now.balance
    if not used:
        return []
    sentence = Text(
        "It credits the invoice {name} now, and {used} of its credit memo {memo} is used in QuickBooks, where it was"
        " applied to the invoice {then}: take it off there first (delete the zero-amount payment that applies it; this"
        " one then follows automatically), or name the invoice {then} again in OneDesk.",
        name=named.number or named.name,
        used=Money(used, now.currency or invoice.currency),
        memo=now.number or now.id,
        then=then.name,
    )
    return [Reason(_ELSEWHERE, sentence)]


def _open(before: Copied | None, action: str, totals: Totals) -> Decimal | None:
    """The open amount of the credit memo before it is applied; None where only QuickBooks knows its tax."""
    now = before.now if before else None
    if now is not None and action == "unchanged":
        return now.balance
    if totals.total is None:
        return None
    return totals.total - (now.total - now.balance if now else _ZERO)


def applied(step: ApplyCredit) -> Reason:
    """What the run does, or has done."""
    if step.amount is None or step.left is None or step.open is None:
        return Reason(
            "credit-applied", Text("The credit memo is applied to the invoice {name}.", name=step.invoice.name)
        )
    left = Text("{left} is left to pay on it", left=step.left)
    open_ = Text(", and {open} of the credit stays open", open=step.open) if step.open.amount else ""
    return Reason(
        "credit-applied",
        Text(
            "{amount} of it is applied to the invoice {name}: {left}{open}.",
            amount=step.amount,
            name=step.invoice.name,
            left=left,
            open=open_,
        ),
    )


def applied_as(step: ApplyCredit, amount: Decimal, left: Decimal, open_: Decimal, currency: str) -> Reason:
    """The same where QuickBooks had another open amount by then."""
    known = [Money(each, currency) for each in (amount, left, open_)]
    if not amount:
        return Reason(
            "credit-applied",
            Text(
                "Nothing is applied to the invoice {name}: {amount} of the credit is open.",
                name=step.invoice.name,
                amount=known[2],
            ),
        )
    return applied(dataclasses.replace(step, amount=known[0], left=known[1], open=known[2]))


def _stays_open(invoice: Invoice, target: Ref, whole: Decimal | None) -> Reason:
    credit = Text("the credit") if whole is None else Text("the credit of {whole}", whole=invoice.money(whole))
    return Reason(
        "credit-open",
        Text(
            "The invoice {target_name} is paid in QuickBooks, so that {credit} stays open there: for the "
            "next invoice of the customer, or for a refund.",
            target_name=target.name,
            credit=credit,
        ),
    )


def _against(invoice: Invoice, named: Credited, customer: EnsureCustomer) -> list[Reason]:
    """Why the credit cannot be applied to that invoice."""
    name = named.number or named.name
    if len(named.od_ids) > 1:
        ids = ", ".join(named.od_ids)
        return [
            Reason(
                "credits-ambiguous",
                Text(
                    "It credits the invoice {named_name}, and OneDesk has copied several of that number ({ids}): "
                    "name it by its id.",
                    named_name=named.name,
                    ids=ids,
                ),
            )
        ]
    if named.kind != INVOICE:
        sentence = Text(
            "It credits {named_name}, which is a credit note itself; name the invoice that it credits.",
            named_name=named.name,
        )
        return [Reason("credits-no-invoice", sentence)]
    if named.coming is None and named.now is None:
        what = Text("QuickBooks has no more") if named.od_ids else Text("QuickBooks does not have from OneDesk")
        copy = (
            Text("name another one")
            if named.od_ids
            else Text("copy or adopt that one (this one follows automatically)")
        )
        return [
            Reason(
                "credits-missing",
                Text(
                    "It credits the invoice {name}, which {what}: {copy}, {take_out}.",
                    name=name,
                    what=what,
                    copy=copy,
                    take_out=_TAKE_OUT,
                ),
            )
        ]
    if named.withdrawn:
        was = Text("void") if named.withdrawn == "voided" else Text("deleted")
        sentence = Text(
            "It credits the invoice {name}, which is {was} in OneDesk: name another one, {take_out}.",
            name=name,
            was=was,
            take_out=_TAKE_OUT,
        )
        return [Reason("credits-missing", sentence)]
    if named.coming is None and named.now is not None and named.now.voided:
        sentence = Text(
            "It credits the invoice {name}, which is void in QuickBooks: name another one, {take_out}.",
            name=name,
            take_out=_TAKE_OUT,
        )
        return [Reason("credits-missing", sentence)]
    return _not_its(invoice, named, name, customer)


def _not_its(invoice: Invoice, named: Credited, name: str, customer: EnsureCustomer) -> list[Reason]:
    """The invoice has another customer or currency in QuickBooks: one payment has one of both."""
    own = customer.existing.id if customer.existing else ""
    theirs, currency = _whose(named)
    if currency and currency != invoice.currency:
        sentence = Text(
            "It is in {currency}, and the invoice {name} that it credits in {currency2}: QuickBooks applies "
            "no credit across currencies. Correct one of the two, {take_out}.",
            currency=invoice.currency,
            name=name,
            currency2=currency,
            take_out=_TAKE_OUT,
        )
        return [Reason("credits-currency", sentence)]
    if theirs != own:
        sentence = Text(
            "The invoice {name} that it credits is another customer's in QuickBooks than this credit note "
            "({customer_name}): correct one of the two, {take_out}.",
            name=name,
            customer_name=customer.name,
            take_out=_TAKE_OUT,
        )
        return [Reason("credits-customer", sentence)]
    return []


def _whose(named: Credited) -> tuple[str, str]:
    if named.coming is not None:
        return named.coming.customer_id, named.coming.currency
    now = named.now
    return (now.customer_id, now.currency) if isinstance(now, BooksInvoice) else ("", "")
