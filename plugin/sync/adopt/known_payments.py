"""What paid invoices in QuickBooks before their adoption: the host knows these payments, and is not notified of
them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from onedesk_quickbooks.plugin.ledger import InvoiceLink, PaymentRow
from onedesk_quickbooks.plugin.model.books import BooksInvoice, BooksPayment
from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.sync.inbound.payments import parts
from onedesk_quickbooks.plugin.sync.inbound.payments.parts import Part
from onedesk_quickbooks.plugin.sync.inbound.payments.rows import page_of
from onedesk_quickbooks.plugin.sync.services import Services


class KnownPayments:
    """The payments of these invoices, read at once. The constructor asks QuickBooks and raises `QuickBooksProblem`."""

    def __init__(self, services: Services, realm_id: str, books: Sequence[BooksInvoice]) -> None:
        self._settings = services.settings
        self._realm_id = realm_id
        self._today = services.now().date()
        self._paid: dict[str, list[tuple[BooksPayment, Part]]] = {}
        ids = sorted({payment_id for now in books for payment_id in now.payment_ids})
        for payment in services.quickbooks(realm_id).payments(ids) if ids else ():
            for qbo_id, found in (*parts.of_payment(payment).items(), *parts.of_memos(payment).items()):
                self._paid.setdefault(qbo_id, []).extend((payment, part) for part in found)

    def rows(self, link: InvoiceLink, now: BooksInvoice, prepaid: Decimal, sign: int) -> list[PaymentRow]:
        """What pays the invoice now, or uses the credit memo, without a deposit that is OneDesk's prepaid amount.
        `sign` is that of the host's amounts."""
        own = replace(now, balance=sign * now.balance)
        return list(self._rows(link, own, prepaid, sign))

    def _rows(self, link: InvoiceLink, now: BooksInvoice, prepaid: Decimal, sign: int) -> Iterator[PaymentRow]:
        for payment, part in self._paid.get(now.id, ()):
            own = replace(part, amount=sign * part.amount)
            yield self._row(link, now, own, ("payment", payment.id), payment)
        for part in parts.of_invoice(now, prepaid) if now.kind == INVOICE else ():
            yield self._row(link, now, part, ("invoice", now.id))

    def _row(
        self, link: InvoiceLink, now: BooksInvoice, part: Part, owner: tuple[str, str], paid: BooksPayment | None = None
    ) -> PaymentRow:
        made = Payment(
            id=f"{self._realm_id}:{part.source}:{link.od_invoice_id}:1",
            invoice_id=link.od_invoice_id,
            amount=Money(part.amount, link.currency),
            balance=Money(now.balance, link.currency),
            date=(paid.date if paid else now.issue_date) or self._today,
            method=part.method,
            reference=part.reference,
            link=page_of(self._settings, part),
            kind=part.kind,
        )
        return PaymentRow(made.id, self._realm_id, *owner, link.od_invoice_id, "known", made.to_json(), None)
