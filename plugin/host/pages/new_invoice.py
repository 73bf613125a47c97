"""The form "New invoice": a draft with its first line."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, redirect, render_template, request

from onedesk_quickbooks.plugin.host.pages.drafts import reworked
from onedesk_quickbooks.plugin.host.pages.invoices import address
from onedesk_quickbooks.plugin.host.records import EDITABLE, HostProblem, InvalidRecord
from onedesk_quickbooks.plugin.texts import Text, gettext, text_of, typed

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host.host import EmbeddedHost

Form = Mapping[str, str]
OFFERED = 500
"""The maximum number of customer organizations in the list; others can be typed."""


def pages(host: EmbeddedHost) -> Blueprint:
    """The page /new-invoice."""
    part = Blueprint("new_invoice", __name__, url_prefix="/new-invoice")

    @part.get("")
    def form() -> str:
        return _page(host, {"currency": next(iter(host.currencies()), ""), "issue_date": host.today().isoformat()})

    @part.post("")
    def make() -> Any:
        try:
            made = _made(host, request.form)
            host.save(made)
        except HostProblem as problem:
            flash(text_of(problem), "problem")
            return _page(host, request.form), 422
        said = gettext(
            "Invoice {number} is there as a Draft. Edit it to add lines, then open it.", number=made["number"]
        )
        flash(said, "said")
        return redirect(address(made["id"]), 303)

    return part


def _page(host: EmbeddedHost, form: Form) -> str:
    return render_template(
        "new_invoice.html", form=form, customers=host.customers(limit=OFFERED), service_types=host.service_types()
    )


def _made(host: EmbeddedHost, form: Form) -> dict[str, Any]:
    """The draft. Raises `InvalidRecord` with the field, the problem and the remedy."""
    number = _wanted(form, "number", Text("Number"))
    if any(each.number == number for each in host.invoices(number)):
        text = Text("Number: there is an invoice {number} already; take another number.", number=number)
        raise InvalidRecord(text)
    bare: dict[str, Any] = {
        "id": f"I-{secrets.token_hex(6)}",
        "number": number,
        "status": EDITABLE,
        "currency": _wanted(form, "currency", Text("Currency")).upper(),
        "issue_date": _wanted(form, "issue_date", Text("Date")),
        "customer": _customer(host, form),
        "lines": [],
        "total": "0",
    }
    rate = typed(form.get("lines-new-tax_rate", "").strip())
    if rate:
        bare["taxes"] = [{"name": "Tax", "rate": rate, "amount": "0"}]
    made = reworked(bare, form)
    if not made["lines"]:
        raise InvalidRecord(Text("The line: fill in at least quantity and unit price."))
    return made


def _customer(host: EmbeddedHost, form: Form) -> dict[str, Any]:
    """The existing customer of this name with its data; else a new one."""
    name = _wanted(form, "customer", Text("Customer organization"))
    known = host.customer_named(name)
    if known is not None:
        return known
    made: dict[str, Any] = {"id": f"C-{secrets.token_hex(6)}", "name": name}
    email, country, region = (form.get(each, "").strip() for each in ("email", "country", "region"))
    if email:
        made["billing_contact"] = {"email": email}
    where = {key: value for key, value in (("region", region), ("country", country.upper())) if value}
    return {**made, "address": where} if where else made


def _wanted(form: Form, name: str, label: str) -> str:
    found = form.get(name, "").strip()
    if not found:
        raise InvalidRecord(Text("{field}: fill it in.", field=label))
    return found
