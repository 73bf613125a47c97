"""`status` at a glance; what monitors ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client

from onedesk_quickbooks.plugin.clock import utc_now
from onedesk_quickbooks.plugin.ledger import PaymentLook
from onedesk_quickbooks.plugin.ops.preconditions import NO_ROOM
from onedesk_quickbooks.plugin.ops.status import Status, overdue_since
from onedesk_quickbooks.plugin.sync.settings import Settings
from onedesk_quickbooks.plugin.texts import Text, language, say
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
    assert line(done.out, "Queue") == "no process is running; nothing is queued"
    assert "No process is running, and nothing is queued." in call("doctor").out
    with FileLock(desk.home / "running.lock", thread_local=False):  # as a process that works by itself holds it
        assert line(call("status").out, "Queue") == "running"
        assert "It is running; 0 queued." in call("doctor").out
    assert line(done.out, "Last success").endswith("ago)")
    assert (line(done.out, "Waiting"), line(done.out, "Held"), line(done.out, "Failed")) == ("0", "0", "0")
    assert line(done.out, "Next poll").startswith("none planned")
    assert "in 1" in line(done.out, "Sign-in ends")
    assert "Intuit meters reads" in line(done.out, "Calls today")

    desk.copy(invoice(id="INV-2", currency="EUR"))
    realm_id = desk.application.status().realm_id
    desk.application.ledger.companies.stop(realm_id, "The company was deleted.")
    done = call("status")
    assert done.code == 1
    assert line(done.out, "Held").startswith("1; see")
    assert line(done.out, "Queue") == "STOPPED: The company was deleted."


def test_the_last_look_for_payments_has_a_time_of_its_own(
    desk: Any, connected: Any, call: Call, invoice: Invoice
) -> None:
    desk.copy(invoice())
    assert line(call("status").out, "Payments") == "not looked for yet"
    assert call("payments").code == 0
    assert line(call("status").out, "Payments").endswith(" ago)")
    looked = call("status", "--json").lines[0]["last_payment_look_at"]
    desk.copy(invoice(id="INV-2", number="2042"))
    status = call("status", "--json").lines[0]
    assert (status["last_payment_look_at"], status["last_success_at"] > looked) == (looked, True)
    connected.sandbox.faults.inject(fault="refused", code="4002", path="cdc", count=0)
    assert call("payments").code == 0
    done = call("status")
    assert (done.code, "by queries since 20" in line(done.out, "Payments")) == (0, True), done.out


def test_money_for_a_void_invoice_is_there_and_in_the_queue(
    desk: Any, connected: Any, call: Call, invoice: Invoice
) -> None:
    desk.copy(invoice())
    desk.host.void("INV-1", "admin")
    (row,) = connected.sandbox.list("Invoice", "DocNumber = '2041'")
    connected.sandbox.pay({row["Id"]: "60.00"})
    (paid,) = call("payments", "--json").lines
    assert (paid["kind"], paid["amount"], paid["balance"]) == ("payment", "60.00", "100.00")
    (entry,) = call("queue", "--json").lines
    assert "60.00 USD of 160.00 USD was paid" in entry["reason"]
    assert "60.00 USD of 160.00 USD was paid" in call("queue", "show", entry["entry"]).out
    done = call("status")
    shown = (
        f"60.00 USD for invoice 2041, which was voided in OneDesk; see: onedesk-quickbooks queue show {entry['entry']}"
    )
    assert (done.code, line(done.out, "Paid")) == (1, shown)
    assert call("status", "--json").lines[0]["paid_but_withdrawn"] == [
        {
            "entry": entry["entry"],
            "number": "2041",
            "was": "voided",
            "amount": "60.00",
            "currency": "USD",
            "money": True,
        }
    ]
    assert desk.look() == ["held", f"paid-{entry['entry']}"]
    assert call("queue", "drop", entry["entry"], "--reason", "refunded").code == 0
    assert desk.look() == []


def test_payments_name_what_they_are(desk: Any, connected: Any, call: Call, invoice: Invoice) -> None:
    desk.copy(invoice())
    (row,) = connected.sandbox.list("Invoice", "DocNumber = '2041'")
    connected.sandbox.edit("Invoice", row["Id"], {"Deposit": Decimal("40.00")})
    done = call("payments")
    assert [word in done.out for word in ("deposit on the invoice", "recorded", "40.00 USD", "120.00 USD")] == [
        True
    ] * 4


def test_what_a_running_command_has_waits_since_then(desk: Any, connected: Any, call: Call, invoice: Invoice) -> None:
    """Also while QuickBooks throttles it; what a stopped command has left is not counted."""
    ledger, realm_id = desk.application.ledger, connected.sandbox.realm_id
    with ledger.locks.hold("run-working", realm_id, 1.0):
        ledger.queue.ask(realm_id, "send", invoice(), "Ada", "working")
        ledger.queue.ask(realm_id, "send", invoice(id="INV-2", number="2042"), "Ada", "stopped")
        assert desk.application.status().waiting == 1
        waits = desk.application.status().oldest_waiting_at
        assert waits is not None
        assert line(call("status").out, "Waiting").startswith(f"1, the oldest since {waits:%Y-%m-%d %H:%M}")
    assert (desk.application.status().waiting, desk.application.status().oldest_waiting_at) == (0, None)


def test_what_waits_says_why(desk: Any, connected: Any, call: Call, invoice: Invoice) -> None:
    connected.sandbox.faults.inject(fault="http_503", count=99)
    assert desk.copy(invoice()) == ""
    done = call("status")
    assert line(done.out, "Waiting").startswith("1, the oldest since")
    assert "503" in line(done.out, "Waiting")
    assert line(done.out, "Queue").startswith("NO WORKER RUNNING"), "nobody has started serve"
    assert "start `serve`, call drain() in your host, or run `copy` again" in line(done.out, "Queue")
    assert "or call drain() in your host." in " ".join(call("doctor").out.split())
    assert done.code == 1
    with FileLock(desk.home / "running.lock", thread_local=False):  # as a process that works by itself holds it
        done = call("status")
    assert line(done.out, "Queue").startswith("paused until")
    assert "503" in line(done.out, "Queue")
    assert done.code == 0


def test_the_next_poll_is_after_a_pause(desk: Any, connected: Any, call: Call, invoice: Invoice) -> None:
    desk.copy(invoice())
    ledger, realm_id = desk.application.ledger, desk.application.status().realm_id
    now = utc_now()
    ledger.payment_looks.look_at(realm_id, now - timedelta(minutes=1))
    ledger.companies.pause(realm_id, now + timedelta(minutes=10), "QuickBooks requires a wait.", throttled=True)
    seen = call("status", "--json").one
    assert seen["next_poll_at"] == seen["paused_until"]
    assert desk.application.status().next_poll_at == now + timedelta(minutes=10)


def test_no_process_looks_for_payments(desk: Any, connected: Any, call: Call) -> None:
    ledger, realm_id = desk.application.ledger, desk.application.status().realm_id
    due = utc_now() - timedelta(minutes=16)
    ledger.payment_looks.look_at(realm_id, due)
    done = call("status")
    assert done.code == 1
    assert line(done.out, "Queue").startswith(f"NO WORKER RUNNING: payments should have been looked for {due:%Y-%m-%d}")
    process = "`serve` or your host (with background=False it calls bring_payments())"
    assert line(done.out, "Queue").endswith(f"(16 minutes ago); start {process}, or run `payments`")
    assert line(done.out, "Next poll").startswith("was due ")
    seen = call("status", "--json").one
    assert (seen["payments_overdue_since"], seen["running"]) == (due.isoformat(), False)
    (warning,) = [each for each in call("doctor").out.splitlines() if "payments: " in each]
    assert warning.startswith("WARNING  payments: There was no look for payments yet. The next one was due on "), (
        warning
    )
    with FileLock(desk.home / "running.lock", thread_local=False):  # as a process that works by itself holds it
        done = call("status")
    assert (done.code, line(done.out, "Queue")) == (0, "running")
    assert line(done.out, "Next poll").endswith("(16 minutes ago)"), "this process may have slept"
    assert call("payments").code == 0
    done = call("status")
    assert (done.code, line(done.out, "Queue")) == (0, "no process is running; nothing is queued")


NOW = utc_now()
FIVE = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("planned", "looked", "paused", "every", "overdue"),
    [
        (None, None, None, FIVE, None),
        (14, None, None, FIVE, None),
        (15, 20, None, FIVE, 15),
        (15, 20, None, timedelta(0), None),
        (15, 20, 14, FIVE, None),
        (60, 20, None, FIVE, 15),
        (60, 19, None, FIVE, None),
        (4, 5, None, timedelta(seconds=10), None),
        (5, 6, None, timedelta(seconds=10), 5),
        (180, 240, None, timedelta(hours=1), 180),
        (179, 239, None, timedelta(hours=1), None),
        (None, 3 * 24 * 60, None, FIVE, None),
        (None, 4 * 24 * 60, None, FIVE, 3 * 24 * 60),
    ],
    ids=str,
)
def test_when_a_look_for_payments_is_overdue(
    planned: int | None, looked: int | None, paused: int | None, every: timedelta, overdue: int | None
) -> None:
    """In minutes before now."""

    def ago(minutes: int | None) -> datetime | None:
        return None if minutes is None else NOW - timedelta(minutes=minutes)

    look = PaymentLook(looked_at=ago(looked), next_at=ago(planned))
    assert overdue_since(look, ago(paused), every, NOW) == ago(overdue)


def test_stored_reasons_are_in_the_language_of_the_reader(desk: Any, call: Call, invoice: Invoice) -> None:
    desk.host.save(invoice())
    desk.host.plugins.hook.on_invoice_action(invoice=invoice(), action="quickbooks.copy", user="admin")
    ledger, realm_id = desk.application.ledger, desk.application.status().realm_id
    error = Text("an error in the plugin; see the log")
    [entry] = ledger.queue.open_of(realm_id, "INV-1")
    ledger.queue.postpone([entry.id], error, utc_now() + timedelta(minutes=10))
    ledger.companies.pause(realm_id, utc_now() + timedelta(minutes=10), error)
    ledger.outgoing_webhooks.put("https://desk.example/", b"key", 0)
    ledger.outgoing_webhooks.failed(1, 1, Text("it answered {status}", status=503), utc_now() + timedelta(hours=1))
    said = "une erreur dans l’extension; voyez le journal"
    with FileLock(desk.home / "running.lock", thread_local=False):
        shown = call("status", speaks="fr").out
    assert line(shown, "File").endswith(said) and line(shown, "En attente").endswith(said)
    assert "il a répondu 503" in line(shown, "Webhooks")
    assert "il a répondu 503; de nouveau le" in call("webhooks", "list", speaks="fr").out
    assert call("webhooks", "list", "--json", speaks="fr").one["problem"] == "it answered 503"
    assert call("status", "--json", speaks="fr").one["paused_because"] == error
    with language("fr"):
        assert say(desk.application.status().paused_because) == said
        ledger.companies.stop(realm_id, error)
        rows = [each for some in desk.host.plugins.hook.settings_to_show(user="admin") for each in some]
        assert [say(each.value) for each in rows if each.id == "state"] == [f"Arrêté\u00a0: {said}"]
    shown = call("status", speaks="fr").out
    assert line(shown, "File") == f"ARRÊTÉE\u00a0: {said}"


def test_an_invoice_is_tried_again_after_a_pause(desk: Any, invoice: Invoice) -> None:
    desk.host.save(invoice())
    desk.host.plugins.hook.on_invoice_action(invoice=invoice(), action="quickbooks.copy", user="admin")
    ledger, realm_id, now = desk.application.ledger, desk.application.status().realm_id, desk.clock.now()
    waits = ledger.queue.latest("INV-1")

    def next_try() -> Any:
        [state] = desk.application.invoice_states([invoice()])
        return next(each.at for each in state.facts if each.kind == "next")

    ledger.queue.postpone([waits.id], "QuickBooks requires a wait.", now)
    ledger.companies.pause(realm_id, now + timedelta(minutes=10), "QuickBooks requires a wait.", throttled=True)
    assert next_try() == now + timedelta(minutes=10)
    ledger.queue.postpone([waits.id], "OneDesk has another version.", now + timedelta(minutes=20))
    assert next_try() == now + timedelta(minutes=20)


def test_what_fails_in_a_row_is_there(desk: Any, connected: Any, call: Call) -> None:
    ledger, realm_id = desk.application.ledger, desk.application.status().realm_id
    for _ in range(2):
        ledger.queue_errors.failed(realm_id, "payments", "KeyError at plugin/qbo/transport.py:7")
    seen = call("status")
    assert seen.code == 1
    assert "Error          the look for payments has failed 2 times in a row, since 20" in seen.out
    assert "KeyError at plugin/qbo/transport.py:7; see the log" in seen.out
    [error] = call("status", "--json").one["errors"]
    assert (error["what"], error["count"]) == ("payments", 2)
    ledger.queue_errors.succeeded(realm_id, "payments")
    assert call("status").code == 0


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
    call("keys", "add", "desk")  # the ledger is made
    done = call("status")
    assert done.code == 0
    assert line(done.out, "Connected").startswith("no; run")


def test_a_success_is_one_only_where_quickbooks_answered(desk: Any, invoice: Invoice) -> None:
    connected = desk.application.status().last_success_at
    assert connected is not None, "connecting was one"
    desk.clock.pass_by(minutes=1)
    desk.copy(invoice())
    before = desk.application.status().last_success_at
    assert before > connected
    desk.clock.pass_by(hours=2)
    assert desk.application.drain() == []
    assert desk.application.status().last_success_at == before
    desk.application.bring_payments()
    assert desk.application.status().last_success_at > before


def test_calls_by_day_and_kind(desk: Any, call: Call, invoice: Invoice) -> None:
    desk.copy(invoice())
    lines = call("status", "--calls", "--json").lines
    assert {each["kind"] for each in lines} >= {"read", "write"}
    read = sum(each["count"] for each in lines if each["kind"] == "read")
    desk.clock.pass_by(days=1)
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
    client = Client(pages(desk.application).app)
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
    assert "onedesk_quickbooks_last_payment_look_timestamp_seconds" not in {name for name, *_ in samples}
    last = desk.application.status().last_success_at
    assert samples["onedesk_quickbooks_last_success_timestamp_seconds", "main"] == pytest.approx(last.timestamp())
    assert "Harbor" not in answer.text


def test_ready_and_health(desk: Any) -> None:
    client = Client(pages(desk.application).app)
    assert client.get("/ready").json == {"ready": True}
    health = client.get("/health")
    assert (health.status_code, health.json["last_payment_look_at"]) == (200, None)  # type: ignore[index]  # it is JSON
    desk.application.bring_payments()
    looked = desk.application.status().last_payment_look_at
    assert client.get("/health").json["last_payment_look_at"] == looked.isoformat()  # type: ignore[index]  # it is JSON
    text = client.get("/metrics").text
    assert re.search(r"^onedesk_quickbooks_last_payment_look_timestamp_seconds\S* 1", text, re.MULTILINE)
    desk.application.ledger.companies.stop(desk.application.status().realm_id, "The company was deleted.")
    assert client.get("/health").status_code == 503
    assert client.get("/ready").status_code == 200


def test_health_does_not_say_where_the_key_is(desk: Any) -> None:
    (key,) = [each for each in desk.application.places if each.endswith("key")]
    desk.application.ledger.companies.stop(desk.application.status().realm_id, f"The key in {key} opens nothing.")
    answer = Client(pages(desk.application).app).get("/health")
    assert (
        answer.status_code == 503
        and "opens nothing" in answer.text
        and str(desk.application.directory) not in answer.text
    )


class Full:
    """Behind the pages, on a disk with so much room."""

    settings = Settings()
    ledger = SimpleNamespace(refuse_moved=lambda: None)

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

    settings = Settings()
    ledger = SimpleNamespace(refuse_moved=lambda: None)

    def status(self) -> Any:
        raise OSError("disk I/O error")


def test_not_ready_without_a_ledger(caplog: pytest.LogCaptureFixture) -> None:
    answer = Client(pages(Broken()).app).get("/ready")  # type: ignore[arg-type]  # the rest of it is not asked
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["ready"] is False
    assert "disk I/O error" in caplog.text


def test_a_command_says_what_it_waits_for_and_until_when(
    desk: Any, connected: Any, call: Call, invoice: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    file = tmp_path / "invoice.json"
    file.write_text(json.dumps({**invoice(), "status": "open"}), encoding="utf-8")
    for words, predicted in (("payments",), True), (("copy", file), False):
        until = utc_now() + timedelta(seconds=1)
        realm_id, why = desk.application.status().realm_id, "QuickBooks asks to retry in 1 seconds."
        desk.application.ledger.companies.pause(realm_id, until, why, throttled=True)
        done = call(*words, predicted=predicted)
        assert (done.code, utc_now() >= until) == (0, True)
        assert done.err.rstrip() == f"Waiting: paused until {until:%Y-%m-%d %H:%M:%S} UTC: {why}"


def test_payments_that_are_refused_for_now_say_until_when(desk: Any, connected: Any, call: Call) -> None:
    connected.sandbox.faults.inject(fault="throttled")
    done = call("payments", before=("--log-level", "error"))
    seen = call("status", "--json").one
    until, why = seen["paused_until"][:19].replace("T", " "), seen["paused_because"]
    assert why.startswith("QuickBooks asks to retry later.") and (done.code, done.err) == (
        3,
        f"Error: payments were not looked for: paused until {until} UTC: {why} Run the command again: it waits until"
        " then.\n",
    )


def test_a_copy_tells_each_pause_once_and_nobody_waits_for_the_company_meanwhile(
    desk: Any, connected: Any, invoice: Callable[..., dict[str, Any]]
) -> None:
    pauses: list[tuple[datetime, str, bool]] = []
    ledger, realm_id = desk.application.ledger, desk.application.status().realm_id

    def tell(until: datetime, why: str) -> None:
        pauses.append((until, why.partition(" (")[0], ledger.locks.taken("lane", realm_id)))

    desk.application.report_pauses(tell)
    connected.sandbox.faults.inject(fault="throttled", count=2)
    assert desk.copy(invoice()) == "copied"
    assert [each[1:] for each in pauses] == [("QuickBooks asks to retry later.", False)] * 2
    assert pauses[0][0] + timedelta(seconds=60) <= pauses[1][0] <= desk.clock.now()


def test_financials_show_a_pause(desk: Any, connected: Any) -> None:
    def state() -> str:
        shown = desk.host.plugins.hook.settings_to_show(user="admin")
        return str(next(each.value for some in shown for each in some if each.id == "state"))

    realm_id, until = desk.application.status().realm_id, desk.clock.now() + timedelta(minutes=1)
    before = state()
    desk.application.ledger.companies.pause(realm_id, until, "QuickBooks asks to retry later.", throttled=True)
    assert state() == f"{before}; paused until {until:%Y-%m-%d %H:%M:%S} UTC: QuickBooks asks to retry later."
    desk.clock.pass_by(seconds=61)
    assert state() == before
