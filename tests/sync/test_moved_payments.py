"""Payments of the host that QuickBooks applies to other invoices than the host: by a person there, or automatically."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.sync.conftest import Desk
from tests.sync.payments.conftest import Make, left, pays
from tests.sync.reconcile.conftest import Foreign, Listing, foreign, kinds
from tests.sync.reconcile.conftest import found as differences
from tests.sync.test_host_payments import ours, paid, standing

RULES = "version: 1\npayments: {direction: both, more_than_open: credit}\ntaxes: {otherwise: company_default}\n"
SECOND = {"id": "INV-2", "number": "2042"}


@pytest.fixture
def desk(desks: Callable[..., Desk], invoice: Make) -> Desk:
    """Two invoices of 310.00, of one customer, in QuickBooks."""
    made = desks("us", rules=RULES)
    made.connect()
    made.copy(invoice())
    made.copy(invoice(**SECOND))
    return made


def record(desk: Desk, amount: str, parts: dict[str, str], payment_id: str = "P1") -> str:
    """As a person records it in OneDesk; the outcome."""
    invoices = [{"id": each, "amount": part} for each, part in parts.items()]
    desk.host.record_own(paid(amount, payment_id, invoices=invoices))
    [outcome] = desk.drain()
    return outcome.outcome


def apply(desk: Desk, parts: dict[str, str], **fields: Any) -> None:
    """A person applies the payment to these invoices in QuickBooks."""
    ids = {each.od_invoice_id: each.qbo_id for each in desk.application.ledger.links.every(desk.sandbox.realm_id)}
    [made] = standing(desk)
    lines = [pays(ids[each], part) for each, part in parts.items()]
    own = {"CustomerRef": made["CustomerRef"], "TotalAmt": made["TotalAmt"], "Line": lines}
    desk.sandbox.edit("Payment", made["Id"], {**own, **fields})


def news(desk: Desk) -> list[tuple[str, str, str, str]]:
    found = desk.application.bring_payments()
    return [(each.invoice_id, each.what, str(each.amount), str(each.balance)) for each in found]


def known(desk: Desk, invoice_id: str) -> list[str]:
    """The notes on what QuickBooks has made of OneDesk's payments."""
    return [text for key, text in desk.shown(invoice_id).notes.items() if "-known-" in key and text]


SAID = (
    "The payment R-P1, which was recorded in OneDesk and taken to QuickBooks, settles 90.00 USD of this invoice there"
    " now (the payment was changed in QuickBooks). OneDesk does not have it for this invoice: correct it in one of the"
    " two, so that both have the same left (220.00 USD in QuickBooks)."
)


def test_the_rest_that_a_person_applies_there_is_noted_at_the_other_invoice(desk: Desk) -> None:
    record(desk, "400.00", {"INV-1": "400.00"})
    apply(desk, {"INV-1": "310.00", "INV-2": "90.00"})
    assert news(desk) == [("INV-2", "noted", "90.00 USD", "220.00 USD")]
    assert known(desk, "INV-2") == [SAID]
    assert (news(desk), known(desk, "INV-1")) == ([], [])
    apply(desk, {"INV-1": "310.00", "INV-2": "50.00"})
    assert news(desk) == [("INV-2", "noted", "50.00 USD", "260.00 USD")]
    assert "settles 50.00 USD of this invoice there now" in known(desk, "INV-2")[0]
    apply(desk, {"INV-1": "310.00"})
    assert news(desk) == [("INV-2", "noted", "0.00 USD", "310.00 USD")]
    assert known(desk, "INV-2") == [], "both sides are the same again"


@pytest.mark.parametrize("kind", [None, Foreign, Listing])
def test_the_rest_that_quickbooks_applies_automatically_is_noted(
    desks: Callable[..., Desk], invoice: Make, kind: type[Foreign] | None
) -> None:
    desk = desks("us", rules=RULES)
    desk.connect()
    [preferences] = desk.sandbox.list("Preferences")
    sales = {**preferences["SalesFormsPrefs"], "AutoApplyPayments": True}
    desk.sandbox.edit("Preferences", preferences["Id"], {"SalesFormsPrefs": sales})
    desk.copy(invoice())
    record(desk, "400.00", {"INV-1": "400.00"})
    desk.copy(invoice(**SECOND))
    assert news(desk) == [("INV-2", "noted", "90.00 USD", "220.00 USD")]
    assert (known(desk, "INV-2"), credit_notes(desk)) == ([SAID], [])
    [difference] = differences(desk) if kind is None else foreign(desk, kind).all
    assert (difference.id, difference.onedesk, difference.quickbooks) == ("INV-2", "none", "payment R-P1: 90.00 USD")


