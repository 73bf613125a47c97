"""`doctor`: every check has its findings, and a remedy for each."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from onedesk_quickbooks.plugin.cli.commands.operate_doctor import Looking
from onedesk_quickbooks.plugin.cli.errors import Options
from onedesk_quickbooks.plugin.cli.serving import Server
from onedesk_quickbooks.plugin.cli.session import open_session
from onedesk_quickbooks.plugin.host.pages import make_app
from onedesk_quickbooks.plugin.ledger import Ledger
from onedesk_quickbooks.plugin.ledger.tables import company, payment_look
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.crash.proxy import Proxy, drip

Call = Callable[..., Any]


def found(call: Call) -> dict[str, tuple[str, str]]:
    """Name of each check -> its state and what was found, the gravest of several."""
    done = call("doctor", "--json")
    grave = ("ok", "note", "warning", "problem")
    checks: dict[str, tuple[str, str]] = {}
    for each in sorted(done.lines, key=lambda each: grave.index(each["state"])):
        assert each["found"]
        assert each["remedy"] or each["state"] in ("ok", "note")
        checks[each["check"]] = (each["state"], each["found"])
    findings = [each for each in done.lines if each["state"] in ("warning", "problem")]
    assert done.code == (1 if findings else 0)
    return checks


def custom_numbers(books: Any, on: bool, **more: Any) -> None:
    """The company's sales preferences."""
    prefs = books.sandbox.list("Preferences")[0]
    sales = {**prefs["SalesFormsPrefs"], "CustomTxnNumbers": on, **more}
    books.sandbox.edit("Preferences", prefs.get("Id", "1"), {"SalesFormsPrefs": sales})


def test_a_ledger_on_a_server_that_is_down_is_named_alone(call: Call, home: Path) -> None:
    write_settings(home, {"ledger": "postgresql://nobody@127.0.0.1:1/none", "tenant": "acme"})
    checks = found(call)
    assert "database" not in checks, "there is no file to be made"
    assert checks["database, tenant acme"][0] == "problem"


def test_all_is_well(connected: Any, call: Call, home: Path) -> None:
    (home / "rules.yaml").write_text("version: 1\ninvoices: {number: quickbooks}\n")
    checks = found(call)
    assert {name: state for name, (state, _) in checks.items() if state not in ("ok", "note")} == {}
    for name in (
        "settings",
        "key",
        "database ledger.sqlite",
        "disk",
        "rules",
        "queue",
        "tokens",
        "QuickBooks",
        "clock",
    ):
        assert checks[name][0] == "ok", name
    assert call("doctor").out.endswith("All is well.\n")


def test_rules_in_force_are_named(connected: Any, call: Call, home: Path) -> None:
    rules = home / "rules.yaml"
    rules.write_text("version: 1\ninvoices: {number: quickbooks}\n")
    assert "is in force from the next invoice on" in found(call)["rules"][1]
    in_force = json.loads(call("status", "--json").out)
    text = found(call)["rules"][1]
    assert text.startswith(f"{rules} is in force ({in_force['rules_hash'][:12]}, since 20")
    rules.write_text("version: 1\nnonsense: true\n")
    assert f"({in_force['rules_hash'][:12]}), stay in force until that is corrected" in found(call)["rules"][1]


def looked_at(ledger: Ledger, realm_id: str, at: datetime | None) -> None:
    with ledger.together() as connection:
        connection.execute(update(payment_look).where(payment_look.c.realm_id == realm_id).values(looked_at=at))


def test_a_look_for_payments_that_is_long_ago(
    connected: Any, call: Call, desk: Any, invoice: Callable[..., dict[str, Any]]
) -> None:
    assert found(call)["payments"][0] == "ok", "connected just now"
    desk.application.bring_payments()
    assert found(call)["payments"][0] == "ok"
    ledger, realm_id = desk.application.ledger, desk.application.status().realm_id
    with ledger.together() as connection:
        connection.execute(update(company).values(connected_at=desk.clock.now() - timedelta(days=3)))
    looked_at(ledger, realm_id, desk.clock.now() - timedelta(hours=25))
    desk.copy(invoice())
    state, text = found(call)["payments"]
    assert (state, text.startswith("The last look for payments was on 20")) == ("warning", True)
    looked_at(ledger, realm_id, None)
    assert found(call)["payments"] == ("warning", "There was no look for payments yet.")


