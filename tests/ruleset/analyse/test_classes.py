"""QuickBooks' classes are a decision of their own: proofs, cases, proposals and mutants know it."""

from __future__ import annotations

from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.ruleset.cases import render_text, run_paths, survivors, write_cases
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.prove import analyse

RULES = """\
version: 1
items:
  by_service_type:
    Travel: {item: Trips, class: East}
    Training: Train
  exceptions:
    - {id: north, when: {tag: north}, class: North}
    - {id: vip, when: {tag: vip, country: [CA, US]}, class: "Sales:Key"}
  otherwise: {item: Everything, class: General}
"""


def rule_set(folder: Path, text: str) -> RuleSet:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load(path)
    assert loaded.rules is not None, loaded.findings
    return loaded.rules


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    return [(each.code, each.rule) for each in analyse(rule_set(folder, text)) if each.decision == "class"]


def test_the_chain_is_the_order_in_which_classes_are_looked_for(tmp_path: Path) -> None:
    chain = rule_set(tmp_path, RULES).chains["class"]
    assert [(row.rule, row.says) for row in chain.rows] == [
        ("items.exceptions.north", "North"),
        ("items.exceptions.vip", "Sales:Key"),
        ("items.by_service_type.Travel", "East"),
        ("items.by_service_type.Training", "no class"),
        ("items.otherwise", "General"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", [("OQ402", "items.exceptions.vip")]),
        ("tag: vip, country: [CA, US]", "tag: north, country: CA", [("OQ401", "items.exceptions.vip")]),
        ('"Sales:Key"', "North", []),
        ("class: North}\n", "class: General}\n", [("OQ402", "items.exceptions.vip")]),
    ],
    ids=["order decides", "never wins", "order is no matter", "as otherwise, but not for Travel"],
)
def test_what_is_proved_of_them(tmp_path: Path, before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert before in RULES
    assert problems(tmp_path, RULES.replace(before, after, 1)) == expected


def test_no_rule_names_one_no_rule_is_judged(tmp_path: Path) -> None:
    text = "version: 1\nitems:\n  by_service_type: {Travel: Trips}\n  otherwise: same_name\n"
    chain = rule_set(tmp_path, text).chains["class"]
    assert [row.rule for row in chain.rows] == ["items.otherwise"]
    assert problems(tmp_path, text) == []


WITHOUT = """\
version: 1
items:
  by_service_type: {Travel: {item: Trips, class: East}}
  exceptions:
    - {id: off, when: {tag: off}, class: NONE}
  otherwise: same_name
"""


def test_no_class_is_a_word(tmp_path: Path) -> None:
    rules = rule_set(tmp_path, WITHOUT)
    assert [(row.rule, row.says) for row in rules.chains["class"].rows] == [
        ("items.exceptions.off", "none"),
        *(("items.by_service_type.Travel", "East"), ("items.otherwise", "no class")),
    ]
    assert problems(tmp_path, WITHOUT) == [], "it takes the class of the key away"
    named = WITHOUT.replace("NONE", "{name: NONE}")
    (none, *_) = rule_set(tmp_path, named).chains["class"].rows
    assert none.item and none.item.names == {"class": "None"}
    needless = WITHOUT.replace(", class: East", "")
    assert problems(tmp_path, needless) == [("OQ403", "items.exceptions.off")]
    needed = needless.replace("items:", "invoices: {class: North}\nitems:")
    assert problems(tmp_path, needed) == [], "it takes the class of the invoice away"


def test_a_case_expects_no_class(tmp_path: Path) -> None:
    rule_set(tmp_path, WITHOUT)
    path = cases(
        tmp_path,
        "{name: off, given: {service_type: Travel, tag: [off]}, expect: {class: none}}",
        "{name: on, given: {service_type: Travel}, expect: {class: East}}",
    )
    report = run_paths([path])
    assert report.ok and "deleted" not in {each.how for each in survivors(report.files[0])}


def cases(folder: Path, *cases_given: str) -> Path:
    lines = "".join(f"  - {each}\n" for each in cases_given)
    (folder / "rules.cases.yaml").write_text(f"version: 1\ncases:\n{lines}", encoding="utf-8")
    return folder / "rules.yaml"


def test_cases_expect_them(tmp_path: Path) -> None:
    rule_set(tmp_path, RULES)
    path = cases(
        tmp_path,
        "{name: by key, given: {service_type: Travel}, expect: {class: East}}",
        "{name: none, given: {service_type: Training}, expect: {class: none}}",
        '{name: vip, given: {service_type: Travel, tag: [vip], country: CA}, expect: {class: "Sales:Key"}}',
        "{name: wrong, given: {tag: [north]}, expect: {class: South}}",
    )
    report = run_paths([path])
    (failed,) = report.files[0].failed
    assert [(each.what, each.expected, each.got) for each in failed.differences] == [
        ("line 1: class", "South", "North")
    ]
    assert "no case covers class: items.otherwise" in render_text(report, coverage=True)


def test_proposed_cases_cover_them_and_notice_each_mutant(tmp_path: Path) -> None:
    rule_set(tmp_path, RULES)
    write_cases(tmp_path / "rules.yaml", Facts("US"))
    written = (tmp_path / "rules.cases.yaml").read_text(encoding="utf-8")
    assert all(f"class: {name}" in written for name in ("East", "North", "General", '"Sales:Key"'))
    report = run_paths([tmp_path / "rules.yaml"])
    assert report.ok and report.coverage == 100, render_text(report, coverage=True)
    left = survivors(report.files[0])
    assert not [each for each in left if each.rule.startswith("items.") and each.how != "exchanged"], left


@pytest.mark.parametrize(
    ("case", "noticed"),
    [
        ("{name: item, given: {service_type: Training, tag: [north]}, expect: {item: Train}}", False),
        ("{name: class, given: {service_type: Training, tag: [north]}, expect: {class: North}}", True),
    ],
)
def test_a_mutant_of_a_class_is_noticed_by_a_case_that_names_it(tmp_path: Path, case: str, noticed: bool) -> None:
    rule_set(tmp_path, RULES)
    left = {(each.how, each.rule) for each in survivors(run_paths([cases(tmp_path, case)]).files[0])}
    assert (("deleted", "items.exceptions.north") not in left) == noticed
    assert (("negated", "items.exceptions.north") not in left) == noticed
