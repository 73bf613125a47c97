"""Decisions as data: rules, an invoice, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.decision import Facts, InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.core.decide import decide, decide_payment
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.load import load

RULES = """\
version: 1
invoices:
  exceptions:
    - {id: big, when: {amount: {from: 1000}}, number: quickbooks}
    - {id: norway, when: {country: "NO"}, due: terms, terms: Net 30, on_open: copy}
customers:
  by_name: {ACME: Acme Inc.}
  exceptions:
    - {id: gone, when: {customer_tag: gone}, when_missing: hold}
items:
  default_income_account: Sales
  by_service_type: {Consulting: "Work:Consulting", Travel: {item: Travel, income_account: Travel Income, class: East}}
  by_charge: {Freight: Shipping}
  exceptions:
    - {id: training, when: {service_type: "Training*", region: Ontario}, item: Training (ON)}
    - {id: account, when: {project: Web*}, income_account: Web Income}
    - {id: north, when: {tag: north}, class: "Sales:North"}
    - {id: asked, when: {tag: special}, ask: which_item}
    - {id: never, when: {service_type: Gambling}, hold: Ask Maria}
  otherwise: same_name
taxes:
  by_country:
    CA: {default: GST, ON: HST ON}
    GB: {by_rate: {"20": 20.0% S}, without_rate: company_default}
    US: automatic
  exceptions:
    - {id: question, when: {country: SE}, ask: which_tax}
  otherwise: hold
totals:
  exceptions:
    - {id: yen, when: {currency: JPY}, tolerance: 1, when_different: note}
payments:
  exceptions:
    - {id: by-hand, when: {customer_tag: by-hand}, apply: []}
    - {id: norway, when: {country: "NO"}, apply: [copied, sent], overpayment: ignore}
    - {id: sent-only, when: {currency: EUR}, apply: [sent]}
