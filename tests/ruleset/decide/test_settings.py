"""The settings of the whole invoice: what is decided, and what of it is in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.decision import Facts, InvoiceDecisions, RoundingChoice
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.core.rule_set import RuleSet
from onedesk_quickbooks.plugin.ruleset.explain import explain
from onedesk_quickbooks.plugin.ruleset.load import load
from onedesk_quickbooks.plugin.ruleset.location import DEFAULT_RULES

RULES = """\
version: 1
customers:
  by_name: {ACME: Acme Inc.}
  when_similar: create
  exceptions:
    - {id: vip, when: {customer_tag: vip}, update_address: yes, when_similar: hold}
items: {otherwise: same_name, when_similar: create}
taxes: {by_country: {US: automatic}, otherwise: hold}
discounts:
  account: Discounts given
  exceptions:
    - {id: resellers, when: {customer_tag: reseller}, account: Reseller discounts, item: Rebate}
lines:
  markup_item: Markup
  exceptions:
    - {id: resellers, when: {customer_tag: reseller}, markup_item: none}
delivery:
  several_addresses: to
  exceptions:
    - {id: vip, when: {customer_tag: vip}, several_addresses: hold}
totals:
  when_different: rounding_line
  tolerance: 0.10
  automated_tax: hold
  prepaid: deposit
  rounding: {item: Rounding, tax_code: Exempt}
  exceptions:
    - {id: yen, when: {currency: JPY}, tolerance: 1, rounding: {item: Rounding (JPY)}}
    - {id: audited, when: {customer_tag: vip}, when_different: note, rounding: note, prepaid: note}
