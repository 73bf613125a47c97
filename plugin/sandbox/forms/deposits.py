"""Deposits: received money is moved to the bank, and unchangeable from then on (qbo-api.md 2.4, 6540)."""

from __future__ import annotations

from onedesk_quickbooks.plugin.sandbox.books.currency import currency_ref
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.wire.faults import business, missing, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import ZERO, Body, money, number, ref_id

_RECEIVED = ("Payment", "SalesReceipt")
_INTO = ("Bank", "Other Current Asset", "Credit Card")


def complete_deposit(books: Books, draft: Body, old: Body | None) -> Body:
    """A deposit of payments and sales receipts, and of amounts from accounts. Raises Refused 2020, 2500, 620, 6430."""
    wanted = ref_id(draft, "DepositToAccountRef")
    if not wanted:
        raise missing("DepositToAccountRef")
    account = books.refer("Account", wanted, "Accounts")
    if account["AccountType"] not in _INTO:
        raise refusal("6430", f"Invalid account type used : {account['AccountType']}", "DepositToAccountRef")
    if not draft.get("Line"):
        raise missing("Line")
    draft["DepositToAccountRef"] = books.label("Account", account["Id"])
    own = _received(old) if old else []
    draft["Line"] = [_line(books, each, place, own) for place, each in enumerate(draft["Line"], 1)]
    received = _received(draft)
    if len(set(received)) < len(received):
        raise refusal("620", "Txn ID Cannot Be Linked : The transaction is named twice")
    draft["TotalAmt"] = money(sum((each["Amount"] for each in draft["Line"]), ZERO))
    draft["TxnDate"] = draft.get("TxnDate") or books.today().isoformat()
    draft["CurrencyRef"] = currency_ref(books.home)
    return draft


def _received(deposit: Body) -> list[str]:
    """The ids of the payments and receipts in a deposit."""
    return [each["LinkedTxn"][0]["TxnId"] for each in deposit["Line"] if each.get("LinkedTxn")]


def _line(books: Books, line: Body, place: int, own: list[str]) -> Body:
    links = line.get("LinkedTxn") or []
    if not links:
        return _from_account(books, line, place)
    kind, txn_id = str(links[0].get("TxnType", "")), str(links[0].get("TxnId", ""))
    if len(links) != 1 or kind not in _RECEIVED:
        raise refusal("620", "Txn ID Cannot Be Linked : Transaction Type specified cannot be linked")
    target = books.get(kind, txn_id)
    elsewhere = is_deposited(target) and txn_id not in own
    if elsewhere or ref_id(target, "DepositToAccountRef") != books.store.meta("undeposited_account"):
        raise refusal("620", "Txn ID Cannot Be Linked : The transaction is not among the undeposited funds")
    amount = number(target["TotalAmt"])
    if line.get("Amount") is not None and money(line["Amount"]) != amount:
        raise business("A deposit takes the whole amount of a transaction.")
    return {"Amount": amount, "LinkedTxn": [{"TxnId": txn_id, "TxnType": kind, "TxnLineId": "0"}]}


def _from_account(books: Books, line: Body, place: int) -> Body:
    detail = line.get("DepositLineDetail") or {}
    if line.get("Amount") is None:
        raise missing("Amount")
    if not ref_id(detail, "AccountRef"):
        raise missing("AccountRef")
    account = books.refer("Account", ref_id(detail, "AccountRef"), "Accounts")["Id"]
    held: Body = {"Id": str(place), "LineNum": place, "Amount": money(line["Amount"])}
    if line.get("Description"):
        held["Description"] = line["Description"]
    return {
        **held,
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": {**detail, "AccountRef": books.label("Account", account)},
    }


def follow_deposit(books: Books, old: Body | None, new: Body | None) -> None:
    """Add the link to the deposit to what was deposited, or remove it."""
    for body, linked in ((old, False), (new, True)):
        for line in (body or {}).get("Line", []):
            for link in line.get("LinkedTxn", []):
                held = books.get(link["TxnType"], link["TxnId"])
                others = [each for each in held["LinkedTxn"] if each["TxnType"] != "Deposit"]
                own = [{"TxnId": (body or {})["Id"], "TxnType": "Deposit"}] if linked else []
                books.save(link["TxnType"], {**held, "LinkedTxn": [*others, *own]}, held, "Update")


def is_deposited(body: Body) -> bool:
    """Whether a payment or receipt is in a deposit."""
    return any(each["TxnType"] == "Deposit" for each in body.get("LinkedTxn", []))


def check_deposited(kind: str, body: Body) -> None:
    """Raise Refused 6540 for a change of what is in a deposit."""
    if kind in _RECEIVED and is_deposited(body):
        raise refusal("6540", "Deposited Transaction cannot be changed : delete its deposit first")
