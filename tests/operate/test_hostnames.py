"""The names that `serve` is asked by."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest
import requests

from onedesk_quickbooks.plugin.cli.hostnames import is_known
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.host.records import User
from onedesk_quickbooks.plugin.sync.settings import write_settings
from tests.api.test_serve import serving
from tests.support.signing_in import PASSWORD, form_token

OUTSIDE = "https://desk.example.com/quickbooks"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8080", "localhost.", "127.0.0.1:80", "127.9.9.9", "[::1]:8080", "Desk.example.com:443"],
)
def test_names_of_ours(host: str) -> None:
    assert is_known(host, "127.0.0.1", OUTSIDE)


@pytest.mark.parametrize(
    "host",
    [
        *(
            "",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil@localhost",
        ),
        *("localhost, evil.example", "localhost:80:80", "localhost/x", "[::1", "192.0.2.7", "2130706433", "::1"),
        *("desk.example.com.evil.example", "example.com", "[2001:db8::1]", "0.0.0.0", "lo\u0000calhost", "localhost\n"),
    ],
)
def test_names_of_others(host: str) -> None:
    assert not is_known(host, "127.0.0.1", OUTSIDE)
    assert host == "0.0.0.0" or not is_known(host, "0.0.0.0", OUTSIDE)


def test_the_address_that_is_bound() -> None:
    assert is_known("192.0.2.7:8080", "192.0.2.7", "") and is_known("desk.lan", "Desk.lan", "")
    assert (
        not is_known("", "", "")
        and not is_known("x", "127.0.0.1", "https://[x")
        and not is_known("192.0.2.8", "192.0.2.7", "")
    )


def test_serve_refuses_other_names_everywhere(home: Path) -> None:
    write_settings(home, {"public_url": OUTSIDE})
    with serving(home) as (api, _):
        base = api.removesuffix("/api")
        for path in ("/health", "/metrics", "/ready", "/sign-in", "/quickbooks/connect", "/quickbooks/health"):
            refused = requests.get(base + path, headers={"Host": "evil.example"}, timeout=10, allow_redirects=False)
            assert (refused.status_code, refused.text.count("public_url")) == (400, 1), path
        answer = requests.get(f"{api}/payments", headers={"Host": "evil.example"}, timeout=10)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown-host")
        for name in ("desk.example.com", "localhost", "127.0.0.1:1"):
            assert requests.get(f"{base}/health", headers={"Host": name}, timeout=10).status_code == 200
        with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2])), timeout=10) as old:
            old.sendall(b"GET /health HTTP/1.0\r\n\r\n")
            assert b" 200 " in old.recv(100), "a monitor that names no host"


def test_nobody_signs_in_or_disconnects_by_another_name(home: Path) -> None:
    with closing(EmbeddedHost.open(home, plugins=[])) as host:
        host.users.add(User("ada", "Ada Admin", may_administer=True), PASSWORD)
    with serving(home) as (api, _), requests.Session() as browser:
        base = api.removesuffix("/api")
        token = form_token(browser.get(f"{base}/sign-in", timeout=10).text)
        form = {"form_token": token, "user": "ada", "password": PASSWORD}
        evil = {"Host": "evil.example"}
        for path in ("/sign-in", "/quickbooks/disconnect"):
            refused = browser.post(base + path, data=form, headers=evil, timeout=10, allow_redirects=False)
            assert refused.status_code == 400 and "public_url" in refused.text
        signed_in = browser.post(f"{base}/sign-in", data=form, timeout=10, allow_redirects=False)
        assert signed_in.status_code == 303
