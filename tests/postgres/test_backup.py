"""`backup` and `restore` of a ledger in PostgreSQL: by its own programs, which get no password in their arguments."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from onedesk_quickbooks.plugin.cli import main
from onedesk_quickbooks.plugin.host.records import User
from onedesk_quickbooks.plugin.ops.backup.restoring import restore
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.postgres.conftest import Server
from tests.support.clients import unpacking
from tests.sync.conftest import Desk

pytestmark = pytest.mark.postgres
PASSWORD = "hunter2%2F"
RUN = [sys.executable, "-c", "from onedesk_quickbooks.plugin.cli import main; main()"]


def run(home: Path, *words: object) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *map(str, words)])


@pytest.fixture
def call_log(server: Server, tmp_path: Path) -> Iterator[Path]:
    """PostgreSQL's programs are those of the server, behind scripts that record how they are called."""
    folder, path = tmp_path / "bin", os.environ["PATH"]
    folder.mkdir()
    for name in ("pg_dump", "pg_restore", "psql"):
        script = folder / name
        script.write_text(
            f'#!/bin/sh\necho "{name} $* PASSWORD=$PGPASSWORD" >> {folder}/calls\nexec {server.programs}/{name} "$@"\n'
        )
        script.chmod(0o755)
    os.environ["PATH"] = f"{folder}:{path}"
    yield folder / "calls"
    os.environ["PATH"] = path


@pytest.fixture
def desk(desks: Callable[..., Desk], url: str) -> Desk:
    made = desks(settings={"ledger": url.replace("onedesk@", f"onedesk:{PASSWORD}@"), "tenant": "acme"})
    made.connect()
    return made


def links(desk: Desk) -> list[bool]:
    realm_id = desk.sandbox.realm_id
    return [desk.application.ledger.links.invoice(realm_id, f"INV-{number}") is not None for number in (1, 2)]


def test_there_and_back_while_it_works(
    desk: Desk, invoice: Callable[..., dict[str, Any]], call_log: Path, tmp_path: Path
) -> None:
    desk.copy(invoice())
    key, ledger = desk.application.ledger.api_keys.add("desk", ("payments",))[1], desk.application.ledger
    desk.host.users.add(User("gus", "Gus", may_administer=False), "correct horse battery")
    file = tmp_path / "saved.tar.gz"
    done = run(desk.home, "backup", file)
    assert done.exit_code == 0, done.output
    with tarfile.open(file) as archive:
        assert {"ledger.dump", "onedesk.sqlite", "settings.yaml"} <= set(archive.getnames())
        assert "ledger.sqlite" not in archive.getnames()
    desk.copy(invoice(id="INV-2", number="2042"))
    tokens = desk.application.ledger.companies.tokens(desk.sandbox.realm_id)
    assert run(desk.home, "restore", file).exit_code == 3, "it asks before it replaces"
    assert ledger.api_keys.revoke("desk")
    desk.host.users.change_password("gus", "another horse battery")
    done = run(desk.home, "restore", file, "--yes")
    assert done.exit_code == 0, done.output
    assert "keep the newer one: gus." in done.output and desk.host.users.sign_in("gus", "another horse battery")
    assert "stay revoked: desk." in done.output and ledger.api_keys.known(key) is None
    assert ledger.payment_events.newest() > 10**8, "no number is used again"
    assert links(desk) == [True, False], "as it was, for the process that has it open all the time"
    assert desk.application.ledger.companies.tokens(desk.sandbox.realm_id) == tokens
    assert desk.copy(invoice(id="INV-2", number="2042")).outcome in ("updated", "unchanged")
    (kept,) = desk.home.glob("before-restore-*.tar.gz")
    assert run(desk.home, "restore", kept, "--yes").exit_code == 0
    assert links(desk) == [True, True]
    said = call_log.read_text().splitlines()
    assert {each.split()[0] for each in said} == {"pg_dump", "pg_restore", "psql"}
    arguments = [each.partition(" PASSWORD=")[0] for each in said]
    assert not any("hunter2" in each for each in arguments), arguments
    assert all("PASSWORD=hunter2/" in each for each in said if not each.startswith("pg_restore"))
    assert not list(desk.home.glob(".backup-*"))


