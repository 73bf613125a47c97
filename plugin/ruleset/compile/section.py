"""One section of the rules while it is compiled: what was written, and what default.yaml says where it was not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from onedesk_quickbooks.plugin.findings.finding import Findings, related
from onedesk_quickbooks.plugin.model.decision import RoundingChoice, Where
from onedesk_quickbooks.plugin.model.due import DueIn
from onedesk_quickbooks.plugin.model.named_fields import written_fields
from onedesk_quickbooks.plugin.ruleset.core.rules import Setting
from onedesk_quickbooks.plugin.ruleset.keys import Key
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text, where


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

    @property
    def at(self) -> Where:
        """The place of the section."""
        return where(self.given or self.defaults)

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

    def setting(self, key: Key) -> Setting | None:
        """What is in force under a setting's key, None where there is nothing."""
        node = self.node(key.name)
        return None if node is None else as_setting(key, node, key.id, where(self.key(key.name)))

    def text(self, key: str) -> Text | None:
        """The text in force under `key`, None if there is none."""
        node = self.node(key)
        return node if isinstance(node, Text) else None

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


def as_setting(key: Key, node: Node, rule: str, at: Where) -> Setting:
    """A setting as it is written: a word or name, a list of words, a due date by days, texts by their names, or the
    item and tax code of a line."""
    if isinstance(node, Map) and (days := node.text("days")) is not None:
        ends = node.text("end_of_month")
        return Setting(str(DueIn(int(days.value), ends is not None and ends.value == "yes")), rule, at)
    if isinstance(node, Map) and key.mapped:
        named = ((name.value.strip(), each.value) for name, each in _texts(node))
        return Setting(written_fields(named), rule, at)
    if isinstance(node, Map):
        item, code = node.text("item"), node.text("tax_code")
        line = RoundingChoice(item.value.strip() if item else "", code.value.strip() if code else None)
        return Setting("line", rule, at, line)
    if isinstance(node, List):
        written = [each.value for each in node.items if isinstance(each, Text)]
        words = written if key.ordered else [each for each in key.words if each in written]
        return Setting(", ".join(words) or "none", rule, at)
    value = node.value.strip()
    # What is really called so: names are the same in upper and lower case, and the word is in lower case alone.
    named_none = key.none and node.name and value.casefold() == "none"
    return Setting("None" if named_none else value, rule, at)


def _texts(node: Map) -> Iterator[tuple[Text, Text]]:
    for key, each in zip(node.keys.values(), node.items.values(), strict=True):
        if isinstance(each, Text):
            yield key, each


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
