"""Completions at the cursor: keys, words and codes of the rules, and names of QuickBooks records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from onedesk_quickbooks.plugin.model.receivers import PEOPLE
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.core.words import COUNTRIES, CURRENCIES, TAX_CATEGORIES
from onedesk_quickbooks.plugin.ruleset.mend import Edit
from onedesk_quickbooks.plugin.ruleset.read.expressions import scalar
from onedesk_quickbooks.plugin.ruleset.read.shape import Shape, rules_shape, title_of
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text

_CURSOR = "\ue000"
"""A private-use character, which no rule contains, at the position of the cursor."""
_CODES: dict[str, Iterable[str]] = {"country": COUNTRIES, "currency": CURRENCIES, "tax_category": TAX_CATEGORIES}
"""The values of fields of conditions with a closed list."""

_WITHIN = ("any", "all", "not")
"""Keys of one condition."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A completion: `name` is shown, `about` describes it, "" for a word of the rules."""

    name: str
    sort: Literal["key", "word", "name"]
    about: str
    change: Edit


@dataclass(frozen=True, slots=True)
class _Here:
    """The text at the cursor: a value of a shape, or a key of a map, with the allowed keys in `known`. `field` is the
    field of conditions that its codes belong to."""

    text: Text
    value: Shape | None
    known: dict[str, Shape]
    field: str


def offers(
    text: str, line: int, column: int, read: Callable[[str], Map | None], names: Callable[[str], Iterable[str]]
) -> list[Offer]:
    """The completions. `read` parses the text of a file, `names` gives the names of a kind in QuickBooks. A key that is
    being typed has no colon yet."""
    lines = text.split("\n")
    before, after = lines[line - 1][: column - 1], lines[line - 1][column - 1 :].rstrip("\r")
    for mark in (_CURSOR, f"{_CURSOR}:"):
        lines[line - 1] = f"{before}{mark}{after}"
        root = read("\n".join(lines))
        here = next(_here(root, rules_shape(), lines, ""), None) if root else None
        if here is not None:
            at = _at(here.text, line, column, after)
            typed = after[at.end_column - column :].lstrip().startswith(":")
            return [*_values(here, at, names), *_keys(here, at, typed)]
    return []


def _here(node: Node, shape: Shape, lines: list[str], field: str) -> Iterator[_Here]:
    branch = shape.branches.get(type(node))
    if isinstance(node, Text):
        if _CURSOR in node.value:
            entry = shape.branches.get(Map)
            own_line = not lines[node.line - 1][: node.column - 1].strip(" -")
            yield _Here(node, shape, entry.properties if entry and own_line else {}, field)
        return
    if branch is None:
        return
    if isinstance(node, List):
        for each in node.items:
            yield from _here(each, branch.entries, lines, field) if branch.entries else ()
        return
    conditions = branch.properties.keys() == keys.fields().keys()
    for name, key in node.keys.items():
        own = branch.properties.get(name) or branch.others
        if _CURSOR in name:
            known = {each: part for each, part in branch.properties.items() if each not in node.keys}
            yield _Here(key, None, known, field if branch.others else "")
        elif own is not None:
            asked = name if conditions else field if name in _WITHIN else keys.keyed().get(name, "")
            yield from _here(node.items[name], own, lines, asked)


def _at(text: Text, line: int, column: int, after: str) -> Edit:
    """The edit of the whole text if it ends in the cursor's line; else up to the cursor, and the quote after it."""
    if (text.line, text.end_line) == (line, line):
        return Edit(line, text.column, line, text.end_column - 1, "")
    quoted = not text.plain and after[:1] in ('"', "'")
    return Edit(text.line, text.column, line, column + quoted, "")


def _values(here: _Here, at: Edit, names: Callable[[str], Iterable[str]]) -> Iterator[Offer]:
    shape = here.value
    if shape is not None:
        kind = shape.names
        for name in names(kind) if kind else ():
            yield Offer(name, "name", Said(kind), _written(at, scalar(name)))
        branch = shape.branches.get(Text)
        words = [*shape.words, *(branch.local.get("enum", ()) if branch else ()), *(PEOPLE if shape.receivers else ())]
        for word in dict.fromkeys(each for each in words if isinstance(each, str)):
            yield Offer(word, "word", "", _written(at, word))
    behind = "" if shape is not None and Text in shape.branches else ": "
    for code in sorted(_CODES.get(here.field, ())):
        yield Offer(code, "word", "", _written(at, f"{code}{behind}"))


def _keys(here: _Here, at: Edit, typed: bool) -> Iterator[Offer]:
    for name, shape in here.known.items():
        behind = "" if typed else ": " if Text in shape.branches else ":"
        yield Offer(name, "key", title_of(shape), _written(at, f"{name}{behind}"))


def _written(at: Edit, text: str) -> Edit:
    return Edit(at.line, at.column, at.end_line, at.end_column, text)
