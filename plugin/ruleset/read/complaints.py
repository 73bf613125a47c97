"""What jsonschema says about one node, in words that say what to do."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from onedesk_quickbooks.plugin.findings.finding import MOST, Findings, Span
from onedesk_quickbooks.plugin.ruleset.keys import top
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
    """How to write what is expected in the place of another kind; a map where a list of maps stands is one entry."""
    entries = shape.branches[List].entries if List in shape.branches else None
    begins = next(iter(node.keys.values()), None) if isinstance(node, Map) else None
    own_line = begins is not None and (begins.line, begins.column) == (node.line, node.column)  # not in braces
    first = begins.value if begins is not None and own_line else ""
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
        for name in node.keys:
            if name not in branch.properties and not findings.full:
                _unknown(node, name, branch, findings)
    elif keyword == "required":
        required: Any = error.validator_value
        missing = next(key for key in required if f"'{key}'" in error.message)
        lacks(node, missing, branch, findings)
    elif keyword in ("minProperties", "maxProperties"):
        least = (
            f"at least {error.validator_value}" if keyword == "minProperties" else f"at most {error.validator_value}"
        )
        findings.add("OQ207", node, f"Expected {least} of the keys {_some(branch)}.", "Write them, or delete this key.")
    elif error.absolute_schema_path and "propertyNames" in error.absolute_schema_path:
        key = node.keys[str(error.instance)]
        rule = branch.local["propertyNames"].get("description", "")
        if not key.value:
            findings.add("OQ205", key, "The key is empty.", "Write a name before the colon.")
        else:
            near = _country(key.value) if "country" in rule else ""
            findings.add("OQ206", key, f'"{key.value}" cannot stand here as a key.', near + rule)


def _unknown(node: Map, key: str, branch: Shape, findings: Findings) -> None:
    known = [each for each in branch.properties if each not in node.keys]
    near = _MEANT.get(key.casefold(), "")
    if near not in branch.properties:
        near = nearest(key, known) or nearest(key, list(branch.properties)) or ""
    remedy = f'Did you mean "{near}"?' if near else f"Known here: {_some(branch)}."
    value, above = node.items[key], _left_open(node, key, branch)
    if above:
        remedy = f"Indent it further than {above}: if it belongs there. {remedy}"
    if isinstance(value, Text) and not value.value and (value.line, value.column) == _end(node.keys[key]):
        before = list(node.keys)[list(node.keys).index(key) - 1]
        given = node.items[before]
        text = given.value if isinstance(given, Text) else "..."
        remedy = (
            f'A comma ends the value before it: write {before}: [{text}, {key}] for both, or "{text}, {key}" for one.'
        )
    if re.fullmatch(r"[0-9]{3}(\.[0-9]+)?", key):
        remedy = "A comma begins the next key here: write amounts without commas, such as 1000.00."
    elif key == "when_payable_differs":
        remedy = _payable(node, key)
    elif key in top() and key not in ("version", "from", "until") and node.column > 1:
        remedy = f"{key}: is a section of its own: move it to the beginning of the line, and what belongs to it along."
    findings.add("OQ201", node.keys[key], f'The key "{key}" is unknown here.', remedy)


def _end(key: Text) -> tuple[int, int]:
    return key.end_line, key.end_column


def _left_open(node: Map, key: str, branch: Shape) -> str:
    """The key right before it that has no value, and under which keys like this one may stand; "" for none."""
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
    """A key of before: totals.prepaid and totals.rounding have taken its place."""
    word = "note" if plain(node.items[key]) == "send" else "hold"
    keys = f"prepaid: {word} and rounding: {word}"
    if "when" in node.keys:  # an exception needs an id, when, and something that is otherwise
        where, rest = "in an exception under totals with this when", "key" if len(node.keys) > 3 else "exception"
    else:
        where, rest = "under totals", "key" if len(node.keys) > 1 else "section, which holds nothing else"
    return f"Two keys have taken its place: write {keys} {where}, and delete this {rest}."


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
}
"""Keys that people try, and what they are called here."""


def lacks(node: Map, key: str, branch: Shape, findings: Findings, on: str = "") -> None:
    """A finding for a key that is missing; `on` says on which days."""
    shape = branch.properties[key]
    at: Span = next(iter(node.keys.values()), node) if node.items else node
    about = shape.title[:1].lower() + shape.title[1:]
    if key == "otherwise":
        example = "a customer in Fiji" if "by_country" in branch.properties else "a service type that is new in OneDesk"
        findings.add(
            "OQ405",
            at,
            f'The key "otherwise" ({about}) is missing{on}: no rule covers {example}, for example.',
            f"Add otherwise: {_sample(shape)}",
        )
        return
    findings.add("OQ202", at, f'The key "{key}" ({about}) is missing here.', f"Add {key}: {_sample(shape)}")


def _word(node: Node, shape: Shape, error: ValidationError, findings: Findings) -> None:
    allowed: Any = error.validator_value
    words = [each for each in allowed if isinstance(each, str)]
    written = node.value if isinstance(node, Text) else ""
    near = _YES_NO.get(written.casefold(), "") if set(words) == {"yes", "no"} else nearest(written, words)
    listed = words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    remedy = f'Did you mean "{near}"? Write {listed}.' if near else f"Write {listed}."
    target = shape.branches.get(Map)
    name = next((key for key in ("code", "item") if target and key in target.properties), None)
    if name and not near:
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


def _some(branch: Shape) -> str:
    return ", ".join(branch.properties) or "you like"
