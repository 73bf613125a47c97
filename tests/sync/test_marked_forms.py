"""What another ledger has copied is found by its mark, whatever its number: after a restore, and with a new data
directory. Every result is compared with the plan (`Desk`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from onedesk_quickbooks.plugin.planning.adopt import Asked, Report
from onedesk_quickbooks.plugin.sync.errors import CannotAdopt
from onedesk_quickbooks.plugin.sync.reconcile import listed
from tests.sync.conftest import ADMIN, Desk
from tests.sync.faults import DONE, NOT_DONE
from tests.sync.reconcile.conftest import reconciled
from tests.sync.test_reinstalled import again, found

Make = Callable[..., dict[str, Any]]

BY_QUICKBOOKS = "version: 1\ninvoices: {number: quickbooks}\n"
WHERE_TAKEN = "version: 1\ninvoices: {when_number_taken: quickbooks}\n"


def take_number(desk: Desk, number: str) -> None:
    """An invoice that was entered in QuickBooks has it."""
    customer = desk.sandbox.create("Customer", {"DisplayName": "Walk-in"})["Id"]
    line = {"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    desk.sandbox.create("Invoice", {"CustomerRef": {"value": customer}, "DocNumber": number, "Line": [line]})


def renumber_there(desk: Desk, qbo_id: str) -> None:
    desk.sandbox.edit("Invoice", qbo_id, {"DocNumber": "9901"})


def nothing(desk: Desk, qbo_id: str) -> None:
    """The rules alone give the other number."""


@pytest.mark.parametrize(
    ("rules", "meanwhile", "later"),
    [
        (BY_QUICKBOOKS, nothing, {}),
        (BY_QUICKBOOKS, nothing, {"memo": "Newer", "number": "2077"}),
        (WHERE_TAKEN, nothing, {"memo": "Newer"}),
        ("", renumber_there, {"memo": "Newer"}),
        ("", nothing, {"memo": "Newer", "number": "2077"}),
    ],
)
@pytest.mark.parametrize("action", ["copy", "send"])
def test_it_is_linked_and_neither_made_nor_mailed_again(
    desks: Callable[..., Desk],
    invoice: Make,
    rules: str,
    meanwhile: Callable[[Desk, str], None],
    later: dict[str, Any],
    action: str,
) -> None:
    desk = desks(rules=rules)
    desk.connect()
    if rules == WHERE_TAKEN:
        take_number(desk, "2041")
    first = getattr(desk, action)(invoice())
    meanwhile(desk, first.qbo_id)
    made = {each["Id"] for each in desk.invoices()}
    again(desk)
    came = getattr(desk, action)(invoice(**later))
    assert came.qbo_id == first.qbo_id, came.reason
    assert {each["Id"] for each in desk.invoices()} == made
    assert len(desk.sandbox.outbox()) == (1 if action == "send" else 0)


EDITED = {
    "lines": [{"id": "1", "service_type": "Support", "amount": "71.00"}],
    "subtotal": "71.00",
    "total": "71.00",
}


def held_for_another(desk: Desk, invoice: Make) -> str:
    """QuickBooks has it with another total, and no link: it is held. Returns QuickBooks' id."""
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    held = desk.send(invoice(number="N-7", **EDITED))
    assert held.outcome == "held" and "total: OneDesk 71.00 USD, QuickBooks 310.00 USD" in held.reason
    assert f"another installation, which copies into this company as well: {says(qbo_id)}; then" in held.reason
    assert len(desk.invoices()) == 1 and desk.sandbox.outbox() == []
    return qbo_id


def says(qbo_id: str) -> str:
    return f"onedesk-quickbooks adopt --not INV-1={qbo_id} --yes"


def test_one_with_another_total_is_made_the_same_and_copied(us: Desk, invoice: Make) -> None:
    qbo_id = held_for_another(us, invoice)
    outcome = us.send(invoice(number="N-7"))
    assert (outcome.outcome, outcome.qbo_id) == ("sent", qbo_id), "the remedy works"
    assert len(us.invoices()) == 1 and us.invoices()[0]["DocNumber"] == "N-7"


