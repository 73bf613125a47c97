"""What a payment in a foreign currency gains or loses: the day's rate against the rates of what it is applied to."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.currency import currency_ref
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number

ACCOUNT = "Exchange Gain or Loss"
_META = "exchange_gain"


def book_gain(books: Books, old: Body | None, new: Body | None) -> None:
    """Books what a payment gains by now; QuickBooks makes the account when it needs it first."""
    change = _gain(books, new) - _gain(books, old)
    if not change:
        return
    if books.named("Account", ACCOUNT) is None:
        account: Body = {
            "Name": ACCOUNT,
            "FullyQualifiedName": ACCOUNT,
            "SubAccount": False,
            "Active": True,
            "Classification": "Expense",
            "AccountType": "Other Expense",
            "AccountSubType": "ExchangeGainOrLoss",
            "CurrentBalance": ZERO,
            "CurrentBalanceWithSubAccounts": ZERO,
            "CurrencyRef": currency_ref(books.home),
        }
        books.save("Account", account, None, "Create")
    books.store.set_meta(_META, str(exchange_gain(books) + change))


def exchange_gain(books: Books) -> Decimal:
    """All that was gained, in the home currency, below zero for a loss: income and expense accounts are answered with
    0, so that only reports show it."""
    return Decimal(books.store.meta(_META, "0"))


def _gain(books: Books, payment: Body | None) -> Decimal:
    """Home units that a payment brings beyond what it settles: what came in, and credits, at their rates, less invoices
    at theirs; what is applied to nothing stays at the rate of the day."""
    rate = number((payment or {}).get("ExchangeRate", 1))
    if payment is None or rate == 1:
        return ZERO
    found = money((number(payment["TotalAmt"]) - number(payment.get("UnappliedAmt"))) * rate)
    for line in payment.get("Line", []):
        link = line["LinkedTxn"][0]
        target = books.find(link["TxnType"], link["TxnId"]) or {}
        worth = money(number(line["Amount"]) * number(target.get("ExchangeRate", 1)))
        found += worth if link["TxnType"] == "CreditMemo" else -worth
    return found
