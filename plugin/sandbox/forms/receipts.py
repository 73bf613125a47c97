"""The forms without a balance: estimates, sales receipts, refund receipts (qbo-api.md 2.1)."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.forms.sales import complete_sale, home
from onedesk_quickbooks.plugin.sandbox.wire.faults import missing
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, ref_id


def complete_estimate(books: Books, draft: Body, old: Body | None) -> Body:
    """An estimate: pending until it is accepted, rejected or converted to an invoice."""
    complete_sale(books, "Estimate", draft, old)
    draft["TxnStatus"] = draft.get("TxnStatus") or "Pending"
    if draft["TxnStatus"] in ("Accepted", "Closed") and not draft.get("AcceptedDate"):
        draft["AcceptedDate"] = books.today().isoformat()
    draft["LinkedTxn"] = [each for each in (old or {}).get("LinkedTxn", []) if each["TxnType"] == "Invoice"]
    home(books, draft)
    return draft


def complete_sales_receipt(books: Books, draft: Body, old: Body | None) -> Body:
    """A sale that is paid at once."""
    return _paid(books, "SalesReceipt", draft, old, books.store.meta("undeposited_account"))


def complete_refund_receipt(books: Books, draft: Body, old: Body | None) -> Body:
    """A refund. Raises Refused 2020 if the account is missing."""
    if not ref_id(draft, "DepositToAccountRef"):
        raise missing("DepositToAccountRef")
    return _paid(books, "RefundReceipt", draft, old, "")


def _paid(books: Books, kind: str, draft: Body, old: Body | None, account: str) -> Body:
    complete_sale(books, kind, draft, old)
    wanted = ref_id(draft, "DepositToAccountRef") or account
    draft["DepositToAccountRef"] = books.label("Account", books.refer("Account", wanted, "Accounts")["Id"])
    draft["Balance"] = ZERO
    draft["LinkedTxn"] = list((old or {}).get("LinkedTxn", []))
    home(books, draft, "Balance")
    return draft
