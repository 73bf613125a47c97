"""The pauses of a company queue: after a 429 of QuickBooks, while it cannot be reached, and after an error."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta

from onedesk_quickbooks.plugin.ledger import MAX_PAUSE, Connected
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem, Throttled
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import text_in

_log = logging.getLogger("onedesk_quickbooks.sync")

THROTTLED = timedelta(seconds=60)
"""How long to wait after a 429 without a given time (qbo-api.md 5)."""
LONGEST = timedelta(minutes=5)
"""The longest wait after a failure."""


def _unreported(_until: datetime, _because: str) -> None:
    return None


class Pauses:
    """The pause of this process, and those that other processes have recorded in the ledger. `throttled`: QuickBooks
    has required the present one (429)."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.until: datetime | None = None
        self.because = ""
        self.throttled = False
        self.on_wait: Callable[[datetime, str], None] = _unreported
        self._reported: datetime | None = None
        self._throttled_by: Throttled | None = None

    @property
    def left(self) -> timedelta:
        """The rest of the pause of this process."""
        left = self.until - self._services.now() if self.until else timedelta(0)
        return left if timedelta(0) < left <= MAX_PAUSE else timedelta(0)

    def of(self, connected: Connected) -> tuple[datetime | None, str]:
        """Until when the company queue waits or has waited, and why: in this process, else as another one has recorded
        it."""
        if self.until is not None:
            return self.until, self.because
        return connected.waits_until(self._services.now()), connected.paused_because

    def is_on(self, connected: Connected) -> bool:
        """Whether requests for the company are paused now, by any process."""
        now = self._services.now()
        until = connected.waits_until(now)
        return until is not None and now < until

    def begin(self, wait: timedelta, why: str | QuickBooksProblem, throttled: bool = False) -> datetime:
        """Pause this process; returns until when."""
        self.until = until = self._services.now() + wait
        self.because = text_in(why)
        self.throttled = throttled
        logged = why if isinstance(why, str) else why.logged
        _log.warning("the company queue waits %d s: %s", wait.total_seconds(), logged)
        return until

    def end(self) -> None:
        """The queue works again."""
        self.until, self.because = None, ""

    def throttle(self, realm_id: str, problem: Throttled) -> None:
        """Make every process wait; recorded once for one answer."""
        if self._throttled_by is not problem:
            jitter = timedelta(seconds=random.uniform(0, 10))  # noqa: S311
            wait = min(problem.wait, MAX_PAUSE) if problem.wait else THROTTLED + jitter
            until = self.begin(wait, problem, throttled=True)
            self._services.ledger.companies.pause(realm_id, until, self.because, throttled=True)
            self._throttled_by = problem

    def heed(self, connected: Connected) -> None:
        """Apply the wait of a 429 that another process received."""
        if connected.throttled and self.is_on(connected):
            self.until, self.because = connected.paused_until, connected.paused_because
            self.throttled = True

    def pace(self, connected: Connected) -> None:
        """Send no request while QuickBooks has required any process to wait."""
        if connected.throttled and connected.paused_until is not None and self.is_on(connected):
            self._services.pacer(connected.realm_id).throttled(connected.paused_until - self._services.now())

    def report(self, known: Connected) -> None:
        """Report the pause that this process will wait for, once, and without a lock: the reader of the output may have
        paused. `known` may have the one of a 429 that another process received."""
        until, because = self.until if self.left else None, self.because
        if known.throttled and self.is_on(known):
            until, because = known.paused_until, known.paused_because
        if until is not None and not self.is_reported(until):
            self._reported = until
            self.on_wait(until, because)

    def is_reported(self, until: datetime) -> bool:
        """Whether a pause until then was reported."""
        return self._reported is not None and abs(until - self._reported) < timedelta(seconds=1)
