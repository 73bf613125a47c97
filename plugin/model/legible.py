"""Makes foreign texts safe to show: a control character must not end a line, or change a terminal's colours."""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""C0, DEL, C1, line separators, halves of surrogate pairs, and characters that change the direction of writing."""
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def one_line(text: str) -> str:
    """The text with every control character escaped, as Python writes it."""
    return _CONTROL.sub(_written_out, text)


def lines(text: str) -> str:
    """The same for a text of several lines, which stay."""
    return "\n".join(one_line(line) for line in text.split("\n"))


def in_json(text: str) -> str:
    """The same for a line of JSON, whose meaning is unchanged."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


_FORMULA = ("=", "+", "-", "@")


def in_cell(text: str) -> str:
    """The same for a cell of a table: a text that a spreadsheet would read as a formula gets an apostrophe before
    it."""
    text = one_line(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _written_out(match: re.Match[str]) -> str:
    char = match.group()
    return _NAMED.get(char) or (f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}")
