"""The errors of the HTTP API, each as one JSON object: {"error": {code, what, field, remedy}}."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from onedesk_quickbooks.plugin.ledger import LedgerMoved
from onedesk_quickbooks.plugin.model.problem import NotNow

_log = logging.getLogger("onedesk_quickbooks.web")

_HTTP = {
    404: ("no-such-path", "Look for the path in /api/openapi.json."),
    405: ("wrong-method", "Look for the path in /api/openapi.json."),
    413: ("too-large", "A request in JSON has at most 2 MB, one with files 7.9 MB: send several smaller ones."),
}


class ApiProblem(Exception):
    """A request that is rejected. `what` is the problem, `field` its place ("" for the whole), `remedy` what to do."""

    def __init__(self, status: int, code: str, what: str, remedy: str, field: str = "", **headers: str) -> None:
        super().__init__(what)
        self.status = status
        self.code = code
        self.what = what
        self.remedy = remedy
        self.field = field
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def add_problems(app: Flask) -> None:
    """Register handlers that return every exception as such an object."""
    app.register_error_handler(ApiProblem, _answer)
    app.register_error_handler(NotNow, _not_now)
    app.register_error_handler(LedgerMoved, _moved)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _answer(problem: ApiProblem) -> Any:
    described = {"code": problem.code, "what": problem.what, "field": problem.field, "remedy": problem.remedy}
    return jsonify(error=described), problem.status, problem.headers


def _not_now(problem: NotNow) -> Any:
    """The location of the ledger is only logged."""
    _log.warning("%s", problem)
    what = "The ledger, or the host's database, does not answer now."
    remedy = "Repeat the request in a few seconds; nothing is duplicated."
    return _answer(ApiProblem(503, "not-now", what, remedy, Retry_After="5"))


def _moved(problem: LedgerMoved) -> Any:
    _log.warning("%s", problem)
    remedy = "Repeat the request once that is done; nothing is duplicated."
    return _answer(ApiProblem(503, "not-now", str(problem), remedy, Retry_After="5"))


def _http(problem: HTTPException) -> Any:
    status = problem.code or 500
    if status < 400:  # a redirect
        return problem
    code, remedy = _HTTP.get(status, ("refused", "Look at /api/openapi.json."))
    answer: Response = problem.get_response()  # type: ignore[assignment]
    allowed = {"Allow": answer.headers["Allow"]} if "Allow" in answer.headers else {}
    return _answer(ApiProblem(status, code, f"{problem.name}.", remedy, **allowed))


def _unexpected(problem: Exception) -> Any:
    _log.error("an error in the plugin during a request to the API", exc_info=problem)
    what = "The plugin has an internal error; whether anything was done is not known."
    return _answer(
        ApiProblem(500, "error", what, "Repeat the request with the same Idempotency-Key; the log has the error.")
    )
