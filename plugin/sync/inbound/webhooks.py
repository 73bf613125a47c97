"""Webhooks: events of this installation's company are kept; the rest is passed to the workers, for the tenants
concerned.

An Intuit app has one address for webhooks, whatever the number of companies that use it. Each tenant checks the
signature with its own verifier token, and keeps only the events of its own company.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from onedesk_quickbooks.plugin.ledger import Ledger
from onedesk_quickbooks.plugin.model.connection import WebhookEvent
from onedesk_quickbooks.plugin.qbo import BadWebhook, read_events, signed
from onedesk_quickbooks.plugin.texts import Text

_log = logging.getLogger("onedesk_quickbooks.sync")


class Receiver:
    """Takes notifications for one installation. Its methods raise `BadWebhook` where the signature is wrong or the body
    is not a notification, and `LedgerProblem` where the sender has to repeat it."""

    def __init__(
        self, ledger: Ledger, verifier_token: Callable[[], str], hand_on: Callable[[bytes, str], None] | None
    ) -> None:
        """`verifier_token` gives the present one; `hand_on` takes a body and its signature for other tenants (None:
        there are none)."""
        self._ledger = ledger
        self._verifier_token = verifier_token
        self._hand_on = hand_on

    def receive(self, body: bytes, signature: str) -> int:
        """From QuickBooks: keep the events of the connected company, pass on the rest; returns how many events were
        new."""
        events = self._events(body, signature)
        if self._hand_on is None:
            return self._ledger.webhook_events.receive(events)
        own = self._own(events)
        new = self._ledger.webhook_events.receive(own)
        if len(own) < len(events):
            self._hand_on(body, signature)
        return new

    def take(self, body: bytes, signature: str) -> int:
        """From a worker: keep the events of the connected company; returns how many events were new."""
        return self._ledger.webhook_events.receive(self._own(self._events(body, signature)))

    def _events(self, body: bytes, signature: str) -> list[WebhookEvent]:
        token = self._verifier_token()
        if not token:
            raise BadWebhook(Text("no verifier_token is set, so its signature cannot be checked"))
        if not signed(body, signature, token):
            raise BadWebhook(Text("its signature is not the one that the verifier token makes"))
        return list(read_events(body))

    def _own(self, events: list[WebhookEvent]) -> list[WebhookEvent]:
        connected = self._ledger.companies.connected()
        return [each for each in events if connected is not None and each.realm_id == connected.realm_id]
