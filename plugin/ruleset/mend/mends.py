"""The remedies that are edits: each follows what its sentence says, which tests/ruleset/check/remedies.yaml holds
against. A remedy that only a person can follow has none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from onedesk_quickbooks.plugin.findings.finding import Finding
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.cases.propose import scalar
from onedesk_quickbooks.plugin.ruleset.mend.edits import Edit, Mend, Source, Step, together, way
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Text
from onedesk_quickbooks.plugin.yamlfile.oddities import latin

_MOST = 8
"""Ways that one remedy may have in an editor."""
_INVISIBLE = re.compile("[\u00a0\u2007\u202f\u2028\u2029\u0085]")


def mends(finding: Finding, text: str, root: Map | None) -> list[Mend]:
    """The ways to follow the remedy of a finding in its file, which has this `text`; `root` is the file's top map, None
    where it cannot be read."""
    found: dict[str, Mend] = {}
    for each in _mends(finding, Source(text), root):
        if each.edits:
            found.setdefault(each.title, each)
    return list(found.values())[:_MOST]


def _mends(finding: Finding, source: Source, root: Map | None) -> Iterator[Mend]:
    for pattern, by_text in _BY_TEXT:
        match = re.search(pattern, finding.remedy)
        if match:
            yield from by_text(finding, source, match)
    steps = way(root, finding.line, finding.column) if root else []
    for pattern, by_entry in _BY_ENTRY if root and steps else ():
        match = re.search(pattern, finding.remedy)
        if match and root:
            yield from by_entry(finding, source, match, root, steps)


def _written(finding: Finding, text: str) -> Mend:
    """Another text in the place of what is found."""
    return Mend(f"Write {text}", (Edit(finding.line, finding.column, finding.end_line, finding.end_column, text),))


def _span(finding: Finding, source: Source) -> str:
    return source.raw((finding.line, finding.column), (finding.end_line, finding.end_column))


def _around(finding: Finding, source: Source, raw: str) -> int:
    """The index in the line of the text `raw` that stands around the finding, or nearest to it; -1 for none."""
    line, at = source.line(finding.line), finding.column - 1
    found = [each.start() for each in re.finditer(re.escape(raw), line)]
    return min(found, key=lambda each: (not each <= at <= each + len(raw), abs(each - at)), default=-1)


def _in_place(finding: Finding, source: Source, raw: str, text: str) -> Iterator[Mend]:
    """Another text in the place of `raw`, which stands around the finding."""
    start = _around(finding, source, raw)
    if start >= 0:
        edit = Edit(finding.line, start + 1, finding.line, start + 1 + len(raw), text)
        yield Mend(f"Write {text}", (edit,))


# By the text of the line.


def _meant(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """The name that was meant; of a text with fields, the field."""
    name = match["name"]
    if finding.code == "OQ319":
        field = re.search(r"\{[^{}]*\}", finding.message)
        yield from _in_place(finding, source, field[0], name) if field else ()
    elif finding.code == "OQ320":
        raw = re.match(r'"(.*?)" is no', finding.message)
        yield from _in_place(finding, source, raw[1], name) if raw else ()
    elif finding.line == finding.end_line:
        yield _written(finding, scalar(name))


def _quoted(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    raw: str = json.loads(match["quoted"])
    yield from _in_place(finding, source, raw, match["quoted"])


def _either(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Of a line with two colons, the key or the value in quotes."""
    for text in (match["first"], match["second"]):
        yield from _in_place(finding, source, text.replace('"', ""), text)


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
        yield _written(finding, f"[{_span(finding, source)}]")


