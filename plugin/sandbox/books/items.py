"""Items: services, goods, categories, bundles (qbo-api.md 2.3)."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox.books.families import named
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.faults import business, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, ref, ref_id

_INCOME = ("Income", "Other Income")
_LIABILITY = ("Other Current Liability", "Long Term Liability")
"""The accounts on which a user of QuickBooks may have items for retainers and advances; the API only accepts income
accounts."""


def complete_item(books: Books, draft: Body, old: Body | None) -> Body:
    """An item (qbo-api.md 2.3). Raises Refused 2020, 2040, 2500, 6240, 6430, 6180."""
    named(books, "Item", draft, old)
    if not draft.get("Type") and old is None and not books.by_hand:
        raise missing("Type")
    kind = draft["Type"] = draft.get("Type") or (old or {}).get("Type") or "Service"
    if kind == "Group":
        return _bundle(books, draft, old)
    if kind == "Category":
        if not draft["Active"]:
            raise business("A category cannot be made inactive.")
        draft.pop("IncomeAccountRef", None)
        return draft
    _item_accounts(books, draft, kind, old or {})
    draft.setdefault("Taxable", False)
    draft.setdefault("UnitPrice", ZERO)
    draft.setdefault("PurchaseCost", ZERO)
    draft["TrackQtyOnHand"] = kind == "Inventory"
    for key, target in (("SalesTaxCodeRef", "TaxCode"), ("ClassRef", "Class")):
        if ref_id(draft, key):
            draft[key] = ref(ref_id(draft, key), str(books.refer(target, ref_id(draft, key)).get("Name")))
    return draft


def _item_accounts(books: Books, draft: Body, kind: str, old: Body) -> None:
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
        allowed = (*_INCOME, *_LIABILITY) if books.by_hand or account_id == ref_id(old, key) else _INCOME
        if key == "IncomeAccountRef" and account["AccountType"] not in allowed:
            raise refusal("6430", "Invalid account type used : an income account is needed", key)
        draft[key] = ref(account_id, account["FullyQualifiedName"])


def _bundle(books: Books, draft: Body, old: Body | None) -> Body:
    """A bundle, which only the company's owner can create, not the API."""
    if old is None and not books.by_hand:
        raise refusal("2170", "Invalid Enumeration : Group", "Type")
    members = draft.get("ItemGroupDetail") or (old or {}).get("ItemGroupDetail") or {"ItemGroupLine": []}
    for each in members["ItemGroupLine"]:
        item = books.refer("Item", ref_id(each, "ItemRef"), "Items")
        each["ItemRef"] = {**ref(item["Id"], item["FullyQualifiedName"]), "type": item["Type"]}
    draft["ItemGroupDetail"] = members
    draft.setdefault("PrintGroupedItems", False)
    return draft
