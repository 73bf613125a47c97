"""Pages for people: the company as its QuickBooks user sees it, an invoice as its customer sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from onedesk_quickbooks.plugin.sandbox import query
from onedesk_quickbooks.plugin.sandbox.books.outbox import emails
from onedesk_quickbooks.plugin.sandbox.people.html import page
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, number, ref_id

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.sandbox.sandbox import Sandbox

View = Callable[["Sandbox", Request], Response]
_SHOWN = 200


def home(sandbox: Sandbox, request: Request) -> Response:
    """Invoices, payments, customers, items, e-mails."""

    def rows(kind: str, order: str) -> list[Body]:
        text = f"select * from {kind} {order} maxresults {_SHOWN}"  # noqa: S608
        found: list[Body] = query.run(sandbox.books, text).get(kind, [])
        return found

    with sandbox.books.store.lock:
        return page(
            "company.html",
            company=sandbox.books.company,
            currency=sandbox.books.home,
            realm=sandbox.realm_id,
            client_id=sandbox.client_id,
            base=request.url_root.rstrip("/"),
            invoices=rows("Invoice", "orderby TxnDate desc, Id desc"),
            payments=rows("Payment", "orderby TxnDate desc, Id desc"),
            customers=rows("Customer", "orderby DisplayName"),
            items=rows("Item", "orderby Name"),
            emails=list(reversed(emails(sandbox.books))),
            said=request.args.get("said", ""),
        )


def invoice(sandbox: Sandbox, request: Request) -> Response:
    """An invoice, with what its customer and what the QuickBooks user can do; its forms come back here."""
    invoice_id = request.args.get("txnId", "")
    if request.method == "POST":
        return _act_on_invoice(sandbox, request, invoice_id)
    try:
        body = sandbox.read("Invoice", invoice_id)
    except Refused:
        return page(
            "problem.html", 404, title="No such invoice", text=f"There is no invoice {invoice_id} in this company."
        )
    with sandbox.books.store.lock:
        paid = [
            sandbox.books.find("Payment", each["TxnId"]) for each in body["LinkedTxn"] if each["TxnType"] == "Payment"
        ]
    return page(
        "invoice.html",
        company=sandbox.books.company,
        body=body,
        number=body.get("DocNumber") or body["Id"],
        currency=ref_id(body, "CurrencyRef"),
        taxes=_taxes(sandbox, body),
        payments=[(each, _share(each, invoice_id)) for each in paid if each],
        said=request.args.get("said", ""),
        problem=request.args.get("problem", ""),
    )


def _share(payment: Body, invoice_id: str) -> Decimal:
    """How much of a payment went to one invoice."""
    lines = [line for line in payment["Line"] if line["LinkedTxn"][0]["TxnId"] == invoice_id]
    return sum((number(line["Amount"]) for line in lines), Decimal(0))


def _taxes(sandbox: Sandbox, body: Body) -> list[tuple[str, Body]]:
    """Name of the rate and its tax line."""
    found = []
    for line in body.get("TxnTaxDetail", {}).get("TaxLine", []):
        rate_id = ref_id(line["TaxLineDetail"], "TaxRateRef")
        found.append((str(sandbox.read("TaxRate", rate_id)["Name"]), line))
    return found


def _act_on_invoice(sandbox: Sandbox, request: Request, invoice_id: str) -> Response:
    action = request.form.get("action", "")
    try:
        if action == "pay":
            amount = _amount(request.form.get("amount", ""))
            sandbox.pay({invoice_id: amount})
            return _back(invoice_id, said=f"Thank you: {amount:.2f} was paid.")
        if action == "void":
            sandbox.void("Invoice", invoice_id)
            return _back(invoice_id, said="The invoice was voided.")
        if action == "delete":
            sandbox.delete("Invoice", invoice_id)
            return _home("The invoice was deleted.")
        if action in ("void_payment", "delete_payment"):
            operation = sandbox.void if action == "void_payment" else sandbox.delete
            operation("Payment", request.form.get("payment", ""))
            return _back(invoice_id, said=f"The payment was {'voided' if action == 'void_payment' else 'deleted'}.")
    except (Refused, ValueError) as error:
        text = error.problems[0].detail if isinstance(error, Refused) else str(error)
        return _back(invoice_id, problem=text)
    return page("problem.html", 400, title="Unknown action", text=f"{action!r} cannot be done with an invoice.")


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        raise ValueError(f"{text!r} is no amount: write digits such as 120.50") from None
    if not amount.is_finite() or amount <= 0 or amount != round(amount, 2):
        raise ValueError("The amount must be more than nothing, with at most two decimals.")
    return amount


def _back(invoice_id: str, **said: str) -> Response:
    return Response(status=303, headers={"Location": f"/app/invoice?{urlencode({'txnId': invoice_id, **said})}"})


def _home(said: str) -> Response:
    return Response(status=303, headers={"Location": f"/?{urlencode({'said': said})}"})


def _email(sandbox: Sandbox, request: Request) -> Response:
    """An e-mail as it would look, with the link to pay."""
    found = _find_email(sandbox, request.path.split("/")[2])
    if found is None:
        return page("problem.html", 404, title="No such e-mail", text="This e-mail was never sent.")
    return page("email.html", mail=found, company=sandbox.books.company)


def _email_pdf(sandbox: Sandbox, request: Request) -> Response:
    """What was attached to an e-mail."""
    from onedesk_quickbooks.plugin.sandbox.people.pdf import form_pdf

    found = _find_email(sandbox, request.path.split("/")[2])
    try:
        body = sandbox.read(found["kind"], found["id"]) if found else None
    except Refused:
        body = None
    if found is None or body is None:
        return page("problem.html", 404, title="No such document", text="The document is not there any more.")
    return Response(form_pdf(sandbox.books.company, found["kind"], body), mimetype="application/pdf")


def _find_email(sandbox: Sandbox, email_id: str) -> Body | None:
    return next((each for each in sandbox.outbox() if str(each["email_id"]) == email_id), None)


VIEWS: dict[str, tuple[str, View]] = {
    "/": ("GET", home),
    "/app/invoice": ("GET POST", invoice),
}
_PATTERNS = (
    (re.compile(r"/email/\d+"), _email),
    (re.compile(r"/email/\d+/pdf"), _email_pdf),
)


def dynamic(path: str) -> tuple[str, View] | None:
    """The page of a path with a number in it."""
    return next((("GET", view) for pattern, view in _PATTERNS if pattern.fullmatch(path)), None)
