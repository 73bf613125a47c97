"""QuickBooks' own words: bodies written, answers read, statements asked. CamelCase stays in here."""

from onedesk_quickbooks.plugin.qbo.wire.bodies import (
    Body,
    customer_body,
    invoice_body,
    invoice_update,
    item_body,
)
from onedesk_quickbooks.plugin.qbo.wire.readers import (
    Raw,
    fingerprint,
    fingerprint_with,
    read_account,
    read_company,
    read_country,
    read_customer,
    read_invoice,
    read_item,
    read_payment,
    read_tax_code,
    renamed_refs,
)
from onedesk_quickbooks.plugin.qbo.wire.versions import Difference, differences

__all__ = [
    "Body",
    "Difference",
    "Raw",
    "customer_body",
    "differences",
    "fingerprint",
    "fingerprint_with",
    "invoice_body",
    "invoice_update",
    "item_body",
    "read_account",
    "read_company",
    "read_country",
    "read_customer",
    "read_invoice",
    "read_item",
    "read_payment",
    "read_tax_code",
    "renamed_refs",
]
