"""The parts of a rule set as they are written: frozen, typed, each with its id and its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from onedesk_quickbooks.plugin.model.decision import RoundingChoice, Where
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions

T = TypeVar("T")

TaxKind = Literal["code", "automatic", "none", "hold", "company_default", "by_rate"]
TAX_WORDS: tuple[TaxKind, ...] = ("automatic", "none", "hold", "company_default")


@dataclass(frozen=True, slots=True)
class Setting:
    """One word of the rules; of totals.rounding, "line" with what stands on the `line`."""

    value: str
    rule: str
    at: Where
    line: RoundingChoice | None = None

    @property
    def says(self) -> str:
        """The setting as a person reads it."""
        return str(self.line or self.value)


Listed = tuple[tuple[Conditions, T], ...]
"""Exceptions: conditions and outcome of each, the first that matches wins."""


@dataclass(frozen=True, slots=True)
class SettingRules:
    """One setting: its exceptions, and what holds otherwise; None where the rules name nothing. `at` is the place of
    the section, where it would stand."""

    exceptions: Listed[Setting]
    otherwise: Setting | None
    at: Where


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What a rule says of items: `names` by `keys.outputs`; one that is not there is left to the rules that follow (an
    item also to the line's own name, for same_name). `hold` is the reason where the line is held; `ask` names the
    question that a Python plugin answers instead (`hold` then says that none has)."""

    rule: str
    at: Where
    names: Mapping[str, str] = field(default_factory=dict)
    hold: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True)
class TaxOutcome:
    """What a rule says of taxes; `rates` by `model.money.rate_key`, `without_rate` for lines that carry none; `ask` as
    with items."""

    rule: str
    at: Where
    kind: TaxKind
    code: str = ""
    hold: str = ""
    rates: Mapping[str, TaxOutcome] = field(default_factory=dict)
    without_rate: TaxOutcome | None = None
    ask: str = ""


@dataclass(frozen=True, slots=True)
class CountryTaxes:
    """A country's outcome, and those of its regions by `words.region_of`."""

    default: TaxOutcome
    regions: Mapping[str, TaxOutcome] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemRules:
    """Maps are keyed by `fold`."""

    exceptions: Listed[ItemOutcome]
    by_service_type: Mapping[str, ItemOutcome]
    by_charge: Mapping[str, ItemOutcome]
    otherwise: ItemOutcome
    same_name: bool
    default_income_account: Setting | None


@dataclass(frozen=True, slots=True)
class TaxRules:
    """`by_country` is keyed by ISO code, `by_category` by the code of UNCL5305, both in capitals. `not_named` holds
    what no country may decide: a line that is not taxable or whose category no rule names."""

    exceptions: Listed[TaxOutcome]
    by_country: Mapping[str, CountryTaxes]
    otherwise: TaxOutcome
    by_category: Mapping[str, TaxOutcome]
    not_named: TaxOutcome


SETTLING = ("adjust_tax", "rounding_line")
"""The words of totals.when_different that settle a difference up to the tolerance."""
