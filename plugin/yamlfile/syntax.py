"""YAML's own complaints, in words that say what to do: told by the text at the place, not by the library's wording,
which differs between the C loader and the pure one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from yaml import MarkedYAMLError, YAMLError

from onedesk_quickbooks.plugin.findings.finding import Findings, Place
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.oddities import LONGEST, ODD_DASH, odd_colon, odd_dash
from onedesk_quickbooks.plugin.yamlfile.source import split_lines

_BEGINS = re.compile(
    r"^(?P<before>\s*(?:- +)*(?:[^\s:'\"\[{#][^:#]*: +)?)(?P<value>(?:[\[{\"'>|%@`&*!,\]}]|[-?](?= |$)).*)$"
)
_LOOK = Text("Look for a missing quote, colon or bracket, or a line that is indented otherwise than its neighbours.")


_Said = tuple[str, Place, str, str]
"""Code, place, message and remedy of a finding."""


@dataclass(frozen=True, slots=True)
class _Stop:
    """Where reading stopped: `line` from 1, `column` from 1, and where the construct began that was being read."""

    file: str
    lines: list[str]
    line: int
    column: int
    begun_line: int
    begun_column: int
    wording: str

    @property
    def text(self) -> str:
        return self.lines[self.line - 1] if self.line <= len(self.lines) else ""

    def here(self) -> Place:
        return Place(self.file, self.line, self.column, self.line, self.column + 1)

    def begun(self) -> Place:
        return Place(self.file, self.begun_line, self.begun_column, self.begun_line, self.begun_column + 1)


def syntax_finding(file: str, text: str, error: YAMLError, findings: Findings) -> None:
    """One finding for the place where reading stopped."""
    stop = _stopped(file, text, error)
    if stop is None:
        findings.add("OQ108", Place(file), Text("The file is not YAML."), Text("Compare it with rules/default.yaml."))
        return
    said = next(filter(None, (explain(stop) for explain in _EXPLAIN)), None)
    findings.add(*(said or ("OQ108", stop.here(), Text("YAML cannot be read here."), _LOOK)))


def _stopped(file: str, text: str, error: YAMLError) -> _Stop | None:
    mark: Any = None
    begun: Any = None
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        begun = error.context_mark or mark
    if mark is None:
        return None
    wording = f"{getattr(error, 'problem', '')} {getattr(error, 'context', '')}"
    lines = split_lines(text)
    return _Stop(file, lines, *_inside(mark, lines), *_inside(begun, lines), wording)


def _inside(mark: Any, lines: list[str]) -> tuple[int, int]:
    """A mark's line and column; the C loader ends a file without a last line break one line further down."""
    if mark.line < len(lines):
        return mark.line + 1, mark.column + 1
    return len(lines), len(lines[-1]) + 1


def _odd(stop: _Stop) -> _Said | None:
    """A colon or space of another kind, in this line or the one before it."""
    for number in (stop.line, stop.begun_line, stop.line - 1):
        line = stop.lines[number - 1] if 0 < number <= len(stop.lines) else ""
        body = line.lstrip(" -")
        found = odd_colon(body)
        if found:
            column = len(line) - len(body) + found[0] + 1
            return (
                "OQ121",
                Place(stop.file, number, column, number, column + 1),
                Text("{found}, so YAML cannot tell key and value.", found=found[1]),
                Text("Type the colon and the space again; a name that holds these characters goes in quotes."),
            )
    return None


def _odd_dash(stop: _Stop) -> _Said | None:
    """A dash of another kind at the beginning of this line or the one before it."""
    for number in (stop.line, stop.line - 1):
        line = stop.lines[number - 1] if 0 < number <= len(stop.lines) else ""
        body = line.lstrip(" ")
        found = odd_dash(body)
        if found:
            column = len(line) - len(body) + 1
            at = Place(stop.file, number, column, number, column + 1)
            return "OQ121", at, Text("{dash}, so YAML sees no entry of a list.", dash=found), ODD_DASH
    return None


def _unclosed_quote(stop: _Stop) -> _Said | None:
    if "quoted scalar" not in stop.wording or "unexpected" not in stop.wording:
        return None
    return (
        "OQ108",
        stop.begun(),
        Text("The quote that opens here is never closed."),
        Text(
            "Put the same quote at the end of the value. An apostrophe inside single quotes is written twice:"
            " {example}.",
            example="'it''s'",
        ),
    )


