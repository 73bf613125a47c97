"""The endpoints of a worker for monitors: /ready, /health and /metrics (Prometheus) over all its tenants, without
names."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.ledger import LedgerProblem
from onedesk_quickbooks.plugin.ops.metrics import CONTENT_TYPE, Measured, exposition
from onedesk_quickbooks.plugin.ops.status import left, repeated
from onedesk_quickbooks.plugin.sync.tenancy import working_for

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.cli.session.tenants import Tenants

_log = logging.getLogger("onedesk_quickbooks.cli")
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_JSON = "application/json"


def monitoring(tenants: Tenants) -> Wsgi:
    """A WSGI application; 503 while the ledgers' database is unavailable."""

    def call(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        try:
            status, kind, body = _answer(str(environ.get("PATH_INFO")), tenants)
        except Exception as problem:
            _log.warning("%s", problem, exc_info=not isinstance(problem, LedgerProblem))
            error = "The ledger does not answer; see the log."
            status, kind, body = "503 Service Unavailable", _JSON, _json(ready=False, error=error)
        start(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")])
        return [body]

    return call


def _answer(path: str, tenants: Tenants) -> tuple[str, str, bytes]:
    if path == "/metrics":
        return "200 OK", CONTENT_TYPE, exposition(measured(tenants))
    if path == "/ready":
        measured(tenants, at_most=1)
        return "200 OK", _JSON, _json(ready=True)
    if path == "/health":
        found = measured(tenants)
        stopped = [each.tenant for each in found if each.status.get("stopped_reason")]
        runs = {each.tenant: count for each in found if (count := left(each.status))}
        errors = {each.tenant: fails for each in found if (fails := repeated(each.status))}
        good = not stopped and not errors
        return "200 OK", _JSON, _json(ok=good, tenants=len(found), stopped=stopped, left=runs, errors=errors)
    return "404 Not Found", _JSON, _json(error="There are /ready, /health and /metrics here.")


def measured(tenants: Tenants, at_most: int | None = None) -> list[Measured]:
    """The state of each tenant that can be opened. Raises `LedgerProblem`."""
    found = []
    for name in tenants.names()[:at_most]:
        with working_for(name):
            application = tenants.get(name)
            if application is not None:
                found.append(Measured(name, application.status().to_json(), application.calls()))
    return found


def _json(**values: Any) -> bytes:
    return json.dumps(values).encode()
