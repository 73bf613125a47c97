"""Checks that `plan` and the run agree: before a queue is processed, `plan` predicts the outcome of its entries.

Outcome and sentence must be equal, unless QuickBooks, the host or the rules change in between. Nothing is compared
while faults are injected in the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan, PaymentPlan
from onedesk_quickbooks.plugin.model.plan import Held, Skipped, Withdrawal
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem
from onedesk_quickbooks.plugin.sandbox import Sandbox

MOST = 30
"""The first entries of a long queue are enough: they cost one look-up in QuickBooks."""


@dataclass(frozen=True)
class Prediction:
    """The prediction of `plan` for the run; `stays` is the total of an invoice that is left unchanged. If only
    QuickBooks knows the tax (US automated sales tax), the run adds its figures to the reason, and may hold an invoice
    with another total. For an entry `begun` before a crash, the run reports everything that was done, the plan only
    what is left: then it is only compared whether both hold it."""

    outcome: str
    reason: str
    unpredicted: bool = False
    compared: bool = False
    begun: bool = False
    stays: Money | None = None

    @classmethod
    def by(cls, plan: AnyWorkPlan, begun: bool = False) -> Prediction:
        """The prediction of one plan."""
        if isinstance(plan, (Held, Skipped, Withdrawal, PaymentPlan)):
            return cls(plan.outcome, plan.reason, begun=begun)
        return cls(plan.outcome, plan.reason, plan.totals.total is None, plan.compare is not None, begun, plan.stays)

    def differs(self, came: Outcome) -> str:
        """How the run differs from the prediction; "" if it does not."""
        if self.begun and (self.outcome == "held") == (came.outcome == "held"):
            return ""
        if self.compared and came.outcome == "held" and "automated sales tax" in came.reason:
            return ""
        reason, expected = unnumbered(came.reason), unnumbered(self.reason)
        same = reason.startswith(expected) if self.unpredicted else reason == expected
        if self.stays and came.outcome != "held" and came.qbo_total != self.stays:
            return f"invoice {came.id}: plan says that {self.stays} stays in QuickBooks, the run {came.qbo_total}"
        if same and came.outcome == self.outcome:
            return ""
        return f"invoice {came.id}: plan says {self.outcome} {self.reason!r}, the run {came.outcome} {came.reason!r}"


def no_faults(sandbox: Sandbox) -> bool:
    """Whether no faults are injected in the sandbox."""
    return all(rule["count"] and rule["hits"] >= rule["count"] for rule in sandbox.faults.state())


def predictions(application: Application) -> dict[str, Prediction]:
    """The predictions of `plan` for the queue, by the host's id."""
    connected = application.connected
    if connected is None or connected.stopped_reason:
        return {}
    ledger, found = application.ledger, dict[str, Prediction]()
    begun = {
        work.od_invoice_id: bool(ledger.outbox.of_work(work.id)) for work in ledger.queue.next(connected.realm_id, MOST)
    }
    if not begun:
        return {}
    with suppress(QuickBooksProblem):  # the run meets the same error, and leaves all of them unchanged
        for plan, _ in islice(application.plan_run((), "copy"), MOST):
            if plan.invoice_id in begun:
                found[plan.invoice_id] = Prediction.by(plan, begun[plan.invoice_id])
    return found


def disagreements(predicted: Mapping[str, Prediction], outcomes: Iterable[Outcome]) -> list[str]:
    """The differences between run and prediction, one text each; of several outcomes of an invoice the last counts."""
    came = {each.id: each for each in outcomes if each.id in predicted}
    return [text for each in came.values() if (text := predicted[each.id].differs(each))]


def unnumbered(reason: str) -> str:
    """The reason in the form of a plan, which has no entry number yet."""
    return re.sub(r"(queue (?:settle|retry|drop)) [0-9]+", r"\1 ENTRY", reason)
