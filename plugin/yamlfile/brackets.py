"""What is wrong within braces and brackets, where YAML stopped reading in them."""

from __future__ import annotations

import re

from onedesk_quickbooks.plugin.findings.finding import Place
from onedesk_quickbooks.plugin.yamlfile.oddities import LONGEST
from onedesk_quickbooks.plugin.yamlfile.stopped import Said, Stop, in_quotes

_NO_SPACE = re.compile(r"(?:^|[\s,{])([A-Za-z_]\w*):(?=[\[{\"'])")
"""A key whose value in brackets or quotes follows at once."""


def no_space(stop: Stop) -> Said | None:
    """A key in braces with no space between its colon and a bracket."""
    brace = stop.text.find("{", 0, LONGEST)
    found = _NO_SPACE.search(stop.text, brace, LONGEST) if brace >= 0 else None
    if found is None or "quoted scalar" in stop.wording:
        return None
    return (
        "OQ108",
        Place(stop.file, stop.line, found.end(1) + 1, stop.line, found.end(1) + 2),
        f"The colon after {found[1]} has no space after it, so YAML takes it for a letter.",
        f"Write {found[1]}: with a space after the colon.",
    )


def field(stop: Stop) -> Said | None:
    """A text in braces that begins with a field, and lacks its quotes."""
    if "flow" not in stop.wording or len(stop.text) > LONGEST:
        return None
    found = re.search(r": (?P<field>\{\s*[a-z_]+\s*\}) *$", stop.text[: stop.column - 1])
    rest = re.match(r"[^,}\]]*", stop.text[stop.column - 1 :])
    if found is None or rest is None or not rest[0].strip():
        return None
    whole = f"{stop.text[found.start('field') : stop.column - 1]}{rest[0]}".rstrip()
    return in_quotes(stop, found.start("field") + 1, whole)


_COMMENT = re.compile(r"(?P<value>[^\s:,{\[\"'][^:,{\[\"']*) (?P<cut>#[^\s#!,}\]]+)[^,}\]]*[,}\]]")
"""A value in braces that a # cuts off, with the comma or bracket behind it."""


def in_comment(stop: Stop) -> Said | None:
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
                "After the # here all is a comment, also the comma or bracket behind it.",
                f'Put the value in quotes: "{name}"',
            )
    return None


def no_comma(stop: Stop) -> Said | None:
    """A key of a map in braces right after a bracket or a quote that is closed: the comma between them is missing."""
    if len(stop.text) > LONGEST:
        return None
    found = re.match(r"(\w+): ", stop.text[stop.column - 1 :])
    before = stop.text[: stop.column - 1].rstrip()
    if "flow mapping" not in stop.wording or found is None or not before.endswith(("}", "]", '"', "'")):
        return None
    return "OQ108", stop.here(), f"A comma is missing before {found[1]}.", f"Write a comma before {found[1]}:."


def unclosed_bracket(stop: Stop) -> Said | None:
    flow = re.search(r"flow (sequence|mapping|node)", stop.wording)
    if flow is None:
        return None
    if stop.line == stop.begun_line and stop.text[stop.column - 1 : stop.column] == ":":
        message = "There is a second colon here, so YAML cannot tell key and value."
        return "OQ108", stop.here(), message, 'Put a name that holds ": " in quotes: "Travel: hotel".'
    opening, closing = ("{", "}") if flow[1] == "mapping" else ("[", "]")
    at = stop.begun() if flow[1] != "node" else stop.here()
    message = f"The {opening} that opens here is not closed by {closing}, or a comma is missing in between."
    if flow[1] == "node":
        message = "Something is missing here: a bracket is not closed, or there is one comma too many."
    return "OQ108", at, message, "Write [one, two] and {key: value, other: value}; a name with , or : in quotes."


IN_BRACKETS = (no_space, field, in_comment, no_comma)
"""What is asked first; `unclosed_bracket` is for all others."""
