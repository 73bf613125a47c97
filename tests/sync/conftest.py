"""A whole installation: the embedded host, the plugin, and a QuickBooks sandbox behind HTTP."""

from __future__ import annotations

import copy
import io
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from onedesk_quickbooks.hooks import NotNow, QuickBooksPlugin, Setting
from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.host import EmbeddedHost, HostInvoice, bring
from onedesk_quickbooks.plugin.host.records import USERS
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.http.server import Server
from onedesk_quickbooks.plugin.sync.rules_in_force import RulesKeeper
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.support.agreement import Prediction, disagreements, no_faults, predictions
from tests.support.clock import Clock
from tests.support.connected import Connected, kept, writes
from tests.support.trail import unlike

if TYPE_CHECKING:
    from tests.conftest import QboSchemas

ADMIN = "admin"
Tamper = Callable[[Request, Response], Response]


class Desk:
    """One host connected (or not yet) to one sandbox company; it starts when it is first used. While it `predicts`,
    what `plan` says beforehand must be what the company queue does. `connected` is what its sandbox is a copy of."""

    def __init__(
        self,
        home: Path,
        sandbox: Sandbox,
        base_url: str,
        clock: Clock | None = None,
        connected: Connected | None = None,
    ) -> None:
        self.home = home
        self.sandbox = sandbox
        self.base_url = base_url
        self.clock = clock or Clock()
        self.predicts = True
        self.kind: type[EmbeddedHost] = EmbeddedHost
        self._asides: set[str] = set()
        self._connected = connected
        self._writes = writes(sandbox)

    @cached_property
    def plugin(self) -> QuickBooksPlugin:
        return QuickBooksPlugin(background=False, now=self.clock.now, sleep=self.clock.sleep)

    @cached_property
    def host(self) -> EmbeddedHost:
        host = self.kind.open(self.home, plugins=[self.plugin])
        host.users.let_in(USERS)
        return host

    @property
    def application(self) -> Application:
        assert self.host
        return self.plugin.application

    def close(self) -> None:
        """Both stop; the next use starts them again on the same data."""
        if "host" in vars(self):
            self.host.close()
            del self.host, self.plugin

    def restart(self, kind: type[EmbeddedHost] | None = None) -> None:
        """Both stop and start again on the same data; the host is of another `kind` from then on."""
        self.close()
        self.kind = kind or self.kind
        assert self.host

    def consent(self, decision: str = "approve") -> dict[str, str]:
        """Go to Intuit's page and press a button; what the browser comes back with."""
        url = self.application.begin_connect(ADMIN, "http://127.0.0.1/callback")
        agreed = {"decision": decision, "realmId": self.sandbox.realm_id}
        answer = requests.post(url, data=agreed, allow_redirects=False, timeout=10)
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def connect(self, account: str | None = None, tax_code: str | None = None) -> None:
        """Consent, and choose the defaults as an administrator would."""
        if self._connected and not account and self._untouched:
            self._connected.put(self.home, self.base_url)
        else:
            back = self.consent()
            self.application.finish_connect(back["state"], back["code"], back["realmId"])
            offered = self.choices("default_income_account")
            wanted = account or next(label for value, label in offered if value)
            self.application.choose(ADMIN, "default_income_account", wanted)
        if tax_code:
            self.application.choose(ADMIN, "default_tax_code", tax_code)

    @property
    def _untouched(self) -> bool:
        """Whether neither it nor its sandbox was used."""
        started = "host" in vars(self) or (self.home / "ledger.sqlite").exists()
        return not started and writes(self.sandbox) == self._writes and no_faults(self.sandbox)

    def unlike(self) -> list[str]:
        """What the audit trail tells otherwise than the rest of the ledger; nothing of a desk that the test has
        closed."""
        try:
            ledger = self.application.ledger
        except NotNow:  # the plugin has no host
            return []
        return unlike(ledger)

    def choices(self, setting: str) -> tuple[tuple[str, str], ...]:
        """What Administration > Financials offers for a setting."""
        shown: dict[str, Setting] = {
            each.id: each for some in self.host.plugins.hook.settings_to_show(user=ADMIN) for each in some
        }
        return shown[setting].choices

    def copy(self, invoice: dict[str, Any]) -> Outcome:
        """Into the host, Open, "Copy to QuickBooks Online"."""
        self.save(invoice)
        assert self.host.act(invoice["id"], "quickbooks.copy", ADMIN)
        return self.outcome(invoice["id"])

    def send(self, invoice: dict[str, Any]) -> Outcome:
        """Into the host, Open, "Send invoice"."""
        self.save(invoice)
        assert self.host.send(invoice["id"], ADMIN)
        return self.outcome(invoice["id"])

    def save(self, invoice: dict[str, Any]) -> None:
        """As a draft, then opened: through the hooks; a Paid one as another program hands it over."""
        before = self.host.invoice(invoice["id"])
        if before and before.status == "paid":
            bring(self.host, {**invoice, "status": "open"}, ADMIN)
        else:
            self.host.save({**invoice, "status": "draft"})
            self.host.open_invoice(invoice["id"], ADMIN)

    def outcome(self, invoice_id: str) -> Outcome:
        """Of one invoice, once the company queue has worked."""
        found = [each for each in self.drain() if each.id == invoice_id]
        assert found, self.application.waiting(invoice_id)
        return found[-1]

    def drain(self) -> list[Outcome]:
        """Let the company queue work until nothing is ready."""
        predicted = self._predictions() if self.predicts and no_faults(self.sandbox) else {}
        outcomes = self.application.drain()
        assert not (wrong := disagreements(predicted, outcomes)), wrong
        return outcomes

    def _predictions(self) -> dict[str, Prediction]:
        """What `plan` says; its requests are kept out of `calls`."""
        before = {each["intuit_tid"] for each in self.sandbox.log()}
        found = predictions(self.application)
        self._asides |= {each["intuit_tid"] for each in self.sandbox.log()} - before
        return found

    def shown(self, invoice_id: str) -> HostInvoice:
        found = self.host.invoice(invoice_id)
        assert found is not None
        return found

    def invoices(self) -> list[dict[str, Any]]:
        """QuickBooks' invoices that are ours."""
        rows = self.sandbox.list("Invoice")
        return [row for row in rows if "OneDesk invoice" in (row.get("PrivateNote") or "")]

    def calls(self) -> list[str]:
        """The requests since the last time, as "POST invoice"."""
        log = [each for each in self.sandbox.log() if each["intuit_tid"] not in self._asides]
        self.sandbox.clear_log()
        return [f"{each['method']} {re.sub('^/v3/company/[0-9]+/', '', each['path'])}" for each in log]


