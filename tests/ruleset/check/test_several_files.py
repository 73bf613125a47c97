"""A section in several files, and files that hold on some days: what is in force on a day is what one file with the
rules of that day says."""

from __future__ import annotations

import dataclasses
import datetime
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.model.decision import Facts, InvoiceDecisions
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases import run_paths, survivors, write_cases
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.check import check
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.diff import exact
from onedesk_quickbooks.plugin.ruleset.fmt import formatted, show
from onedesk_quickbooks.plugin.ruleset.load import load

Rules = dict[str, Any]


def reported(folder: Path, **files: str | Rules) -> list[str]:
    """What `check` finds of rules.yaml beside these files: code, file, line and message."""
    found = check([written(folder, **files)]).findings
    return [f"{each.code} {Path(each.file).name}:{each.line} {each.message}" for each in found]


def written(folder: Path, **files: str | Rules) -> Path:
    for name, text in files.items():
        made = text if isinstance(text, str) else yaml.safe_dump({"version": "1", **text}, sort_keys=False)
        (folder / f"{name}.yaml").write_text(made, encoding="utf-8")
    return folder / "rules.yaml"


def rules_of(folder: Path, **files: str | Rules) -> RuleSet:
    found = load(written(folder, **files))
    assert found.rules is not None, found.findings
    return found.rules


def decided(rules: RuleSet, day: str, **given: Any) -> InvoiceDecisions:
    invoice = Invoice.from_json(as_json({"service_type": "Travel", "country": "NO", "date": day, **given}, Path()))
    return decide(rules, dataclasses.replace(invoice, issue_date=datetime.date.fromisoformat(day)), Facts("NO"))


def test_exceptions_are_joined_in_the_order_of_the_files(tmp_path: Path) -> None:
    rules = rules_of(
        tmp_path,
        rules="version: 1\ninclude: [b.yaml, a.yaml]\nitems:\n  exceptions: [{id: x, when: {tag: x}, item: X}]\n"
        "  otherwise: hold\n",
        a="version: 1\nitems: {exceptions: [{id: a, when: {tag: t}, item: A}]}\n",
        b="version: 1\nitems: {exceptions: [{id: b, when: {tag: t}, item: B}, {id: c, when: {tag: x}, item: C}]}\n",
    )
    assert [row.rule for row in rules.chains["item"].rows] == [
        *("items.exceptions.x", "items.exceptions.b", "items.exceptions.c", "items.exceptions.a"),
        "items.otherwise",
    ]


def test_a_folder_is_joined_by_the_names_of_its_files(tmp_path: Path) -> None:
    written(
        tmp_path,
        rules="version: 1\nitems: {by_service_type: {Travel: Trips}, otherwise: hold}\n",
        a="version: 1\nitems: {by_service_type: {Support: Help}, by_charge: {Freight: Freight}}\n",
    )
    found = load(tmp_path)
    assert found.rules is not None, found.findings
    rules = [row.rule.removeprefix("items.") for row in found.rules.chains["item"].rows]
    assert rules == ["by_charge.Freight", "by_service_type.Support", "by_service_type.Travel", "otherwise"]
    assert found.summary["rules"] == 4


def test_what_is_split_is_the_same_as_what_is_not(tmp_path: Path) -> None:
    whole: Rules = {
        "invoices": {"due": "terms", "terms": "Net 30"},
        "taxes": {"by_country": {"NO": "MVA", "SE": "Moms"}, "otherwise": "hold"},
    }
    split: Rules = {"include": ["a.yaml"], "invoices": {"due": "terms"}, "taxes": {"by_country": {"NO": "MVA"}}}
    part: Rules = {"invoices": {"terms": "Net 30"}, "taxes": {"by_country": {"SE": "Moms"}, "otherwise": "hold"}}
    one = rules_of(tmp_path, rules=whole)
    assert rules_of(tmp_path, rules=split, a=part).hash == one.hash


