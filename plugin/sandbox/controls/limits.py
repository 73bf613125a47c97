"""The limits on a company's calls (qbo-api.md section 5); refused calls do not count."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.sandbox.wire.answers import Answer, gateway_answer

DETAIL = "The request limit was reached.  Try again later"


@dataclass
class Window:
    """At most `most` calls in any `seconds`, of the kind `only`: batch, send, or every call (empty)."""

    name: str
    most: int
    seconds: int
    only: str = ""
    taken: dict[str, deque[float]] = field(default_factory=dict, repr=False)

    def counts(self, path: str) -> bool:
        """Whether a call to this path below the realm counts."""
        return not self.only or path == self.only or path.endswith(f"/{self.only}")


def _windows() -> list[Window]:
    return [
        Window("a second", 10, 1),
        Window("a minute", 500, 60),
        Window("batches of the application a minute", 40, 60, "batch"),
        Window("batches a minute", 120, 60, "batch"),
        Window("e-mails a day", 40, 86400, "send"),
    ]


class Limits:
    """The windows of every company, measured by the sandbox's clock; `scale` shortens them."""

    def __init__(self, clock: Callable[[], datetime], on: bool = False, scale: Decimal | int = 1) -> None:
        self._clock = clock
        self._windows = _windows()
        self._lock = threading.Lock()
        self.on = on
        self.scale = scale

    def check(self, realm: str, path: str) -> Answer | None:
        """Count a call; return None, or the 429 that refuses it."""
        if not self.on:
            return None
        now = self._clock()
        at = now.timestamp()
        with self._lock:
            queues = [self._queue(window, realm, at) for window in self._windows if window.counts(path)]
            if any(full for _, full in queues):
                return gateway_answer(429, "3001", DETAIL, now)
            for queue, _ in queues:
                queue.append(at)
        return None

    def _queue(self, window: Window, realm: str, at: float) -> tuple[deque[float], bool]:
        """The times of the calls in the window, and whether it is full."""
        queue = window.taken.setdefault(realm, deque())
        begin = at - window.seconds / float(self.scale)
        while queue and queue[0] <= begin:
            queue.popleft()
        return queue, len(queue) >= window.most

    def reset(self) -> None:
        """Clear the counts."""
        with self._lock:
            for window in self._windows:
                window.taken.clear()

    def change(self, name: str, most: int) -> None:
        """Change the number of a window. Raises ValueError (unknown name, a number below 0)."""
        found = next((window for window in self._windows if window.name == name), None)
        if found is None:
            raise ValueError(f"{name!r} is no limit; known: {', '.join(window.name for window in self._windows)}")
        if isinstance(most, bool) or not isinstance(most, int) or most < 0:
            raise ValueError(f"{name}: {most!r} is not a number of calls")
        found.most = most

    def state(self) -> dict[str, Any]:
        """`on`, `time_scale`, and the number of calls for each window."""
        return {
            "on": self.on,
            "time_scale": self.scale,
            "most": {window.name: window.most for window in self._windows},
        }
