"""Payments: what they are applied to, and the effect on invoices and credit memos (qbo-api.md 2.4)."""

from __future__ import annotations

from decimal import Decimal

from onedesk_quickbooks.plugin.sandbox.books.currency import price
from onedesk_quickbooks.plugin.sandbox.books.exchange import book_gain
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.forms.sales import customer_of, voided_note
from onedesk_quickbooks.plugin.sandbox.wire.faults import business, missing, not_found, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref, ref_id

Key = tuple[str, str]
_OPEN = {"Invoice": "Balance", "CreditMemo": "RemainingCredit"}
_OTHERS = ("JournalEntry", "Expense", "Check", "CreditCardCredit", "Deposit")
_JUNK = {
    "name": "{http://schema.intuit.com/finance/v3}NameValue",
    "declaredType": "com.intuit.schema.finance.v3.NameValue",
    "scope": "javax.xml.bind.JAXBElement$GlobalScope",
    "nil": False,
    "globalScope": True,
    "typeSubstituted": False,
}


def complete_payment(books: Books, draft: Body, old: Body | None) -> Body:
    """A payment. Raises Refused 2020, 2500, 6000, 610, 620."""
    customer = customer_of(books, draft)
    if draft.get("TotalAmt") is None:
        raise business("You must set a transaction amount.")
    draft["TotalAmt"] = money(draft["TotalAmt"])
    if draft["TotalAmt"] < 0:
        raise business("Transaction amount must be 0 or greater.")
    draft["TxnDate"] = draft.get("TxnDate") or books.today().isoformat()
    price(books, draft, customer)
    account = ref_id(draft, "DepositToAccountRef") or books.store.meta("undeposited_account")
    draft["DepositToAccountRef"] = ref(books.refer("Account", account, "Accounts")["Id"])
    if ref_id(draft, "PaymentMethodRef"):
        draft["PaymentMethodRef"] = ref(books.refer("PaymentMethod", ref_id(draft, "PaymentMethodRef"))["Id"])
    draft["Line"] = [
        _line(books, each, number_, customer, old) for number_, each in enumerate(draft.get("Line") or [], 1)
    ]
    draft["UnappliedAmt"] = _unapplied(draft)
    draft["ProcessPayment"] = bool(draft.get("ProcessPayment"))
    draft["LinkedTxn"] = list((old or {}).get("LinkedTxn", []))
    if books.multicurrency:
        draft["HomeTotalAmt"] = money(draft["TotalAmt"] * number(draft.get("ExchangeRate", 1)))
    return draft


def write_payment(books: Books, draft: Body, old: Body | None) -> Body:
    """Complete, write and apply a payment that QuickBooks creates or changes automatically."""
    if old:
        draft["MetaData"] = old["MetaData"]
    new = books.save("Payment", complete_payment(books, draft, old), old, "Update" if old else "Create")
    apply_payment(books, old, new)
    return new


def apply_payment(books: Books, old: Body | None, new: Body | None) -> None:
    """Update balances and links of the transactions that a payment was and is applied to, and post its exchange
    gain."""
    before, after = _applied(old), _applied(new)
    book_gain(books, old, new)
    payment_id = str((new or old or {})["Id"])
    for key in {**before, **after}:
        was, now = before.get(key, ZERO), after.get(key, ZERO)
        if was != now or (key in before) != (key in after):
            _move(books, key, now - was, payment_id, key in after)


def release(books: Books, invoice: Body, keep: Decimal) -> None:
    """Unapply payments from an invoice, newest first, until at most `keep` is applied."""
    applied = number(invoice["TotalAmt"]) - number(invoice.get("Deposit")) - number(invoice["Balance"])
    excess = applied - keep
    for link in reversed(list(invoice.get("LinkedTxn", []))):
        if excess <= 0 or link["TxnType"] != "Payment":
            continue
        payment = books.get("Payment", link["TxnId"])
        excess -= _shorten(books, payment, str(invoice["Id"]), excess)


def _shorten(books: Books, payment: Body, invoice_id: str, excess: Decimal) -> Decimal:
    """Reduce the amount of a payment for one invoice; return the reduction."""
    new = {**payment, "Line": [dict(line) for line in payment["Line"]]}
    freed = ZERO
    for line in new["Line"]:
        if line["LinkedTxn"][0] == {"TxnId": invoice_id, "TxnType": "Invoice"}:
            freed = min(excess, line["Amount"])
            line["Amount"] = money(line["Amount"] - freed)
    new["Line"] = [line for line in new["Line"] if line["Amount"]]
    new["UnappliedAmt"] = _unapplied(new)
    books.save("Payment", new, payment, "Update")
    apply_payment(books, payment, new)
    return freed


