"""The company's lists: items, accounts, terms, classes, departments, payment methods, tax agencies."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.currency import currency_ref
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.faults import bad_reference, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, ref, ref_id

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


def complete_item(books: Books, draft: Body, old: Body | None) -> Body:
    """An item (qbo-api.md 2.3). Raises Refused 2020, 2040, 2500, 6240, 6430, 6180."""
    _named(books, "Item", draft, old)
    kind = draft["Type"] = draft.get("Type") or (old or {}).get("Type") or "Service"
    if kind == "Group" and old is None:
        raise refusal("2170", "Invalid Enumeration : Group", "Type")
    if kind == "Category":
        draft.pop("IncomeAccountRef", None)
        return draft
    _item_accounts(books, draft, kind)
    draft.setdefault("Taxable", False)
    draft.setdefault("UnitPrice", ZERO)
    draft.setdefault("PurchaseCost", ZERO)
    draft["TrackQtyOnHand"] = kind == "Inventory"
    for key, target in (("SalesTaxCodeRef", "TaxCode"), ("ClassRef", "Class")):
        if ref_id(draft, key):
            draft[key] = ref(ref_id(draft, key), str(books.refer(target, ref_id(draft, key)).get("Name")))
    return draft


def _item_accounts(books: Books, draft: Body, kind: str) -> None:
    if not ref_id(draft, "IncomeAccountRef"):
        raise missing("IncomeAccountRef")
    if kind == "Inventory":
        for key in ("AssetAccountRef", "ExpenseAccountRef", "QtyOnHand", "InvStartDate"):
            if draft.get(key) is None:
                raise missing(key)
    for key in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef"):
        account_id = ref_id(draft, key)
        if not account_id:
            continue
        account = books.refer("Account", account_id, "Accounts")
        if key == "IncomeAccountRef" and account["AccountType"] not in ("Income", "Other Income"):
            raise refusal("6430", "Invalid account type used : an income account is needed", key)
        draft[key] = ref(account_id, account["FullyQualifiedName"])


def complete_account(books: Books, draft: Body, old: Body | None) -> Body:
    """An account (qbo-api.md 2.4). Raises Refused 2020, 2040, 2170, 6010, 6240."""
    if '"' in draft.get("Name", "") or ":" in draft.get("AcctNum", ""):
        raise refusal("2040", "Invalid String : quotes and colons are not allowed", "Name")
    _named(books, "Account", draft, old)
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
    draft["CurrencyRef"] = currency_ref(ref_id(old or draft, "CurrencyRef") or books.home)
    draft["CurrentBalance"] = draft["CurrentBalanceWithSubAccounts"] = (old or {}).get("CurrentBalance", ZERO)
    return draft


def complete_term(books: Books, draft: Body, old: Body | None) -> Body:
    """A term: so many days, or a day of the month. Raises Refused 2020, 2090, 6240."""
    _named(books, "Term", draft, old, full=False)
    by_days = draft.get("DueDays") is not None
    if not by_days and draft.get("DayOfMonthDue") is None:
        raise missing("DueDays")
    if by_days and not 0 <= draft["DueDays"] <= 999:
        raise refusal("2090", f"Invalid Number : {draft['DueDays']}", "DueDays")
    draft["Type"] = "STANDARD" if by_days else "DATE_DRIVEN"
    return draft


def complete_class(books: Books, draft: Body, old: Body | None) -> Body:
    """A class."""
    _named(books, "Class", draft, old)
    draft["SubClass"] = bool(ref_id(draft, "ParentRef"))
    return draft


def complete_department(books: Books, draft: Body, old: Body | None) -> Body:
    """A department, which pages call a location."""
    _named(books, "Department", draft, old)
    draft["SubDepartment"] = bool(ref_id(draft, "ParentRef"))
    return draft


def complete_payment_method(books: Books, draft: Body, old: Body | None) -> Body:
    """A payment method."""
    _named(books, "PaymentMethod", draft, old, full=False)
    draft.setdefault("Type", "NON_CREDIT_CARD")
    return draft


def complete_agency(books: Books, draft: Body, old: Body | None) -> Body:
    """A tax agency. Raises Refused 2020, 6240."""
    name = draft.get("DisplayName", "")
    if not name:
        raise missing("DisplayName")
    _unique(books, "TaxAgency", "name", name, old)
    draft.setdefault("TaxTrackedOnSales", True)
    draft.setdefault("TaxTrackedOnPurchases", False)
    return draft


def _named(books: Books, kind: str, draft: Body, old: Body | None, full: bool = True) -> None:
    """Name, Active, place under a parent, uniqueness. Raises Refused 2020, 2040, 2500, 6180, 6240."""
    draft["Active"] = draft.get("Active", True)
    name = draft.get("Name") or (old or {}).get("Name", "")
    if not name.strip():
        raise missing("Name")
    if ":" in name and kind != "Term":
        raise refusal("2040", "Invalid String : Name must not have a colon", "Name")
    if old and old.get("Active", True) and not draft["Active"]:
        name = books.retired((kind,), name)
    draft["Name"] = name
    if full:
        draft["FullyQualifiedName"] = _full_name(books, kind, draft)
        _unique(books, kind, "fullname", draft["FullyQualifiedName"], old)
    else:
        _unique(books, kind, "name", name, old)


def _full_name(books: Books, kind: str, draft: Body) -> str:
    parent_id = ref_id(draft, "ParentRef")
    draft.pop("Level", None)
    if kind == "Item":
        draft.pop("SubItem", None)
    if not parent_id:
        draft.pop("ParentRef", None)
        return str(draft["Name"])
    parent = books.find(kind, parent_id)
    if parent is None or parent_id == draft.get("Id"):
        raise bad_reference(f"{kind} element id {parent_id} not found", "ParentRef")
    level = parent["FullyQualifiedName"].count(":") + 1
    if level > 4:
        raise refusal("6180", "Sub Level Limit : at most five levels", "ParentRef")
    draft["ParentRef"] = ref(parent_id, parent["FullyQualifiedName"])
    if kind == "Item":
        if parent.get("Type") != "Category":
            raise bad_reference("the parent of an item must be a category", "ParentRef")
        draft["SubItem"], draft["Level"] = True, Decimal(level)
    return f"{parent['FullyQualifiedName']}:{draft['Name']}"


def _unique(books: Books, kind: str, column: str, name: str, old: Body | None) -> None:
    sql = f"SELECT id FROM entity WHERE {column} = ? AND kind = ? AND state != 0"  # noqa: S608
    if any(entity_id != (old or {}).get("Id") for (entity_id,) in books.store.rows(sql, (name, kind))):
        raise refusal("6240", "The name supplied already exists. : null")
