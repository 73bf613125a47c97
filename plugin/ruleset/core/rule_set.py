"""A compiled rule set: what was written, and each decision as the one list by which it is made and proved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from onedesk_quickbooks.plugin.ruleset.core.chains import (
    Chain,
    accounts,
    automatic,
    beside,
    customers,
    items,
    setting,
    taxes,
)
from onedesk_quickbooks.plugin.ruleset.core.rules import ItemRules, Setting, SettingRules, TaxRules
from onedesk_quickbooks.plugin.ruleset.keys import outputs


@dataclass(frozen=True, eq=False)
class RuleSet:
    """Everything `decide` needs. `settings` are keyed by section.key (`keys.settings`), `by_name` by `fold`. `hash` is
    the SHA-256 of what the rules mean: comments, order of keys and places do not count. `source` is the file or folder
    as it was given. Two are equal where they are the same object."""

    source: str
    hash: str
    settings: Mapping[str, SettingRules]
    by_name: Mapping[str, Setting]
    items: ItemRules
    taxes: TaxRules

    @cached_property
    def chains(self) -> Mapping[str, Chain]:
        """Every decision by its name."""
        return {chain.decision: chain for chain in self._chains()}

    @cached_property
    def implied_taxes(self) -> Chain:
        """The decision on tax codes outside the US: with what no rule may decide by country or rate."""
        return taxes(self.taxes, True)

    @cached_property
    def proved(self) -> Mapping[str, Chain]:
        """The same decisions as far as rules alone tell which company they are for: with what is implied outside the
        US, unless some rule leaves the tax to QuickBooks."""
        return self.chains if automatic(self.chains["tax_code"]) else {**self.chains, "tax_code": self.implied_taxes}

    def otherwise(self, key: str) -> Setting:
        """What holds under section.key where no exception does. Raises KeyError for one that the rules leave out."""
        found = self.settings[key].otherwise
        if found is None:
            raise KeyError(key)
        return found

    def _chains(self) -> Iterator[Chain]:
        yield items(self.items)
        yield accounts(self.items)
        for output in outputs()[2:]:
            yield beside(output, self.items)
        yield taxes(self.taxes, False)
        yield customers(self.by_name, self.otherwise("customers.match"))
        for key, rules in self.settings.items():
            yield setting(key, rules)
