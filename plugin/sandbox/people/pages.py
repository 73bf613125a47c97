"""Pages for people: the company as its QuickBooks user sees it, an invoice as its customer sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from onedesk_quickbooks.plugin.sandbox.entities import query
from onedesk_quickbooks.plugin.sandbox.entities.kinds import KINDS
from onedesk_quickbooks.plugin.sandbox.people.html import page, problem, words
from onedesk_quickbooks.plugin.sandbox.people.work import act_on_customer, act_on_form, pay_by_form
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, number, ref_id

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.sandbox.sandbox import Sandbox

View = Callable[["Sandbox", Request], Response]
_SHOWN = 200
FORMS = tuple(kind for kind in ("Invoice", "CreditMemo", "Estimate", "SalesReceipt", "RefundReceipt") if kind in KINDS)
"""The kinds of sales forms, each with a page."""


def home(sandbox: Sandbox, request: Request) -> Response:
    """Invoices, other sales forms, payments, e-mails, customers, items."""
    with sandbox.books.store.lock:
        others = [(kind, row) for kind in FORMS if kind != "Invoice" for row in _rows(sandbox, kind, "TxnDate desc")]
        return page(
            "company.html",
            root=request.script_root,
            company=sandbox.books.company,
            companies=sandbox.companies,
            currency=sandbox.books.home,
            realm=sandbox.realm_id,
            base=request.host_url.rstrip("/"),
            invoices=_rows(sandbox, "Invoice", "TxnDate desc, Id desc"),
            others=others,
            payments=_rows(sandbox, "Payment", "TxnDate desc, Id desc"),
            customers=_rows(sandbox, "Customer", "DisplayName"),
            items=_rows(sandbox, "Item", "Name"),
            emails=list(reversed(sandbox.outbox()))[:_SHOWN],
            said=request.args.get("said", ""),
        )


def _rows(sandbox: Sandbox, kind: str, order: str, where: str = "") -> list[Body]:
    text = f"select * from {kind} {where} orderby {order} maxresults {_SHOWN}"  # noqa: S608
    found: list[Body] = query.run(sandbox.books, text).get(kind, [])
    return found


def form(sandbox: Sandbox, request: Request) -> Response:
    """A sales form, with what the QuickBooks user can do to it; the page's own forms come back here."""
    kind = next((each for each in FORMS if each.lower() == request.path.rpartition("/")[2]), "Invoice")
    form_id = request.args.get("txnId", "")
    body = _find(sandbox, kind, form_id)
    if body is None:
        return _nothing(kind, form_id, request)
    if request.method == "POST":
        return act_on_form(sandbox, request, kind, body)
    return _sheet("form.html", sandbox, request, kind, body)


def pay(sandbox: Sandbox, request: Request) -> Response:
    """An invoice as its customer sees it, with a way to pay."""
    invoice_id = request.path.split("/")[2]
    body = _find(sandbox, "Invoice", invoice_id)
    if body is None:
        return _nothing("Invoice", invoice_id, request)
    if request.method == "POST":
        return pay_by_form(sandbox, request, body)
    return _sheet("pay.html", sandbox, request, "Invoice", body)


def _sheet(template: str, sandbox: Sandbox, request: Request, kind: str, body: Body) -> Response:
    return page(
        template,
        root=request.script_root,
        company=sandbox.books.company,
        kind=kind,
        path=f"/app/{kind.lower()}?txnId={body['Id']}",
        body=body,
        number=body.get("DocNumber") or body["Id"],
        currency=ref_id(body, "CurrencyRef"),
        taxes=_taxes(sandbox, body),
        payments=_payments(sandbox, body),
        said=request.args.get("said", ""),
        problem=request.args.get("problem", ""),
    )


def _find(sandbox: Sandbox, kind: str, entity_id: str) -> Body | None:
    try:
        return sandbox.read(kind, entity_id)
    except Refused:
        return None


def _nothing(kind: str, entity_id: str, request: Request) -> Response:
    name = words(kind).lower()
    return problem(f"No such {name}", f"There is no {name} {entity_id} in this company.", root=request.script_root)


