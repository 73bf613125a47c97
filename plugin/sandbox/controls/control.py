"""`/_control/...`: controls for tests and demonstrations in any language (docs/sandbox.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from werkzeug.wrappers import Request, Response

from onedesk_quickbooks.plugin.sandbox.books.merging import MERGEABLE
from onedesk_quickbooks.plugin.sandbox.books.outbox import emails
from onedesk_quickbooks.plugin.sandbox.books.settings import change_settings, closed_through, subscribe
from onedesk_quickbooks.plugin.sandbox.company.company import Company
from onedesk_quickbooks.plugin.sandbox.controls.call_log import CallLog
from onedesk_quickbooks.plugin.sandbox.controls.fault_injection import FIELDS, KINDS, FaultInjection
from onedesk_quickbooks.plugin.sandbox.controls.limits import Limits
from onedesk_quickbooks.plugin.sandbox.controls.webhooks import FORMATS, DeliveryFaults, Webhooks
from onedesk_quickbooks.plugin.sandbox.entities.kinds import KINDS as ENTITIES
from onedesk_quickbooks.plugin.sandbox.wire.answers import fault_value, json_answer
from onedesk_quickbooks.plugin.sandbox.wire.faults import Refused
from onedesk_quickbooks.plugin.sandbox.wire.values import loads


class Controls(NamedTuple):
    """The controls that all companies of a sandbox share."""

    log: CallLog
    faults: FaultInjection
    limits: Limits
    webhooks: Webhooks


View = Callable[[Controls, Company, Request], Response]
_KEPT = ("Id", "SyncToken", "MetaData", "domain", "sparse")
_MARKS = ("suspended", "closing_date", "closed_without_password", "warn_duplicate_numbers")


def credentials(controls: Controls, company: Company, request: Request) -> Response:
    return _json(company.credentials(request.host_url.rstrip("/")))


def outbox(controls: Controls, company: Company, request: Request) -> Response:
    with company.books.store.lock:
        return _json({"emails": emails(company.books)})


def log(controls: Controls, company: Company, request: Request) -> Response:
    """The calls since the start (or since `DELETE`), and their number per endpoint."""
    if request.method == "DELETE":
        controls.log.clear()
        return _json({"requests": [], "calls": {}})
    entries = controls.log.entries()
    counts = Counter(f"{entry['method']} {_endpoint(entry['path'])}" for entry in entries)
    return _json({"requests": entries, "calls": dict(counts)})


def webhooks(controls: Controls, company: Company, request: Request) -> Response:
    """GET the state; POST `url`, `format` (cloudevents or legacy), `duplicates`, `reorder`, `lose`, `seed`, `deliver`.

    Unreliable delivery lasts until it is changed; `"deliver": true` delivers pending events at once.
    """
    asked = _body(request) if request.method == "POST" else {}
    if isinstance(asked, Response):
        return asked
    held = controls.webhooks
    unknown = _unknown("webhooks", asked, ("url", "format", *held.delivery_faults.state(), "deliver"))
    if unknown:
        return _error(unknown)
    if asked.get("format") not in (None, *FORMATS):
        return _error(f"format is one of {', '.join(FORMATS)}")
    url = asked.get("url") or ""
    if not isinstance(url, str) or not (not url or url.startswith(("http://", "https://"))):
        return _error("url is an http or https address, or null for none")
    wanted = {key: asked[key] for key in held.delivery_faults.state() if key in asked}
    try:
        held.delivery_faults = DeliveryFaults(**wanted) if wanted else held.delivery_faults
    except ValueError as error:
        return _error(str(error))
    if "url" in asked:
        held.url = asked["url"] or None
    held.format = asked.get("format") or held.format
    statuses = [each.status for each in held.deliver()] if asked.get("deliver") else []
    state = {"url": held.url, "format": held.format, "pending": held.pending, **held.delivery_faults.state()}
    return _json({**state, "statuses": statuses})


def limits(controls: Controls, company: Company, request: Request) -> Response:
    """GET the limits; POST `{"on": true, "time_scale": 60, "most": {"a second": 5}}`; DELETE clears the counts."""
    held = controls.limits
    if request.method == "DELETE":
        held.reset()
    elif request.method == "POST":
        asked = _body(request)
        if isinstance(asked, Response):
            return asked
        unknown = _unknown("limits", asked, ("on", "time_scale", "most"))
        if unknown:
            return _error(unknown)
        try:
            for name, most in dict(asked.get("most", {})).items():
                held.change(name, most)
            scale = Decimal(str(asked.get("time_scale", held.scale)))
        except (TypeError, ValueError, ArithmeticError) as error:
            return _error(f"limits: {error}")
        if not (scale.is_finite() and scale > 0):
            return _error("time_scale must be more than 0")
        held.on, held.scale = bool(asked.get("on", held.on)), scale
    return _json(held.state())


def faults(controls: Controls, company: Company, request: Request) -> Response:
    """GET the injected faults, POST one, DELETE all."""
    held = controls.faults
    if request.method == "DELETE":
        held.clear()
    elif request.method == "POST":
        asked = _body(request)
        if isinstance(asked, Response):
            return asked
        unknown = _unknown("faults", asked, FIELDS)
        if unknown:
            return _error(unknown)
        try:
            held.inject(**asked)
        except (TypeError, ValueError) as error:
            return _error(str(error))
    return _json({"faults": held.state(), "known": KINDS})


def settings(controls: Controls, company: Company, request: Request) -> Response:
    """The company's settings as its owner changes them: groups of Preferences or CompanyInfo, and settings of the
    sandbox."""
    asked = _body(request) if request.method == "POST" else {}
    if isinstance(asked, Response):
        return asked
    books = company.books
    for key, value in asked.items():
        wrong = _wrong_setting(company, key, value)
        if wrong:
            return _error(wrong)
    try:
        for key, value in asked.items():
            company.change(partial(_set, company, key, value))
    except Refused as error:
        return _error(str(error))
    marks: dict[str, Any] = {key: books.store.meta(key) for key in _MARKS if key != "closing_date"}
    marks["closing_date"] = closed_through(books)
    return _json({"Preferences": books.preferences, "CompanyInfo": books.company, **marks})


def _wrong_setting(company: Company, key: str, value: Any) -> str:
    """The error of a setting, in one sentence; empty if it is valid."""
    if key == "closing_date":
        return (
            ""
            if value == "" or _is_date(value)
            else f"closing_date is a date such as 2026-06-30, or empty, not {value!r}"
        )
    if key in _MARKS:
        return "" if isinstance(value, str | bool) else f"{key} is true, false or a text, not {value!r}"
    books = company.books
    known = {**books.company, **books.preferences}
    if key not in known or key in _KEPT:
        return f"{key} is no setting; known: {', '.join([*_MARKS, *(each for each in known if each not in _KEPT)])}"
    if type(value) is not type(known[key]):
        return f"{key} must be like {known[key]!r}"
    return ""


def _is_date(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value).isoformat() == value)
    except (TypeError, ValueError):
        return False


def _set(company: Company, key: str, value: Any) -> None:
    books = company.books
    if key == "closing_date":
        change_settings(books, "Preferences", "AccountingInfoPrefs", {"BookCloseDate": value})
    elif key in _MARKS:
        books.store.set_meta(key, value if isinstance(value, str) else str(int(bool(value))))
        if key == "suspended":
            subscribe(books, "SUSPENDED" if books.store.meta(key) == "1" else "SUBSCRIBED")
    else:
        change_settings(books, "Preferences" if key in books.preferences else "CompanyInfo", key, value)


def clock(controls: Controls, company: Company, request: Request) -> Response:
    """`{"advance": seconds}` moves the sandbox's time forward."""
    asked = _body(request) if request.method == "POST" else {}
    if isinstance(asked, Response):
        return asked
    unknown = _unknown("clock", asked, ("advance",))
    if unknown:
        return _error(unknown)
    try:
        by = timedelta(seconds=float(asked.get("advance", 0)))
        company.clock() + by
    except (TypeError, ValueError, OverflowError) as error:
        return _error(f"advance: {error}")
    if by < timedelta():
        return _error("advance: time goes forward only")
    company.advance(by)
    return _json({"now": company.books.now().isoformat()})


ACTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pay": (("invoices",), ("total",)),
    "void": (("kind", "id"), ()),
    "delete": (("kind", "id"), ()),
    "edit": (("kind", "id", "fields"), ()),
    "create": (("kind", "fields"), ()),
    "merge": (("kind", "id", "into"), ()),
    "bounce": (("kind", "id"), ("error",)),
    "disconnect": ((), ()),
}
"""The fields of each action: those that it needs, and those that it takes."""


def action(controls: Controls, company: Company, request: Request) -> Response:
    """Actions of people, without a token: the customer pays, the QuickBooks user voids, deletes, edits, creates or
    merges, the e-mail bounces, the connection ends (every token of the application is revoked). `do` is one of ACTIONS,
    with its fields. Returns the new state of the object."""
    asked = _body(request)
    if isinstance(asked, Response):
        return asked
    wrong = _wrong_action(asked)
    if wrong:
        return _error(wrong)
    try:
        return _json(_done(company, asked))
    except Refused as error:
        return _json({"error": str(error), "Fault": fault_value(error)}, 400)
    except ValueError as error:
        return _error(f"{asked['do']} cannot be done: {error}")
    except (KeyError, TypeError, ArithmeticError, AttributeError) as error:
        return _error(f"{asked['do']} cannot be done: {type(error).__name__} {error}")


