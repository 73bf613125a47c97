"""The clock of all tests."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone


class Clock:
    """Time that moves when something sleeps. It begins at `at` and is constant otherwise, or without `at` follows the
    machine's clock. `tick` is added at every reading."""

    def __init__(self, at: datetime | None = None, tick: timedelta = timedelta(0)) -> None:
        self.slept: list[float] = []
        self._begin = at
        self._tick = tick
        self._passed = timedelta(0)
        self._lock = threading.Lock()

    @property
    def at(self) -> datetime:
        """The time, without adding a tick."""
        return (self._begin or datetime.now(timezone.utc)) + self._passed

    def now(self) -> datetime:
        """The time, UTC."""
        with self._lock:
            self._passed += self._tick
            return self.at

    __call__ = now

    def sleep(self, seconds: float) -> None:
        """Move time forward by `seconds`, and add them to `slept`."""
        with self._lock:
            self.slept.append(seconds)
            self._passed += timedelta(seconds=seconds)

    def stop(self) -> None:
        """Follow the machine's clock no longer: from now on time moves only when something sleeps."""
        with self._lock:
            self._begin = self._begin or datetime.now(timezone.utc)

    def pass_by(self, **time: float) -> None:
        """Move time forward (days, hours, minutes, seconds; negative: the clock is set back)."""
        with self._lock:
            self._passed += timedelta(**time)
