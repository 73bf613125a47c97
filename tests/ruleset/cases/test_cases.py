"""Cases of rules: read, run, covered, proposed, mutated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from onedesk_quickbooks.plugin.findings import CannotRead
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.ruleset.cases import (
    Report,
    render_junit,
    render_mutants,
    render_text,
    run_paths,
    survivors,
    to_json,
    write_cases,
)
from onedesk_quickbooks.plugin.ruleset.load import EXAMPLES
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES
from tests.support.invoices import invoice_json, line

RULES = """\
version: 1
customers:
  by_name: {ACME: Acme Inc.}
items:
  by_service_type: {Travel: {item: Trips, income_account: Travel Income}, Training: Train}
  by_charge: {Freight: Shipping}
  exceptions:
    - {id: ca, when: {service_type: "Train*", country: [CA, US]}, item: Training (CA)}
    - {id: big, when: {amount: {from: 1000}, tag: [vip, gold]}, item: Big}
    - {id: never, when: {service_type: Gambling}, hold: Ask Maria}
  otherwise: same_name
taxes:
  by_country: {CA: {default: GST, ON: HST ON}, GB: {by_rate: {"20": S20, "0": Z0}, without_rate: none}}
  otherwise: hold
delivery:
  when_billing_email_missing: hold
  exceptions:
    - {id: acme, when: {customer: "Acme*"}, when_billing_email_missing: copy_only}
"""
CASES = """\
version: 1
company: {country: CA, default_income_account: Sales}
cases:
  - name: Ontario
    given: {country: CA, region: Ontario, service_type: Travel}
    expect: {item: Trips, income_account: Travel Income, tax_code: HST ON, hold: no, delivery: hold}
  - name: several lines
    given:
      country: GB
      lines: [{service_type: Training, tax_rate: 20}, {service_type: Gambling}]
      charges: [{name: Freight, tax_rate: 0}]
      discounts: [{name: Loyalty, tax_rate: 20}]
    expect:
      lines: [{item: Train, tax_rule: taxes.by_country.GB.by_rate.20}, {item: hold, hold: ask maria, tax_code: none}]
      charges: [{item: Shipping, tax_code: Z0, income_account: company_default}]
      discounts: [{tax_code: S20, item: none}]
  - name: a customer
    company: {country: US}
    given: {customer: acme}
    expect: {customer: Acme Inc., delivery: copy_only, tolerance: "0.050", number: onedesk}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "rules.cases.yaml").write_text(CASES, encoding="utf-8")
    return tmp_path


def ran(folder: Path, cases: str = CASES) -> Report:
    (folder / "rules.cases.yaml").write_text(cases, encoding="utf-8")
    return run_paths([folder / "rules.yaml"])


def test_cases_pass(folder: Path) -> None:
    report = ran(folder)
    assert [each.differences for file in report.files for each in file.results] == [(), (), ()]
    assert report.ok
    assert render_text(report).startswith("3 of 3 cases passed in 1 file; ")


FAILING = [
    ("item: Trips", "item: Tripe", "line 1: item", "Tripe", "Trips"),
    ("hold: no", "hold: anything", "line 1: hold", "anything", "no"),
    ("hold: ask maria", "hold: no", "line 2: hold", "no", "Ask Maria"),
    ("tax_code: Z0", "tax_code: S20", "charge 1: tax_code", "S20", "Z0"),
    ("number: onedesk", "number: quickbooks", "number", "quickbooks", "onedesk"),
    ("{tax_code: S20, item: none}", "{}, {}", "number of discounts", "2", "1"),
]


@pytest.mark.parametrize(("before", "after", "what", "wanted", "got"), FAILING, ids=[each[2] for each in FAILING])
def test_a_failing_case_shows_the_difference(
    folder: Path, before: str, after: str, what: str, wanted: str, got: str
) -> None:
    assert before in CASES
    report = ran(folder, CASES.replace(before, after))
    (result,) = report.files[0].failed
    assert any((each.what, each.expected) == (what, wanted) and got in each.got for each in result.differences)
    text = render_text(report)
    assert f"failed: {result.case.name}" in text
    assert f"    - {wanted}\n" in text
    assert not report.ok


def test_the_rule_that_decided_is_named(folder: Path) -> None:
    text = render_text(ran(folder, CASES.replace("tax_code: HST ON", "tax_code: GST")))
    assert "+ HST ON   by taxes.by_country.CA.ON at " in text
    assert "rules.yaml:13:35" in text


