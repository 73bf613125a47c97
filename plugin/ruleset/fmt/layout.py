"""Indents and spaces: two spaces a level, one after a colon or a dash."""

from __future__ import annotations

import re

from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text, walk

_COMMENT = re.compile(r"(?:^|(?<= ))#")


def is_block(text: str, node: Node) -> bool:
    """Whether a map or list is in block style, not in brackets."""
    if isinstance(node, Text):
        return False
    line = text.split("\n")[node.line - 1]
    return line[node.column - 1 : node.column] not in ("{", "[")


def written(root: Node) -> list[Text]:
    """All keys and texts below a node."""
    found: list[Text] = []
    for node in walk(root):
        found += [node] if isinstance(node, Text) else node.keys.values() if isinstance(node, Map) else []
    return found


def comment_starts(text: str, root: Map) -> dict[int, int]:
    """For each line (from 1) with a comment, the index (from 0) of its #."""
    lines = text.split("\n")
    covered: dict[int, int] = {}
    for each in written(root):
        for number in range(each.line, each.end_line + 1):
            last = each.end_column - 1 if number == each.end_line else len(lines[number - 1])
            covered[number] = max(covered.get(number, 0), last)
    found = {}
    for number, line in enumerate(lines, 1):
        match = _COMMENT.search(line, covered.get(number, 0))
        if match:
            found[number] = match.start()
    return found


class _Layout:
    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.shift: dict[int, int] = {}  # line: new indent of its first key or dash
        self.gaps: list[tuple[int, int, int]] = []  # line, start and end index of white space to replace by one space

    def walk(self, root: Map) -> None:
        """Record the new indent of every line on which a key or an entry of a list begins."""
        stack: list[tuple[Node, int]] = [(root, 0)]
        while stack:
            node, indent = stack.pop()
            if isinstance(node, Text) or not self.block(node):
                continue
            if isinstance(node, List):
                stack.extend((item, indent + 2) for item in node.items)
                self._dashes(node, indent)
                continue
            for name, item in node.items.items():
                key = node.keys[name]
                if not self.lines[key.line - 1][: key.column - 1].strip():
                    self.shift[key.line] = indent
                if item.line == key.line:
                    colon = self.lines[key.line - 1].index(":", key.end_column - 1) + 1
                    self.gaps.append((key.line, colon, item.column - 1))
                stack.append((item, indent + 2))

    def block(self, node: Node) -> bool:
        """Whether a map or list is in block style."""
        return self.lines[node.line - 1][node.column - 1 : node.column] not in ("{", "[")

    def _dashes(self, node: List, indent: int) -> None:
        for item in node.items:
            line = self.lines[item.line - 1]
            dash = line.find("-")
            if dash >= 0 and not line[:dash].strip() and dash < item.column - 1:
                self.shift[item.line] = indent
                self.gaps.append((item.line, dash + 1, item.column - 1))

    def text(self) -> str:
        """The lines with their new indents."""
        for number, start, end in sorted(self.gaps, reverse=True):
            line = self.lines[number - 1]
            if start < end and not line[start:end].strip():
                self.lines[number - 1] = line[:start] + " " + line[end:]
        made: list[str] = []
        latest: dict[int, int] = {}
        by = 0
        for number, line in enumerate(self.lines, 1):
            stripped = line.lstrip(" ")
            own = len(line) - len(stripped)
            if number in self.shift:
                by = self.shift[number] - own
                latest[own] = by
            change = self._comment_shift(number, own, latest.get(own, by)) if stripped.startswith("#") else by
            made.append(" " * max(0, own + change) + stripped if stripped else "")
        return "\n".join(made)

    def _comment_shift(self, number: int, own: int, by: int) -> int:
        """The shift of a comment: that of the next line with the same indent, else `by`, that of the line before."""
        for following in range(number + 1, len(self.lines) + 1):
            line = self.lines[following - 1]
            stripped = line.lstrip(" ")
            if not stripped:
                break
            if not stripped.startswith("#"):
                same = len(line) - len(stripped) == own and following in self.shift
                return self.shift[following] - own if same else by
        return by


def layout(text: str, root: Map) -> str:
    """The text with two spaces a level, and one space after each colon and dash of a block."""
    made = _Layout(text)
    made.walk(root)
    return made.text()
