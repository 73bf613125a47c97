"""One invoice on its way through the lane."""

from __future__ import annotations

from dataclasses import dataclass, field

from onedesk_quickbooks.plugin.ledger import InvoiceLink, Work
from onedesk_quickbooks.plugin.model.books import BooksInvoice
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import Plan, Reason
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem
from onedesk_quickbooks.plugin.sync.lane.looking import Seen


@dataclass
class Job:
    """What is known so far. A job without `plan`, or with `held` reasons, goes no further; one with `later` stays in
    the queue. `stops` is a refusal that every other invoice of the company would meet as well. `qbo` is the QuickBooks
    invoice after it was put; `did` what was done there; `finished` once the e-mail, where there is one, has left as
    well."""

    work: Work
    invoice: Invoice | None = None
    decisions: InvoiceDecisions | None = None
    link: InvoiceLink | None = None
    seen: Seen | None = None
    plan: Plan | None = None
    qbo: BooksInvoice | None = None
    did: str = ""
    sent_to: str = ""
    held: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    failed: str = ""
    later: QuickBooksProblem | None = None
    stops: QuickBooksProblem | None = None
    calls: int = 0
    finished: bool = False

    @property
    def going(self) -> bool:
        """Whether the next step is for this job."""
        return self.plan is not None and not self.held and not self.failed and not self.later

    @property
    def settled(self) -> bool:
        """Whether there is an outcome to tell."""
        return bool(self.held or self.failed or (self.finished and not self.later))

    def hold(self, code: str, sentence: str) -> None:
        """A person has to look."""
        self.held.append(Reason(code, sentence))

    def outcome(self) -> Outcome:
        """What `copy` and `send` print, and the ledger keeps."""
        invoice, qbo = self.invoice, self.qbo
        reasons = [each.sentence for each in (*self.held, *self.notes)]
        state = "failed" if self.failed else "held" if self.held else self.did
        return Outcome(
            id=self.work.od_invoice_id,
            action=self.work.action,
            outcome=state,
            reason=" ".join([self.failed, *reasons]).strip(),
            qbo_id=qbo.id if qbo else self.link.qbo_id if self.link else "",
            qbo_number=qbo.number if qbo else self.link.qbo_number if self.link else "",
            total=invoice.money(invoice.total) if invoice else None,
            qbo_total=Money(qbo.total, qbo.currency) if qbo else None,
            rule_ids=self.decisions.rule_ids if self.decisions else (),
            calls=self.calls,
        )
