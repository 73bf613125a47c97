"""What only its owner may read, and where secrets never go."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from onedesk_quickbooks.hooks import QuickBooksPlugin
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.ledger import KeyProblem, LedgerProblem, Seal
from onedesk_quickbooks.plugin.ledger.database import Database
from onedesk_quickbooks.plugin.qbo import AnswerUnknown, Endpoints, OAuth, QuickBooksProblem, Unreadable
from onedesk_quickbooks.plugin.qbo.faults import Fault, problem_of
from onedesk_quickbooks.plugin.sync.errors import SettingsProblem
from onedesk_quickbooks.plugin.sync.settings import FILE, kept_settings, load_settings, write_settings
from tests.sync.conftest import ADMIN, Desk

NOW = datetime(2026, 11, 27, tzinfo=timezone.utc)


def test_files_of_a_data_directory(us: Desk, invoice: Callable[..., dict[str, Any]]) -> None:
    us.copy(invoice())
    open_to_all = [each.name for each in us.home.rglob("*") if each.is_file() and each.stat().st_mode & 0o077]
    assert [name for name in open_to_all if "sqlite" in name or name.startswith("settings")] == []
    assert us.home.stat().st_mode & 0o777 == 0o700


def test_an_older_installation_is_made_private(us: Desk) -> None:
    files = [us.home, us.home / "settings.yaml", *us.home.glob("*.sqlite")]
    assert len(files) == 4
    us.host.close()
    for each in files:
        each.chmod(0o755)
    us.restart()
    assert [each.stat().st_mode & 0o077 for each in files] == [0, 0, 0, 0]


def test_a_file_that_is_no_ledger_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "passwd"
    file.write_text("root:x:0:0:root:/root:/bin/bash\n")
    file.chmod(0o644)
    with pytest.raises(LedgerProblem, match="not a database"):
        Database.open(file, lambda: NOW)
    assert file.stat().st_mode & 0o777 == 0o644 and file.read_text().startswith("root:")


def test_a_folder_that_all_users_share_stays_so(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    EmbeddedHost.open(shared, plugins=[QuickBooksPlugin(background=False)]).close()
    assert shared.stat().st_mode & 0o1777 == 0o1777
    assert (shared / "ledger.sqlite").stat().st_mode & 0o777 == 0o600


def test_no_password_is_in_the_public_url(tmp_path: Path) -> None:
    """`serve` and the doctor print it, and browsers get it."""
    for url in ("https://ada:hunter2@desk.example/quickbooks", "ada:hunt/er2@desk.example"):
        (tmp_path / "settings.yaml").write_text(f"public_url: {url}\n")
        with pytest.raises(SettingsProblem, match=r"settings\.yaml:1:1: public_url: .* no password") as caught:
            load_settings(tmp_path, {})
        assert "er2" not in str(caught.value)


@pytest.mark.parametrize("key", ["smtp_url", "alert_webhook"])
def test_no_message_shows_a_secret(tmp_path: Path, key: str) -> None:
    write_settings(tmp_path, {key: "gopher:hunter2@mail"})
    with pytest.raises(SettingsProblem, match=f"{key}: its value, which is secret, has the wrong format") as caught:
        load_settings(tmp_path, {})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "client_secret: &hunter2 x",
        "client_secret: *hunter2",
        "client_secret: !hunter2 x",
        "client_secret: @hunter2",
        "client_secret: [hunter2",
        "client_secret: hunter2: x",
        "client_secret: x: hunter2",
        "client_secret: {hunter2: 1}",
        "- client_secret: hunter2",
        "client_secret: 'hunter2",
        "client_secret: one\n  hunter2: two",
    ],
)
def test_no_finding_in_the_settings_shows_a_value(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.yaml").write_text(f"{text}\n")
    with pytest.raises(SettingsProblem, match=r"settings\.yaml:\d") as caught:
        load_settings(tmp_path, {})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "place",
    [
        "postgre://ada:hunter2@db/books",
        "mysql://ada:hunter2@db/books",
        "sqlite:////var/hunter2.sqlite",
        "postgresql:/ada:hunter2@db/books",
        "postgresql:hunter2",
        "Postgresql://ada:hunter2@db/books",
        "postgresql+asyncpg://ada:hunter2@db/books",
        "postgresql://",
        "my sql://ada:hunter2@db/books",
        "sqlite:hunter2.sqlite",
        "mysql:ada:hunter2@db",
    ],
)
def test_a_ledger_of_an_unknown_scheme_is_an_error(tmp_path: Path, place: str) -> None:
    (tmp_path / "settings.yaml").write_text(f"environment: sandbox\nledger: {place}\n")
    with pytest.raises(SettingsProblem) as caught:
        load_settings(tmp_path, {})
    message = (
        "ledger: its value, which is secret, has the wrong format; it is the path of a SQLite file, or postgresql://"
    )
    assert str(caught.value).startswith(f"{tmp_path}/settings.yaml:2:1: {message}"), str(caught.value)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(SettingsProblem, match="the environment variable ONEDESK_QUICKBOOKS_LEDGER: ledger: "):
        load_settings(tmp_path / "none", {"ONEDESK_QUICKBOOKS_LEDGER": place})


@pytest.mark.parametrize("place", ["books.sqlite", "/var/a b/c.sqlite", "C:/books.sqlite", "a:b", "postgres://u@h/d"])
def test_a_ledger_is_a_path_or_a_url_of_postgresql(tmp_path: Path, place: str) -> None:
    assert load_settings(tmp_path, {"ONEDESK_QUICKBOOKS_LEDGER": place}).ledger == place


def test_a_password_with_an_unescaped_at_is_shown_by_no_message() -> None:
    with pytest.raises(LedgerProblem, match="as %40") as caught:
        Database.open_url("postgresql://ada:hun@ter2@127.0.0.1:9/books", "main", lambda: NOW)
    assert "ter2" not in str(caught.value)


def test_sealed_tokens_open_for_their_tenant_and_company_alone() -> None:
    key = Fernet.generate_key()
    acme, zenith, file = Seal(key, "key", "acme"), Seal(key, "key", "zenith"), Seal(key, "key")
    sealed = acme.encrypt(b"secret", "company 1")
    assert acme.decrypt(sealed, "company 1") == b"secret"
    for seal, purpose in ((zenith, "company 1"), (acme, "company 2"), (file, "company 1")):
        with pytest.raises(KeyProblem, match="sealed for another company or tenant"):
            seal.decrypt(sealed, purpose)
    assert acme.decrypt(file.encrypt(b"secret", "company 1"), "company 1") == b"secret", "moved from a file"
    assert acme.decrypt(Fernet(key).encrypt(b"secret"), "company 1") == b"secret", "of an earlier release"


def test_tokens_under_another_company_are_not_used(us: Desk) -> None:
    with closing(sqlite3.connect(us.home / "ledger.sqlite", isolation_level=None)) as connection:
        connection.execute("UPDATE token SET realm_id = '77'")
    with pytest.raises(KeyProblem, match="sealed for another company or tenant"):
        us.application.ledger.companies.tokens("77")


def test_settings_are_read_from_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "settings.yaml")
    for work in (lambda: load_settings(tmp_path, {}), lambda: write_settings(tmp_path, {"rules": "x"})):
        with pytest.raises(SettingsProblem, match=r"settings\.yaml is a FIFO, not a file, so it was not read"):
            work()


def test_settings_that_are_a_link_are_written_in_its_target(tmp_path: Path) -> None:
    target, home = tmp_path / "etc" / "acme.yaml", tmp_path / "home"
    target.parent.mkdir()
    home.mkdir()
    (home / "settings.yaml").symlink_to(target)
    write_settings(home, {"tenant": "acme"})
    restore = kept_settings(home)
    write_settings(home, {"tenant": "zenith"})
    assert (home / "settings.yaml").is_symlink() and target.read_text(encoding="utf-8") == 'tenant: "zenith"\n'
    restore()
    assert (home / "settings.yaml").is_symlink() and target.read_text(encoding="utf-8") == 'tenant: "acme"\n'
    assert [each.name for each in target.parent.iterdir()] == ["acme.yaml"]


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """A server that answers every request so; gives its address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def oauth(url: str) -> OAuth:
    return OAuth(Endpoints("local", url, url, f"{url}/token", f"{url}/revoke"), "id", "secret", lambda: NOW)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_tokens_follow_no_redirect(status: int) -> None:
    with answering(200, b"{}") as (elsewhere, there), answering(status, b"", Location=f"{elsewhere}/x") as (url, asked):
        with pytest.raises(AnswerUnknown):
            oauth(url).refresh("a-refresh-token")
        with pytest.raises(AnswerUnknown):
            oauth(url).revoke("a-refresh-token")
    assert (there, asked) == ([], ["/token", "/revoke"])


