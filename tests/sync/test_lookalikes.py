"""One customer and one item under several spellings: used, or held with nothing written to QuickBooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.model.plan import Held
from onedesk_quickbooks.plugin.sync.errors import LinkProblem
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]
EVERY_WAY = "version: 1\ncustomers: {match: [link, display_name, billing_email]}\n"


def who(name: str, od_id: str = "C-1", email: str = "") -> dict[str, Any]:
    return {"id": od_id, "name": name, "billing_contact": {"email": email}, "address": {"country": "US"}}


def lines(*services: str) -> dict[str, Any]:
    rows = [{"id": str(n), "service_type": each, "amount": "10.00"} for n, each in enumerate(services, 1)]
    return {"lines": rows, "subtotal": f"{10 * len(rows)}.00", "total": f"{10 * len(rows)}.00"}


def planned_and_copied(desk: Desk, source: dict[str, Any]) -> Outcome:
    """Copied; the plan made before says the same."""
    written = len(desk.sandbox.list("Customer")), len(desk.sandbox.list("Item")), len(desk.sandbox.list("Invoice"))
    desk.save(source)
    plan = desk.application.plan({**source, "status": "open"}, "copy")
    assert desk.host.act(source["id"], "quickbooks.copy", ADMIN)
    outcome = desk.outcome(source["id"])
    reasons = " ".join(each.sentence for each in getattr(plan, "reasons", ()))
    assert (outcome.outcome == "held") == bool(reasons)
    if reasons:
        assert outcome.reason == reasons
        now = len(desk.sandbox.list("Customer")), len(desk.sandbox.list("Item")), len(desk.sandbox.list("Invoice"))
        assert now == written, "held with nothing written"
    return outcome


@pytest.mark.parametrize(
    "name", ["Amy's Bird Sanctuary ", "Amy\u2019s Bird\u00a0Sanctuary", "AMY'S BIRD\u200b SANCTUARY"]
)
def test_another_spelling_is_the_same_customer(us: Desk, invoice: Make, name: str) -> None:
    before = len(us.sandbox.list("Customer"))
    outcome = planned_and_copied(us, invoice(customer=who(name)))
    assert outcome.outcome == "copied", outcome.reason
    assert us.sandbox.read("Invoice", outcome.qbo_id)["CustomerRef"]["name"] == "Amy's Bird Sanctuary"
    assert len(us.sandbox.list("Customer")) == before


def test_nearly_the_name_is_held_until_a_person_links(us: Desk, invoice: Make) -> None:
    source = invoice(customer=who("Amys Bird Sanctuary, Inc."))
    held = planned_and_copied(us, source)
    assert '"Amy\'s Bird Sanctuary" (id 1)' in held.reason and "customers confirm C-1 1;" in held.reason
    us.application.customer_links().link("C-1", "1")
    copied = us.copy(source)
    assert copied.outcome == "copied", copied.reason
    assert us.sandbox.read("Invoice", copied.qbo_id)["CustomerRef"]["value"] == "1"


def test_an_inactive_namesake_that_was_never_linked(us: Desk, invoice: Make) -> None:
    gone = us.sandbox.create("Customer", {"DisplayName": "Lantern Group"})
    us.sandbox.edit("Customer", gone["Id"], {"Active": False})
    held = planned_and_copied(us, invoice(customer=who("Lantern Group")))
    assert '"Lantern Group (deleted)"' in held.reason
    us.sandbox.create("Customer", {"DisplayName": "Lantern Group"})
    assert us.copy(invoice(customer=who("Lantern Group"))).outcome == "copied"


def retire(desk: Desk, kind: str, fields: dict[str, Any], times: int = 1) -> dict[str, Any]:
    """A record that was made inactive; `times` such of one name, the last of which QuickBooks calls "(deleted-1)"..."""
    for _ in range(times):
        made = desk.sandbox.create(kind, fields)
        desk.sandbox.edit(kind, made["Id"], {"Active": False})
    return made


@pytest.mark.parametrize("name", ["Lantern Group", "Q1", "\u041b\u0430\u043c\u043f\u0430"])
def test_made_active_again_and_linked_as_the_sentence_says(us: Desk, invoice: Make, name: str) -> None:
    gone = retire(us, "Customer", {"DisplayName": name}, 3)
    held = planned_and_copied(us, invoice(customer=who(name)))
    assert f'"{name} (deleted)"' in held.reason and f'"{name} (deleted-2)" (id {gone["Id"]}, inactive)' in held.reason
    us.sandbox.edit("Customer", gone["Id"], {"Active": True})  # and still called "(deleted-2)"
    us.application.customer_links().link("C-1", gone["Id"])
    copied = planned_and_copied(us, invoice(customer=who(name)))
    assert us.sandbox.read("Invoice", copied.qbo_id)["CustomerRef"]["value"] == gone["Id"]


def test_an_inactive_customer_of_nearly_the_name(us: Desk, invoice: Make) -> None:
    gone = retire(us, "Customer", {"DisplayName": "Lantern-Group, Inc."})
    held = planned_and_copied(us, invoice(customer=who("Lantern Group")))
    assert "if it is the same, make it active again there and confirm it" in held.reason
    us.sandbox.edit("Customer", gone["Id"], {"Active": True})
    us.application.customer_links().link("C-1", gone["Id"])
    assert planned_and_copied(us, invoice(customer=who("Lantern Group"))).outcome == "copied"


@pytest.mark.parametrize(
    ("kind", "fields", "name"),
    [
        ("Vendor", {"DisplayName": "Lantern Group"}, "Lantern Group"),
        ("Employee", {"GivenName": "Ada", "FamilyName": "Byron"}, "Ada Byron"),
    ],
)
def test_an_inactive_vendor_or_employee_of_the_name(
    us: Desk, invoice: Make, kind: str, fields: dict[str, str], name: str
) -> None:
    retire(us, kind, fields)
    held = planned_and_copied(us, invoice(customer=who(name)))
    assert f'the inactive {kind.lower()} "{name} (deleted)", which had this name' in held.reason
    made = us.sandbox.create("Customer", {"DisplayName": name})
    copied = planned_and_copied(us, invoice(customer=who(name)))
    assert us.sandbox.read("Invoice", copied.qbo_id)["CustomerRef"]["value"] == made["Id"]


def test_an_inactive_vendor_that_kept_its_name(us: Desk, invoice: Make) -> None:
    """Not all records are renamed: what was inactive before QuickBooks did that still takes the name."""
    gone = retire(us, "Vendor", {"DisplayName": "Lantern Group"})
    us.sandbox.edit("Vendor", gone["Id"], {"DisplayName": "Lantern Group"})
    held = planned_and_copied(us, invoice(customer=who("Lantern Group")))
    assert 'the inactive vendor "Lantern Group", and no customer may have the name' in held.reason
    us.sandbox.edit("Vendor", gone["Id"], {"DisplayName": "Lantern (old)"})
    assert planned_and_copied(us, invoice(customer=who("Lantern Group"))).outcome == "copied"


@pytest.mark.parametrize("name", ["Onsite", "QA"])
def test_an_inactive_item_made_active_again_under_its_old_name(us: Desk, invoice: Make, name: str) -> None:
    account = {"Type": "Service", "IncomeAccountRef": {"value": "45"}}
    gone = retire(us, "Item", {"Name": name, **account}, 3)
    held = planned_and_copied(us, invoice(**lines(name)))
    assert f'"{name} (deleted)" (inactive)' in held.reason and f'"{name} (deleted-2)" (inactive)' in held.reason
    assert "make it active again there under its old name" in held.reason
    us.sandbox.edit("Item", gone["Id"], {"Active": True, "Name": name})
    assert planned_and_copied(us, invoice(**lines(name))).outcome == "copied"
    assert us.invoices()[0]["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"] == gone["Id"]


@pytest.mark.parametrize("name", ["Gone", "Q1"])
def test_the_very_name_that_an_inactive_customer_has_now(us: Desk, invoice: Make, name: str) -> None:
    gone = retire(us, "Customer", {"DisplayName": name})
    held = planned_and_copied(us, invoice(customer=who(f"{name} (deleted)")))
    assert f'The QuickBooks customer "{name} (deleted)" (id {gone["Id"]}, inactive)' in held.reason
    for called in (name, f"{name} (deleted)"):
        with pytest.raises(LinkProblem, match=r"inactive.*make it active first"):
            us.application.customer_links().link("C-1", called)
    us.sandbox.edit("Customer", gone["Id"], {"Active": True})
    us.application.customer_links().link("C-1", f"{name} (deleted)")
    copied = planned_and_copied(us, invoice(customer=who(f"{name} (deleted)")))
    assert us.sandbox.read("Invoice", copied.qbo_id)["CustomerRef"]["value"] == gone["Id"]


def test_the_very_name_that_an_inactive_item_has_now(us: Desk, invoice: Make) -> None:
    account = {"Type": "Service", "IncomeAccountRef": {"value": "45"}}
    gone = retire(us, "Item", {"Name": "Dead", **account})
    held = planned_and_copied(us, invoice(customer=who("Brand new"), **lines("dead (deleted)")))
    assert '"Dead (deleted)", the item of line 1, is inactive in QuickBooks; make it active again there' in held.reason
    us.sandbox.edit("Item", gone["Id"], {"Active": True})
    copied = planned_and_copied(us, invoice(customer=who("Brand new"), **lines("dead (deleted)")))
    assert copied.outcome == "copied", copied.reason


def test_two_customers_of_the_host_with_one_name(us: Desk, invoice: Make) -> None:
    """In one turn as well as one after the other; then a person says that both are one."""
    first = invoice(customer=who("J Rowan", "od-1"))
    second = invoice(id="INV-2", number="2042", customer=who("J Rowan", "od-2"))
    for source in (first, second):
        us.save(source)
        us.host.act(source["id"], "quickbooks.copy", ADMIN)
    outcomes = {each.id: each for each in us.application.drain()}
    assert outcomes["INV-1"].outcome == "copied"
    assert "is linked to the OneDesk customer od-1" in outcomes["INV-2"].reason
    assert len(us.sandbox.list("Customer", "DisplayName LIKE 'J Rowan%'")) == 1 == len(us.invoices())
    us.application.customer_links().link("od-2", "J Rowan")
    assert us.copy(second).outcome == "copied"
    assert len({row["CustomerRef"]["value"] for row in us.invoices()}) == 1


def test_plans_of_one_file_name_a_customer_that_is_still_to_be_made(us: Desk, invoice: Make) -> None:
    """It has no id yet: the command has its name, and works once the first invoice is copied."""
    first = invoice(customer=who("Tide Works Ltd", "od-1"))
    second = invoice(id="INV-2", number="2042", customer=who("Tide Works Limited", "od-2"))
    coming = Coming()
    plans = [us.application.plan({**source, "status": "open"}, "copy", coming) for source in (first, second)]
    assert isinstance(plans[1], Held)
    assert '"Tide Works Ltd" (new with invoice 2041)' in plans[1].reason
    assert "customers confirm od-2 'Tide Works Ltd';" in plans[1].reason
    assert us.copy(first).outcome == "copied"
    us.application.customer_links().link("od-2", "Tide Works Ltd")
    assert us.copy(second).outcome == "copied"


def test_plans_of_one_file_make_an_item_once(us: Desk, invoice: Make) -> None:
    coming = Coming()
    for number, service in enumerate(("Painting", "painting"), 1):
        us.application.plan(
            {**invoice(id=f"INV-{number}", number=f"N{number}", **lines(service)), "status": "open"}, "copy", coming
        )
    third = us.application.plan(
        {**invoice(id="INV-3", number="N3", **lines("Paint-ing")), "status": "open"}, "copy", coming
    )
    assert isinstance(third, Held) and 'but "Painting";' in third.reason


def test_an_email_of_two_customers(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules=EVERY_WAY)
    desk.connect()
    for name in ("Lantern One", "Lantern Two"):
        desk.sandbox.create("Customer", {"DisplayName": name, "PrimaryEmailAddr": {"Address": "ap@agency.example"}})
    held = planned_and_copied(desk, invoice(customer=who("Lantern Group", email="AP@agency.example")))
    assert '"Lantern One"' in held.reason and '"Lantern Two"' in held.reason
    outcome = planned_and_copied(desk, invoice(customer=who("Lantern Two", email="ap@agency.example")))
    assert desk.sandbox.read("Invoice", outcome.qbo_id)["CustomerRef"]["name"] == "Lantern Two"


def test_a_rule_by_name_that_is_written_after_the_first_copy(us: Desk, invoice: Make) -> None:
    assert us.copy(invoice(customer=who("ACME"))).outcome == "copied"
    (us.home / "rules.yaml").write_text("version: 1\ncustomers: {by_name: {ACME: Cool Cars}}\n", encoding="utf-8")
    us.restart()
    second = invoice(id="INV-2", number="2042", customer=who("ACME"))
    held = planned_and_copied(us, second)
    assert 'names the QuickBooks customer "Cool Cars", but ACME is linked to "ACME"' in held.reason
    us.application.customer_links().unlink("C-1")
    copied = us.copy(second)
    assert us.sandbox.read("Invoice", copied.qbo_id)["CustomerRef"]["name"] == "Cool Cars"


def test_items_inside_categories_bundles_and_look_alikes(us: Desk, invoice: Make) -> None:
    category = us.sandbox.create("Item", {"Name": "Labour", "Type": "Category"})
    inside = {"SubItem": True, "ParentRef": {"value": category["Id"]}}
    account = {"Type": "Service", "IncomeAccountRef": {"value": "45"}}
    us.sandbox.create("Item", {"Name": "Onsite", **account, **inside})
    outcome = planned_and_copied(us, invoice(**lines("Onsite", "ONSITE ")))
    assert outcome.outcome == "copied", outcome.reason
    used = [line["SalesItemLineDetail"]["ItemRef"]["name"] for line in us.invoices()[0]["Line"][:2]]
    assert used == ["Labour:Onsite"] * 2
    held = planned_and_copied(us, invoice(id="INV-2", number="2042", **lines("On-site", "Labour")))
    assert 'but "Labour:Onsite"' in held.reason and '"Labour", the item of line 2' in held.reason
    assert len(us.sandbox.list("Item", "Name LIKE 'On%'")) == 1


@pytest.mark.parametrize("cached", [False, True])
def test_an_item_that_is_named_in_the_place_of_a_category_can_be_taken(
    desks: Callable[..., Desk], invoice: Make, cached: bool
) -> None:
    rules = "version: 1\nitems:\n  by_service_type: {Other: Consulting}\n  otherwise: same_name\n"
    desk = desks(rules=rules)
    desk.connect()
    account = {"Type": "Service", "IncomeAccountRef": {"value": "45"}}
    for name, items in (("Labour", ("Wiring", "Survey", "Closed")), ("Field", ())):
        category = desk.sandbox.create("Item", {"Name": name, "Type": "Category"})
        below = {"SubItem": True, "ParentRef": {"value": category["Id"]}}
        made = [desk.sandbox.create("Item", {"Name": each, **account, **below}) for each in items]
        if made:
            desk.sandbox.edit("Item", made[-1]["Id"], {"Active": False})
    if cached:
        for number in range(40):
            desk.save(invoice(id=f"W-{number}", number=f"W{number}", **lines("Consulting")))
            desk.host.act(f"W-{number}", "quickbooks.copy", ADMIN)
        desk.drain()  # so many are looked up in memory, and so is what follows
    held = planned_and_copied(desk, invoice(**lines("Labour", "Field")))
    assert 'name an item in it, such as "Labour:Survey", in the rules (items).' in held.reason
    assert '"Field", the item of line 2, is a category in QuickBooks, in which there is no item that' in held.reason
    followed = rules.replace("Other: Consulting", 'Labour: "Labour:Survey", Field: "Labour:Wiring"')
    (desk.home / "rules.yaml").write_text(followed, encoding="utf-8")
    copied = planned_and_copied(desk, invoice(**lines("Labour", "Field")))
    assert copied.outcome == "copied", copied.reason
    (made_there,) = (each for each in desk.invoices() if each["Id"] == copied.qbo_id)
    used = [line["SalesItemLineDetail"]["ItemRef"]["name"] for line in made_there["Line"][:2]]
    assert used == ["Labour:Survey", "Labour:Wiring"]


def test_two_invoices_of_one_turn_never_make_one_item_on_two_accounts(
    desks: Callable[..., Desk], invoice: Make
) -> None:
    rules = (
        "version: 1\nitems:\n  by_service_type:\n    Repair: {item: Visit, income_account: Services}\n"
        "    Travel: {item: Visit, income_account: Other Income}\n  otherwise: same_name\n"
    )
    desk = desks(rules=rules)
    desk.connect()
    for number, service in enumerate(("Repair", "Travel"), 1):
        desk.save(invoice(id=f"INV-{number}", number=f"N{number}", **lines(service)))
        desk.host.act(f"INV-{number}", "quickbooks.copy", ADMIN)
    outcomes = {each.id: each for each in desk.application.drain()}
    assert outcomes["INV-1"].outcome == "copied", outcomes["INV-1"].reason
    assert '"Visit" uses "Services" in QuickBooks' in outcomes["INV-2"].reason


def test_two_spellings_in_one_turn_make_one_record(us: Desk, invoice: Make) -> None:
    """What is the same by the key is one item; what is merely alike waits for the first, and is then held."""
    spelt = {"INV-1": "Men\u2019s Cut", "INV-2": "Men's Cut", "INV-3": "Mens Cut"}
    for number, (each, service) in enumerate(spelt.items(), 1):
        us.save(invoice(id=each, number=f"N{number}", **lines(service)))
        us.host.act(each, "quickbooks.copy", ADMIN)
    outcomes = {each.id: each for each in us.application.drain()}
    assert [outcomes[each].outcome for each in spelt] == ["copied", "copied", "held"]
    assert 'but "Men\u2019s Cut"; if it is the same' in outcomes["INV-3"].reason
    assert len(us.sandbox.list("Item", "Name LIKE 'Men%'")) == 1
