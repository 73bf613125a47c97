"""Paces requests to QuickBooks (qbo-api.md 5): per company 10 requests a second, 500 a minute, 40 batches."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

PAUSE = timedelta(seconds=60)
"""How long to wait after a 429 without a given time."""

_LONGEST = timedelta(hours=1)

_SECOND, _MINUTE = 1.05, 60.5
"""A little longer than a second and a minute: a call counts when it arrives, and the first of a window may have been
slow."""
_ROW = 120.0
"""The longest time that a call is scheduled ahead, in seconds: a longer one shows that the clock was set back."""


@dataclass(slots=True)
class _Limit:
    """At most `most` calls in any `seconds`; `calls` holds the times of the calls within."""

    most: int
    seconds: float
    calls: deque[float] = field(default_factory=deque)

    def free_at(self, now: float, paused_until: float) -> float:
        while self.calls and self.calls[0] <= now - self.seconds:
            self.calls.popleft()
        while self.calls and self.calls[-1] > max(now, paused_until) + _ROW:
            self.calls.pop()
        return self.calls[-self.most] + self.seconds if len(self.calls) >= self.most else now


class Pacer:
    """Keeps the calls of one company within its limits. Threads share one.

    `now` gives an aware instant, `sleep` takes seconds. With `even`, calls keep the same distance from each other
    instead of coming in bursts: pacers of several processes that alternate then keep the limits together, if each knows
    when the one before it ended (`after`). `called` is set with each call; whoever records the time of the last one for
    them resets it.
    """

    def __init__(self, now: Callable[[], datetime], sleep: Callable[[float], None], even: bool = False) -> None:
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._all = (_Limit(1, 60 / 499),) if even else (_Limit(10, _SECOND), _Limit(500, _MINUTE))
        self._batches = _Limit(1, 60 / 39) if even else _Limit(40, _MINUTE)
        self._paused_until = 0.0
        self.called = False

    def before(self, kind: str) -> None:
        """Return when a call may be sent; `kind` is "batch" or anything else. Each call reserves its time at once, so
        that threads do not continue together."""
        with self._lock:
            now = self._now().timestamp()
            if self._paused_until > now + _LONGEST.total_seconds():
                self._paused_until = 0.0  # no wait is that long: the clock was set back
            limits = (*self._all, self._batches) if kind == "batch" else self._all
            at = max(self._paused_until, now, *(limit.free_at(now, self._paused_until) for limit in limits))
            for limit in limits:
                limit.calls.append(at)
            self.called = True
        if at > now:
            self._sleep(at - now)

    def after(self, instant: datetime) -> None:
        """Another process has made its last calls of every kind at or before this instant."""
        with self._lock:
            for limit in (*self._all, self._batches):
                limit.calls.append(max(instant.timestamp(), limit.calls[-1] if limit.calls else 0.0))

    def throttled(self, wait: timedelta | None) -> None:
        """QuickBooks answered 429: no call is sent for `wait`, or for a minute without a given time."""
        with self._lock:
            until = self._now() + min(wait or PAUSE, _LONGEST)
            self._paused_until = max(self._paused_until, until.timestamp())


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The value of a Retry-After header, in seconds or as a date; None where it is missing or invalid."""
    said = next((value for key, value in headers.items() if key.lower() == "retry-after"), "").strip()
    if said.isdigit():
        return timedelta(seconds=int(said[:9]))
    date = next((value for key, value in headers.items() if key.lower() == "date"), "")
    try:
        wait = parsedate_to_datetime(said) - _aware(parsedate_to_datetime(date))
    except (TypeError, ValueError):
        return None
    return max(wait, timedelta())


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
