"""What jsonschema says about one node, in words that say what to do."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from onedesk_quickbooks.plugin.findings.finding import MOST, Findings, Span
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.read.meant import is_meant, remedy_of, unknown_keys
from onedesk_quickbooks.plugin.ruleset.read.nearest import nearest
from onedesk_quickbooks.plugin.ruleset.read.shape import Shape
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text, kind, plain


def complain(node: Node, shape: Shape, branch: Shape | None, findings: Findings) -> bool:
    """Findings for what is wrong with the node itself (not with what stands in it); whether there were any."""
    if isinstance(node, Text) and not node.value.strip():
        findings.add(
            "OQ205",
            node,
            f"There is nothing here; expected {_expected(shape)}.",
            "Write a value, or delete the key.",
        )
        return True
    colon = re.fullmatch(r"([^:\n]+):(\S[^\n]*)", node.value) if isinstance(node, Text) and node.plain else None
    if branch is None and colon and Map in shape.branches:
        remedy = f"Write {colon[1]}: {colon[2]}, with a space after the colon."
        findings.add("OQ203", node, "The colon here has no space after it, so this is a text and no key.", remedy)
        return True
    if branch is None:
        findings.add("OQ203", node, f"This is a {kind(node)}; expected {_expected(shape)}.", _entry(node, shape))
        return True
    value: Any = plain(node) if isinstance(node, (Text, List)) else dict.fromkeys(node.items, "")
    errors = list(islice(Draft202012Validator(branch.local).iter_errors(value), MOST))
    for error in errors:
        if not findings.full:
            _one(node, shape, branch, error, findings)
    return bool(errors)


def _entry(node: Node, shape: Shape) -> str:
    """How to write what is expected in the place of another kind: a map where a list of maps stands is one entry, a
    list of maps where a map stands has dashes too many, and a field in braces lacks quotes."""
    if isinstance(node, List) and Map in shape.branches and all(isinstance(each, Map) for each in node.items):
        return f'Write the keys without "- " before them. {_example(shape)}'
    if isinstance(node, Map) and shape.template and [plain(each) for each in node.items.values()] == [""]:
        return f'Put the text in quotes: "{{{next(iter(node.items))}}}".'
    entries = shape.branches[List].entries if List in shape.branches else None
    begins = next(iter(node.keys.values()), None) if isinstance(node, Map) else None
    own_line = begins is not None and (begins.line, begins.column) == (node.line, node.column)  # not in braces
    first = begins.value.removeprefix("-") if begins is not None and own_line else ""
    if entries is None or first not in (entries.branches[Map].properties if Map in entries.branches else {}):
        return _example(shape)
    return f'Each entry of a list begins with "- ": write "- {first}:" here, and indent its other keys alike.'


def _one(node: Node, shape: Shape, branch: Shape, error: ValidationError, findings: Findings) -> None:
    keyword = str(error.validator)
    if isinstance(node, Map):
        _map(node, branch, error, findings)
    elif keyword == "enum":
        _word(node, shape, error, findings)
    elif keyword == "maxLength":
        findings.add("OQ208", node, f"The text has more than {error.validator_value} characters.", "Shorten it.")
    elif keyword in ("minItems", "maxItems"):
        findings.add("OQ207", node, f"The list is {_amount(error)}.", _example(shape))
    elif keyword == "uniqueItems":
        findings.add("OQ207", node, "The same value stands twice in the list.", "Delete one of the two.")
    else:
        written = f'"{node.value}"' if isinstance(node, Text) else "This"
        near = _country(node.value) if isinstance(node, Text) and "ountry" in shape.title else ""
        findings.add("OQ206", node, f"{written} cannot stand here{_about(shape)}.", near + _example(shape))


def _map(node: Map, branch: Shape, error: ValidationError, findings: Findings) -> None:
    keyword = str(error.validator)
    if keyword == "additionalProperties":
        for each in unknown_keys(node, branch):
            if findings.full:
                break
            message = f'The key "{each.key}" is unknown here.'
            findings.add("OQ201", node.keys[each.key], message, remedy_of(node, each, branch))
    elif keyword == "required":
        required: Any = error.validator_value
        missing = next(key for key in required if f"'{key}'" in error.message)
        if not is_meant(node, missing, branch):
            lacks(node, missing, branch, findings)
    elif keyword in ("minProperties", "maxProperties"):
        least = (
            f"at least {error.validator_value}" if keyword == "minProperties" else f"at most {error.validator_value}"
        )
        listed = ", ".join(branch.properties)
        told = f"Expected {least} of the keys {listed}." if listed else "The map is empty."
        findings.add("OQ207", node, told, f"Write {'them' if listed else 'an entry'}, or delete this key.")
    elif error.absolute_schema_path and "propertyNames" in error.absolute_schema_path:
        key = node.keys[str(error.instance)]
        rule = branch.local["propertyNames"].get("description", "")
        if not key.value:
            findings.add("OQ205", key, "The key is empty.", "Write a name before the colon.")
        else:
            near = _country(key.value) if "country" in rule else ""
            if any(key.value in each for each in keys.sections().values()):
                near = f"{key.value}: stands beside this map, and not in it: indent it less. "
            findings.add("OQ206", key, f'"{key.value}" cannot stand here as a key.', near + rule)


def lacks(node: Map, key: str, branch: Shape, findings: Findings, on: str = "", elsewhere: str = "") -> None:
    """A finding for a key that is missing; `on` says on which days, `elsewhere` into which other file it goes."""
    shape = branch.properties[key]
    at: Span = next(iter(node.keys.values()), node) if node.items else node
    about = shape.title[:1].lower() + shape.title[1:]
    if key == "otherwise":
        example = "a customer in Fiji" if "by_country" in branch.properties else "a service type that is new in OneDesk"
        findings.add(
            "OQ405",
            at,
            f'The key "otherwise" ({about}) is missing{on}: no rule covers {example}, for example.',
            f"Add otherwise: {_sample(shape)}{elsewhere}",
        )
        return
    remedy = f"Add {key}: {_sample(shape)}"
    if key == "item" and node.items:
        remedy += f"; an exception may name {' and '.join(node.items)} alone."
    elif "when" in branch.properties and "id" not in node.items and not {"when"} < node.items.keys():
        remedy += '; where this belongs to the rule above it, delete the "- " here.'
    findings.add("OQ202", at, f'The key "{key}" ({about}) is missing here.', remedy)


def _word(node: Node, shape: Shape, error: ValidationError, findings: Findings) -> None:
    allowed: Any = error.validator_value
    words = [each for each in allowed if isinstance(each, str)]
    written = node.value if isinstance(node, Text) else ""
    near = _YES_NO.get(written.casefold(), "") if set(words) == {"yes", "no"} else nearest(written, words)
    listed = words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    remedy = f'Did you mean "{near}"? Write {listed}.' if near else f"Write {listed}."
    target = shape.branches.get(Map)
    name = next((key for key in ("code", "item") if target and key in target.properties), None)
    if target and "days" in target.properties and re.fullmatch(r"[0-9]{1,3}", written):
        remedy = f"Days are written {{days: {written}}} here. Else write {listed}."
    elif name and not near:
        remedy = f"A name is written {{{name}: {written[:60]}}} here. Else write {listed}."
    findings.add("OQ204", node, f'"{written}" is not a word that can stand here.', remedy)


_YES_NO = {"true": "yes", "on": "yes", "y": "yes", "1": "yes", "false": "no", "off": "no", "n": "no", "0": "no"}
"""What other YAML files write for yes and no."""


def _country(name: str) -> str:
    """ "Did you mean CA?" for Canada, "" for what is no country's name."""
    import pycountry  # only where somebody wrote a name for a code

    try:
        return f"Did you mean {pycountry.countries.lookup(name).alpha_2}? "
    except LookupError:
        return ""


def _expected(shape: Shape) -> str:
    names = {Text: "a text", List: "a list", Map: "a map of keys"}
    kinds = " or ".join(names[each] for each in (Text, List, Map) if each in shape.branches)
    return kinds + _about(shape)


def _about(shape: Shape) -> str:
    return f" ({shape.title[:1].lower() + shape.title[1:]})" if shape.title else ""


def _example(shape: Shape) -> str:
    said = shape.description if shape.description.endswith(".") or not shape.description else shape.description + "."
    return f"{said} Write for example: {shape.example}".strip() if shape.example else said or f"Write {_sample(shape)}"


def _sample(shape: Shape) -> str:
    """A value as the schema describes it."""
    for each in {id(branch): branch for branch in shape.branches.values()}.values():
        words = [word for word in each.local.get("enum", ()) if isinstance(word, str)]
        if words:
            return " | ".join(words)
    return "{...}" if set(shape.branches) == {Map} else "[...]" if set(shape.branches) == {List} else "..."


def _amount(error: ValidationError) -> str:
    return "empty" if not error.instance else "too long" if error.validator == "maxItems" else "too short"
