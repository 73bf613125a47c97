"""A plan as a person reads it, and as JSON (schemas/plan.schema.json)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.books import Ref
from onedesk_quickbooks.plugin.model.invoice import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.legible import one_line
from onedesk_quickbooks.plugin.model.money import Money, plain, rate_key, round_half_up
from onedesk_quickbooks.plugin.model.plan import (
    AnyPlan,
    ApplyCredit,
    EnsureCustomer,
    EnsureItem,
    Held,
    InvoiceDraft,
    LineDraft,
    Plan,
    Skipped,
    TaxAmount,
    Withdrawal,
)
from onedesk_quickbooks.plugin.planning.credits import NAMES
from onedesk_quickbooks.plugin.planning.grouping import places_text

_TITLES = {INVOICE: "Invoice", CREDIT_MEMO: "Credit note"}
_LABELS = {INVOICE: "invoice    ", CREDIT_MEMO: "credit     "}
_UNDONE = {"held": "held", "failed": "held", "skipped": "skipped"}
"""The outcome of a plan by which nothing is done, by that of the run."""


def plan_json(plan: AnyPlan, waited: bool = False) -> dict[str, Any]:
    """As schemas/plan.schema.json has it: `steps` in order, amounts as decimal strings. `waited`: it stands in the
    queue from before, and goes along."""
    if isinstance(plan, (Held, Skipped)):
        reasons = plan.reasons if isinstance(plan, Held) else (plan.why,)
        return {
            "id": plan.invoice_id,
            "number": plan.invoice_number,
            "outcome": _UNDONE.get(plan.outcome, "planned"),
            "expected": plan.outcome,
            "reason": plan.reason,
            **_money(plan.total),
            "steps": [],
            "reasons": [dataclasses.asdict(reason) for reason in reasons],
            "notes": [dataclasses.asdict(note) for note in plan.remarks],
            "rule_ids": list(plan.decisions.rule_ids) if plan.decisions else [],
            "waited": waited,
        }
    if isinstance(plan, Withdrawal):
        return _withdrawal(plan, waited)
    steps: list[dict[str, Any]] = [*map(_customer, plan.customer.each), *(_item(item) for item in plan.items)]
    what = NAMES[plan.put.kind]
    put: dict[str, Any] = {"step": f"{plan.put.action} {what}" if plan.put.action != "unchanged" else "look"}
    put |= {"qbo_id": plan.put.qbo_id or None, "invoice": _plain(dataclasses.asdict(plan.put.draft))}
    steps.append(put)
    if plan.apply:
        steps.append(_applied(plan.apply))
    if plan.send:
        steps.append({"step": "send", "to": plan.send.to})
    return {
        "id": plan.invoice_id,
        "number": plan.invoice_number,
        "outcome": "planned",
        "expected": plan.outcome,
        "reason": plan.reason,
        **_money(plan.total),
        "qbo_total": _qbo_total(plan),
        "totals": _totals(plan),
        "steps": steps,
        "reasons": [],
        "notes": [dataclasses.asdict(note) for note in (*plan.notes, *plan.remarks)],
        "rule_ids": list(plan.decisions.rule_ids),
        "waited": waited,
    }


def _applied(step: ApplyCredit) -> dict[str, Any]:
    """Amounts are null where QuickBooks alone knows the tax."""
    amounts = {"amount": step.amount, "left": step.left, "open": step.open}
    shown = {name: each.digits if each else None for name, each in amounts.items()}
    return {"step": "apply", "qbo_id": step.invoice.id or None, "number": step.invoice.name, **shown}


def _withdrawal(plan: Withdrawal, waited: bool) -> dict[str, Any]:
    step = {
        "step": f"{plan.deed} {NAMES[plan.kind]}" if plan.deed else "look",
        "qbo_id": plan.qbo.id if plan.qbo else None,
    }
    return {
        "id": plan.invoice_id,
        "number": plan.invoice_number,
        "outcome": "planned",
        "expected": plan.outcome,
        "reason": plan.reason,
        **_money(plan.total),
        "steps": [step],
        "reasons": [],
        "notes": [dataclasses.asdict(note) for note in (*plan.notes, *plan.remarks)],
        "rule_ids": list(plan.decisions.rule_ids),
        "waited": waited,
    }


def _withdrawn(plan: Withdrawal) -> Iterator[str]:
    there = f"QuickBooks {plan.qbo.id}, number {plan.qbo.name}" if plan.qbo else ""
    if plan.deed:
        over = f", over {plan.stands}" if plan.stands else ""
        yield f"{_LABELS[plan.kind]}{plan.deed} {there}{over}"
    else:
        yield f"{_LABELS[plan.kind]}nothing is left to do ({there or 'QuickBooks does not have it'})"
    for note in (*plan.notes, *plan.remarks):
        yield f"note       {note}"


def _qbo_total(plan: Plan) -> str | None:
    """As the run says it: the same amount is the same text."""
    total = plan.stays.amount if plan.stays else plan.totals.total
    currency = plan.stays.currency if plan.stays else plan.total.currency
    return None if total is None else Money.in_quickbooks(total, currency).digits


def plan_text(plan: AnyPlan) -> str:
    """Several lines, as a bookkeeper reads them."""
    kind = plan.put.kind if isinstance(plan, Plan) else plan.kind if isinstance(plan, Withdrawal) else INVOICE
    title = f"{_TITLES[kind]} {plan.invoice_number or plan.invoice_id}"
    if isinstance(plan, Held):
        shown = [f"{title}: {plan.outcome}", *(f"  ! {reason}" for reason in plan.reasons)]
        shown += [f"  note       {note}" for note in plan.remarks]
    elif isinstance(plan, Skipped):
        shown = [f"{title}: {plan.outcome}", f"  - {plan.why}", *(f"  note       {note}" for note in plan.remarks)]
    else:
        told = _withdrawn(plan) if isinstance(plan, Withdrawal) else _lines(plan)
        shown = [f"{title}: OneDesk {plan.total}", *(f"  {line}" for line in told)]
    return "\n".join(one_line(each) for each in shown)


def _lines(plan: Plan) -> Iterator[str]:
    yield from (f"customer   {_customer_text(each)}" for each in plan.customer.each)
    for item in plan.items:
        yield f"item       {_item_text(item)}"
    yield from _invoice(plan)
    if plan.apply:
        over = f"{plan.apply.amount} " if plan.apply.amount else ""
        yield f"apply      {over}to the invoice {plan.apply.invoice.name} ({_known_invoice(plan.apply.invoice)})"
    for note in (*plan.notes, *plan.remarks):
        yield f"note       {note}"
    yield f"e-mail     {_email(plan)}"


def _customer_text(customer: EnsureCustomer) -> str:
    if customer.existing:
        moved = ", give it the address of OneDesk" if customer.address else ""
        return f'use "{customer.name}" ({_known(customer.existing)}){moved}'
    currency = f" in {customer.draft.currency}" if customer.draft and customer.draft.currency else ""
    billed = ", billed with it" if customer.draft and customer.draft.bill_with_parent else ""
    below = f', a sub-customer of "{customer.parent.name}"{billed}' if customer.parent else ""
    return f'create "{customer.name}"{currency}{below}'


def _known_invoice(ref: Ref) -> str:
    return f"QuickBooks {ref.id}" if ref.id else "made before"


def _known(ref: Ref) -> str:
    return "new, made before" if ref.coming else f"QuickBooks {ref.id}"


def _email(plan: Plan) -> str:
    if plan.send is None:
        return "none"
    cc = plan.put.draft.email_cc
    copies = f", with a copy to {', '.join(cc)}" if cc else ""
    if bcc := plan.put.draft.email_bcc:
        copies += f"{' and' if cc else ', with'} a blind copy to {', '.join(bcc)}"
    if plan.compare is None or plan.decisions.when_total_differs == "note":
        return f"QuickBooks sends it to {plan.send.to}{copies}"
    return f"QuickBooks sends it to {plan.send.to}{copies}, if its total comes to {plan.compare}"


def _item_text(item: EnsureItem) -> str:
    if item.existing:
        renamed = f', "{item.name}" when it was first written' if item.name != item.existing.name else ""
        return f'use "{item.existing.name}" ({_known(item.existing)}){renamed}'
    account = item.draft.income_account.name if item.draft else "?"
    return f'create "{item.name}" on the account "{account}"'


def _invoice(plan: Plan) -> Iterator[str]:
    draft, put = plan.put.draft, plan.put
    if plan.kept and plan.stays:
        yield f"{_LABELS[put.kind]}leave QuickBooks {put.qbo_id} as it was made there"
        yield f"  total    {_both(plan, plan.stays)}"
        return
    there = f"QuickBooks {put.qbo_id}" if put.qbo_id else "what is written first"
    verb = {
        "create": "create",
        "update": f"update {there}",
        "unchanged": f"leave {there} as it is (nothing changed)",
    }[put.action]
    due = f", due {draft.due_date}" if draft.due_date else f", terms {draft.term.name}" if draft.term else ""
    number = draft.number or ("as it is" if put.qbo_id else "given by QuickBooks")
    yield f"{_LABELS[put.kind]}{verb}: number {number}, dated {draft.issue_date}{due}"
    if plan.decisions.memo and draft.memo:
        yield f"  memo     {' / '.join(draft.memo.splitlines())}"
    yield from _named(draft)
    if plan.decisions.private_note:
        yield f"  note     {' / '.join(draft.private_note.splitlines())}"
    for line in draft.lines:
        yield f"  line     {_line(line)}"
    if draft.discount:
        percent = f" ({plain(draft.discount.percent)} %)" if draft.discount.percent else ""
        after = ", after tax" if draft.tax_calculation == "us" and not draft.tax_after_discount else ""
        yield f"  discount {plain(draft.discount.amount):>12}{percent}{after}  {draft.discount.description}"
    yield from _sums(plan)


def _named(draft: InvoiceDraft) -> Iterator[str]:
    """What stands on the invoice only where a rule names it."""
    for label, ref in (("location", draft.location), ("class", draft.class_ref)):
        if ref:
            yield f"  {label:8} {ref.name}"
    for each in draft.custom_fields:
        yield f"  field    {each.field.name}: {each.value}"
    if pays := [f"{how} {'yes' if may else 'no'}" for how, may in _online(draft) if may is not None]:
        yield f"  online   {', '.join(pays)}"
    if draft.cleared:
        yield f"  cleared  {', '.join(draft.cleared)} (no rule names it any more)"


def _online(draft: InvoiceDraft) -> tuple[tuple[str, bool | None], ...]:
    """How the customer may pay online."""
    return ("by card", draft.card_payment), ("by bank transfer", draft.bank_payment)


def _both(plan: Plan, theirs: Money) -> str:
    """QuickBooks' total and OneDesk's, once where they are the same."""
    return f"{theirs} in QuickBooks, {plan.total} in OneDesk" if theirs != plan.total else f"{theirs}"


def _sums(plan: Plan) -> Iterator[str]:
    """What QuickBooks calculates, tax by tax."""
    totals, currency = plan.totals, plan.total.currency
    if plan.stays and plan.stays.amount != totals.total:
        yield f"  total    {_both(plan, plan.stays)}"
        return
    if totals.tax is None:
        yield "  tax      calculated by QuickBooks (automated sales tax)"
        yield f"  total    {Money(totals.net, currency)} and the tax"
        if plan.put.draft.deposit:
            yield f"  deposit  {Money(plan.put.draft.deposit, currency)}, which is taken off what is due"
        return
    for tax in totals.taxes:
        yield f"  tax      {plain(tax.amount):>12}  {tax.rate.name}, {_worked_out(tax, plan)}"
    if plan.put.draft.tax_total is not None:
        yield f"  tax      {plain(totals.tax):>12}  as it was set in QuickBooks"
    elif not totals.taxes:
        yield "  tax      none"
    total = Money(totals.net + totals.tax, currency)
    yield f"  total    {total}"
    if plan.put.draft.deposit:
        deposit = Money(plan.put.draft.deposit, currency)
        yield f"  deposit  {deposit}, so {total - deposit} is due"


def _worked_out(tax: TaxAmount, plan: Plan) -> str:
    """How an amount of tax comes about: by its rate, or as OneDesk has it."""
    by_rate = f"{rate_key(tax.percent)} % of {plain(tax.net)}"
    if tax.rate.id not in {each.rate.id for each in plan.put.draft.tax_overrides}:
        return by_rate
    return f"set by OneDesk ({by_rate} is {plain(round_half_up(tax.net * tax.percent / 100))})"


def _line(line: LineDraft) -> str:
    text = line.description.replace("\n", " - ")
    if line.is_text:
        return f"{'text':>12}  {text}"
    priced = ""
    if line.quantity is not None and line.unit_price is not None:
        priced = f" ({plain(line.quantity)} at {plain(line.unit_price)})"
    code = f"  [{line.tax_code.name}]" if line.tax_code else ""
    of_class = f"  (class {line.class_ref.name})" if line.class_ref else ""
    of_lines = f"  ({places_text(line.grouped)} of OneDesk)" if line.grouped else ""
    return f"{plain(line.amount):>12}{priced}  {line.item_name}: {text}{code}{of_class}{of_lines}"


def _money(total: Money | None) -> dict[str, str]:
    return {"total": total.digits, "currency": total.currency} if total else {}


def _totals(plan: Plan) -> dict[str, Any]:
    """What QuickBooks calculates; `tax` null where only QuickBooks knows it."""
    totals = plan.totals
    return {
        "subtotal": plain(totals.subtotal),
        "discount": plain(totals.discount),
        "taxes": [
            {
                "name": each.rate.name,
                "percent": plain(each.percent),
                "net": plain(each.net),
                "amount": plain(each.amount),
            }
            for each in totals.taxes
        ],
        "tax": plain(totals.tax) if totals.tax is not None else None,
        "deposit": plain(plan.put.draft.deposit) if plan.put.draft.deposit else None,
    }


def _customer(step: EnsureCustomer) -> dict[str, Any]:
    if step.existing:
        moved = {"address": _plain(dataclasses.asdict(step.address))} if step.address else {}
        return {"step": "use customer", "name": step.name, "qbo_id": _id(step.existing), **moved}
    draft = _plain(dataclasses.asdict(step.draft)) if step.draft else None
    return {"step": "create customer", "name": step.name, "customer": draft}


def _item(step: EnsureItem) -> dict[str, Any]:
    if step.existing:
        renamed = {"renamed": step.existing.name} if step.existing.name != step.name else {}
        return {"step": "use item", "name": step.name, "qbo_id": _id(step.existing), **renamed}
    account = step.draft.income_account if step.draft else None
    return {"step": "create item", "name": step.name, "income_account": _ref(account)}


def _id(ref: Ref) -> str | None:
    return None if ref.coming else ref.id


def _ref(ref: Ref | None) -> dict[str, str] | None:
    return {"id": ref.id, "name": ref.name} if ref else None


def _plain(value: Any) -> Any:
    """Dates and Decimals as text, all the way down."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return value
