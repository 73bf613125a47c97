"""Compares tax and phone numbers: QuickBooks answers the last five characters of a tax number, and a phone number may
have its country's code or not. Pure."""

from __future__ import annotations

import re

LONGEST_TAX_ID = 20
_SHOWN = 5
_MASK = re.compile(r"^[Xx*]+")
_SHORTEST = 4
"""Characters of a tax number that must be visible to identify it."""


def has_tax_id(answered: str, wanted: str) -> bool:
    """Whether a customer has this tax number, as QuickBooks answers it; True for no number."""
    if not wanted.strip() or answered == wanted or answered == "X" * (len(wanted) - _SHOWN) + wanted[-_SHOWN:]:
        return True
    return same_tax_id(wanted, answered) is True


def same_tax_id(one: str, answered: str) -> bool | None:
    """Whether a tax number may be the one that QuickBooks answers; None where too little of it is visible."""
    mine, theirs = _plain(one), _plain(_MASK.sub("", answered.strip()))
    if min(len(mine), len(theirs)) < _SHORTEST:
        return None
    return mine.endswith(theirs) or theirs.endswith(mine)


def same_phone(wanted: str, other: str) -> bool:
    """Whether two phone numbers have the same last nine digits; True where none is wanted."""
    if not wanted.strip():
        return True
    one, two = phone_key(wanted), phone_key(other)
    return one == two if one and two else wanted.strip() == other.strip()


def phone_key(phone: str) -> str:
    """The last nine digits: the beginning is written with or without the country's code."""
    return "".join(each for each in phone if each.isdigit())[-9:]


def _plain(text: str) -> str:
    return "".join(each for each in text.casefold() if each.isalnum())
