"""The input classes of a rule set: for each rule, the values of its conditions for which it wins. Tests are complete
when every class has one.

A class is a rule with one alternative for each of its conditions (a value, a prefix, a range, a tax rate).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from onedesk_quickbooks.plugin.model.decision import Facts, ItemChoice, TaxChoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.model.money import rate_key
from onedesk_quickbooks.plugin.model.where import Where
from onedesk_quickbooks.plugin.ruleset.cases.run import RULES, case_names
from onedesk_quickbooks.plugin.ruleset.core.chains import Chain, Row
from onedesk_quickbooks.plugin.ruleset.core.columns import MANY, Condition, Conditions, Texts
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.subjects import invoice_values
from onedesk_quickbooks.plugin.ruleset.core.words import fold
from onedesk_quickbooks.plugin.ruleset.explain.nearest import Indexed, indexed
from onedesk_quickbooks.plugin.ruleset.explain.subjects import subjects
from onedesk_quickbooks.plugin.ruleset.keys import settings
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from onedesk_quickbooks.plugin.ruleset.prove.masks import Point
from onedesk_quickbooks.plugin.ruleset.prove.words import shown

MOST = 64
"""Classes of one rule; for a rule with more combinations each value occurs at least once."""

Key = tuple[str, str, tuple[tuple[str, str], ...], str]
"""Decision, rule, alternatives by field, tax rate ("" where rates do not matter, "none", "other")."""


@dataclass(frozen=True, slots=True)
class InputClass:
    """One class. `witness` maps fields to the values of an input in it; `rate` is the tax rate of that input, None if
    it does not matter or the line has none."""

    key: Key
    at: Where
    witness: Mapping[str, str] = field(compare=False)
    rate: str | None = None

    def __str__(self) -> str:
        decision, rule, values, rate = self.key
        by = [f"{name} {value}" for name, value in values] + ([f"tax rate {rate}"] if rate else [])
        return f"{decision}: {rule}" + (f" with {', '.join(by)}" if by else "")


def classes(rules: RuleSet) -> list[InputClass]:
    """All classes of the decisions with more than one rule, or whose only rule is not in default.yaml."""
    found: list[InputClass] = []
    for own in indexed(rules).values():
        written = own.chain.decision in ("item", "tax_code") and own.chain.rows[0].at.file != str(DEFAULT_RULES)
        if len(own.chain.rows) > 1 or written:
            for index in range(len(own.chain.rows)):
                found.extend(_of_row(own, index))
    return found


def _of_row(own: Indexed, index: int) -> Iterator[InputClass]:
    row = own.chain.rows[index]
    if not row.named and row.kind != "otherwise":
        return
    for conditions in _alternatives(row.when):
        own.solver.left = own.solver.budget
        point = own.solver.search([conditions], (1 << index) - 1)
        if point is not None:
            yield from _with_rates(own, row, conditions, point)


def _with_rates(own: Indexed, row: Row, conditions: Conditions, point: Point) -> Iterator[InputClass]:
    names = tuple(sorted((name, str(each)) for name, each in conditions.items()))
    values = shown(own.solver, point)
    decision = own.chain.decision
    if row.tax is None or row.tax.kind != "by_rate":
        yield InputClass((decision, row.rule, names, ""), row.at, values)
        return
    for rate, outcome in row.tax.rates.items():
        yield InputClass((decision, row.rule, names, rate), outcome.at, values, rate)
    if row.tax.without_rate is not None:
        yield InputClass((decision, row.rule, names, "none"), row.tax.without_rate.at, values)


def _alternatives(when: Conditions) -> Iterator[dict[str, Condition]]:
    lists = [[(name, each) for each in _single(condition)] for name, condition in when.items()]
    count = 1
    for each in lists:
        count *= len(each)
    if count <= MOST:
        yield from (dict(each) for each in itertools.product(*lists))
        return
    for turn in range(max(map(len, lists))):
        yield dict(each[turn % len(each)] for each in lists)


def _single(condition: Condition) -> list[Condition]:
    if not isinstance(condition, Texts) or condition.says:
        return [condition]
    own = partial(Texts, written=condition.written, but=condition.but)
    exact: list[Condition] = [own(exact=frozenset((each,))) for each in sorted(condition.exact)]
    return exact + [own(prefixes=frozenset((each,))) for each in sorted(condition.prefixes)]


def covered(
    rules: RuleSet, invoice: Invoice, facts: Facts, owner: str = "", expect: Mapping[str, Any] | None = None
) -> Iterator[Key]:
    """The classes that an invoice falls into. `owner` restricts them to the charges or discounts of that name, `expect`
    to what the case asserts. A line that is held before any rule decides covers none."""
    whole = invoice_values(invoice)
    decided = decide(rules, invoice, facts)
    lists = ("lines", decided.lines), ("discounts", decided.discounts), ("charges", decided.charges)
    choices = [(name, index, choice) for name, made in lists for index, choice in enumerate(made)]
    about = [each for each in zip(subjects(invoice), choices, strict=True) if owner in ("", each[0].owner)]
    for decision, chain in rules.chains.items():
        if "." in decision or decision == "customer":
            if expect is None or any(name in expect for name in WHOLE[decision]):
                yield _key(chain, whole, "")
            continue
        for each, (name, index, choice) in about:
            made = choice.tax if decision == "tax_code" else choice.item
            if made is None or (choice.item and choice.item.text) or _held_before(made, each.values):
                continue
            if expect is None or _asserts(_expected(expect, name, index), decision, made):
                yield _key(chain, each.values, "none" if each.rate is None else rate_key(each.rate))


WHOLE = {"customer": ("customer",), **{key.id: case_names(key) for key in settings().values()}}
"""The names of each decision on the whole invoice in cases."""


def _expected(expect: Mapping[str, Any], name: str, index: int) -> Mapping[str, Any]:
    """What a case expects of one line, charge or discount."""
    own = expect.get(name, ())
    return {**(expect if name == "lines" else {}), **(own[index] if index < len(own) else {})}


def _asserts(expected: Mapping[str, Any], decision: str, made: ItemChoice | TaxChoice) -> bool:
    """Whether a case asserts the decision, by its name or its rule. A part of the reason asserts that the line is
    held."""
    if decision in expected or RULES.get(decision) in expected:
        return True
    return decision in ("item", "tax_code") and bool(made.hold) and expected.get("hold", "no") != "no"


def _held_before(choice: ItemChoice | TaxChoice, values: Mapping[str, Any]) -> bool:
    """Whether no rule decided. An address without a country counts as decided: `otherwise` covers it."""
    return bool(choice.in_doubt) and (choice.in_doubt != "country" or bool(values["country"]))


def _key(chain: Chain, values: Mapping[str, Any], rate: str) -> Key:
    row = chain.find(values)
    names = tuple(sorted((name, _alternative(name, each, values[name])) for name, each in row.when.items()))
    by_rate = row.tax is not None and row.tax.kind == "by_rate"
    return chain.decision, row.rule, names, rate if by_rate else ""


def _alternative(name: str, condition: Condition, value: Any) -> str:
    """The alternative of a condition that a value satisfies, in the form that `_single` gives."""
    if not isinstance(condition, Texts) or condition.says:
        return str(condition)
    own = partial(Texts, written=condition.written, but=condition.but)
    folded = [fold(each) for each in (value if name in MANY else (value,))]
    for each in folded:
        if each in condition.exact:
            return str(own(exact=frozenset((each,))))
    for prefix in sorted(condition.prefixes, key=len, reverse=True):
        if any(each.startswith(prefix) for each in folded):
            return str(own(prefixes=frozenset((prefix,))))
    return ""