def _kept(stop: _Stop) -> _Said | None:
    """A value that begins with a character which is kept for nothing, and still stops everything."""
    names = "scanning an a" in stop.wording  # an anchor or alias
    column = stop.begun_column if names and stop.begun_line == stop.line else stop.column
    found = re.match(r"[%@`&*][^,\]}#]*", stop.text[column - 1 :])
    if found is None or not (names or "cannot start any token" in stop.wording):
        return None
    return _quote(stop, column, found[0].rstrip())


def _closed_twice(stop: _Stop) -> _Said | None:
    """A bracket that closes what is closed already, after a value in brackets."""
    closing = stop.text[stop.column - 1 : stop.column]
    opened = re.search(r"[{\[]", stop.text[: stop.column - 1])
    if closing not in ("}", "]") or "block" not in stop.wording or opened is None:
        return None
    message = Text("The {closing} here closes nothing: nothing is open any more.", closing=closing)
    return "OQ108", stop.here(), message, Text("Delete it.")


def _begins(stop: _Stop) -> _Said | None:
    """A value that begins with a character which YAML keeps for itself."""
    found = _BEGINS.match(stop.text)
    if found is None or "quoted scalar" in stop.wording or "flow" in stop.wording:
        return None
    value = found["value"].rstrip()
    first, column = value[0], found.end("before") + 1
    if stop.column < column or (first in ",]}" and stop.column != column):
        return None
    return _quote(stop, column, value)


def _quote(stop: _Stop, column: int, value: str) -> _Said:
    shown = value if len(value) <= 60 else value[:57] + "..."
    quoted = f"'{shown}'" if '"' in shown else f'"{shown}"'
    return (
        {"&": "OQ111", "*": "OQ112", "!": "OQ114"}.get(value[0], "OQ128"),
        Place(stop.file, stop.line, column, stop.line, column + len(value)),
        Text(
            "A value that begins with {value} means something else to YAML, so this cannot be read as a text.",
            value=value[0],
        ),
        Text("Put the whole value in quotes: {quoted}", quoted=quoted),
    )


_NO_SPACE = re.compile(r"(?:^|[\s,{])([A-Za-z_]\w*):(?=[\[{\"'])")
"""A key whose value in brackets or quotes follows at once."""


def _no_space(stop: _Stop) -> _Said | None:
    """A key in braces with no space between its colon and a bracket."""
    brace = stop.text.find("{", 0, LONGEST)
    found = _NO_SPACE.search(stop.text, brace, LONGEST) if brace >= 0 else None
    if found is None or "quoted scalar" in stop.wording:
        return None
    return (
        "OQ108",
        Place(stop.file, stop.line, found.end(1) + 1, stop.line, found.end(1) + 2),
        Text("The colon after {key} has no space after it, so YAML takes it for a letter.", key=found[1]),
        Text("Write {key}: with a space after the colon.", key=found[1]),
    )


def _field(stop: _Stop) -> _Said | None:
    """A text in braces that begins with a field, and lacks its quotes."""
    if "flow" not in stop.wording or len(stop.text) > LONGEST:
        return None
    found = re.search(r": (?P<field>\{\s*[a-z_]+\s*\}) *$", stop.text[: stop.column - 1])
    rest = re.match(r"[^,}\]]*", stop.text[stop.column - 1 :])
    if found is None or rest is None or not rest[0].strip():
        return None
    whole = f"{stop.text[found.start('field') : stop.column - 1]}{rest[0]}".rstrip()
    return _quote(stop, found.start("field") + 1, whole)


_COMMENT = re.compile(r"(?P<value>[^\s:,{\[\"'][^:,{\[\"']*) (?P<cut>#[^\s#!,}\]]+)[^,}\]]*[,}\]]")
"""A value in braces that a # cuts off, with the comma or bracket behind it."""


def _in_comment(stop: _Stop) -> _Said | None:
    """A comma or bracket behind a #, which YAML does not see."""
    if "flow" not in stop.wording:
        return None
    for number in range(max(stop.begun_line, stop.line - 20), min(stop.line, len(stop.lines)) + 1):
        found = _COMMENT.search(stop.lines[number - 1][:LONGEST])
        if found:
            name = f"{found['value'].rstrip()} {found['cut']}"
            return (
                "OQ108",
                Place(stop.file, number, found.start("cut") + 1, number, found.end("cut") + 1),
                Text("After the # here all is a comment, also the comma or bracket behind it."),
                Text('Put the value in quotes: "{value}"', value=name),
            )
    return None


