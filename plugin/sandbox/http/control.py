"""`/_control/...`: what tests and demonstrations steer the sandbox with, from any language (docs/sandbox.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from onedesk_quickbooks.plugin.sandbox.books.company import change_settings
from onedesk_quickbooks.plugin.sandbox.books.outbox import emails
from onedesk_quickbooks.plugin.sandbox.http.answers import json_answer
from onedesk_quickbooks.plugin.sandbox.http.trouble import KINDS
from onedesk_quickbooks.plugin.sandbox.wire.values import loads

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.sandbox.sandbox import Sandbox

_MARKS = ("suspended", "closing_date", "warn_duplicate_numbers")


def credentials(sandbox: Sandbox, request: Request) -> Response:
    return _json(sandbox.credentials(request.url_root.rstrip("/")))


def outbox(sandbox: Sandbox, request: Request) -> Response:
    with sandbox.books.store.lock:
        return _json({"emails": emails(sandbox.books)})


def log(sandbox: Sandbox, request: Request) -> Response:
    """The calls since the start (or since `DELETE`), and how many per endpoint."""
    if request.method == "DELETE":
        sandbox.clear_log()
        return _json({"requests": [], "calls": {}})
    entries = sandbox.log()
    counts = Counter(f"{entry['method']} {_endpoint(entry['path'])}" for entry in entries)
    return _json({"requests": entries, "calls": dict(counts)})


def webhooks(sandbox: Sandbox, request: Request) -> Response:
    """`{"url": ..., "format": "cloudevents"|"legacy", "deliver": true}`."""
    asked = _body(request)
    if isinstance(asked, Response):
        return asked
    if asked.get("format") not in (None, "cloudevents", "legacy"):
        return _error("format is cloudevents or legacy")
    if "url" in asked:
        sandbox.webhooks.url = asked["url"] or None
    sandbox.webhooks.format = asked.get("format") or sandbox.webhooks.format
    statuses = [each.status for each in sandbox.deliver_webhooks()] if asked.get("deliver") else []
    state = {"url": sandbox.webhooks.url, "format": sandbox.webhooks.format, "pending": sandbox.webhooks.pending}
    return _json({**state, "statuses": statuses})


def faults(sandbox: Sandbox, request: Request) -> Response:
    """GET the orders, POST one, DELETE all."""
    trouble = sandbox.trouble
    if request.method == "DELETE":
        trouble.clear()
    elif request.method == "POST":
        asked = _body(request)
        if isinstance(asked, Response):
            return asked
        try:
            trouble.order(**asked)
        except (TypeError, ValueError) as error:
            return _error(str(error))
    return _json({"faults": trouble.state(), "known": KINDS})


def settings(sandbox: Sandbox, request: Request) -> Response:
    """The company as its owner sets it up: groups of Preferences or CompanyInfo, and marks of the sandbox."""
    asked = _body(request)
    if isinstance(asked, Response):
        return asked
    books = sandbox.books
    for key, value in asked.items():
        if key not in (*_MARKS, *books.preferences, *books.company):
            return _error(f"{key} is no setting; known: {', '.join([*_MARKS, *books.preferences])}")
        sandbox.change(partial(_set, sandbox, key, value))
    marks: dict[str, Any] = {key: books.store.meta(key) for key in _MARKS}
    return _json({"Preferences": books.preferences, "CompanyInfo": books.company, **marks})


def _set(sandbox: Sandbox, key: str, value: Any) -> None:
    books = sandbox.books
    if key in _MARKS:
        books.store.set_meta(key, value if isinstance(value, str) else str(int(bool(value))))
    else:
        change_settings(books, "Preferences" if key in books.preferences else "CompanyInfo", key, value)


def clock(sandbox: Sandbox, request: Request) -> Response:
    """`{"advance": seconds}` moves the sandbox's time forward."""
    asked = _body(request) if request.method == "POST" else {}
    if isinstance(asked, Response):
        return asked
    try:
        sandbox.advance(timedelta(seconds=float(asked.get("advance", 0))))
    except (TypeError, ValueError, OverflowError) as error:
        return _error(f"advance: {error}")
    return _json({"now": sandbox.books.now().isoformat()})


def _endpoint(path: str) -> str:
    """A path without realm and ids."""
    parts = path.strip("/").split("/")
    if parts[:2] == ["v3", "company"]:
        return "/".join("{id}" if each.isdigit() else each for each in parts[3:])
    return path


def _body(request: Request) -> Any:
    try:
        body = loads(request.get_data(as_text=True) or "{}")
    except ValueError as error:
        return _error(f"the body is no JSON: {error}")
    return body if isinstance(body, dict) else _error("the body must be a JSON object")


def _json(value: Any, status: int = 200) -> Response:
    answer = json_answer(value, status)
    return Response(answer.body, status, {"Content-Type": answer.type, "Cache-Control": "no-store"})


def _error(text: str) -> Response:
    return _json({"error": text}, 400)


VIEWS: dict[str, tuple[str, Callable[[Sandbox, Request], Response]]] = {
    "/_control/credentials": ("GET", credentials),
    "/_control/outbox": ("GET", outbox),
    "/_control/log": ("GET DELETE", log),
    "/_control/webhooks": ("POST", webhooks),
    "/_control/faults": ("GET POST DELETE", faults),
    "/_control/settings": ("POST", settings),
    "/_control/clock": ("GET POST", clock),
}
