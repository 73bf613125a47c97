"""Postal addresses in QuickBooks' format. One inside a transaction may be answered as free-form lines (qbo-api.md
2.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from onedesk_quickbooks.plugin.model.invoice import Address

PARTS = (
    *("Line1", "Line2", "Line3", "Line4", "Line5"),
    *("City", "CountrySubDivisionCode", "PostalCode", "Country"),
)
"""The parts of an address for people; Id, Lat and Long are QuickBooks' own."""

_BETWEEN = re.compile(r"[\s,;]+")


def address_body(address: Address | None) -> dict[str, Any]:
    """The filled parts; {} for no address."""
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
    """Every part, the others cleared with "": lines of an earlier version of the address are removed."""
    return {part: parts.get(part, "") for part in PARTS}


def address_words(raw: Any) -> str:
    """The words of an address, whatever its form, in any case and order: QuickBooks turns parts into lines and puts the
    postal code where the country has it."""
    words = _BETWEEN.split(address_text(raw).casefold())
    return " ".join(sorted(word for word in words if word))


def address_text(raw: Any) -> str:
    """An address in one line, for people; "" for none."""
    if not isinstance(raw, Mapping):
        return ""
    return ", ".join(str(raw[part]) for part in PARTS if raw.get(part))


def same_addresses(text: str) -> str:
    """E-mail addresses for comparison: independent of separators, case and order."""
    return ",".join(sorted(each for each in _BETWEEN.split(text.casefold()) if each))