def test_no_kill_point_leaves_a_revoked_key_valid(desk: Desk, call_log: Path, tmp_path: Path, url: str) -> None:
    """The restore is killed when the last of PostgreSQL's programs has done its work."""
    key, ledger = desk.application.ledger.api_keys.add("desk", ("payments",))[1], desk.application.ledger
    ledger.outgoing_webhooks.put("https://a.example/in", b"old", 0)
    file = tmp_path / "saved.tar.gz"
    assert run(desk.home, "backup", file).exit_code == 0
    assert ledger.api_keys.revoke("desk")
    ledger.outgoing_webhooks.put("https://a.example/in", b"new", 0)
    ledger.outgoing_webhooks.failed(ledger.outgoing_webhooks.all()[0].id, 1, "it answered 410", None)
    script = call_log.parent / "psql"
    was = script.read_text()
    script.write_text(was.replace("exec ", "") + "kill -KILL $PPID\n")
    with subprocess.Popen([*RUN, "--home", str(desk.home), "restore", str(file), "--yes"]) as process:
        assert process.wait(120) == -signal.SIGKILL
    assert ledger.api_keys.known(key) is None
    (webhook,) = ledger.outgoing_webhooks.all()
    assert ledger.outgoing_webhooks.secret(webhook.id) == b"new"
    script.write_text(was)
    done = run(desk.home, "restore", file, "--yes")
    assert done.exit_code == 0, done.output
    assert "stay revoked: desk." in done.output and "keep the newer one: https://a.example/in." in done.output
    assert ledger.api_keys.known(key) is None
    (webhook,) = ledger.outgoing_webhooks.all()
    assert ledger.outgoing_webhooks.secret(webhook.id) == b"new"
    assert (webhook.state, webhook.problem) == ("stopped", "it answered 410")
    assert "or had stopped, are stopped: https://a.example/in." in done.output
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'onedesk_acme%'").fetchall()
    assert found == [("onedesk_acme",)]


def test_what_is_revoked_while_a_restore_works_stays_so(desk: Desk, call_log: Path, tmp_path: Path) -> None:
    ledger, file, calls = desk.application.ledger, tmp_path / "saved.tar.gz", count()
    ledger.api_keys.add("leaked", ("payments",))
    assert run(desk.home, "backup", file).exit_code == 0
    meanwhile = Thread(target=ledger.api_keys.revoke, args=("leaked",))

    def now() -> datetime:
        if next(calls) == 1:  # the first one names the file of the former data
            meanwhile.start()
            meanwhile.join(0.5)
        return desk.clock.now()

    restore(file, desk.home, {}, now, replace=True)
    meanwhile.join()
    assert [bool(each.revoked_at) for each in ledger.api_keys.all()] == [True]


def test_another_tenants_backup_is_refused(desk: Desk, call_log: Path, tmp_path: Path, url: str) -> None:
    file = tmp_path / "saved.tar.gz"
    assert run(desk.home, "backup", file).exit_code == 0
    write_settings(desk.home, {"tenant": "zenith"})
    done = run(desk.home, "restore", file, "--yes")
    assert done.exit_code == 3 and "tenant zenith, and that of" in done.output
    assert "hunter2" not in done.output
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'onedesk_%'").fetchall()
    assert ("onedesk_zenith",) not in found
    write_settings(desk.home, {"tenant": "acme"})


def test_a_dump_that_is_cut_changes_nothing(
    desk: Desk, invoice: Callable[..., dict[str, Any]], call_log: Path, tmp_path: Path
) -> None:
    file = tmp_path / "saved.tar.gz"
    assert run(desk.home, "backup", file).exit_code == 0
    desk.copy(invoice())
    with unpacking(file) as archive:
        archive.extractall(tmp_path / "in")
    dump = tmp_path / "in" / "ledger.dump"
    dump.write_bytes(dump.read_bytes()[:-2000])
    with tarfile.open(tmp_path / "cut.tar.gz", "w:gz") as archive:
        for each in (tmp_path / "in").iterdir():
            archive.add(each, arcname=each.name)
    done = run(desk.home, "restore", tmp_path / "cut.tar.gz", "--yes")
    assert done.exit_code == 3, done.output
    assert links(desk) == [True, False]


def test_without_the_programs_it_says_so(desk: Desk, tmp_path: Path) -> None:
    path = os.environ["PATH"]
    os.environ["PATH"] = str(tmp_path)
    try:
        done = run(desk.home, "backup", tmp_path / "saved.tar.gz")
    finally:
        os.environ["PATH"] = path
    assert done.exit_code == 3 and "pg_dump is not on this machine's PATH" in done.output
    assert not (tmp_path / "saved.tar.gz").exists()


def test_who_is_killed_while_pg_dump_works_leaves_nothing_for_long(
    desk: Desk, call_log: Path, tmp_path: Path, url: str
) -> None:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE onedesk_acme.work IN ACCESS EXCLUSIVE MODE")  # pg_dump waits for it
        file = str(tmp_path / "saved.tar.gz")
        with subprocess.Popen([*RUN, "--home", str(desk.home), "backup", file]) as process:
            end = time.monotonic() + 60
            while not list(desk.home.glob(".backup-*/data/ledger.dump")) and time.monotonic() < end:
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
    assert list(desk.home.glob(".backup-*"))
    assert run(desk.home, "backup", file).exit_code == 0
    assert not list(desk.home.glob(".backup-*"))
    assert json.loads(run(desk.home, "status", "--json").output)["connected"]
