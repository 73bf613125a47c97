"""The amounts that an object adds to balance sheet accounts (qbo-api.md 2.4): pure, without access to the books.

Accounts are named by id. Two that the company chooses have symbolic names, which the books resolve: `UNDEPOSITED`, and
`receivable(code)` for amounts owed in a currency. A sale counts if its item has a balance sheet account, as a retainer
does: `of_item(id)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.wire.values import Body, money, number, ref_id

UNDEPOSITED = "undeposited"
_RECEIVABLE = "receivable "
_OF_ITEM = "item "
_SOLD = {"Invoice": -1, "SalesReceipt": -1, "CreditMemo": 1, "RefundReceipt": 1}
_RECEIVED = {"Payment": 1, "SalesReceipt": 1, "RefundReceipt": -1}


def receivable(code: str) -> str:
    """The receivables account for a currency."""
    return _RECEIVABLE + code


def receivable_currency(account: str) -> str | None:
    """The currency of a `receivable` account (empty: the home currency), None for any other account."""
    return account[len(_RECEIVABLE) :] if account.startswith(_RECEIVABLE) else None


def of_item(account: str) -> str:
    """The account of a sold item."""
    return _OF_ITEM + account


def item_account(account: str) -> str | None:
    """The id of an account `of_item`, None for any other account."""
    return account[len(_OF_ITEM) :] if account.startswith(_OF_ITEM) else None


def postings(kind: str, body: Body, owed: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Account and amount of each posting of an object; `owed` is its effect on the customer's balance."""
    if owed:
        yield receivable(ref_id(body, "CurrencyRef")), owed
    if kind in _SOLD:
        yield from _sold(body, _SOLD[kind] * number(body.get("ExchangeRate", 1)))
    if kind in _RECEIVED:
        amount = number(body.get("HomeTotalAmt", body.get("TotalAmt")))
        yield ref_id(body, "DepositToAccountRef"), _RECEIVED[kind] * amount
    elif kind == "Invoice" and body.get("Deposit"):
        amount = money(number(body["Deposit"]) * number(body.get("ExchangeRate", 1)))
        yield ref_id(body, "DepositToAccountRef"), amount
    elif kind == "Deposit":
        yield from _deposited(body)
    elif kind == "Item" and body.get("Type") == "Inventory":
        worth = number(body.get("QtyOnHand")) * number(body.get("PurchaseCost"))
        yield ref_id(body, "AssetAccountRef"), money(worth)


def _sold(body: Body, each: Decimal) -> Iterator[tuple[str, Decimal]]:
    for line in body.get("Line", []):
        for sold in (line, *(line.get("GroupLineDetail") or {}).get("Line", [])):
            account = ref_id(sold.get("SalesItemLineDetail") or {}, "ItemAccountRef")
            if account:
                yield of_item(account), money(number(sold.get("Amount")) * each)


def _deposited(body: Body) -> Iterator[tuple[str, Decimal]]:
    yield ref_id(body, "DepositToAccountRef"), number(body.get("TotalAmt"))
    for line in body.get("Line", []):
        source = ref_id(line.get("DepositLineDetail") or {}, "AccountRef")
        yield source or UNDEPOSITED, -number(line["Amount"])
