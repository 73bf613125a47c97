"""The amount that QuickBooks asks of the customer: the total, less the prepaid amount, with the host's rounding."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksInvoice, Copied
from onedesk_quickbooks.plugin.model.company_settings import Company
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import number
from onedesk_quickbooks.plugin.model.plan import InvoiceDraft, Reason, Totals
from onedesk_quickbooks.plugin.planning.predict import ZERO
from onedesk_quickbooks.plugin.texts import Amount, Text, joined


@dataclass(slots=True)
class Payable:
    """`deposit` is written on the invoice (qbo-api.md 2.1, Deposit); None for none."""

    deposit: Decimal | None = None
    reasons: list[Reason] = field(default_factory=list)


def payable(invoice: Invoice, decisions: InvoiceDecisions, company: Company, before: Copied | None = None) -> Payable:
    """The effect of prepaid amounts and rounding (`totals.prepaid`, `totals.rounding`): the customer must not get two
    figures. `before` has the payments in QuickBooks."""
    found = Payable()
    if invoice.prepaid and decisions.prepaid == "deposit":
        _deposit(invoice, company, found)
    held = [(name, remedy) for name, _, how, remedy in _apart(invoice, decisions) if how == "hold"]
    if held:
        theirs = invoice.total
        theirs -= invoice.prepaid if decisions.prepaid == "deposit" else 0
        theirs += invoice.rounding if decisions.rounding == "line" else 0
        there = _received(invoice, before, decisions)
        theirs -= there
        if there and theirs == due(invoice):
            return found
        if theirs < 0:
            found.reasons.append(
                Reason(
                    "payable-differs",
                    Text(
                        "{asked}, and {there} is settled in QuickBooks, more than the invoice comes to; take what "
                        "is too much off its payments and credits there first.",
                        asked=_asked(invoice, decisions),
                        there=invoice.money(there),
                    ),
                )
            )
            return found
        both = Text(
            "{asked}, QuickBooks would ask for {theirs}", asked=_asked(invoice, decisions), theirs=invoice.money(theirs)
        )
        both += Text(", with {there} settled there", there=invoice.money(there)) if there else ""
        remedies = joined(
            Text(" and "), (Text("totals.{name}: {remedy}", name=name, remedy=remedy) for name, remedy in held)
        )
        found.reasons.append(
            Reason(
                "payable-differs",
                Text("{both}; set {remedies}, or note to continue with both figures.", both=both, remedies=remedies),
            )
        )
    return found


def _received(invoice: Invoice, before: Copied | None, decisions: InvoiceDecisions) -> Decimal:
    """What pays the invoice in QuickBooks, without a deposit that is written again, or removed. Payments in another
    currency do not count."""
    now = before.now if before else None
    if before is None or now is None or now.voided or now.currency != invoice.currency:
        return ZERO
    ours = decisions.prepaid == "deposit" or now.deposit == before.deposit
    return now.total - now.balance - (now.deposit if ours else ZERO)


@dataclass(frozen=True, slots=True)
class Asks:
    """The amount that QuickBooks asks for: its total, less our deposit, less what else is `settled`. Without a `total`
    it adds its own sales tax to `net`."""

    total: Decimal | None
    net: Decimal
    deposit: Decimal
    settled: Decimal

    @classmethod
    def of(cls, draft: InvoiceDraft, totals: Totals, now: BooksInvoice | None, stays: bool) -> Asks:
        """`stays`: QuickBooks' invoice (`now`) is not changed; else `draft` is written, with its deposit."""
        paid = now.total - now.balance if now else ZERO
        if now and stays:
            deposit = min(now.deposit, draft.deposit or ZERO)
            return cls(now.total, now.total - now.tax, deposit, paid - deposit)
        if draft.deposit is None:
            return cls(totals.total, totals.net, ZERO, paid)
        return cls(totals.total, totals.net, draft.deposit, paid - (now.deposit if now else ZERO))


