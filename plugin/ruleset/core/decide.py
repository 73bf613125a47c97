"""What the rules say of one invoice. Pure: the same rules, invoice and facts give the same decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal

from onedesk_quickbooks.plugin.model.decision import (
    CustomerChoice,
    Decision,
    Facts,
    InvoiceDecisions,
    LineDecisions,
    PaymentDecisions,
    RoundingChoice,
    TaxChoice,
)
from onedesk_quickbooks.plugin.model.invoice import Extra, Invoice
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.ruleset.core.decide_items import decide_item
from onedesk_quickbooks.plugin.ruleset.core.decide_taxes import decide_tax
from onedesk_quickbooks.plugin.ruleset.core.matched import matched
from onedesk_quickbooks.plugin.ruleset.core.rules import (
    SETTING_SECTIONS,
    SETTLING,
    RuleSet,
    Setting,
    SettingTables,
    applied,
)
from onedesk_quickbooks.plugin.ruleset.core.subjects import (
    Ask,
    Subject,
    Values,
    charges,
    discounts,
    invoice_values,
    lines,
)
from onedesk_quickbooks.plugin.ruleset.core.words import fold


def decide(rules: RuleSet, invoice: Invoice, facts: Facts, ask: Ask | None = None) -> InvoiceDecisions:
    """All decisions for one invoice. `ask` puts the questions of rules with `ask:` to Python plugins; without it, or
    without an answer, such a line is held. Raises nothing of its own. The time does not grow with the number of rules.
    """
    values = invoice_values(invoice)
    own = _Settings(rules, values)
    customer = _customer(rules, invoice, own)
    trail = [
        own.said("opening", "on_open"),
        own.said("numbering", "number"),
        customer.decision,
        own.said("similar_customer", "when_similar", "where QuickBooks has only a customer of nearly that name"),
        own.said("customer_address", "update_address", "(whether the customer's record takes the address)"),
    ]
    decided = tuple(_line(rules, subject, facts, trail, ask) for subject in lines(invoice, values))
    subjects = zip(discounts(invoice, values), invoice.discounts, strict=True)
    off = tuple(_discount(rules, subject, discount, facts, trail, ask) for subject, discount in subjects)
    added = tuple(_line(rules, subject, facts, trail, ask) for subject in charges(invoice, values))
    trail += _settings(own, invoice, any(each.tax.kind == "automatic" for each in decided + added))
    return InvoiceDecisions(
        rules_hash=rules.hash,
        on_open=own.word("on_open"),
        number=own.word("number"),
        when_number_taken=own.word("when_number_taken"),
        due=own.word("due"),
        terms=own.terms(),
        customer=customer,
        lines=decided,
        discounts=off,
        charges=added,
        when_billing_email_missing=own.word("when_billing_email_missing"),
        when_total_differs=own.word("when_different"),
        when_line_differs=own.word("when_line_differs"),
        tolerance=Decimal(own.word("tolerance")),
        trail=tuple(trail),
        when_changed=own.word("when_changed_in_quickbooks"),
        payments=own.word("apply"),
        overpayment=own.word("overpayment"),
        automated_tax=own.word("automated_tax"),
        prepaid=own.word("prepaid"),
        rounding=own.word("rounding"),
        rounding_line=own.rounding_line(),
        discount_account=own.word("account") or None,
        discount_item=own.word("item"),
        item_when_similar=rules.items.when_similar.value,
        several_addresses=own.word("several_addresses"),
    )


def decide_payment(rules: RuleSet, link_state: str, invoice: Invoice | None = None) -> PaymentDecisions:
    """Whether a payment on an invoice that was only copied ("copied") or also e-mailed ("sent") comes back. Without
    the invoice no exception can be asked."""
    payments = rules.payments
    apply, overpayment = payments.apply, payments.overpayment
    by: Mapping[str, str] = {}
    if invoice is not None:
        own = _Settings(rules, invoice_values(invoice))
        asked, by = own.of("apply")
        apply, overpayment = asked or apply, own.of("overpayment")[0] or overpayment
    applies = link_state in applied(apply.value)
    outcome = "brought back" if applies else f"left in QuickBooks ({link_state} invoices are not under {apply.rule})"
    said = Decision("payment", "payment", outcome, apply.rule, apply.at, {"state": link_state, **by})
    return PaymentDecisions(applies, overpayment.value, (said,))


class _Settings:
    """The words of the sections of settings for one invoice: a section's exceptions are asked first."""

    def __init__(self, rules: RuleSet, values: Values) -> None:
        self._rules = rules
        self._values = values

    def of(self, key: str) -> tuple[Setting | None, Mapping[str, str]]:
        """The setting that holds for this invoice, and the values by which an exception won."""
        section, plain_setting = setting_of(self._rules, key)
        table = section.get(key)
        found = table.find(self._values) if table else None
        if table is None or found is None:
            return plain_setting, {}
        return found, matched(table.conditions_of(found), self._values)

    def word(self, key: str) -> str:
        """The word of a setting that every rule set has."""
        setting, _ = self.of(key)
        return setting.value if setting else ""

    def terms(self) -> str | None:
        """The payment term, None where the rules name none."""
        return self.word("terms") or None

    def rounding_line(self) -> RoundingChoice | None:
        """What stands on the line of a rounding, None where there is no such line."""
        setting, _ = self.of("rounding")
        return setting.line if setting else None

    def said(self, table: str, key: str, more: str = "") -> Decision:
        """The decision on one setting."""
        setting, by = self.of(key)
        if setting is None:
            raise ValueError(f"no rule set is without {key}")
        return _said(table, setting, more, by)


