"""Closed books: QuickBooks takes nothing that is dated up to its closing date (qbo-facts.md, BookCloseDate)."""

from __future__ import annotations

from datetime import date, timedelta

from onedesk_quickbooks.plugin.model.books import Books, Company, Copied
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import Reason


def booked_on(invoice: Invoice, decisions: InvoiceDecisions, company: Company, stands: date | None) -> date:
    """The day on which QuickBooks books the invoice: its own, but where the books are closed for that and a rule moves
    it. What was written before keeps the day on which it `stands`."""
    closed = company.closed_through
    if closed is None or invoice.issue_date > closed or decisions.when_closed != "first_open_day":
        return invoice.issue_date
    return stands or closed + timedelta(days=1)


def moved_day(invoice: Invoice, books: Books, day: date) -> Reason:
    """`day` is another than the invoice's own."""
    return Reason(
        "closed-period-moved",
        f"The invoice is dated {invoice.issue_date}, and QuickBooks has its books closed through"
        f" {books.company.closed_through}: it is booked on {day} (invoices.closed: first_open_day).",
    )


def closed_period(invoice: Invoice, books: Books, before: Copied | None) -> list[Reason]:
    """QuickBooks writes nothing into a closed period, nor over what stands in one (codes 6200, 6210)."""
    closed = books.company.closed_through
    if closed is None:
        return []
    now = before.now if before else None
    move = "move the closing date in QuickBooks (Account and settings > Advanced > Accounting)"
    if before and now and now.issue_date and now.issue_date <= closed:
        number = before.number or now.number or now.id
        dated = f"The QuickBooks invoice {number} of this invoice is dated {now.issue_date}"
        move += ", or leave the invoice as it is there: another date in OneDesk does not help"
    elif invoice.issue_date <= closed:
        dated = f"The invoice is dated {invoice.issue_date}"
        move = f"date it later in OneDesk, set invoices.closed: first_open_day, or {move}"
    else:
        return []
    has = f"{dated}, and QuickBooks has its books closed through {closed}"
    return [Reason("period-closed", f"{has}, so that nothing is changed; {move}.")]
