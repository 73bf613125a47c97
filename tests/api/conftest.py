"""An installation of the API alone: the embedded host, a sandbox that serves, and a client that holds every answer
against schemas/openapi.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from werkzeug.test import Client, TestResponse

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.host import EmbeddedHost, RecordImporter
from onedesk_quickbooks.plugin.host.records import USERS
from onedesk_quickbooks.plugin.web.api import PREFIX, api
from tests.commands import Call, Connect, call, connect, home, open_books
from tests.support.clock import Clock
from tests.support.invoices import invoice_json
from tests.support.sandboxes import Books

__all__ = ["call", "connect", "home", "open_books"]
SCHEMAS = Path(__file__).parents[2] / "schemas"


@cache
def openapi() -> Any:
    """schemas/openapi.json."""
    return json.loads((SCHEMAS / "openapi.json").read_text(encoding="utf-8"))


_BY_ID = ("invoices", "payments")
"""What is asked for by its id."""


@cache
def _registry() -> Registry[Any]:
    names = ("openapi.json", "invoice.schema.json", "payment.schema.json", "host_payment.schema.json")
    found = [(f"http://schemas/{name}", json.loads((SCHEMAS / name).read_text(encoding="utf-8"))) for name in names]
    bare = [(uri, {key: value for key, value in each.items() if key != "$id"}) for uri, each in found]
    return Registry().with_resources([(uri, Resource.from_contents(each, DRAFT202012)) for uri, each in bare])


def problems(schema: str, value: Any) -> list[str]:
    """Where a value differs from a part of the description: "components/schemas/Invoice"."""
    validator = Draft202012Validator({"$ref": f"http://schemas/openapi.json#/{schema}"}, registry=_registry())
    return [f"{list(each.absolute_path)}: {each.message}" for each in validator.iter_errors(value)]


def described(method: str, path: str, status: int) -> str:
    """Where the description has the answer's schema. AssertionError for one that it does not know."""
    paths = openapi()["paths"]
    name = path if path in paths else next((f"/{each}/{{id}}" for each in _BY_ID if path.startswith(f"/{each}/")), "")
    if not name or method.lower() not in paths[name]:
        return "components/schemas/Problem"
    answers = paths[name][method.lower()]["responses"]
    assert str(status) in answers, f"{method} {path} answers {status}"
    if "$ref" in answers[str(status)]:
        return "components/schemas/Problem"
    at = f"paths/{name.replace('/', '~1')}/{method.lower()}/responses/{status}/content/application~1json/schema"
    return at.replace("{", "%7B").replace("}", "%7D")


@dataclass
class Program:
    """A program that is not in Python: it has a key, and speaks HTTP."""

    client: Client
    key: str = ""
    user: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        headers |= more.pop("headers", {})
        reply = self.client.open(f"{PREFIX}{path}", method=method, headers=headers, **more)
        if reply.mimetype == "application/json":
            found = problems(described(method, path.partition("?")[0], reply.status_code), reply.json)
            assert found == [], (method, path, reply.json)
        assert "Traceback" not in reply.text
        return reply

    def post(self, action: str, invoice: Any, once: str = "", **more: Any) -> TestResponse:
        headers = {"Idempotency-Key": once} if once else {}
        return self.call("POST", f"/invoices?action={action}", json=invoice, headers=headers, **more)

    def get(self, path: str) -> Any:
        """The JSON of an answer that is fine."""
        reply = self.call("GET", path)
        assert reply.status_code == 200, reply.json
        return reply.json

    def payments(self, after: str = "0", limit: int = 100) -> Any:
        return self.get(f"/payments?after={after}&limit={limit}")


class Installation:
    """Host and plugin on a data directory, with a clock to move on."""

    def __init__(self, home: Path) -> None:
        self.clock = Clock()
        plugin = QuickBooksPlugin(background=False, now=self.clock.now, sleep=self.clock.sleep)
        self.host = EmbeddedHost.open(home, plugins=[plugin])
        self.host.users.let_in(USERS)
        self.application: Application = plugin.application

    def program(self, *scopes: str, foreign: bool = False) -> Program:
        """A program with a new key; `foreign`: the data directory is another host's."""
        app = api(self.application, None if foreign else RecordImporter(self.host))
        client = Client(_mounted(app))
        if not scopes:
            return Program(client)
        name = f"program {len(self.application.ledger.api_keys.all())}"
        return Program(client, self.application.ledger.api_keys.add(name, scopes)[1])

    def connect_another(self) -> None:
        """Another company, which has nothing of ours, in the place of the connected one."""
        connected, companies = self.application.connected, self.application.ledger.companies
        tokens = companies.tokens(connected.realm_id) if connected else None
        assert connected is not None and tokens is not None
        other = replace(connected.company, realm_id="999", name="Another")
        companies.connect(other, connected.environment, connected.base_url, "admin", tokens)


APART = (
    "Sandbox Company_US_1 has it, and is not connected: nothing is done there until it is connected again. The"
    " connected company, Another, does not have it."
)
"""What is said then of what the former company has."""


def _mounted(app: Any) -> Any:
    from werkzeug.exceptions import NotFound
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    return DispatcherMiddleware(NotFound(), {PREFIX: app})


@pytest.fixture
def books(open_books: Callable[..., Books], call: Call, connect: Connect) -> Books:
    """A US company that `home` is connected to."""
    found = open_books("us")
    connect(found)
    assert call("settings", "default_income_account", "Services").code == 0
    return found


@pytest.fixture
def installation(home: Path) -> Iterator[Installation]:
    """Connected where the test takes `books` before it."""
    made = Installation(home)
    yield made
    made.host.close()


@pytest.fixture
def program(installation: Installation) -> Program:
    """A program that may do everything."""
    return installation.program("invoices", "payments")


@pytest.fixture
def invoice() -> Callable[..., dict[str, Any]]:
    """A sound invoice; keyword arguments replace its fields."""
    return lambda invoice_id="INV-7", **fields: invoice_json(invoice_id, **fields)