def voided_payment(body: Body) -> Body:
    """A payment with all amounts zero (qbo-api.md 3.5)."""
    body.update(TotalAmt=ZERO, UnappliedAmt=ZERO, Line=[], PrivateNote=voided_note(body))
    if "HomeTotalAmt" in body:
        body["HomeTotalAmt"] = ZERO
    return body


def _applied(body: Body | None) -> dict[Key, Decimal]:
    found: dict[Key, Decimal] = {}
    for line in (body or {}).get("Line", []):
        link = line["LinkedTxn"][0]
        key = (link["TxnType"], link["TxnId"])
        found[key] = found.get(key, ZERO) + number(line["Amount"])
    return found


def _line(books: Books, line: Body, number_: int, customer: Body, old: Body | None) -> Body:
    """One line: an amount for one open transaction of this customer."""
    links = line.get("LinkedTxn") or []
    if line.get("Amount") is None:
        raise missing("Amount")
    if len(links) != 1 or not links[0].get("TxnId") or not links[0].get("TxnType"):
        raise missing("LinkedTxn")
    kind, txn_id = str(links[0]["TxnType"]), str(links[0]["TxnId"])
    if kind in _OTHERS:
        raise not_found()
    if kind not in _OPEN:
        raise _unlinkable("Transaction Type specified cannot be linked")
    target = books.get(kind, txn_id)
    amount = money(line["Amount"])
    if amount < 0:
        raise refusal("2290", "NegativeAmount : the amount of a line must not be negative", "Amount")
    if customer["Id"] not in _family(books, ref_id(target, "CustomerRef")):
        raise _unlinkable("The transaction belongs to another customer")
    held = _applied(old).get((kind, txn_id), ZERO)
    if amount > number(target[_OPEN[kind]]) + held:
        raise _unlinkable("The amount is more than the open balance of the transaction")
    return {"Amount": amount, "LinkedTxn": [{"TxnId": txn_id, "TxnType": kind}], "LineEx": _line_ex(target, kind)}


def _family(books: Books, customer_id: str) -> list[str]:
    """A customer and its parents, who may pay for it."""
    found = []
    while customer_id and customer_id not in found:
        found.append(customer_id)
        customer_id = ref_id(books.get("Customer", customer_id), "ParentRef")
    return found


def _unlinkable(why: str) -> Exception:
    return refusal("620", f"Txn ID Cannot Be Linked : {why}")


def _line_ex(target: Body, kind: str) -> Body:
    values = {
        "txnId": target["Id"],
        "txnOpenBalance": f"{number(target[_OPEN[kind]]):.2f}",
        "txnReferenceNumber": target.get("DocNumber", ""),
    }
    return {"any": [{**_JUNK, "value": {"Name": name, "Value": value}} for name, value in values.items()]}


def _unapplied(draft: Body) -> Decimal:
    """The unapplied amount of a payment. Raises Refused 6000 if more is applied than was paid."""
    left = number(draft["TotalAmt"])
    targets: dict[Key, Decimal] = _applied(draft)
    for (kind, _), amount in targets.items():
        left += amount if kind == "CreditMemo" else -amount
    if left < 0:
        raise business("The amount applied is more than the amount of the payment.")
    return money(left)


def _move(books: Books, key: Key, delta: Decimal, payment_id: str, linked: bool) -> None:
    kind, txn_id = key
    old = books.get(kind, txn_id)
    new = dict(old)
    balance = money(number(old[_OPEN[kind]]) - delta)
    if balance < 0:
        raise _unlinkable("The amount is more than the open balance of the transaction")
    new[_OPEN[kind]] = new["Balance"] = balance
    if "HomeBalance" in new:
        new["HomeBalance"] = money(balance * number(new.get("ExchangeRate", 1)))
    others = [each for each in old.get("LinkedTxn", []) if (each["TxnType"], each["TxnId"]) != ("Payment", payment_id)]
    new["LinkedTxn"] = [*others, {"TxnId": payment_id, "TxnType": "Payment"}] if linked else others
    books.save(kind, new, old, "Update")
