"""Reasons that concern an invoice as a whole: its status, its day, its terms, its currency, its length."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import Books, Copied
from onedesk_quickbooks.plugin.model.by_name import find_named, records_named
from onedesk_quickbooks.plugin.model.company_settings import Company, Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.due import DueIn
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import number
from onedesk_quickbooks.plugin.model.plan import Reason, Skipped
from onedesk_quickbooks.plugin.planning.accepted_names import TOO_LARGE, unless_several
from onedesk_quickbooks.plugin.planning.dates import booked_on
from onedesk_quickbooks.plugin.planning.totals.compare_totals import Settled
from onedesk_quickbooks.plugin.planning.totals.payable import due
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.core.subjects import line_name
from onedesk_quickbooks.plugin.texts import Text, joined
from onedesk_quickbooks.plugin.texts.arguments import arguments

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
MOST_TAXED_LINES = 750
"""The maximum of lines of an invoice with tax in QuickBooks (qbo-api.md section 2)."""


OPEN = ("open", "paid")
"""The statuses of an invoice that is copied or sent; a Paid one only where QuickBooks already has it, or gets the
payments of the host."""


NOT_OPEN = "not-open"
"""Its code: the hold ends when the host opens the invoice."""
_NOT_OPEN = {
    "draft": Text(
        "The invoice is draft in OneDesk; only an Open invoice is copied. Open it there: its entry in the queue "
        "continues automatically."
    ),
    "void": Text(
        "The invoice is void in OneDesk; only an Open invoice is copied. To bill it, issue a new invoice under another "
        "number."
    ),
}


PAID_ALREADY = "paid-already"
"""Its code: the hold ends when payments of the host, which go to QuickBooks by rule, pay all of it."""


def not_open(
    invoice: Invoice,
    decisions: InvoiceDecisions,
    before: Copied | None,
    to_come: Decimal = Decimal(0),
    *,
    perhaps: bool = False,
) -> list[Reason]:
    """`to_come` is what payments of the host pay of it; `perhaps`: QuickBooks may have it, for another reason."""
    if invoice.status == "paid" and before is None and perhaps:
        return []
    if invoice.status == "paid" and before is None:
        sentence = paid_already(invoice.id)
        if decisions.payment_direction != "quickbooks":
            if 0 < due(invoice) <= to_come:
                return []
            sentence = Text("{sentence} {more}", sentence=sentence, more=_unpaid(invoice, to_come))
        return [Reason("paid-already", sentence)]
    if invoice.status in OPEN:
        return []
    other = Text("The invoice is {status} in OneDesk; only an Open invoice is copied.", status=invoice.status)
    return [Reason("not-open", _NOT_OPEN.get(invoice.status, other))]


def _unpaid(invoice: Invoice, to_come: Decimal) -> str:
    return Text(
        "Or record in OneDesk the payments that have paid it, {due} in all (it has {to_come} now): the invoice and the "
        "payments then go to QuickBooks automatically.",
        due=invoice.money(due(invoice)),
        to_come=invoice.money(to_come),
    )


def paid_already(invoice_id: str) -> str:
    """Why a Paid invoice that QuickBooks does not have is not copied, and what to do."""
    return Text(
        "It is Paid already, and QuickBooks does not have it: there is nothing to copy. If QuickBooks is "
        "to have it, enter it there under its number, with what was paid, and link the two (onedesk-quickbooks adopt "
        "{id}).",
        id=arguments(invoice_id, options="--yes"),
    )


def held_by_rules(decisions: InvoiceDecisions) -> list[Reason]:
    """Holds by rule of the invoice itself; lines have their own."""
    found = [decisions.customer.hold] if decisions.customer.hold else []
    if decisions.hold and decisions.hold != "none":
        found.append(
            Text(
                "The invoice is held by {rule}: {whole_sentence}",
                rule=_rule(decisions, "held"),
                whole_sentence=_whole_sentence(decisions.hold),
            )
        )
    return [Reason("held-by-rule", each) for each in found]


def skipped(invoice: Invoice, decisions: InvoiceDecisions, action: str, existing: Ref | None) -> Skipped | None:
    """The result for an invoice that the rules skip; None for another. `existing`: QuickBooks has an earlier copy."""
    if decisions.skip is None or not decisions.skips:
        return None
    sentences = [
        Text(
            "The invoice is skipped by {skipping_rule}: {whole_sentence}",
            skipping_rule=skipping_rule(decisions),
            whole_sentence=_whole_sentence(decisions.skip),
        )
    ]
    if existing is not None:
        name = existing.name or existing.id
        sentences.append(
            Text(
                "It is already in QuickBooks as {name}, where it stays unchanged; nothing more is written.",
                name=name,
            )
        )
    if action == "send":
        sentences.append(Text("QuickBooks does not e-mail it."))
    why = Reason("skipped-by-rule", joined(" ", sentences))
    return Skipped(
        invoice.id, invoice.number, why, decisions, invoice.money(invoice.total), existing, kind=invoice.kind
    )


def before_start(invoice: Invoice, decisions: InvoiceDecisions, start: date | None) -> Skipped | None:
    """The result for an invoice from before the start date (`start_date`) that QuickBooks does not have and that no
    command names; None for another."""
    if start is None or invoice.issue_date >= start:
        return None
    sentence = Text(
        "The invoice is dated {issue_date}, before the start date {start} (settings.yaml: start_date), so it is not "
        "copied automatically. Where QuickBooks has it, run: onedesk-quickbooks adopt {id}. Otherwise, to copy it "
        "anyway: onedesk-quickbooks copy {id}, or backfill.",
        issue_date=invoice.issue_date,
        start=start,
        id=arguments(invoice.id),
    )
    why = Reason("before-start-date", sentence)
    return Skipped(invoice.id, invoice.number, why, decisions, invoice.money(invoice.total), kind=invoice.kind)


def skipping_rule(decisions: InvoiceDecisions) -> str:
    """The rule that skips an invoice, with its place."""
    return _rule(decisions, "skipped")


def _rule(decisions: InvoiceDecisions, outcome: str) -> str:
    made = next(each for each in decisions.trail if each.table == keys.making(outcome).explained)
    return Text("the rule {rule} ({short})", rule=made.rule, short=made.at.short)


def _whole_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def days(invoice: Invoice, decisions: InvoiceDecisions) -> list[Reason]:
    """Impossible days: typing errors that QuickBooks may accept, or fail on."""
    named = [(Text("The issue date"), invoice.issue_date)]
    if decisions.due == "invoice" and invoice.due_date is not None:
        named.append((Text("The due date"), invoice.due_date))
    named += [
        (Text("The date of {line_name}", line_name=line_name(n, line)), line.date)
        for n, line in enumerate(invoice.lines, 1)
        if line.date and not FIRST_DAY <= line.date <= LAST_DAY
    ]
    return [
        Reason(
            "date-out-of-range",
            Text("{what} is {day}, which is not a plausible date; correct it in OneDesk.", what=what, day=day),
        )
        for what, day in named
        if not FIRST_DAY <= day <= LAST_DAY
    ]


def as_booked(invoice: Invoice, decisions: InvoiceDecisions, company: Company, existing: date | None) -> Invoice:
    """The invoice with the day on which QuickBooks books it (`existing` as with `booked_on`), and with the due date
    that the rules give it by days; not where its own date is impossible. An invoice that is booked later than its date
    in OneDesk is not due before that day."""
    booked = replace(invoice, issue_date=booked_on(invoice, decisions, company, existing))
    due, day = DueIn.read(decisions.due), booked.issue_date
    if due is None and invoice.due_date and invoice.due_date < day != invoice.issue_date:
        return replace(booked, due_date=day)
    if due is None or not FIRST_DAY <= day <= LAST_DAY:
        return booked
    return replace(booked, due_date=due.after(day))


def due_before_issue(invoice: Invoice, due: date | None) -> list[Reason]:
    """A note where the invoice is overdue when it is issued; `due` is None where terms determine it."""
    if due is None or due >= invoice.issue_date:
        return []
    sentence = Text(
        "The invoice is due on {due}, before its issue date {issue_date}.", due=due, issue_date=invoice.issue_date
    )
    return [Reason("due-before-issue", sentence)]


def includes_tax(invoice: Invoice, books: Books) -> list[Reason]:
    if not invoice.amounts_include_tax or not books.company.is_us:
        return []
    return [
        Reason(
            "includes-tax",
            Text(
                "The amounts of the invoice include tax, which QuickBooks does not have in the US; enter them "
                "without tax in OneDesk (amounts_include_tax: false, and the tax under taxes)."
            ),
        )
    ]


def too_large(settled: Settled) -> list[Reason]:
    """An amount, a quantity or a price that QuickBooks does not take; the first alone."""
    draft = settled.draft
    named = [
        (Text('The line of "{item}"', item=line.item_name), each)
        for line in draft.lines
        for each in (line.amount, line.quantity, line.unit_price)
    ]
    named += [(Text("The discount"), draft.discount.amount)] if draft.discount else []
    for name, each in named:
        if each is not None and abs(each) >= TOO_LARGE:
            sentence = Text(
                "{name} has {number}, and QuickBooks takes ten digits before the decimal point; correct it in"
                " OneDesk, or split it there.",
                name=name,
                number=number(each),
            )
            return [Reason("too-large", sentence)]
    return []


def too_many_lines(settled: Settled, group_by: str) -> list[Reason]:
    count = len(settled.draft.lines) + (settled.draft.discount is not None)
    if count <= MOST_TAXED_LINES or not settled.totals.taxed:
        return []
    after = "" if group_by == "none" else Text(" when they are grouped by {field}", field=group_by)
    group = Text(", or group its lines by rule (lines.group_by)") if group_by == "none" else ""
    return [
        Reason(
            "too-many-lines",
            Text(
                "The invoice has {count} lines{after}, and QuickBooks takes {most} on one with tax; split it in "
                "OneDesk{group}.",
                count=count,
                after=after,
                most=MOST_TAXED_LINES,
                group=group,
            ),
        )
    ]


def missing_term(decisions: InvoiceDecisions, books: Books) -> list[Reason]:
    if decisions.due != "terms" or decisions.terms is None or term_of(decisions, books):
        return []
    have = ", ".join(term.name for term in books.terms)
    missing = Reason(
        "term-missing",
        Text(
            'QuickBooks has no payment term "{terms}", which the rules name; correct invoices.terms (it has {have}).',
            terms=decisions.terms,
            have=have,
        ),
    )
    return [unless_several(records_named(books.terms, decisions.terms), decisions.terms, missing)]


def term_of(decisions: InvoiceDecisions, books: Books) -> Ref | None:
    if decisions.due != "terms" or decisions.terms is None:
        return None
    return find_named(books.terms, decisions.terms)


def missing_rate(invoice: Invoice, books: Books) -> list[Reason]:
    company = books.company
    foreign = company.multicurrency and invoice.currency != company.home_currency
    if not foreign or invoice.currency in books.exchange_rates:
        return []
    return [
        Reason(
            "no-exchange-rate",
            Text(
                "QuickBooks has no exchange rate from {currency} to {home_currency} for {issue_date}; set one "
                "there (Settings > Currencies); if QuickBooks does not offer {currency}, correct the currency in "
                "OneDesk.",
                currency=invoice.currency,
                home_currency=company.home_currency,
                issue_date=invoice.issue_date,
            ),
        )
    ]
