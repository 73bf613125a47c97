"""The day of an invoice: QuickBooks accepts no date up to its closing date (qbo-facts.md, BookCloseDate), and books an
invoice with a future date on that date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from onedesk_quickbooks.plugin.model.again import COPY_IT_AGAIN
from onedesk_quickbooks.plugin.model.books import Books, Copied
from onedesk_quickbooks.plugin.model.company_settings import Company
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.texts import Text, joined


def booked_on(invoice: Invoice, decisions: InvoiceDecisions, company: Company, existing: date | None) -> date:
    """The day on which QuickBooks books the invoice: its own, unless the books are closed for that and a rule moves it.
    An earlier copy keeps its day (`existing`)."""
    closed = company.closed_through
    if closed is None or invoice.issue_date > closed or decisions.when_closed != "first_open_day":
        return invoice.issue_date
    return existing or closed + timedelta(days=1)


def moved_day(own: Invoice, booked: Invoice, decisions: InvoiceDecisions, books: Books) -> list[Reason]:
    """A note where the date of QuickBooks' invoice (`booked`) differs from OneDesk's `own`: with its due date, and with
    the tax period where that differs."""
    if booked.issue_date == own.issue_date:
        return []
    moved = Text(
        "The invoice is dated {issue_date}, and QuickBooks has its books closed through "
        "{closed_through}: it is booked on {day} (invoices.closed: first_open_day).",
        issue_date=own.issue_date,
        closed_through=books.company.closed_through,
        day=booked.issue_date,
    )
    sentences = (moved, *_moved_due(own, booked, decisions), *_moved_period(own.issue_date, booked.issue_date))
    return [Reason("closed-period-moved", joined(" ", sentences))]


def _moved_due(own: Invoice, booked: Invoice, decisions: InvoiceDecisions) -> Iterator[Text]:
    due = booked.due_date
    if own.is_credit:
        return
    if (decisions.due == "terms" and decisions.terms is not None) or due is None:
        yield Text("QuickBooks counts from that day when it is due.")
    elif decisions.due not in ("invoice", "terms"):
        yield Text("It is due on {due}, counted from that day.", due=due)
    elif due == own.due_date:
        yield Text("It is due on {due}, as in OneDesk.", due=due)
    else:
        yield Text(
            "OneDesk has it due on {own}, before that day: in QuickBooks it is due on {due}.", own=own.due_date, due=due
        )


def _moved_period(own: date, booked: date) -> Iterator[Text]:
    """The first day of the tax periods is not known; a different month is reported, with its meaning."""
    months = {"before": f"{own:%Y-%m}", "now": f"{booked:%Y-%m}"}
    if own.year != booked.year:
        yield Text("Its income and tax count in {now}, not in {before}: another month, quarter and year.", **months)
    elif (own.month - 1) // 3 != (booked.month - 1) // 3:
        yield Text("Its income and tax count in {now}, not in {before}: another month and quarter.", **months)
    elif own.month != booked.month:
        yield Text("Its income and tax count in {now}, not in {before}: another month.", **months)


def closed_period(invoice: Invoice, books: Books, before: Copied | None) -> list[Reason]:
    """QuickBooks writes nothing into a closed period, and changes nothing in it (codes 6200, 6210)."""
    closed = books.company.closed_through
    if closed is None:
        return []
    now = before.now if before else None
    move = Text("move the closing date in QuickBooks (Account and settings > Advanced > Accounting)")
    if before and now and now.issue_date and now.issue_date <= closed:
        number = before.number or now.number or now.id
        dated = Text(
            "The QuickBooks invoice {number} of this invoice is dated {issue_date}",
            number=number,
            issue_date=now.issue_date,
        )
        move += Text(", or leave the invoice as it is there: another date in OneDesk does not help")
    elif invoice.issue_date <= closed:
        dated = Text("The invoice is dated {issue_date}", issue_date=invoice.issue_date)
        move = Text("date it later in OneDesk, set invoices.closed: first_open_day, or {move}", move=move)
    else:
        return []
    has = Text("{dated}, and QuickBooks has its books closed through {closed}", dated=dated, closed=closed)
    return [Reason("period-closed", Text("{has}, so that nothing is changed; {move}.", has=has, move=move))]


def in_future(
    invoice: Invoice, decisions: InvoiceDecisions, today: date | None, before: Copied | None
) -> tuple[list[Reason], list[Reason]]:
    """The reasons to hold an invoice with a future date, and the notes on one that is not held. Tomorrow does not
    count: it may have begun at the company's place. Nor does the day that QuickBooks' invoice already has."""
    now = before.now if before else None
    existing = now.issue_date if now else None
    if today is None or invoice.issue_date <= today + timedelta(days=1) or invoice.issue_date == existing:
        return [], []
    values = {"day": invoice.issue_date, "today": today}
    if decisions.when_future == "copy":
        said = Text("The invoice is dated {day}, and today is {today}: QuickBooks books it on that day.", **values)
        return [], [Reason("dated-in-future", said)]
    held = Text(
        "The invoice is dated {day}, and today is {today}, so that nothing is written to QuickBooks; correct the date "
        "in OneDesk, {again} on that day, or set invoices.future: copy.",
        again=COPY_IT_AGAIN,
        **values,
    )
    return [Reason("future-date", held)], []
