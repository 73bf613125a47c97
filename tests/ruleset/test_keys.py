"""The table of keys and the schema agree, and whoever works with rules covers every key: none is named by hand."""

from __future__ import annotations

import ast
import json
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.model.decision import CustomerChoice, Facts, InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.cases import run_paths, write_cases
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.cases.mutants import mutants
from onedesk_quickbooks.plugin.ruleset.cases.run import case_names, invoice_facts, line_facts
from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.core.subjects import invoice_values
from onedesk_quickbooks.plugin.ruleset.diff import exact, replay
from onedesk_quickbooks.plugin.ruleset.explain import explain, why_not
from onedesk_quickbooks.plugin.ruleset.fmt import formatted, show
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.read.record_names import named

ROOT = Path(__file__).parents[2]
RULES = json.loads((ROOT / "schemas" / "rules.schema.json").read_text(encoding="utf-8"))
CASES = json.loads((ROOT / "schemas" / "cases.schema.json").read_text(encoding="utf-8"))
SETTINGS = list(keys.settings().values())
WORDS = [key for key in SETTINGS if key.words and not key.several]
OF_HOST = ("payment_methods", "deposit_account", "deposit_accounts", "more_than_open")
"""What is reported where payments of the host go to QuickBooks."""
EXCEPTED = [key for key in SETTINGS if key.excepted]
GIVEN = as_json({"tag": ["a"], "country": "US", "project": "Website", "discounts": [{"name": "D"}]}, Path())
EXPENSE = {"lines": [{**GIVEN["lines"][0], "cost": "1"}]}
INVOICE = Invoice.from_json({**GIVEN, **EXPENSE, "prepaid": "1", "rounding": "0.01"})

CREDIT = replace(
    INVOICE,
    negated=True,
    lines=tuple(replace(each, quantity=Decimal(3), unit_price=Decimal(7)) for each in INVOICE.lines),
)
"""A credit note, no line of which is its quantity at its price."""


def value(key: keys.Key) -> Any:
    """A value of the key that is not its default as a rule file has it."""
    if key.several:
        return [key.words[0]]
    if key.amount:
        return "2"
    if key.mapped:
        return {"Given": "{project}" if key.section == "invoices" else "Visa"}
    return next((each for each in key.words if each != key.default), named_in(key, "Given"))


def named_in(key: keys.Key, text: str) -> Any:
    """A text that can stand under the key."""
    return (
        {text: text}
        if key.mapped
        else f"{text}@example.com"
        if keys.sections()[key.section][key.name].get("x-receivers")
        else text
    )


def text(key: keys.Key, given: Any, otherwise: Any = None) -> str:
    """A rule file that sets the key: for all invoices, or with `otherwise` for those with the tag a alone."""
    section: dict[str, Any] = {key.name: given}
    if otherwise is not None:
        section = {key.name: otherwise, "exceptions": [{"id": "x", "when": {"tag": "a"}, key.name: given}]}
    if key.id == "totals.when_different" or key.name == "tolerance":  # what these need beside them
        section |= {"rounding": {"item": "Cents"}} if key.words else {"when_different": "adjust_tax"}
    if key.name in ("project_name", "bill_with_parent"):
        section |= {"project": "sub_customer"}
    if key.id == "lines.description":
        section |= {"group_by": "ticket"}
    if key.name == "terms":
        section |= {"due": "terms"}
    if key.explained in OF_HOST:
        section |= {"direction": "both"}
    sections = {key.section: section} | (
        {"items": {**section, "otherwise": "same_name"}} if key.section == "items" else {}
    )
    return str(yaml.safe_dump({"version": "1", **sections}, sort_keys=True, default_style='"'))


def loaded(path: Path, content: str) -> RuleSet:
    path.write_text(content, encoding="utf-8")
    rules = load(path).rules
    assert rules is not None, load(path).findings
    return rules


