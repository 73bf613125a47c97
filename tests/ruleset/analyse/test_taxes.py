"""Tax codes: what the chain of rules proves is what is decided, also for what the language holds by itself."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onedesk_quickbooks.plugin.model.decision import Facts, TaxChoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.cases.classes import classes, covered
from onedesk_quickbooks.plugin.ruleset.core.columns import holds
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.diff import exact
from onedesk_quickbooks.plugin.ruleset.explain.subjects import subjects
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.prove import analyse
from tests.support.rounds import rounds

ROUNDS = rounds(20)
GB = Facts("GB")
CONDITIONS: dict[str, list[Any]] = {
    "taxable": ["yes", "no"],
    "tax_category": ["E", "S", ["E", "Z"]],
    "has_tax_id": ["yes", "no"],
    "country": ["CA", "GB"],
    "region": ["ON"],
}
CODES = ["A", "B", "hold", "none"]
BY_RATE: list[Any] = ["A", "B", {"by_rate": {"0": "A"}}, {"by_rate": {"0": "B"}, "without_rate": "A"}]


def maps(keys: list[str], values: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Up to two entries."""
    pairs = st.tuples(st.sampled_from(keys), st.sampled_from(values))
    return st.lists(pairs, max_size=2, unique_by=lambda each: each[0]).map(dict)


def sections() -> st.SearchStrategy[dict[str, Any]]:
    """The section taxes, with at most three exceptions and two entries in each map."""
    fields = st.lists(st.sampled_from(sorted(CONDITIONS)), min_size=1, max_size=2, unique=True)
    when = fields.flatmap(
        lambda chosen: st.fixed_dictionaries({each: st.sampled_from(CONDITIONS[each]) for each in chosen})
    )
    exceptions = st.lists(st.tuples(when, st.sampled_from(BY_RATE)), max_size=3)
    countries = maps(["CA", "GB"], [*CODES, {"default": "A", "ON": "B"}, *BY_RATE[2:]])
    return st.tuples(exceptions, maps(["E", "S"], BY_RATE), countries, st.sampled_from(["hold", "none"])).map(section)


def section(parts: tuple[Any, ...]) -> dict[str, Any]:
    exceptions, categories, countries, otherwise = parts
    made = {
        "exceptions": [{"id": f"r{n}", "when": when, "code": code} for n, (when, code) in enumerate(exceptions)],
        "by_category": categories,
        "by_country": countries,
    }
    return {key: value for key, value in made.items() if value} | {"otherwise": otherwise}


def loaded(taxes: Any, path: Path) -> RuleSet:
    path.write_text(json.dumps({"version": "1", "taxes": taxes}), encoding="utf-8")
    found = load(path)
    assert found.rules is not None, found.findings
    return found.rules


def invoices() -> Iterator[Invoice]:
    """With a line for each class of input that these rules can tell apart."""
    places = [{"country": "CA"}, {"country": "GB"}, {"country": "US"}]
    places += [{**each, "region": region} for each, region in zip(places, ("ON", "ON", "WA"), strict=True)]
    lines = [
        {"taxable": taxable, "tax_category": category, "tax_rate": rate}
        for taxable, category, rate in itertools.product(("", "yes", "no"), ("", "S", "E", "Z", "G"), ("", "0", "20"))
    ]
    given = [{key: each for key, each in line.items() if each} for line in lines]
    for place, has_tax_id in itertools.product(places, ("yes", "no")):
        yield Invoice.from_json(as_json({**place, "has_tax_id": has_tax_id, "lines": given}, Path()))


EVERY = list(invoices())
LINES = [each.values for invoice in EVERY for each in subjects(invoice)]


def choices(rules: RuleSet) -> Iterator[TaxChoice]:
    """What is decided for each of the lines."""
    return (line.tax for invoice in EVERY for line in decide(rules, invoice, GB).lines)


@ROUNDS
@given(taxes=sections())
def test_the_chain_is_what_is_decided(taxes: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    rules = loaded(taxes, tmp_path_factory.mktemp("rules") / "rules.yaml")
    rows = rules.proved["tax_code"].rows
    for values, choice in zip(LINES, choices(rules), strict=True):
        won = next(row for row in rows if all(holds(name, each, values[name]) for name, each in row.when.items()))
        if won.kind == "implied":
            assert (choice.kind, choice.in_doubt in ("taxable", "tax_category")) == ("hold", True)
        else:
            assert choice.decision.rule.startswith(won.rule)
            assert choice.in_doubt == ""


@ROUNDS
@given(old=sections(), new=sections())
def test_two_rule_sets_differ_where_decisions_do(old: Any, new: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("rules")
    before, after = loaded(old, folder / "old.yaml"), loaded(new, folder / "new.yaml")
    changes = [each for each in exact(before, after) if each.decision == "tax_code"]
    assert bool(changes) == (said(before) != said(after))


def said(rules: RuleSet) -> list[tuple[str, str]]:
    return [(each.kind, each.code) for each in choices(rules)]


@ROUNDS
@given(taxes=sections())
def test_a_rule_that_changes_nothing_may_be_deleted(taxes: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    rules = loaded(taxes, path)
    reported = {each.rule for each in analyse(rules) if each.code in ("OQ401", "OQ403")}
    exceptions, before = taxes.get("exceptions", ()), said(rules)
    useless = [each for each in exceptions if f"taxes.exceptions.{each['id']}" in reported]
    for count in range(1, len(useless) + 1):
        for deleted in itertools.combinations(useless, count):
            assert said(without(taxes, deleted, path)) == before, "they may be deleted together"
    for each in exceptions:
        assert reported or said(without(taxes, (each,), path)) != before, "one of them is reported"


def without(taxes: Any, deleted: Sequence[Any], path: Path) -> RuleSet:
    left = [each for each in taxes["exceptions"] if each not in deleted]
    rest = {key: value for key, value in taxes.items() if key != "exceptions"}
    return loaded({**rest, "exceptions": left} if left else rest, path)


@ROUNDS
@given(taxes=sections())
def test_classes_have_inputs(taxes: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    rules = loaded(taxes, tmp_path_factory.mktemp("rules") / "rules.yaml")
    found = {each.key for each in classes(rules) if each.key[0] == "tax_code"}
    reached = {key for invoice in EVERY for key in covered(rules, invoice, GB) if key[0] == "tax_code"}
    assert found <= reached


def test_a_us_company_implies_nothing(tmp_path: Path) -> None:
    """What QuickBooks works out by itself needs no code: a rule that repeats it changes nothing."""
    taxes = {
        "by_country": {"US": "automatic"},
        "exceptions": [{"id": "same", "when": {"country": "US", "tag": "a"}, "code": "automatic"}],
        "otherwise": "none",
    }
    assert [each.code for each in analyse(loaded(taxes, tmp_path / "rules.yaml"))] == ["OQ403"]
    taxes |= {
        "by_country": {"GB": "VAT"},
        "exceptions": [{"id": "same", "when": {"country": "GB", "tag": "a"}, "code": "VAT"}],
    }
    assert analyse(loaded(taxes, tmp_path / "rules.yaml")) == ()
