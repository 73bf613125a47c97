"""Customer organizations and their Billing Preferences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Blueprint, flash, redirect, render_template, request

from onedesk_quickbooks.plugin.texts import gettext

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host.host import EmbeddedHost

PAGE = 50
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+")


def pages(host: EmbeddedHost) -> Blueprint:
    """The pages below /customers."""
    part = Blueprint("customers", __name__, url_prefix="/customers")

    @part.get("")
    def listing() -> str:
        search, given = request.args.get("search", "").strip(), request.args.get("page", "")
        page = int(given) if given.isascii() and given.isdigit() and len(given) < 8 else 0
        found = host.customers(search, page * PAGE, PAGE + 1)
        shown, more = found[:PAGE], len(found) > PAGE
        return render_template("customers.html", customers=shown, search=search, page=page, more=more, address=address)

    @part.get("/<path:customer_id>")
    def customer(customer_id: str) -> str:
        return render_template("customer.html", customer=host.customer(customer_id), tab="details", address=address)

    @part.get("/<path:customer_id>/billing")
    def billing(customer_id: str) -> str:
        found = host.customer(customer_id)
        contact = found.get("billing_contact", {})
        return render_template("customer.html", customer=found, contact=contact, tab="billing", address=address)

    @part.post("/<path:customer_id>/billing")
    def save(customer_id: str) -> Any:
        found = host.customer(customer_id)
        given = {name: request.form.get(name, "").strip() for name in ("first_name", "last_name", "email")}
        if given["email"] and not _EMAIL.fullmatch(given["email"]):
            said = gettext("“{email}” is not an e-mail address; write one like ada@example.com.", email=given["email"])
            flash(said, "problem")
            page = render_template("customer.html", customer=found, contact=given, tab="billing", address=address)
            return page, 422
        host.set_billing_contact(customer_id, **given)
        flash(gettext("The billing contact of {name} was saved.", name=found["name"]), "said")
        return redirect(f"{address(customer_id)}/billing", 303)

    return part


def address(customer_id: str) -> str:
    """The path of a customer organization's page."""
    return f"/customers/{quote(customer_id, safe='')}"
