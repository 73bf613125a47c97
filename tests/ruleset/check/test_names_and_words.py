"""A word is a word in every position and case, or a finding: no product is ever called hold by mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset import keys
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.cases.run import invoice_facts, line_facts
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.read.shape import Shape, rules_shape
from onedesk_quickbooks.plugin.yamlfile.nodes import List, Map, Text

GIVEN = {"service_type": "Travel", "country": "NO", "region": "Viken", "tag": ["x"], "customer": "ACME"}
LINE = Invoice.from_json(as_json({**GIVEN, "tax_rate": "25"}, Path()))
CHARGE = Invoice.from_json(as_json({**GIVEN, "lines": [], "charges": [{"name": "Travel"}]}, Path()))


def rules_of(tmp_path: Path, text: str) -> RuleSet:
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\n{text}\n", encoding="utf-8")
    loaded = load(path)
    assert loaded.rules is not None, loaded.findings
    return loaded.rules


def codes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\n{text}\n", encoding="utf-8")
    return [each.code for each in load(path).findings]


def cased(word: str) -> list[str]:
    return [word, word.capitalize(), word.upper()]


ITEMS = [
    "items: {{by_service_type: {{Travel: {0}}}, otherwise: same_name}}",
    "items: {{by_service_type: {{Travel: {{item: {0}}}}}, otherwise: same_name}}",
    "items: {{by_charge: {{Travel: {0}}}, otherwise: same_name}}",
    "items: {{by_charge: {{Travel: {{item: {0}}}}}, otherwise: same_name}}",
    "items: {{exceptions: [{{id: a, when: {{tag: x}}, item: {0}}}], otherwise: same_name}}",
    "items: {{otherwise: {0}}}",
    "items: {{otherwise: {{item: {0}}}}}",
]


@pytest.mark.parametrize("text", ITEMS)
@pytest.mark.parametrize("word", cased("hold"))
def test_hold_holds_the_line(text: str, word: str, tmp_path: Path) -> None:
    decided = decide(rules_of(tmp_path, text.format(word)), CHARGE if "by_charge" in text else LINE, Facts("NO"))
    (line,) = decided.charges or decided.lines
    assert line.item is not None
    assert line_facts(line)["item"] == "hold"
    assert "items." in line.item.hold or "by_service_type" in line.item.hold


@pytest.mark.parametrize("text", [each for each in ITEMS if "{{item: {0}" in each or "item: {0}}}]" in each])
def test_a_product_may_really_be_called_so(text: str, tmp_path: Path) -> None:
    decided = decide(
        rules_of(tmp_path, text.format("{name: Hold}")), CHARGE if "by_charge" in text else LINE, Facts("NO")
    )
    assert line_facts((decided.charges or decided.lines)[0])["item"] == "Hold"


TAXES = [
    "taxes: {{by_country: {{NO: {0}}}, otherwise: {{code: X}}}}",
    "taxes: {{by_country: {{NO: {{code: {0}}}}}, otherwise: {{code: X}}}}",
    "taxes: {{by_country: {{NO: {{default: X, Viken: {0}}}}}, otherwise: {{code: X}}}}",
    "taxes: {{by_country: {{NO: {{default: {0}}}}}, otherwise: {{code: X}}}}",
    "taxes: {{by_country: {{NO: {{by_rate: {{25: {0}}}}}}}, otherwise: {{code: X}}}}",
    "taxes: {{exceptions: [{{id: a, when: {{tag: x}}, code: {0}}}], otherwise: {{code: X}}}}",
    "taxes: {{otherwise: {0}}}",
    "taxes: {{otherwise: {{code: {0}}}}}",
]


@pytest.mark.parametrize("text", TAXES)
@pytest.mark.parametrize("word", [*cased("hold"), *cased("none"), *cased("automatic")])
def test_words_of_taxes_are_words(text: str, word: str, tmp_path: Path) -> None:
    (line,) = decide(rules_of(tmp_path, text.format(word)), LINE, Facts("NO")).lines
    assert line.tax.kind == word.casefold()


@pytest.mark.parametrize("text", [each for each in TAXES if "code: {0}" in each])
def test_a_tax_code_may_really_be_called_so(text: str, tmp_path: Path) -> None:
    called = "{code: {name: None}}" if "exceptions" in text else "{name: None}"
    (line,) = decide(rules_of(tmp_path, text.format(called)), LINE, Facts("NO")).lines
    assert (line.tax.kind, line.tax.code) == ("code", "None")


@pytest.mark.parametrize("word", cased("hold"))
def test_a_customer_is_held(word: str, tmp_path: Path) -> None:
    decided = decide(rules_of(tmp_path, f"customers: {{by_name: {{ACME: {word}}}}}"), LINE, Facts("NO"))
    held = 'The customer "ACME" is held by the rule customers.by_name.ACME (rules.yaml:2)'
    assert decided.customer.hold == f"{held}; name a QuickBooks customer there."
    assert invoice_facts(decided)["customer"] == "hold"
    named = decide(rules_of(tmp_path, "customers: {by_name: {ACME: {name: Hold}}}"), LINE, Facts("NO"))
    assert (named.customer.hold, named.customer.display_name) == ("", "Hold")


@pytest.mark.parametrize("key", [key for key in keys.settings().values() if key.words and not key.several])
def test_words_of_settings_are_words_in_any_case(key: keys.Key, tmp_path: Path) -> None:
    beside = ", rounding: {item: Cents}" if key.id == "totals.when_different" else ""
    more = ", otherwise: same_name" if key.section == "items" else ""
    for word in key.words:
        for each in cased(word):
            rules = rules_of(tmp_path, f"{key.section}: {{{key.name}: {each}{beside}{more}}}")
            assert rules.otherwise(key.id).value == word


def test_the_hash_distinguishes_a_name_from_the_word(tmp_path: Path) -> None:
    texts = ["Hold", "hold", "{item: {name: hold}}"]
    one, other, named = [
        rules_of(tmp_path, f"items: {{by_service_type: {{A: {each}}}, otherwise: same_name}}").hash for each in texts
    ]
    assert one == other != named


def positions(shape: Shape, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Shape]]:
    """Every place of the schema in which a text may stand, as the keys that lead there; of a map one key of its own."""
    found = [(path, shape)] if Text in shape.branches else []
    below = shape.branches.get(Map)
    if below is not None and below.properties.keys() != {"name"}:
        for key, child in below.properties.items():
            found += positions(child, (*path, key))
        if below.others is not None:
            found += positions(below.others, (*path, _KEYS.get(path[-1], "A")))
    listed = shape.branches.get(List)
    if listed is not None and listed.entries is not None:
        found += positions(listed.entries, (*path, "[]"))
    return found


_KEYS = {"by_country": "NO", "by_category": "E", "by_rate": "25", "NO": "Viken"}
NAMES = [(path, shape) for path, shape in positions(rules_shape()) if shape.names]


def written(path: tuple[str, ...], value: Any) -> Any:
    for key in reversed(path):
        value = [value] if key == "[]" else {key: value}
    return value


def found_at(path: tuple[str, ...], value: str, tmp_path: Path) -> set[str]:
    """The codes of what is found at this very value."""
    marked = json.dumps(written(path, "@"))[1:-1].replace('"@"', value)
    target = tmp_path / "rules.yaml"
    target.write_text(f'{{"version": "1",\n{marked}}}', encoding="utf-8")
    return {each.code for each in load(target).findings if each.text[each.column - 1 :].startswith(value)}


def test_there_are_names_in_every_section() -> None:
    assert len(NAMES) > 25
    assert {path[0] for path, _ in NAMES} == {
        "invoices",
        "customers",
        "items",
        "lines",
        "taxes",
        "discounts",
        "totals",
        "payments",
    }


@pytest.mark.parametrize(("path", "shape"), NAMES, ids=lambda each: ".".join(each) if isinstance(each, tuple) else "")
def test_in_the_place_of_a_name_each_word_means_something_or_is_found(
    path: tuple[str, ...], shape: Shape, tmp_path: Path
) -> None:
    for word in sorted(keys.words()):
        for each in cased(word):
            allowed = word in shape.words or word in shape.branches[Text].local.get("enum", ())
            assert bool(found_at(path, each, tmp_path) & {"OQ317", "OQ204"}) is not allowed, (path, each)
    for value in ("~", "null", "true", "False"):
        assert found_at(path, value, tmp_path) & {"OQ204", "OQ205", "OQ206"}, (path, value)
    assert found_at(path, '"{service_type} (UK)"', tmp_path) & {"OQ318", "OQ204"}


@pytest.mark.parametrize("condition", ["customer: ~", "project: null", "tag: [true]", "service_type: False"])
def test_so_is_it_in_conditions(condition: str, tmp_path: Path) -> None:
    text = f"items: {{exceptions: [{{id: a, when: {{{condition}}}, item: X}}], otherwise: same_name}}"
    assert codes(tmp_path, text) in (["OQ205"], ["OQ206"])
    quoted = condition.replace("~", '"~"').replace("null", '"null"').replace("true", '"true"').replace("False", '"F"')
    assert codes(tmp_path, text.replace(condition, quoted)) == []


@pytest.mark.parametrize(
    "condition", ["project: none", "tag: {not: None}", "customer: [Acme, NONE]", "user: {any: none}"]
)
def test_a_condition_does_not_ask_for_nothing(condition: str, tmp_path: Path) -> None:
    text = f"items: {{exceptions: [{{id: a, when: {{{condition}}}, item: X}}], otherwise: same_name}}"
    assert codes(tmp_path, text) == ["OQ317"]
    word = next(each for each in ("none", "None", "NONE") if each in condition)
    assert codes(tmp_path, text.replace(condition, condition.replace(word, f'"{word}"'))) == []


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("items: {default_income_account: hold, otherwise: hold}", True),
        ("invoices: {due: terms, terms: Hold}", True),
        ("discounts: {item: hold}", False),
        ("totals: {rounding: {item: HOLD}}", False),
        ("payments: {direction: both, deposit_account: hold, methods: {Card: hold}}", False),
    ],
)
def test_a_remedy_says_to_hold_by_an_exception_only_where_one_may(text: str, held: bool, check_files: Any) -> None:
    found = check_files({"rules.yaml": f"version: 1\n{text}\n"}).findings
    assert found and all(("exception with hold" in each.remedy) is held for each in found)


@pytest.mark.parametrize("value", ["~", "true", '"true"', '"NULL"', '"-"', '"1."'])
def test_a_reason_is_a_sentence(value: str, tmp_path: Path) -> None:
    text = f"taxes: {{exceptions: [{{id: a, when: {{tag: x}}, hold: {value}}}], otherwise: hold}}"
    assert codes(tmp_path, text) == ["OQ317"]


def test_hold_and_an_account_do_not_go_together(tmp_path: Path) -> None:
    text = "items: {by_service_type: {A: {item: Hold, income_account: B}}, otherwise: same_name}"
    assert codes(tmp_path, text) == ["OQ307"]
