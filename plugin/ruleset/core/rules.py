"""The outcomes of single rules: frozen, typed, each with its id and its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from onedesk_quickbooks.plugin.model.decision import RoundingChoice
from onedesk_quickbooks.plugin.model.where import Where

TaxKind = Literal["code", "automatic", "none", "hold", "company_default", "by_rate"]
TAX_WORDS: tuple[TaxKind, ...] = ("automatic", "none", "hold", "company_default")


def called(rule: str, at: Where) -> str:
    """A rule with its place, for sentences: "items.otherwise (rules.yaml:7)"."""
    return f"{rule} ({at.short})"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the rules: its word; for "line" of totals.rounding also the `line`."""

    value: str
    rule: str
    at: Where
    line: RoundingChoice | None = None

    @property
    def says(self) -> str:
        """The setting in the form for people."""
        return str(self.line or self.value).replace("\n", " / ")


BY_RULE = "by the rule"
"""Instead of a reason, for a rule with only the word hold."""


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """The outcome of a rule for items: `names` by `keys.outputs`; a missing output is left to the following rules (an
    item also to the name of the line, for same_name). `hold` is the reason if the line is held, BY_RULE for the word
    alone; `ask` names the question that a Python plugin answers instead (`hold` then says that no plugin has answered).
    """

    rule: str
    at: Where
    names: Mapping[str, str] = field(default_factory=dict)
    hold: str = ""
    ask: str = ""

    @property
    def called(self) -> str:
        """The rule with its place."""
        return called(self.rule, self.at)


@dataclass(frozen=True, slots=True)
class TaxOutcome:
    """The outcome of a rule for taxes; `rates` by `model.money.rate_key`, `without_rate` for lines without a rate;
    `ask` as for items."""

    rule: str
    at: Where
    kind: TaxKind
    code: str = ""
    hold: str = ""
    rates: Mapping[str, TaxOutcome] = field(default_factory=dict)
    without_rate: TaxOutcome | None = None
    ask: str = ""

    @property
    def called(self) -> str:
        """The rule with its place."""
        return called(self.rule, self.at)


SETTLING = ("adjust_tax", "rounding_line")
"""The words of totals.when_different that settle a difference within the tolerance."""
