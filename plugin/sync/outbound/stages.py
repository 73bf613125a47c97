"""The stages of an invoice in the company queue, each frozen: queued (a row of the ledger), decided, planned, applied,
ended.

Decided: what the rules say, once for each time slice. Planned: what will be done, or why nothing is. Applied:
QuickBooks has it. Ended: the outcome that the host gets. An invoice may also wait for a later time slice.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from onedesk_quickbooks.plugin.ledger import WITHDRAWN, Conflict, Work
from onedesk_quickbooks.plugin.model.again import again_by
from onedesk_quickbooks.plugin.model.books import BooksInvoice, Copied
from onedesk_quickbooks.plugin.model.decision import InvoiceDecisions
from onedesk_quickbooks.plugin.model.host import Attachment, InvoiceJson
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import INVOICE, SAME_AGAIN, SENT_ALREADY
from onedesk_quickbooks.plugin.model.money import Money, plain
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import Held, Plan, Reason, Skipped, Withdrawal
from onedesk_quickbooks.plugin.model.review import CustomerReview
from onedesk_quickbooks.plugin.planning import UNSENT
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem, Refused
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.explain import explained
from onedesk_quickbooks.plugin.sync.payload import kind_of
from onedesk_quickbooks.plugin.sync.versions import state_of, versions_json
from onedesk_quickbooks.plugin.texts import Text, joined


@dataclass(frozen=True, slots=True)
class Decided:
    """The host's invoice as it was read in this time slice, and what `rules` decide for it; `source` is the host's
    payload, where it differs from the one in the queue. `files` are the invoice's, where the rules want them."""

    work: Work
    invoice: Invoice
    rules: RuleSet
    decisions: InvoiceDecisions
    source: InvoiceJson | None = None
    files: tuple[Attachment, ...] = ()

    def trail(self) -> dict[str, Any]:
        """The explanation of these decisions, as it is kept with the copy."""
        return explained(self.rules, self.invoice, self.decisions).to_json()


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that can be carried out; `before` is the copy that QuickBooks already has."""

    decided: Decided
    plan: Plan
    before: Copied | None = None

    @property
    def work(self) -> Work:
        """The row of the queue."""
        return self.decided.work


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """QuickBooks' invoice `before` will be voided or deleted."""

    decided: Decided
    plan: Withdrawal
    before: Copied | None = None

    @property
    def work(self) -> Work:
        """The row of the queue."""
        return self.decided.work


@dataclass(frozen=True, slots=True)
class Applied:
    """QuickBooks has the invoice, as `qbo`; an e-mail has not been sent yet. `notes` are the plan's, and what
    QuickBooks calculated."""

    planned: Planned
    qbo: BooksInvoice
    notes: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The outcome. `stops` is a refusal that every other invoice of the company would meet as well. `codes` are those
    of the reasons that hold it, or of notes of what is done that later events need; `version` is the version in
    QuickBooks that it was held against, `existing` its total and `versions` its differences from OneDesk's. `kept` is a
    version there that the rules keep and that was found only now: it has to be noted. `trail` is the explanation of an
    invoice that is skipped by rule. `settled`, of one that the host has voided or deleted, is what pays it in
    QuickBooks. `review` is the customer that could not be matched with certainty. `later` is the day of its e-mail."""

    work: Work
    outcome: Outcome
    sent_to: str = ""
    stops: QuickBooksProblem | None = None
    codes: tuple[str, ...] = ()
    version: str = ""
    versions: tuple[tuple[str, str, str], ...] = ()
    existing: str = ""
    kept: Copied | None = None
    trail: dict[str, Any] = field(default_factory=dict)
    settled: Conflict | None = None
    review: CustomerReview | None = None
    later: date | None = None

    @property
    def detail(self) -> dict[str, Any]:
        """What the queue keeps of it beside the outcome."""
        found: dict[str, Any] = {"codes": list(self.codes), "version": self.version} if self.codes else {}
        if self.versions:
            found["versions"] = list(versions_json(self.versions))
        if self.trail:
            found["trail"] = self.trail
        if self.review:
            found["review"] = self.review.to_json()
        return {**found, **({"stands": self.existing} if self.existing else {})}


@dataclass(frozen=True, slots=True)
class Waiting:
    """The entry stays in the queue; a later time slice continues it."""

    work: Work
    problem: QuickBooksProblem


@dataclass(frozen=True, slots=True)
class Again:
    """QuickBooks' data has changed since the plan was made: the invoice is planned once more, with the same decision.
    `refusal` is QuickBooks' refusal, and the outcome where it is repeated."""

    planned: Planned | Withdrawing
    refusal: Ended


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Another command of the host has changed the invoice since it was read: nothing was written of it. The row of the
    queue is as that command has left it."""

    planned: Planned


UNPLANNED = Text("An error in the plugin prevented the plan of the invoice; see the log.")

Stage = Decided | Planned | Withdrawing | Applied | Ended | Waiting | Again | Overtaken


class Stumbled(QuickBooksProblem):
    """An error of the plugin, met while several invoices, or payments, were processed together."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "An error in the plugin kept what waits from being done; see the log. The queue continues with "
                "smaller batches until the failing entry is isolated."
            )
        )


