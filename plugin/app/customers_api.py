"""What commands and the page of customers under review call."""

from __future__ import annotations

from dataclasses import dataclass

from onedesk_quickbooks.plugin.app.attention_api import AttentionApi
from onedesk_quickbooks.plugin.ledger import CustomerDecision
from onedesk_quickbooks.plugin.ops.reviews import OpenReview, read_reviews, waiting_for

SHOWN = 20
"""How many of the last decisions are shown."""


@dataclass(frozen=True, slots=True)
class Said:
    """The result of a decision about a customer, or of its removal: the QuickBooks customer concerned, how many held
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
        """The customers that could not be matched to a QuickBooks customer with certainty."""
        connected = self.connected
        return read_reviews(self._services, connected) if connected else []

    def customer_decisions(self) -> list[CustomerDecision]:
        """The last decisions in force, the newest first."""
        connected = self.connected
        return self._services.ledger.customer_decisions.newest(connected.realm_id, SHOWN) if connected else []

    def confirm_customer(self, customer_id: str, customer: str, user: str) -> Said:
        """Match the customer to this QuickBooks customer (id or name), and queue again what waited for it. Raises
        `LinkProblem`, `NotConnected`, `QuickBooksProblem`."""
        made = self.customer_links(user).confirm(customer_id, customer)
        return Said(customer_id, made.link.qbo_id, made.name, self._again(customer_id, user))

    def reject_customer(self, customer_id: str, customer: str, user: str) -> Said:
        """Rule out this QuickBooks customer. Where no candidate is left, what waited is queued again, and a customer is
        created by rule. Raises as `confirm_customer`."""
        found = self.customer_links(user).reject(customer_id, customer)
        open_ = (each for each in self.customer_reviews() if each.review.key == customer_id)
        left = sum(len(each.review.candidates) for each in open_)
        return Said(customer_id, found.id, found.name, 0 if left else self._again(customer_id, user), left)

    def undo_customer(self, customer_id: str, user: str) -> Said:
        """Remove the last decision about a customer. Raises as `confirm_customer`."""
        last = self.customer_links(user).undo(customer_id)
        return Said(customer_id, last.qbo_id, last.name, self._again(customer_id, user), decision=last.decision)

    def _again(self, customer_id: str, user: str) -> int:
        connected = self._services.connected()
        return len(self.try_again(waiting_for(self._services, connected, customer_id), user))