def test_junit_and_json(folder: Path) -> None:
    report = ran(folder, CASES.replace("item: Trips", 'item: "<&\\uffff>"'))
    root = ElementTree.fromstring(render_junit(report))
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert "expected <&?>, got Trips" in str(suite.findtext("testcase/failure"))
    made: Any = json.loads(json.dumps(to_json(report)))
    assert made["summary"]["failed"] == 1
    assert made["files"][0]["cases"][0]["differences"][0]["expected"] == "<&\uffff>"


BROKEN = [
    ("cases:", "casses:", "OQ201"),
    ("version: 1\n", "", "OQ202"),
    ("country: CA, region", "country: Canada, region", "OQ206"),
    ("name: Ontario", "name:", "OQ205"),
    ("given: {customer: acme}", "given: {customer: acme, date: 2026-02-30}", "OQ309"),
    ("hold: no", "hold: no, hold: yes", "OQ110"),
]


@pytest.mark.parametrize(("before", "after", "code"), BROKEN, ids=[each[2] for each in BROKEN])
def test_mistakes_in_case_files_are_findings(folder: Path, before: str, after: str, code: str) -> None:
    report = ran(folder, CASES.replace(before, after, 1))
    assert code in {each.code for each in report.findings}
    assert all(each.file.endswith("rules.cases.yaml") and each.remedy for each in report.findings)
    assert not report.ok
    assert 'errors="1"' in render_junit(report)


def test_mistakes_in_the_rules_are_findings_too(folder: Path) -> None:
    (folder / "rules.yaml").write_text("version: 2\n", encoding="utf-8")
    assert {each.code for each in ran(folder).findings} == {"OQ204"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{invoice: none.json}", "none.json: cannot be read"),
        ("{invoice: rules.yaml}", "is not JSON"),
        ("{invoice: empty.json}", r'is not a valid invoice \("id" is missing; add it'),
        ("{invoice: list.json}", "is not a valid invoice"),
    ],
)
def test_an_invoice_file_that_is_none(folder: Path, given: str, message: str) -> None:
    (folder / "empty.json").write_text("{}", encoding="utf-8")
    (folder / "list.json").write_text("[]", encoding="utf-8")
    with pytest.raises(CannotRead, match=message):
        ran(folder, CASES.replace("{customer: acme}", given))


def test_an_invoice_file_with_values_replaced(folder: Path) -> None:
    invoice = invoice_json(
        "1",
        line("Travel", "5"),
        currency="CAD",
        issue_date="2026-01-01",
        customer={"id": "1", "name": "Acme", "address": {"country": "CA", "region": "ON"}},
    )
    (folder / "invoice.json").write_text(json.dumps(invoice), encoding="utf-8")
    for more, code in ((", region: Quebec", "GST"), ("", "HST ON")):
        case = f"{{name: a, given: {{invoice: invoice.json{more}}}, expect: {{tax_code: {code}}}}}"
        assert ran(folder, f"version: 1\ncases:\n  - {case}\n").ok


SETTINGS = """\
version: 1
customers:
  when_similar: create
  exceptions: [{id: vip, when: {customer_tag: vip}, update_address: yes, when_similar: hold}]
items: {otherwise: same_name, when_similar: create}
discounts:
  account: Discounts given
  item: Rebate
  exceptions: [{id: resellers, when: {customer_tag: reseller}, account: Reseller discounts}]
delivery:
  exceptions: [{id: all, when: {customer_tag: vip}, several_addresses: to}]
totals:
  when_different: rounding_line
  automated_tax: hold
  prepaid: deposit
  rounding: {item: Rounding, tax_code: Exempt}
  exceptions:
    - {id: yen, when: {currency: JPY}, tolerance: 1, rounding: {item: Rounding (JPY)}}
    - {id: audited, when: {customer_tag: vip}, when_different: hold, rounding: hold, prepaid: note}
"""
SETTING_CASES = """\
version: 1
cases:
  - name: all others
    expect:
      when_customer_similar: create
      update_address: no
      when_item_similar: create
      item: (any service type)
      discount_account: Discounts given
      discount_item: Rebate
      several_addresses: cc
      when_total_differs: rounding_line
      tolerance: "0.05"
      automated_tax: hold
      prepaid: deposit
      rounding: line
      rounding_item: Rounding
      rounding_tax_code: Exempt
  - name: resellers
    given: {customer_tag: [reseller]}
    expect: {discount_account: Reseller discounts, several_addresses: cc}
  - name: yen
    given: {currency: JPY}
    expect: {tolerance: 1, rounding: line, rounding_item: Rounding (JPY), rounding_tax_code: none}
  - name: yen come first
    given: {currency: JPY, customer_tag: [vip]}
    expect: {rounding: line, prepaid: note}
  - name: audited
    given: {customer_tag: [vip]}
    expect:
      when_customer_similar: hold
      update_address: yes
      several_addresses: to
      when_total_differs: hold
      rounding: hold
      rounding_item: none
      prepaid: note
"""