def held(decided: Decided, plan: Held, before: Copied | None) -> Ended:
    """The outcome of a plan that holds the invoice."""
    codes = tuple(dict.fromkeys(reason.code for reason in plan.reasons))
    outcome = _outcome(decided, "held", plan.reason, before)
    now = before.now if before else None
    differences, existing = before.versions if before else (), plain(now.total) if now else ""
    kept = before if UNSENT in codes else None
    ended = Ended(
        decided.work, outcome, codes=codes, version=state_of(now), versions=differences, existing=existing, kept=kept
    )
    ended = dataclasses.replace(ended, review=plan.review)
    return dataclasses.replace(ended, settled=_settled(before)) if decided.work.action in WITHDRAWN else ended


def _settled(before: Copied | None) -> Conflict:
    now = before.now if before else None
    if before is None or now is None or now.voided or now.balance == now.total:
        return Conflict()
    only_money = (
        before.kind == INVOICE and not now.deposit and all(each.name.startswith("payment") for each in before.settled)
    )
    paid = Money(now.total - now.balance, now.currency or "")
    return Conflict(paid=paid.digits, currency=paid.currency, only_money=only_money)


def withdrawn(withdrawing: Withdrawing, qbo: BooksInvoice | None) -> Ended:
    """The outcome that the plan has named; `qbo` is QuickBooks' invoice afterwards, None for a deleted one."""
    plan = withdrawing.plan
    outcome = _outcome(withdrawing.decided, plan.outcome, plan.reason, withdrawing.before, qbo)
    return Ended(withdrawing.work, outcome, settled=Conflict() if withdrawing.work.action in WITHDRAWN else None)


def skipped(decided: Decided, plan: Skipped) -> Ended:
    """The outcome of an invoice that is skipped by rule; its explanation is kept like that of a copy."""
    outcome = _outcome(decided, plan.outcome, plan.reason, None)
    if plan.existing is not None:
        outcome = dataclasses.replace(outcome, qbo_id=plan.existing.id, qbo_number=plan.existing.name)
    return Ended(decided.work, outcome, codes=(plan.why.code,), trail=decided.trail())


def refusal(decided: Decided, problem: Refused) -> Held:
    """QuickBooks refuses the look-up for this one invoice."""
    sentence = again_by(decided.work.action, problem.sentence)
    reason = Reason(f"quickbooks-{problem.code or 'refused'}", sentence)
    return Held(decided.invoice.id, decided.invoice.number, (reason,), kind=decided.invoice.kind)


