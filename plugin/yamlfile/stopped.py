"""Where YAML stopped reading, and how a value is told that needs quotes."""

from __future__ import annotations

from dataclasses import dataclass

from onedesk_quickbooks.plugin.findings.finding import Place

Said = tuple[str, Place, str, str]
"""Code, place, message and remedy of a finding."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where reading stopped: `line` from 1, `column` from 1, and where the construct began that was being read."""

    file: str
    lines: list[str]
    line: int
    column: int
    begun_line: int
    begun_column: int
    wording: str

    @property
    def text(self) -> str:
        return self.lines[self.line - 1] if self.line <= len(self.lines) else ""

    def here(self) -> Place:
        return Place(self.file, self.line, self.column, self.line, self.column + 1)

    def begun(self) -> Place:
        return Place(self.file, self.begun_line, self.begun_column, self.begun_line, self.begun_column + 1)


def in_quotes(stop: Stop, column: int, value: str) -> Said:
    shown = value if len(value) <= 60 else value[:57] + "..."
    quoted = f"'{shown}'" if '"' in shown else f'"{shown}"'
    return (
        {"&": "OQ111", "*": "OQ112", "!": "OQ114"}.get(value[0], "OQ128"),
        Place(stop.file, stop.line, column, stop.line, column + len(value)),
        f"A value that begins with {value[0]} means something else to YAML, so this cannot be read as a text.",
        f"Put the whole value in quotes: {quoted}",
    )
