"""Validation by schemas/rules.schema.json, the one source of shape.

A general validator is too slow for a rule set of ten thousand lines: the schema is compiled once to small closures that
return yes or no; for a no, jsonschema reports what is wrong with that one node. The closures support the keywords that
the schema uses and the compiler rejects others; a test compares their results with those of jsonschema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from onedesk_quickbooks.plugin.ruleset.keys import schema
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.texts import joined
from onedesk_quickbooks.plugin.texts.schema import regex
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text

_NOTES = {"$schema", "$id", "$defs", "title", "description", "default", "examples"}
_TEXT = {"enum", "pattern", "minLength", "maxLength"}
_LIST = {"items", "minItems", "maxItems", "uniqueItems"}
_MAP = {"properties", "additionalProperties", "propertyNames", "required", "minProperties", "maxProperties"}
_KNOWN = _NOTES | _TEXT | _LIST | _MAP | {"type", "$ref", "anyOf"}

Check = Callable[[Node], bool]


@dataclass(eq=False)
class Shape:
    """One compiled part of the schema. `local` are the keywords that concern the node itself, as JSON Schema; `names`
    is the kind of a QuickBooks name, `words` are those allowed in its place, `sentence` marks a sentence for people,
    `template` is the kind of fields that the text may have, `receivers` marks a list of people and e-mail addresses,
    `asked` a value in a condition (see `keys`)."""

    title: str
    description: str
    example: str = ""
    branches: dict[type, Shape] = field(default_factory=dict)
    local: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Shape] = field(default_factory=dict)
    others: Shape | None = None
    entries: Shape | None = None
    accepts: Check = field(default=lambda node: True)
    names: str = ""
    words: tuple[str, ...] = ()
    sentence: bool = False
    template: str = ""
    receivers: bool = False
    asked: bool = False

    def below(self, node: Node) -> Iterator[tuple[Node, Shape]]:
        """The children of the node with their shapes, without those that have none."""
        if isinstance(node, Map):
            for key, child in node.items.items():
                shape = self.properties.get(key) or self.others
                if shape:
                    yield child, shape
        elif isinstance(node, List) and self.entries:
            for child in node.items:
                yield child, self.entries


@lru_cache(maxsize=1)
def rules_shape() -> Shape:
    """The compiled schema of rule files."""
    return Compiler(schema()).shape(schema())


class Compiler:
    """Compiles a schema; raises ValueError for an unknown keyword."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._defs = schema.get("$defs", {})
        self._done: dict[str, Shape] = {}

    def shape(self, schema: Mapping[str, Any]) -> Shape:
        """The shape of one (sub)schema."""
        unknown = {each for each in set(schema) - _KNOWN if not each.startswith("x-")}
        if unknown:
            raise ValueError(f"rules.schema.json uses {sorted(unknown)}, which read/shape.py does not know")
        if "$ref" in schema:
            return self._reference(schema)
        made = Shape(schema.get("title", ""), schema.get("description", ""), example_of(schema))
        made.names, made.words = schema.get("x-names", ""), tuple(schema.get("x-words", ()))
        made.sentence = schema.get("x-sentence", False)
        made.template = schema.get("x-template", "")
        made.receivers = schema.get("x-receivers", False)
        made.asked = schema.get("x-asked", False)
        if "anyOf" in schema:
            for each in schema["anyOf"]:
                branch = self.shape(each)
                made.branches.update(branch.branches)
        else:
            made.branches = dict.fromkeys(_types(schema), made)
            self._fill(made, schema)
        branches = {kind: branch.accepts for kind, branch in made.branches.items() if branch is not made}
        if branches:
            made.accepts = lambda node: type(node) in branches and branches[type(node)](node)
        return made

    def _reference(self, schema: Mapping[str, Any]) -> Shape:
        name = schema["$ref"].removeprefix("#/$defs/")
        if name not in self._done:
            self._done[name] = self.shape(self._defs[name])
        target = self._done[name]
        if schema.keys() <= {"$ref"}:
            return target
        title, description = schema.get("title", target.title), schema.get("description", target.description)
        made = Shape(title, description, example_of(schema) or target.example, target.branches, accepts=target.accepts)
        made.names = schema.get("x-names", target.names)
        made.words = tuple(schema.get("x-words", target.words))
        made.sentence = schema.get("x-sentence", target.sentence)
        made.template = schema.get("x-template", target.template)
        made.receivers = schema.get("x-receivers", target.receivers)
        return made

    def _fill(self, made: Shape, schema: Mapping[str, Any]) -> None:
        made.local = {key: schema[key] for key in schema if key in _TEXT | _LIST | _MAP | {"type"}}
        made.properties = {key: self.shape(each) for key, each in schema.get("properties", {}).items()}
        others = schema.get("additionalProperties")
        made.others = self.shape(others) if isinstance(others, dict) else None
        made.entries = self.shape(schema["items"]) if "items" in schema else None
        made.local["properties"] = dict.fromkeys(made.properties, True)
        if made.others:
            made.local.pop("additionalProperties")
        made.local.pop("items", None)
        kinds = set(made.branches)
        if kinds == {Text}:
            made.accepts = _text_check(schema)
        elif kinds == {List}:
            made.accepts = _list_check(schema, made.entries)
        elif kinds == {Map}:
            made.accepts = _map_check(schema, made)
        else:
            raise ValueError("rules.schema.json: each type of an anyOf wants a branch of its own")