def not_planned(ended: Ended) -> Held:
    """The plan of an invoice that has its outcome before anything is planned."""
    outcome = ended.outcome
    code = ended.codes[0] if ended.codes else "error" if outcome.outcome == "failed" else "unreadable"
    reason = Reason(code, outcome.reason)
    kind = kind_of(ended.work.invoice)
    return Held(outcome.id, ended.work.od_number, (reason,), total=outcome.total, outcome=outcome.outcome, kind=kind)


def refused(
    planned: Planned | Withdrawing,
    reason: str,
    qbo: BooksInvoice | None = None,
    stops: QuickBooksProblem | None = None,
    code: str = "",
) -> Ended:
    """Held after a refusal of QuickBooks: a person has to look. The plan's notes are included."""
    text = joined(" ", filter(None, (again_by(planned.work.action, reason), planned.plan.reason)))
    outcome = _outcome(planned.decided, "held", text, planned.before, qbo)
    return Ended(planned.work, outcome, stops=stops, codes=(code,) if code else (), version=state_of(qbo))


_REMEMBERED = frozenset({SAME_AGAIN, SENT_ALREADY})
"""Codes of notes that the queue keeps with what is done."""


def done(applied: Applied) -> Ended:
    """The outcome that the plan has named."""
    planned = applied.planned
    reason = joined(" ", (note.sentence for note in applied.notes))
    outcome = _outcome(planned.decided, planned.plan.outcome, reason, planned.before, applied.qbo)
    outcome = dataclasses.replace(outcome, differs=planned.plan.differs)
    kept = planned.before if planned.plan.put.keep else None
    later = planned.plan.later.day if planned.plan.later else None
    codes = tuple(each.code for each in applied.notes if each.code in _REMEMBERED)
    to = planned.plan.send.to if planned.plan.send else ""
    return Ended(planned.work, outcome, to, codes=codes, kept=kept, later=later)


_WITHOUT_EMAIL = {"create": "copied", "update": "updated", "unchanged": "unchanged"}


def not_sent(applied: Applied) -> Ended:
    """The outcome where another command of the host came before the e-mail."""
    ended, put = done(applied), applied.planned.plan.put
    late = Text("It was not e-mailed: it was changed or withdrawn in OneDesk in the meantime.")
    outcome = ended.outcome
    reason = joined(" ", filter(None, (outcome.reason, late)))
    return dataclasses.replace(
        ended, outcome=dataclasses.replace(outcome, outcome=_WITHOUT_EMAIL[put.action], reason=reason), sent_to=""
    )


def failed(work: Work, invoice: Invoice | None, reason: str) -> Ended:
    """An error of the plugin or the host that concerns this one invoice."""
    total = invoice.money(invoice.total) if invoice else None
    return Ended(work, Outcome(work.od_invoice_id, work.action, "failed", reason, total=total))


def unreadable(work: Work, why: str) -> Ended:
    """A request for the invoice was given up, and QuickBooks' present data cannot be read either."""
    reason = Text(
        "QuickBooks did not answer a request for this invoice, and {why}: whether it was done is not "
        "known. Look at the invoice there, correct it, and try again ({retry}).",
        why=why,
        retry="onedesk-quickbooks queue retry ENTRY",
    )
    return Ended(work, Outcome(work.od_invoice_id, work.action, "held", reason), codes=("quickbooks-fails",))


def _outcome(
    decided: Decided, word: str, reason: str, before: Copied | None, qbo: BooksInvoice | None = None
) -> Outcome:
    invoice = decided.invoice
    currency = (qbo.currency if qbo else "") or invoice.currency
    return Outcome(
        id=decided.work.od_invoice_id,
        action=decided.work.action,
        outcome=word,
        reason=reason,
        qbo_id=qbo.id if qbo else before.qbo_id if before else "",
        qbo_number=qbo.number if qbo else before.number if before else "",
        total=invoice.money(invoice.total)
        if invoice.currency
        else None,  # a deletion that was reported by the id alone
        qbo_total=Money.in_quickbooks(qbo.total, currency) if qbo else None,
        rule_ids=decided.decisions.rule_ids,
        kind=qbo.kind if qbo else before.kind if before else invoice.kind,
    )
