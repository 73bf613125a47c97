"""Looks at the status again and again, and tells each alert once, on every channel, until it has passed.

It has a thread of its own: a lane that hangs cannot keep it from telling so. What was told stands in the ledger, so
that a restart does not tell it again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from filelock import FileLock, Timeout

from onedesk_quickbooks.plugin.model.host import Alert
from onedesk_quickbooks.plugin.sync.office import Office
from onedesk_quickbooks.plugin.sync.operate.alerts import standing
from onedesk_quickbooks.plugin.sync.operate.channels import DELIVERY_PROBLEMS, Channel
from onedesk_quickbooks.plugin.sync.status import Status

_log = logging.getLogger("onedesk_quickbooks.alerts")

FIRST_LOOK, LOOK_EVERY = 2.0, 30.0
"""Seconds until the first look, and between two."""
AGAIN = timedelta(minutes=5)
"""How long a channel that failed is left alone."""
_MARK = "alert:"


class Watcher:
    """Tells the alerts of one installation."""

    def __init__(self, office: Office, status: Callable[[], Status], channels: Mapping[str, Channel]) -> None:
        self._office = office
        self._status = status
        self._channels = dict(channels)
        self._began = office.now()
        self._lock = FileLock(office.directory / "alerts.lock", thread_local=False)
        self._retry_at: dict[str, datetime] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look, in the background."""
        self._thread = threading.Thread(target=self._loop, name="onedesk-quickbooks alerts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the alert that is being told."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _loop(self) -> None:
        wait = FIRST_LOOK
        while not self._stopping.wait(wait):
            wait = LOOK_EVERY
            try:
                self.look()
            except Exception:
                _log.exception("alerts could not be looked at; it is tried again")

    def look(self) -> list[Alert]:
        """Tell what is new, forget what has passed; returns the alerts that stand. Of several processes on one data
        directory one tells, the others find it told."""
        try:
            with self._lock.acquire(timeout=0):
                return self._look()
        except Timeout:
            return []

    def standing(self, status: Status) -> list[Alert]:
        """The alerts that stand by this status, told or not."""
        settings = self._office.settings
        return standing(
            status,
            self._office.now(),
            silent_after=settings.alert_after,
            polls=bool(settings.poll_every),
            running_since=self._began,
        )

    def _look(self) -> list[Alert]:
        status = self._status()
        found = self.standing(status)
        if status.connected:
            told = self._office.ledger.watch.marks(status.realm_id, _MARK)
            self._forget(status.realm_id, told, found)
            for alert in found:
                self._tell(status, alert, told)
        return found

    def _forget(self, realm_id: str, told: Mapping[str, datetime], found: list[Alert]) -> None:
        keys = {alert.key for alert in found}
        for mark in told:
            if mark.partition("/")[0] not in keys:
                self._office.ledger.watch.mark(realm_id, _MARK + mark, None)

    def _tell(self, status: Status, alert: Alert, told: Mapping[str, datetime]) -> None:
        now = self._office.now()
        if not any(mark.partition("/")[0] == alert.key for mark in told):
            _log.warning("alert %s: %s", alert.key, alert.title, extra={"realm": status.realm_id, "alert": alert.key})
            self._office.ledger.watch.mark(status.realm_id, f"{_MARK}{alert.key}/log", now)
        for name, channel in self._channels.items():
            mark = f"{alert.key}/{name}"
            if mark in told or self._retry_at.get(name, now) > now:
                continue
            try:
                channel(alert, status.company)
            except Exception as problem:
                self._retry_at[name] = now + AGAIN
                known = isinstance(problem, DELIVERY_PROBLEMS)
                _log.error(
                    "the alert %s could not be told by %s (%s); it is tried again in five minutes",
                    alert.key,
                    name,
                    type(problem).__name__,
                    exc_info=None if known else problem,
                    extra={"realm": status.realm_id, "alert": alert.key},
                )
                continue
            self._office.ledger.watch.mark(status.realm_id, _MARK + mark, now)