def test_changes_that_quickbooks_refuses_to_list(connected: Any, call: Call) -> None:
    connected.sandbox.faults.inject(fault="refused", code="4002", path="cdc", count=0)
    assert call("payments").code == 0
    state, text = found(call)["payments"]
    assert (state, "change data capture" in text) == ("note", True)


def test_numbers_that_get_mixed_up(connected: Any, call: Call) -> None:
    state, text = found(call)["company settings"]
    assert state == "warning"
    assert "Custom transaction numbers" in text
    assert " -> " in call("doctor").out


def test_before_anything_is_there(call: Call, home: Path) -> None:
    assert found(call)["data directory"][0] == "problem"
    home.mkdir()
    checks = found(call)
    assert checks["settings"][0] == "problem"
    assert checks["connection"][0] == "problem" and f"There is no ledger in {home}" in checks["connection"][1]


def key_mode(home: Path) -> None:
    (home / "key").chmod(0o644)


def directory_mode(home: Path) -> None:
    home.chmod(0o755)


def settings_mode(home: Path) -> None:
    (home / "settings.yaml").chmod(0o640)


def bad_settings(home: Path) -> None:
    (home / "settings.yaml").write_text("poll_seconds: often\n")


def bad_rules(home: Path) -> None:
    (home / "rules.yaml").write_text("version: 1\nnonsense: true\n")


def another_key(home: Path) -> None:
    from cryptography.fernet import Fernet

    (home / "key").write_bytes(Fernet.generate_key())