@pytest.mark.parametrize(
    "answer",
    [
        b'{"access_token": "a", "refresh_token": "b", "expires_in": 1e18}',
        b'{"access_token": "a", "refresh_token": "b", "expires_in": -1}',
        b'{"access_token": "a", "refresh_token": "b", "expires_in": 1000000000000000000}',
        b'{"access_token": "a\\r\\nX-Other: 1", "refresh_token": "b", "expires_in": 3600}',
        b'{"access_token": "a", "refresh_token": null, "expires_in": 3600}',
        b'{"access_token": "", "refresh_token": "b", "expires_in": 3600}',
        b'{"access_token": "a", "refresh_token": "b"}',
        b"[]",
        b"null",
        b"<html>",
    ],
)
def test_tokens_that_are_none(answer: bytes) -> None:
    with answering(200, answer) as (url, _), pytest.raises(AnswerUnknown):
        oauth(url).refresh("a-refresh-token")


NAMING = "The name supplied already exists. : Another customer is already using Blue Harbor Ltd"


@pytest.mark.parametrize("path", ["", "cdc", "query", "customer", "invoice"])
@pytest.mark.parametrize("fault", [{"code": "6240"}, {"code": "6190"}, {"code": "10000"}, {"code": "6070"}], ids=str)
def test_what_quickbooks_says_is_not_logged(
    us: Desk, invoice: Callable[..., dict[str, Any]], caplog: pytest.LogCaptureFixture, path: str, fault: dict[str, str]
) -> None:
    us.copy(invoice())
    caplog.set_level("INFO")
    us.predicts = False
    us.sandbox.faults.inject(fault="refused", detail=NAMING, path=path, count=0, **fault)
    us.save(invoice(id="INV-2", number="2042", customer={"id": "C-8", "name": "Gull & Sons"}))
    us.host.act("INV-2", "quickbooks.copy", ADMIN)
    us.application.drain()
    with suppress(QuickBooksProblem):
        us.application.bring_payments()
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("onedesk_quickbooks")]
    assert [each for each in ours if "Blue Harbor" in each or "Gull" in each] == []
    if path == "cdc" and fault["code"] == "6240":
        assert any("code 6240" in each for each in ours)


