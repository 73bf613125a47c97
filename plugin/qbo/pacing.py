"""How fast QuickBooks may be asked (qbo-api.md 5): per company 10 requests a second, 500 a minute, 40 batches."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

PAUSE = timedelta(seconds=60)
"""How long to wait after a 429 that does not say."""

_LONGEST = timedelta(hours=1)

_SECOND, _MINUTE = 1.05, 60.5
"""A little longer than they are: a call counts when it arrives, and the first of a window may have been slow."""
_ROW = 120.0
"""No call has its place so many seconds ahead: the clock was set back since it was given."""


@dataclass(slots=True)
class _Limit:
    """At most `most` calls in any `seconds`; `calls` holds when those within were let go."""

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
    """Lets the calls of one company go no faster than its limits. Threads share one.

    `now` gives an aware instant, `sleep` takes seconds. With `even`, calls keep the same distance from each other
    instead of coming in bursts: pacers of several processes that work in turn then keep the limits together, once
    each knows when the one before it ended (`after`).
    """

    def __init__(self, now: Callable[[], datetime], sleep: Callable[[float], None], even: bool = False) -> None:
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._all = (_Limit(1, 60 / 499),) if even else (_Limit(10, _SECOND), _Limit(500, _MINUTE))
        self._batches = _Limit(1, 60 / 39) if even else _Limit(40, _MINUTE)
        self._paused_until = 0.0

    def before(self, kind: str) -> None:
        """Return when a call may go; `kind` is "batch" or anything else. Each call takes its place in the row at
        once, so that threads do not wake up together."""
        with self._lock:
            now = self._now().timestamp()
            if self._paused_until > now + _LONGEST.total_seconds():
                self._paused_until = 0.0  # nobody was told to wait for so long: the clock was set back
            limits = (*self._all, self._batches) if kind == "batch" else self._all
            at = max(self._paused_until, now, *(limit.free_at(now, self._paused_until) for limit in limits))
            for limit in limits:
                limit.calls.append(at)
        if at > now:
            self._sleep(at - now)

    def after(self, instant: datetime) -> None:
        """Another process has made its last calls of every kind up to this instant."""
        with self._lock:
            for limit in (*self._all, self._batches):
                limit.calls.append(max(instant.timestamp(), limit.calls[-1] if limit.calls else 0.0))

    def throttled(self, wait: timedelta | None) -> None:
        """QuickBooks answered 429: nobody asks again for `wait`, or a minute where it did not say."""
        with self._lock:
            until = self._now() + min(wait or PAUSE, _LONGEST)
            self._paused_until = max(self._paused_until, until.timestamp())


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """What a Retry-After header says, in seconds or as a date; None if there is none that can be read."""
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
