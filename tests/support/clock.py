"""The clock of all tests."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone


class Clock:
    """Time that sleeping moves on. It begins at `at` and then does not move by itself, or without `at` follows the
    machine's. `tick` is how much later it is at every look."""

    def __init__(self, at: datetime | None = None, tick: timedelta = timedelta(0)) -> None:
        self.slept: list[float] = []
        self._begin = at
        self._tick = tick
        self._passed = timedelta(0)
        self._lock = threading.Lock()

    @property
    def at(self) -> datetime:
        """The time, without a look at it."""
        return (self._begin or datetime.now(timezone.utc)) + self._passed

    def now(self) -> datetime:
        """The time, UTC."""
        with self._lock:
            self._passed += self._tick
            return self.at

    __call__ = now

    def sleep(self, seconds: float) -> None:
        """So many seconds pass, and `slept` has them."""
        with self._lock:
            self.slept.append(seconds)
            self._passed += timedelta(seconds=seconds)

    def pass_by(self, **time: float) -> None:
        """So much time passes (days, hours, minutes, seconds; negative: the clock is set back)."""
        with self._lock:
            self._passed += timedelta(**time)
