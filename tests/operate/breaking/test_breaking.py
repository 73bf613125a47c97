"""Whatever breaks, the screen says what goes on and what to do, in the words of docs/operating.md, and nothing is lost
or doubled once it is mended."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from filelock import FileLock
from requests.adapters import HTTPAdapter

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.records import USERS
from onedesk_quickbooks.plugin.ops.preconditions import NO_ROOM, no_room
from onedesk_quickbooks.plugin.sandbox.http.server import Server

Call = Callable[..., Any]
Invoice = Callable[..., dict[str, Any]]
TEXT = (Path(__file__).parents[3] / "docs" / "operating.md").read_text(encoding="utf-8")
_TABLE = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", TEXT.split("## When something breaks")[1], re.MULTILINE)
ROWS = {what: re.findall(r"“([^”]+)”", see) for what, see in _TABLE[1:]}
"""What has happened -> what stands on the screen then."""
MAIN = "from onedesk_quickbooks.plugin.cli import main; main()"


def seen(what: str, screen: str) -> None:
    """The screen says what the page says it does, and no traceback."""
    for phrase in ROWS[what]:
        assert phrase in screen, phrase
    assert "Traceback" not in screen


def until(holds: Callable[[], bool], why: Callable[[], object] = lambda: "") -> None:
    """Wait until something holds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < 90, why()
        time.sleep(0.25)


class Process:
    """A command as a process of its own, on `home`."""

    def __init__(self, home: Path, *words: object, most: int = 0) -> None:
        """`most`: no file may grow beyond so many bytes, as on a disk that is full."""
        limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most})); " if most else ""
        self.log = home.parent / f"log-{len(list(home.parent.glob('log-*')))}"
        command = [sys.executable, "-c", limit + MAIN, "--home", home, *words]
        with self.log.open("w") as log:
            self._process = subprocess.Popen([str(each) for each in command], stdout=log, stderr=log)

    def end(self, by: signal.Signals = signal.SIGTERM) -> str:
        """End it; what it has said."""
        self._process.send_signal(by)
        return self.said()

    def said(self) -> str:
        """When it has ended: all that it said."""
        self._process.wait(60)
        return self.screen()

    def screen(self) -> str:
        """What it has said so far."""
        return self.log.read_text(encoding="utf-8")


@contextmanager
def serving(home: Path, most: int = 0) -> Iterator[Process]:
    """`serve`, which ends quietly and has printed no traceback."""
    process = Process(home, "serve", "--port", "0", most=most)
    try:
        until(lambda: "Ctrl-C" in process.screen(), process.screen)
        yield process
    finally:
        said = process.end()
    assert "Traceback" not in said


def ask(home: Path, *invoices: dict[str, Any]) -> None:
    """The host asks for copies while nothing works."""
    host = EmbeddedHost.open(home, plugins=[QuickBooksPlugin(background=False)])
    for each in invoices:
        host.save(each)
        assert host.act(each["id"], "quickbooks.copy", "admin")
    host.close()


def many(invoice: Invoice, count: int) -> list[dict[str, Any]]:
    """Invoices of three customers."""
    customer = invoice()["customer"]
    return [
        invoice(id=f"M-{n}", number=f"M{n}", customer={**customer, "id": f"C-{n % 3}", "name": f"Harbor {n % 3}"})
        for n in range(count)
    ]


def once(books: Any, invoices: list[dict[str, Any]]) -> None:
    """Each of them is in QuickBooks once, and so are customers and items."""
    rows = books.sandbox.list("Invoice", "DocNumber LIKE 'M%'")
    assert Counter(each["DocNumber"] for each in rows) == Counter(each["number"] for each in invoices)
    for kind, name in (("Customer", "DisplayName"), ("Item", "Name")):
        assert set(Counter(each[name] for each in books.sandbox.list(kind)).values()) == {1}, kind


def waiting(call: Call) -> int:
    """How much waits."""
    found: int = call("status", "--json").lines[0]["waiting"]
    return found


def file(path: Path, invoices: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(each) for each in invoices))
    return path


