"""Every entity by name: its fields, how a draft is completed, and its operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from onedesk_quickbooks.plugin.sandbox.books import attachables, currency, items, lists, name_space
from onedesk_quickbooks.plugin.sandbox.books.families import follow_names
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.forms import deposits, invoices, links, payments, receipts
from onedesk_quickbooks.plugin.sandbox.wire import forms, shapes
from onedesk_quickbooks.plugin.sandbox.wire.fields import Shape
from onedesk_quickbooks.plugin.sandbox.wire.values import Body

Complete = Callable[[Books, Body, Body | None], Body]
After = Callable[[Books, Body | None, Body | None], Body | None]
_LIST = frozenset({"create", "update"})
_ESTIMATE = frozenset({"create", "update", "delete", "send"})
_KEPT = frozenset({"create", "update", "delete"})
_TXN = frozenset({"create", "update", "delete", "void", "send"})


class Kind(NamedTuple):
    """An entity: its fields, how a draft is completed, and its operations.

    `event`: whether it has webhooks. `after`: further effects of a change; called with the object before and after
    (None: it does not exist), it returns the object if it was changed again.
    """

    shape: Shape
    complete: Complete | None
    operations: frozenset[str]
    event: bool = True
    after: After | None = None


def _apply(books: Books, old: Body | None, new: Body | None) -> None:
    payments.apply_payment(books, old, new)


def _renamed(kind: str) -> After:
    return lambda books, old, new: follow_names(books, kind, old, new)


KINDS: dict[str, Kind] = {
    "CompanyInfo": Kind({}, None, frozenset({"update"}), event=False),
    "Preferences": Kind({}, None, frozenset({"update"})),
    "Account": Kind(shapes.ACCOUNT, lists.complete_account, _LIST, after=_renamed("Account")),
    "Customer": Kind(shapes.CUSTOMER, name_space.complete_customer, _LIST, after=_renamed("Customer")),
    "Vendor": Kind(shapes.VENDOR, name_space.complete_vendor, _LIST, after=_renamed("Vendor")),
    "Employee": Kind(shapes.EMPLOYEE, name_space.complete_employee, _LIST),
    "Item": Kind(shapes.ITEM, items.complete_item, _LIST, after=_renamed("Item")),
    "TaxCode": Kind(shapes.TAX_CODE, None, frozenset(), event=False),
    "TaxRate": Kind(shapes.TAX_RATE, None, frozenset(), event=False),
    "TaxAgency": Kind(shapes.TAX_AGENCY, lists.complete_agency, frozenset({"create"})),
    "Term": Kind(shapes.TERM, lists.complete_term, _LIST, after=_renamed("Term")),
    "Class": Kind(shapes.CLASS, lists.complete_class, _LIST, after=_renamed("Class")),
    "Department": Kind(shapes.DEPARTMENT, lists.complete_department, _LIST, after=_renamed("Department")),
    "PaymentMethod": Kind(shapes.PAYMENT_METHOD, lists.complete_payment_method, _LIST, after=_renamed("PaymentMethod")),
    "CompanyCurrency": Kind(shapes.CURRENCY, currency.complete_currency, _LIST, event=False),
    "ExchangeRate": Kind(shapes.RATE, None, frozenset(), event=False),
    "Invoice": Kind(forms.INVOICE, invoices.complete_invoice, _TXN, after=links.follow_invoice),
    "CreditMemo": Kind(forms.CREDIT_MEMO, invoices.complete_credit_memo, _TXN),
    "Payment": Kind(forms.PAYMENT, payments.complete_payment, _TXN, after=_apply),
    "Estimate": Kind(forms.ESTIMATE, receipts.complete_estimate, _ESTIMATE),
    "SalesReceipt": Kind(forms.SALES_RECEIPT, receipts.complete_sales_receipt, _TXN),
    "RefundReceipt": Kind(forms.REFUND_RECEIPT, receipts.complete_refund_receipt, _TXN),
    "Deposit": Kind(forms.DEPOSIT, deposits.complete_deposit, _KEPT, after=deposits.follow_deposit),
    "Attachable": Kind(shapes.ATTACHABLE, attachables.complete_attachable, _KEPT, event=False),
}
NOT_IMITATED = frozenset(
    {
        "Bill",
        "BillPayment",
        "Budget",
        "CreditCardPayment",
        "CustomerType",
        "InventoryAdjustment",
        "JournalCode",
        "JournalEntry",
        "Purchase",
        "PurchaseOrder",
        "RecurringTransaction",
        "ReimburseCharge",
        "TimeActivity",
        "Transfer",
        "VendorCredit",
    }
)
"""Entities of QuickBooks that this company does not have: they can be queried, not created."""
BY_PATH = {name.lower(): name for name in KINDS}