TWICE = [
    ("taxes: {otherwise: hold}", "taxes: {otherwise: none}", "otherwise"),
    ("taxes: {by_country: {NO: A}, otherwise: hold}", "taxes: {by_country: {no: B}}", "no"),
    ("payments: {apply: [sent]}", "payments: {apply: [copied]}", "apply"),
    ("customers: {by_name: {Acme: A}}", "customers: {by_name: {ACME: B}}", "ACME"),
]


@pytest.mark.parametrize(("here", "there", "key"), TWICE)
def test_a_key_that_two_files_have_is_found_with_both_places(tmp_path: Path, here: str, there: str, key: str) -> None:
    files = {"rules": f"version: 1\ninclude: [a.yaml]\n{here}\n", "a": f"version: 1\n{there}\n"}
    (finding,) = check([written(tmp_path, **files)]).findings
    assert finding.code == "OQ119" and f'"{key}" of the section' in finding.message
    assert (Path(finding.file).name, [Path(each.file).name for each in finding.related]) == ("a.yaml", ["rules.yaml"])
    assert "also in rules.yaml:3" in finding.message


MAPPED = [
    ("invoices", "custom_fields", "{A: x}", "{B: y}"),
    ("payments", "methods", "{Card: Visa}", "{Cheque: Check}"),
    ("payments", "deposit_accounts", "{Card: Checking}", "{Cheque: Savings}"),
]


@pytest.mark.parametrize(("section", "key", "one", "other"), MAPPED)
def test_texts_by_their_names_are_joined(tmp_path: Path, section: str, key: str, one: str, other: str) -> None:
    direction = "direction: both, " if section == "payments" else ""
    whole = f"version: 1\n{section}: {{{direction}{key}: {one[:-1]}, {other[1:]}}}\n"
    parts = {
        "rules": f"version: 1\ninclude: [a.yaml]\n{section}: {{{direction}{key}: {one}}}\n",
        "a": f"version: 1\n{section}: {{{key}: {other}}}\n",
    }
    assert reported(tmp_path, **parts) == []
    split = rules_of(tmp_path, **parts)
    assert split.hash == rules_of(tmp_path, rules=whole).hash
    name = one[1:].partition(":")[0]
    parts["a"] = parts["a"].replace(other, f"{{{name.lower()}: z}}")
    (found,) = (each for each in reported(tmp_path, **parts) if each.startswith("OQ119"))
    assert f'"{name.lower()}" of the section {section} is in two files: also in rules.yaml:3' in found
    dated = {"a": parts["a"].replace("version: 1", "version: 1\nfrom: 2027-01-01").replace("z}", "y, q: z}")}
    assert not [each for each in reported(tmp_path, **{**parts, **dated}) if each.startswith("OQ119")]


@pytest.mark.parametrize(("here", "there", "key"), TWICE)
def test_files_of_other_days_may_have_the_same_keys(tmp_path: Path, here: str, there: str, key: str) -> None:
    files = {"rules": f"version: 1\ninclude: [a.yaml, b.yaml]\n{here}\n"}
    files |= {"a": f"version: 1\nfrom: 2027-01-01\n{there}\n", "b": f"version: 1\nuntil: 2026-06-30\n{there}\n"}
    assert [each for each in reported(tmp_path, **files) if not each.startswith("OQ4")] == []
    files["b"] = files["b"].replace("2026-06-30", "2027-01-01")
    (one,) = (each for each in reported(tmp_path, **files) if not each.startswith("OQ4"))
    assert f'"{key}"' in one and "is in two files, on the same days" in one


def test_ids_differ_over_all_files(tmp_path: Path) -> None:
    rule = "taxes: {exceptions: [{id: a, when: {country: NO}, code: MVA}], otherwise: hold}"
    files = {"rules": f"version: 1\ninclude: [a.yaml]\n{rule}\n"}
    (one,) = reported(tmp_path, **files, a=f"version: 1\n{rule.replace(', otherwise: hold', '').replace('NO', 'SE')}\n")
    assert one.startswith("OQ303 a.yaml:2")


