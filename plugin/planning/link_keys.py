"""The keys under which customers of the host, partners and projects are linked to QuickBooks customers."""

from __future__ import annotations

import hashlib
import unicodedata

from onedesk_quickbooks.plugin.model.decision import CustomerChoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.name_keys import clean_name
from onedesk_quickbooks.plugin.model.templates import filled, invoice_texts

_LONGEST = 200
"""The length of a customer's id that the ledger stores."""
PARTNER = "partner: "
"""Prefix of the key of a partner, who is billed in place of customers."""
OF = " / "
"""The separator between a customer's key and its project."""


def project_name(invoice: Invoice, choice: CustomerChoice) -> str:
    """The name of the sub-customer of an invoice; "" where it has none."""
    if choice.project != "sub_customer" or not invoice.project.strip():
        return ""
    return clean_name(filled(choice.project_name, invoice_texts(invoice)))


def project_key(invoice: Invoice, choice: CustomerChoice) -> str:
    """The key of the sub-customer of an invoice's project: "C-7 / Website"; "" where it has none."""
    return linked_as(invoice, choice.partner) if project_name(invoice, choice) else ""


def as_key(customer_id: str) -> str:
    """The key of a customer whose id a person, or the host, has given in whatever Unicode normal form."""
    return unicodedata.normalize("NFC", customer_id)


def customer_key(invoice: Invoice, choice: CustomerChoice) -> str:
    """The key of the QuickBooks customer of an invoice: the customer's id, or the partner's name."""
    return _short(f"{PARTNER}{choice.partner}") if choice.partner else invoice.customer.id


def link_keys(invoice: Invoice, choice: CustomerChoice) -> tuple[str, ...]:
    """The keys of its customer, and of its project where that becomes a sub-customer (`EnsureCustomer.each`)."""
    project = project_key(invoice, choice)
    return (customer_key(invoice, choice), *([project] if project else []))


def host_customer(key: str) -> str:
    """The id of the customer that is linked under a key, or whose project is."""
    return key.partition(OF)[0]


def linked_as(invoice: Invoice, partner: str = "") -> str:
    """The key of a project, whatever the present rules for projects are."""
    whose = f"{PARTNER}{partner}" if partner else invoice.customer.id
    return _short(f"{whose}{OF}{' '.join(invoice.project.split())}")


def _short(key: str) -> str:
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return key if len(key) <= _LONGEST else f"{key[: _LONGEST - 17]}~{digest}"
