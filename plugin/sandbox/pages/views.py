"""Pages for people: the company for its QuickBooks user, an invoice for its customer."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from werkzeug.wrappers import Request, Response

from onedesk_quickbooks.plugin.sandbox.books.attachables import file_of
from onedesk_quickbooks.plugin.sandbox.company.company import Company
from onedesk_quickbooks.plugin.sandbox.entities import query
from onedesk_quickbooks.plugin.sandbox.entities.kinds import KINDS
from onedesk_quickbooks.plugin.sandbox.pages.actions import act_on_customer, act_on_form, pay_by_form
from onedesk_quickbooks.plugin.sandbox.pages.html import page, problem, words
from onedesk_quickbooks.plugin.sandbox.pages.language import text
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, number, ref_id

View = Callable[[Company, Request], Response]
_SHOWN = 200
FORMS = tuple(kind for kind in ("Invoice", "CreditMemo", "Estimate", "SalesReceipt", "RefundReceipt") if kind in KINDS)
"""The kinds of sales forms, each with a page."""


def home(company: Company, request: Request) -> Response:
    """Invoices, other sales forms, payments, e-mails, customers, items."""
    with company.books.store.lock:
        others = [(kind, row) for kind in FORMS if kind != "Invoice" for row in _rows(company, kind, "TxnDate desc")]
        return page(
            "company.html",
            root=request.script_root,
            company=company.books.company,
            companies=company.siblings,
            currency=company.books.home,
            realm=company.realm_id,
            base=request.host_url.rstrip("/"),
            invoices=_rows(company, "Invoice", "TxnDate desc, Id desc"),
            others=others,
            payments=_rows(company, "Payment", "TxnDate desc, Id desc"),
            customers=_rows(company, "Customer", "DisplayName"),
            items=_rows(company, "Item", "Name"),
            emails=list(reversed(company.outbox()))[:_SHOWN],
            said=request.args.get("said", ""),
        )


def _rows(company: Company, kind: str, order: str, where: str = "") -> list[Body]:
    asked = f"select * from {kind} {where} orderby {order} maxresults {_SHOWN}"  # noqa: S608
    found: list[Body] = query.run(company.books, asked).get(kind, [])
    return found


def form(company: Company, request: Request) -> Response:
    """A sales form, with the actions of the QuickBooks user, and the results of the page's forms."""
    kind = next((each for each in FORMS if each.lower() == request.path.rpartition("/")[2]), "Invoice")
    form_id = request.args.get("txnId", "")
    body = _find(company, kind, form_id)
    if body is None:
        return _nothing(kind, form_id, request)
    if request.method == "POST":
        return act_on_form(company, request, kind, body)
    return _sheet("form.html", company, request, kind, body)


def pay(company: Company, request: Request) -> Response:
    """An invoice for its customer, with a way to pay."""
    invoice_id = request.path.split("/")[2]
    body = _find(company, "Invoice", invoice_id)
    if body is None:
        return _nothing("Invoice", invoice_id, request)
    if request.method == "POST":
        return pay_by_form(company, request, body)
    return _sheet("pay.html", company, request, "Invoice", body)


def _sheet(template: str, company: Company, request: Request, kind: str, body: Body) -> Response:
    return page(
        template,
        root=request.script_root,
        company=company.books.company,
        kind=kind,
        path=f"/app/{kind.lower()}?txnId={body['Id']}",
        body=body,
        number=body.get("DocNumber") or body["Id"],
        currency=ref_id(body, "CurrencyRef"),
        taxes=_taxes(company, body),
        payments=_payments(company, body),
        said=request.args.get("said", ""),
        problem=request.args.get("problem", ""),
    )


def _find(company: Company, kind: str, entity_id: str) -> Body | None:
    try:
        return company.read(kind, entity_id)
    except Refused:
        return None


def _nothing(kind: str, entity_id: str, request: Request) -> Response:
    name = text(words(kind)).lower()
    sentence = text("There is no {form} {id} in this company.", form=name, id=entity_id)
    return problem(text("No such {form}", form=name), sentence, root=request.script_root)


def _payments(company: Company, body: Body) -> list[tuple[Body, Decimal]]:
    """The payments of a form, with the amount of each for it."""
    links = [each["TxnId"] for each in body.get("LinkedTxn", []) if each["TxnType"] == "Payment"]
    with company.books.store.lock:
        found = [company.books.find("Payment", each) for each in links]
    return [(each, _share(each, body["Id"])) for each in found if each]


