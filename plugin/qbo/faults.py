"""Faults read from any answer: the service's JSON, the gateway's JSON, XML, and HTML (qbo-api.md section 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import requests
import simplejson
import urllib3
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from onedesk_quickbooks.plugin.qbo.meanings import FAULTS, RECONNECT, Fault, FaultMeaning, meaning_of
from onedesk_quickbooks.plugin.qbo.problems import (
    AnswerUnknown,
    NotAuthorised,
    NotReached,
    QuickBooksProblem,
    Refused,
    Throttled,
)
from onedesk_quickbooks.plugin.texts import Text

__all__ = ["FAULTS", "Fault", "FaultMeaning", "meaning_of", "of_json", "problem_of", "read_fault", "unsent_or_unknown"]

_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(r"(?i:(?<=token expired: )|(?<=token revoked: ))\S+|\b(?:eyJ|AB\d|RT\d)[\w.-]{20,}")
"""A token that QuickBooks quotes ("Token expired: AB01..."): it must not be stored, logged or shown."""
_LONG = 2000


def read_fault(status: int, headers: Mapping[str, str], body: bytes) -> tuple[Fault, ...]:
    """The faults of an answer; none for a good one. An answer of status 400 or more has at least one."""
    tid = next((value for key, value in headers.items() if key.lower() == "intuit_tid"), "")
    found = tuple(_faults(body, status, tid))
    if found or status < 400:
        return found
    return (Fault("", _first_words(body), "", "", "", status, tid),)


def problem_of(faults: tuple[Fault, ...], wait: timedelta | None = None) -> QuickBooksProblem:
    """The exception for what QuickBooks answered; `wait` is its Retry-After, if any."""
    first = faults[0]
    wants = {meaning_of(fault.code, fault.detail).do for fault in faults}
    if first.status == 429 or "wait" in wants:
        return Throttled(wait, first.tid)
    if _unauthorised(first) or "refresh" in wants:
        return NotAuthorised(_why(first), first.tid, _remedy(first), _own(first))
    if first.status >= 500 or first.status == 408 or "retry" in wants:
        return AnswerUnknown(_why(first), first.tid, failed=True, own=_own(first))
    return Refused(faults)


def unsent_or_unknown(error: requests.RequestException, url: str) -> QuickBooksProblem:
    """The exception for a request without an answer: `NotReached` only where it was certainly not sent."""
    if isinstance(error, _NEVER_SENT) or _not_connected(error):
        return NotReached(url, _cause(error))
    return AnswerUnknown(_cause(error))


_NEVER_SENT = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
)


def _not_connected(error: requests.RequestException) -> bool:
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, urllib3.exceptions.MaxRetryError) else inner
    if isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)):
        return True
    return isinstance(reason, urllib3.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(reason)


def _cause(error: requests.RequestException) -> str:
    """The innermost reason in words, without the URL and its query that the outer exceptions repeat."""
    if isinstance(error, requests.Timeout):
        return Text("it took too long")
    inner: object = error
    while isinstance(inner, BaseException):
        deeper = getattr(inner, "reason", None) or (inner.args[-1] if inner.args else None)
        if not isinstance(deeper, BaseException):
            break
        inner = deeper
    cause = inner.__context__ if isinstance(inner, BaseException) and isinstance(inner.__context__, OSError) else inner
    kind = type(cause).__name__
    return _IN_WORDS.get(kind) or str(getattr(cause, "strerror", None) or kind)


_IN_WORDS = {
    "ConnectionRefusedError": Text("connection refused"),
    "gaierror": Text("the name of the host cannot be looked up"),
    "ConnectionResetError": Text("the connection was cut"),
    "BrokenPipeError": Text("the connection was cut"),
    "RemoteDisconnected": Text("the connection was cut before the answer"),
    "IncompleteRead": Text("the connection was cut within the answer"),
    "BadStatusLine": Text("the response is not HTTP"),
    "InvalidSchema": Text("the address must begin with http:// or https://"),
    "MissingSchema": Text("the address must begin with http:// or https://"),
    "InvalidURL": Text("the address names no host"),
}


_ACCESS = ("100", "120", "130", "3100", "3200", "3202", "7001")


def _unauthorised(fault: Fault) -> bool:
    """Known codes of a lost connection at any status (120 also comes with 500); else 401, and 403 without another
    reason."""
    if fault.code in _ACCESS:
        return True
    return fault.status == 401 or (fault.status == 403 and fault.code not in FAULTS)


def _remedy(fault: Fault) -> str:
    return FAULTS[fault.code].remedy if fault.code in FAULTS else RECONNECT


def _why(fault: Fault) -> str:
    said = fault.detail or fault.message
    return f"{_meaning(fault)} ({said})" if said else _meaning(fault)


def _own(fault: Fault) -> str:
    """Why, without QuickBooks' text."""
    return f"{_meaning(fault)} (code {fault.code})" if fault.code else _meaning(fault)


def _meaning(fault: Fault) -> str:
    return FAULTS[fault.code].meaning.rstrip(".") if fault.code in FAULTS else f"HTTP {fault.status}"


def _faults(body: bytes, status: int, tid: str) -> Iterator[Fault]:
    start = body.lstrip()[:1]
    if start == b"{":
        try:
            value = simplejson.loads(body.decode("utf-8", "replace"), use_decimal=True)
        except (ValueError, ArithmeticError, RecursionError):
            return
        yield from of_json(value, status, tid)
    elif start == b"<" and b"<html" not in body[:500].lower():
        yield from _of_xml(body, status, tid)


def of_json(value: Any, status: int, tid: str) -> Iterator[Fault]:
    """The faults in a JSON answer or a batch item, in capitals (service) or lower case (gateway)."""
    held = _lowered(value)
    fault = _lowered(held.get("fault"))
    errors = fault.get("error")
    for error in errors if isinstance(errors, list) else [errors]:
        each = _lowered(error)
        if each:
            kind = _text(fault.get("type"))
            yield Fault(
                _code(each.get("code")),
                _text(each.get("message")),
                _text(each.get("detail")),
                _text(each.get("element")),
                kind,
                status,
                tid,
            )


def _lowered(value: Any) -> dict[str, Any]:
    return {str(key).lower(): each for key, each in value.items()} if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return "" if value is None else _TOKEN.sub("...", str(value))[:_LONG]


def _code(value: Any) -> str:
    return _text(value).strip().lstrip("0")


def _of_xml(body: bytes, status: int, tid: str) -> Iterator[Fault]:
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException):
        return
    for fault in root.iter():
        if _local(fault) != "Fault":
            continue
        for error in fault:
            if _local(error) != "Error":
                continue
            parts = {_local(part): (part.text or "").strip() for part in error}
            code = _code(error.get("code"))
            element = error.get("element") or ""
            message, detail = _text(parts.get("Message")), _text(parts.get("Detail"))
            yield Fault(code, message, detail, element, fault.get("type") or "", status, tid)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _first_words(body: bytes) -> str:
    """The first words of an answer that is no fault: an HTML page's title, or the beginning of the text."""
    title = _TITLE.search(body)
    text = (title.group(1) if title else body).decode("utf-8", "replace")
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())[:200]
