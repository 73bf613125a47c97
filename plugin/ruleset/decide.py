"""What the rules say of one invoice. Pure: the same rules, invoice and facts give the same decisions."""

from __future__ import annotations

from collections.abc import Mapping

from onedesk_quickbooks.plugin.model.decision import (
    CustomerChoice,
    Decision,
    Facts,
    InvoiceDecisions,
    LineDecisions,
    PaymentDecisions,
)
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.decide_items import decide_item
from onedesk_quickbooks.plugin.ruleset.decide_taxes import decide_tax
from onedesk_quickbooks.plugin.ruleset.matched import matched
from onedesk_quickbooks.plugin.ruleset.rules import RuleSet, Setting
from onedesk_quickbooks.plugin.ruleset.subjects import Subject, Values, charges, discounts, invoice_values, lines
from onedesk_quickbooks.plugin.ruleset.words import fold


def decide(rules: RuleSet, invoice: Invoice, facts: Facts) -> InvoiceDecisions:
    """All decisions for one invoice; never raises. The time does not grow with the number of rules."""
    values = invoice_values(invoice)
    customer = _customer(rules, invoice)
    trail = [
        _said("opening", rules.invoices.on_open),
        _said("numbering", rules.invoices.number),
        customer.decision,
    ]
    decided = {
        name: tuple(_line(rules, subject, facts, trail) for subject in subjects)
        for name, subjects in (
            ("lines", lines(invoice, values)),
            ("discounts", discounts(invoice, values)),
            ("charges", charges(invoice, values)),
        )
    }
    email, payable = _delivery(rules, values, trail)
    trail.append(_said("totals", rules.totals.when_different, f"(tolerance {rules.totals.tolerance})"))
    return InvoiceDecisions(
        rules_hash=rules.hash,
        on_open=rules.on_open,
        number=rules.invoices.number.value,
        when_number_taken=rules.invoices.when_number_taken.value,
        due=rules.invoices.due.value,
        terms=rules.invoices.terms.value if rules.invoices.terms else None,
        customer=customer,
        lines=decided["lines"],
        discounts=decided["discounts"],
        charges=decided["charges"],
        when_billing_email_missing=email,
        when_payable_differs=payable,
        when_total_differs=rules.totals.when_different.value,
        when_line_differs=rules.totals.when_line_differs.value,
        tolerance=rules.totals.tolerance,
        trail=tuple(trail),
    )


def decide_payment(rules: RuleSet, link_state: str) -> PaymentDecisions:
    """Whether a payment on an invoice that was only copied ("copied") or also e-mailed ("sent") comes back."""
    payments = rules.payments
    applies = link_state in payments.apply
    at = payments.apply_at
    outcome = "brought back" if applies else f"left in QuickBooks ({link_state} invoices are not under payments.apply)"
    said = Decision("payment", "payment", outcome, at.rule, at.at, {"state": link_state})
    return PaymentDecisions(applies, payments.overpayment.value, (said,))


def _said(table: str, setting: Setting, more: str = "", by: Mapping[str, str] | None = None) -> Decision:
    outcome = f"{setting.value} {more}".strip()
    return Decision(table, "invoice", outcome, setting.rule, setting.at, by or {})


def _customer(rules: RuleSet, invoice: Invoice) -> CustomerChoice:
    own = rules.customers
    name = invoice.customer.name
    named = own.by_name.get(fold(name))
    display = named.value.strip() if named else name
    by = named or own.match_at
    how = f'"{display}" by {", then ".join(own.match)}; {own.when_missing.value} when missing'
    return CustomerChoice(
        display_name=display,
        match=own.match,
        when_missing=own.when_missing.value,
        when_currency_differs=own.when_currency_differs.value,
        decision=Decision("customer", "invoice", how, by.rule, by.at, {"customer": name} if named else {}),
    )


def _line(rules: RuleSet, subject: Subject, facts: Facts, trail: list[Decision]) -> LineDecisions:
    item = None
    if subject.owner != "discount":
        item, account = decide_item(rules.items, subject, facts)
        trail.append(item.decision)
        if account is not None:
            trail.append(account)
    tax = decide_tax(rules.taxes, subject, facts)
    trail.append(tax.decision)
    return LineDecisions(item, tax)


def _delivery(rules: RuleSet, values: Values, trail: list[Decision]) -> tuple[str, str]:
    own = rules.delivery
    decided = []
    for table, otherwise, why in (
        (own.email_missing_exceptions, own.when_billing_email_missing, "where the billing e-mail is missing"),
        (own.payable_differs_exceptions, own.when_payable_differs, "where the payable amount is not the total"),
    ):
        found = table.find(values)
        by = matched(table.conditions_of(found), values) if found else {}
        setting = found or otherwise
        trail.append(_said("delivery", setting, why, by))
        decided.append(setting.value)
    return decided[0], decided[1]
