"""Finds the QuickBooks records of a name, for plans of invoices and for `check --company`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksItem
from onedesk_quickbooks.plugin.model.company_settings import Account, TaxCode
from onedesk_quickbooks.plugin.model.directory import Directory
from onedesk_quickbooks.plugin.model.name_keys import beginnings, company_words, last, name_key, without_retired
from onedesk_quickbooks.plugin.model.patterns import finds_alike
from onedesk_quickbooks.plugin.model.similarity import DOUBTFUL, name_score, stem_keys

INCOME_TYPES = ("Income", "Other Income")
LIABILITY_TYPES = ("Other Current Liability", "Long Term Liability")
"""Account types for items that only people create, such as a retainer; no program creates such an item."""
CATEGORY, BUNDLE = "Category", "Group"
NO_ACCOUNT = "no account"
"""Why an item cannot be used, apart from its type."""


class Called(Protocol):
    """A record with only a name."""

    @property
    def name(self) -> str:
        """The name, fully qualified."""


R = TypeVar("R", bound=Called)


def items_named(items: Directory[BooksItem], name: str) -> tuple[BooksItem, ...]:
    """The item with this whole name; else those with this name inside a category."""
    return items.same(name) or tuple(each for each in items.inside(name) if each.type != CATEGORY)


def items_alike(items: Directory[BooksItem], name: str) -> tuple[BooksItem, ...]:
    """The active items with a similar name. QuickBooks is not asked for them where `finds_alike` leaves the name
    out."""
    return tuple(each for each in items.alike(name) if each.active and each.type != CATEGORY)


def unusable(item: BooksItem) -> str:
    """Why no line of an invoice can use this item: CATEGORY, BUNDLE, NO_ACCOUNT, or "" where one can."""
    if item.type in (CATEGORY, BUNDLE):
        return item.type
    return "" if item.income_account else NO_ACCOUNT


def usable_in(items: Iterable[BooksItem], category: BooksItem) -> str:
    """The first item of this category that lines can use, by its whole name; "" for none."""
    above = f"{name_key(category.name)}:"
    inside = [each for each in items if each.active and not unusable(each) and name_key(each.name).startswith(above)]
    return min((each.name for each in inside), key=name_key, default="")


def records_named(records: Iterable[R], wanted: str) -> tuple[R, ...]:
    """The records with this name, by the key of names. Of several, the one with exactly this spelling, apart from case,
    is chosen."""
    key = name_key(wanted)
    found = [each for each in records if name_key(each.name) == key]
    exact = [each for each in found if each.name.casefold() == wanted.strip().casefold()]
    return tuple(exact if len(exact) == 1 else found)


def accounts_named(accounts: Iterable[Account], wanted: str) -> tuple[Account, ...]:
    """The active accounts with this fully qualified name, else with this number or id."""
    active, key = [account for account in accounts if account.active], name_key(wanted)
    return records_named(active, wanted) or tuple(
        each for each in active if key and key in (name_key(each.number), each.id)
    )


def tax_codes_named(codes: Iterable[TaxCode], wanted: str) -> tuple[TaxCode, ...]:
    """The active tax codes with this name, else the one with this id."""
    active = [code for code in codes if code.active]
    return records_named(active, wanted) or tuple(code for code in active if code.id == wanted.strip())


def find_account(accounts: Iterable[Account], wanted: str) -> Account | None:
    """The one active account with this name; None for none, or several."""
    return _only(accounts_named(accounts, wanted))


def find_tax_code(codes: Iterable[TaxCode], wanted: str) -> TaxCode | None:
    """The one active tax code with this name; None for none, or several."""
    return _only(tax_codes_named(codes, wanted))


def find_named(records: Iterable[R], wanted: str) -> R | None:
    """The one record with this name: for terms, classes, locations and payment methods."""
    return _only(records_named(records, wanted))


def _only(found: Sequence[R]) -> R | None:
    return found[0] if len(found) == 1 else None


def customers_alike(customers: Directory[BooksCustomer], name: str) -> tuple[BooksCustomer, ...]:
    """The customers with a similar name, and active ones that may be meant by their names alone, as QuickBooks is asked
    for them."""
    found = customers.alike(name) if finds_alike([name], company_words) else ()
    begin = set(stem_keys(name))
    near = (
        each
        for each in customers.by_id.values()
        if begin and each.active and not each.parent_id and not begin.isdisjoint(beginnings(each.name))
    )
    doubtful = (each for each in near if name_score(name, last(without_retired(each.name))) >= DOUBTFUL)
    return tuple({each.id: each for each in (*found, *doubtful)}.values())


def suffixed_name(name: str) -> str:
    """The name of a new customer where a vendor or an employee has its name, by rule."""
    return f"{name} (customer)"
