"""The place at which YAML stopped reading a file, and helpers for the findings there."""

from __future__ import annotations

from dataclasses import dataclass

from onedesk_quickbooks.plugin.findings.finding import Place
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.oddities import LONGEST

Said = tuple[str, Place, str, str]
"""Code, place, message and remedy of a finding."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The place at which reading stopped: `line` and `column`, from 1, and the start of the construct being read."""

    file: str
    lines: list[str]
    line: int
    column: int
    begun_line: int
    begun_column: int
    wording: str

    @property
    def text(self) -> str:
        return self.line_at(self.line)

    def line_at(self, number: int) -> str:
        """A line, from 1; "" if it does not exist."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def here(self) -> Place:
        return self.at(self.line, self.column)

    def begun(self) -> Place:
        return self.at(self.begun_line, self.begun_column)

    def at(self, line: int, column: int, length: int = 1) -> Place:
        """A place in one line."""
        return Place(self.file, line, column, line, column + length)

    def above(self, number: int) -> int:
        """The nearest line above with the same or less indent; 0 for none. Comments do not count."""
        indent = indent_of(self.line_at(number))
        for each in range(number - 1, 0, -1):
            line = self.lines[each - 1]
            if line.strip() and not line.lstrip(" ").startswith("#") and indent_of(line) <= indent:
                return each
        return 0


def indent_of(line: str) -> int:
    """The number of spaces at the start of a line."""
    return len(line) - len(line.lstrip(" "))


def is_entry(line: str) -> bool:
    """Whether an entry of a list begins there."""
    return line.lstrip(" ").startswith("- ")


def quote(stop: Stop, line: int, column: int, value: str) -> Said:
    """A value that begins with a special character of YAML and lacks its quotes."""
    shown = value if len(value) <= 60 else value[:57] + "..."
    quoted = f"'{shown}'" if '"' in shown else f'"{shown}"'
    return (
        {"&": "OQ111", "*": "OQ112", "!": "OQ114"}.get(value[0], "OQ128"),
        stop.at(line, column, len(value)),
        Text(
            "A value that begins with {value} means something else to YAML, so this cannot be read as a text.",
            value=value[0],
        ),
        Text("Put the whole value in quotes: {quoted}", quoted=quoted),
    )


def short(text: str) -> str:
    """The start of a line, for a message."""
    return text if len(text) <= LONGEST else ""
