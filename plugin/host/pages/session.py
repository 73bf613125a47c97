"""The signed-in user, and the token of every form."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Flask, Request, current_app, flash, g, redirect, render_template, request, session
from flask.sessions import SecureCookieSessionInterface
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from onedesk_quickbooks.hooks import PageLink
from onedesk_quickbooks.plugin.host.records import USERS, User
from onedesk_quickbooks.plugin.host.users import SHORTEST, SignInRefused, UserProblem
from onedesk_quickbooks.plugin.texts import Amount, Text, chosen, commands, current, gettext, say, text_of
from onedesk_quickbooks.plugin.texts import pages as texts

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host.host import EmbeddedHost

_log = logging.getLogger("onedesk_quickbooks.host")

MOST = 2_000_000
"""The maximum size of a form without a file, in bytes."""
MOST_FILES = 7_900_000
"""The same with files; `serve` reads no more than 8 MB."""
TOO_LARGE = Text(
    "Files of more than {most} MB in all cannot be sent to this page, so nothing was changed. Choose fewer files, or"
    " split them; invoices are also imported by: onedesk-quickbooks invoices import FILE",
    most=Amount("7.9"),
)
_OPEN = ("sign_in", "first_user", "language", "static")
"""The endpoints for users who are not signed in."""
_ID = "id"
_TOKEN = "form_token"  # noqa: S105 - the name of a field, no secret


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The user's id and form token; both "" if no user is signed in."""

    user: str
    form_token: str


class _Cookies(SecureCookieSessionInterface):
    """Cookies with the Secure flag if the page itself was loaded by HTTPS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def add_to(app: Flask, host: EmbeddedHost, passwordless: bool) -> None:
    """Register sign-in, sign-out, and the check of form tokens for every page of `app`."""
    app.secret_key = host.users.session_key()
    app.session_interface = _Cookies()
    app.config.update(SESSION_COOKIE_NAME="onedesk", SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_HTTPONLY=True)
    app.extensions["onedesk.host"] = host
    app.before_request(_check)
    app.add_url_rule("/language", "language", lambda: texts.choose(request), methods=["POST"])
    if passwordless:
        host.users.let_in(USERS)
        app.add_url_rule("/sign-in", "sign_in", _choose_user, methods=["GET", "POST"])
    else:
        host.users.forget_those_without_password()
        app.add_url_rule("/sign-in", "sign_in", _sign_in, methods=["GET", "POST"])
        app.add_url_rule("/first-user", "first_user", _first_user, methods=["GET", "POST"])
    app.add_url_rule("/sign-out", "sign_out", _sign_out, methods=["POST"])
    app.context_processor(lambda: {"form_token": form_token(), "user": g.get("user"), "page_links": _links(host)})
    app.context_processor(lambda: {"language": current(), "most_files": MOST_FILES, "too_large": TOO_LARGE})
    app.jinja_env.globals.update(on_page=_on_page(host), help_section=_help_section)


def _links(host: EmbeddedHost) -> list[PageLink]:
    """Pages of plugins for the navigation of the signed-in user, fetched once for a page; none if the plugin cannot
    list them now."""
    if "page_links" not in g:
        g.page_links = []
        try:
            g.page_links = host.page_links(g.user.id) if g.get("user") else []
        except Exception:
            _log.exception("a plugin cannot name its pages")
    links: list[PageLink] = g.page_links
    return links


def _on_page(host: EmbeddedHost) -> Callable[[object], Markup]:
    """Sentences of plugins with pages in place of commands, with links if the navigation has them."""

    def place(page: str, _: str) -> str:
        links = {each.id: each.url for each in _links(host) if each.id != "help"}
        financials = g.user is not None and g.user.may_administer
        return links.get(page, "/administration/financials" if page == "financials" and financials else "")

    return lambda sentence: commands.on_page(sentence, place)


def _help_section() -> str:
    """The section of a plugin's help on this page."""
    if request.path.startswith("/administration"):
        return "#set-up"
    return "#the-state-of-an-invoice" if request.path.startswith(("/invoices", "/new-invoice", "/import")) else ""


def of(app: Flask, environ: dict[str, Any]) -> SignedIn:
    """The signed-in user of a request to another application."""
    kept = app.session_interface.open_session(app, Request(environ))
    found = _host(app).users.of(kept.get(_ID, "")) if kept else None
    return SignedIn(found.id, kept.get(_TOKEN, "")) if kept and found else SignedIn("", "")


def _host(app: Flask) -> EmbeddedHost:
    host: EmbeddedHost = app.extensions["onedesk.host"]
    return host


