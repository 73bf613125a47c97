"""Customers and items that were merged, renamed or put out of use in QuickBooks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from onedesk_quickbooks.plugin.ledger import CUSTOMER
from tests.sync.changes.conftest import Make, edit, versions, waiting
from tests.sync.conftest import ADMIN, Desk, lose_ledger


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
    us.application.time_slice(timedelta(0))  # as a worker: the company queue looks at its snapshot from now on
    first = us.copy(invoice())
    _, kept = merged(us, first.qbo_id)
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    us.clock.sleep(120)
    assert us.copy(invoice(id="INV-3", number="2043")).outcome == "copied"
    assert {row["CustomerRef"]["value"] for row in us.invoices()} == {kept}


@pytest.mark.parametrize("polled", [True, False])
@pytest.mark.parametrize("word", ["hold", "keep_quickbooks"])
def test_a_merged_customer_is_no_edit_of_an_invoice_whose_edit_was_kept(
    by_rule: Callable[[str], Desk], invoice: Make, word: str, polled: bool
) -> None:
    """By a person, or by rule; however often its customer is merged, and also if the edit gave it another one."""
    desk = by_rule(word)
    first = desk.copy(invoice())
    other = desk.sandbox.create("Customer", {"DisplayName": "Harbor East"})["Id"]
    edit(desk, first.qbo_id, DocNumber="9999", CustomerRef={"value": other})
    desk.application.bring_payments()
    for work in waiting(desk):
        desk.application.settle_change(work.id, "quickbooks", ADMIN)
    for name in ("Harbor West", "Harbor North"):
        gone = desk.sandbox.read("Invoice", first.qbo_id)["CustomerRef"]["value"]
        desk.sandbox.merge("Customer", gone, desk.sandbox.create("Customer", {"DisplayName": name})["Id"])
        if polled:
            desk.application.bring_payments()
        assert waiting(desk) == []
        again = desk.copy(invoice())
        assert again.outcome == "unchanged", again.reason
        assert "was changed there and stays as it is" in again.reason and "9999" in again.reason
    desk.application.bring_payments()
    assert waiting(desk) == []
    assert list(desk.shown("INV-1").tags) == ["Differs from QuickBooks"]
    edit(desk, first.qbo_id, DocNumber="9998")
    desk.application.bring_payments()
    assert [work.state for work in desk.application.ledger.queue.open_of(desk.application.realm_id(), "INV-1")] == (
        ["held"] if word == "hold" else []
    )


@pytest.mark.parametrize("dropped", [True, False])
def test_a_merged_customer_leaves_the_entry_of_an_edit_as_it_is(us: Desk, invoice: Make, dropped: bool) -> None:
    """It waits under its number and can be decided, or stays dropped."""
    first = us.copy(invoice())
    edit(us, first.qbo_id)
    us.application.bring_payments()
    [before] = waiting(us)
    if dropped:
        us.application.drop([before], "I know", ADMIN)
    shown = us.shown("INV-1")
    for _ in range(2):
        gone = us.sandbox.read("Invoice", first.qbo_id)["CustomerRef"]["value"]
        into = us.sandbox.create("Customer", {"DisplayName": f"Harbor {gone}"})["Id"]
        us.sandbox.merge("Customer", gone, into)
        us.application.bring_payments()
        assert [(each.id, each.reason) for each in waiting(us)] == ([] if dropped else [(before.id, before.reason)])
        assert (us.shown("INV-1").notes, us.shown("INV-1").tags) == (shown.notes, shown.tags)
    if not dropped:
        us.application.settle_change(before.id, "quickbooks", ADMIN)
        assert us.copy(invoice()).outcome == "unchanged"


@pytest.mark.parametrize("polled", [True, False])
def test_a_merged_customer_is_no_edit_of_an_invoice_that_was_found_by_its_mark(
    us: Desk, invoice: Make, polled: bool
) -> None:
    first = us.copy(invoice())
    us.sandbox.pay({first.qbo_id: "310.00"})
    us.application.bring_payments()
    us.host.close()
    lose_ledger(us.home)
    us.restart()
    us.connect()
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert "is linked" in us.outcome("INV-1").reason
    us.application.bring_payments()
    _, kept = merged(us, first.qbo_id)
    if polled:
        us.application.bring_payments()
        assert waiting(us) == []
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    assert {row["CustomerRef"]["value"] for row in us.invoices()} == {kept}
    us.application.bring_payments()
    assert waiting(us) == []
    edit(us, first.qbo_id)
    us.application.bring_payments()
    assert versions(waiting(us)[0])["number"] == ("2041", "9999")


def test_an_invoice_that_was_given_to_another_customer_is_an_edit(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    other = us.sandbox.create("Customer", {"DisplayName": "Harbor Holding"})["Id"]
    edit(us, first.qbo_id, CustomerRef={"value": other})
    us.application.bring_payments()
    assert versions(waiting(us)[0]) == {"customer": ("Blue Harbor Ltd", "Harbor Holding")}


@pytest.mark.parametrize("edited", [False, True])
def test_a_merged_item_is_no_edit(us: Desk, invoice: Make, edited: bool) -> None:
    first = us.copy(invoice())
    if edited:
        edit(us, first.qbo_id)
        us.application.bring_payments()
        us.application.settle_change(waiting(us)[0].id, "quickbooks", ADMIN)
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
    (work,) = us.application.ledger.conflicts.waiting(us.sandbox.realm_id, CUSTOMER)
    assert '"Blue Harbor Ltd (deleted)", the customer of "Blue Harbor Ltd", was made inactive' in work.reason
    assert us.shown("INV-1").notes["quickbooks-customer"] == work.reason
    held = us.copy(invoice(id="INV-2", number="2042"))
    assert held.outcome == "held" and "make it active again" in held.reason
    us.sandbox.edit("Customer", customer, {"Active": True, "DisplayName": "Blue Harbor Ltd"})
    us.application.bring_payments()
    assert us.application.ledger.conflicts.waiting(us.sandbox.realm_id, CUSTOMER) == []
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
