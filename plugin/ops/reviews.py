"""Customers that could not be matched to a QuickBooks customer with certainty, with the invoices that are held for
them.

The data is that of the queue: the reason of a hold was decided when the invoice was planned; candidates that a person
has rejected since are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from onedesk_quickbooks.plugin.ledger import Connected, Outline
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.review import CustomerReview
from onedesk_quickbooks.plugin.ops.attention import money_of
from onedesk_quickbooks.plugin.planning.link_keys import as_key
from onedesk_quickbooks.plugin.sync.services import Services

MOST = 10_000
"""How many held entries are read at most, the oldest."""
_OF_ANOTHER = "name-of-another"
"""The reason after all candidates were rejected and one of them has the name."""


@dataclass(frozen=True, slots=True)
class HeldInvoice:
    """An invoice that is held for the review, and its entry of the queue."""

    entry: int
    id: str
    number: str
    total: Money | None


@dataclass(frozen=True, slots=True)
class OpenReview:
    """A customer to review: `review` is what was found when the last of its invoices was planned, without the
    candidates that were rejected since. `customer_id` is its id as the host gives it, or the key of a partner."""

    review: CustomerReview
    invoices: tuple[HeldInvoice, ...]
    customer_id: str

    def to_json(self) -> dict[str, Any]:
        """The form of `customers review --json`."""
        fields = self.review.to_json()
        invoices = [
            {
                "entry": each.entry,
                "id": each.id,
                "number": each.number,
                "total": each.total.digits if each.total else None,
                "currency": each.total.currency if each.total else None,
            }
            for each in self.invoices
        ]
        return {
            "customer_id": self.customer_id,
            "name": fields["name"],
            "invoices": invoices,
            "candidates": fields["candidates"],
        }


def read_reviews(services: Services, connected: Connected) -> list[OpenReview]:
    """From the ledger, the customer that waits longest first; sends no request to QuickBooks."""
    ledger, realm_id = services.ledger, connected.realm_id
    with ledger.reading():
        held = ledger.queue_lists.outlines(realm_id, ("held",), MOST, field="review")
        rows = [each for each in held if _review_of(each)]
        found: dict[str, list[Outline]] = {}
        for each in rows:
            found.setdefault(str(_review_of(each)["key"]), []).append(each)
        rejected = ledger.customer_decisions.rejected(realm_id, found) if found else {}
    made = []
    for key, held in found.items():
        newest = max(held, key=lambda each: (each.updated_at, each.id))
        review = CustomerReview.from_json(_review_of(newest))
        left = tuple(each for each in review.candidates if each.id not in rejected.get(key, ()))
        own = _customer_of(newest)
        given = own if as_key(own) == key else key
        made.append(OpenReview(replace(review, candidates=left), tuple(map(_held, held)), given))
    return made


def waiting_for(services: Services, connected: Connected, key: str) -> list[int]:
    """The held entries that continue after a person's decision about this customer."""
    key, rows = as_key(key), services.ledger.queue_lists.outlines(connected.realm_id, ("held",), MOST)
    return [each.id for each in rows if _review_of(each).get("key") == key or _of_another(each, key)]


def _review_of(entry: Outline) -> Mapping[str, Any]:
    return (entry.outcome or {}).get("review") or {}


def _of_another(entry: Outline, key: str) -> bool:
    codes = (entry.outcome or {}).get("codes") or ()
    return _OF_ANOTHER in codes and as_key(_customer_of(entry)) == key


def _customer_of(entry: Outline) -> str:
    return str((entry.invoice.get("customer") or {}).get("id") or "")


def _held(entry: Outline) -> HeldInvoice:
    total = money_of(entry.invoice.get("total"), entry.invoice.get("currency"))
    return HeldInvoice(entry.id, entry.od_invoice_id, entry.od_number, total)
