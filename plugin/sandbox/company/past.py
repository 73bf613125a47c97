"""The sales of a company before its first day, and the resulting account balances."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.sandbox.books.accounts import bring_up_to_date
from onedesk_quickbooks.plugin.sandbox.books.ledger import Books
from onedesk_quickbooks.plugin.sandbox.entities.operations import create
from onedesk_quickbooks.plugin.sandbox.store import folded
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, money, number, ref


def sell(books: Books, data: Body) -> None:
    """Create invoices with their payments, and credit memos."""
    for doc, customer, ago, term, code, lines, paid in data.get("own_invoices", []):
        day = (books.today() - timedelta(days=int(ago))).isoformat()
        body: Body = {"DocNumber": doc, "TxnDate": day, "CustomerRef": ref(str(customer)), "SalesTermRef": ref(term)}
        if code:
            body["TxnTaxDetail"] = {"TxnTaxCodeRef": ref(code)}
        invoice = create(books, "Invoice", {**body, **_greeting(books, data, customer), **_lines(books, lines)})
        for amount in map(Decimal, paid if isinstance(paid, list) else [paid] if paid else []):
            link = {"Amount": amount, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
            payment = {"CustomerRef": ref(str(customer)), "TotalAmt": amount, "TxnDate": day, "Line": [link]}
            create(books, "Payment", {**payment, "PaymentMethodRef": ref("2")})
    for doc, customer, ago, lines, *applied in data.get("own_credit_memos", []):
        day = (books.today() - timedelta(days=int(ago))).isoformat()
        memo: Body = {"DocNumber": doc, "TxnDate": day, "CustomerRef": ref(customer)}
        made = create(books, "CreditMemo", {**memo, **_lines(books, lines)})
        for number_ in applied:
            _apply(books, made, number_)
    _other_forms(books, data)
    books.store.set_meta("doc_number", data.get("own_doc_number", "1000"))


def _apply(books: Books, memo: Body, doc: str) -> None:
    """Apply a credit memo to an invoice of its customer, by a payment of zero."""
    (invoice,) = books.store.select("kind = 'Invoice' AND number = ?", (folded(doc),))
    links = [{"TxnId": memo["Id"], "TxnType": "CreditMemo"}, {"TxnId": invoice.id, "TxnType": "Invoice"}]
    lines = [{"Amount": memo["TotalAmt"], "LinkedTxn": [each]} for each in links]
    payment = {"CustomerRef": memo["CustomerRef"], "TotalAmt": Decimal(0), "TxnDate": memo["TxnDate"], "Line": lines}
    create(books, "Payment", payment)


def restock(books: Books, data: Body) -> None:
    """Restore the stock of the first day, from which the past sales were subtracted."""
    for item_id, (_, quantity) in data.get("own_stock", {}).items():
        item = books.get("Item", item_id)
        books.save("Item", {**item, "QtyOnHand": Decimal(quantity)}, item, "", bump=False)


def balance(books: Books, data: Body) -> None:
    """Set the account balances of the first day directly, since the past entries behind them do not exist."""
    bring_up_to_date(books)
    for account, amount in data.get("own_balances", {}).items():
        held = books.get("Account", account)
        books.store.post(
            account, int((Decimal(amount) - number(held["CurrentBalance"])) * 100), int(books.clock().timestamp())
        )
    bring_up_to_date(books)


def _other_forms(books: Books, data: Body) -> None:
    """Create estimates with their states, sales receipts, and refunds from the bank account."""
    for kind, key in (
        ("Estimate", "own_estimates"),
        ("SalesReceipt", "own_sales_receipts"),
        ("RefundReceipt", "own_refund_receipts"),
    ):
        for doc, customer, ago, lines, *status in data.get(key, []):
            day = (books.today() - timedelta(days=int(ago))).isoformat()
            form: Body = {"DocNumber": doc, "TxnDate": day, "CustomerRef": ref(customer)}
            if status:
                form["TxnStatus"] = status[0]
            if kind == "RefundReceipt":
                form["DepositToAccountRef"] = ref("35")
            create(books, kind, {**form, **_lines(books, lines)})


def _greeting(books: Books, data: Body, customer: str) -> Body:
    """The message on an invoice for its customer, and its address."""
    email = books.get("Customer", customer).get("PrimaryEmailAddr")
    memo = data.get("own_customer_memo")
    return {**({"BillEmail": email} if email else {}), **({"CustomerMemo": {"value": memo}} if memo else {})}


def _lines(books: Books, rows: list[list[Any]]) -> Body:
    """The lines of a form, each with the description of its item."""
    lines = [_line(row) for row in rows]
    for line, row in zip(lines, rows, strict=True):
        text = books.get("Item", str(row[0])).get("Description")
        line.update({"Description": text} if text else {})
    return {"Line": lines}


def _line(row: list[Any]) -> Body:
    item, qty, unit, *taxed = row
    detail: Body = {"ItemRef": ref(item), "Qty": Decimal(str(qty)), "UnitPrice": Decimal(str(unit))}
    if taxed and taxed[0]:
        detail["TaxCodeRef"] = ref("TAX")
    amount = money(detail["Qty"] * detail["UnitPrice"])
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
