"""The protocols of the installations that workers serve; the command line opens them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol


class Tenant(Protocol):
    """One installation: the `WorkerApi` of an `Application`. Its methods raise `LedgerProblem` where its ledger is
    unreachable."""

    def time_slice(self, longest: timedelta) -> datetime | None:
        """See `Runner.time_slice`."""

    def due(self) -> str:
        """See `Runner.due`."""

    def watch(self) -> None:
        """Send new alerts, unless another process has looked a moment ago."""

    def realm_id(self) -> str:
        """QuickBooks' id of its company; "" for none."""

    def take_webhook(self, body: bytes, signature: str) -> int:
        """Record the events of a notification for its company. Raises `BadWebhook`."""


class Tenants(Protocol):
    """The installations that a worker serves, by the name of their schema (setting `tenant`)."""

    def names(self) -> Iterable[str]:
        """All known ones."""

    def at_hand(self) -> Iterable[str]:
        """Those that have been opened in this process."""

    def get(self, name: str) -> Tenant | None:
        """An open installation, opened now if needed; None for one that is unknown here or cannot be opened."""

    def hurry(self) -> None:
        """The worker ends: time slices complete the chunk at hand, and wait for nothing."""
