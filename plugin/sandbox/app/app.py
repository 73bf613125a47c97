"""The WSGI application: the company's API on a short path, everything else by a table of routes."""

from __future__ import annotations

import gzip
import time
import uuid
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request, Response

from onedesk_quickbooks.plugin.sandbox.app import oauth
from onedesk_quickbooks.plugin.sandbox.app.company_api import CompanyApi
from onedesk_quickbooks.plugin.sandbox.app.downloads import is_signed
from onedesk_quickbooks.plugin.sandbox.auth.tokens import ACCOUNTING
from onedesk_quickbooks.plugin.sandbox.company.company import Company
from onedesk_quickbooks.plugin.sandbox.controls import control
from onedesk_quickbooks.plugin.sandbox.controls.control import Controls
from onedesk_quickbooks.plugin.sandbox.controls.fault_injection import Cut, cut
from onedesk_quickbooks.plugin.sandbox.pages import views as pages
from onedesk_quickbooks.plugin.sandbox.pages.html import STYLE, problem, style
from onedesk_quickbooks.plugin.sandbox.pages.language import set_language
from onedesk_quickbooks.plugin.sandbox.wire.answers import XML, Answer, gateway_answer
from onedesk_quickbooks.plugin.sandbox.wire.calls import Call
from onedesk_quickbooks.plugin.sandbox.wire.values import loads
from onedesk_quickbooks.plugin.sandbox.wire.xml import to_json, to_xml

Environ = dict[str, Any]
Start = Callable[..., Any]

_COMPANY = "/v3/company/"
_OF_COMPANY = "/c/"
_OAUTH = ("/oauth2/", "/v1/", "/v2/", "/connect/", "/op/", "/.well-known/")
_REASONS = {each.value: f"{each.value} {each.phrase}" for each in HTTPStatus}


