"""`status` at a glance; what monitors ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from filelock import FileLock
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client

from onedesk_quickbooks.plugin.sync.operate.hindrances import NO_ROOM
from onedesk_quickbooks.plugin.sync.status import Status
from onedesk_quickbooks.plugin.web import pages

Call = Callable[..., Any]
Invoice = Callable[..., dict[str, Any]]


def line(out: str, name: str) -> str:
    """What `status` says behind a name."""
    (found,) = [each[15:] for each in out.splitlines() if each.startswith(f"{name} ")]
    return found


def test_at_a_glance(desk: Any, call: Call, invoice: Invoice) -> None:
    desk.copy(invoice())
    done = call("status")
    assert done.code == 0, done.err
    assert "(US, USD)" in line(done.out, "Connected")
    assert "since 20" in line(done.out, "Connected")
    assert line(done.out, "Lane") == "goes"
    assert line(done.out, "Last success").endswith("ago)")
    assert (line(done.out, "Waiting"), line(done.out, "Held"), line(done.out, "Failed")) == ("0", "0", "0")
    assert line(done.out, "Next poll").startswith("none planned")
    assert "in 1" in line(done.out, "Sign-in ends")
    assert "Intuit meters reads" in line(done.out, "Calls today")

    desk.copy(invoice(id="INV-2", currency="EUR"))
    realm_id = desk.bridge.status().realm_id
    desk.bridge.ledger.companies.stop(realm_id, "The company was deleted.")
    done = call("status")
    assert done.code == 1
    assert line(done.out, "Held").startswith("1; see")
    assert line(done.out, "Lane") == "STANDS STILL: The company was deleted."


def test_what_waits_says_why(desk: Any, connected: Any, call: Call, invoice: Invoice) -> None:
    connected.sandbox.trouble.order(fault="http_503", count=99)
    assert desk.copy(invoice()) == ""
    done = call("status")
    assert line(done.out, "Waiting").startswith("1, the oldest since")
    assert "503" in line(done.out, "Waiting")
    assert line(done.out, "Lane").startswith("NOTHING RUNS"), "nobody has started serve"
    assert done.code == 1
    with FileLock(desk.home / "running.lock", thread_local=False):  # as a process that works by itself holds it
        done = call("status")
    assert line(done.out, "Lane").startswith("waits until")
    assert "503" in line(done.out, "Lane")
    assert done.code == 0


def test_a_look_at_the_status_makes_no_lock(call: Call, home: Any, desk: Any) -> None:
    """A lock that root has made would keep the service's user out."""
    desk.host.close()
    for lock in home.glob("*.lock"):
        lock.unlink()
    assert call("status").code == 0
    assert list(home.glob("*.lock")) == []
    (home / "lane.lock").mkdir()  # as good as one that this user may not open
    assert call("status", "--json").lines[0]["running"] is None
    done = call("payments")
    assert done.code == 3
    assert "lane.lock cannot be opened" in done.err
    (home / "lane.lock").rmdir()
    desk.start()


def test_without_a_company(call: Call) -> None:
    done = call("status")
    assert done.code == 0
    assert line(done.out, "Connected").startswith("no; run")


def test_a_success_is_one_only_where_quickbooks_answered(desk: Any, invoice: Invoice) -> None:
    connected = desk.bridge.status().last_success_at
    assert connected is not None, "connecting was one"
    desk.turn(minutes=1)
    desk.copy(invoice())
    before = desk.bridge.status().last_success_at
    assert before > connected
    desk.turn(hours=2)
    assert desk.bridge.drain() == []
    assert desk.bridge.status().last_success_at == before
    desk.bridge.bring_payments()
    assert desk.bridge.status().last_success_at > before


def test_calls_by_day_and_kind(desk: Any, call: Call, invoice: Invoice) -> None:
    desk.copy(invoice())
    lines = call("status", "--calls", "--json").lines
    assert {each["kind"] for each in lines} >= {"read", "write"}
    read = sum(each["count"] for each in lines if each["kind"] == "read")
    desk.turn(days=1)
    desk.copy(invoice(id="INV-2", number="2042"))
    days = [each["day"] for each in call("status", "--calls", "--json").lines]
    assert len(set(days)) == 2
    assert days == sorted(days, reverse=True)
    shown = call("status", "--calls").out
    assert "Reads are metered by Intuit" in shown
    assert str(read) in shown


def test_prometheus_reads_the_metrics(desk: Any, invoice: Invoice) -> None:
    desk.copy(invoice())
    desk.copy(invoice(id="INV-2", currency="EUR"))
    client = Client(pages(desk.bridge).app)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["onedesk_quickbooks_connected", "main"] == 1
    assert samples["onedesk_quickbooks_lane_stopped", "main"] == 0
    assert samples["onedesk_quickbooks_work", "held", "main"] == 1
    assert samples["onedesk_quickbooks_work", "waiting", "main"] == 0
    assert samples["onedesk_quickbooks_calls_total", "read", "main"] > 0
    assert samples["onedesk_quickbooks_calls_total", "write", "main"] > 0
    last = desk.bridge.status().last_success_at
    assert samples["onedesk_quickbooks_last_success_timestamp_seconds", "main"] == pytest.approx(last.timestamp())
    assert "Harbor" not in answer.text


def test_ready_and_health(desk: Any) -> None:
    client = Client(pages(desk.bridge).app)
    assert client.get("/ready").json == {"ready": True}
    assert client.get("/health").status_code == 200
    desk.bridge.ledger.companies.stop(desk.bridge.status().realm_id, "The company was deleted.")
    assert client.get("/health").status_code == 503
    assert client.get("/ready").status_code == 200


class Full:
    """Behind the pages, on a disk with so much room."""

    def __init__(self, free: int) -> None:
        self._status = Status(connected=True, environment="local", rules="rules.yaml", disk_free=free)

    def status(self) -> Status:
        return self._status


@pytest.mark.parametrize(("free", "ready"), [(NO_ROOM, 200), (NO_ROOM - 1, 503)])
def test_not_ready_on_a_full_disk(free: int, ready: int) -> None:
    answer = Client(pages(Full(free)).app).get("/ready")  # type: ignore[arg-type]  # the rest of it is not asked
    assert answer.status_code == ready


class Broken:
    """Behind the pages, with a ledger that does not answer."""

    def status(self) -> Any:
        raise OSError("disk I/O error")


def test_not_ready_without_a_ledger(caplog: pytest.LogCaptureFixture) -> None:
    answer = Client(pages(Broken()).app).get("/ready")  # type: ignore[arg-type]  # the rest of it is not asked
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["ready"] is False
    assert "disk I/O error" in caplog.text
