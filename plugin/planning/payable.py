"""What QuickBooks asks the customer for: the total, less what was prepaid, with the host's rounding of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksInvoice, Company, Copied
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.plan import InvoiceDraft, Reason, Totals
from onedesk_quickbooks.plugin.planning.predict import ZERO


@dataclass(slots=True)
class Payable:
    """`deposit` is written on the invoice (qbo-api.md 2.1, Deposit); None for none."""

    deposit: Decimal | None = None
    reasons: list[Reason] = field(default_factory=list)


def payable(invoice: Invoice, decisions: InvoiceDecisions, company: Company, before: Copied | None = None) -> Payable:
    """What becomes of prepaid amounts and rounding (`totals.prepaid`, `totals.rounding`): the customer must not get
    two figures. `before` tells what is settled in QuickBooks."""
    found = Payable()
    if invoice.prepaid and decisions.prepaid == "deposit":
        _deposit(invoice, company, found)
    held = [(name, remedy) for name, _, how, remedy in _apart(invoice, decisions) if how == "hold"]
    if held:
        theirs = invoice.total
        theirs -= invoice.prepaid if decisions.prepaid == "deposit" else 0
        theirs += invoice.rounding if decisions.rounding == "line" else 0
        there = _received(before, decisions)
        theirs -= there
        if there and theirs == _left(invoice):
            return found
        both = f"{_asked(invoice, decisions)}, QuickBooks would ask for {invoice.money(theirs)}"
        both += f", with {invoice.money(there)} settled there" if there else ""
        remedies = " and ".join(f"totals.{name}: {remedy}" for name, remedy in held)
        found.reasons.append(Reason("payable-differs", f"{both}; set {remedies}, or note to go on with both figures."))
    return found


def _received(before: Copied | None, decisions: InvoiceDecisions) -> Decimal:
    """What settles the invoice in QuickBooks, without a deposit that is written again, or taken off."""
    now = before.now if before else None
    if before is None or now is None or now.voided:
        return ZERO
    ours = decisions.prepaid == "deposit" or now.deposit == before.deposit
    return now.total - now.balance - (now.deposit if ours else ZERO)


@dataclass(frozen=True, slots=True)
class Asks:
    """What QuickBooks asks for: its total, less our deposit, less what else is `settled`. Without a `total` it adds
    its own sales tax to `net`."""

    total: Decimal | None
    net: Decimal
    deposit: Decimal
    settled: Decimal

    @classmethod
    def of(cls, draft: InvoiceDraft, totals: Totals, now: BooksInvoice | None, stays: bool) -> Asks:
        """`stays`: the invoice stays as QuickBooks has it (`now`); else `draft` is written, with its deposit."""
        paid = now.total - now.balance if now else ZERO
        if now and stays:
            deposit = min(now.deposit, draft.deposit or ZERO)
            return cls(now.total, now.total - now.tax, deposit, paid - deposit)
        if draft.deposit is None:
            return cls(totals.total, totals.net, ZERO, paid)
        return cls(totals.total, totals.net, draft.deposit, paid - (now.deposit if now else ZERO))


def noted(invoice: Invoice, decisions: InvoiceDecisions, asks: Asks) -> list[Reason]:
    """Both figures where they are noted by rule, and QuickBooks asks for another one. What is settled there
    may be what is prepaid here, recorded as the note said, or may not: people know."""
    if not any(how == "note" for _, _, how, _ in _apart(invoice, decisions)):
        return []
    left = (asks.net if asks.total is None else asks.total) - asks.deposit - asks.settled
    if asks.total is not None and (left == _left(invoice) or (asks.settled and left <= 0)):
        return []
    theirs = f"{invoice.money(left)}" + (" and its sales tax" if asks.total is None else "")
    remedy = "record the difference in QuickBooks as a payment or a credit."
    if asks.settled:
        theirs += f", with {invoice.money(asks.settled)} settled there"
        remedy = "what of these is not among that, record in QuickBooks as a payment or a credit."
    sentence = f"{_asked(invoice, decisions)}, QuickBooks would ask for {theirs}; {remedy}"
    return [Reason("payable-differs", sentence)]


def _left(invoice: Invoice) -> Decimal:
    return invoice.total - invoice.prepaid + invoice.rounding


def _asked(invoice: Invoice, decisions: InvoiceDecisions) -> str:
    parts = ", ".join(f"{name} {plain(amount)}" for name, amount, _, _ in _apart(invoice, decisions))
    return f"OneDesk asks for {invoice.money(_left(invoice))} ({parts})"


def _apart(invoice: Invoice, decisions: InvoiceDecisions) -> list[tuple[str, Decimal, str, str]]:
    """What QuickBooks' invoice does not have: name, amount, what the rules do, and the rule that writes it."""
    found = []
    if invoice.prepaid and decisions.prepaid != "deposit":
        found.append(("prepaid", invoice.prepaid, decisions.prepaid, "deposit, which writes it as a deposit"))
    if invoice.rounding and decisions.rounding != "line":
        remedy = "{item: NAME}, which writes it as a line"
        found.append(("rounding", invoice.rounding, decisions.rounding, remedy))
    return found


def _deposit(invoice: Invoice, company: Company, found: Payable) -> None:
    if not company.allows_deposit:
        found.reasons.append(
            Reason(
                "deposit-off",
                f"OneDesk has {invoice.money(invoice.prepaid)} as prepaid, but QuickBooks has deposits on invoices"
                " turned off; turn them on there (Account and settings > Sales > Sales form content > Deposit), or set"
                " totals.prepaid: note.",
            )
        )
    elif not 0 < invoice.prepaid <= invoice.total + invoice.rounding:
        found.reasons.append(
            Reason(
                "deposit-out-of-range",
                f"OneDesk has {invoice.money(invoice.prepaid)} as prepaid on a total of {invoice.money(invoice.total)};"
                " QuickBooks takes a deposit above zero and up to the total; correct it in OneDesk.",
            )
        )
    else:
        found.deposit = invoice.prepaid
