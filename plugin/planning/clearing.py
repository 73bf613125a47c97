"""Whether the cause in QuickBooks for which an invoice was held is gone, so that planning it once more is worth it."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.planning.existing_copy import EDITED, paid_in_full
from onedesk_quickbooks.plugin.planning.payments.paid import received
from onedesk_quickbooks.plugin.planning.totals.compare_totals import TOTALS

_TOTALS = TOTALS | {"kept-total"}
_PAID_MORE = frozenset({"paid-more", "credit-used"})
_PAID = _PAID_MORE | {"paid-by-another", "credit-elsewhere"}
_UNNUMBERED = "without-number"
_THERE = _TOTALS | _PAID | {EDITED, _UNNUMBERED}
LOST = frozenset({"deleted-in-quickbooks", "voided-in-quickbooks", "voided-by-rule", "voided-by-undo"})
"""Codes of holds because QuickBooks no longer has the invoice."""
UNSENT = "kept-unsent"
"""The code of a send that waits for a person to look at an edit in QuickBooks that the rules keep."""
KEPT = frozenset({"kept-total", "kept-deposit", UNSENT})
"""Codes of a send that is held although QuickBooks' version was kept."""
ACCEPTED = frozenset({"deletion-accepted", "void-accepted"})
"""The same after a person has accepted that: nothing is left to decide."""


def names_payments(codes: Collection[str]) -> bool:
    """Whether one of the reasons names what pays the invoice in QuickBooks."""
    return not _PAID.isdisjoint(codes)


def cleared(
    codes: Collection[str], total: Decimal, now: BooksInvoice, edited: bool, differed: bool, deposit: Decimal
) -> bool:
    """Whether all causes in QuickBooks among the reasons (`codes`) that hold an invoice over `total` are gone; False
    where there was none. `now` is its invoice there, `edited`, `differed` and `deposit` are as in `Copied`.

    Other reasons are not considered: planning does that, with all the data.
    """
    held = _THERE.intersection(codes)
    if not held or now.voided:
        return False
    same, settled = now.total == total, received(now, deposit)
    applies = {
        EDITED: edited and not (differed and same),
        _UNNUMBERED: not now.number,
        **dict.fromkeys(_TOTALS, not same and not paid_in_full(now)),
        **dict.fromkeys(_PAID, settled > 0),
        **dict.fromkeys(_PAID_MORE, settled > total),
    }
    return not any(applies[code] for code in held)
