"""Customers and items in memory, found as a look-up in QuickBooks finds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksItem
from onedesk_quickbooks.plugin.model.names import (
    address_keys,
    former_names,
    last,
    name_key,
    similar_item_key,
    similar_key,
    without_retired,
)
from onedesk_quickbooks.plugin.qbo import Wanted


class Ids:
    """Ids by the keys of what they name."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, None]] = {}

    def add(self, keys: Iterable[str], qbo_id: str) -> None:
        """It has these keys."""
        for key in keys:
            self._held.setdefault(key, {})[qbo_id] = None

    def remove(self, keys: Iterable[str], qbo_id: str) -> None:
        """It has these keys no more."""
        for key in keys:
            held = self._held.get(key, {})
            held.pop(qbo_id, None)
            if not held:
                self._held.pop(key, None)

    def of(self, keys: Iterable[str]) -> list[str]:
        """All ids of these keys, each once."""
        return list(dict.fromkeys(qbo_id for key in keys for qbo_id in self._held.get(key, ())))


class Known:
    """Customers and items by id, by the keys of their names, and by e-mail address."""

    def __init__(self, customers: Iterable[BooksCustomer] = (), items: Iterable[BooksItem] = ()) -> None:
        self._customers: dict[str, BooksCustomer] = {}
        self._items: dict[str, BooksItem] = {}
        self._customer_ids, self._item_ids = Ids(), Ids()
        for customer in customers:
            self.learn_customer(customer)
        for item in items:
            self.learn_item(item)

    def learn_customer(self, customer: BooksCustomer) -> None:
        """In the place of what was known under its id."""
        self.drop_customer(customer.id)
        self._customers[customer.id] = customer
        self._customer_ids.add(_customer_keys(customer), customer.id)

    def drop_customer(self, qbo_id: str) -> None:
        """It is there no more."""
        before = self._customers.pop(qbo_id, None)
        if before is not None:
            self._customer_ids.remove(_customer_keys(before), qbo_id)

    def learn_item(self, item: BooksItem) -> None:
        """In the place of what was known under its id."""
        self.drop_item(item.id)
        self._items[item.id] = item
        self._item_ids.add(_item_keys(item), item.id)

    def drop_item(self, qbo_id: str) -> None:
        """It is there no more."""
        before = self._items.pop(qbo_id, None)
        if before is not None:
            self._item_ids.remove(_item_keys(before), qbo_id)

    def customers(self, wanted: Wanted) -> Iterator[BooksCustomer]:
        """What a look-up finds."""
        yield from wanted.customers(self.like_customers(wanted))

    def items(self, wanted: Wanted) -> Iterator[BooksItem]:
        """What a look-up finds."""
        yield from wanted.items(self.like_items(wanted))

    def like_customers(self, wanted: Wanted) -> list[BooksCustomer]:
        """The same, and what is alike by names that are too short to ask QuickBooks for what is alike."""
        keys = [key for name in wanted.customer_names for key in (name_key(name), similar_key(name))]
        keys += [f"@{key}" for emails in wanted.customer_emails for key in address_keys(emails)]
        ids = [*self._customer_ids.of(keys), *(each for each in wanted.customer_ids if each in self._customers)]
        return [self._customers[each] for each in dict.fromkeys(ids)]

    def like_items(self, wanted: Wanted) -> list[BooksItem]:
        """The same, and what is alike by short names."""
        keys = [key for name in wanted.item_names for key in (name_key(name), similar_item_key(last(name)))]
        ids = [*self._item_ids.of(keys), *(each for each in wanted.item_ids if each in self._items)]
        return [self._items[each] for each in dict.fromkeys(ids)]


def _customer_keys(customer: BooksCustomer) -> set[str]:
    had = {name_key(name) for name in (customer.name, *former_names(customer.name))}
    mails = {f"@{key}" for key in address_keys(customer.email)}
    return {*had, similar_key(without_retired(customer.name)), *mails}


def _item_keys(item: BooksItem) -> set[str]:
    had = {name_key(each) for name in (item.name, *former_names(item.name)) for each in (name, last(name))}
    return {*had, similar_item_key(last(without_retired(item.name)))}
