"""A formatted rule file: sections and keys in the order of the documentation, two spaces a level, comments aligned.

The lines of the text are moved and never generated, so no text is lost; the data before and after is compared at the
end. Lists keep their order, which has a meaning, and so do keyed maps, whose order may matter to their author.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from onedesk_quickbooks.plugin.findings.finding import Findings
from onedesk_quickbooks.plugin.ruleset.fmt.key_order import in_order
from onedesk_quickbooks.plugin.ruleset.fmt.layout import comment_starts, is_block, layout, written
from onedesk_quickbooks.plugin.texts import Text
from onedesk_quickbooks.plugin.yamlfile.build import build
from onedesk_quickbooks.plugin.yamlfile.nodes import Map, plain

_WIDEST = 80
"""Longer lines do not move the comments of their neighbours to the right."""


class NotFormatted(ValueError):
    """The file cannot be read, or its meaning would change; `check` reports what is wrong."""


def formatted(text: str, file: str = "rules.yaml") -> str:
    """The formatted text, unchanged if it is formatted already. Raises NotFormatted."""
    before = _read(file, text)
    clean = _stripped(text)
    passes: tuple[Callable[[str, Map], str], ...] = (in_order, layout, _aligned, _spaced)
    for each in passes:
        clean = each(clean, _read(file, clean))
    after = _read(file, clean)
    kept = _comments(_stripped(text), _read(file, _stripped(text)))
    if plain(after) != plain(before) or _comments(clean, after) != kept:
        raise NotFormatted(
            Text("{file} cannot be formatted without changing it; put its lines in order by hand.", file=file)
        )
    return clean


def _read(file: str, text: str) -> Map:
    findings = Findings()
    root = build(file, text, findings)
    if root is None or findings.errors:
        first = next(iter(findings.sorted()), None)
        place = f":{first.line}:{first.column}: {first.message}" if first else ""
        raise NotFormatted(Text("{file}{place} Fix it first; check shows all problems.", file=file, place=place))
    return root


def _stripped(text: str) -> str:
    """The text with one kind of line end and without trailing white space."""
    lines = [line.rstrip(" ") for line in re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))]
    return "\n".join(lines).rstrip("\n") + "\n"


def _comments(text: str, root: Map) -> Counter[str]:
    lines = text.split("\n")
    return Counter(lines[number - 1][start:].rstrip() for number, start in comment_starts(text, root).items())


def _aligned(text: str, root: Map) -> str:
    """Aligns trailing comments in each run of lines that have them; a run that is already aligned stays."""
    lines = text.split("\n")
    starts = {
        number: start for number, start in comment_starts(text, root).items() if lines[number - 1][:start].strip()
    }
    for run in _runs(sorted(starts)):
        if len({starts[number] for number in run}) == 1:
            continue
        codes = {number: lines[number - 1][: starts[number]].rstrip() for number in run}
        column = max((len(code) for code in codes.values() if len(code) <= _WIDEST), default=0) + 2
        for number in run:
            comment = lines[number - 1][starts[number] :]
            lines[number - 1] = codes[number].ljust(column - 2) + "  " + comment
    return "\n".join(lines)


def _runs(numbers: list[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _spaced(text: str, root: Map) -> str:
    """One empty line before each section (and its comment), never two, none in a multi-line text."""
    lines = text.split("\n")
    first = set()
    for name, key in root.keys.items():
        start = key.line
        while start > 1 and lines[start - 2].startswith("#"):
            start -= 1
        if name not in ("version", "include") and is_block(text, root.items[name]) and start > 1:
            first.add(start)
    inside = {number for each in written(root) for number in range(each.line + 1, each.end_line)}
    found: list[str] = []
    for number, line in enumerate(lines, 1):
        if number in first and found and found[-1]:
            found.append("")
        if line or number in inside or (found and found[-1]):
            found.append(line)
    return "\n".join(found).rstrip("\n") + "\n"
