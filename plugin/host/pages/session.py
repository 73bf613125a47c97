"""Who is signed in, and the token that every form carries."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, current_app, flash, g, redirect, render_template, request, session
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import BadRequest

from onedesk_quickbooks.plugin.host.records import USERS

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.host.host import EmbeddedHost

_ID = "id"
_TOKEN = "form_token"  # noqa: S105 - the name of a field, no secret


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The user's id and form token; both "" for nobody."""

    user: str
    form_token: str


class _Cookies(SecureCookieSessionInterface):
    """Cookies are kept from plain HTTP as soon as the page itself came by HTTPS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def add_to(app: Flask, host: EmbeddedHost) -> None:
    """Sign-in, sign-out, and the check of form tokens for every page of `app`."""
    app.secret_key = host.sessions.key()
    app.session_interface = _Cookies()
    app.config.update(SESSION_COOKIE_NAME="onedesk", SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_HTTPONLY=True)
    app.extensions["onedesk.host"] = host
    app.before_request(_check)
    app.add_url_rule("/sign-in", "sign_in", _sign_in, methods=["GET", "POST"])
    app.add_url_rule("/sign-out", "sign_out", _sign_out, methods=["POST"])
    app.context_processor(lambda: {"form_token": form_token(), "user": g.get("user")})


def of(app: Flask, environ: dict[str, Any]) -> SignedIn:
    """Who is signed in on a request that another application answers."""
    kept = app.session_interface.open_session(app, Request(environ))
    if kept is None or kept.get("user") not in USERS or not _host(app).sessions.has(kept.get(_ID, "")):
        return SignedIn("", "")
    return SignedIn(kept["user"], kept.get(_TOKEN, ""))


def _host(app: Flask) -> EmbeddedHost:
    host: EmbeddedHost = app.extensions["onedesk.host"]
    return host


def form_token() -> str:
    """The session's token; made at first need."""
    if _TOKEN not in session:
        session[_TOKEN] = secrets.token_urlsafe(24)
    return str(session[_TOKEN])


def _check() -> Any:
    """Every page but sign-in and the style sheet wants a user; every POST the session's token."""
    g.user = USERS.get(session.get("user", "")) if _host(current_app).sessions.has(session.get(_ID, "")) else None
    if request.method == "POST":
        given = request.form.get(_TOKEN, "")
        if not hmac.compare_digest(given.encode(), str(session.get(_TOKEN, "")).encode()) or not given:
            raise BadRequest("This form was not opened in this browser, or long ago. Go back, reload and try again.")
    if g.user is None and request.endpoint not in ("sign_in", "static"):
        return redirect("/sign-in")
    return None


def _sign_in() -> Any:
    if request.method == "GET":
        return render_template("sign_in.html", users=USERS.values())
    user = USERS.get(request.form.get("user", ""))
    if user is None:
        raise BadRequest("There is no such user. Choose one of the list.")
    session.clear()
    session["user"] = user.id
    session[_ID] = _host(current_app).sessions.begin()
    form_token()  # a new token for a new user
    flash(f"Signed in as {user.name}.", "said")
    return redirect("/invoices", 303)


def _sign_out() -> Any:
    """The session ends on the server: its cookie signs nobody in any more."""
    _host(current_app).sessions.end(session.get(_ID, ""))
    session.clear()
    return redirect("/sign-in", 303)
