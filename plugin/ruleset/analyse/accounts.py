"""The income accounts that the rules ask for, item by item: QuickBooks books a line on the account of its item, so one
item cannot have two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from onedesk_quickbooks.plugin.model.decision import Where
from onedesk_quickbooks.plugin.ruleset.analyse.chains import Row, chains
from onedesk_quickbooks.plugin.ruleset.analyse.choices import Choice, contains
from onedesk_quickbooks.plugin.ruleset.analyse.masks import members
from onedesk_quickbooks.plugin.ruleset.analyse.sample import fresh
from onedesk_quickbooks.plugin.ruleset.analyse.solver import Solver
from onedesk_quickbooks.plugin.ruleset.analyse.words import input_words
from onedesk_quickbooks.plugin.ruleset.columns import Conditions, Texts
from onedesk_quickbooks.plugin.ruleset.rules import RuleSet
from onedesk_quickbooks.plugin.ruleset.words import fold


@dataclass(frozen=True, slots=True)
class Standing:
    """An account that some line of an item gets: `account` is "" for the company's default; `by_rule` is False for the
    account of new items, which an item that QuickBooks has need not be on; `example` is such a line."""

    account: str
    by_rule: bool
    rule: str
    at: Where
    example: str


@dataclass(slots=True)
class ItemOfRules:
    """An item that lines may take. `name` is as the rules write it, "" where it merely has the name of a service type
    that no rule names; `words` are what a person calls it; `ways` the item rule, conditions that come to it, and the
    account rules that may go with it."""

    name: str
    words: str
    ways: list[tuple[int, Conditions, list[int]]] = field(default_factory=list)


class ItemAccounts:
    """The items of a rule set with their accounts. `names` are items that QuickBooks has: lines may take them by the
    name of their service type. Questions raise WorkLimit after `budget` steps."""

    def __init__(self, rules: RuleSet, names: Iterable[str] = (), budget: int = 300_000) -> None:
        by_decision = {chain.decision: chain.rows for chain in chains(rules)}
        self._items, self._accounts = by_decision["item"], by_decision["income_account"]
        self._first = len(self._items)
        self._solver = Solver([row.when for row in (*self._items, *self._accounts)], budget)
        self._rules = rules
        chosen = rules.items.default_income_account
        self._default = chosen.value if chosen else ""
        self.several = len({fold(account) for account, _ in map(self._at_any, self._accounts)}) > 1
        """Whether there is more than one account at all."""
        self._names = tuple(names)

    @cached_property
    def items(self) -> Mapping[str, ItemOfRules]:
        """By folded name, in the order of the rules. Raises WorkLimit."""
        found: dict[str, ItemOfRules] = {}
        for index, row in enumerate(self._items):
            kind, name = row.effect if isinstance(row.effect, tuple) else ("", "")
            if kind == "item":
                self._add(found, ItemOfRules(str(name), f'the item "{name}"'), str(name), index, {})
        if self._rules.items.same_name:
            seen = set(self._rules.items.by_service_type)
            for text, words in self._service_types():
                if ":" not in text and fold(text) not in seen:
                    seen.add(fold(text))
                    item = ItemOfRules(text if words.startswith("the") else "", words)
                    only = {"service_type": Texts(frozenset((fold(text),)))}
                    self._add(found, item, text, len(self._items) - 1, only)
        return found

    def accounts(self, item: ItemOfRules) -> set[tuple[str, bool]]:
        """The accounts, folded, that the item may get, and whether a rule asks for them; some may be out of reach."""
        found = (self._account(way, each) for way, _, allowed in item.ways for each in allowed)
        return {(fold(account), by_rule) for account, by_rule in found}

    def standings(self, item: ItemOfRules) -> list[Standing]:
        """The accounts that the item gets, each with a line that shows it."""
        found: dict[tuple[str, bool], Standing] = {}
        for way, when, allowed in item.ways:
            for each in allowed:
                account, by_rule = self._account(way, each)
                row = self._accounts[each]
                if (fold(account), by_rule) in found:
                    continue
                avoid = (1 << way) - 1 | ((1 << each) - 1) << self._first
                point = self._solver.search([self._items[way].when, when, row.when], avoid)
                if point is not None:
                    standing = Standing(account, by_rule, row.rule, row.at, input_words(self._solver, point))
                    found[(fold(account), by_rule)] = standing
        return list(found.values())

    def _at_any(self, row: Row) -> tuple[str, bool]:
        account = row.effect[1] if isinstance(row.effect, tuple) else ""
        return str(account), row.named and row.rule != "items.default_income_account"

    def _account(self, way: int, each: int) -> tuple[str, bool]:
        """The account where these two rules win, and whether a rule asks for it. That of `otherwise` goes with the item
        of `otherwise` alone."""
        row, otherwise = self._accounts[each], self._rules.items.otherwise
        if row.rule == otherwise.rule and self._items[way].rule != otherwise.rule:
            return self._default, False
        return self._at_any(row)

    def _add(self, found: dict[str, ItemOfRules], item: ItemOfRules, key: str, way: int, when: Conditions) -> None:
        """One way to an item, with the account rules that may go with it."""
        wanted = {**self._items[way].when, **when}
        allowed = []
        for bit in members(self._solver.overlapping(wanted) >> self._first):
            allowed.append(bit)
            if contains(self._accounts[bit].when, wanted):
                break  # no later rule is asked
        found.setdefault(fold(key), item).ways.append((way, when, allowed))

    def _service_types(self) -> Iterator[tuple[str, str]]:
        """The names that an item may have from its service type: those of the company, those that conditions name, and
        one for all that begin like a prefix, or like nothing. That a service type may have the name of an item of other rules is
        left out: it would be said of most rule sets, and be of use to none."""
        yield from ((name, f'the item "{name}"') for name in self._names)
        prefixes = {"": "every item that has the name of its service type"}
        for row in (*self._items, *self._accounts):
            asked = row.when.get("service_type")
            if isinstance(asked, Texts):
                for each in sorted(asked.exact):
                    written = asked.written.get(each, each)
                    yield written, f'the item "{written}"'
                for each in sorted(asked.prefixes):
                    prefixes[each] = f'every item of a service type that begins with "{asked.written.get(each, each)}"'
        for prefix, words in prefixes.items():
            yield fresh(self._solver, "service_type", Choice(prefix, True)), words
