"""A wish for one more e-mail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resend:
    """A person (`by`) wants that an invoice which QuickBooks has e-mailed is e-mailed once more: `to` this address, ""
    to whom a plan names. `only`: nothing else of the invoice was asked for."""

    to: str = ""
    by: str = ""
    only: bool = True
