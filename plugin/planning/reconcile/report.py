"""The report of a reconciliation, and its JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.planning.reconcile.compare import Difference, compare
from onedesk_quickbooks.plugin.planning.reconcile.sides import Own, Pair, Theirs
from onedesk_quickbooks.plugin.planning.reconcile.sums import Sums, sums_of


@dataclass(frozen=True, slots=True)
class Report:
    """Both sides of a company from `first` to `last` (None: open end). `differences` are by the place of the invoice in
    `pairs`; `listed`: OneDesk lists its invoices, otherwise those that the plugin knows were read; `drafts` were left
    out, and so were `skipped` invoices, which the rules do not copy to QuickBooks."""

    company: str
    first: date | None
    last: date | None
    listed: bool
    drafts: int
    pairs: Sequence[Pair]
    differences: Mapping[int, Sequence[Difference]]
    sums: Sums
    skipped: int = 0

    @property
    def agree(self) -> int:
        """How many invoices agree on both sides."""
        return len(self.agreeing)

    @property
    def agreeing(self) -> list[Pair]:
        """The invoices that agree on both sides."""
        return [pair for place, pair in enumerate(self.pairs) if place not in self.differences]

    @property
    def all(self) -> list[Difference]:
        """All differences, in the order of the invoices."""
        return [each for some in self.differences.values() for each in some]

    @property
    def counts(self) -> Counter[str]:
        """How many differences there are of each kind."""
        return Counter(each.kind for each in self.all)

    def to_json(self) -> dict[str, Any]:
        """Amounts are decimal strings."""
        return {
            "company": self.company,
            "from": self.first.isoformat() if self.first else None,
            "to": self.last.isoformat() if self.last else None,
            "host_lists_invoices": self.listed,
            "drafts_left_out": self.drafts,
            "skipped_left_out": self.skipped,
            "agree": self.agree,
            "differ": len(self.differences),
            "sums": [each.to_json() for each in self.sums.amounts],
            "settled": [each.to_json() for each in self.sums.settled],
            "taxes": [each.to_json() for each in self.sums.taxes],
            "invoices": [
                {
                    **pair_json(pair),
                    "differences": [difference_json(each) for each in self.differences.get(place, ())],
                }
                for place, pair in enumerate(self.pairs)
            ],
        }


def reported(
    company: str,
    first: date | None,
    last: date | None,
    listed: bool,
    drafts: int,
    pairs: Sequence[Pair],
    skipped: int = 0,
) -> Report:
    """Both sides, compared and summed; ordered by date and number."""
    ordered = sorted(pairs, key=lambda pair: (pair.day or date.min, len(pair.name), pair.name))
    return Report(company, first, last, listed, drafts, ordered, compare(ordered), sums_of(ordered), skipped)


def pair_json(pair: Pair) -> dict[str, Any]:
    """One invoice on both sides; null where a side has none."""
    return {
        "id": pair.own.id if pair.own else None,
        "name": pair.name,
        "customer": pair.customer,
        "date": pair.day.isoformat() if pair.day else None,
        "currency": pair.currency,
        "onedesk": _side(pair.own) | {"status": pair.own.status} if pair.own else None,
        "quickbooks": _side(pair.theirs) | {"id": pair.theirs.id, "voided": pair.theirs.voided}
        if pair.theirs
        else None,
    }


def _side(side: Own | Theirs) -> dict[str, Any]:
    amounts = {"total": side.total, "tax": side.tax, "balance": side.balance}
    return {"number": side.number, **{name: Money(each, side.currency).digits for name, each in amounts.items()}}


def difference_json(each: Difference) -> dict[str, Any]:
    """`amount` is by how much OneDesk's is larger."""
    return {
        "kind": each.kind,
        "onedesk": each.onedesk,
        "quickbooks": each.quickbooks,
        "amount": each.amount.digits if each.amount else None,
        "cause": each.cause,
        "remedy": each.remedy,
    }
