"""Fault injection: failures between a client and QuickBooks, on request (docs/sandbox.md)."""

from __future__ import annotations

import random
import re
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from importlib import import_module
from typing import Any

from onedesk_quickbooks.plugin.sandbox.company.company import Company
from onedesk_quickbooks.plugin.sandbox.entities.kinds import BY_PATH
from onedesk_quickbooks.plugin.sandbox.store import DELETED
from onedesk_quickbooks.plugin.sandbox.wire.answers import (
    XML,
    Answer,
    fault_answer,
    fault_value,
    gateway_answer,
    json_answer,
    stamp,
)
from onedesk_quickbooks.plugin.sandbox.wire.calls import Call
from onedesk_quickbooks.plugin.sandbox.wire.faults import DETAILS, MESSAGES, refusal
from onedesk_quickbooks.plugin.sandbox.wire.values import Body, dumps, loads
from onedesk_quickbooks.plugin.sandbox.wire.xml import to_xml

KINDS = {
    "answer_lost": "the work is done, then the connection is cut",
    "cut": "the connection is cut, nothing is done",
    "delay": "the answer comes after `seconds`",
    "http_500": "500 with an HTML body, nothing is done",
    "http_502": "502 with an HTML body, nothing is done",
    "http_503": "503 with an HTML body, nothing is done",
    "http_504": "504 with an HTML body, nothing is done",
    "throttled": "429, code 3001, nothing is done",
    "throttled_xml": "429, code 3001 as XML, nothing is done",
    "token_revoked": "every token of the company is taken back, then the call is answered",
    "token_refused": "401, code 3200, nothing is done",
    "token_refused_xml": "401, code 100 as XML, nothing is done",
    "closed_books": "400, code 6210",
    "subscription_lapsed": "400, code 6190",
    "system_failure": "500, code 10000",
    "refused": "any fault by its `code`, with `detail` and `element` where given, nothing is done; "
    "`item`: that one of a batch alone",
    "stale": "another user edits the object just before",
    "twice": "the request is delivered twice; the second answer comes",
    "answer_cut": "the work is done, the connection is cut in the middle of the answer",
    "malformed_json": "the work is done, the answer is cut in the middle of its JSON",
    "xml": "the answer comes as XML",
}
OAUTH_KINDS = ("answer_lost", "cut", "delay", "http_500", "http_502", "http_503", "http_504", "token_refused",
               "malformed_json")  # fmt: skip
"""The faults for the token endpoint and the other OAuth endpoints: `path` then begins with a slash."""

_BEFORE = ("cut", "http_500", "http_502", "http_503", "http_504", "throttled", "throttled_xml", "token_refused",
           "token_refused_xml", "closed_books", "subscription_lapsed", "system_failure", "refused")  # fmt: skip


_CODES = {"closed_books": "6210", "subscription_lapsed": "6190", "system_failure": "10000"}
GATEWAY_CODES = {
    "3001": (429, "The request limit was reached.  Try again later"),
    "3100": (403, "The application is not authorized for this company"),
    "3200": (401, "Token expired"),
    "3202": (401, "Missing required header/parameter: Authorization"),
}
"""Status and detail of the codes in the gateway's format."""

_MOST = 1_000_000
_REQUESTID = re.compile(r"requestid=[^&]*")
"""Chosen by the client; it may contain any other text by chance."""


