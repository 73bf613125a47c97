"""Customers and items that were merged, renamed or put out of use in QuickBooks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from onedesk_quickbooks.plugin.ledger import CUSTOMER
from tests.sync.changes.conftest import Make, edit, versions, waiting
from tests.sync.conftest import Desk


def merged(desk: Desk, qbo_invoice_id: str) -> tuple[str, str]:
    """The invoice's customer merged into another one; both ids."""
    gone = desk.sandbox.read("Invoice", qbo_invoice_id)["CustomerRef"]["value"]
    kept = desk.sandbox.create("Customer", {"DisplayName": "Harbor Holding"})["Id"]
    desk.sandbox.merge("Customer", gone, kept)
    return gone, kept


@pytest.mark.parametrize("polled", [True, False])
def test_links_follow_a_merged_customer(us: Desk, invoice: Make, polled: bool) -> None:
    first = us.copy(invoice())
    _, kept = merged(us, first.qbo_id)
    if polled:
        us.application.bring_payments()
        assert waiting(us) == []
    second = us.copy(invoice(id="INV-2", number="2042"))
    assert second.outcome == "copied", second.reason
    assert {row["CustomerRef"]["value"] for row in us.invoices()} == {kept}
    assert us.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'") == []
    assert us.copy(invoice(memo="Newer")).outcome == "updated"
    us.application.bring_payments()
    assert waiting(us) == []


def test_a_merged_customer_is_no_edit_of_the_invoices(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    merged(us, first.qbo_id)
    assert us.copy(invoice()).outcome == "unchanged"


def test_a_warm_queue_follows_a_merged_customer(us: Desk, invoice: Make) -> None:
    us.application.time_slice(timedelta(0))  # as a worker: the lane looks at its snapshot from now on
    first = us.copy(invoice())
    _, kept = merged(us, first.qbo_id)
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    us.clock.sleep(120)
    assert us.copy(invoice(id="INV-3", number="2043")).outcome == "copied"
    assert {row["CustomerRef"]["value"] for row in us.invoices()} == {kept}


def test_an_invoice_that_was_given_to_another_customer_is_an_edit(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    other = us.sandbox.create("Customer", {"DisplayName": "Harbor Holding"})["Id"]
    edit(us, first.qbo_id, CustomerRef={"value": other})
    us.application.bring_payments()
    assert versions(waiting(us)[0]) == {"customer": ("Blue Harbor Ltd", "Harbor Holding")}


def test_a_merged_item_is_no_edit(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    ids = [us.sandbox.list("Item", f"Name = '{name}'")[0]["Id"] for name in ("Support", "Consulting")]
    us.sandbox.merge("Item", *ids)
    us.application.bring_payments()
    assert waiting(us) == []


def test_a_renamed_customer_stays_the_invoices_customer(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    customer = us.sandbox.read("Invoice", first.qbo_id)["CustomerRef"]["value"]
    us.sandbox.edit("Customer", customer, {"DisplayName": "Harbor Holding"})
    us.application.bring_payments()
    assert waiting(us) == []
    edit(us, first.qbo_id)
    us.application.bring_payments()
    assert versions(waiting(us)[0]) == {"number": ("2041", "9999")}
    us.copy(invoice(id="INV-2", number="2042"))
    assert {row["CustomerRef"]["value"] for row in us.invoices()} == {customer}


def test_a_customer_out_of_use_is_noticed_and_gets_no_second(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    customer = us.sandbox.read("Invoice", first.qbo_id)["CustomerRef"]["value"]
    us.sandbox.edit("Customer", customer, {"Active": False})
    for _ in range(2):
        us.application.bring_payments()
    (work,) = us.application.ledger.conflicts.standing(us.sandbox.realm_id, CUSTOMER)
    assert '"Blue Harbor Ltd (deleted)", the customer of "Blue Harbor Ltd", was made inactive' in work.reason
    assert us.shown("INV-1").notes["quickbooks-customer"] == work.reason
    held = us.copy(invoice(id="INV-2", number="2042"))
    assert held.outcome == "held" and "make it active again" in held.reason
    us.sandbox.edit("Customer", customer, {"Active": True, "DisplayName": "Blue Harbor Ltd"})
    us.application.bring_payments()
    assert us.application.ledger.conflicts.standing(us.sandbox.realm_id, CUSTOMER) == []
    assert "quickbooks-customer" not in us.shown("INV-1").notes
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    assert len(us.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'")) == 1


def test_nothing_is_made_for_an_invoice_that_stays_as_it_is(us: Desk, invoice: Make) -> None:
    """An item was renamed in QuickBooks: a copy that changes nothing makes no second one under its old name."""
    us.copy(invoice())
    (support,) = us.sandbox.list("Item", "Name = 'Support'")
    us.sandbox.edit("Item", support["Id"], {"Name": "Help"})
    us.clock.sleep(3600)
    assert us.copy(invoice()).outcome == "unchanged"
    assert us.sandbox.list("Item", "Name = 'Support'") == []
