"""Looking up many names, numbers and ids at once: IN lists, thirty questions a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksInvoice, BooksItem, TakenNumber
from onedesk_quickbooks.plugin.qbo.wire.readers import read_customer, read_invoice, read_item, read_taken
from onedesk_quickbooks.plugin.qbo.wire.statements import EVEN_INACTIVE, is_in, is_like

Question = tuple[str, str]
"""An entity and a condition."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """What was found, in no order. Customers and items may be inactive. `taken_numbers` names, by its exact number,
    the invoice that carries it: its id, and "Invoice of NAME"."""

    customers: tuple[BooksCustomer, ...]
    items: tuple[BooksItem, ...]
    taken_numbers: Mapping[str, TakenNumber]
    invoices: tuple[BooksInvoice, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """All of a company's customers, items and invoice numbers, or what became of them since an earlier look. `gone` are
    the ids of customers and items that are no more, by entity; `numbers` are of invoices that were there, changed or
    not; `time` is QuickBooks' own, to go on from; `whole` says that nothing is lacking."""

    customers: tuple[BooksCustomer, ...]
    items: tuple[BooksItem, ...]
    numbers: frozenset[str]
    time: datetime
    gone: Mapping[str, frozenset[str]] = field(default_factory=dict)
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look up. Names are compared whatever their capitals, as QuickBooks does where it wants them unique
    (qbo-api.md 2.2); whether IN lists do is not documented, so names are asked for one by one where that fits."""

    customer_names: tuple[str, ...] = ()
    customer_emails: tuple[str, ...] = ()
    customer_ids: tuple[str, ...] = ()
    item_names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    invoice_ids: tuple[str, ...] = ()

    def questions(self, alike: bool) -> dict[str, list[Question]]:
        """What to ask, by what it is asked for; names one by one (`alike`) or in lists. The query language knows no
        OR, so each property asks for itself."""
        named = is_like if alike else is_in
        customers = [
            *named("DisplayName", self.customer_names),
            *is_in("PrimaryEmailAddr", self.customer_emails),
            *is_in("Id", self.customer_ids),
        ]
        items = named("FullyQualifiedName", self.item_names)
        return {
            "customers": [("Customer", f"{condition} AND {EVEN_INACTIVE}") for condition in customers],
            "items": [("Item", f"{condition} AND {EVEN_INACTIVE}") for condition in items],
            "numbers": [("Invoice", condition) for condition in is_in("DocNumber", self.numbers)],
            "invoices": [("Invoice", condition) for condition in is_in("Id", self.invoice_ids)],
        }

    def missing(self, found: Mapping[str, Iterable[Mapping[str, Any]]]) -> Wanted:
        """The names that nothing was found for."""
        customers = {str(raw.get("DisplayName", "")).casefold() for raw in found["customers"]}
        items = {str(raw.get("FullyQualifiedName", "")).casefold() for raw in found["items"]}
        return Wanted(
            customer_names=tuple(name for name in self.customer_names if name.casefold() not in customers),
            item_names=tuple(name for name in self.item_names if name.casefold() not in items),
        )


def read_look_up(found: Mapping[str, Iterable[Mapping[str, Any]]]) -> LookUp:
    """The rows of every question, once each. Of several invoices with one number the first answered counts."""
    taken: dict[str, TakenNumber] = {}
    for raw in found["numbers"]:
        taken.setdefault(str(raw.get("DocNumber", "")), read_taken(raw))
    customers = {customer.id: customer for customer in map(read_customer, found["customers"])}
    items = {item.id: item for item in map(read_item, found["items"])}
    invoices = {invoice.id: invoice for invoice in map(read_invoice, found["invoices"])}
    return LookUp(tuple(customers.values()), tuple(items.values()), taken, tuple(invoices.values()))


def read_everything(rows: Mapping[str, Sequence[Mapping[str, Any]]], time: datetime) -> Everything:
    """Rows of Customer, Item and Invoice, each once."""
    customers = {customer.id: customer for customer in map(read_customer, rows.get("Customer", ()))}
    items = {item.id: item for item in map(read_item, rows.get("Item", ()))}
    numbers = frozenset(str(raw["DocNumber"]) for raw in rows.get("Invoice", ()) if raw.get("DocNumber"))
    return Everything(tuple(customers.values()), tuple(items.values()), numbers, time)
