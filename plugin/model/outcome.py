"""The outcome of one invoice, or of a payment of the host: the line that `copy` and `send` print and that the host
gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.model.money import Money

OUTCOMES = ("copied", "updated", "unchanged", "sent", "recorded", "voided", "deleted", "held", "skipped", "failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`outcome` is one of OUTCOMES (recorded: a payment of the host); `reason` is empty when all was done as asked.
    `calls` counts requests to QuickBooks. `differs`: nothing is held, and QuickBooks' version differs from OneDesk's,
    and is kept. `kind` is what QuickBooks has, or would have: INVOICE or CREDIT_MEMO."""

    id: str
    action: str
    outcome: str
    reason: str = ""
    qbo_id: str = ""
    qbo_number: str = ""
    total: Money | None = None
    qbo_total: Money | None = None
    rule_ids: tuple[str, ...] = ()
    calls: int = 0
    differs: bool = False
    kind: str = INVOICE

    def to_json(self) -> dict[str, Any]:
        """The JSON line of `copy --json` and `send --json`; amounts are decimal strings with all their digits."""
        return {
            "id": self.id,
            "action": self.action,
            "outcome": self.outcome,
            "reason": self.reason,
            "qbo_id": self.qbo_id,
            "qbo_number": self.qbo_number,
            "total": self.total.digits if self.total else None,
            "qbo_total": self.qbo_total.digits if self.qbo_total else None,
            "currency": self.total.currency if self.total else None,
            "rule_ids": list(self.rule_ids),
            "calls": self.calls,
        }
