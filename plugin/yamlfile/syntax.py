"""YAML's syntax errors as findings with a remedy: recognised by the text at the place, not by the library's wording,
which differs between the C loader and the pure one."""

from __future__ import annotations

import re
from typing import Any

from yaml import MarkedYAMLError, YAMLError

from onedesk_quickbooks.plugin.findings.finding import Findings, Place
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile import in_braces, in_lines
from onedesk_quickbooks.plugin.yamlfile.oddities import ODD_DASH, odd_colon, odd_dash
from onedesk_quickbooks.plugin.yamlfile.source import split_lines
from onedesk_quickbooks.plugin.yamlfile.stop import Said, Stop, quote

_BEGINS = re.compile(
    r"^(?P<before>\s*(?:- +)*(?:[^\s:'\"\[{#][^:#]*: +)?)(?P<value>(?:[\[{\"'>|%@`&*!,\]}]|[-?](?= |$)).*)$"
)
_LOOK = Text("Look for a missing quote, colon or bracket, or a line that is indented otherwise than its neighbours.")


def syntax_finding(file: str, text: str, error: YAMLError, findings: Findings) -> None:
    """Add one finding for the place at which reading stopped."""
    stop = _stopped(file, text, error)
    if stop is None:
        findings.add("OQ108", Place(file), Text("The file is not YAML."), Text("Compare it with rules/default.yaml."))
        return
    said = next(filter(None, (explain(stop) for explain in _EXPLAIN)), None)
    findings.add(*(said or ("OQ108", stop.here(), Text("YAML cannot be read here."), _LOOK)))


def _stopped(file: str, text: str, error: YAMLError) -> Stop | None:
    mark: Any = None
    begun: Any = None
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        begun = error.context_mark or mark
    if mark is None:
        return None
    wording = f"{getattr(error, 'problem', '')} {getattr(error, 'context', '')}"
    lines = split_lines(text)
    return Stop(file, lines, *_inside(mark, lines), *_inside(begun, lines), wording)


def _inside(mark: Any, lines: list[str]) -> tuple[int, int]:
    """A mark's line and column; for a file without a final line break, the C loader gives one line too many."""
    if mark.line < len(lines):
        return mark.line + 1, mark.column + 1
    return len(lines), len(lines[-1]) + 1


def _odd(stop: Stop) -> Said | None:
    """A character like a colon or a space, in this line or the one before it."""
    for number in (stop.line, stop.begun_line, stop.line - 1):
        line = stop.lines[number - 1] if 0 < number <= len(stop.lines) else ""
        body = line.lstrip(" -")
        found = odd_colon(body)
        if found:
            column = len(line) - len(body) + found[0] + 1
            return (
                "OQ121",
                Place(stop.file, number, column, number, column + 1),
                Text("{found}, so YAML cannot separate key and value.", found=found[1]),
                Text("Type the colon and the space again; put a name that holds these characters in quotes."),
            )
    return None


def _odd_dash(stop: Stop) -> Said | None:
    """A character like a dash at the start of this line or the one before it."""
    for number in (stop.line, stop.line - 1):
        line = stop.lines[number - 1] if 0 < number <= len(stop.lines) else ""
        body = line.lstrip(" ")
        found = odd_dash(body)
        if found:
            column = len(line) - len(body) + 1
            at = Place(stop.file, number, column, number, column + 1)
            return "OQ121", at, Text("{dash}, so YAML sees no entry of a list.", dash=found), ODD_DASH
    return None


def _unclosed_quote(stop: Stop) -> Said | None:
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


def _kept(stop: Stop) -> Said | None:
    """A value that begins with a character which YAML reserves without use."""
    names = "scanning an a" in stop.wording  # an anchor or alias
    column = stop.begun_column if names and stop.begun_line == stop.line else stop.column
    found = re.match(r"[%@`&*>|][^,\]}#]*", stop.text[column - 1 :])
    if found is None or not (names or "cannot start any token" in stop.wording):
        return None
    value = found[0].rstrip()
    said = quote(stop, stop.line, column, value)
    number = re.fullmatch(r">=? *(-?[0-9.]+)", value)
    if number:
        bound = f"{{from: {number[1]}}}"
        return (*said[:3], Text("A range has no signs: {bound} is that number and more.", bound=bound))
    if value == "*":
        return (*said[:3], Text("Leave out a key that holds for everything; for all others there is otherwise."))
    return said


def _closed_twice(stop: Stop) -> Said | None:
    """A closing bracket too many, after a value in brackets."""
    closing = stop.text[stop.column - 1 : stop.column]
    opened = re.search(r"[{\[]", stop.text[: stop.column - 1])
    if closing not in ("}", "]") or "block" not in stop.wording or opened is None:
        return None
    message = Text("The {closing} here closes nothing: nothing is open any more.", closing=closing)
    return "OQ108", stop.here(), message, Text("Delete it.")


def _begins(stop: Stop) -> Said | None:
    """A value that begins with a special character of YAML."""
    found = _BEGINS.match(stop.text)
    if found is None or "quoted scalar" in stop.wording or "flow" in stop.wording:
        return None
    value = found["value"].rstrip()
    first, column = value[0], found.end("before") + 1
    if stop.column < column or (first in ",]}" and stop.column != column):
        return None
    if first == "-" and not found["before"].strip():  # an entry of a list
        return None
    return quote(stop, stop.line, column, value)


def _escape(stop: Stop) -> Said | None:
    if "escape" not in stop.wording and "hexdecimal" not in stop.wording:
        return None
    column = stop.text.rfind("\\", 0, stop.column + 1) + 1
    return (
        "OQ108",
        Place(stop.file, stop.line, max(column, 1), stop.line, max(column, 1) + 2),
        Text("In double quotes a \\ begins a special character, and this one does not exist."),
        Text("Use single quotes: {example}", example="'A\\B'."),
    )


def _quote_before(stop: Stop) -> Said | None:
    """A quote that was left open some lines before, and closed by an apostrophe later."""
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
    in_lines.long_key,
    in_braces.no_space,
    in_braces.field,
    in_braces.in_comment,
    in_braces.no_comma,
    in_braces.dash,
    in_braces.closed_early,
    _closed_twice,
    in_lines.entry_among_keys,
    in_lines.entry_behind_key,
    in_lines.no_braces,
    in_lines.no_dash_space,
    in_lines.joined,
    _begins,
    in_braces.bracket_inside,
    in_braces.unclosed,
    in_lines.lacks_dash,
    in_lines.no_colon,
    in_lines.second_colon,
    _escape,
    _quote_before,
    in_lines.no_colon_before,
    in_lines.indented,
)
