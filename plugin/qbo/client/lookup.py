"""Looking up many names, numbers and ids at once: IN lists, thirty questions a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksInvoice, BooksItem, Ref
from onedesk_quickbooks.plugin.qbo.wire.readers import read_customer, read_invoice, read_item
from onedesk_quickbooks.plugin.qbo.wire.statements import EVEN_INACTIVE, is_in

Question = tuple[str, str]
"""An entity and a condition."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """What was found, in no order. Customers and items may be inactive. `taken_numbers` names, by its exact number,
    the invoice that carries it: its id, and "Invoice of NAME"."""

    customers: tuple[BooksCustomer, ...]
    items: tuple[BooksItem, ...]
    taken_numbers: Mapping[str, Ref]
    invoices: tuple[BooksInvoice, ...]


def questions(
    customer_names: Iterable[str],
    customer_emails: Iterable[str],
    customer_ids: Iterable[str],
    item_names: Iterable[str],
    numbers: Iterable[str],
    invoice_ids: Iterable[str],
) -> dict[str, list[Question]]:
    """What to ask, by what it is asked for. The query language knows no OR, so each property asks for itself."""
    customers = [
        *is_in("DisplayName", customer_names),
        *is_in("PrimaryEmailAddr", customer_emails),
        *is_in("Id", customer_ids),
    ]
    return {
        "customers": [("Customer", f"{condition} AND {EVEN_INACTIVE}") for condition in customers],
        "items": [("Item", f"{each} AND {EVEN_INACTIVE}") for each in is_in("FullyQualifiedName", item_names)],
        "numbers": [("Invoice", condition) for condition in is_in("DocNumber", numbers)],
        "invoices": [("Invoice", condition) for condition in is_in("Id", invoice_ids)],
    }


def read_look_up(found: Mapping[str, Iterable[Mapping[str, Any]]]) -> LookUp:
    """The rows of every question, once each. Of several invoices with one number the first answered counts."""
    taken: dict[str, Ref] = {}
    for raw in found["numbers"]:
        name = (raw.get("CustomerRef") or {}).get("name") or "another customer"
        taken.setdefault(str(raw.get("DocNumber", "")), Ref(str(raw["Id"]), f"Invoice of {name}"))
    customers = {customer.id: customer for customer in map(read_customer, found["customers"])}
    items = {item.id: item for item in map(read_item, found["items"])}
    invoices = {invoice.id: invoice for invoice in map(read_invoice, found["invoices"])}
    return LookUp(tuple(customers.values()), tuple(items.values()), taken, tuple(invoices.values()))
