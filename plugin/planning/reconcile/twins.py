"""Payments of an invoice that were recorded on both sides, because the rules transfer neither. Pure."""

from __future__ import annotations

import dataclasses

from onedesk_quickbooks.plugin.planning.reconcile.sides import Own, Settled, Theirs


def without_twins(own: Own, theirs: Theirs) -> tuple[Own, Theirs]:
    """Both sides without what QuickBooks has, the rules do not report, and people have recorded in OneDesk with the
    same amount."""
    here, there = list(own.settled), list(theirs.settled)
    for each in theirs.settled:
        twin = next((mine for mine in here if _by_hand(mine) and mine.amount == each.amount), None)
        if each.state == "ignored" and twin is not None:
            here.remove(twin)
            there.remove(each)
    return dataclasses.replace(own, settled=tuple(here)), dataclasses.replace(theirs, settled=tuple(there))


def _by_hand(mine: Settled) -> bool:
    return not mine.state
