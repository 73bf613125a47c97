"""Rule sets with one rule deleted, exchanged with its neighbour or negated: a case should miss each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Where
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions, holds
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.rules import (
    CountryTaxes,
    ItemOutcome,
    ItemRules,
    Listed,
    Setting,
    SettingRules,
    TaxOutcome,
    TaxRules,
)
from onedesk_quickbooks.plugin.ruleset.keys import Key, outputs, settings


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed rule set. `how` is deleted, exchanged or negated; `rule` and `at` the rule that was changed."""

    how: str
    rule: str
    at: Where
    rules: RuleSet


@dataclass(frozen=True, eq=False)
class _Negated(RuleSet):
    """A rule set one of whose exceptions applies, in these decisions, exactly where it should not."""

    rule: str = ""
    decisions: tuple[str, ...] = ()

    @cached_property
    def chains(self) -> Mapping[str, Chain]:
        """Every decision by its name."""
        every = super().chains
        return {**every, **{name: _NegatedChain(name, every[name].rows, rule=self.rule) for name in self.decisions}}

    @cached_property
    def implied_taxes(self) -> Chain:
        """The decision on tax codes outside the US."""
        own = super().implied_taxes
        return _NegatedChain(own.decision, own.rows, rule=self.rule) if own.decision in self.decisions else own


@dataclass(frozen=True, eq=False)
class _NegatedChain(Chain):
    rule: str = ""

    def find(self, values: Mapping[str, Any]) -> Row:
        """The first match, one row after the other."""
        own = next((row.when for row in self.rows if row.kind == "exception" and row.rule == self.rule), None)
        for row in self.rows:
            hold = {field: holds(field, each, values[field]) for field, each in row.when.items()}
            if row.rule == self.rule:  # what is implied by the rule asks for more than the rule itself
                asked = [each for field, each in hold.items() if own is None or field in own]
                if not all(asked) and all(hold[field] for field in hold if own is not None and field not in own):
                    return row
            elif all(hold.values()):
                return row
        raise LookupError(self.rule)


def mutants(rules: RuleSet, own_files: Callable[[str], bool] = lambda file: True) -> Iterator[Mutant]:
    """Every mutant of the rules that stand in one's own files (not of the defaults)."""
    for each in _all(rules):
        if own_files(each.at.file):
            yield each


def _all(rules: RuleSet) -> Iterator[Mutant]:
    items, taxes = rules.items, rules.taxes

    def with_items(**changed: Any) -> RuleSet:
        return replace(rules, items=replace(items, **changed))

    def with_taxes(**changed: Any) -> RuleSet:
        return replace(rules, taxes=replace(taxes, **changed))

    yield from _listed(rules, items.exceptions, lambda listed: with_items(exceptions=listed), outputs())
    for name in ("by_service_type", "by_charge"):
        yield from _map(getattr(items, name), name, with_items, _other_item)
    yield Mutant("negated", items.otherwise.rule, items.otherwise.at, _other_otherwise(items, with_items))
    yield from _listed(rules, taxes.exceptions, lambda listed: with_taxes(exceptions=listed), ("tax_code",))
    yield from _map(taxes.by_category, "by_category", with_taxes, _other_tax)
    yield from _countries(taxes, with_taxes)
    other = _other_tax(taxes.otherwise)
    yield Mutant("negated", taxes.otherwise.rule, taxes.otherwise.at, with_taxes(otherwise=other))
    yield from _map(rules.by_name, "by_name", lambda **changed: replace(rules, **changed), _other_name)
    yield from _settings(rules)


def _listed(
    rules: RuleSet, listed: Listed[Any], put: Callable[[Listed[Any]], RuleSet], decisions: tuple[str, ...]
) -> Iterator[Mutant]:
    """Mutants of a list of exceptions, by which these decisions are made."""
    whole = {each.name: getattr(rules, each.name) for each in fields(RuleSet)}
    for index, (_, outcome) in enumerate(listed):
        before, after = listed[:index], listed[index + 1 :]
        yield Mutant("deleted", outcome.rule, outcome.at, put(before + after))
        negated = _Negated(**whole, rule=outcome.rule, decisions=decisions)
        yield Mutant("negated", outcome.rule, outcome.at, negated)
        if after and _overlap(listed[index], after[0]):
            exchanged = put((*before, after[0], listed[index], *after[1:]))
            yield Mutant("exchanged", outcome.rule, outcome.at, exchanged)


