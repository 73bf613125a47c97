"""QuickBooks compares numbers in any case: F1 and f1 are one number, for the plan as for the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def strict(desks: Callable[..., Desk]) -> Desk:
    """A company that numbers by hand and takes no number twice."""
    desk = desks()
    desk.sandbox.books.preferences["SalesFormsPrefs"]["CustomTxnNumbers"] = True
    desk.sandbox.books.store.set_meta("warn_duplicate_numbers", "1")
    desk.connect()
    return desk


def customers(desk: Desk) -> int:
    return len(desk.sandbox.list("Customer"))


def test_a_number_in_other_letters_is_taken(strict: Desk, invoice: Make) -> None:
    assert strict.copy(invoice(number="F-1a")).outcome == "copied"
    before = customers(strict)
    other = invoice(id="INV-2", number="f-1A", customer={"id": "C-9", "name": "Gull & Sons"})
    held = strict.copy(other)
    assert (held.outcome, customers(strict)) == ("held", before), "nothing was written"
    assert "is the number of the OneDesk invoice INV-1 as well" in held.reason


def test_two_of_one_queue(strict: Desk, invoice: Make) -> None:
    for od_id, number in (("INV-1", "TT"), ("INV-2", "tt")):
        strict.save(invoice(id=od_id, number=number))
        strict.host.act(od_id, "quickbooks.copy", ADMIN)
    outcomes = {each.id: each.outcome for each in strict.application.drain()}
    assert outcomes == {"INV-1": "copied", "INV-2": "held"}


def test_its_own_number_may_change_its_letters(strict: Desk, invoice: Make) -> None:
    strict.copy(invoice(number="F-1a"))
    strict.host.reopen("INV-1", ADMIN)
    strict.host.edit("INV-1", {**invoice(number="F-1A"), "status": "draft"}, ADMIN)
    assert strict.copy(invoice(number="F-1A")).outcome == "updated"
    assert [each["DocNumber"] for each in strict.sandbox.list("Invoice", "DocNumber = 'f-1a'")] == ["F-1A"]


@pytest.mark.parametrize(
    ("kind", "taken"), [("CreditMemo", True), ("Estimate", False), ("SalesReceipt", False), ("RefundReceipt", False)]
)
def test_a_number_of_another_kind_of_form(strict: Desk, invoice: Make, kind: str, taken: bool) -> None:
    """Credit memos share the numbers of invoices; other forms have their own."""
    item = next(each["Id"] for each in strict.sandbox.list("Item") if each["Type"] == "Service")
    line = {"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": item}}}
    form = {"CustomerRef": {"value": strict.sandbox.list("Customer")[0]["Id"]}, "Line": [line], "DocNumber": "N-1"}
    if kind == "RefundReceipt":
        form["DepositToAccountRef"] = {"value": strict.sandbox.list("Account", "Name = 'Checking'")[0]["Id"]}
    strict.sandbox.create(kind, form)
    before = customers(strict)
    came = strict.copy(invoice(number="N-1"))
    assert ("The number N-1 is taken in QuickBooks" in came.reason, customers(strict) > before) == (taken, not taken)
    assert came.outcome == ("held" if taken else "copied")
