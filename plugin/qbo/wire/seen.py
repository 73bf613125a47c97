"""A reader of QuickBooks for any holder of a token: one record, or those of a name, as they are now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksInvoice, BooksItem
from onedesk_quickbooks.plugin.model.company_settings import Account
from onedesk_quickbooks.plugin.qbo.wire.readers import (
    read_account,
    read_country,
    read_customer,
    read_invoice,
    read_item,
)
from onedesk_quickbooks.plugin.qbo.wire.statements import quoted, select

Get = Callable[[str, Mapping[str, str]], Mapping[str, Any]]
"""Requests a path below the company's address, with parameters; returns the answer, amounts as `Decimal`."""


class Seen:
    """The present data of a company. Nothing is cached."""

    def __init__(self, get: Get) -> None:
        self._get = get

    def invoice(self, qbo_id: str) -> BooksInvoice:
        """An invoice by its id."""
        return read_invoice(self._get(f"invoice/{qbo_id}", {})["Invoice"])

    def country(self, company: str) -> str:
        """The country of the company of this name."""
        (found,) = self._rows("CompanyInfo", "CompanyName", company)
        return read_country(found)

    def customers(self, name: str) -> list[BooksCustomer]:
        """The active customers with exactly this name."""
        return [read_customer(each) for each in self._rows("Customer", "DisplayName", name)]

    def items(self, name: str) -> list[BooksItem]:
        """The active items with exactly this name."""
        return [read_item(each) for each in self._rows("Item", "Name", name)]

    def accounts(self, name: str) -> list[Account]:
        """The active accounts with exactly this name."""
        return [read_account(each) for each in self._rows("Account", "Name", name)]

    def invoices(self, number: str) -> list[BooksInvoice]:
        """The invoices with exactly this number."""
        return [read_invoice(each) for each in self._rows("Invoice", "DocNumber", number)]

    def _rows(self, entity: str, field: str, value: str) -> list[Mapping[str, Any]]:
        answer = self._get("query", {"query": select(entity, f"{field} = {quoted(value)}")})
        return list(answer["QueryResponse"].get(entity, []))