def _overlap(one: tuple[Conditions, Any], other: tuple[Conditions, Any]) -> bool:
    """Whether the order of two rules can matter: some input matches both, and they do not do the same."""
    from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver

    same = replace(one[1], rule="", at=other[1].at) == replace(other[1], rule="")
    return not same and Solver([one[0], other[0]]).search([one[0], other[0]], 0) is not None


def _map(
    entries: Mapping[str, Any], name: str, put: Callable[..., RuleSet], other: Callable[[Any], Any]
) -> Iterator[Mutant]:
    """Mutants of a keyed map; two entries are exchanged by their outcomes."""
    keys = list(entries)
    for index, key in enumerate(keys):
        own = entries[key]
        without = {each: outcome for each, outcome in entries.items() if each != key}
        yield Mutant("deleted", own.rule, own.at, put(**{name: without}))
        yield Mutant("negated", own.rule, own.at, put(**{name: {**entries, key: other(own)}}))
        if index + 1 < len(keys):
            following = keys[index + 1]
            if replace(own, rule="", at=entries[following].at) != replace(entries[following], rule=""):
                swapped = {**entries, key: entries[following], following: own}
                yield Mutant("exchanged", own.rule, own.at, put(**{name: swapped}))


def _countries(taxes: TaxRules, put: Callable[..., RuleSet]) -> Iterator[Mutant]:
    for country, own in taxes.by_country.items():

        def put_country(changed: CountryTaxes, country: str = country) -> RuleSet:
            return put(by_country={**taxes.by_country, country: changed})

        def put_regions(own: CountryTaxes = own, place: Any = put_country, **changed: Any) -> RuleSet:
            found: RuleSet = place(CountryTaxes(own.default, changed["regions"]))
            return found

        default = own.default
        without = {each: outcome for each, outcome in taxes.by_country.items() if each != country}
        if not own.regions:
            yield Mutant("deleted", default.rule, default.at, put(by_country=without))
        yield Mutant("negated", default.rule, default.at, put_country(CountryTaxes(_other_tax(default), own.regions)))
        yield from _map(own.regions, "regions", put_regions, _other_tax)
        for rate in default.rates:
            rates = {each: outcome for each, outcome in default.rates.items() if each != rate}
            made = CountryTaxes(replace(default, rates=rates), own.regions)
            yield Mutant("deleted", default.rates[rate].rule, default.rates[rate].at, put_country(made))


def _settings(rules: RuleSet) -> Iterator[Mutant]:
    for key, own in rules.settings.items():

        def put(changed: SettingRules, key: str = key) -> RuleSet:
            return replace(rules, settings={**rules.settings, key: changed})

        def put_listed(listed: Listed[Setting], own: SettingRules = own, place: Any = put) -> RuleSet:
            made: RuleSet = place(replace(own, exceptions=listed))
            return made

        if own.otherwise is not None:
            other = replace(own, otherwise=_other_setting(settings()[key], own.otherwise))
            yield Mutant("negated", own.otherwise.rule, own.otherwise.at, put(other))
        yield from _listed(rules, own.exceptions, put_listed, (key,))


def _other_setting(key: Key, setting: Setting) -> Setting:
    """The setting with another word, amount or name."""
    if key.several:
        return replace(setting, value=key.words[0] if setting.value != key.words[0] else key.words[-1])
    if key.amount:
        return replace(setting, value=plain(Decimal(setting.value) + 1))
    if not key.words:
        return _other_name(setting)
    others = [each for each in (key.default, *reversed(key.words)) if each and each != setting.value]
    return replace(setting, value=others[0], line=None)


def _other_item(outcome: ItemOutcome) -> ItemOutcome:
    return replace(outcome, names={}, hold="held by the mutant")


def _other_name(setting: Setting) -> Setting:
    return replace(setting, value=f"not {setting.value}")


def _other_otherwise(items: ItemRules, put: Callable[..., RuleSet]) -> RuleSet:
    if items.otherwise.hold:
        return put(otherwise=replace(items.otherwise, hold=""), same_name=True)
    return put(otherwise=_other_item(items.otherwise), same_name=False)


def _other_tax(outcome: TaxOutcome) -> TaxOutcome:
    kind = "none" if outcome.kind == "hold" else "hold"
    return TaxOutcome(outcome.rule, outcome.at, "none" if kind == "none" else "hold")
