"""What the pages need of the plugin behind them; plugin/sync/bridge.py is the one that serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class PageSettings(Protocol):
    """The part of an installation's settings that pages look at."""

    @property
    def public_url(self) -> str:
        """Where these pages are reached from outside, "" where that is not set."""

    @property
    def tenant(self) -> str:
        """What the metrics call this installation."""

    @property
    def verifier_token(self) -> str:
        """What QuickBooks signs its webhooks with."""


class PageStatus(Protocol):
    """How the plugin is."""

    def to_json(self) -> Mapping[str, Any]:
        """As ``status --json`` prints it."""


class Behind(Protocol):
    """Every method may raise a `SyncProblem` or a `QuickBooksProblem`, whose text is for the person who reads it."""

    @property
    def settings(self) -> PageSettings:
        """The settings in force."""

    def may_administer(self, user: str, /) -> bool:
        """Whether the host's user may connect, disconnect and choose."""

    def begin_connect(self, user: str, redirect_uri: str, /) -> str:
        """The URL of QuickBooks' consent page; its `state` is remembered."""

    def finish_connect(self, state: str, code: str, realm_id: str, /) -> object:
        """What QuickBooks' redirect brought back. Raises `ConnectProblem`."""

    def disconnect(self, user: str, /) -> None:
        """Give the access back to QuickBooks and forget it."""

    def choose(self, user: str, setting_id: str, value: str, /) -> None:
        """Set one of the settings shown under Administration > Financials. Raises `ChoiceProblem`."""

    def receive_webhook(self, body: bytes, signature: str, /) -> int:
        """Keep the events of a webhook; how many there were. Raises `BadWebhook`."""

    def status(self) -> PageStatus:
        """How the plugin is now."""

    def calls(self) -> Sequence[tuple[str, str, int]]:
        """Requests to QuickBooks so far, as (day, kind, count)."""
