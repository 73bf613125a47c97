"""Exchange gains of payments in a foreign currency: the rate of the day against the rates of the settled
transactions."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.currency import currency_ref
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number

ACCOUNT = "Exchange Gain or Loss"
_META = "exchange_gain"


def book_gain(books: Books, old: Body | None, new: Body | None) -> None:
    """Post the change of a payment's gain; QuickBooks creates the account on first use."""
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
    """The total gain in the home currency, negative for a loss. Only reports have it, since income and expense accounts
    are answered with 0."""
    return Decimal(books.store.meta(_META, "0"))


def _gain(books: Books, payment: Body | None) -> Decimal:
    """The gain of a payment in home units: the amount received, and credits, at their rates, less invoices at theirs;
    an unapplied amount is at the rate of the day."""
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
