"""The plugin's pages over something that behaves like the plugin, and a client that is the host before them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from onedesk_quickbooks.plugin.app.story_api import Story
from onedesk_quickbooks.plugin.ledger import Conflict
from onedesk_quickbooks.plugin.ops.attention import Attention
from onedesk_quickbooks.plugin.qbo.problems import BadWebhook
from onedesk_quickbooks.plugin.sync.errors import AnotherCompany, ChoiceProblem, ConnectProblem
from onedesk_quickbooks.plugin.web import Behind, pages

VERIFIER = "7f1c-verifier"


@dataclass
class FakeSettings:
    public_url: str = "https://desk.test/quickbooks"
    verifier_token: str = VERIFIER
    tenant: str = "main"


@dataclass
class FakeStatus:
    told: dict[str, Any]

    def to_json(self) -> Mapping[str, Any]:
        return self.told


@dataclass(frozen=True)
class FakeChange:
    id: int
    od_number: str
    reason: str
    conflict: Conflict
    od_invoice_id: str = "INV-1"
    created_at: datetime = datetime(2026, 11, 24, 9, 30, tzinfo=timezone.utc)


@dataclass
class FakeApp:
    """Remembers what it was asked; `problem` is raised by whatever is asked next."""

    settings: FakeSettings = field(default_factory=FakeSettings)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    problem: Exception | None = None
    another: str = ""
    places: tuple[str, ...] = ("/srv/desk/key", "/srv/desk")
    changed: list[FakeChange] = field(default_factory=list)
    told: Story | None = None
    needing: Attention = field(default_factory=lambda: Attention(()))
    status_now: dict[str, Any] = field(default_factory=lambda: {"connected": True, "stopped_reason": "", "waiting": 2})

    def _ask(self, *what: str) -> None:
        if self.problem is not None:
            raise self.problem
        self.asked.append(what)

    def may_administer(self, user: str) -> bool:
        return user == "ada"

    def begin_connect(self, user: str, redirect_uri: str, bound: bool) -> str:
        self._ask("begin", user, redirect_uri)
        return f"https://appcenter.intuit.test/connect/oauth2?state={'b.' if bound else ''}S1"

    def finish_connect(self, state: str, code: str, realm_id: str, replace: bool) -> object:
        if state.removeprefix("b.") != "S1":
            raise ConnectProblem("This answer belongs to no connection that was begun here. Connect once more.")
        if self.another and not replace:
            raise AnotherCompany(self.another)
        self._ask("finish", state, code, realm_id)
        return object()

    def disconnect(self, user: str) -> None:
        self._ask("disconnect", user)

    def choose(self, user: str, setting_id: str, value: str) -> None:
        if value not in ("79", ""):
            raise ChoiceProblem(f"The company has no income account {value!r}.")
        self._ask("choose", user, setting_id, value)

    def receive_webhook(self, body: bytes, signature: str) -> int:
        if not body.startswith(b"["):
            raise BadWebhook("it is no JSON")
        self._ask("webhook", body.decode(), signature)
        return 1

    def status(self) -> FakeStatus:
        return FakeStatus({**self.status_now, "company": "Larkspur Ltd", "realm_id": "9341"})

    def changes(self) -> list[FakeChange]:
        return self.changed

    def settle_change(self, work_id: int, keep: str, user: str) -> object:
        self._ask("settle", str(work_id), keep, user)
        return ""

    def attention(self) -> Attention:
        return self.needing

    def try_again(self, entries: Sequence[int], user: str) -> int:
        self._ask("retry", *map(str, entries), user)
        return len(entries)

    def take_out(self, entries: Sequence[int], reason: str, user: str) -> int:
        self._ask("drop", *map(str, entries), reason, user)
        return len(entries)

    def resume_run(self, run: str, user: str) -> int:
        self._ask("resume", run, user)
        return 2

    def settle_changes(self, entries: Sequence[int], keep: str, user: str) -> tuple[int, list[str]]:
        self._ask("settle", *map(str, entries), keep, user)
        return len(entries) - 1, ["It was changed once more since."]

    def story(self, invoice_id: str) -> Story | None:
        return self.told if invoice_id == "INV/1" else None

    def ask_again(self, invoice_id: str, action: str, user: str) -> None:
        self._ask("again", invoice_id, action, user)

    def plan_now(self, invoice_id: str) -> str:
        self._ask("plan", invoice_id)
        return "update invoice <48>\n  total 100.10"

    def qbo_page(self, qbo_id: str, kind: str = "invoice") -> str:
        return f"https://books.test/{qbo_id}"

    def calls(self) -> list[tuple[str, str, int]]:
        return [("2026-11-24", "read", 3), ("2026-11-23", "read", 4), ("2026-11-23", "write", 2)]


class Host:
    """Calls the pages as a host does that mounted them at /quickbooks."""

    def __init__(self, application: Behind) -> None:
        mounted = pages(application)
        self.prefix = mounted.prefix
        self.client = Client(mounted.app)
        self.told: dict[str, str] = {}

    def call(self, method: str, path: str, user: str = "", form_token: str = "T-1", **more: Any) -> TestResponse:
        environ = {"onedesk.user": user, "onedesk.form_token": form_token, "onedesk.return_to": "/office/money"}
        environ |= self.told
        base = f"https://desk.test{self.prefix}"
        return self.client.open(path, method=method, base_url=base, environ_overrides=environ, **more)

    def webhook(self, body: bytes, signature: str) -> TestResponse:
        return self.call("POST", "/webhooks", data=body, headers={"intuit-signature": signature})


@pytest.fixture
def application() -> FakeApp:
    return FakeApp()


@pytest.fixture
def host(application: FakeApp) -> Host:
    return Host(application)


@pytest.fixture
def sign() -> Callable[[bytes], str]:
    """The signature that QuickBooks puts to a body: base64 of its HMAC-SHA256 (qbo-api.md, webhooks)."""
    return lambda body: base64.b64encode(hmac.new(VERIFIER.encode(), body, hashlib.sha256).digest()).decode()
