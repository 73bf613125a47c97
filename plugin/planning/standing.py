"""The copy that QuickBooks has already: created, updated, left as it is, or a person decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksInvoice, Copied, Settling
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.plan import EnsureCustomer, Reason


@dataclass(slots=True)
class Standing:
    """What is to be done with the QuickBooks invoice: `action` create, update or unchanged; `accept` takes the version
    that somebody made there; `keep` says that it stays as somebody made it, so nothing is e-mailed."""

    action: str
    accept: bool = False
    keep: bool = False
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)


def standing(invoice: Invoice, before: Copied | None, digest: str, when_changed: str) -> Standing:
    """`digest` is the hash of what it shall hold, `when_changed` the rule invoices.when_changed_in_quickbooks."""
    if before is None:
        return Standing("create")
    found = Standing("unchanged" if before.content_hash == digest else "update")
    name = f"The QuickBooks invoice {before.number or before.qbo_id} of this invoice"
    if before.now is None:
        found.reasons.append(
            Reason(
                "deleted-in-quickbooks",
                f"{name} was deleted in QuickBooks; void it in OneDesk too, or duplicate the invoice in OneDesk under a"
                " new number and copy that.",
            )
        )
    elif before.now.voided:
        sentence = f"{name} was voided in QuickBooks; void it in OneDesk too, or issue a new invoice."
        found.reasons.append(Reason("voided-in-quickbooks", sentence))
    elif before.edited or (found.action == "update" and before.taken):
        _changed(invoice, before, before.now.total, when_changed, name, found)
    return found


def _changed(invoice: Invoice, before: Copied, total: Decimal, when_changed: str, name: str, found: Standing) -> None:
    """Somebody edited it in QuickBooks since: never silently overwritten."""
    if before.differed and total == invoice.total:
        found.action, found.accept = "unchanged", True
        sentence = f"{name} was changed there, and its total is now that of OneDesk, {invoice.money(total)}."
        found.notes.append(Reason("totals-agree", sentence))
    elif when_changed == "keep_quickbooks":
        found.action, found.keep = "unchanged", True
        totals = "" if total == invoice.total else f" {_both(invoice, total)}"
        sentence = f"{name} was changed there and stays as it is: {before.differences}.{totals}"
        found.notes.append(Reason("kept", sentence))
    elif when_changed == "overwrite":
        found.action = "update"
        found.notes.append(
            Reason("overwritten", f"{name} was changed there and was written over: {before.differences}.")
        )
    else:
        found.reasons.append(
            Reason(
                "changed-in-quickbooks",
                f"{name} was changed there since it was copied: {before.differences}. Choose the version to keep:"
                " onedesk-quickbooks queue settle, or set invoices.when_changed_in_quickbooks to overwrite or"
                " keep_quickbooks.",
            )
        )


def kept_total(invoice: Invoice, before: Copied, now: BooksInvoice) -> Reason:
    """An edit in QuickBooks was taken as it is, and its total is not that of the host."""
    changed = f": {before.differences}." if before.differences else "."
    return Reason(
        "kept-total",
        f"The QuickBooks invoice {before.number or before.qbo_id} of this invoice was changed there and stays as it"
        f" is{changed} {_both(invoice, now.total)} It is not e-mailed; correct one of the two and copy it again.",
    )


def _both(invoice: Invoice, total: Decimal) -> str:
    return f"It is over {invoice.money(total)} there, in OneDesk over {invoice.money(invoice.total)}."


def settled(before: Copied, now: BooksInvoice) -> str:
    """What settles QuickBooks' invoice, each under its own name, and what is left by QuickBooks' balance: "110.00 USD
    of 310.00 USD settled in QuickBooks (payment 1042 over 80.00 USD, credit memo CM-7 over 30.00 USD; 200.00 USD is
    left)"."""

    def money(amount: Decimal) -> Money:
        return Money(amount, now.currency)

    whole = now.total - now.balance
    deposit = (Settling("deposit on the invoice", now.deposit),) if now.deposit else ()
    parts = (*before.settled, *deposit)
    if sum((each.amount for each in parts), Decimal(0)) > whole:  # something was taken off since the last look
        parts = deposit
    unknown = whole - sum((each.amount for each in parts), Decimal(0))
    told = [f"{each.name} over {money(each.amount)}" for each in parts]
    told += [f"{money(unknown)} not looked at yet: onedesk-quickbooks payments"] if unknown else []
    left = f"{money(now.balance)} is left"
    return f"{money(whole)} of {money(now.total)} settled in QuickBooks ({', '.join(told)}; {left})"


def against_payments(
    invoice: Invoice, before: Copied | None, customer: EnsureCustomer | None, total: Decimal | None
) -> list[Reason]:
    """What an update must not do to an invoice that has payments. `total` is what QuickBooks will come to."""
    now = before.now if before else None
    if now is None or now.voided:
        return []
    paid = now.total - now.balance
    if before is None or paid <= 0:
        return []
    has = f"has {settled(before, now)}"
    number = before.number or now.number or now.id
    existing = customer.existing if customer else None
    if customer is not None and (existing is None or existing.id != now.customer_id):
        return [
            Reason(
                "paid-by-another",
                f'Invoice {number} {has}, so it keeps its customer there and cannot go to "{customer.name}"; take that'
                " off the invoice in QuickBooks first, or correct the customer in OneDesk.",
            )
        ]
    if total is not None and total < paid:
        return [
            Reason(
                "paid-more",
                f"Invoice {number} {has}, more than the {invoice.money(total)} that it would come to; take that off the"
                " invoice in QuickBooks first, or issue a credit note in OneDesk.",
            )
        ]
    return []