def expected(key: keys.Key, given: Any) -> str:
    if isinstance(given, dict):
        return "\n".join(f"{name}: {each}" for name, each in given.items())
    return ", ".join(given) if isinstance(given, list) else str(given)


def test_every_key_of_the_schema_is_a_setting_a_map_or_a_list() -> None:
    for section, parts in keys.sections().items():
        settings = {key.name for key in keys.settings_of(section)}
        known = settings | keys.keyed().keys() | {"exceptions", "otherwise"}
        assert parts.keys() - known == ({"default_income_account", "description"} if section == "items" else set())
        excepted = RULES["$defs"][RULES["$defs"][section]["properties"]["exceptions"]["items"]["$ref"].split("/")[-1]]
        if section not in ("items", "taxes"):
            own = excepted["properties"].keys() - {"id", "when", "from", "until"}
            assert own == {key.name for key in EXCEPTED if key.section == section}


def test_a_key_has_one_schema_in_its_section_and_in_exceptions() -> None:
    for key in EXCEPTED:
        own = RULES["$defs"][key.section]["properties"]
        exception = RULES["$defs"][own["exceptions"]["items"]["$ref"].split("/")[-1]]["properties"]
        assert own[key.name] == exception[key.name], key.id


def test_each_is_decided_and_cases_can_expect_it() -> None:
    decided = {each.name for each in fields(InvoiceDecisions)}
    customer = {each.name for each in fields(CustomerChoice)}
    for key in SETTINGS:
        assert (key.name in customer) if key.section == "customers" else (key.decided in decided), key.id
    explained = [key.explained for key in SETTINGS]
    assert all(explained) and len(set(explained)) == len(explained), "each has a different name in explanations"
    names = [name for key in SETTINGS for name in case_names(key)]
    assert len(set(names)) == len(names)
    listed = {*keys.outputs(), "tax_code", "hold", "item_rule", "account_rule", "tax_rule"}
    assert {*names, "customer"} == CASES["$defs"]["expect"]["properties"].keys() - listed - {
        "lines",
        "charges",
        "discounts",
    }


def test_each_field_of_conditions_has_a_value() -> None:
    assert invoice_values(INVOICE).keys() == keys.fields().keys()


def test_names_are_found_wherever_the_schema_has_one(tmp_path: Path) -> None:
    for key in SETTINGS:
        if key.names:
            loaded(tmp_path / "rules.yaml", text(key, "Given", "Other" if key.excepted else None))
            found = [
                each.text.value for each in named(load(tmp_path / "rules.yaml").sections) if each.kind == key.names
            ]
            assert "Given" in found


@pytest.mark.parametrize("key", SETTINGS, ids=lambda key: str(key.id))
def test_a_setting_goes_all_the_way(key: keys.Key, tmp_path: Path) -> None:
    """Checked, decided, expected by cases, compared, replayed, shown, formatted and mutated."""
    path, given = tmp_path / "rules.yaml", value(key)
    before, after = loaded(tmp_path / "old.yaml", "version: 1\n"), loaded(path, text(key, given))
    assert [each.code for each in check([path]).findings] == []
    rows = show(after, key.id)
    assert [(row.rule, row.outcome) for row in rows] == [(key.id, expected(key, given))]
    assert key.id in {each.decision for each in exact(before, after)}
    if key.case:
        assert facts(after)[key.case] == expected(key, given) != facts(before)[key.case]
        assert replay(before, after, [INVOICE, CREDIT], Facts("US")).moves
        changed = [each for each in mutants(after, lambda file: file == str(path)) if each.rule == key.id]
        assert [facts(each.rules)[key.case] != expected(key, given) for each in changed] == [True]
    neat = formatted(path.read_text(encoding="utf-8"))
    assert loaded(path, neat).hash == after.hash
    assert list(yaml.safe_load(neat)[key.section]) == [
        each for each in keys.sections()[key.section] if each in yaml.safe_load(neat)[key.section]
    ]