def _no_comma(stop: _Stop) -> _Said | None:
    """A key of a map in braces right after a bracket or a quote that is closed: the comma between them is missing."""
    if len(stop.text) > LONGEST:
        return None
    found = re.match(r"(\w+): ", stop.text[stop.column - 1 :])
    before = stop.text[: stop.column - 1].rstrip()
    if "flow mapping" not in stop.wording or found is None or not before.endswith(("}", "]", '"', "'")):
        return None
    message = Text("A comma is missing before {key}.", key=found[1])
    return "OQ108", stop.here(), message, Text("Write a comma before {key}:.", key=found[1])


def _unclosed_bracket(stop: _Stop) -> _Said | None:
    flow = re.search(r"flow (sequence|mapping|node)", stop.wording)
    if flow is None:
        return None
    if stop.line == stop.begun_line and stop.text[stop.column - 1 : stop.column] == ":":
        message = Text("There is a second colon here, so YAML cannot tell key and value.")
        return "OQ108", stop.here(), message, Text('Put a name that holds ": " in quotes: "Travel: hotel".')
    opening, closing = ("{", "}") if flow[1] == "mapping" else ("[", "]")
    at = stop.begun() if flow[1] != "node" else stop.here()
    message = Text(
        "The {opening} that opens here is not closed by {closing}, or a comma is missing in between.",
        opening=opening,
        closing=closing,
    )
    if flow[1] == "node":
        message = Text("Something is missing here: a bracket is not closed, or there is one comma too many.")
    return "OQ108", at, message, Text("Write [one, two] and {key: value, other: value}; a name with , or : in quotes.")


def _no_colon(stop: _Stop) -> _Said | None:
    return _without_colon(stop, stop.begun()) if "simple key" in stop.wording else None


_ENTRY = re.compile(r" *(?P<dash>- +)[^\s:#'\"\[{][^:#]*:(?= |$)")


def _entry_among_keys(stop: _Stop) -> _Said | None:
    """An entry of a list where keys of a map stand."""
    found = _ENTRY.match(stop.text, 0, LONGEST)
    if found is None or "block mapping" not in stop.wording or stop.column != found.start("dash") + 1:
        return None
    message = Text('This line is an entry of a list, since it begins with "- "; those beside it are keys.')
    return "OQ108", stop.here(), message, Text('Delete the "- " here, or write one before each of them.')


_CUT_KEY = re.compile(r" *(?:- +)?(?P<key>(?:[^\s#:'\"{\[][^#:]*)?[^\s#:'\"{\[] (?P<cut>#[^:]*)):(?= |$)")
"""A key that a # cuts off, with the colon behind it; before a comment mostly stands more than one blank."""


def _without_colon(stop: _Stop, at: Place) -> _Said:
    cut = _CUT_KEY.match(stop.lines[at.line - 1], 0, LONGEST)
    if cut:
        return (
            "OQ108",
            Place(stop.file, at.line, cut.start("cut") + 1, at.line, cut.start("cut") + 2),
            Text("After the # here all is a comment, also the colon behind it."),
            Text('Put the key in quotes: "{key}"', key=cut["key"].rstrip()),
        )
    return (
        "OQ108",
        at,
        Text("This line has no colon with a space after it, so it is no key with a value."),
        Text("Write key: value, with a space after the colon; an entry of a list begins with - and a space."),
    )


def _no_colon_before(stop: _Stop) -> _Said | None:
    """The last line with a text before the place, at its indentation, has words only."""
    if "block mapping" not in stop.wording and "document start" not in stop.wording:
        return None
    for number in range(stop.line - 1, 0, -1):
        line = stop.lines[number - 1]
        body = line.lstrip(" ")
        if not body or body.startswith("#"):
            continue
        column = len(line) - len(body) + 1
        words = body.split(" #")[0].rstrip()
        if column != stop.column or words == "..." or not re.fullmatch(r"[\w. ]+", words):
            return None
        return _without_colon(stop, Place(stop.file, number, column, number, column + len(words)))
    return None


def _joined(stop: _Stop) -> _Said | None:
    """The line before this one, at the same indentation, has no space after its colon."""
    before = stop.lines[stop.line - 2] if stop.line > 1 else ""
    found = re.match(r"""( *)([^\s:#'"{\[-][^:]*):(?!//)(\S.*)$""", before)
    if "mapping values are not allowed" not in stop.wording or found is None or ": " in before:
        return None
    if len(found[1]) != len(stop.text) - len(stop.text.lstrip(" ")):
        return None
    return (
        "OQ108",
        Place(stop.file, stop.line - 1, found.end(2) + 1, stop.line - 1, found.end(2) + 2),
        Text("The colon here has no space after it, so YAML reads key and value as one text."),
        Text("Write {found}: {rstrip}, with a space after the colon.", found=found[2], rstrip=found[3].rstrip()),
    )


