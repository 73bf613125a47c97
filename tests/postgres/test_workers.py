"""Workers: several processes, several tenants, one lane a company; one of them dies and nothing is lost or doubled."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.sandbox import Sandbox, SandboxOptions
from onedesk_quickbooks.plugin.sandbox.http.server import Server as SandboxServer
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.postgres.conftest import Server
from tests.sync.conftest import ADMIN, Desk

pytestmark = pytest.mark.postgres
_HOLD_ALL = "version: 1\ncustomers:\n  when_missing: hold\n"
_MAIN = "import sys; from onedesk_quickbooks.plugin.cli import main; main(sys.argv[1:])"


class Crew:
    """Worker processes for a folder of tenants, and what they work on."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.desks: dict[str, Desk] = {}
        self.sandboxes: list[tuple[Sandbox, SandboxServer]] = []
        self.workers: list[subprocess.Popen[bytes]] = []

    def tenant(self, name: str, poll_seconds: str = "300", **options: Any) -> Desk:
        """A connected installation of its own company."""
        sandbox = Sandbox(SandboxOptions(**options))
        server = SandboxServer(sandbox)
        server.start()
        self.sandboxes.append((sandbox, server))
        home = self.folder / name
        home.mkdir(parents=True)
        given = sandbox.credentials(server.base_url)
        chosen = {key: given[key] for key in ("client_id", "client_secret", "verifier_token")}
        write_settings(
            home,
            {
                "environment": "local",
                "base_url": server.base_url,
                "ledger": self.url,
                "tenant": name,
                "poll_seconds": poll_seconds,
                **chosen,
            },
        )
        desk = Desk(home, sandbox, server.base_url)
        desk.connect()
        self.desks[name] = desk
        return desk

    def start(self) -> subprocess.Popen[bytes]:
        """One more worker."""
        log = (self.folder.parent / f"worker{len(self.workers)}.log").open("wb")
        with log:
            worker = subprocess.Popen(
                [sys.executable, "-c", _MAIN, "--home", str(self.folder / "none"), "worker", "--tenants",
                 str(self.folder), "--heartbeat", "0.5"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.workers.append(worker)
        return worker

    def ask(self, desk: Desk, action: str, made: dict[str, Any]) -> None:
        """As a person does, in the host."""
        desk.save(made)
        if action == "send":
            assert desk.host.send(made["id"], ADMIN)
        else:
            assert desk.host.act(made["id"], "quickbooks.copy", ADMIN)

    def wait(self, done: Callable[[], bool], seconds: float = 60) -> None:
        """Until it is so."""
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until, self.logs()
            time.sleep(0.1)

    def logs(self) -> str:
        return "\n".join(each.read_text() for each in sorted(self.folder.parent.glob("worker*.log")))

    def rest(self, desk: Desk) -> bool:
        """Nothing waits for this company."""
        return desk.bridge.waiting_counts().get("todo", 0) == 0

    def close(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            try:
                worker.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait(5)
        for desk in self.desks.values():
            desk.host.close()
        for sandbox, server in self.sandboxes:
            server.stop()
            sandbox.close()


@pytest.fixture
def crew(tmp_path: Path, url: str) -> Iterator[Crew]:
    made = Crew(tmp_path / "tenants", url)
    yield made
    made.close()


def numbered(invoice: Callable[..., dict[str, Any]], tenant: str, number: int) -> dict[str, Any]:
    """An invoice of a customer and an item that may be new."""
    made = invoice(id=f"{tenant}-{number}", number=f"{tenant}-{number}")
    made["customer"] |= {"id": f"C-{tenant}-{number % 5}", "name": f"Customer {tenant} {number % 5}"}
    made["lines"][0]["service_type"] = f"Support {number % 3}"
    return made


def test_one_of_three_workers_dies_in_the_middle_of_work(crew: Crew, invoice: Callable[..., dict[str, Any]]) -> None:
    names = ("acme", "beta", "gamma")
    for name in names:
        crew.tenant(name)
    workers = [crew.start() for _ in range(3)]
    crew.wait(lambda: "Working for" in crew.logs())
    killed = False
    for number in range(1, 41):
        for name, desk in crew.desks.items():
            crew.ask(desk, "send", numbered(invoice, name, number))
        if not killed and number >= 10 and any(desk.invoices() for desk in crew.desks.values()):
            workers[0].kill()
            workers[0].wait(5)
            killed = True
    assert killed
    crew.wait(lambda: all(crew.rest(desk) for desk in crew.desks.values()))
    for name, desk in crew.desks.items():
        ours = Counter(row["DocNumber"] for row in desk.invoices())
        assert ours == {f"{name}-{number}": 1 for number in range(1, 41)}
        assert len(desk.sandbox.outbox()) == 40
        customers = Counter(row["DisplayName"] for row in desk.sandbox.list("Customer"))
        assert {customers[f"Customer {name} {each}"] for each in range(5)} == {1}
        connected = desk.bridge.connected
        assert connected is not None
        assert desk.bridge.ledger.intents.unknown(connected.realm_id) == []
        assert desk.bridge.waiting_counts() == {}
        assert desk.shown(f"{name}-1").tags


def test_the_lane_of_a_worker_that_dies_within_a_turn_is_taken_over(
    crew: Crew, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = crew.tenant("acme")
    desk.sandbox.trouble.order(fault="delay", path="/send", seconds=0.2, count=0)
    first = crew.start()
    crew.wait(lambda: "Working for" in crew.logs())
    for number in range(1, 31):
        crew.ask(desk, "send", numbered(invoice, "acme", number))
    crew.wait(lambda: len(desk.sandbox.outbox()) >= 3)
    first.kill()
    first.wait(5)
    assert desk.bridge.waiting_counts()["todo"] > 0
    begun = time.monotonic()
    desk.sandbox.trouble.clear()
    crew.start()
    crew.wait(lambda: crew.rest(desk))
    assert time.monotonic() - begun < 30
    assert "has died in the middle of" in crew.logs()
    assert len(desk.invoices()) == 30
    assert len(desk.sandbox.outbox()) == 30


def test_tenants_see_nothing_of_each_other_and_follow_rules_of_their_own(
    crew: Crew, invoice: Callable[..., dict[str, Any]]
) -> None:
    acme, beta = crew.tenant("acme"), crew.tenant("beta", company="gb")
    (beta.home / "rules.yaml").write_text(_HOLD_ALL, encoding="utf-8")
    crew.start()
    for desk, name in ((acme, "acme"), (beta, "beta")):
        crew.ask(desk, "copy", numbered(invoice, name, 1))
    crew.wait(lambda: crew.rest(acme) and crew.rest(beta))
    assert [row["DocNumber"] for row in acme.invoices()] == ["acme-1"]
    assert beta.invoices() == []
    assert beta.bridge.waiting_counts() == {"held": 1}
    assert acme.bridge.waiting_counts() == {}
    assert beta.bridge.ledger.queue.latest("acme-1") is None
    first, second = acme.bridge.connected, beta.bridge.connected
    assert first is not None
    assert second is not None
    assert acme.bridge.ledger.companies.tokens(second.realm_id) is None
    assert (first.company.country, second.company.country) == ("US", "GB")


def test_a_throttled_company_delays_no_other_and_is_left_alone_as_told(
    crew: Crew, invoice: Callable[..., dict[str, Any]]
) -> None:
    slow, quick = crew.tenant("slow"), crew.tenant("quick")
    slow.sandbox.trouble.order(fault="throttled", count=0)
    for number in range(1, 4):
        crew.ask(slow, "copy", numbered(invoice, "slow", number))
    crew.start()
    crew.start()
    crew.wait(lambda: "the lane waits" in crew.logs())
    slow.sandbox.clear_log()
    for number in range(1, 4):
        crew.ask(quick, "copy", numbered(invoice, "quick", number))
        crew.wait(partial(_has_invoices, quick, number), 15)
    crew.ask(slow, "copy", numbered(invoice, "slow", 4))
    time.sleep(3)
    assert slow.sandbox.log() == []  # neither worker asks again before the wait is over
    assert slow.bridge.waiting_counts() == {"todo": 4}


def test_payments_come_back_by_themselves(crew: Crew, invoice: Callable[..., dict[str, Any]]) -> None:
    desk = crew.tenant("acme", poll_seconds="1")
    crew.start()
    crew.ask(desk, "copy", numbered(invoice, "acme", 1))
    crew.wait(lambda: len(desk.invoices()) == 1 and crew.rest(desk))
    made = desk.invoices()[0]
    desk.sandbox.pay({made["Id"]: made["TotalAmt"]})
    crew.wait(lambda: desk.shown("acme-1").status == "paid")


def test_the_database_stops_and_comes_back_under_workers(
    crew: Crew, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = crew.tenant("acme")
    crew.start()
    crew.start()
    crew.wait(lambda: crew.logs().count("Working for") == 2)
    for number in range(1, 41):
        crew.ask(desk, "send", numbered(invoice, "acme", number))
        if number == 15:
            crew.wait(lambda: bool(desk.invoices()))
            server.stop()
        if number == 30:
            time.sleep(1)
            server.start()
    crew.wait(lambda: _replayed(desk) and crew.rest(desk))
    assert Counter(row["DocNumber"] for row in desk.invoices()) == {f"acme-{each}": 1 for each in range(1, 41)}
    assert len(desk.sandbox.outbox()) == 40


def _has_invoices(desk: Desk, count: int) -> bool:
    return len(desk.invoices()) == count


def _replayed(desk: Desk) -> bool:
    return not list((desk.home / "spool").glob("*.json"))
