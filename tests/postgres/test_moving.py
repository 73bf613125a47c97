"""`ledger migrate`: from SQLite to PostgreSQL, once and whole."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from werkzeug.test import Client

from onedesk_quickbooks.plugin.cli import main
from onedesk_quickbooks.plugin.host import RecordImporter
from onedesk_quickbooks.plugin.host.pages import make_app
from onedesk_quickbooks.plugin.ledger import LedgerMoved
from onedesk_quickbooks.plugin.qbo.webhooks import sign
from onedesk_quickbooks.plugin.sync.settings import write_settings
from onedesk_quickbooks.plugin.web.api import api
from tests.cli.test_paused_reader import COUNT, paused
from tests.cli.test_work import put
from tests.sync.conftest import Desk
from tests.sync.test_host_payments import RULES, US_TAX, paid

pytestmark = pytest.mark.postgres


VARIABLE = "ONEDESK_QUICKBOOKS_LEDGER"


def run(home: Path, *arguments: str, environ: dict[str, str] | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["--home", str(home), "ledger", "migrate", *arguments], env=environ)
    return done.exit_code, done.output


def test_after_the_move_work_goes_on_where_it_stood(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = desks()
    desk.connect()
    desk.copy(invoice())
    desk.save(invoice(id="INV-2", number="2042"))
    desk.host.act("INV-2", "quickbooks.copy", "admin")
    desk.host.close()
    code, shown = run(desk.home, "--to", url, "--tenant", "acme")
    assert code == 0, shown
    assert "invoice_link" in shown
    seen = CliRunner().invoke(main, ["--home", str(desk.home), "doctor"]).output
    assert "database ledger.sqlite: It was moved to PostgreSQL, and cannot be written any more." in seen
    assert "database, tenant acme: postgresql://127.0.0.1:" in seen, seen
    desk.restart()
    assert desk.application.ledger.remote
    assert desk.application.connected is not None
    assert desk.outcome("INV-2").outcome == "copied"
    assert desk.copy(invoice(memo="Changed.")).outcome == "updated"
    assert len(desk.invoices()) == 2
    assert desk.copy(invoice(id="INV-3", number="2043")).outcome == "copied"


def test_a_target_with_anything_in_it_is_refused_and_nothing_changes(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    first, second = desks(), desks()
    for desk in (first, second):
        desk.connect()
        desk.copy(invoice())
        desk.host.close()
    assert run(first.home, "--to", url)[0] == 0
    code, shown = run(second.home, "--to", url)
    assert (code, "not empty" in shown) == (3, True), shown
    second.restart()
    assert not second.application.ledger.remote
    assert second.copy(invoice(memo="Changed.")).outcome == "updated"


def test_who_still_has_the_old_ledger_open_fails_loudly(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = desks()
    desk.connect()
    ledger = desk.application.ledger
    assert run(desk.home, "--to", url)[0] == 0
    with pytest.raises(LedgerMoved, match="moved to PostgreSQL"), ledger.together() as connection:
        connection.execute(text("DELETE FROM work"))
        desk.save(invoice())
        desk.host.act(invoice()["id"], "quickbooks.copy", "admin")


def test_a_program_that_uses_it_over_http_is_told(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = desks()
    desk.connect()
    key = desk.application.ledger.api_keys.add("desk", ("invoices",))[1]
    assert run(desk.home, "--to", url)[0] == 0
    client = Client(api(desk.application, RecordImporter(desk.host)))
    for once in ({}, {"Idempotency-Key": "k"}):
        headers = {"Authorization": f"Bearer {key}", **once}
        reply = client.post("/invoices?action=copy", json=invoice(), headers=headers)
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5"), reply.text
        assert "start the program again" in (reply.json or {})["error"]["what"]


def test_monitors_and_webhooks_are_told(desks: Callable[..., Desk], url: str) -> None:
    """QuickBooks repeats a webhook that is answered with 503."""
    desk = desks()
    desk.connect()
    client, token = Client(make_app(desk.host)), desk.application.settings.verifier_token
    event = {"type": "qbo.payment.created.v1", "intuitaccountid": desk.sandbox.realm_id, "intuitentityid": "1"}
    body = json.dumps([{**event, "id": "event-1", "time": "2026-11-24T10:00:00Z"}]).encode()
    asked = [f"/quickbooks/{each}" for each in ("health", "ready", "metrics")]
    assert {client.get(each).status_code for each in asked} == {200}
    assert run(desk.home, "--to", url)[0] == 0
    replies = [client.get(each) for each in asked]
    replies.append(client.post("/quickbooks/webhooks", data=body, headers={"intuit-signature": sign(body, token)}))
    for reply in replies:
        assert reply.status_code == 503 and "start the program again" in reply.text, reply.text


@pytest.mark.parametrize("place", ["settings", "environment", "query"])
def test_the_url_comes_from_the_settings_or_the_environment(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]], place: str
) -> None:
    secret = url.replace("onedesk@", "onedesk:hunter2@") if place != "query" else f"{url}?password=hunter2"
    desk = desks()
    desk.connect()
    desk.copy(invoice())
    desk.host.close()
    code, shown = run(desk.home, "--to", secret)
    assert code == 3 and "A password among the arguments" in shown and "hunter2" not in shown
    given = {VARIABLE: secret} if place == "environment" else {}
    if place != "environment":
        write_settings(desk.home, {"ledger": secret})
    code, shown = run(desk.home, "--tenant", "acme", environ=given)
    assert code == 0 and "hunter2" not in shown, shown
    assert ("hunter2" in (desk.home / "settings.yaml").read_text()) is (place != "environment")
    code, shown = run(desk.home, "--to", f"{url}-other", environ={VARIABLE: secret})
    assert code == 3 and "leave --to out" in shown and "hunter2" not in shown
    write_settings(desk.home, {"ledger": secret})
    desk.restart()
    assert desk.application.ledger.remote
    assert desk.copy(invoice(memo="Changed.")).outcome == "updated"
    desk.host.close()
    settings = (desk.home / "settings.yaml").read_bytes()
    for words in ((), ("--to", url)):
        code, shown = run(desk.home, *words)
        assert code == 0 and "already, as tenant acme" in shown and "Rows" not in shown, "work has gone on there"
        assert (desk.home / "settings.yaml").read_bytes() == settings
    assert json.loads(run(desk.home, "--json")[1]) == {"tenant": "acme", "rows": {}}
    desk.restart()


KILL = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from onedesk_quickbooks.plugin.cli import main

commits = 0

@event.listens_for(Engine, "commit")
def committed(connection):
    global commits
    if connection.dialect.name != "sqlite" and not begun(connection):
        return
    commits += 1
    if commits == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

def begun(connection):
    return bool(connection.get_execution_options().get("onedesk_write"))

main(sys.argv[2:])
"""