class App:
    """A WSGI application over the companies of one user; thread-safe.

    Pages and controls of a further company are below `/c/{realmId}/`.
    """

    def __init__(self, companies: Sequence[Company], controls: Controls) -> None:
        self._companies = companies
        self._controls = controls
        self._apis = {each.realm_id: (each, CompanyApi(each.books)) for each in companies}

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "/")
        if path.startswith(_COMPANY):
            return self._company(path, environ, start_response)
        if path.startswith(_OAUTH):
            return self._oauth(path, environ, start_response)
        if path == STYLE:
            return style()(environ, start_response)
        company = self._companies[0]
        if path.startswith(_OF_COMPANY):
            realm, _, rest = path[len(_OF_COMPANY) :].partition("/")
            if realm not in self._apis:
                return problem("No such company", f"No company has the id {realm}.")(environ, start_response)
            company = self._apis[realm][0]
            environ = {**environ, "SCRIPT_NAME": f"{_OF_COMPANY}{realm}", "PATH_INFO": f"/{rest}"}
        request = Request(environ)
        return self._view(company, request.path.rstrip("/") or "/", request)(environ, start_response)

    def _oauth(self, path: str, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """A call of OAuth: faults may be injected as for calls of the API."""
        began = time.perf_counter()
        request = Request(environ)
        call = Call(request.method, path, environ.get("QUERY_STRING", ""), b"")
        tid = str(uuid.uuid4())

        def work(_: Call) -> Answer:
            response = self._view(self._companies[0], path.rstrip("/"), request)
            kept = tuple(
                (key, value) for key, value in response.headers if key not in ("Content-Type", "Content-Length")
            )
            return Answer(response.status_code, response.get_data(), response.headers.get("Content-Type", ""), kept)

        try:
            answer = self._controls.faults.around(call, work)
        except Cut as error:
            self._controls.log.note(call.method, path, "", b"", 0, time.perf_counter() - began, "")
            return cut(environ, start_response, error.answer)
        self._controls.log.note(call.method, path, "", b"", answer.status, time.perf_counter() - began, tid)
        headers = {"Content-Type": answer.type, "intuit_tid": tid, **dict(answer.headers)}
        return Response(answer.body, answer.status, headers)(environ, start_response)

    def _company(self, path: str, environ: Environ, start_response: Start) -> Iterable[bytes]:
        began, method, query = time.perf_counter(), environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
        body = _read(environ)
        realm, _, rest = path[len(_COMPANY) :].partition("/")
        base = f"{environ['wsgi.url_scheme']}://{_host(environ)}"
        kind = environ.get("CONTENT_TYPE", "")
        content = to_json(body) if _is_xml(kind) else body
        call = Call(method, rest.strip("/"), query, content, kind, base)
        try:
            answer = self._controls.faults.around(call, lambda each: self._answer(realm, each, environ))
        except Cut as error:
            self._controls.log.note(method, path, query, body, 0, time.perf_counter() - began, "")
            return cut(environ, start_response, error.answer)
        if _wants_xml(environ) and answer.type.startswith("application/json"):
            answer = answer._replace(body=to_xml(loads(answer.body.decode())), type=XML)
        tid = str(uuid.uuid4())
        self._controls.log.note(method, path, query, body, answer.status, time.perf_counter() - began, tid)
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
        company, api = self._apis.get(realm) or self._apis[self._companies[0].realm_id]
        signed = is_signed(company.books, call)
        refused = None if signed else self._unauthorized(company, realm, environ.get("HTTP_AUTHORIZATION", ""))
        refused = refused or self._controls.limits.check(realm, call.path)
        if refused is not None:
            return refused
        with company.books.store.lock:
            answer = api.answer(call)
            events = company.books.take_events()
        company.publish(company.realm_id, events)
        return answer

    def _unauthorized(self, company: Company, realm: str, authorization: str) -> Answer | None:
        """The refusal of a caller without a valid token, or None."""
        now = company.books.clock()
        scheme, _, value = authorization.partition(" ")
        value = value.strip()
        if scheme.lower() != "bearer" or not value:
            return gateway_answer(401, "3202", "Missing required header/parameter: Authorization", now)
        held = company.tokens.find(value)
        if held is None:
            held = oauth.holder(self._companies, value)[1]
        if held is None or held.kind != "access":
            short = len(value) < 20
            detail = "Malformed bearer token: too short or too long" if short else f"Token revoked: {value[:12]}"
            return gateway_answer(401, "3200", detail, now)
        if held.expires <= now.timestamp():
            return gateway_answer(401, "3200", f"Token expired: {value[:12]}", now)
        if realm != company.realm_id or company.tokens.find(value) is None:
            return gateway_answer(403, "3100", "The application is not authorized for this company", now)
        if ACCOUNTING not in str(held.detail["scope"]).split():
            return gateway_answer(403, "3100", "The token lacks the accounting scope", now)
        return None

    def _view(self, company: Company, path: str, request: Request) -> Response:
        """The response to anything but the company's API."""
        set_language(request)
        methods, view = self._found(company, path)
        if view is None:
            return Response("There is no such page in this sandbox.\n", 404)
        if request.method not in (*methods.split(), "HEAD"):
            return Response(f"{path} takes {methods} only.\n", 405, {"Allow": methods.replace(" ", ", ")})
        return view(request)

    def _found(self, company: Company, path: str) -> tuple[str, Callable[[Request], Response] | None]:
        """Methods and view of a path."""
        if path in oauth.VIEWS:
            methods, of_user = oauth.VIEWS[path]
            return methods, partial(of_user, self._companies)
        if path in control.VIEWS:
            methods, steer = control.VIEWS[path]
            return methods, partial(steer, self._controls, company)
        methods, page = pages.found(path)
        return methods, partial(page, company) if page is not None else None


def _host(environ: Environ) -> str:
    """The host of the call. Intuit's PHP SDK leaves out the port: on the loopback it is that of the server."""
    host = str(environ.get("HTTP_HOST", ""))
    return f"{host}:{environ['SERVER_PORT']}" if host in ("localhost", "127.0.0.1", "[::1]") else host


def _read(environ: Environ) -> bytes:
    """The body of a request, decompressed; if that fails it is unchanged, and therefore invalid JSON."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if environ.get("wsgi.input_terminated"):
        body = bytes(environ["wsgi.input"].read())
    else:
        body = bytes(environ["wsgi.input"].read(length)) if length else b""
    if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() == "gzip":
        with suppress(OSError, EOFError, zlib.error):
            return gzip.decompress(body)
    return body


def _is_xml(kind: str) -> bool:
    """Whether a request's body is XML, which Intuit's SDKs send."""
    return kind.partition(";")[0].strip().lower() in ("application/xml", "text/xml")


def _wants_xml(environ: Environ) -> bool:
    """Whether the answer is XML: if it is requested, and if the request is ambiguous (qbo-api.md section 3)."""
    accept = environ.get("HTTP_ACCEPT", "")
    return "json" not in accept and "pdf" not in accept