def bad_ledger(home: Path) -> None:
    for file in home.glob("ledger.sqlite*"):
        file.unlink()
    (home / "ledger.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)


def newer_ledger(home: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(home / "ledger.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def other_environment(home: Path) -> None:
    write_settings(home, {"environment": "production"})


def unreachable_url(home: Path) -> None:
    write_settings(home, {"public_url": "http://127.0.0.1:9/quickbooks"})


@pytest.mark.parametrize(
    ("harm", "check", "state", "word"),
    [
        (key_mode, "key", "problem", "0644"),
        (directory_mode, "data directory", "warning", "0755"),
        (settings_mode, "settings file", "warning", "0640"),
        (bad_settings, "settings", "problem", "often"),
        (bad_rules, "rules", "problem", "nonsense"),
        (another_key, "tokens", "problem", "does not open"),
        (bad_ledger, "database ledger.sqlite", "problem", "cannot be read"),
        (newer_ledger, "database ledger.sqlite", "problem", "9999"),
        (other_environment, "connection", "problem", "production"),
        (unreachable_url, "public URL", "warning", "cannot be reached"),
    ],
)
def test_harm_is_found(
    connected: Any, call: Call, home: Path, harm: Callable[[Path], None], check: str, state: str, word: str
) -> None:
    harm(home)
    checks = found(call)
    assert checks[check][0] == state
    assert word in checks[check][1]


def test_a_connection_that_was_ended(connected: Any, call: Call) -> None:
    connected.sandbox.faults.inject(fault="token_refused", count=9)
    state, text = found(call)["QuickBooks"]
    assert (state, "rejected the connection" in text) == ("problem", True)


def test_a_queue_that_quickbooks_has_asked_to_wait(desk: Any, connected: Any) -> None:
    realm_id, until = desk.application.connected.realm_id, desk.clock.now() + timedelta(minutes=1)
    desk.application.ledger.companies.pause(realm_id, until, "QuickBooks requires a wait.", throttled=True)
    connected.sandbox.faults.inject(fault="throttled")
    checks = {check.name: check for check in desk.application.examine()}
    queue = checks["queue"]
    assert queue.state == "note" and queue.remedy == "Nothing to do: it continues automatically."
    assert queue.found == f"It is paused until {until:%Y-%m-%d %H:%M:%S} UTC: QuickBooks requires a wait. 0 queued."
    assert checks["QuickBooks"].remedy == "Nothing to do: the queue waits as long as QuickBooks asks."
    desk.clock.pass_by(seconds=61)
    assert {check.name: check for check in desk.application.examine()}["queue"].state == "ok"


def test_the_days_before_the_end_and_what_waits(desk: Any, invoice: Callable[..., dict[str, Any]]) -> None:
    desk.copy(invoice(currency="EUR"))
    ends = desk.application.status().refresh_token_expires_at
    desk.clock.pass_by(seconds=(ends - timedelta(days=3) - desk.clock.now()).total_seconds())
    checks = {check.name: check for check in desk.application.examine()}
    assert checks["tokens"].state == "warning"
    assert checks["queue"].state == "warning"
    assert checks["clock"].state == "warning", "this clock was turned by months, QuickBooks' was not"
    assert "ahead of" in checks["clock"].found


def test_credits_that_are_applied_by_themselves(connected: Any, call: Call) -> None:
    custom_numbers(connected, True, AutoApplyPayments=True)
    done = call("doctor", "--json").lines
    texts = [each["found"] for each in done if each["check"] == "company settings" and each["state"] == "warning"]
    assert len(texts) == 1
    assert "open credits" in texts[0]


@pytest.mark.parametrize(("token", "state"), [("", "ok"), ("another", "warning")])
def test_a_signed_webhook_reaches_who_serves(desk: Any, call: Call, home: Path, token: str, state: str) -> None:
    with Server(make_app(desk.host, passwordless=True)) as server:
        assert desk.application.connected, "it has read its settings"
        write_settings(home, {"public_url": f"{server.base_url}/quickbooks"})
        if token:
            write_settings(home, {"verifier_token": token})
        checks = found(call)
    checked = checks["webhooks" if token else "public URL"]
    assert checked[0] == state
    assert ("accepts webhooks" if not token else "answered 401") in checked[1]


def looked(home: Path, seconds: float) -> list[tuple[str, str]]:
    """Name and text of each check where all have so long."""
    looking = Looking(Options(home, None), seconds)
    made = [(each.name, each.found) for each in looking.checks()]
    assert looking.hangs
    return made


def test_a_quickbooks_that_answers_a_byte_now_and_then(connected: Any, call: Call, home: Path) -> None:
    with Proxy(connected.base_url, drip) as proxy:
        write_settings(home, {"base_url": proxy.url})
        *before, (last, text) = looked(home, 3)
    assert (before[-1][0], last) == ("tokens", "doctor")
    assert text == "What comes after “tokens” did not finish within 3 s."


def test_rules_that_stand_in_are_for_it_alone(connected: Any, home: Path) -> None:
    (home / "rules.yaml").write_text("version: 1\nitems: {}\nwrong: 1\n")
    before = dict(os.environ)
    with open_session(Options(home, None), connected=False, default_rules=True) as session:
        assert session.application.status().rules == str(DEFAULT_RULES)
        assert dict(os.environ) == before, "another thread starts a desk meanwhile"


@pytest.fixture
def silent(home: Path) -> Iterator[None]:
    """The ledger is said to be on a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        home.mkdir(mode=0o700)
        write_settings(home, {"ledger": f"postgresql://127.0.0.1:{server.getsockname()[1]}/books", "tenant": "acme"})
        yield


@pytest.mark.usefixtures("silent")
def test_a_database_that_says_nothing(home: Path) -> None:
    assert looked(home, 1)[-1] == ("doctor", "What comes after “key” did not finish within 1 s.")


def test_the_program_ends_though_a_check_does_not(call: Call, home: Path) -> None:
    call("keys", "add", "desk")  # the databases are made
    words = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()", "--home", str(home)]
    with ExitStack() as stack:
        for name in ("ledger", "onedesk"):
            database = stack.enter_context(closing(sqlite3.connect(home / f"{name}.sqlite", isolation_level=None)))
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("BEGIN EXCLUSIVE")
        done = subprocess.run([*words, "doctor", "--json"], capture_output=True, text=True, timeout=90)
    checks = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (1, "")
    assert "locked" in next(each["found"] for each in checks if each["check"] == "database ledger.sqlite")
    assert (checks[-1]["check"], checks[-1]["state"]) == ("doctor", "problem")
    assert checks[-1]["remedy"].startswith("Fix the problems above first")
