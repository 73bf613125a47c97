"""A sandbox with a clock that stands, and a client that speaks HTTP to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import pytest
import simplejson
from werkzeug.test import Client as WsgiClient

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from tests.conftest import QboSchemas

START = datetime(2026, 7, 15, 12, 0, 0, tzinfo=timezone.utc)
BASE = "http://sandbox.test"


class Reply(NamedTuple):
    """An answer: status, parsed JSON (None when it is none), bytes, headers in lower case."""

    status: int
    json: Any
    data: bytes
    headers: dict[str, str]


class Client:
    """Calls the company's API as an application with a good token does; every answer is held against the schemas."""

    def __init__(self, sandbox: Sandbox, schemas: QboSchemas) -> None:
        self.sandbox = sandbox
        self.wsgi = WsgiClient(sandbox.wsgi)
        self.schemas = schemas
        self.credentials = sandbox.credentials(BASE)
        self.headers = {"Authorization": f"Bearer {self.credentials['access_token']}", "Accept": "application/json"}

    def raw(self, method: str, path: str, data: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
        """Any path of the server."""
        response = self.wsgi.open(path, method=method, data=data, headers=headers or {}, base_url=BASE)
        try:
            parsed = simplejson.loads(response.get_data(as_text=True), use_decimal=True)
        except ValueError:
            parsed = None
        if parsed is not None and (path.startswith(("/v3/", "/oauth2/", "/v1/", "/op/"))):
            problems = self.schemas.answer(path.partition("?")[0], response.status_code, response.data)
            assert not problems, f"{problems}\n{response.get_data(as_text=True)[:3000]}"
        found = {key.lower(): value for key, value in response.headers.items()}
        return Reply(response.status_code, parsed, response.data, found)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> Reply:
        """A path below the company; `body` as JSON, or bytes as they are."""
        url = f"/v3/company/{self.sandbox.realm_id}/{path}"
        if query:
            url += ("&" if "?" in path else "?") + urlencode(query)
        data = (
            body
            if isinstance(body, bytes)
            else b""
            if body is None
            else simplejson.dumps(body, use_decimal=True).encode()
        )
        sent = {**self.headers, "Content-Type": "application/json", **(headers or {})}
        return self.raw(method, url, data, sent)

    def query(self, text: str) -> Any:
        """The QueryResponse of a statement."""
        reply = self.call("GET", "query", query=text)
        assert reply.status == 200, reply.json
        return reply.json["QueryResponse"]

    def invoice(self, amount: str = "100.00", **fields: Any) -> Any:
        """An invoice of one line, as created."""
        line: dict[str, Any] = {
            "Amount": Decimal(amount),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
        }
        if self.sandbox.options.company != "us":
            line["SalesItemLineDetail"]["TaxCodeRef"] = {"value": "2"}
        reply = self.call("POST", "invoice", {"CustomerRef": {"value": "1"}, "Line": [line], **fields})
        assert reply.status == 200, reply.json
        return reply.json["Invoice"]


@pytest.fixture
def connect(qbo_schemas: QboSchemas) -> Iterator[Callable[..., Client]]:
    """Makes clients, each of a sandbox of its own: `connect("gb")`, `connect("intl", currency="NOK")`."""
    made: list[Sandbox] = []

    def _connect(company: str = "us", **options: Any) -> Client:
        options.setdefault("clock", lambda: START)
        sandbox = Sandbox(SandboxOptions(company=company, **options))
        made.append(sandbox)
        return Client(sandbox, qbo_schemas)

    yield _connect
    for sandbox in made:
        sandbox.close()
