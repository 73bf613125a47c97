"""Which connections of a server are closed, so that others are answered, and memory stays for the rest."""

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
    """`seconds` is how long a request may take to come whole, and its answer to be fetched; `held` how many bytes of
    requests and answers are kept for all connections together."""

    seconds: float = 60.0
    held: int = 64_000_000
    connections: int = 0

    @property
    def most(self) -> int:
        """Connections at once: as many as the limit of open files leaves, beside those of the rest of the process."""
        if self.connections:
            return self.connections
        try:
            soft, _ = import_module("resource").getrlimit(import_module("resource").RLIMIT_NOFILE)
        except ImportError:  # on Windows, whose select() takes 512
            return 400
        return _MOST if soft < 0 else max(min(_MOST, soft - _OTHER_FILES), 50)


class Connections:
    """Those of a waitress server. `look` is called between two turns of its loop."""

    def __init__(self, server: Any, bounds: Bounds) -> None:
        self._server = server
        self._bounds = bounds
        self._since: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        self._next = 0.0

    def look(self) -> None:
        """Close what has been coming, or is not fetched, for too long; what holds too much; and, where there are nearly
        as many as may be, those on which nothing has happened for longest. No thread waits for any of them: a thread
        gets a request when it is whole."""
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
        """Since when its request comes, or its answer is not fetched; now where it does neither."""
        if channel.request is not None:
            return self._since.setdefault(channel.request, now)
        if channel.total_outbufs_len:
            return self._since.setdefault(channel, now)
        self._since.pop(channel, None)
        return now

    def _make_room(self, now: float) -> None:
        """Where too many bytes are held, those that hold most of them for longest go first."""
        held = {each: _held(each) for each in self._open()}
        over = sum(held.values()) - self._bounds.held
        if over > 0:
            for channel in sorted(held, key=lambda each: held[each] * (self._begun(each, now) - now - _EVERY)):
                over -= held[channel]
                _close(channel)
                if over <= 0:
                    return

    def _let_in(self) -> None:
        """A tenth of the connections is left for who comes next."""
        over = len(self._server.active_channels) - self._bounds.most * 9 // 10
        if over > 0:
            idle = [each for each in self._open() if not each.requests]
            for channel in sorted(idle, key=lambda each: each.last_activity)[:over]:
                _close(channel)


def _close(channel: Any) -> None:
    """Now: waitress waits with it until the client takes something."""
    if channel.request is not None:
        channel.request.close()
    channel.handle_close()


def _is_endless(channel: Any) -> bool:
    """Whether what stands between the chunks of a body, or after them, has no end: waitress counts no byte of it before
    it is whole."""
    body = channel.request and channel.request.body_rcv
    return len(getattr(body, "control_line", b"")) > _CONTROL_LINE or len(getattr(body, "trailer", b"")) > _TRAILER


def _held(channel: Any) -> int:
    """Bytes of what came and of what is to be sent."""
    came = sum(len(each.header_plus) + (each.body_rcv.__len__() if each.body_rcv else 0) for each in _requests(channel))
    return int(channel.total_outbufs_len) + came


def _requests(channel: Any) -> Iterator[Any]:
    yield from list(channel.requests)
    if channel.request is not None:
        yield channel.request
