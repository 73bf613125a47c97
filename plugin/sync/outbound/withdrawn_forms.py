"""Finds what QuickBooks has of invoices that the host has voided or deleted, where the ledger has no link to it: a
ledger that was lost, or replaced by a restored backup, has written it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from onedesk_quickbooks.plugin.ledger import WITHDRAWN, Connected, InvoiceLink
from onedesk_quickbooks.plugin.ledger.entries import COPIES
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.planning import as_booked, in_doubt, marked, marks
from onedesk_quickbooks.plugin.sync.outbound.marked_forms import altered_form, marked_forms, there, twin_of
from onedesk_quickbooks.plugin.sync.outbound.outbox import linked
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided
from onedesk_quickbooks.plugin.sync.services import Services


class MarkedWithdrawn(NamedTuple):
    """What QuickBooks has: the `link` to it, or why it is in `doubt` what it is."""

    link: InvoiceLink | None
    doubt: Sequence[Reason] = ()


def marked_and_withdrawn(
    services: Services, connected: Connected, decided: Sequence[Decided]
) -> Mapping[str, MarkedWithdrawn]:
    """What has the marks of withdrawn invoices without a link in QuickBooks, and is not void, by the host's id; nothing
    for those that it does not have. Raises `QuickBooksProblem` and `NotNow`."""
    forms = marked_forms(services, connected, [each.work.od_invoice_id for each in decided])
    found = dict[str, MarkedWithdrawn]()
    quickbooks = services.quickbooks(connected.realm_id)
    for each in decided:
        named = [form for form in forms.get(each.work.od_invoice_id, ()) if not form.anothers]
        seen = list(there(quickbooks, named)) if named else []
        ours = [one for one in seen if not one.voided and marks(one.private_note, each.invoice.id)]
        unnamed = [] if ours else [one for one in seen if not _is_of_known(services, one)]
        altered = altered_form(quickbooks, services.host, each.invoice.id, unnamed, ())
        doubt = _doubt(services, connected, each, ours, altered)
        if doubt:
            found[each.work.od_invoice_id] = MarkedWithdrawn(None, doubt)
        elif ours:
            found[each.work.od_invoice_id] = MarkedWithdrawn(_link(services, connected, each, ours[0]))
    return found


def _is_of_known(services: Services, form: BooksInvoice) -> bool:
    """Whether it has the mark of an invoice that the queue knows, which the host may have deleted by now."""
    named = marked(form.private_note)
    return bool(named) and services.ledger.queue.latest(named, (*COPIES, *WITHDRAWN)) is not None


def _doubt(
    services: Services,
    connected: Connected,
    decided: Decided,
    ours: Sequence[BooksInvoice],
    altered: BooksInvoice | None,
) -> list[Reason]:
    invoice = decided.invoice
    if len(ours) == 1:
        invoice = as_booked(invoice, decided.decisions, connected.company, ours[0].issue_date)
    key = (invoice.customer.id, invoice.currency)
    customers = services.ledger.links.customers(connected.realm_id, [invoice.customer.id])
    twin = twin_of(services.host, invoice.id) if ours else ""
    if twin and services.ledger.links.invoice(connected.realm_id, twin) is not None:
        twin = ""  # QuickBooks has that one in another form
    return in_doubt(invoice, decided.work.action, ours, altered, customers.get(key, ""), twin)


def _link(services: Services, connected: Connected, decided: Decided, now: BooksInvoice) -> InvoiceLink:
    """As if it had been written as QuickBooks has it; a copy that is asked for later writes the host's version."""
    invoice = decided.invoice
    context = {
        "od_number": invoice.number,
        "content_hash": "",
        "currency": invoice.currency,
        "total": plain(invoice.total),
        "rules_hash": decided.decisions.rules_hash,
        "trail": decided.trail(),
        "mailed": now.delivered_at,
    }
    return linked(connected.realm_id, invoice.id, context, now, services.now())
