"""The sessions of a process share their connections, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from onedesk_quickbooks.plugin.qbo import shared_session

_FORKS = """
import os, sys
from onedesk_quickbooks.plugin.qbo import shared_session
for _ in range(2):
    shared_session().get(sys.argv[1], timeout=10)
    if child := os.fork():
        os.waitpid(child, 0)
    else:
        shared_session().get(sys.argv[1], timeout=10)
        os._exit(0)
"""


@contextmanager
def serving() -> Iterator[tuple[str, list[int]]]:
    """A server that keeps its connections; and the client's port of each request."""
    ports: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            ports.append(self.client_address[1])
            self.send_response(200)
            self.send_header("Set-Cookie", "of=one")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", ports
        server.shutdown()
        thread.join()


def test_a_session_uses_the_connection_of_another_that_has_ended() -> None:
    with serving() as (url, ports):
        with shared_session() as first:
            first.get(url, timeout=10)
        second = shared_session()
        assert not second.cookies
        second.get(url, timeout=10)
    assert len(ports) == 2 and len(set(ports)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="it has no fork")
def test_a_child_does_not_speak_on_its_parents_connections() -> None:
    with serving() as (url, ports):
        subprocess.run([sys.executable, "-c", _FORKS, url], check=True, timeout=60)
    parent, child, again, other = ports
    assert parent == again and parent not in (child, other)