def test_settings_of_the_whole_invoice_are_expected_covered_and_mutated(folder: Path) -> None:
    (folder / "rules.yaml").write_text(SETTINGS, encoding="utf-8")
    report = ran(folder, SETTING_CASES)
    assert report.ok, render_text(report)
    assert survivors(report.files[0]) == []
    (folder / "rules.cases.yaml").unlink()
    write_cases(folder / "rules.yaml", Facts("US"))
    proposed = run_paths([folder])
    assert proposed.ok, render_text(proposed)
    assert proposed.coverage == 100
    assert survivors(proposed.files[0]) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("item: Rounding, tax_code: Exempt", "item: Rounding, tax_code: NON"),
        ("Rounding (JPY)", "Rounding"),
        ("account: Discounts given", "account: Discounts"),
        ("item: Rebate", "item: Discount"),
        ("prepaid: deposit", "prepaid: note"),
        ("automated_tax: hold", "automated_tax: quickbooks"),
        ("when_similar: create}", "when_similar: hold}"),
        ("update_address: yes", "update_address: no"),
        ("several_addresses: to", "several_addresses: hold"),
        ("when_different: hold", "when_different: note"),
    ],
)
def test_another_setting_fails_a_case(folder: Path, before: str, after: str) -> None:
    assert SETTINGS.count(before) == 1
    (folder / "rules.yaml").write_text(SETTINGS.replace(before, after), encoding="utf-8")
    assert not ran(folder, SETTING_CASES).ok


def test_paths_that_mean_no_cases(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="holds no case file"):
        run_paths([tmp_path])
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    with pytest.raises(CannotRead, match="has no cases"):
        run_paths([tmp_path / "rules.yaml"])


def test_what_is_not_covered_is_listed_and_proposed(folder: Path) -> None:
    before = ran(folder)
    assert before.coverage < 100
    text = render_text(before, coverage=True)
    assert "no case covers item: items.exceptions.ca with country CA, service_type Train*" in text
    assert "no case covers tax_code: taxes.by_country.GB with country GB, tax rate 0" not in text  # the charge has it
    (written,) = write_cases(folder / "rules.yaml", Facts("US"))
    assert written.added == 7  # each with all that it is the first to show
    after = run_paths([folder])
    assert after.ok, render_text(after)
    assert after.coverage == 100, render_text(after, coverage=True)
    assert [each.added for each in write_cases(folder, Facts("US"))] == [0]


ASSERTED = [
    ("{item: Trips}", {"item"}),
    ("{item_rule: items.by_service_type.Travel}", {"item"}),
    ("{account_rule: items.by_service_type.Travel}", {"income_account"}),
    ("{lines: [{tax_code: HST ON}]}", {"tax_code"}),
    ("{delivery: hold}", {"delivery.when_billing_email_missing"}),
    ("{customer: (any customer)}", {"customer"}),
    ("{hold: no}", set()),
]


@pytest.mark.parametrize(("expect", "decisions"), ASSERTED, ids=[each for each, _ in ASSERTED])
def test_a_class_is_covered_where_its_decision_is_expected(folder: Path, expect: str, decisions: set[str]) -> None:
    case = f"{{name: a, given: {{country: CA, region: ON, service_type: Travel}}, expect: {expect}}}"
    report = ran(folder, f"version: 1\ncompany: {{country: CA}}\ncases:\n  - {case}\n")
    assert report.ok, render_text(report)
    (file,) = report.files
    left = {each.key for each in file.uncovered}
    assert {each.key[0] for each in file.classes if each.key not in left} == decisions


def test_a_reason_that_is_expected_covers_what_is_held(folder: Path) -> None:
    case = "{name: a, given: {service_type: Gambling, country: CA}, expect: {hold: ask maria}}"
    (file,) = ran(folder, f"version: 1\ncases:\n  - {case}\n").files
    left = {each.key for each in file.uncovered}
    assert [each.key[:2] for each in file.classes if each.key not in left] == [("item", "items.exceptions.never")]


def test_a_broken_file_is_not_covered(folder: Path) -> None:
    write_cases(folder / "rules.yaml", Facts("US"))
    assert run_paths([folder]).coverage == 100
    (folder / "broken.cases.yaml").write_text("version: 1\ncasses: []\n", encoding="utf-8")
    report = run_paths([folder])
    assert report.coverage < 100
    assert " in 2 files, of which 1 cannot be run; 9" in render_text(report)
    assert run_paths([folder / "broken.cases.yaml"]).coverage == 0


