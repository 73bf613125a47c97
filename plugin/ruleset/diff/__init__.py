"""Two rule sets compared: exactly, by input classes, and by their decisions for given invoices."""

from __future__ import annotations

from collections.abc import Sequence

from onedesk_quickbooks.plugin.ruleset.diff.replay import Replay, amounts, replay
from onedesk_quickbooks.plugin.ruleset.explain.subjects import LINES
from onedesk_quickbooks.plugin.ruleset.prove.exact import Change, exact
from onedesk_quickbooks.plugin.texts import Text, joined

__all__ = ["Change", "Replay", "amounts", "exact", "render_text", "replay"]

_WHAT = Text("outcome")
_OUTCOMES: dict[str, str] = {"copied": Text("copied"), "held": Text("held"), "skipped": Text("skipped")}


def render_text(changes: Sequence[Change], replayed: Replay | None = None, *, classes: bool = True) -> Text:
    """The changes as text: each class that changes, unless they could not be computed (`classes`), then the amounts
    that move."""
    lines = [each.__text__() for each in changes]
    if classes:
        same = Text("Nothing changes: both rule sets do the same.")
        one, some = Text("1 input class changes."), Text("{n} input classes change.", n=len(changes))
        lines.append(same if not changes else one if len(changes) == 1 else some)
    if replayed is not None:
        for each in replayed.sums():
            lines.append(
                Text(
                    "{what}: {count}, {amount}: {old} -> {new}",
                    what=_WHAT if each.what == "outcome" else each.what,
                    count=_count(each.lines, of_lines=each.what in LINES),
                    amount=each.amount,
                    old=_went(each.what, each.old),
                    new=_went(each.what, each.new),
                )
            )
        lines.append(_moved(_count(replayed.invoices, of_lines=False), len(replayed.moves)))
    return joined("\n", (*lines, ""))


def _went(what: str, where: str) -> str:
    """A value of a decision; the outcome of an invoice is no word of rule files."""
    return _OUTCOMES.get(where, where) if what == "outcome" else where


def _moved(invoices: Text, number: int) -> Text:
    """How many decisions would be others."""
    if not number:
        return Text("Of {invoices}, no decision would be another.", invoices=invoices)
    if number == 1:
        return Text("Of {invoices}, 1 decision would be another.", invoices=invoices)
    return Text("Of {invoices}, {n} decisions would be others.", invoices=invoices, n=number)


def _count(number: int, *, of_lines: bool) -> Text:
    """How many lines move, or how many invoices if the decision is on whole invoices."""
    if of_lines:
        return Text("1 line") if number == 1 else Text("{n} lines", n=number)
    return Text("1 invoice") if number == 1 else Text("{n} invoices", n=number)
