"""A compiled rule set: each decision as the list that makes and proves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.core.chains import SAME_NAME, Chain, Row, is_final
from onedesk_quickbooks.plugin.ruleset.core.columns import EVERY, Texts
from onedesk_quickbooks.plugin.ruleset.core.rules import BY_RULE, ItemOutcome, Setting, TaxOutcome


@dataclass(frozen=True, eq=False)
class RuleSet:
    """Everything `decide` needs. `chains` has every decision by its name, `implied_taxes` the one on tax codes outside
    the US: with what no rule may decide by country or rate, `not_named`. `default_income_account` is that of new items.
    `hash` is the SHA-256 of the meaning: comments, order of keys and places do not affect it. `source` is the file or
    folder as it was given. Two are equal only if they are the same object."""

    source: str
    hash: str
    chains: Mapping[str, Chain]
    implied_taxes: Chain
    not_named: TaxOutcome
    default_income_account: Setting | None

    @property
    def proved(self) -> Mapping[str, Chain]:
        """The decisions as far as the rules alone show for which company they are: with the rows implied outside the
        US, unless some rule leaves the tax to QuickBooks, which calculates it in the US only."""
        outcomes = [row.tax for row in self.chains["tax_code"].rows if row.tax]
        automatic = any(each.kind == "automatic" for own in outcomes for each in (own, *own.rates.values()))
        return self.chains if automatic else {**self.chains, "tax_code": self.implied_taxes}

    @property
    def names_apart(self) -> bool:
        """Whether some rule for lines excludes service types: then a line without one differs from all lines with
        one."""
        return any(_leaves_out(row) for output in keys.outputs() for row in self.chains[output].rows)

    def beside(self, decision: str, apart: bool) -> tuple[Row, ...]:
        """The rules of other decisions that may pre-empt this one: those for items, which hold a line, for the other
        outputs (`apart`: also a line without a service type, which has no name for its item); those that skip an
        invoice for the decisions on it. Empty if there are none."""
        by = "item" if decision in keys.outputs()[1:] else keys.making("skipped").id if decision in keys.moot() else ""
        rows = self.chains[by].rows if by else ()
        if apart and rows and rows[-1].effect == SAME_NAME:
            rows = (*rows[:-1], *_named_or_held(rows[-1]))
        return rows if any(map(is_final, rows)) else ()

    def taxes_in(self, facts: Facts) -> Chain:
        """The decision on tax codes that applies in a company."""
        return self.implied_taxes if facts.uses_sales_tax and facts.country != "US" else self.chains["tax_code"]

    def otherwise(self, key: str) -> Setting:
        """The value of section.key if no exception matches. Raises KeyError if the rules have none."""
        found = self.chains[key].rows[-1].setting
        if found is None:
            raise KeyError(key)
        return found


def _leaves_out(row: Row) -> bool:
    asked = row.when.get("service_type")
    return isinstance(asked, Texts) and asked.but is not None


def _named_or_held(row: Row) -> tuple[Row, Row]:
    """The rule that takes the item of the line's own name, and its result for a line without a name."""
    named = replace(row, when={"service_type": EVERY})
    return named, replace(row, kind="implied", item=ItemOutcome(row.rule, row.at, hold=BY_RULE))