def example_of(schema: Mapping[str, Any]) -> str:
    """The schema's first example in the form of a rule file."""
    examples = schema.get("examples", ())
    return _flow(examples[0]) if examples else ""


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return str(value) if not re.search(r"[*:#%&{}\[\],]", str(value)) else f'"{value}"'


def _types(schema: Mapping[str, Any]) -> list[type]:
    given = schema["type"]
    names = [given] if isinstance(given, str) else given
    # The schema has numbers for editors, which read `version: 1` as a number; here every scalar is text.
    return [{"string": Text, "array": List, "object": Map}[name] for name in names if name not in ("number", "integer")]


def _text_check(schema: Mapping[str, Any]) -> Check:
    words = frozenset(schema["enum"]) if "enum" in schema else None
    matches = regex(schema["pattern"]).search if "pattern" in schema else None
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10**9)

    def accepts(node: Node) -> bool:
        return (
            type(node) is Text
            and least <= len(node.value) <= most
            and (words is None or node.value in words)
            and (matches is None or matches(node.value) is not None)
        )

    return accepts


def _list_check(schema: Mapping[str, Any], entries: Shape | None) -> Check:
    least, most, unique = schema.get("minItems", 0), schema.get("maxItems", 10**9), schema.get("uniqueItems", False)
    if entries is None:
        raise ValueError("rules.schema.json: a list without items")

    def accepts(node: Node) -> bool:
        if type(node) is not List or not least <= len(node.items) <= most:
            return False
        check = entries.accepts
        return all(map(check, node.items)) and not (unique and _repeats(node))

    return accepts


def _repeats(node: List) -> bool:
    values = [item.value for item in node.items if isinstance(item, Text)]
    return len(set(values)) < len(values)


def _map_check(schema: Mapping[str, Any], made: Shape) -> Check:
    least, most = schema.get("minProperties", 0), schema.get("maxProperties", 10**9)
    required = frozenset(schema.get("required", ()))
    keys = _text_check(schema.get("propertyNames", {}))
    any_key = "propertyNames" not in schema
    open_ended = schema.get("additionalProperties") is not False
    properties, others = made.properties, made.others

    def accepts(node: Node) -> bool:
        if type(node) is not Map or not least <= len(node.items) <= most or not required <= node.items.keys():
            return False
        if not any_key and not all(map(keys, node.keys.values())):
            return False
        for key, child in node.items.items():
            shape = properties.get(key) or others
            if shape is None:
                if not open_ended:
                    return False
            elif not shape.accepts(child):
                return False
        return True

    return accepts


def title_of(shape: Shape) -> Said:
    """The name of the shape in the schema, as part of a sentence."""
    return Said(shape.title[:1].lower() + shape.title[1:])


def about_of(shape: Shape) -> str:
    """The name in parentheses after a space; "" if there is none."""
    return joined("", (" (", title_of(shape), ")")) if shape.title else ""


def sentence_of(description: str) -> str:
    """The description in the schema as a sentence."""
    return Said(description if description.endswith(".") else f"{description}.") if description else ""
