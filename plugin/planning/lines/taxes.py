"""The tax code of each line, in the form for the connected company's country (qbo-api.md 7)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from onedesk_quickbooks.plugin.model.books import Books
from onedesk_quickbooks.plugin.model.by_name import find_tax_code, tax_codes_named
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import TaxChoice
from onedesk_quickbooks.plugin.model.invoice import Extra, Invoice, Line
from onedesk_quickbooks.plugin.model.money import number
from onedesk_quickbooks.plugin.model.plan import Reason
from onedesk_quickbooks.plugin.planning.accepted_names import unless_several
from onedesk_quickbooks.plugin.planning.predict import NON, TAX, ZERO
from onedesk_quickbooks.plugin.ruleset.core.categories import UNTAXED, Categories
from onedesk_quickbooks.plugin.ruleset.core.subjects import capital
from onedesk_quickbooks.plugin.texts import Text


class TaxPlanner:
    """Turns tax choices into codes. `calculation` afterwards is excluded, us or none; `us_code` the US transaction's
    code."""

    def __init__(self, invoice: Invoice, books: Books, default_code: Ref | None) -> None:
        self._invoice = invoice
        self._books = books
        self._categories = Categories(invoice)
        self._default = default_code
        self._taxed = any(tax.amount for tax in invoice.taxes)
        self._with_code = 0
        self._without_code = 0
        self._us_codes: dict[str, Ref] = {}
        self._rates: dict[str, Decimal] = {}
        self.reasons: list[Reason] = []
        company = books.company
        self._mode = "none" if not company.uses_sales_tax else "us" if company.is_us else "excluded"

    def code(self, choice: TaxChoice, whose: str, taxed: Line | Extra, exempt: bool = False) -> Ref | None:
        """The code for one line, charge or discount (None: send none). `exempt`: its item is not taxed in QuickBooks.
        Reasons against are collected."""
        if choice.kind == "hold":
            self.reasons.append(Reason("tax-held", choice.hold))
            return None
        if self._mode == "none":
            return None
        if self._mode == "us":
            return self._us(choice, whose, taxed, exempt)
        code = self._code(choice, whose)
        return self._agreeing(code, choice, whose, taxed) if code else None

    def named(self, wanted: str | None, whose: str) -> Ref | None:
        """The code for a line of ours that a rule names; NON in a US company, None where no codes are sent."""
        if self._mode == "us":
            return NON
        if self._mode == "none" or not self._with_code:
            return None
        if wanted is None:
            self._refuse(
                "rounding-without-code",
                Text(
                    "Every line has a tax code in QuickBooks, but the rules name none for {whose}; add tax_code "
                    "under totals.rounding (a code of 0 %).",
                    whose=whose,
                ),
            )
            return None
        return self._find(wanted, whose)

    def _us(self, choice: TaxChoice, whose: str, taxed: Line | Extra, exempt: bool) -> Ref | None:
        if choice.kind == "none":
            return NON
        if choice.kind == "code":
            found = self._find(choice.code, whose)
            if found is None:
                return None
            if found.id == NON.id:
                return NON
            if found.id != TAX.id:
                self._us_codes[found.id] = found
        said = self._said(taxed)
        if said is not None:
            return TAX if said else NON
        if isinstance(taxed, Extra):  # a charge without tax data is not taxed because a line is
            return NON
        if self._books.company.automated_sales_tax:
            return NON if exempt else TAX
        return TAX if self._taxed else NON

    def _said(self, taxed: Line | Extra) -> bool | None:
        """Whether the host says that it is taxed: by `taxable`, its rate, or a tax-free category."""
        if taxed.taxable is not None:
            return taxed.taxable
        if taxed.tax_rate is not None:
            return bool(taxed.tax_rate)
        own = self._categories
        category, _ = own.of(taxed.tax_category, None, None) if isinstance(taxed, Line) else own.of_charge(taxed)
        return False if category in UNTAXED else None

    def _agreeing(self, code: Ref, choice: TaxChoice, whose: str, taxed: Line | Extra) -> Ref | None:
        """None, and a reason, where the host charges no tax and the code does. The remedy is one for the rule that
        decides: rules below it do not apply."""
        rate = self._rates.get(code.id, ZERO)
        if not rate or (taxed.taxable is not False and taxed.tax_rate != 0):
            return code
        untaxed = taxed.taxable is False
        said = Text("is not taxable") if untaxed else Text("has the tax rate 0 %")
        rule = choice.decision.rule
        self._refuse(
            "not-taxable",
            Text(
                '{whose} {said} in OneDesk, but the rule {rule} gives it the tax code "{code_name}" of {rate} %; '
                "{untaxed_by}.",
                whose=capital(whose),
                said=said,
                rule=rule,
                code_name=code.name,
                rate=number(rate),
                untaxed_by=self._untaxed_by(rule, choice, taxed),
            ),
        )
        return None

    def _untaxed_by(self, rule: str, choice: TaxChoice, taxed: Line | Extra) -> str:
        """How the rules lead to a code of 0 % for what this rule gives a code with tax."""
        category, _ = self._categories.of(taxed.tax_category, taxed.tax_rate, taxed.taxable)
        asked = {"taxable", "tax_category"} & set(choice.decision.matched)
        if asked or ".by_rate." in rule or rule.startswith("taxes.by_category."):
            return Text("name a code of 0 % in {rule}", rule=rule)
        if category in UNTAXED:
            return Text(
                "name a code of 0 % for it by an exception with when: {{tax_category: {category}}} before {rule}",
                category=category,
                rule=rule,
            )
        if taxed.taxable is False:
            return Text("name a code of 0 % for it by an exception with when: {{taxable: no}} before {rule}", rule=rule)
        return Text(
            "name a code of 0 % for it in {rule}: {by_rate}, beside the codes of the other rates",
            rule=rule,
            by_rate='code: {by_rate: {"0": CODE}}' if ".exceptions." in rule else '{by_rate: {"0": CODE}}',
        )

    def _code(self, choice: TaxChoice, whose: str) -> Ref | None:
        if choice.kind == "none":
            self._without_code += 1
            return None
        self._with_code += 1
        if choice.kind == "automatic":
            self._refuse(
                "tax-automatic",
                Text(
                    'The rules leave the tax of {whose} to QuickBooks ("automatic"), which only US companies have; '
                    "name a tax code for {country}.",
                    whose=whose,
                    country=self._books.company.country,
                ),
            )
            return None
        return self._find(choice.code, whose)

    def _find(self, wanted: str, whose: str) -> Ref | None:
        codes = [code for code in self._books.tax_codes if code.active]
        found = find_tax_code(codes, wanted)
        if found is None:
            missing = Reason(
                "tax-code-missing",
                Text(
                    'QuickBooks has no tax code "{wanted}", which the rules name for {whose}; correct the rule (it '
                    "has {some}).",
                    wanted=wanted,
                    whose=whose,
                    some=_some(code.name for code in codes),
                ),
            )
            self.reasons.append(unless_several(tax_codes_named(codes, wanted), wanted, missing))
            return None
        if found.sales_rate is None and found.id not in (TAX.id, NON.id):
            self._refuse(
                "tax-code-not-for-sales",
                Text(
                    'The tax code "{found_name}" of {whose} cannot be used on sales; name one with a sales rate.',
                    found_name=found.name,
                    whose=whose,
                ),
            )
            return None
        self._rates[found.id] = found.sales_rate or ZERO
        return Ref(found.id, found.name)

    def calculation(self) -> str:
        """How tax is calculated, once all lines have their codes."""
        if self._mode == "excluded" and not self._with_code:
            return "none"
        return self._mode

    def us_code(self) -> Ref | None:
        """The one transaction code of a US invoice, None where automated sales tax determines it."""
        return next(iter(self._us_codes.values()), None)

    def finish(self) -> None:
        """The checks that need all lines."""
        company = self._books.company
        tax = sum((each.amount for each in self._invoice.taxes), ZERO)
        if self._mode == "none" and tax:
            self._refuse(
                "no-sales-tax",
                Text(
                    "The invoice has {tax} tax, but {company_name} has sales tax turned off in QuickBooks; turn it "
                    "on there, or take the tax off the invoice.",
                    tax=self._invoice.money(tax),
                    company_name=company.name,
                ),
            )
        if self._mode == "us" and tax and not company.automated_sales_tax and not self._us_codes:
            if self._default and self._default.id not in (TAX.id, NON.id):
                self._us_codes[self._default.id] = self._default
            else:
                self._refuse(
                    "no-us-tax-code",
                    Text(
                        "The invoice has {tax} tax, but no rule says at which of QuickBooks' sales tax rates; choose a "
                        "default tax code under Administration > Financials, or name one under taxes.",
                        tax=self._invoice.money(tax),
                    ),
                )
        if len(self._us_codes) > 1:
            self._refuse(
                "two-us-tax-codes",
                Text(
                    "The rules give this invoice the sales tax rates {some}, but a US invoice takes one; split the "
                    "invoice, or correct the rules.",
                    some=_some(ref.name for ref in self._us_codes.values()),
                ),
            )
        if self._mode == "excluded" and self._with_code and self._without_code:
            self._refuse(
                "tax-code-on-some-lines",
                Text(
                    "Some lines have a tax code and others none, but QuickBooks wants one on every line; name an "
                    "exempt or zero code instead of none."
                ),
            )

    def _refuse(self, code: str, sentence: str) -> None:
        self.reasons.append(Reason(code, sentence))


def _some(names: Iterable[str]) -> str:
    found = list(names)
    some = ", ".join(found[:8])
    if len(found) > 8:
        return Text("{some} and {n} more", some=some, n=len(found) - 8)
    return some or Text("none")