def _one_value(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    raw: str = json.loads(match["one"])
    for each in (match["both"], match["one"]):
        yield from _in_place(finding, source, raw, each)


def _spaced(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    key, value = match["key"], match["value"]
    yield from _in_place(finding, source, f"{key}:{value}", f"{key}: {value}")


def _typed(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """Letters that only look Latin, typed as such."""
    name, line = match["name"], source.line(finding.line)
    for start in range(max(0, finding.column - len(name)), finding.column):
        raw = line[start : start + len(name)]
        if raw != name and latin(raw) == name:
            edit = Edit(finding.line, start + 1, finding.line, start + 1 + len(name), name)
            yield Mend(f"Write {name}", (edit,))


def _straight(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    found = re.compile("[“”„‟‘’‚]([^“”„‟‘’‚]*)[“”‟‘’]").match(source.line(finding.line), finding.column - 1)
    for text in (json.dumps(found[1], ensure_ascii=False), scalar(found[1])) if found else ():
        edit = Edit(finding.line, finding.column, finding.line, finding.column + len(found[0]), text) if found else None
        yield Mend(f"Write {text}", (edit,) if edit else ())


def _no_comma(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    for each in re.finditer(r"\d{1,3}(,\d{3})+(\.\d+)?", source.line(finding.line)):
        if each.start() < finding.column <= each.end():
            text = each[0].replace(",", "")
            yield Mend(f"Write {text}", (Edit(finding.line, each.start() + 1, finding.line, each.end() + 1, text),))


def _with_point(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    span = _span(finding, source)
    if re.fullmatch(r"-?\d+,\d{1,2}", span):
        yield _written(finding, span.replace(",", "."))


def _characters(title: str, made: Callable[[str], str]) -> Callable[[Finding, Source, re.Match[str]], Iterator[Mend]]:
    def mend(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
        span = _span(finding, source)
        if made(span) != span:
            edit = Edit(finding.line, finding.column, finding.end_line, finding.end_column, made(span))
            yield Mend(title, (edit,))

    return mend


def _line_out(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    yield Mend("Delete the line", (Edit(finding.line, 1, finding.line + 1, 1, ""),))


def _version(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    yield Mend("Begin with version: 1", (Edit(finding.line, 1, finding.line, 1, "version: 1\n"),))


def _twice(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """A key that stands twice in one map, of which only the first one was read."""
    if finding.code == "OQ110":
        yield Mend("Delete it", source.cut((finding.line, finding.column), key=True))


def _colon(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """A key that is known, and what follows it."""
    for start in (finding.column - 1, len(source.line(finding.line)) - len(source.line(finding.line).lstrip(" "))):
        found = re.compile(r"(\w+)(:| +)(?=[^\s:])").match(source.line(finding.line), start)
        if found and found[1] in _known():
            edit = Edit(finding.line, found.end(1) + 1, finding.line, found.end() + 1, ": ")
            yield Mend(f"Write {found[1]}: with a space after the colon", (edit,))
            return


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """The keys of a file and of its sections."""
    return frozenset([*keys.top(), *(key for section in keys.sections().values() for key in section)])


def _bracketed(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    found = re.compile(r"\[[^\[\]{}]*\]|\{[^\[\]{}]*\}").match(source.line(finding.line), finding.column - 1)
    if found:
        edit = Edit(finding.line, found.start() + 1, finding.line, found.end() + 1, json.dumps(found[0]))
        yield Mend(f"Write {json.dumps(found[0])}", (edit,))


def _dots(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    if source.line(finding.line - 1).strip() == "...":
        yield Mend("Delete the line", (Edit(finding.line - 1, 1, finding.line, 1, ""),))


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
            yield Mend(f"Delete {match['field']}", (edit,))
            return


def _dash(finding: Finding, source: Source, match: re.Match[str]) -> Iterator[Mend]:
    """The dash of a list's entry, which was left out."""
    line, column = finding.line, finding.column
    if finding.code == "OQ203":
        rest: list[Edit] = []
        while source.line(end := line + 1 + len(rest)).startswith(" " * (column - 1)):
            rest.append(Edit(end, 1, end, 1, "  "))
        yield Mend('Write "- " before it', (Edit(line, column, line, column, "- "), *rest))
    elif source.line(line)[: column - 1].endswith("  "):
        yield Mend('Write "- " before it', (Edit(line, column - 2, line, column, "- "),))


def _tabs(span: str) -> str:
    return span.replace("\t", "  ")


_BY_TEXT: Sequence[tuple[str, Callable[[Finding, Source, re.Match[str]], Iterator[Mend]]]] = (
    (r'^Did you mean "?(?P<name>[^"?]+?)"?( \([A-Z-]+\))?\?', _meant),
    (r'in quotes: (?P<first>"[^"]*": [^"]+), or (?P<second>[^"]+: "[^"]*")\.$', _either),
    (r'(?:in|needs) quotes: (?P<quoted>"(?:[^"\\]|\\.)*")(?!\. A pattern|:)', _quoted),
    (r'a text that is really so stands in quotes: (?P<text>".*")\.$', _as_it_is),
    (r"one that is really called so is (?P<text>\{name: .*?\})\.", _as_it_is),
    (r"A name is written (?P<text>\{\w+: .*\}) here\.", _as_it_is),
    (r"Write (?:one of )?(?P<words>[a-z0-9_]+((, | or )[a-z0-9_]+)*)\.$", _words),
    (r"^Write (?P<text>\w+) in its place", _as_it_is),
    (r"or let the other side number: number: (?P<text>\w+)\.", _as_it_is),
    (r"Write (?P<one>hold), which says so, or (?P<other>note),", _both_words),
    (r"^Name another one: (?P<names>[^:]*?)( and \d+ more)?\.$", _names),
    (r"Write for example: \[\w", _listed),
    (r'write \w+: (?P<both>\[.*?\]) for both, or (?P<one>".*?") for one', _one_value),
    (r"^Write (?P<key>(?!key:)[^:]+): (?P<value>.+), with a space after the colon", _spaced),
    (r"^Type the name again: (?P<name>.+)$", _typed),
    (r"^Type straight quotes", _straight),
    (r"write amounts without commas", _no_comma),
    (r"Write for example: 0\.05", _with_point),
    (r"^Delete (the character|it: type)", _characters("Delete the character", lambda span: span[1:])),
    (r"^Delete the escape", _characters("Delete the escape", lambda span: re.sub(r"\\(x..|u.{4}|U.{8}|.)", "", span))),
    (r"^Put spaces in its place", _characters("Write spaces", _tabs)),
    (
        r"^(Put a space|Type the (colon and the )?space)",
        _characters("Write a space", lambda span: _INVISIBLE.sub(" ", span)),
    ),
    (r"^Delete the line( with the %|,)", _line_out),
    (r"^(Add version: 1$|Begin it with `version: 1`)", _version),
    (r"^Delete one of the two", _twice),
    (r"^Write key: value, with a space after the colon", _colon),
    (r"A name that begins with \[ or \{ needs quotes", _bracketed),
    (r"^Delete the line with the dots", _dots),
    (r"^Give this rule an id of its own", _other_id),
    (r"^Write the sentence without (?P<field>\{.*?\});", _without),
    (r"^It has (?P<names>[^:]*?)( and \d+ more)?\. Or create", _names),
    (r'(write "- \w+:" here|Write "- " before)', _dash),
)


# By the entry that it is found at.


def _out(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    of, value = steps[-1].of, steps[-1].value
    if finding.code == "OQ207" and isinstance(value, List):
        again = _again(value)
        yield Mend("Delete it", source.without([*steps, Step(value, again)]) if again else ())
        return
    whole = isinstance(of, Map) and "id" in of.items and of.items.keys() <= {*_OF_A_RULE, steps[-1].at}
    yield Mend("Delete it", source.without(_rule(steps) if whole else steps))


_OF_A_RULE = ("id", "when", "from", "until")
"""Keys of an exception that do not say what happens."""


def _again(of: List) -> int:
    """The number of the entry that stands twice, 0 for none."""
    texts = [each.value if isinstance(each, Text) else "" for each in of.items]
    return next((at for at, each in enumerate(texts) if each in texts[:at]), 0)


def _rule(steps: Sequence[Step]) -> Sequence[Step]:
    """The way to the rule in which something is found: an exception, else an entry of a map."""
    for at in range(len(steps), 0, -1):
        value = steps[at - 1].value
        if isinstance(value, Map) and "id" in value.items:
            return steps[:at]
    return steps


def _rule_out(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    yield Mend("Delete the rule", source.without(_rule(steps)))


def _moved(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """The rule before the first of those that stand in its way."""
    places = sorted((each.line, each.column) for each in finding.related if each.file == finding.file)
    for line, column in places[:1]:
        other = _at_rule(root, line, column)
        if other and steps[-1].at == "id":
            yield Mend("Move the rule before it", source.moved(_rule(steps), other))


def _at_rule(root: Map, line: int, column: int) -> list[Step]:
    """The way to the exception that begins at a place, or whose id does."""
    return list(_rule(way(root, line, column)))


def _key_out(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """A key of the rule that is found."""
    names = re.split(r", | and ", match["keys"])
    within = _rule(steps)
    for holder in (within[-1].value, steps[-1].of):
        if isinstance(holder, Map) and all(name in holder.items for name in names):
            edits = [edit for name in names for edit in source.without([*within, Step(holder, name)])]
            yield Mend(f"Delete {match['keys']}", together(edits))
            return


def _one_of(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """Two ways: without the key that is found, or without the others."""
    of, others = steps[-1].of, re.split(r", | and ", match["others"])
    if isinstance(of, Map) and all(each in of.items for each in others):
        yield Mend(f"Delete {steps[-1].at}", source.without(steps))
        edits = [edit for each in others for edit in source.without([*steps[:-1], Step(of, each)])]
        yield Mend(f"Delete {match['others']}", together(edits))


def _otherwise(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """The key before the one that is found, with each of the words."""
    line, column = steps[-1].begins
    for word in match["words"].split(" | "):
        behind = ", " if source.in_flow((line, column)) else f"\n{' ' * (column - 1)}"
        text = f"otherwise: {word}"
        yield Mend(f"Add {text}", (Edit(line, column, line, column, f"{text}{behind}"),))


def _default(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    of = steps[-1].value
    if isinstance(of, Map) and of.keys:
        first = next(iter(of.keys.values()))
        behind = ", " if source.in_flow((first.line, first.column)) else f"\n{' ' * (first.column - 1)}"
        edit = Edit(first.line, first.column, first.line, first.column, f"default: hold{behind}")
        yield Mend("Add default: hold", (edit,))


def _from(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """The first value that counts, in the second of two rules that nearly touch; or the last one of the first."""
    yield from _bound(_rule(steps), root, "from", match["start"], match["second"])
    if match["end"]:
        for each in finding.related:
            if each.file == finding.file:
                yield from _bound(_at_rule(root, each.line, each.column), root, "until", match["end"], match["first"])


def _bound(steps: Sequence[Step], root: Map, key: str, value: str, where: str) -> Iterator[Mend]:
    """A bound of a rule, or of the file that it names."""
    own = root if where.endswith((".yaml", ".yml")) else steps[-1].value if steps else None
    if not isinstance(own, Map):
        return
    when = own.map("when")
    ranges = [each for each in when.items.values() if isinstance(each, Map)] if when else []
    found = [each for each in (own.text(key), *(of.text(key) for of in ranges)) if each is not None]
    for text in found[:1]:
        edit = Edit(text.line, text.column, text.end_line, text.end_column, value)
        yield Mend(f"Write {key}: {value}", (edit,))


def _turned(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """from and what ends it exchanged."""
    of = steps[-1].of
    first = of.text("from") if isinstance(of, Map) else None
    last = (of.text("until") or of.text("below")) if isinstance(of, Map) else None
    if first and last and first.value != last.value:
        edits = [
            Edit(one.line, one.column, one.end_line, one.end_column, source.raw(*_ends(other)))
            for one, other in ((first, last), (last, first))
        ]
        yield Mend("Exchange the two", tuple(edits))


def _ends(text: Text) -> tuple[tuple[int, int], tuple[int, int]]:
    return (text.line, text.column), (text.end_line, text.end_column)


def _days_out(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    of = steps[-1].of
    if isinstance(of, Map):
        days = [each for each in ("from", "until") if each in of.items]
        edits = [edit for each in days for edit in source.without([*steps[:-1], Step(of, each)])]
        yield Mend(f"Delete {' and '.join(days)}", together(edits))


def _left_out(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    at = next((number for number, each in enumerate(steps) if each.at == match["key"]), None)
    if at is not None:
        yield Mend(f"Delete {match['key']}", source.without(steps[: at + 1]))


def _deeper(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """Every entry behind the one without a value that stands as far to the left, and belongs to none of the section."""
    yield Mend(f"Indent it below {match['key']}", source.indented(steps[-1].begins, 2))


def _to_the_left(
    finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]
) -> Iterator[Mend]:
    line, column = steps[-1].begins
    if not source.in_flow((line, column)):
        yield Mend("Move it to the beginning of the line", source.indented((line, column), 1 - column))


def _include(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """The entry without its file; a .yaml file of nearly that name that lies there."""
    yield Mend("Delete it", source.without(steps))


_BY_ENTRY: Sequence[tuple[str, Callable[[Finding, Source, re.Match[str], Map, list[Step]], Iterator[Mend]]]] = (
    (r"^Delete one of the two", _out),
    (r"(or delete the entry\.|^Delete this entry)", _include),
    (r"(or )?delete (this|the) (key|line)", _out),
    (r"^Keep one of the two", _out),
    (r"^Keep one of them: delete terms", _out),
    (r"^(Move it before them|.*change their order)", _moved),
    (r"(or delete it|^Delete it, unless)", _rule_out),
    (r"(?:^Delete|or delete) (?P<keys>\w+((, | and )\w+)*) there", _key_out),
    (r"^Keep \w+ or (?P<others>\w+((, | and )\w+)*), not both", _one_of),
    (r"^Add otherwise: (?P<words>.+)$", _otherwise),
    (r"or default: hold\.$", _default),
    (
        r"^Write from: (?P<start>\S+) in (?P<second>.+?)(, or until: (?P<end>\S+) in (?P<first>.+))?\.$",
        _from,
    ),
    (r"^Write the (earlier|smaller) one under from", _turned),
    (r"or from and until\.$", _days_out),
    (r"^Leave (?P<key>\w+) out: then", _left_out),
    (r"or take the (?P<key>\w+) out\.$", _left_out),
    (r"^Indent it further than (?P<key>\w+):", _deeper),
    (r"move it to the beginning of the line", _to_the_left),
    (r"delete the rule where nothing is to be held", _rule_out),
)
