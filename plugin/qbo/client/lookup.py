"""Looks up many names, numbers and ids at once: thirty questions a request, a pattern for each name.

A pattern finds more than what was asked for: `read_look_up` keeps what is equal or similar by the keys of
model/name_keys.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksInvoice, BooksItem, TakenNumber
from onedesk_quickbooks.plugin.model.company_settings import Preferences
from onedesk_quickbooks.plugin.model.name_keys import (
    company_words,
    customer_keys,
    former_names,
    item_keys,
    last,
    mail_keys,
    name_key,
    number_key,
    similar_item_key,
    similar_key,
)
from onedesk_quickbooks.plugin.model.patterns import finds_alike
from onedesk_quickbooks.plugin.model.similarity import stem_keys, stems
from onedesk_quickbooks.plugin.qbo.wire.readers import (
    read_credit_memo,
    read_customer,
    read_invoice,
    read_item,
    read_preferences,
    read_taken,
)
from onedesk_quickbooks.plugin.qbo.wire.statements import (
    EVEN_INACTIVE,
    holds_address,
    is_in,
    is_named,
    quoted,
)

Question = tuple[str, str]
"""An entity and a condition."""

OTHERS = ("Vendor", "Employee")
PREFERENCES: Question = ("Preferences", "")
"""Asked with everything else, so that a plan knows the present closing date."""
IN_NUMBERS = 100
"""Spellings of numbers in one list: a number has at most 21 characters."""
CREDITS = "CreditMemo"
"""Credit memos share their numbers with invoices (code 6140)."""


@dataclass(frozen=True, slots=True)
class LookupResult:
    """The results, in no order. Customers and items may be inactive, or only similar. `taken_numbers` has the invoice
    or credit memo of a number, by that number's key; `preferences` are the company's at that time, None where nothing
    was asked."""

    customers: tuple[BooksCustomer, ...]
    items: tuple[BooksItem, ...]
    taken_numbers: Mapping[str, TakenNumber]
    invoices: tuple[BooksInvoice, ...]
    preferences: Preferences | None = None


@dataclass(frozen=True, slots=True)
class Other:
    """A vendor or an employee (`entity`): no customer may have its name (qbo-api.md 2.2)."""

    entity: str
    id: str
    name: str
    active: bool = True

    def __str__(self) -> str:
        return f'{"" if self.active else "inactive "}{self.entity.lower()} "{self.name}"'

    @property
    def keys(self) -> set[str]:
        """The keys of its name, and, for an inactive one, those of its possible former names."""
        return {name_key(name) for name in (self.name, *(() if self.active else former_names(self.name)))}


@dataclass(frozen=True, slots=True)
class Everything:
    """All of a company's customers, items and invoice numbers, or their changes since an earlier look. `gone` are the
    ids of deleted customers and items, by entity; `numbers` are of existing invoices and credit memos, changed or not;
    `others` are vendors and employees, by id: 'vendor "Name"'; `time` is QuickBooks' own, the start of the next window;
    `whole` says that nothing is missing."""

    customers: tuple[BooksCustomer, ...]
    items: tuple[BooksItem, ...]
    numbers: frozenset[str]
    time: datetime
    gone: Mapping[str, frozenset[str]] = field(default_factory=dict)
    whole: bool = True
    others: tuple[Other, ...] = ()
    preferences: Preferences | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look up. Names are compared by the keys of model/name_keys.py: it is not documented whether IN lists
    ignore case, and they certainly do not ignore spaces or quotes, so names are asked for one at a time where that
    fits. E-mail addresses always are: QuickBooks may hold several in one text. Similar names and addresses
    (`near_names`, `near_emails`) are only asked for by `near_questions`."""

    customer_names: tuple[str, ...] = ()
    customer_emails: tuple[str, ...] = ()
    customer_ids: tuple[str, ...] = ()
    item_names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    invoice_ids: tuple[str, ...] = ()
    item_ids: tuple[str, ...] = ()
    credit_memo_ids: tuple[str, ...] = ()
    near_names: tuple[str, ...] = ()
    near_emails: tuple[str, ...] = ()

    def questions(self, alike: bool) -> dict[str, list[Question]]:
        """The questions, by what they look for; names one at a time (`alike`) or in lists. The query language has no
        OR, so each property needs its own question."""
        named = partial(is_named, significant=company_words) if alike else is_in
        of_items = is_named if alike else is_in
        paths = [name for name in self.item_names if ":" in name]
        plain = [name for name in self.item_names if ":" not in name]  # found inside a category, too
        customers = [
            *named("DisplayName", self.customer_names),
            *holds_address("PrimaryEmailAddr", self.customer_emails),
            *is_in("Id", self.customer_ids),
        ]
        items = [*of_items("Name", plain), *of_items("FullyQualifiedName", paths), *is_in("Id", self.item_ids)]
        spelled = [each for number in self.numbers for each in (number, number.upper(), number.lower())]
        numbers, invoices = list(is_in("DocNumber", spelled, IN_NUMBERS)), list(is_in("Id", self.invoice_ids))
        return {
            "customers": [("Customer", f"{condition} AND {EVEN_INACTIVE}") for condition in customers],
            "items": [("Item", f"{condition} AND {EVEN_INACTIVE}") for condition in items],
            "numbers": [("Invoice", condition) for condition in numbers],
            "credit_numbers": [(CREDITS, condition) for condition in numbers],
            "invoices": [("Invoice", condition) for condition in invoices],
            "credit_memos": [(CREDITS, condition) for condition in is_in("Id", self.credit_memo_ids)],
        }

    def missing(self, found: Mapping[str, Iterable[Mapping[str, Any]]]) -> Wanted:
        """The names without a result."""
        customers = {name_key(str(raw.get("DisplayName", ""))) for raw in found["customers"]}
        items = {name_key(str(raw.get(key, ""))) for raw in found["items"] for key in ("FullyQualifiedName", "Name")}
        return Wanted(
            customer_names=tuple(name for name in self.customer_names if name_key(name) not in customers),
            item_names=tuple(name for name in self.item_names if name_key(name) not in items),
        )

    def customer_keys(self, short: bool = False) -> list[str]:
        """The keys of customers by `names.customer_keys`; with `short` also similar ones by names that are too short
        for a question to QuickBooks."""
        alike = self.customer_names if short else finds_alike(self.customer_names, company_words)
        mails = [key for email in (*self.customer_emails, *self.near_emails) for key in mail_keys(email)]
        begin = [key for name in self.near_names for key in stem_keys(name)]
        return [*map(name_key, self.customer_names), *map(similar_key, alike), *begin, *mails]

    def near_questions(self) -> list[Question]:
        """Active customers with a similar name, or with one of the addresses."""
        begin = dict.fromkeys(stem for name in self.near_names for stem in stems(name))
        conditions = [f"DisplayName LIKE {quoted(f'%{each}%')}" for each in begin]
        conditions += holds_address("PrimaryEmailAddr", self.near_emails)
        return [("Customer", condition) for condition in conditions]

    def item_keys(self, short: bool = False) -> list[str]:
        """The same for items, by `names.item_keys`."""
        alike = self.item_names if short else finds_alike(self.item_names)
        return [*map(name_key, self.item_names), *[similar_item_key(last(name)) for name in alike]]

    def customers(self, found: Iterable[BooksCustomer]) -> tuple[BooksCustomer, ...]:
        """The wanted ones, each once."""
        by_id, keys = {each.id: each for each in found}, set(self.customer_keys())
        had = {each.id: customer_keys(each.name, each.email) for each in by_id.values()}
        return tuple(by_id[key] for key in by_id if key in self.customer_ids or not keys.isdisjoint(had[key]))

    def items(self, found: Iterable[BooksItem]) -> tuple[BooksItem, ...]:
        """The same for items."""
        by_id, keys = {each.id: each for each in found}, set(self.item_keys())
        had = {each.id: item_keys(each.name) for each in by_id.values()}
        return tuple(by_id[key] for key in by_id if key in self.item_ids or not keys.isdisjoint(had[key]))


