"""YAML events to nodes, in one pass without recursion; rejects what makes YAML mean something else than it shows."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from onedesk_quickbooks.plugin.findings.finding import Findings, Place, related
from onedesk_quickbooks.plugin.model.text import UnfitText, fit
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Node, Text
from onedesk_quickbooks.plugin.yamlfile.oddities import (
    LONGEST,
    ODD_DASH,
    cut_off,
    cutting_lines,
    odd_colon,
    odd_dash,
    odd_indent,
    oddities,
    until,
)
from onedesk_quickbooks.plugin.yamlfile.source import position, split_lines

DEPTH = 100
"""The maximum depth of maps and lists; a rule file needs seven. Counted before nodes are built, so nothing
overflows."""

TEXTS = 250_000
"""The maximum number of texts in a file; ten thousand lines have a tenth of it."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_NESTED = re.compile(rf"(?:[\[{{][ \r\n]*){{{DEPTH + 1}}}")
"""Brackets opened one after the other: the C scanner searches for the end of all of them before it reports an error."""


def _too_deep(at: Place, findings: Findings) -> None:
    message = Said("More than {depth} maps and lists are nested here.", depth=DEPTH)
    findings.add("OQ107", at, message, Said("Close brackets earlier, or indent less."))


class _Stop(Exception):
    """The rest of the file cannot be read; a finding gives the reason."""


def build(file: str, text: str, findings: Findings, loader: Any = LOADER) -> Map | None:
    """The top map of the file, or None if a finding gives the reason. `loader`: the C one or the pure one."""
    if text.startswith("%"):
        message = Said("The file begins with a YAML directive (%).")
        findings.add("OQ118", Place(file, 1, 1, 1, 2), message, Said("Delete the line with the %."))
        return None
    nested = _NESTED.search(text)
    if nested:
        line, column = position(text, nested.end() - 1)
        _too_deep(Place(file, line, column, line, column + 1), findings)
        return None
    builder = _Builder(file, text, findings)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except _Stop:
        return None
    except yaml.YAMLError as error:
        from onedesk_quickbooks.plugin.yamlfile.syntax import syntax_finding  # only where YAML ends early

        syntax_finding(file, text, error, findings)
        return None
    except (ValueError, OverflowError):  # raised by the pure loader
        message = Said("An escape in a text in quotes (\\U and digits) names a character that there is not.")
        findings.add("OQ108", Place(file), message, Said("Write the character itself."))
        return None
    return builder.finish()


class _Builder:
    def __init__(self, file: str, text: str, findings: Findings) -> None:
        self._file = file
        self._text = text
        self._findings = findings
        self._before = findings.errors  # those of other files
        self._stack: list[List | Map] = []
        self._pending: list[Text | None] = []  # the key waiting for its value, for each open map
        self._root: Node | None = None
        self._documents = 0
        self._restarted: Map | None = None  # an entry of a list that continues as the next one, which lacks its dash
        self._texts = 0
        self._in_braces: list[bool] = []  # for each open map and list
        self._cutting = cutting_lines(text, split_lines(text))

    def take(self, event: Any) -> None:
        """One event of the stream."""
        if self._findings.full:
            raise _Stop
        kind = type(event)
        if kind is ScalarEvent:
            self._scalar(event)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            self._open(event, kind is MappingStartEvent)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            self._stack.pop()
            self._pending.pop()
            self._in_braces.pop()
        elif kind is AliasEvent:
            self._alias(event)
        elif kind is DocumentStartEvent:
            self._document(event)
        elif kind not in (StreamStartEvent, StreamEndEvent, DocumentEndEvent):
            raise AssertionError(f"an event that YAML does not have: {event}")

    def finish(self) -> Map | None:
        """The top map at the end of the stream."""
        root = self._root
        if isinstance(root, Map) and (root.items or self._findings.errors > self._before):
            return root if root.items else None
        empty = root is None or (isinstance(root, Text) and not root.value) or isinstance(root, Map)
        at = Place(self._file) if root is None or empty else root
        self._findings.add(
            "OQ115",
            at,
            Said("The file is empty.") if empty else Said("The file holds no map of keys and values."),
            Said("Begin it with `version: 1` and continue with items: and taxes:; rules/default.yaml shows how."),
        )
        return None

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark, event.end_mark
        node = Text(
            event.value,
            self._file,
            start.line + 1,
            start.column + 1,
            end.line + 1,
            end.column + 1,
            not event.style,
        )
        if event.anchor is not None or event.tag is not None:
            self._decorated(event, node)
        if end.line in self._cutting and node.plain:
            self._cut(node, start.index, end.index)
        if not event.value.isprintable():
            self._unfit(node)
        if not event.value.isascii():
            self._odd(node, start.index)
        if not event.value and event.style and event.style in ">|":
            self._begins(node, start.index)
        self._texts += 1
        if self._texts > TEXTS:
            message = Said("The file holds more than {texts} texts.", texts=TEXTS)
            self._findings.add(
                "OQ106", node, message, Said("Is it a rule file at all? If so, split it into several files.")
            )
            raise _Stop
        self._put(node)

    def _cut(self, node: Text, start: int, end: int) -> None:
        """Report a # directly before a word: YAML reads the rest of the line as a comment."""
        rest = cut_off(self._text, end)
        in_braces = bool(self._in_braces) and self._in_braces[-1]
        if in_braces:
            rest = until(rest).rstrip()
        if not rest:
            return
        before = self._text[start - node.column + 1 : start] if node.column < LONGEST else ""
        key, colon, _ = f"{rest} ".partition(": ")
        is_key = colon and (not before.strip(" -") or (in_braces and before.rstrip()[-1:] in "{,"))
        whole = f"{node.value} {key if is_key else rest}".strip()
        place = Place(self._file, node.line, node.column, node.end_line, node.end_column)
        self._findings.add(
            "OQ120",
            place,
            Said('YAML takes "{rest}" for a comment, so the value is only "{value}".', rest=rest, value=node.value),
            Said(
                'If it belongs to the name, put the key in quotes: "{whole}". If it is a comment, put a space after #.',
                whole=whole,
            )
            if is_key
            else Said(
                'If it belongs to the name, put the value in quotes: "{whole}". If it is a comment, put a space after'
                " #.",
                whole=whole,
            ),
        )

    def _unfit(self, node: Text) -> None:
        """Report a character from a YAML escape that is not allowed in the file itself."""
        try:
            fit(node.value)
        except UnfitText as problem:
            self._findings.add(
                "OQ103",
                node,
                Said("In this text {problem}.", problem=problem),
                Said("Delete the escape (\\x, \\u and the like) that writes it."),
            )

    def _begins(self, node: Text, index: int) -> None:
        """Report an empty block scalar: a name that begins with > or | was intended."""
        written = self._text[index : index + 80].splitlines()[0].rstrip()
        self._findings.add(
            "OQ128",
            Place(self._file, node.line, node.column, node.line, node.column + len(written)),
            Said(
                "A value that begins with {written} means something else to YAML, so this cannot be read as a text.",
                written=written[0],
            ),
            Said('Put the whole value in quotes: "{written}"', written=written),
        )

    def _odd(self, node: Text, index: int) -> None:
        dash = odd_dash(node.value) if node.plain and node.column < LONGEST else ""
        if dash and not self._text[index - node.column + 1 : index].strip(" "):
            at = Place(self._file, node.line, node.column, node.line, node.column + 1)
            self._findings.add("OQ121", at, Said("{dash}, so YAML sees no entry of a list.", dash=dash), ODD_DASH)
        indent = odd_indent(node.value) if node.plain and node.column < LONGEST else ""
        if indent and not self._text[index - node.column + 1 : index].strip(" "):
            at = Place(self._file, node.line, node.column, node.line, node.column + 1)
            self._findings.add("OQ121", at, indent, Said("Put a space in its place."))
            return
        found = odd_colon(node.value) if node.plain else None
        if found:
            self._findings.add(
                "OQ121",
                node,
                Said("{found}, so YAML reads key and value as one text.", found=found[1]),
                Said("Type the colon and the space again; put a name that holds these characters in quotes."),
            )
        for code, index, message, remedy in oddities(node.value):
            place: Place | Text = node
            if node.plain and node.line == node.end_line:
                place = Place(self._file, node.line, node.column + index, node.line, node.column + index + 1)
            if not (found and code == "OQ122"):
                self._findings.add(code, place, message, remedy)

    def _open(self, event: Any, is_map: bool) -> None:
        start = event.start_mark
        if len(self._stack) >= DEPTH:
            _too_deep(self._place(event), self._findings)
            raise _Stop
        node = (Map if is_map else List)(self._file, start.line + 1, start.column + 1)
        if event.anchor is not None or event.tag is not None:
            self._decorated(event, node)
        self._put(node)
        self._stack.append(node)
        self._pending.append(None)
        self._in_braces.append(event.flow_style)

    def _put(self, node: Node) -> None:
        """Attach a finished text, or a map or list that begins, to its parent."""
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        if isinstance(parent, List):
            parent.items.append(node)
            return
        key = self._pending[-1]
        if key is not None:
            self._pending[-1] = None
            if key.value not in parent.items and not key.value.startswith("\0"):
                parent.keys[key.value] = key
                parent.items[key.value] = node
        else:
            self._pending[-1] = self._key(parent, node)

    def _key(self, parent: Map, node: Node) -> Text:
        if not isinstance(node, Text):
            parent.unread = True
            self._findings.add(
                "OQ116",
                node,
                Said("There is a list or map where a key is expected."),
                Said('Write key: value. A name that begins with [ or {brace} needs quotes: "[A] thing".', brace="{"),
            )
            return Text(
                f"\0{node.line}:{node.column}", self._file, node.line, node.column, node.line, node.column, True
            )
        if node.value == "<<" and node.plain:
            self._findings.add(
                "OQ113",
                node,
                Said("Maps are not merged in rule files (<<)."),
                Said("Write the keys out where they are meant."),
            )
        elif node.value in parent.keys and parent is not self._restarted:
            first = parent.keys[node.value]
            self._findings.add(
                "OQ110",
                node,
                Said(
                    'The key "{value}" appears twice in the same map; YAML would silently take the last.',
                    value=node.value,
                ),
                self._mend(parent, node),
                [related(first, Said("the first one"))],
            )
        return node

    def _mend(self, parent: Map, again: Text) -> str:
        """The remedy for a duplicate key: if it is the first key of an entry of a list, on a separate line, the dash of
        the next entry is missing."""
        within = self._stack[-2] if len(self._stack) > 1 else None
        begins = next(iter(parent.keys)) == again.value and again.line > parent.line
        if isinstance(within, List) and begins and again.column == parent.column:
            self._restarted = parent
            return Said(
                'Write "- " before {value} where the next entry of the list begins; else delete one of the two.',
                value=again.value,
            )
        return Said("Delete one of the two.")

    def _decorated(self, event: Any, node: Node) -> None:
        """Report an anchor or a tag: YAML drops a word of the value."""
        place = self._place(event)
        is_text = isinstance(node, Text)
        written = _written(self._text, event.start_mark.index, event.end_mark.index) if is_text else ""
        if event.anchor is not None:
            self._findings.add(
                "OQ111",
                place,
                Said(
                    '"&{anchor}" is YAML for an anchor and would be cut off; rule files have no anchors.',
                    anchor=event.anchor,
                ),
                Said('Put the value in quotes: "{written}".', written=written)
                if written
                else Said("Delete &{anchor}.", anchor=event.anchor),
            )
        else:
            self._findings.add(
                "OQ114",
                place,
                Said(
                    '"{tag}" is YAML for a type and would be cut off; rule files have no types, all is text.',
                    tag=_tag(event.tag),
                ),
                Said('Put the value in quotes: "{written}", or delete the tag.', written=written)
                if written
                else Said("Delete the tag."),
            )

    def _alias(self, event: Any) -> None:
        place = self._place(event)
        self._findings.add(
            "OQ112",
            place,
            Said('"*{anchor}" is YAML for a reference; rule files have no references.', anchor=event.anchor),
            Said(
                'A name that begins with * needs quotes: "*{anchor}". A pattern has its * at the end.',
                anchor=event.anchor,
            ),
        )
        self._put(
            Text(f"*{event.anchor}", self._file, place.line, place.column, place.end_line, place.end_column, True)
        )

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._findings.add(
                "OQ109",
                self._place(event),
                Said("A second document begins here (---); it would not be read."),
                Said("Delete the line, or put what follows into a separate file in a folder."),
            )
            raise _Stop
        if event.version or event.tags:
            message = Said("There is a YAML directive (%) here.")
            self._findings.add("OQ118", self._place(event), message, Said("Delete the line with the %."))

    def _place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        return Place(self._file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def _written(text: str, start: int, end: int) -> str:
    return " ".join(text[start:end].split()).replace('"', "'")[:80]


def _tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
