"""What a run would do for a chunk of invoices: read, decided and planned as the run does it, without any change."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onedesk_quickbooks.plugin.ledger import CHANGED, WITHDRAWN, Connected, Work, numbered
from onedesk_quickbooks.plugin.ledger.entries import COPIES
from onedesk_quickbooks.plugin.model.host import InvoiceJson
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.kinds import PAYING
from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan
from onedesk_quickbooks.plugin.model.plan import AnyPlan, Held, Reason, Skipped
from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.planning import AGREED, EDITED, LOST, TAX_SET
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem, Refused
from onedesk_quickbooks.plugin.sync.auto_resolve import AutoResolve
from onedesk_quickbooks.plugin.sync.outbound import stages
from onedesk_quickbooks.plugin.sync.outbound.ahead import Ahead
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from onedesk_quickbooks.plugin.sync.outbound.host_payments import PaymentPlanner
from onedesk_quickbooks.plugin.sync.outbound.host_payments.payment_lookup import PaymentSeen
from onedesk_quickbooks.plugin.sync.outbound.host_payments.payment_queue import UNDONE
from onedesk_quickbooks.plugin.sync.outbound.planner import Found, Planner
from onedesk_quickbooks.plugin.sync.outbound.reading import opened_now
from onedesk_quickbooks.plugin.sync.outbound.recover import held_row
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided, Ended
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.services import Services

_CHOOSE = frozenset({AGREED, EDITED, TAX_SET})
"""Codes of a copy or send that is held until a person chooses a version."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An invoice to plan: a row of the queue, or the row that it would have. `invoice` is None where the host's version
    is used."""

    work: Work
    invoice: InvoiceJson | None = None


class Foresight:
    """Plans for one company."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._realm_id = connected.realm_id

    def plan(self, wishes: Sequence[Wish], coming: Coming) -> list[AnyWorkPlan | None]:
        """The plan for each invoice of one chunk: asks QuickBooks, changes nothing. None for one that waits for another
        reading. Payments of the host come after the invoices. Raises a `QuickBooksProblem` that concerns more than one
        invoice."""
        found = self._planned(wishes, coming)
        return [plan and self._numbered(each.work, plan) for each, plan in zip(wishes, found, strict=True)]

    def _planned(self, wishes: Sequence[Wish], coming: Coming) -> list[AnyWorkPlan | None]:
        paying = [each.work for each in wishes if each.work.action in PAYING]
        planned: list[AnyWorkPlan | None] = []
        planned += self._invoices([each for each in wishes if each.work.action not in PAYING], coming)
        if not paying:
            return planned
        planner = PaymentPlanner(self._services, self._connected)
        invoices, payments = iter(planned), iter(self._payments(planner, paying, coming))
        return [next(payments if each.work.action in PAYING else invoices) for each in wishes]

    def _numbered(self, work: Work, plan: AnyWorkPlan) -> AnyWorkPlan:
        """The plan with the number of the entry in its steps, where the queue has that entry."""
        name = "reasons" if isinstance(plan, Held) else "" if isinstance(plan, Skipped) else "notes"
        reasons: tuple[Reason, ...] = getattr(plan, name) if name else ()
        named: dict[str, Any] = {name: tuple(self._with_number(work, each) for each in reasons)}
        return dataclasses.replace(plan, **named) if named[name] != reasons else plan

    def _with_number(self, work: Work, reason: Reason) -> Reason:
        if "ENTRY" not in reason.sentence:
            return reason
        ledger, od_id = self._services.ledger, work.od_invoice_id
        held = [each for each in ledger.queue.open_of(self._realm_id, od_id) if each.state in ("held", "failed")]
        lost = [each.id for each in held if each.action == CHANGED and each.conflict.what != "edited"]
        if reason.code in LOST and lost:
            return Reason(reason.code, numbered(reason.sentence, lost[0]))
        if work.id:
            return Reason(reason.code, numbered(reason.sentence, work.id))
        alike = next(some for some in (COPIES, WITHDRAWN, PAYING, (work.action,)) if work.action in some)
        same = [each.id for each in held if each.action in alike]
        if "queue settle ENTRY" in reason.sentence:
            edits = [each.id for each in held if each.action == CHANGED and each.conflict.what == "edited"]
            same = edits or [each.id for each in held if _CHOOSE.intersection((each.outcome or {}).get("codes") or ())]
        return Reason(reason.code, numbered(reason.sentence, same[0])) if same else reason

    def _payments(self, planner: PaymentPlanner, works: Sequence[Work], coming: Coming) -> list[AnyWorkPlan]:
        """One look for all; a refusal is split up as the run does it."""
        try:
            seen = planner.look([planner.opened(work) for work in works])
        except Exception as error:
            alone = _against(works[0], error)
            if len(works) == 1:
                return [alone]
            return [plan for work in works for plan in self._payments(planner, [work], coming)]
        return [self._payment(planner, each, coming) for each in seen]

    @staticmethod
    def _payment(planner: PaymentPlanner, seen: PaymentSeen, coming: Coming) -> AnyWorkPlan:
        try:
            return planner.plan(seen, coming)
        except Exception as error:
            return _against(seen.asked.work, error)

    def _invoices(self, wishes: Sequence[Wish], coming: Coming) -> list[AnyPlan | None]:
        if not wishes:
            return []
        holds = self._services.ledger.holds.of(self._realm_id, [each.work.od_invoice_id for each in wishes])
        opened = opened_now(self._services, self._connected, [(each.work, each.invoice) for each in wishes], holds)
        ahead = Ahead(self._services, self._realm_id, [each for each in opened if isinstance(each, Decided)])
        fails = {
            ended.work.id: ended
            for each in ahead.given_up
            if (ended := held_row(self._services.ledger.queue, each)) is not None
        }
        waits = [each.work.id for each in wishes if each.invoice is None]
        held = {key: fails[key] for key in fails if key in waits}
        held.update(
            (each.work.id, stages.unreadable(each.work, ahead.unreadable[each.work.od_invoice_id]))
            for each in wishes
            if each.work.od_invoice_id in ahead.unreadable
        )
        opened = [held.get(each.work.id, each) for each in opened]
        decided = [each for each in opened if isinstance(each, Decided)]
        plans = self._plans(decided, coming, ahead)
        found = {each.work.od_invoice_id: plan for each, plan in zip(decided, plans, strict=True)}
        return [
            stages.not_planned(each) if isinstance(each, Ended) else found.get(each.work.od_invoice_id)
            for each in opened
        ]

    def _plans(self, decided: Sequence[Decided], coming: Coming, ahead: Ahead) -> list[AnyPlan]:
        """Refusals of a whole look-up are split up as the run does it."""
        try:
            found = Planner(self._services, self._connected).plan(decided, coming, ahead)
        except Refused as problem:
            if problem.do == "stop":
                raise
            if len(decided) > 1:
                return [plan for each in decided for plan in self._plans([each], coming, ahead)]
            return [stages.refusal(decided[0], problem)]
        for each in found:
            coming.carried_out(each.plan, each.before)
        return [ahead.with_asked(self._foreseen(each)) for each in found]

    def _foreseen(self, found: Found) -> AnyPlan:
        decided, plan = found.decided, found.plan
        invoice = decided.invoice
        if plan is None:
            error, total = (Reason("error", stages.UNPLANNED),), invoice.money(invoice.total)
            return Held(invoice.id, invoice.number, error, decided.decisions, total, "failed", kind=invoice.kind)
        if plan.outcome == "unchanged" and self._is_hosts(invoice):
            AutoResolve(self._services, self._realm_id).nothing_to_do(invoice.id, decided.work.action)
        return plan

    def _is_hosts(self, invoice: Invoice) -> bool:
        """Whether this is the host's version, and not another one from a file."""
        try:
            source = self._services.host.read_invoice(invoice.id)
            return source is not None and read_invoice(source) == invoice
        except Exception:
            return False  # then the entry is left unchanged


def _against(work: Work, error: Exception) -> Held:
    """Why this one payment is not recorded. Raises what concerns all."""
    if isinstance(error, Refused) and error.do != "stop":
        reason = Reason(f"quickbooks-{error.code or 'refused'}", error.sentence)
        return Held(work.od_invoice_id, work.od_number, (reason,))
    if isinstance(error, (QuickBooksProblem, NotNow)):
        raise error
    return Held(work.od_invoice_id, work.od_number, (Reason("error", UNDONE),), outcome="failed")
