"""A WSGI application on a socket: waitress in a thread, which ends on a signal without a traceback."""

from __future__ import annotations

import select
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Any

from onedesk_quickbooks.plugin.cli.connections import Bounds, Connections
from onedesk_quickbooks.plugin.cli.errors import CannotRun
from onedesk_quickbooks.plugin.cli.stopping import ends
from onedesk_quickbooks.plugin.texts import Text, chosen, say

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_POLL_SECONDS = 1.0
_THREADS = 8
_LARGEST_BODY = 8_000_000
"""Bytes of a request's body; a larger one is refused before it is stored. The pages accept 7.9 MB, with files."""
_TOO_LARGE = Text(
    "This server reads no more than {most} MB at once, so nothing was changed. Send less.",
    most=_LARGEST_BODY // 1_000_000,
)
_POLLS = hasattr(select, "poll")
"""select() supports no file descriptor above 1023."""
_LARGEST_HEAD = 65_536
"""Bytes of a request's line and headers."""
_IDLE_SECONDS, _LOOK_SECONDS = 20, 5
"""Seconds until an idle connection is closed, and between the checks for such connections."""


def _channels() -> Any:
    """The connections of waitress, with a sentence for people, in their language, where a request is too large."""
    refusing = import_module("waitress.task").ErrorTask

    class Refusal(refusing):  # type: ignore[misc, valid-type]  # waitress has no types
        def execute(self) -> None:
            error = self.request.error
            if error.code == 413:
                body = say(_TOO_LARGE, _language(self.request.headers)).encode()
                head = [("Content-Type", "text/plain; charset=utf-8")]
                error.to_response = lambda ident: (f"{error.code} {error.reason}", head, body)
            super().execute()

    class Channel(import_module("waitress.channel").HTTPChannel):  # type: ignore[misc]  # the same
        error_task_class = Refusal

    return Channel


def _language(headers: Mapping[str, str]) -> str:
    """The language of a browser, by the headers of its request."""
    from onedesk_quickbooks.plugin.texts.pages import kept_choice

    environ = {f"HTTP_{name}": value for name, value in headers.items()}
    return chosen(kept_choice(environ), environ.get("HTTP_ACCEPT_LANGUAGE", ""))


class Server:
    """Serves `app` on 127.0.0.1 (or `host`) from a thread while the context is open.

    `port` 0 uses a free one. Raises CannotRun if the port is in use. `base_url` is its address.
    """

    def __init__(self, app: Wsgi, port: int = 0, host: str = "127.0.0.1", bounds: Bounds | None = None) -> None:
        bounds = bounds or Bounds()
        try:
            listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as error:
            raise CannotRun(f"cannot listen on {host} port {port}: {error.strerror}; take another --port") from error
        name = f"[{host}]" if ":" in host else host
        self._sockets: dict[int, Any] = {}
        self._server: Any = import_module("waitress.server").create_server(
            app,
            map=self._sockets,
            sockets=[listener],
            threads=_THREADS,
            ident="onedesk-quickbooks",
            server_name=name,
            max_request_body_size=_LARGEST_BODY,
            max_request_header_size=_LARGEST_HEAD,
            outbuf_high_watermark=2**31,  # threads must not wait for clients, and
            inbuf_overflow=2**31,  # nothing is written to the disk: `Connections` bounds what is held
            outbuf_overflow=2**31,
            trusted_proxy="*",  # the browser's scheme decides whether its cookie needs TLS
            trusted_proxy_headers={"x-forwarded-proto"},
            clear_untrusted_proxy_headers=True,
            connection_limit=bounds.most,
            channel_timeout=_IDLE_SECONDS,
            cleanup_interval=_LOOK_SECONDS,
        )
        self._server.channel_class = _channels()
        self._connections = Connections(self._server, bounds)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self.port: int = self._server.effective_port
        self.base_url = f"http://{name}:{self.port}"

    @property
    def connections(self) -> int:
        """The current number of connections."""
        return len(self._server.active_channels)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join()
        self._server.task_dispatcher.shutdown(timeout=1)
        self._server.asyncore.close_all(self._sockets, ignore_all=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._server.asyncore.loop(timeout=_POLL_SECONDS, use_poll=_POLLS, map=self._sockets, count=1)
            self._connections.look()


@contextmanager
def ends_on_signals() -> Iterator[None]:
    """A context that SIGTERM and a closed terminal end as Ctrl-C does, all without output."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, interrupt) for number in ends()} if main else {}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for_signal() -> None:
    """Wait for Ctrl-C or, within `ends_on_signals`, another signal. Raises KeyboardInterrupt."""
    forever = threading.Event()
    while not forever.wait(_POLL_SECONDS):
        pass