PROBLEMS = [
    (problem_of((Fault("6240", "Duplicate Name", NAMING, "", "", 400, "1-tid"),)), "code 6240", "1-tid"),
    (problem_of((Fault("10000", "Error", NAMING, "", "", 500, "1-tid"),)), "code 10000", "1-tid"),
    (problem_of((Fault("", NAMING, "", "", "", 502, "1-tid"),)), "HTTP 502", "1-tid"),
    (problem_of((Fault("3200", "", NAMING, "", "", 401, "1-tid"),)), "code 3200", "1-tid"),
    (problem_of((Fault("", "", NAMING, "", "", 400, "1-tid"),)), "HTTP 400", "1-tid"),
    (Unreadable("Customer", "7", NAMING), "its Customer 7", ""),
    (AnswerUnknown(NAMING, own="it answered something else").to("makes the invoice 7"), "something else", ""),
]


@pytest.mark.parametrize(("problem", "code", "tid"), PROBLEMS)
def test_a_problem_says_more_than_the_log(problem: QuickBooksProblem, code: str, tid: str) -> None:
    assert "Blue Harbor" in str(problem) and "Blue Harbor" not in problem.logged
    assert code in problem.logged and tid in problem.logged


def test_settings_that_stay_are_read_once_and_changed_ones_again(tmp_path: Path) -> None:
    write_settings(tmp_path, {"tenant": "a"})
    first, stamp = load_settings(tmp_path, {}), (tmp_path / FILE).stat()
    assert load_settings(tmp_path, {}) is first
    assert load_settings(tmp_path, {"ONEDESK_QUICKBOOKS_TENANT": "c"}).tenant == "c"
    write_settings(tmp_path, {"tenant": "b"})
    os.utime(tmp_path / FILE, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert load_settings(tmp_path, {}).tenant == "b"
