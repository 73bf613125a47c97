"""Receivers of an invoice's e-mail, as the rules write them: people whom the host knows, and fixed addresses."""

from __future__ import annotations

import re

LONGEST_EMAIL = 100
"""Characters that QuickBooks accepts for all addresses of To, of Cc and of Bcc (qbo-api.md 2.1)."""

PEOPLE = ("billing_contact", "account_manager")
"""The words for people, in place of an address."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


def is_email(address: str) -> bool:
    """Whether QuickBooks accepts this as one e-mail address (code 2210; at most 100 characters)."""
    return len(address) <= LONGEST_EMAIL and _ADDRESS.fullmatch(address) is not None


def receivers(text: str | None) -> tuple[str, ...]:
    """The people (as their words) and addresses of a comma-separated list; none for None and "none"."""
    if text is None or text == "none":
        return ()
    listed = [each.strip() for each in text.split(",")]
    return tuple(each.casefold() if each.casefold() in PEOPLE else each for each in listed)


def wrong(text: str) -> list[str]:
    """The entries of such a list that are neither."""
    listed = [each.strip() for each in text.split(",")]
    return [each for each in listed if each.casefold() not in PEOPLE and not is_email(each)]