@pytest.mark.parametrize("looked", [False, True])
def test_corrected_in_onedesk_both_are_the_same(desk: Desk, looked: bool) -> None:
    record(desk, "310.00", {"INV-1": "310.00"})
    apply(desk, {"INV-1": "200.00", "INV-2": "110.00"})
    if looked:
        assert [each[:2] for each in news(desk)] == [("INV-1", "noted"), ("INV-2", "noted")]
    assert record(desk, "310.00", {"INV-1": "200.00", "INV-2": "110.00"}) == "unchanged"
    news(desk)
    assert (known(desk, "INV-1"), known(desk, "INV-2"), kinds(desk)) == ([], [], [])
    assert (left(desk, "INV-1"), left(desk, "INV-2")) == (("open", "110.00 USD"), ("open", "200.00 USD"))
    assert len(ours(desk)) == 1


@pytest.mark.parametrize(
    "there",
    [
        {"INV-1": "200.00", "INV-2": "100.00"},
        {"INV-1": "200.00"},
        {"INV-1": "200.00", "INV-2": "110.00", "TxnDate": "2026-07-11"},
        {"INV-1": "200.00", "INV-2": "110.00", "PaymentRefNum": "other"},
    ],
)
def test_another_version_than_quickbooks_has_is_held(desk: Desk, there: dict[str, str]) -> None:
    record(desk, "310.00", {"INV-1": "310.00"})
    parts = {key: value for key, value in there.items() if key.startswith("INV")}
    apply(desk, parts, **{key: value for key, value in there.items() if key not in parts})
    assert record(desk, "310.00", {"INV-1": "200.00", "INV-2": "110.00"}) == "held"
    assert [row["TotalAmt"] for row in ours(desk)] == [Decimal(310)]


def test_a_note_ends_when_the_payment_that_is_void_there_is_taken_back(desk: Desk) -> None:
    record(desk, "310.00", {"INV-1": "310.00"})
    desk.sandbox.void("Payment", ours(desk)[0]["Id"])
    news(desk)
    assert "settles nothing of it now" in known(desk, "INV-1")[0]
    desk.host.take_back(paid())
    assert [each.outcome for each in desk.drain()] == ["unchanged"]
    assert (known(desk, "INV-1"), kinds(desk)) == ([], [])


def test_one_that_is_moved_as_a_whole_is_corrected_in_onedesk(desk: Desk) -> None:
    record(desk, "310.00", {"INV-1": "310.00"})
    apply(desk, {"INV-2": "310.00"})
    assert [each[:3] for each in news(desk)] == [("INV-1", "noted", "0.00 USD"), ("INV-2", "noted", "310.00 USD")]
    assert record(desk, "310.00", {"INV-2": "310.00"}) == "unchanged"
    assert (known(desk, "INV-1"), known(desk, "INV-2"), kinds(desk)) == ([], [], [])
    assert len(ours(desk)) == 1


CREDITS = RULES.replace("payments:", "invoices: {negative: credit_memo}\npayments:")
TAKE_BACK = "and take this one back in OneDesk, as the other one comes there automatically."


def minus(amount: str, **fields: Any) -> dict[str, Any]:
    """The fields of a credit note."""
    line = {"id": "1", "service_type": "Support", "amount": amount}
    return {"id": "CN-1", "number": "CN-1", "lines": [line], "subtotal": amount, "total": amount, **fields}


@pytest.mark.parametrize(("direction", "step"), [("both", TAKE_BACK), ("host", "and drop this entry (")])
def test_the_refund_of_a_credit_note_is_taken_back_where_quickbooks_record_comes_to_onedesk(
    desks: Callable[..., Desk], invoice: Make, direction: str, step: str
) -> None:
    desk = desks("us", rules=CREDITS.replace("both", direction))
    desk.connect()
    desk.copy(invoice(**minus("-10.00")))
    desk.host.record_own(paid("-10.00", "R1", invoices=[{"id": "CN-1", "amount": "-10.00"}]))
    [held] = desk.drain()
    assert f"apply that to the credit memo, {step}" in held.reason and "for CN-1:" in held.reason


