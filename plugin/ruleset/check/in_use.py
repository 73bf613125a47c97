"""Rules against what OneDesk has in use: on which open lines do the rules have nothing to say, and what hangs on it?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.findings.finding import Findings, Place
from onedesk_quickbooks.plugin.model.decision import Decision, Facts, InvoiceDecisions, ItemChoice, TaxChoice, Where
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money, rate_key
from onedesk_quickbooks.plugin.ruleset.cases.propose import scalar
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.subjects import place_of
from onedesk_quickbooks.plugin.ruleset.core.words import TAX_CATEGORIES, fold

_PLACE = ("country", "region")
"""Fields of an address, as `in_doubt` has them."""


@dataclass(slots=True)
class _Gap:
    """One value that no rule covers; `amounts` by currency."""

    at: Where
    message: str
    remedy: str
    lines: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, money: Money) -> None:
        self.lines += 1
        self.amounts[money.currency] = self.amounts.get(money.currency, Decimal(0)) + money.amount

    def waiting(self) -> str:
        """How many open lines and how much money wait."""
        lines = "1 open line" if self.lines == 1 else f"{self.lines} open lines"
        money = " and ".join(str(Money(amount, currency)) for currency, amount in sorted(self.amounts.items()))
        return f"{lines}, {money}"


def check_in_use(
    rules: RuleSet,
    invoices: Iterable[Invoice],
    facts: Facts,
    findings: Findings,
    snapshot: CompanySnapshot | None = None,
) -> None:
    """Findings OQ6xx: service types, countries and customers of these (open) invoices that no rule covers, with the
    lines and the money that wait on each. With a snapshot also customers whom QuickBooks does not have and the rules
    do not create."""
    gaps: dict[tuple[str, str], _Gap] = {}
    collector = _Collector(rules, gaps, snapshot)
    for invoice in invoices:
        collector.take(invoice, decide(rules, invoice, facts))
    for (code, _), gap in sorted(gaps.items()):
        at = gap.at
        place = Place(at.file, at.line, at.column, at.line, at.column + 1)
        findings.add(code, place, f"{gap.message} ({gap.waiting()} wait on it).", gap.remedy)


class _Collector:
    def __init__(self, rules: RuleSet, gaps: dict[tuple[str, str], _Gap], snapshot: CompanySnapshot | None) -> None:
        self._rules = rules
        self._gaps = gaps
        self._customers = {fold(each.name) for each in snapshot.customers} if snapshot else None

    def take(self, invoice: Invoice, decisions: InvoiceDecisions) -> None:
        """One invoice with what the rules say of it."""
        for line, decided in zip(invoice.lines, decisions.lines, strict=True):
            money = Money(line.amount, invoice.currency)
            item, tax = decided.item, decided.tax
            unread = next((each for each in (item, tax) if each and each.in_doubt in _PLACE), None)
            if unread is not None:
                self._unread(invoice, unread).add(money)
                continue
            if item is not None and item.hold and item.decision.rule == self._rules.chains["item"].rows[-1].rule:
                self._service_type(line.service_type, item.decision).add(money)
            if tax.in_doubt:
                self._tax_in_doubt(tax).add(money)
            elif tax.hold and not self._is_exception(tax.decision):
                self._tax(invoice, line.tax_rate, tax.decision).add(money)
            gap = self._customer(invoice, decisions)
            if gap is not None:
                gap.add(money)

    @staticmethod
    def _is_exception(decision: Decision) -> bool:
        """An exception that holds does what its author wanted."""
        return ".exceptions." in decision.rule

    def _gap(self, code: str, key: str, at: Where, message: str, remedy: str) -> _Gap:
        return self._gaps.setdefault((code, fold(key)), _Gap(at, message, remedy))

    def _service_type(self, name: str, decision: Decision) -> _Gap:
        if not name.strip():
            return self._gap(
                "OQ601",
                "",
                decision.at,
                "Lines without a service type get no item",
                "Set the service type in OneDesk, or name an item for every other line: otherwise: {item: NAME}.",
            )
        return self._gap(
            "OQ601",
            name,
            decision.at,
            f'The service type "{name}" is in use, but no rule gives it an item',
            f"Add it under items.by_service_type: {scalar(name)}: NAME",
        )

    def _unread(self, invoice: Invoice, choice: ItemChoice | TaxChoice) -> _Gap:
        """An address that says nothing that the rules know: the customer's, mostly."""
        name = invoice.customer.name
        place, of_place = place_of(invoice)
        written = getattr(place, choice.in_doubt)
        has = f'has "{written}" as its {choice.in_doubt}' if written else f"has no {choice.in_doubt}"
        return self._gap(
            "OQ603",
            f"{name} {written}",
            choice.decision.at,
            f'The customer "{name}" {has}, by which the rules decide',
            f"Correct the {choice.in_doubt} in {of_place} in OneDesk.",
        )

    def _tax_in_doubt(self, tax: TaxChoice) -> _Gap:
        """Lines that are not taxable, or of a tax category, for which no rule names a code."""
        category = tax.decision.matched.get("tax_category", "")
        before = f" before {tax.decision.rule}" if self._is_exception(tax.decision) else ""
        if tax.in_doubt == "taxable":
            what, remedy = "are not taxable", f"Add an exception with when: {{taxable: no}} under taxes{before}."
        elif category in TAX_CATEGORIES and before:
            what = f"have the tax category {category}"
            remedy = f"Add an exception with when: {{tax_category: {category}}} under taxes{before}."
        elif category in TAX_CATEGORIES:
            what, remedy = f"have the tax category {category}", f"Add {category} under taxes.by_category."
        else:
            what = f'have the tax category "{category}"' if category else "have one of several tax categories"
            remedy = "Set the tax category on them in OneDesk, as a code of UNCL5305."
        message = f"Lines {what}, and no rule gives them a tax code"
        return self._gap("OQ602", f"{what} {tax.decision.rule}", tax.decision.at, message, remedy)

    def _tax(self, invoice: Invoice, rate: Decimal | None, decision: Decision) -> _Gap:
        country = place_of(invoice)[0].country.upper()
        if self._by_rate(decision):
            shown = "no rate" if rate is None else f"the rate {rate_key(rate)} %"
            return self._gap(
                "OQ602",
                f"{country} {shown} {decision.rule}",
                decision.at,
                f"Lines with {shown} are in use for {country or 'customers without country'}, "
                f"but {decision.rule} names no tax code for them",
                "Add without_rate: CODE there." if rate is None else f'Add "{rate_key(rate)}": CODE under by_rate.',
            )
        return self._gap(
            "OQ602",
            country,
            decision.at,
            f"Customers in {country or 'no country'} have invoices, but no rule gives them a tax code",
            f"Add {country} under taxes.by_country, or another otherwise."
            if country
            else "Set the country in OneDesk and add it under taxes.by_country, or write another otherwise.",
        )

    def _by_rate(self, decision: Decision) -> bool:
        rows = self._rules.chains["tax_code"].rows
        return any(row.rule == decision.rule and row.tax is not None and row.tax.kind == "by_rate" for row in rows)

    def _customer(self, invoice: Invoice, decisions: InvoiceDecisions) -> _Gap | None:
        choice = decisions.customer
        if self._customers is None or choice.when_missing != "hold" or fold(choice.display_name) in self._customers:
            return None
        return self._gap(
            "OQ603",
            invoice.customer.name,
            self._rules.otherwise("customers.when_missing").at,
            f'QuickBooks has no customer "{choice.display_name}", and the rules create none',
            "Create it in QuickBooks, or write under customers.by_name how it is called there.",
        )
