"""The tokens of a connection, and the webhook events of a company."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """OAuth tokens. The expiries are aware instants; the secrets stay out of repr."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A change in a company. `id` is the same when the same event is delivered again; `entity` is in lower case
    ("invoice"); `operation` is create, update, delete, merge, void or emailed; `happened_at` is aware: the order of
    delivery is not that of the changes."""

    id: str
    realm_id: str
    entity: str
    qbo_id: str
    operation: str
    happened_at: datetime
