"""Customers, items and invoice numbers of one company, kept in memory and fresh by change data capture.

A lane that has much to do, or runs for long, looks here instead of asking QuickBooks for every chunk: one request a
minute instead of one for every thirty invoices. What somebody else changes within that minute shows as a refusal,
and is then looked up for real (`Lane`). Of numbers only those are known that some invoice has or had: whether one is
taken now, and by whom, is asked where it matters (`Looker`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksItem
from onedesk_quickbooks.plugin.qbo import Everything, LookUp, QuickBooks

FRESH = timedelta(seconds=60)
OVERLAP = timedelta(minutes=2)
MOST = 50_000
"""Objects of a kind that are kept; a company with more is asked for every chunk."""
MANY_INVOICES = 300
"""Invoices made since the last renewal that make change data capture tell more of them than is wanted."""
AGE = timedelta(hours=12)
"""After this everything is read anew."""


class Snapshot:
    """Belongs to one lane; not for several threads."""

    def __init__(self, quickbooks: QuickBooks, now: Callable[[], datetime]) -> None:
        self._quickbooks = quickbooks
        self._now = now
        self._too_large = False
        self.forget()

    def forget(self) -> None:
        """Read everything anew next time."""
        self._customers: dict[str, BooksCustomer] = {}
        self._items: dict[str, BooksItem] = {}
        self._names: dict[str, dict[str, str]] = {"customer": {}, "email": {}, "item": {}}
        self._numbers: set[str] = set()
        self._made = 0
        self._loaded_at: datetime | None = None
        self._fresh_at: datetime | None = None
        self._since: datetime | None = None

    @property
    def warm(self) -> bool:
        """Whether it can answer without reading everything first."""
        return self._loaded_at is not None and self._now() - self._loaded_at < AGE

    def ready(self) -> bool:
        """Read or renew it where needed; False where the company is too large to be kept."""
        if self._too_large:
            return False
        if not self.warm:
            return self._load()
        if self._fresh_at is None or self._now() - self._fresh_at >= FRESH:
            return self._renew() or self._load()
        return True

    def _load(self) -> bool:
        self.forget()
        began = self._now()
        found = self._quickbooks.everything(MOST)
        if found is None:
            self._too_large = True
            return False
        self._take(found)
        self._loaded_at = self._fresh_at = began
        return True

    def _renew(self) -> bool:
        """False where more was changed than QuickBooks tells of: then everything is to be read anew."""
        began = self._now()
        news = self._quickbooks.everything_since((self._since or began) - OVERLAP, self._made >= MANY_INVOICES)
        self._take(news)
        for qbo_id in news.gone.get("Customer", ()):
            self._drop_customer(qbo_id)
        for qbo_id in news.gone.get("Item", ()):
            self._drop_item(qbo_id)
        self._fresh_at, self._made = began, 0
        return news.whole

    def _take(self, found: Everything) -> None:
        for customer in found.customers:
            self.learn_customer(customer)
        for item in found.items:
            self.learn_item(item)
        self._numbers |= found.numbers
        self._since = found.time

    def learn_customer(self, customer: BooksCustomer) -> None:
        """A customer as QuickBooks answered it."""
        self._drop_customer(customer.id)
        self._customers[customer.id] = customer
        if customer.active:
            self._names["customer"][customer.name.casefold()] = customer.id
            if customer.email:
                self._names["email"].setdefault(customer.email.casefold(), customer.id)

    def _drop_customer(self, qbo_id: str) -> None:
        before = self._customers.pop(qbo_id, None)
        if before is not None:
            self._forget_name("customer", before.name, qbo_id)
            self._forget_name("email", before.email, qbo_id)

    def _drop_item(self, qbo_id: str) -> None:
        before = self._items.pop(qbo_id, None)
        if before is not None:
            self._forget_name("item", before.name, qbo_id)

    def _forget_name(self, kind: str, name: str, qbo_id: str) -> None:
        """Unless another object has it by now."""
        if self._names[kind].get(name.casefold()) == qbo_id:
            del self._names[kind][name.casefold()]

    def learn_item(self, item: BooksItem) -> None:
        """An item as QuickBooks answered it."""
        self._drop_item(item.id)
        self._items[item.id] = item
        if item.active:
            self._names["item"][item.name.casefold()] = item.id

    def learn_number(self, number: str) -> None:
        """An invoice of this number was made."""
        self._made += 1
        if number:
            self._numbers.add(number)

    def perhaps_taken(self, numbers: Iterable[str]) -> list[str]:
        """Those of the numbers that an invoice has, or had once. The others are free, as far as is known."""
        return [number for number in numbers if number in self._numbers]

    def look_up(
        self,
        customer_names: Iterable[str],
        customer_emails: Iterable[str],
        customer_ids: Iterable[str],
        item_names: Iterable[str],
    ) -> LookUp:
        """What `QuickBooks.look_up` would find, from memory."""
        names = self._names
        ids = [names["customer"].get(name.casefold(), "") for name in customer_names]
        ids += [names["email"].get(email.casefold(), "") for email in customer_emails]
        ids += customer_ids
        customers = {each: self._customers[each] for each in ids if each in self._customers}
        items = {names["item"].get(name.casefold(), ""): None for name in item_names}
        return LookUp(
            customers=tuple(customers.values()),
            items=tuple(self._items[each] for each in items if each),
            taken_numbers={},
            invoices=(),
        )
