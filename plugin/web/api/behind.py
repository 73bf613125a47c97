"""What the HTTP API needs of the plugin and of the host behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from onedesk_quickbooks.plugin.ledger import Ledger

Take = Callable[[Mapping[str, Any], str, str], str]
"""Takes (invoice, action, user) into the host, which calls the hooks; action is opened, changed, send or the id of an
action of the plugin. Returns why nothing was done, "" where it was. Raises ValueError and `NotNow`."""


class ApiBehind(Protocol):
    """plugin/app/application.py is the one that serves."""

    @property
    def ledger(self) -> Ledger:
        """Keys, kept answers and events."""

    def invoice_state(self, invoice_id: str, /) -> Mapping[str, Any] | None:
        """See `ProgramApi.invoice_state`."""