def test_killed(connected: Any, call: Call, home: Path, tmp_path: Path, invoice: Invoice) -> None:
    work = many(invoice, 33)
    connected.sandbox.faults.inject(fault="delay", seconds=0.4, count=0)
    process = Process(home, "copy", file(tmp_path / "many.jsonl", work))
    until(lambda: waiting(call) == 33, process.screen)
    process.end(signal.SIGKILL)
    done = call("status")
    assert done.code == 1
    seen("a `copy`, `send`, `backfill` or `undo` was stopped or killed", done.out)
    connected.sandbox.faults.clear()
    (run,) = call("status", "--json").one["stopped_runs"]
    with serving(home):
        assert call("queue", "resume", run["run"]).code == 0
        until(lambda: waiting(call) == 0)
        assert call("status").code == 0
    once(connected, work)


def test_the_service_was_killed(connected: Any, call: Call, home: Path, invoice: Invoice) -> None:
    work = many(invoice, 33)
    ask(home, *work)
    connected.sandbox.faults.inject(fault="delay", seconds=0.4, count=0)
    process = Process(home, "serve", "--port", "0")
    until(lambda: "Ctrl-C" in process.screen(), process.screen)
    process.end(signal.SIGKILL)
    done = call("status")
    assert done.code == 1
    seen("`serve` was killed, or the machine went down", done.out)
    connected.sandbox.faults.clear()
    with serving(home):
        until(lambda: waiting(call) == 0)
        assert "NO WORKER RUNNING" not in call("status").out
    once(connected, work)


def test_the_log_that_holds_the_newest_writes_is_deleted(
    connected: Any, call: Call, home: Path, tmp_path: Path, invoice: Invoice
) -> None:
    work = many(invoice, 33)
    connected.sandbox.faults.inject(fault="delay", seconds=0.3, count=0)
    process = Process(home, "copy", file(tmp_path / "many.jsonl", work))
    until(lambda: len(connected.sandbox.list("Invoice", "DocNumber LIKE 'M%'")) >= 30, process.screen)
    process.end(signal.SIGKILL)
    connected.sandbox.faults.clear()
    for each in home.glob("ledger.sqlite-*"):
        each.unlink()
    assert call("queue").out.startswith("The queue is empty"), "what was asked is forgotten"
    assert call("copy", tmp_path / "many.jsonl").code == 0
    once(connected, work)


def test_the_network_is_gone(connected: Any, call: Call, home: Path, invoice: Invoice) -> None:
    work = many(invoice, 3)
    ask(home, *work)
    connected.server.stop()
    with serving(home):
        until(lambda: "QuickBooks cannot be reached" in call("status").out)
        seen("the network is gone", call("status").out)
        found = call("doctor").out
        assert "PROBLEM  QuickBooks: QuickBooks cannot be reached" in found
        with Server(connected.sandbox, port=connected.server.port):
            until(lambda: waiting(call) == 0, lambda: call("status").out)
    once(connected, work)


class Impatient(HTTPAdapter):
    """Waits for half a second."""

    def send(self, *args: Any, **more: Any) -> Any:
        return super().send(*args, **{**more, "timeout": 0.5})


def test_never_answered(connected: Any, call: Call, desk: Any, invoice: Invoice) -> None:
    desk.application.session.mount("http://", Impatient())
    connected.sandbox.faults.inject(fault="delay", seconds=1, count=0)
    assert desk.copy(invoice(number="M1")) == ""
    seen("QuickBooks takes requests and never answers", call("status").out)
    connected.sandbox.faults.clear()
    desk.clock.pass_by(minutes=6)
    assert [each.outcome for each in desk.application.drain()] == ["copied"]
    once(connected, [invoice(number="M1")])


def test_asked_too_often(connected: Any, call: Call, desk: Any, home: Path, invoice: Invoice) -> None:
    connected.sandbox.faults.inject(fault="throttled", count=99)
    ask(home, invoice(number="M1"))
    desk.application.time_slice(timedelta(seconds=20))
    with FileLock(home / "running.lock", thread_local=False):  # as `serve` holds it
        seen("QuickBooks was asked too often (429)", call("status").out)
    connected.sandbox.faults.clear()
    assert [each.outcome for each in desk.application.drain()] == ["copied"]
    once(connected, [invoice(number="M1")])