def test_a_file_with_days_is_not_there_on_others(tmp_path: Path) -> None:
    rules = rules_of(
        tmp_path,
        rules="version: 1\ninclude: [next.yaml]\ninvoices: {due: terms, terms: Net 30}\n"
        "items: {by_service_type: {Travel: Travel}, otherwise: hold}\n"
        "customers: {by_name: {Acme: Acme Inc}}\ntaxes: {by_country: {NO: MVA 25%}, otherwise: hold}\n",
        next="version: 1\nfrom: 2027-01-01\nuntil: 2027-12-31\ninvoices: {terms: Net 14}\n"
        "items: {by_service_type: {Travel: {item: Trips, class: North}}}\n"
        "customers: {by_name: {Acme: Acme AS}}\ntaxes: {by_country: {NO: MVA 26%}, otherwise: none}\n",
    )

    def outcomes(day: str, country: str = "NO") -> tuple[Any, ...]:
        made = decided(rules, day, customer="Acme", country=country)
        item, tax = made.lines[0].item, made.lines[0].tax
        assert item is not None
        return made.terms, item.name, made.customer.display_name, tax.code or tax.kind, tax.decision.rule

    before = ("Net 30", "Travel", "Acme Inc", "MVA 25%", "taxes.by_country.NO")
    on = "from 2027-01-01 until 2027-12-31"
    assert outcomes("2026-12-31") == outcomes("2028-01-01") == before
    then = ("Net 14", "Trips", "Acme AS", "MVA 26%", f"taxes.by_country.NO {on}")
    assert outcomes("2027-01-01") == outcomes("2027-12-31") == then
    assert outcomes("2027-06-01", "SE")[3:] == ("none", f"taxes.otherwise {on}")
    assert outcomes("2026-06-01", "SE")[3:] == ("hold", "taxes.otherwise")


def test_a_line_of_december_on_an_invoice_of_january_takes_the_rules_of_january(tmp_path: Path) -> None:
    rules = rules_of(
        tmp_path,
        rules="version: 1\ninclude: [next.yaml]\ntaxes: {by_country: {NO: MVA 25%}, otherwise: hold}\n",
        next="version: 1\nfrom: 2027-01-01\ntaxes: {by_country: {NO: MVA 26%}}\n",
    )
    lines = [{"service_type": "Travel", "date": "2026-12-20"}]
    assert decided(rules, "2027-01-05", lines=lines).lines[0].tax.code == "MVA 26%"


OLD = "taxes: {by_country: {NO: MVA 25%}, exceptions: [{id: a, when: {tag: a}, code: A}], otherwise: hold}\n"


def test_the_day_is_shown_and_compared_and_tried(tmp_path: Path) -> None:
    old = rules_of(tmp_path, rules=f"version: 1\n{OLD}")
    new = rules_of(
        tmp_path,
        rules=f"version: 1\ninclude: [next.yaml]\n{OLD}",
        next="version: 1\nfrom: 2027-01-01\ntaxes: {by_country: {NO: MVA 26%}}\n",
    )
    (change,) = exact(old, new)
    assert dict(change.where) == {"country": "NO", "invoice_date": "from 2027-01-01"}
    assert (change.old.says, change.new.says) == ("MVA 25%", "MVA 26%")
    rows = [(each.when, each.outcome) for each in show(new, "tax_code")]
    assert rows[1:3] == [("country: NO, invoice_date: from 2027-01-01", "MVA 26%"), ("country: NO", "MVA 25%")]
    path = tmp_path / "rules.yaml"
    write_cases(path, Facts("NO"))
    report = run_paths([path])
    assert (report.ok, report.coverage, survivors(report.files[0])) == (True, 100.0, [])


