"""What an editor shows of a rule, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onedesk_quickbooks.plugin.ruleset.core.chains import Row
from onedesk_quickbooks.plugin.ruleset.explain.about import About

DECISIONS = 3
"""Decisions of one rule that are told in full."""
TAKERS = 3
"""Rules before it that are named."""


def markdown(told: Sequence[About]) -> str:
    """At most twelve lines; "" where nothing is told."""
    return "\n".join(_lines(told)) if told else ""


def _lines(told: Sequence[About]) -> Iterator[str]:
    first = told[0]
    conditions = " and ".join(f"{_plain(says)} {_code(wanted)}" for says, wanted in first.when)
    yield f"**{_plain(first.row.rule)}**, for {conditions or 'all that no rule before it takes'}"
    yield ""
    for each in told[:DECISIONS]:
        yield f"* {_code(each.decision)}: {_code(each.row.says)}, asked as number {each.order} of {each.count}"
        if each.takers:
            named = ", ".join(map(_named, each.takers[:TAKERS]))
            more = ", and others" if len(each.takers) > TAKERS else ""
            before = "Before it, these take some of that" if each.when else "Asked before it"
            yield f"  * {before}: {named}{more}."
        if each.never:
            yield f"  * {_plain(each.never)}"
        elif each.example and not each.when:
            yield "  * It decides everything else."
        elif each.example:
            yield f"  * It decides, for example: {_plain(each.example)}."
        else:
            yield "  * Whether it can ever decide takes too long to prove here; `check` goes on longer."
    if len(told) > DECISIONS:
        yield f"* and {', '.join(f'{_code(each.decision)}: {_code(each.row.says)}' for each in told[DECISIONS:])}"


def _named(row: Row) -> str:
    """A rule with its place; one that nobody wrote by what it does."""
    return f"implied ({_plain(row.says)})" if row.kind == "implied" else f"{_plain(row.rule)} ({row.at.short})"


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`"


def _plain(text: str) -> str:
    """A text in which Markdown finds nothing."""
    return "".join(f"\\{each}" if each in "\\*<`[" else each for each in text)
