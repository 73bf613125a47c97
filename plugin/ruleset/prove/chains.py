"""Each decision as one list in which the first match wins: exceptions, then the keyed maps, then what holds otherwise.

So written, exceptions and maps can be compared with each other: a map's entry is a rule that asks for its key.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from onedesk_quickbooks.plugin.model.decision import Where
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions, Texts
from onedesk_quickbooks.plugin.ruleset.core.rules import (
    SETTING_SECTIONS,
    CustomerRules,
    ItemOutcome,
    ItemRules,
    RuleSet,
    Setting,
    SettingTables,
    TaxOutcome,
    TaxRules,
)
from onedesk_quickbooks.plugin.ruleset.core.words import TAX_CATEGORIES, fold

Kind = Literal["exception", "key", "otherwise", "implied"]

NOT_SET: Hashable = ("setting", "")
"""The effect of a setting that is left out, where some exception names it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of a decision. `effect` is equal for two rules that do the same; `says` is the outcome as people read
    it; `named` is False for a map's entry that says nothing of this decision (an item without an income account), and
    for what is implied by the language and written by nobody."""

    rule: str
    at: Where
    kind: Kind
    when: Conditions
    effect: Hashable
    says: str
    named: bool = True
    tax: TaxOutcome | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A decision and its rules, first match first. `decision` is item, income_account, class, tax_code, customer, or
    section.key for a setting. Where `blank_holds`, a line without a service type is held by all but exceptions."""

    decision: str
    rows: tuple[Row, ...]
    blank_holds: bool = False


def chains(rules: RuleSet, implied: bool = False) -> tuple[Chain, ...]:
    """Every decision of a rule set that more than one rule can make, and those of one rule too; with `implied` also
    the rows that hold what no rule may decide by country or rate (outside the US: see `decide_taxes.winner`)."""
    return (
        Chain("item", tuple(_items(rules.items)), rules.items.same_name or bool(rules.items.otherwise.hold)),
        Chain("income_account", tuple(_accounts(rules.items))),
        Chain("class", tuple(_classes(rules.items))),
        Chain("tax_code", tuple(_taxes(rules.taxes, implied and not _automatic(rules.taxes)))),
        Chain("customer", tuple(_customers(rules.customers))),
        *_settings(rules),
    )


def tax_effect(outcome: TaxOutcome) -> Hashable:
    """Equal for two tax outcomes that do the same for every line."""
    if outcome.ask:
        return ("ask", outcome.ask)
    if outcome.kind == "by_rate":
        rates = frozenset((rate, tax_effect(each)) for rate, each in outcome.rates.items())
        return ("by_rate", rates, tax_effect(outcome.without_rate) if outcome.without_rate else None)
    return (outcome.kind, outcome.code, outcome.hold)


def tax_words(outcome: TaxOutcome) -> str:
    """A tax outcome as people read it."""
    if outcome.ask:
        return f"ask {outcome.ask}"
    if outcome.kind == "by_rate":
        rates = [f"{rate} %: {tax_words(each)}" for rate, each in outcome.rates.items()]
        without = [f"no rate: {tax_words(outcome.without_rate)}"] if outcome.without_rate else []
        return "by rate (" + ", ".join(rates + without) + ")"
    return outcome.code or (f"hold: {outcome.hold}" if outcome.hold else outcome.kind)


def _item_row(outcome: ItemOutcome, kind: Kind, when: Conditions, same_name: bool = False) -> Row:
    if outcome.ask:
        effect, says = ("ask", outcome.ask), f"ask {outcome.ask}"
    elif outcome.hold:
        effect, says = ("hold", outcome.hold), "hold" if kind == "otherwise" else f"hold: {outcome.hold}"
    elif same_name:
        effect, says = ("same_name", ""), "same_name"
    else:
        effect, says = ("item", outcome.item or ""), outcome.item or ""
    return Row(outcome.rule, outcome.at, kind, when, effect, says)


def _key(field: str, folded: str, rule: str) -> dict[str, Texts]:
    """The condition that a map's entry stands for; its id ends with the key as the file has it."""
    written = rule.split(".", 2)[-1]
    return {field: Texts(frozenset((folded,)), written={folded: written} if fold(written) == folded else {})}


def _items(rules: ItemRules) -> Iterator[Row]:
    for when, outcome in rules.exceptions.rules:
        yield _item_row(outcome, "exception", when)
    for field, entries in (("charge", rules.by_charge), ("service_type", rules.by_service_type)):
        for folded, outcome in entries.items():
            yield _item_row(outcome, "key", _key(field, folded, outcome.rule))
    yield _item_row(rules.otherwise, "otherwise", {}, rules.same_name)


def _accounts(rules: ItemRules) -> Iterator[Row]:
    chosen = rules.default_income_account
    default = chosen.value if chosen else ""

    def row(outcome: ItemOutcome, kind: Kind, when: Conditions) -> Row:
        account = outcome.income_account or default
        says = account or "the one under Administration > Financials"
        return Row(outcome.rule, outcome.at, kind, when, ("account", account), says, bool(outcome.income_account))

    for when, outcome in rules.accounts.rules:
        yield row(outcome, "exception", when)
    for field, entries in (("charge", rules.by_charge), ("service_type", rules.by_service_type)):
        for folded, outcome in entries.items():
            yield row(outcome, "key", _key(field, folded, outcome.rule))
    if rules.otherwise.income_account or chosen is None:
        yield row(rules.otherwise, "otherwise", {})
    else:
        yield Row(chosen.rule, chosen.at, "otherwise", {}, ("account", default), default)


