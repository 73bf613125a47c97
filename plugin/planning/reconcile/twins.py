"""What settles an invoice on both sides, and is one thing, since the rules bring neither across. Pure."""

from __future__ import annotations

import dataclasses

from onedesk_quickbooks.plugin.planning.reconcile.sides import Own, Settled, Theirs


def without_twins(own: Own, theirs: Theirs) -> tuple[Own, Theirs]:
    """Both without what QuickBooks has, the rules leave out, and people have recorded in OneDesk over the same
    amount."""
    here, there = list(own.settled), list(theirs.settled)
    for each in theirs.settled:
        twin = next((mine for mine in here if _by_hand(mine) and mine.amount == each.amount), None)
        if each.state == "ignored" and twin is not None:
            here.remove(twin)
            there.remove(each)
    return dataclasses.replace(own, settled=tuple(here)), dataclasses.replace(theirs, settled=tuple(there))


def _by_hand(mine: Settled) -> bool:
    return not mine.state
