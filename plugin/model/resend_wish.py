"""A request for one more e-mail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resend:
    """A person (`by`) wants one more e-mail of an invoice that QuickBooks has e-mailed: `to` this address, "" for the
    receivers of a plan. `only`: nothing else of the invoice was asked for."""

    to: str = ""
    by: str = ""
    only: bool = True
