"""The Flask application below /quickbooks. It decides nothing: it authorises, delegates, and shows problems."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest, HTTPException, Unauthorized

from onedesk_quickbooks.plugin.app.connect import is_bound
from onedesk_quickbooks.plugin.app.financials import PREFIX
from onedesk_quickbooks.plugin.ledger import KeyProblem, LedgerMoved, LedgerProblem
from onedesk_quickbooks.plugin.model.host import WebPages
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.ops.attention import Cause
from onedesk_quickbooks.plugin.ops.preconditions import NO_ROOM
from onedesk_quickbooks.plugin.ops.status import left, repeated
from onedesk_quickbooks.plugin.qbo.problems import BadWebhook, QuickBooksProblem
from onedesk_quickbooks.plugin.qbo.webhooks import signed
from onedesk_quickbooks.plugin.sync.errors import AnotherCompany, ChoiceProblem, ConnectProblem, SyncProblem
from onedesk_quickbooks.plugin.texts import Text, current, gettext, text_of
from onedesk_quickbooks.plugin.texts import pages as texts
from onedesk_quickbooks.plugin.texts.refusals import refusal
from onedesk_quickbooks.plugin.web import guard
from onedesk_quickbooks.plugin.web.attention import add_attention
from onedesk_quickbooks.plugin.web.changes import add_changes
from onedesk_quickbooks.plugin.web.customers import add_customers
from onedesk_quickbooks.plugin.web.help import add_help
from onedesk_quickbooks.plugin.web.reconcile import add_reconcile
from onedesk_quickbooks.plugin.web.rules_page import SEVERITIES, add_rules, count_of_findings
from onedesk_quickbooks.plugin.web.start import add_start
from onedesk_quickbooks.plugin.web.story import add_story
from onedesk_quickbooks.plugin.web.texts import said

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

_log = logging.getLogger("onedesk_quickbooks.web")

_BROWSER_RULES = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_MACHINES = frozenset({"/webhooks", "/health", "/ready", "/metrics"})
_HEALTH = (
    "connected",
    "stopped_reason",
    "last_success_at",
    "last_payment_look_at",
    "waiting",
    "held",
    "failed",
    "oldest_waiting_at",
    "errors",
)


def pages(application: Application, runs: Callable[[], object] = lambda: None) -> WebPages:
    """The pages and their mount point. `runs` raises `NotNow` if the plugin does not run in this process."""
    app = Flask("onedesk_quickbooks.plugin.web")
    app.config.update(MAX_CONTENT_LENGTH=4_000_000, MAX_FORM_MEMORY_SIZE=4_000_000)

    @app.before_request
    def running() -> None:
        runs()

    _add_connecting(app, application)
    _add_settings(app, application)
    _add_languages(app)
    add_changes(app, application)
    add_attention(app, application)
    add_customers(app, application)
    add_story(app, application)
    add_reconcile(app, application)
    add_rules(app, application)
    add_start(app, application, lambda: _redirect_uri(application))
    add_help(app, application)
    _add_machines(app, application)
    _add_monitoring(app, application)
    app.register_error_handler(SyncProblem, _sync_problem)
    app.register_error_handler(QuickBooksProblem, _quickbooks_problem)
    app.register_error_handler(LedgerProblem, _ledger_problem)
    app.register_error_handler(KeyProblem, _ledger_problem)
    app.register_error_handler(NotNow, _not_now)
    app.register_error_handler(LedgerMoved, _not_now)
    app.register_error_handler(HTTPException, _http_problem)
    app.after_request(_browser_rules)
    app.context_processor(_shared)
    app.jinja_env.globals.update(texts.to_templates(), severities=SEVERITIES, on_page=guard.on_page)
    app.jinja_env.filters["money"] = texts.money
    return WebPages(
        PREFIX, texts.speaking(app, lambda environ: guard.language_of(environ, application.settings.language))
    )


def _add_connecting(app: Flask, application: Application) -> None:
    @app.get("/connect")
    def connect() -> Any:
        """Redirect to QuickBooks' consent page."""
        user, uri = guard.administrator(application), _redirect_uri(application)
        here = urlsplit(uri).netloc == request.host
        consent = application.begin_connect(user, uri, here)
        answer = redirect(consent)
        if request.args.get("back") == "start":
            answer.set_cookie(_BACK, "start", 900, httponly=True, samesite="Lax", secure=uri.startswith("https://"))
        if here:
            state = parse_qs(urlsplit(consent).query).get("state", [""])[0]
            secure = uri.startswith("https://")
            answer.set_cookie(_STATE, _hash(state), 900, httponly=True, samesite="Lax", secure=secure)
        return answer

    @app.get("/callback")
    @app.post("/callback")
    def callback() -> Any:
        """The redirect back, normally in the browser that started, though its user may be signed in under another host
        name. A browser that started under another host name has no cookie here: then the state alone proves that the
        request is ours. POST comes from the page that confirms the replacement of another company."""
        if request.args.get("error"):
            return _denied(request.args["error"])
        given = {name: request.values.get(name, "") for name in ("state", "code", "realmId")}
        state = given["state"]
        if not all(given.values()):
            raise BadRequest(
                gettext(
                    "QuickBooks' answer is incomplete (it needs state, code and realmId). Nothing was changed:"
                    " connect once more from Administration > Financials."
                )
            )
        cookie = request.cookies.get(_STATE, "")
        if is_bound(state) and not hmac.compare_digest(cookie.encode(), _hash(state).encode()):
            raise BadRequest(
                gettext(
                    "This connection was started in another browser. Nothing was changed: connect once more from"
                    " Administration > Financials."
                )
            )
        try:
            application.finish_connect(state, given["code"], given["realmId"], request.method == "POST")
        except AnotherCompany as problem:
            return render_template("replace.html", text=text_of(problem), given=given)
        from_start = request.cookies.get(_BACK) == "start"
        answer = redirect(url_for("start", done="connected") if from_start else guard.return_to(), 303)
        answer.delete_cookie(_STATE)
        answer.delete_cookie(_BACK)
        return answer


