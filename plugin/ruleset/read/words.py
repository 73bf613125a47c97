"""Words and names: `Hold` is the word hold wherever it is allowed, and `{name: hold}` is a record with that name."""

from __future__ import annotations

import json
import re

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.model.receivers import LONGEST_EMAIL, PEOPLE, receivers, wrong
from onedesk_quickbooks.plugin.model.templates import FIELDS, unknown_fields
from onedesk_quickbooks.plugin.ruleset.keys import fields, keyed, words
from onedesk_quickbooks.plugin.ruleset.read.expressions import alternatives, expression, scalar
from onedesk_quickbooks.plugin.ruleset.read.nearest import nearest
from onedesk_quickbooks.plugin.ruleset.read.shape import Shape, about_of
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.texts.schema import regex
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text

_NOTHING = frozenset({"~", "null", "Null", "NULL"})
_PLACEHOLDER = re.compile(r"\{\s*[A-Za-z_]*\s*\}")
_TRUTH = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})


def read_words(root: Map, whole: Shape, findings: Findings) -> None:
    """Normalise each word to the spelling of the schema and replace each `{name: X}` by the text X, marked as a name;
    with findings for texts that other YAML files read as null or boolean, for words that are not allowed, and for names
    with a placeholder."""
    stack: list[tuple[Node, Shape, bool]] = [(root, whole, False)]
    while stack:
        node, shape, holds = stack.pop()
        branch = shape.branches.get(type(node))
        if branch is None or isinstance(node, Text):
            continue
        if isinstance(node, Map):
            for key, child in node.items.items():
                own = branch.properties.get(key) or branch.others
                if own is not None:
                    _misplaced(key, child, branch, own, findings)
                    below = _may_hold(own) if node is root else holds
                    node.items[key] = made = _read(child, own, findings, below)
                    stack.append((made, own, below))
        elif branch.entries is not None:
            node.items = [_read(child, branch.entries, findings, holds) for child in node.items]
            stack.extend((child, branch.entries, holds) for child in node.items)


def _may_hold(section: Shape) -> bool:
    """Whether an exception of the section may hold."""
    known = section.branches[Map].properties if Map in section.branches else {}
    entries = known["exceptions"].branches[List].entries if "exceptions" in known else None
    return entries is not None and "hold" in entries.branches[Map].properties


_FOR_THE_REST = frozenset({"default", "otherwise", "else"})
"""Keys for all others, in maps that allow them."""


def _misplaced(name: str, node: Node, branch: Shape, shape: Shape, findings: Findings) -> None:
    """A finding for each key of a section in one of its maps of names, where it would be read as a name, and for each
    word there."""
    inner = shape.branches.get(Map)
    if not isinstance(node, Map) or inner is None or inner.others is None or inner.properties:
        return
    for key in node.keys.values():
        if not key.plain or not _may_be(key.value, inner):
            continue
        if key.value in branch.properties:
            findings.add(
                "OQ317",
                key,
                Said(
                    '"{key}" is a key of the rules, but is used in {name} as a name.',
                    key=key.value,
                    name=name,
                ),
                Said(
                    "Write it beside {name}, not in it: indent it less; put a name that is really so in quotes:"
                    ' "{key}".',
                    name=name,
                    key=key.value,
                ),
            )
        elif not _of_codes(name) and (
            key.value in _FOR_THE_REST | _NOTHING | _TRUTH or key.value.casefold() in words()
        ):
            rest = Said("Put the value for all others under otherwise, beside {name}. ", name=name)
            findings.add(
                "OQ317",
                key,
                Said('"{key}" is a word, but is used in {name} as a name.', key=key.value, name=name),
                (rest if "otherwise" in branch.properties else "")
                + Said('Write the name; put one that is really so in quotes: "{key}".', key=key.value),
            )
        elif found := alternatives(key.value, commas=keyed().get(name) != "customer"):
            _reads(
                key,
                Said("as one of several values"),
                Said("Write one key for each of them: {values}", values=", ".join(map(scalar, found))),
                findings,
            )


