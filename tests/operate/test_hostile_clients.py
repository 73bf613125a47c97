"""`serve` as a process, and clients that would wedge it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from onedesk_quickbooks.plugin.cli.serving import Server
from tests.api.test_serve import serving


@pytest.fixture
def address(home: Path) -> Iterator[tuple[str, int]]:
    """Where `serve` listens, without a company."""
    with serving(home) as (base, _):
        found = urlsplit(base)
        assert found.hostname and found.port
        yield found.hostname, found.port


def said(address: tuple[str, int], *lines: str, body: bytes = b"") -> str:
    """The first line of the answer to a request as it stands, and what follows it."""
    with socket.create_connection(address, timeout=20) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return client.recv(65536).decode()


@pytest.mark.parametrize("path", ["/quickbooks/webhooks", "/api/invoices?action=copy", "/sign-in"])
def test_a_body_that_is_too_large_is_refused_before_it_is_sent(address: tuple[str, int], path: str) -> None:
    asked = (f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json")
    assert said(address, *asked, "Content-Length: 600000000").startswith("HTTP/1.1 413 ")
    begun = b"ffffff\r\n".ljust(8_000_000, b"x")
    assert said(address, *asked, "Transfer-Encoding: chunked", body=begun).startswith("HTTP/1.1 413 ")


def test_connections_that_say_nothing_keep_nobody_out(address: tuple[str, int]) -> None:
    with ExitStack() as idle:
        opened = [idle.enter_context(socket.create_connection(address, timeout=40)) for _ in range(150)]
        for each in opened[:75]:
            each.sendall(b"GET /health HT")
        assert said(address, "GET /health HTTP/1.1", "Host: localhost").startswith("HTTP/1.1 200 ")
        assert opened[0].recv(1) == opened[-1].recv(1) == b"", "closed after a while"


def test_a_request_that_comes_a_byte_now_and_then_is_not_waited_for() -> None:
    def app(environ: dict[str, object], start: Callable[..., object]) -> list[bytes]:
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with Server(app, request_seconds=0.5) as server, ExitStack() as slow:
        address = ("127.0.0.1", server.port)
        opened = [slow.enter_context(socket.create_connection(address, timeout=40)) for _ in range(40)]

        def are_open() -> bool:
            try:
                for each in opened:
                    each.sendall(b"G")
            except OSError:
                return False
            return True

        for _ in range(400):
            assert said(address, "GET / HTTP/1.1", "Host: localhost").startswith("HTTP/1.1 200 ")
            if not are_open():
                return
            time.sleep(0.05)
        raise AssertionError("they were never closed")
