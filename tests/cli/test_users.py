"""`users`, and where `serve` may be reached from."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import requests

from onedesk_quickbooks.plugin.cli.hostnames import is_loopback
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.cli.test_processes import started
from tests.commands import Call
from tests.support.signing_in import PASSWORD, sign_in


def test_users_are_made_shown_changed_and_removed(call: Call, tmp_path: Path) -> None:
    assert "users add NAME --administrator" in call("users", "list").out
    made = call("users", "add", "ada", "--full-name", "Ada Admin", "--administrator", input=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.code == 0 and "Ada Admin signs in as ada, and may administer." in made.out
    assert PASSWORD not in made.out + made.err
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\nsecond line\n")
    added = call("users", "add", "gus", "--password-file", file, "--json").one
    assert added == {"name": "gus", "full_name": "gus", "administrator": False}
    assert [each["name"] for each in call("users", "list", "--json").lines] == ["ada", "gus"]
    assert "administers" in call("users", "list").out
    assert call("users", "password", "gus", "--password-file", "-", input="another horse battery\n").code == 0
    assert call("users", "remove", "gus").code == 0
    last = call("users", "remove", "ada")
    assert last.code == 3 and "last administrator: make another one first" in last.err


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("add", "ada"), "short\nshort\n", "this one has 5"),
        (("add", "a\tda", "--password-file", "-"), PASSWORD, "sign-in name"),
        (("add", "ada", "--password-file", "-"), "", "this one has 0"),
        (("add", "ada", "--password-file", "/nowhere/at/all"), "", "No such file"),
        (("password", "ada", "--password-file", "-"), PASSWORD, "no user 'ada'; see: onedesk-quickbooks users list"),
        (("remove", "ada"), "", "no user 'ada'; see: onedesk-quickbooks users list"),
    ],
)
def test_what_is_refused_says_why(call: Call, words: tuple[str, ...], given: str, said: str) -> None:
    refused = call("users", *words, input=given)
    assert refused.code in (2, 3) and said in refused.err
    assert call("users", "list", "--json").lines == []


def test_serve_prints_where_the_first_user_is_made_until_there_is_one(call: Call, home: Path) -> None:
    with started(home, "serve", "--port", "0") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[2].startswith("First user ") and "/first-user?key=" in lines[2]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert lines[2].split("key=")[1].strip() not in out + err, "no log has the key"
    call("users", "add", "ada", "--administrator", "--password-file", "-", input=f"{PASSWORD}\n")
    with started(home, "serve", "--port", "0") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert not any("First user" in line for line in lines)
        with requests.Session() as browser:
            base = lines[0].split()[-1].rstrip("/")
            assert "Nothing is written to QuickBooks before the last step." in sign_in(browser, base, "ada").text


def test_serve_is_not_reached_from_other_machines_without_tls(call: Call, home: Path) -> None:
    refused = call("serve", "--port", "0", "--bind", "0.0.0.0")
    assert refused.code == 3
    assert "0.0.0.0 is reached from other machines" in refused.err and "public_url" in refused.err
    write_settings(home, {"public_url": "http://desk.example.com/quickbooks"})
    assert call("serve", "--port", "0", "--bind", "::").code == 3
    write_settings(home, {"public_url": "https://desk.example.com/quickbooks"})
    with started(home, "serve", "--port", "0", "--bind", "0.0.0.0", "--json") as process:
        assert process.stdout is not None and "base_url" in process.stdout.readline()


@pytest.mark.parametrize(
    ("bind", "loopback"),
    [
        *(("127.0.0.1", True), ("127.9.0.1", True), ("::1", True), ("localhost", True), ("LOCALHOST.", True)),
        *(("0.0.0.0", False), ("::", False), ("192.0.2.7", False), ("desk.lan", False), ("", False)),
    ],
)
def test_what_this_machine_alone_reaches(bind: str, loopback: bool) -> None:
    assert is_loopback(bind) is loopback


def test_the_cookie_stays_out_of_plain_http_where_the_browser_came_by_https(call: Call, home: Path) -> None:
    call("users", "add", "ada", "--administrator", "--password-file", "-", input=f"{PASSWORD}\n")
    with started(home, "serve", "--port", "0") as process:
        assert process.stdout is not None
        base = process.stdout.readline().split()[-1].rstrip("/")
        by_proxy = requests.get(f"{base}/sign-in", headers={"X-Forwarded-Proto": "https"}, timeout=10)
        direct = requests.get(f"{base}/sign-in", timeout=10)
        assert ("Secure" in by_proxy.headers["Set-Cookie"], "Secure" in direct.headers["Set-Cookie"]) == (True, False)
