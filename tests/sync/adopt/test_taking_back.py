"""A link that `adopt` has made is taken back: nothing in QuickBooks is changed, and the right one can be made."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.problem import NotNow
from onedesk_quickbooks.plugin.sync.adopt.taking_back import Report
from onedesk_quickbooks.plugin.sync.errors import CannotAdopt
from tests.sync.adopt.conftest import Make, adopt, again, customer, enter, look, record, writes
from tests.sync.adopt.test_credit_notes import credit, entered, used
from tests.sync.changes.conftest import edit
from tests.sync.conftest import Desk
from tests.sync.payments.conftest import pays
from tests.sync.reconcile.conftest import kinds, reconciled
from tests.sync.test_host_payments import paid

Wrong = tuple[Desk, dict[str, Any], str]
WHO = "ada, command line"
RULES = "version: 1\npayments: {direction: both}\ntaxes: {otherwise: %s}\n"
COUNTRIES = {
    "us": ("USD", "company_default", ""),
    "ca": ("CAD", "{code: Exempt}", "Exempt"),
    "gb": ("GBP", "{code: Exempt}", "Exempt"),
}


@pytest.fixture(params=COUNTRIES)
def wrong(request: pytest.FixtureRequest, desks: Callable[..., Desk], invoice: Make) -> Wrong:
    """INV-1 is paired with another invoice of the same amount; the right one stands in QuickBooks, too: its id."""
    currency, taxes, code_name = COUNTRIES[request.param]
    desk = desks(request.param, rules=RULES % taxes)
    desk.connect()
    code = next((each["Id"] for each in desk.sandbox.list("TaxCode") if each["Name"] == code_name), "NON")
    other = enter(desk, "4107", name="Another Ltd", code=code)
    right = enter(desk, code=code)
    made = invoice(currency=currency)
    desk.save(made)
    assert adopt(desk, "INV-1", pairs={"INV-1": other}).adopted == {"INV-1"}
    desk.calls()
    return desk, made, right


def back(desk: Desk, *names: str, keep: bool = True) -> Report:
    return desk.application.take_back_links(names or ("INV-1",), WHO, keep=keep)


def stays(desk: Desk) -> str:
    """Why the link stays, with and without --yes; it does."""
    for keep in (False, True):
        found = back(desk, keep=keep)
        assert ([each.kind for each in found.rows], found.fine) == (["stays"], False)
    assert desk.application.ledger.links.invoice(desk.sandbox.realm_id, "INV-1") is not None
    return found.rows[0].reason


def test_the_plan_keeps_nothing(wrong: Wrong) -> None:
    desk, _, _ = wrong
    before = list(desk.application.ledger.audit.each()), desk.shown("INV-1")
    found = back(desk, keep=False)
    assert [(each.kind, each.qbo_number) for each in found.rows] == [("link", "4107")] and found.fine
    assert found.rows[0].customer.startswith("Its customer C-7 is no longer linked to QuickBooks' ")
    assert (list(desk.application.ledger.audit.each()), desk.shown("INV-1")) == before


def test_it_is_taken_back_once_and_the_right_one_is_adopted(wrong: Wrong) -> None:
    desk, made, right = wrong
    with pytest.raises(CannotAdopt, match="take it back first: onedesk-quickbooks adopt INV-1 --undo"):
        look(desk, "INV-1", pairs={"INV-1": right})
    assert [each.kind for each in back(desk).rows] == ["taken_back"]
    assert writes(desk) == []
    shown = desk.shown("INV-1")
    assert shown.tags == {}
    assert shown.notes["quickbooks"] == (
        "ada, command line has taken back its link to the QuickBooks invoice 4107, in which nothing was changed. Copy"
        " it to have it in QuickBooks, or adopt it with the right one."
    )
    ledger, realm_id = desk.application.ledger, desk.sandbox.realm_id
    assert (ledger.links.every(realm_id), ledger.links.every_customer(realm_id)) == ([], [])
    assert [each.kind for each in back(desk).rows] == ["gone"] and back(desk).fine
    acts = [each for each in ledger.audit.of_invoice("INV-1") if each.kind == "act"]
    assert [(each.values["act"], each.values["number"], each.actor) for each in acts][1:] == [("unadopt", "4107", WHO)]
    assert kinds(desk) == ["missing_in_quickbooks", "missing_in_onedesk"]
    assert adopt(desk, "INV-1").adopted == {"INV-1"}
    assert ledger.links.invoice(realm_id, "INV-1").qbo_id == right  # type: ignore[union-attr]
    assert desk.shown("INV-1").notes.get("quickbooks", "") == ""
    assert list(desk.shown("INV-1").tags) == ["Copied to QuickBooks"]
    assert desk.copy(made).outcome == "unchanged"
    assert reconciled(desk).all == []


def test_a_reconciliation_names_it_at_the_right_one(wrong: Wrong) -> None:
    desk, _, right = wrong
    (found,) = reconciled(desk).all
    assert (found.kind, found.qbo_id) == ("missing_in_onedesk", right)
    assert "adopt has linked OneDesk's invoice of this number to another one (4107)" in found.cause
    assert "adopt INV-1 --undo --yes, then" in found.remedy and f"--pair INV-1={right} --yes;" in found.remedy
    assert back(desk).fine
    assert adopt(desk, pairs={"INV-1": right}).adopted == {"INV-1"}
    assert reconciled(desk).all == []


def test_a_reconciliation_names_it_at_what_differs(wrong: Wrong) -> None:
    """Of what was adopted, until something is written over it; of payments, where the numbers differ."""
    desk, made, right = wrong
    link = desk.application.ledger.links.invoice(desk.sandbox.realm_id, "INV-1")
    assert link is not None
    undo = "(if adopt has linked the wrong invoice, take the link back first: onedesk-quickbooks adopt INV-1 --undo)"
    desk.sandbox.delete("Invoice", right)
    edit(desk, link.qbo_id, TxnDate="2026-07-09")
    desk.sandbox.pay({link.qbo_id: "100.00"})
    differences = reconciled(desk).all
    assert [each.kind for each in differences] == ["date", "payment"]
    assert all(each.remedy.endswith(undo) for each in differences)
    desk.sandbox.void("Invoice", link.qbo_id)
    (gone,) = reconciled(desk).all
    assert gone.kind == "voided_in_quickbooks" and gone.remedy.endswith(undo)
    assert back(desk).fine
    assert [each.kind for each in reconciled(desk).all] == ["missing_in_quickbooks"]
    assert desk.copy(made).outcome == "copied"
    assert reconciled(desk).all == []


def test_a_reconciliation_names_it_where_another_one_has_the_number(wrong: Wrong) -> None:
    desk, made, right = wrong
    desk.save({**made, "id": "INV-2", "number": "4107"})
    other, one = sorted(reconciled(desk).all, key=lambda each: each.kind)
    assert [each.kind for each in (other, one)] == ["missing_in_onedesk", "missing_in_quickbooks"]
    link = desk.application.ledger.links.invoice(desk.sandbox.realm_id, "INV-1")
    assert (
        link is not None and f"4107 (id {link.qbo_id}), which adopt has linked to OneDesk's invoice 2041" in one.cause
    )
    assert f"adopt INV-1 --undo --yes, then onedesk-quickbooks adopt INV-2 --pair INV-2={link.qbo_id}" in one.remedy
    assert back(desk).fine
    assert adopt(desk, pairs={"INV-1": right, "INV-2": link.qbo_id}).adopted == {"INV-1", "INV-2"}
    assert reconciled(desk).all == []


def test_it_may_be_copied_instead(wrong: Wrong) -> None:
    desk, made, right = wrong
    back(desk)
    desk.sandbox.edit("Invoice", right, {"DocNumber": "9999"})
    copied = desk.copy(made)
    assert copied.outcome == "copied" and copied.qbo_id != right
    assert "a copy has made it" in stays(desk)


def test_after_one_more_wrong_pair(wrong: Wrong) -> None:
    desk, made, right = wrong
    [other] = [each["Id"] for each in desk.sandbox.list("Invoice", "DocNumber = '4107'")]
    for _ in range(2):
        back(desk)
        assert adopt(desk, "INV-1", pairs={"INV-1": other}).adopted == {"INV-1"}
    back(desk)
    assert adopt(desk).adopted == {"INV-1"}
    assert desk.copy(made).qbo_id == right


def test_what_was_written_over_the_link_keeps_it(wrong: Wrong) -> None:
    desk, made, _ = wrong
    back(desk)
    adopt(desk)
    assert desk.copy(made).outcome == "unchanged"
    assert back(desk, keep=False).fine, "nothing was written by that"
    assert again(desk, {**made, "memo": "Thank you"}) == "updated"
    assert "QuickBooks was changed since: OneDesk's version was written to QuickBooks on" in stays(desk)


def test_what_was_sent_over_the_link_keeps_it(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("us")
    desk.connect()
    enter(desk)
    desk.save(invoice())
    adopt(desk)
    desk.host.send("INV-1", "admin")
    assert [each.outcome for each in desk.drain()] == ["sent"]
    assert "QuickBooks has e-mailed it" in stays(desk) or "was written to QuickBooks on" in stays(desk)


def test_a_payment_that_was_brought_back_keeps_it_until_it_is_taken_off(wrong: Wrong) -> None:
    desk, _, _ = wrong
    [other] = desk.sandbox.list("Invoice", "DocNumber = '4107'")
    body = {"CustomerRef": other["CustomerRef"], "TotalAmt": 100, "PaymentRefNum": "77"}
    made = desk.sandbox.create("Payment", {**body, "Line": [pays(other["Id"], "100.00")]})
    desk.application.bring_payments()
    assert desk.shown("INV-1").balance.amount == Decimal("210.00")
    why = stays(desk)
    assert why.startswith("Through this link, the payment 77 of 100.00") and "run onedesk-quickbooks payments" in why
    desk.sandbox.delete("Payment", made["Id"])
    desk.application.bring_payments()
    assert desk.shown("INV-1").balance.amount == Decimal("310.00")
    assert [each.kind for each in back(desk).rows] == ["taken_back"]
    assert adopt(desk).adopted == {"INV-1"}


def test_a_payment_of_onedesk_keeps_it_until_it_is_taken_back(wrong: Wrong) -> None:
    desk, made, _ = wrong
    payment = paid("100.00", currency=made["currency"])
    desk.host.record_own(payment)
    assert [each.outcome for each in desk.drain()] == ["recorded"]
    assert "Through this link, the payment R-P1 of 100.00" in stays(desk)
    desk.host.take_back(payment)
    assert [each.outcome for each in desk.drain()] == ["voided"]
    assert [each.kind for each in back(desk).rows] == ["taken_back"]
    assert adopt(desk).adopted == {"INV-1"}
    desk.host.record_own({**payment, "id": "P2"})
    assert [each.outcome for each in desk.drain()] == ["recorded"]


def test_what_waits_goes_first_and_what_is_held_goes_with_it(wrong: Wrong) -> None:
    desk, _, _ = wrong
    [other] = desk.sandbox.list("Invoice", "DocNumber = '4107'")
    desk.host.act("INV-1", "quickbooks.copy", "admin")
    assert "waits in the queue" in stays(desk)
    desk.drain()
    desk.sandbox.edit("Invoice", other["Id"], {"DocNumber": "4108"})
    desk.application.bring_payments()
    assert len(desk.application.changes()) == 1
    assert [each.kind for each in back(desk).rows] == ["taken_back"]
    assert desk.application.changes() == []
    assert [key for key, text in desk.shown("INV-1").notes.items() if text] == ["quickbooks"]


def test_what_was_paid_before_is_known_no_more(wrong: Wrong) -> None:
    desk, made, right = wrong
    back(desk)
    customer_ref = desk.sandbox.read("Invoice", right)["CustomerRef"]
    line = pays(right, "100.00")
    desk.sandbox.create("Payment", {"CustomerRef": customer_ref, "TotalAmt": 100, "Line": [line]})
    record(desk, "INV-1", "100.00", "210.00", made["currency"])
    assert adopt(desk).adopted == {"INV-1"}
    rows = desk.application.ledger.payments.of_invoice(desk.sandbox.realm_id, "INV-1")
    assert [each.state for each in rows] == ["known"]
    back(desk)
    assert desk.application.ledger.payments.of_invoice(desk.sandbox.realm_id, "INV-1") == []
    assert desk.application.bring_payments() == []
    assert adopt(desk).adopted == {"INV-1"}


def test_a_customer_that_others_go_by_stays_linked(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("us")
    desk.connect()
    enter(desk)
    enter(desk, "2042")
    desk.save(invoice())
    desk.save(invoice(id="INV-2", number="2042"))
    adopt(desk)
    found = back(desk, "2041")
    assert "stays linked" in found.rows[0].customer and "customers unlink C-7" in found.rows[0].customer
    links = desk.application.ledger.links
    assert len(links.every_customer(desk.sandbox.realm_id)) == 1
    assert adopt(desk).adopted == {"INV-1"}
    found = back(desk, "INV-1", "INV-2")
    assert [each.kind for each in found.rows] == ["taken_back"] * 2
    assert customer(desk) and links.every(desk.sandbox.realm_id) == []


def test_a_number_that_several_have_names_none(us: Desk, invoice: Make) -> None:
    enter(us)
    enter(us, "2042")
    us.save(invoice())
    us.save(invoice(id="INV-2", number="2042"))
    adopt(us)
    us.host.reopen("INV-2", "admin")
    us.host.edit("INV-2", {**invoice(id="INV-2", number="2041"), "status": "draft"}, "admin")
    us.host.open_invoice("INV-2", "admin")
    link = us.application.ledger.links.invoice(us.sandbox.realm_id, "INV-2")
    assert link is not None
    with us.application.ledger.together() as connection:
        us.application.ledger.links.put_invoices(connection, [dataclasses.replace(link, od_number="2041")])
    found = back(us, "2041")
    assert found.rows[0].reason == "Several invoices have the number 2041: name one by its id (INV-1, INV-2)."
    assert [each.kind for each in back(us, "INV-2").rows] == ["taken_back"]


def test_what_was_never_adopted(us: Desk, invoice: Make) -> None:
    found = back(us, "INV-9")
    assert found.rows[0].reason == "INV-9 is linked to no invoice of QuickBooks, by its id or its number."
    us.copy(invoice())
    assert "undo RUN" in stays(us)


def test_a_credit_note(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("us", rules="version: 1\ninvoices: {negative: credit_memo}\n")
    desk.connect()
    line = {"Amount": 40, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    body = {"CustomerRef": {"value": customer(desk)}, "TxnDate": "2026-07-01", "Line": [line]}
    memos = [desk.sandbox.create("CreditMemo", {**body, "DocNumber": number})["Id"] for number in ("C-9", "CN-1")]
    lines = [{"id": "1", "service_type": "Support", "amount": "-40.00"}]
    note = invoice(id="CN-1", number="CN-1", lines=lines, subtotal="-40.00", total="-40.00")
    desk.save(note)
    assert adopt(desk, "CN-1", pairs={"CN-1": memos[0]}).adopted == {"CN-1"}
    assert [each.kind for each in back(desk, "CN-1").rows] == ["taken_back"]
    assert "has taken back its link to the QuickBooks credit memo C-9" in desk.shown("CN-1").notes["quickbooks"]
    assert adopt(desk).adopted == {"CN-1"}
    link = desk.application.ledger.links.invoice(desk.sandbox.realm_id, "CN-1")
    assert link is not None and link.qbo_id == memos[1]


def test_a_credit_that_was_applied_from_here_keeps_the_link_of_its_invoice(
    desks: Callable[..., Desk], invoice: Make
) -> None:
    desk = desks("us", rules="version: 1\ninvoices: {negative: credit_memo}\n")
    desk.connect()
    enter(desk)
    desk.save(invoice())
    adopt(desk)
    lines = [{"id": "1", "service_type": "Support", "amount": "-40.00"}]
    note = invoice(id="CN-1", number="CN-1", lines=lines, subtotal="-40.00", total="-40.00", credits="INV-1")
    assert desk.copy(note).outcome == "copied"
    assert "a credit memo was applied in QuickBooks from here on" in stays(desk)


def test_what_is_void_in_onedesk_and_waits_goes_with_the_link(us: Desk, invoice: Make) -> None:
    enter(us)
    us.save(invoice())
    adopt(us)
    us.host.void("INV-1", "admin")
    assert len(us.application.ledger.conflicts.withdrawn(us.sandbox.realm_id)) == 1
    assert [each.kind for each in back(us).rows] == ["taken_back"]
    assert us.application.ledger.conflicts.withdrawn(us.sandbox.realm_id) == []
    assert us.drain() == [] and us.shown("INV-1").tags == {}


def test_a_host_that_does_not_take_it_keeps_the_link(us: Desk, invoice: Make) -> None:
    enter(us)
    us.save(invoice())
    adopt(us)
    set_tag = us.host.set_tag

    def away(*args: str) -> None:
        raise NotNow("The database is away.")

    us.host.set_tag = away  # type: ignore[method-assign, assignment]
    found = back(us)
    us.host.set_tag = set_tag  # type: ignore[method-assign]
    assert (found.fine, found.rows[0].kind) == (False, "stays")
    assert "The database is away." in found.rows[0].reason
    assert [each.kind for each in back(us).rows] == ["taken_back"]


RULED = "version: 1\ninvoices: {negative: credit_memo, on_void: void}\n"


@pytest.mark.parametrize("did", ["voided", "deleted"])
@pytest.mark.parametrize("seen", [True, False])
def test_what_quickbooks_has_void_or_gone_leaves_nothing_behind(
    desks: Callable[..., Desk], invoice: Make, did: str, seen: bool
) -> None:
    """Of an invoice and of a credit note, noted or not yet."""
    desk = desks("us", rules=RULED)
    desk.connect()
    ids = {"INV-1": ("Invoice", enter(desk)), "CN-1": ("CreditMemo", entered(desk))}
    desk.save(invoice())
    desk.save(credit(invoice))
    assert adopt(desk).adopted == set(ids)
    for kind, qbo_id in ids.values():
        desk.sandbox.void(kind, qbo_id) if did == "voided" else desk.sandbox.delete(kind, qbo_id)
    if seen:
        desk.application.bring_payments()
        held = {each.od_invoice_id: each.reason for each in desk.application.changes()}
        assert "the invoice in OneDesk too" in held["INV-1"] and "Void the credit note in OneDesk too" in held["CN-1"]
    assert [each.kind for each in back(desk, *ids).rows] == ["taken_back"] * 2
    desk.application.bring_payments()
    assert desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("todo", "held", "failed")) == []
    assert desk.application.ledger.links.every(desk.sandbox.realm_id) == [] and desk.drain() == []
    for od_id in ids:
        shown = desk.shown(od_id)
        assert (shown.tags, [key for key, text in shown.notes.items() if text]) == ({}, ["quickbooks"])


def test_what_was_voided_from_here_keeps_the_link(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("us", rules=RULED)
    desk.connect()
    enter(desk)
    entered(desk)
    desk.save(invoice())
    desk.save(credit(invoice))
    assert adopt(desk).adopted == {"INV-1", "CN-1"}
    for od_id in ("INV-1", "CN-1"):
        desk.host.void(od_id, "admin")
    assert [each.outcome for each in desk.drain()] == ["voided", "voided"]
    found = back(desk, "INV-1", "CN-1")
    assert all("it was voided or deleted in QuickBooks from here on" in each.reason for each in found.rows)


def test_one_that_onedesk_has_deleted(us: Desk, invoice: Make) -> None:
    enter(us)
    us.save(invoice())
    adopt(us)
    us.host.delete("INV-1", "admin")
    assert len(us.application.ledger.conflicts.withdrawn(us.sandbox.realm_id)) == 1
    assert [each.kind for each in back(us).rows] == ["taken_back"]
    assert us.application.ledger.conflicts.withdrawn(us.sandbox.realm_id) == [] and us.drain() == []


def test_what_was_used_of_a_credit_memo_before_is_known_no_more(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("us", rules=RULED)
    desk.connect()
    there, memo = enter(desk), entered(desk)
    used(desk, memo, there, "30.00")
    desk.save(credit(invoice))
    record(desk, "CN-1", "-30.00", "-70.00")
    for _ in range(2):
        assert adopt(desk, "CN-1").adopted == {"CN-1"}
        assert [each.kind for each in back(desk, "CN-1").rows] == ["taken_back"]
        assert desk.application.ledger.payments.of_invoice(desk.sandbox.realm_id, "CN-1") == []
    assert desk.application.bring_payments() == []