CURRENCIES = """\
version: 1
invoices:
  exceptions:
    - {id: home, when: {currency: USD}, number: quickbooks}
    - {id: large, when: {amount: {from: 50}}, on_open: copy}
items:
  exceptions:
    - {id: dollars, when: {currency: [USD, CAD]}, item: Work}
    - {id: before, when: {date: {below: 2027-01-01}, service_type: Travel}, item: Travel}
  otherwise: same_name
"""


def test_what_each_invoice_has_is_given_where_rules_ask_for_it(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(CURRENCIES, encoding="utf-8")
    write_cases(path, Facts("US"))
    report = run_paths([path])
    assert report.ok, render_text(report)
    assert report.coverage == 100, render_text(report, coverage=True)
    assert survivors(report.files[0]) == []


def test_a_proposed_reason_has_no_line_of_the_rule_file(folder: Path) -> None:
    (folder / "rules.cases.yaml").unlink()
    write_cases(folder / "rules.yaml", Facts("US"))
    text = (folder / "rules.cases.yaml").read_text(encoding="utf-8")
    assert "Ask Maria" in text
    assert "rules.yaml:" not in text


def test_a_first_case_file_covers_everything(folder: Path) -> None:
    (folder / "rules.cases.yaml").unlink()
    (written,) = write_cases(folder / "rules.yaml", Facts("CA", default_tax_code="GST # 5"))
    assert written.path == folder / "rules.cases.yaml"
    report = run_paths([folder])
    assert report.ok, render_text(report)
    assert report.coverage == 100


TAXES = """\
version: 1
items:
  exceptions:
    - {id: exempt, when: {tax_category: [E, Z], has_tax_id: no}, item: Exempt work}
  otherwise: same_name
taxes:
  by_category: {E: Exempt, S: {by_rate: {"20": S20, "5": R5}}}
  by_country: {GB: S20}
  exceptions:
    - {id: stamps, when: {charge: "Postage*", taxable: no}, code: None of it}
    - {id: consumers, when: {country: IE, has_tax_id: no}, code: S20}
    - {id: businesses, when: {country: IE, has_tax_id: yes, taxable: yes}, code: ECS}
  otherwise: hold
invoices:
  exceptions: [{id: business, when: {has_tax_id: yes}, on_open: copy}]
"""


def test_categories_taxable_and_tax_ids_are_proposed_and_missed(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(TAXES, encoding="utf-8")
    write_cases(path, Facts("GB"))
    text = (tmp_path / "rules.cases.yaml").read_text(encoding="utf-8")
    assert all(each in text for each in ("tax_category: S", "taxable: no", "has_tax_id: yes", "tax_rate: 5"))
    report = run_paths([tmp_path])
    assert report.ok, render_text(report)
    assert report.coverage == 100, render_text(report, coverage=True)
    left = {(each.how, each.rule) for each in survivors(report.files[0])}
    assert left == set()


ODD_LETTERS = """\
version: 1
items:
  by_service_type: {Straße: Road, ﬁn: Fin, "Two  blanks": Two, "ŉ": N}
  exceptions:
    - {id: large, when: {service_type: "Große*"}, item: Large}
  otherwise: hold
"""


def test_names_that_are_longer_or_shorter_when_they_are_compared_are_proposed(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(ODD_LETTERS, encoding="utf-8")
    write_cases(path, Facts("US"))
    report = run_paths([tmp_path])
    assert report.ok, render_text(report)
    assert report.coverage == 100, render_text(report, coverage=True)
    assert list(survivors(report.files[0])) == []
    assert '"Großex"' in (tmp_path / "rules.cases.yaml").read_text(encoding="utf-8")


def test_a_folder_of_rules_has_one_case_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("version: 1\nitems: {by_service_type: {Travel: Trips}, otherwise: hold}\n")
    (tmp_path / "b.yaml").write_text("version: 1\nfrom: 2027-01-01\ntaxes: {by_country: {NO: MVA 26}}\n")
    (tmp_path / "c.yaml").write_text("version: 1\ntaxes: {by_country: {NO: MVA 25}, otherwise: hold}\n")
    (written,) = write_cases(tmp_path, Facts("NO"))
    assert written.path == tmp_path / "all.cases.yaml" and (tmp_path / "cases.schema.json").exists()
    assert written.path.read_text().splitlines()[1:3] == ["version: 1", "rules: ."]
    report = run_paths([tmp_path])
    assert report.ok and report.coverage == 100
    assert [each.added for each in write_cases(tmp_path, Facts("NO"))] == [0]


def test_a_file_that_cannot_be_extended_stays(folder: Path) -> None:
    text = "version: 1\ncases: [{name: a, expect: {item: hold}, given: {service_type: Gambling}}]\n"
    (folder / "rules.cases.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CannotRead, match="cannot be extended"):
        write_cases(folder, Facts("US"))
    assert (folder / "rules.cases.yaml").read_text(encoding="utf-8") == text


def test_mutants_that_no_case_notices(folder: Path) -> None:
    left = {(each.how, each.rule) for each in survivors(ran(folder).files[0])}
    assert ("deleted", "items.exceptions.ca") in left
    assert ("deleted", "taxes.by_country.CA.ON") not in left
    assert ("negated", "items.exceptions.never") not in left
    assert not any(rule.startswith("invoices.") for _, rule in left)  # the defaults are not the file's own
    (folder / "rules.cases.yaml").unlink()
    write_cases(folder / "rules.yaml", Facts("US"))
    report = run_paths([folder])
    now = {(each.how, each.rule) for each in survivors(report.files[0])}
    assert now == set()
    assert "would go unnoticed" in render_mutants(survivors(report.files[0]))


def test_what_is_for_all_others_is_noticed_beside_any_but_some(tmp_path: Path) -> None:
    """A line without a service type is held whatever stands after otherwise: it notices no change of that."""
    rules = """version: 1
items:
  exceptions:
    - {id: r0, when: {service_type: {not: [Train, Fee]}}, from: 2027-02-01, class: N}
    - {id: r1, when: {charge: F*, date: {below: 2027-07-01}}, from: 2027-02-01, item: X}
  otherwise: same_name
"""
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    write_cases(tmp_path / "rules.yaml", Facts("US"))
    report = run_paths([tmp_path / "rules.yaml"])
    assert report.ok and report.coverage == 100
    assert survivors(report.files[0]) == []


@pytest.mark.parametrize("path", sorted([*EXAMPLES.parent.rglob("*.cases.yaml")]), ids=lambda path: str(path.name))
def test_shipped_cases_pass_and_miss_no_mutant(path: Path) -> None:
    report = run_paths([path])
    assert report.ok, render_text(report)
    assert [str(each) for file in report.files for each in survivors(file)] == []


def test_the_default_rules_can_be_tested(tmp_path: Path) -> None:
    (tmp_path / "x.cases.yaml").write_text(
        f"version: 1\nrules: {DEFAULT_RULES}\ncases:\n  - {{name: a, expect: {{on_open: offer}}}}\n", encoding="utf-8"
    )
    assert run_paths([tmp_path]).ok


CLASSES = """\
version: 1
invoices: {class: Services}
items:
  by_service_type: {Licences: {item: Licences, class: none}, Work: {item: Work, class: Work}}
  otherwise: same_name
"""


def test_a_line_without_a_class_is_distinguished_from_one_with_that_of_the_invoice(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(CLASSES, encoding="utf-8")
    write_cases(path, Facts("US"))
    given = {"Licences": "none", "Work": "Work", "Travel": "Services"}
    cases = "".join(
        f"  - {{name: {each}, given: {{service_type: {each}}}, expect: {{class: {given[each]}}}}}\n" for each in given
    )
    (tmp_path / "more.cases.yaml").write_text(f"version: 1\nrules: rules.yaml\ncases:\n{cases}", encoding="utf-8")
    report = run_paths([tmp_path])
    assert report.ok, render_text(report)
    path.write_text(CLASSES.replace(", class: none", ""), encoding="utf-8")
    failed = [each.case.name for file in run_paths([tmp_path]).files for each in file.results if not each.passed]
    assert sorted(failed) == ["Licences", "items.by_service_type.Licences: Licences"]


def test_what_no_rule_asks_for_is_not_given(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        "version: 1\ninvoices:\n  negative: credit_memo\n"
        "  exceptions: [{id: large, when: {amount: {below: -1000}}, negative: hold}]\n"
        "items: {by_service_type: {Travel: Trips, Work: Hours}, otherwise: hold}\n",
        encoding="utf-8",
    )
    write_cases(path, Facts("US"))
    text = (tmp_path / "rules.cases.yaml").read_text(encoding="utf-8")
    assert [line.strip() for line in text.splitlines() if "amount" in line] == ['given: {amount: "-1001"}']
    report = run_paths([path])
    assert report.ok and report.coverage == 100
    assert survivors(report.files[0]) == []
