"""Syntax errors within braces and brackets."""

from __future__ import annotations

import re

from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.oddities import LONGEST, until
from onedesk_quickbooks.plugin.yamlfile.stop import Said, Stop, quote, short

_NO_SPACE = re.compile(r"(?:^|[\s,{])([A-Za-z_]\w*):(?=[\[{\"'])")
"""A key directly followed by its value in brackets or quotes."""


def no_space(stop: Stop) -> Said | None:
    """A key in braces with no space between its colon and a bracket."""
    brace = stop.text.find("{", 0, LONGEST)
    found = _NO_SPACE.search(stop.text, brace, LONGEST) if brace >= 0 else None
    if found is None or "quoted scalar" in stop.wording:
        return None
    return (
        "OQ108",
        stop.at(stop.line, found.end(1) + 1),
        Text("The colon after {key} has no space after it, so YAML reads it as part of the text.", key=found[1]),
        Text("Write {key}: with a space after the colon.", key=found[1]),
    )


def field(stop: Stop) -> Said | None:
    """A text in braces that begins with a field and lacks its quotes."""
    if "flow" not in stop.wording or len(stop.text) > LONGEST:
        return None
    found = re.search(r": (?P<field>\{\s*[a-z_]+\s*\}) *$", stop.text[: stop.column - 1])
    rest = re.match(r"[^,}\]]*", stop.text[stop.column - 1 :])
    if found is None or rest is None or not rest[0].strip():
        return None
    whole = f"{stop.text[found.start('field') : stop.column - 1]}{rest[0]}".rstrip()
    return quote(stop, stop.line, found.start("field") + 1, whole)


def in_comment(stop: Stop) -> Said | None:
    """A comma or bracket after a #, which YAML ignores."""
    if "flow" not in stop.wording:
        return None
    first = stop.begun_line if stop.begun_line < stop.line else 1  # a bracket may enclose the rest of the file
    for number in range(max(first, stop.line - 20), min(stop.line, len(stop.lines)) + 1):
        line = stop.line_at(number)[:LONGEST]
        at = _comment(line)
        before, rest = line[:at].rstrip(), line[at:]
        apart = rest[1:2] in ("", " ", "#", "!")
        within = number > stop.begun_line or _depth(before) > 0
        hidden = re.search(r"[}\]]" if apart else r"[,}\]]", rest)
        if at < 0 or not within or not hidden or (apart and before[-1:] in ("", *",[{")):
            continue
        message = Text("After the # here all is a comment, also the comma or bracket behind it.")
        place = stop.at(number, at + 1, len(until(rest).rstrip()))
        return "OQ108", place, message, _uncut(before, until(rest), apart)
    return None


def _depth(text: str) -> int:
    """How many more brackets open than close."""
    return sum(text.count(each) for each in "{[") - sum(text.count(each) for each in "}]")


def _comment(line: str) -> int:
    """The index of the # that begins a comment, -1 for none."""
    open_quote = ""
    for at, char in enumerate(line):
        begins = line[at - 1 : at] in ("", *" ,[{")
        if open_quote:
            open_quote = "" if char == open_quote else open_quote
        elif char in "\"'" and begins:
            open_quote = char
        elif char == "#" and begins:
            return at
    return -1


def _uncut(before: str, rest: str, apart: bool) -> str:
    """What to write instead of a key or value that a # cuts off; one with a space before it (`apart`) begins a
    comment."""
    entry = before[max(before.rfind(each) for each in ",[{") + 1 :].lstrip()
    key, colon, _ = rest.partition(": ")
    if colon and ": " not in f"{entry} ":
        return Text('Put the key in quotes: "{key}"', key=f"{entry} {key}".strip())
    value = f"{entry.partition(': ')[2]} {rest}" if ": " in entry else rest if entry[-1:] == ":" else f"{entry} {rest}"
    if apart:
        return Text(
            'Write the comma or bracket before the #; put a text that holds it in quotes: "{value}"',
            value=value.strip(),
        )
    return _in_quotes(value.strip())


