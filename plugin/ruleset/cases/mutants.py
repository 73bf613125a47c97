"""Rule sets with one rule deleted, swapped with its neighbour or negated: each should make a case fail.

Mutants change the rows of `core.chains`, from which everything is decided, so no section needs code for them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.money import plain
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row, item_row, setting_row, tax_row
from onedesk_quickbooks.plugin.ruleset.core.columns import holds
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.rules import Setting, TaxKind, TaxOutcome
from onedesk_quickbooks.plugin.ruleset.keys import Key, outputs, settings
from onedesk_quickbooks.plugin.ruleset.prove.exact import Change, changes
from onedesk_quickbooks.plugin.ruleset.prove.masks import WorkLimit

Edit = Callable[[Chain], Chain]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed rule set. `how` is deleted, exchanged or negated; `rule` and `at` the rule that was changed."""

    how: str
    rule: str
    at: Where
    rules: RuleSet


@dataclass(frozen=True, eq=False)
class _Scanned(Chain):
    """A list that is searched once or twice, for which an index would cost more than a scan."""

    def find(self, values: Mapping[str, Any]) -> Row:
        """The first match, one row after the other."""
        for row in self.rows:
            if all(holds(field, each, values[field]) for field, each in row.when.items()):
                return row
        raise LookupError(self.decision)


@dataclass(frozen=True, eq=False)
class _NegatedChain(Chain):
    """A list in which one exception applies exactly where it should not."""

    rule: str = ""

    def find(self, values: Mapping[str, Any]) -> Row:
        """The first match, one row after the other."""
        own = next((row.when for row in self.rows if row.kind == "exception" and row.rule == self.rule), None)
        for row in self.rows:
            hold = {field: holds(field, each, values[field]) for field, each in row.when.items()}
            if row.rule == self.rule:  # an implied row has more conditions than its rule
                asked = [each for field, each in hold.items() if own is None or field in own]
                if not all(asked) and all(hold[field] for field in hold if own is not None and field not in own):
                    return row
            elif all(hold.values()):
                return row
        raise LookupError(self.rule)

    def deleted(self) -> Chain:
        """The list without the rule."""
        return _without(self.rule, Chain(self.decision, self.rows, self.blank_holds))

    def outside(self) -> Chain:
        """The list with the rule repeated at its end, for all remaining inputs."""
        own = [row for row in self.rows if row.rule == self.rule]
        asked = next((row.when for row in own if row.kind == "exception"), {})
        again = [
            replace(row, when={field: each for field, each in row.when.items() if field not in asked}) for row in own
        ]
        end = 1 + max((at for at, row in enumerate(self.rows) if row.rule == self.rule), default=-1)
        return Chain(self.decision, (*self.rows[:end], *again, *self.rows[end:]), self.blank_holds)


def mutants(rules: RuleSet, own_files: Callable[[str], bool] = lambda file: True) -> Iterator[Mutant]:
    """Every mutant of the user's rules (not of the defaults), decision by decision."""
    for decisions in (outputs(), *((name,) for name in rules.chains if name not in outputs())):
        for how, rule, at, change in _changes([rules.chains[name] for name in decisions]):
            if own_files(at.file):
                yield Mutant(how, rule, at, _changed(rules, decisions, change))


def differences(rules: RuleSet, mutant: RuleSet, facts: Facts) -> Iterator[Change]:
    """The inputs of a company that the mutant decides differently, each with an example; ends early if the comparison
    takes too long."""
    with suppress(WorkLimit):
        yield from _differences(rules, mutant, facts)


def _differences(rules: RuleSet, mutant: RuleSet, facts: Facts) -> Iterator[Change]:
    for each in _listed(mutant):
        yield from changes(_in_company(rules, facts), _in_company(each, facts))


def differs(rules: RuleSet, mutant: RuleSet, facts: Facts) -> bool:
    """Whether the mutant decides anything differently in a company; also True if the comparison takes too long."""
    try:
        return any(True for _ in _differences(rules, mutant, facts))
    except WorkLimit:
        return True


def _listed(mutant: RuleSet) -> Iterator[RuleSet]:
    """The mutant as lists that can be compared. A negated rule gives two: for its own inputs the list without it, for
    all others the list with the rule repeated at the end."""
    chains = (*mutant.chains.values(), mutant.implied_taxes)
    if not any(isinstance(each, _NegatedChain) for each in chains):
        yield mutant
        return
    for change in (_NegatedChain.deleted, _NegatedChain.outside):
        listed = {n: change(each) if isinstance(each, _NegatedChain) else each for n, each in mutant.chains.items()}
        implied = mutant.implied_taxes
        yield replace(
            mutant, chains=listed, implied_taxes=change(implied) if isinstance(implied, _NegatedChain) else implied
        )


def _in_company(rules: RuleSet, facts: Facts) -> RuleSet:
    """The rules with only the tax decision that applies in this company."""
    taxes = rules.taxes_in(facts)
    return replace(rules, chains={**rules.chains, "tax_code": taxes}, implied_taxes=taxes)


