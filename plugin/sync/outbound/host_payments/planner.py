"""From payments of the host, as they were handed over, to plans: rules, one look at QuickBooks for several, then
planning, which is pure."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from onedesk_quickbooks.plugin.ledger import AuditRow, Connected, Work
from onedesk_quickbooks.plugin.model.host_payment import HostPayment
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.payment_plan import PaymentPlan
from onedesk_quickbooks.plugin.model.plan import Held, Reason
from onedesk_quickbooks.plugin.planning import plan_payment
from onedesk_quickbooks.plugin.planning.payments.payment_sentences import DROP, held
from onedesk_quickbooks.plugin.ruleset.core.decide import decide_host_payment
from onedesk_quickbooks.plugin.sync.outbound import audited
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from onedesk_quickbooks.plugin.sync.outbound.host_payments.payment_lookup import PaymentAsked, PaymentLook, PaymentSeen
from onedesk_quickbooks.plugin.sync.payload import read_invoice
from onedesk_quickbooks.plugin.sync.services import Services
from onedesk_quickbooks.plugin.texts import Text

_log = logging.getLogger("onedesk_quickbooks.sync")
_ACCOUNTS = frozenset({"deposit-account-missing", "deposit-account-type"})
"""Reasons that no longer apply where the account was created within the last minutes."""


class PaymentPlanner:
    """Plans for one company, in the order of the queue."""

    def __init__(self, services: Services, connected: Connected) -> None:
        self._services = services
        self._connected = connected
        self._look = PaymentLook(services, connected)

    def opened(self, work: Work) -> PaymentAsked:
        """A row of the queue, read and decided. Raises the problem of invalid JSON."""
        payment = HostPayment.from_json(work.invoice["payment"])
        found = {each.invoice_id: invoice_of(self._services, each.invoice_id) for each in payment.parts}
        rules = self._services.rules.current(wait=True)
        numbers = {od_id: each.number for od_id, each in found.items() if each}
        decisions = decide_host_payment(rules, next(iter(found.values()), None))
        return PaymentAsked(work, payment, rules, decisions, numbers)

    def _two_forms(self, work: Work, payment: HostPayment) -> list[Reason]:
        """Why it is in doubt whether this payment is an earlier one, whose id differs in its Unicode form alone."""
        if payment.id.isascii():
            return []
        first = self._services.ledger.host_payment_entries.first_id(work.realm_id, payment.key)
        if first in (None, payment.id):
            return []
        sentence = Text(
            "Its id, {id}, differs from that of an earlier payment, {first}, in its Unicode form (NFC, NFD) alone: it "
            "is in doubt whether both are one payment. If they are, {drop}; if not, record it in OneDesk under "
            "another id.",
            id=ascii(payment.id),
            first=ascii(first),
            drop=DROP,
        )
        return [Reason("payment-id-twice", sentence)]

    def look(self, asked: Sequence[PaymentAsked]) -> list[PaymentSeen]:
        """What QuickBooks has of each, by one look for all. Raises `QuickBooksProblem`."""
        return self._look.look(asked)

    def plan(self, seen: PaymentSeen, coming: Coming) -> PaymentPlan | Held:
        """The plans. Raises `QuickBooksProblem`."""
        asked, books = seen.asked, seen.meets(coming)
        if twice := self._two_forms(asked.work, asked.payment):
            return held(asked.payment, twice)
        plan = plan_payment(asked.payment, asked.work.action, asked.decisions, books)
        if isinstance(plan, Held) and _ACCOUNTS & {each.code for each in plan.reasons}:
            books = self._look.with_accounts(books)
            plan = plan_payment(asked.payment, asked.work.action, asked.decisions, books)
        if isinstance(plan, PaymentPlan):
            coming.pays(plan, books.written.now if plan.voids and books.written else None)
        return plan


def invoice_of(services: Services, od_invoice_id: str) -> Invoice | None:
    """The invoice as it was last queued, else as the host has it; None where neither can be read."""
    work = services.ledger.queue.latest(od_invoice_id)
    source = work.invoice if work else services.host.read_invoice(od_invoice_id)
    try:
        return read_invoice(source) if source else None
    except ValueError:
        return None


def decided_row(asked: PaymentAsked) -> AuditRow:
    """What the rules decide for the payment."""
    return audited.payment_decided(asked.work, asked.rules, asked.decisions)


def planned_row(asked: PaymentAsked, plan: PaymentPlan) -> AuditRow:
    """What will be done in QuickBooks. The written data is in the rows of the requests."""
    draft = plan.draft
    content: dict[str, Any] = {
        "entry": asked.work.id,
        "outcome": plan.outcome,
        "reason": plan.reason,
        "voids": plan.voids.id if plan.voids else None,
        "qbo_id": plan.existing.id if plan.existing else None,
        "currency": plan.total.currency,
        "total": plain(plan.total.amount),
        "unapplied": plain(draft.unapplied) if draft else None,
        "invoices": [
            {"id": each.od_invoice_id, "qbo_id": each.invoice.id, "amount": plain(each.amount)} for each in draft.lines
        ]
        if draft
        else [],
        "method": draft.method.name if draft and draft.method else None,
        "deposit_to": draft.deposit_to.name if draft and draft.deposit_to else None,
    }
    return AuditRow("planned", asked.work.realm_id, asked.work.od_invoice_id, content)
