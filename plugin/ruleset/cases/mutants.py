"""Rule sets with one rule deleted, exchanged with its neighbour or negated: a case should miss each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from onedesk_quickbooks.plugin.model.decision import Where
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions, holds
from onedesk_quickbooks.plugin.ruleset.core.rules import (
    SETTING_SECTIONS,
    CountryTaxes,
    ItemOutcome,
    ItemRules,
    RuleSet,
    Setting,
    TaxOutcome,
    TaxRules,
)
from onedesk_quickbooks.plugin.ruleset.core.table import Table

T = TypeVar("T")

_OTHER_WORD = {  # the first of the two, or the second where it is the first
    "on_open": ("offer", "copy"),
    "number": ("onedesk", "quickbooks"),
    "when_number_taken": ("hold", "quickbooks"),
    "due": ("invoice", "terms"),
    "when_missing": ("create", "hold"),
    "when_currency_differs": ("hold", "separate"),
    "when_billing_email_missing": ("copy_only", "hold"),
    "several_addresses": ("cc", "hold"),
    "when_similar": ("hold", "create"),
    "update_address": ("no", "yes"),
    "when_different": ("hold", "note"),
    "automated_tax": ("quickbooks", "hold"),
    "prepaid": ("hold", "note"),
    "rounding": ("hold", "note"),
    "when_line_differs": ("hold", "amount_only"),
    "when_changed_in_quickbooks": ("hold", "overwrite"),
    "overpayment": ("note", "ignore"),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed rule set. `how` is deleted, exchanged or negated; `rule` and `at` the rule that was changed."""

    how: str
    rule: str
    at: Where
    rules: RuleSet


class _Negated(Table[T]):
    """A table one of whose rules applies exactly where it should not."""

    def __init__(self, rules: Sequence[tuple[Conditions, T]], negated: int) -> None:
        super().__init__(rules)
        self._negated = negated

    def find(self, values: Mapping[str, Any]) -> T | None:
        """The first match, one rule after the other."""
        for index, (conditions, outcome) in enumerate(self.rules):
            matches = all(holds(field, each, values[field]) for field, each in conditions.items())
            if matches != (index == self._negated):
                return outcome
        return None


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

    yield from _item_lists(items, with_items)
    for name in ("by_service_type", "by_charge"):
        yield from _map(getattr(items, name), name, with_items, _other_item)
    yield Mutant("negated", items.otherwise.rule, items.otherwise.at, _other_otherwise(items, with_items))
    yield from _table(taxes.exceptions, "exceptions", with_taxes)
    yield from _map(taxes.by_category, "by_category", with_taxes, _other_tax)
    yield from _countries(taxes, with_taxes)
    other = _other_tax(taxes.otherwise)
    yield Mutant("negated", taxes.otherwise.rule, taxes.otherwise.at, with_taxes(otherwise=other))
    yield from _map(rules.customers.by_name, "by_name", _customers(rules), _other_name)
    yield from _settings(rules)


def _customers(rules: RuleSet) -> Callable[..., RuleSet]:
    return lambda **changed: replace(rules, customers=replace(rules.customers, **changed))


def _table(table: Table[Any], name: str, put: Callable[..., RuleSet]) -> Iterator[Mutant]:
    """Mutants of a list."""
    listed = list(table.rules)
    for index, (_, outcome) in enumerate(listed):
        without = listed[:index] + listed[index + 1 :]
        yield Mutant("deleted", outcome.rule, outcome.at, put(**{name: Table(without)}))
        yield Mutant("negated", outcome.rule, outcome.at, put(**{name: _Negated(listed, index)}))
        if index + 1 < len(listed) and _overlap(listed[index], listed[index + 1]):
            exchanged = [*listed[:index], listed[index + 1], listed[index], *listed[index + 2 :]]
            yield Mutant("exchanged", outcome.rule, outcome.at, put(**{name: Table(exchanged)}))


def _item_lists(items: ItemRules, put: Callable[..., RuleSet]) -> Iterator[Mutant]:
    """Mutants of the exceptions for items: one that names an item, an account and a class stands in three tables."""
    tables = {name: list(getattr(items, name).rules) for name in ("exceptions", "accounts", "classes")}
    every = {outcome.rule: (when, outcome) for listed in tables.values() for when, outcome in listed}
    ordered = sorted(every.values(), key=lambda each: (each[1].at.line, each[1].at.column))
    for index, (when, outcome) in enumerate(ordered):
        rule, at = outcome.rule, outcome.at
        without = {name: Table([each for each in listed if each[1].rule != rule]) for name, listed in tables.items()}
        yield Mutant("deleted", rule, at, put(**without))
        yield Mutant("negated", rule, at, put(**{name: _negated(listed, rule) for name, listed in tables.items()}))
        following = ordered[index + 1] if index + 1 < len(ordered) else None
        if following and _overlap((when, outcome), following):
            pair = (rule, following[1].rule)
            yield Mutant("exchanged", rule, at, put(**{name: _swapped(each, pair) for name, each in tables.items()}))


def _negated(listed: list[tuple[Conditions, Any]], rule: str) -> Table[Any]:
    for index, (_, outcome) in enumerate(listed):
        if outcome.rule == rule:
            return _Negated(listed, index)
    return Table(listed)


def _swapped(listed: list[tuple[Conditions, Any]], pair: tuple[str, str]) -> Table[Any]:
    places = [index for index, (_, outcome) in enumerate(listed) if outcome.rule in pair]
    made = list(listed)
    if len(places) == 2:
        made[places[0]], made[places[1]] = made[places[1]], made[places[0]]
    return Table(made)


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
    similar = rules.items.when_similar
    other = replace(rules.items, when_similar=_other_setting("when_similar", similar))
    yield Mutant("negated", similar.rule, similar.at, replace(rules, items=other))
    for section in SETTING_SECTIONS:
        own = getattr(rules, section)
        for key in (*_OTHER_WORD, "account", "item"):
            setting = getattr(own, key, None)
            if isinstance(setting, Setting):
                changed = _other_setting(key, setting)
                made: RuleSet = replace(rules, **{section: replace(own, **{key: changed})})
                yield Mutant("negated", setting.rule, setting.at, made)
        for key, table in own.exceptions.items():

            def put(section: str = section, own: Any = own, **changed: Any) -> RuleSet:
                made: RuleSet = replace(rules, **{section: replace(own, exceptions={**own.exceptions, **changed})})
                return made

            yield from _table(table, key, put)


def _other_setting(key: str, setting: Setting) -> Setting:
    """The setting with another word, or another name."""
    if key not in _OTHER_WORD:
        return _other_name(setting)
    first, second = _OTHER_WORD[key]
    return replace(setting, value=second if setting.value == first else first, line=None)


def _other_item(outcome: ItemOutcome) -> ItemOutcome:
    return replace(outcome, item=None, income_account=None, class_name=None, hold="held by the mutant")


def _other_name(setting: Setting) -> Setting:
    return replace(setting, value=f"not {setting.value}")


def _other_otherwise(items: ItemRules, put: Callable[..., RuleSet]) -> RuleSet:
    if items.otherwise.hold:
        return put(otherwise=replace(items.otherwise, hold=""), same_name=True)
    return put(otherwise=_other_item(items.otherwise), same_name=False)


def _other_tax(outcome: TaxOutcome) -> TaxOutcome:
    kind = "none" if outcome.kind == "hold" else "hold"
    return TaxOutcome(outcome.rule, outcome.at, "none" if kind == "none" else "hold")
