"""Each decision as one list in which the first match wins: exceptions, then the keyed maps, then what holds otherwise.

So written, exceptions and maps can be compared with each other: a map's entry is a rule that asks for its key. What is
decided, proved, compared, explained and shown are these very lists.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from onedesk_quickbooks.plugin.model.decision import Where
from onedesk_quickbooks.plugin.ruleset.core.columns import MANY, Conditions, Texts
from onedesk_quickbooks.plugin.ruleset.core.rules import (
    ItemOutcome,
    ItemRules,
    Setting,
    SettingRules,
    TaxOutcome,
    TaxRules,
)
from onedesk_quickbooks.plugin.ruleset.core.table import Table
from onedesk_quickbooks.plugin.ruleset.core.words import TAX_CATEGORIES, UNKNOWN_CATEGORY, fold

Kind = Literal["exception", "key", "otherwise", "implied"]

NOT_SET: Hashable = ("setting", "")
"""The effect of a setting that is left out."""

SAME_NAME = ("same_name", "")
"""The effect of taking the item that has the name of the service type."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of a decision. `effect` is equal for two rules that do the same; `says` is the outcome as people read
    it; `named` is False for a map's entry that says nothing of this decision (an item without an income account), and
    for what is implied by the language and written by nobody. `lacks` is the field for which an implied row holds.
    Of `item`, `tax` and `setting` one has the outcome itself, where it is none of another decision."""

    rule: str
    at: Where
    kind: Kind
    when: Conditions
    effect: Hashable
    says: str
    named: bool = True
    lacks: str = ""
    item: ItemOutcome | None = None
    tax: TaxOutcome | None = None
    setting: Setting | None = None


@dataclass(frozen=True, eq=False)
class Chain:
    """A decision and its rules, first match first. `decision` is one of `keys.outputs`, tax_code, customer, or
    section.key for a setting. Where `blank_holds`, a line without a service type is held by all but exceptions."""

    decision: str
    rows: tuple[Row, ...]
    blank_holds: bool = False

    def find(self, values: Mapping[str, Any]) -> Row:
        """The first row that matches. The time does not grow with the number of rows. Raises LookupError where none
        does, which no list has that ends with `otherwise`."""
        return self.rows[0] if len(self.rows) == 1 else self._first(values, self._listed.find(values))

    def find_plain(self, values: Mapping[str, Any]) -> Row:
        """The same as if there were no exceptions."""
        return self._first(values, None)

    def _first(self, values: Mapping[str, Any], listed: int | None) -> Row:
        best = len(self.rows) if listed is None else listed
        for fields, entries in self._keyed.items():
            found = entries.get(tuple([fold(values[field]) for field in fields]), best)
            if found < best:
                best = found
        if best == len(self.rows):
            raise LookupError(f"no rule of {self.decision} matches")
        return self.rows[best]

    @cached_property
    def _keyed(self) -> Mapping[tuple[str, ...], Mapping[tuple[str, ...], int]]:
        """The index of each row that asks for single values, by its fields and their values; a row that asks for
        nothing is one of them."""
        found: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
        for index, row in enumerate(self.rows):
            if _is_key(row):
                texts = tuple(next(iter(getattr(each, "exact", ()))) for each in row.when.values())
                found.setdefault(tuple(row.when), {}).setdefault(texts, index)
        return found

    @cached_property
    def _listed(self) -> Table[int]:
        """The indices of all other rows."""
        return Table([(row.when, index) for index, row in enumerate(self.rows) if not _is_key(row)])


def _is_key(row: Row) -> bool:
    """Whether a row of a keyed map, or of what holds otherwise, is found by its single values."""
    if row.kind not in ("key", "otherwise"):
        return False
    return all(
        field not in MANY and isinstance(each, Texts) and len(each.exact) == 1 and not each.prefixes
        for field, each in row.when.items()
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


def items(rules: ItemRules) -> Chain:
    """Which item a line takes."""
    rows = [item_row(outcome, "exception", when) for when, outcome in rules.exceptions if _decides_item(outcome)]
    rows += [item_row(outcome, "key", when) for when, outcome in _keyed(rules)]
    rows.append(item_row(rules.otherwise, "otherwise", {}, rules.same_name))
    return Chain("item", tuple(rows), rules.same_name or bool(rules.otherwise.hold))


def _decides_item(outcome: ItemOutcome) -> bool:
    """Whether a rule says which item a line takes, or why it is held."""
    return "item" in outcome.names or bool(outcome.hold)


def item_row(outcome: ItemOutcome, kind: Kind, when: Conditions, same_name: bool = False) -> Row:
    """A rule of the decision on items."""
    if outcome.ask:
        effect, says = ("ask", outcome.ask), f"ask {outcome.ask}"
    elif outcome.hold:
        effect, says = ("hold", outcome.hold), "hold" if kind == "otherwise" else f"hold: {outcome.hold}"
    elif same_name:
        effect, says = SAME_NAME, "same_name"
    else:
        effect, says = ("item", outcome.names.get("item", "")), outcome.names.get("item", "")
    return Row(outcome.rule, outcome.at, kind, when, effect, says, item=outcome)


def _keyed(rules: ItemRules) -> list[tuple[Conditions, ItemOutcome]]:
    """The entries of the keyed maps; a charge is looked for under its own name first."""
    maps = (("charge", rules.by_charge), ("service_type", rules.by_service_type))
    return [(_key(name, folded, each.rule), each) for name, entries in maps for folded, each in entries.items()]


def _key(field: str, folded: str, rule: str) -> dict[str, Texts]:
    """The condition that a map's entry stands for; its id ends with the key as the file has it."""
    written = rule.split(".", 2)[-1]
    return {field: Texts(frozenset((folded,)), written={folded: written} if fold(written) == folded else {})}


