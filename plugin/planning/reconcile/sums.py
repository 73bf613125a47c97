"""The sums of both sides: each currency separately, without rounding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from onedesk_quickbooks.plugin.model.money import Money, rate_key
from onedesk_quickbooks.plugin.planning.reconcile.sides import ZERO, Own, Pair, Theirs
from onedesk_quickbooks.plugin.texts import Amount, Text

_SETTLED = {
    "payment": Text("payments"),
    "credit_memo": Text("credit memos"),
    "journal_entry": Text("journal entries"),
    "other_credit": Text("other credits"),
    "deposit": Text("deposits"),
    "credit_used": Text("credits used"),
    "refund": Text("refunds"),
}
_AMOUNTS = (Text("totals"), Text("tax"), Text("open balances"))
NO_RATE = Text("no rate stated")


@dataclass(frozen=True, slots=True)
class Row:
    """One sum: `what` is totals, tax, open balances, payments...; for a tax also `code` and `rate` (per cent)."""

    what: str
    currency: str
    onedesk: Decimal
    quickbooks: Decimal
    code: str = ""

    @property
    def difference(self) -> Money:
        """By how much OneDesk's is larger."""
        return Money(self.onedesk - self.quickbooks, self.currency)

    def to_json(self) -> dict[str, str]:
        """Amounts are decimal strings."""
        return {
            "what": self.what,
            **({"code": self.code} if self.code else {}),
            "currency": self.currency,
            "onedesk": Money(self.onedesk, self.currency).digits,
            "quickbooks": Money(self.quickbooks, self.currency).digits,
            "difference": self.difference.digits,
        }


@dataclass(frozen=True, slots=True)
class Sums:
    """`amounts` are totals, tax and open balances by currency, `settled` the payments of invoices by kind, `taxes` the
    tax by code and rate."""

    amounts: tuple[Row, ...]
    settled: tuple[Row, ...]
    taxes: tuple[Row, ...]


class _Table:
    """Sums by key, in the order of the first use."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[Decimal]] = {}
        self._codes: dict[tuple[str, str], dict[str, None]] = {}

    def add(self, what: str, currency: str, side: int, amount: Decimal, code: str = "") -> None:
        """`side` is 0 for OneDesk, 1 for QuickBooks."""
        self._found.setdefault((what, currency), [ZERO, ZERO])[side] += amount
        if code:
            self._codes.setdefault((what, currency), {})[code] = None

    def rows(self) -> tuple[Row, ...]:
        """By currency, then in the order of the first use."""
        places = {key: place for place, key in enumerate(self._found)}
        keys = sorted(self._found, key=lambda key: (key[1], places[key]))
        return tuple(
            Row(what, currency, *self._both(what, currency), ", ".join(self._codes.get((what, currency), ())))
            for what, currency in keys
        )

    def _both(self, what: str, currency: str) -> tuple[Decimal, Decimal]:
        own, theirs = self._found[what, currency]
        return own, theirs


def sums_of(pairs: Iterable[Pair]) -> Sums:
    """The sums; what is void on a side counts as zero there."""
    amounts, settled, taxes = _Table(), _Table(), _Table()
    for pair in pairs:
        sides: tuple[tuple[int, Own | Theirs | None], ...] = ((0, pair.own), (1, pair.theirs))
        for side, found in sides:
            if found is None or not found.currency or (isinstance(found, Own) and found.void):
                continue
            for what, amount in zip(_AMOUNTS, (found.total, found.tax, found.balance), strict=True):
                amounts.add(what, found.currency, side, amount)
            for each in found.settled:
                if each.kind in _SETTLED:
                    settled.add(_SETTLED[each.kind], found.currency, side, each.amount)
            for tax in found.taxes:
                rate = NO_RATE if tax.percent is None else Text("{rate} %", rate=Amount(rate_key(tax.percent)))
                taxes.add(rate, found.currency, side, tax.amount, tax.code if side else "")
    return Sums(amounts.rows(), settled.rows(), taxes.rows())
