"""One section of the rules while it is compiled: what was written, and what default.yaml says where it was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from onedesk_quickbooks.plugin.model.decision import Where
from onedesk_quickbooks.plugin.ruleset.core.rules import Setting
from onedesk_quickbooks.plugin.ruleset.findings.finding import Findings, related
from onedesk_quickbooks.plugin.ruleset.read.nodes import List, Map, Node, Text, where

_LONGEST = {"item": 100, "display name": 500, "tax code": 500, "income account": 500, "class": 500, "payment term": 500}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `exceptions:`; `id` is the full rule id, `at` the place of its own id."""

    node: Map
    name: Text
    when: Map
    id: str
    at: Where


class Section:
    """Typed access to a section whose shape is right. `given` is None where the section was not written."""

    def __init__(self, name: str, given: Map | None, defaults: Map, findings: Findings) -> None:
        self.name = name
        self.given = given
        self.defaults = defaults
        self.findings = findings

    def node(self, key: str) -> Node | None:
        """What is in force under `key`."""
        if self.given and key in self.given.items:
            return self.given.items[key]
        return self.defaults.items.get(key)

    def key(self, key: str) -> Text:
        """Where `key` stands, written or default."""
        if self.given and key in self.given.keys:
            return self.given.keys[key]
        return self.defaults.keys[key]

    def optional(self, key: str) -> Setting | None:
        """The text under `key`, None where there is none."""
        node = self.node(key)
        return Setting(node.value, f"{self.name}.{key}", where(self.key(key))) if isinstance(node, Text) else None

    def text(self, key: str) -> Text:
        """The text under a key that is there."""
        node = self.node(key)
        if not isinstance(node, Text):
            raise ValueError(f"{self.name}.{key} is no text")
        return node

    def setting(self, key: str) -> Setting:
        """The text under a key that default.yaml has."""
        found = self.optional(key)
        if found is None:
            raise ValueError(f"rules/default.yaml has no text under {self.name}.{key}")
        return found

    def words(self, key: str) -> tuple[tuple[str, ...], Setting]:
        """The list of words under a key that default.yaml has, and its place."""
        node = self.node(key)
        if not isinstance(node, List):
            raise ValueError(f"rules/default.yaml has no list under {self.name}.{key}")
        found = tuple(item.value for item in node.items if isinstance(item, Text))
        return found, Setting(", ".join(found) or "none", f"{self.name}.{key}", where(self.key(key)))

    def entries(self, key: str, same: Callable[[str], str]) -> Iterator[tuple[Text, Node]]:
        """The entries of a keyed map; a finding for two keys that are the same after `same`."""
        node = self.node(key)
        if isinstance(node, Map):
            yield from distinct(node, same, self.findings)

    def exceptions(self) -> Iterator[Entry]:
        """The entries of `exceptions:`."""
        node = self.node("exceptions")
        for item in node.items if isinstance(node, List) else ():
            if isinstance(item, Map):
                name, when = item.text("id"), item.map("when")
                if name is not None and when is not None:
                    yield Entry(item, name, when, f"{self.name}.exceptions.{name.value}", where(item))

    def check_name(self, text: Text, kind: str) -> None:
        """A finding for a name that QuickBooks could never have (qbo-api.md 2.2, 2.3)."""
        name = text.value
        longest = _LONGEST[kind]
        parts = name.split(":") if kind == "item" else [name]
        if not name.strip():
            problem = "is empty"
        elif "\t" in name or "\n" in name:
            problem = "holds a tab or a line break, which QuickBooks forbids"
        elif kind == "display name" and ":" in name:
            problem = "holds a colon, which QuickBooks forbids in a display name"
        elif any(len(part) > longest for part in parts):
            problem = f"is longer than the {longest} characters that QuickBooks allows"
        elif any(not part.strip() for part in parts):
            problem = "has nothing before or after a colon"
        else:
            return
        shown = name if len(name) <= 60 else name[:57] + "..."
        remedy = f"Write the {kind}'s name as QuickBooks shows it."
        self.findings.add("OQ308", text, f'The {kind} "{shown}" {problem}.', remedy)


def distinct(node: Map, same: Callable[[str], str], findings: Findings) -> Iterator[tuple[Text, Node]]:
    """A map's entries, with a finding where two keys mean the same."""
    seen: dict[str, Text] = {}
    for key, item in zip(node.keys.values(), node.items.values(), strict=True):
        meant = same(key.value)
        first = seen.setdefault(meant, key)
        if first is not key:
            findings.add(
                "OQ302",
                key,
                f'"{key.value}" means the same as "{first.value}".',
                "Delete one of the two.",
                [related(first, "the first one")],
            )
        yield key, item


def check_ids(sections: Sequence[Section], findings: Findings) -> None:
    """Ids are unique within their section: reports and explanations name rules by them."""
    for section in sections:
        seen: dict[str, Text] = {}
        for rule in section.exceptions():
            first = seen.setdefault(fold_id(rule.name.value), rule.name)
            if first is not rule.name:
                findings.add(
                    "OQ303",
                    rule.name,
                    f'Another rule of {section.name} is called "{rule.name.value}" already.',
                    "Give this rule an id of its own.",
                    [related(first, "the first one")],
                )


def fold_id(text: str) -> str:
    """Ids that differ in case only are the same to a person."""
    return text.lower()