def _changed(rules: RuleSet, decisions: Sequence[str], change: Edit) -> RuleSet:
    def changed(chain: Chain) -> Chain:
        made = change(chain)
        return made if isinstance(made, _NegatedChain) else _Scanned(made.decision, made.rows, made.blank_holds)

    chains = {name: changed(chain) if name in decisions else chain for name, chain in rules.chains.items()}
    implied = changed(rules.implied_taxes) if "tax_code" in decisions else rules.implied_taxes
    return replace(rules, chains=chains, implied_taxes=implied)


def _changes(chains: Sequence[Chain]) -> Iterator[tuple[str, str, Where, Edit]]:
    """For each rule, how it can change, its id and place, and the changes of all decisions that it takes part in."""
    rows = {row.rule: row for chain in reversed(chains) for row in reversed(chain.rows)}
    following: dict[str, dict[str, None]] = {}
    for one, other in itertools.chain.from_iterable(map(_neighbours, chains)):
        following.setdefault(one, {})[other] = None
    for rule, row in sorted(rows.items(), key=lambda each: (each[1].at.file, each[1].at.line, each[1].at.column)):
        if row.kind != "otherwise":
            yield "deleted", rule, row.at, partial(_without, rule)
        if row.kind == "exception":
            yield "negated", rule, row.at, partial(_negated, rule)
        elif _other(chains[0].decision, row) is not row:
            yield "negated", rule, row.at, partial(_with_other, rule)
        for rate, outcome in row.tax.rates.items() if row.tax else ():
            yield "deleted", outcome.rule, outcome.at, partial(_without_rate, rule, rate)
        for other in following.get(rule, ()):
            yield "exchanged", rule, row.at, partial(_exchanged, rule, other)


def _neighbours(chain: Chain) -> Iterator[tuple[str, str]]:
    """Two adjacent rules whose order, or place in a map, matters to this decision."""
    from onedesk_quickbooks.plugin.ruleset.prove.solver import Solver

    for one, other in itertools.pairwise(chain.rows):
        if one.kind == other.kind and one.effect != other.effect:
            both = [one.when, other.when]
            overlap = one.kind == "exception" and Solver(both).search(both, 0) is not None
            if overlap or (one.kind == "key" and tuple(one.when) == tuple(other.when)):
                yield one.rule, other.rule


def _without(rule: str, chain: Chain) -> Chain:
    return replace(chain, rows=tuple(row for row in chain.rows if row.rule != rule))


def _negated(rule: str, chain: Chain) -> Chain:
    return _NegatedChain(chain.decision, chain.rows, chain.blank_holds, rule)


def _with_other(rule: str, chain: Chain) -> Chain:
    rows = tuple(_other(chain.decision, row) if row.rule == rule else row for row in chain.rows)
    return replace(chain, rows=rows)


def _without_rate(rule: str, rate: str, chain: Chain) -> Chain:
    def changed(row: Row) -> Row:
        if row.rule != rule or row.tax is None or row.lacks:
            return row
        rates = {each: outcome for each, outcome in row.tax.rates.items() if each != rate}
        return tax_row(replace(row.tax, rates=rates), row.kind, row.when)

    return replace(chain, rows=tuple(map(changed, chain.rows)))


def _exchanged(one: str, other: str, chain: Chain) -> Chain:
    """The list with the rows of two rules swapped; two entries of a map keep their keys."""

    def moves(row: Row) -> bool:
        return row.rule in (one, other) and (row.kind != "implied" or bool(row.lacks))

    turned = iter(sorted(filter(moves, chain.rows), key=lambda row: row.rule == one))
    rows = ((next(turned), row.when) if moves(row) else (row, row.when) for row in chain.rows)
    return replace(chain, rows=tuple(replace(row, when=when) if row.kind == "key" else row for row, when in rows))


def _other(decision: str, row: Row) -> Row:
    """The row with another outcome: a line is held or no longer held; a tax code, name or word is replaced."""
    if row.item and decision == "item":
        if row.item.hold and row.kind == "otherwise":
            return item_row(replace(row.item, hold=""), row.kind, row.when, same_name=True)
        if row.item.hold:
            return item_row(replace(row.item, names={"item": "of the mutant"}, hold=""), row.kind, row.when)
        return item_row(replace(row.item, names={}, hold="held by the mutant"), row.kind, row.when)
    if row.tax:
        kind: TaxKind = "none" if row.tax.kind == "hold" else "hold"
        return tax_row(TaxOutcome(row.rule, row.at, kind), row.kind, row.when)
    if row.setting:
        return setting_row(_other_setting(settings().get(decision), row.setting), row.kind, row.when)
    return row


def _other_setting(key: Key | None, setting: Setting) -> Setting:
    """The setting with another word, amount or name. Without a key it is the name of a customer."""
    if key is None or not (key.words or key.amount):
        return replace(setting, value=f"not {setting.value}")
    if key.several:
        return replace(setting, value=key.words[0] if setting.value != key.words[0] else key.words[-1])
    if key.amount:
        return replace(setting, value=plain(Decimal(setting.value) + 1))
    others = [each for each in (key.default, *reversed(key.words)) if each and each != setting.value]
    return replace(setting, value=others[0], line=None)
