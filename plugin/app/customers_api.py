"""Customers under review: what commands and the page call."""

from __future__ import annotations

from dataclasses import dataclass

from onedesk_quickbooks.plugin.app.attention_api import AttentionApi
from onedesk_quickbooks.plugin.ledger import CustomerDecision
from onedesk_quickbooks.plugin.ops.reviews import OpenReview, read_reviews, waiting_for

SHOWN = 20
"""So many of the last decisions are shown."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person has said, or taken back, of a customer: the QuickBooks customer that it was about, how many held
    entries are queued again, and how many candidates are left."""

    customer_id: str
    qbo_id: str
    name: str
    again: int
    left: int = 0
    decision: str = ""


class CustomersApi(AttentionApi):
    """For administrators: pages and commands."""

    def customer_reviews(self) -> list[OpenReview]:
        """Customers of whom it is not certain which QuickBooks customer they are."""
        connected = self.connected
        return read_reviews(self._services, connected) if connected else []

    def customer_decisions(self) -> list[CustomerDecision]:
        """The last decisions that hold, the newest first."""
        connected = self.connected
        return self._services.ledger.customer_decisions.newest(connected.realm_id, SHOWN) if connected else []

    def confirm_customer(self, customer_id: str, customer: str, user: str) -> Said:
        """This QuickBooks customer (its id or name) is the customer: what waited for it is tried again. Raises
        `LinkProblem`, `NotConnected`, `QuickBooksProblem`."""
        made = self.customer_links(user).confirm(customer_id, customer)
        return Said(customer_id, made.link.qbo_id, made.name, self._again(customer_id, user))

    def reject_customer(self, customer_id: str, customer: str, user: str) -> Said:
        """It is not; where no candidate is left, what waited is tried again, and a new one is created by rule. Raises
        as `confirm_customer`."""
        found = self.customer_links(user).reject(customer_id, customer)
        open_ = (each for each in self.customer_reviews() if each.review.key == customer_id)
        left = sum(len(each.review.candidates) for each in open_)
        return Said(customer_id, found.id, found.name, 0 if left else self._again(customer_id, user), left)

    def undo_customer(self, customer_id: str, user: str) -> Said:
        """What was last said of a customer is taken back. Raises as `confirm_customer`."""
        last = self.customer_links(user).undo(customer_id)
        return Said(customer_id, last.qbo_id, last.name, self._again(customer_id, user), decision=last.decision)

    def _again(self, customer_id: str, user: str) -> int:
        connected = self._services.connected()
        return self.try_again(waiting_for(self._services, connected, customer_id), user)
