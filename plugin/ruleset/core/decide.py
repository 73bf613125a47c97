"""The decisions of the rules for one invoice. Pure: the same rules, invoice and facts give the same decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from onedesk_quickbooks.plugin.model.decision import (
    CustomerChoice,
    Decision,
    Facts,
    HostPaymentDecisions,
    InvoiceDecisions,
    LineDecisions,
    PaymentDecisions,
    TaxChoice,
)
from onedesk_quickbooks.plugin.model.invoice import Extra, Invoice
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.name_keys import clean_name
from onedesk_quickbooks.plugin.model.named_fields import read_fields
from onedesk_quickbooks.plugin.model.templates import filled, invoice_texts
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.core.chains import HELD
from onedesk_quickbooks.plugin.ruleset.core.decide_items import decide_item
from onedesk_quickbooks.plugin.ruleset.core.decide_taxes import decide_tax
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.rules import SETTLING, Setting
from onedesk_quickbooks.plugin.ruleset.core.subjects import (
    Ask,
    Subject,
    Values,
    invoice_values,
    subjects,
)
from onedesk_quickbooks.plugin.texts import Text


def decide(rules: RuleSet, invoice: Invoice, facts: Facts, ask: Ask | None = None) -> InvoiceDecisions:
    """All decisions for one invoice. `ask` passes the questions of rules with `ask:` to Python plugins; without it, or
    without an answer, such a line is held. Raises only what `ask` raises. Takes constant time regardless of the number
    of rules."""
    values = invoice_values(invoice)
    own = _Settings(rules, values)
    customer = _customer(rules, invoice, values, own)
    trail = [*own.said("invoices", _of_invoices(own, invoice)), customer.decision]
    trail += own.said("customers", _of_projects(own, invoice))
    about = subjects(invoice, values)
    decided = tuple(_line(rules, subject, facts, trail, ask) for subject in about.lines)
    discounts = zip(about.discounts, invoice.discounts, strict=True)
    off = tuple(_discount(rules, subject, discount, facts, trail, ask) for subject, discount in discounts)
    added = tuple(_line(rules, subject, facts, trail, ask) for subject in about.charges)
    needed = _needed(own, invoice, any(each.tax.kind == "automatic" for each in decided + added))
    for section in _AFTER_LINES:
        trail += own.said(section, needed)
    return InvoiceDecisions(
        rules_hash=rules.hash,
        customer=customer,
        lines=decided,
        discounts=off,
        charges=added,
        trail=tuple(trail),
        new_item_account=rules.default_income_account.value if rules.default_income_account else None,
        **own.decided(),
    )


def decide_payment(rules: RuleSet, link_state: str, invoice: Invoice | None = None) -> PaymentDecisions:
    """Whether a payment on an invoice that was only copied ("copied") or also e-mailed ("sent") is recorded in the
    host. Without the invoice, exceptions cannot match."""
    apply, overpayment = rules.otherwise("payments.apply"), rules.otherwise("payments.overpayment")
    direction = rules.otherwise("payments.direction")
    by: Mapping[str, str] = {}
    if invoice is not None:
        own = _Settings(rules, invoice_values(invoice))
        apply, by = own.of("payments.apply") or apply, own.by("payments.apply")
        overpayment = own.of("payments.overpayment") or overpayment
        direction = own.of("payments.direction") or direction
    applies = link_state in apply.value.split(", ")
    if direction.value == "host":
        left = "left in QuickBooks (payments are recorded in OneDesk)"
        return PaymentDecisions(
            False, overpayment.value, (Decision("payment", "payment", left, direction.rule, direction.at),)
        )
    outcome = "brought back" if applies else f"left in QuickBooks ({link_state} invoices are not under {apply.rule})"
    said = Decision("payment", "payment", outcome, apply.rule, apply.at, {"state": link_state, **by})
    return PaymentDecisions(applies, overpayment.value, (said,))


def decide_host_payment(rules: RuleSet, invoice: Invoice | None) -> HostPaymentDecisions:
    """Whether and how a payment of the host is recorded in QuickBooks. `invoice` is the first that it pays; without it,
    exceptions cannot match."""
    listed = [key for key in _KEYS["payments"] if key.name in _OF_HOST]
    values = None if invoice is None else invoice_values(invoice)
    won = {key: rules.chains[key.id].find(values) if values else rules.chains[key.id].rows[-1] for key in listed}
    found = {key.decided: row.setting.value if row.setting else "" for key, row in won.items()}
    trail = tuple(
        Decision(key.explained, "payment", row.says, row.rule, row.at, row.matched(values) if values else {})
        for key, row in won.items()
        if row.setting is not None
    )
    return HostPaymentDecisions(
        rules_hash=rules.hash,
        direction=found["payment_direction"],
        methods=read_fields(found["payment_methods"] or None),
        deposit_account="" if found["deposit_account"] == "none" else found["deposit_account"],
        deposit_accounts=read_fields(found["deposit_accounts"] or None),
        more_than_open=found["more_than_open"],
        trail=trail,
    )


_OF_HOST = ("direction", "methods", "deposit_account", "deposit_accounts", "more_than_open")
"""The settings in `payments` for the host's own payments."""
_ALL: Mapping[str, str | None] = {}


