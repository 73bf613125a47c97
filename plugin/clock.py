"""The machine's clock: what an installation goes by where it is given no other one."""

from __future__ import annotations

from datetime import datetime, timezone


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(timezone.utc)