def read_look_up(wanted: Wanted, found: Mapping[str, Iterable[Mapping[str, Any]]]) -> LookupResult:
    """The rows of every question, each once. Of several invoices or credit memos with one number the first answered
    counts, invoices first."""
    taken: dict[str, TakenNumber] = {}
    for kind, key in (("invoice", "numbers"), ("credit memo", "credit_numbers")):
        for raw in found[key]:
            taken.setdefault(number_key(str(raw.get("DocNumber", ""))), read_taken(raw, kind))
    customers = wanted.customers(map(read_customer, found["customers"]))
    items = wanted.items(map(read_item, found["items"]))
    asked_for = (raw for raw in found["invoices"] if str(raw["Id"]) in wanted.invoice_ids)
    invoices = {invoice.id: invoice for invoice in map(read_invoice, asked_for)}
    memos = (raw for raw in found["credit_memos"] if str(raw["Id"]) in wanted.credit_memo_ids)
    invoices |= {memo.id: memo for memo in map(read_credit_memo, memos)}
    return LookupResult(customers, items, taken, tuple(invoices.values()), preferences_of(found["preferences"]))


def preferences_of(rows: Iterable[Mapping[str, Any]]) -> Preferences | None:
    """The company's preferences, a single row; None for no row, or where they name no home currency."""
    try:
        return next(map(read_preferences, rows), None)
    except (KeyError, TypeError):
        return None


def other_questions(names: Iterable[str]) -> list[Question]:
    """Questions for the vendors and employees with these names, including inactive ones."""
    conditions = list(is_named("DisplayName", names))
    return [(entity, f"{condition} AND {EVEN_INACTIVE}") for entity in OTHERS for condition in conditions]


def read_others(rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> Iterator[Other]:
    """Vendors and employees, from rows by entity."""
    for entity in OTHERS:
        for raw in rows.get(entity, ()):
            active = raw.get("Active") is not False
            yield Other(entity, str(raw["Id"]), str(raw.get("DisplayName", "")), active)


def read_everything(rows: Mapping[str, Sequence[Mapping[str, Any]]], time: datetime) -> Everything:
    """Rows of customers, items, invoices, vendors, employees and preferences, each once."""
    customers = {customer.id: customer for customer in map(read_customer, rows.get("Customer", ()))}
    items = {item.id: item for item in map(read_item, rows.get("Item", ()))}
    numbered = (*rows.get("Invoice", ()), *rows.get(CREDITS, ()))
    numbers = frozenset(str(raw["DocNumber"]) for raw in numbered if raw.get("DocNumber"))
    others = tuple(read_others(rows))
    preferences = preferences_of(rows.get("Preferences", ()))
    return Everything(
        tuple(customers.values()), tuple(items.values()), numbers, time, others=others, preferences=preferences
    )
