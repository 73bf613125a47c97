"""An invoice that was copied stays with its QuickBooks customer, wherever the next ones of the customer go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from onedesk_quickbooks.plugin.model.plan import Plan
from onedesk_quickbooks.plugin.sync.outbound.coming import Coming
from tests.sync.changes.conftest import Make, edit, rule, waiting
from tests.sync.conftest import Desk

OTHER = {"id": "C-8", "name": "Grey Harbor Ltd"}


def customer_of(desk: Desk, qbo_id: str) -> str:
    return str(desk.sandbox.read("Invoice", qbo_id)["CustomerRef"]["name"])


def shown(desk: Desk, invoice_id: str = "INV-1") -> str:
    found = desk.host.read_invoice(invoice_id)
    assert found is not None
    plan = desk.application.plan(found, "copy", Coming())
    assert isinstance(plan, Plan)
    return plan.customer.name


def test_a_link_by_command_is_for_the_next_invoices(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    us.application.customer_links().link("C-7", "Cool Cars")
    assert (us.copy(invoice()).outcome, shown(us)) == ("unchanged", "Blue Harbor Ltd")
    assert us.copy(invoice(memo="Newer")).outcome == "updated"
    assert customer_of(us, first.qbo_id) == shown(us) == "Blue Harbor Ltd"
    other = us.copy(invoice(id="INV-2", number="2042"))
    assert customer_of(us, other.qbo_id) == "Cool Cars", "the update has not undone the link"
    us.application.bring_payments()
    assert waiting(us) == []


def test_a_link_that_is_forgotten_is_so_for_the_next_invoices(us: Desk, invoice: Make) -> None:
    us.application.customer_links().link("C-7", "Cool Cars")
    first = us.copy(invoice())
    us.application.customer_links().unlink("C-7")
    assert (us.copy(invoice()).outcome, shown(us)) == ("unchanged", "Cool Cars")
    assert us.copy(invoice(memo="Newer")).outcome == "updated"
    assert customer_of(us, first.qbo_id) == shown(us) == "Cool Cars"
    other = us.copy(invoice(id="INV-2", number="2042"))
    assert customer_of(us, other.qbo_id) == "Blue Harbor Ltd"


def test_a_rule_that_comes_later_is_for_the_next_invoices(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\n")
    desk.connect()
    first = desk.copy(invoice())
    desk.application.customer_links().unlink("C-7")
    (desk.home / "rules.yaml").write_text('version: 1\ncustomers: {by_name: {"Blue Harbor Ltd": Cool Cars}}\n')
    assert desk.copy(invoice(memo="Newer")).outcome == "updated"
    assert customer_of(desk, first.qbo_id) == "Blue Harbor Ltd"


def test_overwriting_an_edit_writes_the_customer_of_before(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    us.application.customer_links().link("C-7", "Cool Cars")
    edit(us, first.qbo_id, CustomerRef={"value": "1"})
    us.application.bring_payments()
    us.application.settle_change(waiting(us)[0].id, "onedesk")
    assert [each.outcome for each in us.application.drain()] == ["updated"]
    assert customer_of(us, first.qbo_id) == "Blue Harbor Ltd"


@pytest.mark.parametrize(
    ("word", "expected"),
    [("overwrite", ("updated", "North Partners")), ("keep_quickbooks", ("unchanged", "Cool Cars"))],
)
def test_a_partner_who_is_no_longer_named_stays_through_an_edit_of_the_customer(
    desks: Callable[..., Desk], invoice: Make, word: str, expected: tuple[str, str]
) -> None:
    rules = f"{rule(word)}customers:\n  bill_to: '{{partner}}'\n"
    desk = desks(rules=rules)
    desk.connect()
    first = desk.copy(invoice(partner="North Partners"))
    cars = desk.sandbox.list("Customer", "DisplayName = 'Cool Cars'")[0]
    edit(desk, first.qbo_id, CustomerRef={"value": cars["Id"]})
    again = desk.copy(invoice(memo="Newer"))  # the run says what the plan says
    assert (again.outcome, customer_of(desk, first.qbo_id)) == expected
    assert "customer: OneDesk North Partners, QuickBooks Cool Cars" in again.reason
    assert desk.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'") == []


def test_another_customer_in_onedesk_is_held_with_both_names(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    second = us.copy(invoice(id="INV-2", number="2042", customer=OTHER))
    held = us.copy(invoice(customer=OTHER))
    ids = [us.sandbox.read("Invoice", each.qbo_id)["CustomerRef"]["value"] for each in (first, second)]
    assert held.outcome == "held"
    assert (
        f'is for "Blue Harbor Ltd" (id {ids[0]}), and OneDesk has it for Grey Harbor Ltd (C-8) now, which is'
        f' "Grey Harbor Ltd" (id {ids[1]}) there'
    ) in held.reason
    assert customer_of(us, first.qbo_id) == "Blue Harbor Ltd"
    assert us.copy(invoice()).outcome == "unchanged", "the first remedy: the customer of before"


def test_another_customer_in_onedesk_that_quickbooks_has_not(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    held = us.copy(invoice(customer=OTHER))
    assert (held.outcome, 'which would be created there as "Grey Harbor Ltd"' in held.reason) == ("held", True)
    assert us.sandbox.list("Customer", "DisplayName = 'Grey Harbor Ltd'") == []
    assert 'or create "Grey Harbor Ltd" in QuickBooks and choose it on the invoice there, then copy' in held.reason
    made = us.sandbox.create("Customer", {"DisplayName": "Grey Harbor Ltd"})
    us.sandbox.edit("Invoice", first.qbo_id, {"CustomerRef": {"value": made["Id"]}})
    assert us.copy(invoice(customer={**invoice()["customer"], **OTHER})).outcome == "unchanged", "the second remedy"
    assert customer_of(us, first.qbo_id) == "Grey Harbor Ltd"


@pytest.mark.parametrize("memo", ["Thank you.", "Newer"])
def test_another_customer_in_onedesk_that_is_the_same_one_there(us: Desk, invoice: Make, memo: str) -> None:
    first = us.copy(invoice())
    us.application.customer_links().link("C-8", "Blue Harbor Ltd")
    assert us.copy(invoice(customer=OTHER, memo=memo)).outcome == "updated"
    assert customer_of(us, first.qbo_id) == "Blue Harbor Ltd"


def inactive(desk: Desk, qbo_id: str, active: bool = False) -> None:
    desk.sandbox.edit("Customer", qbo_id, {"Active": active})


def test_an_invoice_of_a_customer_that_was_made_inactive_does_not_follow_a_link(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    before = us.sandbox.read("Invoice", first.qbo_id)["CustomerRef"]["value"]
    inactive(us, before)
    held = us.copy(invoice(memo="Newer"))
    assert held.outcome == "held"
    assert "of this invoice is for" in held.reason and "which was made inactive there; make it active" in held.reason
    us.application.customer_links().link("C-7", "Cool Cars")
    assert us.copy(invoice(memo="Newer")).outcome == "held"
    assert us.sandbox.read("Invoice", first.qbo_id)["CustomerRef"]["value"] == before
    other = us.copy(invoice(id="INV-2", number="2042"))
    assert customer_of(us, other.qbo_id) == "Cool Cars"
    inactive(us, before, active=True)
    assert us.copy(invoice(memo="Newer")).outcome == "updated", "the first remedy"
    assert us.sandbox.read("Invoice", first.qbo_id)["CustomerRef"]["value"] == before


def test_another_customer_is_chosen_in_quickbooks_for_one_that_was_made_inactive(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    inactive(us, us.sandbox.read("Invoice", first.qbo_id)["CustomerRef"]["value"])
    assert us.copy(invoice(memo="Newer")).outcome == "held"
    cars = us.sandbox.list("Customer", "DisplayName = 'Cool Cars'")[0]
    edit(us, first.qbo_id, CustomerRef={"value": cars["Id"]})
    again = us.copy(invoice(memo="Newer"))
    assert again.outcome == "updated", "the second remedy"
    assert customer_of(us, first.qbo_id) == "Cool Cars"
