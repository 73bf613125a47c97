"""Notes in the host about payments: what is left of them, and what was changed in QuickBooks that is no reason to
record them again."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.ledger import PaymentRow
from onedesk_quickbooks.plugin.model.books import BooksPayment
from onedesk_quickbooks.plugin.model.host import OneDeskHost
from onedesk_quickbooks.plugin.model.kinds import PAID
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.payment import Payment
from onedesk_quickbooks.plugin.planning import described
from onedesk_quickbooks.plugin.sync import host_notes
from onedesk_quickbooks.plugin.sync.own_payments import held_change, work_of, work_of_gone
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text

_REFERENCE, _METHOD = Text("reference"), Text("method")


def was_edited(payment: BooksPayment) -> bool:
    """Whether it was changed in QuickBooks since it was entered."""
    return payment.sync_token not in ("", "0")


def show_unapplied(host: OneDeskHost, od_invoice_id: str, payment: BooksPayment) -> None:
    """Note what is unapplied of a payment; remove the note where nothing is any more."""
    text = Text(
        "A payment of {whole} was received in QuickBooks. {over} of this payment is unapplied; apply or refund it"
        " in QuickBooks.",
        whole=Money(payment.total, payment.currency),
        over=Money(payment.unapplied, payment.currency),
    )
    host.add_note(od_invoice_id, _unapplied(payment.id), text if payment.unapplied > 0 else "")


def show_rest(services: Services, realm_id: str, qbo_id: str, payment: BooksPayment | None) -> None:
    """Note what is left now of a payment of the host that had a rest when it was written; None: it is deleted."""
    if payment is not None and not was_edited(payment):
        return
    ledger, existing = services.ledger, payment is not None and not payment.voided
    work = work_of(ledger, payment) if existing else work_of_gone(ledger, realm_id, qbo_id)
    if work is not None and (work.action, work.state) == (PAID, "done") and work.reason:  # its only remark is the rest
        rest = payment.unapplied if payment is not None and existing else Decimal(0)
        host_notes.show_rest(services.host, work, Money(rest, work.invoice["payment"]["currency"]))


def show_still(services: Services, row: PaymentRow, amount: Decimal) -> None:
    """Note how much a payment of the host settles now of an invoice that it no longer pays there, while that change is
    held."""
    work = held_change(services.ledger, row)
    if work is None:
        return
    said = services.ledger.sentences.recalled([work.reason], services.settings.language)
    left = Money(amount, row.payment["currency"])
    host_notes.show_still(services.host, work, row.od_invoice_id, left, said[work.reason])


def show_details(host: OneDeskHost, row: PaymentRow, reference: str, method: str) -> None:
    """Note reference and method that were changed in QuickBooks since; remove the note where they are as recorded."""
    recorded = Payment.from_json(row.payment)
    both = ((_REFERENCE, recorded.reference, reference), (_METHOD, recorded.method, method))
    differ = [(field, own or "none", theirs or "none") for field, own, theirs in both if own != theirs]
    text = Text(
        "The {name} was changed in QuickBooks after it was recorded in OneDesk: {described}. Amount and date are the"
        " same.",
        name=recorded.name,
        described=described(differ),
    )
    host.add_note(row.od_invoice_id, _details(row.qbo_id), text if differ else "")


def take_away(host: OneDeskHost, row: PaymentRow) -> None:
    """The payment is reversed: its notes are removed."""
    for key in (_unapplied(row.qbo_id), _details(row.qbo_id)):
        host.add_note(row.od_invoice_id, key, "")


def _unapplied(payment_id: str) -> str:
    return f"quickbooks-overpayment-{payment_id}"


def _details(payment_id: str) -> str:
    return f"quickbooks-payment-{payment_id}"
