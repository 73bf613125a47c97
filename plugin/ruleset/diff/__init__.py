"""Two rule sets compared: exactly, by input classes, and by what would have happened to given invoices."""

from __future__ import annotations

from collections.abc import Sequence

from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.ruleset.diff.replay import Replay, amounts, replay
from onedesk_quickbooks.plugin.ruleset.prove.exact import Change, exact

__all__ = ["Change", "Replay", "amounts", "exact", "render_text", "replay"]


def render_text(changes: Sequence[Change], replayed: Replay | None = None, *, classes: bool = True) -> str:
    """For people: each class that changes, unless they could not be told (`classes`), then what moves in money."""
    lines = [str(each) for each in changes]
    if classes:
        same = "Nothing changes: both rule sets do the same."
        lines.append(f"{len(changes)} input classes change." if changes else same)
    if replayed is not None:
        for each in replayed.sums():
            amount = f"{plain(each.amount.amount)} {each.amount.currency}"
            lines.append(f"{each.what}: {each.lines} lines, {amount}: {each.old} -> {each.new}")
        lines.append(f"Of {replayed.invoices} invoices, {len(replayed.moves)} decisions would be others.")
    return "\n".join(lines) + "\n"
