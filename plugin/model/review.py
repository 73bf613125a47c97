"""A customer that could not be matched to a QuickBooks customer with certainty: the candidates, and the evidence for
each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """The values of both sides for one criterion. `kind` is name, email, tax_id, phone, address or links (which
    customers of OneDesk are linked to the candidate); `agrees` is None where one side has no value."""

    kind: str
    onedesk: str
    quickbooks: str
    agrees: bool | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A QuickBooks customer that may be meant. `score` is 0 to 100. `made_with` as in `BooksCustomer`."""

    id: str
    name: str
    active: bool
    score: int
    evidence: tuple[Evidence, ...]
    made_with: str = ""

    @property
    def called(self) -> str:
        """How a command names it: one that the run will create has no id yet."""
        return self.name if self.made_with else self.id


@dataclass(frozen=True, slots=True)
class CustomerReview:
    """`key` is the key under which the customer is linked (its id in OneDesk, or its partner), `name` is its name
    there; candidates with the highest score first."""

    key: str
    name: str
    candidates: tuple[Candidate, ...]

    def to_json(self) -> dict[str, Any]:
        """The form that is stored with the outcome, and printed."""
        return {
            "key": self.key,
            "name": self.name,
            "candidates": [
                {
                    "id": each.id,
                    "name": each.name,
                    "active": each.active,
                    "score": each.score,
                    "made_with": each.made_with,
                    "evidence": [
                        {"kind": e.kind, "onedesk": e.onedesk, "quickbooks": e.quickbooks, "agrees": e.agrees}
                        for e in each.evidence
                    ],
                }
                for each in self.candidates
            ],
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> CustomerReview:
        candidates = tuple(
            Candidate(
                each["id"],
                each["name"],
                each["active"],
                each["score"],
                tuple(Evidence(**one) for one in each["evidence"]),
                each["made_with"],
            )
            for each in source["candidates"]
        )
        return cls(source["key"], source["name"], candidates)
