"""Marks that somebody altered, that fit two ids, and those of credit memos, after the ledger was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onedesk_quickbooks.plugin.planning.adopt import Asked
from onedesk_quickbooks.plugin.planning.reconcile import Difference
from onedesk_quickbooks.plugin.sync.reconcile import listed
from tests.sync.conftest import ADMIN, Desk
from tests.sync.reconcile.conftest import foreign, reconciled
from tests.sync.test_altered_marks import CREDIT, PAIR, note
from tests.sync.test_marked_forms import duplicate, says
from tests.sync.test_reinstalled import again

Make = Callable[..., dict[str, Any]]
NFC, NFD = "r\u00e9gl-1", "re\u0301gl-1"


def both(desk: Desk) -> list[list[Difference]]:
    """For a host that lists its invoices, and for one that does not."""
    return [sorted(report.all, key=lambda each: each.qbo_id) for report in (reconciled(desk), foreign(desk))]


@pytest.mark.parametrize(
    "text", ["OneDesk invoice INV-1 - checked by Bob", "Bob: OneDesk invoice INV-1.", "OneDesk invoice #INV-1"]
)
def test_an_altered_mark(us: Desk, invoice: Make, text: str) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    note(us, qbo_id, text)
    again(us)
    for [one] in both(us):
        assert (one.kind, one.id, one.qbo_id) == ("not_linked", "INV-1", qbo_id)
        assert f'names this invoice in its private note ("{text}")' in one.cause
        assert PAIR.format(qbo_id) in one.remedy and says(qbo_id) in one.remedy and "elete" not in one.remedy
    us.host.void("INV-1", ADMIN)
    for [one] in both(us):
        assert one.remedy.startswith("OneDesk's invoice INV-1 is void: if QuickBooks' is a copy of it, void it there;")


def test_an_altered_mark_in_other_letters(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    note(us, qbo_id, "onedesk invoice inv-1")
    again(us)
    [one] = reconciled(us).all
    assert (one.kind, one.id) == ("not_linked", "INV-1") and PAIR.format(qbo_id) in one.remedy


def test_an_exact_mark_counts_before_an_altered_one(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    other = duplicate(us, qbo_id)
    note(us, qbo_id, "OneDesk invoice INV-1 (Bob)")
    again(us)
    for first, second in both(us):
        assert (first.qbo_id, second.qbo_id) == (qbo_id, other)
        assert second.remedy == "Run: onedesk-quickbooks copy INV-1, which links the two."
        assert says(qbo_id) in first.remedy and "elete" not in first.remedy


def first_made(desk: Desk, invoice: Make) -> tuple[str, str]:
    qbo_id = desk.copy(invoice()).qbo_id
    other = duplicate(desk, qbo_id)
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9002"})
    return qbo_id, other


def with_the_number(desk: Desk, invoice: Make) -> tuple[str, str]:
    qbo_id = desk.copy(invoice(number="2040")).qbo_id
    other = duplicate(desk, qbo_id)
    desk.sandbox.edit("Invoice", other, {"DocNumber": "2041"})
    desk.save(invoice())
    return other, qbo_id


def not_void(desk: Desk, invoice: Make) -> tuple[str, str]:
    qbo_id = desk.copy(invoice()).qbo_id
    first, second = duplicate(desk, qbo_id), duplicate(desk, qbo_id)
    desk.sandbox.edit("Invoice", second, {"DocNumber": "9002"})
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9003"})
    desk.sandbox.void("Invoice", qbo_id)
    return first, second


@pytest.mark.parametrize("two_of", [first_made, with_the_number, not_void])
@pytest.mark.parametrize("right", ["first", "second"])
def test_of_two_with_the_mark_a_copy_links_what_is_said(
    us: Desk, invoice: Make, two_of: Callable[[Desk, Make], tuple[str, str]], right: str
) -> None:
    qbo_id, other = two_of(us, invoice)
    again(us)
    for found in both(us):
        one, second = sorted(found, key=lambda each: each.qbo_id != qbo_id)
        assert (one.kind, one.id, one.qbo_id) == (second.kind, second.id, qbo_id) == ("not_linked", "INV-1", qbo_id)
        assert one.remedy == "Run: onedesk-quickbooks copy INV-1, which links the two."
        assert second.qbo_id == other and "which OneDesk does not have" not in second.cause
        assert "A copy looks at" in second.cause and f"(id {qbo_id}), not at this one." in second.cause
        assert f'(id {other}) in QuickBooks, or take the line "OneDesk invoice INV-1"' in second.remedy
        assert PAIR.format(other) in second.remedy
    own = listed(us.host)
    assert own is not None
    [left] = us.application.adopt(Asked(own), "Anna", keep=False).matches
    assert f"(id {qbo_id}) has its mark" in left.why
    if right == "first":
        assert us.copy(invoice(memo="Newer")).qbo_id == qbo_id
        us.sandbox.void("Invoice", other)
    else:
        own = listed(us.host)
        assert own is not None
        us.application.adopt(Asked(own, pairs={"INV-1": other}), "Anna", keep=True)
        us.sandbox.void("Invoice", qbo_id)
        assert us.copy(invoice(memo="Newer")).qbo_id == other
    assert both(us) == [[], []], "the remedy works"


def test_a_second_one_with_another_total_may_be_anothers(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    line = {"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    other = duplicate(us, qbo_id)
    us.sandbox.edit("Invoice", other, {"Line": [line]})
    again(us)
    for _, second in both(us):
        assert second.qbo_id == other and "Its content differs: total: OneDesk 310.00 USD" in second.cause
        assert says(other) in second.remedy and "--pair" not in second.remedy
    us.host.void("INV-1", ADMIN)
    for found in both(us):
        assert {each.cause.partition("INV-1")[2] for each in found} == {", which is void in OneDesk."}


def test_a_note_that_names_a_linked_invoice_is_no_altered_mark(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    other = duplicate(us, qbo_id)
    note(us, other, "Replaces OneDesk invoice INV-1")
    assert both(us) == [[], []]
    assert [each.kind for each in reconciled(us, ours=False).all if each.qbo_id == other] == ["missing_in_onedesk"]


def test_what_is_found_is_known_to_a_copy(us: Desk, invoice: Make) -> None:
    like = us.copy(invoice()).qbo_id
    us.save(invoice(id="INV-2", number="2042"))
    note(us, duplicate(us, like), "OneDesk invoice INV-2 (Bob)")
    assert [each.kind for each in reconciled(us).all] == ["not_linked"]
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "held"


def two(desk: Desk, invoice: Make) -> tuple[str, str]:
    first = desk.copy(invoice(id=NFC)).qbo_id
    return first, desk.copy(invoice(id=NFD, number="2042")).qbo_id


def test_a_mark_that_fits_two_ids(us: Desk, invoice: Make) -> None:
    first, second = two(us, invoice)
    again(us)
    for found in both(us):
        assert [(each.kind, each.id, each.qbo_id) for each in found] == [
            ("not_linked", NFC, first),
            ("not_linked", NFD, second),
        ]
        for each in found:
            assert "OneDesk's invoices 2041, 2042 have ids that differ only in their Unicode form" in each.cause
            assert "it may be the copy of either" in each.cause
            assert f"adopt {NFD} --pair {NFD}={second} --yes" in each.remedy.replace("'", "")
            assert "elete" not in each.remedy and "oid" not in each.remedy
    own = listed(us.host)
    assert own is not None
    us.application.adopt(Asked(own, pairs={NFD: second, NFC: first}), "Anna", keep=True)
    assert both(us) == [[], []], "the remedy works"


def test_a_mark_that_fits_a_linked_one_and_another(us: Desk, invoice: Make) -> None:
    first, second = two(us, invoice)
    again(us)
    us.sandbox.edit("Invoice", second, {"DocNumber": "77"})
    assert us.copy(invoice(id=NFC, memo="Newer")).qbo_id == first
    for [one] in both(us):
        assert (one.kind, one.id, one.qbo_id) == ("not_linked", NFD, second)
        assert "it may be the copy of either" in one.cause and "oid" not in one.remedy


def test_one_form_for_two_ids(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice(id=NFC)).qbo_id
    us.save(invoice(id=NFD, number="2042"))
    again(us)
    [lone, one], [same] = both(us)
    assert (one.kind, one.id, one.qbo_id) == ("not_linked", NFC, qbo_id) == (same.kind, same.id, same.qbo_id)
    assert (lone.kind, lone.id) == ("missing_in_quickbooks", NFD)
    assert lone.cause == one.cause == same.cause and "never" not in lone.cause


@pytest.mark.parametrize("text", ["OneDesk invoice INV-1", "OneDesk invoice INV-1 (Bob)"])
def test_the_mark_of_a_credit_memo(desks: Callable[..., Desk], invoice: Make, text: str) -> None:
    desk = desks(rules="version: 1\ninvoices: {negative: credit_memo}\n")
    desk.connect()
    qbo_id = desk.copy(invoice(**CREDIT)).qbo_id
    other = desk.copy(invoice(id="INV-2", number="2042", **CREDIT)).qbo_id
    note(desk, qbo_id, text, "CreditMemo")
    note(desk, other, "By hand", "CreditMemo")
    again(desk)
    [one] = [each for each in reconciled(desk).all if each.id == "INV-1"]
    assert (one.kind, one.qbo_id, one.onedesk, one.quickbooks) == ("not_linked", qbo_id, "-71.00 USD", "-71.00 USD")
    if text.endswith("1"):
        assert one.cause.startswith("QuickBooks credit memo 2041 is a copy of it")
        assert one.remedy == "Run: onedesk-quickbooks copy INV-1, which links the two."
        assert desk.copy(invoice(memo="Newer", **CREDIT)).qbo_id == qbo_id
    else:
        assert PAIR.format(qbo_id) in one.remedy
    [rest] = [each for each in reconciled(desk).all if each.id != "INV-1"]
    assert (rest.kind, rest.id) == ("missing_in_quickbooks", "INV-2"), "the credit memo without a mark is not reported"
