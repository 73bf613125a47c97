"""Each decision as one list in which the first match wins: exceptions, then the keyed maps, then `otherwise`.

In this form exceptions and maps are comparable: an entry of a map is a rule with a condition on its key. Decisions,
proofs, comparisons, explanations and tables all use these lists.
"""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.columns import MANY, Condition, Conditions, Texts
from onedesk_quickbooks.plugin.ruleset.core.rules import BY_RULE, ItemOutcome, Setting, TaxOutcome, called
from onedesk_quickbooks.plugin.ruleset.core.table import Table
from onedesk_quickbooks.plugin.ruleset.core.words import fold

Kind = Literal["exception", "key", "otherwise", "implied"]

NOT_SET: Hashable = ("setting", "")
"""The effect of a missing setting."""

HELD: Hashable = ("hold", "")
"""The effect of the word hold: a person decides, with no other reason."""

SAME_NAME = ("same_name", "")
"""The effect of the item with the name of the service type."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of a decision. `effect` is equal for two rules with the same result; `says` is the outcome for people;
    `named` is False for an entry of a map that has no value for this decision (an item without an income account), and
    for rows that the language implies and no file has. `lacks` is the field whose absence makes an implied row hold.
    One of `item`, `tax` and `setting` has the outcome itself, unless it belongs to another decision."""

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

    @property
    def called(self) -> str:
        """The rule with its place, for sentences."""
        return called(self.rule, self.at)

    @property
    def key(self) -> tuple[frozenset[str], ...]:
        """The key of an entry of a map, without its days and its map."""
        return tuple(each.exact for each in self.when.values() if isinstance(each, Texts))

    def matched(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Each field with a condition, with the value that satisfies it, in the form for people."""
        asked = ((field, each) for field, each in self.when.items() if field != self.lacks)
        return {field: _satisfying(condition, values[field]) for field, condition in asked}


def _satisfying(condition: Condition, value: Any) -> str:
    if not isinstance(value, tuple):
        return value_text(value)
    if isinstance(condition, Texts):
        return next(filter(condition.holds, value), "")
    return value_text(value) or "none"


def value_text(value: Any) -> str:
    """The value of a field in the form for people; several tags separated by commas, "" for no value."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


@dataclass(frozen=True, eq=False)
class Chain:
    """A decision and its rules, first match first. `decision` is one of `keys.outputs`, tax_code, customer, or
    section.key for a setting. With `blank_holds`, a line without a service type is held unless an exception matches."""

    decision: str
    rows: tuple[Row, ...]
    blank_holds: bool = False

    def find(self, values: Mapping[str, Any]) -> Row:
        """The first row that matches, in constant time regardless of the number of rows. Raises LookupError if none
        does, which cannot happen in a list that ends with `otherwise`."""
        return self.rows[0] if len(self.rows) == 1 else self._first(values, self._listed.find(values))

    @cached_property
    def reported(self) -> tuple[Row, ...]:
        """The rules that explanations and tables show, in their order."""
        return tuple(row for row in self.rows if row.kind == "otherwise" or self.reports(row))

    def reports(self, row: Row) -> bool:
        """Whether a rule is shown: one that names something, or one that names nothing although a later row would:
        `otherwise`, or an entry for the same name on other days or in another map."""
        return row.named or id(row) in self._blank

    @cached_property
    def _blank(self) -> frozenset[int]:
        named, last = {row.key for row in self.rows if row.named and row.kind == "key"}, self.rows[-1]
        blank = (row for row in self.rows if not row.named and row.tax is None)
        return frozenset(
            id(row)
            for row in blank
            if (row.kind == "key" and row.key in named) or (last.named and row.effect != last.effect)
        )

    def find_plain(self, values: Mapping[str, Any]) -> Row:
        """The first match as if there were no exceptions."""
        return self._first(values, self._dated.find(values))

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
        """The index of each row with conditions on single values, by its fields and their values. A row without
        conditions is one of them."""
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

    @cached_property
    def _dated(self) -> Table[int]:
        """The indices of the listed rows that are no exceptions: values of files with days."""
        rows = ((index, row) for index, row in enumerate(self.rows) if row.kind in ("key", "otherwise"))
        return Table([(row.when, index) for index, row in rows if not _is_key(row)])


def _is_key(row: Row) -> bool:
    """Whether a row of a keyed map, or of `otherwise`, can be found by its single values."""
    if row.kind not in ("key", "otherwise"):
        return False
    return all(
        field not in MANY and isinstance(each, Texts) and len(each.exact) == 1 and not each.prefixes and not each.but
        for field, each in row.when.items()
    )


def tax_effect(outcome: TaxOutcome) -> Hashable:
    """Equal for two tax outcomes that have the same result for every line."""
    if outcome.ask:
        return ("ask", outcome.ask)
    if outcome.kind == "by_rate":
        rates = frozenset((rate, tax_effect(each)) for rate, each in outcome.rates.items())
        return ("by_rate", rates, tax_effect(outcome.without_rate) if outcome.without_rate else None)
    return (outcome.kind, outcome.code, outcome.hold)


def tax_words(outcome: TaxOutcome) -> str:
    """A tax outcome in the form for people."""
    if outcome.ask:
        return f"ask {outcome.ask}"
    if outcome.kind == "by_rate":
        rates = [f"{rate} %: {tax_words(each)}" for rate, each in outcome.rates.items()]
        without = [f"no rate: {tax_words(outcome.without_rate)}"] if outcome.without_rate else []
        return "by rate (" + ", ".join(rates + without) + ")"
    return outcome.code or (f"hold: {outcome.hold}" if outcome.hold else outcome.kind)


def item_row(outcome: ItemOutcome, kind: Kind, when: Conditions, same_name: bool = False) -> Row:
    """A rule of the decision on items."""
    effect: Hashable
    if outcome.ask:
        effect, says = ("ask", outcome.ask), f"ask {outcome.ask}"
    elif outcome.hold == BY_RULE:
        effect, says = HELD, "hold"
    elif outcome.hold:
        effect, says = ("hold", outcome.hold), f"hold: {outcome.hold}"
    elif same_name:
        effect, says = SAME_NAME, "same_name"
    else:
        effect, says = ("item", outcome.names.get("item", "")), outcome.names.get("item", "")
    return Row(outcome.rule, outcome.at, kind, when, effect, says, item=outcome)


def tax_row(outcome: TaxOutcome, kind: Kind, when: Conditions) -> Row:
    """A rule of the decision on tax codes."""
    return Row(outcome.rule, outcome.at, kind, when, tax_effect(outcome), tax_words(outcome), tax=outcome)


def setting_row(own: Setting, kind: Kind, when: Conditions) -> Row:
    """A rule of the decision on one setting."""
    return Row(own.rule, own.at, kind, when, ("setting", own.says), own.says, setting=own)


def is_final(row: Row) -> bool:
    """Whether no other decision is made beside the rule: it holds the line, or skips the invoice."""
    if row.item is not None:
        return bool(row.item.hold) and not row.item.ask
    return row.setting is not None and row.setting.value != "none"


def keyed_by(field: str, folded: str, written: str) -> dict[str, Texts]:
    """The condition of a key of a map; `written` is its spelling in the file."""
    return {field: Texts(frozenset((folded,)), written={folded: written})}
