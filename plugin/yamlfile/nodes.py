"""The contents of a YAML file as texts, lists and maps with their places. Nothing is typed: NO is Norway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onedesk_quickbooks.plugin.model.where import Where


class Text:
    """A scalar as written, with quotes resolved. `plain` is False for a quoted or block scalar; `name` is True for one
    that is a name and not a word, whatever its value."""

    __slots__ = ("column", "end_column", "end_line", "file", "line", "name", "plain", "value")

    def __init__(
        self, value: str, file: str, line: int, column: int, end_line: int, end_column: int, plain: bool
    ) -> None:
        self.value = value
        self.file = file
        self.line = line
        self.column = column
        self.end_line = end_line
        self.end_column = end_column
        self.plain = plain
        self.name = False

    def instead(self, value: str) -> Text:
        """Another text at the same place."""
        return Text(value, self.file, self.line, self.column, self.end_line, self.end_column, self.plain)

    def as_name(self) -> Text:
        """The same text as a name, which is not a word."""
        made = self.instead(self.value)
        made.name = True
        return made

    def is_word(self, word: str) -> bool:
        """Whether this is the word."""
        return self.value == word and not self.name

    def __repr__(self) -> str:
        return f"Text({self.value!r}, {self.line}:{self.column})"


class List:
    """A sequence. Its span is its first character."""

    __slots__ = ("column", "end_column", "end_line", "file", "items", "line")

    def __init__(self, file: str, line: int, column: int) -> None:
        self.items: list[Node] = []
        self.file = file
        self.line = self.end_line = line
        self.column = column
        self.end_column = column + 1


class Map:
    """A mapping: `keys` and `items` share their keys and the order of the file. Its span is its first character.
    `unread`: it has an entry whose key is a list or map, which is in neither."""

    __slots__ = ("column", "end_column", "end_line", "file", "items", "keys", "line", "unread")

    def __init__(self, file: str, line: int, column: int) -> None:
        self.unread = False
        self.keys: dict[str, Text] = {}
        self.items: dict[str, Node] = {}
        self.file = file
        self.line = self.end_line = line
        self.column = column
        self.end_column = column + 1

    def text(self, key: str) -> Text | None:
        """The text under `key`, None if there is none."""
        found = self.items.get(key)
        return found if isinstance(found, Text) else None

    def map(self, key: str) -> Map | None:
        """The map under `key`, None if there is none."""
        found = self.items.get(key)
        return found if isinstance(found, Map) else None

    def list(self, key: str) -> list[Node]:
        """The entries of the list under `key`, none where there is no list."""
        found = self.items.get(key)
        return found.items if isinstance(found, List) else []


Node = Text | List | Map


def walk(root: Node) -> Iterator[Node]:
    """The node and all its descendants: values, not keys."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, Text):
            stack.extend(node.items.values() if isinstance(node, Map) else node.items)


def texts(node: Node | None) -> list[Text]:
    """The texts of a list, or a single text as a list."""
    return [each for each in (node.items if isinstance(node, List) else [node]) if isinstance(each, Text)]


def where(node: Node) -> Where:
    """The place of a node in the form for decisions."""
    from onedesk_quickbooks.plugin.model.where import Where

    return Where(node.file, node.line, node.column)


def kind(node: Node) -> str:
    """The kind of a node, in words for bookkeepers."""
    return {Text: "text", List: "list", Map: "map"}[type(node)]


def plain(node: Node) -> object:
    """The node as JSON with all scalars as text. The builder bounds the depth, so recursion is safe."""
    if isinstance(node, Text):
        return node.value
    if isinstance(node, List):
        return [plain(item) for item in node.items]
    return {key: plain(item) for key, item in node.items.items()}