@pytest.mark.parametrize("key", EXCEPTED, ids=lambda key: str(key.id))
def test_so_does_an_exception(key: keys.Key, tmp_path: Path) -> None:
    """Decided, explained, covered by a proposed case, and each of its mutants noticed by that."""
    path, given = tmp_path / "rules.yaml", value(key)
    otherwise = (
        [*key.words]
        if key.several
        else "1"
        if key.amount
        else key.default or "".join(key.words[-1:]) or named_in(key, "Another")
    )
    rules = loaded(path, text(key, given, otherwise))
    rule = f"{key.section}.exceptions.x"
    assert facts(rules)[key.case] == expected(key, given)
    assert f"{key.id}: it won" in why_not(rules, INVOICE, Facts("US"), rule).render_text()
    if key.id not in ("totals.automated_tax", "invoices.negative"):  # these are reported where an invoice needs them
        decisions = explain(rules, INVOICE, Facts("US")).decisions
        assert [each.decision.rule for each in decisions if each.decision.table == key.explained] == [rule]
    write_cases(path, Facts("US"))
    report = run_paths([path])
    assert report.ok and report.coverage == 100
    assert f"{key.case}: " in (tmp_path / "rules.cases.yaml").read_text(encoding="utf-8")
    changed = [each for each in mutants(rules) if each.rule == rule]
    assert {each.how for each in changed} == {"deleted", "negated"}
    assert all(facts(each.rules)[key.case] != expected(key, given) for each in changed)


@pytest.mark.parametrize("output", keys.outputs()[2:])
def test_few_files_know_what_a_line_takes_beside_item_and_account(output: str) -> None:
    """Compiled, proved, compared, formatted and asked for by the table of keys: six files at most have words for it."""
    plugin = ROOT / "plugin"
    files = [path for part in ("ruleset", "sync", "cli/editor") for path in (plugin / part).rglob("*.py")]
    trees = {path: ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for path in files}
    naming = [str(path) for path, tree in trees.items() if any(getattr(each, "value", "") == output for each in tree)]
    assert len(naming) <= 6, naming


@pytest.mark.parametrize("output", keys.outputs())
def test_what_a_line_takes_goes_all_the_way(output: str, tmp_path: Path) -> None:
    """Named by an exception or asked of a plugin; decided, explained, expected by cases, compared, replayed, shown and
    mutated."""
    path, rule = tmp_path / "rules.yaml", "items.exceptions.x"
    otherwise = {"item": "Other", output: "Another"}

    def given(**said: str) -> str:
        exceptions = [{"id": "x", "when": {"tag": "a"}, **said}]
        return json.dumps({"version": "1", "items": {"exceptions": exceptions, "otherwise": otherwise}})

    before, after = loaded(tmp_path / "old.yaml", "version: 1\n"), loaded(path, given(**{output: "Given"}))
    asked = loaded(tmp_path / "asked.yaml", given(ask="it"))
    (line,) = decide(asked, INVOICE, Facts("US"), lambda name, values: {output: "Given"}).lines
    for made in (line_facts(line), line_facts(decide(after, INVOICE, Facts("US")).lines[0])):
        assert made[output] == "Given"
    assert "Given" in {row.outcome for row in show(after, output)}
    assert output in {each.decision for each in exact(before, after)}
    assert output in {each.what for each in replay(before, after, [INVOICE], Facts("US")).moves}
    won = [each for each in explain(after, INVOICE, Facts("US")).decisions if each.decision.table == output]
    assert [each.decision.rule for each in won] == [rule]
    write_cases(path, Facts("US"))
    report = run_paths([path])
    assert report.ok and report.coverage == 100
    changed = [decide(each.rules, INVOICE, Facts("US")).lines[0] for each in mutants(after) if each.rule == rule]
    assert {line_facts(each)[output] for each in changed} == {"Another"}


def facts(rules: RuleSet) -> dict[str, str]:
    return invoice_facts(decide(rules, INVOICE, Facts("US")))
