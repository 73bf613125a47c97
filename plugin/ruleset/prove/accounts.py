"""The income accounts that the rules require for each item: QuickBooks posts a line to the account of its item, so one
item cannot have two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.chains import SAME_NAME, Row
from onedesk_quickbooks.plugin.ruleset.core.columns import Conditions, Texts
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.prove.choices import Choice
from onedesk_quickbooks.plugin.ruleset.prove.masks import members
from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver
from onedesk_quickbooks.plugin.ruleset.prove.words import fresh, input_words
from onedesk_quickbooks.plugin.texts import Text

BUDGET = 100_000
"""Steps for the analysis of all items of a rule set."""


@dataclass(frozen=True, slots=True)
class AccountOfItem:
    """An account that some line of an item gets: `account` is "" for the company's default; `by_rule` is False for the
    account of new items, which an existing item may differ from; `example` is such a line."""

    account: str
    by_rule: bool
    rule: str
    at: Where
    example: str


@dataclass(slots=True)
class ItemOfRules:
    """An item that lines may take. `name` is its spelling in the rules, "" if it has the name of a service type that no
    rule names; `words` are its name for people; each of `ways` is an item rule, the conditions under which it applies,
    and (as bits) the account rules that may apply with it."""

    name: str
    words: str
    ways: list[tuple[int, Conditions, int]] = field(default_factory=list)


class ItemAccounts:
    """The items of a rule set with their accounts. `names` are items of QuickBooks, which lines may take by the name of
    their service type. Methods raise WorkLimit after `budget` steps."""

    def __init__(self, rules: RuleSet, names: Iterable[str] = (), budget: int = BUDGET) -> None:
        self._items, self._accounts = rules.chains["item"].rows, rules.chains["income_account"].rows
        self._first = len(self._items)
        self._solver = Solver([row.when for row in (*self._items, *self._accounts)], budget)
        self._names = tuple(names)
        chosen = rules.default_income_account
        self._new_items = chosen
        self._default = fold(chosen.value) if chosen else "", False
        self._by_account: dict[tuple[str, bool], int] = {self._default: 0}
        self._own: dict[str, int] = {}
        for bit, row in enumerate(self._accounts):
            name, by_rule = _account(row)
            key = fold(name), by_rule
            self._by_account[key] = self._by_account.get(key, 0) | 1 << bit
            self._own[row.rule] = bit

    @property
    def several(self) -> bool:
        """Whether there is more than one account."""
        return len({account for (account, _), rows in self._by_account.items() if rows}) > 1

    @cached_property
    def items(self) -> Mapping[str, ItemOfRules]:
        """The items by folded name, in the order of the rules. Raises WorkLimit."""
        found: dict[str, ItemOfRules] = {}
        for index, row in enumerate(self._items):
            kind, name = row.effect if isinstance(row.effect, tuple) else ("", "")
            if kind == "item":
                self._add(found, ItemOfRules(str(name), Text('the item "{name}"', name=name)), str(name), index, {})
        if self._items[-1].effect == SAME_NAME:
            seen = set(_named(self._items))
            for text, words in self._service_types():
                if ":" not in text and fold(text) not in seen:
                    seen.add(fold(text))
                    item = ItemOfRules(text if words.startswith("the") else "", words)
                    only = {"service_type": Texts(frozenset((fold(text),)))}
                    self._add(found, item, text, len(self._items) - 1, only)
        return found

    def accounts(self, item: ItemOfRules) -> set[tuple[str, bool]]:
        """The accounts, folded, that the item may get, and whether a rule asks for each; some may be unreachable."""
        return {key for _, _, allowed in item.ways for key, _ in self._going_with(allowed)}

    def accounts_of(self, item: ItemOfRules) -> list[AccountOfItem]:
        """The accounts that the item gets, each with an example line. Raises WorkLimit."""
        found: dict[tuple[str, bool], AccountOfItem] = {}
        for way, when, allowed in item.ways:
            for key, rows in self._going_with(allowed):
                for bit in members(rows) if key not in found else ():
                    account = self._account_of(way, when, bit, key)
                    if account is not None:
                        found[key] = account
                        break
        return list(found.values())

    def _account_of(self, way: int, when: Conditions, bit: int, key: tuple[str, bool]) -> AccountOfItem | None:
        row = self._accounts[bit]
        avoid = (1 << way) - 1 | ((1 << bit) - 1) << self._first
        point = self._solver.search([self._items[way].when, when, row.when], avoid)
        if point is None:
            return None
        example, chosen = input_words(self._solver, point), self._new_items
        if key == self._default and chosen is not None:
            return AccountOfItem(chosen.value, False, chosen.rule, chosen.at, example)
        return AccountOfItem(_account(row)[0], key[1], row.rule, row.at, example)

    def _going_with(self, allowed: int) -> Iterator[tuple[tuple[str, bool], int]]:
        """For each account, the rules that may apply with a rule for items."""
        for key, rows in self._by_account.items():
            if rows & allowed:
                yield key, rows & allowed

    def _add(self, found: dict[str, ItemOfRules], item: ItemOfRules, key: str, way: int, when: Conditions) -> None:
        """Add one way to an item, with the account rules that may apply with it: none after an account of its own."""
        row = self._items[way]
        allowed = self._solver.overlapping({**row.when, **when}) >> self._first
        own = self._own.get(row.rule)
        if own is not None:
            allowed &= (2 << own) - 1
        found.setdefault(fold(key), item).ways.append((way, when, allowed))

    def _service_types(self) -> Iterator[tuple[str, str]]:
        """The names that an item may have from its service type: those of the company, those in conditions, and a
        representative for each prefix and for all others. A service type with the name of an item of other rules is
        left out, since most rule sets would get a finding of no use."""
        yield from ((name, Text('the item "{name}"', name=name)) for name in self._names)
        prefixes = {"": Text("every item that has the name of its service type")}
        for row in (*self._items, *self._accounts):
            asked = row.when.get("service_type")
            for own in (asked, asked.but) if isinstance(asked, Texts) else ():
                if own is None:
                    continue
                for each in sorted(own.exact):
                    written = own.written.get(each, each)
                    yield written, Text('the item "{written}"', written=written)
                for each in sorted(own.prefixes - {""}):
                    prefixes[each] = Text(
                        'every item of a service type that begins with "{each}"', each=own.written.get(each, each)
                    )
        for prefix, words in prefixes.items():
            yield fresh(self._solver, "service_type", Choice(prefix, True)), words


def _account(row: Row) -> tuple[str, bool]:
    """The account of a row of the chain income_account, "" for the company's default, and whether a rule requires
    it."""
    _, name, by_rule = row.effect if isinstance(row.effect, tuple) else ("", "", False)
    return str(name), bool(by_rule)


def _named(rows: Sequence[Row]) -> Iterator[str]:
    """The service types that always have an item by their key, folded."""
    for row in rows:
        always = row.kind == "key" and row.when.keys() == {"service_type"}
        asked = row.when.get("service_type") if always else None
        if isinstance(asked, Texts):
            yield from asked.exact
