"""Remedies that edit the line of the finding: another text, other characters, quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from onedesk_quickbooks.plugin.findings.finding import Finding
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.mend.edits import Edit, Mend, Source
from onedesk_quickbooks.plugin.ruleset.read.expressions import scalar
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.oddities import latin

_INVISIBLE = re.compile("[\u00a0\u2007\u202f\u2028\u2029\u0085]")
ByText = Callable[[Finding, Source, re.Match[str]], Iterator[Mend]]


def _written(finding: Finding, text: str) -> Mend:
    """Replace the text of the finding."""
    return Mend(
        Text("Write {text}", text=text),
        (Edit(finding.line, finding.column, finding.end_line, finding.end_column, text),),
    )


def _span(finding: Finding, source: Source) -> str:
    return source.raw((finding.line, finding.column), (finding.end_line, finding.end_column))


def _around(finding: Finding, source: Source, raw: str) -> int:
    """The index in the line of the text `raw` that contains the finding, or is nearest to it; -1 if there is none."""
    line, at = source.line(finding.line), finding.column - 1
    found = [each.start() for each in re.finditer(re.escape(raw), line)]
    return min(found, key=lambda each: (not each <= at <= each + len(raw), abs(each - at)), default=-1)


def _in_place(finding: Finding, source: Source, raw: str, text: str) -> Iterator[Mend]:
    """Replace `raw`, which contains the finding."""
    start = _around(finding, source, raw)
    if start >= 0:
        edit = Edit(finding.line, start + 1, finding.line, start + 1 + len(raw), text)
        yield Mend(Text("Write {text}", text=text), (edit,))


def _meant(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Write the suggested name; in a text with fields, the field."""
    name = match["name"]
    if finding.code == "OQ319":
        field = re.search(r"\{[^{}]*\}", finding.message)
        yield from _in_place(finding, source, field[0], name) if field else ()
    elif finding.code == "OQ320":
        raw = re.match(r'"(.*?)" is (?:no|neither)', finding.message)
        yield from _in_place(finding, source, raw[1], name) if raw else ()
    elif finding.line == finding.end_line:
        yield _written(finding, scalar(name))


