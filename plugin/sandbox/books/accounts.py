"""What stands on the accounts: the CurrentBalance of those of the balance sheet (qbo-api.md 2.4).

A change notes what it adds; the accounts themselves are written when somebody looks at them. Debits are positive, as
QuickBooks answers them; income and expense accounts are answered with 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref_id

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.sandbox.books.ledger import Books

RECEIVABLE = "84"
"""The account that customers of the home currency owe on."""

_RECEIVED = {"Payment": 1, "SalesReceipt": 1, "RefundReceipt": -1}
_SHEET = ("Asset", "Liability", "Equity")


def postings(books: Books, kind: str, body: Body, owed: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Account and amount of everything that an object adds; `owed` is what its customer owes by it."""
    if owed:
        yield _receivable(books, ref_id(body, "CurrencyRef")), owed
    if kind in _RECEIVED:
        amount = number(body.get("HomeTotalAmt", body.get("TotalAmt")))
        yield ref_id(body, "DepositToAccountRef"), _RECEIVED[kind] * amount
    elif kind == "Invoice" and body.get("Deposit"):
        amount = money(number(body["Deposit"]) * number(body.get("ExchangeRate", 1)))
        yield ref_id(body, "DepositToAccountRef"), amount
    elif kind == "Deposit":
        yield from _deposited(books, body)
    elif kind == "Item" and body.get("Type") == "Inventory":
        worth = number(body.get("QtyOnHand")) * number(body.get("PurchaseCost"))
        yield ref_id(body, "AssetAccountRef"), money(worth)


def _receivable(books: Books, code: str) -> str:
    if code in ("", books.home):
        return RECEIVABLE
    found = books.named("Account", f"Accounts Receivable (A/R) - {code}")
    return str(found["Id"]) if found else ""


def _deposited(books: Books, body: Body) -> Iterator[tuple[str, Decimal]]:
    yield ref_id(body, "DepositToAccountRef"), number(body.get("TotalAmt"))
    for line in body.get("Line", []):
        source = ref_id(line.get("DepositLineDetail") or {}, "AccountRef")
        yield source or books.store.meta("undeposited_account"), -number(line["Amount"])


def post(books: Books, posted: dict[str, Decimal]) -> None:
    """Keeps what was noted until somebody looks."""
    epoch = int(books.clock().timestamp())
    for account, amount in posted.items():
        if account and amount:
            books.store.post(account, int(amount * 100), epoch)


def bring_up_to_date(books: Books) -> None:
    """Writes the balances of the accounts: the time of change moves, the SyncToken does not."""
    rows = books.store.rows("SELECT account, cents, changed FROM posting")
    if not rows:
        return
    with books.store.transaction():
        for account, cents, changed in rows:
            _add(books, account, Decimal(cents) / 100, changed, own=True)
        books.store.run("DELETE FROM posting")


def move(books: Books, account: str, into: str) -> None:
    """What stands on one account stands on another."""
    bring_up_to_date(books)
    held = number(books.get("Account", account)["CurrentBalance"])
    post(books, {account: -held, into: held})
    bring_up_to_date(books)


def _add(books: Books, account: str, amount: Decimal, epoch: int, own: bool) -> None:
    held = books.find("Account", account)
    if held is None or held.get("Classification") not in _SHEET:
        return
    body = dict(held)
    for key in ("CurrentBalance", "CurrentBalanceWithSubAccounts") if own else ("CurrentBalanceWithSubAccounts",):
        body[key] = money(number(body.get(key, ZERO)) + amount)
    body["MetaData"] = {**body["MetaData"], "LastUpdatedTime": books.moment(epoch)}
    books.store.put("Account", body, epoch, books.epoch(body["MetaData"]["CreateTime"]))
    if ref_id(body, "ParentRef"):
        _add(books, ref_id(body, "ParentRef"), amount, epoch, own=False)
