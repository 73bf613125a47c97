"""Rows of the ledger that report QuickBooks' balance of an invoice to the host, where no payment
does so and the host has another one."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.ledger import REPORTED, InvoiceLink, PaymentRow
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO
from onedesk_quickbooks.plugin.model.money import Money, decimal_from_text
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.sync.host_notes import page_of_link
from onedesk_quickbooks.plugin.sync.services import Services


def left_on(link: InvoiceLink, now: BooksInvoice, sign: int = 1) -> Money:
    """QuickBooks' balance; for an invoice that is void there, the whole amount: nothing pays it. `sign`: -1 for a
    credit note whose amounts are below zero in the host."""
    return Money(sign * (decimal_from_text(link.qbo_total) if now.voided else now.balance), now.currency)


def as_queued(services: Services, link: InvoiceLink) -> Invoice | None:
    """The invoice as it was last queued; None where neither the ledger nor the host has it any more."""
    work = services.ledger.queue.latest(link.od_invoice_id)
    found = work.invoice if work else services.host.read_invoice(link.od_invoice_id)
    return Invoice.from_json(found) if found else None


def sign_of(services: Services, link: InvoiceLink) -> int:
    """The sign of the host's amounts: those of a credit note may be below zero."""
    invoice = as_queued(services, link) if link.kind == CREDIT_MEMO else None
    return -1 if invoice is not None and invoice.negated else 1


def name_of_row(row: PaymentRow) -> str:
    """Its id without the count: the same for all rows of one owner on one invoice."""
    return row.id.rpartition(":")[0]


def next_id(services: Services, realm_id: str, name: str, owner_id: tuple[str, str]) -> str:
    """The id for the next row of this name: different each time."""
    rows = services.ledger.payments.of(realm_id, [owner_id])
    before = [row for row in rows if name_of_row(row) == name and row.state != "ignored"]
    return f"{name}:{len(before) + 1}"


def of_balance(services: Services, link: InvoiceLink, left: Money) -> list[PaymentRow]:
    """The row that reports this balance, where the host was notified of another one before, and no other row is about
    to report it. Its owner pays nothing, so that the row is never reversed."""
    rows = services.ledger.payments.of_invoice(link.realm_id, link.od_invoice_id)
    states = {"recorded" if row.taken else row.state for row in rows}  # the host ignores what it has
    if not states & {"recorded", "reversed"} or states & {"to_record", "to_reverse"}:
        return []
    return [reporting(services, link, left)]


def reporting(services: Services, link: InvoiceLink, left: Money) -> PaymentRow:
    """The row that reports this balance, and pays nothing."""
    owner = ("balance", link.qbo_id)
    payment_id = next_id(services, link.realm_id, f"{link.realm_id}:balance:{link.qbo_id}:{link.od_invoice_id}", owner)
    nothing, today = Money(Decimal(0), left.currency), services.now().date()
    shown = page_of_link(services.settings, link)
    made = Payment(payment_id, link.od_invoice_id, nothing, left, today, link=shown, kind="balance")
    return PaymentRow(payment_id, link.realm_id, *owner, link.od_invoice_id, "to_record", made.to_json(), None)


def after_update(services: Services, then: InvoiceLink, link: InvoiceLink, now: BooksInvoice) -> list[PaymentRow]:
    """The row that reports the balance after an update with another total than the last copy's (`then`): the host has
    changed what is left by its own edit, and no look finds another balance where QuickBooks had that total before."""
    if decimal_from_text(then.total) == decimal_from_text(link.total):
        return []
    return after_edit(services, link, left_on(link, now, sign_of(services, link)))


def after_edit(services: Services, link: InvoiceLink, left: Money) -> list[PaymentRow]:
    """The row that reports the balance after the host has changed what is left by its own edit: of payments that wait
    as well, because the host perhaps has one of them, and ignores it then when it is reported again."""
    rows = services.ledger.payments.of_invoice(link.realm_id, link.od_invoice_id)
    known = {*REPORTED, "to_record", "to_reverse"}
    return [reporting(services, link, left)] if any(row.state in known for row in rows) else []
