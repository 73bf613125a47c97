"""The actions of the pages' forms: the customer pays; the QuickBooks user edits, voids, deletes, sends."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from onedesk_quickbooks.plugin.sandbox.company.company import Company
from onedesk_quickbooks.plugin.sandbox.entities import operations
from onedesk_quickbooks.plugin.sandbox.pages.html import problem, words
from onedesk_quickbooks.plugin.sandbox.pages.language import amount as shown
from onedesk_quickbooks.plugin.sandbox.pages.language import text, typed
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, money, number

Action = Callable[[Company, Request, str, Body], str]
_TEXTS = ("DocNumber", "DueDate", "PrivateNote")


def pay_by_form(company: Company, request: Request, body: Body) -> Response:
    """The customer pays an invoice, fully or partly."""
    path = f"/pay/{body['Id']}"
    try:
        return _back(request, path, said=_pay(company, request, "Invoice", body))
    except (Refused, ValueError) as error:
        return _back(request, path, problem=_sentence(error))


def act_on_form(company: Company, request: Request, kind: str, body: Body) -> Response:
    """One action on a sales form, given by `action`."""
    name = request.form.get("action", "")
    action = _ACTIONS.get(name)
    if action is None:
        said = text("{name} cannot be done with a form.", name=repr(name))
        return problem(text("Unknown action"), said, 400, request.script_root)
    path = f"/app/{kind.lower()}?txnId={body['Id']}"
    try:
        said = action(company, request, kind, body)
    except (Refused, ValueError) as error:
        return _back(request, path, problem=_sentence(error))
    return _back(request, "/" if name == "delete" else path, said=said)


def act_on_customer(company: Company, request: Request, body: Body) -> Response:
    """The QuickBooks user edits a customer."""
    path = f"/app/customerdetail?nameId={body['Id']}"
    form = request.form
    fields: Body = {
        "DisplayName": form.get("DisplayName", "").strip(),
        "PrimaryEmailAddr": {"Address": form.get("PrimaryEmailAddr", "").strip()},
        "Notes": form.get("Notes", "").strip(),
        "Active": "Active" in form,
    }
    if not fields["DisplayName"]:
        return _back(request, path, problem=text("The customer needs a name."))
    try:
        company.edit("Customer", body["Id"], fields)
    except Refused as error:
        return _back(request, path, problem=_sentence(error))
    return _back(request, path, said=text("The customer was saved."))


def _pay(company: Company, request: Request, kind: str, body: Body) -> str:
    paid = _amount(request.form.get("amount", ""))
    company.pay({body["Id"]: paid})
    return text("Thank you: {amount} was paid.", amount=shown(paid))


def _void(company: Company, request: Request, kind: str, body: Body) -> str:
    company.void(kind, body["Id"])
    return text("The {form} was voided.", form=text(words(kind)).lower())


def _delete(company: Company, request: Request, kind: str, body: Body) -> str:
    company.delete(kind, body["Id"])
    return text("The {form} was deleted.", form=text(words(kind)).lower())


def _void_payment(company: Company, request: Request, kind: str, body: Body) -> str:
    company.void("Payment", request.form.get("payment", ""))
    return text("The payment was voided.")


def _delete_payment(company: Company, request: Request, kind: str, body: Body) -> str:
    company.delete("Payment", request.form.get("payment", ""))
    return text("The payment was deleted.")


def _edit(company: Company, request: Request, kind: str, body: Body) -> str:
    form = request.form
    fields: Body = {key: form[key].strip() for key in _TEXTS if key in form}
    if "BillEmail" in form:
        fields["BillEmail"] = {"Address": form["BillEmail"].strip()}
    if "CustomerMemo" in form:
        fields["CustomerMemo"] = {"value": form["CustomerMemo"].strip()}
    lines = [_line(line, form) for line in body["Line"] if line["DetailType"] != "SubTotalLineDetail"]
    kept = [line for line in lines if line]
    if not kept:
        raise ValueError(text("At least one line must stay."))
    if kept != [line for line in body["Line"] if line["DetailType"] != "SubTotalLineDetail"]:
        fields["Line"] = kept
    company.edit(kind, body["Id"], fields)
    return text("The {form} was saved.", form=text(words(kind)).lower())


def _line(line: Body, form: Any) -> Body | None:
    """A line from the page's form, or None if it was deleted. Raises ValueError."""
    mark = line.get("Id", "")
    if f"remove-{mark}" in form:
        return None
    made = dict(line)
    if f"description-{mark}" in form:
        description = form[f"description-{mark}"].strip()
        made = (
            {**made, "Description": description}
            if description
            else {key: made[key] for key in made if key != "Description"}
        )
    detail = made.get("SalesItemLineDetail")
    if detail is None:
        return made
    quantity, price = (form.get(f"{name}-{mark}", "").strip() for name in ("quantity", "price"))
    if quantity and price:
        by, each = _number(quantity), _number(price)
        if (by, each) != (number(detail.get("Qty")), number(detail.get("UnitPrice"))):
            made["SalesItemLineDetail"] = {**detail, "Qty": by, "UnitPrice": each}
            made["Amount"] = money(by * each)
    elif form.get(f"amount-{mark}", "").strip():
        made["Amount"] = _number(form[f"amount-{mark}"])
    return made


def _number(given: str) -> Decimal:
    try:
        found = Decimal(typed(given))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        example = shown(Decimal("120.50"))
        raise ValueError(text("“{text}” is not a number: write digits such as {example}", text=given, example=example))
    return found


def _amount(given: str) -> Decimal:
    amount = _number(given)
    if amount <= 0 or amount != round(amount, 2):
        raise ValueError(text("The amount must be more than nothing, with at most two decimals."))
    return amount


def _send(company: Company, request: Request, kind: str, body: Body) -> str:
    company.change(lambda: operations.send(company.books, kind, body["Id"], request.form.get("to", "").strip()))
    return text("The e-mail was sent: it is among the e-mails of the company.")


_ACTIONS: dict[str, Action] = {
    "pay": _pay,
    "void": _void,
    "delete": _delete,
    "void_payment": _void_payment,
    "delete_payment": _delete_payment,
    "edit": _edit,
    "send": _send,
}


def _sentence(error: Refused | ValueError) -> str:
    return error.problems[0].detail if isinstance(error, Refused) else str(error)


def _back(request: Request, path: str, **said: str) -> Response:
    """Redirect to a page, with a message, so that going back in the browser does not submit the form again."""
    join = "&" if "?" in path else "?"
    return Response(status=303, headers={"Location": f"{request.script_root}{path}{join}{urlencode(said)}"})