GAPS = [
    (  # days without an otherwise
        {"a": "until: 2026-12-31\ntaxes: {otherwise: none}", "b": "from: 2027-02-01\ntaxes: {otherwise: hold}"},
        'OQ405 a.yaml:3 The key "otherwise" (every other customer) is missing from 2027-01-01 until 2027-01-31: no rule'
        " covers a customer in Fiji, for example.",
    ),
    (
        {"a": "from: 2027-01-01\ntaxes: {otherwise: none}"},
        'OQ405 a.yaml:3 The key "otherwise" (every other customer) is missing until 2026-12-31: no rule covers a'
        " customer in Fiji, for example.",
    ),
    (
        {"a": "until: 2026-12-31\ntaxes: {otherwise: none}", "b": "from: 2027-01-01\ntaxes: {otherwise: hold}"},
        "",
    ),
    (
        {
            "a": "until: 2026-12-31\ntaxes: {by_country: {NO: A}, otherwise: none}",
            "b": "from: 2027-01-01\ntaxes: {otherwise: none}",
            "c": "from: 2027-02-01\ntaxes: {by_country: {NO: B}}",
        },
        "OQ407 c.yaml:3 From 2027-01-01 until 2027-01-31 neither taxes.by_country.NO until 2026-12-31 nor "
        "taxes.by_country.NO from 2027-02-01 applies: the rules after them decide on those days.",
    ),
    (
        {"a": "from: 2027-01-01\nuntil: 2026-01-01\ninvoices: {number: onedesk}"},
        "OQ305 a.yaml:3 No day is from 2027-01-01 and until 2026-01-01.",
    ),
    (
        {"a": "from: 2027-01-01\ninvoices: {exceptions: [{id: x, until: 2026-12-31, when: {tag: a}, hold: Ask}]}"},
        'OQ305 a.yaml:3 The rule "x" holds on no day: it says until 2026-12-31, and its file from 2027-01-01.',
    ),
    ({"a": "from: 2027-02-30\ninvoices: {number: onedesk}"}, "OQ309 a.yaml:2 There is no day 2027-02-30."),
]


@pytest.mark.parametrize(("files", "finding"), GAPS)
def test_days_that_no_file_has_are_found(tmp_path: Path, files: dict[str, str], finding: str) -> None:
    parts = {name: f"version: 1\n{text}\n" for name, text in files.items()}
    found = reported(tmp_path, rules=f"version: 1\ninclude: [{', '.join(f'{each}.yaml' for each in files)}]\n", **parts)
    assert found == ([finding] if finding else [])


def test_from_and_until_stand_at_the_head(tmp_path: Path) -> None:
    text = "version: 1\ntaxes: {otherwise: hold}\nuntil: 2026-12-31\nfrom: 2026-01-01\n"
    head = formatted(text).split("\n")
    assert head[:3] == ["version: 1", "from: 2026-01-01", "until: 2026-12-31"]


DAYS = ("2026-12-31", "2027-01-01", "2027-03-31", "2027-04-01", "2027-06-30", "2027-07-01")
SPANS: list[dict[str, str]] = [
    {},
    {"from": "2027-01-01"},
    {"until": "2027-03-31"},
    {"from": "2027-04-01"},
    {"from": "2027-01-01", "until": "2027-06-30"},
]


def some_part(chance: random.Random, number: int) -> Rules:
    """What one file says, with keys that may stand in other files as well."""
    taxes: Rules = {
        "by_country": {each: f"{each} {number}" for each in chance.sample(["NO", "SE", "DK"], chance.randint(1, 2))}
    }
    if chance.random() < 0.5:
        taxes["by_category"] = {each: f"{each} {number}" for each in chance.sample(["E", "S"], 1)}
    rules = [
        {"id": f"r{number}{place}", "when": {"tag": chance.choice("ab")}, **chance.choice(SPANS), "code": f"X {number}"}
        for place in range(chance.randint(1, 2))
    ]
    items: Rules = {"by_service_type": {each: f"{each} {number}" for each in chance.sample(["Travel", "Help"], 1)}}
    items["exceptions"] = [{"id": f"i{number}", "when": {"tag": "b"}, **chance.choice(SPANS), "class": f"C {number}"}]
    invoices: Rules = {chance.choice(["memo", "location", "private_note"]): f"Said {number}"}
    return {"taxes": {**taxes, "exceptions": rules}, "items": items, "invoices": invoices}


