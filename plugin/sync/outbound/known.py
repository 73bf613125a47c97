"""Customers and items in memory, found as a look-up in QuickBooks would find them."""

from __future__ import annotations

from collections.abc import Iterable

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksItem
from onedesk_quickbooks.plugin.model.name_keys import customer_keys, item_keys
from onedesk_quickbooks.plugin.planning import Needs
from onedesk_quickbooks.plugin.qbo import Wanted


def asked_for(need: Needs) -> Wanted:
    """The names and addresses of one invoice, whose keys identify its customers and items."""
    return Wanted(
        need.customer_names,
        need.customer_emails,
        item_names=need.item_names,
        near_names=(need.near,) if need.near else (),
        near_emails=need.near_emails,
    )


class Ids:
    """Ids by the keys of what they name."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, None]] = {}

    def add(self, keys: Iterable[str], qbo_id: str) -> None:
        """Add an id with these keys."""
        for key in keys:
            self._held.setdefault(key, {})[qbo_id] = None

    def remove(self, keys: Iterable[str], qbo_id: str) -> None:
        """Remove these keys of an id."""
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
        """Replace what is known under its id."""
        self.drop_customer(customer.id)
        self._customers[customer.id] = customer
        self._customer_ids.add(customer_keys(customer.name, customer.email), customer.id)

    def drop_customer(self, qbo_id: str) -> None:
        """Remove a customer."""
        before = self._customers.pop(qbo_id, None)
        if before is not None:
            self._customer_ids.remove(customer_keys(before.name, before.email), qbo_id)

    @property
    def all_items(self) -> tuple[BooksItem, ...]:
        """Every item."""
        return tuple(self._items.values())

    def learn_item(self, item: BooksItem) -> None:
        """Replace what is known under its id."""
        self.drop_item(item.id)
        self._items[item.id] = item
        self._item_ids.add(item_keys(item.name), item.id)

    def drop_item(self, qbo_id: str) -> None:
        """Remove an item."""
        before = self._items.pop(qbo_id, None)
        if before is not None:
            self._item_ids.remove(item_keys(before.name), qbo_id)

    def customers(self, keys: Iterable[str], qbo_ids: Iterable[str]) -> list[BooksCustomer]:
        """Those that have one of these keys (`Wanted.customer_keys`), or one of these ids."""
        ids = [*self._customer_ids.of(keys), *(each for each in qbo_ids if each in self._customers)]
        return [self._customers[each] for each in dict.fromkeys(ids)]

    def items(self, keys: Iterable[str], qbo_ids: Iterable[str]) -> list[BooksItem]:
        """The same of items (`Wanted.item_keys`)."""
        ids = [*self._item_ids.of(keys), *(each for each in qbo_ids if each in self._items)]
        return [self._items[each] for each in dict.fromkeys(ids)]