class Cut(Exception):
    """The connection is to be cut: without an answer, or in the middle of this one."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__()
        self.answer = answer


@dataclass
class Rule:
    """One rule for injecting a fault.

    `fault` one of KINDS; `path` and `method` select the calls. A path is a part of the path below the realm with its
    query, without its requestid (empty: every call of the API); one that begins with a slash is the beginning of an
    OAuth path instead. `count` how many times (0: until cleared), after `skip` calls; `probability` with `seed` makes
    it random. `code`, `detail` and `element` are those of a `refused`: any code of qbo-api.md section 4. `item` is the
    place of the one item of a batch that is refused, from 1; the others are done. `after`: the work is done first, then
    the fault replaces its answer.
    """

    fault: str
    path: str = ""
    method: str = ""
    count: int = 1
    skip: int = 0
    seconds: float = 1.0
    probability: float = 1.0
    seed: int = 0
    code: str = ""
    detail: str = ""
    element: str = ""
    item: int = 0
    after: bool = False
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        """Raise ValueError for an unknown fault or invalid values."""
        if not isinstance(self.fault, str) or self.fault not in KINDS:
            raise ValueError(f"fault {self.fault!r} is not one of {', '.join(KINDS)}")
        if not isinstance(self.path, str) or not isinstance(self.method, str):
            raise ValueError("path and method are texts")
        self._check_code()
        if self.path.startswith("/") and not self.path.startswith(("/oauth2", "/v2")):
            raise ValueError("path begins with a slash for tokens alone (/oauth2, /v2); of the API it is, say, invoice")
        if self.path.startswith("/") and self.fault not in OAUTH_KINDS:
            raise ValueError(f"fault {self.fault!r} cannot be had outside the API; there: {', '.join(OAUTH_KINDS)}")
        for name in ("count", "skip", "seconds", "probability"):
            value = getattr(self, name)
            known = not isinstance(value, bool) and isinstance(value, int | float | Decimal)
            if not known or not 0 <= value <= _MOST:
                raise ValueError(f"{name} must be a number from 0 to {_MOST}, not {value!r}")
        if not isinstance(self.after, bool) or (self.after and self.fault not in (*_BEFORE, "delay")):
            raise ValueError(f"after is true or false, and belongs to {', '.join((*_BEFORE, 'delay'))}")
        if not isinstance(self.seed, int):
            raise ValueError(f"seed must be a whole number, not {self.seed!r}")
        self.method = self.method.upper()
        self.seconds, self.probability = float(self.seconds), float(self.probability)
        self.dice = random.Random(self.seed)  # noqa: S311

    def _check_code(self) -> None:
        """Normalise the code, which may be a number. Raises ValueError for an unknown or empty one."""
        self.code = str(self.code)
        if not isinstance(self.detail, str) or not isinstance(self.element, str):
            raise ValueError("detail and element are texts")
        if isinstance(self.item, bool) or not isinstance(self.item, int) or self.item < 0:
            raise ValueError(f"item must be a place from 1 up, not {self.item!r}")
        if self.fault != "refused":
            if self.code or self.detail or self.element or self.item:
                raise ValueError("code, detail, element and item belong to the fault refused alone")
        elif self.code not in MESSAGES and self.code not in GATEWAY_CODES:
            known = ", ".join(sorted({*MESSAGES, *GATEWAY_CODES}, key=int))
            raise ValueError(f"code {self.code!r} is not one of {known}")

    def applies_to(self, call: Call) -> bool:
        """Whether the fault applies to this call; counts it."""
        if not self._about(call) or self.method not in ("", call.method):
            return False
        if self.count and self.hits >= self.count:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1 and self.dice.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def _about(self, call: Call) -> bool:
        if call.path.startswith("/"):
            return self.path.startswith("/") and call.path.startswith(self.path)
        return not self.path.startswith("/") and self.path in f"{call.path}?{_REQUESTID.sub('', call.query)}"


FIELDS = tuple(each.name for each in fields(Rule) if each.name not in ("hits", "dice"))
"""The fields of a rule that are given."""


class FaultInjection:
    """The active rules, for the calls of all companies; `company` is the user's first."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Allow delays of calls."""
        self._stopping.clear()

    def stop(self) -> None:
        """Cut delayed calls, with nothing done."""
        self._stopping.set()

    def inject(self, **values: Any) -> None:
        """Add a rule (the fields of `Rule`). Raises ValueError, TypeError."""
        with self._lock:
            self._rules.append(Rule(**values))

    def clear(self) -> None:
        """Delete all rules."""
        with self._lock:
            self._rules.clear()

    def state(self) -> list[dict[str, Any]]:
        """The rules with the number of faults of each."""
        with self._lock:
            return [{key: value for key, value in asdict(rule).items() if key != "dice"} for rule in self._rules]

    def around(self, call: Call, work: Callable[[Call], Answer]) -> Answer:
        """Answer a call, with the faults of the rules. Raises Cut."""
        if not self._rules:
            return work(call)
        with self._lock:
            rule = next((each for each in self._rules if each.applies_to(call)), None)
        if rule is None:
            return work(call)
        if rule.item:
            return self._without(rule, call, work)
        done = work(call) if rule.after or rule.fault == "twice" else None
        if rule.fault in _BEFORE:
            return self._instead(rule, call)
        if rule.fault == "delay":
            if self._stopping.wait(rule.seconds):
                raise Cut
        elif rule.fault == "stale":
            self._edit(call)
        elif rule.fault == "token_revoked":
            self._company.tokens.revoke_all()
        return done if done and rule.after else _after(rule.fault, work(call))

    def _without(self, rule: Rule, call: Call, work: Callable[[Call], Answer]) -> Answer:
        """Answer a batch of which one item is refused: it is not done, the others are."""
        try:
            asked = loads(call.body.decode())
            item = asked["BatchItemRequest"].pop(rule.item - 1)
            bid = str(item.get("bId", ""))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            return work(call)
        answer = work(call._replace(body=dumps(asked).encode())) if asked["BatchItemRequest"] else None
        answered: Body = loads(answer.body.decode()) if answer else {"time": stamp(self._company.books.now())}
        if answer and answer.status != 200:
            return answer
        refused = refusal(rule.code, rule.detail or GATEWAY_CODES.get(rule.code, (0, ""))[1], rule.element)
        fault = {"Fault": fault_value(refused, self._company.books.store.meta("language", "en")), "bId": bid}
        answered.setdefault("BatchItemResponse", []).insert(rule.item - 1, fault)
        return json_answer({"BatchItemResponse": answered["BatchItemResponse"], "time": answered["time"]})

    def _instead(self, rule: Rule, call: Call) -> Answer:
        now, fault = self._company.books.now(), rule.fault
        if fault == "cut":
            raise Cut
        if fault.startswith("http_"):
            return _html(int(fault[5:]))
        if fault.startswith("throttled"):
            answer = gateway_answer(429, "3001", "The request limit was reached.  Try again later", now)
            return (
                answer if fault == "throttled" else answer._replace(body=to_xml(loads(answer.body.decode())), type=XML)
            )
        if fault == "token_refused" and call.path.startswith("/"):
            return json_answer({"error": "invalid_grant", "error_description": "Token invalid"}, 400)
        if fault == "token_refused":
            return gateway_answer(401, "3200", "Token expired", now)
        if fault == "token_refused_xml":
            return _refused_xml()
        code = _CODES.get(fault, rule.code)
        if code in GATEWAY_CODES:
            status, detail = GATEWAY_CODES[code]
            return gateway_answer(status, code, rule.detail or detail, now)
        language = self._company.books.store.meta("language", "en")
        return fault_answer(refusal(code, rule.detail, rule.element), now, language)

    def _edit(self, call: Call) -> None:
        """Save every object of the call as another user: one, or those of a batch."""
        books = self._company.books
        with books.store.transaction():
            for kind, entity_id in _meant(call):
                row = books.store.get(kind, entity_id)
                if row is not None and row.state != DELETED:
                    books.save(kind, row.body, row.body, "Update")


