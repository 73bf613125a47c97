"""Something was renamed in QuickBooks, and the rules follow: what is written are ids, so that nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sync.changes.conftest import Make, edit
from tests.sync.conftest import Desk

RULES = {
    "Term": "invoices: {due: terms, terms: NAME}",
    "Class": "items: {by_service_type: {Support: {item: Support, class: NAME}}, otherwise: same_name}",
    "Account": "discounts: {account: NAME}",
    "Item": "items: {by_service_type: {Support: NAME}, otherwise: same_name}",
}


def renamed(desk: Desk, entity: str, rules: str, old: str, new: str) -> None:
    """In QuickBooks, and in the rules."""
    [row] = [each for each in desk.sandbox.list(entity) if each["Name"] == old]
    due = {"DueDays": row["DueDays"]} if entity == "Term" else {}
    desk.sandbox.edit(entity, row["Id"], {"Name": new, **due})
    (desk.home / "rules.yaml").write_text(f"version: 1\n{rules.replace('NAME', new)}\n", encoding="utf-8")
    desk.clock.sleep(7200)


def made(desk: Desk, entity: str) -> str:
    """The name of one that QuickBooks has."""
    if entity == "Class":
        desk.sandbox.create("Class", {"Name": "East"})
        return "East"
    if entity == "Account":
        kind = {"AccountType": "Income", "AccountSubType": "DiscountsRefundsGiven"}
        desk.sandbox.create("Account", {"Name": "Given away", **kind})
        return "Given away"
    if entity == "Item":
        account = desk.sandbox.list("Account", "AccountType = 'Income'")[0]["Id"]
        desk.sandbox.create("Item", {"Name": "Help", "Type": "Service", "IncomeAccountRef": {"value": account}})
        return "Help"
    return str(desk.sandbox.list("Term")[0]["Name"])


@pytest.mark.parametrize("entity", RULES)
def test_nothing_is_written(desks: Callable[..., Desk], invoice: Make, entity: str) -> None:
    desk = desks()
    name, rules = made(desk, entity), RULES[entity]
    (desk.home / "rules.yaml").write_text(f"version: 1\n{rules.replace('NAME', name)}\n", encoding="utf-8")
    desk.connect()
    given: dict[str, Any] = invoice(discounts=[{"name": "Loyalty", "amount": "10.00"}], total="300.00")
    first = desk.copy(given)
    assert first.outcome == "copied", first.reason
    renamed(desk, entity, rules, name, "Another name")
    token = desk.sandbox.read("Invoice", first.qbo_id)["SyncToken"]
    plan = desk.application.plan(given, "copy")
    same = desk.copy(given)
    assert (plan.outcome, plan.reason) == (same.outcome, same.reason) == ("unchanged", "")
    assert desk.sandbox.read("Invoice", first.qbo_id)["SyncToken"] == token
    newer = desk.copy({**given, "memo": "Newer"})
    assert newer.outcome == "updated"
    edit(desk, first.qbo_id, CustomerMemo={"value": "By hand"})
    held = desk.copy({**given, "memo": "Newer"})
    assert held.outcome == "held" and "term" not in held.reason
