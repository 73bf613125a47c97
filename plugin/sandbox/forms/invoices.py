"""The forms that change a customer's balance: invoices and credit memos (qbo-api.md 2.1)."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.forms.links import estimate_link
from onedesk_quickbooks.plugin.sandbox.forms.sales import complete_sale, due, home, payment_links
from onedesk_quickbooks.plugin.sandbox.wire.faults import business
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref_id


def complete_invoice(books: Books, draft: Body, old: Body | None) -> Body:
    """An invoice: due date, balance (less existing payments), online payment flags."""
    _deposit(books, draft)
    asked = draft.pop("LinkedTxn", [])
    complete_sale(books, "Invoice", draft, old)
    draft["DueDate"] = draft.get("DueDate") or due(books, draft)
    paid = number(old["TotalAmt"]) - number(old.get("Deposit")) - number(old["Balance"]) if old else ZERO
    balance = draft["TotalAmt"] - number(draft.get("Deposit")) - paid
    if balance < 0 and number(draft.get("Deposit")) > draft["TotalAmt"]:
        raise business("The deposit must not be more than the total.")
    draft["Balance"] = money(balance)
    draft["LinkedTxn"] = [*estimate_link(books, draft, asked, old), *payment_links(old)]
    for key in ("AllowIPNPayment", "AllowOnlinePayment", "AllowOnlineCreditCardPayment", "AllowOnlineACHPayment"):
        draft.setdefault(key, False)
    draft.setdefault("FreeFormAddress", True)
    if not draft.get("ShipFromAddr") and books.company.get("CompanyAddr"):
        draft["ShipFromAddr"] = dict(books.company["CompanyAddr"])
    for line in draft["Line"]:
        line["CustomExtensions"] = []
    home(books, draft, "Balance")
    return draft


def _deposit(books: Books, draft: Body) -> None:
    """Money received with the invoice, and its account: undeposited funds by default.

    Dropped if the company has no deposits. Raises Refused 2500, 6000 (negative).
    """
    if not books.preferences["SalesFormsPrefs"].get("AllowDeposit"):
        draft.pop("Deposit", None)
    if number(draft.get("Deposit")) < 0:
        raise business("The deposit must be 0 or greater.")
    if draft.get("Deposit") is not None:
        draft["Deposit"] = money(draft["Deposit"])
    if draft.get("Deposit"):
        wanted = ref_id(draft, "DepositToAccountRef") or books.store.meta("undeposited_account")
        draft["DepositToAccountRef"] = books.label("Account", books.refer("Account", wanted, "Accounts")["Id"])
    else:
        draft.pop("DepositToAccountRef", None)


def complete_credit_memo(books: Books, draft: Body, old: Body | None) -> Body:
    """A credit memo, with its remaining amount."""
    complete_sale(books, "CreditMemo", draft, old)
    used = number(old["TotalAmt"]) - number(old["RemainingCredit"]) if old else ZERO
    if draft["TotalAmt"] < used:
        raise business("The credit memo is applied for more than its new total.")
    draft["RemainingCredit"] = draft["Balance"] = money(draft["TotalAmt"] - used)
    draft["LinkedTxn"] = payment_links(old)
    home(books, draft, "Balance")
    return draft
