"""Rules against the data in use in OneDesk: the open lines that no rule covers, and the amounts that wait for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from onedesk_quickbooks.plugin.findings.finding import Findings, Place
from onedesk_quickbooks.plugin.model.books import customer_directory
from onedesk_quickbooks.plugin.model.decision import Decision, Facts, InvoiceDecisions, ItemChoice, TaxChoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import Money, rate_key
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.subjects import place_of
from onedesk_quickbooks.plugin.ruleset.core.words import TAX_CATEGORIES, fold
from onedesk_quickbooks.plugin.ruleset.read.expressions import scalar
from onedesk_quickbooks.plugin.texts import Text, joined

_PLACE = (Text("country"), Text("region"))
"""The fields of an address that may be in doubt."""


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
        """How many open lines, and which amounts, wait."""
        lines = Text("1 open line") if self.lines == 1 else Text("{lines} open lines", lines=self.lines)
        sums = (Money(amount, currency).__text__() for currency, amount in sorted(self.amounts.items()))
        return joined(", ", (lines, joined(Text(" and "), sums)))


def check_in_use(
    rules: RuleSet,
    invoices: Iterable[Invoice],
    facts: Facts,
    findings: Findings,
    snapshot: CompanySnapshot | None = None,
) -> None:
    """Add findings OQ6xx: service types, countries and customers of these (open) invoices that no rule covers, with the
    lines and the amounts that wait. With a snapshot also customers that QuickBooks does not have and the rules do not
    create."""
    gaps: dict[tuple[str, str], _Gap] = {}
    collector = _Collector(rules, gaps, snapshot)
    for invoice in invoices:
        collector.take(invoice, decide(rules, invoice, facts))
    for (code, _), gap in sorted(gaps.items()):
        at = gap.at
        place = Place(at.file, at.line, at.column, at.line, at.column + 1)
        findings.add(
            code,
            place,
            Text("{message} ({waiting} wait on it).", message=gap.message, waiting=gap.waiting()),
            gap.remedy,
        )


class _Collector:
    def __init__(self, rules: RuleSet, gaps: dict[tuple[str, str], _Gap], snapshot: CompanySnapshot | None) -> None:
        self._rules = rules
        self._gaps = gaps
        self._customers = customer_directory(snapshot.customers) if snapshot else None

    def take(self, invoice: Invoice, decisions: InvoiceDecisions) -> None:
        """Add one invoice with its decisions."""
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
        """An exception that holds is intended by its author."""
        return ".exceptions." in decision.rule

    def _gap(self, code: str, key: str, at: Where, message: str, remedy: str) -> _Gap:
        return self._gaps.setdefault((code, fold(key)), _Gap(at, message, remedy))

    def _service_type(self, name: str, decision: Decision) -> _Gap:
        if not name.strip():
            return self._gap(
                "OQ601",
                "",
                decision.at,
                Text("Lines without a service type get no item"),
                Text("Set the service type in OneDesk, or name an item for every other line: otherwise: {item: NAME}."),
            )
        return self._gap(
            "OQ601",
            name,
            decision.at,
            Text('The service type "{name}" is in use, but no rule gives it an item', name=name),
            Text("Add it under items.by_service_type: {name}: NAME", name=scalar(name)),
        )

    def _unread(self, invoice: Invoice, choice: ItemChoice | TaxChoice) -> _Gap:
        """An address that the rules cannot read, usually that of the customer."""
        name = invoice.customer.name
        place, of_place = place_of(invoice)
        written, field = getattr(place, choice.in_doubt), Text(choice.in_doubt)
        has = Text("has no {in_doubt}", in_doubt=field)
        if written:
            has = Text('has "{written}" as its {in_doubt}', written=written, in_doubt=field)
        return self._gap(
            "OQ603",
            f"{name} {written}",
            choice.decision.at,
            Text('The customer "{name}" {has}, by which the rules decide', name=name, has=has),
            Text("Correct the {in_doubt} in {of_place} in OneDesk.", in_doubt=field, of_place=of_place),
        )

    def _tax_in_doubt(self, tax: TaxChoice) -> _Gap:
        """Lines that are not taxable, or of a tax category, for which no rule names a code."""
        category = tax.decision.matched.get("tax_category", "")
        before = Text(" before {rule}", rule=tax.decision.rule) if self._is_exception(tax.decision) else ""
        if tax.in_doubt == "taxable":
            what, remedy = (
                Text("are not taxable"),
                Text("Add an exception with when: {{taxable: no}} under taxes{before}.", before=before),
            )
        elif category in TAX_CATEGORIES and before:
            what = Text("have the tax category {category}", category=category)
            remedy = Text(
                "Add an exception with when: {{tax_category: {category}}} under taxes{before}.",
                category=category,
                before=before,
            )
        elif category in TAX_CATEGORIES:
            what, remedy = (
                Text("have the tax category {category}", category=category),
                Text("Add {category} under taxes.by_category.", category=category),
            )
        else:
            what = (
                Text('have the tax category "{category}"', category=category)
                if category
                else Text("have one of several tax categories")
            )
            remedy = Text("Set the tax category on them in OneDesk, as a code of UNCL5305.")
        message = Text("Lines {what}, and no rule gives them a tax code", what=what)
        return self._gap("OQ602", f"{what} {tax.decision.rule}", tax.decision.at, message, remedy)

    def _tax(self, invoice: Invoice, rate: Decimal | None, decision: Decision) -> _Gap:
        country = place_of(invoice)[0].country.upper()
        if self._by_rate(decision):
            shown = Text("no rate") if rate is None else Text("the rate {rate} %", rate=rate_key(rate))
            return self._gap(
                "OQ602",
                f"{country} {shown} {decision.rule}",
                decision.at,
                Text(
                    "Lines with {shown} are in use for {country}, but {rule} names no tax code for them",
                    shown=shown,
                    country=country or Text("customers without country"),
                    rule=decision.rule,
                ),
                Text("Add without_rate: CODE there.")
                if rate is None
                else Text('Add "{rate}": CODE under by_rate.', rate=rate_key(rate)),
            )
        return self._gap(
            "OQ602",
            country,
            decision.at,
            Text(
                "Customers in {country} have invoices, but no rule gives them a tax code",
                country=country or Text("no country"),
            ),
            Text("Add {country} under taxes.by_country, or another otherwise.", country=country)
            if country
            else Text("Set the country in OneDesk and add it under taxes.by_country, or write another otherwise."),
        )

    def _by_rate(self, decision: Decision) -> bool:
        rows = self._rules.chains["tax_code"].rows
        return any(row.rule == decision.rule and row.tax is not None and row.tax.kind == "by_rate" for row in rows)

    def _customer(self, invoice: Invoice, decisions: InvoiceDecisions) -> _Gap | None:
        choice = decisions.customer
        if self._customers is None or choice.when_missing != "hold":
            return None
        if self._customers.same(choice.display_name) or self._customers.retired(choice.display_name):
            return None
        return self._gap(
            "OQ603",
            invoice.customer.name,
            self._rules.otherwise("customers.when_missing").at,
            Text(
                'QuickBooks has no customer "{display_name}", and the rules create none',
                display_name=choice.display_name,
            ),
            Text("Create it in QuickBooks, or write under customers.by_name how it is called there."),
        )