def test_access_was_taken_back(connected: Any, call: Call, home: Path, desk: Any, invoice: Invoice) -> None:
    action = {"do": "disconnect"}
    assert requests.post(f"{connected.base_url}/_control/deed", json=action, timeout=10).status_code == 200
    assert desk.copy(invoice(number="M1")) == ""
    done = call("status")
    assert done.code == 1
    seen("access was revoked in QuickBooks, or was not used for 100 days", done.out)
    assert "in 100 days" not in done.out, "nobody knows the end of what has ended"
    assert done.out.count("Connect again") == 1
    assert desk.look() == ["stopped"]
    assert call("connect", "--sandbox", connected.base_url, "--yes").code == 0
    assert "has ended" not in call("status").out
    assert [each.outcome for each in desk.application.drain()] == ["copied"]
    once(connected, [invoice(number="M1")])


def test_the_subscription_has_lapsed(connected: Any, call: Call, desk: Any, invoice: Invoice) -> None:
    connected.sandbox.faults.inject(fault="subscription_lapsed", path="invoice", method="POST", count=1)
    assert desk.copy(invoice(number="M1")) == "held"
    seen("the subscription has lapsed", call("status").out)
    assert call("connect", "--sandbox", connected.base_url, "--yes").code == 0
    assert call("queue", "retry", "--all-held").code == 0
    assert [each.outcome for each in desk.application.drain()] == ["copied"]
    once(connected, [invoice(number="M1")])


def size(*files: Path) -> int:
    return max(each.stat().st_size for each in files)


def test_the_disk_is_full(connected: Any, call: Call, home: Path, tmp_path: Path, invoice: Invoice) -> None:
    work = many(invoice, 60)
    room = size(home / "ledger.sqlite", home / "onedesk.sqlite") + 20_000
    process = Process(home, "copy", file(tmp_path / "many.jsonl", work), most=room)
    seen("the disk is full", process.said())
    done = call("copy", tmp_path / "many.jsonl")
    assert done.code == 0, done.out
    once(connected, work)


