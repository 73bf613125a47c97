"""The balances of accounts: the CurrentBalance of balance sheet accounts (qbo-api.md 2.4).

A change records its effect on the balances; the accounts are written when they are read. Debits are positive, as
QuickBooks returns them; income and expense accounts have 0.
"""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.ledger import SHEET, Books
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, money, number, ref_id


def bring_up_to_date(books: Books) -> None:
    """Write the balances of the accounts: the time of change moves, the SyncToken does not."""
    rows = books.store.rows("SELECT account, cents, changed FROM posting")
    if not rows:
        return
    with books.store.transaction():
        for account, cents, changed in rows:
            _add(books, account, Decimal(cents) / 100, changed, own=True)
        books.store.run("DELETE FROM posting")


def move(books: Books, account: str, into: str) -> None:
    """Move the balance of one account to another."""
    bring_up_to_date(books)
    held = number(books.get("Account", account)["CurrentBalance"])
    books.post({account: -held, into: held})
    bring_up_to_date(books)


def _add(books: Books, account: str, amount: Decimal, epoch: int, own: bool) -> None:
    held = books.find("Account", account)
    if held is None or held.get("Classification") not in SHEET:
        return
    body = dict(held)
    for key in ("CurrentBalance", "CurrentBalanceWithSubAccounts") if own else ("CurrentBalanceWithSubAccounts",):
        body[key] = money(number(body.get(key, ZERO)) + amount)
    body["MetaData"] = {**body["MetaData"], "LastUpdatedTime": books.moment(epoch)}
    books.store.put("Account", body, epoch, books.epoch(body["MetaData"]["CreateTime"]))
    if ref_id(body, "ParentRef"):
        _add(books, ref_id(body, "ParentRef"), amount, epoch, own=False)