def _of_codes(name: str) -> bool:
    """Whether the keys of the map are codes, of which invalid ones are reported anyway."""
    return name in keyed() and bool(fields()[keyed()[name]].codes)


def _may_be(key: str, inner: Shape) -> bool:
    """Whether the text is allowed as a key of a map of names."""
    pattern = inner.local.get("propertyNames", {}).get("pattern")
    return pattern is None or regex(pattern).search(key) is not None


def _read(node: Node, shape: Shape, findings: Findings, holds: bool) -> Node:
    if isinstance(node, Map):
        branch = shape.branches.get(Map)
        inner = node.text("name") if branch and branch.properties.keys() == {"name"} and len(node.items) == 1 else None
        return inner.as_name() if inner is not None and inner.value.strip() else node
    branch = shape.branches.get(Text)
    if not isinstance(node, Text) or branch is None:
        return node
    allowed = shape.words or [each for each in branch.local.get("enum", ()) if isinstance(each, str)]
    folded = node.value.strip().casefold()
    word = next((each for each in allowed if each == folded), None)
    if word is not None:
        return node if word == node.value else node.instead(word)
    if "enum" not in branch.local and branch.accepts(node):
        _suspect(node, shape, folded, findings, holds)
    return node


def _suspect(node: Text, shape: Shape, folded: str, findings: Findings, holds: bool) -> None:
    """A finding for a text that may be misread."""
    about, value = about_of(shape), node.value.strip()
    if shape.sentence:
        _suspect_sentence(node, value, folded, about, findings)
    elif node.plain and value in _NOTHING:
        findings.add(
            "OQ205",
            node,
            Said("{value} is nothing in other YAML files{about}; here it would be a text.", value=value, about=about),
            Said('Write a value, or delete the key; put a text that is really so in quotes: "{value}".', value=value),
        )
    elif node.plain and value in _TRUTH:
        findings.add(
            "OQ206",
            node,
            Said("{value} is yes or no in other YAML files{about}; here it would be a text.", value=value, about=about),
            Said('Write what is meant; put a text that is really so in quotes: "{value}".', value=value),
        )
    elif shape.branches[Text].asked:
        _suspect_condition(node, shape, value, about, findings)
    elif shape.names and folded in words():
        findings.add(
            "OQ317",
            node,
            Said(
                '"{value}" is a word of the rules, and is not allowed here as a name{about}.',
                value=value,
                about=about,
            ),
            Said(
                "Write the name of {names}; one that is really called so is {shape}.",
                names=_a(shape.names),
                shape=_named(shape, value),
            )
            + (_SKIP if folded == "skip" else _hold(folded) if holds else ""),
        )
    elif shape.template and node.plain and folded in words():
        findings.add(
            "OQ317",
            node,
            Said(
                '"{value}" is a word of the rules, and is not allowed here as a text{about}.',
                value=value,
                about=about,
            ),
            Said('Write the text, or delete the key; put a text that is really so in quotes: "{value}".', value=value),
        )
    elif shape.receivers:
        _wrong_receivers(node, findings)
    elif shape.template:
        _unknown_fields(node, shape.template, findings)
    elif shape.names and _PLACEHOLDER.search(value):
        findings.add(
            "OQ318",
            node,
            Said(
                '"{value}" has a placeholder, and nothing is put in its place: names are taken as they are written.',
                value=value,
            ),
            Said(
                "Write one rule for each name; one that is really called so is {shape}.",
                shape=_named(shape, json.dumps(value)),
            ),
        )


def _suspect_condition(node: Text, shape: Shape, value: str, about: str, findings: Findings) -> None:
    if node.plain and value.casefold() == "none":
        findings.add(
            "OQ317",
            node,
            Said(
                "{value} asks for nothing{about}, and a condition holds only where there is a value.",
                value=value,
                about=about,
            ),
            Said(
                "Delete the condition, and put rules for what has a value before this one; put a value that is"
                ' really called so in quotes: "{value}".',
                value=value,
            ),
        )
    elif node.plain:
        found = expression(value, listed=List in shape.branches, mapped=Map in shape.branches)
        if found is not None:
            _reads(node, *found, findings)