def on_day(files: list[Rules], day: str) -> Rules:
    """One file with what holds on a day: what files with days say takes the place of what others say."""
    made: Rules = {"items": {"otherwise": "hold"}, "taxes": {"otherwise": "hold"}, "invoices": {}}
    holding = [each for each in files if each.get("from", day) <= day <= each.get("until", day)]
    for each in sorted(holding, key=lambda file: "from" in file or "until" in file):
        for name in ("items", "taxes", "invoices"):
            for key, value in each[name].items():
                if key != "exceptions":
                    made[name][key] = {**made[name].get(key, {}), **value} if isinstance(value, dict) else value
    for each in holding:
        for name in ("items", "taxes"):
            made[name].setdefault("exceptions", []).extend(each[name]["exceptions"])
    return made


def outcomes_of(made: InvoiceDecisions) -> Any:
    line = made.lines[0]
    assert line.item is not None
    others = {name: each.outcome for name, each in line.item.others.items()}
    return line.item.name, others, line.tax.code or line.tax.kind, made.memo, made.location, made.private_note


@pytest.mark.parametrize("seed", range(12))
def test_a_day_is_decided_as_by_one_file_with_the_rules_of_that_day(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    files: list[Rules] = []
    for number in range(30):  # of those that fit each other
        tried = [*files, {**chance.choice(SPANS), **some_part(chance, number)}]
        if load(written(tmp_path, **whole(tried))).rules is not None:
            files = tried
    assert len(files) > 1
    rules = rules_of(tmp_path, **whole(files))
    for day in DAYS:
        one = tmp_path / "one"
        one.mkdir(exist_ok=True)
        plain = rules_of(one, rules=on_day(files, day))
        for country, tags, category, service in product_of(chance):
            given = {"country": country, "tag": tags, "tax_category": category, "service_type": service}
            assert outcomes_of(decided(rules, day, **given)) == outcomes_of(decided(plain, day, **given)), (day, given)


def whole(files: list[Rules]) -> dict[str, Rules]:
    names = [f"f{number}" for number in range(len(files))]
    main: Rules = {"include": [f"{each}.yaml" for each in names]}
    rest: Rules = {"items": {"otherwise": "hold"}, "taxes": {"otherwise": "hold"}}
    return {"rules": {**main, **rest}, **dict(zip(names, files, strict=True))}


def product_of(chance: random.Random) -> list[tuple[str, list[str], str, str]]:
    return [
        (
            chance.choice(["NO", "SE", "DK", "FI"]),
            chance.sample(["a", "b", "c"], 1),
            chance.choice(["E", "S", "Z"]),
            chance.choice(["Travel", "Help", "Other"]),
        )
        for _ in range(12)
    ]


NEARLY = [
    ("from: 2027-02-01\ntaxes: {by_country: {NO: B}}", "from: 2027-01-01 in b.yaml"),
    (
        "from: 2027-02-01\ntaxes: {exceptions: [{id: b, when: {tag: a}, code: B}]}",
        "from: 2027-01-01 in b.yaml",
    ),
    (
        "taxes: {exceptions: [{id: b, from: 2027-02-01, when: {tag: a}, code: B}]}",
        "from: 2027-01-01 in taxes.exceptions.b",
    ),
]


@pytest.mark.parametrize(("text", "remedy"), NEARLY)
def test_the_remedy_of_a_gap_names_what_has_the_days(tmp_path: Path, text: str, remedy: str) -> None:
    files = {
        "rules": "version: 1\ninclude: [a.yaml, b.yaml]\ntaxes: {otherwise: hold}\n",
        "a": "version: 1\nuntil: 2026-12-31\n"
        "taxes: {by_country: {NO: A}, exceptions: [{id: a, when: {tag: a}, code: A}]}\n",
        "b": f"version: 1\n{text}\n",
    }
    (finding,) = check([written(tmp_path, **files)]).findings
    assert (finding.code, finding.remedy) == ("OQ407", f"Write {remedy}, or until: 2027-01-31 in a.yaml.")
    files["b"] = files["b"].replace("2027-02-01", "2027-01-01")
    assert reported(tmp_path, **files) == []