def _classes(rules: ItemRules) -> Iterator[Row]:
    """Keys count only where some rule names a class: else the one answer is none."""
    maps = (("charge", rules.by_charge), ("service_type", rules.by_service_type))
    keyed = [(field, folded, outcome) for field, entries in maps for folded, outcome in entries.items()]
    listed = [outcome for _, outcome in rules.classes.rules] + [outcome for _, _, outcome in keyed]
    if not any(outcome.class_name for outcome in (*listed, rules.otherwise)):
        keyed = []

    def row(outcome: ItemOutcome, kind: Kind, when: Conditions) -> Row:
        name = outcome.class_name or ""
        return Row(outcome.rule, outcome.at, kind, when, ("class", name), name or "no class", bool(name))

    for when, outcome in rules.classes.rules:
        yield row(outcome, "exception", when)
    for field, folded, outcome in keyed:
        yield row(outcome, "key", _key(field, folded, outcome.rule))
    yield row(rules.otherwise, "otherwise", {})


_NOT_TAXABLE: Conditions = {"taxable": Texts(frozenset(("no",)))}
_EXEMPT: Conditions = {
    "tax_category": Texts(frozenset(fold(each) for each in TAX_CATEGORIES if each != "S"), says="other than S")
}


def _taxes(rules: TaxRules, implied: bool) -> Iterator[Row]:
    def row(outcome: TaxOutcome, kind: Kind, when: Conditions) -> Row:
        return Row(outcome.rule, outcome.at, kind, when, tax_effect(outcome), tax_words(outcome), tax=outcome)

    def held(outcome: TaxOutcome, when: Conditions, what: str) -> Iterator[Row]:
        if implied:
            yield Row(outcome.rule, outcome.at, "implied", when, ("hold", "", ""), f"hold: {what}", named=False)

    for when, outcome in rules.exceptions.rules:
        if outcome.kind == "by_rate" and "tax_category" not in when:
            yield from held(outcome, {**when, **_EXEMPT}, "no code for the tax category")
            if "taxable" not in when:
                yield from held(outcome, {**when, **_NOT_TAXABLE}, "not taxable")
        yield row(outcome, "exception", when)
    yield from (row(each, "key", _category(code)) for code, each in rules.by_category.items() if code != "S")
    yield from held(rules.not_named, _NOT_TAXABLE, "not taxable")
    yield from (row(each, "key", _category(code)) for code, each in rules.by_category.items() if code == "S")
    yield from held(rules.not_named, _EXEMPT, "no code for the tax category")
    for country, own in rules.by_country.items():
        place = Texts(frozenset((country.lower(),)), written={country.lower(): country})
        for region, outcome in own.regions.items():
            folded = fold(region)
            yield row(
                outcome, "key", {"country": place, "region": Texts(frozenset((folded,)), written={folded: region})}
            )
        yield row(own.default, "key", {"country": place})
    yield row(rules.otherwise, "otherwise", {})


def _category(code: str) -> Conditions:
    return {"tax_category": Texts(frozenset((fold(code),)), written={fold(code): code})}


def _automatic(rules: TaxRules) -> bool:
    """Whether some rule leaves the tax to QuickBooks: then the company is in the US, where nothing is implied."""
    outcomes = [outcome for _, outcome in rules.exceptions.rules]
    outcomes += [rules.otherwise, *rules.by_category.values()]
    for own in rules.by_country.values():
        outcomes += [own.default, *own.regions.values()]
    outcomes += [rate for each in outcomes for rate in each.rates.values()]
    return any(each.kind == "automatic" for each in outcomes)


def _customers(rules: CustomerRules) -> Iterator[Row]:
    for folded, own in rules.by_name.items():
        yield Row(own.rule, own.at, "key", _key("customer", folded, own.rule), ("name", own.value), own.value)
    yield Row(rules.match_at.rule, rules.match_at.at, "otherwise", {}, ("name", ""), "its own name")


def _settings(rules: RuleSet) -> Iterator[Chain]:
    for section in SETTING_SECTIONS:
        own = getattr(rules, section)
        yield from _section(section, _plain_settings(own), own.exceptions)


def _plain_settings(section: object) -> Mapping[str, Setting]:
    """The settings of a section by their keys in the file."""
    found = {}
    for name in section.__dataclass_fields__:  # type: ignore[attr-defined]
        value = getattr(section, name)
        if isinstance(value, Setting):
            found[value.rule.split(".", 1)[1]] = value
    return found


def _section(name: str, settings: Mapping[str, Setting], exceptions: SettingTables) -> Iterator[Chain]:
    for key in dict.fromkeys([*settings, *exceptions]):
        table = exceptions.get(key)
        listed: Iterable[tuple[Conditions, Setting]] = table.rules if table else ()
        rows = [_setting_row(setting, "exception", when) for when, setting in listed]
        if key in settings:
            rows.append(_setting_row(settings[key], "otherwise", {}))
        else:  # a setting that may be left out, a payment term say, stands in exceptions alone
            rows.append(Row(f"{name}.{key}", rows[-1].at, "otherwise", {}, NOT_SET, "none"))
        yield Chain(f"{name}.{key}", tuple(rows))


def _setting_row(setting: Setting, kind: Kind, when: Conditions) -> Row:
    return Row(setting.rule, setting.at, kind, when, ("setting", setting.says), setting.says)
