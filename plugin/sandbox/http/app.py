"""The WSGI application: the company's API by the shortest way, everything else by a table of paths."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.wrappers import Request, Response

from onedesk_quickbooks.plugin.sandbox.auth import oauth
from onedesk_quickbooks.plugin.sandbox.auth.tokens import ACCOUNTING
from onedesk_quickbooks.plugin.sandbox.controls import control
from onedesk_quickbooks.plugin.sandbox.controls.limits import Limits
from onedesk_quickbooks.plugin.sandbox.controls.trouble import Cut, Trouble
from onedesk_quickbooks.plugin.sandbox.http.answers import XML, Answer, gateway_answer, to_xml
from onedesk_quickbooks.plugin.sandbox.http.company import Call, CompanyApi
from onedesk_quickbooks.plugin.sandbox.people import pages
from onedesk_quickbooks.plugin.sandbox.people.html import problem
from onedesk_quickbooks.plugin.sandbox.wire.values import loads

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.sandbox.sandbox import Sandbox

Environ = dict[str, Any]
Start = Callable[..., Any]
View = Callable[["Sandbox", Request], Response]

_COMPANY = "/v3/company/"
_OF_COMPANY = "/c/"
_OAUTH = ("/oauth2/", "/v1/", "/v2/", "/connect/", "/op/", "/.well-known/")
_LOG_LENGTH = 20000
_BODIES_KEPT = 2000
_REASONS = {each.value: f"{each.value} {each.phrase}" for each in HTTPStatus}

_VIEWS: dict[str, tuple[str, View]] = {
    "/.well-known/openid_configuration": ("GET", oauth.discovery),
    "/.well-known/openid_sandbox_configuration": ("GET", oauth.discovery),
    "/connect/oauth2": ("GET POST", oauth.authorize),
    "/oauth2/v1/tokens/bearer": ("POST", oauth.bearer),
    "/v2/oauth2/tokens/revoke": ("POST", oauth.revoke),
    "/v1/openid_connect/userinfo": ("GET", oauth.userinfo),
    "/op/v1/jwks": ("GET", oauth.jwks),
    **control.VIEWS,
    **pages.VIEWS,
}


class LogEntry(NamedTuple):
    """One call that was answered. `status` 0: the connection was cut."""

    method: str
    path: str
    query: str
    status: int
    requestid: str
    intuit_tid: str
    at: str
    seconds: float
    request: str


class App:
    """WSGI over the companies of one sandbox; threads may call it at the same time.

    Pages and control of a further company stand below `/c/{realmId}/`.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._companies = {each.realm_id: (each, CompanyApi(each.books)) for each in sandbox.companies}
        self._first = self._companies[sandbox.realm_id]
        self.trouble = Trouble(sandbox)
        self.limits = Limits(sandbox.clock, sandbox.options.limits, sandbox.options.time_scale)
        self.log: deque[LogEntry] = deque(maxlen=_LOG_LENGTH)

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "/")
        if path.startswith(_COMPANY):
            return self._company(path, environ, start_response)
        if path.startswith(_OAUTH):
            return self._oauth(path, environ, start_response)
        sandbox = self._sandbox
        if path.startswith(_OF_COMPANY):
            realm, _, rest = path[len(_OF_COMPANY) :].partition("/")
            if realm not in self._companies:
                return problem("No such company", f"No company has the id {realm}.")(environ, start_response)
            sandbox = self._companies[realm][0]
            environ = {**environ, "SCRIPT_NAME": f"{_OF_COMPANY}{realm}", "PATH_INFO": f"/{rest}"}
        request = Request(environ)
        return _view(sandbox, request.path.rstrip("/") or "/", request)(environ, start_response)

    def _oauth(self, path: str, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """A call of OAuth: trouble may be ordered for it as for the API's."""
        began = time.perf_counter()
        request = Request(environ)
        call = Call(request.method, path, environ.get("QUERY_STRING", ""), b"")
        tid = str(uuid.uuid4())

        def work(_: Call) -> Answer:
            response = _view(self._sandbox, path.rstrip("/"), request)
            kept = tuple(
                (key, value) for key, value in response.headers if key not in ("Content-Type", "Content-Length")
            )
            return Answer(response.status_code, response.get_data(), response.headers.get("Content-Type", ""), kept)

        try:
            answer = self.trouble.around(call, work)
        except Cut as cut:
            self._note(call.method, path, "", b"", 0, time.perf_counter() - began, "")
            return Trouble.cut(environ, start_response, cut.answer)
        self._note(call.method, path, "", b"", answer.status, time.perf_counter() - began, tid)
        headers = {"Content-Type": answer.type, "intuit_tid": tid, **dict(answer.headers)}
        return Response(answer.body, answer.status, headers)(environ, start_response)

    def _company(self, path: str, environ: Environ, start_response: Start) -> Iterable[bytes]:
        began, method, query = time.perf_counter(), environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        body = _read(environ)
        realm, _, rest = path[len(_COMPANY) :].partition("/")
        base = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}"
        call = Call(method, rest.strip("/"), query, body, environ.get("CONTENT_TYPE", ""), base)
        try:
            answer = self.trouble.around(call, lambda each: self._answer(realm, each, environ))
        except Cut as cut:
            self._note(method, path, query, body, 0, time.perf_counter() - began, "")
            return Trouble.cut(environ, start_response, cut.answer)
        if _wants_xml(environ) and answer.type.startswith("application/json"):
            answer = answer._replace(body=to_xml(loads(answer.body.decode())), type=XML)
        tid = str(uuid.uuid4())
        self._note(method, path, query, body, answer.status, time.perf_counter() - began, tid)
        headers = [
            ("Content-Type", answer.type),
            ("Content-Length", str(len(answer.body))),
            ("intuit_tid", tid),
            ("Cache-Control", "max-age=0, no-cache, no-store, must-revalidate, private"),
            ("QBO-Version", "1990.238"),
            ("x-spanid", tid),
            *answer.headers,
        ]
        start_response(_REASONS[answer.status], headers)
        return [answer.body]

    def _answer(self, realm: str, call: Call, environ: Environ) -> Answer:
        company, api = self._companies.get(realm, self._first)
        refused = self._stranger(company, realm, environ.get("HTTP_AUTHORIZATION", ""))
        refused = refused or self.limits.check(realm, call.path)
        if refused is not None:
            return refused
        with company.books.store.lock:
            answer = api.answer(call)
            events, company.books.events = company.books.events, []
        company.webhooks.tell(company.realm_id, events)
        return answer

    def _stranger(self, sandbox: Sandbox, realm: str, authorization: str) -> Answer | None:
        """The refusal of a caller without a good token, or None."""
        now = sandbox.books.clock()
        scheme, _, value = authorization.partition(" ")
        value = value.strip()
        if scheme.lower() != "bearer" or not value:
            return gateway_answer(401, "3202", "Missing required header/parameter: Authorization", now)
        held = sandbox.tokens.find(value)
        if held is None:
            held = oauth.holder(self._sandbox, value)[1]
        if held is None or held.kind != "access":
            short = len(value) < 20
            detail = "Malformed bearer token: too short or too long" if short else f"Token revoked: {value[:12]}"
            return gateway_answer(401, "3200", detail, now)
        if held.expires <= now.timestamp():
            return gateway_answer(401, "3200", f"Token expired: {value[:12]}", now)
        if realm != sandbox.realm_id or sandbox.tokens.find(value) is None:
            return gateway_answer(403, "3100", "The application is not authorized for this company", now)
        if ACCOUNTING not in str(held.detail["scope"]).split():
            return gateway_answer(403, "3100", "The token lacks the accounting scope", now)
        return None

    def _note(self, method: str, path: str, query: str, body: bytes, status: int, took: float, tid: str) -> None:
        at = self._sandbox.books.clock().isoformat(timespec="milliseconds")
        request_id = query.partition("requestid=")[2].partition("&")[0]
        text = body[:20000].decode("utf-8", "replace")
        if len(self.log) >= _BODIES_KEPT:
            # The bodies of a long day would fill the memory: older calls keep their line alone.
            with suppress(IndexError):
                self.log[-_BODIES_KEPT] = self.log[-_BODIES_KEPT]._replace(request="")
        self.log.append(LogEntry(method, path, query, status, request_id, tid, at, round(took, 6), text))


def _view(sandbox: Sandbox, path: str, request: Request) -> Response:
    """The answer of anything but the company's API."""
    methods, view = _VIEWS.get(path, ("", None))
    if view is None:
        found = pages.dynamic(path)
        if found is None:
            return Response("There is no such page in this sandbox.\n", 404)
        methods, view = found
    if request.method not in (*methods.split(), "HEAD"):
        return Response(f"{path} takes {methods} only.\n", 405, {"Allow": methods.replace(" ", ", ")})
    return view(sandbox, request)


def _read(environ: Environ) -> bytes:
    length = environ.get("CONTENT_LENGTH") or 0
    if environ.get("wsgi.input_terminated"):
        return bytes(environ["wsgi.input"].read())
    return bytes(environ["wsgi.input"].read(int(length))) if int(length) else b""


def _wants_xml(environ: Environ) -> bool:
    """XML where it is asked for, and where nothing is (qbo-api.md section 3)."""
    accept = environ.get("HTTP_ACCEPT", "")
    return "json" not in accept and "*/*" not in accept and "pdf" not in accept
