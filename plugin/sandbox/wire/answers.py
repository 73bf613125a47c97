"""HTTP answers: JSON, and the two formats of faults (qbo-api.md section 4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from onedesk_quickbooks.plugin.sandbox.wire.faults import MESSAGES, Refused
from onedesk_quickbooks.plugin.sandbox.wire.languages import translated
from onedesk_quickbooks.plugin.sandbox.wire.values import dumps

JSON = "application/json;charset=UTF-8"
XML = "application/xml;charset=UTF-8"


class Answer(NamedTuple):
    """A complete answer."""

    status: int
    body: bytes
    type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


def stamp(moment: datetime) -> str:
    """The `time` of an answer: milliseconds and offset."""
    return moment.isoformat(timespec="milliseconds")


def json_answer(value: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Any value as JSON."""
    return Answer(status, dumps(value).encode(), JSON, headers)


def fault_value(refused: Refused, language: str = "en") -> dict[str, Any]:
    """A Fault in the format of the service, with details in the company's language."""
    errors = [
        {
            "Message": MESSAGES.get(code, "Error"),
            "Detail": translated(code, detail, language),
            "code": code,
            "element": element,
        }
        for code, detail, element in refused.problems
    ]
    return {"Error": errors, "type": refused.fault_type}


def fault_answer(refused: Refused, moment: datetime, language: str = "en") -> Answer:
    """A refusal as an answer of the service."""
    return json_answer({"Fault": fault_value(refused, language), "time": stamp(moment)}, refused.status)


_GATEWAY = {
    401: ("AuthenticationFailed", "AUTHENTICATION"),
    403: ("ApplicationAuthorizationFailed", "SERVICE"),
    429: ("ThrottleExceeded", "SERVICE"),
}


def gateway_answer(status: int, code: str, detail: str, moment: datetime) -> Answer:
    """The lower-case format of 401, 403 and 429."""
    word, fault_type = _GATEWAY[status]
    message = f"message={word}; errorCode={int(code):06d}; statusCode={status}"
    value: dict[str, Any] = {
        "warnings": None,
        "intuitObject": None,
        "fault": {
            "error": [{"message": message, "detail": detail, "code": code, "element": None}],
            "type": fault_type,
        },
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": int(moment.timestamp() * 1000),
        "status": None,
        "cdcresponse": [],
    }
    headers = (("WWW-Authenticate", 'Bearer realm="Intuit", error="invalid_token"'),) if status == 401 else ()
    return json_answer(value, status, headers)
