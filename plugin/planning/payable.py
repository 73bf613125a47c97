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
        if theirs < 0:
            found.reasons.append(
                Reason(
                    "payable-differs",
                    f"{_asked(invoice, decisions)}, and {invoice.money(there)} is settled in QuickBooks, more than the"
                    f" invoice comes to; take what is too much off its payments and credits there first.",
                )
            )
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


def noted(invoice: Invoice, decisions: InvoiceDecisions, asks: Asks, before: Copied | None = None) -> list[Reason]:
    """Both figures and the next step where they are noted by rule, as long as something is to be done in QuickBooks.
    Nothing is where it asks for what OneDesk asks for, where nothing is left, and where one of the amounts that settle
    the invoice there, or all of them, are just what is noted."""
    by_rule = [(name, amount) for name, amount, how, _ in _apart(invoice, decisions) if how == "note"]
    if not by_rule:
        return []
    apart = sum((-amount if name == "rounding" else amount for name, amount in by_rule), ZERO)
    left = (asks.net if asks.total is None else asks.total) - asks.deposit - asks.settled
    if asks.total is not None and (left == _left(invoice) or (asks.settled and left <= 0)):
        return []
    parts = [each.amount for each in before.settled] if before else []
    if before and before.now and asks.settled and not asks.deposit:
        parts.append(before.now.deposit)
    if apart > 0 and (asks.settled == apart or (asks.settled > apart and apart in parts)):
        return []
    theirs = f"{invoice.money(left)}" + (" and its sales tax" if asks.total is None else "")
    theirs += f", with {invoice.money(asks.settled)} settled there" if asks.settled else ""
    sentence = f"{_asked(invoice, decisions)}, QuickBooks would ask for {theirs}; {_step(invoice, apart, asks.settled)}"
    return [Reason("payable-differs", sentence)]


def _step(invoice: Invoice, apart: Decimal, settled: Decimal) -> str:
    if apart <= 0:  # nothing that is recorded there makes QuickBooks ask for more
        return "to have QuickBooks ask for the rounding too, set totals.rounding: {item: NAME}."
    record = f"in QuickBooks as a payment or a credit of {invoice.money(apart)}"
    if not settled:
        return f"record the difference {record}."
    if settled < apart:
        more = f"record {invoice.money(apart - settled)} more in QuickBooks as a payment or a credit"
        return f"{more}; if what is settled is other money, record {invoice.money(apart)}."
    return f"if this is not among what is settled, record it {record}."


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
