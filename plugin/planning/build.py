"""Decisions and books to a plan: everything that will be done in QuickBooks for one invoice, or why nothing is."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.books import Books, Ref
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.plan import (
    EnsureCustomer,
    Held,
    InvoiceDraft,
    Plan,
    PutInvoice,
    Reason,
    SendInvoice,
)
from onedesk_quickbooks.plugin.planning.audit import audit
from onedesk_quickbooks.plugin.planning.customers import plan_customer
from onedesk_quickbooks.plugin.planning.lines import LinePlanner
from onedesk_quickbooks.plugin.planning.names import is_email, too_long

MARKER = "OneDesk invoice"


@dataclass(frozen=True, slots=True)
class Before:
    """What was copied before: the QuickBooks invoice's id, and the hash of what we meant it to hold."""

    qbo_id: str
    content_hash: str


def marker(invoice_id: str) -> str:
    """The line of the private note by which a QuickBooks invoice is known as ours."""
    return f"{MARKER} {invoice_id}"


def make_plan(
    invoice: Invoice,
    decisions: InvoiceDecisions,
    books: Books,
    default_income_account: Ref | None,
    default_tax_code: Ref | None,
    action: str,
    before: Before | None,
) -> Plan | Held:
    """Plan a copy or a send (`action`). Pure: the same arguments give the same plan.

    All reasons to hold are collected, so that a person mends them in one go.
    """
    planner = LinePlanner(invoice, decisions, books, default_income_account, default_tax_code)
    reasons = [*_status(invoice), *audit(invoice, decisions.when_line_differs)]
    customer = plan_customer(invoice, decisions.customer, books)
    planner.build()
    number = _Number(invoice, decisions, books, before)
    reasons += [*customer.reasons, *planner.reasons, *planner.items.reasons, *planner.taxes.reasons, *number.reasons]
    texts = _Texts(invoice)
    delivery = _Delivery(invoice, decisions, action)
    reasons += [*texts.reasons, *delivery.reasons, *_terms(decisions, books), *_rate(invoice, books)]
    reasons += _held_payable(invoice, decisions)
    if reasons or customer.step is None:
        return Held(invoice.id, invoice.number, tuple(reasons), decisions)
    draft = _draft(invoice, decisions, books, planner, customer.step, number.value, texts, delivery.email)
    digest = content_hash(draft, f"{invoice.customer.id}/{decisions.customer.display_name}")
    return Plan(
        invoice_id=invoice.id,
        invoice_number=invoice.number,
        total=invoice.money(invoice.total),
        customer=customer.step,
        items=planner.items.steps,
        put=PutInvoice(_what(before, digest), before.qbo_id if before else None, draft, digest),
        send=delivery.send,
        notes=(*planner.notes, *number.notes, *delivery.notes, *_payable(invoice)),
        withhold=None,
        decisions=decisions,
    )


def _what(before: Before | None, digest: str) -> str:
    if before is None:
        return "create"
    return "unchanged" if before.content_hash == digest else "update"


def _status(invoice: Invoice) -> list[Reason]:
    if invoice.status in ("open", "paid"):
        return []
    sentence = f"The invoice is {invoice.status} in OneDesk; only an Open invoice is copied."
    return [Reason("not-open", sentence)]


def _terms(decisions: InvoiceDecisions, books: Books) -> list[Reason]:
    if decisions.due != "terms" or decisions.terms is None or _term(decisions, books):
        return []
    have = ", ".join(term.name for term in books.terms)
    return [
        Reason(
            "term-missing",
            f'QuickBooks has no payment term "{decisions.terms}", which the rules name; correct invoices.terms'
            f" (it has {have}).",
        )
    ]


def _term(decisions: InvoiceDecisions, books: Books) -> Ref | None:
    if decisions.due != "terms" or decisions.terms is None:
        return None
    wanted = decisions.terms.casefold()
    return next((term for term in books.terms if term.name.casefold() == wanted), None)


def _rate(invoice: Invoice, books: Books) -> list[Reason]:
    company = books.company
    foreign = company.multicurrency and invoice.currency != company.home_currency
    if not foreign or invoice.currency in books.exchange_rates:
        return []
    return [
        Reason(
            "no-exchange-rate",
            f"QuickBooks has no exchange rate from {invoice.currency} to {company.home_currency} for"
            f" {invoice.issue_date}; set one there (Settings > Currencies).",
        )
    ]


class _Number:
    """The invoice's number in QuickBooks: the host's, unless the rules or a clash say otherwise."""

    def __init__(self, invoice: Invoice, decisions: InvoiceDecisions, books: Books, before: Before | None) -> None:
        self.value: str | None = None
        self.reasons: list[Reason] = []
        self.notes: list[Reason] = []
        if decisions.number == "quickbooks" or not invoice.number:
            return
        self.reasons += too_long(
            f'The invoice number "{invoice.number}"',
            invoice.number,
            21,
            "shorten it in OneDesk, or set invoices.number: quickbooks.",
        )
        taken = books.taken_numbers.get(invoice.number)
        if taken is None or (before and taken.id == before.qbo_id):
            self.value = invoice.number
        elif decisions.when_number_taken == "quickbooks":
            sentence = f"The number {invoice.number} was taken in QuickBooks ({taken.name}), so QuickBooks numbers it."
            self.notes.append(Reason("number-taken", sentence))
        else:
            self.reasons.append(
                Reason(
                    "number-taken",
                    f"The number {invoice.number} is taken in QuickBooks by {taken.name}; give the invoice another"
                    " number in OneDesk, or set invoices.when_number_taken: quickbooks.",
                )
            )


