"""The page "Customers to review": candidates with the data of both sides, and the decisions of people."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest

from onedesk_quickbooks.plugin.ledger import CONFIRMED, REJECTED, CustomerDecision
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.review import Evidence
from onedesk_quickbooks.plugin.ops.reviews import OpenReview
from onedesk_quickbooks.plugin.planning import PARTNER
from onedesk_quickbooks.plugin.texts import Text, gettext
from onedesk_quickbooks.plugin.web import guard
from onedesk_quickbooks.plugin.web.texts import said

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

_SHOWN = 50
"""The maximum number of customers, and of invoices for each, on the page."""
_KINDS = {
    "name": Text("Name"),
    "email": Text("E-mail"),
    "tax_id": Text("Tax number"),
    "phone": Text("Phone"),
    "address": Text("Address"),
    "links": Text("Linked in OneDesk"),
}
_DECISIONS = {CONFIRMED: Text("the same"), REJECTED: Text("another one")}


def add_customers(app: Flask, application: Application) -> None:
    """Register the list and its buttons."""

    @app.get("/customers")
    def customers() -> Any:
        guard.administrator(application)
        decisions = application.customer_decisions()
        return render_template(
            "customers.html",
            reviews=application.customer_reviews(),
            decisions=decisions,
            last=_last_of_each(decisions),
            shown=_SHOWN,
            kinds=_KINDS,
            names=_DECISIONS,
            agrees=_agrees,
            sums=_sums,
            customer_page=_customer_page,
            invoice_page=guard.invoice_page,
            said=_last_result(),
        )

    @app.post("/customers")
    def say_of_customers() -> Any:
        user = guard.administrator(application)
        guard.own_form()
        given = {name: request.form.get(name, "").strip() for name in ("do", "customer", "candidate")}
        do, customer, candidate = given.values()
        if do not in ("confirm", "reject", "undo") or not customer or not (candidate or do == "undo"):
            raise BadRequest(gettext("Choose one of the buttons on the page."))
        if do == "confirm":
            done = application.confirm_customer(customer, candidate, user)
        elif do == "reject":
            done = application.reject_customer(customer, candidate, user)
        else:
            done = application.undo_customer(customer, user)
        return redirect(f"{url_for('customers')}?{urlencode({'done': do, 'count': done.again})}", 303)


def _agrees(one: Evidence) -> Text | str:
    """The result of one comparison."""
    if one.kind == "name":
        return Text("nearly the same") if one.agrees else Text("differs")
    if one.agrees is None:
        return ""
    return Text("the same") if one.agrees else Text("differs")


def _sums(review: OpenReview) -> list[Money]:
    found: dict[str, Decimal] = {}
    for each in review.invoices:
        if each.total is not None:
            found[each.total.currency] = found.get(each.total.currency, Decimal(0)) + each.total.amount
    return [Money(amount, currency) for currency, amount in sorted(found.items())]


def _customer_page(key: str) -> str:
    return "" if key.startswith(PARTNER) else guard.customer_page(key)


def _last_of_each(decisions: Any) -> set[int]:
    """The ids of the last decision for each customer, which can be undone."""
    newest: dict[str, CustomerDecision] = {}
    for each in decisions:
        newest.setdefault(each.od_customer_id, each)
    return {each.id for each in newest.values()}


def _last_result() -> str:
    """The result of the last action."""
    done, given = request.args.get("done", ""), request.args.get("count", "")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 8 else 0
    texts = {
        "confirm": (
            Text("The customer is linked. {n} invoice is queued again."),
            Text("The customer is linked. {n} invoices are queued again."),
        ),
        "reject": (
            Text("That is another customer. {n} invoice is queued again."),
            Text("That is another customer. {n} invoices are queued again."),
        ),
        "undo": (
            Text("It was taken back. {n} invoice is queued again."),
            Text("It was taken back. {n} invoices are queued again."),
        ),
    }
    return said(number, *texts[done]) if done in texts else ""