def lose_ledger(home: Path) -> None:
    """As a data directory is that is made again: without its ledger, and without a host that has started there."""
    for file in (*home.glob("ledger.sqlite*"), home / "host.json"):
        file.unlink()


class _LastingConnections(WSGIRequestHandler):
    """Requests one after the other on a connection, as QuickBooks takes them: werkzeug's own handler ends each
    connection with the first."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one packet
    server: Any

    def setup(self) -> None:
        super().setup()
        self.server.lasting.add(self.connection)

    def finish(self) -> None:
        self.server.lasting.discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        self.environ = environ = self.make_environ()
        environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0)))
        parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        body = b"".join(parts)
        self.send_response_only(*_code(status))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if headers.get("Content-Length") != str(len(body)):
            self.close_connection = True  # the answer is cut


def _code(status: str) -> tuple[int, str]:
    code, _, reason = status.partition(" ")
    return int(code), reason


class PromptServer(HTTPServer):
    """Ends when it is asked to, instead of half a second later: every test starts one. Its connections last."""

    def thread_target(self) -> None:
        server: Any = self.server
        server.RequestHandlerClass = _LastingConnections
        server.lasting = set()
        server.serve_forever(poll_interval=0.01)
        for each in tuple(server.lasting):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Inside:
    """A sandbox inside pytest-httpserver; `wrong` collects requests that are not as schemas/qbo say. `tamper` gives
    what becomes of an answer on its way."""

    def __init__(self, sandbox: Sandbox, schemas: QboSchemas, wrong: list[str], tamper: Tamper | None = None) -> None:
        self._server = PromptServer(host="127.0.0.1", port=0, threaded=True)

        def answer(request: Request) -> Response:
            sent = request.get_data()
            if request.path.startswith("/v3/"):
                path, query = request.path.split("/", 4)[4], request.query_string.decode()
                wrong.extend(f"{path}: {each}" for each in schemas.request(request.method, path, query, sent))
            answered = Response.from_app(sandbox.wsgi, {**request.environ, "wsgi.input": io.BytesIO(sent)})
            return tamper(request, answered) if tamper else answered

        self._server.expect_request(re.compile(".*")).respond_with_handler(answer)
        self._server.start()
        self.base_url = self._server.url_for("").rstrip("/")

    def stop(self) -> None:
        """Ends serving."""
        self._server.clear()
        self._server.stop()


@contextmanager
def installed(
    home: Path,
    schemas: QboSchemas,
    company: str = "us",
    rules: str = "",
    settings: dict[str, str] | None = None,
    cuts: bool = False,
    tamper: Tamper | None = None,
    connected: Connected | None = None,
    **options: Any,
) -> Iterator[Desk]:
    """An installation in `home`, not connected yet, whose sandbox is behind pytest-httpserver; or with `cuts` behind
    the sandbox's own server, which can cut a connection. With `connected` it will be a copy of that one.

    In the end every request that was sent to QuickBooks must have been as schemas/qbo say, and the audit trail must
    tell the same as the rest of the ledger.
    """
    wrong: list[str] = []
    sandbox = connected.sandbox() if connected else Sandbox(SandboxOptions(company=company, **options))
    server = Server(sandbox) if cuts else Inside(sandbox, schemas, wrong, tamper)
    if isinstance(server, Server):
        server.start()
    given = sandbox.credentials(server.base_url)
    chosen = {key: given[key] for key in ("client_id", "client_secret", "verifier_token")}
    write_settings(home, {"environment": "local", "base_url": server.base_url, **chosen, **(settings or {})})
    if rules:
        (home / "rules.yaml").write_text(rules, encoding="utf-8")
    desk = Desk(home, sandbox, server.base_url, connected=connected)
    other: list[str] = []
    try:
        yield desk
        other = desk.unlike()
    finally:
        desk.close()
        server.stop()
        sandbox.close()
    assert not wrong, wrong
    assert not other, other


def keeping(path: Path) -> RulesKeeper:
    """The rules of one file, watched."""
    return RulesKeeper(lambda: path)


_CONNECTED: dict[object, Connected] = {}


def as_before(folders: pytest.TempPathFactory, schemas: QboSchemas, company: str, options: dict[str, Any]) -> Connected:
    """What a desk of these options of a sandbox is a copy of; it is made where there is none."""

    def connect(home: Path) -> Sandbox:
        with installed(home, schemas, company, **options) as desk:
            desk.connect()
            return desk.sandbox.copy()

    key = (company, *sorted(options.items()))
    return kept(_CONNECTED, key, lambda: Connected(folders.mktemp("connected"), connect))


@pytest.fixture
def desks(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, qbo_schemas: QboSchemas
) -> Iterator[Callable[..., Desk]]:
    """Makes installations: `desks("gb", rules="...")`, with what `installed` takes."""
    homes = (tmp_path / f"home{number}" for number in count())
    with ExitStack() as stack:

        def make(company: str = "us", settings: dict[str, str] | None = None, **options: Any) -> Desk:
            home = next(homes)
            home.mkdir()
            copied = home.name == "home0" and "ledger" not in (settings or {}) and "clock" not in options
            of_sandbox = {key: value for key, value in options.items() if key not in ("rules", "cuts", "tamper")}
            connected = as_before(tmp_path_factory, qbo_schemas, company, of_sandbox) if copied else None
            return stack.enter_context(
                installed(home, qbo_schemas, company, settings=settings, connected=connected, **options)
            )

        yield make


@pytest.fixture
def us(desks: Callable[..., Desk]) -> Desk:
    """Connected to the US company."""
    desk = desks()
    desk.connect()
    return desk


INVOICE: dict[str, Any] = {
    "id": "INV-1",
    "number": "2041",
    "status": "open",
    "type": "time_and_material",
    "currency": "USD",
    "issue_date": "2026-07-01",
    "due_date": "2026-07-31",
    "customer": {
        "id": "C-7",
        "name": "Blue Harbor Ltd",
        "billing_contact": {"first_name": "Ada", "last_name": "Berg", "email": "ada@blueharbor.example"},
        "phone": "555 0100",
        "address": {
            "line1": "1 Quay",
            "city": "Bayshore",
            "region": "CA",
            "postal_code": "94326",
            "country": "US",
        },
    },
    "lines": [
        {
            "id": "1",
            "work_item": {"type": "ticket", "number": "55", "name": "Printer does not print"},
            "service_type": "Support",
            "quantity": "2",
            "unit_price": "80.00",
            "amount": "160.00",
            "date": "2026-06-20",
        },
        {
            "id": "2",
            "work_item": {"type": "task", "number": "9", "name": "Move the mail server"},
            "service_type": "Consulting",
            "quantity": "1.5",
            "unit_price": "100.00",
            "amount": "150.00",
        },
    ],
    "subtotal": "310.00",
    "total": "310.00",
    "memo": "Thank you.",
}


@pytest.fixture
def invoice() -> Callable[..., dict[str, Any]]:
    """A sound invoice; keyword arguments replace its fields."""

    def make(**fields: Any) -> dict[str, Any]:
        return {**copy.deepcopy(INVOICE), **fields}

    return make
