"""What goes back over HTTP: JSON, XML where asked, and the two shapes of faults (qbo-api.md section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from onedesk_quickbooks.plugin.sandbox.wire.faults import MESSAGES, Refused
from onedesk_quickbooks.plugin.sandbox.wire.languages import translated
from onedesk_quickbooks.plugin.sandbox.wire.values import dumps

JSON = "application/json;charset=UTF-8"
XML = "application/xml;charset=UTF-8"
_NAMESPACE = "http://schema.intuit.com/finance/v3"


class Answer(NamedTuple):
    """A whole answer."""

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
    """The service shape of a Fault, its details in the company's language."""
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
    """A refusal as the service answers it."""
    return json_answer({"Fault": fault_value(refused, language), "time": stamp(moment)}, refused.status)


_GATEWAY = {
    401: ("AuthenticationFailed", "AUTHENTICATION"),
    403: ("ApplicationAuthorizationFailed", "SERVICE"),
    429: ("ThrottleExceeded", "SERVICE"),
}


def gateway_answer(status: int, code: str, detail: str, moment: datetime) -> Answer:
    """The lower-case shape that 401, 403 and 429 have."""
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


def to_xml(value: dict[str, Any]) -> bytes:
    """An answer as the XML that QuickBooks would have sent: of the gateway's shape too (qbo-api.md section 4)."""
    time = value.get("time", "")
    if isinstance(value.get("fault"), dict):
        value = {"Fault": _capitals(value["fault"])}
        time = datetime.fromtimestamp(time / 1000, timezone.utc).isoformat(timespec="milliseconds")
    inner = "".join(_element(key, each) for key, each in value.items() if key != "time")
    head = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse xmlns="{_NAMESPACE}"'
    return f"{head} time={quoteattr(str(time))}>{inner}</IntuitResponse>".encode()


def _capitals(fault: dict[str, Any]) -> dict[str, Any]:
    """A fault of the gateway with the names that the service uses."""
    names = {"message": "Message", "detail": "Detail"}
    return {
        "Error": [{names.get(key, key): each[key] for key in each} for each in fault["error"]],
        "type": fault["type"],
    }


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, each) for each in value)
    if value is None:
        return ""
    if not isinstance(value, dict):
        return f"<{name}>{escape(_plain(value))}</{name}>"
    if set(value) <= {"value", "name"} and "value" in value:
        label = f" name={quoteattr(str(value['name']))}" if "name" in value else ""
        return f"<{name}{label}>{escape(_plain(value['value']))}</{name}>"
    marks, children = "", ""
    for key, each in _parts(name, value):
        if key in (
            "domain",
            "sparse",
            "status",
            "startPosition",
            "maxResults",
            "totalCount",
            "type",
            "code",
            "element",
            "bId",
        ):
            marks += f" {key}={quoteattr(_plain(each))}"
        else:
            children += _element(key, each)
    return f"<{name}{marks}>{children}</{name}>"


def _parts(name: str, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, each in value.items():
        if not (name == "Error" and key == "element" and not each):
            yield key, each


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