def test_what_is_taken_back_of_a_reported_balance_is_added_again(desk: Desk) -> None:
    """OneDesk has the invoice as paid by a payment that QuickBooks has for another one."""
    record(desk, "310.00", {"INV-1": "310.00"})
    apply(desk, {"INV-2": "310.00"})
    news(desk)
    [link] = [each for each in desk.application.ledger.links.every(desk.sandbox.realm_id) if each.od_number == "2041"]
    desk.sandbox.pay({link.qbo_id: "100.00"})
    news(desk)
    record(desk, "10.00", {"INV-1": "10.00"}, "P2")
    assert left(desk, "INV-1") == ("open", "200.00 USD")
    desk.host.take_back(paid("10.00", "P2"))
    desk.drain()
    assert left(desk, "INV-1") == ("open", "210.00 USD")


@pytest.mark.parametrize("after", ["taken back", "moved", "less"])
@pytest.mark.parametrize("asked", ["400.00", "200.00"])
def test_what_quickbooks_left_open_is_not_raised_by_a_payment_that_it_never_had(
    desks: Callable[..., Desk], invoice: Make, asked: str, after: str
) -> None:
    desk = desks("us", rules=RULES.replace(", more_than_open: credit", ""))
    desk.connect()
    first = desk.copy(invoice())
    desk.copy(invoice(**SECOND))
    both = {"INV-1": asked, "INV-2": "311.00"}
    assert record(desk, str(sum(map(Decimal, both.values()))), both) == "held"
    desk.sandbox.pay({first.qbo_id: "100.00"})
    news(desk)
    assert left(desk, "INV-1") == ("open", "210.00 USD")
    if after == "taken back":
        desk.host.take_back(paid(invoices=[{"id": each, "amount": part} for each, part in both.items()]))
    else:
        desk.host.record_own(
            paid("10.00", invoices=[{"id": "INV-2" if after == "moved" else "INV-1", "amount": "10.00"}])
        )
    desk.drain()
    news(desk)
    assert left(desk, "INV-1") == ("open", "200.00 USD" if after == "less" else "210.00 USD")
    assert kinds(desk) == []


@pytest.mark.parametrize("end", ["done", "dropped", "as before"])
def test_a_change_to_another_invoice_that_is_held_is_noted_at_the_one_it_paid(desk: Desk, end: str) -> None:
    """That one is open in OneDesk, and paid in QuickBooks, until the entry is settled."""

    def notes(invoice_id: str) -> list[str]:
        return [text for key, text in desk.shown(invoice_id).notes.items() if "host-payment" in key and text]

    record(desk, "310.00", {"INV-1": "310.00"})
    [entered] = desk.invoices()[1:]
    there = desk.sandbox.pay({entered["Id"]: "310.00"})
    assert record(desk, "310.00", {"INV-2": "310.00"}) == "held"
    [held] = desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id)
    [note] = notes("INV-1")
    assert note.startswith(
        "Held for QuickBooks: OneDesk has changed the payment R-P1, so that it pays nothing of this invoice; in"
        " QuickBooks it still settles 310.00 USD of it. "
    )
    assert note.endswith(held.reason) and notes("INV-2") == [f"Held for QuickBooks: {held.reason}"]
    if end == "dropped":
        assert desk.application.drop([held], "by hand", "Ada") == 1
    elif end == "done":
        desk.sandbox.void("Payment", there["Id"])
        assert desk.application.retry(held.id)
        assert [each.outcome for each in desk.drain()] == ["updated"]
    else:
        assert record(desk, "310.00", {"INV-1": "310.00"}) == "unchanged"
    assert (notes("INV-1"), notes("INV-2")) == ([], [])


