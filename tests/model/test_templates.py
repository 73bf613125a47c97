"""Texts with fields of an invoice in them."""

from __future__ import annotations

import pytest

from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.templates import FIELDS, filled, invoice_texts, unknown_fields

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
    assert filled(template, invoice_texts(INVOICE)) == text


def test_other_names_in_braces_are_unknown() -> None:
    found = unknown_fields("{client} {memo} { } {Memo} {1} {customer.name} {{number}} {a\nb} }{", "invoice")
    assert found == ["{client}", "{ }", "{Memo}", "{1}", "{customer.name}"]
    for kind, names in FIELDS.items():
        assert unknown_fields(" ".join(f"{{{name}}}" for name in names), kind) == []


def test_a_text_for_the_customer_has_nothing_private() -> None:
    assert unknown_fields("{private_note} {invoice_id}", "invoice") == ["{private_note}", "{invoice_id}"]
    assert unknown_fields("{private_note} {invoice_id}", "note") == []
