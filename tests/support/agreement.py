"""`plan` and the run must agree: before a lane works, `plan` is asked what will come of what waits.

The same outcome and the same sentence, unless QuickBooks, the host or the rules are changed in between. So nothing is
compared while the sandbox has trouble ordered, nor while the ledger has requests of unknown end: settling these first
is what the run does, and `plan` changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from onedesk_quickbooks.plugin.app.application import Application
from onedesk_quickbooks.plugin.ledger import Work
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import Held, Plan
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem
from onedesk_quickbooks.plugin.sandbox import Sandbox
from onedesk_quickbooks.plugin.sync.errors import InvalidInvoice
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming

MOST = 12
"""Of a long queue the first are enough: each costs a look at QuickBooks."""

Read = Callable[[str], InvoiceJson | None]


@dataclass(frozen=True)
class Foretold:
    """What `plan` says that the run will report; `stays` is the total of an invoice that is left as it is. Where
    QuickBooks alone knows the tax (US automated sales tax) the run adds its figures to the reason, and may hold what
    has another total then. Of what was `begun` before a crash the run reports all that was done, the plan only what is
    left to do: then both hold it, or neither does."""

    outcome: str
    reason: str
    unpredicted: bool = False
    compared: bool = False
    begun: bool = False
    stays: Money | None = None

    @classmethod
    def by(cls, plan: Plan | Held, begun: bool = False) -> Foretold:
        """Of one plan."""
        if isinstance(plan, Held):
            return cls(plan.outcome, plan.reason, begun=begun)
        return cls(plan.outcome, plan.reason, plan.totals.total is None, plan.compare is not None, begun, plan.stays)

    def differs(self, came: Outcome) -> str:
        """How the run went another way; "" where it did as the plan says."""
        if self.begun and (self.outcome == "held") == (came.outcome == "held"):
            return ""
        if self.compared and came.outcome == "held" and "automated sales tax" in came.reason:
            return ""
        same = came.reason.startswith(self.reason) if self.unpredicted else came.reason == self.reason
        if self.stays and came.outcome != "held" and came.qbo_total != self.stays:
            return f"invoice {came.id}: plan says that {self.stays} stays in QuickBooks, the run {came.qbo_total}"
        if same and came.outcome == self.outcome:
            return ""
        return f"invoice {came.id}: plan says {self.outcome} {self.reason!r}, the run {came.outcome} {came.reason!r}"


def untroubled(sandbox: Sandbox) -> bool:
    """Whether the sandbox will answer as it should."""
    return all(rule["count"] and rule["hits"] >= rule["count"] for rule in sandbox.trouble.state())


def foretell(application: Application, read: Read) -> dict[str, Foretold]:
    """What `plan` says of what waits, by the host's id; `read` gives the host's invoice."""
    connected = application.connected
    if connected is None or connected.stopped_reason or application.ledger.outbox.unknown(connected.realm_id):
        return {}
    found: dict[str, Foretold] = {}
    coming = Coming()
    for work in application.ledger.queue.next(connected.realm_id, MOST):
        invoice = read(work.od_invoice_id)
        if invoice is None:
            continue
        try:
            found[work.od_invoice_id] = _one(application, invoice, work, coming)
        except QuickBooksProblem:
            break  # the run meets the same, and leaves all of them where they are
    return found


def _one(application: Application, invoice: InvoiceJson, work: Work, coming: Coming) -> Foretold:
    try:
        plan = application.plan(invoice, work.action, coming)
    except InvalidInvoice as problem:
        return Foretold("held", f"The invoice cannot be read: {problem}")
    return Foretold.by(plan, begun=bool(application.ledger.outbox.of_work(work.id)))


def disagreements(foretold: Mapping[str, Foretold], outcomes: Iterable[Outcome]) -> list[str]:
    """Where the run came to something else, one text each; of several outcomes of an invoice the last counts."""
    came = {each.id: each for each in outcomes if each.id in foretold}
    return [text for each in came.values() if (text := foretold[each.id].differs(each))]
