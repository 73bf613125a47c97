"""Workers tell alerts, each once; log and metrics say which tenant they speak of."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from onedesk_quickbooks.hooks import Alert, QuickBooksPlugin, impl
from onedesk_quickbooks.plugin.cli import main
from onedesk_quickbooks.plugin.distributed.alerts import First
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.records import USERS
from onedesk_quickbooks.plugin.ledger.database.advisory import AdvisoryLocks
from onedesk_quickbooks.plugin.ledger.database.postgres import shared
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.postgres.conftest import Server
from tests.postgres.crew import Crew, numbered
from tests.support.clock import Clock
from tests.sync.conftest import Desk

pytestmark = pytest.mark.postgres


class Listener:
    """A plugin of the host that keeps the alerts; telling one takes a while."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.fails = False

    @impl
    def on_quickbooks_alert(self, alert: Alert) -> None:
        threading.Event().wait(0.05)
        if self.fails:
            raise RuntimeError("the listener is ill")
        self.heard.append(alert.key)


class Machine:
    """One more machine with this tenant: a data directory of its own, the same ledger."""

    def __init__(self, desk: Desk, home: Path, listener: Listener, clock: Clock) -> None:
        home.mkdir()
        for name in ("settings.yaml", "key"):
            (home / name).write_bytes((desk.home / name).read_bytes())
            (home / name).chmod(0o600)
        self.plugin = QuickBooksPlugin(background=False, now=clock.now, sleep=clock.sleep)
        self.host = EmbeddedHost.open(home, plugins=[self.plugin, listener])
        self.host.users.let_in(USERS)

    def look(self) -> list[str]:
        return [alert.key for alert in self.plugin.application.watcher.look()]

    def close(self) -> None:
        self.host.close()


@pytest.fixture
def desk(desks: Callable[..., Desk], url: str) -> Desk:
    made = desks(settings={"ledger": url, "tenant": "acme"})
    made.connect()
    return made


@pytest.fixture
def three(desk: Desk, tmp_path: Path) -> Iterator[tuple[list[Machine], Listener, Clock]]:
    """Three machines with the same tenant, what they tell, and their clock."""
    listener, clock = Listener(), Clock()
    made = [Machine(desk, tmp_path / f"machine{number}", listener, clock) for number in range(3)]
    yield made, listener, clock
    for each in made:
        each.close()


def at_once(machines: list[Machine]) -> None:
    """All look at the same moment, and again."""
    barrier = threading.Barrier(len(machines))

    def look(machine: Machine) -> None:
        barrier.wait()
        for _ in range(3):
            machine.look()

    threads = [threading.Thread(target=look, args=(each,)) for each in machines]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def test_of_several_machines_one_notifies(
    desk: Desk, three: tuple[list[Machine], Listener, Clock], invoice: Callable[..., dict[str, Any]]
) -> None:
    machines, listener, _ = three
    assert desk.copy(invoice(currency="EUR")).outcome == "held"
    at_once(machines)
    assert listener.heard == ["held"]
    desk.application.ledger.companies.stop(desk.sandbox.realm_id, "The company was deleted.")
    at_once(machines)
    assert listener.heard == ["held", "stopped"]


def test_that_no_worker_looks_for_payments_is_reported(
    desk: Desk, three: tuple[list[Machine], Listener, Clock]
) -> None:
    machines, listener, clock = three
    desk.application.ledger.payment_looks.look_at(desk.sandbox.realm_id, clock.now() - timedelta(hours=1))
    shown = CliRunner().invoke(main, ["--home", str(desk.home), "status"])
    assert shown.exit_code == 1 and "(1 hour ago); start `worker`, or run `payments`" in shown.output
    for _ in range(2):
        assert machines[0].look() == [], "workers may have started with it"
        clock.pass_by(minutes=5)
    assert machines[0].look() == ["payments"]
    assert listener.heard == ["payments"]


def test_a_listener_that_fails_is_left_alone_by_all(
    desk: Desk, three: tuple[list[Machine], Listener, Clock], invoice: Callable[..., dict[str, Any]]
) -> None:
    machines, listener, clock = three
    listener.fails = True
    assert desk.copy(invoice(currency="EUR")).outcome == "held"
    at_once(machines)
    listener.fails = False
    at_once(machines)
    assert listener.heard == []
    clock.pass_by(seconds=301)
    at_once(machines)
    assert listener.heard == ["held"]


def test_silence_is_counted_from_the_same_moment_by_all(
    desk: Desk, tmp_path: Path, three: tuple[list[Machine], Listener, Clock]
) -> None:
    machines, listener, clock = three
    for _ in range(26 * 6 + 1):
        clock.pass_by(seconds=600 - 1)
        machines[0].look()
    assert listener.heard == ["silent"]
    with closing(Machine(desk, tmp_path / "late", listener, clock)) as late:  # began long after the last success
        assert late.look() == ["silent"]
        assert machines[0].look() == ["silent"]
    assert listener.heard == ["silent"], "neither takes it for passed"


