"""What the facades of one installation share: its services, its runner, its inbox, and the connected company."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from onedesk_quickbooks.plugin.app.connection_cache import ConnectionCache
from onedesk_quickbooks.plugin.app.inbox import CommandInbox
from onedesk_quickbooks.plugin.app.looks import Looks
from onedesk_quickbooks.plugin.app.opening import key_path
from onedesk_quickbooks.plugin.ledger import Connected, LedgerProblem
from onedesk_quickbooks.plugin.ops.status import Status, next_poll, read_for_alerts, read_status
from onedesk_quickbooks.plugin.sync.services import Services

if TYPE_CHECKING:
    import requests

    from onedesk_quickbooks.plugin.app.connect import Connecting
    from onedesk_quickbooks.plugin.app.engine import Engine
    from onedesk_quickbooks.plugin.ops.deliveries import Deliveries
    from onedesk_quickbooks.plugin.ops.watcher import Watcher
    from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
    from onedesk_quickbooks.plugin.sync.background import Background
    from onedesk_quickbooks.plugin.sync.inbound.webhooks import Receiver
    from onedesk_quickbooks.plugin.sync.runner import Runner

AWAY = timedelta(seconds=10)
"""How long after a failure calls of the host do not try the database again: they must not wait for it."""


class Parts(Looks):
    """The shared parts of one open installation."""

    _services: Services

    def __init__(self, services: Services, stopping: threading.Event, alert: Callable[..., Any] | None = None) -> None:
        super().__init__(services)
        self._inbox = CommandInbox(services.ledger, services.directory, services.now, services.undoing)
        self._stopping = stopping
        self._alert = alert
        self._loading = threading.Lock()
        self._loaded: Engine | None = None
        self._connection_cache = ConnectionCache(services.directory, services.ledger.remote)
        self._away_at: datetime | None = None

    @property
    def _engine(self) -> Engine:
        """The engine, loaded when it is first needed."""
        with self._loading:
            if self._loaded is None:
                from onedesk_quickbooks.plugin.app.engine import Engine

                looking = (lambda: self.connected, self._status_for_alerts)
                self._loaded = Engine(self._services, self._stopping, self._inbox.replay, looking, self._alert)
            return self._loaded

    def _stopped(self) -> bool:
        """Whether all threads of this installation have ended."""
        self._stopping.set()
        return self._loaded is None or self._loaded.stop()

    @property
    def deliveries(self) -> Deliveries:
        """The sender of outgoing webhooks."""
        return self._engine.deliveries

    @property
    def watcher(self) -> Watcher:
        """The watcher, which looks for alerts."""
        return self._engine.watcher

    @property
    def _runner(self) -> Runner:
        return self._engine.runner

    @property
    def _background(self) -> Background:
        return self._engine.background

    @property
    def _webhooks(self) -> Receiver:
        return self._engine.webhooks

    @property
    def _connecting(self) -> Connecting:
        return self._engine.connecting

    @property
    def places(self) -> tuple[str, ...]:
        """The key file and the data directory, as messages name them."""
        return str(key_path(self.directory, self.settings)), str(self.directory)

    @property
    def session(self) -> requests.Session:
        """The HTTP session of all requests to QuickBooks: mount an adapter for a proxy, or to observe them."""
        return self._services.session

    @property
    def rules(self) -> RuleSet:
        """The rules in force now."""
        return self._services.rules.current()

    @property
    def connected(self) -> Connected | None:
        """The connected company."""
        found = self._connection_cache.keep(super().connected)
        self._services.follow(found)
        self._away_at = None
        return found

    @property
    def _company(self) -> Connected | None:
        """The connected company for calls of the host; while the ledger's database is unreachable, the last known
        one."""
        if self._away or (self._services.ledger.remote and self._inbox.any_waiting()):
            return self._connection_cache.company
        try:
            return self.connected
        except LedgerProblem:
            self._away_at = self._services.now()
            return self._connection_cache.company

    @property
    def known(self) -> Connected | None:
        """The connected company, or the last known one while the ledger's database is unreachable, so that commands for
        it are taken. Raises `LedgerProblem` where none is known."""
        return self._company or self.connected

    @property
    def _away(self) -> bool:
        """Whether the ledger's database was unreachable a moment ago."""
        return self._away_at is not None and abs(self._services.now() - self._away_at) < AWAY

    def status(self) -> Status:
        """The status of this installation; sends no request to QuickBooks."""
        connected = self.connected
        return self._paused(connected, read_status(self._services, connected))

    def _status_for_alerts(self, connected: Connected) -> Status:
        return self._paused(connected, read_for_alerts(self._services, connected))

    def _paused(self, connected: Connected | None, found: Status) -> Status:
        """With the pauses and the next look for payments of this process."""
        if connected is None or self._loaded is None:
            return found
        until, because = self._runner.pauses.of(connected)
        if because == found.paused_because:
            because = found.paused_because  # in the language of this page or command
        now, every = self._services.now(), self._services.settings.poll_every
        planned = next_poll(self._runner.next_poll or found.next_poll_at, until, every, now)
        return dataclasses.replace(found, paused_until=until, paused_because=because, next_poll_at=planned)
