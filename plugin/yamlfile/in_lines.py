"""Syntax errors in maps and lists in block style."""

from __future__ import annotations

import re

from onedesk_quickbooks.plugin.findings.finding import Place
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.oddities import LONGEST
from onedesk_quickbooks.plugin.yamlfile.stop import Said, Stop, indent_of, is_entry, short

_JOINED = re.compile(r"""(?P<before> *(?:- +)?)(?P<key>"[^"]*"|'[^']*'|[^\s:#'"{\[-][^:]*):(?!//)(?P<value>\S.*)$""")


def joined(stop: Stop) -> Said | None:
    """This line, or the one before it, has no space after its colon."""
    if "mapping values are not allowed" in stop.wording:
        found = _JOINED.match(short(stop.line_at(stop.line - 1)))
        if found and ": " not in found[0] and len(found["before"]) == indent_of(stop.text):
            return _no_space(stop, stop.line - 1, found)
    found = _JOINED.match(short(stop.text))
    return _no_space(stop, stop.line, found) if found and found["key"][0] in "\"'" and ": " not in found[0] else None


def _no_space(stop: Stop, number: int, found: re.Match[str]) -> Said:
    return (
        "OQ108",
        stop.at(number, found.end("key") + 1),
        Text("The colon here has no space after it, so YAML reads key and value as one text."),
        Text(
            "Write {found}: {rstrip}, with a space after the colon.",
            found=found["key"],
            rstrip=found["value"].rstrip(),
        ),
    )


_LONGEST_KEY = 1_024
"""The characters from the beginning of a key to its colon that YAML accepts."""
_ENTRIES = re.compile(r" *(?:- +)*")


def long_key(stop: Stop) -> Said | None:
    """A key that is too long for YAML, which therefore does not expect its colon."""
    before = stop.text[: stop.column - 1]
    if stop.text[stop.column - 1 : stop.column] != ":" or len(before) <= _LONGEST_KEY:
        return None
    start = _start_of_key(before, "flow" in stop.wording)
    key = before[start:]
    if len(key) <= _LONGEST_KEY or ": " in key:
        return None
    message = Text(
        "The key here has {n} characters before its colon; YAML takes {most} at most.", n=len(key), most=_LONGEST_KEY
    )
    quoted = key[0] in "\"'"
    remedy = Text("Shorten the key.") if quoted else Text("Shorten the key; if it is a text, put it in quotes.")
    return "OQ108", stop.at(stop.line, start + 1), message, remedy


def _start_of_key(before: str, flow: bool) -> int:
    """The index at which the key begins that ends the text before a colon."""
    bare = before.rstrip()
    if bare[-1] in "\"'":
        return max(bare.rfind(bare[-1], 0, -1), 0)
    if flow:
        start = max(before.rfind(each) for each in "{[,") + 1
        return start + indent_of(before[start:])
    found = _ENTRIES.match(before)
    return found.end() if found else 0


def no_dash_space(stop: Stop) -> Said | None:
    """This line, or the one before it, has a dash without a space after it."""
    if "mapping values are not allowed" not in stop.wording and "block" not in stop.wording:
        return None
    for number in (stop.line, stop.line - 1):
        found = re.match(r" *-(?:(?P<key>\w+): |(?=[{\[\"']))", short(stop.line_at(number)))
        if found:
            remedy = Text('Write "- " with a space after the dash.')
            if found["key"]:
                remedy = Text('Write "- {key}:" with a space after the dash.', key=found["key"])
            column = indent_of(stop.line_at(number)) + 1
            message = Text("The dash here has no space after it, so YAML reads it as part of the text.")
            return "OQ108", stop.at(number, column), message, remedy
    return None


_KEY = re.compile(r" *(?:- +)?(?P<key>\w+):(?= |$)")


def lacks_dash(stop: Stop) -> Said | None:
    """A line with the indent of a list's entries, without a dash."""
    if "flow" in stop.wording or "quoted" in stop.wording:
        return None
    for number in (stop.line, stop.begun_line):
        line, above = stop.line_at(number), stop.above(number)
        column = indent_of(line) + 1
        if not line.strip() or is_entry(line) or not is_entry(stop.line_at(above)):
            continue
        if indent_of(stop.line_at(above)) + 1 != column or _key_of(stop, above) == column:
            continue
        message = Text('The entries of the list above begin with "- " here, and this line does not.')
        key = _KEY.match(line)
        entry = (_KEY.match(each) for each in stop.lines[above - 1 : number - 1])
        remedy = Text('Write "- " before it.')
        if key and key["key"] not in [each["key"] for each in entry if each]:
            remedy = Text("Indent it like the keys of the entry above.")
        return "OQ108", stop.at(number, column), message, remedy
    return None


def _key_of(stop: Stop, entry: int) -> int:
    """The column of the key of a list."""
    while is_entry(stop.line_at(entry)):
        entry = stop.above(entry)
    return indent_of(stop.line_at(entry)) + 1


def no_braces(stop: Stop) -> Said | None:
    """Keys of an entry in one line without braces."""
    found = re.match(r"( *- +)(?P<keys>\w+: [^,{}\[\]\"'#]*, *\w+: .*)$", short(stop.text))
    if "mapping values are not allowed" not in stop.wording or found is None:
        return None
    keys = found["keys"].rstrip()
    message = Text("Several keys are in this line without braces.")
    place = stop.at(stop.line, found.start("keys") + 1, len(keys))
    return "OQ108", place, message, Text("Write {keys} in its place.", keys=f"{{{keys}}}")