"""


def loaded(path: Path) -> RuleSet:
    found = load(path)
    assert found.rules is not None, found.findings
    return found.rules


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(RULES, encoding="utf-8")
    return loaded(path)


def invoice(given: Mapping[str, Any], **more: str) -> Invoice:
    return Invoice.from_json({**as_json(given, Path()), **more})


def settings(found: InvoiceDecisions) -> dict[str, Any]:
    own = found.customer
    return {
        **{name: getattr(found, name) for name in DEFAULTS if hasattr(found, name)},
        "similar": own.when_similar,
        "address": own.update_address,
        "by_name": own.by_name,
    }


DEFAULTS = {
    "when_total_differs": "hold",
    "tolerance": Decimal("0.05"),
    "automated_tax": "quickbooks",
    "prepaid": "hold",
    "rounding": "hold",
    "rounding_line": None,
    "discount_account": None,
    "discount_item": "Discount",
    "markup_item": None,
    "when_item_similar": "hold",
    "several_addresses": "cc",
    "similar": "hold",
    "address": "no",
    "by_name": "",
}
WRITTEN = {
    "when_total_differs": "rounding_line",
    "tolerance": Decimal("0.10"),
    "automated_tax": "hold",
    "prepaid": "deposit",
    "rounding": "line",
    "rounding_line": RoundingChoice("Rounding", "Exempt"),
    "discount_account": "Discounts given",
    "discount_item": "Discount",
    "markup_item": "Markup",
    "when_item_similar": "create",
    "several_addresses": "to",
    "similar": "create",
    "address": "no",
    "by_name": "",
}
EXCEPTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"customer": "acme"}, {"by_name": "customers.by_name.ACME"}),
    ({"currency": "JPY"}, {"tolerance": Decimal(1), "rounding_line": RoundingChoice("Rounding (JPY)")}),
    (
        {"customer_tag": ["reseller"]},
        {"discount_account": "Reseller discounts", "discount_item": "Rebate", "markup_item": "none"},
    ),
    (
        {"customer_tag": ["VIP"]},
        {
            "when_total_differs": "note",
            "prepaid": "note",
            "rounding": "note",
            "rounding_line": None,
            "several_addresses": "hold",
            "similar": "hold",
            "address": "yes",
        },
    ),
]


def test_what_holds_without_rules() -> None:
    assert settings(decide(loaded(DEFAULT_RULES), invoice({}), Facts("US"))) == DEFAULTS


@pytest.mark.parametrize(("given", "otherwise"), EXCEPTIONS)
def test_what_rules_and_their_exceptions_say(rules: RuleSet, given: dict[str, Any], otherwise: dict[str, Any]) -> None:
    assert settings(decide(rules, invoice(given), Facts("US"))) == {**WRITTEN, **otherwise}


ALWAYS = {
    "opening": "offer",
    "numbering": "onedesk",
    "number_taken": "hold where QuickBooks has another invoice of that number",
    "due": "invoice (where the due date comes from)",
    "on_void": "hold where OneDesk voids an invoice that QuickBooks has",
    "on_delete": "hold where OneDesk deletes an invoice that QuickBooks has",
    "attachments": "no (what becomes of the invoice's files)",
    "closed_period": "hold where the invoice is dated in a closed period",
    "future_date": "copy where the invoice is dated in the future",
    "changed_in_quickbooks": "hold where somebody edits the copy in QuickBooks",
    "customer_match": "link, display_name (how a customer is recognised)",
    "missing_customer": "create where QuickBooks has no such customer",
    "customer_currency": "hold where the QuickBooks customer is kept in another currency",
    "missing_item": "create where QuickBooks has no such item",
    "similar_item": "create where QuickBooks has only an item of nearly that name",
    "grouping": "none (of what lines become one)",
    "tolerance": "0.10 (the largest difference that is settled)",
    "line_amount": "hold where a line's amount is not its quantity at its price",
    "payments": "sent, copied (whose payments come back)",
    "overpayment": "note where more is paid than the invoice asks for",
    "customer": '"(any customer)" by link, then display_name; create when missing',
    "similar_customer": "create where QuickBooks has only a customer of nearly that name",
    "customer_name_taken": "hold where a vendor or employee has the name of a new customer",
    "customer_address": "no (whether the customer's record takes the address)",
    "customer_phone": "no (whether the customer's record takes the phone number)",
    "customer_tax_id": "no (whether the customer's record takes the tax number)",
    "delivery": "copy_only where the billing e-mail is missing",
    "several_addresses": "to where the billing e-mail holds several addresses",
    "send_on": "asked (when it is e-mailed)",
    "totals": "rounding_line (up to 0.10)",
    "rounding": 'a line with the item "Rounding", tax code Exempt',
}
TRAILS: list[tuple[dict[str, Any], dict[str, str], dict[str, str]]] = [
    ({}, {}, {}),
    (
        {"discounts": [{"name": "Friend"}]},
        {},
        {"discount_account": "Discounts given", "discount_item": "Discount (of a discount that is a line)"},
    ),
    ({}, {"prepaid": "10.00"}, {"prepaid": "deposit"}),
    ({"country": "US"}, {}, {"automated_tax": "hold where OneDesk has no tax"}),
]


@pytest.mark.parametrize(("given", "more", "said"), TRAILS)
def test_the_trail_has_each_setting_that_decides(
    rules: RuleSet, given: dict[str, Any], more: dict[str, str], said: dict[str, str]
) -> None:
    trail = decide(rules, invoice(given, **more), Facts("US")).trail
    whole = {each.table: each.outcome for each in trail if each.subject == "invoice"}
    assert whole == {**ALWAYS, **said}


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [("0.00", {"totals": "note (a difference of any cent)"}), ("0.04", {"rounding": "note"})],
)
def test_a_rounding_is_in_the_trail_where_there_is_one(rules: RuleSet, rounding: str, expected: dict[str, str]) -> None:
    trail = decide(rules, invoice({"customer_tag": ["vip"]}, rounding=rounding), Facts("US")).trail
    found = {each.table: each.outcome for each in trail}
    assert expected.items() <= found.items()
    assert ("rounding" in found) == (rounding != "0.00")
    assert "tolerance" not in found  # note settles nothing


@pytest.mark.parametrize(
    ("cost", "expected"), [(None, {}), ("80.00", {"markup": "Markup (of a billable expense's markup)"})]
)
def test_a_markup_is_in_the_trail_where_there_is_an_expense(
    rules: RuleSet, cost: str | None, expected: dict[str, str]
) -> None:
    given = as_json({}, Path())
    given["lines"][0] |= {"cost": cost} if cost else {}
    trail = decide(rules, Invoice.from_json(given), Facts("US")).trail
    assert {each.table: each.outcome for each in trail if each.table == "markup"} == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{due: terms, terms: Net 30}", {"due", "terms", "number_taken"}),
        ("{due: terms}", {"due", "number_taken"}),
        ("{exceptions: [{id: a, when: {country: US}, due: terms}]}", {"due", "number_taken"}),
        ("{number: quickbooks}", {"due"}),
    ],
)
def test_terms_are_explained_where_they_decide_and_a_taken_number_where_it_may_be(
    tmp_path: Path, written: str, expected: set[str]
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\ninvoices: {written}\n", encoding="utf-8")
    trail = decide(loaded(path), invoice({"country": "US"}), Facts("US")).trail
    assert {each.table for each in trail} & {"due", "terms", "number_taken"} == expected


def test_each_is_explained_with_the_rule_that_came_nearest(rules: RuleSet) -> None:
    found = explain(rules, invoice({"discounts": [{"name": "Friend"}], "currency": "EUR"}, prepaid="1.00"), Facts("US"))
    nearest = {each.decision.table: each.nearest.rule for each in found.decisions if each.nearest}
    assert nearest == {
        "similar_customer": "customers.exceptions.vip",
        "customer_address": "customers.exceptions.vip",
        "several_addresses": "delivery.exceptions.vip",
        "discount_account": "discounts.exceptions.resellers",
        "discount_item": "discounts.exceptions.resellers",
        "totals": "totals.exceptions.audited",
        "tolerance": "totals.exceptions.yen",
        "prepaid": "totals.exceptions.audited",
        "rounding": "totals.exceptions.yen",
    }


ACCOUNTS = [
    ("{otherwise: same_name}", None, False, "Sales for a new item (Administration > Financials)"),
    ("{default_income_account: Fees, otherwise: same_name}", "Fees", False, "Fees for a new item"),
    ("{default_income_account: Fees, otherwise: {item: Work, income_account: Fees}}", "Fees", True, "Fees"),
    ("{exceptions: [{id: a, when: {country: US}, income_account: Fees}], otherwise: same_name}", "Fees", True, "Fees"),
]


@pytest.mark.parametrize(("items", "account", "by_rule", "said"), ACCOUNTS)
def test_an_account_is_by_rule_or_that_of_a_new_item(
    tmp_path: Path, items: str, account: str | None, by_rule: bool, said: str
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(f"version: 1\nitems: {items}\n", encoding="utf-8")
    found = decide(loaded(path), invoice({"country": "US"}), Facts("US", default_income_account="Sales"))
    choice = found.lines[0].item
    assert choice is not None and (choice.income_account, bool(choice.account_rule)) == (account, by_rule)
    assert [each.outcome for each in found.trail if each.table == "income_account"] == [said]


def test_names_that_are_called_like_keys_of_others(tmp_path: Path) -> None:
    fields = '{days: "5", end_of_month: "yes", item: "{project}", name: A}'
    path = tmp_path / "rules.yaml"
    path.write_text(
        f"version: 1\ninvoices: {{custom_fields: {fields}}}\npayments: {{direction: both, methods: {{days: Visa}}}}\n"
    )
    rules = load(path).rules
    assert rules is not None
    decided = decide(rules, Invoice.from_json(as_json({}, Path())), Facts("US"))
    assert decided.custom_fields == "days: 5\nend_of_month: yes\nitem: {project}\nname: A"
    assert decided.payment_methods == "days: Visa"