def _reads(node: Text, what: Said, remedy: Said, findings: Findings) -> None:
    quoted = json.dumps(node.value.strip(), ensure_ascii=False)
    findings.add(
        "OQ323",
        node,
        Said("{quoted} reads {what}; here it is one text, and only that text counts.", quoted=quoted, what=what),
        Said("{remedy}; put a value that is really called so in quotes: {quoted}.", remedy=remedy, quoted=quoted),
    )


def _suspect_sentence(node: Text, value: str, folded: str, about: str, findings: Findings) -> None:
    field = _PLACEHOLDER.search(value)
    if folded in words() or value in _NOTHING | _TRUTH or not any(map(str.isalpha, value)):
        findings.add(
            "OQ317",
            node,
            Said('"{value}" is not a sentence; a sentence is required here{about}.', value=value, about=about),
            Said("Write one sentence that says what to do; delete the rule where nothing is to be held."),
        )
    elif field:
        findings.add(
            "OQ318",
            node,
            Said(
                "{field} is a placeholder, and nothing is put in its place: sentences are shown as they are written.",
                field=field[0],
            ),
            Said(
                "Write the sentence without {field}; line, service type and rule are named beside it.", field=field[0]
            ),
        )


def _wrong_receivers(node: Text, findings: Findings) -> None:
    for each in wrong(node.value):
        near = nearest(each.replace(" ", "_").casefold(), list(PEOPLE))
        meant = Said("Did you mean {near}? ", near=near) if near else ""
        address = f'"{each}"' if each else Said("Nothing between two commas")
        findings.add(
            "OQ320",
            node,
            Said(
                "{address} is neither an e-mail address that QuickBooks accepts nor somebody whom OneDesk knows.",
                address=address,
            ),
            Said(
                "{meant}Write billing_contact, account_manager, or an address such as books@example.com.", meant=meant
            ),
        )
    fixed = ", ".join(each for each in receivers(node.value) if each not in PEOPLE)
    if len(fixed) > LONGEST_EMAIL and not wrong(node.value):
        findings.add(
            "OQ320",
            node,
            Said(
                "The addresses have {fixed} characters together, and QuickBooks takes {longest_email}.",
                fixed=len(fixed),
                longest_email=LONGEST_EMAIL,
            ),
            Said("Leave some out, or write one address that hands on to them."),
        )


def _unknown_fields(node: Text, kind: str, findings: Findings) -> None:
    for each in unknown_fields(node.value, kind):
        near = nearest(each.strip("{} "), list(FIELDS[kind]))
        meant = Said("Did you mean {{{near}}}? ", near=near) if near else ""
        findings.add(
            "OQ319",
            node,
            Said(
                "{each} is not a field of {value} that is allowed here.",
                each=each,
                value=Said("a line") if kind == "line" else Said("an invoice"),
            ),
            Said("{meant}Known here: {join}.", meant=meant, join=", ".join(f"{{{name}}}" for name in FIELDS[kind])),
        )


def _named(shape: Shape, value: str) -> str:
    """The value as a name, in the form for this place."""
    known = shape.branches[Map].properties if Map in shape.branches else {}
    key = next((each for each in ("item", "code") if each in known), "")
    return f"{{{key}: {{name: {value}}}}}" if key else f"{{name: {value}}}"


_KINDS = {
    "item": Said("an item"),
    "income account": Said("an income account"),
    "tax code": Said("a tax code"),
    "payment term": Said("a payment term"),
    "customer": Said("a customer"),
    "class": Said("a class"),
    "location": Said("a location"),
    "deposit account": Said("a deposit account"),
    "payment method": Said("a payment method"),
}


def _a(kind: str) -> str:
    return _KINDS.get(kind) or f"{'an' if kind[0] in 'aeio' else 'a'} {kind}"


def _hold(folded: str) -> str:
    return Said(' To hold such lines, write an exception with hold: "why".') if folded == "hold" else ""


_SKIP = Said(' To leave out whole invoices, write an exception of invoices with skip: "why".')
