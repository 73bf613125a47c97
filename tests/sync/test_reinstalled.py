"""Installed again with a new data directory: what was copied before is found by its mark, and linked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from onedesk_quickbooks.plugin.planning.reconcile import Difference
from tests.sync.conftest import ADMIN, Desk, lose_ledger
from tests.sync.reconcile.conftest import foreign

Make = Callable[..., dict[str, Any]]


def again(desk: Desk) -> None:
    """The ledger is gone, the host and its settings stay."""
    desk.host.close()
    lose_ledger(desk.home)
    desk.restart()
    desk.connect()


def found(desk: Desk) -> list[Difference]:
    """As for a host that does not list its invoices."""
    return foreign(desk).all


def test_reconcile_asks_the_host_for_what_quickbooks_names(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.copy(invoice(id="INV-2", number="2042"))
    us.copy(invoice(id="INV-3", number="2043"))
    again(us)
    us.host.delete("INV-2", ADMIN)
    us.host.void("INV-3", ADMIN)
    one, gone, void = sorted(found(us), key=lambda each: each.id)
    assert (one.kind, one.id, one.onedesk, one.quickbooks) == ("not_linked", "INV-1", "310.00 USD", "310.00 USD")
    assert one.remedy == "Run: onedesk-quickbooks copy INV-1, which links the two."
    assert "INV-2, which OneDesk does not have." in gone.cause and gone.remedy.startswith("Void or delete 2042")
    assert "INV-3, which is void in OneDesk." in void.cause and void.remedy.startswith("Void or delete 2043")
    assert us.copy(invoice()).outcome == "updated", "the remedy works"
    assert [each.id for each in found(us)] == ["INV-2", "INV-3"]


def pay(desk: Desk, qbo_id: str, amount: str) -> None:
    desk.sandbox.pay({qbo_id: amount})
    desk.application.bring_payments()


def test_a_paid_invoice_is_linked_again_and_nothing_is_written(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    pay(us, qbo_id, "310.00")
    paid = us.shown("INV-1")
    payment_id = us.sandbox.read("Invoice", qbo_id)["LinkedTxn"][0]["TxnId"]
    again(us)
    assert [each.remedy for each in found(us)] == ["Run: onedesk-quickbooks copy INV-1, which links the two."]
    before = us.sandbox.read("Invoice", qbo_id)
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    outcome = us.outcome("INV-1")
    assert (outcome.outcome, outcome.qbo_id) == ("unchanged", qbo_id) and "is linked" in outcome.reason
    assert us.sandbox.read("Invoice", qbo_id) == before and us.sandbox.outbox() == []
    assert (us.shown("INV-1").payments, us.shown("INV-1").status) == (paid.payments, "paid")
    us.application.bring_payments()
    assert (found(us), us.shown("INV-1").payments) == ([], paid.payments)
    us.sandbox.delete("Payment", payment_id)
    us.application.bring_payments()
    assert us.shown("INV-1").status == "open", "what is taken back since comes back as well"
    assert us.copy(invoice(memo="Newer")).outcome == "updated"


def test_payments_of_the_time_in_between_come_back_once_it_is_linked(us: Desk, invoice: Make) -> None:
    first, second = us.copy(invoice()).qbo_id, us.copy(invoice(id="INV-2", number="2042")).qbo_id
    pay(us, first, "100.00")
    us.sandbox.pay({first: "20.00"})
    us.clock.sleep(86400)
    again(us)
    us.application.bring_payments()
    us.sandbox.pay({second: "310.00"})
    us.application.bring_payments()
    assert [len(us.shown(each).payments) for each in ("INV-1", "INV-2")] == [1, 0]
    assert us.copy(invoice()).outcome == us.copy(invoice(id="INV-2", number="2042")).outcome == "updated"
    us.application.bring_payments()
    assert [str(each.amount) for each in us.shown("INV-1").payments] == ["100.00 USD", "20.00 USD"]
    assert (str(us.shown("INV-1").balance), us.shown("INV-2").status) == ("190.00 USD", "paid")
    us.application.bring_payments()
    assert found(us) == []


def test_a_paid_invoice_that_was_never_copied_stays_out(us: Desk, invoice: Make) -> None:
    us.host.save(invoice(status="paid"))
    for ask in (us.application.send, lambda source, user: us.application.act(source, "quickbooks.copy", user)):
        assert ask(invoice(status="paid"), ADMIN)
        outcome = us.outcome("INV-1")
        assert (outcome.outcome, outcome.reason.partition(":")[0]) == (
            "held",
            "It is Paid already, and QuickBooks does not have it",
        )
    assert (us.invoices(), us.sandbox.outbox()) == ([], [])


def test_an_invoice_with_another_date_in_quickbooks_is_held(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    again(us)
    us.sandbox.edit("Invoice", qbo_id, {"TxnDate": "2026-01-02"})
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    outcome = us.outcome("INV-1")
    assert outcome.outcome == "held" and "its content differs: date: OneDesk " in outcome.reason


def test_one_that_was_deleted_there_meanwhile_is_noticed_though_the_first_answer_is_repeated(
    us: Desk, invoice: Make
) -> None:
    """The same content has the same requestid, and QuickBooks repeats what it answered to it."""
    qbo_id = us.copy(invoice()).qbo_id
    again(us)
    us.sandbox.delete("Invoice", qbo_id)
    us.save(invoice())
    us.host.act("INV-1", "quickbooks.copy", ADMIN)
    [came] = us.application.drain()
    assert (came.outcome, came.qbo_id) == ("copied", qbo_id)
    us.application.bring_payments()
    [entry] = us.application.changes()
    assert "was deleted in QuickBooks. Void the invoice in OneDesk too, or accept the deletion:" in entry.reason
    assert us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",)) == [entry]
