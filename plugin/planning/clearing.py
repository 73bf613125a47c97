"""Whether what an invoice was held for in QuickBooks is gone there, so that it is worth planning it once more."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.planning.paid import received
from onedesk_quickbooks.plugin.planning.standing import paid_in_full
from onedesk_quickbooks.plugin.planning.totals import TOTALS

_TOTALS = TOTALS | {"kept-total"}
_PAID = frozenset({"paid-by-another", "paid-more"})
_EDITED, _UNNUMBERED = "changed-in-quickbooks", "without-number"
_THERE = _TOTALS | _PAID | {_EDITED, _UNNUMBERED}
LOST = frozenset({"deleted-in-quickbooks", "voided-in-quickbooks", "voided-by-rule", "voided-by-undo"})
"""Codes of what was held because QuickBooks has the invoice no more."""
UNSENT = "kept-unsent"
"""The code of a send that waits for a person to look at an edit in QuickBooks that the rules keep."""
KEPT = frozenset({"kept-total", "kept-deposit", UNSENT})
"""Codes of a send that is held although QuickBooks' version was kept."""
ACCEPTED = frozenset({"deletion-accepted", "void-accepted"})
"""The same once a person has accepted that: nothing is left to decide."""


def names_payments(codes: Collection[str]) -> bool:
    """Whether one of the reasons names what settles the invoice in QuickBooks."""
    return not _PAID.isdisjoint(codes)


def cleared(
    codes: Collection[str], total: Decimal, now: BooksInvoice, edited: bool, differed: bool, deposit: Decimal
) -> bool:
    """Whether all that lies in QuickBooks is gone of the reasons (`codes`) that hold an invoice over `total`; False
    where none lay there. `now` is its invoice there, `edited`, `differed` and `deposit` are as in `Copied`.

    It says nothing of the other reasons: planning does, with all that it needs.
    """
    held = _THERE.intersection(codes)
    if not held or now.voided:
        return False
    same = now.total == total
    stands = {
        _EDITED: edited and not (differed and same),
        _UNNUMBERED: not now.number,
        **dict.fromkeys(_TOTALS, not same and not paid_in_full(now)),
        **dict.fromkeys(_PAID, received(now, deposit) > 0),
    }
    return not any(stands[code] for code in held)
