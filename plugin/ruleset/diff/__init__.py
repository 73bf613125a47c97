"""Two rule sets compared: exactly, by input classes, and by what would have happened to given invoices."""

from __future__ import annotations

from collections.abc import Sequence

from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.ruleset.diff.replay import Replay, amounts, replay
from onedesk_quickbooks.plugin.ruleset.prove.exact import Change, exact
from onedesk_quickbooks.plugin.texts import Amount, Text, joined

__all__ = ["Change", "Replay", "amounts", "exact", "render_text", "replay"]


def render_text(changes: Sequence[Change], replayed: Replay | None = None, *, classes: bool = True) -> Text:
    """For people: each class that changes, unless they could not be told (`classes`), then what moves in money."""
    lines = [each.__text__() for each in changes]
    if classes:
        same = Text("Nothing changes: both rule sets do the same.")
        lines.append(Text("{n} input classes change.", n=len(changes)) if changes else same)
    if replayed is not None:
        for each in replayed.sums():
            lines.append(
                Text(
                    "{what}: {n} lines, {amount}: {old} -> {new}",
                    what=each.what,
                    n=each.lines,
                    amount=Amount(f"{plain(each.amount.amount)} {each.amount.currency}"),
                    old=each.old,
                    new=each.new,
                )
            )
        lines.append(
            Text(
                "Of {invoices} invoices, {moves} decisions would be others.",
                invoices=replayed.invoices,
                moves=len(replayed.moves),
            )
        )
    return joined("\n", (*lines, ""))
