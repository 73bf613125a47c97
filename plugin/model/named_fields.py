"""Custom fields as the rules write them: a name of QuickBooks, and its text."""

from __future__ import annotations

import json
from collections.abc import Iterable

LONGEST_VALUE = 31
"""Characters of a custom field (qbo-api.md 2.1)."""


def written_fields(listed: Iterable[tuple[str, str]]) -> str:
    """Names with their templates, one a line: "PO number: {purchase_order}"; a name that could not be read back is
    quoted."""
    return "\n".join(f"{_quoted(name)}: {_in_one(template)}" for name, template in listed)


def _in_one(template: str) -> str:
    """The text in one line; blanks within it stay, because QuickBooks may distinguish two names by them."""
    return " ".join(part for line in template.splitlines() if (part := line.strip()))


def _quoted(name: str) -> str:
    plain = ": " not in name and "\n" not in name and not name.startswith('"')
    return name if plain else json.dumps(name, ensure_ascii=False)


def read_fields(text: str | None) -> tuple[tuple[str, str], ...]:
    """Parse the text of `written_fields`; none for None and "none"."""
    if text is None or text == "none":
        return ()
    return tuple(map(_read, text.split("\n")))


def _read(line: str) -> tuple[str, str]:
    if line.startswith('"'):
        name, end = json.JSONDecoder().raw_decode(line)
        return str(name), line[end:].removeprefix(": ")
    name, _, template = line.partition(": ")
    return name, template
