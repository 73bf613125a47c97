"""One request to a company's API and its answer, or the exception that says what is known about its result.

Writes are repeated here only after a 401, which means that nothing was done: whether to repeat others is for the
caller, who knows the `requestid` and the purpose (qbo-api.md 3, 3.11).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
import simplejson
from requests.auth import AuthBase

from onedesk_quickbooks.plugin.model.text import fitting
from onedesk_quickbooks.plugin.qbo.faults import problem_of, read_fault, unsent_or_unknown
from onedesk_quickbooks.plugin.qbo.oauth import Authoriser
from onedesk_quickbooks.plugin.qbo.pacing import Pacer, retry_after
from onedesk_quickbooks.plugin.qbo.problems import AnswerUnknown, NotAuthorised, Throttled
from onedesk_quickbooks.plugin.texts import Text

MINOR_VERSION = "75"

_HURRY = (5, 15)
"""Seconds to connect and to be answered, where a person waits."""

_log = logging.getLogger("onedesk_quickbooks.qbo")
_UNFIT = re.compile(r"[\x7f-\x9f]|\\u(00[01]|007f|00[89]|d[89a-f])", re.IGNORECASE)
"""Characters that the ledger cannot store: an answer is only checked in detail if it has one."""
_VALUES = re.compile(r"(?<=/)\d+(?=/|$)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer. `json` has Decimals and is None where the body is not JSON (a PDF, for example); `tid` is Intuit's
    trace id."""

    status: int
    json: Any
    data: bytes
    tid: str


class Response(dict[str, Any]):
    """An object as QuickBooks answered it; `tid` is Intuit's trace id of that answer, for their support."""

    def __init__(self, held: Mapping[str, Any], tid: str) -> None:
        super().__init__(held)
        self.tid = tid


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    url: str
    params: Mapping[str, str]
    data: bytes | None
    headers: Mapping[str, str]
    timeout: tuple[float, float]

    @property
    def reads(self) -> bool:
        return self.method == "GET" or self.path == "query"

    @property
    def kind(self) -> str:
        """The kind of limit for it (qbo-api.md 5)."""
        return "batch" if self.path == "batch" else "read" if self.reads else "write"


class Transport:
    """Sends requests for one company. Threads may share it.

    `session` keeps connections and limits the time of every answer (`ending.session`); `api_base` is `Endpoints.api`;
    `now` gives aware instants, `sleep` takes seconds; `on_call` is called with "read" or "write" for every request with
    a good answer; `timeout` is (connect, answer) in seconds, QuickBooks itself gives up after 120.
    """

    def __init__(
        self,
        session: requests.Session,
        api_base: str,
        realm_id: str,
        authoriser: Authoriser,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        pacer: Pacer,
        on_call: Callable[[str], None],
        timeout: tuple[float, float] = (10, 120),
    ) -> None:
        self.realm_id = realm_id
        self._session = session
        self._base = f"{api_base.rstrip('/')}/v3/company/{realm_id}"
        self._authoriser = authoriser
        self._now = now
        self._sleep = sleep
        self._pacer = pacer
        self._on_call = on_call
        self._timeout = timeout

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        requestid: str | None = None,
        accept: str = "application/json",
        reads: bool = False,
        hurry: bool = False,
    ) -> Answer:
        """Request `path` below the company ("invoice/1/send"); `json` may hold Decimals.

        A GET without an answer is repeated once, after a second. `reads`: a POST (a batch of queries) changes nothing
        either. With `hurry` a person waits: at most 15 seconds, and no second try. Raises `NotReached`,
        `AnswerUnknown`, `Throttled`, `NotAuthorised`, `Refused`.
        """
        query = {"minorversion": MINOR_VERSION, **(params or {})}
        sent = {"Accept": accept, **(headers or {})}
        if requestid:
            query["requestid"] = requestid
        if json is not None:
            data = simplejson.dumps(json, use_decimal=True, ensure_ascii=False).encode()
            sent.setdefault("Content-Type", "application/json")
        timeout = _HURRY if hurry else self._timeout
        call = _Call(method, path, f"{self._base}/{path}", query, data, sent, timeout)
        reading = reads or call.reads
        try:
            answer = self._authorised(call)
        except AnswerUnknown:
            if hurry or not reading:
                raise
            self._sleep(1.0)
            answer = self._authorised(call)
        self._on_call("read" if reading else "write")
        return answer

    def _authorised(self, call: _Call) -> Answer:
        token = self._authoriser.access_token()
        try:
            return self._once(call, token)
        except _Stale401 as refusal:
            first = refusal.problem
        _log.info("%s %s was refused; the access token is renewed", call.method, _VALUES.sub("ID", call.path))
        try:
            return self._once(call, self._authoriser.refused(token))
        except _Stale401 as refusal:
            raise refusal.problem from first

    def _once(self, call: _Call, token: str) -> Answer:
        """One attempt. Raises `_Stale401` where another access token may help."""
        self._pacer.before(call.kind)
        began = time.perf_counter()
        try:
            got = self._session.request(
                call.method,
                call.url,
                params=dict(call.params),
                data=call.data,
                headers=dict(call.headers),
                auth=_Bearer(token),
                timeout=call.timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            problem = unsent_or_unknown(error, self._base.partition("/v3/")[0])
            self._note(call, type(problem).__name__, began, "")
            raise problem from None
        tid = got.headers.get("intuit_tid", "")
        self._note(call, str(got.status_code), began, tid)
        return self._read(got, tid)

    def _read(self, got: requests.Response, tid: str) -> Answer:
        faults = read_fault(got.status_code, got.headers, got.content)
        if faults:
            problem = problem_of(faults, retry_after(got.headers))
            if isinstance(problem, Throttled):
                self._pacer.throttled(problem.wait)
            if got.status_code == 401 and isinstance(problem, NotAuthorised):
                raise _Stale401(problem)
            raise problem
        if got.status_code != 200:
            raise AnswerUnknown(Text("it answered {status_code}", status_code=got.status_code), tid)
        return Answer(got.status_code, _json_of(got, tid), got.content, tid)

    def _note(self, call: _Call, outcome: str, began: float, tid: str) -> None:
        """Log the request, without values or names: a path without ids, and no query except the request's own id."""
        spent = (time.perf_counter() - began) * 1000
        about = {"realm": self.realm_id, "requestid": call.params.get("requestid", ""), "intuit_tid": tid}
        carried = {name: value for name, value in about.items() if value}
        path = _VALUES.sub("ID", call.path)
        _log.info("%s %s %s %.0f ms", call.method, path, outcome, spent, extra=carried)


class _Bearer(AuthBase):
    """The access token as `auth` rather than as a header: a .netrc that knows the host would replace the header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Stale401(Exception):
    """A 401: nothing was done, and a new access token may be taken."""

    def __init__(self, problem: NotAuthorised) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _json_of(got: requests.Response, tid: str) -> Any:
    """The JSON of a good answer, None for a PDF. QuickBooks may answer JSON as text/plain (cdc), so the request
    decides; XML is not a valid answer."""
    if got.content.lstrip()[:1] in (b"{", b"["):
        try:
            text = got.content.decode("utf-8")
            found = simplejson.loads(text, use_decimal=True)
            return fitting(found) if _UNFIT.search(text) else found
        except (ValueError, ArithmeticError, RecursionError):  # ArithmeticError: a number that does not fit a Decimal
            raise AnswerUnknown(Text("its JSON is broken"), tid) from None
    if "xml" in got.headers.get("Content-Type", "").lower():
        raise AnswerUnknown(Text("it answered XML instead of JSON"), tid)
    return None
