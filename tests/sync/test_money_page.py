"""docs/money.md: every example is planned and copied; plan, QuickBooks and page have the same figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from onedesk_quickbooks.plugin.model.plan import Plan
from onedesk_quickbooks.plugin.yamlfile.build import LOADER
from tests.sync.conftest import Desk

PAGE = Path(__file__).parents[2] / "docs" / "money.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
CURRENCIES = {"us": "USD", "ca": "CAD", "gb": "GBP", "au": "AUD"}
REGIONS = {"us": "CA", "ca": "ON"}


def titled() -> list[Any]:
    """The examples, each by its section."""
    text = PAGE.read_text(encoding="utf-8")
    found = []
    for number, block in enumerate(BLOCKS, 1):
        section = re.findall(r"^## (.*)$", text[: text.index(block)], re.MULTILINE)[-1]
        found.append(pytest.param(yaml.load(block, LOADER), id=f"{number} {section}"))
    return found


def whole(example: Mapping[str, Any], invoice: Mapping[str, Any]) -> dict[str, Any]:
    """An invoice of which the example says what matters."""
    company, given = example["company"], example["invoice"]
    address = {"line1": "1 Quay", "country": company.upper(), "region": REGIONS.get(company, "")}
    customer = {**invoice["customer"], "address": given.get("customer", {}).get("address", address)}
    lines = [{"id": str(n), "service_type": "Support", **line} for n, line in enumerate(given["lines"], 1)]
    taxes = [{"name": "Tax", **tax} for tax in given.get("taxes", ())]
    made = {**invoice, **given, "currency": CURRENCIES[company], "customer": customer, "lines": lines, "taxes": taxes}
    return {key: value for key, value in made.items() if key != "subtotal"}


@pytest.mark.parametrize("example", titled())
def test_the_figures_are_those_of_plan_and_quickbooks(
    desks: Callable[..., Desk], invoice: Callable[..., dict[str, Any]], example: Mapping[str, Any]
) -> None:
    rules = yaml.safe_dump({"version": 1, **_ended(example.get("rules", {}))}, sort_keys=False)
    desk = desks(example["company"], rules=rules)
    desk.connect(tax_code=example.get("default_tax_code"))
    given = whole(example, invoice())
    plan = desk.application.plan(given, "copy")
    outcome = desk.copy(given)
    assert (plan.outcome, plan.reason) == (outcome.outcome, outcome.reason)
    if "held" in example:
        assert outcome.outcome == "held" and example["held"] in outcome.reason
        assert desk.invoices() == []
        return
    assert isinstance(plan, Plan), plan.reason
    expected = {key: Decimal(value) for key, value in example["is"].items()}
    made = desk.sandbox.read("Invoice", outcome.qbo_id)
    assert (plan.totals.tax, plan.totals.total) == (expected["tax"], expected["total"])
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (expected["tax"], expected["total"])
    assert made["Balance"] == expected.get("balance", expected["total"])
    host = Decimal(given["total"])
    assert host == expected["total"] or f"{host}" in outcome.reason  # no cent passes without a word


def _ended(rules: Mapping[str, Any]) -> dict[str, Any]:
    """What a section of rules has to say."""
    return {**rules, "items": {"otherwise": "same_name"}}
