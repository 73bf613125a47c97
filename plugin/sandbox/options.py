"""What a sandbox is started with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

EDITIONS = ("us", "ca", "gb", "au", "intl")


def real_clock() -> datetime:
    """The time of the machine, aware."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class SandboxOptions:
    """Options of a sandbox.

    company: us, ca, gb, au or intl. currency: home currency of an intl company (default EUR).
    data: the SQLite file (None: in memory; an existing file is taken up again as it was).
    client_id, client_secret: of the one registered application (made up where None).
    webhook_url: where webhooks go. clock: gives aware times. seed: JSON file of further objects,
    `{"Customer": [{...}], "Item": [...]}`, created after the company's own.
    """

    company: str = "us"
    currency: str | None = None
    data: Path | None = None
    client_id: str | None = None
    client_secret: str | None = None
    webhook_url: str | None = None
    clock: Callable[[], datetime] = field(default=real_clock)
    seed: Path | None = None

    def __post_init__(self) -> None:
        """Raises ValueError on an unknown company or currency."""
        if self.company not in EDITIONS:
            raise ValueError(f"company {self.company!r} is none of {', '.join(EDITIONS)}")
        code = self.currency
        if code is not None and not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            raise ValueError(f"currency {code!r} is no ISO 4217 code such as EUR")
        if code is not None and self.company != "intl":
            raise ValueError("currency can be chosen for company intl only")
