"""Rules compared with the company, and with what is in use."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.findings import CannotRead
from onedesk_quickbooks.plugin.model.books import BooksCustomer, BooksItem
from onedesk_quickbooks.plugin.model.company_settings import Account, BooksClass, Company, Ref, TaxCode
from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.check import Against, check
from onedesk_quickbooks.plugin.ruleset.check.snapshot import CompanySnapshot, read_snapshot
from tests.support.invoices import invoice_json, line

SNAPSHOT = CompanySnapshot(
    Company("1", "Maple Leaf", "CA", "CAD"),
    (
        Account("1", "Services", "Income", "4000"),
        Account("2", "Old", "Income", active=False),
        Account("12", "Discounts given", "Income", subtype="DiscountsRefundsGiven"),
        Account("13", "Checking", "Bank"),
        Account("14", "Retainers", "Other Current Liability"),
        Account("15", "Advances", "Long Term Liability"),
    ),
    (
        BooksItem("3", "Work:Consulting", "Service", Ref("1", "Services")),
        BooksItem("4", "Pack", "Group"),
        BooksItem("5", "Retainer", "Service", Ref("14", "Retainers")),
    ),
    (TaxCode("5", "HST ON", Decimal(13)), TaxCode("6", "GST (purchases)", None)),
    (Ref("7", "Net 30"),),
    (BooksClass("8", "North"), BooksClass("10", "Sales:Projects"), BooksClass("11", "East", active=False)),
    (BooksCustomer("9", "Acme Inc.", "CAD"),),
    "2026-07-15T12:00:00+00:00",
)


def found(tmp_path: Path, text: str) -> list[tuple[str, str, str]]:
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\n" + text, encoding="utf-8")
    return [(each.code, each.message, each.remedy) for each in check([path], Against(SNAPSHOT)).findings]


@pytest.mark.parametrize(
    "text",
    [
        "items: {default_income_account: services, otherwise: same_name}",
        'items: {default_income_account: "4000", otherwise: same_name}',
        "items: {otherwise: {item: work:consulting}, when_missing: hold}",
        "items: {otherwise: {item: ' consulting'}, when_missing: hold}",
        "items: {by_service_type: {A: {item: Retainer, income_account: Retainers}}, otherwise: same_name}",
        "taxes: {otherwise: {code: hst on}}",
        "taxes: {otherwise: {by_rate: {13: HST ON, 0: hold}, without_rate: none}}",
        "invoices: {due: terms, terms: net 30}",
        "items: {exceptions: [{id: a, when: {tag: b}, class: sales:projects}], otherwise: same_name}",
        "customers: {by_name: {ACME: acme inc.}, when_missing: hold}",
        'customers: {bill_to: acme inc., exceptions: [{id: a, when: {tag: b}, bill_to: "{partner}"}]}',
        "customers: {bill_to: acme inc., exceptions: [{id: a, when: {tag: b}, bill_to: None}]}",
        "discounts: {account: discounts given, item: work:consulting}",
        "totals: {rounding: {item: Work:Consulting, tax_code: hst on}}",
    ],
)
def test_what_the_company_has_is_fine(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("items: {default_income_account: Servces, otherwise: hold}", "OQ501", 'Did you mean "Services"?'),
        ("items: {default_income_account: Old, otherwise: hold}", "OQ502", "inactive"),
        ("items: {default_income_account: Advances, otherwise: hold}", "OQ503", "only its own users create one there"),
        (
            "items: {default_income_account: Advances, otherwise: hold}",
            "OQ503",
            "(Products and services), where it is for",
        ),
        (
            "items: {by_service_type: {A: {item: Block, income_account: Retainers}}, otherwise: hold}",
            *("OQ501", "create it there (Products and services)"),
        ),
        ("items: {otherwise: {item: Pack}}", "OQ503", "bundle"),
        ("items: {otherwise: {item: Coaching}, when_missing: hold}", "OQ501", "Products and services"),
        ("items: {otherwise: {item: Coaching}}", "OQ505", "will be created"),
        ("items: {otherwise: {item: Con-sulting}}", "OQ513", 'no item "Con-sulting" but "Work:Consulting"; lines that'),
        ("items: {otherwise: {item: Work:Design}}", "OQ501", 'no item "Work:Design"'),
        (
            "items: {default_income_account: Checkin, otherwise: hold}",
            "OQ501",
            "It has Services, Discounts given, Retainers.",
        ),
        ("taxes: {otherwise: {code: GST (purchase)}}", "OQ501", "It has HST ON."),
        ("customers: {bill_to: Acme}", "OQ509", 'Did you mean "Acme Inc."?'),
        (
            'customers: {bill_to: "{partner}", exceptions: [{id: a, when: {tag: b}, bill_to: North}]}',
            *("OQ509", 'no customer "North"'),
        ),
        ("taxes: {otherwise: {code: GST (purchases)}}", "OQ503", "no sales rate"),
        ("taxes: {exceptions: [{id: a, when: {tag: b}, code: {by_rate: {5: GST}}}], otherwise: hold}", "OQ501", "GST"),
        ("taxes: {by_country: {CA: {default: {by_rate: {5: GST}}, ON: HST ON}}, otherwise: hold}", "OQ501", "GST"),
        ("taxes: {by_category: {E: {by_rate: {0: GTS}}}, otherwise: hold}", "OQ501", 'no tax code "GTS"'),
        ("taxes: {otherwise: automatic}", "OQ504", "Name the tax code"),
        (
            "items: {exceptions: [{id: a, when: {tag: b}, class: Nort}], otherwise: {item: Work:Consulting}}",
            "OQ501",
            'mean "North"?',
        ),
        ("items: {otherwise: {item: Work:Consulting, class: East}}", "OQ502", 'The class "East" is inactive'),
        ("invoices: {due: terms, terms: Net 31}", "OQ501", 'Did you mean "Net 30"?'),
        ("customers: {by_name: {ACME: Acme Ltd.}}", "OQ509", 'Did you mean "Acme Inc."?'),
        ("customers: {by_name: {ACME: Zenith}}", "OQ509", "or create it there (Customers)"),
        ("customers: {by_name: {ACME: Zenith}, when_missing: hold}", "OQ501", 'no customer "Zenith"'),
        ("discounts: {account: Discount given}", "OQ501", 'Did you mean "Discounts given"?'),
        ("discounts: {account: Old}", "OQ502", "inactive"),
        ("discounts: {account: Checking}", "OQ503", "not Income"),
        ("discounts: {item: Pack}", "OQ503", "bundle"),
        ("discounts: {exceptions: [{id: a, when: {tag: b}, account: Service}]}", "OQ501", '"Services"?'),
        ("totals: {rounding: {item: Pack}}", "OQ503", "bundle"),
        ("totals: {rounding: {item: Work:Consulting, tax_code: HST NS}}", "OQ501", '"HST ON"?'),
        (
            "totals: {exceptions: [{id: a, when: {tag: b}, rounding: {item: Cents}}]}",
            "OQ505",
            "will be created",
        ),
    ],
)
def test_what_it_has_not_is_found(tmp_path: Path, text: str, code: str, said: str) -> None:
    ((only, message, remedy),) = found(tmp_path, text)
    assert only == code
    assert said in f"{message} {remedy}"


def test_an_item_that_is_created_is_no_error_beside_another_one(tmp_path: Path) -> None:
    items = "items: {by_service_type: {A: Design}, otherwise: same_name}"
    wrong = "invoices: {number: none}"
    assert [code for code, *_ in found(tmp_path, f"{wrong}\n{items}")] == ["OQ204", "OQ505"]
    held = items.replace("otherwise", "when_missing: hold, otherwise")
    assert [code for code, *_ in found(tmp_path, f"{wrong}\n{held}")] == ["OQ204", "OQ501"]


LATER = "taxes: {exceptions: [{id: a, from: 2027-01-01, when: {country: CA}, code: Moms 6}], otherwise: hold}"


@pytest.mark.parametrize(
    ("text", "today", "code", "said"),
    [
        (LATER, "2026-12-31", "OQ510", 'no tax code "Moms 6" yet; the rules need it from 2027-01-01 on. Create it'),
        (LATER, "2027-01-01", "OQ501", 'no tax code "Moms 6". It has'),
        (LATER.replace("Moms 6", "HST OM"), "2026-12-31", "OQ510", 'Did you mean "HST ON"? Create it there before'),
        (LATER.replace("otherwise: hold", "otherwise: {code: moms 6}"), "2026-12-31", "OQ501", "moms 6"),
        (LATER.replace("from: 2027-01-01", "until: 2027-01-01"), "2026-12-31", "OQ501", "Moms 6"),
        (f"from: 2027-01-01\n{LATER.replace('from: 2027-01-01, ', '')}", "2026-12-31", "OQ510", "from 2027-01-01 on"),
        (f"from: 2027-03-01\n{LATER}", "2027-02-01", "OQ510", "from 2027-03-01 on"),
        (
            "items: {when_missing: hold, exceptions: [{id: a, from: 2027-02-01, when: {tag: b}, item: Later}, "
            "{id: c, from: 2027-01-01, when: {tag: d}, item: LATER}], otherwise: hold}",
            *("2026-12-31", "OQ510", "from 2027-01-01 on"),
        ),
        (
            "items: {exceptions: [{id: a, from: 2027-02-01, when: {tag: b}, class: South}], otherwise: hold}",
            *("2026-12-31", "OQ510", "(All lists > Classes)"),
        ),
    ],
)
def test_what_a_later_day_needs_is_no_error_yet(tmp_path: Path, text: str, today: str, code: str, said: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\n" + text, encoding="utf-8")
    against = Against(SNAPSHOT, today=datetime.date.fromisoformat(today))
    findings = [each for each in check([path], against).findings if each.code.startswith("OQ5")]
    assert {each.code for each in findings} == {code}
    assert any(said in f"{each.message} {each.remedy}" for each in findings), findings
    if code == "OQ510":
        assert {each.severity for each in findings} == {"note"}


def test_snapshot_comes_back_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "company.json"
    path.write_text(json.dumps(SNAPSHOT.to_json()), encoding="utf-8")
    assert read_snapshot(path) == SNAPSHOT


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a valid snapshot of a company"),
        ('{"version": 1, "company": {"name": "x", "country": "Canada", "home_currency": "CAD"}}', "company.country"),
    ],
)
def test_another_file_is_refused_in_one_sentence(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "company.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CannotRead, match=why):
        read_snapshot(path)


def invoice(number: int, **fields: Any) -> Invoice:
    address = {"country": fields.pop("country", "CA"), "region": fields.pop("region", "")}
    customer = {"id": "c", "name": "Acme", "address": address}
    made = line(**{"service_type": "Coaching", "price": "1560.00", **fields})
    return Invoice.from_json(invoice_json(str(number), made, currency="CAD", customer=customer))


def test_what_waits_is_counted_in_lines_and_money(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        "version: 1\nitems: {otherwise: hold}\ntaxes: {by_country: {CA: {by_rate: {13: HST ON}}}, otherwise: hold}\n",
        encoding="utf-8",
    )
    invoices = [
        invoice(1, tax_rate="13"),
        invoice(2, tax_rate="13"),
        invoice(3, tax_rate="5", service_type="coaching"),
        invoice(4, country="NO", service_type=""),
    ]
    messages = [(each.code, each.message) for each in check([path], Against(invoices=invoices)).findings]
    assert sorted(messages) == [
        ("OQ601", "Lines without a service type get no item (1 open line, 1560.00 CAD wait on it)."),
        (
            "OQ601",
            'The service type "Coaching" is in use, but no rule gives it an item'
            " (3 open lines, 4680.00 CAD wait on it).",
        ),
        (
            "OQ602",
            "Customers in NO have invoices, but no rule gives them a tax code (1 open line, 1560.00 CAD wait on it).",
        ),
        (
            "OQ602",
            "Lines with the rate 5 % are in use for CA, but taxes.by_country.CA names no tax code for them"
            " (1 open line, 1560.00 CAD wait on it).",
        ),
    ]


def test_lines_and_addresses_that_hold_are_counted_too(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    taxes = "by_country: {CA: {default: GST, ON: HST ON}, GB: 20.0% S}"
    path.write_text(f"version: 1\ntaxes: {{{taxes}, otherwise: hold}}\n", encoding="utf-8")
    invoices = [
        invoice(1, taxable=False),
        invoice(2, tax_category="E"),
        invoice(3, tax_category="E", country="GB"),
        invoice(4, tax_category="X1"),
        invoice(5, country="UK"),
        invoice(6, country=""),
        invoice(7, region="Toronto"),
    ]
    found = check([path], Against(invoices=invoices, facts=Facts("CA"))).findings
    assert {(each.code, each.message.split(" (")[0], each.remedy) for each in found} == {
        (
            "OQ602",
            "Lines are not taxable, and no rule gives them a tax code",
            "Add an exception with when: {taxable: no} under taxes.",
        ),
        (
            "OQ602",
            "Lines have the tax category E, and no rule gives them a tax code",
            "Add E under taxes.by_category.",
        ),
        (
            "OQ602",
            'Lines have the tax category "X1", and no rule gives them a tax code',
            "Set the tax category on them in OneDesk, as a code of UNCL5305.",
        ),
        (
            "OQ603",
            'The customer "Acme" has "UK" as its country, by which the rules decide',
            "Correct the country in the customer's address in OneDesk.",
        ),
        (
            "OQ603",
            'The customer "Acme" has no country, by which the rules decide',
            "Correct the country in the customer's address in OneDesk.",
        ),
        (
            "OQ603",
            'The customer "Acme" has "Toronto" as its region, by which the rules decide',
            "Correct the region in the customer's address in OneDesk.",
        ),
    }
    assert any("2 open lines, 3120.00 CAD" in each.message for each in found)


@pytest.mark.parametrize("how", ["adjust_tax", "rounding_line"])
def test_automated_sales_tax_cannot_be_settled(tmp_path: Path, how: str) -> None:
    """Of the section and of exceptions; elsewhere, and by other words, nothing is said."""
    text = (
        f"totals:\n  when_different: {how}\n  rounding: {{item: Work:Consulting}}\n"
        f"  exceptions: [{{id: a, when: {{country: US}}, when_different: {how}}}]\n"
    )
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\n" + text, encoding="utf-8")
    automated = CompanySnapshot(
        Company("1", "Main Street", "US", "USD", automated_sales_tax=True), items=SNAPSHOT.items
    )
    findings = [each for each in check([path], Against(automated)).findings if each.code == "OQ508"]
    assert [each.line for each in findings] == [3, 5]
    assert f"{how} cannot be used" in findings[0].message and "before any e-mail" in findings[0].remedy
    assert "OQ508" not in {code for code, _, _ in found(tmp_path, text)}
    path.write_text("version: 1\ntotals: {when_different: note}\n", encoding="utf-8")
    assert not [each for each in check([path], Against(automated)).findings if each.code == "OQ508"]


def test_what_an_exception_by_rate_leaves_open_takes_an_exception_before_it(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rates = 'exceptions: [{id: rates, when: {country: CA}, code: {by_rate: {"0": Zero}, without_rate: Zero}}]'
    path.write_text(f"version: 1\ntaxes: {{by_category: {{E: Exempt}}, {rates}, otherwise: hold}}\n", encoding="utf-8")
    invoices = [invoice(1, taxable=False), invoice(2, tax_category="E")]
    findings = check([path], Against(invoices=invoices, facts=Facts("CA"))).findings
    assert {each.remedy for each in findings if each.code == "OQ602"} == {
        "Add an exception with when: {taxable: no} under taxes before taxes.exceptions.rates.",
        "Add an exception with when: {tax_category: E} under taxes before taxes.exceptions.rates.",
    }


def test_what_is_inactive_is_known_by_the_name_that_it_had(tmp_path: Path) -> None:
    """QuickBooks calls it "Name (deleted)": it is not created again, and no other name is proposed."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "version: 1\nitems: {by_service_type: {Repair: Onsite, Travel: Work:Travel}, otherwise: same_name}\n"
        "customers: {by_name: {A: Acme Inc.}}\n",
        encoding="utf-8",
    )
    items = (
        BooksItem("3", "Onsite (deleted)", "Service", Ref("1", "Services"), active=False),
        BooksItem("4", "Work (deleted):Travel (deleted-1)", "Service", Ref("1", "Services"), active=False),
    )
    gone = CompanySnapshot(
        SNAPSHOT.company, items=items, customers=(BooksCustomer("9", "Acme Inc. (deleted)", "CAD", active=False),)
    )
    remedies = {each.message: each.remedy for each in check([path], Against(gone)).findings}
    assert set(remedies) == {
        'The item "Onsite" is inactive in Maple Leaf, and called "Onsite (deleted)" there.',
        'The item "Work:Travel" is inactive in Maple Leaf, and called "Work (deleted):Travel (deleted-1)" there.',
        'The customer "Acme Inc." is inactive in Maple Leaf, and called "Acme Inc. (deleted)" there.',
    }
    assert all(each.startswith("Make it active again in QuickBooks under its old name") for each in remedies.values())


