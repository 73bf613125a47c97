"""The machine's clock: what an installation goes by where it is given no other one."""

from __future__ import annotations

from datetime import date, datetime, timezone


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(timezone.utc)


def today() -> date:
    """The day now, where this machine is."""
    return utc_now().astimezone().date()
