"""HTTP requests that end in time, whatever the other side sends: headers byte by byte, an endless body, a decompression
bomb."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from onedesk_quickbooks.plugin.texts import Text

MOST_BYTES = 64 << 20
"""The maximum size of an answer, before and after decompression."""
_CONNECTIONS = 64
"""The number of connections to a server that are kept for the next request."""


def session(most: int = MOST_BYTES) -> requests.Session:
    """A session whose requests end within the sum of their timeouts (seconds), with at most so many bytes."""
    return ending(_Session(), most)


def shared_session() -> requests.Session:
    """The same, with the connections of all such sessions of this process: each has its own cookies only."""
    return _SharedSession(*_of_process(os.getpid()))


class _Session(requests.Session):
    """Looks up once for each server what the environment says of proxies and certificates: that takes longer than all
    else of a request, and the environment of a process stays as it is."""

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[tuple[Any, ...], Any] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """As any session; with proxies of the caller's own each time."""
        if proxies:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        asked = (*urlsplit(url)[:2], stream, verify, cert)
        if asked not in self._settings:
            self._settings[asked] = super().merge_environment_settings(url, {}, stream, verify, cert)
        return self._settings[asked]


class _SharedSession(_Session):
    """A session on connections that it leaves to the others."""

    def __init__(self, adapter: EndingAdapter, settings: dict[tuple[Any, ...], Any]) -> None:
        super().__init__()
        self._settings = settings
        for scheme in ("http://", "https://"):
            self.mount(scheme, adapter)

    def close(self) -> None:
        """Leave the connections open."""


@cache
def _of_process(_pid: int) -> tuple[EndingAdapter, dict[tuple[Any, ...], Any]]:
    """What the shared sessions of a process have in common; a child does not speak on its parent's connections."""
    return EndingAdapter(), {}


def ending(made: requests.Session, most: int = MOST_BYTES) -> requests.Session:
    """The same session, with requests that end in time."""
    for scheme in ("http://", "https://"):
        made.mount(scheme, EndingAdapter(most))
    return made


@contextmanager
def cut_after(seconds: float | None, connection: Any) -> Iterator[threading.Event]:
    """In the block, the socket of a connection (`sock`) is shut down after this time, and the event is set: its own
    timeout counts from byte to byte."""
    is_cut = threading.Event()

    def cut() -> None:
        is_cut.set()
        with contextlib.suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    if seconds is None:
        yield is_cut
        return
    # without any data, the socket's own timeout ends it before
    timer = threading.Timer(seconds + min(1.0, seconds), cut)
    timer.daemon = True
    timer.start()
    try:
        yield is_cut
    finally:
        timer.cancel()


class _Head(io.RawIOBase):
    """What a socket receives; until `ended`, no longer than so many seconds and a little more: one byte now and then
    would take up the socket's own timeout each time. No thread watches it, since a request would start one."""

    def __init__(self, received: Any, sock: Any, seconds: float) -> None:
        self._received = received
        self._sock = sock
        self._seconds = seconds
        self._until: float | None = time.monotonic() + seconds + min(1.0, seconds)

    def ended(self) -> None:
        """The rest has the socket's own timeout."""
        self._until = None
        self._sock.settimeout(self._seconds)

    def readable(self) -> bool:
        """As a stream that is read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """As a socket's stream. Raises TimeoutError."""
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the head of the answer did not come to an end in time")
            self._sock.settimeout(min(self._seconds, left))
        received: int | None = self._received.readinto(buffer)
        return received

    def close(self) -> None:
        """Close the socket's stream too."""
        self._received.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer whose head ends in time."""

    def __init__(self, seconds: float, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        received: Any = self.fp
        self._head = _Head(received.detach(), sock, seconds)  # nothing was read yet
        self.fp = io.BufferedReader(self._head)

    def begin(self) -> None:
        """Read the head."""
        super().begin()
        self._head.ended()


class _Connection(HTTPConnection):
    """A connection on which the head of an answer ends in time."""

    def getresponse(self) -> Any:
        # `self.timeout` is the time for the answer by now; `sock` still has the one to connect
        if self.timeout is not None:
            self.response_class = partial(_Answer, self.timeout)  # type: ignore[assignment]  # it is only called
        return super().getresponse()


class _SecureConnection(_Connection, HTTPSConnection):
    """A connection on which a proxy's answer to CONNECT, and the agreement on TLS, end in time."""

    def connect(self) -> None:
        with cut_after(self.timeout, self):
            super().connect()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class EndingAdapter(HTTPAdapter):
    """Reads a body within the timeouts and `most` bytes, unless it is asked not to read it (`stream`)."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        super().__init__(pool_maxsize=_CONNECTIONS)
        self._most = most

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Pools whose connections end in time."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """The same for connections through an HTTP proxy (HTTPS_PROXY)."""
        made = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            made.pool_classes_by_scheme = _POOLS
        return made

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """As any adapter. Raises a RequestException for an answer that is too large or does not end."""
        seconds = sum(timeout) if isinstance(timeout, tuple) else 2 * timeout if timeout else float("inf")
        until = time.monotonic() + seconds
        answer = super().send(request, stream=True, timeout=timeout, verify=verify, cert=cert, proxies=proxies)
        if not stream:
            _receive(answer, until, self._most)
        return answer


def _receive(answer: requests.Response, until: float, most: int) -> None:
    """Read the whole body."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := _next(answer.raw):
            parts.append(part)
            size += len(part)
            if size > most:
                raise requests.exceptions.ContentDecodingError(
                    Text("the answer is larger than {most} MB", most=most >> 20)
                )
            if time.monotonic() > until:
                raise requests.ReadTimeout(Text("the answer did not come to an end in time"))
    except BaseException:
        answer.close()
        raise
    answer.raw.release_conn()
    answer._content = b"".join(parts)
    answer._content_consumed = True  # type: ignore[attr-defined]  # as requests itself does it


def _next(raw: Any) -> bytes:
    """The data received by now, decompressed; b"" at the end. Raises as requests does."""
    try:
        return bytes(raw.read1(1 << 16, decode_content=True))
    except HTTPError as error:
        raise requests.ConnectionError(error) from error
