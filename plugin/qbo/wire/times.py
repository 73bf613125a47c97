"""Instants as QuickBooks writes them: `Z`, `-07:00` or `-0700`, with none to nine decimals (qbo-api.md 2, 6)."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:(Z)|([+-]\d{2}):?(\d{2}))", re.IGNORECASE
)


def read_instant(text: str) -> datetime:
    """An aware instant, to the microsecond. Raises ValueError for anything else."""
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time with an offset")
    moment, fraction, zulu, hours, minutes = match.groups()
    micro = (fraction or "")[:6].ljust(6, "0")
    found = datetime.fromisoformat(f"{moment}.{micro}{'+00:00' if zulu else f'{hours}:{minutes}'}")
    try:
        found.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError(f"{text!r} is outside of the calendar in UTC") from None
    return found