@pytest.mark.parametrize("does", ["applied", "void", "delete"])
def test_the_note_on_a_held_change_follows_what_becomes_of_the_payment_there(desk: Desk, does: str) -> None:
    record(desk, "310.00", {"INV-1": "310.00"})
    [entered] = desk.invoices()[1:]
    desk.sandbox.pay({entered["Id"]: "310.00"})
    desk.application.bring_payments()
    assert record(desk, "310.00", {"INV-2": "310.00"}) == "held"
    [held] = desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id)
    if does == "applied":
        apply(desk, {"INV-1": "100.00"})
        news(desk)
        [note] = credit_notes(desk)
        assert "in QuickBooks it still settles 100.00 USD of it. " in note and note.endswith(held.reason)
        apply(desk, {})
    else:
        getattr(desk.sandbox, does)("Payment", standing(desk)[0]["Id"])
    news(desk)
    assert credit_notes(desk) == []
    assert credit_notes(desk, "INV-2") == [f"Held for QuickBooks: {held.reason}"]


@pytest.mark.parametrize("outcome", ["recorded", "held"])
def test_one_that_quickbooks_never_had_is_not_noted_where_it_was(desk: Desk, outcome: str) -> None:
    [first, _] = desk.invoices()
    there = desk.sandbox.pay({first["Id"]: "310.00"})
    assert record(desk, "310.00", {"INV-1": "310.00"}, "P2") == "held"
    parts = {"INV-2": "310.00"} if outcome == "recorded" else {"INV-2": "320.001"}
    assert record(desk, next(iter(parts.values())), parts, "P2") == outcome
    assert [key for key, text in desk.shown("INV-1").notes.items() if "host-payment" in key and text] == []
    assert there["TotalAmt"] == 310


def credit_notes(desk: Desk, invoice_id: str = "INV-1") -> list[str]:
    """The notes of the payments themselves."""
    return [text for key, text in desk.shown(invoice_id).notes.items() if "host-payment" in key and text]


@pytest.mark.parametrize("end", ["applied", "void", "deleted"])
def test_the_note_on_the_rest_follows_what_becomes_of_it(desk: Desk, end: str) -> None:
    record(desk, "400.00", {"INV-1": "400.00"})
    assert "which is 90.00 USD more than QuickBooks has open on 2041: that stays there" in credit_notes(desk)[0]
    news(desk)
    assert "which is 90.00 USD more" in credit_notes(desk)[0], "nobody has changed it"
    apply(desk, {"INV-1": "310.00", "INV-2": "50.00"})
    news(desk)
    assert credit_notes(desk) == [
        "40.00 USD of the payment R-P1 stays in QuickBooks as the customer's credit, which is applied to no invoice."
    ]
    if end == "applied":
        apply(desk, {"INV-1": "310.00", "INV-2": "90.00"})
    else:
        getattr(desk.sandbox, "void" if end == "void" else "delete")("Payment", ours(desk)[0]["Id"])
    news(desk)
    assert credit_notes(desk) == []
    if end == "applied":
        apply(desk, {"INV-1": "310.00"})
        news(desk)
        assert "90.00 USD of the payment R-P1 stays in QuickBooks" in credit_notes(desk)[0]


@pytest.mark.parametrize("parts", [{"INV-2": "400.00"}, {"INV-1": "350.00"}, {"INV-1": "310.00", "INV-2": "320.00"}])
def test_the_rest_is_noted_where_onedesk_has_changed_the_payment(desk: Desk, parts: dict[str, str]) -> None:
    """QuickBooks' payment is voided for that, and another recorded in its place, of which the note is."""
    record(desk, "400.00", {"INV-1": "400.00"})
    assert record(desk, str(sum(map(Decimal, parts.values()))), parts) == "updated"
    for _ in range(2):
        assert news(desk) == []
        for each in parts:
            assert "that stays there as the customer's credit." in credit_notes(desk, each)[0]
    desk.sandbox.void("Payment", standing(desk)[0]["Id"])
    news(desk)
    assert [credit_notes(desk, each) for each in parts] == [[]] * len(parts)


def test_a_payment_that_is_held_keeps_its_note_when_it_is_changed_there(desk: Desk) -> None:
    record(desk, "400.00", {"INV-1": "400.00"})
    apply(desk, {"INV-1": "310.00", "INV-2": "50.00"})
    assert record(desk, "410.00", {"INV-1": "410.00"}) == "held"
    [held] = credit_notes(desk)
    apply(desk, {"INV-1": "310.00", "INV-2": "90.00"})
    news(desk)
    assert credit_notes(desk) == [held]
