"""The plugin's pages over something that behaves like the plugin, and a client that is the host before them."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any, cast

import pytest
from werkzeug.test import Client, TestResponse

from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.app.customers_api import Said
from onedesk_quickbooks.plugin.app.documents_api import Pdf
from onedesk_quickbooks.plugin.app.rules_api import Moves, Past, RulesNow, RulesText, Tried
from onedesk_quickbooks.plugin.app.setup_api import DryRun, SetUp
from onedesk_quickbooks.plugin.app.story_api import Story
from onedesk_quickbooks.plugin.findings import Finding
from onedesk_quickbooks.plugin.ledger import Conflict, CustomerDecision
from onedesk_quickbooks.plugin.model.host import Alert
from onedesk_quickbooks.plugin.ops.attention import Attention
from onedesk_quickbooks.plugin.ops.reviews import OpenReview
from onedesk_quickbooks.plugin.planning.reconcile import Listed, Report, reported
from onedesk_quickbooks.plugin.qbo.problems import BadWebhook
from onedesk_quickbooks.plugin.ruleset.diff import Replay
from onedesk_quickbooks.plugin.ruleset.fmt.show import Counts, ShownRow
from onedesk_quickbooks.plugin.sync.errors import AnotherCompany, ChoiceProblem, ConnectProblem
from onedesk_quickbooks.plugin.web import pages

VERIFIER = "7f1c-verifier"
SINCE = datetime(2026, 11, 23, 8, 0, tzinfo=timezone.utc)


@dataclass
class FakeSettings:
    public_url: str = "https://desk.test/quickbooks"
    verifier_token: str = VERIFIER
    tenant: str = "main"
    language: str = "en"


@dataclass
class FakeStatus:
    values: dict[str, Any]

    def to_json(self) -> Mapping[str, Any]:
        return self.values


@dataclass(frozen=True)
class FakeChange:
    id: int
    od_number: str
    reason: str
    conflict: Conflict
    od_invoice_id: str = "INV-1"
    created_at: datetime = datetime(2026, 11, 24, 9, 30, tzinfo=timezone.utc)


class FakeLedger:
    """One that is where it was."""

    def refuse_moved(self) -> None:
        """It was not moved."""


@dataclass
class FakeApp:
    """Remembers what it was asked; `problem` is raised by whatever is asked next."""

    report: Report = field(default_factory=lambda: reported("Larkspur Ltd", None, None, False, 0, ()))
    settings: FakeSettings = field(default_factory=FakeSettings)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    problem: Exception | None = None
    another: str = ""
    places: tuple[str, ...] = ("/srv/desk/key", "/srv/desk")
    ledger: FakeLedger = field(default_factory=FakeLedger)
    changed: list[FakeChange] = field(default_factory=list)
    known_story: Story | None = None
    reviews: list[OpenReview] = field(default_factory=list)
    decided: list[CustomerDecision] = field(default_factory=list)
    needing: Attention = field(default_factory=lambda: Attention(()))
    settled: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    standing: list[Alert] = field(default_factory=list)
    rules: RulesNow = field(
        default_factory=lambda: RulesNow(Path("/srv/desk/rules.yaml"), "a" * 64, SINCE, "", "", "", False, (), ())
    )
    shown: list[ShownRow] = field(default_factory=list)
    far: SetUp = field(default_factory=lambda: SetUp(False, "production", None, (), (), True, True, False))
    text: RulesText = field(default_factory=lambda: RulesText(Path("/srv/desk/rules.yaml"), "version: 1\n", "d1"))
    found: list[Finding] = field(default_factory=list)
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

    def choose(self, user: str, setting: str, value: str) -> None:
        if value not in ("79", ""):
            raise ChoiceProblem(f"The company has no income account {value!r}.")
        self._ask("choose", user, setting, value)

    def receive_webhook(self, body: bytes, signature: str) -> int:
        if not body.startswith(b"["):
            raise BadWebhook("it is not valid JSON")
        self._ask("webhook", body.decode(), signature)
        return 1

    def status(self) -> FakeStatus:
        return FakeStatus({**self.status_now, "company": "Larkspur Ltd", "realm_id": "9341"})

    def to_choose(self) -> list[FakeChange]:
        return self.changed

    def settle_change(self, work_id: int, keep: str, user: str) -> object:
        self._ask("settle", str(work_id), keep, user)
        return ""

    def alerts(self) -> list[Alert]:
        return self.standing

    def attention(self) -> Attention:
        return self.needing

    def try_again(self, entries: Sequence[int], user: str) -> list[int]:
        self._ask("retry", *map(str, entries), user)
        return self._still(entries)

    def take_out(self, entries: Sequence[int], reason: str, user: str) -> list[int]:
        self._ask("drop", *map(str, entries), reason, user)
        return self._still(entries)

    def _still(self, entries: Sequence[int]) -> list[int]:
        """Those that nobody has settled meanwhile."""
        causes = (
            replace(each, items=tuple(item for item in each.items if item.entry not in self.settled))
            for each in self.needing.causes
        )
        self.needing = Attention(tuple(causes))
        return [each for each in entries if each not in (*self.settled, *self.refused)]

    def resume_run(self, run: str, user: str) -> int:
        self._ask("resume", run, user)
        return 2

    def customer_reviews(self) -> list[OpenReview]:
        return self.reviews

    def customer_decisions(self) -> list[CustomerDecision]:
        return self.decided

    def confirm_customer(self, customer_id: str, customer: str, user: str) -> Said:
        self._ask("confirm", customer_id, customer, user)
        return Said(customer_id, "5", "Harbor Labs", 2)

    def reject_customer(self, customer_id: str, customer: str, user: str) -> Said:
        self._ask("reject", customer_id, customer, user)
        return Said(customer_id, "5", "Harbor Labs", 1)

    def undo_customer(self, customer_id: str, user: str) -> Said:
        self._ask("undo", customer_id, user)
        return Said(customer_id, "5", "Harbor Labs", 0, decision="rejected")

    def settle_changes(self, entries: Sequence[int], keep: str, user: str) -> tuple[int, list[str]]:
        self._ask("settle", *map(str, entries), keep, user)
        return len(entries) - 1, ["It was changed once more since."]

    def bring_payments(self) -> list[object]:
        self._ask("payments")
        return [1, 2]

    def records(self) -> None:
        """The host does not tell."""

    def reconcile(self, first: date | None, last: date | None, listed: Iterable[Listed] | None, ours: bool) -> Report:
        assert listed is None
        self._ask("reconcile", str(first), str(last), str(ours))
        return dataclasses.replace(self.report, first=first, last=last)

    def story(self, invoice_id: str) -> Story | None:
        return self.known_story if self.known_story and invoice_id == self.known_story.invoice_id else None

    def hold(self, invoice_id: str, reason: str, user: str) -> object:
        self._ask("hold", invoice_id, reason, user)
        return None

    def release(self, invoice_id: str, user: str) -> bool:
        self._ask("release", invoice_id, user)
        return True

    def release_entries(self, entries: Sequence[int], user: str) -> int:
        self._ask("release_entries", *map(str, entries), user)
        return len(entries)

    def ask_again(self, invoice_id: str, action: str, user: str) -> None:
        self._ask("again", invoice_id, action, user)

    def resend(self, invoice_id: str, user: str, to: str = "", seen: datetime | None = None) -> bool:
        self._ask("resend", invoice_id, user, to, str(seen))
        return True

    def pdf(self, invoice_id: str) -> Pdf:
        self._ask("pdf", invoice_id)
        return Pdf("2041.pdf", b"%PDF-1.4 of " + invoice_id.encode())

    def plan_now(self, invoice_id: str) -> str:
        self._ask("plan", invoice_id)
        return "update invoice <48>\n  total 100.10"

    def qbo_page(self, qbo_id: str, kind: str = "invoice") -> str:
        return f"https://books.test/{qbo_id}"

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 9, 30, tzinfo=timezone.utc)

    def rules_now(self) -> RulesNow:
        return self.rules

    def rules_shown(self, decision: str | None, counts: Counts | None) -> list[ShownRow]:
        return self.shown

    def counted(self, past: Past) -> Counts:
        self._ask("counted", str(past.since), str(past.most))
        return {}

    def recently_asked(self) -> list[tuple[str, str]]:
        return [("INV/1", "2041")]

    def try_invoice(self, word: str) -> Tried | None:
        self._ask("try", word)
        return None

    def waiting_moves(self, past: Past) -> Moves | None:
        self._ask("waiting", str(past.since), str(past.most))
        return Moves("a" * 64, "b" * 64, (), Replay(0, ())) if self.rules.waiting else None

    def back_moves(self, wanted: str, past: Past) -> Moves:
        self._ask("back moves", wanted)
        return Moves("a" * 64, wanted, None, Replay(0, ()))

    def take_rules(self, wanted: str, user: str, seen: str = "") -> object:
        self._ask("take", wanted, user, seen)
        return object()

    def back_to_rules(self, wanted: str, user: str, seen: str = "") -> object:
        self._ask("back", wanted, user, seen)
        return object()

    def rules_text(self) -> RulesText:
        return self.text

    def findings_of(self, text: str) -> list[Finding]:
        self._ask("found", text)
        return self.found

    def check_text(self, text: str, past: Past) -> tuple[list[Finding], Moves | None]:
        self._ask("check", text)
        return self.found, None

    def save_rules(self, text: str, digest: str, user: str) -> list[Finding]:
        self._ask("save", text, digest, user)
        return self.found

    def set_up(self, user: str) -> SetUp:
        return self.far

    def save_keys(self, given: Mapping[str, str], user: str) -> None:
        self._ask("keys", given.get("client_id", ""), given.get("client_secret", ""), user)

    def try_sandbox(self, user: str) -> None:
        self._ask("sandbox", user)

    def dry_run(self) -> DryRun:
        self._ask("dry run")
        return DryRun(date(2026, 10, 25), 2, (), (), (), 0, ("2041: no <total>",))

    def copy_recent(self, user: str) -> int:
        self._ask("live", user)
        return 2

    def calls(self) -> list[tuple[str, str, int]]:
        return [("2026-11-24", "read", 3), ("2026-11-23", "read", 4), ("2026-11-23", "write", 2)]


class Host:
    """Calls the pages as a host does that mounted them at /quickbooks."""

    def __init__(self, application: FakeApp) -> None:
        mounted = pages(cast("Application", application))
        self.prefix = mounted.prefix
        self.client = Client(mounted.app)
        self.environ: dict[str, str] = {}

    def call(self, method: str, path: str, user: str = "", form_token: str = "T-1", **more: Any) -> TestResponse:
        environ = {"onedesk.user": user, "onedesk.form_token": form_token, "onedesk.return_to": "/office/money"}
        environ |= self.environ
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