def no_comma(stop: Stop) -> Said | None:
    """A key of a map in braces directly after a closed bracket or quote: the comma between them is missing."""
    if len(stop.text) > LONGEST:
        return None
    found = re.match(r"(\w+): ", stop.text[stop.column - 1 :])
    before = stop.text[: stop.column - 1].rstrip()
    if "flow mapping" not in stop.wording or found is None or not before.endswith(("}", "]", '"', "'")):
        return None
    message = Text("A comma is missing before {key}.", key=found[1])
    return "OQ108", stop.here(), message, Text("Write a comma before {key}:.", key=found[1])


def dash(stop: Stop) -> Said | None:
    """A text in braces that begins with a dash or a question mark."""
    found = re.match(r"[-?] [^,}\]]*", short(stop.text)[stop.column - 1 :])
    opened = re.search(r"[\[{]", stop.text[: stop.column - 1])
    return quote(stop, stop.line, stop.column, found[0].rstrip()) if found and opened else None


def closed_early(stop: Stop) -> Said | None:
    """A superfluous closing bracket in braces that continue after it."""
    before, rest = short(stop.text)[: stop.column - 1].rstrip(), short(stop.text)[stop.column - 1 :]
    if "block" not in stop.wording or rest[:1] != "," or before[-1:] not in ("}", "]") or _depth(rest) != -1:
        return None
    message = Text("The {closing} here closes all that is open, and more follows.", closing=before[-1])
    return "OQ108", stop.at(stop.line, len(before)), message, Text("Delete it.")


_TEXT = re.compile(r"(?:(?<=[{\[,])|(?<=: ))(?P<text>[^,{}\[\]:]*(?:\[[^\[\]{}:]*\]|\{[^\[\]{}:]*\})?[^,{}\[\]:]*)$")


def bracket_inside(stop: Stop) -> Said | None:
    """A bracket within an unquoted text in braces, or after a key without its colon."""
    line = short(stop.text)
    found = _TEXT.search(line[: stop.column - 1]) if "flow" in stop.wording else None
    if found is None or not found["text"].strip():
        return None
    text, rest = found["text"].lstrip(), line[stop.column - 1 :]
    key = re.fullmatch(r"(\w+) +", text)
    if key and re.match(r"\{ *\w+: |\[[^\[\]]*,", rest):
        message = Text("A colon is missing after {key}.", key=key[1])
        return "OQ108", stop.here(), message, Text("Write {key}: with a space after the colon.", key=key[1])
    more = re.match(
        r"(?:\{[^{}\[\]:]*\}|\[[^{}\[\]:]*\]|[\]}](?= *[^\s,{}\[\]:]+[^,{}\[\]:]*[,}\]])|[^,{}\[\]:])*", rest
    )
    whole = f"{text}{more[0] if more else ''}".rstrip()
    if not re.search(r"[\[\]{}]", whole) or whole == text.rstrip():
        return None
    message = Text("This text holds a bracket, which is one of YAML's within braces and brackets.")
    column = stop.column - len(text)
    return "OQ108", stop.at(stop.line, column, len(whole)), message, _in_quotes(whole)


def _in_quotes(whole: str) -> str:
    return Text('Put the value in quotes: "{value}"', value=whole)


def unclosed(stop: Stop) -> Said | None:
    """A bracket that is not closed, or a second colon."""
    flow = re.search(r"flow (sequence|mapping|node)", stop.wording)
    if flow is None:
        return None
    if stop.line == stop.begun_line and stop.text[stop.column - 1 : stop.column] == ":":
        message = Text("There is a second colon here, so YAML cannot separate key and value.")
        return "OQ108", stop.here(), message, _two_keys(stop)
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


def _two_keys(stop: Stop) -> str:
    """The remedy for a second colon: a comma before the key that it belongs to, or quotes."""
    found = re.search(r"(\w+): ([^,:{}\[\]\"']+)$", short(stop.text)[: stop.column - 1])
    rest = until(short(stop.text)[stop.column - 1 :]).rstrip()
    if found is None or len(rest) < 2:
        return Text('Put a name that holds ": " in quotes: "Travel: hotel".')
    *words, last = found[2].split()
    whole = f'{found[1]}: "{found[2]}{rest}"'
    if words and rest[2:3] in ("{", "["):
        return Text("Write a comma before {key}:.", key=last)
    if words:
        return Text(
            'Write a comma before {key}:, or put a name that holds ": " in quotes: {whole}', key=last, whole=whole
        )
    return Text('Put a name that holds ": " in quotes: {whole}', whole=whole)
