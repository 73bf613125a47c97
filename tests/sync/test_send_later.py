"""An e-mail that is to leave on a later day: the copy is made at once, the e-mail once that day has come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from onedesk_quickbooks.plugin.ledger import Work
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_person_holds import COMPANIES
from tests.sync.test_undo import run, undo

Make = Callable[..., dict[str, Any]]


@pytest.fixture(params=COMPANIES)
def later(request: pytest.FixtureRequest, desks: Callable[..., Desk], invoice: Make) -> tuple[Desk, Make]:
    """In two countries: invoices of a day that is five days off, by rule not e-mailed before."""
    currency, taxes = COMPANIES[request.param]
    desk = desks(request.param, rules=f"version: 1\ntaxes: {taxes}\ndelivery: {{send_on: issue_date}}\n")
    desk.connect()

    def make(**fields: Any) -> dict[str, Any]:
        return invoice(currency=currency, issue_date=day(desk, 5), due_date=day(desk, 35), **fields)

    return desk, make


def day(desk: Desk, days: int) -> str:
    return (desk.clock.now() + timedelta(days=days)).date().isoformat()


def scheduled(desk: Desk) -> list[Work]:
    return desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("scheduled",))


def wait(desk: Desk, days: int) -> None:
    desk.clock.sleep(days * 86400)


def test_it_is_copied_now_and_emailed_on_its_day(later: tuple[Desk, Make]) -> None:
    desk, make = later
    on = day(desk, 5)
    came = desk.send(make())
    assert (came.outcome, came.reason) == (
        "copied",
        f"The invoice is dated {on}, and today is {day(desk, 0)}: QuickBooks books it on that day."
        f" QuickBooks e-mails it automatically on {on}, as OneDesk has it then, if it is still Open.",
    )
    assert desk.sandbox.outbox() == [] and len(desk.invoices()) == 1
    [entry] = scheduled(desk)
    assert (entry.action, entry.reason) == ("send", f"QuickBooks e-mails it on {on}.")
    shown = {each.id: each for some in desk.host.plugins.hook.settings_to_show(user=ADMIN) for each in some}
    assert any("1 scheduled" in each.value for each in shown.values())
    [state] = desk.application.invoice_states([desk.shown("INV-1").json])
    assert [(each.kind, str(each.at.date())) for each in state.facts if each.kind == "next" and each.at] == [
        ("next", on)
    ]
    wait(desk, 4)
    assert desk.drain() == [] and desk.application.attention().causes == ()
    wait(desk, 1)
    [went] = desk.drain()
    assert (went.outcome, went.reason) == ("sent", "") and len(desk.sandbox.outbox()) == 1
    wait(desk, 1)
    assert desk.drain() == [] and scheduled(desk) == []


def test_not_when_it_is_paid_by_then(later: tuple[Desk, Make]) -> None:
    desk, make = later
    desk.send(make())
    desk.sandbox.pay({desk.invoices()[0]["Id"]: "310.00"})
    desk.application.bring_payments()
    assert desk.shown("INV-1").status == "paid"
    wait(desk, 5)
    assert [each.outcome for each in desk.drain()] == ["unchanged"]
    assert desk.sandbox.outbox() == [] and scheduled(desk) == []
    assert "e-mails it" not in " ".join(desk.shown("INV-1").notes.values())


def test_not_when_quickbooks_alone_has_it_paid_by_then(later: tuple[Desk, Make]) -> None:
    desk, make = later
    desk.send(make())
    desk.sandbox.pay({desk.invoices()[0]["Id"]: "310.00"})
    wait(desk, 5)
    [found] = desk.drain()
    assert found.outcome == "unchanged" and "It is settled in QuickBooks" in found.reason
    assert desk.sandbox.outbox() == [] and scheduled(desk) == []


def test_it_goes_out_as_the_host_has_it_then(later: tuple[Desk, Make]) -> None:
    desk, make = later
    desk.send(make())
    newer = make(memo="Newer")
    assert desk.copy(newer).outcome == "updated" and len(scheduled(desk)) == 1
    wait(desk, 5)
    assert [each.outcome for each in desk.drain()] == ["sent"]
    assert desk.invoices()[0]["CustomerMemo"]["value"] == "Newer" and len(desk.sandbox.outbox()) == 1


def test_asked_twice_it_is_one(later: tuple[Desk, Make]) -> None:
    desk, make = later
    given = make()
    desk.send(given)
    again = desk.send(given)
    assert (again.outcome, len(scheduled(desk))) == ("unchanged", 1)
    wait(desk, 6)
    desk.drain()
    assert len(desk.sandbox.outbox()) == 1


def test_its_day_has_come_while_something_else_waits(later: tuple[Desk, Make]) -> None:
    desk, make = later
    desk.send(make())
    wait(desk, 6)
    assert desk.host.act("INV-1", "quickbooks.copy", ADMIN)
    assert [each.outcome for each in desk.drain()] == ["sent"]
    assert len(desk.sandbox.outbox()) == 1 and scheduled(desk) == []


def test_by_the_host_without_a_rule(us: Desk, invoice: Make) -> None:
    came = us.send(invoice(send_after=day(us, 3)))
    assert came.outcome == "copied" and f"on {day(us, 3)}" in came.reason
    wait(us, 3)
    assert [each.outcome for each in us.drain()] == ["sent"]
    assert us.send(invoice(id="INV-2", number="2042", send_after=day(us, 0))).outcome == "sent", "that day is today"


def test_moved_on_in_the_host(us: Desk, invoice: Make) -> None:
    us.send(invoice(send_after=day(us, 1)))
    us.save(invoice(send_after=day(us, 9), memo="Moved"))
    wait(us, 2)
    assert [each.outcome for each in us.drain()] == ["updated"]
    assert us.sandbox.outbox() == [] and len(scheduled(us)) == 1


@pytest.mark.parametrize("action", ["void", "delete", "reopen"])
def test_not_when_the_host_wants_it_no_more(us: Desk, invoice: Make, action: str) -> None:
    us.send(invoice(send_after=day(us, 1)))
    getattr(us.host, action)("INV-1", ADMIN)
    wait(us, 2)
    us.drain()
    assert us.sandbox.outbox() == [] and scheduled(us) == []


def test_not_when_its_run_was_undone(us: Desk, invoice: Make) -> None:
    """Else it would be made again on that day."""
    run(us, invoice(send_after=day(us, 1)), action="send")
    assert [each.outcome for each in undo(us)] == ["deleted"] and scheduled(us) == []
    wait(us, 2)
    assert us.drain() == [] and us.invoices() == [] and us.sandbox.outbox() == []


def test_voided_once_its_day_has_come(us: Desk, invoice: Make) -> None:
    us.send(invoice(send_after=day(us, 1)))
    wait(us, 2)
    us.application.ledger.queue.begin_due(us.sandbox.realm_id)
    us.host.void("INV-1", ADMIN)
    us.drain()
    assert us.sandbox.outbox() == []


def test_not_when_a_person_has_dropped_it(us: Desk, invoice: Make) -> None:
    us.send(invoice(send_after=day(us, 1)))
    assert us.application.drop(scheduled(us), "sent by post", "berta") == 1
    wait(us, 2)
    assert us.drain() == [] and us.sandbox.outbox() == []


def test_sent_before_and_changed_since_it_is_sent_on_its_day(later: tuple[Desk, Make], invoice: Make) -> None:
    desk, make = later
    desk.send(make())
    wait(desk, 5)
    desk.drain()
    assert desk.application.resend("INV-1", "berta")
    assert desk.outcome("INV-1").outcome == "sent", "what a person wants once more leaves at once"
    assert len(desk.sandbox.outbox()) == 2
