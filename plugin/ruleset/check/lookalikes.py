"""Names that look the same to a person but differ for QuickBooks or the rules."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from onedesk_quickbooks.plugin.findings.finding import Findings, related
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.check.company_names import Sections, names
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, Node, Text, texts
from onedesk_quickbooks.plugin.yamlfile.oddities import latin

_SKIPPED = str.maketrans("", "", " -_'’`´\u00ad\u200b\u200c\u200d\ufe0f")


def check_lookalikes(sections: Sections, findings: Findings) -> None:
    """Add a finding for each further spelling of a name that has no visible difference from the first."""
    seen: dict[tuple[str, str], Text] = {}
    reported: set[tuple[str, str]] = set()
    for kind, text in _texts(sections):
        value = text.value.strip()
        first = seen.setdefault((kind, skeleton(value)), text)
        other = first.value.strip()
        if other == value or (kind, value) in reported:
            continue
        if fold(other) == fold(value):  # matching treats both as the same
            continue
        reported.add((kind, value))
        findings.add(
            "OQ314",
            text,
            Said(
                'The {value} "{value2}" looks like "{other}", but is another name ({other2}).',
                value=_kind(kind),
                value2=value,
                other=other,
                other2=_how(other, value),
            ),
            Said("Write both alike, as QuickBooks and OneDesk show the name; if they are two, nothing is wrong."),
            [related(first, f'"{other}"')],
        )


_FOLDED = frozenset(name for name, field in keys.fields().items() if field.kind == "text")
"""OneDesk's names, which the rules compare by the key of names."""


def _kind(kind: str) -> str:
    return kind if isinstance(kind, Said) else Said(kind.replace("_", " "))


def skeleton(text: str) -> str:
    """The text without what readers overlook: case, encoding of accents, spaces, hyphens, letters of other
    alphabets."""
    if text.isascii():
        return text.lower().translate(_SKIPPED)
    bare = unicodedata.normalize("NFKC", latin(text)).casefold()
    return "".join(bare.split()).translate(_SKIPPED)


def _how(one: str, other: str) -> str:
    if "".join(one.split()) == "".join(other.split()):
        return Said("spaces")
    if unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other):
        return Said("the encoding of its accents")
    if latin(one) == latin(other):
        return Said("letters of another alphabet")
    return Said("spaces, hyphens or case")


def _texts(sections: Sections) -> Iterator[tuple[str, Text]]:
    for named in names(sections):
        yield named.kind, named.text
    for section in (part for parts in sections.values() for part in parts):
        for key, kind in keys.keyed().items():
            found = section.map(key) if kind in _FOLDED else None
            for text in found.keys.values() if found else ():
                yield kind, text
        for rule in section.list("exceptions"):
            when = rule.map("when") if isinstance(rule, Map) else None
            for kind in sorted(_FOLDED) if when else ():
                yield from ((kind, text) for text in _asked(when.items.get(kind) if when else None))


def _asked(node: Node | None) -> Iterator[Text]:
    """The texts of a condition, also those under any, all and not."""
    for each in node.items.values() if isinstance(node, Map) else (node,):
        yield from texts(each)
