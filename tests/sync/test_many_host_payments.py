"""Many payments of the host at once: few requests, and each as if it were alone, or came after those before it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from threading import Thread
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.sync.errors import CompanyBusy
from tests.sync.conftest import Desk
from tests.sync.faults import AT_ONCE
from tests.sync.test_failing import POISON, Failing, worked
from tests.sync.test_host_payments import RULES, US_TAX, balance, notify, ours, outcome, paid, standing
from tests.sync.test_many import ask

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def desk(desks: Callable[..., Desk], request: pytest.FixtureRequest) -> Iterator[Desk]:
    made = desks("us", rules=RULES.format(direction="both", more="", taxes=US_TAX), cuts=hasattr(request, "param"))
    made.connect()
    yield made


cut = pytest.mark.parametrize("desk", [True], indirect=True, ids=["cuts"])
"""A desk whose connections can be cut."""


def copied(desk: Desk, invoice: Make, count: int) -> None:
    """The invoices INV-0 and so on over 310.00 each, of forty customers, in QuickBooks."""
    ask(desk, invoice, range(count))
    assert {each.outcome for each in desk.application.drain()} == {"copied"}


def of(number: int, amount: str = "310.00", **fields: Any) -> dict[str, Any]:
    """The payment P0 of INV-0, and so on."""
    return paid(amount, f"P{number}", **{"invoices": [{"id": f"INV-{number}", "amount": amount}], **fields})


def outcomes_of(outcomes: list[Outcome]) -> dict[str, str]:
    return {each.id.removeprefix("onedesk-payment:"): each.outcome for each in outcomes}


def test_so_many_take_few_requests(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 90)
    for n in range(90):
        notify(desk, of(n, method="Check" if n % 2 else ""))
    desk.calls()
    outcomes = desk.drain()
    assert outcomes_of(outcomes) == {f"P{n}": "recorded" for n in range(90)}
    calls = desk.calls()
    assert (calls.count("POST batch"), len(calls) <= 3 * 6) == (3, True), calls
    assert sum(each.calls for each in outcomes) == len(calls)
    assert [row["TotalAmt"] for row in standing(desk)] == [310] * 90
    assert {row["Balance"] for row in desk.invoices()} == {0}
    assert desk.application.bring_payments() == []
    for n in range(90):
        notify(desk, of(n, "300.00"))
    desk.calls()
    assert set(outcomes_of(desk.drain()).values()) == {"updated"}
    assert desk.calls().count("POST batch") == 6
    for n in range(90):
        notify(desk, of(n, "300.00"), "deleted")
    assert set(outcomes_of(desk.drain()).values()) == {"voided"}
    assert (standing(desk), {row["Balance"] for row in desk.invoices()}) == ([], {310})
    assert desk.application.bring_payments() == []


@pytest.mark.parametrize("order", [*permutations(range(3))], ids=str)
def test_those_of_one_invoice_come_one_after_the_other(desk: Desk, invoice: Make, order: tuple[int, ...]) -> None:
    copied(desk, invoice, 3)
    mine = [of(0, "200.00"), paid("110.00", "P8", invoices=[{"id": "INV-0", "amount": "110.00"}]), of(1)]
    for n in order:
        notify(desk, mine[n])
    notify(desk, paid("40.00", "P9", invoices=[{"id": "INV-0", "amount": "40.00"}]))
    outcomes = desk.drain()
    assert [each.id.removeprefix("onedesk-payment:") for each in outcomes] == [*(mine[n]["id"] for n in order), "P9"]
    assert outcomes_of(outcomes) == {"P0": "recorded", "P8": "recorded", "P1": "recorded", "P9": "held"}
    first, second = ("R-P0", "R-P8") if order.index(0) < order.index(1) else ("R-P8", "R-P0")
    why = outcomes[-1].reason
    assert "pays the QuickBooks invoice N0, which is paid there already" in why
    assert why.index(first) < why.index(second)
    assert [balance(desk, f"N{n}") for n in range(3)] == [0, 0, 310]


def test_what_a_change_frees_is_for_those_behind_it(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 2)
    assert outcome(desk, of(0)).outcome == "recorded"
    notify(desk, of(0, invoices=[{"id": "INV-1", "amount": "310.00"}]))
    notify(desk, paid("310.00", "P1", invoices=[{"id": "INV-0", "amount": "310.00"}], date="2026-07-11"))
    assert outcomes_of(desk.drain()) == {"P0": "updated", "P1": "recorded"}
    assert (balance(desk, "N0"), balance(desk, "N1")) == (0, 0)
    notify(desk, of(0, "310.00"), "deleted")
    notify(desk, of(9, invoices=[{"id": "INV-1", "amount": "310.00"}]))
    assert outcomes_of(desk.drain()) == {"P0": "voided", "P9": "recorded"}
    notify(desk, of(7, "10.00", invoices=[{"id": "INV-1", "amount": "10.00"}]))
    notify(desk, of(9), "deleted")
    assert outcomes_of(desk.drain()) == {"P7": "held", "P9": "voided"}, "before it was taken back"


def test_one_that_is_held_keeps_no_other(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 4)
    desk.save(invoice(id="INV-9", number="N9"))
    notify(desk, of(0))
    notify(desk, of(1, "400.00"))
    notify(desk, of(9))
    notify(desk, of(3, reference="R" * 22))
    notify(desk, of(2))
    found = outcomes_of(desk.drain())
    assert found == {"P0": "recorded", "P1": "held", "P9": "held", "P3": "held", "P2": "recorded"}
    assert desk.host.act("INV-9", "quickbooks.copy", "admin")
    assert outcomes_of(desk.drain()) == {"INV-9": "copied", "P9": "recorded"}


@cut
@pytest.mark.parametrize("fault", AT_ONCE)
def test_a_batch_of_them_that_meets_a_fault_makes_each_once(desk: Desk, invoice: Make, fault: str) -> None:
    copied(desk, invoice, 3)
    desk.sandbox.faults.inject(**AT_ONCE[fault], path="batch", method="POST")
    for n in range(3):
        notify(desk, of(n))
    assert outcomes_of(desk.application.drain()) == {f"P{n}": "recorded" for n in range(3)}
    assert [each["hits"] for each in desk.sandbox.faults.state()] == [1]
    assert sorted(row["PrivateNote"] for row in ours(desk)) == [f"OneDesk payment P{n}" for n in range(3)]
    assert desk.application.ledger.outbox.unknown(desk.sandbox.realm_id) == []


def test_one_that_fails_within_a_batch_is_planned_again(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 3)
    desk.sandbox.faults.inject(fault="refused", code="10000", item=2, path="batch", method="POST")
    for n in range(3):
        notify(desk, of(n))
    assert outcomes_of(desk.application.drain()) == {f"P{n}": "recorded" for n in range(3)}
    assert sorted(row["PrivateNote"] for row in ours(desk)) == [f"OneDesk payment P{n}" for n in range(3)]


def test_one_that_is_refused_within_a_batch_is_held(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 3)
    desk.sandbox.faults.inject(fault="refused", code="6000", item=2, path="batch", method="POST")
    for n in range(3):
        notify(desk, of(n))
    assert outcomes_of(desk.application.drain()) == {"P0": "recorded", "P1": "held", "P2": "recorded"}


def test_a_look_that_is_refused_is_taken_apart(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 3)
    for n in range(3):
        notify(desk, of(n))
    desk.sandbox.faults.inject(fault="refused", code="4001", path="query", count=2)
    assert outcomes_of(desk.application.drain()) == {"P0": "held", "P1": "recorded", "P2": "recorded"}


def test_one_that_quickbooks_fails_on_is_held_and_the_others_are_done_once(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 4)
    failing = Failing()
    desk.application.session.mount("http://", failing)
    for n in range(4):
        notify(desk, of(n, reference=POISON if n == 1 else f"R-{n}"))
    found = {key.removeprefix("onedesk-payment:"): word for key, word in worked(desk).items()}
    assert found == {"P0": "recorded", "P1": "held", "P2": "recorded", "P3": "recorded"}
    assert sorted(row["PrivateNote"] for row in ours(desk)) == [f"OneDesk payment P{n}" for n in (0, 2, 3)]
    [entry] = desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("held",))
    assert "gave no usable response" in entry.reason and "records the payment poison" in entry.reason
    notify(desk, of(1))
    notify(desk, of(0, "300.00"))
    assert [*worked(desk, 1).values()] == ["held", "updated"], "it keeps no other"
    desk.application.session.mount("http://", HTTPAdapter())
    notify(desk, of(0))
    notify(desk, of(1))
    assert {*worked(desk, 1).values()} == {"updated", "recorded"}
    assert sorted(row["PrivateNote"] for row in standing(desk)) == [f"OneDesk payment P{n}" for n in range(4)]
    assert {row["Balance"] for row in desk.invoices()} == {0}


def test_a_batch_that_was_given_up_and_is_done_late_is_no_second_payment(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 2)
    desk.application.session.mount("http://", Failing())
    for n in range(2):
        notify(desk, of(n, reference=POISON))
    assert set(worked(desk).values()) == {"held"}
    realm_id, ledger = desk.sandbox.realm_id, desk.application.ledger
    given_up = ledger.outbox.given_up(realm_id, ["onedesk-payment:P0", "onedesk-payment:P1"])
    assert len({each.batch for each in given_up}) == 1 and given_up[0].batch
    for each in given_up:
        desk.sandbox.create("Payment", dict(each.body))
    for work in ledger.queue_lists.in_states(realm_id, ("held",)):
        desk.application.retry(work.id)
    assert set(worked(desk, 1).values()) == {"recorded"}
    assert [row["TotalAmt"] for row in ours(desk)] == [Decimal(310)] * 2


def test_an_outage_takes_none_of_them_for_done(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 3)
    for n in range(3):
        notify(desk, of(n))
    desk.sandbox.faults.inject(fault="http_503", count=0)
    assert desk.application.drain(patience=timedelta(0)) == []
    desk.sandbox.faults.clear()
    desk.clock.sleep(90)
    assert set(outcomes_of(desk.application.drain()).values()) == {"recorded"}


class Knocking(HTTPAdapter):
    """Somebody wants the company queue as soon as something is written."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.visitor = Thread(target=desk.application.bring_payments)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if "requestid" in str(request.url) and self.visitor.ident is None:
            self.visitor.start()
            while not self._desk.application.ledger.locks.taken("next", self._desk.sandbox.realm_id):
                time.sleep(0.01)
        return super().send(request, *args, **kwargs)


