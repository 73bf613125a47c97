"""Webhooks: what tells of this installation's company is kept; the rest is handed on to the workers, who bring it to
whom it concerns.

An Intuit app has one address for webhooks, whatever the number of companies that use it. Each tenant checks the
signature with its own verifier token, and keeps what tells of its own company alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from onedesk_quickbooks.plugin.ledger import Event, Ledger, LedgerProblem
from onedesk_quickbooks.plugin.qbo import BadWebhook, read_events, signed
from onedesk_quickbooks.plugin.sync.workers.tenancy import working_for

_log = logging.getLogger("onedesk_quickbooks.sync")

FRESH = timedelta(seconds=10)
"""A company that nobody has is looked for again after this: it may have been connected a moment ago."""
OLD = timedelta(minutes=1)
"""Who has which company is looked at anew after this."""


class Receiver:
    """Takes notifications for one installation. Its methods raise `BadWebhook` where the signature is wrong or the
    body is none, and `LedgerProblem` where it has to be sent again."""

    def __init__(self, ledger: Ledger, verifier_token: str, hand_on: Callable[[bytes, str], None] | None) -> None:
        """`hand_on` takes a body and its signature for other tenants; None where there are none."""
        self._ledger = ledger
        self._verifier_token = verifier_token
        self._hand_on = hand_on

    def receive(self, body: bytes, signature: str) -> int:
        """From QuickBooks: keep what tells of the connected company, hand on the rest; how many events were new."""
        events = self._events(body, signature)
        if self._hand_on is None:
            return self._ledger.watch.receive(events)
        own = self._own(events)
        new = self._ledger.watch.receive(own)
        if len(own) < len(events):
            self._hand_on(body, signature)
        return new

    def take(self, body: bytes, signature: str) -> int:
        """From a worker: keep what tells of the connected company; how many events were new."""
        return self._ledger.watch.receive(self._own(self._events(body, signature)))

    def _events(self, body: bytes, signature: str) -> list[Event]:
        if not self._verifier_token:
            raise BadWebhook("no verifier_token is set, so its signature cannot be checked")
        if not signed(body, signature, self._verifier_token):
            raise BadWebhook("its signature is not the one that the verifier token makes")
        return [
            Event(each.id, each.realm_id, each.entity, each.qbo_id, each.operation, each.happened_at)
            for each in read_events(body)
        ]

    def _own(self, events: list[Event]) -> list[Event]:
        connected = self._ledger.companies.connected()
        return [each for each in events if connected is not None and each.realm_id == connected.realm_id]


class Addressee(Protocol):
    """One installation: a `Bridge`."""

    def realm_id(self) -> str:
        """QuickBooks' id of its company; "" for none. Raises `LedgerProblem`."""

    def take_webhook(self, body: bytes, signature: str) -> int:
        """Keep what tells of its own company. Raises `BadWebhook` and `LedgerProblem`."""


class Addressees(Protocol):
    """See `Tenants` of the worker."""

    def names(self) -> Iterable[str]:
        """All that are known now."""

    def get(self, name: str) -> Addressee | None:
        """One of them."""


class Carrier:
    """Brings a notification to the tenants whose companies it tells of. For any number of threads."""

    def __init__(self, tenants: Addressees, now: Callable[[], datetime]) -> None:
        self._tenants = tenants
        self._now = now
        self._mutex = threading.Lock()
        self._companies: dict[str, str] = {}
        self._looked_at: datetime | None = None

    def bring(self, body: str, signature: str) -> bool:
        """False where it could not be taken now: it is to be brought again."""
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
            _log.info("a webhook told of companies that no tenant here has: %s", ", ".join(sorted(unknown)))
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
        """Company by tenant, looked at anew where that is due, and whether it was."""
        with self._mutex:
            lasts = OLD if wanted <= set(self._companies.values()) else FRESH
            if self._looked_at is not None and self._now() - self._looked_at < lasts:
                return self._companies, False
            self._companies = {name: self._company_of(name) for name in self._tenants.names()}
            self._looked_at = self._now()
            return self._companies, True

    def _company_of(self, name: str) -> str:
        tenant = self._tenants.get(name)
        return tenant.realm_id() if tenant is not None else ""