def _add_settings(app: Flask, application: Application) -> None:
    @app.post("/settings/<setting_id>")
    def choose(setting_id: str) -> Any:
        user = guard.administrator(application)
        guard.own_form()
        value = request.form.get("value", "")
        application.choose(user, setting_id, value)
        if request.form.get("back") == "start":
            return redirect(url_for("start", done="chosen"), 303)
        waited = _waited(application, setting_id) if value else []
        return render_template("chosen.html", causes=waited) if waited else redirect(guard.return_to(), 303)

    @app.post("/disconnect")
    def disconnect() -> Any:
        user = guard.administrator(application)
        guard.own_form()
        if request.form.get("sure") != "yes":
            return _whether_to_disconnect(application)
        application.disconnect(user)
        return redirect(guard.return_to(), 303)


def _add_languages(app: Flask) -> None:
    @app.post("/language")
    def language() -> Any:
        """Used if the host does not give the language of its user."""
        guard.own_form()
        return texts.choose(request)


_WAITED_FOR = {
    "default_income_account": ("held/no-income-account",),
    "default_tax_code": ("held/no-us-tax-code", "held/tax-code-missing", "held/tax-code-on-some-lines"),
}
"""The causes that a setting may resolve."""


def _waited(application: Application, setting_id: str) -> list[Cause]:
    """What is held because this setting has no value."""
    found = application.attention()
    causes = (found.cause(key) for key in _WAITED_FOR.get(setting_id, ()))
    return [each for each in causes if each is not None]


def _whether_to_disconnect(application: Application) -> str:
    """The confirmation page, with the consequences."""
    status = application.status().to_json()
    waiting, held = status.get("waiting") or 0, (status.get("held") or 0) + (status.get("failed") or 0)
    found = [
        *([said(waiting, Text("{n} waits"), Text("{n} wait"))] if waiting else []),
        *([said(held, Text("{n} is held"), Text("{n} are held"))] if held else []),
    ]
    return render_template(
        "disconnect.html",
        company=status.get("company") or "QuickBooks",
        waiting=_of_the_queue(found),
    )


