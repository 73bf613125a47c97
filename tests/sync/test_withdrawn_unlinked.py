"""The host voids or deletes an invoice that QuickBooks has, and that the ledger has no link to: after a restore, or
with a new data directory. Every result is compared with the plan (`Desk`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from onedesk_quickbooks.hooks import InvoiceJson
from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.planning.markers import adopt_command, not_ours_command
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_marked_forms import adopted, renumber_there
from tests.sync.test_reinstalled import again
from tests.sync.test_undone_by_rule import entries, rules, there, withdraw

Make = Callable[..., dict[str, Any]]
Meanwhile = Callable[[Desk, Make], None]
BY_RULE = {"on_void": "void", "on_delete": "delete"}


def notes_were_read(desk: Desk, invoice: Make) -> None:
    desk.copy(invoice(id="INV-9", number="2099"))


def nothing(desk: Desk, invoice: Make) -> None:
    """The notes in QuickBooks are read for it."""


both = pytest.mark.parametrize("meanwhile", [notes_were_read, nothing])
either = pytest.mark.parametrize("how", ["void", "delete"])


def desk_with(desks: Callable[..., Desk], settings: Mapping[str, str] = BY_RULE) -> Desk:
    desk = desks(rules=rules(dict(settings or {"on_void": "hold"})))
    desk.connect()
    return desk


def as_credit(invoice: Make) -> dict[str, Any]:
    lines = [
        {**each, "amount": f"-{each['amount']}", "quantity": f"-{each['quantity']}"} for each in invoice()["lines"]
    ]
    return invoice(lines=lines, subtotal="-310.00", total="-310.00")


@both
@either
def test_it_is_undone_by_rule(desks: Callable[..., Desk], invoice: Make, how: str, meanwhile: Meanwhile) -> None:
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice()).qbo_id
    renumber_there(desk, qbo_id)
    again(desk)
    meanwhile(desk, invoice)
    [came] = withdraw(desk, how)
    assert came.outcome == ("voided" if how == "void" else "deleted"), came.reason
    assert came.reason == "This ledger had no link to the QuickBooks invoice 9901; it was found by its mark."
    assert there(desk, qbo_id) == (("0", "Voided") if how == "void" else None)
    assert entries(desk) == [] and desk.application.bring_payments() == []
    assert desk.application.changes() == [] and entries(desk) == []
    if how == "void":
        assert list(desk.shown("INV-1").tags) == ["Voided in QuickBooks"]


@both
@either
def test_it_waits_for_a_person_until_it_is_void_there(
    desks: Callable[..., Desk], invoice: Make, how: str, meanwhile: Meanwhile
) -> None:
    desk = desk_with(desks, {})
    qbo_id = desk.send(invoice()).qbo_id
    again(desk)
    meanwhile(desk, invoice)
    [came] = withdraw(desk, how)
    assert (came.outcome, came.qbo_id) == ("held", qbo_id)
    assert came.reason.startswith(f"The invoice was {'voided' if how == 'void' else 'deleted'} in OneDesk, but")
    [entry] = entries(desk)
    assert not desk.application.retry(entry.id, ADMIN), "a person does it there"
    desk.sandbox.void("Invoice", qbo_id)
    desk.application.bring_payments()
    assert entries(desk) == []


@either
def test_one_that_is_paid_there_is_held(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.pay({qbo_id: "100.00"})
    again(desk)
    [came] = withdraw(desk, how)
    assert came.outcome == "held" and "100.00 USD" in came.reason and there(desk, qbo_id) == ("310.00", "OneDes")
    payment = desk.sandbox.read("Invoice", qbo_id)["LinkedTxn"][0]["TxnId"]
    desk.application.bring_payments()
    desk.sandbox.delete("Payment", payment)
    desk.application.bring_payments()
    assert [each.outcome for each in desk.drain()] == ["voided" if how == "void" else "deleted"]
    assert entries(desk) == []


OTHERWISE: Mapping[str, tuple[dict[str, Any], str]] = {
    "total": (
        {
            "Line": [
                {"Amount": 71, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
            ]
        },
        "total: OneDesk 310.00 USD, QuickBooks 71.00 USD",
    ),
    "date": ({"TxnDate": "2026-01-02"}, "date: OneDesk 2026-07-01, QuickBooks 2026-01-02"),
}


@pytest.mark.parametrize("settings", [BY_RULE, {}])
@pytest.mark.parametrize("what", OTHERWISE)
@either
def test_one_with_another_content_is_held(
    desks: Callable[..., Desk], invoice: Make, how: str, what: str, settings: dict[str, str]
) -> None:
    change, says = OTHERWISE[what]
    desk = desk_with(desks, settings)
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    desk.sandbox.edit("Invoice", qbo_id, change)
    before = desk.sandbox.read("Invoice", qbo_id)
    [came] = withdraw(desk, how)
    assert came.outcome == "held" and f"its content differs: {says}." in came.reason, came.reason
    assert desk.sandbox.read("Invoice", qbo_id) == before
    [entry] = entries(desk)
    assert f"run: onedesk-quickbooks queue retry {entry.id}." in entry.reason
    desk.sandbox.void("Invoice", qbo_id)
    assert desk.application.retry(entry.id, ADMIN), "the step works"
    assert [each.outcome for each in desk.drain()] == ["unchanged"]
    assert entries(desk) == []


@either
def test_one_of_another_installation_stays(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    desk.sandbox.edit("Invoice", qbo_id, OTHERWISE["date"][0])
    before = desk.sandbox.read("Invoice", qbo_id)
    [came] = withdraw(desk, how)
    assert f"run: {not_ours_command('INV-1', qbo_id)}. Then run:" in came.reason
    [entry] = entries(desk)
    desk.application.not_ours({"INV-1": qbo_id}, "Anna", keep=True)
    assert desk.application.retry(entry.id, ADMIN), "the step works"
    assert [each.outcome for each in desk.drain()] == ["unchanged"] and entries(desk) == []
    assert desk.sandbox.read("Invoice", qbo_id) == before


@either
def test_an_altered_mark_is_in_doubt(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    desk.sandbox.edit("Invoice", qbo_id, {"PrivateNote": "OneDesk invoice INV-1 - checked by Bob"})
    [came] = withdraw(desk, how)
    assert came.outcome == "held" and "it is in doubt whether it is this one" in came.reason
    [entry] = entries(desk)
    desk.sandbox.void("Invoice", qbo_id)
    assert desk.application.retry(entry.id, ADMIN)
    assert [each.outcome for each in desk.drain()] == ["unchanged"] and entries(desk) == []


@either
def test_a_longer_id_that_is_withdrawn_too_is_not_this_one(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    """The host has no invoice of the longer id any more, but the queue has."""
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice(id="J6-2")).qbo_id
    desk.save(invoice(id="J6", number="2042"))
    again(desk)
    getattr(desk.host, how)("J6", ADMIN)
    getattr(desk.host, how)("J6-2", ADMIN)
    assert {each.id: each.outcome for each in desk.drain()} == {
        "J6": "unchanged",
        "J6-2": "voided" if how == "void" else "deleted",
    }
    assert entries(desk) == [] and there(desk, qbo_id) == (("0", "Voided") if how == "void" else None)


@either
def test_of_two_with_its_mark_a_person_chooses(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    row = desk.sandbox.read("Invoice", qbo_id)
    kept = {name: row[name] for name in ("CustomerRef", "TxnDate", "PrivateNote")}
    lines = [each for each in row["Line"] if each["DetailType"] == "SalesItemLineDetail"]
    other = desk.sandbox.create("Invoice", {**kept, "DocNumber": "9902", "Line": lines})["Id"]
    [came] = withdraw(desk, how)
    assert f"the invoice 2041 (id {qbo_id}), the invoice 9902 (id {other})" in came.reason, came.reason
    [entry] = entries(desk)
    desk.sandbox.void("Invoice", other)
    assert desk.application.retry(entry.id, ADMIN)
    assert [each.outcome for each in desk.drain()] == ["voided" if how == "void" else "deleted"]


@either
def test_of_two_ids_in_another_unicode_form_a_person_chooses(
    desks: Callable[..., Desk], invoice: Make, how: str
) -> None:
    """QuickBooks has the mark of both in one form."""
    nfc, nfd = "caf\u00e9-1", "cafe\u0301-1"
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice(id=nfc)).qbo_id
    again(desk)
    desk.save(invoice(id=nfd))
    getattr(desk.host, how)(nfd, ADMIN)
    [came] = desk.drain()
    assert came.outcome == "held" and "may be the copy of either" in came.reason, came.reason
    assert f"link the two: {adopt_command(nfc, qbo_id)}. Then run:" in came.reason
    assert there(desk, qbo_id) == ("310.00", "OneDes")
    [entry] = entries(desk)
    adopted(desk, keep=True, pairs={nfc: qbo_id})
    assert desk.application.retry(entry.id, ADMIN), "the step works"
    assert [each.outcome for each in desk.drain()] == ["unchanged"] and entries(desk) == []
    assert there(desk, qbo_id) == ("310.00", "OneDes")
    getattr(desk.host, how)(nfc, ADMIN)
    assert [each.outcome for each in desk.drain()] == ["voided" if how == "void" else "deleted"]


@either
def test_credit_memos_are_undone_too(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = desk_with(desks, {**BY_RULE, "negative": "credit_memo"})
    qbo_id = desk.copy(as_credit(invoice)).qbo_id
    again(desk)
    [came] = withdraw(desk, how)
    assert (came.outcome, came.qbo_id, came.kind) == ("voided" if how == "void" else "deleted", qbo_id, "credit_memo")
    memos = desk.sandbox.list("CreditMemo", f"Id = '{qbo_id}'")
    assert [each["TotalAmt"] for each in memos] == ([0] if how == "void" else [])


@either
def test_one_of_the_other_kind_is_held(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = desk_with(desks, {**BY_RULE, "negative": "credit_memo"})
    desk.copy(as_credit(invoice))
    again(desk)
    desk.host.save(invoice(status="open"))
    [came] = withdraw(desk, how)
    assert came.outcome == "held" and "kind: OneDesk invoice, QuickBooks credit memo" in came.reason


@either
def test_what_quickbooks_never_had_leaves_nothing(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = desk_with(desks)
    desk.host.save(invoice(status="open"))
    assert [each.outcome for each in withdraw(desk, how)] == ["unchanged"], "its notes were not read before"
    assert entries(desk) == [] and (how == "delete" or desk.shown("INV-1").notes == {})
    desk.host.save(invoice(id="INV-2", status="open"))
    getattr(desk.host, how)("INV-2", ADMIN)
    assert desk.application.ledger.queue.latest("INV-2") is None and desk.drain() == []


@either
def test_what_is_void_there_too_leaves_nothing(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = desk_with(desks, {})
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    desk.sandbox.void("Invoice", qbo_id)
    assert [each.outcome for each in withdraw(desk, how)] == ["unchanged"] and entries(desk) == []


@both
def test_the_host_has_it_all_the_same(desks: Callable[..., Desk], invoice: Make, meanwhile: Meanwhile) -> None:
    """It has reported the void within a transaction that it has rolled back."""
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    meanwhile(desk, invoice)
    desk.host.plugins.hook.on_invoice_changed(invoice=invoice(status="void"), change="voided")
    assert desk.drain() == []
    desk.clock.sleep(60)
    [came] = desk.drain()
    assert came.outcome == "held" and "OneDesk reported invoice 2041 as voided, but has it as open" in came.reason
    assert there(desk, qbo_id) == ("310.00", "OneDes")


@both
def test_it_is_asked_for_again(desks: Callable[..., Desk], invoice: Make, meanwhile: Meanwhile) -> None:
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    meanwhile(desk, invoice)
    desk.host.void("INV-1", ADMIN)
    outcome = desk.copy(invoice(memo="Newer"))
    assert (outcome.outcome, outcome.qbo_id) == ("updated", qbo_id) and entries(desk) == []


def test_a_person_who_has_opened_it_again_links_it(desks: Callable[..., Desk], invoice: Make) -> None:
    """The link that was made for the void counts for a copy as well."""
    desk = desk_with(desks, {})
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    assert [each.outcome for each in withdraw(desk, "void")] == ["held"]
    outcome = desk.send(invoice())
    assert (outcome.outcome, outcome.qbo_id) == ("sent", qbo_id) and entries(desk) == []
    assert len(desk.invoices()) == 1


@either
def test_while_no_company_is_connected(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    desk.application.disconnect(ADMIN)
    getattr(desk.host, how)("INV-1", ADMIN)
    assert there(desk, qbo_id) == ("310.00", "OneDes")
    desk.connect()
    assert [each.outcome for each in desk.drain()] == ["voided" if how == "void" else "deleted"]
    assert there(desk, qbo_id) == (("0", "Voided") if how == "void" else None) and entries(desk) == []


@either
def test_with_an_entry_and_without_a_link(desks: Callable[..., Desk], invoice: Make, how: str) -> None:
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    desk.predicts = False
    desk.sandbox.edit("Invoice", qbo_id, OTHERWISE["date"][0])
    assert desk.copy(invoice()).outcome == "held"
    [came] = withdraw(desk, how)
    assert came.outcome == "held" and came.action == ("voided" if how == "void" else "deleted")


def lost_in_host(desk: Desk, od_id: str) -> None:
    """The host reports a deletion by the id alone."""

    class Deleting(EmbeddedHost):
        def read_invoice(self, invoice_id: str) -> InvoiceJson | None:
            return None if invoice_id == od_id else super().read_invoice(invoice_id)

    desk.restart(Deleting)
    desk.host.plugins.hook.on_invoice_changed(invoice={"id": od_id, "status": "open"}, change="deleted")


@both
def test_a_deletion_by_the_id_alone(desks: Callable[..., Desk], invoice: Make, meanwhile: Meanwhile) -> None:
    desk = desk_with(desks)
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    meanwhile(desk, invoice)
    lost_in_host(desk, "INV-1")
    [came] = desk.drain()
    assert (came.outcome, came.total) == ("held", None) and f"the invoice 2041 (id {qbo_id})" in came.reason
    assert "OneDesk has not passed what the deleted invoice contained. So nothing is changed" in came.reason
    [entry] = entries(desk)
    assert entry.reason == came.reason and there(desk, qbo_id) == ("310.00", "OneDes")
    desk.sandbox.void("Invoice", qbo_id)
    assert desk.application.retry(entry.id, ADMIN), "the step works"
    assert [each.outcome for each in desk.drain()] == ["unchanged"] and entries(desk) == []


def test_a_deletion_by_the_id_alone_of_what_quickbooks_never_had(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desk_with(desks)
    lost_in_host(desk, "INV-1")
    assert [(each.outcome, each.reason) for each in desk.drain()] == [("unchanged", "")]
    assert entries(desk) == []
