"""The routes of the HTTP API. They decide nothing: an invoice is stored in the host, which calls the hooks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, jsonify, request

from onedesk_quickbooks.plugin.app.host_api import COPY
from onedesk_quickbooks.plugin.app.inbox import PATIENCE
from onedesk_quickbooks.plugin.ledger import ApiKey, KeptAnswer
from onedesk_quickbooks.plugin.web.api import request_data
from onedesk_quickbooks.plugin.web.api.api_problems import ApiProblem, add_problems
from onedesk_quickbooks.plugin.web.api.files import add_files
from onedesk_quickbooks.plugin.web.api.idempotency import IdempotentRequest
from onedesk_quickbooks.plugin.web.api.import_target import ImportTarget
from onedesk_quickbooks.plugin.web.api.own_payments import add_own_payments

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.app.application import Application

_log = logging.getLogger("onedesk_quickbooks.web")

PREFIX = "/api"
_SCHEMAS = Path(__file__).parents[3] / "schemas"
_ACTIONS = {"opened": "opened", "changed": "changed", "copy": COPY.id, "send": "send"}
"""The action of a request -> the event or action for the host."""
_UNKNOWN = {"number": "", "status": "", "state": "none", "why": "", "link": "", "quickbooks": None, "entry": None}
"""The state of an invoice that neither side has: it was deleted before anything was requested."""
_PAGE, _LONGEST_PAGE = 100, 1000


def api(application: Application, into: ImportTarget | None, sleep: Callable[[float], None] = time.sleep) -> Flask:
    """The API, to be mounted at `PREFIX`. `into` is None if the data directory belongs to another host, which reports
    its invoices to the plugin itself."""
    app = Flask("onedesk_quickbooks.plugin.web", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=request_data.MOST_FILES, MAX_FORM_MEMORY_SIZE=request_data.MOST_JSON)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's own provider
    app.url_map.merge_slashes = False  # the id of an invoice may contain any character
    _add_invoices(app, application, into, sleep)
    add_files(app, application, into)
    _add_payments(app, application)
    add_own_payments(app, application, into, sleep)
    _add_schemas(app)
    add_problems(app)
    app.after_request(_finish)
    return app


def _add_invoices(
    app: Flask, application: Application, into: ImportTarget | None, sleep: Callable[[float], None]
) -> None:
    turns = [threading.Lock() for _ in range(64)]  # requests for one invoice are processed one after another

    @app.post("/invoices")
    def hand_over() -> Any:
        """202 Accepted; the caller polls for the outcome."""
        key, action = request_data.caller(application.ledger, "invoices"), request_data.parameter("action")
        if action not in _ACTIONS:
            what = f"{action[:40]!r} is not one of {', '.join(_ACTIONS)}."
            raise ApiProblem(422, "invalid", what, "Say what to do: /api/invoices?action=copy.", "action")
        (invoice, files), once = request_data.invoice(), request_data.idempotency_key()
        mark, answers = request_data.fingerprint(action, invoice, files), application.ledger.api_answers
        do = partial(_done, application, into, invoice, files, action, key, mark)
        with turns[hash(invoice["id"]) % len(turns)], application.ledger.hasty(PATIENCE):
            answer, again = IdempotentRequest(answers, key.id, once, sleep).done(mark, do) if once else (do(), False)
        return jsonify(answer.answer), answer.status, {"Idempotency-Replayed": "true"} if again else {}

    @app.get("/invoices/<path:invoice_id>")
    def state(invoice_id: str) -> Any:
        request_data.caller(application.ledger, "invoices")
        found = None if "\x00" in invoice_id else application.invoice_state(invoice_id)
        if found is None:
            what = f"There is no invoice {invoice_id[:200]!r}."
            raise ApiProblem(404, "no-such-invoice", what, "Send it first.", "id")
        return jsonify(found)


def _done(
    application: Application,
    into: ImportTarget | None,
    invoice: dict[str, Any],
    files: list[tuple[str, bytes]],
    action: str,
    key: ApiKey,
    mark: str,
) -> KeptAnswer:
    host = request_data.own(into)
    away = "No QuickBooks company is connected, so nothing was done"
    if action in ("copy", "send") and application.known is None:  # the hook would let the host e-mail it
        raise ApiProblem(409, "not-taken", f"{away}.", "Connect one and repeat the request.")
    if action == "opened" and invoice["status"] == "open" and (rule := application.lost_on_open(invoice)):
        what = f"{away}: the rules have on_open: {rule}."
        raise ApiProblem(409, "not-taken", what, "Connect one and repeat the request.")
    _put(host, invoice, files, action, key)
    return KeptAnswer(mark, 202, application.invoice_state(invoice["id"]) or {"id": invoice["id"], **_UNKNOWN})


def _put(into: ImportTarget, invoice: dict[str, Any], files: list[tuple[str, bytes]], action: str, key: ApiKey) -> None:
    """Store in the host. Raises `ApiProblem` (409, 422) and `NotNow`."""
    try:
        refused = into.invoice(invoice, _ACTIONS[action], f"key {key.name}", files)
    except ValueError as problem:
        raise ApiProblem(422, "invalid-invoice", str(problem), "Correct the invoice.") from problem
    if refused:
        raise ApiProblem(409, "not-taken", refused, "GET the invoice to see its state.")


def _add_payments(app: Flask, application: Application) -> None:
    @app.get("/payments")
    def payments() -> Any:
        """The payment events after a cursor; the same again until the caller sends another cursor."""
        request_data.caller(application.ledger, "payments")
        after, limit = request_data.number("after", 0, 0, 2**53), request_data.number("limit", _PAGE, 1, _LONGEST_PAGE)
        events = application.ledger.payment_events
        newest = events.newest()
        if after > newest:
            what = f"There is no event {after}; the last one is {newest}."
            raise ApiProblem(
                422, "invalid", what, "Begin again with after=0: the ledger is a new one, or an older copy.", "after"
            )
        found = events.after(after, limit + 1)
        page = found[:limit]
        last = page[-1].number if page else after
        return jsonify(payments=[each.to_json() for each in page], next=str(last), more=len(found) > limit)


def _add_schemas(app: Flask) -> None:
    """Served without a key, since they are in the public package."""

    @app.get("/openapi.json")
    def openapi() -> Any:
        return Response((_SCHEMAS / "openapi.json").read_bytes(), content_type="application/json")

    @app.get("/invoice.schema.json", defaults={"name": "invoice"})
    @app.get("/payment.schema.json", defaults={"name": "payment"})
    @app.get("/host_payment.schema.json", defaults={"name": "host_payment"})
    def schema(name: str) -> Any:
        return Response((_SCHEMAS / f"{name}.schema.json").read_bytes(), content_type="application/schema+json")


def _finish(response: Response) -> Response:
    _log.info("api: %s %s by key %s: %d", request.method, request.path, g.get("caller", "-"), response.status_code)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
