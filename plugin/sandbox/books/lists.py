"""The company's lists: accounts, terms, classes, departments, payment methods, tax agencies."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox.books.currency import check_currency, currency_ref
from onedesk_quickbooks.plugin.sandbox.books.families import named, unique
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.faults import missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, ref_id

_CLASSIFICATION = {
    "Bank": "Asset",
    "Accounts Receivable": "Asset",
    "Other Current Asset": "Asset",
    "Fixed Asset": "Asset",
    "Other Asset": "Asset",
    "Accounts Payable": "Liability",
    "Credit Card": "Liability",
    "Other Current Liability": "Liability",
    "Long Term Liability": "Liability",
    "Equity": "Equity",
    "Income": "Revenue",
    "Other Income": "Revenue",
    "Cost of Goods Sold": "Expense",
    "Expense": "Expense",
    "Other Expense": "Expense",
    "Non-Posting": "",
}
_SUBTYPE = {
    "Bank": "Checking",
    "Accounts Receivable": "AccountsReceivable",
    "Other Current Asset": "OtherCurrentAssets",
    "Fixed Asset": "OtherFixedAssets",
    "Other Asset": "OtherLongTermAssets",
    "Accounts Payable": "AccountsPayable",
    "Credit Card": "CreditCard",
    "Other Current Liability": "OtherCurrentLiabilities",
    "Long Term Liability": "OtherLongTermLiabilities",
    "Equity": "OpeningBalanceEquity",
    "Income": "SalesOfProductIncome",
    "Other Income": "OtherMiscellaneousIncome",
    "Cost of Goods Sold": "SuppliesMaterialsCogs",
    "Expense": "OtherMiscellaneousServiceCost",
    "Other Expense": "OtherMiscellaneousExpense",
}
_TYPE_OF_SUBTYPE = {
    **{sub: kind for kind, sub in _SUBTYPE.items()},
    "ServiceFeeIncome": "Income",
    "OtherPrimaryIncome": "Income",
    "DiscountsRefundsGiven": "Income",
    "NonProfitIncome": "Income",
    "UnappliedCashPaymentIncome": "Income",
    "UndepositedFunds": "Other Current Asset",
    "Inventory": "Other Current Asset",
    "Savings": "Bank",
}


def complete_account(books: Books, draft: Body, old: Body | None) -> Body:
    """An account (qbo-api.md 2.4). Raises Refused 2020, 2040, 2170, 2500, 6010, 6240."""
    if '"' in draft.get("Name", "") or ":" in draft.get("AcctNum", ""):
        raise refusal("2040", "Invalid String : quotes and colons are not allowed", "Name")
    named(books, "Account", draft, old)
    kind, sub = draft.get("AccountType", ""), draft.get("AccountSubType", "")
    if not kind and not sub:
        raise refusal("6010", "Account Type or Account SubType is required", "AccountType")
    kind = kind or _TYPE_OF_SUBTYPE.get(sub, "Expense")
    if kind not in _CLASSIFICATION:
        raise refusal("2170", f"Invalid Enumeration : {kind}", "AccountType")
    draft["AccountType"] = kind
    draft["AccountSubType"] = sub or _SUBTYPE.get(kind, "")
    draft["Classification"] = _CLASSIFICATION[kind]
    draft["SubAccount"] = bool(ref_id(draft, "ParentRef"))
    code = ref_id(old or draft, "CurrencyRef") or books.home
    if old is None:
        check_currency(code, "CurrencyRef")
    draft["CurrencyRef"] = currency_ref(code)
    for key in ("CurrentBalance", "CurrentBalanceWithSubAccounts"):
        draft[key] = old.get(key, ZERO) if old else money(draft.get("OpeningBalance", ZERO))
    return draft


def complete_term(books: Books, draft: Body, old: Body | None) -> Body:
    """A term: a number of days, or a day of the month. Raises Refused 2020, 2090, 6240."""
    named(books, "Term", draft, old, full=False)
    by_days = draft.get("DueDays") is not None
    if not by_days and draft.get("DayOfMonthDue") is None:
        raise missing("DueDays")
    if by_days and not 0 <= draft["DueDays"] <= 999:
        raise refusal("2090", f"Invalid Number : {draft['DueDays']}", "DueDays")
    draft["Type"] = "STANDARD" if by_days else "DATE_DRIVEN"
    draft.setdefault("DiscountPercent", ZERO)
    return draft


def complete_class(books: Books, draft: Body, old: Body | None) -> Body:
    """A class. Raises Refused 5020 if the subscription has no classes."""
    _plus(books)
    named(books, "Class", draft, old)
    draft["SubClass"] = bool(ref_id(draft, "ParentRef"))
    return draft


def complete_department(books: Books, draft: Body, old: Body | None) -> Body:
    """A department, which pages call a location. Raises Refused 5020 if the subscription has none."""
    _plus(books)
    named(books, "Department", draft, old)
    draft["SubDepartment"] = bool(ref_id(draft, "ParentRef"))
    return draft


def complete_payment_method(books: Books, draft: Body, old: Body | None) -> Body:
    """A payment method."""
    named(books, "PaymentMethod", draft, old, full=False)
    draft.setdefault("Type", "NON_CREDIT_CARD")
    return draft


def complete_agency(books: Books, draft: Body, old: Body | None) -> Body:
    """A tax agency. Raises Refused 2020, 6240."""
    name = draft.get("DisplayName", "")
    if not name:
        raise missing("DisplayName")
    unique(books, "TaxAgency", "name", name, old)
    draft.setdefault("TaxTrackedOnSales", True)
    draft.setdefault("TaxTrackedOnPurchases", False)
    return draft


def _plus(books: Books) -> None:
    """Raise Refused 5020 without Plus or Advanced, which have classes and locations (qbo-api.md 2.4)."""
    sku = next((each["Value"] for each in books.company["NameValue"] if each["Name"] == "OfferingSku"), "")
    if not any(word in sku for word in ("Plus", "Advanced")):
        raise refusal("5020", f"Permission Denied Error : {sku} does not have this feature")
