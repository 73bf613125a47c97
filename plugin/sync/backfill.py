"""Estimates the requests and the time of a backfill before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from onedesk_quickbooks.plugin.texts import Text, ngettext

BATCH = 30
"""Invoices of one request (qbo-api.md 3.9)."""
BATCHES_A_MINUTE = 40
"""The batches that QuickBooks accepts for a company (qbo-api.md 5)."""
OWN = timedelta(milliseconds=5)
"""The plugin's own time for an invoice, at most (docs/speed.md)."""
ANSWER = timedelta(seconds=2)
"""How long QuickBooks takes for a batch, where the ledger has no measurement."""
_EACH = 4
"""Requests at most for a batch of invoices: a look for customers and items, new ones of both, invoices."""
_FIRST = 8
"""Requests for the company, its accounts, tax codes and terms."""
_PREFERENCES = 2
"""Requests a minute to renew the cache."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """For so many invoices: requests at least (customers and items exist) and at most (all are new), and time."""

    fewest: int
    most: int
    time: timedelta


def estimate(invoices: int, answer: timedelta | None) -> Estimate:
    """`answer` is how long QuickBooks recently took for a batch."""
    batches = ceil(invoices / BATCH)
    paced = timedelta(minutes=max(0, batches - BATCHES_A_MINUTE) / BATCHES_A_MINUTE)
    time = max(paced, batches * (answer or ANSWER)) + invoices * OWN
    minutes = ceil(time / timedelta(minutes=1))
    most = _EACH * batches + _FIRST + _PREFERENCES * minutes
    return Estimate(batches, most if invoices else 0, time)


def time_text(time: timedelta) -> str:
    """A time for people: "less than a minute", "about 12 minutes", "about 3 h 20 min"."""
    minutes = round(time / timedelta(minutes=1))
    if time < timedelta(minutes=1):
        return Text("less than a minute")
    if minutes < 60:
        return ngettext("about {n} minute", "about {n} minutes", minutes)
    return Text("about {hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