def noted(invoice: Invoice, decisions: InvoiceDecisions, asks: Asks, before: Copied | None = None) -> list[Reason]:
    """Both figures and the next step where they are noted by rule, as long as something has to be done in QuickBooks.
    Nothing has to be where it asks for the same amount as OneDesk, where nothing is open, and where one of the payments
    of the invoice there, or all of them, are equal to the noted amount."""
    by_rule = [(name, amount) for name, amount, how, _ in _apart(invoice, decisions) if how == "note"]
    if not by_rule:
        return []
    apart = sum((-amount if name == "rounding" else amount for name, amount in by_rule), ZERO)
    left = (asks.net if asks.total is None else asks.total) - asks.deposit - asks.settled
    if asks.total is not None and (left == due(invoice) or (asks.settled and left <= 0)):
        return []
    parts = [each.amount for each in before.settled] if before else []
    if before and before.now and asks.settled and not asks.deposit:
        parts.append(before.now.deposit)
    if apart > 0 and (asks.settled == apart or (asks.settled > apart and apart in parts)):
        return []
    asked = invoice.money(left)
    theirs: str = Amount(asked) if asks.total is not None else Text("{amount} and its sales tax", amount=asked)
    theirs += Text(", with {settled} settled there", settled=invoice.money(asks.settled)) if asks.settled else ""
    sentence = Text(
        "{asked}, QuickBooks would ask for {theirs}; {step}",
        asked=_asked(invoice, decisions),
        theirs=theirs,
        step=_step(invoice, apart, asks.settled),
    )
    return [Reason("payable-differs", sentence)]


def _step(invoice: Invoice, apart: Decimal, settled: Decimal) -> str:
    if apart <= 0:  # no record there increases the amount that QuickBooks asks for
        return Text("to have QuickBooks ask for the rounding too, set totals.rounding: {item: NAME}.")
    record = Text("in QuickBooks as a payment or a credit of {apart}", apart=invoice.money(apart))
    if not settled:
        return Text("record the difference {record}.", record=record)
    if settled < apart:
        more = Text("record {apart} more in QuickBooks as a payment or a credit", apart=invoice.money(apart - settled))
        return Text("{more}; if what is settled is other money, record {apart}.", more=more, apart=invoice.money(apart))
    return Text("if this is not among what is settled, record it {record}.", record=record)


_NAMES = {"prepaid": Text("prepaid"), "rounding": Text("rounding")}
"""The names of the settings in a sentence."""


def due(invoice: Invoice) -> Decimal:
    """What OneDesk asks for."""
    return invoice.total - invoice.prepaid + invoice.rounding


def _asked(invoice: Invoice, decisions: InvoiceDecisions) -> str:
    apart = _apart(invoice, decisions)
    parts = joined(
        ", ", (Text("{name} {amount}", name=_NAMES[name], amount=number(amount)) for name, amount, _, _ in apart)
    )
    return Text("OneDesk asks for {left} ({parts})", left=invoice.money(due(invoice)), parts=parts)


def _apart(invoice: Invoice, decisions: InvoiceDecisions) -> list[tuple[str, Decimal, str, str]]:
    """What QuickBooks' invoice does not have: name, amount, the action by rule, and the rule that would write it."""
    found: list[tuple[str, Decimal, str, str]] = []
    if invoice.prepaid and decisions.prepaid != "deposit":
        found.append(("prepaid", invoice.prepaid, decisions.prepaid, Text("deposit, which writes it as a deposit")))
    if invoice.rounding and decisions.rounding != "line":
        remedy = Text("{item: NAME}, which writes it as a line")
        found.append(("rounding", invoice.rounding, decisions.rounding, remedy))
    return found


def _deposit(invoice: Invoice, company: Company, found: Payable) -> None:
    if not company.allows_deposit:
        found.reasons.append(
            Reason(
                "deposit-off",
                Text(
                    "OneDesk has {prepaid} as prepaid, but QuickBooks has deposits on invoices turned off; turn them "
                    "on there (Account and settings > Sales > Sales form content > Deposit), or set totals.prepaid: "
                    "note.",
                    prepaid=invoice.money(invoice.prepaid),
                ),
            )
        )
    elif not 0 < invoice.prepaid <= invoice.total + invoice.rounding:
        found.reasons.append(
            Reason(
                "deposit-out-of-range",
                Text(
                    "OneDesk has {prepaid} as prepaid on a total of {total}; QuickBooks takes a deposit above zero "
                    "and up to the total; correct it in OneDesk.",
                    prepaid=invoice.money(invoice.prepaid),
                    total=invoice.money(invoice.total),
                ),
            )
        )
    else:
        found.deposit = invoice.prepaid
