"""What `status` says at a glance."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Status:
    """How one installation stands. Instants are aware; `calls` counts today's requests by kind (read, write, oauth);
    `running` says whether a process works by itself, or works now (None: workers, which may run anywhere); `disk_free`
    is in bytes."""

    connected: bool
    environment: str
    rules: str
    rules_complaint: str = ""
    company: str = ""
    realm_id: str = ""
    country: str = ""
    home_currency: str = ""
    since: datetime | None = None
    by: str = ""
    default_income_account: str = ""
    default_tax_code: str = ""
    stopped_reason: str = ""
    running: bool | None = None
    disk_free: int | None = None
    paused_until: datetime | None = None
    paused_because: str = ""
    last_success_at: datetime | None = None
    waiting: int = 0
    held: int = 0
    failed: int = 0
    oldest_waiting_at: datetime | None = None
    oldest_waiting_reason: str = ""
    next_poll_at: datetime | None = None
    refresh_token_expires_at: datetime | None = None
    calls: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As `status --json` prints it; instants as ISO 8601, None where there is none."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