class _Texts:
    """Memo and private note, as QuickBooks takes them."""

    def __init__(self, invoice: Invoice) -> None:
        order = f"Purchase order: {invoice.purchase_order}" if invoice.purchase_order else ""
        self.memo = "\n".join(part for part in (invoice.memo, order) if part)
        self.note = "\n".join(part for part in (invoice.private_note, marker(invoice.id)) if part)
        self.reasons = [
            *too_long("The memo", self.memo, 1000, "shorten it in OneDesk."),
            *too_long("The private note", self.note, 4000, "shorten it in OneDesk."),
        ]


class _Delivery:
    """Whether QuickBooks e-mails the invoice, and to whom: the billing contact's address in the host, no other."""

    def __init__(self, invoice: Invoice, decisions: InvoiceDecisions, action: str) -> None:
        address = invoice.customer.billing_contact.email
        self.email = address if is_email(address) else ""
        self.send: SendInvoice | None = None
        self.reasons: list[Reason] = []
        self.notes: list[Reason] = []
        if action != "send":
            return
        if not address:
            self._missing(invoice, decisions)
        elif not self.email:
            sentence = (
                f'The billing e-mail "{address}" is not one e-mail address; correct it under Billing Preferences.'
            )
            self.reasons.append(Reason("bad-email", sentence))
        else:
            self.send = SendInvoice(self.email)

    def _missing(self, invoice: Invoice, decisions: InvoiceDecisions) -> None:
        name = invoice.customer.name
        if decisions.when_billing_email_missing == "hold":
            sentence = (
                f"{name} has no billing e-mail in OneDesk; add one under Billing Preferences and send again"
                " (the rules hold such an invoice)."
            )
            self.reasons.append(Reason("no-billing-email", sentence))
            return
        sentence = f"Copied, not e-mailed: {name} has no billing e-mail in OneDesk; add one under Billing Preferences."
        self.notes.append(Reason("no-billing-email", sentence))


def _held_payable(invoice: Invoice, decisions: InvoiceDecisions) -> list[Reason]:
    """What makes the payable amount another than the total, where the rules hold it: nothing is written then."""
    reasons = []
    if invoice.prepaid and decisions.prepaid == "hold":
        sentence = (
            f"The customer has paid {invoice.money(invoice.prepaid)} before the invoice, which the rules hold; set"
            " totals.prepaid to deposit (a deposit on the QuickBooks invoice) or to note, and copy it again."
        )
        reasons.append(Reason("prepaid", sentence))
    if invoice.rounding and decisions.rounding == "hold":
        sentence = (
            f"OneDesk rounds what is payable by {invoice.money(invoice.rounding)}, which the rules hold;"
            " set totals.rounding to {item: Rounding} (a line with that item) or to note, and copy it again."
        )
        reasons.append(Reason("rounding", sentence))
    return reasons


def _payable(invoice: Invoice) -> list[Reason]:
    """QuickBooks asks for the total; where the host asks for less or more, people read both figures."""
    payable = invoice.total - invoice.prepaid + invoice.rounding
    if payable == invoice.total:
        return []
    parts = [f"prepaid {plain(invoice.prepaid)}"] if invoice.prepaid else []
    parts += [f"rounding {plain(invoice.rounding)}"] if invoice.rounding else []
    sentence = (
        f"OneDesk asks for {invoice.money(payable)} ({', '.join(parts)}), but the QuickBooks invoice for"
        f" {invoice.money(invoice.total)}; record the difference in QuickBooks as a payment or credit."
    )
    return [Reason("payable-differs", sentence)]


def _draft(
    invoice: Invoice,
    decisions: InvoiceDecisions,
    books: Books,
    planner: LinePlanner,
    customer: EnsureCustomer,
    number: str | None,
    texts: _Texts,
    email: str,
) -> InvoiceDraft:
    company = books.company
    calculation = planner.taxes.calculation()
    term = _term(decisions, books)
    return InvoiceDraft(
        number=number,
        customer_name=customer.name,
        issue_date=invoice.issue_date,
        due_date=None if term else invoice.due_date,
        term=term,
        currency=invoice.currency if company.multicurrency else None,
        exchange_rate=books.exchange_rates.get(invoice.currency) if company.multicurrency else None,
        tax_calculation=calculation,
        us_tax_code=planner.taxes.us_code(),
        lines=tuple(planner.lines),
        discount=planner.discount,
        tax_after_discount=company.is_us and planner.discount is not None,
        memo=texts.memo,
        private_note=texts.note,
        email=email,
    )


def content_hash(draft: InvoiceDraft, customer: str) -> str:
    """Hash of what QuickBooks shall hold. `customer` says whom the host bills: the QuickBooks name and id are left
    out, they are not known before the first copy; so is the exchange rate, which is the day's and not ours."""
    shown = dataclasses.asdict(dataclasses.replace(draft, exchange_rate=None, customer_name=customer))
    for line in shown["lines"]:
        if line["class_ref"] is None:  # so hashes of copies made before rules could name a class still hold
            del line["class_ref"]
    text = json.dumps(shown, sort_keys=True, default=_text)
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value.normalize())
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no text for {type(value).__name__}")
