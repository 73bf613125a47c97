"""Values of conditions and keys of maps that read as an expression, of which the language of rules has none."""

from __future__ import annotations

from typing import Any

import pytest

from onedesk_quickbooks.plugin.ruleset.read.expressions import scalar

CONDITION = (
    "version: 1\nitems:\n  exceptions:\n    - id: a\n      when:\n        {}: {}\n      item: X\n  otherwise: hold\n"
)
KEY = "version: 1\nitems:\n  by_service_type:\n    {}: X\n  otherwise: hold\n"

READ = [
    ("not Acme", "any value but one", "Write {not: Acme};"),
    ("NOT Acme Ltd", "any value but one", "Write {not: Acme Ltd};"),
    ("sauf Acme", "any value but one", "Write {not: Acme};"),
    ("<> Acme", "any value but one", "Write {not: Acme};"),
    ("not Acme or Bolt", "any value but one", "Write {not: [Acme, Bolt]};"),
    ("= Acme", "a comparison", "Write Acme;"),
    ("Acme or Bolt", "one of several values", "Write [Acme, Bolt];"),
    ("Acme ou Bolt", "one of several values", "Write [Acme, Bolt];"),
    ("Acme|Bolt|Cut & Co", "one of several values", 'Write [Acme, Bolt, "Cut & Co"];'),
    ("Acme || Bolt", "one of several values", "Write [Acme, Bolt];"),
    ("Acme, Bolt", "one of several values", "Write [Acme, Bolt];"),
    ("Acme,Bolt", "one of several values", "Write [Acme, Bolt];"),
    ("^Acme", "a regular expression", 'Write "Acme*";'),
    ("^Acme$", "a regular expression", 'Write "Acme";'),
    ("Acme.*", "a regular expression", 'Write "Acme*";'),
    ("/acme/", "a regular expression", 'Write "acme*";'),
    ("any", "any value", "Delete the condition:"),
    ("Everyone", "any value", "Delete the condition:"),
    ("tous", "any value", "Delete the condition:"),
]

NAMES = [
    *("Acme, Inc.", "Bolt, Ltd", "Smith and Sons", "Nothing", "Notting Hill", "Orange", "Travel/Hotel", "Acme (US)"),
    *("Training*", "Allied", "A/S Bolt", "1,000 Candles", "Discount 10%", "Exceptional Ltd", "Anyone's Bakery", "Or"),
]


@pytest.mark.parametrize("condition", ["customer", "service_type", "tag", "project"])
@pytest.mark.parametrize(("value", "reads", "remedy"), READ, ids=[each[0] for each in READ])
def test_a_condition_that_reads_as_an_expression(
    condition: str, value: str, reads: str, remedy: str, check_files: Any
) -> None:
    found = check_files({"rules.yaml": CONDITION.format(condition, value)}).findings
    findings = [each for each in found if each.code == "OQ323"]
    assert [(each.line, each.severity) for each in findings] == [(6, "warning")]
    assert findings[0].message.startswith(f'"{value}" reads as {reads}; ')
    assert findings[0].remedy.startswith(remedy)


@pytest.mark.parametrize("value", [*(f'"{each[0]}"' for each in READ), *NAMES])
def test_a_name_and_a_text_in_quotes_are_taken_as_they_are(value: str, check_files: Any) -> None:
    for text in (CONDITION.format("customer", value), KEY.format(value.rstrip("*"))):
        assert not [each for each in check_files({"rules.yaml": text}).findings if each.code == "OQ323"]


@pytest.mark.parametrize("key", ["Travel or Hotel", "Travel | Hotel", "Travel, Hotel"])
def test_a_key_that_reads_as_several_names(key: str, check_files: Any) -> None:
    (finding,) = check_files({"rules.yaml": KEY.format(key)}).findings
    assert (finding.code, finding.line) == ("OQ323", 4)
    assert finding.remedy.startswith("Write one key for each of them: Travel, Hotel;")


def test_commas_belong_to_the_names_of_customers(check_files: Any) -> None:
    text = "version: 1\ncustomers:\n  by_name:\n    Smith, Jones & Partners: Smith Jones\n"
    assert check_files({"rules.yaml": text}).findings == ()


@pytest.mark.parametrize("name", ["Acme or Bolt", "not Acme", "any", "^Acme", "Acme", "1", "Cut & Co"])
def test_a_name_that_is_written_into_rules_is_read_as_a_name(name: str, check_files: Any) -> None:
    for text in (CONDITION.format("customer", scalar(name)), KEY.format(scalar(name))):
        assert check_files({"rules.yaml": text}).findings == ()
