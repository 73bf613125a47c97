"""What a copy would find that differs between an invoice of the host and the one in QuickBooks that has its mark and no
link: without a look at QuickBooks' customers, and without its tax."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from onedesk_quickbooks.plugin.ledger import Connected
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.name_keys import address_keys, name_key
from onedesk_quickbooks.plugin.planning import Apart, Needs, apart_from, as_booked, needs
from onedesk_quickbooks.plugin.sync.services import Services


def found_apart(services: Services, connected: Connected, invoice: Invoice, now: BooksInvoice) -> Apart:
    """The fields in which the two differ. `now` is QuickBooks' invoice, which is not void."""
    decisions, company = services.decide_settings(invoice, connected), connected.company
    booked = as_booked(invoice, decisions, company, now.issue_date)
    now = dataclasses.replace(now, currency=now.currency or company.home_currency)
    need = needs(invoice, decisions)
    links = services.ledger.links.customers(connected.realm_id, need.customer_keys)
    linked = {qbo_id for (_, currency), qbo_id in links.items() if currency == invoice.currency}
    total = invoice.total + (invoice.rounding if decisions.rounding == "line" else Decimal(0))
    net = total - sum((each.amount for each in invoice.taxes), Decimal(0))
    known = not company.automated_sales_tax
    same = now.customer_id in linked if linked else _is_named(need, now)
    fields = apart_from(booked, now, same, total if known else None, net)
    return Apart(fields, known and decisions.when_total_differs == "note")


def _is_named(need: Needs, now: BooksInvoice) -> bool:
    named = name_key(now.customer_name) in map(name_key, need.customer_names)
    emails = {key for each in need.customer_emails for key in address_keys(each)}
    return named or not emails.isdisjoint(address_keys(now.email))