def test_who_waits_for_the_queue_waits_for_a_chunk_and_not_for_all(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 60)
    desk.application.time_slice(timedelta(days=1))  # payments were looked for: that is not due in between
    for n in range(60):
        notify(desk, of(n))
    knocking = Knocking(desk)
    desk.application.session.mount("http://", knocking)
    desk.calls()
    desk.application.time_slice(timedelta(days=1))
    knocking.visitor.join()
    seen = [call for call in desk.calls() if call in ("POST batch", "GET cdc")]
    assert seen[:2] == ["POST batch", "GET cdc"] and seen.count("POST batch") == 2
    assert len(standing(desk)) == 60


def test_a_refusal_says_how_many_wait_and_for_how_long(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 1)
    application = desk.application
    with application.ledger.locks.hold("lane", desk.sandbox.realm_id, 1):
        with pytest.raises(CompanyBusy, match="it continues with what was requested"):
            application.drain(patience=timedelta(0))
        notify(desk, of(0))
        notify(desk, of(1))
        with pytest.raises(CompanyBusy, match="entries that wait: 2, which need about 1 min within"):
            application.drain(patience=timedelta(0))


def test_many_are_planned_with_few_requests(desk: Desk, invoice: Make) -> None:
    copied(desk, invoice, 60)
    payments = [of(n) for n in range(60)]
    desk.calls()
    plans = [*desk.application.plan_payments(payments, "recorded")]
    assert [each.outcome for each, _ in plans] == ["recorded"] * 60
    assert len(desk.calls()) <= 2 * 5
    for each in payments:
        notify(desk, each)
    desk.calls()
    assert [plan.outcome for plan, _ in desk.application.plan_run((), "copy")] == ["recorded"] * 60
    assert len(desk.calls()) <= 2 * 5