def form_token() -> str:
    """The session's token, created on first use."""
    if _TOKEN not in session:
        session[_TOKEN] = secrets.token_urlsafe(24)
    return str(session[_TOKEN])


def language_of(environ: Mapping[str, Any]) -> str:
    """The language of this browser: its user's choice, else the browser's preference."""
    return chosen(texts.kept_choice(environ), environ.get("HTTP_ACCEPT_LANGUAGE", ""))


def to_sign_in(asked: Request) -> Any:
    """Redirect to the sign-in, which leads back to the requested page; from a form, which was not accepted, to the page
    with the form."""
    page = asked.root_path + asked.full_path.rstrip("?")
    lost = asked.method != "GET"
    if lost:
        came = urlsplit(asked.referrer or "")
        page = urlunsplit(("", "", came.path or "/", came.query, "")) if came.netloc == asked.host else "/"
    query = {**({"back": page} if page != "/" else {}), **({"lost": "form"} if lost else {})}
    return redirect(f"/sign-in?{urlencode(query)}" if query else "/sign-in", 303 if lost else 302)


def _check() -> Any:
    """Every page except sign-in and the style sheet requires a user; every POST requires the session's token."""
    known = session.get(_ID, "")
    g.user = _host(current_app).users.of(known) if known else None
    if request.method == "POST":
        takes_files = request.path == "/import" or request.path.endswith("/files")
        if (request.content_length or 0) > (MOST_FILES if takes_files else MOST):
            raise RequestEntityTooLarge(say(TOO_LARGE) if takes_files else None)
        if g.user is None and request.endpoint not in _OPEN:
            return to_sign_in(request)
        given = request.form.get(_TOKEN, "")
        if not hmac.compare_digest(given.encode(), str(session.get(_TOKEN, "")).encode()) or not given:
            raise BadRequest(
                gettext("This form was not opened in this browser, or long ago. Go back, reload and try again.")
            )
    if g.user is None and request.endpoint not in _OPEN:
        if known:
            flash(gettext("Your session has ended: sign in again."), "problem")
        return to_sign_in(request)
    return None


def _choose_user() -> Any:
    """Sign-in without a password."""
    users = _host(current_app).users
    if request.method == "GET":
        return render_template("choose_user.html", users=users.each())
    chosen = request.form.get("user", "")
    try:
        return _signed_in(users.sign_in_without_password(chosen))
    except SignInRefused as problem:
        raise BadRequest(text_of(problem)) from problem


def _sign_in() -> Any:
    users = _host(current_app).users
    if request.method == "GET":
        return render_template("sign_in.html", nobody=users.is_empty())
    try:
        return _signed_in(users.sign_in(request.form.get("user", "").strip(), request.form.get("password", "")))
    except SignInRefused as problem:
        return render_template("sign_in.html", problem=text_of(problem), name=request.form.get("user", "")), 403


def _first_user() -> Any:
    """The only page that creates an administrator without another one; `serve` prints the key."""
    users = _host(current_app).users
    key = request.values.get("key", "")
    if not users.is_empty() or not hmac.compare_digest(key.encode(), users.set_up_key().encode()):
        flash(
            gettext("There is a user already, or this address is not the one that was printed at the start."), "problem"
        )
        return redirect("/sign-in", 303)
    if request.method == "GET":
        return render_template("first_user.html", key=key, shortest=SHORTEST)
    given = User(request.form.get("user", "").strip(), request.form.get("name", "").strip(), may_administer=True)
    password = request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise UserProblem(Text("The two passwords are not the same."))
        users.first(given, password)
        return _signed_in(users.sign_in(given.id, password))
    except (UserProblem, SignInRefused) as problem:
        shown = {"key": key, "shortest": SHORTEST, "problem": text_of(problem), "given": given}
        return render_template("first_user.html", **shown), 400


def _signed_in(begun: str) -> Any:
    users = _host(current_app).users
    users.sign_out(session.get(_ID, ""))
    session.clear()
    session[_ID] = begun
    form_token()  # a new token for a new user
    found = users.of(begun)
    flash(gettext("Signed in as {name}.", name=found.name if found else ""), "said")
    return redirect(texts.inside(request.form.get("back", "")) or current_app.extensions["onedesk.start"], 303)


def _sign_out() -> Any:
    """The session ends on the server, so its cookie is invalid from now on."""
    _host(current_app).users.sign_out(session.get(_ID, ""))
    session.clear()
    return redirect("/sign-in", 303)
