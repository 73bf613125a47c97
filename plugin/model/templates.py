"""Texts of the rules with fields of the invoice in them: "{memo}" and a few more, a closed list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from onedesk_quickbooks.plugin.model.invoice import Invoice

FIELDS: Mapping[str, Callable[[Invoice], str]] = {
    "memo": lambda invoice: invoice.memo,
    "number": lambda invoice: invoice.number,
    "project": lambda invoice: invoice.project,
    "purchase_order": lambda invoice: invoice.purchase_order,
    "customer": lambda invoice: invoice.customer.name,
    "billing_contact": lambda invoice: " ".join(
        part
        for part in (invoice.customer.billing_contact.first_name, invoice.customer.billing_contact.last_name)
        if part
    ),
    "tax_id": lambda invoice: invoice.customer.tax_id,
    "invoice_type": lambda invoice: invoice.type,
    "issue_date": lambda invoice: invoice.issue_date.isoformat(),
    "due_date": lambda invoice: invoice.due_date.isoformat() if invoice.due_date else "",
}
"""Each field with its text, "" where the invoice has none."""

FIELD = re.compile(r"\{\s*([A-Za-z_]*)\s*\}")
"""A field in a template."""


def filled(template: str, invoice: Invoice) -> str:
    """The template with the invoice's texts in it. A line of which every field is empty is left out."""
    return "\n".join(_lines(template, invoice)).strip()


def _lines(template: str, invoice: Invoice) -> Iterator[str]:
    for line in template.split("\n"):
        texts = {name: FIELDS[name](invoice).strip() for name in FIELD.findall(line)}
        if any(texts.values()) or not texts:
            yield FIELD.sub(partial(_text, texts), line)


def _text(texts: Mapping[str, str], field: re.Match[str]) -> str:
    return texts[field[1]]


def unknown_fields(template: str) -> list[str]:
    """The names between braces that are no field, each as it is written there."""
    return [each[0] for each in FIELD.finditer(template) if each[1] not in FIELDS]
