"""A customer of whom it is not certain which QuickBooks customer it is: held with its candidates; confirmed, rejected,
taken back by a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.model.review import Candidate
from onedesk_quickbooks.plugin.ops.reviews import OpenReview
from onedesk_quickbooks.plugin.sync.errors import LinkProblem
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]
SLIP = "Sonnenschien Family Store"
"""The US sample company has "Sonnenschein Family Store" (id 24)."""


def who(name: str, od_id: str = "C-1", email: str = "", **more: Any) -> dict[str, Any]:
    address = more.pop("address", {})
    return {"id": od_id, "name": name, "billing_contact": {"email": email}, "address": address, **more}


def only(desk: Desk) -> OpenReview:
    (found,) = desk.application.customer_reviews()
    return found


def customers(desk: Desk) -> list[str]:
    return [row["DisplayName"] for row in desk.sandbox.list("Customer")]


def billed(desk: Desk, od_id: str) -> str:
    """The QuickBooks customer of an invoice."""
    link = desk.application.ledger.links.invoice(desk.sandbox.realm_id, od_id)
    assert link is not None
    return str(desk.sandbox.read("Invoice", link.qbo_id)["CustomerRef"]["value"])


def acts(desk: Desk) -> list[tuple[str, str, str]]:
    rows = (each for each in desk.application.ledger.audit.each() if each.kind == "act")
    values = ((each.actor, each.values) for each in rows)
    return [(actor, row["act"], row["qbo_id"]) for actor, row in values if "customer" in row["act"]]


def compared(candidate: Candidate) -> dict[str, bool | None]:
    return {each.kind: each.agrees for each in candidate.evidence}


def test_a_name_with_a_slip_waits_and_others_go_on(us: Desk, invoice: Make) -> None:
    before = customers(us)
    held = us.copy(invoice(customer=who(SLIP, email="Familystore@intuit.com")))
    assert held.outcome == "held" and '"Sonnenschein Family Store" (id 24)' in held.reason
    assert "customers confirm C-1 24;" in held.reason and "customers reject C-1 24;" in held.reason
    assert us.copy(invoice(id="INV-2", number="2042", customer=who("Nobody Near", "C-2"))).outcome == "copied"
    assert us.copy(invoice(id="INV-3", number="2043", customer=who(SLIP))).outcome == "held"
    assert customers(us) == [*before, "Nobody Near"]
    found = only(us)
    assert [each.number for each in found.invoices] == ["2041", "2043"]
    (candidate,) = found.review.candidates
    assert (found.review.key, found.review.name, candidate.id) == ("C-1", SLIP, "24") and candidate.score > 90
    assert compared(candidate)["name"] and compared(candidate)["address"] is None


def test_the_confirmed_one_is_linked_and_what_waited_goes_on(us: Desk, invoice: Make) -> None:
    us.copy(invoice(customer=who(SLIP)))
    us.copy(invoice(id="INV-2", number="2042", customer=who(SLIP)))
    before = customers(us)
    said = us.application.confirm_customer("C-1", "24", ADMIN)
    assert (said.name, said.again) == ("Sonnenschein Family Store", 2)
    assert [each.outcome for each in us.drain()] == ["copied", "copied"]
    assert billed(us, "INV-1") == billed(us, "INV-2") == "24" and customers(us) == before
    assert us.application.customer_reviews() == []
    assert acts(us) == [(ADMIN, "confirm customer", "24")]
    (decision,) = us.application.customer_decisions()
    assert (decision.decision, decision.decided_by, decision.before) == ("confirmed", ADMIN, "")


def test_the_rejected_one_is_remembered_and_a_new_one_is_created(us: Desk, invoice: Make) -> None:
    us.copy(invoice(customer=who(SLIP)))
    said = us.application.reject_customer("C-1", "Sonnenschein Family Store", ADMIN)
    assert (said.qbo_id, said.left, said.again) == ("24", 0, 1)
    assert [each.outcome for each in us.drain()] == ["copied"]
    assert SLIP in customers(us) and billed(us, "INV-1") != "24"
    assert us.copy(invoice(id="INV-2", number="2042", customer=who(SLIP, "C-2"))).outcome == "held", "of C-1 alone"
    us.application.customer_links(ADMIN).unlink("C-1")
    again = us.copy(invoice(id="INV-3", number="2043", customer=who(SLIP)))
    assert again.outcome == "copied" and billed(us, "INV-3") == billed(us, "INV-1")


def test_with_several_candidates_all_are_rejected_before_one_is_created(us: Desk, invoice: Make) -> None:
    us.sandbox.create("Customer", {"DisplayName": "Sonnenschein Family Stores"})
    us.copy(invoice(customer=who(SLIP)))
    first, second = only(us).review.candidates
    said = us.application.reject_customer("C-1", first.id, ADMIN)
    assert (said.left, said.again) == (1, 0)
    assert [each.id for each in only(us).review.candidates] == [second.id]
    assert us.drain() == []
    assert us.application.reject_customer("C-1", second.id, ADMIN).again == 1
    assert [each.outcome for each in us.drain()] == ["copied"] and SLIP in customers(us)


def test_what_was_said_is_taken_back_one_after_the_other(us: Desk, invoice: Make) -> None:
    us.copy(invoice(customer=who(SLIP)))
    us.application.reject_customer("C-1", "24", ADMIN)
    us.application.confirm_customer("C-1", "24", "bo")
    assert us.drain()[0].outcome == "copied" and billed(us, "INV-1") == "24"
    undone = us.application.undo_customer("C-1", "cy")
    assert (undone.decision, undone.qbo_id) == ("confirmed", "24")
    assert us.application.undo_customer("C-1", "cy").decision == "rejected"
    with pytest.raises(LinkProblem, match="nothing was confirmed or rejected"):
        us.application.undo_customer("C-1", "cy")
    assert us.copy(invoice(id="INV-2", number="2042", customer=who(SLIP))).outcome == "held"
    assert billed(us, "INV-1") == "24", "what was copied stays"
    said = [*zip((ADMIN, "bo"), ("reject customer", "confirm customer"), strict=True)]
    assert acts(us) == [(*each, "24") for each in (*said, *[("cy", "undo customer decision")] * 2)]


def test_a_confirmation_taken_back_gives_the_link_of_before(us: Desk, invoice: Make) -> None:
    links = us.application.customer_links(ADMIN)
    links.link("C-1", "1")
    us.application.confirm_customer("C-1", "24", ADMIN)
    us.application.undo_customer("C-1", ADMIN)
    assert [each.link.qbo_id for each in links.each()] == ["1"]
    us.application.confirm_customer("C-1", "24", ADMIN)
    links.link("C-1", "2")
    with pytest.raises(LinkProblem, match="is now linked to the QuickBooks customer with the id 2"):
        us.application.undo_customer("C-1", ADMIN)
    assert us.application.customer_decisions()[0].undone_at is None, "nothing was changed"


def test_what_cannot_be_said(us: Desk, invoice: Make) -> None:
    us.copy(invoice(customer=who("Amy's Bird Sanctuary")))
    with pytest.raises(LinkProblem, match="is linked to the QuickBooks customer"):
        us.application.reject_customer("C-1", "1", ADMIN)
    with pytest.raises(LinkProblem, match='no customer with the id or the name "Nobody"'):
        us.application.confirm_customer("C-1", "Nobody", ADMIN)
    us.sandbox.edit("Customer", "24", {"Active": False})
    with pytest.raises(LinkProblem, match="make it active first"):
        us.application.confirm_customer("C-1", "24", ADMIN)
    assert us.application.reject_customer("C-9", "24", ADMIN).again == 0


def test_a_namesake_that_was_rejected_keeps_its_name(us: Desk, invoice: Make) -> None:
    us.copy(invoice(customer=who("Amy's Bird Sanctuary", "C-1")))
    taken = us.copy(invoice(id="INV-2", number="2042", customer=who("Amy's Bird Sanctuary", "C-2")))
    assert "is linked to the OneDesk customer C-1" in taken.reason
    (candidate,) = only(us).review.candidates
    assert candidate.id == "1" and compared(candidate)["links"] is False
    us.application.reject_customer("C-2", "1", ADMIN)
    (again,) = us.drain()
    assert again.outcome == "held" and "which a person has marked as a different customer" in again.reason
    us.sandbox.edit("Customer", "1", {"DisplayName": "Amy's First Sanctuary"})
    assert us.application.undo_customer("C-2", ADMIN).again == 1
    assert us.drain()[0].outcome == "copied"


def test_another_name_with_the_same_tax_number_in_the_united_kingdom(desks: Callable[..., Desk], invoice: Make) -> None:
    gb = desks("gb")
    gb.connect(tax_code="No VAT")
    made = gb.sandbox.create(
        "Customer", {"DisplayName": "Byron & Lovelace Mills", "PrimaryTaxIdentifier": "GB123456789"}
    )
    sterling = {"currency": "GBP", "lines": [{"id": "1", "service_type": "Support", "amount": "310.00"}]}
    held = gb.copy(invoice(customer=who("Byron Mills Trading", tax_id="GB 123 4567 89"), **sterling))
    assert held.outcome == "held" and '"Byron & Lovelace Mills"' in held.reason
    (candidate,) = only(gb).review.candidates
    assert compared(candidate)["tax_id"] and candidate.evidence[-1].quickbooks.endswith("56789")
    gb.application.confirm_customer("C-1", made["Id"], ADMIN)
    assert gb.drain()[0].outcome == "copied" and billed(gb, "INV-1") == made["Id"]


def test_the_same_many_at_a_time_as_one_by_one(us: Desk, invoice: Make) -> None:
    """From memory, where many wait, the same candidates are found as by questions."""
    names = [SLIP, "Amys Bird Sanctuary", "Geeta Kalapatapo", "Wedding Planning by Whitny", "Quite Another", "Weiskop"]
    alone = [
        us.copy(invoice(id=f"A-{n}", number=f"A{n}", customer=who(name, f"A-{n}"))) for n, name in enumerate(names)
    ]
    for number, name in enumerate(names * 6):
        us.save(invoice(id=f"B-{number}", number=f"B{number}", customer=who(name, f"A-{number % len(names)}")))
        us.host.act(f"B-{number}", "quickbooks.copy", ADMIN)
    together = us.drain()
    outcomes = {each.outcome for each in alone}
    assert outcomes == {"held", "copied"}
    for number, each in enumerate(sorted(together, key=lambda each: int(each.id[2:]))):
        assert each.outcome == alone[number % len(names)].outcome, each.reason
