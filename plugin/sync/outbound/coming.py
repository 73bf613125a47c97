"""What the plans of one run are going to make, for the plans after them: numbers, customers and items."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from onedesk_quickbooks.plugin.model.books import (
    Books,
    BooksCustomer,
    BooksItem,
    TakenNumber,
    customer_directory,
    item_directory,
)
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.names import name_key, similar_item_key, similar_key
from onedesk_quickbooks.plugin.model.plan import Plan
from onedesk_quickbooks.plugin.planning import marked, marker

NEW = "new"
"""How the id of a record begins that is still to be made."""


class Coming:
    """Belongs to one run, or to one file of invoices that are planned together."""

    def __init__(self) -> None:
        self._numbers: dict[str, TakenNumber] = {}
        self._claims: dict[str, str] = {}
        self._customers: dict[str, BooksCustomer] = {}
        self._owners: dict[str, str] = {}
        self._items: dict[str, BooksItem] = {}

    def numbered(self, books: Books, invoice: Invoice) -> Books:
        """The books with the numbers that are taken until the invoice is written."""
        number = self._numbers.get(invoice.number)
        if number is None or marked(number.private_note) == invoice.id:
            return books
        return dataclasses.replace(books, taken_numbers={**books.taken_numbers, invoice.number: number})

    def conflicts(self, invoice: Invoice, plan: Plan, books: Books) -> bool:
        """Whether an earlier plan makes a record of the same or nearly the same name that is another one: for another
        customer of the host, in another currency, or on another account."""
        return any(self._claims.get(what, whose) != whose for what, whose in _claims(invoice, plan, books).items())

    def made(self, books: Books, invoice: Invoice) -> Books:
        """The books as they are once the earlier plans are carried out. Ids of what is to be made are none of
        QuickBooks: for plans that are shown, not for plans that are carried out."""
        mine = {each.id: each for each in self._customers.values() if self._owners.get(each.id) == invoice.customer.id}
        own = next((each.id for each in mine.values() if each.currency == invoice.currency), None)
        owners = {**books.customer_owners, **{qbo_id: (od_id,) for qbo_id, od_id in self._owners.items()}}
        return dataclasses.replace(
            books,
            customers=customer_directory([*books.customers.by_id.values(), *self._customers.values()]),
            customer_links={**({invoice.customer.id: own} if own else {}), **books.customer_links},
            customer_owners=owners,
            items=item_directory([*books.items.by_id.values(), *self._items.values()]),
        )

    def reserve(self, invoice: Invoice, plan: Plan) -> None:
        """The plan is carried out before the next one of its number."""
        number = plan.put.draft.number
        if plan.put.action == "create" and number:
            name = f"Invoice of {plan.customer.name}"
            taken = TakenNumber("", name, "", invoice.total, invoice.issue_date, marker(invoice.id))
            self._numbers.setdefault(number, taken)

    def learn(self, invoice: Invoice, plan: Plan, books: Books) -> None:
        """This plan is carried out before the next one."""
        self.reserve(invoice, plan)
        customer = plan.customer
        self._claims.update(_claims(invoice, plan, books))
        if customer.draft:
            currency = customer.draft.currency or ""
            made = BooksCustomer(
                f"{NEW} {name_key(customer.name)}",
                customer.draft.display_name,
                currency,
                customer.draft.email,
                coming=True,
            )
            self._customers.setdefault(made.id, made)
            self._owners.setdefault(made.id, invoice.customer.id)
        elif customer.existing and plan.put.action == "create" and not plan.decisions.customer.by_name:
            self._owners.setdefault(customer.existing.id, invoice.customer.id)
        for item in plan.items:
            if item.draft:
                new = BooksItem(f"{NEW} {name_key(item.name)}", item.draft.name, "Service", item.draft.income_account)
                self._items.setdefault(new.id, new)


def _claims(invoice: Invoice, plan: Plan, books: Books) -> Mapping[str, str]:
    """What a plan is the first to make or to link, and for whom or how."""
    customer, ruled = plan.customer, bool(plan.decisions.customer.by_name)
    claims = {
        f"item {similar_item_key(item.name)}": f"{name_key(item.name)} {item.draft.income_account.id}"
        for item in plan.items
        if item.draft
    }
    whose, links = "" if ruled else invoice.customer.id, plan.put.action == "create" and not ruled
    if customer.draft:
        claims[f"customer {similar_key(customer.name)}"] = (
            f"{name_key(customer.name)} {customer.draft.currency} {whose}"
        )
    elif customer.existing and links and invoice.customer.id not in books.customer_links:
        claims[f"link {customer.existing.id}"] = whose
    return claims
