"""What the company queue does with an invoice, as rows of the audit trail."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from onedesk_quickbooks.plugin.ledger import AuditRow, OutboxEntry, Work
from onedesk_quickbooks.plugin.ledger.audit import digest
from onedesk_quickbooks.plugin.model.decision import Decision, HostPaymentDecisions
from onedesk_quickbooks.plugin.model.kinds import INVOICE
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import EnsureCustomer, Plan, Withdrawal
from onedesk_quickbooks.plugin.qbo import resource
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.sync.outbound.stages import Decided, Ended


def decided(found: Decided) -> AuditRow:
    """What the rules decide for the invoice as it was read; the whole invoice is included where it differs from the one
    that was handed over."""
    work, rules = found.work, found.rules
    content: dict[str, Any] = {
        "entry": work.id,
        "action": work.action,
        "digest": digest(work.invoice if found.source is None else found.source),
        "rules": {"source": rules.source, "hash": rules.hash},
        "decisions": [_decision(each, rules.source) for each in found.decisions.trail],
    }
    if found.source is not None:
        content["invoice"] = found.source
    return AuditRow("decided", work.realm_id, work.od_invoice_id, content)


def _decision(each: Decision, source: str) -> tuple[str, ...]:
    """Subject, table, outcome, rule and place, as a list: an invoice has some thirty decisions."""
    return each.subject, each.table, each.outcome, each.rule, f"{_short(each.at.file, source)}:{each.at.line}"


@lru_cache(maxsize=256)
def _short(file: str, source: str) -> str:
    """The path of a rules file, relative to the folder of the rules."""
    folder = Path(source) if Path(source).is_dir() else Path(source).parent
    return str(Path(file).relative_to(folder)) if Path(file).is_relative_to(folder) else file


def payment_decided(work: Work, rules: RuleSet, decisions: HostPaymentDecisions) -> AuditRow:
    """What the rules decide for a payment of the host."""
    content = {
        "entry": work.id,
        "action": work.action,
        "digest": digest(work.invoice),
        "rules": {"source": rules.source, "hash": rules.hash},
        "decisions": [_decision(each, rules.source) for each in decisions.trail],
    }
    return AuditRow("decided", work.realm_id, work.od_invoice_id, content)


def planned(found: Decided, plan: Plan) -> AuditRow:
    """What will be done in QuickBooks, and the totals. The written data is in the rows of the requests."""
    totals = plan.totals
    content: dict[str, Any] = {
        "entry": found.work.id,
        "outcome": plan.outcome,
        "reason": plan.reason,
        "invoice": plan.put.action,
        "qbo_id": plan.put.qbo_id,
        "customer": _customer(plan.customer),
        "new_items": [each.name for each in plan.items if each.existing is None],
        "currency": plan.total.currency,
        "total": plain(plan.total.amount),
        "qbo_total": None if totals.total is None else plain(totals.total),
        "qbo_tax": None if totals.tax is None else plain(totals.tax),
        "send_to": plan.send.to if plan.send else None,
    }
    if plan.attach:
        content["attach"] = [each.name for each in plan.attach]
    if plan.put.kind != INVOICE:
        content["kind"] = plan.put.kind
        content["applies_to"] = plan.apply.invoice.name if plan.apply else None
    return AuditRow("planned", found.work.realm_id, found.work.od_invoice_id, content)


def withdrawal(found: Decided, plan: Withdrawal) -> AuditRow:
    """That QuickBooks' invoice will be voided or deleted, because the host has voided or deleted it."""
    content = {
        "entry": found.work.id,
        "outcome": plan.outcome,
        "reason": plan.reason,
        "invoice": plan.action or "unchanged",
        "qbo_id": plan.qbo.id if plan.qbo else None,
        "currency": plan.total.currency,
        "total": plain(plan.total.amount),
        "qbo_total": plain(plan.existing.amount) if plan.existing else None,
    }
    return AuditRow("planned", found.work.realm_id, found.work.od_invoice_id, content)


def _customer(customer: EnsureCustomer) -> dict[str, str | None]:
    existing = customer.existing
    return {"name": customer.name, "qbo_id": existing.id if existing and not existing.coming else None}


def request(entry: OutboxEntry) -> AuditRow:
    """A request that is about to be sent; in a batch, one of its operations."""
    content = {
        **_named(entry),
        "method": "POST",
        "resource": resource(entry.entity, entry.operation, entry.body),
        "batch": entry.batch,
        "operation": entry.operation,
        "step": entry.step,
        "digest": digest(entry.body),
        "body": entry.body,
    }
    return AuditRow("request", entry.realm_id, entry.od_invoice_id, content)


def answer(entry: OutboxEntry, status: str, facts: dict[str, Any]) -> AuditRow:
    """The result of a request: answered, found (no answer came, QuickBooks has it), refused, failed (it may still be
    done) or given_up (it is not repeated)."""
    content = {**_named(entry), "status": status, **facts}
    return AuditRow("answer", entry.realm_id, entry.od_invoice_id, content)


def _named(entry: OutboxEntry) -> dict[str, Any]:
    return {"entry": entry.work_id, "requestid": entry.requestid}


def ended(found: Ended, outcome: Outcome) -> AuditRow:
    """What was reported to the host."""
    fields = {name: value for name, value in outcome.to_json().items() if name not in ("id", "rule_ids", "calls")}
    content = {"entry": found.work.id, **fields, "codes": list(found.codes), "sent_to": found.sent_to}
    return AuditRow("outcome", found.work.realm_id, found.work.od_invoice_id, content)
