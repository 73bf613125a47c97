"""What QuickBooks asks the customer for: the total, less what was prepaid, with the host's rounding of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import Company
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.plan import Reason


@dataclass(slots=True)
class Payable:
    """`deposit` is written on the invoice (qbo-api.md 2.1, Deposit); None for none."""

    deposit: Decimal | None = None
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)


def payable(invoice: Invoice, decisions: InvoiceDecisions, company: Company) -> Payable:
    """What becomes of prepaid amounts and rounding (`totals.prepaid`, `totals.rounding`): the customer must not get
    two figures."""
    found = Payable()
    if invoice.prepaid and decisions.prepaid == "deposit":
        _deposit(invoice, company, found)
    open_parts = []
    if invoice.prepaid and decisions.prepaid != "deposit":
        open_parts.append(("prepaid", invoice.prepaid, decisions.prepaid, "deposit, which writes it as a deposit"))
    if invoice.rounding and decisions.rounding != "line":
        remedy = "{item: NAME}, which writes it as a line"
        open_parts.append(("rounding", invoice.rounding, decisions.rounding, remedy))
    if not open_parts:
        return found
    asked = invoice.money(invoice.total - invoice.prepaid + invoice.rounding)
    parts = ", ".join(f"{name} {plain(amount)}" for name, amount, _, _ in open_parts)
    both = f"OneDesk asks for {asked} ({parts}), QuickBooks would ask for {_theirs(invoice, decisions)}"
    held = [(name, remedy) for name, _, how, remedy in open_parts if how == "hold"]
    if held:
        remedies = " and ".join(f"totals.{name}: {remedy}" for name, remedy in held)
        found.reasons.append(Reason("payable-differs", f"{both}; set {remedies}, or note to go on with both figures."))
    else:
        found.notes.append(
            Reason("payable-differs", f"{both}; record the difference in QuickBooks as a payment or a credit.")
        )
    return found


def _theirs(invoice: Invoice, decisions: InvoiceDecisions) -> str:
    amount = invoice.total
    amount -= invoice.prepaid if decisions.prepaid == "deposit" else 0
    amount += invoice.rounding if decisions.rounding == "line" else 0
    return str(invoice.money(amount))


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