@pytest.mark.parametrize("commit", range(1, 5))
def test_killed_before_a_commit_it_is_given_again(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]], commit: int
) -> None:
    desk = desks()
    desk.connect()
    desk.copy(invoice())
    desk.host.close()
    command = [sys.executable, "-c", KILL, str(commit), "--home", str(desk.home), "ledger", "migrate", "--to", url]
    first = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert first.returncode == -signal.SIGKILL, first.stderr
    code, shown = run(desk.home, "--to", url)
    assert code == 0, shown
    desk.restart()
    assert desk.application.ledger.remote
    assert desk.copy(invoice()).outcome == "unchanged"
    assert desk.copy(invoice(id="INV-2", number="2042")).outcome == "copied"


def test_killed_before_the_settings_are_written_it_is_given_again(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    desk = desks()
    desk.connect()
    desk.copy(invoice())
    desk.host.close()
    settings = (desk.home / "settings.yaml").read_bytes()
    assert run(desk.home, "--to", url)[0] == 0
    (desk.home / "settings.yaml").write_bytes(settings)
    code, shown = run(desk.home, "--to", url)
    assert code == 0, shown
    desk.restart()
    assert desk.application.ledger.remote
    assert desk.copy(invoice()).outcome == "unchanged"


def test_what_was_moved_is_not_moved_to_a_second_place(
    desks: Callable[..., Desk], url: str, new_database: Callable[[], str]
) -> None:
    desk = desks()
    desk.connect()
    assert run(desk.home, "--to", url)[0] == 0
    write_settings(desk.home, {"ledger": new_database()})
    code, shown = run(desk.home)
    assert code == 3 and "was moved before, and not to there" in shown
    write_settings(desk.home, {"ledger": url})


@pytest.mark.parametrize("name", ["password", "sslpassword"])
def test_no_password_of_any_kind_is_among_the_arguments(url: str, tmp_path: Path, name: str) -> None:
    code, shown = run(tmp_path, "--to", f"{url}?{name}=hunter2")
    assert (code, "is seen by everybody" in shown, "hunter2" in shown) == (3, True, False), shown


def test_where_there_is_nothing_to_move(url: str, tmp_path: Path) -> None:
    code, shown = run(tmp_path, "--to", url)
    assert (code, "nothing to move" in shown) == (3, True), shown
    code, shown = run(tmp_path, "--to", "mysql://here")
    assert (code, "postgresql://" in shown) == (3, True), shown


def test_a_send_that_the_move_overtakes_ends_with_one_sentence_and_loses_nothing(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    """Nobody reads its output for a while, so that it does not hold the company."""
    desk = desks()
    desk.connect()
    desk.close()
    file = put(tmp_path / "many.jsonl", *(invoice(id=f"M-{n}", number=f"M-{n}") for n in range(COUNT)))
    with paused(desk.home, file, "--json", does="send") as process:
        code, shown = run(desk.home, "--to", url)
        assert code == 0, shown
        out, err = process.communicate(timeout=120)
    done = len([line for line in out.splitlines() if line.startswith("{")])
    assert (process.returncode, done) == (3, 30)
    taken, problem = err.splitlines()
    assert taken.startswith(f"30 of {COUNT} invoices finished, {COUNT - 30} wait for a person, once the ledger is back")
    assert taken.endswith("Run `send` of the same again: it requests all of it, and creates no duplicates.")
    assert problem.endswith("moved to PostgreSQL while this program had it open: start the program again.")
    again = CliRunner().invoke(main, ["--home", str(desk.home), "send", str(file), "--json"])
    assert again.exit_code == 0, again.output
    assert len(desk.sandbox.outbox()) == len(desk.invoices()) == COUNT


def test_a_command_in_a_file_waits_for_the_next_start(
    desks: Callable[..., Desk], url: str, invoice: Callable[..., dict[str, Any]]
) -> None:
    """It was given while the ledger was locked, and the host runs on when the ledger is moved."""
    desk = desks()
    desk.connect()
    desk.save(invoice())
    with closing(sqlite3.connect(desk.home / "ledger.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert desk.host.act("INV-1", "quickbooks.copy", "admin")
    assert len(desk.application.filed_commands()) == 1
    assert run(desk.home, "--to", url)[0] == 0
    with pytest.raises(LedgerMoved):
        desk.application.drain()
    assert (len(desk.application.filed_commands()), desk.application.refused_commands()) == (1, [])
    desk.restart()
    assert desk.outcome("INV-1").outcome == "copied"


@pytest.mark.parametrize("what", ["invoice", "payment"])
def test_the_thread_of_a_host_says_that_it_has_to_be_started_again(
    desks: Callable[..., Desk],
    url: str,
    invoice: Callable[..., dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
    what: str,
) -> None:
    desk = desks(rules=RULES.format(direction="both", more="", taxes=US_TAX))
    desk.connect()
    if what == "payment":
        desk.copy(invoice())
        desk.host.record_own(paid())
    else:
        desk.save(invoice())
        assert desk.host.act("INV-1", "quickbooks.copy", "admin")
    runner: Any = desk.application._runner
    assert run(desk.home, "--to", url)[0] == 0
    caplog.clear()
    runner.live()
    said = [each for each in caplog.records if each.name.startswith("onedesk_quickbooks")]
    assert not [each for each in said if each.exc_info]
    assert [each for each in said if "start the program again" in each.getMessage()]
    assert desk.sandbox.list("Payment", "PaymentRefNum = 'R-P1'") == [] and len(desk.invoices()) == (what == "payment")
