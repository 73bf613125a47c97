"""The actions of users of the host in `tests.fuzz.orders`: each returns a description, "" if it does not apply."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from random import Random

from onedesk_quickbooks.hooks import Payment
from onedesk_quickbooks.plugin.host import HostInvoice
from onedesk_quickbooks.plugin.model.money import Money
from onedesk_quickbooks.plugin.qbo import QuickBooksProblem
from onedesk_quickbooks.plugin.sync.errors import CannotDecide
from tests.fuzz.made_up import invoice, rules
from tests.fuzz.story import CREDIT, Story
from tests.sync.conftest import ADMIN


def _host(story: Story, dice: Random, *states: str) -> HostInvoice | None:
    hosts = story.desk.host.invoices()
    found = [each for each in hosts if each.status in states and not each.id.startswith(CREDIT)]
    return dice.choice(found) if found else None


def ask(story: Story, dice: Random) -> str:
    """Copy or send a new or an existing invoice; sometimes both at once."""
    number = dice.randint(1, 4)
    found = story.shown(f"INV-{number}")
    if found is None:
        made = invoice(dice, story.place, number, dice.choice(story.customers))
        story.desk.host.save(made)
        story.note(f"  new {made}")
    elif found.status not in ("open", "draft"):
        return ""
    story.desk.host.open_invoice(f"INV-{number}", ADMIN)
    return _ask(story, dice, f"INV-{number}")


def _ask(story: Story, dice: Random, invoice_id: str) -> str:
    action = dice.choice(["copy", "send"])
    found = story.desk.host.read_invoice(invoice_id)
    story.foresee(dict(found or {}), action)
    if action == "copy":
        story.desk.host.act(invoice_id, "quickbooks.copy", ADMIN)
        return f"copy {invoice_id}"
    story.sends[invoice_id] += 1
    story.desk.host.send(invoice_id, ADMIN)
    return f"send {invoice_id}"


def credits(story: Story, dice: Random) -> str:
    """A credit note, new or changed, for an existing or an unknown invoice; sometimes void."""
    number = dice.randint(1, 2)
    credit_id = f"{CREDIT}{number}"
    found = story.shown(credit_id)
    if found is not None and found.status in ("open", "paid") and dice.random() < 0.2:
        story.desk.host.void(credit_id, ADMIN)
        return f"OneDesk: void {credit_id}"
    if found is not None and found.status not in ("open", "draft"):
        return ""
    bill = _host(story, dice, "open", "paid")
    like = found or (bill if dice.random() < 0.9 else None)
    customer = like.json["customer"] if like else dice.choice(story.customers)
    currency = like.json["currency"] if like else story.place.currency
    made = dict(invoice(dice, story.place, number, customer, currency))
    for key in ("prepaid", "rounding", "payable"):
        made.pop(key, None)
    whole = [made, *made["lines"], *made.get("discounts", ()), *made.get("charges", ()), *made.get("taxes", ())]
    for each in whole:
        for key in ("amount", "quantity", "subtotal", "total"):
            if key in each:
                each[key] = str(-Decimal(each[key]))
    named = bill.id if bill and dice.random() < 0.8 else dice.choice(["", f"INV-{number}", "N2"])
    made |= {"id": credit_id, "number": credit_id, "credits": named}
    if found is not None and found.status == "open":
        story.desk.host.reopen(credit_id, ADMIN)
    story.desk.host.save(made)
    story.desk.host.open_invoice(credit_id, ADMIN)
    return f"credit note {made}, then {_ask(story, dice, credit_id)}"


def host_edits(story: Story, dice: Random) -> str:
    """Another customer, other lines, or a memo; then the invoice is copied or sent, or left in Draft or Open."""
    found = _host(story, dice, "open", "draft")
    if found is None:
        return ""
    if found.status == "open":
        story.desk.host.reopen(found.id, ADMIN)
    number, json = int(found.id[4:]), dict(found.json)
    made = invoice(dice, story.place, number, dice.choice(story.customers), json["currency"])
    what = dice.choice(["lines", "memo", "customer", "all", "day", "number"])
    if what == "lines":
        made |= {"customer": json["customer"], "issue_date": json["issue_date"]}
    if what not in ("all", "lines"):
        key = {"day": "issue_date"}.get(what, what)
        new = {
            "memo": f"Word {dice.randint(1, 99)}",
            "number": dice.choice([f"M{number}", f"N{dice.randint(1, 4)}"]),
        }.get(what, made.get(key))
        made = {**json, key: new}
    story.desk.host.edit(found.id, {**made, "status": "draft"}, ADMIN)
    text = f"OneDesk edits {what} of {found.id}: {made}"
    if dice.random() < 0.8:
        story.desk.host.open_invoice(found.id, ADMIN)
        text += f", then {_ask(story, dice, found.id)}" if dice.random() < 0.9 else ""
    return text


def host_voids(story: Story, dice: Random) -> str:
    found = _host(story, dice, "open", "draft")
    if found is None:
        return ""
    action = dice.choice([story.desk.host.void, story.desk.host.void, story.desk.host.delete])
    action(found.id, ADMIN)
    if action == story.desk.host.delete:
        story.deleted.add(found.id)
    return f"OneDesk: {action.__name__} {found.id}"


def host_is_paid(story: Story, dice: Random) -> str:
    """A payment is recorded in OneDesk, and is unknown to QuickBooks."""
    found = _host(story, dice, "open")
    if found is None or found.payments or dice.random() < 0.5:
        return ""
    paid = found.balance.amount if dice.random() < 0.5 else min(found.balance.amount, Decimal(1))
    currency = found.balance.currency
    left = Money(found.balance.amount - paid, currency)
    amount = Money(paid, currency)
    story.desk.host.record_payment(Payment(f"own-{found.id}", found.id, amount, left, date(2026, 11, 27)))
    story.own[found.id] = paid
    return f"OneDesk has {amount} paid for {found.id} by itself"


def billing(story: Story, dice: Random) -> str:
    """The billing e-mail of a customer is changed or removed."""
    known = story.desk.host.customers()
    if not known:
        return ""
    customer = dice.choice(known)
    email = dice.choice(["new@pier.example", "", "bo@lark.example, new@pier.example", "mailto:ada@pier.example"])
    story.desk.host.set_billing_contact(customer["id"], "Bo", "Lark", email)
    contact = {"first_name": "Bo", "last_name": "Lark", **({"email": email} if email else {})}
    story.customers = [
        {**each, "billing_contact": contact} if each["id"] == customer["id"] else each for each in story.customers
    ]
    return f"OneDesk: invoices of {customer['name']} go to {email!r}"


def moves(story: Story, dice: Random) -> str:
    """A customer has another address, or another name, on later invoices."""
    number = dice.randrange(len(story.customers))
    customer = story.customers[number]
    name = dice.choice([customer["name"], customer["name"].upper(), f"{customer['name']} Inc", customer["name"]])
    address = {**customer["address"], "line1": f"{dice.randint(1, 9)} Other Street"}
    if dice.random() < 0.2:
        address["region"] = dice.choice(["BC", "TX", "Toronto", "", "QC", "OR"])
    story.customers[number] = {**customer, "name": name, "address": address}
    return f"OneDesk: {customer['name']} is {name} at {address}"


def settles(story: Story, dice: Random) -> str:
    """Choose the version to keep of everything that was changed in QuickBooks."""
    kept = []
    for work in story.desk.application.to_choose():
        keep = dice.choice(["quickbooks", "onedesk"])
        with suppress(CannotDecide, QuickBooksProblem):
            story.desk.application.settle_change(work.id, keep, ADMIN)
            kept.append(f"{work.od_invoice_id} as in {keep}")
            if keep == "onedesk":
                story.theirs.pop(work.od_invoice_id, None)
    return f"a person keeps {', '.join(kept)}" if kept else ""


def retries(story: Story, dice: Random) -> str:
    """Retry everything that is held or skipped."""
    held = story.desk.application.ledger.queue_lists.in_states(story.sandbox.realm_id, ("held", "skipped"))
    tried = [each.od_invoice_id for each in held if story.desk.application.retry(each.id)]
    return f"retry {', '.join(tried)}" if tried else ""


def new_rules(story: Story, dice: Random) -> str:
    """Replace a section of the rules."""
    made = rules(dice, story.place)
    key = dice.choice(["invoices", "totals", "totals", "customers", "items", "delivery"])
    story.rules = {**story.rules, key: made[key]}
    story.write_rules()
    return f"new rules: {key} {made[key]}"
