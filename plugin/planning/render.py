"""A plan as text for people, and as JSON (schemas/plan.schema.json)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.host_payment import is_payment_key
from onedesk_quickbooks.plugin.model.kinds import CREDIT_MEMO, INVOICE
from onedesk_quickbooks.plugin.model.legible import one_line
from onedesk_quickbooks.plugin.model.money import Money, number, plain, rate_key, round_half_up
from onedesk_quickbooks.plugin.model.payment_plan import AnyWorkPlan, PaymentDraft, PaymentPlan
from onedesk_quickbooks.plugin.model.plan import (
    ApplyCredit,
    DiscountDraft,
    EnsureCustomer,
    EnsureItem,
    Held,
    InvoiceDraft,
    LineDraft,
    Plan,
    PutInvoice,
    Reason,
    Skipped,
    TaxAmount,
    Withdrawal,
)
from onedesk_quickbooks.plugin.planning.credits import NAMES
from onedesk_quickbooks.plugin.planning.lines.grouping import places_text
from onedesk_quickbooks.plugin.texts import Amount, Text, decimal, gettext, money, say

_TITLES = {INVOICE: Text("Invoice"), CREDIT_MEMO: Text("Credit note")}
_LABELS = {INVOICE: Text("invoice"), CREDIT_MEMO: Text("credit")}
_UNDONE = {"held": "held", "failed": "held", "skipped": "skipped"}
"""The outcome of a plan that does nothing, by that of the run."""


def plan_json(plan: AnyWorkPlan, waited: bool = False) -> dict[str, Any]:
    """JSON for schemas/plan.schema.json: `steps` in order, amounts as decimal strings. `waited`: it was queued before,
    and is processed as well."""
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
            **({"review": plan.review.to_json()} if isinstance(plan, Held) and plan.review else {}),
        }
    if isinstance(plan, Withdrawal):
        return _withdrawal(plan, waited)
    if isinstance(plan, PaymentPlan):
        return _payment(plan, waited)
    steps: list[dict[str, Any]] = [*map(_customer, plan.customer.each), *(_item(item) for item in plan.items)]
    what = NAMES[plan.put.kind]
    put: dict[str, Any] = {"step": f"{plan.put.action} {what}" if plan.put.action != "unchanged" else "look"}
    put |= {"qbo_id": plan.put.qbo_id or None, "invoice": _plain(dataclasses.asdict(plan.put.draft))}
    steps.append(put)
    if plan.apply:
        steps.append(_applied(plan.apply))
    steps += [{"step": "attach", "name": each.name, "size": each.size, "sent_along": each.send} for each in plan.attach]
    if plan.send:
        steps.append({"step": "send", "to": plan.send.to, **({"again": True} if plan.send.again else {})})
    if plan.later:
        steps.append({"step": "send later", "to": plan.later.to, "day": plan.later.day.isoformat()})
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
    """Amounts are null where only QuickBooks knows the tax."""
    amounts = {"amount": step.amount, "left": step.left, "open": step.open}
    shown = {name: each.digits if each else None for name, each in amounts.items()}
    return {"step": "apply", "qbo_id": step.invoice.id or None, "number": step.invoice.name, **shown}


def _withdrawal(plan: Withdrawal, waited: bool) -> dict[str, Any]:
    step = {
        "step": f"{plan.action} {NAMES[plan.kind]}" if plan.action else "look",
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


def _payment(plan: PaymentPlan, waited: bool) -> dict[str, Any]:
    steps: list[dict[str, Any]] = []
    if plan.voids:
        steps.append({"step": "void payment", "qbo_id": plan.voids.id})
    if plan.draft:
        steps.append({"step": "create payment", "qbo_id": None, "payment": _drafted(plan, plan.draft)})
    if not steps:
        steps.append({"step": "look", "qbo_id": plan.existing.id if plan.existing else None})
    return {
        "id": plan.invoice_id,
        "number": plan.invoice_number,
        "outcome": "planned",
        "expected": plan.outcome,
        "reason": plan.reason,
        **_money(plan.total),
        "steps": steps,
        "reasons": [],
        "notes": [dataclasses.asdict(note) for note in (*plan.notes, *plan.remarks)],
        "rule_ids": list(plan.decisions.rule_ids) if plan.decisions else [],
        "waited": waited,
    }


def _drafted(plan: PaymentPlan, draft: PaymentDraft) -> dict[str, Any]:
    currency = plan.total.currency
    return {
        "date": draft.date.isoformat(),
        "total": Money(draft.total, currency).digits,
        "unapplied": Money(draft.unapplied, currency).digits,
        "exchange_rate": plain(draft.exchange_rate) if draft.exchange_rate else None,
        "method": draft.method.name if draft.method else None,
        "deposit_to": draft.deposit_to.name if draft.deposit_to else None,
        "reference": draft.reference,
        "invoices": [
            {
                "id": each.od_invoice_id,
                "number": each.invoice.name,
                "qbo_id": each.invoice.id or None,
                "amount": Money(each.amount, currency).digits,
            }
            for each in draft.lines
        ],
    }


def _paid(plan: PaymentPlan) -> Iterator[str]:
    if plan.voids:
        yield _row(Text("payment"), gettext("void QuickBooks {id}", id=plan.voids.id))
    draft, currency = plan.draft, plan.total.currency
    if draft:
        how = gettext(", by {method}", method=draft.method.name) if draft.method else ""
        values = {"amount": plan.total, "day": draft.date, "how": how}
        yield _row(Text("payment"), gettext("create: {amount}, dated {day}{how}", **values))
        yield _inside(Text("deposit"), draft.deposit_to.name if draft.deposit_to else gettext("as QuickBooks has it"))
        if draft.exchange_rate:
            yield _inside(Text("rate"), decimal(draft.exchange_rate))
        for each in draft.lines:
            known, amount = _known_invoice(each.invoice), Money(each.amount, currency)
            text = gettext("{amount} to {name} ({known})", amount=amount, name=each.invoice.name, known=known)
            yield _inside(Text("invoice"), text)
        if draft.unapplied:
            yield _inside(Text("credit"), money(Money(draft.unapplied, currency)))
    elif not plan.voids:
        there = f"QuickBooks {plan.existing.id}" if plan.existing else gettext("QuickBooks does not have it")
        yield _row(Text("payment"), gettext("nothing is left to do ({why})", why=there))
    yield from _notes((*plan.notes, *plan.remarks))


def _withdrawn(plan: Withdrawal) -> Iterator[str]:
    there = gettext("QuickBooks {id}, number {number}", id=plan.qbo.id, number=plan.qbo.name) if plan.qbo else ""
    if plan.action:
        over = gettext(", total {amount}", amount=plan.existing) if plan.existing else ""
        void = gettext("void {there}{over}", there=there, over=over)
        deleted = gettext("delete {there}{over}", there=there, over=over)
        yield _row(_LABELS[plan.kind], void if plan.action == "void" else deleted)
    else:
        why = there or gettext("QuickBooks does not have it")
        yield _row(_LABELS[plan.kind], gettext("nothing is left to do ({why})", why=why))
    yield from _notes((*plan.notes, *plan.remarks))


def _qbo_total(plan: Plan) -> str | None:
    """In the words of the run: the same amount is the same text."""
    total = plan.stays.amount if plan.stays else plan.totals.total
    currency = plan.stays.currency if plan.stays else plan.total.currency
    return None if total is None else Money.in_quickbooks(total, currency).digits


def plan_text(plan: AnyWorkPlan) -> str:
    """Several lines for a bookkeeper, in the current language."""
    kind = plan.put.kind if isinstance(plan, Plan) else INVOICE if isinstance(plan, PaymentPlan) else plan.kind
    called = Text("Payment") if is_payment_key(plan.invoice_id) else _TITLES[kind]
    title = f"{say(called)} {plan.invoice_number or plan.invoice_id}"
    if isinstance(plan, Held):
        shown = [_undone(plan, title)]
        shown += [f"  ! {say(reason.sentence)}" for reason in plan.reasons]
        shown += [f"  {line}" for line in _notes(plan.remarks)]
    elif isinstance(plan, Skipped):
        shown = [_undone(plan, title)]
        shown += [f"  - {say(plan.why.sentence)}", *(f"  {line}" for line in _notes(plan.remarks))]
    else:
        text = _rows_of(plan)
        shown = [gettext("{title}: OneDesk {total}", title=title, total=plan.total), *(f"  {line}" for line in text)]
    return "\n".join(one_line(each) for each in shown)


def _rows_of(plan: Plan | Withdrawal | PaymentPlan) -> Iterator[str]:
    if isinstance(plan, PaymentPlan):
        return _paid(plan)
    return _withdrawn(plan) if isinstance(plan, Withdrawal) else _lines(plan)


_WIDE = 11
"""The width of the column for the subject of a line."""
_OUTCOMES = {"held": Text("held"), "failed": Text("failed"), "skipped": Text("skipped")}


def _undone(plan: Held | Skipped, title: str) -> str:
    """The first line of a plan that does nothing. Languages that inflect have another word for a payment."""
    if is_payment_key(plan.invoice_id) and plan.outcome == "held":
        return gettext("{payment}: held", payment=title)
    if is_payment_key(plan.invoice_id) and plan.outcome == "skipped":
        return gettext("{payment}: skipped", payment=title)
    return gettext("{title}: {outcome}", title=title, outcome=_outcome(plan.outcome))


def _outcome(english: str) -> str:
    return _OUTCOMES.get(english, english)


def _row(label: str, content: str, indent: str = "") -> str:
    """The subject, in its column."""
    named = f"{indent}{say(label)}"
    return f"{named:<{_WIDE}}{content}" if len(named) < _WIDE else f"{named} {content}"


def _inside(label: str, content: str) -> str:
    return _row(label, content, "  ")


def _notes(notes: Iterable[Reason]) -> Iterator[str]:
    for note in notes:
        yield _row(Text("note"), say(note.sentence))


def _lines(plan: Plan) -> Iterator[str]:
    yield from (_row(Text("customer"), _customer_text(each)) for each in plan.customer.each)
    for item in plan.items:
        yield _row(Text("item"), _item_text(item))
    yield from _invoice(plan)
    if plan.apply:
        values = {"name": plan.apply.invoice.name, "known": _known_invoice(plan.apply.invoice)}
        if plan.apply.amount:
            text = gettext("{amount} to the invoice {name} ({known})", amount=plan.apply.amount, **values)
        else:
            text = gettext("to the invoice {name} ({known})", **values)
        yield _row(Text("apply"), text)
    for each in plan.attach:
        kept = gettext('attach "{name}", {n} bytes', name=each.name, n=each.size)
        along = gettext('attach "{name}", {n} bytes, sent along', name=each.name, n=each.size)
        yield _row(Text("file"), along if each.send else kept)
    yield from _notes((*plan.notes, *plan.remarks))
    yield _row(Text("e-mail"), _email(plan))


def _customer_text(customer: EnsureCustomer) -> str:
    if customer.existing:
        moved = gettext(", give it the address of OneDesk") if customer.address else ""
        moved += gettext(", give it the phone number {phone}", phone=customer.phone) if customer.phone else ""
        moved += gettext(", give it the tax number {tax_id}", tax_id=customer.tax_id) if customer.tax_id else ""
        return gettext('use "{name}" ({known})', name=customer.name, known=_known(customer.existing)) + moved
    made, draft = gettext('create "{name}"', name=customer.name), customer.draft
    if draft and draft.currency:
        made += gettext(" in {currency}", currency=draft.currency)
    if customer.parent:
        made += gettext(', a sub-customer of "{name}"', name=customer.parent.name)
        made += gettext(", billed with it") if draft and draft.bill_with_parent else ""
    return made


def _known_invoice(ref: Ref) -> str:
    return f"QuickBooks {ref.id}" if ref.id else gettext("made before")


def _known(ref: Ref) -> str:
    return gettext("new, made before") if ref.coming else f"QuickBooks {ref.id}"


def _email(plan: Plan) -> str:
    if plan.later:
        return gettext("QuickBooks sends it to {to} on {day}", to=plan.later.to, day=plan.later.day)
    if plan.send is None:
        return gettext("none")
    copies, cc, bcc = "", ", ".join(plan.put.draft.email_cc), ", ".join(plan.put.draft.email_bcc)
    if cc and bcc:
        copies = gettext(", with a copy to {cc} and a blind copy to {bcc}", cc=cc, bcc=bcc)
    elif cc or bcc:
        to_some = gettext(", with a copy to {cc}", cc=cc)
        copies = to_some if cc else gettext(", with a blind copy to {bcc}", bcc=bcc)
    values = {"to": plan.send.to, "copies": copies}
    if plan.send.again:
        return gettext("QuickBooks sends it to {to}{copies} once more", **values)
    if plan.compare is None or plan.decisions.when_total_differs == "note":
        return gettext("QuickBooks sends it to {to}{copies}", **values)
    return gettext("QuickBooks sends it to {to}{copies}, if its total comes to {total}", total=plan.compare, **values)


def _item_text(item: EnsureItem) -> str:
    if item.existing:
        used = gettext('use "{name}" ({known})', name=item.existing.name, known=_known(item.existing))
        if item.name != item.existing.name:
            used += gettext(', "{name}" when it was first written', name=item.name)
        return used + (gettext(', on the account "{account}"', account=item.account.name) if item.account else "")
    account = item.draft.income_account.name if item.draft else "?"
    return gettext('create "{name}" on the account "{account}"', name=item.name, account=account)


def _invoice(plan: Plan) -> Iterator[str]:
    draft, put = plan.put.draft, plan.put
    if plan.kept and plan.stays:
        yield _row(_LABELS[put.kind], gettext("leave QuickBooks {id} as it was made there", id=put.qbo_id))
        yield _inside(Text("total"), _both(plan, plan.stays))
        return
    due = ""
    if draft.due_date:
        due = gettext(", due {day}", day=draft.due_date)
    elif draft.term:
        due = gettext(", terms {name}", name=draft.term.name)
    number = draft.number or (gettext("as it is") if put.qbo_id else gettext("given by QuickBooks"))
    values = {"verb": _verb(put), "number": number, "day": draft.issue_date, "due": due}
    yield _row(_LABELS[put.kind], gettext("{verb}: number {number}, dated {day}{due}", **values))
    yield from _named(plan, draft)
    for line in draft.lines:
        yield _inside(Text("line"), _line(line, plan.total.currency))
    if draft.discount:
        yield _inside(Text("discount"), _discount(draft, draft.discount, plan.total.currency))
    yield from _sums(plan)


def _named(plan: Plan, draft: InvoiceDraft) -> Iterator[str]:
    """The parts that it has where the rules name them."""
    if plan.decisions.memo and draft.memo:
        yield _inside(Text("memo"), " / ".join(draft.memo.splitlines()))
    for label, ref in ((Text("location"), draft.location), (Text("class"), draft.class_ref)):
        if ref:
            yield _inside(label, ref.name)
    for each in draft.custom_fields:
        yield _inside(Text("field"), gettext("{field}: {value}", field=each.field.name, value=each.value))
    if pays := _online(draft):
        yield _inside(Text("online"), ", ".join(pays))
    if draft.cleared:
        names = ", ".join(draft.cleared)
        yield _inside(Text("cleared"), gettext("{names} (no rule names it any more)", names=names))
    if plan.decisions.private_note:
        yield _inside(Text("note"), " / ".join(draft.private_note.splitlines()))


def _discount(draft: InvoiceDraft, found: DiscountDraft, currency: str) -> str:
    percent = f" ({_percent(found.percent)})" if found.percent else ""
    late = draft.tax_calculation == "us" and not draft.tax_after_discount
    return f"{_amount(found.amount, currency)}{percent}{gettext(', after tax') if late else ''}  {found.description}"


def _verb(put: PutInvoice) -> str:
    there = f"QuickBooks {put.qbo_id}" if put.qbo_id else gettext("what is written first")
    if put.action == "create":
        return gettext("create")
    if put.action == "update":
        return gettext("update {there}", there=there)
    return gettext("leave {there} as it is (nothing changed)", there=there)


def _online(draft: InvoiceDraft) -> list[str]:
    """How the customer may pay online."""
    found = []
    if draft.card_payment is not None:
        found.append(gettext("by card yes") if draft.card_payment else gettext("by card no"))
    if draft.bank_payment is not None:
        found.append(gettext("by bank transfer yes") if draft.bank_payment else gettext("by bank transfer no"))
    return found


def _both(plan: Plan, theirs: Money) -> str:
    """QuickBooks' total and OneDesk's, once where they are equal."""
    if theirs == plan.total:
        return money(theirs)
    return gettext("{theirs} in QuickBooks, {own} in OneDesk", theirs=theirs, own=plan.total)


def _sums(plan: Plan) -> Iterator[str]:
    """What QuickBooks calculates, tax by tax."""
    totals, currency = plan.totals, plan.total.currency
    if plan.stays and plan.stays.amount != totals.total:
        yield _inside(Text("total"), _both(plan, plan.stays))
        return
    deposit = Money(plan.put.draft.deposit, currency) if plan.put.draft.deposit else None
    if totals.tax is None:
        yield _inside(Text("tax"), gettext("calculated by QuickBooks (automated sales tax)"))
        yield _inside(Text("total"), gettext("{amount} and the tax", amount=Money(totals.net, currency)))
        if deposit:
            yield _inside(Text("deposit"), gettext("{amount}, which is taken off what is due", amount=deposit))
        return
    for tax in totals.taxes:
        yield _inside(Text("tax"), f"{_amount(tax.amount, currency)}  {tax.rate.name}, {_worked_out(tax, plan)}")
    if plan.put.draft.tax_total is not None:
        yield _inside(Text("tax"), f"{_amount(totals.tax, currency)}  {gettext('as it was set in QuickBooks')}")
    elif not totals.taxes:
        yield _inside(Text("tax"), gettext("none"))
    total = Money(totals.net + totals.tax, currency)
    yield _inside(Text("total"), money(total))
    if deposit:
        yield _inside(Text("deposit"), gettext("{amount}, so {rest} is due", amount=deposit, rest=total - deposit))


def _worked_out(tax: TaxAmount, plan: Plan) -> str:
    """The source of an amount of tax: its rate, or OneDesk."""
    currency = plan.total.currency
    net = Money(tax.net, currency).digits
    by_rate = gettext("{percent} % of {net}", percent=decimal(rate_key(tax.percent)), net=Amount(net))
    if tax.rate.id not in {each.rate.id for each in plan.put.draft.tax_overrides}:
        return by_rate
    exact = Amount(Money(round_half_up(tax.net * tax.percent / 100), currency).digits)
    return gettext("set by OneDesk ({by_rate} is {amount})", by_rate=by_rate, amount=exact)


def _line(line: LineDraft, currency: str) -> str:
    text = line.description.replace("\n", " - ")
    if line.is_text:
        return f"{gettext('text'):>12}  {text}"
    priced = ""
    if line.quantity is not None and line.unit_price is not None:
        values = {"quantity": number(line.quantity), "price": number(line.unit_price)}
        priced = gettext(" ({quantity} at {price})", **values)
    code = f"  [{line.tax_code.name}]" if line.tax_code else ""
    of_class = "  " + gettext("(class {name})", name=line.class_ref.name) if line.class_ref else ""
    of_lines = "  " + gettext("({lines} of OneDesk)", lines=places_text(line.grouped)) if line.grouped else ""
    named = gettext("{item}: {text}", item=line.item_name, text=text)
    return f"{_amount(line.amount, currency)}{priced}  {named}{code}{of_class}{of_lines}"


def _amount(value: Decimal, currency: str) -> str:
    """An amount in its column."""
    return f"{decimal(Money(value, currency).digits):>12}"


def _percent(value: Decimal) -> str:
    return gettext("{rate} %", rate=number(value))


def _money(total: Money | None) -> dict[str, str]:
    return {"total": total.digits, "currency": total.currency} if total else {}


def _totals(plan: Plan) -> dict[str, Any]:
    """What QuickBooks calculates; `tax` null where only QuickBooks knows it."""
    totals, currency = plan.totals, plan.total.currency
    return {
        "subtotal": Money(totals.subtotal, currency).digits,
        "discount": Money(totals.discount, currency).digits,
        "taxes": [
            {
                "name": each.rate.name,
                "percent": plain(each.percent),
                "net": Money(each.net, currency).digits,
                "amount": Money(each.amount, currency).digits,
            }
            for each in totals.taxes
        ],
        "tax": Money(totals.tax, currency).digits if totals.tax is not None else None,
        "deposit": Money(plan.put.draft.deposit, currency).digits if plan.put.draft.deposit else None,
    }


def _customer(step: EnsureCustomer) -> dict[str, Any]:
    if step.existing:
        moved: dict[str, Any] = {"address": _plain(dataclasses.asdict(step.address))} if step.address else {}
        moved |= {name: value for name in ("phone", "tax_id") if (value := getattr(step, name))}
        return {"step": "use customer", "name": step.name, "qbo_id": _id(step.existing), **moved}
    draft = _plain(dataclasses.asdict(step.draft)) if step.draft else None
    return {"step": "create customer", "name": step.name, "customer": draft}


def _item(step: EnsureItem) -> dict[str, Any]:
    if step.existing:
        renamed = {"renamed": step.existing.name} if step.existing.name != step.name else {}
        used = {"step": "use item", "name": step.name, "qbo_id": _id(step.existing), **renamed}
        return {**used, "income_account": _ref(step.account)}
    account = step.draft.income_account if step.draft else None
    return {"step": "create item", "name": step.name, "income_account": _ref(account)}


def _id(ref: Ref) -> str | None:
    return None if ref.coming else ref.id


def _ref(ref: Ref | None) -> dict[str, str] | None:
    return {"id": ref.id, "name": ref.name} if ref else None


def _plain(value: Any) -> Any:
    """Dates and Decimals as text, at every depth."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return value
