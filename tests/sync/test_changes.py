"""Somebody edits, voids, deletes or merges in QuickBooks behind our back: noticed, shown, never overwritten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from onedesk_quickbooks.plugin.host import EmbeddedHost
from onedesk_quickbooks.plugin.ledger import CUSTOMER, Work
from onedesk_quickbooks.plugin.sync.bridge import Bridge
from onedesk_quickbooks.plugin.sync.problems import CannotDecide
from tests.sync.conftest import ADMIN, Desk

Make = Callable[..., dict[str, Any]]
NOTE = "quickbooks-changed"


def rule(word: str) -> str:
    return f"version: 1\ninvoices:\n  when_changed_in_quickbooks: {word}\n"


@pytest.fixture
def by_rule(desks: Callable[..., Desk]) -> Callable[[str], Desk]:
    """A connected desk whose rules say what becomes of a change."""

    def make(word: str) -> Desk:
        desk = desks(rules=rule(word))
        desk.connect()
        return desk

    return make


def edit(desk: Desk, qbo_id: str, **fields: Any) -> None:
    """As a person does in QuickBooks."""
    desk.sandbox.edit("Invoice", qbo_id, fields or {"DocNumber": "9999"})


def cheaper(desk: Desk, qbo_id: str) -> None:
    """The first line for 100.00, which was 160.00."""
    lines = desk.sandbox.read("Invoice", qbo_id)["Line"]
    detail = {**lines[0]["SalesItemLineDetail"], "Qty": Decimal(2), "UnitPrice": Decimal(50)}
    lines[0] = {**lines[0], "Amount": Decimal("100.00"), "SalesItemLineDetail": detail}
    desk.sandbox.edit("Invoice", qbo_id, {"Line": [line for line in lines if line.get("Id")]})


def waiting(desk: Desk) -> list[Work]:
    return desk.bridge.changes()


def versions(work: Work) -> dict[str, tuple[str, str]]:
    return {each["field"]: (each["onedesk"], each["quickbooks"]) for each in (work.outcome or {})["versions"]}


def note(desk: Desk) -> str:
    return desk.shown("INV-1").notes.get(NOTE, "")


# Noticed and shown


def test_an_edit_is_noticed_with_both_versions_without_anything_from_the_host(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    cheaper(us, outcome.qbo_id)
    edit(us, outcome.qbo_id, DocNumber="9999", CustomerMemo={"value": "Pay soon."})
    us.bridge.bring_payments()
    (work,) = waiting(us)
    assert (work.od_invoice_id, work.od_number, work.action, work.state) == ("INV-1", "2041", "changed", "held")
    assert versions(work) == {
        "number": ("2041", "9999"),
        "line 1 price": ("80", "50"),
        "line 1 amount": ("160.00 USD", "100.00 USD"),
        "total": ("310.00 USD", "250.00 USD"),
        "message to the customer": ("Thank you.", "Pay soon."),
    }
    assert work.reason.startswith("The QuickBooks invoice 2041 was changed in QuickBooks: number: OneDesk 2041, Quick")
    assert "and 1 more" in work.reason and "queue settle" in work.reason
    assert note(us) == work.reason
    assert us.bridge.status().held == 1


def test_it_is_noted_and_told_once(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.bridge.bring_payments()
    (first,) = waiting(us)
    us.host.add_note("INV-1", NOTE, "seen by Ada")
    us.bridge.bring_payments()
    assert waiting(us) == [first]
    assert note(us) == "seen by Ada"
    assert us.bridge.ledger.queue.drop(first.id, "agreed by telephone")
    us.sandbox.pay({outcome.qbo_id: "10.00"})
    us.bridge.bring_payments()
    assert waiting(us) == []


def test_another_edit_replaces_the_first(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.bridge.bring_payments()
    edit(us, outcome.qbo_id, DocNumber="7777")
    us.bridge.bring_payments()
    (work,) = waiting(us)
    assert versions(work) == {"number": ("2041", "7777")}


def test_an_edit_that_is_taken_back_waits_no_more(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.bridge.bring_payments()
    edit(us, outcome.qbo_id, DocNumber="2041")
    us.bridge.bring_payments()
    assert waiting(us) == []
    assert note(us) == ""
    assert us.copy(invoice()).outcome == "unchanged"


def test_our_own_writes_payments_and_emails_are_nobodys_edit(us: Desk, invoice: Make) -> None:
    outcome = us.send(invoice())
    us.copy(invoice(id="INV-2", number="2042"))
    us.copy(invoice(id="INV-2", number="2042", memo="Anew."))
    us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.bridge.bring_payments()
    us.sandbox.pay({outcome.qbo_id: "200.00"})
    us.bridge.bring_payments()
    assert waiting(us) == []
    assert note(us) == ""


def test_our_own_write_whose_answer_was_lost_is_nobodys_edit(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    us.save(invoice(memo="Anew."))
    us.sandbox.trouble.order(fault="answer_lost", path="invoice", method="POST", count=1)
    us.sandbox.trouble.order(fault="http_503", path="", method="GET", count=1)
    assert us.host.act("INV-1", "quickbooks.copy", ADMIN)
    us.bridge.drain(patience=timedelta(0))
    assert us.bridge.ledger.intents.unknown(us.sandbox.realm_id)
    us.sandbox.trouble.clear()
    us.bridge.bring_payments()
    assert waiting(us) == []


def test_an_edit_of_the_tax_alone_is_seen_by_the_total(desks: Callable[..., Desk], invoice: Make) -> None:
    desk = desks("gb", rules="version: 1\ntaxes:\n  otherwise: {code: 20.0% S}\n")
    desk.connect()
    taxes = [{"name": "VAT", "rate": "20", "amount": "62.00"}]
    outcome = desk.copy(invoice(currency="GBP", taxes=taxes, total="372.00"))
    assert outcome.outcome == "copied", outcome.reason
    (tax,) = desk.sandbox.read("Invoice", outcome.qbo_id)["TxnTaxDetail"]["TaxLine"]
    edit(desk, outcome.qbo_id, TxnTaxDetail={"TaxLine": [{**tax, "Amount": Decimal("60.00")}]})
    desk.bridge.bring_payments()
    assert versions(waiting(desk)[0]) == {
        "tax": ("62.00 GBP", "60.00 GBP"),
        "total": ("372.00 GBP", "370.00 GBP"),
    }


@pytest.mark.parametrize(("deed", "what"), [("void", "voided"), ("delete", "deleted")])
def test_a_voided_or_deleted_invoice_is_noticed(us: Desk, invoice: Make, deed: str, what: str) -> None:
    outcome = us.copy(invoice())
    getattr(us.sandbox, deed)("Invoice", outcome.qbo_id)
    us.bridge.bring_payments()
    (work,) = waiting(us)
    assert f"The QuickBooks invoice 2041, over 310.00 USD, was {what} in QuickBooks." in work.reason
    assert note(us) == work.reason
    with pytest.raises(CannotDecide, match="Duplicate the invoice in OneDesk"):
        us.bridge.settle_change(work.id, "onedesk")
    us.bridge.settle_change(work.id, "quickbooks", "Ada")
    us.bridge.bring_payments()
    assert waiting(us) == []


def test_what_was_voided_on_both_sides_needs_nobody(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.void("Invoice", outcome.qbo_id)
    us.bridge.bring_payments()
    us.host.void("INV-1", ADMIN)
    us.bridge.bring_payments()
    assert us.bridge.status().held == 0


@pytest.mark.parametrize("word", ["keep_quickbooks", "overwrite"])
def test_nothing_brings_back_what_was_voided(by_rule: Callable[[str], Desk], invoice: Make, word: str) -> None:
    desk = by_rule(word)
    outcome = desk.copy(invoice())
    desk.sandbox.void("Invoice", outcome.qbo_id)
    desk.bridge.bring_payments()
    desk.bridge.drain()
    assert len(waiting(desk)) == (0 if word == "keep_quickbooks" else 1)
    assert "was voided in QuickBooks" in note(desk)
    assert desk.sandbox.read("Invoice", outcome.qbo_id)["TotalAmt"] == 0


# Decided by rule


def test_keep_quickbooks_takes_the_version_there_and_never_overwrites_it(
    by_rule: Callable[[str], Desk], invoice: Make
) -> None:
    desk = by_rule("keep_quickbooks")
    outcome = desk.copy(invoice())
    edit(desk, outcome.qbo_id)
    desk.bridge.bring_payments()
    assert waiting(desk) == []
    assert "QuickBooks' version stays" in note(desk)
    assert desk.copy(invoice()).outcome == "unchanged"
    newer = desk.copy(invoice(memo="Newer in OneDesk"))
    assert (newer.outcome, "stays as it is" in newer.reason) == ("unchanged", True)
    assert desk.invoices()[0]["DocNumber"] == "9999"


def test_overwrite_has_the_lane_write_onedesks_version_again(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("overwrite")
    outcome = desk.copy(invoice())
    edit(desk, outcome.qbo_id)
    desk.bridge.bring_payments()
    assert "OneDesk's is written again (invoices.when_changed" in note(desk)
    (again,) = desk.bridge.drain()
    assert (again.id, again.outcome) == ("INV-1", "updated")
    assert "number: OneDesk 2041, QuickBooks 9999" in again.reason
    assert desk.invoices()[0]["DocNumber"] == "2041"
    desk.bridge.bring_payments()
    assert (waiting(desk), note(desk), desk.bridge.drain()) == ([], "", [])


def test_a_draft_is_overwritten_when_it_is_copied_next(by_rule: Callable[[str], Desk], invoice: Make) -> None:
    desk = by_rule("overwrite")
    outcome = desk.copy(invoice())
    desk.host.reopen("INV-1", ADMIN)
    edit(desk, outcome.qbo_id)
    desk.bridge.bring_payments()
    assert desk.bridge.drain() == []
    assert "when the invoice is copied next" in note(desk)
    assert desk.copy(invoice()).outcome == "updated"


def test_hold_is_never_overwritten_by_a_newer_copy(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.bridge.bring_payments()
    held = us.copy(invoice(memo="Newer in OneDesk"))
    assert held.outcome == "held"
    assert "number: OneDesk 2041, QuickBooks 9999. Decide which of the two stays: queue settle" in held.reason
    assert us.invoices()[0]["DocNumber"] == "9999"


def test_an_invoice_of_an_exception_goes_by_its_own_word(desks: Callable[..., Desk], invoice: Make) -> None:
    named = "{id: web, when: {project: Web}, when_changed_in_quickbooks: keep_quickbooks}"
    desk = desks(rules=f"version: 1\ninvoices:\n  exceptions: [{named}]\n")
    desk.connect()
    for each in (desk.copy(invoice()), desk.copy(invoice(id="INV-2", number="2042", project="Web"))):
        edit(desk, each.qbo_id, PrivateNote=f"seen\nOneDesk invoice {each.id}")
    desk.bridge.bring_payments()
    assert [work.od_invoice_id for work in waiting(desk)] == ["INV-1"]


# Decided by a person


def test_a_person_keeps_quickbooks_version(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id, DueDate="2026-08-15")
    us.bridge.bring_payments()
    told = us.bridge.settle_change(waiting(us)[0].id, "quickbooks", "Ada")
    assert told == note(us) == "The QuickBooks invoice 2041 was changed in QuickBooks; that version stays, Ada decided."
    assert us.bridge.drain() == []
    us.bridge.bring_payments()
    assert waiting(us) == []
    assert us.send(invoice()).outcome == "sent"
    newer = us.copy(invoice(memo="Newer in OneDesk"))
    assert (newer.outcome, "due date: OneDesk 2026-07-31, QuickBooks 2026-08-15" in newer.reason) == ("held", True)
    assert us.invoices()[0]["DueDate"] == "2026-08-15"


def test_a_person_has_onedesks_version_written_again(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.bridge.bring_payments()
    us.bridge.settle_change(waiting(us)[0].id, "onedesk")
    assert [each.outcome for each in us.bridge.drain()] == ["updated"]
    assert us.invoices()[0]["DocNumber"] == "2041"
    us.bridge.bring_payments()
    assert (waiting(us), note(us)) == ([], "")


@pytest.mark.parametrize(("keep", "number"), [("quickbooks", "9999"), ("onedesk", "2041")])
def test_a_send_that_was_held_goes_on_after_the_decision(us: Desk, invoice: Make, keep: str, number: str) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    assert us.send(invoice()).outcome == "held"
    held = us.bridge.ledger.queue.latest("INV-1")
    assert held is not None
    us.bridge.settle_change(held.id, keep)
    assert [each.outcome for each in us.bridge.drain()] == ["sent"]
    assert us.invoices()[0]["DocNumber"] == number
    assert len(us.sandbox.outbox()) == 1
    us.bridge.bring_payments()
    assert waiting(us) == []


def test_no_decision_about_a_version_that_nobody_has_seen(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    us.bridge.bring_payments()
    (work,) = waiting(us)
    edit(us, outcome.qbo_id, DocNumber="7777")
    with pytest.raises(CannotDecide, match="changed once more since"):
        us.bridge.settle_change(work.id, "onedesk")
    edit(us, outcome.qbo_id, DocNumber="2041")
    with pytest.raises(CannotDecide, match="nothing to decide"):
        us.bridge.settle_change(work.id, "quickbooks")
    us.sandbox.delete("Invoice", outcome.qbo_id)
    with pytest.raises(CannotDecide, match="voided or deleted since"):
        us.bridge.settle_change(work.id, "quickbooks")
    with pytest.raises(CannotDecide, match="no entry 999"):
        us.bridge.settle_change(999, "quickbooks")


def test_what_is_no_change_cannot_be_decided(us: Desk, invoice: Make) -> None:
    us.copy(invoice(total="311.00"))
    held = us.bridge.ledger.queue.latest("INV-1")
    assert held is not None and held.state == "held"
    with pytest.raises(CannotDecide, match="no change of an invoice"):
        us.bridge.settle_change(held.id, "onedesk")


# The host, and crashes


def test_a_host_that_does_not_take_the_note_is_told_again(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    edit(us, outcome.qbo_id)
    deaf: Any = Deaf(us.host)
    other = Bridge.open(us.home, deaf, lambda payment: None, background=False, now=us.clock.now, sleep=us.clock.sleep)
    other.bring_payments()
    other.close()
    assert (len(waiting(us)), note(us)) == (1, "")
    us.bridge.bring_payments()
    assert note(us) == waiting(us)[0].reason


class Deaf:
    """A host that takes no note."""

    def __init__(self, host: EmbeddedHost) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)

    def add_note(self, invoice_id: str, key: str, text: str) -> None:
        raise RuntimeError("not now")


# Refusals, stale tokens, and edits in between


def test_a_paid_invoice_whose_change_quickbooks_refuses_says_so(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    us.sandbox.pay({outcome.qbo_id: "110.00"})
    us.sandbox.trouble.order(fault="refused", path="invoice", method="POST", code="620", count=1)
    held = us.copy(invoice(memo="Newer"))
    assert held.outcome == "held"
    assert "QuickBooks refuses to change the invoice, which is paid there (110.00 USD of 310.00 USD): " in held.reason
    assert "620" in held.reason
    assert us.invoices()[0]["CustomerMemo"]["value"] == "Thank you."


@pytest.mark.parametrize("code", ["6540", "6480"])
def test_a_deposited_invoice_whose_change_quickbooks_refuses_says_so(us: Desk, invoice: Make, code: str) -> None:
    outcome = us.copy(invoice())
    payment = us.sandbox.pay({outcome.qbo_id: "310.00"})
    line = {"Amount": Decimal("310.00"), "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment"}]}
    us.sandbox.create("Deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [line]})
    us.sandbox.trouble.order(fault="refused", path="invoice", method="POST", code=code, count=1)
    held = us.copy(invoice(memo="Newer"))
    assert held.outcome == "held"
    assert "which is paid there" in held.reason and code in held.reason
    assert us.invoices()[0]["CustomerMemo"]["value"] == "Thank you."


class Between(HTTPAdapter):
    """The network, in which somebody works in QuickBooks right before a request that writes an invoice leaves."""

    def __init__(self, *deeds: Callable[[], object]) -> None:
        super().__init__()
        self.deeds = list(deeds)

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if request.method == "POST" and "/invoice?" in str(request.url) and self.deeds:
            self.deeds.pop(0)()
        return super().send(request, *args, **more)


def between(desk: Desk, *deeds: Callable[[], object]) -> None:
    desk.bridge.session.mount(desk.base_url, Between(*deeds))


def test_a_stale_token_is_read_again_and_merged_once(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    address = {"ShipAddr": {"Line1": "2 Pier"}}
    between(us, lambda: us.sandbox.edit("Invoice", outcome.qbo_id, address))
    us.calls()
    again = us.copy(invoice(memo="Newer"))
    assert again.outcome == "updated"
    (kept,) = us.invoices()
    assert kept["CustomerMemo"]["value"] == "Newer"
    assert kept["ShipAddr"]["Line1"] == "2 Pier"
    assert us.calls().count("POST invoice") == 2


def test_it_is_merged_once_and_no_more(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())

    def ship(line: str) -> Callable[[], object]:
        return lambda: us.sandbox.edit("Invoice", outcome.qbo_id, {"ShipAddr": {"Line1": line}})

    between(us, ship("2 Pier"), ship("3 Pier"))
    held = us.copy(invoice(memo="Newer"))
    assert held.outcome == "held" and "5010" in held.reason
    assert us.invoices()[0]["CustomerMemo"]["value"] == "Thank you."


@pytest.mark.parametrize("word", ["hold", "keep_quickbooks", "overwrite"])
def test_an_edit_between_our_look_and_our_write(by_rule: Callable[[str], Desk], invoice: Make, word: str) -> None:
    desk = by_rule(word)
    outcome = desk.copy(invoice())
    between(desk, lambda: edit(desk, outcome.qbo_id))
    again = desk.copy(invoice(memo="Newer"))
    expected = {"hold": ("held", "9999"), "keep_quickbooks": ("unchanged", "9999"), "overwrite": ("updated", "2041")}
    assert (again.outcome, desk.invoices()[0]["DocNumber"]) == expected[word]
    assert "QuickBooks 9999" in again.reason


def test_an_edit_just_before_the_email_is_noticed(us: Desk, invoice: Make) -> None:
    outcome = us.copy(invoice())
    deed = [lambda: edit(us, outcome.qbo_id)]

    class JustBefore(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
            if "/send" in str(request.url) and deed:
                deed.pop()()
            return super().send(request, *args, **more)

    us.bridge.session.mount(us.base_url, JustBefore())
    assert us.send(invoice()).outcome == "sent"
    us.bridge.bring_payments()
    assert versions(waiting(us)[0]) == {"number": ("2041", "9999")}


# Customers


def merged(desk: Desk, qbo_invoice_id: str) -> tuple[str, str]:
    """The invoice's customer merged into another one; both ids."""
    gone = desk.sandbox.read("Invoice", qbo_invoice_id)["CustomerRef"]["value"]
    kept = desk.sandbox.create("Customer", {"DisplayName": "Harbor Holding"})["Id"]
    desk.sandbox.merge("Customer", gone, kept)
    return gone, kept