def _quoted(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    raw: str = json.loads(match["quoted"])
    yield from _in_place(finding, source, raw, match["quoted"])


def _either(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """For a line with two colons, quote the key or the value; after a key of the rules, write a map in braces."""
    key = match["second"].partition(":")[0]
    braces = match["braces"] if key == "when" or key in _known() else None
    for text in [braces] if braces else [match["first"], match["second"]]:
        yield from _in_place(finding, source, match["first"].replace('"', ""), text)


def _words(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    for word in re.split(r", | or ", match["words"]):
        yield _written(finding, word)


def _names(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    for name in match["names"].split(", "):
        yield _written(finding, scalar(name))


def _as_it_is(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    yield _written(finding, match["text"])


def _both_words(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    yield _written(finding, match["one"])
    yield _written(finding, match["other"])


def _listed(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    if not _span(finding, source).startswith(("{", "[", "|", ">")) and finding.line == finding.end_line:
        none = _span(finding, source).casefold() == "none"
        yield _written(finding, "[]" if none else f"[{_span(finding, source)}]")


def _one_value(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    raw: str = json.loads(match["one"])
    for each in (match["both"], match["one"]):
        yield from _in_place(finding, source, raw, each)


def _spaced(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    key, value = match["key"], match["value"]
    yield from _in_place(finding, source, f"{key}:{value}", f"{key}: {value}")


def _typed(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Replace letters that only look Latin."""
    name, line = match["name"], source.line(finding.line)
    for start in range(max(0, finding.column - len(name)), finding.column):
        raw = line[start : start + len(name)]
        if raw != name and latin(raw) == name:
            edit = Edit(finding.line, start + 1, finding.line, start + 1 + len(name), name)
            yield Mend(Text("Write {text}", text=name), (edit,))


def _straight(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    found = re.compile("[“”„‟‘’‚]([^“”„‟‘’‚]*)[“”‟‘’]").match(source.line(finding.line), finding.column - 1)
    for text in (json.dumps(found[1], ensure_ascii=False), scalar(found[1])) if found else ():
        edit = Edit(finding.line, finding.column, finding.line, finding.column + len(found[0]), text) if found else None
        yield Mend(Text("Write {text}", text=text), (edit,) if edit else ())


def _no_comma(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    for each in re.finditer(r"\d{1,3}(,\d{3})+(\.\d+)?", source.line(finding.line)):
        if each.start() < finding.column <= each.end():
            text = each[0].replace(",", "")
            yield Mend(
                Text("Write {text}", text=text),
                (Edit(finding.line, each.start() + 1, finding.line, each.end() + 1, text),),
            )


def _with_point(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    span = _span(finding, source)
    if re.fullmatch(r"-?\d+,\d{1,2}", span):
        yield _written(finding, span.replace(",", "."))


def _characters(title: str, made: Callable[[str], str]) -> ByText:
    def mend(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
        span = _span(finding, source)
        if made(span) != span:
            edit = Edit(finding.line, finding.column, finding.end_line, finding.end_column, made(span))
            yield Mend(title, (edit,))

    return mend


def _line_out(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    yield Mend(Text("Delete the line"), (Edit(finding.line, 1, finding.line + 1, 1, ""),))


def _version(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    yield Mend(Text("Begin with {text}", text="version: 1"), (Edit(finding.line, 1, finding.line, 1, "version: 1\n"),))


def _twice(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Remove a duplicate key of a map, of which only the first is read."""
    if finding.code == "OQ110":
        yield Mend(Text("Delete it"), source.cut((finding.line, finding.column), key=True))


def _colon(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Write a colon between a known key and its value."""
    for start in (finding.column - 1, len(source.line(finding.line)) - len(source.line(finding.line).lstrip(" "))):
        found = re.compile(r"(\w+)(:| +)(?=[^\s:])").match(source.line(finding.line), start)
        if found and found[1] in _known():
            edit = Edit(finding.line, found.end(1) + 1, finding.line, found.end() + 1, ": ")
            yield Mend(Text("Write {key} with a space after the colon", key=f"{found[1]}:"), (edit,))
            return


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """The keys of a file and of its sections."""
    return frozenset([*keys.top(), *(key for section in keys.sections().values() for key in section)])


def _bracketed(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    found = re.compile(r"\[[^\[\]{}]*\]|\{[^\[\]{}]*\}").match(source.line(finding.line), finding.column - 1)
    if found:
        edit = Edit(finding.line, found.start() + 1, finding.line, found.end() + 1, json.dumps(found[0]))
        yield Mend(Text("Write {text}", text=json.dumps(found[0])), (edit,))


def _dots(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    if source.line(finding.line - 1).strip() == "...":
        yield Mend(Text("Delete the line"), (Edit(finding.line - 1, 1, finding.line, 1, ""),))


def _other_id(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    number = 2
    while f"{_span(finding, source)}-{number}" in "\n".join(source.lines):
        number += 1
    yield _written(finding, f"{_span(finding, source)}-{number}")


def _without(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    for raw in (f" {match['field']}", match["field"]):
        start = _around(finding, source, raw)
        if start >= 0:
            edit = Edit(finding.line, start + 1, finding.line, start + 1 + len(raw), "")
            yield Mend(Text("Delete {what}", what=match["field"]), (edit,))
            return


def _dash(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Add the missing dash of an entry of a list."""
    line, column = finding.line, finding.column
    if finding.code in ("OQ108", "OQ203"):
        margin, rest, alike = " " * (column - 1), list[Edit](), finding.code == "OQ203"
        while (text := source.line(end := line + 1 + len(rest))).startswith(margin) and text[column - 1 :][:2] != "- ":
            alike = alike or text[column - 1] != " "
            rest.append(Edit(end, 1, end, 1, "  "))
        yield Mend(Text('Write "- " before it'), (Edit(line, column, line, column, "- "), *(rest if alike else ())))
    elif source.line(line)[: column - 1].endswith("  "):
        yield Mend(Text('Write "- " before it'), (Edit(line, column - 2, line, column, "- "),))


def _no_dash(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    end = re.compile(r"- +").match(source.line(finding.line), finding.column - 1)
    if end:
        edit = Edit(finding.line, finding.column, finding.line, end.end() + 1, "")
        yield Mend(Text('Delete the "- "'), (edit,))


def _space_behind(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    at = source.line(finding.line).find(":", finding.column - 1) + 2
    if at > 1:
        yield Mend(Text("Write a space behind it"), (Edit(finding.line, at, finding.line, at, " "),))


def _behind_dash(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Add the space after a dash; the other keys of the entry may be aligned with the letter after it."""
    line, at = finding.line, finding.column + 1
    if source.line(line)[: finding.column - 1].strip():
        return
    edits = [Edit(line, at, line, at, " ")]
    if re.match(rf" {{{finding.column}}}\S", source.line(line + 1)):
        while source.line(end := line + len(edits)).startswith(" " * finding.column):
            edits.append(Edit(end, 1, end, 1, " "))
    yield Mend(Text("Write a space behind it"), tuple(edits))


def _deeper(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    edits = source.indented((finding.line, finding.column), 2)
    yield Mend(Text("Indent it like the keys of the entry above"), edits)


def _colon_before(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    at = len(source.line(finding.line)[: finding.column - 1].rstrip()) + 1
    yield Mend(Text("Write a colon before it"), (Edit(finding.line, at, finding.line, at, ":"),))


def _comma_before(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Add the comma before a key whose colon is the place of the finding."""
    at = len(re.sub(r"\s*\w+$", "", source.line(finding.line)[: finding.column - 1])) + 1
    yield Mend(Text("Write a comma before it"), (Edit(finding.line, at, finding.line, at, ","),))


def _comma(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    yield Mend(
        Text("Write a comma before it"), (Edit(finding.line, finding.column, finding.line, finding.column, ", "),)
    )


def _tabs(span: str) -> str:
    return span.replace("\t", "  ")


def _of_colon(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Add the space after a colon, or the colon of a key before brackets."""
    bracket = source.line(finding.line)[finding.column - 1 : finding.column] in ("{", "[")
    yield from (_colon_before if bracket else _space_behind)(finding, source, match)


def _of_comma(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Add the comma before a key; the place of the finding is the key, or its colon."""
    colon = source.line(finding.line)[finding.column - 1 : finding.column] == ":"
    yield from (_comma_before if colon else _comma)(finding, source, match)


BY_TEXT: Sequence[tuple[str, ByText]] = (
    (r'^Did you mean "?(?P<name>[^"?]+?)"?( \([^()"]+\))?\?', _meant),
    (
        r'in quotes: (?P<first>"[^"]*": [^"]+), or (?P<second>[^"]+: "[^"]*")\.'
        r"(?: Put what .* in braces: (?P<braces>.+)\.)?$",
        _either,
    ),
    (r'(?:in|needs) quotes: (?P<quoted>"(?:[^"\\]|\\.)*")(?!\. A pattern|:)', _quoted),
    (r'put a text that is really so in quotes: (?P<text>".*")\.$', _as_it_is),
    (r"one that is really called so is (?P<text>\{(?:name: .*?|\w+: \{name: .*?\})\})\.", _as_it_is),
    (
        r"^Write (?:each as an entry of the list: )?"
        r'(?P<text>\[.*\]|\{not: .*\}|"(?:[^"\\]|\\.)*"|(?!each|one|the).+); put a value',
        _as_it_is,
    ),
    (r"A name is written (?P<text>\{\w+: .*\}) here\.", _as_it_is),
    (r"Write (?:one of )?(?P<words>[a-z0-9_]+((, | or )[a-z0-9_]+)*)\.$", _words),
    (r"^Write (?P<text>\w+) in its place", _as_it_is),
    (r"or let the other side number: number: (?P<text>\w+)\.", _as_it_is),
    (r"Write (?P<one>hold), which says so, or (?P<other>note),", _both_words),
    (r"^Name another one: (?P<names>[^:]*?)( and \d+ more)?\.$", _names),
    (r"Write for example: \[\w", _listed),
    (r'write \w+: (?P<both>\[.*?\]) for (both|all), or (?P<one>".*?") for one', _one_value),
    (r"^Write (?P<key>(?!key:)[^:]+): (?P<value>.+), with a space after the colon", _spaced),
    (r"^Write \w+: with a space after the colon", _of_colon),
    (r"^Write a comma before", _of_comma),
    (r"with a space after the dash\.$", _behind_dash),
    (r"^Delete it\.$", _characters(Text("Delete the character"), lambda span: span[1:])),
    (r"^Write (?P<text>\{.*\}) in its place\.$", _as_it_is),
    (r'^Delete the "- " here', _no_dash),
    (r"^Type the name again: (?P<name>.+)$", _typed),
    (r"^Type straight quotes", _straight),
    (r"write amounts without commas", _no_comma),
    (r"Write for example: 0\.05", _with_point),
    (r"^Delete (the character|it: type)", _characters(Text("Delete the character"), lambda span: span[1:])),
    (
        r"^Delete the escape",
        _characters(Text("Delete the escape"), lambda span: re.sub(r"\\(x..|u.{4}|U.{8}|.)", "", span)),
    ),
    (r"^Put spaces in its place", _characters(Text("Write spaces"), _tabs)),
    (
        r"^(Put a space|Type the (colon and the )?space)",
        _characters(Text("Write a space"), lambda span: _INVISIBLE.sub(" ", span)),
    ),
    (r"^Delete the line( with the %|,)", _line_out),
    (r"^(Add version: 1$|Begin it with `version: 1`)", _version),
    (r"^Delete one of the two", _twice),
    (r"^Write key: value, with a space after the colon", _colon),
    (r"A name that begins with \[ or \{ needs quotes", _bracketed),
    (r"^Delete the line with the dots", _dots),
    (r"^Give this rule its own id", _other_id),
    (r"^Write the sentence without (?P<field>\{.*?\});", _without),
    (r"^It has (?P<names>[^:]*?)( and \d+ more)?\. Or create", _names),
    (r'(write "- \w+:" here|^Write "- " before)', _dash),
    (r"^Indent it like the keys of the entry above\.", _deeper),
)
