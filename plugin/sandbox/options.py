"""The options of a sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

from onedesk_quickbooks.plugin.sandbox.books.currency import currencies

EDITIONS = ("us", "ca", "gb", "au", "intl")
LANGUAGES = ("en", "fr")


def real_clock() -> datetime:
    """The current time, aware."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class SandboxOptions:
    """Options of a sandbox.

    company: us, ca, gb, au or intl. currency: home currency of an intl company (default EUR).
    data: the SQLite file (None: in memory; an existing file is taken up again as it was).
    client_id, client_secret: of the one registered application (made up where None), verifier_token of its webhooks.
    redirect_uris: the addresses registered for it (empty: any). webhook_url: where webhooks go.
    also: editions of further companies that the user has: the consent page lets him choose. Each is kept in a file
    beside `data`, named for its place: `books.sqlite` -> `books-2-gb.sqlite`.
    limits: whether calls are throttled (qbo-api.md section 5); time_scale: by how much the windows of the limits and
    the waits between two tries of a webhook are shortened, 60 makes a minute a second.
    language: of the texts of faults, en or fr (None: as the file has it, else en). clock: gives aware times.
    seed: JSON file of further objects, `{"Customer": [{...}], "Item": [...]}`, created after the company's own.
    """

    company: str = "us"
    currency: str | None = None
    data: Path | None = None
    client_id: str | None = None
    client_secret: str | None = None
    verifier_token: str | None = None
    redirect_uris: tuple[str, ...] = ()
    webhook_url: str | None = None
    also: tuple[str, ...] = ()
    limits: bool = False
    time_scale: Decimal | int = 1
    language: str | None = None
    clock: Callable[[], datetime] = field(default=real_clock)
    seed: Path | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for an unknown company, currency or language, or an invalid time scale."""
        for company in (self.company, *self.also):
            if company not in EDITIONS:
                raise ValueError(f"company {company!r} is not one of {', '.join(EDITIONS)}")
        code = self.currency
        if code is not None and code not in currencies():
            raise ValueError(f"currency {code!r} is no ISO 4217 code that QuickBooks has, such as EUR")
        if code is not None and self.company != "intl":
            raise ValueError("currency can be chosen for company intl only")
        if not (Decimal(self.time_scale).is_finite() and self.time_scale > 0):
            raise ValueError(f"time scale {self.time_scale} must be more than 0: 60 makes a minute a second")
        if self.language not in (None, *LANGUAGES):
            raise ValueError(f"language {self.language!r} is not one of {', '.join(LANGUAGES)}")
        for address in self.redirect_uris:
            if not address.startswith(("http://", "https://")):
                raise ValueError(f"redirect address {address!r} must begin with http:// or https://")
        if self.webhook_url and not self.webhook_url.startswith(("http://", "https://")):
            raise ValueError(f"webhook address {self.webhook_url!r} must begin with http:// or https://")
