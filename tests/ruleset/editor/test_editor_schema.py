"""The schema for editors takes what `check` takes, and refuses what `check` refuses, but for what no schema can say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from onedesk_quickbooks.plugin.findings.pages import pages
from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.ruleset.read.editor import editor_schema
from onedesk_quickbooks.plugin.yamlfile.build import LOADER

ROOT = Path(__file__).parents[3]
VALID = Draft202012Validator(json.loads(editor_schema("rules")))


class Yaml12(LOADER):  # type: ignore[misc]  # libyaml, if it is there
    """As an editor reads a file: numbers, true and null are none of YAML 1.1's other words."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern in {
    "bool": "true|True|TRUE|false|False|FALSE",
    "null": "~|null|Null|NULL|",
    "int": "[-+]?[0-9]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
}.items():
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^({pattern})$"), None)


def marked(text: str) -> list[str]:
    """What the schema refuses."""
    return [each.message for each in VALID.iter_errors(_named(yaml.load(text, Yaml12)))]


def _named(node: Any) -> Any:
    """Keys are texts, also for an editor."""
    if isinstance(node, dict):
        return {"" if key is None else str(key): _named(each) for key, each in node.items()}
    return [_named(each) for each in node] if isinstance(node, list) else node


FOLLOWED = yaml.load((ROOT / "tests/ruleset/check/remedies.yaml").read_text(encoding="utf-8"), LOADER)
FILES = {
    **{path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/ruleset/bad").glob("*.yaml"))},
    **{path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").rglob("*.yaml"))},
    **{f"{code} good": page.good["rules.yaml"] for code, page in pages().items()},
    **{f"{code} bad": page.bad["rules.yaml"] for code, page in pages().items() if page.encoding == "utf-8"},
    **{each["of"]: f"version: 1\n{each['of']}\n" for each in FOLLOWED if ":" in each["of"]},
}

TAKEN = [
    "invoices: {on_open: Copy, online_card_payment: NO, due: {days: 30, end_of_month: Yes}, hold: None}",
    "items: {by_service_type: {A: HOLD, B: {item: {name: hold}, class: NONE}}, otherwise: Same_Name}",
    "taxes: {by_country: {no: Automatic, CA: {default: GST, ON: Hold}}, by_category: {e: None}, otherwise: HOLD}",
    "taxes: {exceptions: [{id: a, when: {taxable: NO, tag: 2026, amount: {from: -5.5}}, code: 25}], otherwise: none}",
    'customers: {bill_to: None, project: sub_customer, project_name: "{ project } {customer}", by_name: {ACME: Hold}}',
    'items: {by_service_type: {A: B, "otherwise": C}, otherwise: {item: {name: none}, description: "{user} 100%"}}',
    "delivery: {cc: None, bcc: none, several_addresses: CC}",
    "invoices: {closed: ' Hold ', custom_fields: {days: 5.0, item: X}}",
]
REFUSED = [
    "invoices: {due: {days: -5}}",
    "invoices: {due: {days: 1.5}}",
    "taxes: {exceptions: [{id: a, when: {tax_category: 5}, code: X}], otherwise: hold}",
    "invoices: {exceptions: [{id: a, when: {service_type: A}, on_open: copy}]}",
    "lines: {exceptions: [{id: a, when: {invoice_total: {from: 5}}, group_by: none}]}",
    "invoices: {location: hold}",
    'items: {otherwise: {item: "{service_type}"}}',
    "items: {otherwise: {item: A, income_account: None}}",
    "items: {exceptions: [{id: a, when: {tag: a}, hold: None}], otherwise: hold}",
    'items: {exceptions: [{id: a, when: {tag: a}, hold: "Ask {user}"}], otherwise: hold}',
    'items: {by_service_type: {"A*": B}, otherwise: hold}',
    'items: {exceptions: [{id: a, when: {customer: "A*B"}, item: X}], otherwise: hold}',
    'items: {exceptions: [{id: a, when: {customer: {not: "*"}}, item: X}], otherwise: hold}',
    'invoices: {memo: "{order}"}',
    'invoices: {memo: "{private_note}"}',
    'items: {description: "{count}", otherwise: hold}',
    "discounts: {item: none}",
    "totals: {tolerance: -1, when_different: adjust_tax}",
]


@pytest.mark.parametrize("text", [*TAKEN, *REFUSED])
def test_words_names_and_fields(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\n{text}\n", encoding="utf-8")
    errors = [each for each in check([path]).findings if each.severity == "error"]
    assert (not errors) == (text in TAKEN), errors
    assert (not marked(path.read_text(encoding="utf-8"))) == (text in TAKEN), marked(path.read_text(encoding="utf-8"))


BY_CHECK_ALONE = {
    "OQ126": "a file that is not there",
    "OQ127": "files in a circle",
    "OQ202": "one key asks for another",
    "OQ302": "two keys are one",
    "OQ303": "two rules of one name",
    "OQ305": "two values of a range",
    "OQ307": "a rule without an outcome, or with two",
    "OQ308": "a name that QuickBooks forbids",
    "OQ309": "a day that does not exist",
    "OQ312": "a region",
    "OQ315": "a currency",
    "OQ320": "an e-mail address",
    "OQ321": "a key beside the days of a file",
}
"""What `check` alone sees, by the code of its finding; what other rules, other files and quotes do as well."""
QUOTES = (
    "is a key of the rules",
    "is a word, but is used in",
    "is not allowed here as a text",
    "is not a sentence",
    "in other YAML files",
    "asks for nothing",
)


@pytest.mark.parametrize(
    "name", [each for each in FILES if not each.endswith(".cases.yaml") and "{{" not in FILES[each]]
)
def test_both_say_the_same(name: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(FILES[name], encoding="utf-8")
    errors = [each for each in check([path]).findings if each.severity == "error"]
    if any(each.code < "OQ2" for each in errors if each.code not in BY_CHECK_ALONE):
        return  # another file for YAML itself
    refused = marked(FILES[name])
    assert errors or not refused, refused
    seen = [each for each in errors if each.code < "OQ4" and each.code not in BY_CHECK_ALONE]
    seen = [each for each in seen if not any(words in each.message for words in QUOTES)]
    assert refused or not seen, seen


@pytest.mark.parametrize("region", ['"O*"', '["O*"]', '{not: "O*"}', '{any: ["O*"]}', "ON", "[ON, QC]", "{not: [ON]}"])
def test_a_region_has_no_star(region: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rule = f"{{id: a, when: {{country: CA, region: {region}}}, item: X}}"
    path.write_text(f"version: 1\nitems: {{exceptions: [{rule}], otherwise: hold}}\n", encoding="utf-8")
    errors = [each for each in check([path]).findings if each.severity == "error"]
    assert bool(errors) == bool(marked(path.read_text(encoding="utf-8"))) == ("*" in region)
