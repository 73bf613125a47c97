"""What stands on the accounts: the CurrentBalance of those of the balance sheet (qbo-api.md 2.4).

A change notes what it adds; the accounts themselves are written when somebody looks at them. Debits are positive, as
QuickBooks answers them; income and expense accounts are answered with 0.
"""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.ledger import SHEET, Books
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, money, number, ref_id


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
