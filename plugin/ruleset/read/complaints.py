"""The errors of jsonschema for one node as findings with a remedy."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from jsonschema.exceptions import ValidationError

from onedesk_quickbooks.plugin.findings.finding import MOST, Findings, Span
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.read.nearest import nearest
from onedesk_quickbooks.plugin.ruleset.read.shape import Shape, about_of, sentence_of, title_of
from onedesk_quickbooks.plugin.ruleset.read.unknown_keys import cut_by_comma, is_meant, remedy_of, unknown_keys
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.texts import joined
from onedesk_quickbooks.plugin.texts.schema import validator
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text, kind, plain

_KINDS = {"text": Said("text"), "list": Said("list"), "map": Said("map")}
_BELOW = Said("Write what belongs to it in the lines below, indented further than the key, or delete the key.")


def complain(node: Node, shape: Shape, branch: Shape | None, findings: Findings, above: Node) -> bool:
    """Add findings for what is wrong with the node itself, a child of `above` (not with its children); return whether
    there was an error."""
    if isinstance(node, Text) and not node.value.strip():
        comma = cut_by_comma(above, node) if isinstance(above, Map) else None
        if comma is not None and not comma:
            return True
        findings.add(
            "OQ205",
            node,
            Said("There is nothing here; expected {shape}.", shape=_expected(shape)),
            comma or (Said("Write a value, or delete the key.") if Text in shape.branches else _BELOW),
        )
        return True
    colon = re.fullmatch(r"([^:\n]+):(\S[^\n]*)", node.value) if isinstance(node, Text) and node.plain else None
    if branch is None and colon and Map in shape.branches:
        remedy = Said("Write {colon}: {colon2}, with a space after the colon.", colon=colon[1], colon2=colon[2])
        findings.add("OQ203", node, Said("The colon here has no space after it, so this is a text and no key."), remedy)
        return True
    if branch is None:
        findings.add(
            "OQ203",
            node,
            Said("This is a {node}; expected {shape}.", node=_KINDS[kind(node)], shape=_expected(shape)),
            _entry(node, shape),
        )
        return True
    value: Any = plain(node) if isinstance(node, (Text, List)) else dict.fromkeys(node.items, "")
    errors = list(islice(validator()(branch.local).iter_errors(value), MOST))
    for error in errors:
        if not findings.full:
            _one(node, shape, branch, error, findings)
    return bool(errors)


def _entry(node: Node, shape: Shape) -> str:
    """How to write the expected value in place of one of another kind: a map in place of a list of maps is one entry, a
    list of maps in place of a map has superfluous dashes, and a field in braces lacks quotes."""
    if isinstance(node, List) and Map in shape.branches and all(isinstance(each, Map) for each in node.items):
        return Said('Write the keys without "- " before them. {example}', example=_example(shape))
    if isinstance(node, Map) and shape.template and [plain(each) for each in node.items.values()] == [""]:
        return Said('Put the text in quotes: "{text}".', text=f"{{{next(iter(node.items))}}}")
    entries = shape.branches[List].entries if List in shape.branches else None
    begins = next(iter(node.keys.values()), None) if isinstance(node, Map) else None
    own_line = begins is not None and (begins.line, begins.column) == (node.line, node.column)  # not in braces
    first = begins.value.removeprefix("-") if begins is not None and own_line else ""
    if entries is None or first not in (entries.branches[Map].properties if Map in entries.branches else {}):
        return _example(shape)
    return Said(
        'Each entry of a list begins with "- ": write "{entry}" here, and indent its other keys alike.',
        entry=f"- {first}:",
    )


def _one(node: Node, shape: Shape, branch: Shape, error: ValidationError, findings: Findings) -> None:
    keyword = str(error.validator)
    if isinstance(node, Map):
        _map(node, branch, error, findings)
    elif keyword == "enum":
        _word(node, shape, error, findings)
    elif keyword == "maxLength":
        findings.add(
            "OQ208",
            node,
            Said("The text has more than {validator_value} characters.", validator_value=error.validator_value),
            Said("Shorten it."),
        )
    elif keyword in ("minItems", "maxItems"):
        findings.add("OQ207", node, Said("The list is {error}.", error=_amount(error)), _example(shape))
    elif keyword == "uniqueItems":
        findings.add("OQ207", node, Said("The same value is in the list twice."), Said("Delete one of the two."))
    else:
        written = f'"{node.value}"' if isinstance(node, Text) else Said("This")
        near = _country(node.value) if isinstance(node, Text) and "ountry" in shape.title else ""
        findings.add(
            "OQ206",
            node,
            Said("{written} is not allowed here{shape}.", written=written, shape=about_of(shape)),
            near + _example(shape),
        )


def _map(node: Map, branch: Shape, error: ValidationError, findings: Findings) -> None:
    keyword = str(error.validator)
    if keyword == "additionalProperties":
        for each in unknown_keys(node, branch):
            if findings.full:
                break
            message = Said('The key "{key}" is unknown here.', key=each.key)
            findings.add("OQ201", node.keys[each.key], message, remedy_of(node, each, branch))
    elif keyword == "required":
        required: Any = error.validator_value
        missing = next(key for key in required if f"'{key}'" in error.message)
        if not is_meant(node, missing, branch):
            lacks(node, missing, branch, findings)
    elif keyword == "minProperties" and node.unread:
        return  # OQ116 says it
    elif keyword in ("minProperties", "maxProperties"):
        least = (
            Said("at least {validator_value}", validator_value=error.validator_value)
            if keyword == "minProperties"
            else Said("at most {validator_value}", validator_value=error.validator_value)
        )
        problem, remedy = Said("The map is empty."), Said("Write an entry, or delete this key.")
        if branch.properties:
            problem = Said("Expected {least} of the keys {branch}.", least=least, branch=", ".join(branch.properties))
            remedy = Said("Write them, or delete this key.")
        findings.add("OQ207", node, problem, remedy)
    elif error.absolute_schema_path and "propertyNames" in error.absolute_schema_path:
        _key(
            node.keys[str(error.instance)], sentence_of(branch.local["propertyNames"].get("description", "")), findings
        )


def _key(key: Text, rule: str, findings: Findings) -> None:
    """A finding for a key that is no name of the kind that `rule` requires."""
    if not key.value:
        findings.add("OQ205", key, Said("The key is empty."), Said("Write a name before the colon."))
        return
    near = _country(key.value) if "country" in rule else ""
    if any(key.value in each for each in keys.sections().values()):
        near = Said("{key}: belongs beside this map, not in it: indent it less. ", key=key.value)
    findings.add("OQ206", key, Said('"{value}" is not allowed here as a key.', value=key.value), near + rule)


def lacks(node: Map, key: str, branch: Shape, findings: Findings, on: str = "", elsewhere: str = "") -> None:
    """A finding for a missing key; `on` gives the days without it, `elsewhere` the other file in which to add it."""
    shape = branch.properties[key]
    at: Span = next(iter(node.keys.values()), node) if node.items else node
    about = title_of(shape)
    if key == "otherwise":
        example = (
            Said("a customer in Fiji")
            if "by_country" in branch.properties
            else Said("a service type that is new in OneDesk")
        )
        findings.add(
            "OQ405",
            at,
            Said(
                'The key "otherwise" ({about}) is missing{on}: no rule covers {example}, for example.',
                about=about,
                on=on,
                example=example,
            ),
            Said("Add otherwise: {shape}{elsewhere}", shape=_sample(shape), elsewhere=elsewhere),
        )
        return
    remedy = Said("Add {example}", example=f"{key}: {_sample(shape)}")
    if key == "item" and node.items:
        alone = joined(Said(" and "), node.items)
        remedy = Said("{remedy}; an exception may name {alone} alone.", remedy=remedy, alone=alone)
    elif "when" in branch.properties and "id" not in node.items and not {"when"} < node.items.keys():
        remedy = Said('{remedy}; where this belongs to the rule above it, delete the "- " here.', remedy=remedy)
    findings.add("OQ202", at, Said('The key "{key}" ({about}) is missing here.', key=key, about=about), remedy)


def _word(node: Node, shape: Shape, error: ValidationError, findings: Findings) -> None:
    allowed: Any = error.validator_value
    words = [each for each in allowed if isinstance(each, str)]
    written = node.value if isinstance(node, Text) else ""
    near = _YES_NO.get(written.casefold(), "") if set(words) == {"yes", "no"} else nearest(written, words)
    listed = words[0] if len(words) == 1 else Said("one of {join}", join=", ".join(words))
    remedy = (
        Said('Did you mean "{near}"? Write {listed}.', near=near, listed=listed)
        if near
        else Said("Write {listed}.", listed=listed)
    )
    target = shape.branches.get(Map)
    name = next((key for key in ("code", "item") if target and key in target.properties), None)
    days = re.fullmatch(r"([0-9]{1,3})( days?)?", written.casefold())
    if target and "days" in target.properties and days:
        remedy = Said(
            "Days are written {example} here. Else write {listed}.", example=f"{{days: {days[1]}}}", listed=listed
        )
    elif name and not near:
        remedy = Said(
            "A name is written {{{name}: {written}}} here. Else write {listed}.",
            name=name,
            written=written[:60],
            listed=listed,
        )
    findings.add("OQ204", node, Said('"{written}" is not one of the allowed words.', written=written), remedy)


_YES_NO = {"true": "yes", "on": "yes", "y": "yes", "1": "yes", "false": "no", "off": "no", "n": "no", "0": "no"}
"""The spellings of yes and no in other YAML files."""


def _country(name: str) -> str:
    """The hint "Did you mean CA?" for Canada, "" if the text is no country's name."""
    import pycountry  # only needed for a name in place of a code

    try:
        return Said("Did you mean {alpha_2}? ", alpha_2=pycountry.countries.lookup(name).alpha_2)
    except LookupError:
        return ""


def _expected(shape: Shape) -> str:
    names = {Text: Said("a text"), List: Said("a list"), Map: Said("a map of keys")}
    kinds = joined(Said(" or "), (names[each] for each in (Text, List, Map) if each in shape.branches))
    return kinds + about_of(shape)


def _example(shape: Shape) -> str:
    said = sentence_of(shape.description)
    if not shape.example:
        return said or Said("Write {example}", example=_sample(shape))
    example = Said("Write for example: {example}", example=shape.example)
    return joined(" ", (said, example)) if said else example


def _sample(shape: Shape) -> str:
    """A value that matches the schema."""
    for each in {id(branch): branch for branch in shape.branches.values()}.values():
        words = [word for word in each.local.get("enum", ()) if isinstance(word, str)]
        if words:
            return " | ".join(words)
    return "{...}" if set(shape.branches) == {Map} else "[...]" if set(shape.branches) == {List} else "..."


def _amount(error: ValidationError) -> str:
    return (
        Said("empty")
        if not error.instance
        else Said("too long")
        if error.validator == "maxItems"
        else Said("too short")
    )
