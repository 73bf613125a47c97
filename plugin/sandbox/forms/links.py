"""Side effects of invoices: the estimate that they come from, and credits that are applied automatically."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.forms.payments import write_payment
from onedesk_quickbooks.plugin.sandbox.wire.faults import not_found, refusal
from onedesk_quickbooks.plugin.sandbox.wire.fields import merged
from onedesk_quickbooks.plugin.sandbox.wire.forms import PAYMENT
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref, ref_id


def estimate_link(books: Books, draft: Body, asked: list[Body], old: Body | None) -> list[Body]:
    """The estimate of an invoice, one at most (qbo-api.md 2.1). Raises Refused 610, 620, 2500.

    `asked` are the links of the request; existing links are kept.
    """
    wanted = [str(each.get("TxnId", "")) for each in asked if each.get("TxnType") == "Estimate"]
    kinds = {str(each.get("TxnType")) for each in asked}
    if "TimeActivity" in kinds:
        raise not_found()
    if kinds - {"Estimate", "Payment", "CreditMemo"} or len(set(wanted)) > 1:
        raise refusal("620", "Txn ID Cannot Be Linked : Transaction Type specified cannot be linked")
    held = _estimates(old)
    for estimate_id in wanted:
        estimate = books.get("Estimate", estimate_id)
        if ref_id(estimate, "CustomerRef") != ref_id(draft, "CustomerRef"):
            raise refusal("620", "Txn ID Cannot Be Linked : The transaction belongs to another customer")
        if estimate["TxnStatus"] in ("Closed", "Rejected") and estimate_id not in held:
            raise refusal("620", "Txn ID Cannot Be Linked : The estimate is closed")
    return [{"TxnId": each, "TxnType": "Estimate"} for each in dict.fromkeys(wanted)]


def follow_invoice(books: Books, old: Body | None, new: Body | None) -> Body | None:
    """Close and reopen estimates, apply credits to a new invoice; returns the invoice if that changed it."""
    invoice_id = str((new or old or {})["Id"])
    before, after = _estimates(old), _estimates(new)
    for estimate_id in after:
        if estimate_id not in before:
            _mark(books, estimate_id, invoice_id, "Closed")
    for estimate_id in before:
        if estimate_id not in after:
            _mark(books, estimate_id, invoice_id, "Pending")
    if old is None and new is not None and number(new["Balance"]) > 0:
        return _apply_credits(books, new)
    return None


def _estimates(body: Body | None) -> list[str]:
    return [each["TxnId"] for each in (body or {}).get("LinkedTxn", []) if each["TxnType"] == "Estimate"]


def _mark(books: Books, estimate_id: str, invoice_id: str, status: str) -> None:
    held = books.find("Estimate", estimate_id)
    if held is None:
        return
    link = {"TxnId": invoice_id, "TxnType": "Invoice"}
    others = [each for each in held.get("LinkedTxn", []) if each != link]
    new = {**held, "TxnStatus": status, "LinkedTxn": [*others, link] if status == "Closed" else others}
    books.save("Estimate", new, held, "Update")


def _apply_credits(books: Books, invoice: Body) -> Body | None:
    """Apply a customer's credits to a new invoice, if the preferences say so (qbo-api.md section 8, 13)."""
    prefs = books.preferences["SalesFormsPrefs"]
    open_ = number(invoice["Balance"])
    if prefs.get("AutoApplyPayments"):
        open_ = _by_payments(books, invoice, open_)
    if prefs.get("AutoApplyCredit"):
        open_ = _by_memos(books, invoice, open_)
    return books.get("Invoice", invoice["Id"]) if open_ != number(invoice["Balance"]) else None


def _by_payments(books: Books, invoice: Body, open_: Decimal) -> Decimal:
    """Apply unapplied payments, oldest first; return the open amount."""
    for row in books.store.select(
        "kind = 'Payment' AND customer = ? AND state = 2", (ref_id(invoice, "CustomerRef"),), "ORDER BY txndate, ord"
    ):
        payment = row.body
        used = min(open_, number(payment["UnappliedAmt"]))
        if used > 0:
            draft = merged(payment, {"Line": [*payment["Line"], _line(used, invoice, "Invoice")]}, True, PAYMENT)
            write_payment(books, draft, payment)
            open_ -= used
    return open_


def _by_memos(books: Books, invoice: Body, open_: Decimal) -> Decimal:
    """Apply credit memos, oldest first, by one payment of zero; return the open amount."""
    lines, used = [], ZERO
    for row in books.store.select(
        "kind = 'CreditMemo' AND customer = ? AND state = 2 AND balance > 0",
        (ref_id(invoice, "CustomerRef"),),
        "ORDER BY txndate, ord",
    ):
        amount = min(open_ - used, number(row.body["RemainingCredit"]))
        if amount > 0:
            lines.append(_line(amount, row.body, "CreditMemo"))
            used += amount
    if lines:
        draft: Body = {
            "CustomerRef": ref(ref_id(invoice, "CustomerRef")),
            "TotalAmt": ZERO,
            "TxnDate": invoice["TxnDate"],
            "Line": [_line(used, invoice, "Invoice"), *lines],
        }
        if "ExchangeRate" in invoice:
            draft["ExchangeRate"] = invoice["ExchangeRate"]
        write_payment(books, draft, None)
    return open_ - used


def _line(amount: Decimal, target: Body, kind: str) -> Body:
    return {"Amount": money(amount), "LinkedTxn": [{"TxnId": target["Id"], "TxnType": kind}]}
