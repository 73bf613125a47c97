"""Limits on the connections of a server, so that slow clients do not block others or fill the memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

_MOST, _OTHER_FILES = 1000, 200
_CONTROL_LINE, _TRAILER = 1_000, 16_000
_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Bounds:
    """`seconds` is the limit for receiving a request, and for a client to read its response; `held` the limit in bytes
    for requests and responses of all connections together."""

    seconds: float = 60.0
    held: int = 64_000_000
    connections: int = 0

    @property
    def most(self) -> int:
        """The largest number of connections: as many as the limit on open files allows besides those of the rest of the
        process."""
        if self.connections:
            return self.connections
        try:
            soft, _ = import_module("resource").getrlimit(import_module("resource").RLIMIT_NOFILE)
        except ImportError:  # on Windows, whose select() supports 512
            return 400
        return _MOST if soft < 0 else max(min(_MOST, soft - _OTHER_FILES), 50)


class Connections:
    """The connections of a waitress server. `look` is called between two iterations of its loop."""

    def __init__(self, server: Any, bounds: Bounds) -> None:
        self._server = server
        self._bounds = bounds
        self._since: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        self._next = 0.0

    def look(self) -> None:
        """Close connections whose request, or whose client, takes too long; those that hold too much; and, if there are
        nearly as many as allowed, the longest idle ones. No thread waits for any of them: a thread gets a request when
        it is complete."""
        self._let_in()
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        for channel in self._open():
            if channel.will_close or now - self._begun(channel, now) > self._bounds.seconds or _is_endless(channel):
                _close(channel)
        self._make_room(now)

    def _open(self) -> list[Any]:
        return list(self._server.active_channels.values())

    def _begun(self, channel: Any, now: float) -> float:
        """When the current request started to arrive, or the response was ready to be read; now if neither applies."""
        if channel.request is not None:
            return self._since.setdefault(channel.request, now)
        if channel.total_outbufs_len:
            return self._since.setdefault(channel, now)
        self._since.pop(channel, None)
        return now

    def _make_room(self, now: float) -> None:
        """If too many bytes are held, close those that have held most of them for the longest time."""
        held = {each: _held(each) for each in self._open()}
        over = sum(held.values()) - self._bounds.held
        if over > 0:
            for channel in sorted(held, key=lambda each: held[each] * (self._begun(each, now) - now - _EVERY)):
                over -= held[channel]
                _close(channel)
                if over <= 0:
                    return

    def _let_in(self) -> None:
        """Keep a tenth of the connections free for new clients."""
        over = len(self._server.active_channels) - self._bounds.most * 9 // 10
        if over > 0:
            idle = [each for each in self._open() if not each.requests]
            for channel in sorted(idle, key=lambda each: each.last_activity)[:over]:
                _close(channel)


def _close(channel: Any) -> None:
    """Close at once: waitress would wait until the client reads something."""
    if channel.request is not None:
        channel.request.close()
    channel.handle_close()


def _is_endless(channel: Any) -> bool:
    """Whether the data between the chunks of a body, or after them, is endless: waitress counts no byte of it before it
    is complete."""
    body = channel.request and channel.request.body_rcv
    return len(getattr(body, "control_line", b"")) > _CONTROL_LINE or len(getattr(body, "trailer", b"")) > _TRAILER


def _held(channel: Any) -> int:
    """The number of bytes received and to be sent."""
    came = sum(len(each.header_plus) + (each.body_rcv.__len__() if each.body_rcv else 0) for each in _requests(channel))
    return int(channel.total_outbufs_len) + came


def _requests(channel: Any) -> Iterator[Any]:
    yield from list(channel.requests)
    if channel.request is not None:
        yield channel.request
