"""What a hook handed over is the floor: the host's older reading is not copied, and nothing taken is dropped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger import Work
from onedesk_quickbooks.plugin.model.outcome import Outcome
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]


class Transaction:
    """The host's changes are seen by its own thread alone until it commits."""

    def __init__(self, desk: Desk) -> None:
        self._host: Any = desk.host
        self._before: dict[str, Mapping[str, Any] | None] = {}

    def save(self, invoice: dict[str, Any]) -> None:
        self._before[invoice["id"]] = self._host.read_invoice(invoice["id"])
        self._host.save(invoice)
        self._host.read_invoice = self._before.get

    def commit(self) -> None:
        del self._host.read_invoice

    def roll_back(self) -> None:
        """Those that had been there are as before; the others are not there."""


@pytest.fixture
def transaction(us: Desk) -> Transaction:
    us.predicts = False
    return Transaction(us)


def entry(desk: Desk) -> Work:
    found = desk.application.ledger.queue.latest("INV-1")
    assert found is not None
    return found


def ask(desk: Desk, invoice: dict[str, Any], action: str = "copy") -> list[Outcome]:
    """The host calls the hook with what it has just saved."""
    hook = desk.host.plugins.hook
    if action == "send":
        hook.on_invoice_send(invoice=invoice, user=ADMIN)
    else:
        hook.on_invoice_action(invoice=invoice, action="quickbooks.copy", user=ADMIN)
    return desk.drain()


def wait(desk: Desk, seconds: float) -> list[Outcome]:
    desk.clock.sleep(seconds)
    return desk.drain()


@pytest.mark.parametrize("action", ["copy", "send"])
def test_an_invoice_that_is_not_committed_yet_waits(
    us: Desk, invoice: Make, transaction: Transaction, action: str
) -> None:
    transaction.save(invoice())
    assert ask(us, invoice(), action) == []
    assert wait(us, 3) == [] and us.invoices() == []
    assert "OneDesk does not have the invoice yet" in us.application.waiting("INV-1")
    transaction.commit()
    (done,) = wait(us, 3)
    assert done.outcome == {"copy": "copied", "send": "sent"}[action]


def test_the_thread_reads_again_in_a_moment(us: Desk, invoice: Make, transaction: Transaction) -> None:
    us.application.bring_payments()
    transaction.save(invoice())
    assert ask(us, invoice()) == []
    runner: Any = us.application._runner
    assert not runner.live() and 1 < runner.rest() <= 2
    transaction.commit()
    us.clock.sleep(2)
    assert runner.rest() < 0.1, "its time has come meanwhile"
    runner.live()
    assert len(us.invoices()) == 1 and runner.rest() > 20


def test_the_amounts_before_the_commit_are_not_copied(us: Desk, invoice: Make, transaction: Transaction) -> None:
    us.copy(invoice())
    newer = invoice(lines=[{"id": "1", "service_type": "Support", "amount": "90.00"}], subtotal="90.00", total="90.00")
    transaction.save(newer)
    assert ask(us, newer) == []
    assert str(us.invoices()[0]["TotalAmt"]) == "310.0" or us.invoices()[0]["TotalAmt"] == 310
    transaction.commit()
    (done,) = wait(us, 3)
    assert done.outcome == "updated" and us.invoices()[0]["TotalAmt"] == 90


def test_what_is_rolled_back_is_held_aloud(us: Desk, invoice: Make, transaction: Transaction) -> None:
    us.copy(invoice())
    newer = invoice(lines=[{"id": "1", "service_type": "Support", "amount": "90.00"}], subtotal="90.00", total="90.00")
    transaction.save(newer)
    assert ask(us, newer, "send") == []
    transaction.roll_back()
    (held,) = wait(us, 31)
    assert held.outcome == "held" and us.sandbox.outbox() == [] and us.invoices()[0]["TotalAmt"] == 310
    assert "than the one that it requested (total 310.00 USD now, 90.00 USD then)" in held.reason
    transaction.commit()
    us.save(newer)
    assert ask(us, newer, "send")[0].outcome == "sent", "sent again, as the sentence says"


def test_an_invoice_that_never_comes_is_held_aloud(us: Desk, invoice: Make, transaction: Transaction) -> None:
    transaction.save(invoice())
    assert ask(us, invoice(), "send") == []
    (held,) = wait(us, 31)
    assert held.outcome == "held" and "OneDesk requested the invoice 2041, but does not have it" in held.reason
    assert entry(us).state == "held"
    transaction.commit()
    assert us.application.retry(entry(us).id)
    assert [each.outcome for each in us.drain()] == ["sent"], "it is there by now"


def test_a_status_that_is_not_committed_yet_waits(us: Desk, invoice: Make, transaction: Transaction) -> None:
    us.host.save(invoice(status="draft"))
    transaction.save(invoice())
    assert ask(us, invoice()) == []
    transaction.commit()
    assert wait(us, 3)[0].outcome == "copied"


def test_a_draft_that_was_asked_for_is_held_at_once(us: Desk, invoice: Make) -> None:
    us.predicts = False
    us.host.save(invoice(status="draft"))
    (held,) = ask(us, invoice(status="draft"))
    assert held.outcome == "held" and "The invoice is draft in OneDesk" in held.reason


def test_what_may_change_without_a_word_is_read_as_it_is_by_then(us: Desk, invoice: Make) -> None:
    """A billing e-mail that was corrected after the request, without a hook of the invoice."""
    us.predicts = False
    us.save(invoice())
    us.host.send("INV-1", ADMIN)
    contact = {"first_name": "Ada", "last_name": "Berg", "email": "new@blueharbor.example"}
    us.host.set_billing_contact("C-7", contact["first_name"], contact["last_name"], contact["email"])
    assert us.drain() == []
    (sent,) = wait(us, 31)
    assert sent.outcome == "sent"
    assert us.sandbox.outbox()[0]["to"] in ("new@blueharbor.example", ["new@blueharbor.example"])


def test_an_edit_that_the_host_reports_is_copied_at_once(us: Desk, invoice: Make) -> None:
    us.predicts = False
    us.save(invoice())
    us.host.act("INV-1", "quickbooks.copy", ADMIN)
    newer = invoice(lines=[{"id": "1", "service_type": "Support", "amount": "90.00"}], subtotal="90.00", total="90.00")
    us.host.save(newer)
    us.host.plugins.hook.on_invoice_changed(invoice=newer, change="edited")
    assert [each.outcome for each in us.drain()] == ["copied"] and us.invoices()[0]["TotalAmt"] == 90


def test_what_was_held_is_tried_again_as_the_host_has_it(us: Desk, invoice: Make) -> None:
    assert us.copy(invoice(total="999.00")).outcome == "held"
    us.host.save(invoice())
    assert us.application.retry(entry(us).id)
    assert [each.outcome for each in us.drain()] == ["copied"]
