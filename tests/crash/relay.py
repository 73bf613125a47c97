"""Stands between a client and the sandbox, and gives one of its answers twice on the wire."""

from __future__ import annotations

import threading
from contextlib import suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

_LEFT_OUT = frozenset({"connection", "transfer-encoding", "date", "server"})


class Relay:
    """Serves on a port of its own, within a `with`. `double(n)`: the n-th answer of the API from then on comes twice,
    in one piece, so that the second lies ready before the client asks again."""

    def __init__(self, to: str) -> None:
        self._to = urlsplit(to).netloc
        self._lock = threading.Lock()
        self._left = 0
        self.struck = 0
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                with suppress(ConnectionError):  # a client that finds more than it asked for hangs up
                    super().handle()

            def do_GET(self) -> None:
                relay.pass_on(self)

            def do_POST(self) -> None:
                relay.pass_on(self)

            def log_message(self, format: str, *args: object) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def double(self, number: int) -> None:
        """Which answer of the API is given twice; 0 none."""
        with self._lock:
            self._left, self.struck = number, 0

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
        head = [f"HTTP/1.1 {got.status} {got.reason}"]
        head += [f"{key}: {value}" for key, value in got.getheaders() if key.lower() not in _LEFT_OUT]
        whole = "\r\n".join([*head, "", ""]).encode("latin-1") + answer
        asked.wfile.write(whole * (2 if self._strikes(asked.path) else 1))

    def _strikes(self, path: str) -> bool:
        if not path.startswith("/v3/"):
            return False
        with self._lock:
            self._left -= 1
            if self._left:
                return False
            self.struck += 1
            return True
