"""The embedded host's pages, server-rendered: invoices, customer organizations, Administration; plugins' pages are
mounted below their prefixes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, g, redirect, render_template
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from onedesk_quickbooks.hooks import WORDS, Money, NotNow, WebPages
from onedesk_quickbooks.plugin.host.pages import (
    administration,
    customers,
    demo,
    imported,
    invoices,
    new_invoice,
    session,
)
from onedesk_quickbooks.plugin.host.records import STATUSES, TYPES, NoSuchCustomer, NoSuchInvoice, version_of
from onedesk_quickbooks.plugin.texts import Text, gettext, text_of
from onedesk_quickbooks.plugin.texts import pages as texts
from onedesk_quickbooks.plugin.texts.refusals import NOT_FOUND, refusal

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host.host import EmbeddedHost

_log = logging.getLogger("onedesk_quickbooks.host")

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_BROWSER_RULES = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
        " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def make_app(
    host: EmbeddedHost, passwordless: bool = False, books: str = "", bring: imported.Bring | None = None
) -> WsgiApp:
    """All pages as one WSGI application. With `passwordless`, visitors choose their user: for a demo, which starts on a
    separate page if `books` has the address of the QuickBooks sandbox. `bring` imports files."""
    app = Flask("onedesk_quickbooks.plugin.host")
    app.url_map.merge_slashes = False  # the id of an invoice may contain any character
    app.config.update(MAX_CONTENT_LENGTH=session.MOST_FILES, MAX_FORM_PARTS=100_000, MAX_FORM_MEMORY_SIZE=session.MOST)
    app.jinja_env.filters["web_link"] = web_link
    app.jinja_env.filters["amount"] = _amount
    app.jinja_env.filters["money"] = texts.money
    app.jinja_env.globals.update(
        texts.to_templates(), statuses=STATUSES, types=TYPES, version_of=version_of, takes_files=bring is not None
    )
    app.jinja_env.filters["kind"] = lambda tag: f"state-{WORDS[tag]}" if tag in WORDS else ""
    session.add_to(app, host, passwordless)
    for part in (invoices, new_invoice, customers, administration):
        app.register_blueprint(part.pages(host))
    if bring is not None:
        app.register_blueprint(imported.pages(bring))
    app.extensions["onedesk.start"] = "/demo" if books else "/"
    if books:
        app.register_blueprint(demo.pages(host, books))
    app.add_url_rule("/", "start", lambda: redirect("/demo" if books else _begins(host)))
    app.register_error_handler(NoSuchInvoice, lambda problem: _problem_page(problem, 404))
    app.register_error_handler(NoSuchCustomer, lambda problem: _problem_page(problem, 404))
    app.register_error_handler(NotNow, _not_now)
    app.register_error_handler(HTTPException, _http_problem)
    app.after_request(_browser_rules)
    mounted = {pages.prefix: _for_plugin(app, pages) for pages in host.web_pages()}
    return texts.speaking(DispatcherMiddleware(app, mounted), session.language_of)


def _begins(host: EmbeddedHost) -> str:
    """The start page: the first steps of a plugin while there are no invoices."""
    links = host.page_links(g.user.id) if not host.count() else []
    return next((each.url for each in links if each.id == "start"), "/invoices")


def _for_plugin(app: Flask, pages: WebPages) -> WsgiApp:
    """A plugin's pages, with the signed-in user, the form token, and the address of Administration > Financials in the
    environ."""

    def call(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        who = session.of(app, environ)
        environ["onedesk.user"] = who.user
        environ["onedesk.form_token"] = who.form_token
        environ["onedesk.return_to"] = "/administration/financials"
        environ["onedesk.invoice_page"] = "/invoices/{id}"
        environ["onedesk.customer_page"] = "/customers/{id}"
        if who.user or not (environ["REQUEST_METHOD"] == "GET" or "text/html" in environ.get("HTTP_ACCEPT", "")):
            return pages.app(environ, start)
        answer = Response.from_app(pages.app, environ)
        if answer.status_code == 401:
            answer = session.to_sign_in(Request(environ))
        return answer(environ, start)

    return call


def web_link(link: str) -> str:
    """`link` if it is an HTTP address, else ""; a plugin's text must not become a script."""
    return link if link.startswith(("https://", "http://")) else ""


def _amount(text: str, currency: str) -> str:
    """A decimal string of an invoice in the form for people."""
    from decimal import Decimal

    return texts.money(Money(Decimal(text), currency))


def _browser_rules(response: Response) -> Response:
    for name, value in _BROWSER_RULES.items():
        response.headers.setdefault(name, value)
    return response


def _problem_page(problem: object, status: int, title: str = NOT_FOUND) -> tuple[str, int]:
    return render_template("problem.html", title=title, problem=text_of(problem)), status


def _not_now(problem: NotNow) -> tuple[str, int]:
    """The location of the database is only logged for users who are not signed in."""
    if g.get("user") is not None:
        return _problem_page(problem, 503, Text("Not now"))
    _log.warning("%s", problem)
    text = gettext("The database cannot be used now; the log says why. Nothing was changed: try again in a moment.")
    return _problem_page(text, 503, Text("Not now"))


def _http_problem(problem: HTTPException) -> Any:
    if problem.code is not None and problem.code < 400:  # a redirect
        return problem
    title, text = refusal(problem)
    return render_template("problem.html", title=title, problem=text), problem.code or 500