def _payments(sandbox: Sandbox, body: Body) -> list[tuple[Body, Decimal]]:
    """The payments of a form, and how much of each went to it."""
    links = [each["TxnId"] for each in body.get("LinkedTxn", []) if each["TxnType"] == "Payment"]
    with sandbox.books.store.lock:
        found = [sandbox.books.find("Payment", each) for each in links]
    return [(each, _share(each, body["Id"])) for each in found if each]


def _share(payment: Body, form_id: str) -> Decimal:
    lines = [line for line in payment["Line"] if line["LinkedTxn"][0]["TxnId"] == form_id]
    return sum((number(line["Amount"]) for line in lines), Decimal(0))


def _taxes(sandbox: Sandbox, body: Body) -> list[tuple[str, Body]]:
    """Name of the rate and its tax line."""
    lines = (body.get("TxnTaxDetail") or {}).get("TaxLine", [])
    return [(str(sandbox.read("TaxRate", ref_id(each["TaxLineDetail"], "TaxRateRef"))["Name"]), each) for each in lines]


def customer(sandbox: Sandbox, request: Request) -> Response:
    """A customer, with his invoices and payments; edited by the QuickBooks user."""
    customer_id = request.args.get("nameId", "")
    body = _find(sandbox, "Customer", customer_id)
    if body is None:
        return _nothing("Customer", customer_id, request)
    if request.method == "POST":
        return act_on_customer(sandbox, request, body)
    where = f"where CustomerRef = '{body['Id']}'"
    with sandbox.books.store.lock:
        return page(
            "customer.html",
            root=request.script_root,
            body=body,
            path=f"/app/customerdetail?nameId={body['Id']}",
            invoices=_rows(sandbox, "Invoice", "TxnDate desc, Id desc", where),
            payments=_rows(sandbox, "Payment", "TxnDate desc, Id desc", where),
            said=request.args.get("said", ""),
            problem=request.args.get("problem", ""),
        )


def _email(sandbox: Sandbox, request: Request) -> Response:
    """An e-mail as it would look, with the link to pay."""
    found = _find_email(sandbox, request.path.split("/")[2])
    if found is None:
        return problem("No such e-mail", "This e-mail was never sent.", root=request.script_root)
    body = _find(sandbox, found["kind"], found["id"])
    return page("email.html", root=request.script_root, mail=found, body=body, company=sandbox.books.company)


def _email_pdf(sandbox: Sandbox, request: Request) -> Response:
    """What was attached to an e-mail."""
    found = _find_email(sandbox, request.path.split("/")[2])
    return _pdf(sandbox, request, found["kind"], found["id"]) if found else _pdf(sandbox, request, "Invoice", "")


def _find_email(sandbox: Sandbox, email_id: str) -> Body | None:
    return next((each for each in sandbox.outbox() if str(each["email_id"]) == email_id), None)


def _form_pdf(sandbox: Sandbox, request: Request) -> Response:
    _, _, path, form_id, _ = request.path.split("/")
    kind = next((each for each in (*FORMS, "Payment") if each.lower() == path), "Invoice")
    return _pdf(sandbox, request, kind, form_id)


def _pdf(sandbox: Sandbox, request: Request, kind: str, form_id: str) -> Response:
    from onedesk_quickbooks.plugin.sandbox.people.pdf import form_pdf

    body = _find(sandbox, kind, form_id)
    if body is None:
        return problem("No such document", "The document is not there any more.", root=request.script_root)
    return Response(form_pdf(sandbox.books.company, kind, body), mimetype="application/pdf")


VIEWS: dict[str, tuple[str, View]] = {
    "/": ("GET", home),
    "/app/customerdetail": ("GET POST", customer),
    **{f"/app/{kind.lower()}": ("GET POST", form) for kind in FORMS},
}
_PATTERNS: tuple[tuple[re.Pattern[str], str, View], ...] = (
    (re.compile(r"/email/\d+"), "GET", _email),
    (re.compile(r"/email/\d+/pdf"), "GET", _email_pdf),
    (re.compile(r"/app/[a-z]+/\d+/pdf"), "GET", _form_pdf),
    (re.compile(r"/pay/\d+"), "GET POST", pay),
)


def dynamic(path: str) -> tuple[str, View] | None:
    """Methods and page of a path with a number in it."""
    return next(((methods, view) for pattern, methods, view in _PATTERNS if pattern.fullmatch(path)), None)
