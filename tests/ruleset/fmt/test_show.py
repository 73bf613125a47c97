"""The effective rules as rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from onedesk_quickbooks.plugin.model.decision import Facts
from onedesk_quickbooks.plugin.model.invoice import Invoice
from onedesk_quickbooks.plugin.ruleset.cases.case_invoice import as_json
from onedesk_quickbooks.plugin.ruleset.core.decide import decide
from onedesk_quickbooks.plugin.ruleset.explain import explain
from onedesk_quickbooks.plugin.ruleset.fmt import show
from onedesk_quickbooks.plugin.ruleset.fmt.show import UnknownDecision, count_rules
from onedesk_quickbooks.plugin.ruleset.load import EXAMPLES, load

NAMED = (
    *("terms", "memo", "private_note", "location", "class", "custom_fields", "online_card_payment"),
    *("online_bank_payment", "hold", "skip", "negative"),
)
"""Settings of invoices that decide nothing in what is counted here."""


def rows(
    name: str, decision: str | None = None, ids: list[str] | None = None, table: str = "tax_code"
) -> list[tuple[str, str, int | None]]:
    rules = load(EXAMPLES / name).rules
    assert rules is not None
    counts = None if ids is None else count_rules((table, each, None) for each in ids)
    return [(each.when, each.outcome, each.count) for each in show(rules, decision, counts)]


def test_a_decision_in_the_order_in_which_it_is_asked() -> None:
    found = rows("ca-provinces.yaml", "tax_code")
    assert found[0] == ("country: CA, customer_tag: tax-exempt", "Exempt", None)
    assert ("country: CA, region: CA-ON", "HST ON", None) in found
    assert found[-1] == ("otherwise", "Zero-rated", None)


def test_an_entry_for_certain_days_takes_the_place_of_the_other_one(tmp_path: Path) -> None:
    """Also where it names less: that is shown, and explained."""
    items = "{item: Trips, income_account: Travel Income, class: North}"
    (tmp_path / "a.yaml").write_text(
        f"version: 1\nitems: {{by_service_type: {{Travel: {items}, Hotel: Rooms}}, otherwise: hold}}\n"
    )
    (tmp_path / "b.yaml").write_text("version: 1\nfrom: 2027-01-01\nitems: {by_service_type: {Travel: Trips 2}}\n")
    rules = load(tmp_path).rules
    assert rules is not None
    dated, always = "items.by_service_type.Travel from 2027-01-01", "items.by_service_type.Travel"
    for decision, outcome in (("item", "Trips 2"), ("class", "no class")):
        assert [(each.rule, each.outcome) for each in show(rules, decision)][:1] == [(dated, outcome)]
    assert [each.rule for each in show(rules, "income_account")] == [dated, always, "items.otherwise"]
    for day, rule in (("2026-12-31", always), ("2027-01-01", dated)):
        invoice = Invoice.from_json(as_json({"service_type": "Travel", "date": day}, Path()))
        decisions = {each.decision.table: each.decision for each in explain(rules, invoice, Facts("US")).decisions}
        assert decisions["item"].rule == decisions["income_account"].rule == rule


def test_what_goes_with_the_item_of_otherwise_is_not_that_of_others(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    exceptions = "[{id: tagged, when: {tag: a}, item: Other}]"
    otherwise = "{item: X, income_account: Sales, class: North}"
    path.write_text(
        f"version: 1\nitems: {{by_service_type: {{Hotel: Rooms}}, exceptions: {exceptions}, otherwise: {otherwise}}}\n"
    )
    rules = load(path).rules
    assert rules is not None
    own = ["items.by_service_type.Hotel", "items.otherwise"]
    accounts = [(each.rule, each.outcome) for each in show(rules, "income_account")]
    assert sorted(rule for rule, _ in accounts) == sorted([*own, "items.exceptions.tagged"])
    assert accounts[-1] == ("items.otherwise", "Sales")
    assert [(each.rule, each.outcome) for each in show(rules, "class")] == [(own[0], "no class"), (own[1], "North")]


def test_counts_of_rates_count_for_their_rule() -> None:
    ids = ["taxes.by_country.NO.by_rate.25", "taxes.by_country.NO.without_rate", "taxes.otherwise", "gone"]
    found = {when: count for when, _, count in rows("no-eu-international.yaml", "tax_code", ids)}
    assert found["country: NO"] == 2
    assert found["country: SE"] == 0
    assert found["otherwise"] == 1


def test_a_rule_that_decides_item_and_account_counts_once_for_each() -> None:
    ids = ["items.otherwise", "items.otherwise"]
    for decision, count in (("income_account", 2), ("item", 0)):
        found = rows("gb-vat.yaml", decision, ids, "income_account")
        assert (found[-1][0], found[-1][2]) == ("otherwise", count)


def test_a_rule_that_decides_several_settings_counts_once_for_each(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    said = "{id: retainers, when: {invoice_type: retainer}, on_open: copy, due: terms, terms: Net 30}"
    path.write_text(f"version: 1\ninvoices:\n  exceptions: [{said}]\n", encoding="utf-8")
    rules = load(path).rules
    assert rules is not None
    made = [Invoice.from_json(as_json({"invoice_type": each}, Path())) for each in ("retainer", "retainer", "flat")]
    trails = [decide(rules, each, Facts("US")).trail for each in made]
    counts = count_rules((each.table, each.rule, None) for trail in trails for each in trail)
    found = {(each.decision, each.rule): each.count for each in show(rules, counts=counts)}
    for name, otherwise in (("on_open", 1), ("due", 1), ("terms", 0)):
        assert found[f"invoices.{name}", "invoices.exceptions.retainers"] == 2
        assert found[f"invoices.{name}", f"invoices.{name}"] == otherwise
    assert {each for each, count in found.items() if count == 0 and "." in each[0]} == {
        *((f"invoices.{each}", f"invoices.{each}") for each in NAMED),
        *((f"delivery.{each}", f"delivery.{each}") for each in ("to", "cc", "bcc")),
        *((f"lines.{each}", f"lines.{each}") for each in ("description", "markup_item")),
        *(
            (f"customers.{each}", f"customers.{each}")
            for each in ("bill_to", "project", "project_name", "bill_with_parent")
        ),
        *((f"discounts.{each}", f"discounts.{each}") for each in ("account", "item")),
        *((f"totals.{each}", f"totals.{each}") for each in ("tolerance", "prepaid", "rounding")),
        *(
            (f"payments.{each}", f"payments.{each}")
            for each in ("direction", "methods", "deposit_account", "deposit_accounts", "more_than_open")
        ),
    }


def test_all_decisions(tmp_path: Path) -> None:
    rules = load(EXAMPLES / "gb-vat.yaml").rules
    assert rules is not None
    found = {each.decision for each in show(rules)}
    assert {"item", "income_account", "tax_code", "invoices.on_open", "totals.tolerance"} <= found
    assert all(set(each.to_json()) >= {"rule", "when", "outcome", "line"} for each in show(rules))


def test_an_unknown_decision_names_the_nearest() -> None:
    with pytest.raises(UnknownDecision, match='Did you mean "tax_code"'):
        rows("gb-vat.yaml", "taxcode")
