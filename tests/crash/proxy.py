"""Stands between a client and the sandbox, and changes what is answered on the wire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import simplejson

_LEFT_OUT = frozenset({"connection", "transfer-encoding", "date", "server", "content-length"})


@dataclass(frozen=True)
class Exchange:
    """A request and its answer."""

    method: str
    url: str
    asked: bytes
    status: int
    reason: str
    headers: Mapping[str, str]
    data: bytes

    @property
    def path(self) -> str:
        """Below the company, without ids: "batch", "invoice/send"; "" for what is not of the API."""
        parts = urlsplit(self.url).path.split("/")
        return "/".join(part for part in parts[4:] if not part.isdigit()) if parts[1] == "v3" else ""

    @property
    def writes(self) -> bool:
        """Whether it changes QuickBooks."""
        return "requestid" in parse_qs(urlsplit(self.url).query)

    @property
    def json(self) -> Any:
        """The answer; None where it is no JSON object."""
        return simplejson.loads(self.data, use_decimal=True) if self.data.lstrip().startswith(b"{") else None

    def answering(self, value: Any) -> Exchange:
        """The same with another answer: a text, or what becomes JSON."""
        text = value if isinstance(value, str) else simplejson.dumps(value, use_decimal=True)
        return replace(self, data=text.encode())

    @property
    def wire(self) -> bytes:
        """The answer as it is sent."""
        head = [f"HTTP/1.1 {self.status} {self.reason}", f"Content-Length: {len(self.data)}"]
        head += [f"{key}: {value}" for key, value in self.headers.items()]
        return "\r\n".join([*head, "", ""]).encode("latin-1") + self.data


Change = Callable[[Exchange], Iterable[bytes]]
"""The pieces in which an answer is sent."""


def unchanged(exchange: Exchange) -> Iterable[bytes]:
    """As it came."""
    return [exchange.wire]


def drip(exchange: Exchange) -> Iterator[bytes]:
    """A byte now and then, and no end."""
    yield exchange.wire.partition(b"Content-Length")[0] + b"Content-Length: 5000\r\n\r\n{"
    for _ in range(4000):
        time.sleep(0.2)
        yield b" "


class Proxy:
    """Serves on a port of its own, within a `with`. `change` makes the pieces that are sent of each answer."""

    def __init__(self, to: str, change: Change = unchanged) -> None:
        self._to = urlsplit(to).netloc
        self._lock = threading.Lock()
        self.change = change
        self.doubled = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                with suppress(OSError):  # a client that finds more than it asked for hangs up
                    super().handle()

            def do_GET(self) -> None:
                proxy.pass_on(self)

            def do_POST(self) -> None:
                proxy.pass_on(self)

            def log_message(self, format: str, *args: object) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.change = unchanged
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def double(self, number: int) -> None:
        """The n-th answer of the API from now on comes twice, in one piece, so that the second lies ready before the
        client asks again."""
        left = number

        def change(exchange: Exchange) -> Iterable[bytes]:
            nonlocal left
            with self._lock:
                left -= bool(exchange.path)
                twice = bool(exchange.path) and left == 0
                self.doubled += twice
            return [exchange.wire * (2 if twice else 1)]

        self.change, self.doubled = change, 0

    def pass_on(self, asked: BaseHTTPRequestHandler) -> None:
        """One request and its answer."""
        body = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        onward = HTTPConnection(self._to, timeout=30)
        try:
            onward.request(asked.command, asked.path, body, dict(asked.headers))
            got = onward.getresponse()
            answer = got.read()
        finally:
            onward.close()
        headers = {key: value for key, value in got.getheaders() if key.lower() not in _LEFT_OUT}
        exchange = Exchange(asked.command, asked.path, body, got.status, got.reason, headers, answer)
        for piece in self.change(exchange):
            asked.wfile.write(piece)
            asked.wfile.flush()
