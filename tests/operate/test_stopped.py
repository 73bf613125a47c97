"""A copy or send that is stopped says what is left, and nobody goes on with it until a person says so."""

from __future__ import annotations

import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.cli.errors import CannotRun
from onedesk_quickbooks.plugin.cli.session import plain_errors
from onedesk_quickbooks.plugin.cli.stopping import stoppable
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.model.problem import NotNow
from tests.commands import Call, Done
from tests.crash.proxy import Exchange, Proxy, drip, unchanged
from tests.support.sandboxes import Books

Invoice = Callable[..., dict[str, Any]]
RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]


def put(path: Path, invoices: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(each) for each in invoices))
    return path


def many(invoice: Invoice, count: int) -> list[dict[str, Any]]:
    return [invoice(id=f"M-{number}", number=f"M{number}") for number in range(count)]


def stopped(home: Path, by: signal.Signals, when: Callable[[], bool], *words: object) -> tuple[Done, float]:
    """A command that gets the signal once `when` holds; and how long it lived after that."""
    command = [*RUN, "--home", str(home), *map(str, words)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env={**os.environ}) as process:
        began = time.monotonic()
        while not when():
            assert time.monotonic() - began < 60 and process.poll() is None
            time.sleep(0.05)
        process.send_signal(by)
        at = time.monotonic()
        out, err = process.communicate(timeout=60)
        return Done(process.returncode, out, err), time.monotonic() - at


def sent(books: Books) -> int:
    return len(books.sandbox.outbox())


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_send_that_is_stopped_says_what_is_left_and_only_a_person_goes_on(
    connected: Books, call: Call, home: Path, tmp_path: Path, invoice: Invoice, by: signal.Signals
) -> None:
    connected.sandbox.faults.inject(fault="delay", seconds=0.3, path="send", count=0)
    file = put(tmp_path / "many.jsonl", many(invoice, 36))
    done, seconds = stopped(home, by, lambda: sent(connected) >= 3, "send", file, "--json")
    connected.sandbox.faults.clear()
    assert done.code == 3 and seconds < 20, done.err  # 10 on a machine that has time
    assert "Traceback" not in done.err
    ended = [each["id"] for each in done.lines if each["outcome"] == "sent"]
    assert len(ended) == len(done.lines) < 36
    (run,) = call("status", "--json").one["stopped_runs"]
    left = 36 - len(ended)
    waits = "wait" if left != 1 else "waits"
    assert f"{len(ended)} of 36 invoices finished, {left} {waits} for a person" in done.err
    assert f"queue resume {run['run']}" in done.err and f"queue drop --run {run['run']}" in done.err
    assert (run["waiting"], run["action"], call("status", "--json").one["waiting"]) == (left, "send", 0)

    time.sleep(1)  # what was under way when the command ended reaches QuickBooks all the same, and is looked up then
    before = sent(connected)
    other = put(tmp_path / "other.jsonl", [invoice(id="O-1", number="O1")])
    assert [each["id"] for each in call("copy", other, "--json", predicted=False).lines] == ["O-1"]
    call("payments")
    assert sent(connected) == before
    shown = call("queue", "--json")
    assert shown.code == 1
    assert {(each["state"], each["run"]) for each in shown.lines} == {("stopped", run["run"])}
    assert left - 1 <= len(shown.lines) <= left
    left = len(shown.lines)
    assert "was stopped" in call("queue").out and run["run"] in call("status").out

    assert call("queue", "resume", "other").code == 2
    assert call("queue", "resume", run["run"]).out == f"{left} entries queued again.\n"
    went = call("copy", other, "--json", predicted=False).lines
    assert len([each for each in went if each["waited"]]) == left
    assert sent(connected) == 36
    assert call("queue").code == 0


_ON_A_TERMINAL = (
    "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "from onedesk_quickbooks.plugin.cli import main; main()"
)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says whose terminal it is")
def test_a_send_whose_terminal_is_closed_leaves_the_rest_to_a_person(
    connected: Books, call: Call, home: Path, tmp_path: Path, invoice: Invoice
) -> None:
    """It cannot print any more, not even what its progress bar leaves behind: that is no error that ends it."""
    connected.sandbox.faults.inject(fault="delay", seconds=0.3, path="send", count=0)
    file = put(tmp_path / "many.jsonl", many(invoice, 36))
    words = [sys.executable, "-c", _ON_A_TERMINAL, "--home", str(home), "send", str(file)]
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        try:
            while sent(connected) < 3:
                assert process.poll() is None
                with suppress(BlockingIOError):
                    os.read(ours, 65536)
                time.sleep(0.05)
            os.close(ours)
            assert process.wait(60) != 0
        finally:
            process.kill()
    connected.sandbox.faults.clear()
    time.sleep(1)  # what was under way reaches QuickBooks all the same
    before = sent(connected)
    (run,) = call("status", "--json").one["stopped_runs"]
    assert before < 36 and run["waiting"] > 0
    other = put(tmp_path / "other.jsonl", [invoice(id="O-1", number="O1")])
    assert [each["id"] for each in call("copy", other, "--json", predicted=False).lines] == ["O-1"]
    assert sent(connected) == before


