"""What the facades of one installation share: its services, its runner, its inbox, and who is connected."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from onedesk_quickbooks.plugin.app.connect import Connecting
from onedesk_quickbooks.plugin.app.connection_cache import ConnectionCache
from onedesk_quickbooks.plugin.app.inbox import CommandInbox
from onedesk_quickbooks.plugin.app.opening import caller
from onedesk_quickbooks.plugin.ledger import Connected, Ledger, LedgerProblem
from onedesk_quickbooks.plugin.ops.channels import channels_for
from onedesk_quickbooks.plugin.ops.deliveries import Deliveries
from onedesk_quickbooks.plugin.ops.status import Status, read_status
from onedesk_quickbooks.plugin.ops.watcher import Watcher
from onedesk_quickbooks.plugin.ruleset import RuleSet
from onedesk_quickbooks.plugin.sync.inbound.webhooks import Receiver
from onedesk_quickbooks.plugin.sync.runner import Runner
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.sync.settings import Settings

AWAY = timedelta(seconds=10)
"""How long the host's calls ask nothing of a database that could not be reached: they must not wait for it."""


class Parts:
    """One installation, opened."""

    def __init__(self, services: Services, stopping: threading.Event, alert: Callable[..., Any] | None = None) -> None:
        self._services = services
        self._inbox = CommandInbox(services.ledger, services.host, services.directory, services.now, services.settings)
        workers = caller(services)
        self._runner = Runner(services, stopping, self._inbox.replay, workers)
        self._webhooks = Receiver(
            services.ledger, services.settings.verifier_token, workers.hand_on if workers is not None else None
        )
        self._connection_cache = ConnectionCache(services.directory, services.ledger.remote)
        self._away_until: datetime | None = None
        self._connecting = Connecting(services)
        self.deliveries = Deliveries(services)
        self.watcher = Watcher(services, self.status, channels_for(services.settings, alert))

    @property
    def directory(self) -> Path:
        """The data directory."""
        return self._services.directory

    @property
    def settings(self) -> Settings:
        """The settings of this installation."""
        return self._services.settings

    @property
    def session(self) -> requests.Session:
        """What all requests to QuickBooks go through: mount an adapter for a proxy, or to watch them."""
        return self._services.session

    @property
    def ledger(self) -> Ledger:
        """What was recorded, sent and answered."""
        return self._services.ledger

    @property
    def rules(self) -> RuleSet:
        """The rules in force now."""
        return self._services.rules.current()

    @property
    def connected(self) -> Connected | None:
        """The connected company."""
        found = self._connection_cache.keep(self._services.ledger.companies.connected())
        self._away_until = None
        return found

    @property
    def _company(self) -> Connected | None:
        """The same for what the host calls: while the ledger's database is away, as it was last seen."""
        if self._away or (self._services.ledger.remote and self._inbox.waiting()):
            return self._connection_cache.company
        try:
            return self.connected
        except LedgerProblem:
            self._away_until = self._services.now() + AWAY
            return self._connection_cache.company

    @property
    def known(self) -> Connected | None:
        """The connected company, or, while the ledger's database is away, the one of before: what is asked for it is
        taken. Raises `LedgerProblem` where none was seen yet."""
        return self._company or self.connected

    @property
    def _away(self) -> bool:
        """Whether the ledger's database could not be reached a moment ago."""
        return self._away_until is not None and self._services.now() < self._away_until

    def status(self) -> Status:
        """How this installation stands; asks QuickBooks nothing."""
        connected = self.connected
        found = read_status(self._services, connected)
        if connected is None:
            return found
        until, because = self._runner.pause_of(connected)
        next_poll = self._runner.next_poll or found.next_poll_at
        return dataclasses.replace(found, paused_until=until, paused_because=because, next_poll_at=next_poll)
