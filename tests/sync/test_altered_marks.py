"""Somebody wrote on the line with the mark in QuickBooks: with another ledger such an invoice is neither made nor
mailed once more, but held. Every result is compared with the plan (`Desk`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.planning import has_altered_mark
from onedesk_quickbooks.plugin.sync.errors import CannotAdopt
from tests.sync.conftest import Desk
from tests.sync.test_marked_forms import BY_QUICKBOOKS, WHERE_TAKEN, adopted, says, take_number
from tests.sync.test_reinstalled import again

Make = Callable[..., dict[str, Any]]
PAIR = "onedesk-quickbooks adopt INV-1 --pair INV-1={} --yes"
CREDIT = {
    "lines": [{"id": "1", "service_type": "Support", "amount": "-71.00"}],
    "total": "-71.00",
    "subtotal": "-71.00",
    "type": "credit",
}


def note(desk: Desk, qbo_id: str, text: str, entity: str = "Invoice") -> None:
    desk.sandbox.edit(entity, qbo_id, {"PrivateNote": text})


def altered(desks: Callable[..., Desk], invoice: Make, text: str, rules: str = BY_QUICKBOOKS) -> tuple[Desk, str]:
    """An invoice that was copied, and then the ledger was lost."""
    desk = desks(rules=rules)
    desk.connect()
    if rules == WHERE_TAKEN:
        take_number(desk, "2041")
    qbo_id = desk.copy(invoice()).qbo_id
    note(desk, qbo_id, text)
    again(desk)
    return desk, qbo_id


@pytest.mark.parametrize(
    "text",
    [
        "OneDesk invoice INV-1 - checked by Bob",
        "Bob: OneDesk invoice INV-1",
        "OneDesk invoice INV-1.",
        "OneDesk  invoice INV-1",
        "OneDesk invoice\u00a0INV-1",
        "onedesk invoice inv-1",
        "(ONEDESK INVOICE INV-1)",
        "Thanks\nOneDesk invoice INV-9, see OneDesk invoice INV-1\nBob",
        "OneDesk invoice INV-1\nOneDesk invoice 77",
        "OneDesk invoice: INV-1",
        "OneDesk invoice #INV-1",
        "OneDesk invoice no. INV-1, see Bob",
        "OneDesk invoice Nr INV-1",
        "OneDesk invoice n\u00b0\u00a0INV-1",
        "OneDesk invoice \u00ab\u00a0INV-1\u00a0\u00bb",
        'OneDesk invoice "INV-1"',
        "OneDesk invoice (#INV-1)",
    ],
)
@pytest.mark.parametrize("rules", [BY_QUICKBOOKS, WHERE_TAKEN, ""])
def test_it_is_held(desks: Callable[..., Desk], invoice: Make, text: str, rules: str) -> None:
    desk, qbo_id = altered(desks, invoice, text, rules)
    made = [each["Id"] for each in desk.sandbox.list("Invoice")]
    held = desk.send(invoice(memo="Newer"))
    assert held.outcome == "held" and held.reason.count("(id") == 1, held.reason
    assert f'(id {qbo_id}) names this invoice in its private note ("{" ".join(text.split())}")' in held.reason
    assert PAIR.format(qbo_id) in held.reason and says(qbo_id) in held.reason
    assert "take" not in held.reason, "not by its number"
    assert [each["Id"] for each in desk.sandbox.list("Invoice")] == made and desk.sandbox.outbox() == []


def test_a_person_links_it(desks: Callable[..., Desk], invoice: Make) -> None:
    desk, qbo_id = altered(desks, invoice, "OneDesk invoice INV-1 - checked by Bob")
    assert desk.copy(invoice()).outcome == "held"
    [left] = adopted(desk, keep=True).matches
    assert left.kind == "left_alone" and PAIR.format(qbo_id) in left.why and says(qbo_id) in left.why
    [one] = adopted(desk, keep=True, pairs={"INV-1": qbo_id}).matches
    assert one.kind == "named"
    outcome = desk.copy(invoice(memo="Newer"))
    assert (outcome.outcome, outcome.qbo_id) == ("updated", qbo_id)


def test_a_pair_of_other_amounts_is_no_pair(desks: Callable[..., Desk], invoice: Make) -> None:
    desk, qbo_id = altered(desks, invoice, "OneDesk invoice INV-1 - checked by Bob")
    desk.save(invoice(total="311.00", subtotal="311.00"))
    [one] = adopted(desk, keep=False, pairs={"INV-1": qbo_id}).matches
    assert one.kind not in ("named", "left_alone")


def test_a_pair_with_the_mark_of_another_invoice_is_refused(desks: Callable[..., Desk], invoice: Make) -> None:
    desk, qbo_id = altered(desks, invoice, "OneDesk invoice INV-10")
    desk.save(invoice(id="INV-10", number="2050"))
    with pytest.raises(CannotAdopt, match="has the mark of the OneDesk invoice INV-10"):
        adopted(desk, keep=False, pairs={"INV-1": qbo_id})


def test_the_line_is_put_right(desks: Callable[..., Desk], invoice: Make) -> None:
    desk, qbo_id = altered(desks, invoice, "Bob: OneDesk invoice INV-1")
    assert desk.copy(invoice()).outcome == "held"
    note(desk, qbo_id, "Bob:\nOneDesk invoice INV-1")
    assert desk.copy(invoice(memo="Newer")).qbo_id == qbo_id


def test_it_is_of_another_installation(desks: Callable[..., Desk], invoice: Make) -> None:
    desk, qbo_id = altered(desks, invoice, "Bob: OneDesk invoice INV-1")
    assert desk.copy(invoice()).outcome == "held"
    desk.application.not_ours({"INV-1": qbo_id}, "Anna", keep=True)
    outcome = desk.send(invoice(memo="Newer"))
    assert outcome.outcome == "sent" and outcome.qbo_id != qbo_id
    assert desk.sandbox.read("Invoice", qbo_id)["PrivateNote"] == "Bob: OneDesk invoice INV-1"


def test_it_was_altered_after_the_notes_were_read(desks: Callable[..., Desk], invoice: Make) -> None:
    desk, qbo_id = altered(desks, invoice, "OneDesk invoice INV-1")
    assert desk.copy(invoice(id="INV-2", number="2042")).outcome == "copied", "by then the notes were read"
    note(desk, qbo_id, "OneDesk invoice INV-1, paid twice?")
    assert desk.copy(invoice()).outcome == "held"
    note(desk, qbo_id, "Mine")
    assert desk.copy(invoice()).outcome == "copied"


def test_a_void_one_is_not_it(desks: Callable[..., Desk], invoice: Make) -> None:
    desk, qbo_id = altered(desks, invoice, "Bob: OneDesk invoice INV-1")
    desk.sandbox.void("Invoice", qbo_id)
    assert desk.copy(invoice()).outcome == "copied"


@pytest.mark.parametrize("sign", [":", "#", "no ", '"', "(", "-", "##"])
def test_an_id_that_begins_with_a_sign(desks: Callable[..., Desk], invoice: Make, sign: str) -> None:
    desk = desks(rules=BY_QUICKBOOKS)
    desk.connect()
    ids = {each: desk.copy(invoice(id=each)).qbo_id for each in (f"{sign}INV-1", "INV-1")}
    again(desk)
    for each, qbo_id in ids.items():
        assert desk.copy(invoice(id=each, memo="Newer")).qbo_id == qbo_id, "each has its mark"
    again(desk)
    note(desk, ids[f"{sign}INV-1"], f"OneDesk invoice {sign}INV-1 (Bob)")
    assert desk.copy(invoice(memo="More")).qbo_id == ids["INV-1"]
    held = desk.copy(invoice(id=f"{sign}INV-1", memo="More"))
    assert held.outcome == "held" and f"(id {ids[f'{sign}INV-1']}) names this invoice" in held.reason


def test_credit_memos_as_well(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ninvoices: {number: quickbooks, negative: credit_memo}\n")
    desk.connect()
    qbo_id = desk.copy(invoice(**CREDIT)).qbo_id
    note(desk, qbo_id, "OneDesk invoice INV-1 (Bob)", "CreditMemo")
    again(desk)
    held = desk.copy(invoice(**CREDIT))
    assert held.outcome == "held" and f"(id {qbo_id}) names this invoice" in held.reason
    [one] = adopted(desk, keep=True, pairs={"INV-1": qbo_id}).matches
    assert one.kind == "named"
    assert desk.copy(invoice(memo="Newer", **CREDIT)).qbo_id == qbo_id


@pytest.mark.parametrize(("shorter", "longer"), [("A", "A 1"), ("J1", "J10"), ("J1", "J1-2"), ("j7", "J7")])
def test_an_id_that_begins_with_another(desks: Callable[..., Desk], invoice: Make, shorter: str, longer: str) -> None:
    """The mark of the one is no altered mark of the other."""
    desk = desks(rules=BY_QUICKBOOKS)
    desk.connect()
    qbo_id = desk.copy(invoice(id=longer, number="2050")).qbo_id
    again(desk)
    outcome = desk.copy(invoice(id=shorter))
    assert outcome.outcome == "copied", outcome.reason
    assert desk.copy(invoice(id=longer, number="2050", memo="Newer")).qbo_id == qbo_id
    again(desk)
    note(desk, qbo_id, f"Bob: OneDesk invoice {longer}, checked")
    assert desk.copy(invoice(id=shorter, memo="Newer")).outcome == "updated"
    assert desk.copy(invoice(id=longer, number="2050")).outcome == "held"


def test_one_that_onedesk_has_no_longer_is_in_doubt(desks: Callable[..., Desk], invoice: Make) -> None:
    desk, _ = altered(desks, invoice, "OneDesk invoice INV-1 2")
    assert desk.copy(invoice()).outcome == "held", "nobody knows an invoice INV-1 2"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("OneDesk invoice A 1", True),
        ("OneDesk invoice A", False),
        ("OneDesk invoice AB", False),
        ("OneDesk invoices A", False),
        ("MyOneDesk invoice A", False),
        ("OneDesk invoice\nA", True),
        ("OneDesk invoice B\nreplaces OneDesk invoice A", False),
        ("OneDesk invoice C\nreplaces OneDesk invoice A", True),
        ("OneDesk invoice A_", False),
        ("OneDesk invoice a: B", True),
        ("OneDesk invoice: A", True),
        ("OneDesk invoice:A", True),
        ("OneDesk invoice no. # A", True),
        ("OneDesk invoice nobody A", False),
        ("OneDesk invoice, A", False),
        ("OneDesk invoice: B\nreplaces OneDesk invoice #A", True),
        ("OneDesk invoice #B and A", False),
    ],
)
def test_notes(text: str, named: bool) -> None:
    assert has_altered_mark(text, "A", {"B"}.__contains__) is named