@pytest.mark.parametrize("errs", [True, False])
def test_an_error_of_a_command_that_was_asked_to_end_is_its_end(errs: bool) -> None:
    """Else what it leaves would be done by whoever comes next."""
    with pytest.raises(KeyboardInterrupt if errs else ValueError), stoppable(lambda: None) as stop:
        if errs:
            signal.raise_signal(signal.SIGTERM)
            assert stop.asked
        raise ValueError("the terminal is gone")


def test_a_killed_command_leaves_nothing_to_others_either(
    connected: Books, call: Call, home: Path, tmp_path: Path, invoice: Invoice
) -> None:
    connected.sandbox.faults.inject(fault="delay", seconds=1, count=0)
    file = put(tmp_path / "many.jsonl", many(invoice, 3))
    waits = lambda: call("status", "--json").one["waiting"] == 3  # noqa: E731
    stopped(home, signal.SIGKILL, waits, "send", file)
    connected.sandbox.faults.clear()
    (run,) = call("status", "--json").one["stopped_runs"]
    assert run["waiting"] == 3
    assert call("queue", "drop", "--run", run["run"], "--dry-run", "--reason", "x").out.endswith(
        "3 entries would be dropped.\n"
    )
    assert f"queue resume {run['run']}" in call("doctor").out
    dropped = call("queue", "drop", "--run", run["run"], "--reason", "the wrong file")
    assert dropped.out == "3 entries were dropped.\n", dropped
    assert call("queue").code == 0 and sent(connected) == 0
    again = call("send", file, "--json", predicted=False).lines
    assert [each["outcome"] for each in again] == ["sent"] * 3 and sent(connected) == 3


def test_a_request_that_was_not_answered_is_named_and_not_made_again(
    connected: Books, call: Call, home: Path, tmp_path: Path, invoice: Invoice
) -> None:
    file = put(tmp_path / "one.jsonl", many(invoice, 1))
    assert call("copy", put(tmp_path / "first.jsonl", [invoice(id="F-1", number="F1")])).code == 0  # customer and items
    connected.sandbox.faults.inject(fault="http_503", method="POST", path="invoice", count=0)
    asked = lambda: any(each["status"] == 503 for each in connected.sandbox.log())  # noqa: E731
    done, _ = stopped(home, signal.SIGTERM, asked, "copy", file)
    connected.sandbox.faults.clear()
    assert done.code == 3, done
    (run,) = call("status", "--json").one["stopped_runs"]
    assert run["unanswered"] == 1
    other = put(tmp_path / "other.jsonl", [invoice(id="O-1", number="O1")])
    assert [each["id"] for each in call("copy", other, "--json", predicted=False).lines] == ["O-1"]
    assert call("payments").code == 0
    assert "1 with a request that QuickBooks has not answered" in call("status").out
    (entry,) = call("queue", "--json").lines
    assert "QuickBooks has not answered a request for it" in entry["reason"]
    assert "repeated only if it was not done" in call("queue", "show", entry["entry"]).out
    dropped = call("queue", "drop", "--run", run["run"], "--reason", "the wrong file").out
    assert "has not answered a request for 1 invoice" in dropped and "onedesk-quickbooks payments" in dropped
    assert call("payments").code == 0
    assert len(connected.sandbox.list("Invoice", "DocNumber = 'M0'")) == 0
    assert call("copy", file, predicted=False).code == 0
    assert len(connected.sandbox.list("Invoice", "DocNumber = 'M0'")) == 1 and call("queue").code == 0


def test_asking_anew_takes_the_place_of_what_a_stopped_send_left(
    connected: Books, call: Call, home: Path, tmp_path: Path, invoice: Invoice
) -> None:
    """The send was stopped: a copy that is asked for later e-mails nothing."""
    connected.sandbox.faults.inject(fault="delay", seconds=1, count=0)
    file = put(tmp_path / "many.jsonl", many(invoice, 2))
    stopped(home, signal.SIGKILL, lambda: call("status", "--json").one["waiting"] == 2, "send", file)
    connected.sandbox.faults.clear()
    assert [each["outcome"] for each in call("copy", file, "--json", predicted=False).lines] == ["copied"] * 2
    assert sent(connected) == 0 and call("queue").code == 0


