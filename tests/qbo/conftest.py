"""A company to speak with: a sandbox behind a real socket, a client before it, and a clock that tests move."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer

from onedesk_quickbooks.plugin.model.connection import Tokens
from onedesk_quickbooks.plugin.qbo import Authoriser, OAuth, Pacer, QuickBooks, Transport, endpoints_for, new_session
from onedesk_quickbooks.plugin.sandbox import Sandbox
from tests.support.clock import Clock
from tests.support.sandboxes import serving

START = datetime(2026, 7, 15, 12, 0, 0, tzinfo=timezone.utc)


class Store:
    """Tokens in memory; `history` tells what happened to them, in order."""

    def __init__(self, tokens: Tokens | None) -> None:
        self.tokens = tokens
        self.history: list[str] = []
        self._lock = threading.Lock()

    def load(self) -> Tokens | None:
        self.history.append("load")
        return self.tokens

    def save(self, tokens: Tokens) -> None:
        self.history.append("save")
        self.tokens = tokens

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._lock:
            self.history.append("in")
            yield
            self.history.append("out")


@dataclass
class Connection:
    """A client and what it stands on. `calls` are the kinds of calls that were answered well."""

    base: str
    clock: Clock
    store: Store
    oauth: OAuth
    authoriser: Authoriser
    transport: Transport
    quickbooks: QuickBooks
    calls: list[str] = field(default_factory=list)


@dataclass
class Company(Connection):
    """A connection to a sandbox of one's own."""

    sandbox: Sandbox = field(kw_only=True)

    def requests(self) -> list[str]:
        """Method and path below the company of each call to the API so far."""
        paths = [(str(each["method"]), str(each["path"])) for each in self.sandbox.log()]
        return [f"{method} {path.split('/', 4)[4]}" for method, path in paths if path.startswith("/v3/")]


Connect = Callable[..., Company]
Attach = Callable[..., Connection]


def _parts(
    base: str, credentials: dict[str, str], session: requests.Session, left: timedelta, patience: float = 5
) -> dict[str, Any]:
    clock = Clock(START)
    calls: list[str] = []
    store = Store(
        Tokens(
            access_token=credentials["access_token"],
            refresh_token=credentials["refresh_token"],
            expires_at=clock.now() + left,
            refresh_expires_at=clock.now() + timedelta(days=100),
        )
    )
    oauth = OAuth(endpoints_for("local", base), credentials["client_id"], credentials["client_secret"], clock.now)
    authoriser = Authoriser(oauth, store, clock.now)
    transport = Transport(
        session,
        base,
        credentials["realm_id"],
        authoriser,
        now=clock.now,
        sleep=clock.sleep,
        pacer=Pacer(clock.now, clock.sleep),
        on_call=calls.append,
        timeout=(min(5, patience), patience),
    )
    return {
        "base": base,
        "clock": clock,
        "store": store,
        "oauth": oauth,
        "authoriser": authoriser,
        "transport": transport,
        "quickbooks": QuickBooks(transport),
        "calls": calls,
    }


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """Keeps connections; closed at the end."""
    with new_session() as made:
        yield made


@pytest.fixture
def connect(session: requests.Session) -> Iterator[Connect]:
    """Starts companies: `connect("ca")`, `connect("intl", currency="NOK")`."""
    stack = ExitStack()

    def _connect(
        company: str = "us", left: timedelta = timedelta(hours=1), patience: float = 5, **options: Any
    ) -> Company:
        books = stack.enter_context(serving(company, clock=lambda: START, **options))
        parts = _parts(books.base_url, books.sandbox.credentials(books.base_url), session, left, patience)
        return Company(**parts, sandbox=books.sandbox)

    with stack:
        yield _connect
        session.close()


@pytest.fixture
def attach(session: requests.Session, httpserver: HTTPServer) -> Attach:
    """Connects to pytest-httpserver, which answers as a test says, as company 42; or to `base`."""

    def _attach(base: str = "", left: timedelta = timedelta(hours=1), patience: float = 5) -> Connection:
        credentials = {
            "access_token": "access-1",
            "refresh_token": "refresh-1",
            "client_id": "the-client",
            "client_secret": "the-secret",
            "realm_id": "42",
        }
        url = base or httpserver.url_for("").rstrip("/")
        return Connection(**_parts(url, credentials, session, left, patience))

    return _attach


@pytest.fixture
def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
