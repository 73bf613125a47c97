"""Serves a sandbox over HTTP by waitress, which can cut a connection for an injected fault; HTTPS on request."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from onedesk_quickbooks.plugin.sandbox.http.tls import certified, speaking
from onedesk_quickbooks.plugin.sandbox.options import SandboxOptions
from onedesk_quickbooks.plugin.sandbox.sandbox import Sandbox

_POLL_SECONDS = 1.0
_THREADS = 8


class Server:
    """A sandbox on a listening socket; serves from a thread between `start()` and `stop()` (or as a context).

    host, port: the address; port 0 uses a free one. Raises OSError if the port is in use. Webhooks are delivered while
    it serves. `stop()` does not close the sandbox, which belongs to the caller. tls: serves HTTPS. `certificate` is
    then the file that clients should trust, valid for localhost and `host`; it is created here and deleted by `stop()`.
    """

    def __init__(
        self, sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0, threads: int = _THREADS, tls: bool = False
    ) -> None:
        self.sandbox = sandbox
        self.certificate: Path | None = None
        # Bound here: waitress leaves sockets open if the port is in use.
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = int(listener.getsockname()[1])
        self.base_url = f"http{'s' if tls else ''}://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._clean = contextlib.ExitStack()
        if tls:
            folder = self._clean.enter_context(TemporaryDirectory(prefix="quickbooks-sandbox-"))
            names = dict.fromkeys(("localhost", "127.0.0.1", "::1", host))
            self.certificate, context = certified(Path(folder), list(names))
            self._server: _Plain | _Tls = _Tls(speaking(sandbox.wsgi, listener, context))
        else:
            self._server = _Plain(sandbox, listener, threads)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start serving by a thread."""
        self.sandbox.start()
        self._thread = threading.Thread(target=self._server.run, name="sandbox-http", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until another thread calls `stop()`. Raises KeyboardInterrupt."""
        while not self._stopping.wait(_POLL_SECONDS):
            pass

    def stop(self) -> None:
        """End every connection and free the port. Further calls do nothing."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self.sandbox.stop()
        if self._thread is not None:
            self._server.end()
            self._thread.join()
        self._server.close()
        self._clean.close()


class _Plain:
    """waitress: stops at once, and cuts connections."""

    def __init__(self, sandbox: Sandbox, listener: socket.socket, threads: int) -> None:
        self._sockets: dict[int, Any] = {}
        self._server: Any = import_module("waitress.server").create_server(
            sandbox.wsgi, map=self._sockets, sockets=[listener], threads=threads, ident="QuickBooks sandbox"
        )
        self._ending = threading.Event()

    def run(self) -> None:
        while not self._ending.is_set():
            self._server.asyncore.loop(timeout=_POLL_SECONDS, map=self._sockets, count=1)

    def end(self) -> None:
        self._ending.set()
        self._server.pull_trigger()

    def close(self) -> None:
        self._server.task_dispatcher.shutdown(timeout=1)
        self._server.asyncore.close_all(self._sockets, ignore_all=True)


class _Tls:
    """werkzeug's server."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def run(self) -> None:
        self._server.serve_forever(_POLL_SECONDS / 10)

    def end(self) -> None:
        self._server.shutdown()

    def close(self) -> None:
        self._server.server_close()


def serve(
    options: SandboxOptions,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[Server], None] = lambda server: None,
    tls: bool = False,
) -> None:
    """Serve a company until Ctrl-C (KeyboardInterrupt ends it silently).

    `ready` is called once with the running server, which has the `base_url` and the `sandbox`. Raises OSError if the
    port is in use, sqlite3.DatabaseError if `options.data` is no file of a sandbox.
    """
    with Sandbox(options) as sandbox, Server(sandbox, host, port, tls=tls) as server:
        ready(server)
        with contextlib.suppress(KeyboardInterrupt):
            server.wait()
