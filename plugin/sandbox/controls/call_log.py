"""The answered calls, for `/_control/log` and for tests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

_LENGTH = 20000
_BODIES_KEPT = 2000
_LONGEST_BODY = 20000


class LogEntry(NamedTuple):
    """One answered call. `status` 0: the connection was cut."""

    method: str
    path: str
    query: str
    status: int
    requestid: str
    intuit_tid: str
    at: str
    seconds: float
    request: str


class CallLog:
    """The latest calls, with bodies for the most recent ones. Thread-safe."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._entries: deque[LogEntry] = deque(maxlen=_LENGTH)

    def note(self, method: str, path: str, query: str, body: bytes, status: int, took: float, tid: str) -> None:
        """Add a call."""
        at = self._clock().isoformat(timespec="milliseconds")
        request_id = query.partition("requestid=")[2].partition("&")[0]
        text = body[:_LONGEST_BODY].decode("utf-8", "replace")
        if len(self._entries) >= _BODIES_KEPT:
            # Bodies would fill the memory over time, so older calls have none.
            with suppress(IndexError):
                self._entries[-_BODIES_KEPT] = self._entries[-_BODIES_KEPT]._replace(request="")
        self._entries.append(LogEntry(method, path, query, status, request_id, tid, at, round(took, 6), text))

    def entries(self) -> list[dict[str, Any]]:
        """Every call, oldest first."""
        return [entry._asdict() for entry in tuple(self._entries)]

    def clear(self) -> None:
        """Delete the calls so far."""
        self._entries.clear()
