"""Workers: several processes, several tenants, one queue a company; one of them dies and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector

from onedesk_quickbooks.plugin.cli.errors import Options
from onedesk_quickbooks.plugin.cli.session.tenants import open_tenants
from onedesk_quickbooks.plugin.distributed.jobs import arguments, called_now, slice_job
from onedesk_quickbooks.plugin.distributed.worker import cron
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.crash.proxy import Exchange, Proxy, drip, unchanged
from tests.postgres.conftest import Server
from tests.postgres.crew import Crew, numbered
from tests.sync.conftest import Desk

pytestmark = pytest.mark.postgres
_HOLD_ALL = "version: 1\ncustomers:\n  when_missing: hold\n"


@pytest.mark.parametrize("seconds", [1, 2, 10])
def test_workers_sweep_and_recover_every_few_seconds_of_every_minute(seconds: int) -> None:
    app = App(connector=InMemoryConnector())

    @app.periodic(cron=cron(seconds))
    @app.task(name="any")
    def any_job(timestamp: int) -> None: ...

    (periodic,) = app.periodic_registry.periodic_tasks.values()
    times = periodic.croniter
    first = times.get_next(ret_type=float)
    assert [times.get_next(ret_type=float) - first for _ in range(100)] == [seconds * n for n in range(1, 101)]


def test_a_sweep_leaves_alone_whose_turn_is_only_to_be_begun() -> None:
    app, now = App(connector=InMemoryConnector()), datetime.now(timezone.utc)
    later = now + timedelta(minutes=5)

    async def called() -> set[str]:
        for tenant, at in (("acme", None), ("boom", later), ("corp", now - timedelta(seconds=1))):
            await app.configure_task(**slice_job(tenant, "1", at)).defer_async(**arguments(tenant, "1"))
        return await called_now(app, now)

    assert asyncio.run(called()) == {"acme", "corp"}


def dripping(struck: threading.Event) -> Callable[[Exchange], Iterable[bytes]]:
    """QuickBooks answers a batch that writes by a byte now and then, and that is reported."""

    def change(exchange: Exchange) -> Iterable[bytes]:
        if not (exchange.path == "batch" and exchange.writes):
            return unchanged(exchange)
        struck.set()
        return drip(exchange)

    return change


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_a_worker_ends_while_quickbooks_answers_a_byte_now_and_then(
    crew: Crew, invoice: Callable[..., Any], by: signal.Signals
) -> None:
    desk = crew.tenant("acme")
    struck = threading.Event()
    with Proxy(desk.base_url, dripping(struck)) as proxy:
        write_settings(crew.folder / "acme", {"base_url": proxy.url})
        crew.ask(desk, "copy", numbered(invoice, "acme", 1))
        worker = crew.start()
        assert struck.wait(60), crew.logs()
        worker.send_signal(by)
        assert worker.wait(30) == 0
    assert "a time slice was still waiting for QuickBooks or the host" in crew.logs()
    write_settings(crew.folder / "acme", {"base_url": desk.base_url})
    crew.start()
    crew.wait(lambda: crew.rest(desk))
    assert [row["DocNumber"] for row in desk.invoices()] == ["acme-1"]


def test_a_worker_ends_while_its_database_is_away_and_quickbooks_answers_a_byte_now_and_then(
    crew: Crew, server: Server, invoice: Callable[..., Any]
) -> None:
    desk = crew.tenant("acme")
    struck = threading.Event()
    with Proxy(desk.base_url, dripping(struck)) as proxy:
        write_settings(crew.folder / "acme", {"base_url": proxy.url})
        crew.ask(desk, "copy", numbered(invoice, "acme", 1))
        worker = crew.start()
        assert struck.wait(60), crew.logs()
        server.stop()
        try:
            time.sleep(3)
            worker.send_signal(signal.SIGTERM)
            began = time.monotonic()
            assert worker.wait(60) == 0
            assert time.monotonic() - began < 20  # 10 on a machine that has time
        finally:
            server.start()


def test_a_tenant_that_cannot_be_opened_soon_keeps_no_other_waiting(crew: Crew, invoice: Callable[..., Any]) -> None:
    """Another program has its host's database."""
    stuck, quick = crew.tenant("stuck"), crew.tenant("quick")
    crew.ask(stuck, "copy", numbered(invoice, "stuck", 1))
    stuck.host.close()
    with closing(sqlite3.connect(stuck.home / "onedesk.sqlite", isolation_level=None)) as held:
        held.execute("PRAGMA locking_mode = EXCLUSIVE")
        held.execute("BEGIN EXCLUSIVE")
        worker = crew.start()
        crew.wait(lambda: "Working for" in crew.logs())
        for number in range(1, 4):
            crew.ask(quick, "copy", numbered(invoice, "quick", number))
            crew.wait(lambda: crew.rest(quick), seconds=20)
            time.sleep(5)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        assert "has died" not in crew.logs()
    assert len(quick.invoices()) == 3
    stuck.restart()


