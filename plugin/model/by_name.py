"""Which records of QuickBooks a name means: asked by plans of invoices and by `check --company` alike. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from onedesk_quickbooks.plugin.model.books import Account, BooksCustomer, BooksItem, TaxCode
from onedesk_quickbooks.plugin.model.directory import Directory
from onedesk_quickbooks.plugin.model.names import beginnings, company_words, last, name_key, without_retired
from onedesk_quickbooks.plugin.model.patterns import finds_alike
from onedesk_quickbooks.plugin.model.similarity import DOUBTFUL, name_score, stem_keys

INCOME_TYPES = ("Income", "Other Income")
LIABILITY_TYPES = ("Other Current Liability", "Long Term Liability")
"""Types on which the company's own people may have an item, such as a retainer; no program creates one there."""
CATEGORY, BUNDLE = "Category", "Group"
NO_ACCOUNT = "no account"
"""What keeps an item from being used beside its type."""


class Called(Protocol):
    """A record that is called by its name alone."""

    @property
    def name(self) -> str:
        """The name, fully qualified."""


R = TypeVar("R", bound=Called)


def items_named(items: Directory[BooksItem], name: str) -> tuple[BooksItem, ...]:
    """The item of this whole name; else those of this name inside a category."""
    return items.same(name) or tuple(each for each in items.inside(name) if each.type != CATEGORY)


def items_alike(items: Directory[BooksItem], name: str) -> tuple[BooksItem, ...]:
    """The active items of nearly this name. QuickBooks is not asked for them where `finds_alike` leaves it out."""
    return tuple(each for each in items.alike(name) if each.active and each.type != CATEGORY)


def unusable(item: BooksItem) -> str:
    """Why no line of an invoice can name this item: CATEGORY, BUNDLE, NO_ACCOUNT, or "" where one can."""
    if item.type in (CATEGORY, BUNDLE):
        return item.type
    return "" if item.income_account else NO_ACCOUNT


def usable_in(items: Iterable[BooksItem], category: BooksItem) -> str:
    """The first item of this category that lines can name, by its whole name; "" for none."""
    above = f"{name_key(category.name)}:"
    inside = [each for each in items if each.active and not unusable(each) and name_key(each.name).startswith(above)]
    return min((each.name for each in inside), key=name_key, default="")


def find_account(accounts: Iterable[Account], wanted: str) -> Account | None:
    """An active account by its fully qualified name, its number or its id, in this order."""
    active, key = [account for account in accounts if account.active], name_key(wanted)
    for account in active:
        if name_key(account.name) == key:
            return account
    for account in active:
        if key in (name_key(account.number), account.id):
            return account
    return None


def find_tax_code(codes: Iterable[TaxCode], wanted: str) -> TaxCode | None:
    """An active tax code by its name or its id, in this order."""
    active = [code for code in codes if code.active]
    return find_named(active, wanted) or next((code for code in active if code.id == wanted), None)


def find_named(records: Iterable[R], wanted: str) -> R | None:
    """The record of this name, whatever its capitals: terms, classes and locations are found so."""
    folded = wanted.casefold()
    return next((each for each in records if each.name.casefold() == folded), None)


def customers_alike(customers: Directory[BooksCustomer], name: str) -> tuple[BooksCustomer, ...]:
    """The customers of nearly this name, and active ones that may be meant by their names alone, as QuickBooks is
    asked for them."""
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
    """What a new customer is called where a vendor or an employee has its name, by rule."""
    return f"{name} (customer)"
