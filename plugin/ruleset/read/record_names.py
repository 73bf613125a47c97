"""Every name of a QuickBooks record in the rules, with its place: wherever the schema marks one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.templates import FIELD
from onedesk_quickbooks.plugin.ruleset.read.shape import Shape, rules_shape
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Node, Text

_LONGEST = {"item": 100}
"""The maximum length of a part of a name; others may have 500 characters (qbo-api.md 2.2, 2.3)."""


@dataclass(frozen=True, slots=True)
class Named:
    """One name as written: `kind` is item, income account, tax code, class, payment term or customer; `words` are those
    allowed in its place; `begins` is the first day of its rule, as written, "" if it has none."""

    kind: str
    text: Text
    words: tuple[str, ...] = ()
    begins: str = ""

    @property
    def name(self) -> str:
        return self.text.value.strip()

    @property
    def is_word(self) -> bool:
        """Whether it is a word in place of a name."""
        return self.text.value in self.words and not self.text.name


def named(sections: Mapping[str, Sequence[Map]]) -> Iterator[Named]:
    """All names, and the words in place of names, in the order of the documentation."""
    for name, shape in rules_shape().properties.items():
        for node in sections.get(name, ()):
            yield from _below(node, shape)


def _below(node: Node, shape: Shape, begins: str = "") -> Iterator[Named]:
    if isinstance(node, Text):
        if shape.names:
            yield Named(shape.names, node, shape.words, begins)
        return
    first = node.text("from") if isinstance(node, Map) else None
    begins = first.value.strip() if first is not None else begins
    branch = shape.branches.get(type(node))
    if branch is None:
        return
    children = list(branch.below(node))
    if isinstance(node, Map) and branch.properties:
        ranks = {id(node.items[key]): rank for rank, key in enumerate(branch.properties) if key in node.items}
        children.sort(key=lambda each: ranks.get(id(each[0]), len(ranks)))
    for child, own in children:
        yield from _below(child, own, begins)


def check_names(sections: Mapping[str, Sequence[Map]], findings: Findings) -> None:
    """A finding for each name that no QuickBooks record can have."""
    for each in named(sections):
        problem = "" if each.is_word else _problem(each.text.value, each.kind)
        if problem:
            kind = Said("display name") if each.kind == "customer" else Said(each.kind)
            shown = each.text.value if len(each.text.value) <= 60 else each.text.value[:57] + "..."
            remedy = Said("Write the {kind}'s name as QuickBooks shows it.", kind=kind)
            sentence = Said('The {kind} "{shown}" {problem}.', kind=kind, shown=shown, problem=problem)
            findings.add("OQ308", each.text, sentence, remedy)
    for text in _of_customers(sections.get("customers", ())):
        if ":" in FIELD.sub("", text.value):
            findings.add(
                "OQ308",
                text,
                Said(
                    'The display name "{name}" holds a colon, which QuickBooks forbids in a display name.',
                    name=text.value,
                ),
                Said("Write another character in its place, such as {example}.", example="{project} ({customer})"),
            )


def _of_customers(sections: Iterable[Map]) -> Iterator[Text]:
    """The texts for the names of customers and sub-customers."""
    for section in sections:
        for place in [section, *(each for each in section.list("exceptions") if isinstance(each, Map))]:
            found = [place.text(key) for key in ("bill_to", "project_name")]
            yield from (each for each in found if each is not None)


def _problem(name: str, kind: str) -> str:
    """Why no record can have the name, "" if one can."""
    longest = _LONGEST.get(kind, 500)
    parts = name.split(":") if kind == "item" else [name]
    if not name.strip():
        return Said("is empty")
    if "\t" in name or "\n" in name:
        return Said("holds a tab or a line break, which QuickBooks forbids")
    if kind == "customer" and ":" in name:
        return Said("holds a colon, which QuickBooks forbids in a display name")
    if any(len(part) > longest for part in parts):
        return Said("is longer than the {longest} characters that QuickBooks allows", longest=longest)
    return Said("has nothing before or after a colon") if any(not part.strip() for part in parts) else ""