def test_one_of_three_workers_dies_in_the_middle_of_work(crew: Crew, invoice: Callable[..., dict[str, Any]]) -> None:
    names = ("acme", "beta", "gamma")
    for name in names:
        crew.tenant(name)
    workers = [crew.start() for _ in range(3)]
    crew.wait(lambda: "Working for" in crew.logs())
    for number in range(1, 17):
        for name, desk in crew.desks.items():
            crew.ask(desk, "send", numbered(invoice, name, number))
        if number == 6:
            crew.wait(lambda: any(desk.invoices() for desk in crew.desks.values()))
            workers[0].kill()
            workers[0].wait(5)
    crew.wait(lambda: all(crew.rest(desk) for desk in crew.desks.values()))
    for name, desk in crew.desks.items():
        ours = Counter(row["DocNumber"] for row in desk.invoices())
        assert ours == {f"{name}-{number}": 1 for number in range(1, 17)}
        assert len(desk.sandbox.outbox()) == 16
        customers = Counter(row["DisplayName"] for row in desk.sandbox.list("Customer"))
        assert {customers[f"Customer {name} {each}"] for each in range(5)} == {1}
        connected = desk.application.connected
        assert connected is not None
        assert desk.application.ledger.outbox.unknown(connected.realm_id) == []
        assert desk.application.waiting_counts() == {}
        assert desk.shown(f"{name}-1").tags


def test_the_queue_of_a_worker_that_dies_within_a_turn_is_taken_over(
    crew: Crew, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = crew.tenant("acme")
    desk.sandbox.faults.inject(fault="delay", path="send", seconds=0.2, count=0)
    first = crew.start()
    crew.wait(lambda: "Working for" in crew.logs())
    for number in range(1, 16):
        crew.ask(desk, "send", numbered(invoice, "acme", number))
    crew.wait(lambda: len(desk.sandbox.outbox()) >= 3)
    first.kill()
    first.wait(5)
    assert desk.application.waiting_counts()["todo"] > 0
    desk.sandbox.faults.clear()
    crew.start()
    crew.wait(lambda: crew.rest(desk))
    assert "a worker died during the job" in crew.logs()
    assert len(desk.invoices()) == 15
    assert len(desk.sandbox.outbox()) == 15


def test_a_data_directory_that_is_taken_away_is_not_made_again(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Between the look for tenants and the first turn: putting it back would fail, and its work would wait."""
    home, away = tmp_path / "tenants" / "acme", tmp_path / "away"
    write_settings(home, {"ledger": url, "tenant": "acme"})
    with open_tenants(Options(tmp_path / "none", None), home.parent) as tenants:
        assert tenants.names() == ["acme"]
        home.rename(away)
        assert tenants.get("acme") is None and not home.exists()
        assert f"There is no ledger in {home}" in caplog.text
        away.rename(home)
        assert tenants.get("acme") is not None


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
    assert beta.application.waiting_counts() == {"held": 1}
    assert acme.application.waiting_counts() == {}
    assert beta.application.ledger.queue.latest("acme-1") is None
    first, second = acme.application.connected, beta.application.connected
    assert first is not None
    assert second is not None
    assert acme.application.ledger.companies.tokens(second.realm_id) is None
    assert (first.company.country, second.company.country) == ("US", "GB")


def test_a_throttled_company_delays_no_other_and_waits_as_long_as_required(
    crew: Crew, invoice: Callable[..., dict[str, Any]]
) -> None:
    slow, quick = crew.tenant("slow"), crew.tenant("quick")
    slow.sandbox.faults.inject(fault="throttled", count=0)
    for number in range(1, 4):
        crew.ask(slow, "copy", numbered(invoice, "slow", number))
    crew.start()
    crew.start()
    crew.wait(lambda: "the company queue waits" in crew.logs())
    slow.sandbox.clear_log()
    for number in range(1, 4):
        crew.ask(quick, "copy", numbered(invoice, "quick", number))
        crew.wait(partial(_has_invoices, quick, number), 15)
    crew.ask(slow, "copy", numbered(invoice, "slow", 4))
    time.sleep(3)
    assert slow.sandbox.log() == []  # neither worker asks again before the wait is over
    assert slow.application.waiting_counts() == {"todo": 4}


def test_a_slow_company_delays_no_other(crew: Crew, invoice: Callable[..., dict[str, Any]]) -> None:
    slow, quick = crew.tenant("slow"), crew.tenant("quick")
    slow.sandbox.faults.inject(fault="delay", path="send", seconds=3, count=0)
    for number in range(1, 11):
        crew.ask(slow, "send", numbered(invoice, "slow", number))
    crew.start()
    crew.wait(lambda: bool(slow.invoices()))
    for number in range(1, 4):
        crew.ask(quick, "send", numbered(invoice, "quick", number))
    crew.wait(lambda: len(quick.sandbox.outbox()) == 3 and crew.rest(quick))
    assert slow.application.waiting_counts()["todo"] > 0, "the same worker is at the slow one's e-mails still"
    slow.sandbox.faults.clear()
    crew.wait(lambda: crew.rest(slow))
    assert len(slow.sandbox.outbox()) == 10


def test_payments_come_back_by_themselves(crew: Crew, invoice: Callable[..., dict[str, Any]]) -> None:
    desk = crew.tenant("acme", settings={"poll_seconds": "1"})
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
    for number in range(1, 22):
        crew.ask(desk, "send", numbered(invoice, "acme", number))
        if number == 8:
            crew.wait(lambda: bool(desk.invoices()))
            server.stop()
        if number == 15:
            crew.wait(lambda: crew.logs().count("cannot be reached, work waits until it is back") == 2)
            server.start()
    crew.wait(lambda: _replayed(desk) and crew.rest(desk))
    assert Counter(row["DocNumber"] for row in desk.invoices()) == {f"acme-{each}": 1 for each in range(1, 22)}
    assert len(desk.sandbox.outbox()) == 21
    crew.wait(lambda: crew.logs().count("the database is back") == 2)
    assert "Traceback" not in crew.logs()


def _has_invoices(desk: Desk, count: int) -> bool:
    return len(desk.invoices()) == count


def _replayed(desk: Desk) -> bool:
    return not list((desk.home / "spool").glob("*.json"))