def setting_of(rules: RuleSet, key: str) -> tuple[SettingTables, Setting | None]:
    """A setting by its key (in these sections all keys differ): its section's exceptions, and what holds otherwise."""
    section = getattr(rules, _SECTION_OF[key])
    return section.exceptions, getattr(section, key)


_SECTION_OF = {
    each.name: section
    for section, kind in SETTING_SECTIONS.items()
    for each in fields(kind)
    if each.name != "exceptions"
}


def _said(table: str, setting: Setting, more: str = "", by: Mapping[str, str] | None = None) -> Decision:
    outcome = f"{setting.says} {more}".strip()
    return Decision(table, "invoice", outcome, setting.rule, setting.at, by or {})


def _customer(rules: RuleSet, invoice: Invoice, settings: _Settings) -> CustomerChoice:
    own = rules.customers
    name = invoice.customer.name
    named = own.by_name.get(fold(name))
    display = named.value.strip() if named else name
    by = named or own.match_at
    missing = settings.word("when_missing")
    how = f'"{display}" by {", then ".join(own.match)}; {missing} when missing'
    return CustomerChoice(
        display_name=display,
        match=own.match,
        when_missing=missing,
        when_currency_differs=settings.word("when_currency_differs"),
        decision=Decision("customer", "invoice", how, by.rule, by.at, {"customer": name} if named else {}),
        by_name=named.rule if named else "",
        when_similar=settings.word("when_similar"),
        update_address=settings.word("update_address"),
    )


def _line(rules: RuleSet, subject: Subject, facts: Facts, trail: list[Decision], ask: Ask | None) -> LineDecisions:
    item, said = decide_item(rules.items, subject, facts, ask)
    trail += [item.decision, *said]
    tax = decide_tax(rules.taxes, subject, facts, ask)
    trail.append(tax.decision)
    return LineDecisions(item, tax)


def _discount(
    rules: RuleSet, subject: Subject, discount: Extra, facts: Facts, trail: list[Decision], ask: Ask | None
) -> LineDecisions:
    """A discount that says nothing on tax itself takes the codes of the lines."""
    tax = decide_tax(rules.taxes, subject, facts, ask)
    if discount.tax_rate is None and discount.taxable is None and not discount.tax_category:
        tax = TaxChoice("lines", "", replace(tax.decision, outcome="as the lines"))
    trail.append(tax.decision)
    return LineDecisions(None, tax)


def _settings(own: _Settings, invoice: Invoice, automatic: bool) -> Iterator[Decision]:
    """The decisions about the whole invoice, and those that this invoice needs: `automatic` says whether a line leaves
    its tax to QuickBooks."""
    yield own.said("delivery", "when_billing_email_missing", "where the billing e-mail is missing")
    yield own.said("several_addresses", "several_addresses", "where the billing e-mail holds several addresses")
    if invoice.discounts:
        if own.word("account"):
            yield own.said("discount_account", "account")
        yield own.said("discount_item", "item", "(of a discount that is a line)")
    different = own.word("when_different")
    yield own.said("totals", "when_different", _settled(different, own.word("tolerance")))
    if automatic:
        yield own.said("automated_tax", "automated_tax", "where OneDesk has no tax")
    if invoice.prepaid:
        yield own.said("prepaid", "prepaid")
    if invoice.rounding or different == "rounding_line":
        yield own.said("rounding", "rounding")


def _settled(different: str, tolerance: str) -> str:
    """What the tolerance is to the word of totals.when_different."""
    return f"(up to {plain(Decimal(tolerance))})" if different in SETTLING else "(a difference of any cent)"
