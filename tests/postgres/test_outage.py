"""PostgreSQL stops while the host goes on: hooks return, work waits, nothing is lost or doubled."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from onedesk_quickbooks.plugin.cli import main
from onedesk_quickbooks.plugin.cli.ordered_output import OrderedOutput
from onedesk_quickbooks.plugin.cli.session import Session
from onedesk_quickbooks.plugin.cli.session.gather import Given
from onedesk_quickbooks.plugin.cli.session.run import Run
from onedesk_quickbooks.plugin.ledger import LedgerAway, LedgerProblem
from onedesk_quickbooks.plugin.ledger.database import HEAD
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.sync.errors import SettingsProblem
from tests.postgres.conftest import Server
from tests.sync.conftest import ADMIN, Desk

pytestmark = pytest.mark.postgres
MAIN = "from onedesk_quickbooks.plugin.cli import main; main()"


@pytest.fixture
def desk(desks: Callable[..., Desk], url: str) -> Desk:
    made = desks(settings={"ledger": url, "tenant": "acme"})
    made.connect()
    return made


def test_what_is_asked_while_the_database_is_away_is_done_when_it_is_back(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk.copy(invoice())
    server.stop()
    try:
        for number in ("2", "3"):
            desk.save(invoice(id=f"INV-{number}", number=number))
        assert desk.host.act("INV-2", "quickbooks.copy", ADMIN)
        assert desk.host.send("INV-3", ADMIN)
        assert desk.host.act("INV-3", "quickbooks.copy", ADMIN)
        desk.host.reopen("INV-2", ADMIN)
        assert desk.host.actions("INV-3")
        [states] = desk.host.plugins.hook.invoice_states(invoices=[invoice(id=f"INV-{n}") for n in (2, 3)])
        assert [(each.invoice_id, each.now) for each in states] == [("INV-3", "waiting")]
        shown = [each for some in desk.host.plugins.hook.settings_to_show(user=ADMIN) for each in some]
        assert "cannot be reached" in shown[0].value
        with pytest.raises(LedgerAway):
            desk.application.drain()
        assert len(list((desk.home / "spool").glob("*.json"))) == 6, "that both were opened, and the four"
        code, text = command(desk, "doctor")
        assert code == 1 and "PROBLEM  database, tenant acme: postgresql://127.0.0.1:" in text
        code, text = command(desk, "status")
        assert code == 3 and text.startswith("Error: The ledger's database postgresql://127.0.0.1:")
    finally:
        server.start()
    outcomes = {each.id: each.outcome for each in desk.application.drain()}
    assert outcomes == {"INV-3": "sent"}  # INV-2 went back to Draft after it was asked for
    assert list((desk.home / "spool").glob("*.json")) == []
    assert len(desk.invoices()) == 2
    assert len(desk.sandbox.outbox()) == 1


def command(desk: Desk, *words: str) -> tuple[int, str]:
    """The exit code of a command, and what it says."""
    done = CliRunner().invoke(main, ["--home", str(desk.home), *words])
    return done.exit_code, done.output


def test_threads_say_once_that_the_database_is_away(
    desk: Desk, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    engine = desk.application._engine
    server.stop()
    try:
        engine.start()
        time.sleep(7)  # three looks of each
    finally:
        server.start()
        engine.stop()
    warnings = [each.getMessage().partition(": ")[0] for each in caplog.records if each.levelname == "WARNING"]
    assert "webhooks wait" in warnings
    assert len(warnings) == len(set(warnings)), warnings


def test_what_a_command_asks_for_while_the_database_is_away_is_done_later(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(invoice()), encoding="utf-8")
    server.stop()
    try:
        code, text = command(desk, "copy", str(file))
        assert (code, "requests wait, and are processed when it is back" in text) == (3, True)
    finally:
        server.start()
    assert [each.outcome for each in desk.application.drain()] == ["copied"]


def test_what_a_command_has_asked_for_that_is_stopped_while_the_database_is_away_waits_for_a_person(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    def given() -> Iterator[Given]:
        for name in ("INV-1", "INV-2", "INV-3"):
            if name == "INV-3":
                signal.raise_signal(signal.SIGINT)
            yield Given(name, invoice(id=name, number=name), name)

    server.stop()
    run = Run(
        Session(desk.host, desk.application, desk.host), given(), "send", OrderedOutput(lambda outcome, along: None)
    )
    try:
        text = run.work()
    finally:
        server.start()
    assert "wait for a person" in text and f"queue resume {run.name}" in text
    desk.restart()
    assert desk.application.drain() == [] and desk.invoices() == []
    code, text = command(desk, "queue", "resume", run.name)
    assert code == 0 and "queued again" in text
    assert {each.outcome for each in desk.application.drain()} == {"sent"}


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_ends_though_the_database_takes_requests_and_answers_none(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]], tmp_path: Path, by: signal.Signals
) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text("\n".join(json.dumps(invoice(id=f"INV-{n}", number=f"N{n}")) for n in range(100)), encoding="utf-8")
    desk.sandbox.faults.inject(fault="delay", seconds=0.3, path="batch", count=0)
    words = [sys.executable, "-c", MAIN, "--home", str(desk.home), "copy", str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not desk.invoices():
                assert process.poll() is None
                time.sleep(0.1)
            with server.stopped():
                process.send_signal(by)
                began = time.monotonic()
                assert process.wait(60) == 3
                assert time.monotonic() - began < 20  # 10 on a machine that has time
            assert process.stderr is not None and "without an answer of the ledger's database" in process.stderr.read()
        finally:
            process.kill()
    made = len(desk.invoices())
    desk.sandbox.faults.clear()
    assert desk.application.drain() == [] and len(desk.invoices()) == made
    code, text = command(desk, "status")
    assert "a command left" in text and "queue resume" in text, (code, text)


def test_a_command_whose_database_goes_away_while_it_asks_leaves_all_of_it_to_a_person(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    """What was asked before that stands in the ledger, what was asked after that in the spool."""
    names = [f"INV-{number}" for number in range(1, 5)]

    def given() -> Iterator[Given]:
        for name in names:
            if name == "INV-3":
                server.stop()
            yield Given(name, invoice(id=name, number=name), name)

    run = Run(
        Session(desk.host, desk.application, desk.host), given(), "copy", OrderedOutput(lambda outcome, along: None)
    )
    try:
        with pytest.raises(LedgerAway):
            run.work()
        assert (
            f", 4 wait for a person, once the ledger is back: onedesk-quickbooks queue resume {run.name}" in run.taken()
        )
    finally:
        server.start()
    assert desk.application.drain() == [] and desk.invoices() == []
    code, text = command(desk, "queue", "resume", run.name)
    assert (code, text) == (0, "4 entries queued again.\n")
    assert [each.outcome for each in desk.application.drain()] == ["copied"] * 4


def test_a_command_whose_database_is_back_when_it_ends_leaves_all_of_it_in_line(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    def given() -> Iterator[Given]:
        yield Given("INV-1", invoice(), "INV-1")
        server.stop()

    run = Run(
        Session(desk.host, desk.application, desk.host), given(), "copy", OrderedOutput(lambda outcome, along: None)
    )
    try:
        with pytest.raises(LedgerAway):
            run.work()
    finally:
        server.start()
    assert ", 1 waits: `serve`, or the next copy or send, continues with that" in run.taken()
    assert [each.outcome for each in desk.application.drain()] == ["copied"]


def test_a_host_that_starts_while_the_database_is_away_takes_what_is_asked(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk.copy(invoice())
    server.stop()
    try:
        desk.restart()
        for number in ("2", "3"):
            desk.save(invoice(id=f"INV-{number}", number=number))
        assert desk.host.actions("INV-2")
        assert desk.host.act("INV-2", "quickbooks.copy", ADMIN)
        assert desk.host.send("INV-3", ADMIN), "the host would e-mail it by itself"
        shown = [each for some in desk.host.plugins.hook.settings_to_show(user=ADMIN) for each in some]
        assert "cannot be reached" in shown[0].value
        desk.restart()
        assert len(list((desk.home / "spool").glob("*.json"))) == 4, "that both were opened, and the two"
        with pytest.raises(LedgerAway, match=r"127\.0\.0\.1"):
            desk.application.drain()
    finally:
        server.start()
    assert {each.id: each.outcome for each in desk.application.drain()} == {"INV-2": "copied", "INV-3": "sent"}
    assert len(desk.invoices()) == 3
    assert list((desk.home / "spool").glob("*.json")) == []


def test_with_rules_that_copy_on_open_too(
    desks: Callable[..., Desk], url: str, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = desks(rules="version: 1\ninvoices: {on_open: copy}\n", settings={"ledger": url, "tenant": "acme"})
    desk.connect()
    server.stop()
    try:
        desk.restart()
        desk.save(invoice())
    finally:
        server.start()
    assert [each.outcome for each in desk.application.drain()] == ["copied"]


def test_where_no_company_was_connected_the_host_goes_on_without_quickbooks(
    desks: Callable[..., Desk], url: str, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    server.stop()
    try:
        desk = desks(settings={"ledger": url, "tenant": "acme"})
        desk.save(invoice())
        assert not desk.host.act("INV-1", "quickbooks.copy", ADMIN)
        assert not desk.host.actions("INV-1")
    finally:
        server.start()
    desk.connect()  # the schema that was not made at the start is made now
    assert desk.copy(invoice()).outcome == "copied"
    desk.application.disconnect()
    server.stop()
    try:
        desk.restart()
        assert not desk.host.act("INV-1", "quickbooks.copy", ADMIN), "it was disconnected"
    finally:
        server.start()


def test_what_is_remembered_of_the_company_can_be_damaged(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    known = desk.home / "connected.json"
    assert stat.S_IMODE(known.stat().st_mode) == 0o600
    known.write_text('{"company": 7}', encoding="utf-8")
    server.stop()
    try:
        desk.restart()
        desk.save(invoice())
        assert not desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    finally:
        server.start()
    assert desk.application.connected is not None
    assert desk.sandbox.company_name in known.read_text(encoding="utf-8")


def test_an_order_stays_where_the_ledger_is_of_a_newer_program(
    desk: Desk, url: str, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk.save(invoice())
    server.stop()
    try:
        desk.restart()
        assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    finally:
        server.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE onedesk_acme.alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerProblem, match="newer version"):
        desk.application.drain()
    assert len(list((desk.home / "spool").glob("*.json"))) == 1
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"UPDATE onedesk_acme.alembic_version SET version_num = '{HEAD}'".encode())
    assert [each.outcome for each in desk.application.drain()] == ["copied"]


@pytest.mark.parametrize("names", [("od_number", "number"), ("body", "content")])
def test_a_newer_program_brings_the_ledger_up_to_date_meanwhile(
    desk: Desk, url: str, invoice: Callable[..., dict[str, Any]], names: tuple[str, str]
) -> None:
    """What is in the queue stays there, and what is reported meanwhile waits in a file."""
    desk.save(invoice())
    assert desk.host.send("INV-1", ADMIN)
    table, (old, new) = "work" if "number" in names else "outbox", names
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE onedesk_acme.alembic_version SET version_num = '9999'")
        connection.execute(f"ALTER TABLE onedesk_acme.{table} RENAME COLUMN {old} TO {new}".encode())
    with pytest.raises(LedgerProblem, match="start this program again, in the newer version"):
        desk.application.drain()
    assert desk.invoices() == []
    if table == "work":
        assert desk.host.act("INV-1", "quickbooks.copy", ADMIN) and len(desk.application.filed_commands()) == 1
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"UPDATE onedesk_acme.alembic_version SET version_num = '{HEAD}'".encode())
        connection.execute(f"ALTER TABLE onedesk_acme.{table} RENAME COLUMN {new} TO {old}".encode())
    desk.restart()
    assert desk.outcome("INV-1").outcome == "sent"


def test_an_order_whose_commit_went_unanswered_is_done_once(desk: Desk, invoice: Callable[..., dict[str, Any]]) -> None:
    desk.save(invoice())
    desk.host.send(invoice()["id"], ADMIN)
    folder = desk.home / "spool"
    from onedesk_quickbooks.plugin.app.inbox import Command, CommandInbox

    inbox = CommandInbox(desk.application.ledger, desk.home, desk.clock.now)
    connected = desk.application.connected
    assert connected is not None
    order = Command(connected.realm_id, "send", desk.host.read_invoice(invoice()["id"]) or {}, ADMIN)
    desk.application.drain()
    assert inbox.take(order)
    desk.application.drain()
    mails = len(desk.sandbox.outbox())
    inbox._put_aside(order)  # as a process does that never heard of its commit
    assert list(folder.glob("*.json"))
    assert desk.application.drain() == []
    assert len(desk.sandbox.outbox()) == mails
    assert list(folder.glob("*.json")) == []


def test_a_database_that_goes_away_in_the_middle_of_a_queue_doubles_nothing(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    for number in range(1, 4):
        desk.save(invoice(id=f"INV-{number}", number=str(number)))
        desk.host.send(f"INV-{number}", ADMIN)

    class Cut:
        """Stops the database before the answer to the first invoice can be written down."""

        def __init__(self) -> None:
            self.done = False

        def __call__(self, response: Any, *rest: Any, **more: Any) -> None:
            if not self.done and response.request.method == "POST":
                self.done = True
                server.stop()

    cut = Cut()
    desk.application.session.hooks["response"].append(cut)
    try:
        with pytest.raises(LedgerAway):
            desk.application.drain()
        assert cut.done
    finally:
        if cut.done:
            server.start()
    assert {each.outcome for each in desk.application.drain()} == {"sent"}
    assert len(desk.invoices()) == 3
    assert len(desk.sandbox.outbox()) == 3
    assert len(desk.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'")) == 1


def test_keys_are_not_saved_into_a_new_data_directory(desks: Callable[..., Desk], url: str) -> None:
    desk = desks(settings={"ledger": url, "tenant": "acme"})
    assert desk.application.connected is None
    desk.home.rename(desk.home.with_name("away"))
    with pytest.raises(SettingsProblem, match=r"cannot be written \(No such file or directory\)"):
        desk.application.save_keys({"client_id": "a"}, ADMIN)
    assert not desk.home.exists()


def test_without_the_data_directory_too_nothing_is_taken(
    desk: Desk, server: Server, invoice: Callable[..., dict[str, Any]]
) -> None:
    """While PostgreSQL answers, hooks and alerts do without the data directory; commands need it for their files."""
    desk.save(invoice())
    hook, home = desk.host.plugins.hook, desk.home
    away = home.rename(home.with_name("away"))
    desk.application.watcher.look()
    assert desk.application.status().disk_free is None
    assert hook.on_invoice_action(invoice=invoice(), action="quickbooks.copy", user=ADMIN)
    server.stop()
    try:
        with pytest.raises(NotNow, match="is missing, or another folder is in its place; nothing was recorded"):
            hook.on_invoice_send(invoice=invoice(), user=ADMIN)
        assert not home.exists()
        away.rename(home)
        assert hook.on_invoice_send(invoice=invoice(), user=ADMIN)
        assert len(list((home / "spool").glob("*.json"))) == 1
    finally:
        server.start()
    assert [each.outcome for each in desk.application.drain()] == ["sent"]