class _Settings:
    """The settings of the sections for one invoice; exceptions take precedence."""

    def __init__(self, rules: RuleSet, values: Values) -> None:
        self._won = {key: rules.chains[key].find(values) for key in keys.settings()}
        self._by = {key: row.matched(values) for key, row in self._won.items()}

    def of(self, key: str) -> Setting | None:
        """The value for this invoice of section.key."""
        return self._won[key].setting

    def by(self, key: str) -> Mapping[str, str]:
        """The values that satisfied an exception."""
        return self._by[key]

    def word(self, key: str) -> str:
        """The word of the setting; "" if the rules have none."""
        setting = self.of(key)
        return setting.value if setting else ""

    def decided(self) -> dict[str, Any]:
        """The words of all settings except those about customers, by the names of their decisions; amounts as Decimal,
        None if the rules have none. The line of a setting that adds one has a name that ends in _line."""
        found: dict[str, Any] = {}
        for key in keys.settings().values():
            if key.section != "customers":
                setting = self.of(key.id)
                word = setting.value if setting else None
                found[key.decided] = Decimal(word) if word and key.amount else word
                if key.line:
                    found[f"{key.decided}_line"] = setting.line if setting else None
        return found

    def said(self, section: str, needed: Mapping[str, str | None] = _ALL) -> Iterator[Decision]:
        """The decisions of a section for the trail. `needed` has, by section.key, what follows the word, or None if
        this invoice does not need the decision."""
        for key in _KEYS[section]:
            row, more = self._won[key.id], needed.get(key.id, key.says)
            if key.explained and row.setting is not None and more is not None:
                outcome = f"{row.says} {more}".strip()
                yield Decision(key.explained, "invoice", outcome, row.rule, row.at, self._by[key.id])


_KEYS = {section: keys.settings_of(section) for section in keys.sections()}
_AFTER_LINES = [each for each in _KEYS if each not in ("invoices", "customers")]


def _of_invoices(own: _Settings, invoice: Invoice) -> Mapping[str, str | None]:
    """The same for `invoices`, depending on who numbers the invoice, where its due date comes from, and whether it is a
    credit note."""
    numbered, dated = own.word("invoices.number") == "onedesk", own.word("invoices.due") == "terms"
    unneeded = {"invoices.when_number_taken": not numbered, "invoices.terms": not dated}
    unneeded["invoices.negative"] = not invoice.is_credit
    return {key: None for key, left_out in unneeded.items() if left_out}


