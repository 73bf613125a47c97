"""Customers, items, names, invoice numbers and preferences of one company, kept in memory and renewed each minute.

A process with a long queue reads this cache instead of asking QuickBooks for every chunk: two requests a minute instead
of one for every thirty invoices. A change by others within that minute leads to a refusal, after which QuickBooks
itself is asked (`CompanyQueue`). The cache knows the numbers that some invoice has or had; whether a number is taken
now, and by which invoice, is asked where it matters (`Lookup`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksItem
from onedesk_quickbooks.plugin.model.company_settings import Preferences
from onedesk_quickbooks.plugin.model.name_keys import name_key, number_key
from onedesk_quickbooks.plugin.qbo import BadRows, Everything, LookupResult, Other, QuickBooks, Unreadable, Wanted
from onedesk_quickbooks.plugin.sync.outbound.known import Ids, Known

FRESH = timedelta(seconds=60)
OVERLAP = timedelta(minutes=2)
MOST = 50_000
"""Objects of a kind that are cached; for a company with more, QuickBooks is asked for every chunk."""
MANY_INVOICES = 300
"""Invoices made since the last renewal after which change data capture would return too many of them."""
AGE = timedelta(hours=12)
"""After this time everything is read again."""
UNREAD = timedelta(minutes=10)
"""After this time a full read is tried again where an answer had unreadable rows, or no end."""

_log = logging.getLogger("onedesk_quickbooks.sync")


class Cache:
    """The cache of one company queue; not thread-safe."""

    def __init__(self, quickbooks: QuickBooks, now: Callable[[], datetime]) -> None:
        self.quickbooks = quickbooks
        self._now = now
        self._too_large = False
        self._unread_at: datetime | None = None
        self.forget()

    def forget(self) -> None:
        """Read everything again next time."""
        self._known = Known()
        self._others: dict[str, Other] = {}
        self._other_ids = Ids()
        self._numbers: dict[str, set[str]] = {}
        self._preferences: Preferences | None = None
        self._made = 0
        self._loaded_at: datetime | None = None
        self._fresh_at: datetime | None = None
        self._since: datetime | None = None

    @property
    def warm(self) -> bool:
        """Whether it can answer without a full read."""
        return self._loaded_at is not None and abs(self._now() - self._loaded_at) < AGE

    def ready(self) -> bool:
        """Read or renew the cache where needed. False where the company is too large for it, or QuickBooks' lists
        cannot be read as a whole: then each chunk is looked up separately."""
        if self._too_large or (self._unread_at is not None and abs(self._now() - self._unread_at) < UNREAD):
            return False
        try:
            return self._read()
        except (BadRows, Unreadable) as problem:
            _log.warning("customers, items and numbers are looked up for each invoice: %s", problem.logged)
            self.forget()
            self._unread_at = self._now()
            return False

    def _read(self) -> bool:
        if not self.warm:
            return self._load()
        if self._fresh_at is None or abs(self._now() - self._fresh_at) >= FRESH:
            return self._renew() or self._load()
        return True

    def _load(self) -> bool:
        self.forget()
        began = self._now()
        found = self.quickbooks.everything(MOST)
        if found is None:
            self._too_large = True
            return False
        self._take(found)
        self._loaded_at = self._fresh_at = began
        return True

    def _renew(self) -> bool:
        """False where more was changed than QuickBooks reports: then a full read is needed."""
        began = self._now()
        news = self.quickbooks.everything_since((self._since or began) - OVERLAP, self._made >= MANY_INVOICES)
        self._take(news)
        for qbo_id in news.gone.get("Customer", ()):
            self._known.drop_customer(qbo_id)
        for qbo_id in news.gone.get("Item", ()):
            self._known.drop_item(qbo_id)
        for entity in ("Vendor", "Employee"):
            for qbo_id in news.gone.get(entity, ()):
                self._drop_other(f"{entity} {qbo_id}")
        self._fresh_at, self._made = began, 0
        return news.whole

    def _take(self, found: Everything) -> None:
        for customer in found.customers:
            self.learn_customer(customer)
        for item in found.items:
            self.learn_item(item)
        for other in found.others:
            self._learn_other(other)
        self._learn_numbers(found.numbers)
        self._preferences = found.preferences
        self._since = found.time

    def learn_customer(self, customer: BooksCustomer) -> None:
        """Take a customer from an answer of QuickBooks."""
        self._known.learn_customer(customer)

    def items(self, qbo_ids: Iterable[str]) -> list[BooksItem]:
        """Those of the items that the cache has."""
        return self._known.items((), qbo_ids)

    @property
    def all_items(self) -> tuple[BooksItem, ...]:
        """Every item in the cache."""
        return self._known.all_items

    def learn_item(self, item: BooksItem) -> None:
        """Take an item from an answer of QuickBooks."""
        self._known.learn_item(item)

    def _learn_other(self, other: Other) -> None:
        known = f"{other.entity} {other.id}"
        self._drop_other(known)
        self._others[known] = other
        self._other_ids.add(other.keys, known)

    def _drop_other(self, known: str) -> None:
        before = self._others.pop(known, None)
        if before is not None:
            self._other_ids.remove(before.keys, known)

    def others(self, names: Iterable[str]) -> tuple[Other, ...]:
        """The vendors and employees that have, or had, these names."""
        return tuple(self._others[each] for each in self._other_ids.of(map(name_key, names)))

    def near(self, names: Iterable[str], emails: Iterable[str]) -> tuple[BooksCustomer, ...]:
        """The active customers with a similar name, or with one of the addresses."""
        wanted = Wanted(near_names=tuple(names), near_emails=tuple(emails))
        return tuple(each for each in self._known.customers(wanted.customer_keys(), ()) if each.active)

    def learn_number(self, number: str) -> None:
        """Note that an invoice with this number was made."""
        self._made += 1
        if number:
            self._learn_numbers([number])

    def perhaps_taken(self, numbers: Iterable[str]) -> list[str]:
        """Those of the numbers that an invoice has or had. The others are free, as far as is known."""
        return [each for number in numbers for each in self._numbers.get(number_key(number), ())]

    def _learn_numbers(self, numbers: Iterable[str]) -> None:
        for number in numbers:
            self._numbers.setdefault(number_key(number), set()).add(number)

    def look_up(
        self,
        customer_names: Iterable[str],
        customer_emails: Iterable[str],
        customer_ids: Iterable[str],
        item_names: Iterable[str],
    ) -> LookupResult:
        """What `QuickBooks.look_up` would return, from memory."""
        wanted = Wanted(tuple(customer_names), tuple(customer_emails), item_names=tuple(item_names))
        return LookupResult(
            customers=tuple(self._known.customers(wanted.customer_keys(), customer_ids)),
            items=tuple(self._known.items(wanted.item_keys(), ())),
            taken_numbers={},
            invoices=(),
            preferences=self._preferences,
        )
