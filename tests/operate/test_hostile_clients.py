"""`serve` as a process, and clients that would wedge it."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from onedesk_quickbooks.plugin.cli.connections import Bounds
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
    """The answer to a request as it stands: its head, and as much of its body as the head announces."""
    with socket.create_connection(address, timeout=20) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        answer = client.recv(65536)
        while not _whole(answer) and (more := client.recv(65536)):
            answer += more
        return answer.decode()


def _whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    announced = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(end) and len(body) >= int(announced[1] if announced else 0)


@pytest.mark.parametrize("path", ["/quickbooks/webhooks", "/api/invoices?action=copy", "/sign-in"])
def test_a_body_that_is_too_large_is_refused_before_it_is_sent(address: tuple[str, int], path: str) -> None:
    asked = (f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json")
    refused = said(address, *asked, "Content-Length: 600000000")
    assert refused.startswith("HTTP/1.1 413 ") and "reads no more than 8 MB at once, so nothing was changed" in refused
    for french in ("Accept-Language: fr-CA, en;q=0.5", "Cookie: onedesk-language=fr"):
        refused = said(address, *asked, "Content-Length: 600000000", french)
        assert refused.startswith("HTTP/1.1 413 ")
        sentence = "Ce serveur ne lit pas plus de 8 Mo à la fois : rien n’a été modifié. Envoyez-en moins."
        assert refused.partition("\r\n\r\n")[2].replace("\xa0", " ") == sentence
    begun = b"ffffff\r\n".ljust(8_000_000, b"x")
    assert said(address, *asked, "Transfer-Encoding: chunked", body=begun).startswith("HTTP/1.1 413 ")


def test_connections_that_say_nothing_keep_nobody_out(address: tuple[str, int]) -> None:
    with ExitStack() as idle:
        opened = [idle.enter_context(socket.create_connection(address, timeout=40)) for _ in range(150)]
        for each in opened[:75]:
            each.sendall(b"GET /health HT")
        assert said(address, "GET /health HTTP/1.1", "Host: localhost").startswith("HTTP/1.1 200 ")
        assert opened[0].recv(1) == opened[-1].recv(1) == b"", "closed after a while"


def ok(environ: dict[str, object], start: Callable[..., object]) -> list[bytes]:
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def large(environ: dict[str, object], start: Callable[..., object]) -> list[bytes]:
    """A megabyte for who asks for it."""
    body = b"x" * (1_000_000 if environ["PATH_INFO"] == "/large" else 2)
    start("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def closed_in_the_end(server: Server, opened: list[socket.socket], say: bytes = b"") -> None:
    """Until the server has closed all of them it answers others."""
    for _ in range(400):
        assert said(("127.0.0.1", server.port), "GET / HTTP/1.1", "Host: localhost").startswith("HTTP/1.1 200 ")
        if server.connections <= 1:  # the one that just asked
            return
        for each in opened:
            with suppress(OSError):
                each.sendall(say)
        time.sleep(0.05)
    raise AssertionError(f"{server.connections} are open still")


def test_a_request_that_comes_a_byte_now_and_then_is_not_waited_for() -> None:
    with Server(ok, bounds=Bounds(seconds=0.5)) as server, ExitStack() as slow:
        address = ("127.0.0.1", server.port)
        opened = [slow.enter_context(socket.create_connection(address, timeout=40)) for _ in range(40)]
        closed_in_the_end(server, opened, b"G")


def test_an_answer_that_nobody_fetches_holds_no_thread_and_no_memory() -> None:
    asked = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40
    with Server(large, bounds=Bounds(seconds=0.5)) as server, ExitStack() as lazy:
        address = ("127.0.0.1", server.port)
        opened = [lazy.enter_context(socket.create_connection(address, timeout=40)) for _ in range(20)]
        for each in opened:
            each.sendall(asked)
        closed_in_the_end(server, opened)
    with Server(large, bounds=Bounds(held=30_000_000)) as server, ExitStack() as lazy:
        address = ("127.0.0.1", server.port)
        greedy = lazy.enter_context(socket.create_connection(address, timeout=40))
        greedy.sendall(asked)
        closed_in_the_end(server, [greedy])


def test_bodies_that_are_kept_for_all_together_have_a_bound() -> None:
    begun = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n".ljust(900_000, b"x")
    with Server(ok, bounds=Bounds(held=10_000_000)) as server, ExitStack() as many:
        address = ("127.0.0.1", server.port)
        for _ in range(40):
            client = many.enter_context(socket.create_connection(address, timeout=40))
            with suppress(OSError):
                client.sendall(begun)
        for _ in range(400):
            if 0 < server.connections <= 11:
                break
            time.sleep(0.05)
        assert 0 < server.connections <= 11
        assert said(address, "GET / HTTP/1.1", "Host: localhost").startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize("endless", [b"5;", b"0\r\nX: "], ids=["extension of a chunk", "trailer"])
def test_what_is_between_chunks_and_has_no_end_is_not_kept(endless: bytes) -> None:
    begun = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + endless
    with Server(ok) as server, socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(begun.ljust(20_000, b"x"))
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""


def test_who_comes_next_is_let_in_though_there_are_as_many_connections_as_may_be() -> None:
    with Server(ok, bounds=Bounds(connections=50)) as server, ExitStack() as idle:
        address = ("127.0.0.1", server.port)
        opened = [idle.enter_context(socket.create_connection(address, timeout=40)) for _ in range(200)]
        for _ in range(3):
            assert said(address, "GET / HTTP/1.1", "Host: localhost").startswith("HTTP/1.1 200 ")
        assert len(opened) > server.connections > 1