def test_online_payments_that_are_turned_off(tmp_path: Path) -> None:
    """Of the section and of exceptions, by card and by bank; no is nothing to report."""
    text = (
        "invoices:\n  online_card_payment: yes\n  online_bank_payment: no\n"
        "  exceptions: [{id: a, when: {currency: USD}, online_bank_payment: yes}]\n"
    )
    path = tmp_path / "rules.yaml"
    path.write_text("version: 1\n" + text, encoding="utf-8")
    for on, lines in ((False, [3, 5]), (True, [])):
        company = CompanySnapshot(Company("1", "Main Street", "US", "USD", online_payments=on))
        assert [each.line for each in check([path], Against(company)).findings if each.code == "OQ511"] == lines


@pytest.mark.parametrize(
    ("rates", "messages"),
    [
        ('{"13": HST ON, "5": GST}', []),
        ('{"13.0": HST ON}', []),
        ('{"5": HST ON}', ['The tax code "HST ON" has 13 % in Maple Leaf, and the rule gives it to lines of 5 %.']),
        ('{"5": hold, "13": company_default}', []),
        (
            '{"0.13": HST ON}',
            ['The tax code "HST ON" has 13 % in Maple Leaf, and the rule gives it to lines of 0.13 %.'],
        ),
    ],
)
def test_codes_by_rate_have_that_rate(tmp_path: Path, rates: str, messages: list[str]) -> None:
    text = f"taxes: {{by_country: {{CA: {{by_rate: {rates}}}}}, otherwise: hold}}\n"
    assert [message for code, message, _ in found(tmp_path, text) if code == "OQ512"] == messages
    text = f"taxes: {{exceptions: [{{id: a, when: {{tag: x}}, code: {{by_rate: {rates}}}}}], otherwise: hold}}\n"
    assert [message for code, message, _ in found(tmp_path, text) if code == "OQ512"] == messages


def test_a_rate_that_is_a_key_already_is_not_advised(tmp_path: Path) -> None:
    by_rate = 'taxes: {by_country: {CA: {by_rate: {"15": HST ON%s}}}, otherwise: hold}\n'
    for more, remedy in (("", 'Write "13", or name a code of 15 %.'), (', "13.0": HST ON', "Name a code of 15 %.")):
        assert [each for code, _, each in found(tmp_path, by_rate % more) if code == "OQ512"] == [remedy]


@pytest.mark.parametrize(
    ("rate", "meant"),
    [("0.21", "21"), ("0.2", "20"), ("0.05", "5"), ("0", ""), ("0.5", ""), ("0.025", ""), ("0.205", ""), ("5.5", "")],
)
def test_a_rate_that_may_be_a_fraction(tmp_path: Path, rate: str, meant: str) -> None:
    remedies = found(tmp_path, f'taxes: {{otherwise: {{by_rate: {{"{rate}": HST ON}}}}}}\n')
    written = [remedy for code, _, remedy in remedies if code == "OQ322"]
    assert written == [f'Write "{meant}" for {meant} per cent; if {rate} per cent is meant, nothing is wrong.'] * bool(
        meant
    )
