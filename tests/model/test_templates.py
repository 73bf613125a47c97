"""Texts with fields of an invoice in them."""

from __future__ import annotations

import pytest

from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.templates import FIELDS, filled, unknown_fields

INVOICE = Invoice.from_json(
    {
        "id": "1",
        "number": "2026-17",
        "status": "open",
        "currency": "NOK",
        "issue_date": "2026-11-24",
        "customer": {
            "id": "2",
            "name": "Harbor {number} Labs",
            "tax_id": "NO 7",
            "billing_contact": {"first_name": "Ida", "last_name": "Vik"},
        },
        "lines": [{"id": "3", "amount": "1"}],
        "total": "1",
        "memo": "Thank you.\nSee you.",
        "project": "Website",
        "type": "flat_fee",
    }
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Fixed.", "Fixed."),
        ("{memo}", "Thank you.\nSee you."),
        ("{ Number }".lower(), "2026-17"),
        ("{customer}: {billing_contact}, {tax_id}", "Harbor {number} Labs: Ida Vik, NO 7"),
        ("{issue_date} to {due_date}", "2026-11-24 to"),
        ("First.\nOrder {purchase_order}\nProject {project}", "First.\nProject Website"),
        ("Order {purchase_order}", ""),
        ("Type {invoice_type}, \\1", "Type flat_fee, \\1"),
    ],
)
def test_fields_are_filled_in_once(template: str, text: str) -> None:
    assert filled(template, INVOICE) == text


def test_other_names_in_braces_are_unknown() -> None:
    assert unknown_fields("{client} {memo} { } {Memo}") == ["{client}", "{ }", "{Memo}"]
    assert unknown_fields(" ".join(f"{{{name}}}" for name in FIELDS)) == []