def _no_dash(stop: _Stop) -> _Said | None:
    """The line before this one has a dash without a space after it."""
    before = stop.lines[stop.line - 2] if stop.line > 1 else ""
    found = re.match(r" *-(\w+): ", before)
    if "mapping values are not allowed" not in stop.wording or found is None:
        return None
    column = found.start(1)
    return (
        "OQ108",
        Place(stop.file, stop.line - 1, column, stop.line - 1, column + 1),
        Text("The dash here has no space after it, so YAML takes it for a letter."),
        Text('Write "- {key}:" with a space after the dash.', key=found[1]),
    )


def _two_ways(line: str) -> str:
    """What to write in the place of a line with two colons: key or value is a name with one."""
    found = re.fullmatch(r"\s*(?:- )?([^\"'{}\[\]]+?): ([^\"'{}\[\]]+?): ([^\"'{}\[\]#]+?)\s*(?:#.*)?", line)
    if found is None:
        return Text('Put a name that holds ": " in quotes: "Travel: hotel".')
    one, two, three = found.groups()
    return Text(
        'Put a name that holds ": " in quotes: "{one}: {two}": {three}, or {one}: "{two}: {three}". What belongs to'
        " {one} as a map goes in braces: {map}.",
        one=one,
        two=two,
        three=three,
        map=f"{one}: {{{two}: {three}}}",
    )


def _second_colon(stop: _Stop) -> _Said | None:
    if "mapping values are not allowed" not in stop.wording:
        return None
    if re.search(r":\s", stop.text[: stop.column - 1]) or not stop.text[: stop.column - 1].startswith(" "):
        message = Text("This line contains a second colon, so YAML cannot tell key and value.")
        remedy = _two_ways(stop.text)
        if not re.search(r":\s", stop.text[: stop.column - 1]):
            message = Text("The line before this one has no colon, or no space after it.")
            remedy = Text("Write key: value there, with a space after the colon.")
    else:
        message = Text("This line is indented further than the one before it, which has a value already.")
        remedy = Text("Indent it like its neighbours, or end the line before it with the colon.")
    return "OQ108", stop.here(), message, remedy


def _escape(stop: _Stop) -> _Said | None:
    if "escape" not in stop.wording:
        return None
    column = stop.text.rfind("\\", 0, stop.column + 1) + 1
    return (
        "OQ108",
        Place(stop.file, stop.line, max(column, 1), stop.line, max(column, 1) + 2),
        Text("In double quotes a \\ begins a special character, and this one does not exist."),
        Text("Use single quotes: {example}", example="'A\\B'."),
    )


def _indent(stop: _Stop) -> _Said | None:
    body = stop.text.lstrip(" ")
    if not body or len(stop.text) - len(body) + 1 != stop.column:
        return None
    if "document start" in stop.wording:
        message, remedy = (
            Text("Something follows after the end of the document (...)."),
            Text("Delete the line with the dots."),
        )
    else:
        message = Text("This line is indented otherwise than its neighbours, or it is an entry of another kind.")
        remedy = Text("Indent keys of the same map alike; a list's entries all begin with - at the same place.")
    return "OQ108", stop.here(), message, remedy


def _quote_before(stop: _Stop) -> _Said | None:
    """A quote that was left open some lines before, and closed by an apostrophe further down."""
    for number in range(stop.line, max(0, stop.line - 20), -1):
        line = stop.lines[number - 1] if number <= len(stop.lines) else ""
        found = re.search(r"(?:^|[:\-,\[{]) *(['\"])", line)
        if found and found[1] not in line[found.end() :]:
            column = found.end()
            return (
                "OQ108",
                Place(stop.file, number, column, number, column + 1),
                Text("The quote that opens here is never closed in its line."),
                Text("Put the same quote at the end of the value."),
            )
    return None


_EXPLAIN = (
    _odd,
    _odd_dash,
    _unclosed_quote,
    _kept,
    _no_space,
    _field,
    _in_comment,
    _no_comma,
    _closed_twice,
    _entry_among_keys,
    _begins,
    _unclosed_bracket,
    _no_colon,
    _joined,
    _no_dash,
    _second_colon,
    _escape,
    _quote_before,
    _no_colon_before,
    _indent,
)
