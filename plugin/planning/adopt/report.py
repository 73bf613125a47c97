"""The result for all invoices, what was adopted, and its JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.planning.adopt.sides import ADOPTED, KINDS, Candidate, Match, Theirs


@dataclass(frozen=True, slots=True)
class Report:
    """The report for a company. `kept`: links were to be made; then `adopted` are the ids of the invoices that are now
    linked, and `failed` has the reasons for others. `linked` were linked before, `drafts` are left out, as void ones
    are."""

    company: str
    matches: Sequence[Match]
    first: date | None = None
    last: date | None = None
    linked: int = 0
    drafts: int = 0
    kept: bool = False
    adopted: frozenset[str] = frozenset()
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> Counter[str]:
        """How many there are of each kind."""
        return Counter(each.kind for each in self.matches)

    @property
    def fine(self) -> bool:
        """Whether all agree, or were named by a person; after linking, whether all are adopted."""
        if any(each.kind not in ADOPTED for each in self.matches):
            return False
        return not self.failed

    def to_json(self) -> dict[str, Any]:
        """Amounts are decimal strings."""
        return {
            "company": self.company,
            "from": self.first.isoformat() if self.first else None,
            "to": self.last.isoformat() if self.last else None,
            "kept": self.kept,
            "linked_before": self.linked,
            "drafts_left_out": self.drafts,
            "adopted": len(self.adopted),
            "counts": {kind: self.counts[kind] for kind in KINDS},
            "invoices": [self.one_json(each) for each in self.matches],
        }

    def one_json(self, found: Match) -> dict[str, Any]:
        """One invoice; null for what a side does not have."""
        own = found.own
        return {
            "id": own.id,
            "kind": own.kind,
            "match": found.kind,
            "adopted": own.id in self.adopted,
            "by": found.by,
            "onedesk": {
                "number": own.number,
                "status": own.status,
                "date": own.day.isoformat() if own.day else None,
                "customer": own.names[0],
                "currency": own.currency,
                "total": Money(own.total, own.currency).digits if own.currency else None,
                "balance": Money(own.balance, own.currency).digits if own.currency else None,
            },
            "quickbooks": _theirs(found.theirs) if found.theirs else None,
            "candidates": [_candidate(each) for each in found.candidates],
            "reason": self.failed.get(own.id) or found.why,
            "remedy": found.remedy,
        }


def _candidate(found: Candidate) -> dict[str, Any]:
    fields = [{name: getattr(each, name) for name in each.__slots__} for each in found.fields]
    return {**_theirs(found.theirs), "differs_in": fields}


def _theirs(found: Theirs) -> dict[str, Any]:
    return {
        "id": found.id,
        "number": found.number,
        "date": found.day.isoformat() if found.day else None,
        "customer": found.customer,
        "currency": found.currency,
        "total": Money(found.total, found.currency).digits,
        "balance": Money(found.balance, found.currency).digits,
    }