def entry_behind_key(stop: Stop) -> Said | None:
    """An entry of a list on the line of the list's key."""
    found = re.match(r" *(?:- +)?(?P<key>\w+): +(?P<entry>- +[\w\"'{].*)$", short(stop.text))
    if found is None or not re.search(r"\w:(?: |$)", found["entry"]) or "flow" in stop.wording:
        return None
    message = Text("An entry of a list begins on its own line.")
    place = stop.at(stop.line, found.start("entry") + 1, len(found["entry"].rstrip()))
    return (
        "OQ108",
        place,
        message,
        Text("Begin a new line before it, and indent it further than {key}:.", key=found["key"]),
    )


def no_colon(stop: Stop) -> Said | None:
    return without_colon(stop, stop.begun()) if "simple key" in stop.wording else None


_ENTRY = re.compile(r" *(?P<dash>- +)[^\s:#'\"\[{][^:#]*:(?= |$)")


def entry_among_keys(stop: Stop) -> Said | None:
    """An entry of a list among the keys of a map."""
    found = _ENTRY.match(stop.text, 0, LONGEST)
    if found is None or "block mapping" not in stop.wording or stop.column != found.start("dash") + 1:
        return None
    message = Text('This line is an entry of a list, since it begins with "- "; those beside it are keys.')
    for number in range(stop.line - 1, 0, -1):
        line = stop.line_at(number)
        if is_entry(line):
            remedy = Text(
                'Begin it below the "- " of the entry above, in column {column}, where it is the next one; else delete'
                ' the "- " here.',
                column=indent_of(line) + 1,
            )
            return "OQ108", stop.here(), message, remedy
        if line.strip() and indent_of(line) + 1 < stop.column:
            break
    return "OQ108", stop.here(), message, Text('Delete the "- " here, or write one before each of them.')


_CUT_KEY = re.compile(r" *(?:- +)?(?P<key>(?:[^\s#:'\"{\[][^#:]*)?[^\s#:'\"{\[] (?P<cut>#[^:]*)):(?= |$)")
"""A key that a # cuts off, with the colon after it; before a comment there is usually more than one space."""


def without_colon(stop: Stop, at: Place) -> Said:
    """A line that is no key with a value."""
    line = stop.lines[at.line - 1]
    cut = _CUT_KEY.match(line, 0, LONGEST)
    if cut:
        return (
            "OQ108",
            stop.at(at.line, cut.start("cut") + 1),
            Text("After the # here all is a comment, also the colon behind it."),
            Text('Put the key in quotes: "{key}"', key=cut["key"].rstrip()),
        )
    words = line.split(" #")[0].rstrip()
    found = _JOINED.match(short(words))
    if found and ": " not in words:
        return _no_space(stop, at.line, found)
    return (
        "OQ108",
        at,
        Text("This line has no colon with a space after it, so it is not a key with a value."),
        Text("Write key: value, with a space after the colon; an entry of a list begins with - and a space."),
    )


def no_colon_before(stop: Stop) -> Said | None:
    """The last line with text before the place, at its indent, has words only."""
    if "block mapping" not in stop.wording and "document start" not in stop.wording:
        return None
    for number in range(stop.line - 1, 0, -1):
        line = stop.lines[number - 1]
        body = line.lstrip(" ")
        if not body or body.startswith("#"):
            continue
        column = len(line) - len(body) + 1
        words = body.split(" #")[0].rstrip()
        if column != stop.column or words == "..." or not (re.fullmatch(r"[\w. ]+", words) or _JOINED.match(words)):
            return None
        return without_colon(stop, stop.at(number, column, len(words)))
    return None


def _two_ways(line: str) -> str:
    """What to write instead of a line with two colons: key or value is a name with a colon."""
    found = re.fullmatch(r"\s*(?:- )?([^\"'{}\[\]]+?): ([^\"'{}\[\]]+?): ([^\"'{}\[\]#]+?)\s*(?:#.*)?", line)
    if found is None:
        return Text('Put a name that holds ": " in quotes: "Travel: hotel".')
    one, two, three = found.groups()
    return Text(
        'Put a name that holds ": " in quotes: "{one}: {two}": {three}, or {one}: "{two}: {three}". Put what'
        " belongs to {one} as a map in braces: {map}.",
        one=one,
        two=two,
        three=three,
        map=f"{one}: {{{two}: {three}}}",
    )


def second_colon(stop: Stop) -> Said | None:
    """A second colon in a line, or a line that continues after the end of the one before it."""
    if "mapping values are not allowed" not in stop.wording:
        return None
    if re.search(r":\s", stop.text[: stop.column - 1]):
        message = Text("This line contains a second colon, so YAML cannot separate key and value.")
        return "OQ108", stop.here(), message, _two_ways(stop.text)
    number = next((n for n in range(stop.line - 1, 0, -1) if stop.line_at(n).strip()), 0)
    before = stop.line_at(number) if number else ""
    if re.fullmatch(r" *(?:- +)?[^\s:#'\"{\[\]}-][^:#{}\[\]]*", short(before)):
        return without_colon(stop, stop.at(number, indent_of(before) + 1))
    if not stop.text.startswith(" "):
        message = Text("The line before this one has no colon, or no space after it.")
        remedy = Text("Write key: value there, with a space after the colon.")
        return "OQ108", stop.here(), message, remedy
    message = Text("This line is indented further than the one before it, which has a value already.")
    remedy = Text("Indent it like its neighbours, or end the line before it with the colon.")
    return "OQ108", stop.here(), message, remedy


def indented(stop: Stop) -> Said | None:
    """A line with another indent than those beside it."""
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
