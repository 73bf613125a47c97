"""Payments of the host that QuickBooks does not have are listed with what the queue says of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from zlib import crc32

import pytest

from onedesk_quickbooks.plugin.ops.reconciled.table import as_csv
from onedesk_quickbooks.plugin.planning.reconcile import Difference
from onedesk_quickbooks.plugin.web.reconciled_page import page
from tests.sync.conftest import Desk
from tests.sync.payments.conftest import credit, credit_memo, pays
from tests.sync.reconcile.conftest import Foreign, Listing, Make, foreign, found, kinds, only, reconciled
from tests.sync.test_host_payments import ours, paid

RULES = "version: 1\npayments: {direction: both}\ntaxes: {otherwise: %s}\n"
COUNTRIES = {"us": ("USD", "company_default"), "ca": ("CAD", "{code: Exempt}"), "gb": ("GBP", "{code: Exempt}")}


@pytest.fixture
def desk(request: pytest.FixtureRequest, desks: Callable[..., Desk], invoice: Make) -> Desk:
    """With the invoice INV-1 over 310.00, copied. The country is another one from test to test; each has its own."""
    country = sorted(COUNTRIES)[crc32(request.node.name.encode()) % len(COUNTRIES)]
    currency, taxes = COUNTRIES[country]
    made = desks(country, rules=RULES % taxes)
    made.connect()
    made.copy(invoice(currency=currency))
    return made


def own(desk: Desk, amount: str, payment_id: str = "P1", **fields: Any) -> dict[str, Any]:
    """A payment of the host in the currency of the company."""
    currency = desk.shown("INV-1").balance.currency
    return paid(amount, payment_id, **{"currency": currency, **fields})


def held(desk: Desk, payment: dict[str, Any], change: str = "recorded") -> int:
    """It is recorded, or taken back, and held; its entry."""
    (desk.host.record_own if change == "recorded" else desk.host.take_back)(payment)
    assert desk.outcome(f"onedesk-payment:{payment['id']}").outcome == "held"
    [entry] = desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id)
    return entry.id


def test_one_that_is_held_is_reported_with_its_cause_and_remedy(desk: Desk) -> None:
    [copied] = desk.invoices()
    line = pays(copied["Id"], "250.00")
    desk.sandbox.create("Payment", {"CustomerRef": copied["CustomerRef"], "TotalAmt": 250, "Line": [line]})
    desk.application.bring_payments()
    entry = held(desk, own(desk, "100.00"))
    difference = only(desk)
    assert (difference.kind, difference.onedesk.partition(":")[0], difference.quickbooks) == (
        "payment",
        "payment R-P1",
        "none",
    )
    assert difference.cause.startswith(
        f"Its entry {entry} in the queue is held: The payment R-P1 has the amount 100.00"
    )
    assert "40.00" in difference.cause and "more than QuickBooks has open" in difference.cause
    assert difference.remedy == (
        f"Follow that step, then, if the queue still lists the entry: onedesk-quickbooks queue retry {entry} (all of"
        f" it: onedesk-quickbooks queue show {entry})"
    )
    report = reconciled(desk)
    [one] = [each for each in report.to_json()["invoices"] if each["differences"]]
    assert one["differences"][0]["cause"] == difference.cause
    said = f"entry {entry} in the queue is held"
    assert said in as_csv(report).decode() and said in page(report)


def test_one_that_waits_says_so(desk: Desk) -> None:
    desk.host.record_own(own(desk, "100.00"))
    difference = only(desk)
    assert difference.cause.startswith("Its entry ") and "in the queue waits to be done" in difference.cause
    assert difference.remedy.endswith("or run: onedesk-quickbooks copy INV-1")
    desk.drain()
    assert kinds(desk) == []


def test_one_that_was_dropped_or_is_skipped_by_rule(desk: Desk) -> None:
    entry = held(desk, own(desk, "400.00"))
    [work] = desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id)
    assert desk.application.drop([work], "The bank has sent it twice", "ada") == 1
    difference = only(desk)
    assert difference.cause.startswith(f"Its entry {entry} was dropped: ")
    assert "sent it twice" in difference.cause
    desk.host.take_back(own(desk, "400.00"))
    desk.drain()
    assert kinds(desk) == []
    rules = desk.home / "rules.yaml"
    rules.write_text(rules.read_text().replace("both", "quickbooks"))
    desk.host.record_own(own(desk, "100.00", "P2"))
    desk.drain()
    difference = only(desk)
    assert " in the queue is skipped: " in difference.cause and "payments.direction" in difference.cause


def test_a_change_that_is_held_is_reported_beside_what_is_booked(desk: Desk) -> None:
    desk.host.record_own(own(desk, "100.00"))
    desk.host.record_own(own(desk, "50.00", "P2"))
    desk.drain()
    assert kinds(desk) == []
    entry = held(desk, own(desk, "500.00", "P3"))
    difference = only(desk)
    assert (
        f"Its entry {entry} in the queue is held: The payment R-P3" in difference.cause
        and difference.onedesk.startswith("payment R-P3:")
    )
    desk.host.take_back(own(desk, "500.00", "P3"))
    desk.drain()
    assert kinds(desk) == []
    entry = held(desk, own(desk, "400.00"))
    assert f"Its entry {entry} in the queue is held: The payment R-P1" in only(desk).cause


def test_one_that_is_taken_back_and_stays_in_quickbooks(desk: Desk) -> None:
    desk.host.record_own(own(desk, "100.00"))
    desk.drain()
    [made] = desk.sandbox.list("Payment", "PaymentRefNum = 'R-P1'")
    desk.sandbox.edit("Payment", made["Id"], {"PaymentRefNum": "9"})
    entry = held(desk, own(desk, "100.00"), "deleted")
    causes = [each.cause for each in found(desk)]
    assert len(causes) == 1
    assert causes[0].startswith(f"It was taken back in OneDesk, and the entry {entry} of that in the queue is held: ")


def test_of_a_host_that_lists_nothing_as_well(desk: Desk) -> None:
    assert foreign(desk).all == []
    desk.host.plugins.hook.on_host_payment(payment=own(desk, "100.00"), change="recorded")
    desk.drain()
    assert foreign(desk).all == []
    desk.host.plugins.hook.on_host_payment(payment=own(desk, "400.00", "P2"), change="recorded")
    desk.drain()
    [difference] = foreign(desk).all
    assert difference.kind == "payment" and " in the queue is held: The payment R-P2 " in difference.cause


def test_of_many_that_wait_a_few_are_named_with_their_sum(desk: Desk) -> None:
    for n in range(6):
        desk.host.record_own(own(desk, "1.00", f"P{n}"))
    desk.drain()
    assert kinds(desk) == []
    for n in range(6):
        desk.host.record_own(own(desk, "2.50", f"P{n}"))
    currency = desk.shown("INV-1").balance.currency
    difference = only(desk)
    assert difference.onedesk == f"payment R-P0, payment R-P1, payment R-P2 and 3 more: 15.00 {currency}"
    assert difference.quickbooks == f"payment R-P0, payment R-P1, payment R-P2 and 3 more: 6.00 {currency}"
    entries = [each.id for each in desk.application.ledger.queue_lists.in_states(desk.sandbox.realm_id, ("todo",))]
    assert difference.cause == (
        f"What OneDesk has of the payments R-P0, R-P1, R-P2 and 3 more, 15.00 {currency} together, was not taken to"
        f" QuickBooks yet: entries {entries[0]}, {entries[1]}, {entries[2]} and 3 more in the queue."
    )
    assert difference.remedy.startswith("Run: onedesk-quickbooks queue, which lists them")
    desk.drain()
    assert kinds(desk) == []


def passes(desk: Desk, amount: str, change: str = "recorded") -> None:
    """A payment of a host that lists nothing, or a change of it."""
    desk.host.plugins.hook.on_host_payment(payment=own(desk, amount), change=change)
    desk.drain()


@pytest.mark.parametrize("paid_later", [False, True])
def test_one_that_is_changed_is_one_payment_with_both_versions(desk: Desk, paid_later: bool) -> None:
    [copied] = desk.invoices()
    currency = desk.shown("INV-1").balance.currency
    passes(desk, "40.00")
    if paid_later:
        desk.sandbox.pay({copied["Id"]: "50.00"})
        desk.application.bring_payments()
    assert foreign(desk).all == []
    passes(desk, "400.00")
    [difference] = foreign(desk).all
    assert (difference.onedesk, difference.quickbooks) == (
        f"payment R-P1: 400.00 {currency}",
        f"payment R-P1: 40.00 {currency}",
    )
    assert "in the queue is held: The payment R-P1" in difference.cause and "queue retry" in difference.remedy
    [row] = [each for each in foreign(desk).sums.settled if each.what == "payments"]
    assert str(row.difference) == f"360.00 {currency}"
    passes(desk, "40.00")
    assert foreign(desk).all == []


@pytest.mark.parametrize("listing", [False, True])
def test_one_that_is_changed_when_the_rules_leave_it_is_corrected_there_not_entered_again(
    desk: Desk, listing: bool
) -> None:
    ask = found if listing else lambda one: foreign(one).all
    currency = desk.shown("INV-1").balance.currency
    desk.host.record_own(own(desk, "30.00"))
    desk.drain()
    rules = desk.home / "rules.yaml"
    rules.write_text(rules.read_text().replace("both", "quickbooks"))
    desk.host.record_own(own(desk, "45.00"))
    desk.drain()
    [difference] = ask(desk)
    assert (difference.onedesk, difference.quickbooks) == (
        f"payment R-P1: 45.00 {currency}",
        f"payment R-P1: 30.00 {currency}",
    )
    assert f"correct this payment there by hand to 45.00 {currency} for the invoice" in difference.remedy
    [made] = desk.sandbox.list("Payment", "PaymentRefNum = 'R-P1'")
    desk.sandbox.edit("Payment", made["Id"], {"TotalAmt": 45, "Line": [pays(desk.invoices()[0]["Id"], "45.00")]})
    assert ask(desk) == []


def test_one_that_is_taken_back_and_whose_entry_is_dropped_is_voided_there_by_hand(desk: Desk) -> None:
    desk.host.record_own(own(desk, "100.00"))
    desk.drain()
    [made] = desk.sandbox.list("Payment", "PaymentRefNum = 'R-P1'")
    desk.sandbox.edit("Payment", made["Id"], {"PaymentRefNum": "9"})
    held(desk, own(desk, "100.00"), "deleted")
    [work] = desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id)
    assert desk.application.drop([work], "The bank sorts it out", "ada") == 1
    difference = only(desk)
    assert difference.onedesk == "none" and "void this payment there by hand" in difference.remedy


@pytest.mark.parametrize("kind", [None, Foreign, Listing])
@pytest.mark.parametrize(
    ("before", "after"), [("100.00", "500.00"), ("100.00", "310.00"), ("310.00", "500.00"), ("310.00", "200.00")]
)
def test_one_that_is_changed_and_whose_entry_is_dropped_has_both_versions(
    desk: Desk, kind: type[Foreign] | None, before: str, after: str
) -> None:
    """Also where it has made the invoice Paid, or does so now."""
    desk.host.record_own(own(desk, before))
    desk.drain()
    [made] = desk.sandbox.list("Payment", "PaymentRefNum = 'R-P1'")
    desk.sandbox.edit("Payment", made["Id"], {"PaymentRefNum": "9"})
    held(desk, own(desk, after))
    [work] = desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id)
    for dropped in (False, True):
        assert not dropped or desk.application.drop([work], "The bank sorts it out", "ada") == 1
        [difference] = found(desk) if kind is None else foreign(desk, kind).all
        assert (difference.kind, difference.onedesk[:-4], difference.quickbooks[:-4]) == (
            "payment",
            f"payment R-P1: {after}",
            f"payment 9: {before}",
        )
    assert "The bank sorts it out" in difference.cause


@pytest.mark.parametrize("kind", [None, Foreign, Listing])
def test_one_that_quickbooks_never_had_is_one_of_onedesk_also_after_its_entry_was_dropped(
    desk: Desk, kind: type[Foreign] | None
) -> None:
    held(desk, own(desk, "400.00"))
    [work] = desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id)
    assert desk.application.drop([work], "The bank sorts it out", "ada") == 1
    [difference] = found(desk) if kind is None else foreign(desk, kind).all
    assert (difference.onedesk[:-4], difference.quickbooks) == ("payment R-P1: 400.00", "none")
    assert "The bank sorts it out" in difference.cause


STORIES = {
    "changed before the next look": ("15.00", ("new 30", "own 15", "look", "there 8"), "8.00"),
    "changed, and looked at": ("15.00", ("new 30", "own 15", "look", "there 8", "look"), "8.00"),
    "changed after a later report": ("15.00", ("own 15", "look", "new 30", "look", "there 8", "look"), "8.00"),
    "changed twice": ("15.00", ("own 15", "look", "there 8", "look", "there 9", "look"), "9.00"),
    "deleted before the next look": ("15.00", ("own 15", "look", "new 30", "look", "deleted"), ""),
    "deleted, and looked at": ("15.00", ("new 30", "own 15", "look", "deleted", "look"), ""),
    "changed in OneDesk after a report": ("", ("new 30", "own 15", "look", "own 16"), ""),
    "changed in both": ("16.00", ("new 30", "own 15", "look", "own 16", "there 9", "look"), "9.00"),
    "changed, and reported with a later one": ("", ("own 15", "look", "there 8", "look", "new 30", "look"), ""),
}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("listing", [False, True])
def test_one_that_is_changed_in_quickbooks_is_that_difference_and_no_other_balance(
    desk: Desk, listing: bool, story: str
) -> None:
    """Also of a host that lists no payments: what was last reported to it, and when, makes no difference."""
    here, steps, there = STORIES[story]
    desk.predicts = False
    for step in steps:
        take(desk, *step.split())
    currency = desk.shown("INV-1").balance.currency
    seen = [(each.kind, each.onedesk, each.quickbooks) for each in (found(desk) if listing else foreign(desk).all)]
    wanted = [f"payment R-P1: {amount} {currency}" if amount else "none" for amount in (here, there)]
    assert seen == ([("payment", *wanted)] if here else [])
    if there:
        (one,) = found(desk) if listing else foreign(desk).all
        assert one.cause.startswith("What OneDesk has recorded itself was changed in QuickBooks")


TWO = ("own 5", "own 5 P2", "look", "there 12")
SEVERAL = {
    "one, after one that a later report includes": (*TWO, "new 30", "look", "there 9 P2"),
    "one, which a later look finds": (*TWO, "new 30", "look", "there 9 P2", "look"),
    "one, which a later report includes too": (*TWO, "new 30", "look", "there 9 P2", "new 1", "look"),
    "both, before the next look": (*TWO, "there 9 P2"),
    "both, beside one that is the same": (*TWO, "own 7 P3", "look", "there 9 P2"),
    "one, after one that is gone and a later report": (*TWO[:3], "new 30", "deleted", "new 1", "look", "there 9 P2"),
}


@pytest.mark.parametrize("story", SEVERAL)
@pytest.mark.parametrize("listing", [False, True])
def test_each_of_several_is_a_difference_and_no_balance(desk: Desk, listing: bool, story: str) -> None:
    """As of one: a change that the last reported balance includes is no difference."""
    desk.predicts = False
    for step in SEVERAL[story]:
        take(desk, *step.split())
    currency = desk.shown("INV-1").balance.currency
    seen = [(each.kind, each.onedesk, each.quickbooks) for each in (found(desk) if listing else foreign(desk).all)]
    changed = {"R-P1": "12.00"} if story.startswith("both") else {}
    changed |= {} if story.endswith("too") else {"R-P2": "9.00"}
    assert seen == [
        ("payment", f"payment {name}: 5.00 {currency}", f"payment {name}: {amount} {currency}")
        for name, amount in changed.items()
    ]


def take(desk: Desk, step: str, amount: str = "", name: str = "P1") -> None:
    """Take a step of a story."""
    [copied] = desk.invoices()
    fields = {"CustomerRef": copied["CustomerRef"], "TotalAmt": amount, "Line": [pays(copied["Id"], amount or "0")]}
    if step == "new":
        desk.sandbox.create("Payment", fields)
    elif step == "own":
        desk.host.record_own(own(desk, f"{amount}.00", name))
        desk.drain()
    elif step == "look":
        desk.application.bring_payments()
        desk.drain()
    else:
        made = [each for each in desk.sandbox.list("Payment", f"PaymentRefNum = 'R-{name}'") if each["TotalAmt"]]
        if step == "deleted":
            desk.sandbox.delete("Payment", made[-1]["Id"])
        else:
            desk.sandbox.edit("Payment", made[-1]["Id"], fields)


def changed_to(desk: Desk, total: str, status: str = "open") -> None:
    """The invoice has another total in the host, and is copied again."""
    made = desk.host.read_invoice("INV-1")
    assert made is not None
    line = {**made["lines"][0], "quantity": "1", "unit_price": total, "amount": total}
    desk.predicts = False
    newer = {**made, "lines": [line], "subtotal": total, "total": total, "status": "open"}
    assert desk.copy(newer).outcome == "updated"
    if status != "open":
        desk.host.save({**newer, "status": status})


@pytest.mark.parametrize("kind", [None, Foreign, Listing])
def test_one_that_was_deleted_there_and_paid_again_is_to_be_taken_back(desk: Desk, kind: type[Foreign] | None) -> None:
    desk.predicts = False
    for step in ("own 310", "look", "deleted", "look", "new 310", "look"):
        take(desk, *step.split())
    [difference] = found(desk) if kind is None else foreign(desk, kind).all
    currency = desk.shown("INV-1").balance.currency
    assert (difference.kind, difference.onedesk, difference.quickbooks) == (
        "payment",
        f"payment R-P1: 310.00 {currency}",
        "none",
    )
    assert difference.remedy.startswith("Take it back in OneDesk, if invoice 2041 was paid otherwise in QuickBooks")
    desk.host.take_back(own(desk, "310.00"))
    desk.drain()
    assert (found(desk) if kind is None else foreign(desk, kind).all) == []


@pytest.mark.parametrize("received", [False, True])
@pytest.mark.parametrize("looked", [False, True])
def test_one_that_was_deleted_there_is_none_of_onedesk_alone(desk: Desk, looked: bool, received: bool) -> None:
    for step in ("own 100", "look", "deleted", *(("look",) if looked else ())):
        take(desk, *step.split())
    [difference] = found(desk)
    assert difference.cause.startswith("The payment R-P1 was recorded in QuickBooks (id ")
    assert difference.remedy.startswith("Take it back in OneDesk. If the money was received, record it there again")
    desk.host.take_back(own(desk, "100.00"))
    if received:
        desk.host.record_own(own(desk, "100.00", "P2"))
    desk.drain()
    assert kinds(desk) == []
    assert len(ours(desk)) == (1 if received else 0)


@pytest.mark.parametrize("status", ["open", "paid"])
@pytest.mark.parametrize("kind", [None, Foreign, Listing])
def test_what_is_not_applied_is_to_be_applied_not_received_again(
    desk: Desk, kind: type[Foreign] | None, status: str
) -> None:
    """OneDesk has more paid than was open: QuickBooks has the rest as a credit, and the invoice is raised later."""

    def ask() -> list[Difference]:
        return found(desk) if kind is None else foreign(desk, kind).all

    rules = desk.home / "rules.yaml"
    rules.write_text(rules.read_text().replace("both}", "both, more_than_open: credit}"))
    desk.host.record_own(own(desk, "400.00"))
    desk.drain()
    assert ask() == []
    changed_to(desk, "400.00", status)
    [made] = desk.sandbox.list("Payment", "PaymentRefNum = 'R-P1'")
    currency = made["CurrencyRef"]["value"]
    [difference] = ask()
    assert (difference.kind, difference.onedesk, difference.quickbooks, difference.remedy) == (
        "payment",
        f"payment R-P1: 400.00 {currency}",
        f"payment R-P1: 310.00 {currency}",
        f"Apply 90.00 {currency} of the payment R-P1 (id {made['Id']}) to invoice 2041 in QuickBooks, without a second"
        " payment, then: onedesk-quickbooks payments",
    )
    desk.sandbox.edit("Payment", made["Id"], {"Line": [pays(desk.invoices()[0]["Id"], "400.00")]})
    assert ask() == []
    desk.application.bring_payments()
    assert ask() == []
    assert not any("correct it in one of the two" in each for each in desk.shown("INV-1").notes.values())
    assert [each["TotalAmt"] for each in ours(desk)] == [400]


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize("kind", [None, Foreign, Listing])
def test_what_is_off_its_invoice_is_to_be_applied_again(desk: Desk, kind: type[Foreign] | None, looked: bool) -> None:
    """To take it back and record it under another id would be the same money twice in QuickBooks."""

    def ask() -> list[Difference]:
        if looked:
            desk.application.bring_payments()
        return found(desk) if kind is None else foreign(desk, kind).all

    desk.host.record_own(own(desk, "310.00"))
    desk.drain()
    assert ask() == []
    [made] = desk.sandbox.list("Payment", "PaymentRefNum = 'R-P1'")
    currency = made["CurrencyRef"]["value"]
    desk.sandbox.edit("Payment", made["Id"], {"Line": []})
    [difference] = ask()
    assert (difference.kind, difference.quickbooks, difference.remedy) == (
        "payment",
        "none",
        f"Apply 310.00 {currency} of the payment R-P1 (id {made['Id']}) to invoice 2041 in QuickBooks, without a second"
        " payment, then: onedesk-quickbooks payments",
    )
    desk.sandbox.edit("Payment", made["Id"], {"Line": made["Line"]})
    desk.application.bring_payments()
    assert ask() == []
    assert [each["TotalAmt"] for each in ours(desk)] == [310]


@pytest.mark.parametrize("kind", [None, Foreign, Listing])
def test_what_is_off_an_invoice_that_is_paid_otherwise_stays_a_credit(desk: Desk, kind: type[Foreign] | None) -> None:
    desk.predicts = False
    desk.host.record_own(own(desk, "310.00"))
    desk.drain()
    [made] = desk.sandbox.list("Payment", "PaymentRefNum = 'R-P1'")
    desk.sandbox.edit("Payment", made["Id"], {"Line": []})
    take(desk, "new", "310.00")
    desk.application.bring_payments()
    [difference] = found(desk) if kind is None else foreign(desk, kind).all
    assert "as the customer's credit, which is applied to no invoice, and 0.00 " in difference.cause
    assert difference.remedy.startswith("Take it back in OneDesk, and drop the entry that is held for that")
    held(desk, own(desk, "310.00"), "deleted")
    [work] = desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id)
    assert desk.application.drop([work], "it stays a credit", "ada") == 1
    assert (found(desk) if kind is None else foreign(desk, kind).all) == []
    assert desk.sandbox.read("Payment", made["Id"])["UnappliedAmt"] == 310


@pytest.mark.parametrize("kind", [None, Foreign, Listing])
@pytest.mark.parametrize("first", [None, date(2026, 7, 1)])
@pytest.mark.parametrize("linked", [True, False])
def test_what_pays_another_invoice_there_is_named_with_it(
    desk: Desk, invoice: Make, kind: type[Foreign] | None, first: date | None, linked: bool
) -> None:
    """Also where the other invoice is not in the report, or was entered in QuickBooks (then by its id, if need be)."""

    def ask() -> list[Difference]:
        report = reconciled(desk, first=first) if kind is None else foreign(desk, kind, first)
        return [each for each in report.all if each.name == "2041"]

    currency = desk.shown("INV-1").balance.currency
    [copied] = desk.invoices()
    if linked:
        desk.copy(invoice(id="INV-2", number="2042", issue_date="2026-06-01", currency=currency))
    else:
        entered = {key: copied[key] for key in ("CustomerRef", "CurrencyRef", "Line")}
        desk.sandbox.create("Invoice", {**entered, "DocNumber": "2042", "TxnDate": "2026-06-01"})
    desk.host.record_own(own(desk, "310.00"))
    desk.drain()
    [made] = desk.sandbox.list("Payment", "PaymentRefNum = 'R-P1'")
    [other] = desk.sandbox.list("Invoice", "DocNumber = '2042'")
    name = "2042" if linked or first is None else other["Id"]
    desk.sandbox.edit("Payment", made["Id"], {"Line": [pays(other["Id"], "310.00")]})
    [difference] = ask()
    assert difference.cause.endswith(f"(id {made['Id']}), where it pays {name} now.")
    assert difference.remedy.startswith("Apply it to invoice 2041 in QuickBooks again; or, if it is right there")
    desk.sandbox.edit("Payment", made["Id"], {"Line": made["Line"]})
    assert ask() == []


@pytest.mark.parametrize("direction", ["both", "host"])
def test_a_write_off_that_is_credited_in_quickbooks_settles_once(desk: Desk, direction: str) -> None:
    """By the step of its entry: what is credited in QuickBooks is reported, unless nothing is."""
    rules = desk.home / "rules.yaml"
    rules.write_text(rules.read_text().replace("both", direction))
    entry = held(desk, own(desk, "10.00", kind="write_off"))
    reason = only(desk).cause
    assert f"entry {entry} " in reason and "is a write-off" in reason
    [copied] = desk.invoices()
    credit(desk, copied["Id"], credit_memo(desk, copied["Id"], "10.00", "CM-9"), "10.00")
    if direction == "both":
        assert "Take it back in OneDesk" in reason
        desk.host.take_back(own(desk, "10.00", kind="write_off"))
        desk.drain()
        desk.application.bring_payments()
        assert kinds(desk) == []
    else:
        assert "Enter a journal entry for it in QuickBooks, then drop this entry" in reason
        [work] = desk.application.ledger.host_payment_entries.held(desk.sandbox.realm_id)
        assert desk.application.drop([work], "credited in QuickBooks", "ada") == 1
        desk.application.bring_payments()
    assert desk.shown("INV-1").balance.amount == 300
    assert desk.application.status().held == 0


@pytest.mark.parametrize("kind", [None, Foreign, Listing])
def test_a_change_to_another_invoice_that_is_held_is_named_at_the_one_it_paid(
    desk: Desk, invoice: Make, kind: type[Foreign] | None
) -> None:
    """It was changed in OneDesk, not in QuickBooks."""
    currency = desk.shown("INV-1").balance.currency
    desk.copy(invoice(id="INV-2", number="2042", currency=currency))
    desk.host.record_own(own(desk, "310.00"))
    desk.drain()
    entry = held(desk, own(desk, "400.00", invoices=[{"id": "INV-2", "amount": "400.00"}]))
    differences = found(desk) if kind is None else foreign(desk, kind).all
    (first,) = [each for each in differences if each.name == "2041"]
    assert (first.onedesk, first.quickbooks) == ("none", f"payment R-P1: 310.00 {currency}")
    assert first.cause.startswith(f"It was taken back in OneDesk, and the entry {entry} of that in the queue is held: ")
    desk.host.record_own(own(desk, "310.00", invoices=[{"id": "INV-2", "amount": "310.00"}]))
    desk.drain()
    assert (found(desk) if kind is None else foreign(desk, kind).all) == []
