"""A customer or an item was asked for and not answered: `plan` says what the run makes of it, and the run does that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.outcome import Outcome
from onedesk_quickbooks.plugin.planning import plan_json, plan_text
from tests.support.agreement import unnumbered
from tests.sync.conftest import ADMIN, Desk
from tests.sync.test_written_first import FAULTS, ask, total, went

Make = Callable[..., dict[str, Any]]
NOT_DONE, DONE = FAULTS
AGAIN = "the run repeats it with the same requestid"
FOUND = "the run finds it there and continues"


def left_open(desk: Desk, given: dict[str, Any], fault: str) -> None:
    """The batch with customer and items meets a fault."""
    desk.sandbox.faults.inject(**FAULTS[fault], path="batch", method="POST", skip=2, count=0)
    ask(desk, given)
    assert desk.application.drain(patience=timedelta(0)) == []
    desk.sandbox.faults.clear()
    desk.clock.sleep(120)
    assert steps(desk) == ["customer Blue Harbor Ltd", "item Support", "item Consulting"]


def steps(desk: Desk) -> list[str]:
    return [each.step for each in desk.application.ledger.outbox.unknown(desk.sandbox.realm_id)]


def names(desk: Desk, entity: str) -> list[str]:
    key = "DisplayName" if entity == "Customer" else "Name"
    mine = ("Blue Harbor", "Support", "Consulting")
    return sorted(row[key] for row in desk.sandbox.list(entity) if row[key].startswith(mine))


def planned(desk: Desk, given: dict[str, Any]) -> str:
    return plan_text(desk.application.plan(given, "copy"))


def called(given: dict[str, Any], name: str) -> dict[str, Any]:
    return {**given, "customer": {**given["customer"], "name": name}}


def drop(desk: Desk) -> None:
    [row] = desk.application.ledger.queue.open_of(desk.sandbox.realm_id, "INV-1")
    assert desk.application.ledger.queue.drop(row.id, "billed by hand")


@pytest.mark.parametrize("fault", FAULTS)
def test_the_plan_names_them_and_nothing_is_made_twice(us: Desk, invoice: Make, fault: str) -> None:
    left_open(us, invoice(), fault)
    text = planned(us, invoice())
    for step in steps(us):
        assert f"The request that makes the {step} for invoice 2041 was recorded on" in text
    assert (text.count(AGAIN), text.count(FOUND)) == ((3, 0) if fault == NOT_DONE else (0, 3))
    assert 'use "Blue Harbor Ltd"' in text and "create" not in text.split("invoice    ")[0].split("\n", 1)[1]
    came = went(us, invoice())
    assert (came.outcome, came.reason, steps(us)) == ("copied", "", [])
    assert (names(us, "Customer"), names(us, "Item")) == (["Blue Harbor Ltd"], ["Consulting", "Support"])


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_held_shows_them_as_well(us: Desk, invoice: Make, fault: str) -> None:
    left_open(us, invoice(), fault)
    plan = us.application.plan(invoice(total="310.01"), "copy")
    assert [note["code"] for note in plan_json(plan)["notes"]] == ["asked-before"] * 3
    assert went(us, invoice(total="310.01")).outcome == "held"
    assert names(us, "Customer") == ["Blue Harbor Ltd"] and us.invoices() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_customer_that_was_renamed_meanwhile(us: Desk, invoice: Make, fault: str) -> None:
    left_open(us, invoice(), fault)
    came = went(us, called(invoice(), "Blue Harbor Limited"))
    assert came.outcome == "held" and '"Blue Harbor Ltd" (new with invoice 2041)' in came.reason
    assert names(us, "Customer") == ["Blue Harbor Ltd"] and us.invoices() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_an_item_that_is_alike(us: Desk, invoice: Make, fault: str) -> None:
    left_open(us, invoice(), fault)
    given = invoice()
    given["lines"][0]["service_type"] = "Supports!"
    given["lines"][1]["service_type"] = "Consulting."
    came = went(us, given)
    assert came.outcome == "held" and "Consulting" in came.reason


@pytest.mark.parametrize("fault", FAULTS)
def test_dropped_and_asked_for_again(us: Desk, invoice: Make, fault: str) -> None:
    left_open(us, invoice(), fault)
    drop(us)
    assert (AGAIN if fault == NOT_DONE else FOUND) in planned(us, invoice())
    assert went(us, invoice()).outcome == "copied"
    assert names(us, "Item") == ["Consulting", "Support"]


@pytest.mark.parametrize("fault", FAULTS)
def test_dropped_and_another_invoice_of_the_customer(us: Desk, invoice: Make, fault: str) -> None:
    """What nobody wants any more is not made for another, and what was made is used."""
    left_open(us, invoice(), fault)
    drop(us)
    other = called(invoice(id="INV-2", number="2042"), "Blue Harbor Limited")
    plan = us.application.plan(other, "copy")
    us.save(other)
    assert us.host.act("INV-2", "quickbooks.copy", ADMIN)
    [came] = us.drain()
    assert (plan.outcome, unnumbered(plan.reason)) == (came.outcome, unnumbered(came.reason))
    assert came.outcome == ("copied" if fault == NOT_DONE else "held")


@pytest.mark.parametrize("fault", FAULTS)
def test_an_item_that_was_made_by_hand_meanwhile(us: Desk, invoice: Make, fault: str) -> None:
    left_open(us, invoice(), fault)
    if fault == NOT_DONE:
        account = us.sandbox.list("Account", "AccountType = 'Income'")[-1]["Id"]
        body = {"Name": "Support", "Type": "Service", "IncomeAccountRef": {"value": account}}
        us.sandbox.create("Item", body)
    assert FOUND in planned(us, invoice())
    came = went(us, invoice())
    assert names(us, "Item") == ["Consulting", "Support"] and came.outcome in ("copied", "held")


def test_a_vendor_of_that_name_was_made_meanwhile(us: Desk, invoice: Make) -> None:
    """QuickBooks refuses the request: the plan counts on no customer of it."""
    left_open(us, invoice(), NOT_DONE)
    us.sandbox.create("Vendor", {"DisplayName": "Blue Harbor Ltd"})
    came = went(us, invoice())
    assert came.outcome == "held" and 'the vendor "Blue Harbor Ltd"' in came.reason


@pytest.fixture
def ready(us: Desk, invoice: Make) -> Desk:
    """Whose customer and items are there, so that the invoice is all that is written."""
    us.copy(invoice(id="INV-0", number="2040", memo="Before"))
    return us


def invoice_open(desk: Desk, given: dict[str, Any], fault: str) -> None:
    desk.sandbox.faults.inject(**FAULTS[fault], path="invoice", method="POST", count=0)
    ask(desk, given)
    assert desk.application.drain(patience=timedelta(0)) == []
    desk.sandbox.faults.clear()
    desk.clock.sleep(120)
    assert steps(desk) == ["invoice"]


@pytest.mark.parametrize("change", ["", "less", "wrong"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_invoice_that_was_dropped_and_asked_for_again(ready: Desk, invoice: Make, fault: str, change: str) -> None:
    """Its request is that of the new entry: both name it."""
    invoice_open(ready, invoice(), fault)
    drop(ready)
    newer = {
        "": invoice(),
        "less": invoice(lines=invoice()["lines"][:1], subtotal="160.00", total="160.00"),
        "wrong": invoice(total="310.01"),
    }[change]
    came = went(ready, newer)
    assert came.outcome == {"": "copied", "less": "updated", "wrong": "held"}[change]
    assert ("has the invoice then as 2041 with the total 310.00 USD" in came.reason) == bool(change)
    assert len(total(ready)) == 2


@pytest.mark.parametrize("fault", FAULTS)
def test_an_invoice_that_was_edited_in_quickbooks_meanwhile(ready: Desk, invoice: Make, fault: str) -> None:
    ready.copy(invoice())
    invoice_open(ready, invoice(memo="Newer"), fault)
    [row] = [each for each in ready.invoices() if each["DocNumber"] == "2041"]
    ready.sandbox.edit("Invoice", row["Id"], {"CustomerMemo": {"value": "By hand"}})
    came = went(ready, invoice(memo="Newer"))
    assert came.outcome == "held" and "By hand" in came.reason


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_a_request_that_is_given_up(ready: Desk, invoice: Make, late: bool, wrong: bool) -> None:
    """QuickBooks fails until the row is held: the plan says so; asked for again, what was done late is found."""
    ready.sandbox.faults.inject(fault="http_500", after=False, path="invoice", method="POST", count=0)
    ask(ready, invoice())
    ended: list[Outcome] = []
    while not ended:
        [(plan, _)] = ready.application.plan_run((), "copy")
        ended = ready.application.drain(patience=timedelta(0))
        ready.clock.sleep(120)
    [came] = ended
    assert (plan.outcome, unnumbered(plan.reason)) == (came.outcome, unnumbered(came.reason))
    assert came.outcome == "held" and "QuickBooks failed, or gave no usable response" in came.reason
    ready.sandbox.faults.clear()
    if late:
        [entry] = ready.application.ledger.outbox.given_up(ready.sandbox.realm_id, ["INV-1"])
        ready.sandbox.create("Invoice", dict(entry.body))
    came = went(ready, invoice(total="310.01") if wrong else invoice())
    assert came.outcome == ("held" if wrong else "copied")
    assert ("has the invoice then as 2041" in came.reason) == (late and wrong)
    assert len(total(ready)) == (1 if wrong and not late else 2)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_version_before_the_open_request_again(ready: Desk, invoice: Make, fault: str) -> None:
    """It is compared with what QuickBooks has by then, not with what it had before."""
    ready.copy(invoice())
    invoice_open(ready, invoice(memo="Newer"), fault)
    came = went(ready, invoice())
    assert came.outcome == "updated" and "what is newer in OneDesk" in came.reason
    assert {each["CustomerMemo"]["value"] for each in ready.invoices()} == {"Before", "Thank you."}


@pytest.mark.parametrize("fault", FAULTS)
def test_another_invoice_goes_to_the_customer_of_the_open_one(us: Desk, invoice: Make, fault: str) -> None:
    """By then OneDesk's customer is linked, whatever it is called by now."""
    us.sandbox.create("Customer", {"DisplayName": "Blue Harbor Ltd"})
    us.copy(called(invoice(id="INV-0", number="2040"), "Other") | {"customer": {"id": "C-1", "name": "Other"}})
    invoice_open(us, invoice(), fault)
    other = called(invoice(id="INV-2", number="2042"), "Blue Harbor Limited")
    us.save(other)
    assert us.host.act("INV-2", "quickbooks.copy", ADMIN)
    plans = {each.invoice_id: each for each, _ in us.application.plan_run((), "copy")}
    for came in us.drain():
        plan = plans[came.id]
        assert (plan.outcome, plan.reason) == (came.outcome, unnumbered(came.reason)) == ("copied", "")
    assert names(us, "Customer") == ["Blue Harbor Ltd"]


@pytest.mark.parametrize("fault", FAULTS)
def test_edited_and_of_a_renamed_customer(ready: Desk, invoice: Make, fault: str) -> None:
    """It is compared for the customer that the open request writes it for."""
    invoice_open(ready, invoice(), fault)
    if fault == DONE:
        row = next(each for each in ready.invoices() if each["DocNumber"] == "2041")
        ready.sandbox.edit("Invoice", row["Id"], {"CustomerMemo": {"value": "By hand"}})
    came = went(ready, called(invoice(total="310.01"), "Blue Harbor Limited"))
    assert came.outcome == "held" and ("OneDesk 310.01 USD, QuickBooks 310.00 USD" in came.reason) == (fault == DONE)