@pytest.mark.parametrize("polled", [True, False])
def test_links_follow_a_merged_customer(us: Desk, invoice: Make, polled: bool) -> None:
    first = us.copy(invoice())
    _, kept = merged(us, first.qbo_id)
    if polled:
        us.bridge.bring_payments()
        assert waiting(us) == []
    second = us.copy(invoice(id="INV-2", number="2042"))
    assert second.outcome == "copied", second.reason
    assert {row["CustomerRef"]["value"] for row in us.invoices()} == {kept}
    assert us.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'") == []
    assert us.copy(invoice(memo="Newer")).outcome == "updated"
    us.bridge.bring_payments()
    assert waiting(us) == []


def test_a_merged_customer_is_no_edit_of_the_invoices(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    merged(us, first.qbo_id)
    assert us.copy(invoice()).outcome == "unchanged"


def test_a_warm_lane_follows_a_merged_customer(us: Desk, invoice: Make) -> None:
    us.bridge.turn(timedelta(0))  # as a worker: the lane looks at its snapshot from now on
    first = us.copy(invoice())
    _, kept = merged(us, first.qbo_id)
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    us.clock.sleep(120)
    assert us.copy(invoice(id="INV-3", number="2043")).outcome == "copied"
    assert {row["CustomerRef"]["value"] for row in us.invoices()} == {kept}


def test_an_invoice_that_was_given_to_another_customer_is_an_edit(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    other = us.sandbox.create("Customer", {"DisplayName": "Harbor Holding"})["Id"]
    edit(us, first.qbo_id, CustomerRef={"value": other})
    us.bridge.bring_payments()
    assert versions(waiting(us)[0]) == {"customer": ("Blue Harbor Ltd", "Harbor Holding")}


def test_a_merged_item_is_no_edit(us: Desk, invoice: Make) -> None:
    us.copy(invoice())
    ids = [us.sandbox.list("Item", f"Name = '{name}'")[0]["Id"] for name in ("Support", "Consulting")]
    us.sandbox.merge("Item", *ids)
    us.bridge.bring_payments()
    assert waiting(us) == []


def test_a_renamed_customer_stays_the_invoices_customer(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    customer = us.sandbox.read("Invoice", first.qbo_id)["CustomerRef"]["value"]
    us.sandbox.edit("Customer", customer, {"DisplayName": "Harbor Holding"})
    us.bridge.bring_payments()
    assert waiting(us) == []
    edit(us, first.qbo_id)
    us.bridge.bring_payments()
    assert versions(waiting(us)[0]) == {"number": ("2041", "9999")}
    us.copy(invoice(id="INV-2", number="2042"))
    assert {row["CustomerRef"]["value"] for row in us.invoices()} == {customer}


def test_a_customer_out_of_use_is_noticed_and_gets_no_second(us: Desk, invoice: Make) -> None:
    first = us.copy(invoice())
    customer = us.sandbox.read("Invoice", first.qbo_id)["CustomerRef"]["value"]
    us.sandbox.edit("Customer", customer, {"Active": False})
    for _ in range(2):
        us.bridge.bring_payments()
    (work,) = us.bridge.ledger.noted.standing(us.sandbox.realm_id, CUSTOMER)
    assert '"Blue Harbor Ltd (deleted)", the customer of "Blue Harbor Ltd", was made inactive' in work.reason
    assert us.shown("INV-1").notes["quickbooks-customer"] == work.reason
    held = us.copy(invoice(id="INV-2", number="2042"))
    assert held.outcome == "held" and "make it active again" in held.reason
    us.sandbox.edit("Customer", customer, {"Active": True, "DisplayName": "Blue Harbor Ltd"})
    us.bridge.bring_payments()
    assert us.bridge.ledger.noted.standing(us.sandbox.realm_id, CUSTOMER) == []
    assert "quickbooks-customer" not in us.shown("INV-1").notes
    assert us.copy(invoice(id="INV-2", number="2042")).outcome == "copied"
    assert len(us.sandbox.list("Customer", "DisplayName = 'Blue Harbor Ltd'")) == 1
