"""Remedies that edit whole entries: a rule or a key is removed, moved or added."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from onedesk_quickbooks.plugin.findings.finding import Finding
from onedesk_quickbooks.plugin.ruleset.mend.edits import Edit, Mend, Source, Step, together, way
from onedesk_quickbooks.plugin.texts import Text as Said
from onedesk_quickbooks.plugin.texts import listed
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Text

ByEntry = Callable[[Finding, Source, re.Match[str], Map, list[Step]], Iterator[Mend]]


def _out(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    of, value = steps[-1].of, steps[-1].value
    if finding.code == "OQ207" and isinstance(value, List):
        again = _again(value)
        yield Mend(Said("Delete it"), source.without([*steps, Step(value, again)]) if again else ())
        return
    whole = isinstance(of, Map) and "id" in of.items and of.items.keys() <= {*_OF_A_RULE, steps[-1].at}
    yield Mend(Said("Delete it"), source.without(_rule(steps) if whole else steps))


_OF_A_RULE = ("id", "when", "from", "until")
"""Keys of an exception other than its outcome."""


def _again(of: List) -> int:
    """The number of the repeated entry, 0 for none."""
    texts = [each.value if isinstance(each, Text) else "" for each in of.items]
    return next((at for at, each in enumerate(texts) if each in texts[:at]), 0)


def _rule(steps: Sequence[Step]) -> Sequence[Step]:
    """The path to the rule with the finding: an exception, else an entry of a map."""
    for at in range(len(steps), 0, -1):
        value = steps[at - 1].value
        if isinstance(value, Map) and "id" in value.items:
            return steps[:at]
    return steps


def _rule_out(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    yield Mend(Said("Delete the rule"), source.without(_rule(steps)))


def _moved(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """Move the rule before the first of those that pre-empt it."""
    places = sorted((each.line, each.column) for each in finding.related if each.file == finding.file)
    other = _at_rule(root, *places[0]) if places else []
    if other and steps[-1].at == "id":
        yield Mend(Said("Move the rule before it"), source.moved(_rule(steps), other))


def _at_rule(root: Map, line: int, column: int) -> list[Step]:
    """The path to the exception that begins at a place, or whose id does."""
    return list(_rule(way(root, line, column)))


def _key_out(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """Remove a key of the rule with the finding."""
    names = re.split(r", | and ", match["keys"])
    within = _rule(steps)
    for holder in (within[-1].value, steps[-1].of):
        if isinstance(holder, Map) and all(name in holder.items for name in names):
            edits = [edit for name in names for edit in source.without([*within, Step(holder, name)])]
            yield Mend(Said("Delete {what}", what=match["keys"]), together(edits))
            return


def _one_of(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """Two ways: remove the key of the finding, or the others."""
    of, others = steps[-1].of, re.split(r", | and ", match["others"])
    if isinstance(of, Map) and all(each in of.items for each in others):
        yield Mend(Said("Delete {what}", what=steps[-1].at), source.without(steps))
        edits = [edit for each in others for edit in source.without([*steps[:-1], Step(of, each)])]
        yield Mend(Said("Delete {what}", what=match["others"]), together(edits))


def _otherwise(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """Insert this key before the key of the finding, with each of the words."""
    line, column = steps[-1].begins
    for word in match["words"].split(" | "):
        behind = ", " if source.in_flow((line, column)) else f"\n{' ' * (column - 1)}"
        text = f"otherwise: {word}"
        yield Mend(Said("Add {text}", text=text), (Edit(line, column, line, column, f"{text}{behind}"),))


def _default(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    of = steps[-1].value
    if isinstance(of, Map) and of.keys:
        first = next(iter(of.keys.values()))
        behind = ", " if source.in_flow((first.line, first.column)) else f"\n{' ' * (first.column - 1)}"
        edit = Edit(first.line, first.column, first.line, first.column, f"default: hold{behind}")
        yield Mend(Said("Add {text}", text="default: hold"), (edit,))


def _from(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """Set the start of the second of two rules that nearly touch; or the last value of the first."""
    yield from _bound(_rule(steps), root, "from", match["start"], match["second"])
    if match["end"]:
        for each in finding.related:
            if each.file == finding.file:
                yield from _bound(_at_rule(root, each.line, each.column), root, "until", match["end"], match["first"])


def _bound(steps: Sequence[Step], root: Map, key: str, value: str, where: str) -> Iterator[Mend]:
    """Set a bound of a rule, or of the file that it names."""
    own = root if where.endswith((".yaml", ".yml")) else steps[-1].value if steps else None
    if not isinstance(own, Map):
        return
    when = own.map("when")
    ranges = [each for each in when.items.values() if isinstance(each, Map)] if when else []
    found = [each for each in (own.text(key), *(of.text(key) for of in ranges)) if each is not None]
    for text in found[:1]:
        edit = Edit(text.line, text.column, text.end_line, text.end_column, value)
        yield Mend(Said("Write {text}", text=f"{key}: {value}"), (edit,))


def _set(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """Add a key with this value beside the key of the finding, or in its value."""
    key, value = match["key"] if "key" in match.groupdict() else "income_account", match["value"]
    of = steps[-1].value if finding.code == "OQ507" else steps[-1].of
    if not isinstance(of, Map) or not of.keys:
        return
    there = of.items.get(key)
    if isinstance(there, Text):
        edit = Edit(there.line, there.column, there.end_line, there.end_column, value)
    elif isinstance(there, Map) and source.line(there.line)[there.column - 1 : there.column] == "{":
        end_line, end_column = source.flow_end((there.line, there.column))
        edit = Edit(there.line, there.column, end_line, end_column, value)
    elif there is None:
        first = next(iter(of.keys.values()))
        behind = ", " if source.in_flow((first.line, first.column)) else f"\n{' ' * (first.column - 1)}"
        edit = Edit(first.line, first.column, first.line, first.column, f"{key}: {value}{behind}")
    else:
        return
    yield Mend(Said("Write {text}", text=f"{key}: {value}"), (edit,))


def _turned(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """Swap from and until or below."""
    of = steps[-1].of
    first = of.text("from") if isinstance(of, Map) else None
    last = (of.text("until") or of.text("below")) if isinstance(of, Map) else None
    if first and last and first.value != last.value:
        edits = [
            Edit(one.line, one.column, one.end_line, one.end_column, source.raw(*_ends(other)))
            for one, other in ((first, last), (last, first))
        ]
        yield Mend(Said("Exchange the two"), tuple(edits))


def _ends(text: Text) -> tuple[tuple[int, int], tuple[int, int]]:
    return (text.line, text.column), (text.end_line, text.end_column)


def _days_out(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    of = steps[-1].of
    if isinstance(of, Map):
        days = [each for each in ("from", "until") if each in of.items]
        edits = [edit for each in days for edit in source.without([*steps[:-1], Step(of, each)])]
        yield Mend(Said("Delete {what}", what=listed(days)), together(edits))


def _left_out(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    at = next((number for number, each in enumerate(steps) if each.at == match["key"]), None)
    if at is not None:
        yield Mend(Said("Delete {what}", what=match["key"]), source.without(steps[: at + 1]))


def _deeper(finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]) -> Iterator[Mend]:
    """Indent an entry that is not indented below its key."""
    yield Mend(Said("Indent it below {key}", key=match["key"]), source.indented(steps[-1].begins, 2))


def _to_the_left(
    finding: Finding, source: Source, match: re.Match[str], root: Map, steps: list[Step]
) -> Iterator[Mend]:
    line, column = steps[-1].begins
    if not source.in_flow((line, column)):
        yield Mend(Said("Move it to the beginning of the line"), source.indented((line, column), 1 - column))


BY_ENTRY: Sequence[tuple[str, ByEntry]] = (
    (r"^Delete one of the two", _out),
    (r"(or delete the entry\.|^Delete this entry)", _out),
    (r"(or )?delete (this|the) (key|line)", _out),
    (r"^Keep one of the two", _out),
    (r"^Keep one of them: delete terms", _out),
    (r"^(Move it before them|.*change their order)", _moved),
    (r"(or delete it|^Delete it, unless)", _rule_out),
    (r"(?:^Delete|or delete) (?P<keys>\w+((, | and )\w+)*) there", _key_out),
    (r"^Keep \w+ or (?P<others>\w+((, | and )\w+)*), not both", _one_of),
    (r"^Add otherwise: (?P<words>[a-z_]+( \| [a-z_]+)*)$", _otherwise),
    (r"or default: hold\.$", _default),
    (
        r"^Write from: (?P<start>\S+) in (?P<second>.+?)(, or until: (?P<end>\S+) in (?P<first>.+))?\.$",
        _from,
    ),
    (r"^Write the (earlier|smaller) one under from", _turned),
    (r"^Write (?P<key>\w+): (?P<value>\w+)( or \w+)?( beside it)?, or delete", _set),
    (r"or write (?P<key>\w+): (?P<value>\w+)\.$", _set),
    (r"such as (?P<key>rounding): (?P<value>\{item: Rounding\})\.$", _set),
    (r"^Name (?P<value>.+) here, or an item that is on", _set),
    (r"or from and until\.$", _days_out),
    (r"^Leave (?P<key>\w+) out: then", _left_out),
    (r"or take the (?P<key>\w+) out\.$", _left_out),
    (r"^Indent it further than (?P<key>\w+):", _deeper),
    (r"move it to the beginning of the line", _to_the_left),
    (r"delete the rule where nothing is to be held", _rule_out),
)
