"""The look for payments: by queries where change data capture is refused, and with a time of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from onedesk_quickbooks.plugin.qbo import AnswerUnknown, Refused
from tests.sync.conftest import ADMIN, Desk
from tests.sync.payments.conftest import Make, left

CODES = ("4002", "5020", "500", "10100", "610")
"""What QuickBooks was seen to refuse change data capture with, and another one."""


def refuse(desk: Desk, path: str = "cdc", code: str = "4002") -> None:
    detail = "QueryProcessingError: To email address entered is invalid"
    desk.sandbox.faults.inject(fault="refused", code=code, detail=detail, path=path, count=0)


def whats(desk: Desk) -> list[tuple[str, str]]:
    return sorted((each.what, str(each.amount)) for each in desk.application.bring_payments())


@pytest.mark.parametrize("code", CODES)
def test_payments_come_by_another_way(us: Desk, invoice: Make, code: str) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "40.00"})
    refuse(us, code=code)
    assert whats(us) == [("recorded", "40.00 USD")]
    assert whats(us) == []
    assert left(us, "INV-1") == ("open", "270.00 USD")


@pytest.mark.parametrize("fault", ["http_500", "http_503", "malformed_json"])
def test_change_data_capture_that_fails_is_gone_round_too(us: Desk, invoice: Make, fault: str) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "40.00"})
    us.sandbox.faults.inject(fault=fault, path="cdc", count=0)
    assert whats(us) == [("recorded", "40.00 USD")]
    assert us.application.status().payments_by_queries_since is not None
    us.sandbox.faults.clear()
    assert whats(us) == [] and us.application.status().payments_by_queries_since is None


def test_where_queries_fail_as_well_nothing_was_looked_at(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "40.00"})
    for path in ("cdc", "query"):
        us.sandbox.faults.inject(fault="http_500", path=path, count=0)
    with pytest.raises(AnswerUnknown):
        us.application.bring_payments()
    us.sandbox.faults.clear()
    assert whats(us) == [("recorded", "40.00 USD")]


def test_deposits_edits_and_customers_come_that_way_too(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.copy(invoice(id="INV-2", number="2042", customer={"id": "C-8", "name": "Gull & Sons"}))
    refuse(us)
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("40.00")})
    us.sandbox.edit("Invoice", outcome.qbo_id, {"DocNumber": "9999"})
    (gull,) = us.sandbox.list("Customer", "DisplayName = 'Gull & Sons'")
    us.sandbox.edit("Customer", gull["Id"], {"Active": False})
    assert whats(us) == [("recorded", "40.00 USD")]
    held = us.application.ledger.queue_lists.in_states(us.sandbox.realm_id, ("held",))
    assert {(work.action, work.od_number) for work in held} == {("changed", "2041"), ("customer", "2042")}


def test_it_is_said_once(us: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def said() -> int:
        return sum("change data capture does not answer" in record.getMessage() for record in caplog.records)

    caplog.set_level(logging.WARNING)
    refuse(us)
    for _ in range(3):
        us.application.bring_payments()
    us.restart()
    us.application.bring_payments()
    assert said() == 1
    since = us.application.status().payments_by_queries_since
    assert since is not None
    us.sandbox.faults.clear()
    us.application.bring_payments()
    assert us.application.status().payments_by_queries_since is None
    refuse(us)
    us.application.bring_payments()
    assert said() == 2, "it had answered in between"


def test_a_deleted_payment_is_found_by_comparing(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    other = us.copy(invoice(id="INV-2", number="2042"))
    first, second = (us.sandbox.pay({outcome.qbo_id: amount}) for amount in ("110.00", "50.00"))
    us.sandbox.pay({other.qbo_id: "10.00"})
    us.application.bring_payments()
    refuse(us)
    us.sandbox.delete("Payment", first["Id"])
    assert whats(us) == [("reversed", "110.00 USD")]
    us.sandbox.void("Payment", second["Id"])
    assert whats(us) == [("reversed", "50.00 USD")]
    assert (left(us, "INV-1"), left(us, "INV-2")) == (("open", "310.00 USD"), ("open", "300.00 USD"))


def test_a_deposit_is_no_payment_that_is_gone(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.edit("Invoice", outcome.qbo_id, {"Deposit": Decimal("40.00")})
    us.application.bring_payments()
    refuse(us)
    assert whats(us) == []
    assert left(us, "INV-1") == ("open", "270.00 USD")


def test_what_was_deleted_meanwhile_is_reported_when_it_answers_again(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "110.00"})
    gone = us.copy(invoice(id="INV-2", number="2042"))
    us.application.bring_payments()
    refuse(us)
    us.application.bring_payments()
    us.sandbox.delete("Invoice", gone.qbo_id)
    for _ in range(4):  # looks go on, and their windows leave it behind
        us.clock.sleep(10 * 60)
        assert whats(us) == []
    us.sandbox.faults.clear()
    assert whats(us) == []
    (work,) = us.application.changes()
    assert (work.od_number, "was deleted in QuickBooks" in work.reason) == ("2042", True)


def test_queries_that_are_refused_too_are_reported(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.application.bring_payments()
    looked = us.application.status().last_payment_look_at
    refuse(us)
    refuse(us, "query")
    with pytest.raises(Refused, match="4002"):
        us.application.bring_payments()
    assert us.application.status().last_payment_look_at == looked


def test_copies_do_not_renew_the_time_of_the_last_look(us: Desk, invoice: Make) -> None:
    assert us.application.status().last_payment_look_at is None
    us.application.bring_payments()
    looked = us.application.status().last_payment_look_at
    assert looked is not None
    us.clock.sleep(3600)
    us.copy(invoice())
    status = us.application.status()
    assert status.last_success_at is not None
    assert (status.last_payment_look_at, status.last_success_at - looked > timedelta(minutes=59)) == (looked, True)
    us.restart()
    assert us.application.status().last_payment_look_at == looked
    us.application.bring_payments()
    assert us.application.status().last_payment_look_at > looked  # type: ignore[operator]  # it is there


def test_a_lapsed_subscription_is_no_matter_of_the_way(us: Desk) -> None:
    refuse(us, code="6190")
    with pytest.raises(Refused, match="subscription has ended"):
        us.application.bring_payments()
    assert us.application.status().payments_by_queries_since is None


def test_a_refused_look_keeps_no_invoice_from_being_copied(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(settings={"poll_seconds": "60"})
    desk.connect()
    refuse(desk)
    refuse(desk, "query")
    desk.application.time_slice(timedelta(minutes=1))
    assert desk.application.status().paused_until is None
    desk.sandbox.faults.clear()
    refuse(desk)
    desk.save(invoice())
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    desk.application.time_slice(timedelta(minutes=1))
    assert len(desk.invoices()) == 1