def _of_the_queue(found: list[str]) -> str:
    if not found:
        return gettext("Nothing waits.")
    parts = gettext("{one} and {other}", one=found[0], other=found[1]) if len(found) == 2 else found[0]
    return gettext("Of the queue {parts}.", parts=parts)


def _add_machines(app: Flask, application: Application) -> None:
    @app.post("/webhooks")
    def webhooks() -> Any:
        """Webhooks of QuickBooks. Answered at once: the events are stored and processed in the background."""
        body, signature = request.get_data(), request.headers.get("intuit-signature", "")
        if not signed(body, signature, application.settings.verifier_token):
            _log.warning("a webhook of %d bytes was not signed with our verifier token", len(body))
            return jsonify(error="The signature in intuit-signature does not match. Check the verifier token."), 401
        try:
            kept = application.receive_webhook(body, signature)
        except BadWebhook as problem:
            _log.warning("%s", problem)
            return jsonify(error=str(problem)), 400
        return jsonify(events=kept)


def _add_monitoring(app: Flask, application: Application) -> None:
    """Register the routes for load balancers and monitors, without a sign-in: they contain no names."""

    @app.get("/health")
    def health() -> Any:
        """503 if nothing is copied until a person acts, or an error keeps recurring."""
        with _readable(application):
            status = application.status().to_json()
        good = not status.get("stopped_reason") and not repeated(status)
        facts = {name: status[name] for name in _HEALTH if name in status}
        for place in application.places:
            facts["stopped_reason"] = str(facts.get("stopped_reason") or "").replace(place, "...")
        return jsonify(ok=good, left=left(status), **facts), 200 if good else 503

    @app.get("/ready")
    def ready() -> Any:
        """503 if these pages cannot work because the ledger does not respond, or cannot be written."""
        with _readable(application):
            free = application.status().to_json().get("disk_free")
        if free is not None and free < NO_ROOM:
            return jsonify(ready=False, error="The disk is full: nothing can be recorded."), 503
        return jsonify(ready=True)

    @app.get("/metrics")
    def metrics() -> Any:
        """Metrics for Prometheus."""
        from onedesk_quickbooks.plugin.ops.metrics import CONTENT_TYPE, Measured, exposition

        with _readable(application):
            measured = Measured(application.settings.tenant, application.status().to_json(), application.calls())
        return Response(exposition([measured]), content_type=CONTENT_TYPE)


@contextmanager
def _readable(application: Application) -> Iterator[None]:
    """A monitor gets a response whatever the ledger contains. Raises `LedgerProblem`, `LedgerMoved` or `KeyProblem`."""
    try:
        application.ledger.refuse_moved()
        yield
    except (LedgerProblem, LedgerMoved, KeyProblem):
        raise  # expected, so not logged with a traceback
    except Exception as error:
        _log.exception("the ledger does not answer")
        raise LedgerProblem("the content of the ledger cannot be read") from error


_STATE = "onedesk_quickbooks_state"
"""The cookie of a browser that was redirected to QuickBooks."""
_BACK = "onedesk_quickbooks_back"
"""The cookie of a browser that was redirected from the page "Set up"."""


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _redirect_uri(application: Application) -> str:
    """The redirect URI to register at Intuit, below the public URL. The Host header is under the control of the client:
    without a public URL only loopback names are accepted. Raises `ConnectProblem`."""
    from onedesk_quickbooks.plugin.ops.channels import is_loopback

    base = application.settings.public_url
    if not base:
        if not is_loopback(urlsplit(f"//{request.host}").hostname or ""):
            raise ConnectProblem(
                Text(
                    "public_url is not set: set it in settings.yaml to https://YOUR-HOST{path}, with the name by which "
                    "browsers reach these pages, restart, and enter it, followed by /callback, as a redirect URI at "
                    "developer.intuit.com.",
                    path=request.root_path,
                )
            )
        base = request.url_root
    return base.rstrip("/") + "/callback"