def _of_projects(own: _Settings, invoice: Invoice) -> Mapping[str, str | None]:
    """The same for `customers`: the decision on projects is needed only if the invoice has one."""
    below = bool(invoice.project.strip()) and own.word("customers.project") == "sub_customer"
    needed = {"customers.project": bool(invoice.project.strip())}
    needed |= {f"customers.{key}": below for key in ("project_name", "bill_with_parent")}
    return {key: None for key, wanted in needed.items() if not wanted}


def _needed(own: _Settings, invoice: Invoice, automatic: bool) -> Mapping[str, str | None]:
    """The same for settings that not every invoice needs; `automatic` is True if QuickBooks calculates the tax of a
    line."""
    different = own.word("totals.when_different")
    ours = own.word("payments.direction") != "quickbooks"  # otherwise no payment of the host is recorded in QuickBooks
    unneeded = {
        "discounts.account": not invoice.discounts,
        "discounts.item": not invoice.discounts,
        "lines.description": own.word("lines.group_by") == "none",
        "lines.markup_item": all(line.cost is None for line in invoice.lines),
        "totals.tolerance": different not in SETTLING,
        "totals.automated_tax": not automatic,
        "totals.prepaid": not invoice.prepaid,
        "totals.rounding": not invoice.rounding and different != "rounding_line",
        **{f"payments.{key}": not ours for key in _OF_HOST},
    }
    said = {"totals.when_different": _settled(different, own.word("totals.tolerance"))}
    return {**said, **{key: None for key, left_out in unneeded.items() if left_out}}


def _customer(rules: RuleSet, invoice: Invoice, values: Values, own: _Settings) -> CustomerChoice:
    name = invoice.customer.name
    row = rules.chains["customer"].find(values)
    display = row.setting.value.strip() if row.setting else name
    words: dict[str, Any] = {key.name: own.word(key.id) for key in _KEYS["customers"]}
    match = tuple(words.pop("match").split(", "))
    template = words["bill_to"]
    partner = clean_name(filled(template, invoice_texts(invoice))) if template not in ("", "none") else ""
    billed = own.of("customers.bill_to") if partner else None
    display = partner or display
    if partner or row.setting:  # the rules name it: no e-mail address decides
        match = tuple(dict.fromkeys(each for each in (*match, "display_name") if each != "billing_email"))
    how = f'"{display}" by {", then ".join(match)}; {words["when_missing"]} when missing'
    by = {"customer": name} if row.kind == "key" else {}
    hold = ""
    if row.effect == HELD:
        hold = Text(
            'The customer "{name}" is held by the rule {called}; name a QuickBooks customer there.',
            name=name,
            called=row.called,
        )
    return CustomerChoice(
        display_name=display,
        match=match,
        decision=Decision("customer", "invoice", Text("held: {why}", why=hold) if hold else how, row.rule, row.at, by),
        by_name=billed.rule if billed else row.rule if row.setting else "",
        hold=hold,
        partner=partner,
        **{**words, "bill_to": template or None},
    )


def _line(rules: RuleSet, subject: Subject, facts: Facts, trail: list[Decision], ask: Ask | None) -> LineDecisions:
    item, said = decide_item(rules, subject, facts, ask)
    trail += [item.decision, *said]
    if item.text:
        return LineDecisions(item, TaxChoice("none", "", item.decision))
    tax = decide_tax(rules, subject, facts, ask)
    trail.append(tax.decision)
    return LineDecisions(item, tax)


def _discount(
    rules: RuleSet, subject: Subject, discount: Extra, facts: Facts, trail: list[Decision], ask: Ask | None
) -> LineDecisions:
    """A discount without tax data takes the tax codes of the lines."""
    tax = decide_tax(rules, subject, facts, ask)
    if discount.tax_rate is None and discount.taxable is None and not discount.tax_category:
        tax = TaxChoice("lines", "", replace(tax.decision, outcome="as the lines"))
    trail.append(tax.decision)
    return LineDecisions(None, tax)


def _settled(different: str, tolerance: str) -> str:
    """The tolerance as it applies with this word of totals.when_different."""
    return f"(up to {plain(Decimal(tolerance))})" if different in SETTLING else "(a difference of any cent)"
