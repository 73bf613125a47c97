"""Custom fields as the rules write them: a name of QuickBooks, and the text that stands in it."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_VALUE = 31
"""Characters of a custom field (qbo-api.md 2.1)."""


def written_fields(listed: Iterable[tuple[str, str]]) -> str:
    """Names with their templates, one a line: "PO number: {purchase_order}"."""
    return "\n".join(f"{name}: {' '.join(template.split())}" for name, template in listed)


def read_fields(text: str | None) -> tuple[tuple[str, str], ...]:
    """What `written_fields` gives, read back; none for None and "none"."""
    if text is None or text == "none":
        return ()
    named = (line.partition(": ") for line in text.split("\n"))
    return tuple((name, template) for name, _, template in named)
