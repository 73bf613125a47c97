"""Products/services that are renamed, moved, merged or made inactive in QuickBooks between a copy and its update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.plan import Plan
from onedesk_quickbooks.plugin.planning import plan_json, plan_text
from tests.sync.changes.conftest import Make, edit, rule, waiting
from tests.sync.conftest import Desk


def item(desk: Desk, name: str) -> dict[str, Any]:
    return next(each for each in desk.sandbox.list("Item") if each["FullyQualifiedName"] == name)


def on(desk: Desk) -> list[tuple[str, str]]:
    """Id and name of the item of each line."""
    lines = desk.invoices()[0]["Line"]
    refs = [line["SalesItemLineDetail"]["ItemRef"] for line in lines if "SalesItemLineDetail" in line]
    return [(each["value"], each["name"]) for each in refs]


def rename(desk: Desk, name: str, new: str) -> str:
    found = item(desk, name)
    desk.sandbox.edit("Item", found["Id"], {"Name": new})
    return str(found["Id"])


def test_a_line_stays_on_an_item_that_was_renamed(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    account = item(us, "Support")["IncomeAccountRef"]
    renamed = rename(us, "Support", "Helpdesk")
    stands = {"income_account": {"id": account["value"], "name": account["name"]}}
    step = {"step": "use item", "name": "Support", "qbo_id": renamed, "renamed": "Helpdesk", **stands}
    used = f'use "Helpdesk" (QuickBooks {renamed}), "Support" when it was first written, on the account "{{}}"\n'
    assert us.copy(invoice()).outcome == "unchanged"
    for memo in ("Newer", "Newer still"):  # what QuickBooks calls it in between makes no difference
        plan = us.application.plan(invoice(memo=memo), "copy")
        assert used.format(account["name"]) in plan_text(plan)
        assert step in plan_json(plan)["steps"]
        updated = us.copy(invoice(memo=memo))
        assert (updated.outcome, updated.reason) == ("updated", "")
        assert on(us)[0] == (renamed, "Helpdesk")
    assert us.copy(invoice(memo="Newer still")).outcome == "unchanged"
    us.application.bring_payments()
    assert waiting(us) == []
    assert not [each for each in us.sandbox.list("Item") if each["Name"] == "Support"]


def test_and_where_another_item_has_its_name_by_now(us: Desk, invoice: Make) -> None:
    """The invoice stays as it is booked; those that are new go to the new item."""
    us.copy(invoice())
    old = rename(us, "Support", "Support until June")
    account = item(us, "Consulting")["IncomeAccountRef"]
    made = us.sandbox.create("Item", {"Name": "Support", "Type": "Service", "IncomeAccountRef": account})
    us.save(invoice(memo="Newer"))
    us.host.act("INV-1", "quickbooks.copy", "admin")
    us.save(invoice(id="INV-2", number="2042"))
    us.host.act("INV-2", "quickbooks.copy", "admin")
    assert sorted(each.outcome for each in us.drain()) == ["copied", "updated"]
    found = {row["DocNumber"]: row["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"] for row in us.invoices()}
    assert found == {"2041": old, "2042": made["Id"]}


def test_an_update_beside_an_invoice_that_makes_an_item_of_the_old_name(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    old = rename(us, "Support", "Helpdesk")
    for each in (invoice(id="INV-2", number="2042"), invoice(memo="Newer")):
        us.save(each)
        us.host.act(each["id"], "quickbooks.copy", "admin")
    assert sorted(each.outcome for each in us.drain()) == ["copied", "updated"]
    found = {row["DocNumber"]: row["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"] for row in us.invoices()}
    assert found == {"2041": old, "2042": item(us, "Support")["Id"]}


def test_an_item_whose_category_was_renamed_is_no_change(us: Desk, invoice: Make) -> None:
    category = us.sandbox.create("Item", {"Name": "Labour", "Type": "Category"})
    account = us.sandbox.list("Account", "AccountType = 'Income'")[0]["Id"]
    inside = {"SubItem": True, "ParentRef": {"value": category["Id"]}, "IncomeAccountRef": {"value": account}}
    us.sandbox.create("Item", {"Name": "Support", "Type": "Service", **inside})
    us.copy(invoice())
    us.sandbox.edit("Item", category["Id"], {"Name": "Work"})
    assert us.copy(invoice()).outcome == "unchanged"
    updated = us.copy(invoice(memo="Newer"))
    assert (updated.outcome, updated.reason, on(us)[0][1]) == ("updated", "", "Work:Support")


def test_two_items_that_were_made_one(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    gone, kept = item(us, "Support")["Id"], item(us, "Consulting")["Id"]
    us.sandbox.merge("Item", gone, kept)
    assert us.copy(invoice()).outcome == "unchanged"
    updated = us.copy(invoice(memo="Newer"))
    assert (updated.outcome, updated.reason) == ("updated", "")
    assert [each for each, _ in on(us)] == [kept, kept]
    assert us.copy(invoice(memo="Newer")).outcome == "unchanged"


def test_a_renamed_item_that_is_inactive_holds_the_update(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    renamed = rename(us, "Support", "Helpdesk")
    us.sandbox.edit("Item", renamed, {"Active": False})
    held = us.copy(invoice(memo="Newer"))
    assert held.outcome == "held" and '"Helpdesk (deleted)" (inactive); make it active again there' in held.reason
    us.sandbox.edit("Item", renamed, {"Active": True})
    assert us.copy(invoice(memo="Newer")).outcome == "updated"
    assert on(us)[0][0] == renamed


def moves(plan: object) -> list[str]:
    assert isinstance(plan, Plan)
    return [each.sentence for each in plan.notes if each.code == "item-moves"]


def retyped(invoice: Make, service_type: str, **fields: Any) -> dict[str, Any]:
    given = invoice(**fields)
    given["lines"][0]["service_type"] = service_type
    return given


def test_another_service_type_is_reported_and_the_remedy_helps(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    given = retyped(invoice, "On-site visit")
    [said] = moves(us.application.plan(given, "copy"))
    assert said == (
        'Line 1 ("Printer does not print", 160.00 USD) moves in QuickBooks from the product/service "Support" to'
        ' "On-site visit", which is created: OneDesk or the rules name that one now. Where it is to stay, name'
        ' "Support" for it in the rules (items.by_service_type), and copy the invoice again.'
    )
    updated = us.copy(given)
    assert (updated.outcome, updated.reason) == ("updated", said)
    again = us.copy(given)
    assert (again.outcome, again.reason) == ("unchanged", "")
    rules = 'version: 1\nitems: {by_service_type: {"On-site visit": Support}, otherwise: same_name}\n'
    (us.home / "rules.yaml").write_text(rules, encoding="utf-8")
    us.restart()
    back = us.copy(given)
    assert back.outcome == "updated" and 'from the product/service "On-site visit" to "Support": ' in back.reason
    assert on(us)[0][1] == "Support"


def test_a_rule_that_names_another_item_is_reported(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    rules = "version: 1\nitems: {by_service_type: {Support: Consulting}, otherwise: same_name}\n"
    (us.home / "rules.yaml").write_text(rules, encoding="utf-8")
    us.restart()
    updated = us.copy(invoice())
    assert updated.outcome == "updated" and 'from the product/service "Support" to "Consulting": ' in updated.reason


def test_a_rule_that_follows_the_new_name_changes_nothing(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    rename(us, "Support", "Helpdesk")
    rules = "version: 1\nitems: {by_service_type: {Support: Helpdesk}, otherwise: same_name}\n"
    (us.home / "rules.yaml").write_text(rules, encoding="utf-8")
    us.restart()
    assert us.copy(invoice()).outcome == "unchanged"
    assert us.copy(invoice(memo="Newer")).reason == ""


def test_an_item_that_somebody_chose_there_is_written_over_only_as_planned(
    by_rule: Callable[[str], Desk], invoice: Make
) -> None:
    desk = by_rule("overwrite")
    outcome = desk.copy(invoice())
    support, other = item(desk, "Support")["Id"], item(desk, "Consulting")["Id"]
    rename(desk, "Support", "Helpdesk")
    lines = [line for line in desk.sandbox.read("Invoice", outcome.qbo_id)["Line"] if line.get("Id")]
    lines[0]["SalesItemLineDetail"]["ItemRef"] = {"value": other}
    edit(desk, outcome.qbo_id, Line=lines)
    again = desk.copy(invoice(memo="Newer"))
    assert again.outcome == "updated"
    assert "line 1 product/service: OneDesk Support, QuickBooks Consulting" in again.reason
    assert on(desk)[0] == (support, "Helpdesk")


@pytest.mark.parametrize("keep", ["onedesk", "quickbooks"])
def test_and_a_person_decides_about_it(desks: Callable[..., Desk], invoice: Make, keep: str) -> None:
    desk = desks(rules=rule("hold"))
    desk.connect()
    outcome = desk.copy(invoice())
    support, other = rename(desk, "Support", "Helpdesk"), item(desk, "Consulting")["Id"]
    lines = [line for line in desk.sandbox.read("Invoice", outcome.qbo_id)["Line"] if line.get("Id")]
    lines[0]["SalesItemLineDetail"]["ItemRef"] = {"value": other}
    edit(desk, outcome.qbo_id, Line=lines)
    desk.application.bring_payments()
    desk.application.settle_change(waiting(desk)[0].id, keep, "Ada")
    desk.drain()
    assert on(desk)[0][0] == {"onedesk": support, "quickbooks": other}[keep]
    held = desk.copy(invoice(memo="Newer"))
    assert held.outcome == {"onedesk": "updated", "quickbooks": "held"}[keep]
    if keep == "quickbooks":
        assert "line 1 product/service: OneDesk Support, QuickBooks Consulting" in held.reason
