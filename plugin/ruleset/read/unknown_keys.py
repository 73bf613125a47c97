"""The intended meaning of an unknown key: another key, another place, or a value with a comma."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice

from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.read.nearest import nearest
from onedesk_quickbooks.plugin.ruleset.read.shape import Shape
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.texts import joined
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Text, plain

_NO_SPACE = re.compile(r"(?P<dash>-?)(?P<key>[A-Za-z_]\w*)(?P<value>:\S.*)?")
"""A key without the space after its colon, or after the dash before it."""
_MOST = 50
"""The maximum number of unknown keys of a map that are compared with a missing one."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A key that is unknown in its map. If commas split a value into keys it is the first of them: `parts` are all of
    them, `cut` is the key of the value."""

    key: str
    cut: str = ""
    parts: tuple[str, ...] = ()


def unknown_keys(node: Map, branch: Shape) -> Iterator[Unknown]:
    """The unknown keys of the map, in its order."""
    before = ""
    for empty, group in groupby(node.keys, lambda key: key not in branch.properties and _without_value(node, key)):
        names = list(group)
        if empty and before:
            yield Unknown(names[0], before, tuple(names))
        else:
            yield from (Unknown(each) for each in names if each not in branch.properties)
        before = names[-1]


def stands_for(node: Map, key: str, branch: Shape) -> str:
    """The known key for which an unknown one was written, "" for none."""
    spaced = _NO_SPACE.fullmatch(key)
    if spaced and spaced["key"] in branch.properties:
        return spaced["key"]
    if _elsewhere(node, key, branch):
        return ""
    near = _MEANT.get(key.casefold(), "")
    if near in branch.properties:
        return near
    known = [each for each in branch.properties if each not in node.keys]
    return nearest(key, known) or nearest(key, list(branch.properties)) or ""


def is_meant(node: Map, missing: str, branch: Shape) -> bool:
    """Whether an unknown key of the map is a misspelling of the missing one, or implies it."""
    found = list(islice((each for each in node.keys if each not in branch.properties), _MOST))
    if missing == "when" and any(each in keys.fields() for each in found):
        return True
    if missing == "item" and not {"hold", "name"}.isdisjoint(found):
        return True
    return any(stands_for(node, each, branch) == missing for each in found)


def remedy_of(node: Map, unknown: Unknown, branch: Shape) -> str:
    """The remedy for an unknown key."""
    key = unknown.key
    spaced = _NO_SPACE.fullmatch(key)
    near = stands_for(node, key, branch)
    cut = node.text(unknown.cut) if unknown.cut else None
    if re.fullmatch(r"[0-9]{3}(\.[0-9]+)?", key) or (cut and re.fullmatch(r"-?[0-9.]+", cut.value) and key.isdigit()):
        return Said("A comma begins the next key here: write amounts without commas, such as 1000.00.")
    if key == "when_payable_differs":
        return _payable(node, key)
    if spaced and spaced["key"] in branch.properties and (spaced["dash"] or spaced["value"]):
        return _spaced(spaced["key"], "" if spaced["dash"] else spaced["value"][1:])
    if unknown.parts:
        return _comma(node, unknown, branch)
    remedy = _elsewhere(node, key, branch)
    if remedy:
        return remedy
    if near in node.items:
        remedy = Said('Delete one of the two: "{near}" is here as well.', near=near)
    elif near:
        remedy = Said('Did you mean "{near}"?', near=near)
    else:
        remedy = Said("Known here: {branch}.", branch=", ".join(branch.properties) or Said("you like"))
    if above := _left_open(node, key, branch):
        remedy = Said("Indent it further than {above}: if it belongs there. {remedy}", above=above, remedy=remedy)
    return remedy


def _spaced(key: str, value: str) -> str:
    """How to write a key and value without a space after the colon, or, without a value, an entry without a space after
    the dash."""
    if not value:
        return Said('Write "- {key}:" with a space after the dash.', key=key)
    if value[0] in "{[":  # the key has only the start of it
        return Said("Write {key}: with a space after the colon.", key=key)
    return Said("Write {written}, with a space after the colon.", written=f"{key}: {value}")


def _elsewhere(node: Map, key: str, branch: Shape) -> str:
    """The remedy for a key that belongs elsewhere, "" if it is known nowhere."""
    if "include" in branch.properties:
        return _of_a_section(node, key)
    if "amount" in branch.properties:
        return _no_condition(key)
    if key in keys.top() and key not in ("version", "from", "until") and node.column > 1:
        return Said(
            "{key}: is a separate section: move it to the beginning of the line, with what belongs to it.",
            key=key,
        )
    if "when" in branch.properties:
        if key in keys.fields():
            return Said("{key}: is a condition: write it under when.", key=key)
        if key in ("hold", "skip"):
            return Said(
                "Whole invoices are held and skipped by exceptions of invoices: write {key}: into one of those.",
                key=key,
            )
    target = next((each for each in ("item", "code") if each in branch.properties), "")
    if key == "hold" and target:
        return Said('Write the word hold in the place of the map; a sentence belongs in an exception: hold: "why".')
    name = node.text(key) if key == "name" and target else None
    if name is not None and name.value.strip().casefold() in keys.words():
        whole = f"{{{target}: {{name: {name.value}}}}}"
        return Said("Write {whole} in the place of the map.", whole=whole)
    if key == "otherwise" and "exceptions" in branch.properties:
        return Said("These are settings: the defaults belong directly in the section, each under its own key.")
    return _of_another_section(key, branch)


def _no_condition(key: str) -> str:
    """The remedy for a key under when that is no condition."""
    if key in ("any", "all", "not"):
        return Said(
            "{key}: belongs in one condition, such as country: {example}; for one condition or another write two "
            "exceptions.",
            key=key,
            example="{not: [US, CA]}",
        )
    sentence = Said("{key}: is not a condition: write it beside when, not in it.", key=key)
    return sentence if key in _of_exceptions() else ""


def _of_another_section(key: str, branch: Shape) -> str:
    """The remedy for a key of one section in another, or in the exceptions of another."""
    excepted, ways = "when" in branch.properties, (key, _MEANT.get(key.casefold(), ""))
    if ways[1] in branch.properties or not (excepted or "exceptions" in branch.properties):
        return ""
    known = _by_exceptions() if excepted else keys.sections()
    for each in ways:
        owners = [name for name, those in known.items() if each in those]
        sections = joined(Said(" or "), owners)
        if owners and excepted:
            return Said(
                "Exceptions of {sections} decide that: write {key}: into one of those.", sections=sections, key=each
            )
        if owners:
            return Said("{key}: belongs to the section {sections}: move it there.", key=each, sections=sections)
    return ""


@lru_cache(maxsize=1)
def _by_exceptions() -> dict[str, frozenset[str]]:
    """The keys that exceptions of each section may decide."""
    found: dict[str, set[str]] = {name: set() for name in keys.sections()}
    for each in keys.settings().values():
        if each.excepted:
            found[each.section].add(each.name)
    found["items"].update(keys.outputs())
    found["taxes"].add("code")
    return {name: frozenset(known) for name, known in found.items()}


def _of_a_section(node: Map, key: str) -> str:
    """The remedy for a key of a section that is not indented."""
    owners = [name for name, known in keys.sections().items() if key in known]
    if not owners or f"{key}s" in keys.top():
        return ""
    before = list(node.keys)[: list(node.keys).index(key)]
    meant = next((each for each in reversed(before) if each in owners), owners[0])
    others = [each for each in owners if each != meant] if meant not in before else []
    sections = joined(Said(" or "), [meant, *others])
    return Said("Indent it below the section that it belongs to: {sections}.", sections=sections)


@lru_cache(maxsize=1)
def _of_exceptions() -> frozenset[str]:
    """The keys that exceptions of any section may have."""
    found = {"id", "when", "from", "until", "ask", "hold", "code", *keys.outputs()}
    return frozenset(found | {each.name for each in keys.settings().values() if each.excepted})


def _without_value(node: Map, key: str) -> bool:
    """Whether the key of a map in braces has no colon."""
    value, name = node.items[key], node.keys[key]
    here = (value.line, value.column) == (name.end_line, name.end_column)
    return isinstance(value, Text) and not value.value and here


def cut_by_comma(node: Map, empty: Text) -> str | None:
    """The remedy for a key of a map in braces that has no value because a comma split a value or a key, or because its
    colon has no space: "" if the key before it has this remedy already, None if neither is the cause."""
    names = list(node.keys)
    at = next((number for number, key in enumerate(names) if node.items[key] is empty), None)
    if at is None or not _without_value(node, names[at]):
        return None
    joined_to = re.fullmatch(r"([^:\n]+):([^\s:/].*)", names[at])
    if joined_to and node.keys[names[at]].plain:
        return _spaced(joined_to[1], joined_to[2])
    if at and _without_value(node, names[at - 1]) and not joined_to:
        return ""
    end = next((number for number in range(at, len(names)) if not _without_value(node, names[number])), len(names))
    cut = [node.keys[key].value for key in names[at:end]]
    before = node.items[names[at - 1]] if at else None
    value = json.dumps(", ".join([before.value, *cut]), ensure_ascii=False) if isinstance(before, Text) else ""
    key = json.dumps(", ".join([*cut, node.keys[names[end]].value]), ensure_ascii=False) if end < len(names) else ""
    decimal = re.fullmatch(r'"([0-9]{1,2}), ([0-9]{1,3})"', key)
    if decimal:
        return Said("Write a rate with a point: {rate}.", rate=f'"{decimal[1]}.{decimal[2]}"')
    ways = []
    if value:
        ways.append(
            Said(
                "A comma ends the value before it: put the whole value of {key} in quotes: {whole}.",
                key=names[at - 1],
                whole=value,
            )
        )
    if key:
        ways.append(Said("A comma ends a key: put the whole key in quotes, where it is one: {whole}.", whole=key))
    return joined(" ", ways) if ways else None


def _comma(node: Map, unknown: Unknown, branch: Shape) -> str:
    first = unknown.cut
    given = node.items[first]
    shape = branch.properties.get(first)
    if not isinstance(given, Text):
        return Said("A comma begins the next key here: write key: value, or put a text with a comma in quotes.")
    every = [given.value, *unknown.parts]
    whole = json.dumps(", ".join(every), ensure_ascii=False)
    if shape is None or List not in shape.branches:
        return Said(
            "A comma ends the value before it: put the whole value of {key} in quotes: {whole}.", key=first, whole=whole
        )
    many = Said("both") if len(every) == 2 else Said("all")
    written = f"{first}: [{', '.join(every)}]"
    return Said(
        "A comma ends the value before it: write {written} for {many}, or {whole} for one.",
        written=written,
        many=many,
        whole=whole,
    )


def _left_open(node: Map, key: str, branch: Shape) -> str:
    """The key directly before it that has no value and may contain keys like this one; "" for none."""
    names = list(node.keys)
    for each in reversed(names[: names.index(key)]):
        value = node.items[each]
        if isinstance(value, Text) and not value.value:
            inner = branch.properties[each].branches.get(Map) if each in branch.properties else None
            return each if inner and (inner.others or key in inner.properties) else ""
        if each in branch.properties:
            return ""
    return ""


def _payable(node: Map, key: str) -> str:
    """The remedy for a key of an older version, replaced by totals.prepaid and totals.rounding."""
    word = "note" if plain(node.items[key]) == "send" else "hold"
    both = Said("prepaid: {word} and rounding: {word}", word=word)
    if "when" in node.keys:  # an exception needs an id, when, and an outcome
        where = Said("in an exception under totals with this when")
        rest = Said("key") if len(node.keys) > 3 else Said("exception")
    else:
        where = Said("under totals")
        rest = Said("key") if len(node.keys) > 1 else Said("section, which holds nothing else")
    return Said(
        "Two keys have taken its place: write {keys} {where}, and delete this {rest}.",
        keys=both,
        where=where,
        rest=rest,
    )


_MEANT = {
    "to": "below",
    "until": "below",
    "before": "below",
    "max": "below",
    "min": "from",
    "since": "from",
    "name": "item",
    "product": "item",
    "account": "income_account",
    "tax": "code",
    "tax_code": "code",
    "default": "otherwise",
    "else": "otherwise",
    "province": "region",
    "state": "region",
    "category": "tax_category",
    "tax_id": "has_tax_id",
    "vat_id": "has_tax_id",
    "vat_number": "has_tax_id",
    "exempt": "taxable",
    "if": "when",
    "reason": "hold",
    "below": "until",
    "send_on_open": "on_open",
}
"""Keys that people try, with the right ones."""
