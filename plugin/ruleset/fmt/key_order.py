"""Sections and their keys in the order of the documentation; comments move with the line below them."""

from __future__ import annotations

from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.fmt.layout import is_block
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Text


def in_order(text: str, root: Map) -> str:
    """The text with its sections and their keys in order."""
    lines = text.rstrip("\n").split("\n")
    ends = _ends(root, lines)
    for name, node in root.items.items():
        if name in keys.sections() and isinstance(node, Map) and is_block(text, node):
            first = root.keys[name].line + 1
            lines[first - 1 : ends[name]] = _sorted(lines, node, first, ends[name], tuple(keys.sections()[name]))
    if is_block(text, root):
        begin = min(_lead(lines, root.keys[name]) for name in root.keys)
        lines[begin - 1 :] = _sorted(lines, root, begin, len(lines), keys.top())
    return "\n".join(lines) + "\n"


def _ends(root: Map, lines: list[str]) -> dict[str, int]:
    """The last line of each section: the one before the key of the next section and its comment."""
    names = sorted(root.keys, key=lambda name: root.keys[name].line)
    following = [_lead(lines, root.keys[name]) - 1 for name in names[1:]] + [len(lines)]
    return dict(zip(names, following, strict=True))


def _sorted(lines: list[str], node: Map, first: int, last: int, order: tuple[str, ...]) -> list[str]:
    """Lines `first` to `last` (from 1, both inclusive) with the chunks of the map's keys in order."""
    names = sorted(node.keys, key=lambda name: node.keys[name].line)
    starts = [max(first, _lead(lines, node.keys[name])) for name in names]
    chunks = {
        name: lines[start - 1 : end]
        for name, start, end in zip(names, starts, [*(s - 1 for s in starts[1:]), last], strict=True)
    }
    rank = {name: index for index, name in enumerate(order)}
    found = lines[first - 1 : starts[0] - 1]
    for name in sorted(names, key=lambda each: rank.get(each, len(rank))):
        found += chunks[name]
    return found


def _lead(lines: list[str], key: Text) -> int:
    """The first line of a key's chunk: its own, or that of the comment directly above it with the same indent. A
    comment at the beginning of the file stays there."""
    start = key.line
    indent = " " * (key.column - 1) + "#"
    while start > 1 and lines[start - 2].startswith(indent):
        start -= 1
    opening = start == 1 and key.column == 1 and key.line > 1
    return key.line if opening else start
