"""Edits of a rule file's text: places, entries of maps and lists, and their removal or move."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text

_OPEN, _CLOSE = "[{", "]}"
_NEEDED = ("id", "when", "version")
"""Keys that their map requires."""
Place = tuple[int, int]
"""A line and a column, from 1."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces the text between two places, line and column each, by `text`; both count from 1."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Mend:
    """One way to follow a remedy: its title in an editor, and its edits, which do not overlap."""

    title: str
    edits: tuple[Edit, ...]


def together(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Edits that remove text, with overlapping ones merged."""
    made: list[Edit] = []
    for each in sorted(edits, key=lambda edit: (edit.line, edit.column)):
        if made and (each.line, each.column) < (made[-1].end_line, made[-1].end_column):
            end = max((each.end_line, each.end_column), (made[-1].end_line, made[-1].end_column))
            each = Edit(made[-1].line, made[-1].column, *end, "")
            made.pop()
        made.append(each)
    return tuple(made)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for each in sorted(edits, key=lambda edit: (edit.line, edit.column), reverse=True):
        start, end = starts[each.line - 1] + each.column - 1, starts[each.end_line - 1] + each.end_column - 1
        text = text[:start] + each.text + text[end:]
    return text


@dataclass(frozen=True, slots=True)
class Step:
    """One entry on the path to a place: its map or list, and its key or number."""

    of: Map | List
    at: str | int

    @property
    def begins(self) -> Place:
        """Where the entry begins: its key, or its value in a list."""
        found: Node = self.of.keys[str(self.at)] if isinstance(self.of, Map) else self.of.items[int(self.at)]
        return found.line, found.column

    @property
    def value(self) -> Node:
        """The value of the entry."""
        return self.of.items[str(self.at)] if isinstance(self.of, Map) else self.of.items[int(self.at)]


def way(root: Map, line: int, column: int) -> list[Step]:
    """The path of entries, outermost first, to the one whose key or value begins at this place; empty if none does. A
    map begins with its first key, which takes precedence."""
    outer: list[Step] = []
    stack: list[tuple[Node, list[Step]]] = [(root, [])]
    while stack:
        node, steps = stack.pop()
        if isinstance(node, Text):
            continue
        names: Iterable[str | int] = node.items if isinstance(node, Map) else range(len(node.items))
        for each in names:
            own = [*steps, Step(node, each)]
            value = own[-1].value
            if (line, column) == own[-1].begins and not (isinstance(node, List) and isinstance(value, Map)):
                return own
            if (line, column) == (value.line, value.column):
                outer = outer or own
            stack.append((value, own))
    return outer


class Source:
    """A file's text with its lines."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")

    def line(self, number: int) -> str:
        """A line, from 1; "" after the last."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def in_flow(self, place: Place) -> bool:
        """Whether an entry is in brackets, not on separate lines."""
        before = self.line(place[0])[: place[1] - 1].rstrip()
        return bool(before) and before[-1] in ",[{"

    def raw(self, start: Place, end: Place) -> str:
        """The text between two places."""
        if start[0] == end[0]:
            return self.line(start[0])[start[1] - 1 : end[1] - 1]
        middle = self.lines[start[0] : end[0] - 1]
        return "\n".join([self.line(start[0])[start[1] - 1 :], *middle, self.line(end[0])[: end[1] - 1]])

    def flow_end(self, start: Place) -> Place:
        """The place of the comma or bracket that ends an entry in brackets."""
        depth, quote = 0, ""
        for number in range(start[0], len(self.lines) + 1):
            line = self.line(number)
            for at in range(start[1] - 1 if number == start[0] else 0, len(line)):
                char = line[at]
                if quote:
                    quote = "" if char == quote else quote
                elif char in "\"'" and line[at - 1 : at] in ("", " ", "[", "{", ","):
                    quote = char
                elif char in _OPEN:
                    depth += 1
                elif char in _CLOSE + "," and depth == 0:
                    return number, at + 1
                elif char in _CLOSE:
                    depth -= 1
        return len(self.lines), len(self.line(len(self.lines))) + 1

    def block_end(self, start: Place) -> int:
        """The first line after an entry in block style; comments above the next entry belong to that."""
        line = self.line(start[0])
        indent = len(line) - len(line.lstrip(" "))
        key = not line.lstrip(" ").startswith("- ")
        end = start[0] + 1
        for number in range(start[0] + 1, len(self.lines) + 1):
            stripped = self.line(number).lstrip(" ")
            own = len(self.line(number)) - len(stripped)
            if not stripped or stripped.startswith("#"):
                continue
            if own < indent or (own == indent and not (key and stripped.startswith("- "))):
                break
            end = number + 1
        return end

    def without(self, steps: Sequence[Step]) -> tuple[Edit, ...]:
        """The edit that removes the innermost entry, with its parents if they become empty."""
        while len(steps) > 1 and len(steps[-1].of.items) == 1:
            steps = steps[:-1]
        if steps[-1].at in _NEEDED:
            return ()
        return self.cut(steps[-1].begins, key=isinstance(steps[-1].of, Map))

    def cut(self, start: Place, *, key: bool) -> tuple[Edit, ...]:
        """The edit that removes the entry at a place; `key` marks an entry of a map."""
        if not self.in_flow(start):
            if key and self.line(start[0])[: start[1] - 1].strip() == "-":
                return ()  # the first key of an entry, on the line of its dash
            return (Edit(start[0], 1, self.block_end(start), 1, ""),)
        end = self.flow_end(start)
        if self.line(end[0])[end[1] - 1 : end[1]] == ",":
            rest = self.line(end[0])[end[1] :]
            return (Edit(*start, end[0], end[1] + 1 + len(rest) - len(rest.lstrip(" ")), ""),)
        before = self.line(start[0])[: start[1] - 1].rstrip()
        return (Edit(start[0], len(before), *end, ""),)

    def moved(self, steps: Sequence[Step], before: Sequence[Step]) -> tuple[Edit, ...]:
        """The edits that move one entry of a list before another."""
        start, target = steps[-1].begins, before[-1].begins
        if steps[-1].of is not before[-1].of or self.in_flow(start) != self.in_flow(target):
            return ()
        if self.in_flow(start):
            text = self.raw(start, self.flow_end(start)).rstrip() + ", "
            return (*self.without(steps), Edit(*target, *target, text))
        end = self.block_end(start)
        text = "\n".join(self.lines[start[0] - 1 : end - 1]) + "\n"
        return (Edit(start[0], 1, end, 1, ""), Edit(target[0], 1, target[0], 1, text))

    def indented(self, start: Place, by: int) -> tuple[Edit, ...]:
        """The edits that change the indent of the lines of an entry."""
        made = []
        for number in range(start[0], self.block_end(start)):
            if self.line(number).strip():
                made.append(Edit(number, 1, number, 1, " " * by) if by > 0 else Edit(number, 1, number, 1 - by, ""))
        return tuple(made)
