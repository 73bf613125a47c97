"""A compiled rule set: each decision as the one list by which it is made and proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row, is_final
from onedesk_quickbooks.plugin.ruleset.core.rules import Setting, TaxOutcome


@dataclass(frozen=True, eq=False)
class RuleSet:
    """Everything `decide` needs. `chains` has every decision by its name, `implied_taxes` the one on tax codes outside
    the US: with what no rule may decide by country or rate, `not_named`. `default_income_account` is that of new items.
    `hash` is the SHA-256 of what the rules mean: comments, order of keys and places do not count. `source` is the file
    or folder as it was given. Two are equal where they are the same object."""

    source: str
    hash: str
    chains: Mapping[str, Chain]
    implied_taxes: Chain
    not_named: TaxOutcome
    default_income_account: Setting | None

    @property
    def proved(self) -> Mapping[str, Chain]:
        """The same decisions as far as rules alone tell which company they are for: with what is implied outside the
        US, unless some rule leaves the tax to QuickBooks, which it works out in the US alone."""
        outcomes = [row.tax for row in self.chains["tax_code"].rows if row.tax]
        automatic = any(each.kind == "automatic" for own in outcomes for each in (own, *own.rates.values()))
        return self.chains if automatic else {**self.chains, "tax_code": self.implied_taxes}

    def beside(self, decision: str) -> tuple[Row, ...]:
        """The rules of the decision that may leave nothing to this one: those for items, which hold a line, beside what
        else a line takes; those that skip an invoice beside what is decided of it. None where none of them does so."""
        by = "item" if decision in keys.outputs()[1:] else keys.making("skipped").id if decision in keys.moot() else ""
        rows = self.chains[by].rows if by else ()
        return rows if any(map(is_final, rows)) else ()

    def taxes_in(self, facts: Facts) -> Chain:
        """The decision on tax codes that is made in a company."""
        return self.implied_taxes if facts.uses_sales_tax and facts.country != "US" else self.chains["tax_code"]

    def otherwise(self, key: str) -> Setting:
        """What holds under section.key where no exception does. Raises KeyError for one that the rules leave out."""
        found = self.chains[key].rows[-1].setting
        if found is None:
            raise KeyError(key)
        return found