def accounts(rules: ItemRules) -> Chain:
    """On which income account a line stands. The account of `otherwise` goes with the item of `otherwise` alone: where
    an exception gives the item, and neither an exception nor a key the account, it is that of new items."""
    chosen = rules.default_income_account

    def row(outcome: ItemOutcome, kind: Kind, when: Conditions) -> Row:
        named = outcome.names.get("income_account")
        if named is not None:
            return Row(outcome.rule, outcome.at, kind, when, ("account", named, True), named, item=outcome)
        if chosen is not None and kind == "otherwise":
            return Row(chosen.rule, chosen.at, kind, when, ("account", chosen.value, False), chosen.value)
        default, says = chosen.value if chosen else "", chosen.value if chosen else _COMPANY_ACCOUNT
        return Row(outcome.rule, outcome.at, kind, when, ("account", default, False), says, named=False)

    rows = [row(each, "exception", when) for when, each in rules.exceptions if "income_account" in each.names]
    rows += [row(each, "key", when) for when, each in _keyed(rules)]
    if "income_account" in rules.otherwise.names:
        others = [(when, each) for when, each in rules.exceptions if _decides_item(each)]
        rows += [row(each, "implied", when) for when, each in others if "income_account" not in each.names]
    rows.append(row(rules.otherwise, "otherwise", {}))
    return Chain("income_account", tuple(rows))


_COMPANY_ACCOUNT = "the one under Administration > Financials"


def beside(output: str, rules: ItemRules) -> Chain:
    """What else of QuickBooks a line takes: its class. Keys count only where some rule names one: else the one answer
    is none."""
    keyed = _keyed(rules)
    every = [*(each for _, each in (*rules.exceptions, *keyed)), rules.otherwise]
    if not any(each.names.get(output) for each in every):
        keyed = []

    def row(outcome: ItemOutcome, kind: Kind, when: Conditions) -> Row:
        name = outcome.names.get(output, "")
        says = name or f"no {output}"
        return Row(outcome.rule, outcome.at, kind, when, (output, name), says, bool(name), item=outcome)

    rows = [row(each, "exception", when) for when, each in rules.exceptions if output in each.names]
    rows += [row(each, "key", when) for when, each in keyed]
    rows.append(row(rules.otherwise, "otherwise", {}))
    return Chain(output, tuple(rows))


_NOT_TAXABLE: Conditions = {"taxable": Texts(frozenset(("no",)))}
_EXEMPT: Conditions = {
    "tax_category": Texts(
        frozenset(fold(each) for each in (*TAX_CATEGORIES, UNKNOWN_CATEGORY) if each != "S"), says="other than S"
    )
}


