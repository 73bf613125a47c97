"""The losing rule that came nearest to winning, and the conditions that it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row, value_text
from onedesk_quickbooks.plugin.ruleset.core.columns import holds
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.prove.masks import members
from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver
from onedesk_quickbooks.plugin.texts import Text, joined

_ALIKE = 0.8
_LOOKED_AT = 200
"""The maximum number of rules that are compared one by one, so that the time does not grow with the rule set."""


@dataclass(frozen=True, slots=True)
class LostBy:
    """A condition that did not hold: the rule requires `wants`, the invoice has `value` ("" for no value)."""

    field: str
    wants: str
    value: str

    def __str__(self) -> str:
        return str(self.__text__())

    def __text__(self) -> Text:
        values = {"field": self.field, "value": self.value, "wants": self.wants}
        if not self.value:
            return Text("{field} is not set, the rule requires {wants}", **values)
        return Text('{field} is "{value}", the rule requires {wants}', **values)


@dataclass(frozen=True, slots=True)
class Nearest:
    """A rule that lost; without `lost_by` it matched too, but comes after the winner."""

    rule: str
    at: Where
    lost_by: tuple[LostBy, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The rule, its place and the conditions."""
        return {"rule": self.rule, **asdict(self.at), "lost_by": [asdict(each) for each in self.lost_by]}

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Nearest:
        lost = tuple(LostBy(each["field"], each["wants"], each["value"]) for each in source["lost_by"])
        return cls(source["rule"], Where(source["file"], source["line"], source["column"]), lost)

    def __str__(self) -> str:
        return str(self.__text__())

    def __text__(self) -> Text:
        why = Text("it matches too, but comes later")
        if self.lost_by:
            why = joined("; ", (each.__text__() for each in self.lost_by))
        return Text("{rule} ({place}): {why}", rule=self.rule, place=self.at, why=why)


def lost_by(row: Row, values: Mapping[str, Any]) -> tuple[LostBy, ...]:
    """The conditions of a rule that these values do not satisfy."""
    return tuple(
        LostBy(name, str(condition), value_text(values[name]))
        for name, condition in row.when.items()
        if not holds(name, condition, values[name])
    )


@dataclass(eq=False)
class Indexed:
    """The rules of a decision with an index over their conditions."""

    chain: Chain
    solver: Solver
    several: int = 0
    listed: int = 0
    names: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for index, row in enumerate(self.chain.rows):
            if len(row.when) > 1:
                self.several |= 1 << index
            if row.kind == "exception":
                self.listed |= 1 << index
            elif "service_type" in row.when:
                for name in getattr(row.when["service_type"], "exact", ()):
                    self.names.setdefault(name[:1], []).append(index)

    def accepting(self, values: Mapping[str, Any]) -> dict[str, int]:
        """For each field with conditions, the rules that accept its value."""
        found = {}
        for name, column in self.solver.texts.items():
            found[name] = column.rules(values[name])
        for name, tags in self.solver.tags.items():
            found[name] = tags.rules_of_many(values[name])
        for name, ranges in self.solver.ranges.items():
            found[name] = ranges.rules(ranges.segment(values[name]))
        return found

    def nearest(self, values: Mapping[str, Any]) -> Nearest | None:
        """The nearest rule: one before the winner that fails one condition, else a matching one after the winner, else
        a similar name."""
        if len(self.chain.rows) == 1:
            return None
        masks = self.accepting(values)
        every = self.solver.every
        for mask in masks.values():
            every &= mask
        winner = every & -every
        short = self._one_short(masks)
        before = short & (winner - 1) if winner else short
        later = every & ~winner & ~self._last()
        for mask in (before & self.several, later, self._near_name(values, winner), before & self.listed):
            if mask:
                row = self.chain.rows[next(members(mask))]
                return Nearest(row.rule, row.at, lost_by(row, values))
        return None

    def _one_short(self, masks: Mapping[str, int]) -> int:
        """The rules that fail exactly one condition."""
        found = 0
        for name in masks:
            others = self.solver.every
            for other, mask in masks.items():
                if other != name:
                    others &= mask
            found |= others & ~masks[name]
        return found

    def _last(self) -> int:
        return 1 << (len(self.chain.rows) - 1)

    def _near_name(self, values: Mapping[str, Any], winner: int) -> int:
        """The entry of a map whose service type is similar to that of the line, if no entry has the same."""
        if winner != self._last() or not self.names:
            return 0
        wanted = fold(values["service_type"])
        best, found = _ALIKE, 0
        for index in self.names.get(wanted[:1], ())[:_LOOKED_AT]:
            for name in getattr(self.chain.rows[index].when["service_type"], "exact", ()):
                alike = SequenceMatcher(None, wanted, name).ratio()
                if best < alike:
                    best, found = alike, 1 << index
        return found


@lru_cache(maxsize=4)
def indexed(rules: RuleSet) -> dict[str, Indexed]:
    """The indexed decisions of a rule set, by name; built once for each rule set."""
    return {name: Indexed(chain, Solver([row.when for row in chain.rows])) for name, chain in rules.chains.items()}
