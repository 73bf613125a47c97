"""What single rules say: frozen, typed, each with its id and its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from onedesk_quickbooks.plugin.model.decision import RoundingChoice, Where

TaxKind = Literal["code", "automatic", "none", "hold", "company_default", "by_rate"]
TAX_WORDS: tuple[TaxKind, ...] = ("automatic", "none", "hold", "company_default")


def called(rule: str, at: Where) -> str:
    """A rule with its place, as sentences have it: "items.otherwise (rules.yaml:7)"."""
    return f"{rule} ({at.short})"


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
        return str(self.line or self.value).replace("\n", " / ")


BY_RULE = "by the rule"
"""In the place of a reason: the rule says hold, and no more."""


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What a rule says of items: `names` by `keys.outputs`; one that is not there is left to the rules that follow (an
    item also to the line's own name, for same_name). `hold` is the reason where the line is held, BY_RULE for the word
    alone; `ask` names the
    question that a Python plugin answers instead (`hold` then says that none has)."""

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

    @property
    def called(self) -> str:
        """The rule with its place."""
        return called(self.rule, self.at)


SETTLING = ("adjust_tax", "rounding_line")
"""The words of totals.when_different that settle a difference up to the tolerance."""