def taxes(rules: TaxRules, implied: bool) -> Chain:
    """Which tax code a line takes; `implied` are the rows of companies outside the US, where each line has a code: tax
    of 0 % is not one code but several, so neither a country nor a rate decides that."""
    return Chain("tax_code", tuple(_taxes(rules, implied)))


def tax_row(outcome: TaxOutcome, kind: Kind, when: Conditions) -> Row:
    """A rule of the decision on tax codes."""
    return Row(outcome.rule, outcome.at, kind, when, tax_effect(outcome), tax_words(outcome), tax=outcome)


def _taxes(rules: TaxRules, implied: bool) -> Iterator[Row]:
    def held(outcome: TaxOutcome, when: Conditions, what: str, lacks: str) -> Iterator[Row]:
        if implied:
            effect, says = ("hold", "", ""), f"hold: {what}"
            yield Row(outcome.rule, outcome.at, "implied", when, effect, says, False, lacks, tax=outcome)

    def exempt(outcome: TaxOutcome, when: Conditions) -> Iterator[Row]:
        return held(outcome, {**when, **_EXEMPT}, "no code for the tax category", "tax_category")

    def untaxed(outcome: TaxOutcome, when: Conditions) -> Iterator[Row]:
        return held(outcome, {**when, **_NOT_TAXABLE}, "not taxable", "taxable")

    for when, outcome in rules.exceptions:
        if outcome.kind == "by_rate" and "tax_category" not in when:
            yield from exempt(outcome, when)
            if "taxable" not in when:
                yield from untaxed(outcome, when)
        yield tax_row(outcome, "exception", when)
    keyed = {code: tax_row(each, "key", _category(code)) for code, each in rules.by_category.items()}
    yield from (each for code, each in keyed.items() if code != "S")
    yield from untaxed(rules.not_named, {})
    yield from (each for code, each in keyed.items() if code == "S")
    yield from exempt(rules.not_named, {})
    yield from (tax_row(outcome, "key", when) for when, outcome in _places(rules))
    yield tax_row(rules.otherwise, "otherwise", {})


def _places(rules: TaxRules) -> Iterator[tuple[Conditions, TaxOutcome]]:
    """The regions of each country, then its default."""
    for country, own in rules.by_country.items():
        place = Texts(frozenset((country.lower(),)), written={country.lower(): country})
        for region, outcome in own.regions.items():
            yield (
                {"country": place, "region": Texts(frozenset((fold(region),)), written={fold(region): region})},
                outcome,
            )
        yield {"country": place}, own.default


def _category(code: str) -> Conditions:
    return {"tax_category": Texts(frozenset((fold(code),)), written={fold(code): code})}


def automatic(chain: Chain) -> bool:
    """Whether some rule leaves the tax to QuickBooks: then the company is in the US, where nothing is implied."""
    outcomes = [row.tax for row in chain.rows if row.tax]
    return any(each.kind == "automatic" for own in outcomes for each in (own, *own.rates.values()))


def customers(by_name: Mapping[str, Setting], match: Setting) -> Chain:
    """What a customer is called in QuickBooks; `match` is what holds for all others."""
    rows = [
        Row(own.rule, own.at, "key", _key("customer", folded, own.rule), ("name", own.value), own.value, setting=own)
        for folded, own in by_name.items()
    ]
    return Chain("customer", (*rows, Row(match.rule, match.at, "otherwise", {}, ("name", ""), "its own name")))


def setting(key: str, rules: SettingRules) -> Chain:
    """One setting of the whole invoice."""
    rows = [setting_row(each, "exception", when) for when, each in rules.exceptions]
    if rules.otherwise is not None:
        rows.append(setting_row(rules.otherwise, "otherwise", {}))
    else:
        rows.append(Row(key, rules.at, "otherwise", {}, NOT_SET, "none"))
    return Chain(key, tuple(rows))


def setting_row(own: Setting, kind: Kind, when: Conditions) -> Row:
    """A rule of the decision on one setting."""
    return Row(own.rule, own.at, kind, when, ("setting", own.says), own.says, setting=own)