"""
FACTS = Facts("GB", default_tax_code="20.0% S", default_income_account="Other")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    loaded = load(path)
    assert loaded.rules is not None, loaded.findings
    return loaded.rules


def decided(rules: RuleSet, given: Mapping[str, Any], ask: Any = None) -> InvoiceDecisions:
    return decide(rules, Invoice.from_json(as_json(given, Path())), FACTS, ask)


ITEMS = [
    ({"service_type": "CONSULTING "}, "Work:Consulting", "Sales", "items.by_service_type.Consulting"),
    ({"service_type": "Travel"}, "Travel", "Travel Income", "items.by_service_type.Travel"),
    ({"service_type": "Repair"}, "Repair", "Sales", "items.otherwise"),
    (
        {"service_type": "training, advanced", "country": "CA", "region": "ON"},
        "Training (ON)",
        "Sales",
        "items.exceptions.training",
    ),
    ({"service_type": "Training", "country": "CA", "region": "QC"}, "Training", "Sales", "items.otherwise"),
    ({"service_type": "Travel", "project": "Website"}, "Travel", "Web Income", "items.by_service_type.Travel"),
]


@pytest.mark.parametrize(("given", "item", "account", "rule"), ITEMS)
def test_items(rules: RuleSet, given: Mapping[str, Any], item: str, account: str, rule: str) -> None:
    choice = decided(rules, given).lines[0].item
    assert choice is not None
    assert (choice.name, choice.income_account, choice.decision.rule, choice.hold) == (item, account, rule, "")


CLASSES = [
    ({"service_type": "Repair"}, None, ""),
    ({"service_type": "Travel"}, "East", "items.by_service_type.Travel"),
    ({"service_type": "Travel", "tag": ["north"]}, "Sales:North", "items.exceptions.north"),
]


@pytest.mark.parametrize(("given", "name", "rule"), CLASSES)
def test_classes(rules: RuleSet, given: Mapping[str, Any], name: str | None, rule: str) -> None:
    found = decided(rules, given)
    choice = found.lines[0].item
    assert choice is not None and choice.name == given["service_type"]
    assert [each.outcome for each in choice.others.values()] == ([name] if name else [])
    said = [(each.outcome, each.rule) for each in found.trail if each.table == "class"]
    assert said == ([(name, rule)] if name else [])


TAXES = [
    ({"country": "CA", "region": "ontario"}, "code", "HST ON", "taxes.by_country.CA.ON"),
    ({"country": "CA", "region": "CA-QC"}, "code", "GST", "taxes.by_country.CA.default"),
    ({"country": "GB", "tax_rate": "20.00"}, "code", "20.0% S", "taxes.by_country.GB.by_rate.20"),
    ({"country": "GB"}, "code", "20.0% S", "taxes.by_country.GB.without_rate"),
    ({"country": "GB", "tax_rate": "5"}, "hold", "", "taxes.by_country.GB"),
    ({"country": "US"}, "automatic", "", "taxes.by_country.US"),
    ({"country": "FR"}, "hold", "", "taxes.otherwise"),
    ({"country": "SE"}, "hold", "", "taxes.exceptions.question"),
]


@pytest.mark.parametrize(("given", "kind", "code", "rule"), TAXES)
def test_taxes(rules: RuleSet, given: Mapping[str, Any], kind: str, code: str, rule: str) -> None:
    choice = decided(rules, given).lines[0].tax
    assert (choice.kind, choice.code, choice.decision.rule) == (kind, code, rule)
    assert bool(choice.hold) == (kind == "hold")


HOLDS = [
    ({"service_type": "Gambling", "country": "US"}, "Line 1: Ask Maria (rule items.exceptions.never, rules.yaml:19)."),
    ({"country": "GB", "tax_rate": "5"}, 'add "5" under by_rate there'),
    ({"country": "FR"}, "add FR under taxes.by_country"),
    ({}, "the customer has no country in OneDesk"),
]


@pytest.mark.parametrize(("given", "sentence"), HOLDS)
def test_every_hold_says_what_to_do(rules: RuleSet, given: Mapping[str, Any], sentence: str) -> None:
    line = decided(rules, given).lines[0]
    assert line.item is not None
    assert sentence in line.item.hold + line.tax.hold


def test_a_line_without_a_service_type_is_held_only_for_its_own_name(rules: RuleSet, tmp_path: Path) -> None:
    invoice = as_json({}, Path())
    del invoice["lines"][0]["service_type"]
    choice = decide(rules, Invoice.from_json(invoice), FACTS).lines[0].item
    assert choice is not None
    assert "no service type" in choice.hold
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\nitems:\n  otherwise: {item: Everything}\n", encoding="utf-8")
    named = load(path).rules
    assert named is not None
    choice = decide(named, Invoice.from_json(invoice), FACTS).lines[0].item
    assert choice is not None
    assert (choice.name, choice.hold) == ("Everything", "")


def test_charges_and_discounts(rules: RuleSet) -> None:
    given = {
        "country": "GB",
        "tax_rate": "20",
        "charges": [{"name": "freight", "tax_rate": "20"}, {"name": "Consulting"}],
        "discounts": [{"name": "Loyalty"}],
    }
    found = decided(rules, given)
    assert [each.item.name if each.item else None for each in found.charges] == ["Shipping", "Work:Consulting"]
    assert found.discounts[0].item is None
    assert found.discounts[0].tax.decision.rule == "taxes.by_country.GB.by_rate.20"  # the lines' common rate


SETTINGS = [
    ({"amount": "999.99"}, "number", "onedesk"),
    ({"amount": "1000"}, "number", "quickbooks"),
    ({"country": "NO"}, "due", "terms"),
    ({"country": "NO"}, "terms", "Net 30"),
    ({"country": "NO"}, "on_open", "copy"),
    ({"country": "SE"}, "terms", None),
    ({"currency": "JPY"}, "when_total_differs", "note"),
    ({"currency": "USD"}, "when_total_differs", "hold"),
    ({}, "when_changed", "hold"),
]


@pytest.mark.parametrize(("given", "name", "value"), SETTINGS)
def test_settings_and_their_exceptions(rules: RuleSet, given: Mapping[str, Any], name: str, value: object) -> None:
    assert getattr(decided(rules, given), name) == value


def test_customers(rules: RuleSet) -> None:
    named = decided(rules, {"customer": "acme"}).customer
    assert (named.display_name, named.when_missing) == ("Acme Inc.", "create")
    assert decided(rules, {"customer_tag": ["GONE"]}).customer.when_missing == "hold"


def test_a_rule_may_ask_a_plugin(rules: RuleSet) -> None:
    answers = {"which_item": {"item": "Own", "income_account": "Own Income"}, "which_tax": {"code": "SE 25"}}
    given = {"country": "SE", "tag": ["special"]}
    line = decided(rules, given, lambda name, values: answers.get(name)).lines[0]
    assert line.item is not None
    assert (line.item.name, line.item.income_account, line.tax.code) == ("Own", "Own Income", "SE 25")
    held = decided(rules, given, lambda name, values: None).lines[0]
    assert held.item is not None
    assert held.item.hold
    assert held.tax.hold
    refused = decided(rules, given, lambda name, values: {"hold": "Not today"}).lines[0]
    assert refused.item is not None
    assert "Not today" in refused.item.hold
    assert "Not today" in refused.tax.hold


ANSWERS = [
    ({"item": "Own", "class": "South"}, ("Own", "Travel Income", "South"), ["item", "class"]),
    ({"class": "South"}, ("Travel", "Travel Income", "South"), ["class"]),
    ({"income_account": "Own Income"}, ("Travel", "Own Income", "Sales:North"), ["income_account"]),
    ({"item": "Own"}, ("Own", "Travel Income", "Sales:North"), ["item"]),
]


@pytest.mark.parametrize(("answer", "expected", "tables"), ANSWERS)
def test_a_plugin_names_what_it_wants_and_rules_the_rest(
    rules: RuleSet, answer: dict[str, str], expected: tuple[str, str, str], tables: list[str]
) -> None:
    found = decided(rules, {"service_type": "Travel", "tag": ["special", "north"]}, lambda name, values: answer)
    item = found.lines[0].item
    assert item is not None
    assert (item.name, item.income_account, item.others["class"].outcome) == expected
    assert [each.table for each in found.trail if each.rule == "items.exceptions.asked"] == tables


def test_payments(rules: RuleSet) -> None:
    assert decide_payment(rules, "sent").apply
    assert decide_payment(rules, "sent").trail[0].rule == "payments.apply"


@pytest.mark.parametrize(
    ("given", "state", "applies", "overpayment", "rule"),
    [
        ({"customer_tag": ["by-hand"], "country": "NO"}, "sent", False, "ignore", "payments.exceptions.by-hand"),
        ({"country": "NO"}, "copied", True, "ignore", "payments.exceptions.norway"),
        ({"currency": "EUR"}, "copied", False, "note", "payments.exceptions.sent-only"),
        ({"currency": "EUR"}, "sent", True, "note", "payments.exceptions.sent-only"),
        ({"currency": "GBP"}, "copied", True, "note", "payments.apply"),
    ],
)
def test_payments_have_exceptions(
    rules: RuleSet, given: Mapping[str, Any], state: str, applies: bool, overpayment: str, rule: str
) -> None:
    found = decide_payment(rules, state, Invoice.from_json(as_json(given, Path())))
    assert (found.apply, found.overpayment, found.trail[0].rule) == (applies, overpayment, rule)


def test_every_decision_has_a_place(rules: RuleSet) -> None:
    trail = decided(rules, {"country": "NO", "charges": [{"name": "Freight"}]}).trail
    assert all(each.at.line > 0 and each.rule and each.outcome for each in trail)
