"""Postal addresses in QuickBooks' words. One inside a transaction may come back as free-form lines (qbo-api.md 2.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from onedesk_quickbooks.plugin.model.invoice import Address

PARTS = (
    *("Line1", "Line2", "Line3", "Line4", "Line5"),
    *("City", "CountrySubDivisionCode", "PostalCode", "Country"),
)
"""What people read of an address; its Id, Lat and Long are QuickBooks' own."""

_BETWEEN = re.compile(r"[\s,;]+")


def address_body(address: Address | None) -> dict[str, Any]:
    """The parts that are filled; {} for no address."""
    if address is None:
        return {}
    parts = {
        "Line1": address.line1,
        "Line2": address.line2,
        "City": address.city,
        "CountrySubDivisionCode": address.region,
        "PostalCode": address.postal_code,
        "Country": address.country,
    }
    return {part: text for part, text in parts.items() if text}


def whole_address(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Every part, the others cleared with "": a line that an earlier version of the address had does not stay."""
    return {part: parts.get(part, "") for part in PARTS}


def address_words(raw: Any) -> str:
    """What an address says, whatever its form: its words in any case and order, since QuickBooks turns parts into
    lines and puts the postal code where the country has it."""
    words = _BETWEEN.split(address_text(raw).casefold())
    return " ".join(sorted(word for word in words if word))


def address_text(raw: Any) -> str:
    """An address in one line, as people read it; "" for none."""
    if not isinstance(raw, Mapping):
        return ""
    return ", ".join(str(raw[part]) for part in PARTS if raw.get(part))


def same_addresses(text: str) -> str:
    """E-mail addresses as they are compared: whatever is between them, in any case and order."""
    return ",".join(sorted(each for each in _BETWEEN.split(text.casefold()) if each))