def _wrong_action(asked: dict[str, Any]) -> str:
    """The error of an action's fields, in one sentence; empty if it has those that it needs and no others."""
    do = asked.get("do")
    if not isinstance(do, str) or do not in ACTIONS:
        return f"do is one of {', '.join(ACTIONS)}, not {do!r}"
    needed, optional = ACTIONS[do]
    lacking = [each for each in needed if each not in asked]
    if lacking:
        return f"{do} needs {', '.join(lacking)}; {_takes((*needed, *optional))}"
    return _unknown(do, asked, (*needed, *optional), "do")


def _unknown(what: str, asked: Mapping[str, Any], known: Iterable[str], *more: str) -> str:
    """The error of keys that are neither `known` nor among `more`, in one sentence; empty if there are none."""
    names = list(known)
    unknown = sorted(set(asked) - {*names, *more})
    return f"{what} does not take {', '.join(unknown)}; {_takes(names)}" if unknown else ""


def _takes(names: Sequence[str]) -> str:
    return f"it takes {', '.join(names)}" if names else "it takes no fields"


def _done(company: Company, asked: dict[str, Any]) -> dict[str, Any]:
    do = asked["do"]
    if do == "disconnect":
        company.tokens.revoke_all()
        return {"disconnected": company.realm_id}
    if do == "pay":
        total = None if asked.get("total") is None else _amount("total", asked["total"])
        return {"Payment": company.pay(_amounts(asked["invoices"]), total)}
    kind = str(asked["kind"])
    if kind not in ENTITIES:
        raise ValueError(f"kind: {kind!r} is no entity")
    if do == "create":
        return {kind: company.create(kind, asked["fields"])}
    if do == "merge":
        if kind not in MERGEABLE:
            raise ValueError(f"kind: {kind!r} cannot be merged, only {', '.join(MERGEABLE)}")
        return {kind: company.merge(kind, str(asked["id"]), str(asked["into"]))}
    if do == "bounce":
        return {kind: company.bounce(kind, str(asked["id"]), str(asked.get("error", "Bounced Email")))}
    if do == "edit":
        return {kind: company.edit(kind, str(asked["id"]), asked["fields"])}
    return {kind: (company.void if do == "void" else company.delete)(kind, str(asked["id"]))}


def _amounts(invoices: Any) -> dict[str, Decimal | str]:
    """Amounts by QuickBooks' id of the invoice. Raises ValueError."""
    if not isinstance(invoices, dict) or not invoices:
        raise ValueError('invoices has the ids of the invoices and their amounts, such as {"130": "40.00"}')
    return {str(key): _amount(f"the amount of {key}", value) for key, value in invoices.items()}


def _amount(name: str, value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except ArithmeticError:
        raise ValueError(f"{name} is an amount such as 40.00, not {value!r}") from None


def _endpoint(path: str) -> str:
    """A path without the realm and ids."""
    parts = path.strip("/").split("/")
    if parts[:2] == ["v3", "company"]:
        return "/".join("{id}" if each.isdigit() else each for each in parts[3:])
    return path


def _body(request: Request) -> Any:
    try:
        body = loads(request.get_data(as_text=True) or "{}")
    except ValueError as error:
        return _error(f"the body is not valid JSON: {error}")
    return body if isinstance(body, dict) else _error("the body must be a JSON object")


def _json(value: Any, status: int = 200) -> Response:
    answer = json_answer(value, status)
    return Response(answer.body, status, {"Content-Type": answer.type, "Cache-Control": "no-store"})


def _error(text: str) -> Response:
    return _json({"error": text}, 400)


VIEWS: dict[str, tuple[str, View]] = {
    "/_control/credentials": ("GET", credentials),
    "/_control/outbox": ("GET", outbox),
    "/_control/log": ("GET DELETE", log),
    "/_control/webhooks": ("GET POST", webhooks),
    "/_control/limits": ("GET POST DELETE", limits),
    "/_control/deed": ("POST", action),
    "/_control/faults": ("GET POST DELETE", faults),
    "/_control/settings": ("GET POST", settings),
    "/_control/clock": ("GET POST", clock),
}