def test_one_of_another_installation_stays_as_it_is(us: Desk, invoice: Make) -> None:
    qbo_id = held_for_another(us, invoice)
    us.application.not_ours({"INV-1": qbo_id}, "Anna", keep=False)
    assert us.send(invoice(number="N-7", **EDITED)).outcome == "held", "without keep nothing is recorded"
    us.application.not_ours({"INV-1": qbo_id}, "Anna", keep=True)
    before = us.sandbox.read("Invoice", qbo_id)
    outcome = us.send(invoice(number="N-7", **EDITED))
    assert outcome.outcome == "sent" and outcome.qbo_id != qbo_id, "the remedy works"
    assert us.sandbox.read("Invoice", qbo_id) == before
    assert [each["Id"] for each in us.invoices() if each["DocNumber"] == "N-7"] == [outcome.qbo_id]


def test_one_of_another_installation_with_the_same_number(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    again(us)
    assert us.send(invoice(**EDITED)).outcome == "held"
    us.application.not_ours({"INV-1": qbo_id}, "Anna", keep=True)
    held = us.send(invoice(**EDITED))
    assert "The number 2041 is taken in QuickBooks by" in held.reason and "OneDesk invoice" not in held.reason
    assert us.send(invoice(number="N-7", **EDITED)).outcome == "sent"
    assert us.sandbox.read("Invoice", qbo_id)["TotalAmt"] == 310


@pytest.mark.parametrize("fault", ["500", "answer lost"])
def test_one_of_another_installation_is_no_answer(desks: Callable[..., Desk], invoice: Make, fault: str) -> None:
    """The create had no answer: what QuickBooks did of it is looked for by customer, day and mark."""
    desk = desks(rules=BY_QUICKBOOKS, cuts=True)
    desk.connect()
    desk.predicts = False
    qbo_id = desk.copy(invoice()).qbo_id
    again(desk)
    desk.application.not_ours({"INV-1": qbo_id}, "Anna", keep=True)
    before = desk.sandbox.read("Invoice", qbo_id)
    desk.sandbox.faults.inject(**{**DONE, **NOT_DONE}[fault], path="invoice", method="POST", count=3)
    desk.save(invoice(**EDITED))
    assert desk.host.send("INV-1", ADMIN)
    desk.application.time_slice(timedelta(minutes=5))
    assert desk.application.ledger.outbox.unknown(desk.sandbox.realm_id)
    desk.clock.sleep(4000)
    outcome = desk.outcome("INV-1")
    assert outcome.outcome == "sent" and outcome.qbo_id != qbo_id, outcome.reason
    assert desk.sandbox.read("Invoice", qbo_id) == before
    assert len(desk.invoices()) == 2 and len(desk.sandbox.outbox()) == 1


def test_what_a_person_has_said_outlives_another_connection(us: Desk, invoice: Make) -> None:
    qbo_id = held_for_another(us, invoice)
    us.application.not_ours({"INV-1": qbo_id}, "Anna", keep=True)
    [row] = [each for each in us.application.ledger.audit.of_invoice("INV-1") if each.kind == "act"]
    assert (row.actor, row.values["act"], row.values["qbo_id"]) == ("Anna", "not_ours", qbo_id)
    us.connect()
    assert us.copy(invoice(number="N-7", **EDITED)).outcome == "copied"


def test_it_is_linked_nevertheless_where_a_person_names_it(us: Desk, invoice: Make) -> None:
    qbo_id = held_for_another(us, invoice)
    us.application.not_ours({"INV-1": qbo_id}, "Anna", keep=True)
    assert us.application.ledger.marked_forms.anothers(us.sandbox.realm_id) == {qbo_id}
    us.save(invoice(number="N-7"))
    [one] = adopted(us, keep=False).matches
    assert one.kind == "only_in_onedesk", "it is no candidate"
    [one] = adopted(us, keep=True, pairs={"INV-1": qbo_id}).matches
    assert one.kind == "named"
    assert us.application.ledger.marked_forms.anothers(us.sandbox.realm_id) == frozenset()
    us.application.take_back_links(["INV-1"], "Anna", keep=True)
    assert us.copy(invoice(number="N-7", memo="Newer")).qbo_id == qbo_id, "its mark counts again"


def adopted(desk: Desk, keep: bool, pairs: Mapping[str, str] | None = None) -> Report:
    own = listed(desk.host)
    assert own is not None
    return desk.application.adopt(Asked(own, pairs=pairs or {}), "Anna", keep=keep)


def test_reconcile_says_so_too(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    renumber_there(us, qbo_id)
    again(us)
    [one] = found(us)
    assert (one.kind, one.remedy) == ("not_linked", "Run: onedesk-quickbooks copy INV-1, which links the two.")
    [left] = adopted(us, keep=True).matches
    assert left.kind == "left_alone" and left.why.endswith("onedesk-quickbooks copy INV-1 links the two.")
    us.application.not_ours({"INV-1": qbo_id}, "Anna", keep=True)
    assert {each.kind for each in reconciled(us, ours=False).all} == {"missing_in_quickbooks", "missing_in_onedesk"}


TOTAL = "total: OneDesk 71.00 USD, QuickBooks 310.00 USD"
DAY = "date: OneDesk 2026-07-01, QuickBooks 2026-06-28"


@pytest.mark.parametrize(
    ("there", "here", "differs"),
    [
        ({}, EDITED, [TOTAL]),
        ({"TxnDate": "2026-06-28"}, {}, [DAY]),
        ({"TxnDate": "2026-06-28"}, EDITED, [DAY, TOTAL]),
        ({"CustomerRef": {}}, {}, ["customer: OneDesk Blue Harbor Ltd, QuickBooks Elm"]),
    ],
)
def test_reconcile_says_where_a_copy_would_be_held(
    us: Desk, invoice: Make, there: dict[str, Any], here: dict[str, Any], differs: list[str]
) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    if "CustomerRef" in there:
        there = {"CustomerRef": {"value": us.sandbox.create("Customer", {"DisplayName": "Elm"})["Id"]}}
    us.sandbox.edit("Invoice", qbo_id, there)
    again(us)
    us.save(invoice(**here))
    [one] = reconciled(us).all
    [left] = adopted(us, keep=True).matches
    held = us.copy(invoice(**here))
    apart = "; ".join(differs)
    assert f"its content differs: {apart}. If it is this invoice" in held.reason
    assert f"Its content differs: {apart}." in one.cause and f"its content differs: {apart}." in left.why
    for remedy in (one.remedy, left.why):
        assert says(qbo_id) in remedy and "onedesk-quickbooks copy INV-1" in remedy
        assert ("adopt INV-1 --pair" in remedy) == (TOTAL not in differs)
    if TOTAL in differs:
        us.application.not_ours({"INV-1": qbo_id}, "Anna", keep=True)
        assert us.copy(invoice(number="N-7", **here)).outcome == "copied", "the remedy works"
    else:
        assert adopted(us, keep=True, pairs={"INV-1": qbo_id}).adopted == {"INV-1"}, "the remedy works"


def test_a_total_that_the_rules_let_through_may_be_the_same(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("gb", rules="version: 1\ntaxes: {otherwise: {code: 20.0% S}}\ntotals: {when_different: note}\n")
    desk.connect()
    qbo_id = desk.copy(invoice(currency="GBP")).qbo_id
    again(desk)
    [one] = reconciled(desk).all
    assert "Its content differs: total: OneDesk 310.00 GBP, QuickBooks 372.00 GBP." in one.cause
    assert one.remedy.startswith("Run: onedesk-quickbooks copy INV-1, which links the two if QuickBooks' total is the")
    assert desk.copy(invoice(currency="GBP")).qbo_id == qbo_id


def test_a_customer_under_the_name_of_the_rules_is_the_same(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ncustomers: {by_name: {Blue Harbor Ltd: Harbor Holding}}\n")
    desk.connect()
    desk.copy(invoice())
    again(desk)
    assert [each.remedy for each in reconciled(desk).all] == [
        "Run: onedesk-quickbooks copy INV-1, which links the two."
    ]


@pytest.mark.parametrize(
    ("od_id", "qbo_id", "said"),
    [
        ("INV-1", "77777", "QuickBooks has no invoice with the id 77777, which is named for INV-1"),
        ("INV-2", "", 'does not have the mark "OneDesk invoice INV-2", so there is nothing to say of it for INV-2'),
        ("INV-1", "", "is linked to the OneDesk invoice INV-1, so it is not that of another installation"),
    ],
)
def test_what_cannot_be_anothers(us: Desk, invoice: Make, od_id: str, qbo_id: str, said: str) -> None:
    there = us.copy(invoice()).qbo_id
    with pytest.raises(CannotAdopt, match=re.escape(said)):
        us.application.not_ours({od_id: qbo_id or there}, "Anna", keep=True)


def duplicate(desk: Desk, qbo_id: str) -> str:
    """As by "Copy" in QuickBooks."""
    body = desk.sandbox.read("Invoice", qbo_id)
    kept = ("CustomerRef", "PrivateNote", "TxnDate", "BillEmail")
    lines = [each for each in body["Line"] if each["DetailType"] == "SalesItemLineDetail"]
    lines = [{key: value for key, value in each.items() if key != "Id"} for each in lines]
    made = {"DocNumber": "9001", "Line": lines} | {key: body[key] for key in kept if key in body}
    return str(desk.sandbox.create("Invoice", made)["Id"])


def test_of_two_with_the_mark_it_is_the_first(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    other = duplicate(us, qbo_id)
    renumber_there(us, qbo_id)
    again(us)
    outcome = us.copy(invoice(memo="Newer"))
    assert outcome.qbo_id == qbo_id != other
    assert {each["Id"] for each in us.invoices()} == {qbo_id, other}


def test_the_one_with_its_number_is_preferred(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice(number="2040")).qbo_id
    other = duplicate(us, qbo_id)
    us.sandbox.edit("Invoice", other, {"DocNumber": "2041"})
    again(us)
    assert us.copy(invoice(memo="Newer")).qbo_id == other


def test_a_void_one_is_not_it(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    other = duplicate(us, qbo_id)
    us.sandbox.void("Invoice", qbo_id)
    again(us)
    assert us.copy(invoice(memo="Newer", number="2077")).qbo_id == other


def voided(desk: Desk, invoice: Make) -> str:
    """A bookkeeper voids it in QuickBooks, and the ledger is lost."""
    qbo_id = desk.copy(invoice()).qbo_id
    desk.sandbox.void("Invoice", qbo_id)
    again(desk)
    return qbo_id


WORDED = 'version: 1\ninvoices: {private_note: "For {customer}"}\n'


@pytest.mark.parametrize("rules", ["", WORDED])
@pytest.mark.parametrize("number", ["2041", "2077"])
def test_where_there_is_only_a_void_one_it_is_held(
    desks: Callable[..., Desk], invoice: Make, rules: str, number: str
) -> None:
    desk = desks(rules=rules)
    desk.connect()
    qbo_id = voided(desk, invoice)
    desk.save(invoice(number=number))
    [left] = adopted(desk, keep=False).matches
    held = desk.send(invoice(number=number))
    assert held.outcome == "held" and f"(id {qbo_id}) has the mark" in held.reason and "taken" not in held.reason
    assert "and was voided in QuickBooks" in held.reason and "If it is to stay void, void it in OneDesk" in held.reason
    assert f"under a number that QuickBooks does not have: {says(qbo_id)}; then send it again." in held.reason
    assert len(desk.invoices()) == 1 and desk.sandbox.outbox() == []
    for [one] in ([each for each in found(desk) if each.id], [each for each in reconciled(desk).all if each.id]):
        assert (one.kind, one.id, one.qbo_id) == ("voided_in_quickbooks", "INV-1", qbo_id)
        assert "and the ledger has no link to it" in one.cause and says(qbo_id) in one.remedy
    assert says(qbo_id) in (left.why if rules else says(qbo_id))
    desk.application.not_ours({"INV-1": qbo_id}, "Anna", keep=True)
    assert desk.send(invoice(number="2078")).outcome == "sent", "the remedy works"
    assert len(desk.sandbox.outbox()) == 1


def test_a_void_one_stays_so_where_onedesk_voids_it(us: Desk, invoice: Make) -> None:
    qbo_id = voided(us, invoice)
    assert us.copy(invoice(number="2077")).outcome == "held"
    before = us.sandbox.read("Invoice", qbo_id)
    us.host.void("INV-1", ADMIN)
    us.drain()
    assert us.application.waiting_counts().get("held", 0) == 0 and reconciled(us).all == []
    assert us.sandbox.read("Invoice", qbo_id) == before and len(us.invoices()) == 1


NOTHING = {
    "lines": [{"id": "1", "service_type": "Support", "quantity": "0", "unit_price": "80.00", "amount": "0.00"}],
    "subtotal": "0.00",
    "total": "0.00",
}


@pytest.mark.parametrize(
    ("note", "outcome", "said"),
    [
        ("OneDesk invoice INV-1", "updated", ""),
        ("OneDesk invoice INV-1\nBob", "updated", ""),
        ("OneDesk invoice INV-1 (Bob)", "held", "names this invoice in its private note"),
        ("Bob: OneDesk invoice INV-1", "held", "names this invoice in its private note"),
        ("Voided - OneDesk invoice INV-1", "held", "and was voided in QuickBooks"),
        ("Annul\u00e9 - OneDesk invoice INV-1", "held", "and was voided in QuickBooks"),
    ],
)
def test_one_with_a_total_of_zero_is_not_void(us: Desk, invoice: Make, note: str, outcome: str, said: str) -> None:
    qbo_id = us.copy(invoice(**NOTHING)).qbo_id
    us.sandbox.edit("Invoice", qbo_id, {"PrivateNote": note})
    again(us)
    came = us.copy(invoice(**NOTHING, number="2077"))
    assert came.outcome == outcome and said in came.reason, came
    assert len(us.invoices()) == 1


def test_a_mark_that_was_taken_out_since_is_none(us: Desk, invoice: Make) -> None:
    qbo_id = us.copy(invoice()).qbo_id
    again(us)
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied", "by then the marks were read"
    us.sandbox.edit("Invoice", qbo_id, {"PrivateNote": "Mine"})
    outcome = us.copy(invoice(memo="Newer", number="2077"))
    assert outcome.outcome == "copied" and outcome.qbo_id != qbo_id


def test_credit_memos_are_found_as_well(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks(rules="version: 1\ninvoices: {number: quickbooks, negative: credit_memo}\n")
    desk.connect()
    credit = {"lines": [{"id": "1", "service_type": "Support", "amount": "-71.00"}], "total": "-71.00"}
    credit |= {"subtotal": "-71.00", "type": "credit"}
    first = desk.copy(invoice(**credit))
    assert first.outcome == "copied" and first.kind == "credit_memo", first.reason
    again(desk)
    assert desk.copy(invoice(memo="Newer", **credit)).qbo_id == first.qbo_id


@pytest.mark.parametrize("was_credit", [True, False])
def test_one_of_the_other_kind_is_held(desks: Callable[..., Desk], invoice: Make, was_credit: bool) -> None:
    """As where the ledger has the link: neither can become the other."""
    desk = desks(rules="version: 1\ninvoices: {negative: credit_memo}\n")
    desk.connect()
    credit = {"lines": [{"id": "1", "service_type": "Support", "amount": "-71.00"}], "total": "-71.00"}
    credit |= {"subtotal": "-71.00", "type": "credit"}
    before, after = (credit, {}) if was_credit else ({}, credit)
    assert desk.copy(invoice(**before)).outcome == "copied"
    again(desk)
    held = desk.copy(invoice(**{**after, "number": "2077"}))
    assert held.outcome == "held" and "QuickBooks cannot convert one into the other" in held.reason
    assert desk.copy(invoice(**before)).outcome == "updated", "the remedy works"


def test_the_notes_are_read_once_a_page_at_a_time(us: Desk, invoice: Make) -> None:
    def read() -> list[dict[str, Any]]:
        return [each for each in us.sandbox.log() if "Id%2C+PrivateNote+FROM" in each["query"]]

    us.copy(invoice())
    assert len(read()) == 2, "invoices and credit memos"
    for number in range(3):
        us.copy(invoice(id=f"INV-{number}0", number=f"205{number}"))
    assert len(read()) == 2
    us.restart()
    us.copy(invoice(id="INV-5", number="2060"))
    assert len(read()) == 2, "the ledger knows"
    us.connect()
    us.copy(invoice(id="INV-6", number="2061"))
    assert len(read()) == 4


def test_what_got_the_mark_after_the_notes_were_read_is_found_after_a_comparison(us: Desk, invoice: Make) -> None:
    like = us.copy(invoice()).qbo_id
    us.save(invoice(id="INV-2", number="2042"))
    other = duplicate(us, like)
    us.sandbox.edit("Invoice", other, {"PrivateNote": "OneDesk invoice INV-2"})
    assert [each.kind for each in found(us)] == ["not_linked"]
    assert us.copy(invoice(id="INV-2", number="2042")).qbo_id == other


def test_strange_notes_are_no_marks(us: Desk, invoice: Make) -> None:
    for number, note in enumerate(("OneDesk invoice " + "x" * 900, "OneDesk invoice ", "OneDesk invoice a\tb")):
        other = us.copy(invoice(id=f"X-{number}", number=f"300{number}")).qbo_id
        us.sandbox.edit("Invoice", other, {"PrivateNote": note})
    again(us)
    assert us.copy(invoice()).outcome == "copied"
    kept = us.application.ledger.marked_forms.beginning(us.sandbox.realm_id, ["x", "", "a b"])
    assert [each.mark for each in kept] == ["x" * 700, "a b"]


def test_ids_are_found_in_either_unicode_form(us: Desk, invoice: Make) -> None:
    nfd = unicodedata.normalize("NFD", "caf\u00e9-1")
    qbo_id = us.copy(invoice(id=nfd)).qbo_id
    again(us)
    assert us.copy(invoice(id=nfd, number="2077", memo="Newer")).qbo_id == qbo_id


def test_a_link_that_is_taken_back_leaves_its_mark(us: Desk, invoice: Make) -> None:
    """The notes were read while it was linked."""
    qbo_id = us.copy(invoice()).qbo_id
    renumber_there(us, qbo_id)
    again(us)
    us.save(invoice())
    assert adopted(us, keep=True, pairs={"INV-1": qbo_id}).adopted == {"INV-1"}
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    us.application.take_back_links(["INV-1"], "Anna", keep=True)
    assert us.copy(invoice(memo="Newer")).qbo_id == qbo_id


def test_where_all_is_linked_nothing_is_kept(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.connect()
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    connected = us.application.connected
    assert connected is not None and connected.marked == 0


def test_what_was_linked_since_is_no_longer_found(us: Desk, invoice: Make) -> None:
    """Two ids that QuickBooks has in the same Unicode form: the first takes what was made first."""
    nfc, nfd = "caf\u00e9-1", "cafe\u0301-1"
    ids = {each: us.copy(invoice(id=each, number=number)).qbo_id for each, number in ((nfc, "2041"), (nfd, "2042"))}
    again(us)
    assert us.copy(invoice(id=nfc, number="2047", memo="Newer")).qbo_id == ids[nfc]
    assert us.copy(invoice(id=nfd, number="2048", memo="Newer")).qbo_id == ids[nfd]