def test_after_a_long_stop_silence_begins_again(
    desk: Desk, tmp_path: Path, three: tuple[list[Machine], Listener, Clock]
) -> None:
    machines, listener, clock = three
    machines[0].look()
    clock.pass_by(seconds=3 * 86400)
    with closing(Machine(desk, tmp_path / "monday", listener, clock)) as monday:
        assert monday.look() == []


def test_one_worker_looks_at_all_tenants_until_it_is_gone(url: str) -> None:
    engine = shared(url).engine
    one, other = First(AdvisoryLocks(engine)), First(AdvisoryLocks(engine))
    assert (one(), other(), one(), other()) == (True, False, True, False)
    with psycopg.connect(url, autocommit=True) as connection:  # as when its process dies
        connection.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'")
    assert (other(), one()) == (True, False)
    other.let_go()
    assert (one(), other()) == (True, False)
    one.let_go()


@pytest.fixture
def alerts(httpserver: HTTPServer) -> list[dict[str, Any]]:
    """What was posted to the server at /alerts."""
    got: list[dict[str, Any]] = []

    def take(request: Request) -> Response:
        got.append(request.get_json())
        return Response(status=204)

    httpserver.expect_request("/alerts").respond_with_handler(take)
    return got


def test_workers_send_alerts_and_name_the_tenant(
    crew: Crew,
    server: Server,
    invoice: Callable[..., dict[str, Any]],
    httpserver: HTTPServer,
    alerts: list[dict[str, Any]],
) -> None:
    settings = {"alert_webhook": httpserver.url_for("/alerts")}
    acme, beta = crew.tenant("acme", settings), crew.tenant("beta", settings)
    for _ in range(2):
        crew.start()
    crew.start("--port", "0")
    address = crew.address("Metrics at")
    crew.ask(acme, "copy", numbered(invoice, "acme", 1))
    crew.ask(beta, "copy", {**numbered(invoice, "beta", 1), "currency": "EUR"})
    crew.wait(lambda: crew.rest(acme) and crew.rest(beta))
    crew.wait(lambda: bool(alerts))
    assert [(each["alert"], each["company"]) for each in alerts] == [("held", beta.sandbox.company_name)]
    _metrics(requests.get(f"{address}/metrics", timeout=10).text)
    assert requests.get(f"{address}/ready", timeout=10).status_code == 200
    health = requests.get(f"{address}/health", timeout=10).json()
    assert health == {"ok": True, "tenants": 2, "stopped": [], "left": {}, "errors": {}}
    _log(crew.logs(), {"acme": acme.sandbox.realm_id, "beta": beta.sandbox.realm_id})
    server.stop()
    try:
        assert requests.get(f"{address}/ready", timeout=10).status_code == 503
        assert requests.get(f"{address}/metrics", timeout=10).status_code == 503
    finally:
        server.start()


def _metrics(text: str) -> None:
    found = {
        (sample.name.removeprefix("onedesk_quickbooks_"), *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert all("acme" in key or "beta" in key for key in found), "no sample without its tenant"
    assert (found["work", "beta", "held"], found["work", "acme", "held"]) == (1, 0)
    assert found["connected", "acme"] == found["connected", "beta"] == 1
    assert found["calls_total", "acme", "write"] > found["calls_total", "beta", "write"] == 0


def _log(text: str, realms: dict[str, str]) -> None:
    """Every line that concerns a company says which tenant's it is."""
    records = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    about = [each for each in records if "realm" in each or "invoice" in each or "requestid" in each]
    assert {each["tenant"] for each in about} == set(realms)
    assert all(realms[each["tenant"]] == each["realm"] for each in about if "realm" in each)
    assert any(each.get("alert") == "held" and each["tenant"] == "beta" for each in records)


def test_where_one_tenant_is_served_every_line_and_sample_is_its(
    crew: Crew, invoice: Callable[..., dict[str, Any]]
) -> None:
    acme = crew.tenant("acme")
    write_settings(acme.home, {"ledger": ""})
    (acme.home / "host.json").unlink()  # it begins with another ledger
    acme.restart()
    acme.connect()
    crew.run(acme.home, "serve", "--port", "0")
    address = crew.address("OneDesk-style host   ")
    crew.ask(acme, "copy", numbered(invoice, "acme", 1))
    crew.wait(lambda: '"GET cdc' in crew.logs())
    text = requests.get(f"{address}/metrics", timeout=10).text
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    assert {each.labels.get("tenant") for each in samples} == {"acme"}
    records = [json.loads(line) for line in crew.logs().splitlines() if line.startswith("{")]
    assert {each.get("tenant") for each in records if "realm" in each} == {"acme"}