_PAGES = {
    "attention": Text("Needs attention"),
    "changes": Text("Changed in QuickBooks"),
    "customers": Text("Customers to review"),
    "invoices": Text("All that happened to it"),
    "reconcile": Text("Reconcile"),
    "rules": Text("Rules"),
    "start": Text("Set up"),
}
"""The pages with forms, by the beginning of their addresses."""


def _denied(error: str) -> tuple[str, int]:
    if error == "access_denied":
        text = Text("Access was not granted in QuickBooks, so nothing was connected and nothing was changed.")
        return _page(Text("Not connected"), text), 200
    return _page(
        Text("Not connected"),
        Text("QuickBooks answered with the error “{error}”. Nothing was changed.", error=error),
    ), 400


def _sync_problem(problem: SyncProblem) -> tuple[str, int]:
    return _page(Text("That did not work"), text_of(problem)), 422 if isinstance(problem, ChoiceProblem) else 409


def _quickbooks_problem(problem: QuickBooksProblem) -> tuple[str, int]:
    return _page(Text("Unexpected response from QuickBooks"), text_of(problem)), 502


def _ledger_problem(problem: LedgerProblem | KeyProblem) -> Any:
    """Intuit repeats a webhook with this response. The location of the ledger is only logged for users who are not
    signed in."""
    if request.path in _MACHINES:
        _log.warning("%s", problem)
        return jsonify(ok=False, ready=False, error="The ledger does not answer; see the log."), 503
    if request.environ.get("onedesk.user"):
        return _page(Text("Not now"), text_of(problem)), 503
    _log.warning("%s", problem)
    return _page(Text("Not now"), Text("The ledger does not answer; the log says why. Try again in a moment.")), 503


def _not_now(problem: NotNow | LedgerMoved) -> Any:
    """This process was forked after the start of the plugin, so that its connections belong to the parent; or its
    ledger was moved."""
    _log.warning("%s", problem)
    if request.path in _MACHINES:
        return jsonify(ok=False, ready=False, error=str(problem)), 503
    return _page(Text("Not now"), text_of(problem)), 503


def _http_problem(problem: HTTPException) -> Any:
    if problem.code is None or problem.code < 400:  # a redirect
        return problem
    headers = {"WWW-Authenticate": "Host"} if isinstance(problem, Unauthorized) else {}
    return _page(*refusal(problem), problem.code), problem.code, headers


def _page(title: str, text: str, code: int = 400) -> str:
    to, name = ("", "") if code in (404, 405) else _way_back()
    return render_template("problem.html", title=title, text=text, allowed=code not in (401, 403), to=to, name=name)


def _way_back() -> tuple[str, str]:
    """The page of the form, or of the period, that could not be carried out, and its name; "" for another address."""
    part = request.path.strip("/").partition("/")[0]
    if part not in _PAGES or (request.method != "POST" and not request.query_string):
        return "", ""
    story = (request.view_args or {}).get("invoice_id")
    return url_for("story", invoice_id=story) if story else url_for(part), _PAGES[part]


def _shared() -> dict[str, Any]:
    """Values for every page: where it leads back to, and the token of its forms."""
    invoices = str(request.environ.get("onedesk.invoice_page") or "").partition("/{id}")[0]
    return {
        "back": guard.return_to(),
        "token": guard.form_token(),
        "home": invoices or guard.return_to(),
        "home_label": Text("Invoices") if invoices else "OneDesk",
        "language": current(),
        "chooses": not request.environ.get("onedesk.language"),
        "findings_count": count_of_findings,
    }


def _browser_rules(response: Response) -> Response:
    for name, value in _BROWSER_RULES.items():
        response.headers.setdefault(name, value)
    # The callback's address contains the code. From other pages the host learns where a form was.
    policy = "no-referrer" if request.endpoint == "callback" else "same-origin"
    response.headers.setdefault("Referrer-Policy", policy)
    return response
