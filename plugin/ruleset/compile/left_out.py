"""Entries for certain days that omit parts of the entry for all days: the entry with days replaces it as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onedesk_quickbooks.plugin.findings.finding import Findings, related
from onedesk_quickbooks.plugin.ruleset.compile.section import Section
from onedesk_quickbooks.plugin.ruleset.compile.taxes import rates_of, regions_of
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.keys import outputs
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.texts import listed
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Node, Text


def check_left_out(sections: Mapping[str, Section], findings: Findings) -> None:
    """A finding for each entry of a file with days that has less than the entry of the files without."""
    for section, name in _MAPS:
        always = dict(_entries(sections[section], name, dated=False))
        for key, (at, node) in _entries(sections[section], name, dated=True):
            first, other = always.get(key, (at, node))
            lacks = _lacks if section == "items" else _lacks_codes
            lacking = [] if _holds(node) else lacks(key.upper(), node, other)
            if lacking:
                findings.add(
                    "OQ408",
                    at,
                    Said(
                        "On its days this entry takes the place of the other one of {name}, and it leaves out {what}.",
                        name=first.value,
                        what=listed(lacking),
                    ),
                    Said("Write {what} here as well, with what holds on these days.", what=listed(lacking)),
                    [related(first, Said("the other one"))],
                )


_MAPS = (("items", "by_service_type"), ("items", "by_charge"), ("taxes", "by_country"), ("taxes", "by_category"))


def _entries(section: Section, name: str, *, dated: bool) -> Iterator[tuple[str, tuple[Text, Node]]]:
    for part in section.parts:
        node = part.node.map(name)
        if node is not None and (part.days is not None) == dated:
            yield from ((fold(key.value), (key, node.items[key.value])) for key in node.keys.values())


def _holds(node: Node) -> bool:
    item = node.text("item") if isinstance(node, Map) else node
    return isinstance(item, Text) and item.is_word("hold")


def _lacks(key: str, node: Node, other: Node) -> list[str]:
    """The outputs that the other entry has besides the item."""
    own, others = ([each for each in outputs()[1:] if isinstance(at, Map) and each in at.items] for at in (node, other))
    return [each for each in others if each not in own]


def _lacks_codes(key: str, node: Node, other: Node) -> list[str]:
    """The missing regions; and the missing rates, unless as many other rates replace them."""
    regions, rates = regions_of(key, node), rates_of(node)
    gone = [each for each in rates_of(other) if each not in rates]
    new = [each for each in rates if each not in rates_of(other)]
    return [each for each in regions_of(key, other) if each not in regions] + (gone if len(gone) > len(new) else [])
