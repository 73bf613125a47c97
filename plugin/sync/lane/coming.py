"""What the plans of one run are going to make, for the plans after them: numbers and customers."""

from __future__ import annotations

import dataclasses

from onedesk_quickbooks.plugin.model.books import Books, BooksCustomer, TakenNumber
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.plan import Plan
from onedesk_quickbooks.plugin.planning import marked, marker


class Coming:
    """Belongs to one run, or to one file of invoices that are planned together."""

    def __init__(self) -> None:
        self._numbers: dict[str, TakenNumber] = {}
        self._customers: dict[str, BooksCustomer] = {}

    def over(self, books: Books, invoice: Invoice) -> Books:
        """The books as the invoice will meet them."""
        number = self._numbers.get(invoice.number)
        if number is not None and marked(number.private_note) != invoice.id:
            books = dataclasses.replace(books, taken_numbers={**books.taken_numbers, invoice.number: number})
        other = {key: each for key, each in self._customers.items() if each.currency != invoice.currency}
        if other and books.company.multicurrency:
            books = dataclasses.replace(books, customers={**other, **books.customers})
        return books

    def learn(self, invoice: Invoice, plan: Plan) -> None:
        """This plan is carried out before the next one."""
        number, draft = plan.put.draft.number, plan.customer.draft
        if plan.put.action == "create" and number:
            name = f"Invoice of {plan.customer.name}"
            made = TakenNumber("", name, "", invoice.total, invoice.issue_date, marker(invoice.id))
            self._numbers.setdefault(number, made)
        if draft is not None and draft.currency:
            made_customer = BooksCustomer("", draft.display_name, draft.currency, draft.email)
            self._customers.setdefault(draft.display_name.casefold(), made_customer)