def test_a_quickbooks_that_is_away_leaves_it_in_line(
    connected: Books, call: Call, tmp_path: Path, invoice: Invoice
) -> None:
    """A command that came to its end has left nothing for a person."""
    connected.sandbox.faults.inject(fault="http_503", count=0)
    call("copy", put(tmp_path / "one.jsonl", many(invoice, 1)), predicted=False)
    found = call("status", "--json").one
    assert (found["waiting"], found["stopped_runs"]) == (1, [])


def test_entries_are_dropped_by_what_they_are(desk: Any, call: Call, invoice: Invoice) -> None:
    queue, realm_id = desk.application.ledger.queue, desk.application.realm_id()
    other = {**invoice()["customer"], "id": "C-8", "name": "Other Corp"}
    queue.ask(realm_id, "copy", invoice(id="1"), "ada")
    queue.ask(realm_id, "send", invoice(id="2", customer=other), "ada")
    queue.ask(realm_id, "send", invoice(id="3", customer=other), "ada")
    assert desk.copy(invoice(id="4", currency="EUR", lines=[{"id": "1", "amount": "160.00"}])) in ("held", "")
    held = [each["entry"] for each in call("queue", "--json").lines if each["state"] == "held"]
    assert call("queue", "drop", "--reason", "x").code == 2
    assert call("queue", "drop", *held, "--state", "held", "--reason", "x").code == 2
    for number in ("5", "6", "7"):
        queue.ask(realm_id, "send" if number == "7" else "copy", invoice(id=number, customer=other), "ada")
    assert call("queue", "drop", "--customer", "other corp", "--action", "send", "--reason", "no").out == (
        "3 entries were dropped.\n"
    )
    assert call("queue", "drop", "--customer", "C-8", "--reason", "no").out == "2 entries were dropped.\n"
    assert call("queue", "drop", "--customer", "C-9", "--reason", "no").code == 2
    assert call("queue", "drop", "--state", "held", "--reason", "no").out == f"{_entries(len(held))} dropped.\n"
    assert call("queue", "drop", "1", "99", "--reason", "no").code == 2


def _entries(count: int) -> str:
    return "1 entry was" if count == 1 else f"{count} entries were"


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_serve_ends_while_quickbooks_answers_a_byte_now_and_then(
    connected: Books, call: Call, home: Path, invoice: Invoice, by: signal.Signals
) -> None:
    struck = threading.Event()

    def change(exchange: Exchange) -> Iterable[bytes]:
        if exchange.path == "batch" and exchange.writes:
            struck.set()
            return drip(exchange)
        return unchanged(exchange)

    host = EmbeddedHost.open(home, plugins=[QuickBooksPlugin(background=False)])
    host.save(invoice())
    assert host.act("INV-1", "quickbooks.copy", "admin")
    host.close()
    with Proxy(connected.base_url, change) as proxy:
        environ = {**os.environ, "ONEDESK_QUICKBOOKS_BASE_URL": proxy.url}
        command = [*RUN, "--home", str(home), "serve", "--port", "0"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
        ) as process:
            try:
                assert struck.wait(60)
                process.send_signal(by)
                _, log = process.communicate(timeout=30)
            finally:
                process.kill()
    assert process.returncode == 0 and "Traceback" not in log
    assert "still waiting for QuickBooks or the host" in log
    assert call("copy", "INV-1", predicted=False).code == 0
    assert len(connected.sandbox.list("Invoice", "DocNumber = '2041'")) == 1


def test_a_host_that_cannot_now_is_one_sentence() -> None:
    with pytest.raises(CannotRun, match="the host is busy"), plain_errors():
        raise NotNow("the host is busy")


def test_an_error_of_the_program_is_no_damaged_database() -> None:
    engine = create_engine("sqlite://")
    with pytest.raises(IntegrityError), plain_errors(), engine.begin() as connection:
        connection.execute(text("CREATE TABLE one (id INTEGER UNIQUE)"))
        connection.execute(text("INSERT INTO one VALUES (1), (1)"))
    engine.dispose()
    with pytest.raises(CannotRun, match="is damaged"), plain_errors():
        raise DatabaseError("", {}, sqlite3.DatabaseError("database disk image is malformed"))
