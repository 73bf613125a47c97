"""The memo and the private note of an invoice, in a form that QuickBooks accepts."""

from __future__ import annotations

from collections.abc import Iterator

from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.model.templates import filled, invoice_texts
from onedesk_quickbooks.plugin.planning.accepted_names import bad_text, fits, too_long
from onedesk_quickbooks.plugin.planning.markers import marker, note_of
from onedesk_quickbooks.plugin.texts import Text

_LONGEST_MEMO, _LONGEST_NOTE = 1000, 4000


class InvoiceTexts:
    """Memo and private note, in a form that QuickBooks accepts."""

    def __init__(self, invoice: Invoice, decisions: InvoiceDecisions) -> None:
        order = _order(invoice)
        own = "\n".join(part for part in (invoice.memo, order) if part)
        self.memo = filled(decisions.memo, invoice_texts(invoice)) if decisions.memo else own
        self.note = note_of(invoice, decisions)
        limits = ((self.memo, _LONGEST_MEMO), (self.note, _LONGEST_NOTE), (invoice.number, len(invoice.number)))
        well = all(fits(text, limit) for text, limit in limits)
        self.reasons = [] if well else list(self._unfit(invoice, decisions))

    def _unfit(self, invoice: Invoice, decisions: InvoiceDecisions) -> Iterator[Reason]:
        memo, note = Text("The memo"), Text("The private note")
        order = "" if decisions.memo or not invoice.memo else _order(invoice)
        whole_memo, whole_note = _with(memo, order), _with(note, marker(invoice.id))
        yield from too_long(whole_memo, self.memo, _LONGEST_MEMO, _shorter(decisions.memo, "memo"))
        yield from too_long(whole_note, self.note, _LONGEST_NOTE, _shorter(decisions.private_note, "private_note"))
        yield from bad_text(memo, self.memo)
        yield from bad_text(note, self.note)
        yield from bad_text(Text('The invoice number "{number}"', number=invoice.number), invoice.number)


def _order(invoice: Invoice) -> str:
    return f"Purchase order: {invoice.purchase_order}" if invoice.purchase_order else ""


def _with(what: Text, line: str) -> Text:
    """The text with the line that is added to it, if there is one: both count for QuickBooks' limit."""
    if not line:
        return what
    return Text(
        '{what} with the line "{line}" ({n} characters with its line break)', what=what, line=line, n=len(line) + 1
    )


def _shorter(worded: str | None, key: str) -> str:
    """What to do about a text that is too long."""
    return (
        Text("shorten it in OneDesk, or in the rules (invoices.{key}).", key=key)
        if worded
        else Text("shorten it in OneDesk.")
    )