def test_the_disk_is_full_under_what_works_by_itself(connected: Any, call: Call, home: Path, invoice: Invoice) -> None:
    work = many(invoice, 60)
    ask(home, *work)
    with serving(home, most=size(home / "ledger.sqlite", home / "onedesk.sqlite") // 2) as process:
        until(lambda: "cannot be used now" in process.screen())
        seen("the disk is full", process.screen())
    with serving(home):
        until(lambda: waiting(call) == 0)
    once(connected, work)


def test_a_disk_is_full_when_nothing_more_goes_on_it(home: Path) -> None:
    assert no_room(home, NO_ROOM) == ""
    assert no_room(home, NO_ROOM - 1).startswith(f"The disk is full at {home}")


def test_another_program_holds_the_ledger(connected: Any, call: Call, home: Path) -> None:
    with closing(sqlite3.connect(home / "ledger.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = call("doctor")
        assert done.code == 1
        seen("another program holds the ledger", done.out)
    assert "locked" not in call("doctor").out


def test_the_ledger_is_damaged(
    connected: Any, call: Call, home: Path, tmp_path: Path, desk: Any, invoice: Invoice
) -> None:
    work = many(invoice, 3)
    call("backup", tmp_path / "backup.tar.gz")
    assert call("copy", file(tmp_path / "many.jsonl", work)).code == 0
    desk.host.close()
    for each in home.glob("ledger.sqlite-*"):
        each.unlink()
    (home / "ledger.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    done = call("status")
    assert done.code == 3
    seen("the ledger is damaged", done.err)
    assert call("restore", tmp_path / "backup.tar.gz", "--yes").code == 0
    assert call("copy", tmp_path / "many.jsonl").code == 0
    once(connected, work)
    desk.start()


def lost(call: Call, home: Path, work: list[Any], tmp_path: Path) -> None:
    """Some were copied; then the ledger is deleted."""
    assert call("copy", file(tmp_path / "many.jsonl", work)).code == 0
    for each in home.glob("ledger.sqlite*"):
        each.unlink()
    done = call("copy", tmp_path / "many.jsonl")
    assert done.code == 3
    seen("the ledger was deleted", done.err)
    assert call("status").code == 3 and call("queue").code == 3
    assert not (home / "ledger.sqlite").exists(), "no empty one is made in its place"


def test_the_ledger_is_deleted(connected: Any, call: Call, home: Path, tmp_path: Path, invoice: Invoice) -> None:
    work = many(invoice, 3)
    call("backup", tmp_path / "backup.tar.gz")
    lost(call, home, work, tmp_path)
    assert call("restore", tmp_path / "backup.tar.gz", "--yes").code == 0
    assert call("copy", tmp_path / "many.jsonl").code == 0
    once(connected, work)


def test_the_ledger_is_lost_for_good(connected: Any, call: Call, home: Path, tmp_path: Path, invoice: Invoice) -> None:
    work = many(invoice, 3)
    lost(call, home, work, tmp_path)
    (home / "host.json").unlink()
    assert call("connect", "--sandbox", connected.base_url, "--yes").code == 0
    done = call("copy", tmp_path / "many.jsonl")
    assert done.code == 0, done.err
    once(connected, work)
    (paid,) = connected.sandbox.list("Invoice", "DocNumber = 'M2'")
    connected.sandbox.pay({paid["Id"]: paid["TotalAmt"]})
    assert "1 payment" in call("payments").out


def test_the_clock_is_wrong(desk: Any, call: Call) -> None:
    desk.clock.pass_by(hours=2)
    (clock,) = [each for each in desk.application.examine() if each.name == "clock"]
    seen("the clock is wrong", clock.found)
    assert "2:00:0" in clock.found or "1:59:5" in clock.found
    assert "ahead" in clock.found


@pytest.mark.parametrize("by_key", [True, False])
def test_the_key_is_another_one(connected: Any, call: Call, home: Path, invoice: Invoice, by_key: bool) -> None:
    work = many(invoice, 2)
    ask(home, *work)
    shutil.copy(home / "key", home.parent / "key")
    (home / "key").write_bytes(Fernet.generate_key())
    with serving(home) as process:
        until(lambda: "does not open" in process.screen())
        base = re.search(r"http://\S+/(?=\n)", process.screen())
        assert base is not None
        health = requests.get(f"{base[0]}health", timeout=10)
        assert health.status_code == 503
    host = EmbeddedHost.open(home, plugins=[QuickBooksPlugin(background=False)])
    host.users.let_in(USERS)
    (setting,) = [each for each in host.settings("admin") if each.label == "Attention"]
    assert "does not open the stored tokens" in setting.help
    host.close()
    done = call("status")
    assert done.code == 1
    seen("the key is gone, or is another one", done.out)
    if by_key:
        shutil.copy(home.parent / "key", home / "key")
    else:
        assert call("disconnect").code == 0, "though the access cannot be given back"
        assert call("connect", "--sandbox", connected.base_url, "--yes").code == 0
    with serving(home):
        until(lambda: waiting(call) == 0, lambda: call("status").out)
    once(connected, work)


def test_the_key_may_be_read_by_others(connected: Any, call: Call, home: Path) -> None:
    (home / "key").chmod(0o644)
    done = call("status")
    assert done.code == 3
    seen("the key may be read by others", done.err)


def test_the_key_cannot_be_read(connected: Any, call: Call, home: Path) -> None:
    (home / "key").unlink()
    (home / "key").mkdir(mode=0o700)
    done = call("status")
    assert done.code == 3
    seen("the key belongs to another user", done.err)


def test_every_row_of_the_page_is_tried() -> None:
    tried = set(re.findall(r'^    seen\("([^"]+)"|^ +seen\("([^"]+)"', Path(__file__).read_text("utf-8"), re.MULTILINE))
    assert {first or second for first, second in tried} == set(ROWS)
    assert all(ROWS.values())
