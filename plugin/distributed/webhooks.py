"""Webhooks of other tenants' companies: workers bring each to the tenants concerned."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from onedesk_quickbooks.plugin.distributed.tenants import Tenants
from onedesk_quickbooks.plugin.ledger import LedgerProblem
from onedesk_quickbooks.plugin.qbo import BadWebhook, read_events
from onedesk_quickbooks.plugin.sync.tenancy import working_for

_log = logging.getLogger("onedesk_quickbooks.sync")

FRESH = timedelta(seconds=10)
"""When an unknown company is looked for again: it may have been connected a moment ago."""
OLD = timedelta(minutes=1)
"""When the list of tenants by company is read again."""


class Carrier:
    """Brings a notification to the tenants of its companies. Thread-safe."""

    def __init__(self, tenants: Tenants, now: Callable[[], datetime]) -> None:
        self._tenants = tenants
        self._now = now
        self._mutex = threading.Lock()
        self._companies: dict[str, str] = {}
        self._looked_at: datetime | None = None

    def bring(self, body: str, signature: str) -> bool:
        """False where it could not be taken now: it has to be brought again."""
        wanted = {each.realm_id for each in read_events(body.encode())}
        try:
            companies, fresh = self._look(wanted)
            for name, realm_id in companies.items():
                if realm_id in wanted:
                    self._hand_over(name, body, signature)
        except LedgerProblem as problem:
            _log.warning("a webhook waits: %s", problem)
            return False
        unknown = wanted - set(companies.values())
        if unknown and fresh:
            _log.info("a webhook is about companies that no tenant here has: %s", ", ".join(sorted(unknown)))
        return fresh or not unknown

    def _hand_over(self, name: str, body: str, signature: str) -> None:
        tenant = self._tenants.get(name)
        if tenant is None:
            return
        with working_for(name):
            try:
                tenant.take_webhook(body.encode(), signature)
            except BadWebhook as problem:
                _log.warning("a webhook that another tenant had received was not kept: %s", problem)

    def _look(self, wanted: set[str]) -> tuple[Mapping[str, str], bool]:
        """Companies by tenant, and whether they were read just now."""
        with self._mutex:
            lasts = OLD if wanted <= set(self._companies.values()) else FRESH
            if self._looked_at is not None and abs(self._now() - self._looked_at) < lasts:
                return self._companies, False
            self._companies = {name: self._company_of(name) for name in self._tenants.names()}
            self._looked_at = self._now()
            return self._companies, True

    def _company_of(self, name: str) -> str:
        tenant = self._tenants.get(name)
        return tenant.realm_id() if tenant is not None else ""