def cut(environ: dict[str, Any], start_response: Callable[..., Any], answer: Answer | None = None) -> Iterable[bytes]:
    """End the connection: without an answer if the server supports it, else in the middle of the answer; in the middle
    of the given one if there is one."""
    if answer is not None:
        promised = str(len(answer.body) + 1)
        start_response("200 OK", [("Content-Type", answer.type), ("Content-Length", promised)])
        return [answer.body[: len(answer.body) // 2]]
    if "waitress.client_disconnected" in environ:
        raise _disconnected()
    if "werkzeug" in environ.get("SERVER_SOFTWARE", "").lower():
        if (held := environ.get("werkzeug.socket")) is not None:  # otherwise werkzeug keeps it for the next request
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
        raise ConnectionError("cut by an injected fault")
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", "4096"), ("Connection", "close")]
    )
    return [b""]


def _disconnected() -> BaseException:
    """The exception that waitress treats as a disconnected client: it closes the connection without output."""
    found: BaseException = import_module("waitress.channel").ClientDisconnected()
    return found


def _after(fault: str, answer: Answer) -> Answer:
    if fault == "answer_lost":
        raise Cut
    if fault == "answer_cut":
        raise Cut(answer)
    if fault == "malformed_json":
        return answer._replace(body=answer.body[: len(answer.body) // 2])
    if fault == "xml" and answer.type.startswith("application/json"):
        return answer._replace(body=to_xml(loads(answer.body.decode())), type=XML)
    return answer


def _html(status: int) -> Answer:
    titles = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
    text = f"<html><head><title>{status} {titles[status]}</title></head><body><h1>{titles[status]}</h1></body></html>"
    return Answer(status, text.encode(), "text/html")


def _refused_xml() -> Answer:
    """The 401 that is XML whatever was requested (qbo-api.md section 4)."""
    error = {
        "Message": MESSAGES["100"],
        "Detail": DETAILS["100"],
        "code": "100",
    }
    return Answer(401, to_xml({"Fault": {"Error": error, "type": "AuthenticationFault"}}), XML)


def _meant(call: Call) -> list[tuple[str, str]]:
    """Kind and id of the objects that a call changes."""
    parts = call.path.split("/")
    if len(parts) > 1:
        return [(BY_PATH.get(parts[0], ""), parts[1])]
    try:
        body = loads(call.body.decode())
    except ValueError:
        return []
    if not isinstance(body, dict):
        return []
    named = [(BY_PATH.get(parts[0], ""), body)]
    for item in body.get("BatchItemRequest", []) if parts[0] == "batch" else []:
        named += [(kind, value) for kind, value in item.items() if isinstance(value, dict)]
    return [(kind, str(value["Id"])) for kind, value in named if kind and value.get("Id")]
