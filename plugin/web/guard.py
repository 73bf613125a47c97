"""Authorisation and form tokens: both are in the WSGI environ, which only the host can write."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import request, url_for
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, Forbidden, Unauthorized

from onedesk_quickbooks.plugin.texts import ENGLISH, chosen, commands, gettext, pages

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application


def administrator(application: Application) -> str:
    """The id of the signed-in user. Raises `Unauthorized` if there is none, `Forbidden` for one who may not
    administer."""
    user = str(request.environ.get("onedesk.user") or "")
    if not user:
        raise Unauthorized(gettext("Sign in first, then come back here."))
    if not application.may_administer(user):
        raise Forbidden(gettext("Only an administrator may do this. Ask one of yours."))
    return user


def own_form() -> None:
    """Raise `BadRequest` unless the form has the token that the host gave to this user's forms."""
    wanted = str(request.environ.get("onedesk.form_token") or "")
    given = request.form.get("form_token", "")
    if not wanted or not hmac.compare_digest(wanted.encode(), given.encode()):
        raise BadRequest(
            gettext("This form was not opened in this browser, or long ago. Go back, reload and try again.")
        )


def return_to() -> str:
    """The address of the host's page Administration > Financials."""
    return str(request.environ.get("onedesk.return_to") or "/administration/financials")


def invoice_page(invoice_id: str) -> str:
    """The host's page of an invoice; "" if the host has not given it."""
    return _page("onedesk.invoice_page", invoice_id)


def customer_page(customer_id: str) -> str:
    """The host's page of a customer organization; "" if the host has not given it."""
    return _page("onedesk.customer_page", customer_id)


def language_of(environ: Mapping[str, Any], company: str = ENGLISH) -> str:
    """The language of this user: that of the host, else the choice in this browser, else the browser's preference, else
    the company's language."""
    user, browser = (str(environ.get(name) or "") for name in ("onedesk.language", "HTTP_ACCEPT_LANGUAGE"))
    return chosen(user or pages.kept_choice(environ), browser, company)


def form_token() -> str:
    """The form token of the host."""
    return str(request.environ.get("onedesk.form_token") or "")


def on_page(sentence: object) -> Markup:
    """A sentence with links to pages in place of commands."""
    return commands.on_page(sentence, _place)


def _place(page: str, about: str) -> str:
    if page == "financials":
        return return_to()
    if page == "help":
        return url_for("help_on", name="commands", _anchor=about)
    if page == "story":
        return url_for(page, invoice_id=about) if about else ""
    return url_for(page)


def _page(name: str, what: str) -> str:
    pattern = str(request.environ.get(name) or "")
    return pattern.replace("{id}", quote(what, safe="")) if what and "{id}" in pattern else ""
