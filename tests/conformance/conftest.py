"""What the statements are held against: a sandbox of one's own, or a company at Intuit.

The latter where QBO_CONFORMANCE_BASE_URL, QBO_CONFORMANCE_REALM_ID and QBO_CONFORMANCE_ACCESS_TOKEN are in the
environment (QBO_CONFORMANCE_COMPANY: us, ca, gb, au or intl; us unless given): a fresh sandbox company of Intuit's
with its sample data. Statements that need the sandbox's own controls, its clock or a company nobody wrote to are left
out then.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import urlencode

import pytest
import requests
import simplejson
from werkzeug.test import Client as WsgiClient

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from tests.conftest import QboSchemas

START = datetime(2026, 7, 15, 12, 0, 0, tzinfo=timezone.utc)
BASE = "http://sandbox.test"


class Reply(NamedTuple):
    """An answer: its HTTP status, its body, its headers in lower case."""

    status: int
    data: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        """The body as JSON, numbers with a point as Decimal; None when it is none."""
        try:
            return simplejson.loads(self.data.decode("utf-8", "replace"), use_decimal=True)
        except ValueError:
            return None


class Target(Protocol):
    """A company that statements are held against. `unique` is in no name of it yet."""

    realm: str
    unique: str

    def call(self, method: str, path: str, data: bytes, headers: dict[str, str]) -> Reply:
        """A call of the company's API."""

    def fetch(self, address: str) -> Reply:
        """What stands at an address of any place, for everybody."""

    def control(self, path: str, body: Any) -> Reply:
        """A call of the sandbox's own controls."""

    def restart(self) -> None:
        """The server stops and starts again on the same data."""


class SandboxTarget:
    """A sandbox in this process, its clock standing at START until it is moved."""

    unique = "One"

    def __init__(self, options: SandboxOptions, schemas: QboSchemas) -> None:
        self._options = options
        self._schemas = schemas
        self._open()
        self.realm = self.sandbox.realm_id

    def _open(self) -> None:
        self.sandbox = Sandbox(self._options)
        self._wsgi = WsgiClient(self._schemas.checked(self.sandbox.wsgi))
        self._token = self.sandbox.credentials(BASE)["access_token"]

    def call(self, method: str, path: str, data: bytes, headers: dict[str, str]) -> Reply:
        sent = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", **headers}
        return self._send(method, f"/v3/company/{self.realm}/{path}", data, sent)

    def fetch(self, address: str) -> Reply:
        return self._send("GET", address.removeprefix(BASE), b"", {})

    def control(self, path: str, body: Any) -> Reply:
        return self._send("POST", f"/_control/{path}", simplejson.dumps(body, use_decimal=True).encode(), {})

    def _send(self, method: str, path: str, data: bytes, headers: dict[str, str]) -> Reply:
        response = self._wsgi.open(path, method=method, data=data, headers=headers, base_url=BASE)
        found = {key.lower(): value for key, value in response.headers.items()}
        return Reply(response.status_code, response.get_data(), found)

    def restart(self) -> None:
        self.sandbox.close()
        self._open()

    def close(self) -> None:
        """Stops the sandbox."""
        self.sandbox.close()


class IntuitTarget:
    """A company at Intuit, by an access token of the environment."""

    def __init__(self) -> None:
        self._base = os.environ["QBO_CONFORMANCE_BASE_URL"].rstrip("/")
        self._token = os.environ["QBO_CONFORMANCE_ACCESS_TOKEN"]
        self.realm = os.environ["QBO_CONFORMANCE_REALM_ID"]
        self.unique = uuid.uuid4().hex[:8]

    def call(self, method: str, path: str, data: bytes, headers: dict[str, str]) -> Reply:
        sent = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", **headers}
        url = f"{self._base}/v3/company/{self.realm}/{path}"
        url += ("&" if "?" in path else "?") + urlencode({"minorversion": "75"})
        response = requests.request(method, url, data=data, headers=sent, timeout=120)
        found = {key.lower(): value for key, value in response.headers.items()}
        return Reply(response.status_code, response.content, found)

    def fetch(self, address: str) -> Reply:
        response = requests.get(address, timeout=120)
        found = {key.lower(): value for key, value in response.headers.items()}
        return Reply(response.status_code, response.content, found)

    def control(self, path: str, body: Any) -> Reply:
        raise LookupError(f"Intuit has no {path}: the statement must say that it needs the sandbox")

    def restart(self) -> None:
        raise LookupError("Intuit is not restarted: the statement must say that it needs the sandbox")


@pytest.fixture
def target(tmp_path: Path, qbo_schemas: QboSchemas) -> Iterator[Callable[[dict[str, Any]], Target]]:
    """Makes the company that a statement asks for."""
    made: list[SandboxTarget] = []

    def _target(case: dict[str, Any]) -> Target:
        if os.environ.get("QBO_CONFORMANCE_BASE_URL"):
            return IntuitTarget()
        options: dict[str, Any] = {"company": case.get("company", "us"), **case.get("options", {})}
        if "seed" in case:
            options["seed"] = tmp_path / "seed.json"
            options["seed"].write_text(simplejson.dumps(case["seed"], use_decimal=True), encoding="utf-8")
        if any("restart" in step for step in case["steps"]):
            options["data"] = tmp_path / "company.sqlite"
        target = SandboxTarget(SandboxOptions(clock=lambda: START, **options), qbo_schemas)
        made.append(target)
        return target

    yield _target
    for target in made:
        target.close()
