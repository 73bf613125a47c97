"""The description of a rule in an editor, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onedesk_quickbooks.plugin.ruleset.core.chains import Row
from onedesk_quickbooks.plugin.ruleset.explain.descriptions import RuleDescription
from onedesk_quickbooks.plugin.texts import gettext, say

DECISIONS = 3
"""Decisions of one rule that are described in full."""
TAKERS = 3
"""Earlier rules that are named."""


def markdown(descriptions: Sequence[RuleDescription]) -> str:
    """At most twelve lines, in the current language; "" if there are no descriptions."""
    return "\n".join(_lines(descriptions)) if descriptions else ""


def _lines(descriptions: Sequence[RuleDescription]) -> Iterator[str]:
    first = descriptions[0]
    conditions = gettext(" and ").join(f"{_plain(say(says))} {_code(say(wanted))}" for says, wanted in first.when)
    yield gettext(
        "**{rule}**, for {conditions}",
        rule=_plain(first.row.rule),
        conditions=conditions or gettext("everything that no rule before it matches"),
    )
    yield ""
    for each in descriptions[:DECISIONS]:
        yield gettext(
            "* {decision}: {says}, tried as number {order} of {count}",
            decision=_code(each.decision),
            says=_code(say(each.row.says)),
            order=each.order,
            count=each.count,
        )
        if each.takers:
            named = ", ".join(map(_named, each.takers[:TAKERS]))
            more = gettext(", and others") if len(each.takers) > TAKERS else ""
            before = gettext("Rules before it that match some of the same") if each.when else gettext("Tried before it")
            yield gettext("  * {before}: {named}{more}.", before=before, named=named, more=more)
        yield f"  * {_plain(_wins(each))}"
    if len(descriptions) > DECISIONS:
        rest = ", ".join(f"{_code(each.decision)}: {_code(say(each.row.says))}" for each in descriptions[DECISIONS:])
        yield gettext("* and {rest}", rest=rest)


def _wins(descriptions: RuleDescription) -> str:
    """Whether it can win, with an example."""
    if descriptions.never:
        return say(descriptions.never)
    if descriptions.example and not descriptions.when:
        return gettext("It decides everything else.")
    if descriptions.example:
        return gettext("It decides, for example: {example}.", example=say(descriptions.example))
    return gettext("Whether it can ever decide takes too long to prove here; `check` searches longer.")


def _named(row: Row) -> str:
    """A rule with its place; for an implied one its effect."""
    if row.kind == "implied":
        return gettext("implied ({says})", says=_plain(say(row.says)))
    return f"{_plain(row.rule)} ({row.at.short})"


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`"


def _plain(text: str) -> str:
    """A text without Markdown syntax."""
    return "".join(f"\\{each}" if each in "\\*<`[" else each for each in text)