def _share(payment: Body, form_id: str) -> Decimal:
    lines = [line for line in payment["Line"] if line["LinkedTxn"][0]["TxnId"] == form_id]
    return sum((number(line["Amount"]) for line in lines), Decimal(0))


def _taxes(company: Company, body: Body) -> list[tuple[str, Body]]:
    """Name of the rate and its tax line."""
    lines = (body.get("TxnTaxDetail") or {}).get("TaxLine", [])
    return [(str(company.read("TaxRate", ref_id(each["TaxLineDetail"], "TaxRateRef"))["Name"]), each) for each in lines]


def customer(company: Company, request: Request) -> Response:
    """A customer, with its invoices and payments, and a form for the QuickBooks user."""
    customer_id = request.args.get("nameId", "")
    body = _find(company, "Customer", customer_id)
    if body is None:
        return _nothing("Customer", customer_id, request)
    if request.method == "POST":
        return act_on_customer(company, request, body)
    where = f"where CustomerRef = '{body['Id']}'"
    with company.books.store.lock:
        return page(
            "customer.html",
            root=request.script_root,
            body=body,
            path=f"/app/customerdetail?nameId={body['Id']}",
            invoices=_rows(company, "Invoice", "TxnDate desc, Id desc", where),
            payments=_rows(company, "Payment", "TxnDate desc, Id desc", where),
            said=request.args.get("said", ""),
            problem=request.args.get("problem", ""),
        )


def _email(company: Company, request: Request) -> Response:
    """An e-mail with the link to pay."""
    found = _find_email(company, request.path.split("/")[2])
    if found is None:
        return problem(text("No such e-mail"), text("This e-mail was never sent."), root=request.script_root)
    body = _find(company, found["kind"], found["id"])
    return page("email.html", root=request.script_root, mail=found, body=body, company=company.books.company)


def _email_pdf(company: Company, request: Request) -> Response:
    """The attachment of an e-mail."""
    found = _find_email(company, request.path.split("/")[2])
    return _pdf(company, request, found["kind"], found["id"]) if found else _pdf(company, request, "Invoice", "")


def _email_file(company: Company, request: Request) -> Response:
    """A file that went along with an e-mail; it is saved, not shown."""
    _, _, email_id, _, file_id = request.path.split("/")
    mail = _find_email(company, email_id) or {"attachments": []}
    name = next((str(each["name"]) for each in mail["attachments"] if each["id"] == file_id), "")
    try:
        with company.books.store.lock:
            content_type, content = file_of(company.books, file_id if name else "")
    except Refused:
        return problem(text("No such document"), text("The document is not there any more."), root=request.script_root)
    answer = Response(content, 200, {"X-Content-Type-Options": "nosniff"}, content_type=content_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _find_email(company: Company, email_id: str) -> Body | None:
    return next((each for each in company.outbox() if str(each["email_id"]) == email_id), None)


def _form_pdf(company: Company, request: Request) -> Response:
    _, _, path, form_id, _ = request.path.split("/")
    kind = next((each for each in (*FORMS, "Payment") if each.lower() == path), "Invoice")
    return _pdf(company, request, kind, form_id)


def _pdf(company: Company, request: Request, kind: str, form_id: str) -> Response:
    from onedesk_quickbooks.plugin.sandbox.pages.pdf import form_pdf

    body = _find(company, kind, form_id)
    if body is None:
        return problem(text("No such document"), text("The document is not there any more."), root=request.script_root)
    return Response(form_pdf(company.books.company, kind, body), mimetype="application/pdf")


VIEWS: dict[str, tuple[str, View]] = {
    "/": ("GET", home),
    "/app/customerdetail": ("GET POST", customer),
    **{f"/app/{kind.lower()}": ("GET POST", form) for kind in FORMS},
}
_PATTERNS: tuple[tuple[re.Pattern[str], str, View], ...] = (
    (re.compile(r"/email/\d+"), "GET", _email),
    (re.compile(r"/email/\d+/pdf"), "GET", _email_pdf),
    (re.compile(r"/email/\d+/file/\d+"), "GET", _email_file),
    (re.compile(r"/app/[a-z]+/\d+/pdf"), "GET", _form_pdf),
    (re.compile(r"/pay/\d+"), "GET POST", pay),
)


def found(path: str) -> tuple[str, View | None]:
    """Methods and page of a path, which may contain a number."""
    fitting = ((methods, view) for pattern, methods, view in _PATTERNS if pattern.fullmatch(path))
    return VIEWS.get(path) or next(fitting, ("", None))
