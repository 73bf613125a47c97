"""Explanations: who won, who came nearest, and why a rule did not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.books import BooksItem
from onedesk_quickbooks.plugin.model.company_settings import Ref
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.explain import Explanation, UnknownRule, explain, why_not
from onedesk_quickbooks.plugin.ruleset.explain.nearest import Nearest
from onedesk_quickbooks.plugin.ruleset.load import load

RULES = """\
version: 1
items:
  by_service_type: {Consulting: Consult, Training: Train}
  exceptions:
    - {id: training-ca, when: {service_type: "Training*", country: CA}, item: Training (CA)}
    - {id: big, when: {country: CA, amount: {from: 1000}}, item: Big}
    - {id: tagged, when: {tag: special}, item: Special}
  otherwise: same_name
taxes:
  by_country: {CA: {default: GST, ON: HST ON}, GB: {by_rate: {"20": S20}}}
  otherwise: hold
delivery:
  exceptions:
    - {id: patient, when: {customer: "Acme*"}, when_billing_email_missing: hold}
"""
FACTS = Facts("CA")


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    loaded = load(path)
    assert loaded.rules is not None, loaded.findings
    return loaded.rules


def invoice(given: Mapping[str, Any]) -> Invoice:
    return Invoice.from_json(as_json(given, Path()))


def nearest(rules: RuleSet, given: Mapping[str, Any], table: str) -> Nearest | None:
    found = explain(rules, invoice(given), FACTS)
    return next(each.nearest for each in found.decisions if each.decision.table == table)


NEAREST = [
    # One condition short, and it would have won.
    ({"service_type": "Training", "country": "US"}, "item", "items.exceptions.training-ca", "country"),
    (
        {"service_type": "Repair", "country": "CA", "amount": "999"},
        "item",
        "items.exceptions.training-ca",
        "service_type",
    ),
    # It matches as well, but stands later.
    ({"service_type": "Training", "tag": ["special"]}, "item", "items.exceptions.training-ca", "country"),
    ({"service_type": "Repair", "tag": ["special"], "country": "US"}, "item", None, None),
    ({"service_type": "Training", "country": "CA", "amount": "5000"}, "item", "items.exceptions.big", None),
    # Nearly the name of an entry.
    ({"service_type": "Consultng"}, "item", "items.by_service_type.Consulting", "service_type"),
    ({"country": "CA", "region": "QC"}, "tax_code", "taxes.by_country.CA.ON", "region"),
    ({"country": "CA", "region": "ON"}, "tax_code", "taxes.by_country.CA.default", None),
    ({"customer": "Bolt"}, "delivery", "delivery.exceptions.patient", "customer"),
]


@pytest.mark.parametrize(("given", "table", "rule", "field"), NEAREST)
def test_the_nearest_rule_that_lost(
    rules: RuleSet, given: Mapping[str, Any], table: str, rule: str | None, field: str | None
) -> None:
    found = nearest(rules, given, table)
    assert (found.rule if found else None) == rule
    if found:
        assert [each.field for each in found.lost_by] == ([field] if field else [])


def test_text_names_places_values_and_conditions(rules: RuleSet) -> None:
    text = explain(rules, invoice({"service_type": "Training", "country": "US"}), FACTS).render_text()
    assert "  item: Train\n" in text
    assert "won by items.by_service_type.Training at " in text
    assert 'rules.yaml:3:42, matching service_type "Training"' in text
    assert "items.exceptions.training-ca (" in text
    assert 'country is "US", the rule requires CA' in text


def test_what_is_as_shipped_is_shown_in_one_line(rules: RuleSet) -> None:
    text = explain(rules, invoice({"country": "CA"}), FACTS).render_text()
    assert "  opening: offer (by invoices.on_open, default.yaml:11)\n" in text
    assert "won by invoices" not in text


def test_it_is_kept_as_json_and_comes_back(rules: RuleSet) -> None:
    found = explain(rules, invoice({"country": "GB", "charges": [{"name": "Freight"}]}), FACTS)
    again = Explanation.from_json(json.loads(json.dumps(found.to_json())))
    assert again == found
    assert again.hash == rules.hash
    assert again.render_text() == found.render_text()


def test_it_shows_all_that_was_decided(rules: RuleSet) -> None:
    lines = [{"service_type": "A"}, {"service_type": "Training"}]
    extras = {"charges": [{"name": "Freight"}, {"name": "Freight", "amount": "2000"}], "discounts": [{"name": "D"}]}
    made = invoice({"lines": lines, "country": "CA", **extras})
    found = explain(rules, made, FACTS)
    assert tuple(each.decision for each in found.decisions) == decide(rules, made, FACTS).trail
    # Two charges of one name are distinguished by their amounts.
    won = [each.decision.rule for each in found.decisions if each.decision.subject == "charge Freight"]
    assert won.count("items.exceptions.big") == 1


def test_it_shows_the_accounts_of_items_that_are_there(rules: RuleSet) -> None:
    """Each by the name that the rules give; two charges of one name have an item of their own."""
    lines = [{"service_type": "Repair"}, {"service_type": "Consulting"}]
    charges = [{"name": "Freight"}, {"name": "Freight", "amount": "2000"}]
    found = explain(rules, invoice({"lines": lines, "country": "CA", "charges": charges}), FACTS)
    assert found.item_names == ("Repair", "Consult", "Freight", "Big")
    items = {
        "Repair": BooksItem("1", "Repair", "Service", None),
        "Consult": BooksItem("2", "Advice", "Service", Ref("79", "Fees")),
        "Big": BooksItem("3", "Big", "Service", Ref("80", "Freight income")),
    }
    with_items = found.with_items(items)
    assert [each["existing_item"] for each in with_items.to_json()["decisions"] if "existing_item" in each] == [
        {"name": "Advice", "income_account": "Fees"},
        {"name": "Big", "income_account": "Freight income"},
    ]
    text = with_items.render_text()
    assert '    in QuickBooks: "Fees", the account of its item "Advice"\n  tax_code: ' in text
    assert text.count("in QuickBooks: ") == 2
    assert Explanation.from_json(with_items.to_json()) == found, "what is kept has the rules alone"


def test_a_line_that_is_held_takes_no_item(rules: RuleSet) -> None:
    found = explain(rules, invoice({"lines": [{"service_type": ""}, {"service_type": "Repair"}]}), FACTS)
    assert found.item_names == ("Repair",)


WHY_NOT = [
    ("items.exceptions.training-ca", {"service_type": "Training", "country": "CA"}, "line 1, item: it won"),
    ("training-ca", {"service_type": "Training"}, "line 1, item: country is not set, the rule requires CA"),
    ("big", {"service_type": "Training", "country": "CA", "amount": "5000"}, "training-ca ("),
    ("taxes.by_country.CA.ON", {"country": "CA"}, "region is not set, the rule requires CA-ON"),
    ("taxes.by_country.GB.by_rate.20", {"country": "GB"}, "line 1, tax_code: it won"),
    ("patient", {"customer": "Bolt"}, 'invoice, delivery.when_billing_email_missing: customer is "Bolt"'),
    ("items.otherwise", {"service_type": "Training"}, "by_service_type.Training ("),
    ("CA.default", {"country": "CA", "taxable": "no"}, "it matches, but the line is held: Line 1 is not taxable"),
    (
        "CA.default",
        {"country": "CA", "region": "Toronto"},
        'the line is held: Line 1 has no tax code, because "Toronto"',
    ),
    ("CA.ON", {"country": "CA", "region": "Toronto"}, 'region is "toronto", the rule requires CA-ON'),
]


@pytest.mark.parametrize(("rule", "given", "sentence"), WHY_NOT)
def test_why_not(rules: RuleSet, rule: str, given: Mapping[str, Any], sentence: str) -> None:
    found = why_not(rules, invoice(given), FACTS, rule)
    assert sentence in found.render_text()
    assert json.loads(json.dumps(found.to_json()))["answers"]


def test_an_unknown_rule_names_the_nearest(rules: RuleSet) -> None:
    with pytest.raises(UnknownRule, match='did you mean "training-ca"'):
        why_not(rules, invoice({}), FACTS, "traning-ca")


@pytest.mark.parametrize(
    ("items", "outcome", "rule", "line"),
    [
        ("  default_income_account: Sales\n", "Sales for a new item", "items.default_income_account", 3),
        ("", "Other for a new item (Administration > Financials)", "items.otherwise", 3),
    ],
)
def test_the_default_income_account_is_where_it_was_chosen(
    tmp_path: Path, items: str, outcome: str, rule: str, line: int
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\nitems:\n{items}  otherwise: same_name\n", encoding="utf-8")
    loaded = load(path).rules
    assert loaded is not None
    found = explain(loaded, invoice({"service_type": "Repair"}), Facts("CA", default_income_account="Other"))
    (said,) = [each.decision for each in found.decisions if each.decision.table == "income_account"]
    assert (said.outcome, said.rule, str(said.at)) == (outcome, rule, f"{path}:{line}:3")
    assert f"won by {rule} at {path}:{line}:3" in found.render_text()
