"""Checks the status repeatedly, and sends each alert once, on every channel, until it has passed.

It has a separate thread: a blocked company queue cannot prevent an alert about it. Sent alerts are recorded in the
ledger, so that neither a restart nor another process or machine sends them again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from onedesk_quickbooks.plugin.ledger import Connected, HeldLock, LedgerProblem, LockTaken
from onedesk_quickbooks.plugin.model.host import Alert
from onedesk_quickbooks.plugin.ops.alerts import firing
from onedesk_quickbooks.plugin.ops.channels import DELIVERY_PROBLEMS, OURS, Channel
from onedesk_quickbooks.plugin.ops.sent_alerts import SentAlerts
from onedesk_quickbooks.plugin.ops.status import Status
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import ENGLISH, Text, language, parts_of, say

_log = logging.getLogger("onedesk_quickbooks.alerts")

_STOP = 1.5
"""How long the process waits at its end for an alert, in seconds."""
FIRST_LOOK, LOOK_EVERY = 2.0, 30.0
"""Seconds until the first check, and between two."""
AGAIN = timedelta(minutes=5)
"""How long a channel that failed is paused."""
MOMENT = timedelta(seconds=20)
"""A process that shares the checks with others skips one, if another has checked within this time."""
GAP = timedelta(minutes=10)
"""If there was no check for so long, nothing ran: the lack of a success meanwhile is no alert."""
_LOG = "log"
"""The log counts as a channel that never fails."""


def _parts(text: str) -> tuple[str, ...]:
    return parts_of(text) if isinstance(text, Text) else (text,)


class Watcher:
    """Sends the alerts of one installation."""

    def __init__(
        self,
        services: Services,
        connected: Callable[[], Connected | None],
        status: Callable[[Connected], Status],
        channels: Mapping[str, Channel],
    ) -> None:
        """`connected` reads the connected company, `status` the status of its installation, as far as alerts need
        it."""
        self._services = services
        self._connected = connected
        self._status = status
        self._channels = dict(channels)
        self._began = services.now()
        self._sent = SentAlerts(services.ledger)
        self._since: datetime | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._loop, name="onedesk-quickbooks alerts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the alert that is being sent; where that takes long, it ends later, and the alert is
        sent again after the next start."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOP)
            self._thread = None

    def _loop(self) -> None:
        wait, logged = FIRST_LOOK, ""
        while not self._stopping.wait(wait):
            wait = LOOK_EVERY
            try:
                self.look()
                logged = ""
            except LedgerProblem as problem:
                if logged != str(problem):
                    _log.warning("alerts wait: %s", problem)
                logged = str(problem)
            except Exception:
                _log.exception("the alerts could not be checked; it is tried again")

    def look(self, *, unless_recent: bool = False) -> list[Alert]:
        """Send new alerts, remove passed ones; returns the present alerts. Of several processes with this ledger one
        sends, the others find it sent; `unless_recent` none does that where one has checked a moment ago."""
        try:
            with self._services.ledger.locks.hold("alerts", self._services.settings.tenant, 0) as held:
                return self._look(held, unless_recent)
        except LockTaken:
            return []

    def firing(self, status: Status) -> list[Alert]:
        """The present alerts by this status, sent or not."""
        settings = self._services.settings
        return firing(
            status,
            self._services.now(),
            silent_after=settings.alert_after,
            polls=bool(settings.poll_every),
            running_since=self._since or self._began,
        )

    def _look(self, held: HeldLock, unless_recent: bool) -> list[Alert]:
        with self._services.ledger.reading(), language(self._services.settings.language):
            connected = self._connected()
            if connected is None:
                return []
            watch = self._services.ledger.alerts.watch(connected.realm_id)
            if unless_recent and watch is not None and abs(self._services.now() - watch[0]) < MOMENT:
                return []
            status, sent = self._status(connected), self._sent.sent(connected.realm_id)
        self._note(status, watch)
        found = self.firing(status)
        self._forget(status.realm_id, sent, found)
        for alert in found:
            self._send(status, alert, sent, held)
        return found

    def _note(self, status: Status, watch: tuple[datetime, datetime] | None) -> None:
        """Record the check, and since when there were checks without a gap: all processes must measure silence from the
        same moment, or one would treat another's alert as passed. A look for payments that a wrong clock has recorded
        is set right."""
        ledger, now = self._services.ledger, self._services.now()
        first = watch is None or (self._since is None and abs(now - watch[0]) >= GAP)
        self._since = self._began if first or watch is None else watch[1]
        with suppress(LedgerProblem), ledger.together() as connection:  # a failure to write it is reported as well
            ledger.alerts.watched(connection, status.realm_id, now, self._since)
            looked, every = status.last_payment_look_at, self._services.settings.poll_every
            if every and (looked is None or looked > now):
                ledger.payment_looks.set_right(connection, status.realm_id, every)

    def _said(self, alert: Alert) -> Alert:
        """In the language of the installation."""
        code = self._services.settings.language
        if code == ENGLISH:
            return alert
        text = " ".join(self._recalled(each, code) for each in _parts(alert.text))
        return replace(alert, title=say(alert.title, code), text=text)

    def _recalled(self, text: str, code: str) -> str:
        return say(self._services.ledger.sentences.recalled([text], code)[text], code)

    def _forget(self, realm_id: str, sent: Collection[tuple[str, str]], found: list[Alert]) -> None:
        keys = {alert.key for alert in found}
        for key, channel in sent:
            if key not in keys:
                self._sent.record(realm_id, key, channel, None)

    def _send(self, status: Status, alert: Alert, sent: Collection[tuple[str, str]], held: HeldLock) -> None:
        """Raises `LockLost` where another process may be sending by now."""
        now = self._services.now()
        wait = self._sent.paused(status.realm_id)
        if not any(key == alert.key for key, _ in sent):
            _log.warning("alert %s: %s", alert.key, alert.title, extra={"realm": status.realm_id, "alert": alert.key})
            self._sent.record(status.realm_id, alert.key, _LOG, now)
        for name, channel in self._channels.items():
            if (alert.key, name) in sent or now < wait.get(
                name, now
            ) <= now + AGAIN:  # later than that: the clock was set back
                continue
            held.check()
            try:
                channel(self._said(alert), status.company)
            except Exception as problem:
                self._sent.pause(status.realm_id, name, now + AGAIN)
                known = isinstance(problem, DELIVERY_PROBLEMS) or name in OURS  # their addresses hold secrets
                _log.error(
                    "the alert %s could not be sent by %s (%s); it is tried again in five minutes",
                    alert.key,
                    name,
                    type(problem).__name__,
                    exc_info=None if known else problem,
                    extra={"realm": status.realm_id, "alert": alert.key},
                )
                continue
            self._sent.record(status.realm_id, alert.key, name, now)
